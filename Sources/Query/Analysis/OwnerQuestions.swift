package import SocketModel

extension Query {
  /// Whether the answer depends on who has sockets open.
  package var asksForOwners: Bool { requiredDetails.contains(.owners) }

  /// Whether a socket that matches would do so whoever had it open; one of which owners are known
  /// does so by these.
  package func isCertain(of row: Int, in snapshot: Snapshot) -> Bool {
    !asksForOwners || !snapshot.lacksOwner(at: row) || !Query.not(self).couldMatch(snapshot, row: row)
  }
}
