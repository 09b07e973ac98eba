import Foundation
import Testing

extension Repository {
  /// Every Swift file below a folder, as paths from the root.
  package static func swiftFiles(below folder: String) throws -> [String] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: root.appendingPathComponent(folder).path)
    return names.filter { $0.hasSuffix(".swift") }.map { "\(folder)/\($0)" }.sorted()
  }

  /// Compares a text with a golden file. Under `SOCKINSPECT_UPDATE_GOLDEN=1` the file is written,
  /// and the test still fails.
  package static func expect(_ text: String, matches path: String) throws {
    if ProcessInfo.processInfo.environment["SOCKINSPECT_UPDATE_GOLDEN"] == "1" {
      try text.write(to: root.appendingPathComponent(path), atomically: true, encoding: .utf8)
      Issue.record("wrote \(path); run again without SOCKINSPECT_UPDATE_GOLDEN")
      return
    }
    let golden = (try? self.text(path)) ?? ""
    if text != golden {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      let wanted = golden.split(separator: "\n", omittingEmptySubsequences: false)
      let line = zip(lines, wanted).enumerated().first { $1.0 != $1.1 }?.offset ?? min(lines.count, wanted.count)
      Issue.record(
        """
        \(path) differs at line \(line + 1); SOCKINSPECT_UPDATE_GOLDEN=1 swift test writes it again
        is:     \(line < lines.count ? lines[line] : "(end)")
        golden: \(line < wanted.count ? wanted[line] : "(end)")
        """)
    }
  }
}

/// A program run to its end.
package struct Run {
  package let status: Int32
  package let output: String
  package let errors: String

  /// Runs a program by its path or found in PATH; `nil` when there is none.
  package init?(_ program: String, _ arguments: [String], input: String = "", environment: [String: String] = [:])
    throws
  {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    let candidates = program.contains("/") ? [program] : folders.map { "\($0)/\(program)" }
    guard let path = candidates.first(where: FileManager.default.isExecutableFile) else {
      return nil
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sockinspect-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["in", "out", "err"].map { folder.appendingPathComponent($0) }
    try Data(input.utf8).write(to: files[0])
    for file in files.dropFirst() { try Data().write(to: file) }
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try ProgramStarts.undisturbed { try process.run() }
    process.waitUntilExit()
    status = process.terminationStatus
    output = String(decoding: try Data(contentsOf: files[1]), as: UTF8.self)
    errors = String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
  }
}

/// Reports that a program is missing. In CI, where all are installed, that fails the test.
package func skipped(_ program: String) {
  if ProcessInfo.processInfo.environment["CI"] != nil {
    Issue.record("\(program) is not installed")
  } else {
    print("skipped: \(program) is not installed")
  }
}

/// The program that was built beside the tests.
package func programPath() throws -> String {
  let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
  return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("sockinspect").path
}

/// The words of an example as a POSIX shell splits them, up to the first redirection, pipe or
/// comment.
package func shellWords(_ line: String) -> [String] {
  var words: [String] = []
  var word: String?
  var isQuoted = false
  for character in line {
    if character == "'" {
      isQuoted.toggle()
      word = word ?? ""
    } else if !isQuoted, character == " " {
      if let finished = word { words.append(finished) }
      word = nil
    } else if !isQuoted, ">|<".contains(character) {
      break
    } else {
      word = (word ?? "") + String(character)
    }
  }
  if let word { words.append(word) }
  return words.map { $0 == "$$" ? "4112" : $0 }
}
