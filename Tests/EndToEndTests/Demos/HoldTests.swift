import Foundation
import Glibc
import Lesson
import LinuxSystem
import Query
import SocketModel
import TestSupport
import Testing

/// `sockinspect listen-demo --hold`: states of TCP that are held, as ss and sockinspect see them.
@Suite("The states that are held are real", .timeLimited, .needsRoot, .needs("ss"))
struct HoldTests {
  static let states: [SocketState] =
    DemoTests.stateNames.keys.sorted { $0.rawValue < $1.rawValue } + [.close]

  enum User: Sendable {
    case root, nobody

    /// Does something with a program that the user may start.
    func withProgram<Value>(_ body: (String) throws -> Value) throws -> Value {
      switch self {
      case .root: try body(Program.path)
      case .nobody: try withProgramForAnybody(body)
      }
    }
  }

  /// A program that holds states, in the network namespace of the calling thread, and the lines
  /// that it printed about them.
  private struct Holder {
    let running: Running
    let lines: [String]

    init(
      _ arguments: [String], lines count: Int, as user: User = .root, program: String = Program.path
    ) throws {
      let prefix = user == .root ? [] : try startingAs(nobody)
      let words = prefix + [program, "listen-demo", "--hold"] + arguments
      running = try Running(words[0], words.dropFirst().map { Array($0.utf8) })
      var text = ""
      var byte: UInt8 = 0
      while text.count(where: { $0 == "\n" }) < count, unsafe read(running.output.descriptor.number, &byte, 1) == 1 {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      }
      lines = text.split(separator: "\n").map(String.init)
      guard lines.count == count else {
        throw ProgramFailure(arguments: words, finished: running.finish(timeout: 10))
      }
    }

    /// The sockets that it reports in the states, as rows of ss: state, local end, remote end.
    var rows: [[String]] {
      lines.map { line in
        let words = line.split(separator: " ").map(String.init)
        let state = SocketState(name: words[0]).flatMap { DemoTests.stateNames[$0] } ?? words[0]
        return words.count > 3 && ["->", "<-"].contains(words[2]) ? [state, words[1], words[3]] : [state, words[1]]
      }
    }

    func end(_ signal: Int32 = SIGINT) -> Finished {
      running.child.signal(signal)
      return running.finish()
    }
  }

  /// State, local end and, when there is one, remote end of all TCP sockets.
  private static func seen(by ss: String) -> [[String]] {
    Finished(running: ss, ["-H", "-tan"]).text.split(separator: "\n").map { line in
      let words = line.split(separator: " ").map(String.init)
      return [words[0], words[3]] + (words[4].hasSuffix(":*") ? [] : [words[4]])
    }
  }

  /// What remains except for TIME_WAIT. A reset may not have arrived yet.
  private static func remains(by ss: String) throws -> [[String]] {
    try eventually {
      seen(by: ss).filter { $0[0] != "TIME-WAIT" }
    } until: {
      $0.isEmpty
    }
  }

  // CLOSE is compared only with sockinspect: the kernel lists a socket that is only bound only if
  // that state is requested by its own number, which ss does since version 6.8. A test below checks
  // with TCP_INFO that the state is CLOSE.
  @Test(
    "ss and sockinspect show each state at the ends that were printed, and nothing is left afterwards",
    .needs("setpriv"), arguments: HoldTests.states, [("-4", User.nobody), ("-6", User.root)])
  func one(state: SocketState, how: (family: String, user: User)) throws {
    let ss = try peer("ss")
    try how.user.withProgram { program in
      try isolated {
        let holder = try Holder([state.name, "--quiet", how.family], lines: 1, as: how.user, program: program)
        let row = holder.rows[0]
        #expect(row[1...].contains { $0.hasSuffix(":1234") })
        if state != .close {
          let rows = HoldTests.seen(by: ss)
          #expect(rows.contains(row), "\(rows)")
        }
        let listed = try Program.list("--port", "1234").sockets.first {
          SocketState(name: $0.state ?? "") == (state == .close ? .boundInactive : state)
            && row[1].hasSuffix(":\($0.local?.port ?? 0)")
        }
        let socket = try #require(listed)
        let owner = socket.owners?.first.map { "held by \($0.pid) fd \($0.fd)" } ?? "held by no process"
        #expect(holder.lines[0].hasSuffix(owner))
        let finished = holder.end()
        #expect(finished.exitStatus == 0)
        #expect(finished.errorText.isEmpty && finished.text.isEmpty)
        let left = try HoldTests.remains(by: ss)
        #expect(left.isEmpty)
      }
    }
  }

  @Test("A socket that is held in CLOSE reports that state itself", arguments: [false, true])
  func close(isIPv6: Bool) throws {
    let state = try HeldState(.close, at: isIPv6 ? .ipv6(1, port: 0) : .ipv4(0x7F00_0001, port: 0))
    #expect(state.ownState == .close)
    #expect(state.sighting.local?.port == state.address.port && state.address.port != 0)
  }

  @Test(
    "All states are held at once, each pair on an address or port of its own; killed, they leave nothing",
    .needs("setpriv"),
    arguments: [
      (["-4"], (1...11).map { "127.0.0.\($0):1234" }, User.root),
      (["-6"], (1234...1244).map { "[::1]:\($0)" }, .nobody),
      (["--host", "127.0.0.7"], (7...17).map { "127.0.0.\($0):1234" }, .nobody),
    ])
  func all(options: [String], places: [String], user: User) throws {
    let ss = try peer("ss")
    try user.withProgram { program in
      try isolated {
        let holder = try Holder(["all", "--quiet"] + options, lines: 11, as: user, program: program)
        let rows = holder.rows
        let seen = HoldTests.seen(by: ss)
        let missing = rows.filter { $0[0] != "CLOSE" && !seen.contains($0) }
        #expect(missing.isEmpty, "\(seen)")
        #expect(Set(rows.map { $0[0] }).count == 11)
        let apart = zip(rows, places).allSatisfy { $0[1...].contains($1) }
        #expect(apart, "\(rows)")
        let finished = holder.end(SIGKILL)
        #expect(finished.signal == SIGKILL)
        let left = try HoldTests.remains(by: ss)
        #expect(left.isEmpty)
      }
    }
  }

  @Test("States that somebody ends are made again, which is reported")
  func renewal() throws {
    let ss = try peer("ss")
    try isolated {
      let holder = try Holder(["all", "--for", "60"], lines: 12)
      // The kernel closes whatever ss asks it to; waiting for TIME_WAIT's minute, or for the hours
      // of SYN_SENT, would not prove more.
      let killed = Finished(running: ss, ["-H", "-tanK"]).text.split(separator: "\n").count
      #expect(killed >= 10)
      let wanted = Set(DemoTests.stateNames.values)
      let states = try eventually(within: 20) {
        Set(HoldTests.seen(by: ss).map { $0[0] })
      } until: {
        $0 == wanted
      }
      #expect(states == wanted)
      let finished = holder.end(SIGTERM)
      #expect(finished.exitStatus == 0)
      let reported = finished.errorText.split(separator: "\n")
      for state in HoldTests.states where state != .close {
        #expect(reported.contains { $0.contains(" \(state.name.uppercased()) had ended and was made again: 127.0.0.") })
      }
      #expect(finished.text.hasSuffix("s\n") && finished.text.contains("ended; left: "))
      let left = try HoldTests.remains(by: ss)
      #expect(left.isEmpty)
    }
  }

  @Test("TIME_WAIT is made again beside the one that is about to end, at the same port")
  func renewsTimeWait() throws {
    try isolated {
      var state = try HeldState(.timeWait, at: .ipv4(0x7F00_0001, port: 0))
      let port = try #require(state.address.port)
      let first = state.sighting
      try state.renew()
      let rows = try Program.list("--port", "\(port)").rows.sorted()
      #expect(rows == [Row(sighting: first), Row(sighting: state.sighting)].sorted())
      #expect(first != state.sighting)
    }
  }

  @Test(
    "A state that is not listed is made again, and a TIME_WAIT that is nearly over",
    arguments: [
      (SocketState.timeWait, UInt32(1999), true), (.timeWait, 2000, false), (.timeWait, 60_000, false),
      (.finWait1, 5, false), (.synSent, 0, false),
    ])
  func decision(state: SocketState, left: UInt32, isNeeded: Bool) {
    var row = SocketRecord(transport: .tcp, family: .ipv4, state: state)
    row.known = .timer
    row.timerMilliseconds = left
    #expect(HeldState.needsRenewal(row, lasting: 2000) == isNeeded)
    #expect(HeldState.needsRenewal(nil, lasting: 2000))
    row.known = []
    #expect(!HeldState.needsRenewal(row, lasting: 2000))
  }

  @Test("With --for it ends by itself and reports what is left", arguments: ["listen", "time_wait", "all"])
  func ends(state: String) throws {
    try isolated {
      let finished = Program.run("listen-demo", "--hold", state, "--for", "0.5", "--port", "0")
      #expect(finished.exitStatus == 0)
      #expect(finished.errorText.isEmpty)
      let last = finished.text.split(separator: "\n").last ?? ""
      #expect(last.hasPrefix("ended; left: \(state == "listen" ? "nothing" : "1 in TIME_WAIT")"))
    }
  }

  @Test(
    "What cannot be held is refused in words",
    arguments: [
      (["listen", "--port", "7777"], Int32(1), "127.0.0.1:7777"), (["all", "--host", "192.0.2.1"], 1, "192.0.2.1"),
      (["all", "-6", "--port", "65530"], 2, "--port 65525"), (["all", "--host", "127.255.255.250"], 2, "--host"),
      (["last-act"], 2, "last_ack"),
    ])
  func refusals(arguments: [String], status: Int32, word: String) throws {
    try isolated {
      let taken = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
      try taken.bind(.ipv4(0x7F00_0001, port: 7777))
      try taken.listen(backlog: 1)
      let finished = Finished(running: Program.path, ["listen-demo", "--hold"] + arguments)
      #expect(finished.exitStatus == status)
      #expect(finished.text.isEmpty)
      #expect(finished.errorText.contains(word), "\(finished.errorText)")
    }
  }
}
