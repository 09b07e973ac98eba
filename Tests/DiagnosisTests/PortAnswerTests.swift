import SocketModel
import TestSupport
import Testing

@testable import Diagnosis

/// Facts that are made here: each verdict, and what nearly is it. Nothing is read.
@Suite("The verdict on a port", .timeLimited)
struct PortAnswerTests {
  private static let here = IPAddress(ipv4: 0x7F00_0001)

  /// A socket with port 8080 of process 7, unless it says otherwise.
  private struct Row {
    var state = SocketState.listen
    var transport = Transport.tcp
    var address: IPAddress? = PortAnswerTests.here
    var port: UInt16 = 8080
    var peer: (address: IPAddress, port: UInt16)?
    var owners: [Owner] = [Owner(pid: 7, descriptor: 3, processIndex: 0)]
    var isIPv6Only = false
    var flags: UInt32 = 0o2
    var change: (inout SocketRecord) -> Void = { _ in }
  }

  private static func snapshot(_ rows: [Row], sees: Bool = true) -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    snapshot.meta.kernelRelease = "6.18.0"
    snapshot.lookedAt = [.tcp: [.ipv4, .ipv6], .udp: [.ipv4, .ipv6]]
    snapshot.processes = [
      ProcessInfo(pid: 7, name: Array("server".utf8)), ProcessInfo(pid: 1, name: Array("systemd".utf8)),
    ]
    for row in rows {
      let address = row.address ?? IPAddress(ipv6: 0)
      var record = SocketRecord(transport: row.transport, family: address.isIPv4 ? .ipv4 : .ipv6, state: row.state)
      record.localBits = address.bits
      record.localPort = row.port
      record.inode = row.state == .timeWait ? 0 : 4711
      record.known = [.inode, .ipv6Only, .timer, .uid]
      if row.isIPv6Only { record.flags.insert(.ipv6Only) }
      if let peer = row.peer {
        record.remoteBits = peer.address.bits
        record.remotePort = peer.port
      }
      row.change(&record)
      snapshot.records.append(record)
      snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
      snapshot.owners += row.owners
      snapshot.descriptorFlags += row.owners.map { _ in row.flags }
    }
    snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
    if !sees {
      snapshot.problems = [
        Problem(subject: .descriptors, cause: .forbidden(.processes(count: 1, of: 2, hidesOthers: false)))
      ]
    }
    return snapshot
  }

  /// Facts in which everything was looked at and nothing more was found.
  private static func facts(
    _ rows: [Row], at address: IPAddress? = nil, sees: Bool = true, _ change: (inout PortFacts) -> Void = { _ in }
  ) -> PortFacts {
    var facts = PortFacts(PortQuestion(port: 8080, address: address), snapshot(rows, sees: sees))
    var settings = SystemSettings()
    settings.numbers = [.ephemeralPorts: [32768, 60999], .firstUnprivilegedPort: [1024]]
    settings.reservedPorts = []
    facts.settings = settings
    facts.processes = [7: process()]
    facts.rowsToListeners = []
    facts.boundRows = [:]
    facts.isOwnAddress = .some(true)
    facts.namespaces = PortFacts.Namespaces()
    facts.forwarding = .absent
    facts.proxies = []
    facts.bind = [:]
    facts.socketUnits = []
    change(&facts)
    return facts
  }

  private static func process(_ change: (inout ProcessDetail) -> Void = { _ in }) -> ProcessDetail {
    var process = ProcessDetail(pid: 7, name: Array("server".utf8))
    process.ancestors = [.init(pid: 5, name: Array("bash".utf8)), .init(pid: 1, name: Array("init".utf8))]
    process.waitsElsewhere = false
    change(&process)
    return process
  }

  private static let far = IPAddress(ipv4: 0x0A00_0005)

  typealias Case = VerdictCase<WhyVerdict, PortFacts>

  static let servers: [Case] = [
    Case("a listener", .listener, facts([Row()])),
    Case("a listener of a process that is not seen", .listener, facts([Row(owners: [])], sees: false)),
    Case("open in no process", .hiddenOwner, facts([Row(owners: [])])),
    Case("owners were not looked for", .listener, facts([Row(owners: [])]) { $0.snapshot.ownerStarts = [] }),
    Case("the kernel's", .kernelSocket, facts([Row(state: .unconnected, transport: .udp, owners: [.kernel(nil)])])),
    Case(
      "an io_uring's", .hiddenOwner, facts([Row(owners: [Owner(pid: 7, ring: 4, slot: 0, processIndex: 0)])])),
    Case("two at one address", .sharedReusePort, facts([Row(), Row()])),
    Case("two at different addresses", .listener, facts([Row(), Row(address: IPAddress(ipv4: 0x7F00_0002))])),
    Case(
      "two UDP sockets at one address", .listener,
      facts([Row(state: .unconnected, transport: .udp), Row(state: .unconnected, transport: .udp)])),
    Case("an IPv4 address, dual-stack server", .listenerOtherFamily, facts([Row(address: nil)], at: here)),
    Case("an IPv4 address, IPv6 only", .free, facts([Row(address: nil, isIPv6Only: true)], at: here)),
    Case("any address, IPv6 only", .listener, facts([Row(address: nil, isIPv6Only: true)])),
    Case(
      "another address", .free, facts([Row(address: IPAddress(ipv4: 0x7F00_0002))], at: here)),
    Case("another port at this end", .free, facts([Row(port: 8081, peer: (here, 8080))])),
    Case("a client and the server", .listener, facts([Row(state: .established, peer: (far, 40000)), Row()])),
    Case("a handshake only", .free, facts([Row(state: .synRecv, peer: (far, 40000))])),
  ]

  private static func inherited(_ change: (inout ProcessDetail) -> Void = { _ in }, flags: UInt32 = 0o2) -> PortFacts {
    facts([Row(flags: flags)]) {
      $0.processes = [
        7: process {
          $0.ancestors = [.init(pid: 1, name: Array("init".utf8))]
          $0.waitsElsewhere = true
          change(&$0)
        }
      ]
    }
  }

  static let inheritance: [Case] = [
    Case("an orphan that only sleeps", .inheritedListener, inherited()),
    Case(
      "an orphan of a user's systemd", .inheritedListener,
      inherited { $0.ancestors = [.init(pid: 900, name: Array("systemd".utf8))] }),
    Case("its parent lives", .listener, inherited { $0.ancestors = [.init(pid: 5, name: Array("bash".utf8))] }),
    Case("it waits for clients", .listener, inherited { $0.waitsElsewhere = false }),
    Case("it is not known what it waits for", .listener, inherited { $0.waitsElsewhere = nil }),
    Case("its descriptor is closed by exec", .listener, inherited(flags: 0o2_000_002)),
    Case("its flags are not known", .listener, inherited(flags: Snapshot.unknownFlags)),
    Case("systemd passed it", .listener, inherited { $0.passedSockets = [] }),
  ]

  static let others: [Case] = [
    Case("bound and idle", .boundIdle, facts([Row(state: .boundInactive)])),
    Case("bound and idle beside a listener", .listener, facts([Row(state: .boundInactive), Row(state: .listen)])),
    Case("accepted by a server", .leftoverConnections, facts([Row(state: .established, peer: (far, 40000))])),
    Case("half closed", .leftoverConnections, facts([Row(state: .closeWait, peer: (far, 40000))])),
    Case(
      "to a server elsewhere", .leftoverConnections,
      facts([Row(state: .established, peer: (far, 40000)), Row(state: .timeWait, peer: (far, 40001), owners: [])])),
    Case(
      "to a server here", .outgoingConnection,
      facts([Row(state: .established, peer: (here, 5432))]) { $0.rowsToListeners = [0] }),
    Case(
      "asked for by bind()", .outgoingConnection,
      facts([Row(state: .established, peer: (far, 443))]) { $0.boundRows = [0: true] }),
    Case("not yet answered", .outgoingConnection, facts([Row(state: .synSent, peer: (far, 443))])),
    Case(
      "datagrams to one peer", .outgoingConnection, facts([Row(state: .connected, transport: .udp, peer: (far, 53))])),
    Case("what is left", .timeWait, facts([Row(state: .timeWait, peer: (far, 40000), owners: [])])),
    Case(
      "in the range, to a well known port", .outgoingConnection,
      facts([Row(state: .established, peer: (far, 443))]) { $0.settings?.numbers[.ephemeralPorts] = [8000, 8999] }),
    Case(
      "in the range, from many", .leftoverConnections,
      facts([Row(state: .established, peer: (far, 8100)), Row(state: .established, peer: (far, 8101))]) {
        $0.settings?.numbers[.ephemeralPorts] = [8000, 8999]
      }),
  ]

  private static let elsewhere = PortFacts.Elsewhere(
    label: Array("web".utf8), place: "12", local: Endpoint(address: IPAddress(ipv4: 0), port: 8080), transport: .tcp,
    process: nil)

  private static func redirect(_ action: FilterRule.Action) -> ForwardingRules {
    .read([FilterRule(action, table: Array("nat".utf8), chain: Array("pre".utf8), family: "ip")])
  }

  static let nothing: [Case] = [
    Case("nothing", .free, facts([])),
    Case("in the range", .freeButEphemeral, facts([]) { $0.settings?.numbers[.ephemeralPorts] = [8080, 8080] }),
    Case(
      "in the range, reserved", .free,
      facts([]) {
        $0.settings?.numbers[.ephemeralPorts] = [8080, 8080]
        $0.settings?.reservedPorts = [8000...8100]
      }),
    Case("the range is not known", .free, facts([]) { $0.settings = SystemSettings() }),
    Case(
      "a low port", .notPermitted,
      facts([]) {
        $0.mayBindAnyPort = false
        $0.settings?.numbers[.firstUnprivilegedPort] = [8081]
      }),
    Case(
      "a port that is just high enough", .free,
      facts([]) {
        $0.mayBindAnyPort = false
        $0.settings?.numbers[.firstUnprivilegedPort] = [8080]
      }),
    Case("another machine's address", .noSuchAddress, facts([], at: far) { $0.isOwnAddress = .some(false) }),
    Case("an address of which that is not known", .free, facts([], at: far) { $0.isOwnAddress = .some(nil) }),
    Case("elsewhere", .otherNamespace, facts([]) { $0.namespaces?.servers = [elsewhere] }),
    Case("elsewhere and here", .listener, facts([Row()]) { $0.namespaces?.servers = [elsewhere] }),
    Case("a rule redirects it", .dnatOnly, facts([]) { $0.forwarding = redirect(.redirect(80)) }),
    Case("a rule drops it", .free, facts([]) { $0.forwarding = redirect(.drop) }),
    Case("rules that may not be read", .free, facts([]) { $0.forwarding = .unreadable }),
    Case("a table is missing", .unknown, facts([]) { $0.snapshot.lookedAt[.tcp] = nil }),
    Case("idle sockets are not in the tables", .unknown, facts([]) { $0.snapshot.fromTables = [.tcp] }),
    Case(
      "idle sockets are not in the tables, and UDP is asked about", .free,
      facts([]) {
        $0.snapshot.fromTables = [.tcp]
        $0.question.transports = [.udp]
      }),
    Case("an old kernel's dump", .unknown, facts([]) { $0.snapshot.meta.kernelRelease = "6.7.12" }),
  ]

  static let services: [Case] = [
    Case(
      "systemd alone has it", .socketUnit,
      facts([Row(owners: [Owner(pid: 1, descriptor: 40, processIndex: 1)])]) {
        $0.processes = [1: ProcessDetail(pid: 1, name: Array("systemd".utf8))]
        $0.socketUnits = [Array("ssh.socket".utf8)]
      }),
    Case(
      "systemd and the service have it", .listener,
      facts([
        Row(owners: [Owner(pid: 1, descriptor: 40, processIndex: 1), Owner(pid: 7, descriptor: 3, processIndex: 0)])
      ]) {
        $0.processes?[1] = ProcessDetail(pid: 1, name: Array("systemd".utf8))
      }),
    Case("docker-proxy", .publishedByDocker, facts([Row()]) { $0.processes = [7: proxy(8080)] }),
    Case("docker-proxy for another port", .listener, facts([Row()]) { $0.processes = [7: proxy(80)] }),
    Case(
      "docker-proxy whose descriptors are not seen", .publishedByDocker,
      facts([Row(owners: [])], sees: false) { $0.proxies = [proxy(8080)] }),
  ]

  private static func proxy(_ port: UInt16) -> ProcessDetail {
    process {
      $0.forwarding = PortForwarding(
        host: Endpoint(address: IPAddress(ipv4: 0), port: port),
        container: Endpoint(address: IPAddress(ipv4: 0xAC11_0002), port: 80), isUDP: false)
    }
  }

  @Test("each is found, and what nearly is it is not", arguments: servers + inheritance + others + nothing + services)
  func verdict(_ example: Case) {
    let answer = PortAnswer(example.facts)
    #expect(answer.verdict == example.verdict, "\(example.name)")
    #expect(answer.missing.isEmpty, "everything was looked at: \(answer.missing)")
  }

  @Test("every verdict has an example here")
  func allVerdicts() {
    let all = Self.servers + Self.inheritance + Self.others + Self.nothing + Self.services
    #expect(Set(all.map(\.verdict)) == Set(WhyVerdict.allCases))
  }

  @Test("only what can change the answer is looked at")
  func missing() {
    func missing(_ rows: [Row], at address: IPAddress? = nil, sees: Bool = true) -> Set<PortAnswer.Look> {
      PortAnswer(PortFacts(PortQuestion(port: 8080, address: address), Self.snapshot(rows, sees: sees))).missing
    }
    #expect(missing([Row()]) == [.processes])
    #expect(missing([Row(owners: [])], sees: false) == [.proxies])
    #expect(missing([Row(state: .boundInactive)]) == [.processes, .bind])
    #expect(missing([Row(state: .timeWait, owners: [])]) == [.bind])
    let connection = Row(state: .established, peer: (Self.far, 443))
    #expect(missing([connection]) == [.processes, .settings, .peers, .bound, .bind])
    #expect(missing([]) == [.settings, .namespaces, .forwarding])
    #expect(missing([], at: Self.far) == [.settings, .namespaces, .forwarding, .addresses])
  }

  @Test("what is not seen is a doubt, and decides only where the answer would be another")
  func doubts() {
    #expect(PortAnswer(Self.facts([Row(owners: [])], sees: false)).doubts == [.owners])
    #expect(PortAnswer(Self.facts([Row()], sees: false)).doubts == [])
    #expect(PortAnswer(Self.facts([]) { $0.forwarding = .unreadable }).doubts == [.forwarding])
    #expect(PortAnswer(Self.facts([]) { $0.namespaces?.areIncomplete = true }).doubts == [.namespaces])
    #expect(PortAnswer(Self.facts([]) { $0.settings = SystemSettings() }).doubts == [.settings])
  }

  @Test("what can be done names the unit, the container or the process, and who may do it")
  func actions() {
    func actions(_ facts: PortFacts, user: UInt32 = 0) -> [WhyAction] { PortAnswer(facts).actions(user: user) }
    func workload(_ kind: Workload.Kind, _ name: String, unit: String? = nil, container: String? = nil) -> PortFacts {
      Self.facts([Row()]) {
        $0.processes?[7]?.workload = Workload(
          kind, name: Array(name.utf8), unit: unit.map { Array($0.utf8) }, container: container.map { Array($0.utf8) })
      }
    }
    #expect(actions(Self.facts([Row()])) == [.end([7])])
    #expect(
      actions(workload(.unit, "nginx.service", unit: "nginx.service")) == [.stopUnits([Array("nginx.service".utf8)])])
    #expect(actions(workload(.unit, "session-3.scope", unit: "session-3.scope")) == [.end([7])])
    #expect(
      actions(workload(.docker, "web", unit: "docker-1.scope", container: "web"))
        == [.stopContainer(runtime: "docker", name: Array("web".utf8))])
    #expect(
      actions(workload(.user, "1000/app.slice/sync.service")) == [.stopUserUnit(Array("sync.service".utf8))])
    #expect(actions(Self.facts([Row(owners: [])], sees: false), user: 5) == [.askAsRoot])
    #expect(actions(Self.facts([Row(owners: [])], sees: false)) == [])
    let ephemeral = Self.facts([]) {
      $0.settings?.numbers[.ephemeralPorts] = [8000, 9000]
      $0.settings?.reservedPorts = [8500...8510]
    }
    #expect(actions(ephemeral) == [.reserve(list: "8080,8500-8510")])
  }
}
