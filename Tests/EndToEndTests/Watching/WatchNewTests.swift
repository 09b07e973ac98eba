import Foundation
import LinuxSystem
import TestSupport
import Testing

/// `sockinspect watch --new` with real servers, and with captures.
@Suite("Watching for listeners that were not there", .timeLimited, .needsRoot, .serialized)
struct WatchNewTests {
  @Test(
    "A new port is news and a restart is not; another program at a port is, where owners may be seen",
    .needs("setpriv"), arguments: [WatchTests.User.root, .nobody])
  func servers(user: WatchTests.User) throws {
    try withProgramForAnybody { program in
      try isolatedUntilWhole {
        let there = try PythonPeer("s = listener(); stay()")
        let watch = try WatchingProgram(
          "--ndjson", "--new", "-t", program: program, prefix: user.prefix())
        func port(_ line: String) -> UInt16? { (try? WatchedEvent.read(line))?.socket?.local?.port }

        let added = try PythonPeer("s = listener(address=('127.0.0.1', 1235)); stay()")
        var lines = try watch.lines { port($0) == 1235 }
        there.end()
        let restarted = try PythonPeer("s = listener(); stay()")
        let second = try PythonPeer("s = listener(address=('127.0.0.1', 1236)); stay()")
        lines += try watch.lines { port($0) == 1236 }
        #expect(lines.compactMap { port($0) } == [1235, 1236], "the restart is no news")

        restarted.end()
        let other = try ListeningServer("--port", "1234")
        if user == .root { lines += try watch.lines { port($0) == 1234 } }
        let third = try PythonPeer("s = listener(address=('127.0.0.1', 1237)); stay()")
        lines += try watch.lines { port($0) == 1237 }
        #expect(lines.compactMap { port($0) } == (user == .root ? [1235, 1236, 1234, 1237] : [1235, 1236, 1237]))
        let events = try lines.map { try WatchedEvent.read($0) }
        #expect(events.allSatisfy { $0.event == "opened" && $0.to == "listen" })
        withExtendedLifetime((added, second, third, other)) {}
        let finished = watch.end()
        #expect(finished.exitStatus == 0)
        let count = user == .root ? 4 : 3
        #expect(finished.errorText.contains("\(count) new listeners in "), "\(finished.errorText)")
        #expect(finished.errorText.contains("not among the 1 listener of the first scan"))
        #expect(finished.errorText.contains("no news then") == (user == .nobody))
      }
    }
  }

  @Test("Compared with a capture, what listens and is not in it is reported at once: folder, archive, table")
  func baseline() throws {
    // Without the tracepoint: what it reports of other tests is no matter here.
    @Sendable func watch(_ arguments: String...) -> Finished {
      Finished(running: Program.path, ["watch", "--new", "--source", "snapshot"] + arguments)
    }
    try withFolder(in: "/dev/shm") { folder in
      try isolated {
        let there = try PythonPeer("s = listener(); stay()")
        let captures = ["\(folder)/tree", "\(folder)/tree.tar"]
        #expect(Program.run("capture", captures[0]).exitStatus == 0)
        #expect(Program.run("capture", "--archive", captures[1]).exitStatus == 0)
        let table = "\(folder)/tcp.txt"
        try String(contentsOfFile: "/proc/thread-self/net/tcp", encoding: .utf8).write(
          toFile: table, atomically: false, encoding: .utf8)
        for capture in captures + [table] {
          let none = watch("--baseline", capture, "--for", "0.1")
          #expect(none.exitStatus == 1 && none.text.isEmpty, "\(none.text)\(none.errorText)")
          #expect(none.errorText.contains("no new listener in "), "\(none.errorText)")
        }
        let noTable = watch("--baseline", table, "--for", "0.1").errorText
        #expect(noTable.contains("has no table of udp: compared with the first scan"), "\(noTable)")

        let added = try PythonPeer("s = listener(address=('127.0.0.1', 1235)); stay()")
        for capture in captures + [table] {
          let new = watch("--baseline", capture, "--count", "1", "-q", "--columns", "state,local")
          #expect(new.exitStatus == 0 && new.errors.isEmpty, "\(new.errorText)")
          #expect(new.text.hasSuffix("+ new -> listen             127.0.0.1:1235\n"), "\(new.text)")
        }
        // What is there without a capture is no news.
        #expect(watch("--for", "0.1").exitStatus == 1)
        let server = there.pid
        there.end()
        let other = try ListeningServer("--port", "1234")
        let taken = watch(
          "--baseline", captures[0], "--for", "0.1", "-q", "--port", "1234", "--columns", "local,pid")
        #expect(taken.text.hasSuffix("+ 127.0.0.1:1234         \(other.child.pid)\n"), "\(taken.text), not \(server)")
        withExtendedLifetime(added) {}
      }
    }
  }

  @Test("A baseline that is none is refused before anything is watched")
  func refused() throws {
    try withFolder(in: "/dev/shm") { folder in
      try isolated {
        #expect(Program.run("capture", "--every", "10s", "--for", "1s", folder + "/series").exitStatus == 0)
        #expect(Program.run("capture", "--redact", folder + "/redacted").exitStatus == 0)
        try "no table\n".write(toFile: folder + "/text", atomically: false, encoding: .utf8)
        func failure(_ name: String) -> Finished {
          Program.run("watch", "--new", "--baseline", "\(folder)/\(name)", "--for", "60")
        }
        let missing = failure("nothing")
        #expect(missing.exitStatus == 4 && missing.errorText.contains("--baseline: cannot read \(folder)/nothing: "))
        let text = failure("text")
        #expect(text.exitStatus == 4 && text.errorText.contains("--baseline: "), "\(text.errorText)")
        let series = failure("series")
        #expect(series.exitStatus == 2 && series.errorText.contains("its last one: --baseline \(folder)/series/0001"))
        let redacted = failure("redacted")
        #expect(redacted.exitStatus == 2 && redacted.errorText.contains("was made with --redact"))
      }
    }
  }

  @Test("In a series of captures each new listener has the time of the capture that shows it first")
  func series() throws {
    try withFolder { folder in
      let header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      func row(_ port: Int, inode: Int) -> String {
        let ends = "0100007F:\(String(port, radix: 16)) 00000000:0000 0A"
        return
          "   0: \(ends) 00000000:00000000 00:00000000 00000000 0        0 \(inode) 1 0000000000000000 100 0 0 10 0\n"
      }
      let tables = [
        row(0x1000, inode: 1), row(0x1000, inode: 1) + row(0x1001, inode: 2), row(0x1001, inode: 2),
        row(0x1000, inode: 3) + row(0x1001, inode: 4) + row(0x1002, inode: 5),
      ]
      for (index, table) in tables.enumerated() {
        let capture = "\(folder)/000\(index + 1)"
        try FileManager.default.createDirectory(atPath: capture + "/net", withIntermediateDirectories: true)
        try (header + table).write(toFile: capture + "/net/tcp", atomically: false, encoding: .utf8)
        try "schema=sockinspect.capture/1\nbyte_order=little\ntime=\(index).5\n".write(
          toFile: capture + "/manifest", atomically: false, encoding: .utf8)
      }
      let replayed = Program.run(
        "watch", "--root", folder, "--new", "-t", "--columns", "local", "--timestamps", "epoch")
      #expect(replayed.exitStatus == 0)
      #expect(replayed.text == "1.500000 + 127.0.0.1:4097\n3.500000 + 127.0.0.1:4098\n", "\(replayed.text)")
      let compared = Program.run(
        "watch", "--root", folder, "--new", "-t", "--columns", "local", "--timestamps", "epoch", "--baseline",
        "\(folder)/0002")
      #expect(compared.text == "3.500000 + 127.0.0.1:4098\n", "\(compared.text)\(compared.errorText)")
    }
  }
}
