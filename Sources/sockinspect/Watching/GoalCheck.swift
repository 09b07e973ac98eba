import CommandLine
import Inspection
import Query
import SocketModel
import SockinspectKit

/// A scan that decides whether a socket meets a goal, made when no event and no scan of a watch
/// can: a watch walks the processes now and then, and a "no" about owners must be true when it is
/// given.
struct GoalCheck: Sendable {
  /// What a scan shows.
  enum Answer: Sendable {
    /// A socket matches.
    case met
    /// All was read that can match, and nothing does.
    case unmet
    /// A socket may match that has an owner which was not seen, or whose table lacks a field.
    case unknown
  }

  private let plan: ListPlan
  /// Whether the tables of a root decide, which lack fields that sock_diag has.
  private let isOfTables: Bool

  /// Asks for what a watch selects and waits for.
  init?(_ plan: WatchPlan, isOfTables: Bool) {
    guard let goal = plan.goal else { return nil }
    var list = plan.list
    list.selection = .all([list.selection, goal.query])
    self.plan = list
    self.isOfTables = isOfTables
  }

  /// Whether a scan is needed for a "no".
  var isNeeded: Bool { plan.selection.asksForOwners || isOfTables }

  /// Reads, and of processes only those that can matter.
  func answer(from root: ProcRoot) -> Answer {
    var request = InspectionRequest(for: plan.selection, transports: plan.transports)
    request.families = plan.families
    request.source = plan.source
    request.byteOrder = plan.byteOrder
    request.processes.findsHiddenOwners = true
    request.omitsItsOwn = true
    guard let snapshot = try? snapshot(request, of: Inspector(root: root)) else { return .unknown }
    return answer(in: snapshot)
  }

  private func snapshot(_ request: InspectionRequest, of inspector: Inspector) throws(InspectionError) -> Snapshot {
    let query = plan.selection
    let keeping: RowTest = { query.couldMatch(copy $0, row: $1) }
    guard let undecidedRows = plan.undecidedRows(knowsNamespace: inspector.root.ownNamespace != nil) else {
      return try inspector.snapshot(request, keeping: keeping)
    }
    let undecided: RowTest = { undecidedRows.contains(copy $0, row: $1) }
    return try inspector.snapshot(request, keeping: keeping, undecided: undecided)
  }

  /// What a snapshot shows of which the sockets are left that can match.
  func answer(in snapshot: Snapshot) -> Answer {
    let query = plan.selection
    let isHiding = query.asksForOwners && snapshot.mayHaveUnseenOwners
    let rows = query.rows(of: snapshot)
    if rows.contains(where: { !isHiding || query.isCertain(of: Int($0), in: snapshot) }) { return .met }
    return isHiding || !plan.unknownFields(in: snapshot).isEmpty ? .unknown : .unmet
  }
}
