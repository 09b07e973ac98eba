import Foundation
import Glibc
import LinuxSystem
import Query
import TestSupport

/// Types what a page shows into terminals, and compares what is printed with the page.
///
/// Everything runs in the calling thread's network namespace. The program in a named terminal
/// continues while the next blocks are played, until `^C`, the next command there, or the end.
final class PagePlayer {
  private(set) var mistakes: [String] = []
  private let patience: Double
  private let folder: String
  private let ignored: [String]
  private var terminals: [String: TerminalProgram] = [:]

  /// - Parameters:
  /// - patience: for how many seconds output is waited for.
  ///   - folder: where the commands run.
  ///   - ignored: how lines begin that depend on the machine and that no page shows.
  init(patience: Double = 30, in folder: String = ".", ignoring ignored: [String] = []) {
    self.patience = patience
    self.folder = folder
    self.ignored = ignored
  }

  deinit {
    for program in terminals.values { program.end(by: SIGINT) }
  }

  func play(_ block: ConsoleBlock) throws {
    for part in block.parts {
      let mistake =
        if let terminal = block.terminal { try play(part, in: terminal) } else { try playToItsEnd(part) }
      if let mistake { mistakes.append("\(block.heading): \(part.typed ?? block.terminal ?? ""): \(mistake)") }
    }
  }

  private func play(_ part: ConsoleBlock.Part, in terminal: String) throws -> String? {
    switch part.typed {
    case nil: break
    case "^C": terminals[terminal]?.child.signal(SIGINT)
    case let command?:
      terminals.removeValue(forKey: terminal)?.end(by: SIGINT)
      terminals[terminal] = try TerminalProgram(command, in: folder, ignoring: ignored)
    }
    guard let program = terminals[terminal] else { return "nothing runs there" }
    program.page += part.printed
    let mistake = try eventually(within: patience, { program.mistake }, until: { $0 == nil })
    if part.typed == "^C" { terminals.removeValue(forKey: terminal)?.end(by: nil) }
    return mistake
  }

  private func playToItsEnd(_ part: ConsoleBlock.Part) throws -> String? {
    guard let command = part.typed else { return "no command is named" }
    let run = { [folder, ignored] () throws -> String? in
      let program = try TerminalProgram(command, in: folder, ignoring: ignored)
      program.page = part.printed
      program.end(by: nil)
      return program.mistake
    }
    // A demo is run once. The look at it may be too early: the kernel delays some acknowledgements,
    // and a state lasts until they come.
    return command.contains("-demo") ? try run() : try eventually(within: patience, run, until: { $0 == nil })
  }
}

/// A command that runs in a terminal of the page.
final class TerminalProgram {
  let child: ChildProcess
  /// What it prints according to the page.
  var page: [String] = []
  private let folder: String
  /// The kernel's tables are in the order of a hash, which differs between namespaces.
  private let isUnordered: Bool
  private let ignored: [String]
  private var hasEnded = false

  /// Starts a shell's command line in a folder; both its outputs go into one file. `sudo` is left
  /// out, because the tests run as root.
  init(_ command: String, in place: String, ignoring ignored: [String]) throws {
    self.ignored = ignored
    folder = try newFolder()
    isUnordered = command.contains(" netstat ")
    let output = try Descriptor.open("\(folder)/output", for: .creating)
    let programs = URL(fileURLWithPath: Program.path).deletingLastPathComponent().path
    let line = "cd \(place) && exec \(command.replacing("sudo ", with: ""))"
    child = try ChildProcess.startUnseen(
      try peer("bash"), arguments: ["bash", "-c", line].map { Array($0.utf8) },
      environment: ["LC_ALL=C.UTF-8", "PATH=\(programs):\(CommandEnvironment.current["PATH"] ?? "")"],
      descriptors: [(output.number, 1), (output.number, 2)])
  }

  deinit {
    end(by: SIGKILL)
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// What is wrong in what it has printed so far; `nil` when it is as on the page.
  var mistake: String? {
    let data = FileManager.default.contents(atPath: "\(folder)/output") ?? Data()
    // CSV ends its lines with both characters, which are one in Swift.
    let text = String(decoding: data, as: UTF8.self).replacing("\r\n", with: "\n")
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last == "" { lines.removeLast() }
    let printed = lines.map(String.init).filter { line in !ignored.contains { line.hasPrefix($0) } }
    return isUnordered
      ? Transcript.mistake(page: page.map(Transcript.plain).sorted(), printed: printed.map(Transcript.plain).sorted())
      : Transcript.mistake(page: page, printed: printed)
  }

  /// Waits for its end, after asking for it unless it ends by itself.
  func end(by signal: Int32?) {
    if hasEnded { return }
    hasEnded = true
    if let signal { child.signal(signal) }
    let watchdog = DispatchWorkItem { [child] in child.signal(SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(60), execute: watchdog)
    _ = try? child.wait()
    watchdog.cancel()
  }
}
