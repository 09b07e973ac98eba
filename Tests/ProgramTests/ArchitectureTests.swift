import Foundation
import Inspection
import TestSupport
import Testing

/// The modules that a module may import, and those of the system.
private let arrows: [String: Set<String>] = [
  "CLinux": [],
  "LinuxSystem": ["CLinux", "Glibc", "Synchronization"],
  "Text": ["Synchronization"],
  "SocketModel": ["Text", "Synchronization"],
  "KernelFormats": ["SocketModel", "Text"],
  // Glibc only for error numbers, here and in what follows.
  "Inspection": ["CLinux", "LinuxSystem", "SocketModel", "KernelFormats", "Text", "Synchronization", "Glibc"],
  "Tracking": ["LinuxSystem", "SocketModel", "KernelFormats", "Inspection", "Text", "Glibc"],
  "Capture": ["LinuxSystem", "SocketModel", "KernelFormats", "Inspection", "Text"],
  "Query": ["SocketModel", "Text"],
  "Rendering": ["SocketModel", "Query", "Text"],
  "LiveView": ["SocketModel", "Query", "Rendering", "Text"],
  "Diagnosis": ["SocketModel"],
  "Lesson": ["LinuxSystem", "SocketModel", "Inspection", "Diagnosis", "Rendering", "Text", "Glibc"],
  "Options": ["LinuxSystem", "SocketModel", "Inspection", "Query", "Rendering", "Text"],
  "Classic": ["LinuxSystem", "SocketModel", "KernelFormats", "Inspection", "Query", "Rendering", "Options", "Text"],
  "SockinspectKit": ["SocketModel", "Inspection", "Tracking", "Query", "Rendering", "Text"],
  "CommandLine": [
    "LinuxSystem", "SocketModel", "KernelFormats", "Inspection", "Tracking", "Query", "Rendering", "LiveView",
    "Diagnosis", "Lesson", "Options", "SockinspectKit", "Text",
  ],
  "sockinspect": [
    "LinuxSystem", "SocketModel", "KernelFormats", "Inspection", "Tracking", "Capture", "Query", "Rendering",
    "LiveView", "Diagnosis", "Lesson", "Options", "Classic", "CommandLine", "SockinspectKit", "Text", "Glibc",
  ],
  "sockinspect-bench": [
    "Lesson", "LinuxSystem", "SocketModel", "Inspection", "Tracking", "Text", "Glibc", "Synchronization",
  ],
]

/// The modules that a source text imports.
private func imports(in text: String) -> [String] {
  text.split { $0.isNewline || $0 == ";" }.compactMap { line in
    let words = line.split { $0 == " " || $0 == "\t" }.filter { !$0.hasPrefix("@") }
    guard let index = words.firstIndex(of: "import"), index <= 1, index + 1 < words.count else { return nil }
    if index == 1, !["public", "package", "internal", "fileprivate", "private"].contains(words[0]) { return nil }
    let kinds = ["struct", "class", "enum", "protocol", "func", "let", "var", "typealias"]
    let name = kinds.contains(String(words[index + 1])) && index + 2 < words.count ? words[index + 2] : words[index + 1]
    return name.split(separator: ".").first.map(String.init)
  }
}

/// The imports of a file that its module may not make.
private func forbiddenImports(of path: String, text: String) -> [String] {
  let module = path.split(separator: "/").dropFirst().first.map(String.init) ?? ""
  guard let allowed = arrows[module] else { return ["\(path): the module \(module) has no arrows"] }
  return imports(in: text).filter { !allowed.contains($0) }.map { "\(path) imports \($0)" }
}

@Suite("The modules", .timeLimited)
struct ArchitectureTests {
  @Test("no file imports a module that its own module may not import")
  func importsFollowArrows() throws {
    let files = try Repository.swiftFiles(below: "Sources")
    #expect(files.count > 30)
    let wrong = try files.flatMap { forbiddenImports(of: $0, text: try Repository.text($0)) }
    #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
  }

  @Test(
    "the check sees a wrong arrow in every spelling",
    arguments: [
      "import Inspection", "public import Inspection", "@testable import Inspection",
      "@_exported public import Inspection",
      "internal import struct Inspection.ProcRoot", "\timport Inspection.Sub", "import Foundation", "import Dispatch",
      "import FoundationEssentials", "import SocketModel; import Inspection",
    ])
  func detector(line: String) {
    #expect(!forbiddenImports(of: "Sources/Query/File.swift", text: "// a\n\(line)\nlet x = 1").isEmpty)
    #expect(
      forbiddenImports(of: "Sources/Query/File.swift", text: "public import SocketModel\n// import Foundation")
        .isEmpty)
    #expect(!forbiddenImports(of: "Sources/Attic/File.swift", text: "").isEmpty)
  }

  @Test("Package.swift declares the same imports")
  func packageAgrees() throws {
    var drawn: [String: Set<String>] = [:]
    for chunk in try Repository.text("Package.swift").components(separatedBy: " module(").dropFirst() {
      // A declaration without `uses` ends with its name.
      let end = chunk.range(of: chunk.hasPrefix("\n") || chunk.prefix(40).contains("uses") ? "]" : ")")
      let names = chunk[..<(end?.lowerBound ?? chunk.endIndex)].components(separatedBy: "\"")
      let quoted = stride(from: 1, to: names.count, by: 2).map { names[$0] }
      if let module = quoted.first { drawn[module] = Set(quoted.dropFirst()) }
    }
    for (module, allowed) in arrows where module != "CLinux" && !module.hasPrefix("sockinspect") {
      #expect(drawn[module] == allowed.filter { arrows[$0] != nil }, "\(module)")
    }
  }

  @Test("system calls and unsafe code are in LinuxSystem only")
  func unsafeIsInOneModule() throws {
    for path in try Repository.swiftFiles(below: "Sources") where !path.hasPrefix("Sources/LinuxSystem/") {
      let lines = try Repository.text(path).split(separator: "\n")
      let isUnsafe = lines.contains { line in
        !line.drop { $0 == " " }.hasPrefix("//") && line.split { !$0.isLetter }.contains("unsafe")
      }
      #expect(!isUnsafe, "\(path)")
    }
  }

  @Test("no source file is longer than 400 lines")
  func filesAreShort() throws {
    for path in try Repository.swiftFiles(below: "Sources") {
      let count = try Repository.text(path).split(separator: "\n", omittingEmptySubsequences: false).count
      #expect(count <= 401, "\(path) has \(count) lines")
    }
  }
}
