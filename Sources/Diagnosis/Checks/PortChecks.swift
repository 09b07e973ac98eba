import SocketModel

// MARK: ephemeral-ports, server-ports, exposure

extension Examination {
  /// The ports that the kernel chooses from, in three budgets: of connections to one end from one
  /// address (`__inet_hash_connect`), of bind(0) at one address (`inet_csk_find_open_port`), and of
  /// UDP (`udp_lib_get_port`).
  func checkEphemeralPorts(into report: inout DoctorReport) {
    guard let range = now.settings.ephemeralPorts, let reserved = now.settings.reservedPorts else {
      report.skip(.ephemeralPorts, .settings([.ephemeralPorts, .reservedPorts]))
      return
    }
    PortBudgets(self, range: range, reserved: reserved).report(into: &report)
  }

  /// Servers at a port that a connection may get while they are restarted. One whose port the kernel
  /// chose is at another the next time anyway.
  func checkServerPorts(into report: inout DoctorReport) {
    guard let range = now.settings.ephemeralPorts, let reserved = now.settings.reservedPorts else {
      report.skip(.serverPorts, .settings([.ephemeralPorts, .reservedPorts]))
      return
    }
    var seen: Set<UInt16> = []
    for row in groups.listeners {
      let record = snapshot.records[Int(row)]
      guard record.transport == .tcp, isOfOwnNamespace(record), range.contains(record.localPort),
        !reserved.contains(where: { $0.contains(record.localPort) }), !record.flags.contains(.isAutobound),
        seen.insert(record.localPort).inserted
      else { continue }
      // Only the running kernel says whether it chose the port, and only by sock_diag.
      let isKnown = now.isLive && record.knownCookie != 0
      report.findings.append(
        Finding(
          isKnown ? .serverPort : .serverPortUnknown, .note, .socket(row: Int(row)),
          holder: snapshot.holder(at: Int(row)), rows: [row], listing: listing(record),
          [Evidence(.firstPort, UInt64(range.lowerBound)), Evidence(.lastPort, UInt64(range.upperBound))]))
    }
  }

  /// Services that everybody who reaches the machine could use.
  func checkExposure(into report: inout DoctorReport) {
    for row in groups.listeners {
      let record = snapshot.records[Int(row)]
      guard record.localBits == 0, let service = ExposedService.at(record.localPort) else { continue }
      report.findings.append(
        Finding(
          service.isControl ? .exposedControl : .exposedDatabase, service.isControl ? .warning : .note,
          .socket(row: Int(row)), holder: snapshot.holder(at: Int(row)), rows: [row], listing: listing(record), []))
    }
  }
}

/// Services that are meant for one machine or network, by the port that they have by
/// default.
package struct ExposedService: Sendable {
  package let port: UInt16
  /// What is usually there.
  package let name: String
  /// Whether it asks for no password by default: everybody who reaches it controls it.
  package let isControl: Bool

  private static let all: [ExposedService] = [
    .init(port: 2375, name: "docker", isControl: true), .init(port: 2379, name: "etcd", isControl: true),
    .init(port: 4243, name: "docker", isControl: true), .init(port: 5005, name: "jdwp", isControl: true),
    .init(port: 5678, name: "debugpy", isControl: true), .init(port: 6379, name: "redis", isControl: true),
    .init(port: 9200, name: "elasticsearch", isControl: true),
    .init(port: 9229, name: "node --inspect", isControl: true),
    .init(port: 10255, name: "kubelet", isControl: true), .init(port: 11211, name: "memcached", isControl: true),
    .init(port: 1433, name: "mssql", isControl: false), .init(port: 1521, name: "oracle", isControl: false),
    .init(port: 3306, name: "mysql", isControl: false), .init(port: 5432, name: "postgresql", isControl: false),
    .init(port: 5984, name: "couchdb", isControl: false), .init(port: 9042, name: "cassandra", isControl: false),
    .init(port: 27017, name: "mongodb", isControl: false),
  ]

  /// The service at a port; `nil` for any other port.
  package static func at(_ port: UInt16) -> ExposedService? { all.first { $0.port == port } }
}

/// The use of the local ports that the kernel chooses from.
private struct PortBudgets {
  private let examination: Examination
  private let range: ClosedRange<UInt16>
  private let reserved: [ClosedRange<UInt16>]
  private let threshold: UInt64
  private let isReserved: PortSet
  private let available: Int

  init(_ examination: Examination, range: ClosedRange<UInt16>, reserved: [ClosedRange<UInt16>]) {
    self.examination = examination
    self.range = range
    self.reserved = reserved
    threshold = examination.thresholds[.ephemeralPorts]
    var ports = PortSet()
    var count = 0
    for part in reserved {
      for port in part.clamped(to: range) where range.contains(port) && part.contains(port) {
        if ports.insert(port) { count += 1 }
      }
    }
    isReserved = ports
    available = range.count - count
  }

  /// Connections from one address to one end.
  private struct Route: Hashable {
    let namespace: UInt32
    let local: UInt128
    let remote: UInt128
    let port: UInt16
  }

  /// An address of a namespace.
  private struct Place: Hashable {
    let namespace: UInt32
    let bits: UInt128
  }

  private struct Use {
    var ports = 0
    var timeWait = 0
    var reusable = 0
    /// The first row of each use, by which it is shown.
    var row: UInt32
    /// The ports so far, where a port can have several sockets: no two connections have the same
    /// ends.
    var seen: PortSet?
  }

  /// Whether a port is one that the kernel chooses.
  private func isChosen(_ port: UInt16) -> Bool { range.contains(port) && !isReserved.contains(port) }

  func report(into report: inout DoctorReport) {
    let records = examination.snapshot.records
    // What can be exhausted at most: a first look that costs nothing.
    var (tcp, udp) = (0, 0)
    for row in records.indices where isChosen(records[row].localPort) {
      switch records[row].transport {
      case .tcp: tcp += 1
      case .udp: udp += 1
      default: break
      }
    }
    if isNearly(tcp, of: available) { reportTCP(into: &report) }
    if isNearly(udp, of: available) { reportUDP(into: &report) }
  }

  private func isNearly(_ used: Int, of available: Int) -> Bool {
    used > 0 && Examination.percent(UInt64(used), of: UInt64(max(0, available))) >= threshold
  }

  // MARK: TCP

  private func reportTCP(into report: inout DoctorReport) {
    let snapshot = examination.snapshot
    var bound: [UInt32: PortSet] = [:]
    // A port that a bind() asked for is of no use to connect(), whatever its address.
    for row in snapshot.records.indices {
      let record = snapshot.records[row]
      guard record.transport == .tcp, record.state == .listen || record.state == .boundInactive,
        isChosen(record.localPort)
      else { continue }
      bound[record.namespaceNumber, default: PortSet()].insert(record.localPort)
    }
    var routes: [Route: Use] = [:]
    var places: [Place: Use] = [:]
    for row in snapshot.records.indices {
      let record = snapshot.records[row]
      guard record.transport == .tcp, isChosen(record.localPort), examination.isOfOwnNamespace(record) else { continue }
      let index = UInt32(truncatingIfNeeded: row)
      let namespace = record.namespaceNumber
      let place = Place(namespace: namespace, bits: record.localBits == 0 ? 0 : record.plainBits)
      note(record, index, in: &places[place, default: Use(row: index, seen: PortSet())])
      guard record.hasBothEnds, !(bound[namespace]?.contains(record.localPort) ?? false) else { continue }
      let remote = record.family == .ipv4 ? 0xFFFF << 32 | record.remoteBits : record.remoteBits
      let route = Route(namespace: namespace, local: record.plainBits, remote: remote, port: record.remotePort)
      note(record, index, in: &routes[route, default: Use(row: index)])
    }
    for (route, use) in routes.sorted(by: { $0.value.row < $1.value.row }) {
      let held = bound[route.namespace]?.count ?? 0
      report.findings += finding(use, available: available - held, held: held)
    }
    for (place, use) in places.sorted(by: { $0.value.row < $1.value.row }) {
      // A socket that takes every address is in the way of all.
      let everywhere = place.bits == 0 ? 0 : places[Place(namespace: place.namespace, bits: 0)]?.ports ?? 0
      guard isNearly(use.ports + everywhere, of: available) else { continue }
      let record = snapshot.records[Int(use.row)]
      let address = record.local?.address ?? IPAddress(ipv4: 0)
      report.findings.append(
        Finding(
          .bindPorts, severity(use.ports + everywhere, of: available), .ports(.tcp, local: address, to: nil),
          rows: [use.row], listing: "--tcp --local \(address) --count-by state",
          evidence(use.ports + everywhere, available: available, held: 0) + [
            use.timeWait > 0 ? Evidence(.timeWaitPorts, UInt64(use.timeWait)) : nil
          ]))
    }
  }

  private func note(_ record: SocketRecord, _ row: UInt32, in use: inout Use) {
    if let isNew = use.seen?.insert(record.localPort), !isNew { return }
    use.ports += 1
    guard record.state == .timeWait else { return }
    use.timeWait += 1
    // `tcp_twsk_unique`: 1 for all connections with timestamps, 2 over loopback.
    let reuse = examination.now.settings[.timeWaitReuse]
    if reuse == 1 || reuse == 2 && record.isLoopback { use.reusable += 1 }
  }

  private func finding(_ use: Use, available: Int, held: Int) -> [Finding] {
    // A TIME_WAIT that may be used again is not in the way.
    let used = use.ports - use.reusable
    guard isNearly(used, of: available) else { return [] }
    let snapshot = examination.snapshot
    let record = snapshot.records[Int(use.row)]
    guard let local = record.local, let remote = record.remote else { return [] }
    return [
      Finding(
        .connectPorts, severity(used, of: available), .ports(.tcp, local: local.address, to: remote),
        holder: snapshot.holder(at: Int(use.row)), rows: [use.row],
        listing: "--tcp --remote \(remote.address) --remote-port \(remote.port) --count-by state,process",
        evidence(used, available: available, held: held) + [
          use.timeWait > 0 ? Evidence(.timeWaitPorts, UInt64(use.timeWait)) : nil,
          use.reusable > 0 ? Evidence(.reusablePorts, UInt64(use.reusable)) : nil,
        ])
    ]
  }

  // MARK: UDP

  private func reportUDP(into report: inout DoctorReport) {
    let snapshot = examination.snapshot
    var places: [Place: Use] = [:]
    for row in examination.groups.datagrams {
      let record = snapshot.records[Int(row)]
      guard record.transport == .udp, isChosen(record.localPort), examination.isOfOwnNamespace(record) else { continue }
      let bits = record.localBits == 0 ? 0 : record.plainBits
      note(
        record, row,
        in: &places[Place(namespace: record.namespaceNumber, bits: bits), default: Use(row: row, seen: PortSet())])
    }
    for (place, use) in places.sorted(by: { $0.value.row < $1.value.row }) {
      let everywhere = place.bits == 0 ? 0 : places[Place(namespace: place.namespace, bits: 0)]?.ports ?? 0
      guard isNearly(use.ports + everywhere, of: available) else { continue }
      let address = snapshot.records[Int(use.row)].local?.address ?? IPAddress(ipv4: 0)
      let rows = examination.groups.datagrams.filter { snapshot.records[Int($0)].localBits == address.bits }
      let most = examination.byProcess(rows).first
      report.findings.append(
        Finding(
          .udpPorts, severity(use.ports + everywhere, of: available), .ports(.udp, local: address, to: nil),
          holder: most.flatMap { examination.subject(of: $0).holder }, rows: [use.row],
          listing: "--udp --local \(address) --count-by process",
          evidence(use.ports + everywhere, available: available, held: 0)))
    }
  }

  // MARK: Both

  private func severity(_ used: Int, of available: Int) -> Severity { used >= available ? .error : .warning }

  private func evidence(_ used: Int, available: Int, held: Int) -> [Evidence?] {
    [
      Evidence(.used, UInt64(used)), Evidence(.usable, UInt64(max(0, available))),
      Evidence(.share, Examination.percent(UInt64(used), of: UInt64(max(0, available)))),
      Evidence(.thresholdPercent, threshold), Evidence(.firstPort, UInt64(range.lowerBound)),
      Evidence(.lastPort, UInt64(range.upperBound)),
      reserved.isEmpty ? nil : Evidence(.reserved, UInt64(range.count - self.available)),
      held > 0 ? Evidence(.bound, UInt64(held)) : nil,
    ]
  }
}

/// A set of ports: one bit each, made when the first is entered.
struct PortSet: Sendable {
  private var words: [UInt64] = []
  private(set) var count = 0

  func contains(_ port: UInt16) -> Bool {
    !words.isEmpty && words[Int(port >> 6)] & 1 << UInt64(port & 63) != 0
  }

  /// Enters a port; returns whether it was not there.
  @discardableResult
  mutating func insert(_ port: UInt16) -> Bool {
    if words.isEmpty { words = Array(repeating: 0, count: 1024) }
    guard !contains(port) else { return false }
    words[Int(port >> 6)] |= 1 << UInt64(port & 63)
    count += 1
    return true
  }
}
