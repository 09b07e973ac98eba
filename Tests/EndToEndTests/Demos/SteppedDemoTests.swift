import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite(
  "listen-demo and connect-demo, a call at a time", .timeLimited, .needsRoot, .needs("ss"), .needs("netstat"),
  .needs("lsof"))
struct SteppedDemoTests {
  @Test("After each call the listing, ss, netstat and lsof show the sockets as the narration has them")
  func lesson() throws {
    let (story, mistakes) = try isolated { () -> ([String], [String]) in
      let server = try SteppedDemo("listen-demo")
      var story: [String] = []
      var mistakes: [String] = []
      var pids = [server.pid]
      func check(_ rows: NarratedRows) throws {
        story.append(
          rows.call.prefix { $0 != "(" } + ":" + rows.pairs.map { " \($0.after?.state ?? "none")" }.joined())
        mistakes += try rows.mistakes(pids)
      }
      _ = try server.reports("next: socket(")
      try check(try server.steps(to: "next: bind("))
      try check(try server.steps(to: "next: listen("))
      try check(try server.steps(to: "accept("))

      let client = try SteppedDemo("connect-demo")
      pids.append(client.pid)
      _ = try client.reports("next: socket(")
      try check(try client.steps(to: "next: connect("))
      try check(try client.steps(to: "next: send("))
      _ = try server.reports("next: accept(")
      try check(try server.steps(to: "recv("))
      try check(try client.steps(to: "recv("))
      _ = try server.reports("next: recv(")
      try check(try server.steps(to: "next: send("))
      try check(try server.steps(to: "next: close("))
      _ = try client.reports("next: recv(")
      try check(try client.steps(to: "next: close("))
      try check(try server.steps(to: "accept("))
      try client.press()
      let last = client.running.finish(timeout: 30)
      try check(NarratedRows(last.errorText, pid: client.pid))
      server.running.child.signal(SIGINT)
      let ended = server.running.finish(closingInput: false, timeout: 30)
      if ended.exitStatus != 0 || last.exitStatus != 0 { mistakes.append("\(ended) \(last)") }
      let left = try Peers.ss().map(\.state)
      if left != ["time_wait"] { mistakes.append("left behind: \(left)") }
      return (story, mistakes)
    }
    #expect(mistakes.isEmpty, "\(mistakes.joined(separator: "\n"))")
    #expect(
      story.map { $0.replacing("fin_wait2", with: "fin_wait1") } == [
        "socket: none", "bind: bound_inactive", "listen: listen", "socket: none", "connect: established",
        "accept: listen established", "send: established", "recv: established", "send: established",
        "recv: established", "close: fin_wait1", "close: none",
      ])
  }

  @Test(
    "A wrong narration is detected with each of the four programs",
    arguments: [
      ("established  0  128  127.0.0.1:1234  -  fd 3", 4), ("listen  1  128  127.0.0.1:1234  -  fd 3", 3),
      ("listen  0  128  127.0.0.1:1234  -  fd 77", 3), ("listen  0  128  127.0.0.1:1235  -  fd 3", 4),
      ("no row: closed", 4), ("listen  0  128  127.0.0.1:1234  -  fd 3", 0),
    ])
  func detects(reported: String, count: Int) throws {
    let mistakes = try isolated { () -> [String] in
      let listener = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
      try listener.bind(.ipv4(0x7F00_0001, port: 1234))
      try listener.listen(backlog: 128)
      let before = "listen  0  128  127.0.0.1:1234  -  fd 3"
      let text = "listen(3, 128) = 0\n  before  \(before)\n  after  \(reported)\n"
      let rows = NarratedRows(text.replacing("fd 3", with: "fd \(listener.number)"), pid: getpid())
      return try rows.mistakes([getpid()], within: count == 0 ? 30 : 0.5)
    }
    #expect(mistakes.count == count, "\(mistakes)")
  }
}
