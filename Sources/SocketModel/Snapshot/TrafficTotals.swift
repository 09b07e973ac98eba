/// The traffic of tracked sockets over several intervals, by what they have in common.
///
/// Each socket counts once, however many intervals have it. One whose group becomes known only later,
/// as that of a connection whose owner is found after a while, belongs to it from its beginning.
package struct TrafficTotals: Sendable {
  /// The traffic of one group.
  package struct Total: Sendable, Hashable {
    /// How many sockets there were.
    package var sockets = 0
    /// Bytes that they sent and that were acknowledged.
    package var bytesSent: UInt64 = 0
    /// Bytes that they received.
    package var bytesReceived: UInt64 = 0

    /// Bytes in both directions.
    package var bytes: UInt64 { bytesSent &+ bytesReceived }

    fileprivate static func += (left: inout Total, right: Total) {
      left.sockets += right.sockets
      left.bytesSent &+= right.bytesSent
      left.bytesReceived &+= right.bytesReceived
    }
  }

  /// The time that was measured, in nanoseconds.
  package private(set) var duration: UInt64 = 0
  /// The traffic of all sockets.
  package private(set) var total = Total()
  private let grouping: TrafficGroups.Grouping
  private var groups: [TrafficGroups.Key: Total] = [:]
  private var met: Set<UInt64> = []
  /// The traffic of sockets whose group is not known yet, by their numbers.
  private var unassigned: [UInt64: Total] = [:]

  /// Makes totals of nothing.
  package init(by grouping: TrafficGroups.Grouping) { self.grouping = grouping }

  /// Adds an interval.
  ///
  /// - Parameters:
  ///   - rows: the sockets, as rows of the snapshot.
  ///   - ids: the numbers of the sockets in all rows.
  ///   - duration: the length of the interval in nanoseconds.
  ///   - listeningPorts: the ports at which TCP listens.
  package mutating func add(
    _ rows: some Sequence<UInt32>, of snapshot: Snapshot, ids: [UInt64], duration: UInt64, listeningPorts: Set<UInt16>
  ) {
    self.duration &+= duration
    let keys = TrafficGroups(by: grouping, listeningPorts: listeningPorts)
    for row in rows {
      let id = ids[Int(row)]
      let traffic = snapshot.traffic(at: Int(row))
      var new = Total(
        sockets: met.insert(id).inserted ? 1 : 0, bytesSent: traffic?.bytesSentInInterval ?? 0,
        bytesReceived: traffic?.bytesReceivedInInterval ?? 0)
      total += new
      let key = keys.key(of: snapshot, row: Int(row))
      if key == .unknown {
        unassigned[id, default: Total()] += new
      } else {
        if let earlier = unassigned.removeValue(forKey: id) { new += earlier }
        groups[key, default: Total()] += new
      }
    }
  }

  /// The groups that sent or received anything, from the one with the most bytes to the one with the
  /// fewest.
  package var ordered: [(key: TrafficGroups.Key, total: Total)] {
    var all = groups
    for total in unassigned.values { all[.unknown, default: Total()] += total }
    return all.filter { $0.value.bytes > 0 }.map { (key: $0.key, total: $0.value) }.sorted { left, right in
      if left.total.bytes != right.total.bytes { return left.total.bytes > right.total.bytes }
      return left.key.order.lexicographicallyPrecedes(right.key.order)
    }
  }
}
