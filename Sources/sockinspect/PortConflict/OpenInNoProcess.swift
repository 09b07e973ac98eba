import CommandLine
import Diagnosis
import Query
import SocketModel

extension ListPlan {
  /// The message about sockets that are open in no process although all processes were read; `nil`
  /// when there are none, or not all processes were read.
  func openInNoProcess(_ rows: [UInt32], of snapshot: Snapshot) -> String? {
    guard owners, output.content == .sockets, snapshot.meta.root == nil, selection.asksForAllOwners,
      let count = snapshot.countOpenInNoProcess(rows), count > 0
    else { return nil }
    return "\(count) \(count == 1 ? "socket is" : "sockets are") open in no process: \(HolderText.ownerless())"
  }
}

extension Query {
  /// Whether the search for owners includes all processes.
  fileprivate var asksForAllOwners: Bool {
    ownerPIDs == nil && ownerProcess == nil && ownerUsers == nil && socketOrOwnerUsers == nil
  }
}
