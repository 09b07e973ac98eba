/// The traffic of several sockets together, in one interval.
package struct TrafficSum: Sendable, Hashable {
  /// How many sockets there are.
  package private(set) var sockets = 0
  /// How many of them have a known rate: the others have none yet or no counters.
  package private(set) var counted = 0
  /// Bytes that they sent in the interval and that were acknowledged.
  package private(set) var bytesSent: UInt64 = 0
  /// Bytes that they received in it.
  package private(set) var bytesReceived: UInt64 = 0
  private var sendRates: UInt64 = 0
  private var receiveRates: UInt64 = 0

  package init() {}

  /// Bytes sent per second; `nil` when no socket has a known rate.
  package var sendRate: UInt64? { counted > 0 ? sendRates : nil }
  /// Bytes received per second; `nil` when no socket has a known rate.
  package var receiveRate: UInt64? { counted > 0 ? receiveRates : nil }
  /// Bytes in both directions.
  package var bytes: UInt64 { bytesSent &+ bytesReceived }

  /// Adds a socket with its traffic; `nil` for one without counters.
  package mutating func add(_ traffic: SocketTraffic?) {
    sockets += 1
    guard let traffic, let sent = traffic.bytesSentInInterval, let received = traffic.bytesReceivedInInterval else {
      return
    }
    counted += 1
    bytesSent &+= sent
    bytesReceived &+= received
    sendRates &+= traffic.sendRate ?? 0
    receiveRates &+= traffic.receiveRate ?? 0
  }

  /// Adds sockets that sent and received nothing, and others of which the rate is not known.
  package mutating func add(idle: Int, unknown: Int) {
    sockets += idle + unknown
    counted += idle
  }
}

/// Which sockets are put together for sums of their traffic: by what they have in common.
///
/// Both ends of a connection within the machine are sockets of their own, and both count: what one
/// sends the other receives.
package struct TrafficGroups: Sendable {
  /// What sockets are put together by. The raw value is the word of options.
  package enum Grouping: String, CaseIterable, Sendable {
    case process, workload, peer, port, netns
  }

  /// What the sockets of one group have in common.
  package enum Key: Sendable, Hashable {
    /// A process, the first that has the socket.
    case process(pid: Int32, name: [UInt8])
    /// A unit, container or pod, by its ``Workload/text``.
    case workload([UInt8])
    /// The address of the other end.
    case peer(IPAddress)
    /// The port of the server: the local one where something listens at it, else that of the peer.
    case port(UInt16)
    /// A network namespace.
    case netns(NetworkNamespaceID)
    /// It is not known.
    case unknown
  }

  /// What sockets are put together by.
  package let grouping: Grouping
  private let listeningPorts: Set<UInt16>

  /// Puts sockets together by one thing.
  ///
  /// - Parameter listeningPorts: the ports at which TCP listens, for ``Grouping/port``.
  package init(by grouping: Grouping, listeningPorts: Set<UInt16> = []) {
    self.grouping = grouping
    self.listeningPorts = listeningPorts
  }

  /// The group of the socket in a row.
  package func key(of snapshot: Snapshot, row: Int) -> Key {
    let record = snapshot.records[row]
    switch grouping {
    case .process:
      guard let owner = snapshot.owners(at: row).first, let process = snapshot.process(of: owner) else {
        return .unknown
      }
      return .process(pid: process.pid, name: process.shownName)
    case .workload: return snapshot.workload(at: row).map { .workload($0.text) } ?? .unknown
    case .peer: return record.hasPeer ? record.remote.map { .peer($0.address) } ?? .unknown : .unknown
    case .port: return .port(record.servicePort(listening: listeningPorts))
    case .netns: return record.networkNamespace.map { .netns($0) } ?? .unknown
    }
  }
}

extension SocketRecord {
  /// The port of the server of a socket: the local one where something listens at it, else that of
  /// the peer. The listener of an accepted connection may be gone: ports below those that the kernel
  /// chooses from are those of servers.
  package func servicePort(listening: Set<UInt16>) -> UInt16 {
    if listening.contains(localPort) || !hasPeer { return localPort }
    let isChosen = { (port: UInt16) in port >= 32768 }
    return isChosen(remotePort) && !isChosen(localPort) ? localPort : remotePort
  }
}

extension TrafficGroups.Key {
  /// What orders groups with equal sums.
  var order: [UInt8] {
    switch self {
    case .process(let pid, let name): name + [0] + (0..<4).map { UInt8(truncatingIfNeeded: pid >> (24 - 8 * $0)) }
    case .workload(let text): text
    case .peer(let address): (0..<16).map { UInt8(truncatingIfNeeded: address.bits >> (120 - 8 * UInt128($0))) }
    case .port(let port): [UInt8(port >> 8), UInt8(port & 255)]
    case .netns(let id): (0..<4).map { UInt8(truncatingIfNeeded: id.inode >> (24 - 8 * $0)) }
    case .unknown: [255]
    }
  }
}
