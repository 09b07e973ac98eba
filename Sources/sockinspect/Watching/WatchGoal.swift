import CommandLine
import Query
import SocketModel

/// What a watch waits for: that one of the selected sockets matches, or that none matches any more.
///
/// Neither is taken for granted: where owners that were not seen could decide, a check is made.
struct WatchGoal: Sendable {
  private let goal: WatchPlan.Goal
  private let selection: EventSelection
  private let coversAllNamespaces: Bool
  /// Scans for what decides; `nil` when events and scans show all that is asked about.
  var check: (@Sendable () -> GoalCheck.Answer)?
  /// The tracked sockets that match, when the goal is that none does.
  private var matching: Set<UInt64> = []

  init(_ goal: WatchPlan.Goal, of selection: EventSelection, coversAllNamespaces: Bool = false) {
    self.goal = goal
    self.selection = selection
    self.coversAllNamespaces = coversAllNamespaces
  }

  /// Whether the existing sockets meet the goal.
  mutating func isReached(by tracked: [UInt64: TrackedSocket], _ scan: Snapshot) -> Bool {
    let living = tracked.values.filter { $0.closed == nil }
    let sockets = Snapshot(sockets: living, of: scan)
    let rows = living.indices.filter { matches(sockets, $0) }
    switch goal {
    case .matching: return met(by: rows, of: sockets) != nil
    case .gone:
      matching = Set(rows.map { living[$0].id })
      return isGone
    }
  }

  /// Whether it is not known that the goal is not reached.
  var isUnknown: Bool {
    if case .gone = goal, !matching.isEmpty { return false }
    return check?() == .unknown
  }

  /// Whether none of the sockets matches any more.
  private var isGone: Bool { matching.isEmpty && (check.map { $0() == .unmet } ?? true) }

  /// The first of the rows that match which does so for certain; `nil` when none does.
  private func met(by rows: [Int], of sockets: Snapshot) -> Int? {
    let certain = rows.first { goal.query.isCertain(of: $0, in: sockets) && selection.isCertain(of: $0, in: sockets) }
    if certain != nil || rows.isEmpty { return certain }
    return check.map { $0() == .met } ?? true ? rows[0] : nil
  }

  /// The row of the first event that reaches the goal; `nil` when none does.
  ///
  /// - Parameters:
  ///   - events: all events since the last call.
  ///   - rows: those of selected sockets, by index.
  ///   - sockets: the events' sockets.
  mutating func reached(by events: [SocketEvent], _ rows: [UInt32], in sockets: Snapshot) -> UInt32? {
    switch goal {
    case .matching:
      let found = rows.filter { row in
        let kind = events[Int(row)].kind
        return (kind == .opened || kind == .changed) && matches(sockets, Int(row))
      }
      return met(by: found.map { Int($0) }, of: sockets).map { UInt32($0) }
    case .gone:
      for row in rows where events[Int(row)].kind != .missed {
        let event = events[Int(row)]
        if event.kind != .closed, matches(sockets, Int(row)) {
          matching.insert(event.socketID)
        } else if matching.remove(event.socketID) != nil, isGone {
          return row
        }
      }
      return nil
    }
  }

  /// Only sockets of the scanned network namespaces count, as in a listing: the port of a container
  /// is not one of this machine.
  private func matches(_ sockets: Snapshot, _ row: Int) -> Bool {
    if !coversAllNamespaces, let own = sockets.meta.netns, sockets.records[row].networkNamespace != own { return false }
    return selection.selects(sockets, row) && goal.query.matches(sockets, row: row)
  }
}
