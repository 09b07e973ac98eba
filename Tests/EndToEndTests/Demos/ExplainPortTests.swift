import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// `sockinspect explain :PORT`, with real sockets.
@Suite("explain :PORT", .timeLimited, .needsRoot)
struct ExplainPortTests {
  private static let here = SocketAddress.ipv4(0x7F00_0001, port: 1234)

  /// A listener of this process at the lesson's port.
  private static func listener() throws -> Descriptor {
    let socket = try Descriptor.socket(SocketKind(family: 2, type: 1))
    try socket.bind(here)
    try socket.listen(backlog: 5)
    return socket
  }

  @Test("A listener is named with its process, who reaches it and what its state means")
  func listener() throws {
    let (english, spanish) = try isolated {
      let listener = try Self.listener()
      defer { withExtendedLifetime(listener.number) {} }
      return (Program.run("explain", ":1234"), Program.run("explain", ":1234", "--lang", "es"))
    }
    #expect(english.exitStatus == 0 && english.errorText.isEmpty, "\(english.errorText)")
    #expect(english.text.hasPrefix(":1234: \(ownProgramName)[\(getpid())] serves it (TCP)\n"), "\(english.text)")
    #expect(english.text.contains("127.0.0.1:1234: only this machine reaches it."))
    #expect(english.text.contains("LISTEN  a server waits for connections here."))
    #expect(spanish.text.hasPrefix(":1234: lo atiende \(ownProgramName)[\(getpid())] (TCP)\n"), "\(spanish.text)")
    #expect(spanish.text.contains("solo se llega desde esta máquina."))
  }

  @Test("Without rights the process is not named, and the line that shows it is")
  func withoutRights() throws {
    let finished = try isolated {
      let listener = try Self.listener()
      defer { withExtendedLifetime(listener.number) {} }
      return try withProgramForAnybody { program in
        try Finished(
          running: peer("setpriv"),
          ["--reuid", "65534", "--regid", "65534", "--clear-groups", program, "explain", ":1234", "--lang", "es"])
      }
    }
    #expect(finished.exitStatus == 0, "\(finished.errorText)")
    let text = finished.text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    #expect(text.hasPrefix(":1234: lo atiende un servidor cuyo proceso no se ve (TCP) "), "\(finished.text)")
    #expect(text.contains("tcp listen 127.0.0.1:1234 - no se ve su proceso, del usuario root "), "\(finished.text)")
    #expect(finished.text.contains("$ sudo sockinspect explain :1234\n"), "\(finished.text)")
  }

  @Test("Where nothing uses the port the exit status is 1, and the tables that were read are named")
  func nothing() throws {
    let finished = try isolated { Program.run("explain", ":1234") }
    #expect(finished.exitStatus == 1 && finished.errorText.isEmpty, "\(finished.errorText)")
    #expect(finished.text.hasPrefix(":1234: nothing uses this port here (looked at tcp, "), "\(finished.text)")
  }
}
