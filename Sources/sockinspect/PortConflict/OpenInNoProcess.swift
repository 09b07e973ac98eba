import CommandLine
import Query
import SocketModel

extension ListPlan {
  /// The message about sockets that are open in no process although all processes were read; `nil`
  /// when there are none, or not all processes were read.
  ///
  /// A connection that was closed after the tables and before the processes were read looks the
  /// same, so in a long listing only sockets without a peer count, which rarely disappear.
  func openInNoProcess(_ rows: [UInt32], of snapshot: Snapshot) -> String? {
    guard owners, output.content == .sockets, snapshot.hasOwners, snapshot.meta.root == nil, selection.asksForAllOwners,
      TakerText.sawAllProcesses(snapshot)
    else { return nil }
    let count = rows.count { row in
      snapshot.lacksOwner(at: Int(row))
        && (!snapshot.records[Int(row)].hasPeer || rows.count <= Self.shortListing)
    }
    guard count > 0 else { return nil }
    return "\(count) \(count == 1 ? "socket is" : "sockets are") open in no process: \(TakerText.ownerless)"
  }

  private static let shortListing = 10
}

extension Query {
  /// Whether no process is left out of the search for owners.
  fileprivate var asksForAllOwners: Bool {
    ownerPIDs == nil && ownerProcess == nil && ownerUsers == nil && socketOrOwnerUsers == nil
  }
}
