import CommandLine
import Inspection
import Query
import SocketModel

/// Fields that the selection tests but the source does not provide: `/proc/net` and copies of it
/// know less than sock_diag.
extension ListPlan {
  /// Returns a test for the sockets of tables that the selection cannot decide; `nil` when the
  /// tables report everything that it tests.
  func undecidedRows(knowsNamespace: Bool) -> UndecidedRows? {
    selection.undecidedRows(of: transports, knowsNamespace: knowsNamespace)
  }

  /// The fields that the selection needs but that were not read for sockets which may match.
  func unknownFields(in snapshot: Snapshot) -> [Problem] {
    var names = undecidedRows(knowsNamespace: snapshot.meta.netns != nil)?.names(of: snapshot.undecided) ?? []
    if snapshot.fromTables.contains(.tcp), selection.asks(for: .boundInactive) {
      names.append("state \(SocketState.boundInactive.name)")
    }
    guard !names.isEmpty else { return [] }
    return [unknown(names, from: snapshot.meta.root, .whichMatch)]
  }

  /// The fields that rows are sorted by but that were not read for some of them.
  func unknownOrder(of rows: [UInt32], in snapshot: Snapshot) -> Problem? {
    let keys = output.order.keys.map(\.field)
    guard rows.count > 1, !snapshot.fromTables.isEmpty, !keys.isEmpty else { return nil }
    let transports = Set(rows.lazy.map { snapshot.records[Int($0)].transport }).intersection(snapshot.fromTables)
    let names = keys.filter { key in transports.contains { !key.isInTables(of: $0) } }.map(\.description.name)
    return names.isEmpty ? nil : unknown(names, from: snapshot.meta.root, .order)
  }

  /// The fields that the selection needs but that no scan of the root's tables can provide, for
  /// callers that scan repeatedly.
  func unknownFields(ofTablesBelow root: ProcRoot) -> [Problem] {
    guard source == .proc || !root.isOwnKernel else { return [] }
    let names = undecidedRows(knowsNamespace: root.ownNamespace != nil)?.names(of: transports) ?? []
    return names.isEmpty
      ? [] : [unknown(names, from: root.isOwnKernel ? nil : root.path, .whichMatch)]
  }

  private func unknown(_ names: [String], from path: String?, _ consequence: Problem.Consequence) -> Problem {
    Problem(
      subject: .fields(names), cause: .unknown(consequence, root: path),
      remedy: source == .proc && root == nil ? .askSockDiag : nil)
  }
}
