import CommandLine
import Diagnosis
import Inspection
import KernelFormats
import LinuxSystem
import SocketModel

/// Finds out about a port: reads its own sockets first, and then only what can still change the
/// answer.
struct PortInquiry {
  let root: ProcRoot
  let plan: WhyPlan
  let question: PortQuestion

  /// The most servers whose ports are asked for at once.
  private static let mostPeers = 32
  /// The most processes that are described.
  private static let mostProcesses = 8

  /// The answer, as far as it can be found.
  ///
  /// - Parameters:
  ///   - details: what to collect of every socket with the port; empty where only what decides about
  ///     it is wanted.
  ///   - namespaces: what is in other network namespaces, where that was looked for already.
  func answer(
    details: RequiredDetails = [], namespaces: PortFacts.Namespaces? = nil
  ) throws(InspectionError) -> PortAnswer {
    var facts = PortFacts(question, try details.isEmpty ? sockets() : sockets(.all, details))
    facts.namespaces = namespaces
    facts.mayBindAnyPort = plan.list.root == nil ? Capability.netBindService.isHeld : true
    var answer = PortAnswer(facts)
    // Each look can show that another one is needed, and none is made twice.
    for _ in PortAnswer.Look.allCases where !answer.missing.isEmpty {
      for look in answer.missing { self.look(look, answer, into: &facts) }
      answer = PortAnswer(facts)
    }
    return answer
  }

  // MARK: The sockets of the port

  /// Servers are in tables of their own, which are small; the others are asked for only without any.
  private func sockets() throws(InspectionError) -> Snapshot {
    if root.isOwnKernel, root.shape == .live {
      let servers = try sockets(SocketStateSet([.listen, .unconnected]))
      let isDecided = servers.records.contains { record in
        record.state == .listen && record.transport == .tcp && question.address == nil
      }
      if isDecided || question.transports.isDisjoint(with: [.tcp, .sctp]) && !servers.records.isEmpty {
        return servers
      }
    }
    return try sockets(.all)
  }

  private func sockets(_ states: SocketStateSet, _ details: RequiredDetails = []) throws(InspectionError) -> Snapshot {
    var request = request(states: states)
    request.requiredDetails.formUnion(details)
    let port = question.port
    return try Inspector(root: root).snapshot(request) { $0.records[$1].localPort == port }
  }

  private func request(states: SocketStateSet) -> InspectionRequest {
    var request = InspectionRequest()
    request.transports = question.transports
    request.states = states
    request.filter = .localPort(question.port...question.port)
    request.byteOrder = plan.list.byteOrder
    request.requiredDetails = [.owners, .processUsers, .userNames, .interfaceNames, .descriptorFlags, .drops]
    request.processes.findsHiddenOwners = true
    return request
  }

  // MARK: Looks

  private func look(_ look: PortAnswer.Look, _ answer: PortAnswer, into facts: inout PortFacts) {
    switch look {
    case .processes:
      var reader = ProcessDetails(root, facts.snapshot.meta)
      var details: [Int32: ProcessDetail] = [:]
      for pid in answer.holders.prefix(Self.mostProcesses) { details[pid] = reader.read(pid) }
      facts.processes = details
    case .peers: facts.rowsToListeners = rowsToListeners(facts.snapshot)
    case .bound: facts.boundRows = boundRows(facts.snapshot)
    case .settings: facts.settings = root.settings([.ephemeralPorts, .reservedPorts, .firstUnprivilegedPort])
    case .addresses: facts.isOwnAddress = .some(isOwnAddress(question.address))
    case .namespaces: facts.namespaces = namespaces()
    case .forwarding: facts.forwarding = forwarding(to: question.address)
    case .bind: facts.bind = bind(answer)
    case .proxies:
      var reader = ProcessDetails(root, facts.snapshot.meta)
      let proxies = ProcessNames(root).processes(named: "docker-proxy").compactMap { reader.read($0) }
      facts.proxies = proxies.filter { $0.forwarding?.host.port == question.port }
      facts.processes = Dictionary((facts.proxies ?? []).map { ($0.pid, $0) }) { first, _ in first }
    case .socketUnits:
      let isDatagram = answer.primary.map { facts.snapshot.records[$0].transport == .udp } ?? false
      facts.socketUnits =
        root.isOwnKernel ? SocketUnits().units(withPort: question.port, isDatagram: isDatagram) : []
    }
  }

  /// The rows whose other end is a socket of this machine that a listener there accepted.
  private func rowsToListeners(_ snapshot: Snapshot) -> Set<Int> {
    let rows = snapshot.records.indices.filter { snapshot.records[$0].hasPeer }
    var ports: [UInt16] = []
    for row in rows where !ports.contains(snapshot.records[row].remotePort) {
      ports.append(snapshot.records[row].remotePort)
    }
    guard !ports.isEmpty else { return [] }
    let asked = Array(ports.prefix(Self.mostPeers))
    let own = question.port
    var request = InspectionRequest()
    request.transports = question.transports.intersection([.tcp, .mptcp])
    request.requiredDetails = []
    request.byteOrder = plan.list.byteOrder
    // The listener, and the other end of each connection.
    request.filter = .either(
      asked.map { .all([.localPort($0...$0), .either([.remotePort(0...0), .remotePort(own...own)])]) })
    guard
      let others = try? Inspector(root: root).snapshot(
        request,
        keeping: { asked.contains($0.records[$1].localPort) && [0, own].contains($0.records[$1].remotePort) })
    else { return [] }
    return Set(
      rows.filter { row in
        let record = snapshot.records[row]
        let mirrored = record.ends.mirrored
        let isHere = others.records.contains { $0.ends == mirrored } || record.remote?.address.isLoopback ?? false
        return isHere
          && others.records.contains { other in
            other.state == .listen && other.localPort == record.remotePort
              && (other.localBits == 0
                || other.local?.address.embeddedIPv4 == record.remote?.address.embeddedIPv4
                  && other.localBits & 0xFFFF_FFFF == record.remoteBits & 0xFFFF_FFFF)
          }
      })
  }

  /// Whether each connection was bound by `bind(2)`, which the running kernel tells.
  private func boundRows(_ snapshot: Snapshot) -> [Int: Bool] {
    guard root.isOwnKernel else { return [:] }
    var request = request(states: .all)
    request.requiredDetails = [.autobound]
    guard let again = try? Inspector(root: root).snapshot(request) else { return [:] }
    var bound: [Int: Bool] = [:]
    for row in snapshot.records.indices {
      guard let same = again.records.first(where: { $0.hasEnds(of: snapshot.records[row]) }) else { continue }
      bound[row] = !same.flags.contains(.isAutobound)
    }
    return bound
  }

  /// Whether an address is one of the machine's; `nil` when that is not known.
  func isOwnAddress(_ address: IPAddress?) -> Bool? {
    guard let address else { return nil }
    if address.isLoopback || address.isUnspecified { return true }
    let own = root.localAddresses(isIPv4: address.embeddedIPv4 != nil)
    if let inner = address.embeddedIPv4 { return own.ipv4?.contains { $0.contains(IPAddress(ipv4: inner)) } }
    return own.ipv6.map { $0[address] != nil }
  }

  /// What `bind(2)` would do at the address in question, or else at that of the holder.
  private func bind(_ answer: PortAnswer) -> [ReuseOptions: BindOutcome] {
    let snapshot = answer.facts.snapshot
    guard let row = answer.primary, let local = snapshot.records[row].local else { return [:] }
    let transport = snapshot.records[row].transport == .mptcp ? Transport.tcp : snapshot.records[row].transport
    guard transport == .tcp || transport == .udp else { return [:] }
    let request = BindRequest(
      transport, Endpoint(address: question.address ?? local.address, port: question.port), uid: Users.effectiveUID,
      mayBindAnyPort: true)
    var options: [Int: BindOptions] = [:]
    if root.isOwnKernel {
      options = HolderOptions(of: snapshot, rows: BindTable(request, in: snapshot).rowsToAsk).options
    }
    let table = BindTable(request, in: snapshot, options: options)
    return Dictionary(uniqueKeysWithValues: ReuseOptions.combinations.map { ($0, table.outcome($0)) })
  }

  /// The rules of the packet filter about the port.
  func forwarding(to address: IPAddress?) -> ForwardingRules {
    guard root.isOwnKernel else { return .absent }
    let isUDP = question.transports.isDisjoint(with: [.tcp, .mptcp])
    return FilterRules.rules(
      for: FilterRuleset.Packet(port: question.port, address: address, isUDP: isUDP), in: root)
  }

  /// Servers at the port in other network namespaces.
  func namespaces() -> PortFacts.Namespaces {
    var result = PortFacts.Namespaces()
    guard let all = try? otherNamespaces() else {
      result.areIncomplete = root.isOwnKernel
      result.wereLookedAt = false
      return result
    }
    var request = request(states: SocketStateSet([.listen, .unconnected]))
    request.requiredDetails = [.owners, .processUsers, .namespaceNames]
    let port = question.port
    if root.isOwnKernel, Capability.sysAdmin.isHeld {
      // That there is none, which is usual, is found without a walk over all descriptors.
      let search = ServersElsewhere(
        root: root, request: request, ports: [port], keeping: { $0.records[$1].localPort == port })
      let servers = search.find(describing: 1)
      result.areIncomplete = servers.isIncomplete
      if servers.finds.isEmpty { return result }
    }
    guard
      let snapshot = try? Inspector(root: all).snapshot(request, keeping: { $0.records[$1].localPort == port })
    else {
      result.areIncomplete = true
      return result
    }
    let own = snapshot.meta.netns
    result.areIncomplete = snapshot.problems.contains { $0.kind == .forbidden && !$0.costsOnlyOwners }
    var reader = ProcessDetails(all, snapshot.meta)
    for row in snapshot.records.indices {
      let record = snapshot.records[row]
      guard record.isServer, record.localPort == port, let id = record.networkNamespace, id != own,
        let local = record.local
      else { continue }
      let namespace = snapshot.namespaces.first { $0.id == id }
      let pid = snapshot.owners(at: row).first?.pid ?? namespace?.process
      result.servers.append(
        PortFacts.Elsewhere(
          label: namespace?.label ?? Array("\(id)".utf8), place: pid.map { "\($0)" } ?? "\(id)", local: local,
          transport: record.transport, process: pid.flatMap { reader.read($0) }))
    }
    return result
  }

  /// The same root with all of its network namespaces; `nil` when it has only one.
  private func otherNamespaces() throws(InspectionError) -> ProcRoot? {
    if let path = plan.list.root {
      guard root.shape == .tree else { return nil }
      return try .open(path, in: .all)
    }
    guard root.isOwnKernel, root.shape == .live else { return nil }
    return try .running(in: .all)
  }
}
