import SocketModel

/// What follows from the facts, step by step.
struct PortInference {
  let facts: PortFacts
  var verdict = WhyVerdict.unknown
  var primary: Int?
  var rows: [Int] = []
  var reasons: [PortAnswer.Reason] = []
  var doubts: Set<PortAnswer.Doubt> = []
  var missing: Set<PortAnswer.Look> = []

  private var snapshot: Snapshot { facts.snapshot }
  private var port: UInt16 { facts.question.port }

  init(_ facts: PortFacts) { self.facts = facts }

  /// Whether owners were looked for, and in all processes.
  private var seesAllProcesses: Bool { snapshot.hasOwners && snapshot.sawAllProcesses }

  private func record(_ row: Int) -> SocketRecord { facts.snapshot.records[row] }

  mutating func read() {
    let wanted = Endpoint(address: facts.question.address ?? IPAddress(ipv6: 0), port: port)
    rows = PortHolders(snapshot, of: wanted, takesIPv4: true).rows.filter {
      facts.question.transports.contains(record($0).transport) && record($0).state != .unhashed
    }
    let servers = rows.filter { record($0).isServer }
    let connections = rows.filter { record($0).isOpenConnection }
    if !servers.isEmpty {
      readServers(servers)
    } else if let idle = rows.first(where: { record($0).state == .boundInactive }) {
      take(.boundIdle, idle)
      noteOwners(idle)
    } else if !connections.isEmpty {
      readConnections(connections)
    } else if !rows.isEmpty {
      take(.timeWait, rows[0])
      let times = rows.filter { record($0).known.contains(.timer) }.map { record($0).timerMilliseconds }
      if let last = times.max() { reasons.append(.until(milliseconds: last)) }
    } else {
      readNothing()
    }
    switch verdict {
    case .boundIdle, .leftoverConnections, .timeWait, .outgoingConnection:
      if facts.bind == nil { missing.insert(.bind) }
    default: break
    }
    if primary != nil, facts.processes == nil, rows.contains(where: { !snapshot.owners(at: $0).isEmpty }) {
      missing.insert(.processes)
    }
  }

  private mutating func take(_ word: WhyVerdict, _ row: Int) {
    verdict = word
    primary = row
  }

  /// Notes when the owner of a row may be a process that could not be read.
  private mutating func noteOwners(_ row: Int) {
    guard snapshot.owners(at: row).isEmpty, record(row).canHaveOwner, !seesAllProcesses else { return }
    doubts.insert(.owners)
  }

  private func processes(of row: Int) -> [ProcessDetail] {
    var found: [ProcessDetail] = []
    for owner in snapshot.owners(at: row) {
      guard let pid = owner.pid, !found.contains(where: { $0.pid == pid }) else { continue }
      found.append(facts.processes?[pid] ?? ProcessDetail(pid: pid, name: snapshot.name(of: owner)))
    }
    return found
  }

  // MARK: Servers

  private mutating func readServers(_ servers: [Int]) {
    // TCP before UDP; those that somebody is seen to have before the others.
    let ranked = servers.sorted { rank($0) < rank($1) }
    let first = ranked[0]
    take(.listener, first)
    let owners = snapshot.owners(at: first)
    if owners.isEmpty {
      if seesAllProcesses, record(first).canHaveOwner {
        verdict = .hiddenOwner
        reasons.append(.hidden(snapshot.ownerReason(at: first)))
        return
      }
      noteOwners(first)
    } else if owners.contains(where: \.isKernel) {
      verdict = .kernelSocket
      return
    } else if let reason = snapshot.ownerReason(at: first), reason == .ioUring || reason == .inFlight {
      verdict = .hiddenOwner
      reasons.append(.hidden(reason))
      return
    }
    var processes = processes(of: first)
    if owners.isEmpty {
      if facts.proxies == nil { missing.insert(.proxies) }
      processes = (facts.proxies ?? []).filter { proxy in
        proxy.forwarding.map { $0.isUDP == (record(first).transport == .udp) } ?? false
      }
    }
    if let proxy = processes.first(where: { $0.forwarding?.host.port == port }), let forwarding = proxy.forwarding {
      verdict = .publishedByDocker
      reasons.append(.forwards(forwarding))
      return
    }
    guard !owners.isEmpty else {
      if !readSharing(ranked) { readFamilies(ranked) }
      return
    }
    if !processes.isEmpty, processes.allSatisfy({ $0.pid == 1 && $0.name == Array("systemd".utf8) }) {
      verdict = .socketUnit
      noteSocketUnits()
      return
    }
    if processes.contains(where: { $0.passedSockets != nil }) { noteSocketUnits() }
    if readInheritance(first, processes) { return }
    if readSharing(ranked) { return }
    readFamilies(ranked)
  }

  private func rank(_ row: Int) -> (Int, Int, Int) {
    (
      record(row).transport == .tcp || record(row).transport == .mptcp ? 0 : 1,
      snapshot.owners(at: row).isEmpty ? 1 : 0, row
    )
  }

  private mutating func noteSocketUnits() {
    guard let units = facts.socketUnits else {
      missing.insert(.socketUnits)
      return
    }
    for unit in units { reasons.append(.socketUnit(unit)) }
  }

  /// Whether only processes have the listener that got it from a server that ended.
  private mutating func readInheritance(_ row: Int, _ processes: [ProcessDetail]) -> Bool {
    guard facts.processes != nil, !processes.isEmpty else { return false }
    var heirs: [Int32] = []
    for process in processes where process.passedSockets == nil {
      guard closesOnExec(process.pid, row) == false, process.waitsElsewhere == true else { continue }
      // The one that it got the listener from has ended, or is such a process itself.
      let parent = process.ancestors.first?.pid
      if process.isOrphan || parent.map({ heirs.contains($0) }) ?? false { heirs.append(process.pid) }
    }
    if heirs.count == processes.count {
      verdict = .inheritedListener
      reasons += heirs.map { .inherited(pid: $0) }
      return true
    }
    for process in processes {
      // A child that runs another program than the server: the name tells them apart.
      guard closesOnExec(process.pid, row) == false, process.waitsElsewhere == true,
        let parent = processes.first(where: { other in process.ancestors.contains { $0.pid == other.pid } }),
        parent.name != process.name
      else { continue }
      reasons.append(.alsoInherited(pid: process.pid))
    }
    return false
  }

  /// Whether a process's descriptor of a socket is closed when it runs another program; `nil` when
  /// that is not known.
  private func closesOnExec(_ pid: Int32, _ row: Int) -> Bool? {
    for index in snapshot.ownerRange(at: row) where snapshot.owners[index].pid == pid {
      if let closes = snapshot.closesOnExec(owner: index) { return closes }
    }
    return nil
  }

  private mutating func readSharing(_ servers: [Int]) -> Bool {
    let first = record(servers[0])
    let alike = servers.filter { row in
      let other = record(row)
      return other.transport == first.transport && other.family == first.family && other.localBits == first.localBits
        && other.interface == first.interface
    }
    guard alike.count > 1 else { return false }
    // Two TCP sockets listen at one address only with SO_REUSEPORT; UDP shares with SO_REUSEADDR
    // too.
    if first.transport == .udp || first.transport == .udplite {
      reasons.append(.sharedDatagrams(alike.count))
      return false
    }
    verdict = .sharedReusePort
    return true
  }

  private mutating func readFamilies(_ servers: [Int]) {
    guard let address = facts.question.address else { return }
    let isIPv4 = address.embeddedIPv4 != nil
    guard servers.allSatisfy({ (record($0).local?.address.embeddedIPv4 != nil) != isIPv4 }) else { return }
    verdict = .listenerOtherFamily
    reasons.append(isIPv4 ? .takesBothFamilies : .isIPv4)
  }

  // MARK: Connections

  private mutating func readConnections(_ connections: [Int]) {
    // Datagram sockets with a peer were never accepted.
    let streams = connections.filter { record($0).transport.hasTCPStates }
    guard let first = streams.first else {
      take(.outgoingConnection, connections[0])
      noteOwners(connections[0])
      return
    }
    if let accepted = streams.first(where: { isOutgoing($0, among: streams) == false }) {
      take(.leftoverConnections, accepted)
    } else {
      take(.outgoingConnection, first)
    }
    guard let primary else { return }
    noteOwners(primary)
    reasons += origin(primary, among: streams).reasons
    if facts.settings == nil { missing.insert(.settings) }
    if facts.rowsToListeners == nil { missing.insert(.peers) }
  }

  private mutating func isOutgoing(_ row: Int, among rows: [Int]) -> Bool {
    let origin = origin(row, among: rows)
    if origin.needsBound, facts.boundRows == nil { missing.insert(.bound) }
    return origin.isOutgoing
  }

  /// Whether this end called `connect(2)`, and how that is known. The kernel does not say: the
  /// strongest sign decides.
  private func origin(
    _ row: Int, among rows: [Int]
  ) -> (isOutgoing: Bool, reasons: [PortAnswer.Reason], needsBound: Bool) {
    let record = record(row)
    if record.state == .synSent { return (true, ephemeralReason, false) }
    if facts.rowsToListeners?.contains(row) ?? false, let peer = record.remote {
      return (true, [.peerListens(peer)] + ephemeralReason, false)
    }
    let range = facts.settings?.ephemeralPorts
    let peers = Set(rows.map { self.record($0).ends.mirrored }).count
    switch (range?.contains(port), range?.contains(record.remotePort)) {
    case (false?, true?): return (false, ephemeralReason, false)
    case (true?, false?): return (true, ephemeralReason, false)
    default: break
    }
    if facts.boundRows?[row] == true { return (true, [.boundByProgram], true) }
    if peers > 1 { return (false, [.severalPeers(peers)], true) }
    return (range?.contains(port) ?? false, ephemeralReason, true)
  }

  private var ephemeralReason: [PortAnswer.Reason] {
    guard let range = facts.settings?.ephemeralPorts else { return [] }
    return [range.contains(port) ? .ephemeral(range) : .notEphemeral(range)]
  }

  // MARK: Nothing

  private mutating func readNothing() {
    if facts.settings == nil { missing.insert(.settings) }
    if facts.isOwnAddress == nil, facts.question.address != nil { missing.insert(.addresses) }
    if facts.namespaces == nil { missing.insert(.namespaces) }
    if facts.forwarding == nil { missing.insert(.forwarding) }
    noteNeighbours()
    if let known = facts.isOwnAddress, facts.question.address != nil {
      if known == false {
        verdict = .noSuchAddress
        return
      }
      if known == nil { doubts.insert(.addresses) }
    }
    noteGaps()
    if !doubts.isDisjoint(with: [.tables, .idleSockets]) {
      verdict = .unknown
      return
    }
    verdict = freeVerdict()
  }

  /// Sockets at the port that are not in the way of the address in question.
  private mutating func noteNeighbours() {
    guard let address = facts.question.address else { return }
    for row in snapshot.records.indices where record(row).isServer && record(row).localPort == port {
      guard facts.question.transports.contains(record(row).transport) else { continue }
      let isIPv6 = record(row).local?.address.embeddedIPv4 == nil
      reasons.append(isIPv6 && address.embeddedIPv4 != nil ? .serverTakesIPv6Only(row: row) : .otherAddress(row: row))
    }
  }

  private mutating func noteGaps() {
    let wanted = facts.question.transports.intersection([.tcp, .udp])
    if snapshot.mayLackSockets(of: facts.question.transports) { doubts.insert(.tables) }
    if wanted.contains(.tcp), snapshot.fromTables.contains(.tcp) || !snapshot.dumpsHaveIdleSockets {
      doubts.insert(.idleSockets)
    }
  }

  private mutating func freeVerdict() -> WhyVerdict {
    if let namespaces = facts.namespaces {
      for server in namespaces.servers { reasons.append(.elsewhere(server)) }
      if namespaces.areIncomplete { doubts.insert(.namespaces) }
    }
    let redirections = (facts.forwarding?.rules ?? []).filter {
      if case .translate = $0.action { true } else if case .redirect = $0.action { true } else { false }
    }
    for rule in redirections { reasons.append(.rule(rule)) }
    if facts.forwarding?.mayHideRules ?? false { doubts.insert(.forwarding) }
    if !facts.mayBindAnyPort {
      let first = facts.settings?[.firstUnprivilegedPort] ?? 1024
      if Int64(port) < first {
        reasons.append(.privileged(first: UInt16(clamping: first)))
        return .notPermitted
      }
    }
    if !redirections.isEmpty { return .dnatOnly }
    if !(facts.namespaces?.servers.isEmpty ?? true) { return .otherNamespace }
    guard let settings = facts.settings else { return .free }
    guard let range = settings.ephemeralPorts else {
      doubts.insert(.settings)
      return .free
    }
    let isReserved = settings.reservedPorts?.contains { $0.contains(port) } ?? false
    guard range.contains(port), !isReserved else { return .free }
    reasons.append(.ephemeral(range))
    return .freeButEphemeral
  }
}

extension SocketRecord {
  /// Whether it waits for clients: it listens, or takes datagrams from anybody.
  package var isServer: Bool { state == .listen || state == .unconnected && transport.hasPorts }

  /// Whether it is a connection that still has a socket.
  fileprivate var isOpenConnection: Bool {
    switch state {
    case .timeWait, .boundInactive, .listen, .unconnected, .synRecv, .unhashed: false
    default: !isRemainder
    }
  }
}

extension Owner {
  /// Whether it is the kernel itself.
  package var isKernel: Bool { if case .kernel = holder { true } else { false } }
}

extension Snapshot {
  /// Whether sockets of some transports may be missing: a table was not read, or not to its end. Of
  /// TCP and UDP every kernel has tables.
  func mayLackSockets(of transports: Set<Transport>) -> Bool {
    if transports.contains(where: { ($0 == .tcp || $0 == .udp) && lookedAt[$0] == nil }) { return true }
    return problems.contains { problem in
      if problem.costsOnlyOwners || problem.kind == .otherNamespace || problem.subject == .sockDiag { return false }
      if case .counters = problem.subject { return false }
      return problem.transports.isEmpty || !problem.transports.isDisjoint(with: transports)
    }
  }
}
