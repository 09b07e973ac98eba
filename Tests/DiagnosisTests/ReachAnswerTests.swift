import SocketModel
import TestSupport
import Testing

@testable import Diagnosis

/// Facts that are made here: why clients do not reach a server. Nothing is read.
@Suite("The verdict on a server that is not reached", .timeLimited)
struct ReachAnswerTests {
  private static let here = IPAddress(ipv4: 0x7F00_0001)
  private static let lan = IPAddress(ipv4: 0xC000_0207)

  private struct Row {
    var state = SocketState.listen
    var address = IPAddress(ipv4: 0)
    var isIPv6Only = false
    var change: (inout SocketRecord) -> Void = { _ in }
    /// For how many milliseconds it has waited to be accepted.
    var waiting: UInt64?
  }

  private static func facts(
    _ rows: [Row], at address: IPAddress? = lan, _ change: (inout ReachFacts) -> Void = { _ in }
  ) -> ReachFacts {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    snapshot.lookedAt = [.tcp: [.ipv4, .ipv6]]
    snapshot.processes = [ProcessInfo(pid: 7, name: Array("server".utf8))]
    for row in rows {
      var record = SocketRecord(transport: .tcp, family: row.address.isIPv4 ? .ipv4 : .ipv6, state: row.state)
      record.localBits = row.address.bits
      record.localPort = 8080
      record.known = [.inode, .ipv6Only, .receiveQueue, .sendQueue]
      record.inode = row.waiting == nil ? 4711 : 0
      record.sendQueue = 5
      if row.isIPv6Only { record.flags.insert(.ipv6Only) }
      if let waiting = row.waiting {
        var detail = SocketDetail()
        var figures = TCPMetrics()
        figures[.lastAckReceived] = waiting
        detail.tcp = figures
        record.detailIndex = UInt32(snapshot.details.count)
        snapshot.details.append(detail)
      }
      row.change(&record)
      snapshot.records.append(record)
      snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
      if record.inode != 0 { snapshot.owners.append(Owner(pid: 7, descriptor: 3, processIndex: 0)) }
    }
    snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
    var port = PortFacts(PortQuestion(port: 8080, transports: [.tcp, .mptcp]), snapshot)
    port.processes = [7: process(UInt8(ascii: "S"))]
    port.isOwnAddress = .some(true)
    port.namespaces = PortFacts.Namespaces()
    port.forwarding = .absent
    var facts = ReachFacts(address: address, port: port, clients: Snapshot(meta: SnapshotMeta(source: "none")))
    change(&facts)
    return facts
  }

  private static func process(_ state: UInt8) -> ProcessDetail {
    var process = ProcessDetail(pid: 7, name: Array("server".utf8))
    process.state = state
    return process
  }

  private static func rule(_ action: FilterRule.Action, certain: Bool = true) -> ForwardingRules {
    var rule = FilterRule(action, table: Array("t".utf8), chain: Array("in".utf8), family: "ip")
    rule.hasOtherConditions = !certain
    return .read([rule])
  }

  private static func client(_ state: SocketState) -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    var record = SocketRecord(transport: .tcp, family: .ipv4, state: state)
    record.remoteBits = lan.bits
    record.remotePort = 8080
    record.retransmits = 3
    snapshot.records = [record]
    return snapshot
  }

  private static func queue(_ waiting: UInt32) -> Row { Row { $0.receiveQueue = waiting } }

  typealias Case = VerdictCase<ReachVerdict, ReachFacts>

  private static let server = PortFacts.Elsewhere(
    label: Array("web".utf8), place: "12", local: Endpoint(address: IPAddress(ipv4: 0), port: 8080), transport: .tcp,
    process: nil)

  static let cases: [Case] = [
    Case("nothing", .notListening, facts([])),
    Case("bound only", .notListening, facts([Row(state: .boundInactive)])),
    Case("at loopback", .loopbackOnly, facts([Row(address: here)])),
    Case("at loopback, asked there", .reachable, facts([Row(address: here)], at: here)),
    Case("at loopback, asked from anywhere", .loopbackOnly, facts([Row(address: here)], at: nil)),
    Case("everywhere, asked from anywhere", .reachable, facts([Row()], at: nil)),
    Case("another address", .otherAddress, facts([Row(address: IPAddress(ipv4: 0xC000_0208))])),
    Case("IPv6 only", .ipv6Only, facts([Row(address: IPAddress(ipv6: 0), isIPv6Only: true)])),
    Case("both families", .reachable, facts([Row(address: IPAddress(ipv6: 0))])),
    Case("IPv4 only", .ipv4Only, facts([Row()], at: IPAddress(ipv6: 0x2001_0DB8 << 96))),
    Case("elsewhere", .otherNamespace, facts([]) { $0.port.namespaces?.servers = [server] }),
    Case("elsewhere and here", .reachable, facts([Row()]) { $0.port.namespaces?.servers = [server] }),
    Case("a table is missing", .unknown, facts([]) { $0.port.snapshot.lookedAt = [:] }),
    Case("full", .acceptQueueFull, facts([queue(6), Row(state: .established, waiting: 200)])),
    Case("just not full", .reachable, facts([queue(5), Row(state: .established, waiting: 200)])),
    Case("one waits for long", .notAccepting, facts([queue(1), Row(state: .established, waiting: 1000)])),
    Case("one has just come", .reachable, facts([queue(1), Row(state: .established, waiting: 999)])),
    Case("stopped", .processStopped, facts([queue(6)]) { $0.port.processes = [7: process(UInt8(ascii: "T"))] }),
    Case("busy", .reachable, facts([Row()]) { $0.port.processes = [7: process(UInt8(ascii: "R"))] }),
    Case("a rule drops", .firewall, facts([Row()]) { $0.port.forwarding = rule(.drop) }),
    Case("a rule rejects", .firewall, facts([Row()]) { $0.port.forwarding = rule(.reject) }),
    Case("a rule drops some", .reachable, facts([Row()]) { $0.port.forwarding = rule(.drop, certain: false) }),
    Case("a rule translates", .translated, facts([]) { $0.port.forwarding = rule(.redirect(80)) }),
    Case(
      "a rule translates some", .reachable, facts([Row()]) { $0.port.forwarding = rule(.redirect(80), certain: false) }),
    Case("rules may not be read", .unknown, facts([Row()]) { $0.port.forwarding = .unreadable }),
    Case("rules may not be read, and nothing listens", .notListening, facts([]) { $0.port.forwarding = .unreadable }),
    Case(
      "docker-proxy", .publishedByDocker,
      facts([Row()]) {
        $0.port.processes?[7]?.forwarding = PortForwarding(
          host: Endpoint(address: IPAddress(ipv4: 0), port: 8080), container: nil, isUDP: false)
      }),
    Case(
      "inherited", .inheritedListener,
      facts([Row()]) {
        $0.port.processes?[7]?.waitsElsewhere = true
        $0.port.processes?[7]?.ancestors = [.init(pid: 1, name: [])]
        $0.port.snapshot.descriptorFlags = [0o2]
      }),
    Case(
      "a client asks", .synUnanswered,
      facts([]) {
        $0.port.isOwnAddress = .some(false)
        $0.clients = client(.synSent)
      }),
    Case(
      "a client is connected", .reachable,
      facts([]) {
        $0.port.isOwnAddress = .some(false)
        $0.clients = client(.established)
      }),
    Case("another machine, without a client", .unknown, facts([]) { $0.port.isOwnAddress = .some(false) }),
  ]

  @Test("each is found, and what nearly is it is not", arguments: cases)
  func verdict(_ example: Case) { #expect(ReachAnswer(example.facts).verdict == example.verdict) }

  @Test("every verdict has an example here")
  func allVerdicts() { #expect(Set(Self.cases.map(\.verdict)) == Set(ReachVerdict.allCases)) }

  @Test("the oldest that waits is named with its age, and the drops of the listener")
  func queue() {
    let answer = ReachAnswer(
      Self.facts([
        Row {
          $0.receiveQueue = 6
          $0.drops = 12
          $0.known.insert(.drops)
        }, Row(state: .established, waiting: 3516), Row(state: .established, waiting: 20),
      ]))
    #expect(answer.reasons.contains(.queue(waiting: 6, limit: 5, oldest: 3516)))
    #expect(answer.reasons.contains(.drops(12)))
  }

  @Test("what may not be read is said, also where it does not decide")
  func doubts() {
    #expect(ReachAnswer(Self.facts([]) { $0.port.forwarding = .unreadable }).doubts == [.forwarding])
    #expect(ReachAnswer(Self.facts([Row()])).doubts == [])
  }
}
