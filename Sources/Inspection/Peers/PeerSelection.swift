import SocketModel

extension InspectionRequest {
  /// Whether the sockets at the other ends are asked for.
  var wantsPeers: Bool { requiredDetails.contains(.peers) }

  /// The request to the sources: the other end of a socket that was asked for may have any state,
  /// port and family.
  var includingPeers: InspectionRequest {
    guard wantsPeers, filter != .none else { return self }
    var wide = self
    wide.filter = peersFilter
    wide.states = .all
    if transports.contains(where: \.isInternet) { wide.families = [.ipv4, .ipv6] }
    return wide
  }
}

/// Finds the other ends of sockets, and only then drops the sockets that were not asked for.
struct PeerSelection {
  /// The sockets that were asked for.
  let rowFilter: RowFilter

  /// Keeps the rows that were asked for and, after them, those that are only their other ends.
  func run(into snapshot: inout Snapshot) {
    var join = PeerJoin(snapshot.records)
    snapshot.peers = join.run(waiting: snapshot.waitingClients)
    snapshot.waitingClients = []
    guard !rowFilter.takesAll else { return }
    var isKept = [Bool](repeating: false, count: snapshot.records.count)
    var order: [UInt32] = []
    for row in snapshot.records.indices {
      if snapshot.fromTables.contains(snapshot.records[row].transport) { rowFilter.noteUndecided(&snapshot, row) }
      guard rowFilter.admits(snapshot, row) else { continue }
      isKept[row] = true
      order.append(UInt32(truncatingIfNeeded: row))
    }
    let wanted = order.count
    for row in order[..<wanted] {
      for peer in snapshot.peers.rows(at: Int(row)) where !isKept[Int(peer)] {
        isKept[Int(peer)] = true
        order.append(peer)
      }
    }
    snapshot.rearrange(order, peerOnly: order.count - wanted)
  }
}
