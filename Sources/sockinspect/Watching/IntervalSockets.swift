import Query
import SocketModel
import Tracking

/// The sockets of the newest interval between two scans, those that ended in it included.
struct IntervalSockets {
  /// The sockets, in the order of their numbers.
  let sockets: [TrackedSocket]
  /// The same as rows.
  let snapshot: Snapshot
  /// The rows that are selected.
  let rows: [UInt32]

  /// Takes the sockets of a watcher.
  ///
  /// - Parameters:
  ///   - selection: which of them are selected.
  ///   - coversElsewhere: whether those of other network namespaces can be.
  ///   - isWanted: a test that is cheaper than the selection.
  init(
    of watcher: Watcher, _ selection: EventSelection, coversElsewhere: Bool, where isWanted: (TrackedSocket) -> Bool
  ) {
    func mayBeSelected(_ socket: TrackedSocket) -> Bool {
      (coversElsewhere || socket.scope != .other) && isWanted(socket)
    }
    let tracked = watcher.sockets
    // Some of those that ended are forgotten already.
    let forgotten = watcher.trafficInterval.ended.filter { tracked[$0.id] == nil }
    sockets = (tracked.values.filter(mayBeSelected) + forgotten.filter(mayBeSelected)).sorted { $0.id < $1.id }
    snapshot = Snapshot(sockets: sockets, of: watcher.snapshot)
    rows = selection.rows(of: snapshot)
  }
}
