import Glibc
import Lesson
import LinuxSystem
import Query
import SocketModel
import TestSupport
import Testing

/// Names that a process chose, on their way to a terminal, a spreadsheet or another program.
@Suite("Hostile names never leave the program as they are", .timeLimited, .needsRoot)
struct UnixTests {
  /// How a unix name is shown: an abstract one begins with `@`, and its NUL bytes are shown as `@`
  /// too.
  static func display(_ name: [UInt8]) -> [UInt8] {
    name.first == 0 ? name.map { $0 == 0 ? 0x40 : $0 } : name
  }

  /// The bytes that would affect a terminal: C0 except newline, DEL, and C1 and bidirectional
  /// controls in UTF-8.
  static func controls(in output: [UInt8]) -> [String] {
    var found = output.filter { ($0 < 0x20 && $0 != 0x0A) || $0 == 0x7F }.map { "byte \($0)" }
    guard let text = String(validating: output, as: UTF8.self) else { return found + ["not UTF-8"] }
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x80...0x9F, 0x202A...0x202E, 0x2066...0x2069, 0x200E, 0x200F, 0x61C: found.append("U+\(scalar.value)")
      default: break
      }
    }
    return found
  }

  @Test("The detector of control bytes sees each kind")
  func detector() {
    let hostile: [[UInt8]] = [[0x1B], [0x07], [0x7F], [0x0D], [0xC2, 0x9B], [0xE2, 0x80, 0xAE], [0xFF]]
    for bytes in hostile {
      #expect(!UnixTests.controls(in: bytes).isEmpty)
    }
    #expect(UnixTests.controls(in: Array("plain text \u{E9}\n".utf8)).isEmpty)
  }

  private static let forms: [[String]] = [
    [], ["--csv"], ["--json"], ["--ndjson"], ["--count-by", "path"], ["--color", "never"],
  ]

  @Test("Unix paths are escaped in every form of output", arguments: ["diag", "proc"], UnixTests.forms)
  func paths(source: String, form: [String]) throws {
    try withFolder { folder in
      let finished = try isolated {
        let held = try UnixScenario.hostile.hold(in: folder)
        return withExtendedLifetime(held) { Finished(running: Program.path, ["-x", "--source", source] + form) }
      }
      #expect(finished.exitStatus == 0)
      // RFC 4180 ends the lines of CSV with CR and LF.
      let output = form == ["--csv"] ? finished.output.filter { $0 != 0x0D } : finished.output
      #expect(UnixTests.controls(in: output) == [])
      #expect(UnixTests.controls(in: finished.errors) == [])
      // Two blanks in a row would look like the space between two cells of a table.
      let isTable = !["--csv", "--json", "--ndjson"].contains(form.first ?? "")
      #expect(finished.text.contains(isTable ? #"two \x20blanks"# : "two  blanks"))
      if form == [] || form == ["--csv"] {
        // One line per socket and a heading: no name begins another line.
        #expect(finished.output.count { $0 == 0x0A } == UnixScenario.hostileNames.count + 1)
      }
    }
  }

  /// In /proc/net/unix a name that continues after a newline looks like the next row; unix_diag
  /// reports the exact bytes.
  @Test("A name that forges a row of /proc/net/unix is one socket with that name")
  func forgedRow() throws {
    try withFolder { folder in
      try isolated {
        let forged = "0000000000000000: 00000002 00000000 00010000 0001 01 12345 x"
        let name = Array("\(folder)/a\n\(forged)".utf8)
        let socket = HeldSocket(try Descriptor.socket(SocketKind(family: AF_UNIX, type: 2)))
        try socket.descriptor.bind(.unix(path: name))
        let listing = try Program.list("-x")
        #expect(listing.sockets.count == 1)
        #expect(listing.sockets.first?.pathBytes == name)
        let table = Finished(running: Program.path, ["-x", "--source", "proc", "--no-header"])
        #expect(UnixTests.controls(in: table.output) == [])
      }
    }
  }

  @Test("A query that names a hostile path finds it")
  func query() throws {
    try withFolder { folder in
      try isolated {
        let held = try UnixScenario.hostile.hold(in: folder)
        let named = try Program.list("-x", "path = \"\(folder)/bidi\u{202E}gpj.exe\"")
        #expect(named.sockets.count == 1)
        let glob = try Program.list("-x", "path = *two*blanks*")
        #expect(glob.sockets.count == 1)
        #expect(held.sightings.count == UnixScenario.hostileNames.count)
      }
    }
  }
}
