import Lesson
import LinuxSystem
import Query
import SocketModel
import TestSupport
import Testing

/// The filter expressions of ss, run by ss itself and by sockinspect on the same sockets.
@Suite("ss's filter expressions select the sockets that ss selects", .timeLimited, .needsRoot, .needs("ss"))
struct SsFilterTests {
  /// The sockets, with the ports that stand for `{NAME}` in the expressions.
  struct Room {
    var held = HeldSockets()
    var ports: [String: UInt16] = [:]

    /// For each loopback: a listener `L`, a connection to it from `C`, one whose end is closed, one
    /// in TIME_WAIT, one in SYN_RECV; a UDP socket `U` with a datagram from `V`, and one without a
    /// peer. Names end in 4, 6 or M.
    init() throws {
      for (loopback, suffix) in [(Loopback.ipv4, "4"), (.ipv6, "6"), (.mapped, "M")] {
        let connection = try TCPScenario.established.hold(over: loopback)
        ports["L\(suffix)"] = connection.sightings.first { $0.state == .listen }?.local?.port
        ports["C\(suffix)"] = connection.sightings.first { $0.state == .established }?.local?.port
        held.add(connection)
        for scenario in [TCPScenario.closeWait, .timeWait, .synRecv] { held.add(try scenario.hold(over: loopback)) }
        let datagrams = try OtherScenario.udpConnected.hold(over: loopback)
        ports["U\(suffix)"] = datagrams.sightings.first { $0.state == .unconnected }?.local?.port
        ports["V\(suffix)"] = datagrams.sightings.first { $0.state == .connected }?.local?.port
        held.add(datagrams)
        held.add(try OtherScenario.udp.hold(over: loopback))
      }
    }

    /// An expression with the ports in it.
    func filled(_ expression: String) -> String {
      ports.reduce(expression) { $0.replacing("{\($1.key)}", with: "\($1.value)") }
    }
  }

  /// The expressions that both programs get for TCP.
  static let tcp = [
    "", "sport = :{L4}", "sport = {L4}", "sport eq :{L4}", "sport == :{L4}", "sport :{L4}", "dport = :{L4}",
    "sport != :{L4}", "sport ne :{L4}", "dport != :{L4}", "dport neq :{L6}",
    "sport = inet:{L4}", "sport = inet6::{L6}", "src inet:127.0.0.1",
    "sport >= :{L4}", "sport > :{L4}", "sport gt :{L4}", "sport <= :{L4}", "sport leq :{L4}", "sport < :{L4}",
    "dport >= :{L4}", "not dport > :1",
    "dst 127.0.0.1", "src 127.0.0.1", "dst = 127.0.0.1", "dst 127.0.0.0/8", "not src 127.0.0.0/8",
    "dst 127.0.0.1:{L4}", "src 127.0.0.1:{L4}", "dst :{L4}", "dst *:{L4}", "src 127.0.0.0/8:{LM}", "dst 10.0.0.0/8",
    "src [::1]", "dst [::1]:{L6}", "src [::1]:{C6}", "src 0.0.0.0/0", "dst *", "src *",
    "sport = :{L4} or dport = :{L4}", "sport = :{L4} | dport = :{L4}", "sport = :{L4} || dport = :{L4}",
    "sport = :{L4} and dport = :{C4}", "sport = :{L4} dport = :{C4}", "sport = :{L4} & dport = :{C4}",
    "sport = :{L4} && dport = :{C4}", "not sport = :{L4}", "! sport = :{L4}", "not ( sport = :{L4} or dport = :{L4} )",
    "( sport = :{L4} or sport = :{L6} ) and dport = :{C6}", "not sport = :{L4} and src 127.0.0.1", "autobound",
    "state listening", "state established", "state time-wait", "state syn-recv", "state close-wait", "state fin-wait-2",
    "state closed", "state connected", "state synchronized", "state bucket", "state big", "state all",
    "state listening state established", "exclude listening", "exclude established exclude time-wait",
    "state connected exclude time-wait", "state established dport = :{L4}",
    "state listening ( sport = :{L4} or sport = :{L6} )", "state established sport = :{L4} or dport = :{L4}",
  ]

  /// The expressions that both programs get for UDP.
  static let udp = [
    "", "sport = :{U4}", "dport = :{U6}", "src 127.0.0.1", "dst 127.0.0.1:{U4}", "dst [::1]", "not dst [::1]",
    "sport = :{U4} or sport = :{V4}", "state established", "state connected", "state unconnected", "state all",
    "exclude established", "state established sport = :{V4}",
  ]

  /// Expressions that ss and sockinspect interpret differently: the expression with which ss
  /// selects what sockinspect does, and why.
  static let different: [(transport: String, expression: String, ofSS: String, why: String)] = [
    (
      "-t", "sport = :{L4} or sport = :{L6} and dport = :{C6}", "sport = :{L4} or ( sport = :{L6} and dport = :{C6} )",
      "its manual and this program let `and` bind stronger than `or`; ss 6.1 reads from left to right"
    ),
    (
      "-t", "dport < :65535", "dport < :65535 and dport > :0",
      "for ss the remote port of a listener is 0; here it has none"
    ),
    ("-t", "src ::1", "src [::1]", "ss takes an IPv6 address in brackets only"),
    ("-t", "dst != 127.0.0.1", "not dst 127.0.0.1", "ss 6.1 has no != for hosts"),
    ("-t", "dport = :0", "dport = :0 and dport > :0", "for ss the remote port of a listener is 0; here it has none"),
    ("-u", "dport <= :65535", "dport > :0", "for ss the remote port of an unconnected socket is 0; here it has none"),
  ]

  /// ss's names for states.
  private static func state(_ name: String, _ transport: String) -> String {
    switch name.uppercased() {
    case "ESTAB": transport == "-t" ? "established" : "connected"
    case "UNCONN": transport == "-t" ? "close" : "unconnected"
    case "FIN-WAIT-1": "fin_wait1"
    case "FIN-WAIT-2": "fin_wait2"
    default: name.lowercased().replacing("-", with: "_")
    }
  }

  private static func row(_ state: Substring, _ local: Substring, _ peer: Substring, _ transport: String) -> String {
    "\(self.state(String(state), transport)) \(local) \(peer.hasSuffix(":*") || peer == "-" ? "-" : peer)"
  }

  /// What ss shows: state, queues, both ends.
  private static func ss(_ transport: String, _ expression: String) throws -> [String] {
    let words = expression.split(separator: " ").map(String.init)
    let finished = Finished(running: try peer("ss"), ["-Han", transport] + words)
    try #require(finished.exitStatus == 0 && finished.errors.isEmpty, "ss \(expression): \(finished.errorText)")
    return try finished.text.split(separator: "\n").map { line in
      var cells = line.split(separator: " ")
      // With a filter for one state ss does not show the state.
      if cells.count == 4, let asked = askedState(words) { cells.insert(asked, at: 0) }
      try #require(cells.count == 5, "\(line)")
      return row(cells[0], cells[3], cells[4], transport)
    }.sorted()
  }

  /// The state after the first word `state`, as ss shows it.
  private static func askedState(_ words: [String]) -> Substring? {
    guard words.count > 1, words[0] == "state" else { return nil }
    return ["listening": "LISTEN", "established": "ESTAB", "unconnected": "UNCONN"][words[1]] ?? words[1][...]
  }

  private static func ours(_ transport: String, _ expression: String) throws -> [String] {
    let options = [transport, "--no-owners", "--no-header", "--columns", "state,local,peer"]
    let finished = Finished(running: Program.path, options + (expression.isEmpty ? [] : [expression]))
    try #require(finished.exitStatus == 0 || finished.exitStatus == 1, "\(expression): \(finished.errorText)")
    return try finished.text.split(separator: "\n").map { line in
      let cells = line.split(separator: " ")
      try #require(cells.count == 3, "\(line)")
      return row(cells[0], cells[1], cells[2], transport)
    }.sorted()
  }

  /// Compares until both agree, since the kernel changes sockets while programs run one after the
  /// other.
  private static func compare(
    _ transport: String, ours expression: String, ss other: String, within seconds: Double = 3
  ) throws -> (difference: [String], count: Int) {
    try eventually(within: seconds) {
      let wanted = try ss(transport, other)
      return (differences(wanted, try ours(transport, expression)), wanted.count)
    } until: { (difference: [String], _: Int) in
      difference.isEmpty
    }
  }

  @Test("each expression selects the same sockets", arguments: [("-t", tcp), ("-u", udp)])
  func same(transport: String, expressions: [String]) throws {
    try isolated {
      let room = try Room()
      var results: [Int] = []
      for expression in expressions {
        let filled = room.filled(expression)
        let result = try SsFilterTests.compare(transport, ours: filled, ss: filled)
        #expect(result.difference.isEmpty, "\(expression): \(result.difference.joined(separator: "\n"))")
        results.append(result.count)
      }
      // If everything or nothing were always selected, agreement would mean little.
      let all = results[0]
      #expect(all == room.held.sightings.count { ($0.transport == .tcp) == (transport == "-t") })
      #expect(results.count { $0 > 0 && $0 < all } * 3 > results.count * 2)
      #expect(Set(results).count > 4)
    }
  }

  @Test("expressions that ss reads otherwise select what they say, each for its reason")
  func otherwise() throws {
    try isolated {
      let room = try Room()
      for (transport, expression, ofSS, why) in SsFilterTests.different {
        let result = try SsFilterTests.compare(
          transport, ours: room.filled(expression), ss: room.filled(ofSS))
        #expect(result.difference.isEmpty, "\(expression) (\(why)): \(result.difference.joined(separator: "\n"))")
      }
    }
  }

  @Test("the comparison sees a socket that one of the two does not select")
  func detects() throws {
    try isolated {
      let room = try Room()
      let result = try SsFilterTests.compare(
        "-t", ours: room.filled("sport = :{L4}"), ss: room.filled("dport = :{L4}"), within: 0)
      #expect(!result.difference.isEmpty)
    }
  }
}
