public import SocketModel

/// Whether a row of a snapshot whose owners are not known yet is worth keeping. True when only the owners can tell.
public typealias RowTest = @Sendable (_ snapshot: borrowing Snapshot, _ row: Int) -> Bool

/// Drops rows as they come in, so that a listing of few sockets never holds the many that it passes over.
struct RowSieve: Sendable {
  private let states: SocketStateSet
  private let families: Set<AddressFamily>
  private let keeping: RowTest?
  private let takesAll: Bool

  init(_ request: InspectionRequest, keeping: RowTest?) {
    states = request.states
    families = request.families
    self.keeping = keeping
    takesAll =
      keeping == nil && request.states.isSuperset(of: .all) && request.families.isSuperset(of: [.ipv4, .ipv6])
  }

  /// Drops those of the rows from `start` on that were not asked for. The others keep their order.
  func sift(_ snapshot: inout Snapshot, from start: Int) {
    guard !takesAll else { return }
    let count = snapshot.records.count
    var kept = start
    for row in start..<count where admits(snapshot, row) {
      if kept != row { snapshot.records[kept] = snapshot.records[row] }
      kept += 1
    }
    snapshot.records.removeLast(count - kept)
  }

  private func admits(_ snapshot: borrowing Snapshot, _ row: Int) -> Bool {
    let state = snapshot.records[row].state
    guard states.contains(state) else { return false }
    let isInternet = snapshot.records[row].transport.isInternet
    guard !isInternet || families.contains(snapshot.records[row].family) else { return false }
    return keeping?(snapshot, row) ?? true
  }
}
