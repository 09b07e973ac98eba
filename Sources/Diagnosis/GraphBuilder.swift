import SocketModel

/// Collects the connections of a snapshot's sockets, each once.
struct GraphBuilder {
  private typealias Node = ConnectionGraph.Node

  private let snapshot: Snapshot
  private let grouping: ConnectionGraph.Grouping
  private let outside: ConnectionGraph.Outside
  private let listeners: Set<Listener>
  private(set) var counts: [EdgeKey: Int] = [:]
  private(set) var connections = 0
  private(set) var unknownEnds = 0
  private(set) var shared = 0
  private var addresses: Set<IPAddress> = []

  /// How many addresses are outside.
  var addressCount: Int { addresses.count }

  /// What a listener takes connections to: a port, at an address or any.
  private struct Listener: Hashable {
    let transport: Transport
    let namespace: UInt32
    let port: UInt16
    /// The address, with IPv4 as it is mapped into IPv6; 0 for any.
    let bits: UInt128
  }

  init(_ snapshot: Snapshot, _ grouping: ConnectionGraph.Grouping, _ outside: ConnectionGraph.Outside) {
    self.snapshot = snapshot
    self.grouping = grouping
    self.outside = outside
    var listeners: Set<Listener> = []
    for record in snapshot.records where record.isInternetListener {
      listeners.insert(
        Listener(
          transport: record.transport, namespace: record.namespaceNumber, port: record.localPort,
          bits: record.localBits == 0 ? 0 : record.plainBits))
    }
    self.listeners = listeners
  }

  /// Adds the connections of some rows.
  mutating func addConnections(of rows: [UInt32]) {
    var isListed = [Bool](repeating: false, count: snapshot.records.count)
    for row in rows { isListed[Int(row)] = true }
    for row in rows { addConnections(of: Int(row), isListed) }
  }

  private mutating func addConnections(of row: Int, _ isListed: [Bool]) {
    let record = snapshot.records[row]
    // Nothing but the time has the connection any more.
    if record.state == .timeWait { return }
    let peers = snapshot.peers.rows(at: row)
    if peers.isEmpty { return addOutside(row) }
    if record.state == .listen {
      // The clients that wait; usually they are listed themselves.
      for client in peers where !isListed[Int(client)] { add(client: Int(client), server: row, isDirected: true) }
      return
    }
    let peer = Int(peers[peers.startIndex])
    if snapshot.peers.row(at: peer) != row, snapshot.peers.rows(at: peer).count == 1, !record.canHaveOwner {
      // The server's end of a connection that was not accepted yet, which its client stands for.
      return
    }
    let isMutual = snapshot.peers.row(at: peer) == row && snapshot.records[peer].state != .listen
    if isMutual, isListed[peer], peer < row { return }
    if !isMutual { return add(client: row, server: peer, isDirected: true) }
    switch (serves(row), serves(peer)) {
    case (false, true): add(client: row, server: peer, isDirected: true)
    case (true, false): add(client: peer, server: row, isDirected: true)
    default: add(client: min(row, peer), server: max(row, peer), isDirected: false)
    }
  }

  /// Whether a socket is on the side of a listener.
  private func serves(_ row: Int) -> Bool {
    let record = snapshot.records[row]
    if record.state == .listen { return true }
    if record.transport == .unix { return snapshot.name(at: row) != nil }
    guard record.transport.hasTCPStates else { return false }
    return [record.plainBits, 0].contains {
      listeners.contains(
        Listener(
          transport: record.transport, namespace: record.namespaceNumber, port: record.localPort, bits: $0))
    }
  }

  // MARK: Edges

  private mutating func add(client: Int, server: Int, isDirected: Bool) {
    let record = snapshot.records[server]
    var service = ConnectionGraph.Service.none
    if record.transport == .unix {
      if let name = snapshot.name(at: server) { service = .path(name.display) }
    } else if isDirected {
      service = .port(record.localPort)
    }
    add(nodes(of: client), nodes(of: server), record.transport, service, isDirected)
  }

  private mutating func addOutside(_ row: Int) {
    let record = snapshot.records[row]
    guard record.transport.hasMirroredPeer, record.hasBothEnds else { return }
    let isServer = serves(row)
    let service = ConnectionGraph.Service.port(isServer ? record.localPort : record.remotePort)
    var other = Node.unknown
    // An address of the loopback interface is this machine's, even where its owner is not known.
    if !record.isLoopback, record.remoteBits != record.localBits {
      if outside == .none { return }
      let address = IPAddress(bits: record.plainRemoteBits, isIPv4: record.isPlainIPv4)
      addresses.insert(address)
      other = .address(address)
    }
    let own = nodes(of: row)
    add(isServer ? [other] : own, isServer ? own : [other], record.transport, service, true)
  }

  private mutating func add(
    _ from: [Node], _ to: [Node], _ transport: Transport, _ service: ConnectionGraph.Service, _ isDirected: Bool
  ) {
    connections += 1
    if from.contains(.unknown) || to.contains(.unknown) { unknownEnds += 1 }
    var (from, to) = (from, to)
    if ConnectionGraph.isSharedByMany(from.count, to.count) {
      shared += 1
      (from, to) = (Array(from.prefix(1)), Array(to.prefix(1)))
    }
    for first in from {
      for second in to {
        // Without a direction the order of the nodes decides, so that both ways are one edge.
        let isTurned = !isDirected && second.precedes(first)
        let key = EdgeKey(
          from: isTurned ? second : first, to: isTurned ? first : second, transport: transport, service: service,
          isDirected: isDirected)
        counts[key, default: 0] += 1
      }
    }
  }

  // MARK: Nodes

  /// The parties that have a socket, each once.
  private func nodes(of row: Int) -> [Node] {
    if grouping == .workload, let workload = workload(of: row) { return [.workload(workload)] }
    var nodes: [Node] = []
    for owner in snapshot.owners(at: row) {
      guard let pid = owner.pid else { continue }
      let node = Node.process(pid: pid, name: snapshot.name(of: owner))
      // The owners of a row are ordered by process.
      if nodes.last != node { nodes.append(node) }
    }
    if !nodes.isEmpty { return nodes }
    if let workload = workload(of: row) { return [.workload(workload)] }
    return [snapshot.records[row].canHaveOwner || !snapshot.records[row].known.contains(.inode) ? .unknown : .noProcess]
  }

  private func workload(of row: Int) -> [UInt8]? { snapshot.workload(at: row)?.part(.text) }
}

extension SocketRecord {
  var namespaceNumber: UInt32 { known.contains(.netns) ? netns : 0 }

  /// The local address, with IPv4 as it is mapped into IPv6.
  var plainBits: UInt128 { family == .ipv4 ? 0xFFFF << 32 | localBits : localBits }

  var isPlainIPv4: Bool { family == .ipv4 || remoteBits >> 32 == 0xFFFF }

  /// The remote address, with an IPv4 one that is mapped into IPv6 as IPv4.
  var plainRemoteBits: UInt128 {
    family != .ipv4 && remoteBits >> 32 == 0xFFFF ? remoteBits & 0xFFFF_FFFF : remoteBits
  }
}
