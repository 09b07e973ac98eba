import Lesson
import LinuxSystem
import SocketModel
import TestSupport
import Testing

/// What people open a live view for, with as few keys as that takes.
@Suite("Tasks in the live view", .timeLimited, .needsRoot, .needs("tmux"))
struct LiveTaskTests {
  /// Types keys one by one, and counts them.
  private func press(_ keys: String..., in terminal: borrowing TmuxSession) throws -> Int {
    var count = 0
    for key in keys {
      if key.count == 1 || key == "Enter" || key == "Escape" {
        try terminal.press(key)
        count += 1
      } else {
        try terminal.write(key)
        count += key.count
      }
    }
    return count
  }

  @Test("Who talks to this port: a filter and the groups of peers")
  func peers() throws {
    try isolated {
      let server = try ListeningServer("--port", "1234", "--never-close")
      let clients = try (0..<3).map { _ in try TestClient(port: 1234) }
      let terminal = try TmuxSession(columns: 100, rows: 24)
      try terminal.view("--interval 0.1")
      try terminal.wait(for: ":1234")
      #expect(try press("/:1234", "Enter", "g", "g", "g", in: terminal) == 10)
      // Both ends of each connection are on this machine.
      try terminal.wait { $0.contains { $0.contains(#/▾ 127\.0\.0\.1 +6 /#) } }
      #expect(clients.count == 3 && server.child.pid > 0)
      try terminal.write("q")
      try terminal.expectEnd("0")
    }
  }

  @Test("Close all connections of one program to one port: filter, tag all, close, see each, and confirm")
  func closes() throws {
    try isolated {
      let server = try ListeningServer("--port", "1234", "--never-close")
      let client = try TestClient(port: 1234)
      let other = try TestClient(port: 1234)
      let terminal = try TmuxSession(columns: 100, rows: 24)
      try terminal.view("--interval 0.1")
      try terminal.wait { $0.count { $0.contains("established") && $0.contains(":1234") } >= 4 }
      #expect(try press("/dport = :1234 established", "Enter", "A", in: terminal) == 28)
      try terminal.wait(for: "2 sockets are tagged")
      try terminal.write("K")
      try terminal.wait(for: "> close 2 connections")
      try terminal.press("Enter")
      let asked = try terminal.wait(for: "close 2 connections: do it? y/N")
      #expect(asked.count { $0.contains(#/close tcp 127\.0\.0\.1:\d+ > 127\.0\.0\.1:1234/#) } == 2)
      try terminal.write("y")
      try terminal.wait(for: "closed all 2")
      // The kernel closed them: the program finds its connections reset.
      var buffer: [UInt8] = Array(repeating: 0, count: 100)
      for closed in [client, other] {
        #expect(throws: SystemError.self) {
          while let count = try closed.descriptor.receive(into: &buffer), count > 0 {}
        }
      }
      #expect(server.child.pid > 0)
      try terminal.write("q")
      try terminal.expectEnd("0")
    }
  }

  @Test("What opened in the last minute takes two keys")
  func changed() throws {
    try isolated {
      let server = try ListeningServer("--port", "1234", "--never-close")
      let terminal = try TmuxSession(columns: 100, rows: 24)
      try terminal.view("--interval 0.1")
      try terminal.wait(for: ":1234")
      #expect(try press("a", "a", in: terminal) == 2)
      try terminal.wait(for: "only changed in the last minute")
      let client = try TestClient(port: 1234)
      try terminal.wait { $0.contains { $0.contains("established") && $0.contains("[\(server.child.pid)]") } }
      #expect(try !terminal.screen().contains { $0.contains("listen  ") })
      withExtendedLifetime(client) {}
      try terminal.write("q")
      try terminal.expectEnd("0")
    }
  }

  @Test("A click selects a row, and a second one opens its details")
  func clicks() throws {
    try isolated {
      let server = try ListeningServer("--port", "1234", "--never-close")
      let terminal = try TmuxSession(columns: 100, rows: 24)
      try terminal.view("--interval 0.1")
      let lines = try terminal.wait(for: ":1234")
      let row = try #require(lines.firstIndex { $0.contains("listen") && $0.contains(":1234") })
      try terminal.write("\u{1B}[<0;20;\(row + 1)M")
      try terminal.wait { $0.contains { $0.hasPrefix(">") && $0.contains(":1234") } }
      try terminal.write("\u{1B}[<0;20;\(row + 1)M")
      let details = try terminal.wait { $0.contains { $0.hasPrefix("Owner") } }
      #expect(details.contains { $0.contains("[\(server.child.pid)]") })
      try terminal.press("Escape")
      try terminal.write("q")
      try terminal.expectEnd("0")
    }
  }
}
