internal import Query
import SocketModel

/// All sockets as rows of one snapshot, in order: what filters and groups choose from.
///
/// Making them costs most of the time of a change, so they are kept while keys are pressed.
struct LiveRows: Sendable {
  private(set) var snapshot: Snapshot
  /// The numbers of the rows' sockets.
  let ids: [UInt64]
  /// Whether each row's socket has ended, and whether it is in another network namespace.
  let isGone: [Bool]
  let isElsewhere: [Bool]
  /// Whether the network namespace of a socket is not known yet.
  let hasUnplaced: Bool
  /// The listed rows in their order, and that order.
  private(set) var sorted: [UInt32]
  private var order: SortOrder

  /// Whether the rows have their traffic.
  private(set) var hasTraffic: Bool
  /// The interval in which ``rates`` and ``busy`` were counted.
  let interval: Int
  /// Whether each row's socket sent or received something in it, and the traffic of those that did: to
  /// look at all sockets for a sum takes longer than all else that a key causes.
  private let rates: [Rates]
  private let busy: [UInt32: SocketTraffic]

  private enum Rates: UInt8 { case unknown, idle, busy }

  init(
    _ sockets: [UInt64: TrackedSocket], of context: Snapshot, peers: TrackedPeers, order: SortOrder, hasTraffic: Bool,
    interval: Int
  ) {
    self.hasTraffic = hasTraffic
    self.interval = interval
    var rates: [Rates] = []
    var busy: [UInt32: SocketTraffic] = [:]
    rates.reserveCapacity(sockets.count)
    // A socket is large: each is looked at only once, on its way into the snapshot.
    var isGone: [Bool] = []
    var isElsewhere: [Bool] = []
    isGone.reserveCapacity(sockets.count)
    isElsewhere.reserveCapacity(sockets.count)
    var hasUnplaced = false
    let noted = sockets.values.lazy.map { socket in
      // Where their other ends are joined, the sockets are gone through a second time.
      guard isGone.count < sockets.count else { return socket }
      isGone.append(socket.isClosed)
      isElsewhere.append(socket.scope == .other)
      if socket.scope == .unknown { hasUnplaced = true }
      if let traffic = socket.traffic, traffic.hasRates {
        if !traffic.isIdle { busy[UInt32(truncatingIfNeeded: rates.count)] = traffic }
        rates.append(traffic.isIdle ? .idle : .busy)
      } else {
        rates.append(.unknown)
      }
      return socket
    }
    snapshot = Snapshot(sockets: noted, of: context, peers: peers, hasTraffic: hasTraffic)
    ids = Array(sockets.keys)
    self.isGone = isGone
    self.isElsewhere = isElsewhere
    self.hasUnplaced = hasUnplaced
    self.rates = rates
    self.busy = busy
    self.order = order
    sorted = snapshot.listedRows.map { UInt32($0) }
    order.sort(&sorted, of: snapshot)
  }

  /// The traffic of some rows whose sockets have not ended.
  func traffic(of shown: [UInt32]) -> TrafficSum {
    var sum = TrafficSum()
    var (idle, unknown) = (0, 0)
    for row in shown where !isGone[Int(row)] {
      switch rates[Int(row)] {
      case .unknown: unknown += 1
      case .idle: idle += 1
      case .busy: sum.add(busy[row])
      }
    }
    sum.add(idle: idle, unknown: unknown)
    return sum
  }

  /// Adds to rows that were made without it what their sockets send and receive.
  mutating func addTraffic(of sockets: [UInt64: TrackedSocket]) {
    guard !hasTraffic else { return }
    hasTraffic = true
    snapshot.traffic = ids.map { sockets[$0]?.traffic }
  }

  /// Puts the rows into another order.
  mutating func sort(by order: SortOrder) {
    guard order != self.order else { return }
    self.order = order
    order.sort(&sorted, of: snapshot)
  }
}
