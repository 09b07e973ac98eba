package import SocketModel

extension Query {
  /// Whether the answer depends on who has sockets open.
  package var asksForOwners: Bool { requiredDetails.contains(.owners) }

  /// Whether a socket that matches does so independently of owners that were not seen.
  package func isCertain(of row: Int, in snapshot: Snapshot) -> Bool {
    !asksForOwners || !lacks(owners: snapshot, row) || !Query.not(self).couldMatch(snapshot, row: row)
  }

  private func lacks(owners snapshot: Snapshot, _ row: Int) -> Bool {
    snapshot.lacksOwner(at: row) || requiredDetails.contains(.peers) && snapshot.lacksPeerOwner(at: row)
  }
}
