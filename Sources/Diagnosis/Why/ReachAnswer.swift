package import SocketModel

/// Why a server cannot be reached, in one word: the member `verdict` of the JSON of
/// `why --unreachable`.
package enum ReachVerdict: String, CaseIterable, Sendable, Hashable {
  /// No server has the port.
  case notListening = "not-listening"
  /// The server takes connections of this machine only.
  case loopbackOnly = "loopback-only"
  /// The server has another address of the machine.
  case otherAddress = "other-address"
  /// The server takes IPv6 only, and the address is IPv4.
  case ipv6Only = "ipv6-only"
  /// The server takes IPv4 only, and the address is IPv6.
  case ipv4Only = "ipv4-only"
  /// The server is in another network namespace.
  case otherNamespace = "other-namespace"
  /// A proxy of a container runtime takes the connections, for a server in the container.
  case publishedByDocker = "published-by-docker"
  /// A rule sends connections elsewhere.
  case translated
  /// A rule drops or rejects the packets.
  case firewall
  /// The queue of connections that wait for accept() is full.
  case acceptQueueFull = "accept-queue-full"
  /// The server is stopped (state T).
  case processStopped = "process-stopped"
  /// What has the listener got it from a server that ended, and accepts nothing.
  case inheritedListener = "inherited-listener"
  /// Connections wait for accept().
  case notAccepting = "not-accepting"
  /// A client here has asked, and nobody answers.
  case synUnanswered = "syn-unanswered"
  /// Nothing here keeps clients from it.
  case reachable
  /// What could not be seen would decide.
  case unknown

  /// Whether clients reach the server; `nil` when that is unknown.
  package var isReachable: Bool? {
    switch self {
    case .reachable: true
    case .unknown: nil
    default: false
    }
  }
}

/// What was found out about an end that does not answer.
package struct ReachFacts: Sendable {
  /// The address that clients use; `nil` for any that other machines use.
  package var address: IPAddress?
  /// What is known about the port here, whatever the address; its snapshot has the figures of
  /// `tcp_info`, drops and counters.
  package var port: PortFacts
  /// The connections from here to the end, from the same scan.
  package var clients: Snapshot

  package init(address: IPAddress?, port: PortFacts, clients: Snapshot) {
    self.address = address
    self.port = port
    self.clients = clients
  }
}

/// Why clients do not reach a server: a verdict with the facts that it rests on, without wording.
package struct ReachAnswer: Sendable {
  /// A fact that the verdict rests on.
  package enum Reason: Sendable, Hashable {
    /// A server that has the port, by its row.
    case server(row: Int)
    /// A socket that is bound to the port and does not listen.
    case boundIdle(row: Int)
    /// How many connections wait for accept(), the limit, and for how many milliseconds the oldest
    /// has at least; `nil` where that is not known.
    case queue(waiting: UInt32, limit: UInt32, oldest: UInt64?)
    /// How many connections the listener has dropped since it was made.
    case drops(UInt32)
    /// How many connections found a full queue, and how many were dropped for any reason, since the
    /// namespace exists.
    case overflows(UInt64, drops: UInt64)
    /// The state of the server's process.
    case process(pid: Int32, state: UInt8)
    case inherited(pid: Int32)
    case forwards(PortForwarding)
    case elsewhere(PortFacts.Elsewhere)
    case rule(FilterRule)
    /// A client here whose SYN is not answered, by its row, and how many times it was repeated.
    case unanswered(row: Int, retransmits: UInt8)
    /// A connection from here that the end has answered, by its row.
    case answered(row: Int)
    /// The end is another machine's: only a client that tries shows more.
    case otherMachine
  }

  package let facts: ReachFacts
  package let verdict: ReachVerdict
  package let reasons: [Reason]
  package let doubts: Set<PortAnswer.Doubt>
  /// The rows of the servers that count.
  package let servers: [Int]

  /// From how many milliseconds on a server that lets connections wait does not accept.
  package static let patience: UInt64 = 1000

  /// Finds the answer.
  package init(_ facts: ReachFacts) {
    self.facts = facts
    var inference = ReachInference(facts)
    verdict = inference.read()
    reasons = inference.reasons
    doubts = inference.doubts
    servers = inference.servers
  }
}

private struct ReachInference {
  let facts: ReachFacts
  var reasons: [ReachAnswer.Reason] = []
  var doubts: Set<PortAnswer.Doubt> = []
  var servers: [Int] = []

  private var snapshot: Snapshot { facts.port.snapshot }

  init(_ facts: ReachFacts) { self.facts = facts }

  mutating func read() -> ReachVerdict {
    if let verdict = readClients() { return verdict }
    let listeners = snapshot.records.indices.filter { row in
      snapshot.records[row].isServer && snapshot.records[row].localPort == facts.port.question.port
        && facts.port.question.transports.contains(snapshot.records[row].transport)
    }
    servers = listeners.filter(takes)
    if servers.isEmpty { return readMissing(listeners) }
    return readServers()
  }

  private func address(_ row: Int) -> IPAddress { snapshot.records[row].local?.address ?? IPAddress(ipv6: 0) }

  private func takesIPv6Only(_ row: Int) -> Bool {
    let record = snapshot.records[row]
    return record.known.contains(.ipv6Only) && record.flags.contains(.ipv6Only)
  }

  /// Whether a server takes connections to the address.
  private func takes(_ row: Int) -> Bool {
    guard let wanted = facts.address else { return !address(row).isLoopback }
    return PortHolders.overlap((wanted, isOnly: true), (address(row), isOnly: takesIPv6Only(row)))
  }

  // MARK: The client's side

  /// The verdict when the end is another machine's; `nil` for one of this machine.
  private mutating func readClients() -> ReachVerdict? {
    let records = facts.clients.records
    let trying = records.indices.filter { records[$0].state == .synSent }
    let isOwn = facts.port.isOwnAddress ?? .some(nil)
    if isOwn == true || facts.address == nil { return nil }
    if let answered = records.indices.first(where: { records[$0].state == .established }) {
      reasons.append(.answered(row: answered))
      if trying.isEmpty { return .reachable }
    }
    if let row = trying.max(by: { records[$0].retransmits < records[$1].retransmits }) {
      reasons.append(.unanswered(row: row, retransmits: records[row].retransmits))
      noteRules()
      return .synUnanswered
    }
    if isOwn == nil, !snapshot.records.isEmpty { return nil }
    reasons.append(.otherMachine)
    if isOwn == nil { doubts.insert(.addresses) }
    return .unknown
  }

  // MARK: No server

  private mutating func readMissing(_ listeners: [Int]) -> ReachVerdict {
    let rules = facts.port.forwarding?.rules ?? []
    let translations = rules.filter { $0.isTranslation }
    if !translations.isEmpty {
      reasons += translations.map { .rule($0) }
      return .translated
    }
    if facts.port.forwarding?.mayHideRules ?? false { doubts.insert(.forwarding) }
    if let verdict = readOthers(listeners) { return verdict }
    if snapshot.mayLackSockets(of: facts.port.question.transports) {
      doubts.insert(.tables)
      return .unknown
    }
    if let namespaces = facts.port.namespaces {
      if namespaces.areIncomplete { doubts.insert(.namespaces) }
      if !namespaces.servers.isEmpty {
        reasons += namespaces.servers.map { .elsewhere($0) }
        return .otherNamespace
      }
    }
    if let idle = snapshot.records.indices.first(where: { snapshot.records[$0].state == .boundInactive }) {
      reasons.append(.boundIdle(row: idle))
    }
    return .notListening
  }

  /// The verdict when servers have the port at other addresses only.
  private mutating func readOthers(_ listeners: [Int]) -> ReachVerdict? {
    guard !listeners.isEmpty else { return nil }
    reasons += listeners.map { .server(row: $0) }
    let isIPv4 = facts.address.map { $0.embeddedIPv4 != nil }
    if listeners.allSatisfy({ address($0).isLoopback }), facts.address.map({ !$0.isLoopback }) ?? true {
      return .loopbackOnly
    }
    if let isIPv4, listeners.allSatisfy({ (address($0).embeddedIPv4 != nil) != isIPv4 }) {
      return isIPv4 ? .ipv6Only : .ipv4Only
    }
    return .otherAddress
  }

  // MARK: A server

  private mutating func readServers() -> ReachVerdict {
    // Of several, as with SO_REUSEPORT, the one at which most connections wait.
    let row = servers.max { waiting($0) < waiting($1) } ?? servers[0]
    reasons.append(.server(row: row))
    let rules = facts.port.forwarding?.rules ?? []
    if let drop = rules.first(where: { $0.keepsOut && !$0.hasOtherConditions }) {
      reasons.append(.rule(drop))
      return .firewall
    }
    if let translation = rules.first(where: { $0.isTranslation && !$0.hasOtherConditions }) {
      reasons.append(.rule(translation))
      return .translated
    }
    if let verdict = readProcesses(row) { return verdict }
    if let verdict = readQueue(row) { return verdict }
    return conclude()
  }

  /// How many connections wait at a server; 0 where that is not known.
  private func waiting(_ row: Int) -> UInt32 {
    let record = snapshot.records[row]
    return record.isInternetListener && record.known.contains(.receiveQueue) ? record.receiveQueue : 0
  }

  private func processes(of row: Int) -> [ProcessDetail] {
    var pids: [Int32] = []
    for owner in snapshot.owners(at: row) { if let pid = owner.pid, !pids.contains(pid) { pids.append(pid) } }
    return pids.compactMap { facts.port.processes?[$0] }
  }

  private mutating func readProcesses(_ row: Int) -> ReachVerdict? {
    let processes = processes(of: row)
    guard !processes.isEmpty, processes.allSatisfy(\.isStopped) else { return nil }
    for process in processes { reasons.append(.process(pid: process.pid, state: process.state ?? 0)) }
    _ = noteQueue(row)
    return .processStopped
  }

  /// Notes what waits at a listener; the figures when they are known.
  private mutating func noteQueue(_ row: Int) -> (waiting: UInt32, limit: UInt32, oldest: UInt64?)? {
    let record = snapshot.records[row]
    guard record.isInternetListener, record.known.isSuperset(of: [.receiveQueue, .sendQueue]), record.receiveQueue > 0
    else { return nil }
    let waiting = snapshot.records.indices.filter { other in
      let connection = snapshot.records[other]
      return connection.localPort == record.localPort && connection.reasonWithoutFile == .notAccepted
        && connection.state != .synRecv && (record.localBits == 0 || connection.plainBits == record.plainBits)
    }
    let oldest = waiting.compactMap { snapshot.detail(at: $0)?.tcp?[.lastAckReceived] }.max()
    reasons.append(.queue(waiting: record.receiveQueue, limit: record.sendQueue, oldest: oldest))
    return (record.receiveQueue, record.sendQueue, oldest)
  }

  private mutating func readQueue(_ row: Int) -> ReachVerdict? {
    guard let queue = noteQueue(row) else { return nil }
    let record = snapshot.records[row]
    if record.known.contains(.drops), record.drops > 0 { reasons.append(.drops(record.drops)) }
    for process in processes(of: row) { reasons.append(.process(pid: process.pid, state: process.state ?? 0)) }
    if queue.waiting > queue.limit {
      noteCounters()
      return .acceptQueueFull
    }
    guard let oldest = queue.oldest, oldest >= ReachAnswer.patience else { return nil }
    return .notAccepting
  }

  private mutating func noteCounters() {
    var values: [String: UInt64] = [:]
    for group in snapshot.counters where group.name == Array("TcpExt".utf8) {
      for counter in group.counters { values[String(decoding: counter.name, as: UTF8.self)] = counter.value }
    }
    if let overflows = values["ListenOverflows"], let drops = values["ListenDrops"] {
      reasons.append(.overflows(overflows, drops: drops))
    }
  }

  private mutating func conclude() -> ReachVerdict {
    let answer = PortAnswer(facts.port)
    for reason in answer.reasons {
      switch reason {
      case .inherited(let pid): reasons.append(.inherited(pid: pid))
      case .forwards(let forwarding): reasons.append(.forwards(forwarding))
      default: break
      }
    }
    if answer.verdict == .inheritedListener { return .inheritedListener }
    if answer.verdict == .publishedByDocker { return .publishedByDocker }
    noteRules()
    if facts.port.forwarding?.mayHideRules ?? false { return .unknown }
    return .reachable
  }

  /// Notes the rules that may apply, or that there may be such.
  private mutating func noteRules() {
    for rule in facts.port.forwarding?.rules ?? [] { reasons.append(.rule(rule)) }
    if facts.port.forwarding?.mayHideRules ?? false { doubts.insert(.forwarding) }
  }
}

extension FilterRule {
  /// Whether it keeps packets from the server.
  package var keepsOut: Bool { action == .drop || action == .reject }

  /// Whether it sends packets elsewhere.
  package var isTranslation: Bool { !keepsOut }
}
