import CommandLine
import Query
import SocketModel

/// What a watch waits for: that one of the selected sockets matches, or that none matches any more.
struct WatchGoal: Sendable {
  private let goal: WatchPlan.Goal
  private let selection: EventSelection
  /// The tracked sockets that match, when the goal is that none does.
  private var matching: Set<UInt64> = []

  init(_ goal: WatchPlan.Goal, of selection: EventSelection) {
    self.goal = goal
    self.selection = selection
  }

  /// Whether the existing sockets meet the goal.
  mutating func isReached(by tracked: [UInt64: TrackedSocket], _ scan: Snapshot) -> Bool {
    let living = tracked.values.filter { $0.closed == nil }
    let sockets = Snapshot(sockets: living, of: scan)
    switch goal {
    case .matching: return living.indices.contains { matches(sockets, $0) }
    case .gone:
      matching = Set(living.indices.filter { matches(sockets, $0) }.map { living[$0].id })
      return matching.isEmpty
    }
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
      return rows.first { row in
        let kind = events[Int(row)].kind
        return (kind == .opened || kind == .changed) && matches(sockets, Int(row))
      }
    case .gone:
      for row in rows where events[Int(row)].kind != .missed {
        let event = events[Int(row)]
        if event.kind != .closed, matches(sockets, Int(row)) {
          matching.insert(event.socketID)
        } else if matching.remove(event.socketID) != nil, matching.isEmpty {
          return row
        }
      }
      return nil
    }
  }

  /// Only sockets of the scanned network namespace count, as in a listing: the port of a container
  /// is not one of this machine.
  private func matches(_ sockets: Snapshot, _ row: Int) -> Bool {
    if let own = sockets.meta.netns, sockets.records[row].networkNamespace != own { return false }
    return selection.selects(sockets, row) && goal.query.matches(sockets, row: row)
  }
}
