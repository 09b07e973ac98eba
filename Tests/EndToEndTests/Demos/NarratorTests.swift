import Foundation
import Glibc
import Query
import SocketModel
import TestSupport
import Testing

@testable import Lesson
@testable import LinuxSystem

/// What a narrator wrote, both streams in their order.
private final class Narrated {
  var output = ""
  var errors = ""
  let watch: SignalWatch

  init() throws { watch = try SignalWatch() }

  /// Calls before a narrator that writes here.
  func calls(_ transport: Transport = .tcp, isQuiet: Bool = false, width: Int? = nil) -> Calls {
    var plan = NarrationPlan()
    plan.isQuiet = isQuiet
    plan.width = width
    return Calls(
      observer: Narrator(plan, transport: transport, watch: watch) { stream, text in
        if stream == .output { self.output += text } else { self.errors += text }
      })
  }

  /// The calls that it reports, without what remains after ``close(2)``: programs that other tests
  /// start have this process's descriptors for a moment, and a socket that they have open is not
  /// closed.
  var story: [String] {
    SockinspectStory.calls(in: errors).map { $0.hasPrefix("close") ? String($0.prefix { $0 != ">" }) : $0 }
  }
}

private enum SockinspectStory {
  /// The calls by name, each with the states before and after of the sockets below it; `none`
  /// without a row.
  static func calls(in errors: String) -> [String] {
    var lines: [String] = []
    for line in errors.split(separator: "\n") {
      let words = line.split(separator: " ")
      if line.first != " ", let end = line.firstIndex(of: "("), line.contains(" = ") {
        lines.append(String(line[..<end]))
      } else if line.hasPrefix("  before") {
        lines[lines.count - 1] += " " + (words[1] == "no" ? "none" : words[1])
      } else if line.hasPrefix("  after") {
        let state = words[1].filter { $0 != "*" }
        lines[lines.count - 1] += ">" + (state == "no" ? "none" : state)
      }
    }
    return lines
  }
}

private let stream = SocketKind(family: 2, type: 1)
private let here = SocketAddress.ipv4(0x7F00_0001, port: 1234)

/// The lesson's server and client, one call after the other.
private func exchange(_ calls: Calls, _ kind: SocketKind, _ address: SocketAddress) throws {
  let listener = try calls.socket(kind)
  try calls.bind(listener, to: address)
  try calls.listen(listener, backlog: 128)
  calls.observer?.prints(.listening)
  let client = try calls.socket(kind)
  _ = try calls.connect(client, to: address)
  _ = try calls.send(client, Array("Hello, world".utf8))
  var buffer = [UInt8](repeating: 0, count: 1024)
  if let connection = try calls.accept(listener) {
    calls.observer?.prints(.connected(by: connection.peer))
    let socket = connection.intoDescriptor()
    if let bytes = try calls.receive(socket, into: &buffer) { calls.observer?.prints(.received(Array(bytes))) }
    _ = try calls.send(socket, Array("Welcome to the server".utf8))
    try calls.close(socket)
  }
  _ = try calls.receive(client, into: &buffer)
  try calls.close(client)
  try calls.close(listener)
}

/// Whether a process blocks a signal, from the mask in its status file.
private func blocks(_ signal: Int32, _ pid: Int32) throws -> Bool {
  let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
  let mask = status.split(separator: "\n").first { $0.hasPrefix("SigBlk:") }?.split(separator: "\t").last
  return UInt64(mask ?? "", radix: 16).map { $0 >> UInt64(signal - 1) & 1 == 1 } ?? false
}

@Suite("The narration", .timeLimited, .needsRoot)
struct NarratorTests {
  @Test("each call of a connection's life stands over the states that the kernel's table had before and after")
  func connection() throws {
    try isolated {
      let narrated = try Narrated()
      try exchange(narrated.calls(), stream, here)
      let story = narrated.story
      #expect(
        story.prefix(9) == [
          "socket none>none", "bind none>bound_inactive", "listen bound_inactive>listen", "socket none>none",
          "connect none>established", "send established>established",
          "accept listen>listen established>established", "recv established>established",
          "send established>established",
        ])
      #expect(
        story.dropFirst(9) == ["close established", "recv close_wait>close_wait", "close close_wait", "close listen"])
      let lines = narrated.errors.split(separator: "\n").map(String.init)
      let accepted = try #require(lines.firstIndex { $0.hasPrefix("accept") })
      #expect(lines[accepted + 1].contains("  1     128  127.0.0.1:1234"))
      #expect(lines[accepted + 2].contains(" *0     128  127.0.0.1:1234"))
      #expect(lines[accepted + 3].hasSuffix(" none") && lines[accepted + 3].contains("  12       0  "))
      #expect(lines[accepted + 4].contains(" *fd "))
      #expect(narrated.output.hasPrefix("listening\nConnected by ('127.0.0.1', "))
      #expect(narrated.output.hasSuffix(")\nReceived b'Hello, world'\n"))
      #expect(lines.allSatisfy { $0.utf8.count <= 82 })
    }
  }

  @Test("over IPv6, and between unix sockets by path and abstract name, the rows are found as well")
  func otherFamilies() throws {
    try isolated {
      let narrated = try Narrated()
      try exchange(narrated.calls(), SocketKind(family: 10, type: 1), .ipv6(1, port: 1234))
      #expect(narrated.story.contains("accept listen>listen established>established"))
      #expect(narrated.errors.contains("[::1]:1234"))
      try withFolder { folder in
        for address in [SocketAddress.unix(path: Array("\(folder)/s".utf8)), .unix(abstract: Array("lesson".utf8))] {
          let narrated = try Narrated()
          try exchange(narrated.calls(.unix), SocketKind(family: 1, type: 1), address)
          #expect(
            narrated.story.prefix(7) == [
              "socket none>unconnected", "bind unconnected>unconnected", "listen unconnected>listen",
              "socket none>unconnected", "connect unconnected>connected", "send connected>connected",
              "accept listen>listen none>connected",
            ], "\(narrated.errors)")
          #expect(narrated.errors.contains("*\(address.shown)"))
          // A listener's SEND-Q is the limit of its queue.
          let parts = narrated.errors.components(separatedBy: "SEND-Q counts memory")
          #expect(parts.count == 2 && parts[0].contains("send("), "\(narrated.errors)")
        }
      }
    }
  }

  @Test(
    "a connection that is over while its socket is open shows the TIME_WAIT that is left, at the end that closed first")
  func overAndOpen() throws {
    try isolated {
      let narrated = try Narrated()
      let calls = narrated.calls()
      let listener = try calls.socket(stream)
      try calls.bind(listener, to: here)
      try calls.listen(listener, backlog: 1)
      let client = try calls.socket(stream)
      _ = try calls.connect(client, to: here)
      guard let accepted = try calls.accept(listener) else {
        Issue.record("nothing to accept")
        return
      }
      let server = accepted.intoDescriptor()
      try calls.shutdownSending(client)
      try calls.shutdownSending(server)
      let isOver = try eventually({ try (client.tcpState(), server.tcpState()) }, until: { $0 == (7, 7) })
      #expect(isOver == (7, 7))
      var buffer = [UInt8](repeating: 0, count: 16)
      _ = try calls.receive(client, into: &buffer)
      #expect(narrated.story.last == "recv time_wait>time_wait", "\(narrated.errors)")
      _ = try calls.receive(server, into: &buffer)
      #expect(narrated.story.last == "recv none>none")
      let row = "no row: the connection is over, and its socket in no table until it is closed\n"
      #expect(narrated.errors.contains(row))
      try calls.close(client)
      #expect(narrated.story.last == "close time_wait")
    }
  }

  @Test("a datagram's way: two sockets, no connection, and nothing left after close")
  func datagrams() throws {
    try isolated {
      let narrated = try Narrated()
      let calls = narrated.calls(.udp)
      let kind = SocketKind(family: 2, type: 2)
      let server = try calls.socket(kind)
      try calls.bind(server, to: here)
      let client = try calls.socket(kind)
      try calls.send(client, Array("Hello, world".utf8), to: here)
      var buffer = [UInt8](repeating: 0, count: 1024)
      _ = try calls.receiveDatagram(server, into: &buffer)
      try calls.close(server)
      #expect(
        narrated.story == [
          "socket none>none", "bind none>unconnected", "socket none>none", "sendto none>unconnected",
          "recvfrom unconnected>unconnected", "close unconnected",
        ])
      _ = client.number
    }
  }

  @Test("a reset and a refusal are reported as such")
  func failures() throws {
    try isolated {
      let narrated = try Narrated()
      let calls = narrated.calls()
      let refused = try calls.socket(stream)
      #expect(throws: DemoFailure.self) { try calls.connect(refused, to: here) }
      #expect(
        narrated.errors.contains("connect(\(refused.number), 127.0.0.1:1234) = -1 ECONNREFUSED: Connection refused\n"))
      #expect(narrated.errors.contains("  after   no row: connect() failed: the socket is in no table\n"))
      let listener = try calls.socket(stream)
      try calls.bind(listener, to: here)
      try calls.listen(listener, backlog: 1)
      let client = try calls.socket(stream)
      _ = try calls.connect(client, to: here)
      try calls.resetOnClose(client)
      try calls.close(client)
      let again = try calls.socket(stream)
      #expect(throws: DemoFailure.self) { try calls.bind(again, to: here) }
      #expect(narrated.errors.contains("= -1 EADDRINUSE: Address already in use\n"))
    }
  }

  @Test("rows are left out if many sockets are open or new, which is said once")
  func crowd() throws {
    try isolated {
      let narrated = try Narrated()
      let calls = narrated.calls()
      var held: [HeldSocket] = []
      for _ in 0..<30 { held.append(HeldSocket(try calls.socket(stream))) }
      let listener = try calls.socket(stream)
      try calls.bind(listener, to: here)
      #expect(narrated.story.last == "bind")
      #expect(narrated.errors.components(separatedBy: "rows are left out").count == 2)
      _ = held.count
      let fewer = try Narrated()
      let others = fewer.calls()
      for _ in 0..<16 { try others.close(try others.socket(stream)) }
      #expect(fewer.story == Array(repeating: ["socket none>none", "close none"], count: 16).flatMap { $0 })
      // No port, no lookup: this takes a few milliseconds.
      for _ in 0..<30 { try others.close(try others.socket(stream)) }
      #expect(fewer.story.suffix(2) == ["socket", "close"])
      #expect(fewer.errors.components(separatedBy: "are opened a second: rows are left out").count == 2)
    }
  }

  @Test("a wait is reported once until something happens; quiet prints lines and trouble")
  func waits() throws {
    let narrated = try Narrated()
    let calls = narrated.calls()
    for _ in 0..<3 { calls.observer?.waits(for: .accept(3)) }
    #expect(narrated.errors.components(separatedBy: "accept(3) waits for a client\n").count == 2)
    calls.observer?.prints(.listening)
    calls.observer?.waits(for: .accept(3))
    #expect(narrated.errors.components(separatedBy: "accept(3) waits for a client\n").count == 3)
    let quiet = try Narrated()
    let silent = quiet.calls(isQuiet: true)
    let socket = try silent.socket(stream)
    try silent.bind(socket, to: .ipv4(0x7F00_0001, port: 0))
    silent.observer?.waits(for: .accept(3))
    silent.observer?.prints(.listening)
    silent.observer?.notes(.remark(.otherAddress))
    #expect(quiet.errors.isEmpty)
    silent.observer?.notes(.serving(here))
    silent.observer?.notes(.outOfDescriptors(limit: 64))
    #expect(quiet.errors.split(separator: "\n").count == 2)
    #expect(quiet.output == "listening\n")
  }

  @Test(
    "close leaves TIME_WAIT at the first end; nothing of a listener or after a reset",
    arguments: [
      // Without it both may close at once, and then both keep TIME_WAIT.
      (["--half-close"], "", "no row: closed; the end that closed first keeps TIME_WAIT"),
      (["--reset"], ">none", "no row: closed with a reset, and nothing is left of it"),
      (["--udp"], ">none", "no row: closed, and nothing is left of it"),
    ] as [([String], String, String)])
  func closing(options: [String], story: String, words: String) throws {
    try isolated {
      let serves = options == ["--udp"] ? options : []
      let server = try Running(
        Program.path, (["listen-demo", "--once", "--delay", "0.2"] + serves).map { Array($0.utf8) })
      _ = try eventually({ try Program.list("--port", "1234").sockets.count }, until: { $0 > 0 })
      let client = Finished(running: Program.path, ["connect-demo"] + options)
      let narrated = server.finish(timeout: 30)
      #expect(client.exitStatus == 0 && narrated.exitStatus == 0)
      let calls = SockinspectStory.calls(in: client.errorText)
      #expect(calls.contains { $0.hasPrefix("close") && $0.hasSuffix(story) }, "\(client.errorText)")
      #expect((client.errorText + narrated.errorText).contains(words), "\(narrated.errorText)")
      if serves.isEmpty { #expect(SockinspectStory.calls(in: narrated.errorText).last == "close listen>none") }
    }
  }

  @Test("--step shows each call and waits for Enter; without more input it goes on and says so")
  func steps() throws {
    try isolated {
      let running = try Running(
        Program.path, ["listen-demo", "--step", "--for", "1"].map { Array($0.utf8) }, wantsInput: true)
      let finished = running.finish(input: Array("\n\n".utf8), timeout: 30)
      #expect(finished.exitStatus == 0)
      let lines = finished.errorText.split(separator: "\n").map(String.init)
      let prompts = lines.filter { $0.hasPrefix("next: ") }
      #expect(prompts.count == 3)
      #expect(prompts.first == "next: socket(AF_INET, SOCK_STREAM, 0) - press Enter")
      #expect(lines.filter { $0.contains("standard input has ended") }.count == 1)
      #expect(lines.contains { $0.hasPrefix("listen(") })
      #expect(finished.text == "listening\n")
    }
  }

  @Test("a call that is never stepped to is never made: a signal ends the waiting")
  func interruptedStep() throws {
    try isolated {
      let running = try Running(
        Program.path, ["listen-demo", "--step"].map { Array($0.utf8) }, wantsInput: true)
      // Once the signal is blocked, the program waits for it instead of being ended by it.
      let isWatched = try eventually({ try blocks(SIGINT, running.child.pid) }, until: { $0 })
      #expect(isWatched)
      running.child.signal(SIGINT)
      let finished = running.finish(closingInput: false, timeout: 30)
      #expect(finished.exitStatus == 0 && finished.signal == nil)
      #expect(finished.text.isEmpty)
      #expect(!finished.errorText.contains("= "))
    }
  }
}
