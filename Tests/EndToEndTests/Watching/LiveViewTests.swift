import Foundation
import Glibc
import Lesson
import LinuxSystem
import Query
import SocketModel
import TestSupport
import Testing

/// `sockinspect watch` on a terminal, with real keys and real sockets.
@Suite("The live view on a terminal", .timeLimited, .needsRoot, .needs("tmux"))
struct LiveViewTests {
  @Test(
    "A connection appears, changes and goes beside its owner, and q gives the terminal back",
    arguments: [(80, 24), (200, 50), (40, 10)])
  func lesson(columns: Int, rows: Int) throws {
    try isolated {
      let server = try ListeningServer("--port", "1234", "--never-close")
      let terminal = try TmuxSession(columns: columns, rows: rows)
      try terminal.view("--interval 0.1")
      try terminal.wait(for: ":1234")
      var client: TestClient? = try TestClient(port: 1234)
      // Unread data would turn the end into a reset.
      try client?.send("Hello, world")
      var buffer: [UInt8] = Array(repeating: 0, count: 100)
      #expect(try client?.descriptor.receive(into: &buffer) == TestClient.welcome.utf8.count)
      // Both ends are new, each in its own row where there is room for two.
      let there = try terminal.wait { lines in
        lines.contains { $0.contains(#/\+.*:1234/#) }
          && lines.count { $0.contains(#/^.\+ /#) } >= (columns > 40 ? 2 : 1)
      }
      #expect(there[0].contains("sockets"))
      if columns > 40 {
        try terminal.wait { $0.contains { $0.contains("established") && $0.contains("[\(server.child.pid)]") } }
      }
      client = nil
      if columns > 40 { try terminal.wait(for: "close_wait") }
      server.child.signal(SIGKILL)
      _ = try server.child.wait()
      try terminal.wait { $0.contains { $0.contains(#/^ - .*:1234/#) } }
      try terminal.write("q")
      try terminal.expectEnd("0")
    }
  }

  @Test(
    "Whatever ends the view leaves the terminal as it was, a crash too",
    arguments: [
      (SIGTERM, "0"), (SIGINT, "0"), (SIGHUP, "0"), (SIGSEGV, "139"), (SIGABRT, "134"), (SIGILL, "132"),
      (SIGTRAP, "133"), (SIGUSR1, "138"), (SIGIO, "157"), (SIGPWR, "158"), (SIGSTKFLT, "144"), (34, "162"), (64, "192"),
    ])
  func ends(signal: Int32, status: String) throws {
    try isolated {
      let terminal = try TmuxSession(columns: 80, rows: 24)
      try terminal.view()
      kill(try terminal.child(), signal)
      try terminal.expectEnd(status)
    }
  }

  @Test("A crash ends the view even when something prints where it was, and goes on", arguments: [SIGSEGV, SIGABRT])
  func endsAfterBacktrace(signal: Int32) throws {
    try isolated {
      let terminal = try TmuxSession(
        columns: 80, rows: 24, environment: ["SWIFT_BACKTRACE": "enable=yes,interactive=no"])
      try terminal.view()
      kill(try terminal.child(), signal)
      // What prints comes to its end too, and does not remain.
      try terminal.wait(for: "Backtrace took")
      try terminal.wait(for: "ended \(128 + signal)")
      try terminal.wait { $0.contains("all") }
      #expect(!terminal.file("before").isEmpty && terminal.file("before") == terminal.file("after"))
    }
  }

  @Test(
    "With every source of events too, a thread of its own among them, signals reach the view and no other thread",
    arguments: [SIGTERM, SIGINT, SIGHUP])
  func signalsBesideThreads(signal: Int32) throws {
    try isolated {
      let terminal = try TmuxSession(columns: 80, rows: 24)
      try terminal.view(sources: "tracepoint,destroy,snapshot")
      try terminal.resize(30, 5)
      try terminal.wait(for: "too small")
      try terminal.resize(90, 20)
      try terminal.wait { $0.contains { $0.contains("LOCAL") } && $0.last { !$0.isEmpty }?.hasPrefix("q quit") == true }
      try terminal.press("C-z")
      try terminal.wait(for: "Stopped")
      try terminal.type("fg")
      try terminal.wait { $0.contains { $0.contains("transitions") } && $0.contains { $0.contains("LOCAL") } }
      kill(try terminal.child(), signal)
      try terminal.wait { $0.contains("here") && !$0.contains { $0.contains("transitions") } }
      try terminal.type("echo typed | tr a-z A-Z")
      try terminal.wait(for: "TYPED")
    }
  }

  @Test("Ctrl-Z gives the terminal to the shell, and fg takes it again, in the size that it has then")
  func suspends() throws {
    try isolated {
      let held = try TCPScenario.listen.hold()
      let terminal = try TmuxSession(columns: 80, rows: 24)
      try terminal.type("stty -a > before; \(Program.path) watch --source snapshot; stty -a > after; echo all")
      try terminal.wait(for: "transitions")
      try terminal.press("C-z")
      try terminal.wait(for: "Stopped")
      try terminal.type("stty -a > stopped; echo in the shell")
      let shell = try terminal.wait { $0.contains("in the shell") }
      #expect(!shell.contains { $0.contains("transitions") })
      #expect(!terminal.file("stopped").isEmpty && terminal.file("stopped") == terminal.file("before"))
      try terminal.resize(60, 20)
      try terminal.type("fg")
      let again = try terminal.wait {
        $0.contains { $0.contains("transitions") } && $0.contains { $0.contains("LOCAL") }
      }
      #expect(again.count == 20 || again.count == 21)
      // A stop that the view cannot handle, by a signal that cannot be caught.
      let pid = try terminal.child()
      kill(pid, SIGSTOP)
      try terminal.wait(for: "Stopped")
      try terminal.type("clear; fg")
      try terminal.wait { $0.contains { $0.contains("transitions") } && $0.contains { $0.contains("LOCAL") } }
      kill(pid, SIGTSTP)
      try terminal.wait(for: "Stopped")
      try terminal.type("fg")
      try terminal.wait { $0.contains { $0.contains("transitions") } && $0.contains { $0.contains("LOCAL") } }
      try terminal.write("q")
      try terminal.wait { $0.contains("% ") || $0.contains("%") }
      #expect(held.sockets.count == 1)
    }
  }

  @Test("The sources of events are named")
  func sources() throws {
    try isolated {
      let terminal = try TmuxSession(columns: 140, rows: 40)
      try terminal.type("\(Program.path) watch")
      let lines = try terminal.wait(for: "events from: ")
      // Where the kernel has the tracepoint, root may use it.
      #expect(
        lines.contains {
          $0.contains("events from: tracepoint, destroy notices, scans") || $0.contains("no tracepoint: ")
        })
      try terminal.write("q")
      try terminal.wait { $0.first?.hasPrefix("%") == true && !$0.contains { $0.contains("events from: ") } }
    }
  }

  @Test("The terminal gets smaller and larger; one that is too small says so, and the view continues")
  func resizes() throws {
    try isolated {
      let held = try TCPScenario.listen.hold()
      let terminal = try TmuxSession(columns: 80, rows: 24)
      try terminal.view()
      try terminal.resize(20, 5)
      try terminal.wait(for: "too small")
      try terminal.resize(120, 30)
      let lines = try terminal.wait { $0.contains { $0.contains("RECV-Q") } }
      #expect(lines.last { !$0.isEmpty }?.hasPrefix("q quit") == true)
      try terminal.press("C-c")
      try terminal.wait(for: "ended 0")
      #expect(held.sockets.count == 1)
    }
  }

  @Test("A filter is typed as in a query, in UTF-8 too; a mistake is shown and the old filter stays")
  func filters() throws {
    try isolated {
      let servers = try [ListeningServer("--port", "1234"), ListeningServer("--port", "1235")]
      let terminal = try TmuxSession(columns: 100, rows: 24)
      try terminal.view()
      try terminal.wait { $0.contains { $0.contains(":1234") } && $0.contains { $0.contains(":1235") } }
      try terminal.write("/sport = :1235")
      try terminal.wait { lines in !lines.contains { $0.contains(":1234") } && lines.contains { $0.contains(":1235") } }
      try terminal.write(" and state é\r")
      let wrong = try terminal.wait { $0.contains { $0.contains("filter:") && $0.contains("!") } }
      #expect(wrong.contains { $0.contains("sport = :1235 and state é") })
      #expect(!wrong.contains { $0.contains(" 127.0.0.1:1234") } && wrong.contains { $0.contains("127.0.0.1:1235") })
      try terminal.press("Escape")
      try terminal.wait {
        $0.contains { $0.contains(":1234") } && !$0.contains { $0.contains("filter") && $0.contains("1235") }
      }
      // Words alone are what they look like, as on the command line.
      try terminal.write("/:1234 listen")
      try terminal.wait { lines in lines.contains { $0.contains(":1234") } && !lines.contains { $0.contains(":1235") } }
      try terminal.press("Escape")
      try terminal.write("q")
      try terminal.expectEnd("0")
      for server in servers { #expect(try server.end().exitStatus == 0) }
    }
  }

  @Test("A signal reaches the owner that was named and confirmed, and none without the confirmation")
  func signals() throws {
    try isolated {
      let server = try ListeningServer("--port", "1234")
      let terminal = try TmuxSession(columns: 100, rows: 24)
      try terminal.view("--interval 0.1")
      try terminal.wait(for: ":1234")
      try terminal.press("Down")
      try terminal.wait { $0.contains { $0.hasPrefix(">") } }
      try terminal.write("K")
      try terminal.wait(for: "send SIGTERM to sockinspect[\(server.child.pid)]")
      try terminal.press("Down", "Enter")
      try terminal.wait(for: "Do it?")
      try terminal.write("n")
      try terminal.wait(for: "nothing was done")
      #expect(processExists(server.child.pid))
      try terminal.write("K")
      try terminal.wait(for: "send SIGTERM to")
      try terminal.press("Down", "Enter")
      try terminal.wait(for: "Do it?")
      try terminal.write("y")
      try terminal.wait(for: "got the signal")
      // The server ends as it does by kill.
      #expect(try server.child.wait().exitStatus == 0)
      try terminal.wait { $0.contains { $0.contains(#/^>- /#) } }
      try terminal.write("q")
      try terminal.expectEnd("0")
    }
  }

  @Test(
    "A connection that is closed is gone for its program, where the kernel can do that; elsewhere the view says that it cannot"
  )
  func closes() throws {
    try isolated {
      let server = try ListeningServer("--port", "1234", "--never-close")
      let client = try TestClient(port: 1234)
      let terminal = try TmuxSession(columns: 100, rows: 24)
      try terminal.view("--interval 0.1 'state established and dport = :1234'")
      try terminal.press("Down")
      try terminal.wait { $0.contains { $0.hasPrefix(">") } }
      try terminal.write("K")
      try terminal.wait(for: "> close tcp 127.0.0.1:")
      try terminal.press("Enter")
      try terminal.wait(for: "Do it?")
      try terminal.write("y")
      let lines = try terminal.wait { lines in
        lines.contains { $0.contains("was closed") || $0.contains("this kernel closes no sockets") }
      }
      if lines.contains(where: { $0.contains("was closed") }) {
        var buffer: [UInt8] = Array(repeating: 0, count: 100)
        let error = #expect(throws: SystemError.self) { _ = try client.descriptor.receive(into: &buffer) }
        #expect(error?.code == ECONNABORTED)
        try terminal.wait { $0.contains { $0.contains(#/^>- /#) } || !$0.contains { $0.hasPrefix(">") } }
      }
      try terminal.write("q")
      try terminal.expectEnd("0")
      server.child.signal(SIGKILL)
      _ = try server.child.wait()
    }
  }

  @Test("Details show a listing's fields, the states so far and what the last one means")
  func details() throws {
    try isolated {
      let server = try ListeningServer("--port", "1234")
      let terminal = try TmuxSession(columns: 160, rows: 50)
      try terminal.view("--interval 0.1")
      try terminal.wait(for: ":1234")
      try terminal.press("Down", "Enter")
      // A terminal may show the upper part of a frame before the rest of it has come.
      let lines = try terminal.wait { lines in
        lines.contains { $0.hasPrefix("State ") } && lines.contains { $0.contains(#/  rcvbuf +\d/#) }
      }
      #expect(lines.contains { $0.contains("tcp 127.0.0.1:1234") })
      #expect(lines.contains { $0.contains("LISTEN: a server waits for connections") })
      #expect(lines.contains { $0.contains(#/  accept_limit +\d+/#) })
      #expect(lines.contains { $0.contains(#/^  owner +sockinspect\[\d+\] fd/#) })
      #expect(lines.contains { $0.contains(#/  rcvbuf +\d+(\.\d)? kB/#) })
      try terminal.write("?")
      try terminal.wait(for: "Enter details")
      try terminal.write("?")
      try terminal.wait(for: "the selection follows the socket")
      try terminal.press("Escape")
      try terminal.wait(for: "Enter details")
      try terminal.write("q")
      try terminal.expectEnd("0")
      #expect(try server.end().exitStatus == 0)
    }
  }

  @Test("What is shown is written to the named file; an existing one is overwritten only after confirmation")
  func writes() throws {
    try isolated {
      let server = try ListeningServer("--port", "1234")
      let terminal = try TmuxSession(columns: 100, rows: 24)
      try terminal.view()
      try terminal.wait(for: ":1234")
      try terminal.write("w")
      try terminal.press("C-u")
      try terminal.type("list.csv")
      try terminal.wait(for: "wrote list.csv")
      #expect(terminal.file("list.csv").hasPrefix("transport,"))
      #expect(terminal.file("list.csv").contains("127.0.0.1:1234"))
      try terminal.type("")
      try terminal.press("Escape")
      try terminal.write("w")
      try terminal.press("C-u")
      try Data("mine".utf8).write(to: URL(fileURLWithPath: terminal.folder + "/mine.txt"))
      try terminal.type("mine.txt")
      try terminal.wait(for: "mine.txt exists: overwrite it?")
      try terminal.write("n")
      try terminal.wait(for: "nothing was written")
      #expect(terminal.file("mine.txt") == "mine")
      for (link, target) in [("link.txt", "mine.txt"), ("dangling.txt", "new.txt")] {
        #expect(symlink(target, terminal.folder + "/" + link) == 0)
        try terminal.write("w")
        try terminal.press("C-u")
        try terminal.type(link)
        try terminal.wait(for: "\(link) is a link to \(target)")
      }
      #expect(terminal.file("mine.txt") == "mine")
      #expect(!FileManager.default.fileExists(atPath: terminal.folder + "/new.txt"))
      try terminal.write("w")
      try terminal.press("C-u")
      try terminal.type("~/at home.txt")
      try terminal.wait(for: "wrote ~/at home.txt")
      #expect(terminal.file("at home.txt").contains("127.0.0.1:1234"))
      try terminal.write("w")
      try terminal.press("C-u")
      try terminal.type(terminal.folder)
      try terminal.wait(for: "is a folder")
      try terminal.write("w")
      try terminal.press("C-u")
      try terminal.type("no/such/folder")
      try terminal.wait(for: "cannot write no/such/folder")
      try terminal.write("q")
      try terminal.expectEnd("0")
      #expect(try server.end().exitStatus == 0)
    }
  }

  @Test("NO_COLOR keeps the marks and removes the colours; where the cursor cannot be moved the view says what works")
  func withoutColour() throws {
    try isolated {
      let held = try TCPScenario.listen.hold()
      let terminal = try TmuxSession(columns: 100, rows: 24)
      try terminal.type("\(Program.path) watch --source snapshot; echo ended")
      try terminal.wait(for: "transitions")
      #expect(try terminal.colours().contains(#/\u{1B}\[[0-9;]*3[0-7]m/#))
      try terminal.write("q")
      try terminal.wait(for: "ended")
      try terminal.type("clear; NO_COLOR=1 \(Program.path) watch --source snapshot; echo over")
      try terminal.wait(for: "transitions")
      #expect(!(try terminal.colours()).contains(#/\u{1B}\[([0-9;]*;)?[39][0-7]m/#))
      try terminal.write("q")
      try terminal.wait(for: "over")
      try terminal.type("clear; TERM=dumb \(Program.path) watch --source snapshot; echo status $?")
      let lines = try terminal.wait(for: "status 2")
      #expect(lines.contains { $0.contains("TERM is dumb") } && lines.contains { $0.contains("--events") })
      #expect(held.sockets.count == 1)
    }
  }

  @Test("A series of captures is stepped through forward and back, with the marks that each step deserves")
  func replays() throws {
    try isolated {
      let terminal = try TmuxSession(columns: 100, rows: 24)
      let series = terminal.folder + "/series"
      try FileManager.default.createDirectory(atPath: series, withIntermediateDirectories: false)
      var server: ListeningServer?
      let isThere = [false, false, true, true, false, false]
      for (index, isWanted) in isThere.enumerated() {
        if isWanted, server == nil { server = try ListeningServer("--port", "1234") }
        if !isWanted, let ending = server {
          #expect(try ending.end().exitStatus == 0)
          server = nil
        }
        #expect(Program.run("capture", "\(series)/000\(index + 1)").exitStatus == 0)
      }

      try terminal.type("\(Program.path) watch --root series; echo ended $?")
      // It plays by itself, to the end.
      try terminal.wait { $0[0].contains("stopped 6/6") }
      try terminal.write("]")
      try terminal.wait(for: "this is the last capture")
      func expect(_ number: Int) throws {
        let wanted = isThere[number - 1]
        try terminal.wait { lines in
          lines[0].contains("stopped \(number)/6") && lines.contains { $0.contains(#/^ [+ ] .*:1234/#) } == wanted
        }
      }
      for number in (1...5).reversed() {
        try terminal.write("[")
        try expect(number)
      }
      try terminal.write("[")
      try terminal.wait(for: "this is the first capture")
      for number in 2...6 {
        try terminal.write("]")
        try expect(number)
      }
      // At the end it can be played again from the start.
      try terminal.wait(for: "p play again")
      try terminal.write("p")
      try terminal.wait { $0[0].contains(#/playing [1-5]/6/#) && $0.contains { $0.contains("p stop") } }
      try terminal.wait { $0[0].contains("stopped 6/6") }
      try terminal.write("q")
      try terminal.wait(for: "ended 0")
    }
  }
}
