public import SocketModel

/// Whether a row of a snapshot whose owners are not known yet is worth keeping. True when the
/// decision depends on the owners.
public typealias RowTest = @Sendable (_ snapshot: borrowing Snapshot, _ row: Int) -> Bool

/// Drops rows as they come in, with everything that belongs to them, so that a listing of few
/// sockets never holds the many that it skips.
package struct RowFilter: Sendable {
  private let states: SocketStateSet
  private let families: Set<AddressFamily>
  private let keeping: RowTest?
  private let undecided: RowTest?
  /// Whether no row is dropped.
  package private(set) var takesAll: Bool

  init(_ request: InspectionRequest, keeping: RowTest?, undecided: RowTest? = nil) {
    states = request.states
    families = request.families
    self.keeping = keeping
    self.undecided = undecided
    takesAll =
      keeping == nil && request.states.isSuperset(of: .all) && request.families.isSuperset(of: [.ipv4, .ipv6])
  }

  /// Drops those rows from `start` on that were not asked for. The others keep their order. For
  /// rows from a table it also notes whether any cannot be decided.
  func sift(_ snapshot: inout Snapshot, from start: SnapshotExtent) {
    guard !takesAll else { return }
    snapshot.keepRows(from: start) { snapshot, row in
      noteUndecided(&snapshot, row)
      return admits(snapshot, row)
    }
  }

  /// Notes the transport of a row from a table that cannot be decided.
  func noteUndecided(_ snapshot: inout Snapshot, _ row: Int) {
    guard let undecided, states.contains(snapshot.records[row].state) else { return }
    let transport = snapshot.records[row].transport
    if !snapshot.undecided.contains(transport), undecided(snapshot, row) { snapshot.undecided.insert(transport) }
  }

  /// The filter that lets all rows through, for sources whose rows are chosen later.
  var deferred: RowFilter {
    var filter = self
    filter.takesAll = true
    return filter
  }

  /// Whether a row was asked for.
  package func admits(_ snapshot: borrowing Snapshot, _ row: Int) -> Bool {
    let state = snapshot.records[row].state
    guard states.contains(state) else { return false }
    let isInternet = snapshot.records[row].transport.isInternet
    guard !isInternet || families.contains(snapshot.records[row].family) else { return false }
    return keeping?(snapshot, row) ?? true
  }
}
