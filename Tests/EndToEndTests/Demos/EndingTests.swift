import Foundation
import Glibc
import LinuxSystem
import Query
import TestSupport
import Testing

/// A program that is asked to end does so even if nobody reads its output, and leaves nothing
/// behind.
@Suite("A server ends when it is asked to", .timeLimited, .needsRoot)
struct EndingTests {
  @Test("though nobody reads its messages", arguments: [SIGTERM, SIGINT])
  func unreadMessages(signal: Int32) throws {
    try isolated {
      let server = try Running(Program.path, ["listen-demo", "--echo"].map { Array($0.utf8) })
      var byte: [UInt8] = [0]
      repeat { try #require(try server.output.descriptor.read(into: &byte) == 1) } while byte[0] != UInt8(ascii: "\n")
      // The messages about some 200 clients fill the pipe; the others fit into the accept queue.
      for _ in 0..<300 {
        let client = try TestClient(port: 1234)
        var reset = linger(l_onoff: 1, l_linger: 0)
        setsockopt(client.descriptor.number, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
      }
      server.child.signal(signal)
      // Nobody reads standard error until the server has ended.
      let outcome = try server.ended(within: 60)
      #expect(outcome.exitStatus == 0, "signal \(outcome.signal ?? 0)")
    }
  }

  @Test("a watch whose lines nobody reads counts the rest as missed")
  func unreadEvents() throws {
    try isolated {
      let watch = try WatchingProgram("-t", "--events")
      let server = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
      try server.bind(.ipv4(0x7F00_0001, port: 0))
      try server.listen(backlog: 1)
      let address = try server.localAddress()
      // Each connection is six events; those of some eighty connections fill the pipe.
      for _ in 0..<300 {
        let client = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
        try client.connect(address)
        try server.accept().resetOnClose()
      }
      watch.running.child.signal(SIGINT)
      let outcome = try watch.running.ended(within: 60)
      #expect(outcome.exitStatus == 0, "signal \(outcome.signal ?? 0)")
      let finished = watch.end(by: nil)
      let account = try #require(finished.errorText.firstMatch(of: #/: (\d+) events in .*; (\d+) missed/#))
      let (printed, missed) = (Int(account.1) ?? 0, Int(account.2) ?? 0)
      #expect(finished.output.count { $0 == UInt8(ascii: "\n") } == printed)
      #expect(printed + missed >= 300 * 6, "\(finished.errorText)")
    }
  }

  @Test("a client that resets again and again fills no quiet server's standard error")
  func countsResets() throws {
    try isolated {
      let server = try ListeningServer("--echo", "--quiet", "--max-clients", "60")
      for _ in 0..<60 {
        let client = try TestClient(port: 1234)
        try client.send("x")
        var reset = linger(l_onoff: 1, l_linger: 0)
        setsockopt(client.descriptor.number, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
      }
      let finished = try server.end(by: nil)
      let reported = finished.errorText.split(separator: "\n").filter { $0.hasSuffix("reset the connection") }
      #expect((1...16).contains(reported.count), "\(finished.errorText)")
      #expect(finished.errorText.contains("60 clients"))
    }
  }

  @Test("by a signal that nobody waits for, and its unix socket's file is removed", arguments: [SIGQUIT, SIGUSR1, 34])
  func socketFile(signal: Int32) throws {
    try withFolder { folder in
      let server = try ListeningServer("--unix", "\(folder)/s")
      #expect(access("\(folder)/s", F_OK) == 0)
      let finished = try server.end(by: signal)
      #expect(finished.signal == signal)
      #expect(access("\(folder)/s", F_OK) != 0)
    }
  }
}

extension Running {
  /// Waits for its end, and kills it when it does not end.
  fileprivate func ended(within seconds: Int) throws -> ChildProcess.Outcome {
    let watchdog = DispatchWorkItem { [child] in child.signal(SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds), execute: watchdog)
    let outcome = try child.wait()
    watchdog.cancel()
    return outcome
  }
}
