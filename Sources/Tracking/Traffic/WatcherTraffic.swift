import LinuxSystem
package import SocketModel

extension Watcher {
  /// The interval between the last two scans, where the request asks for
  /// `RequiredDetails.byteCounters`.
  package var trafficInterval: TrafficInterval { tracker.trafficInterval }

  /// How long notices are awaited after the last scan, in nanoseconds.
  private static var patience: UInt64 { 300_000_000 }

  /// Takes, after the last scan, the notices of sockets that had ended by then, and counts their bytes
  /// as a last interval. The kernel sends notices from a work queue, on a busy machine some time after
  /// the end.
  ///
  /// - Parameters:
  ///   - deadline: when to give up at the latest, in nanoseconds of the monotonic clock.
  ///   - pause: waits for the given milliseconds.
  func takeLateNotices(until deadline: UInt64, pausing pause: (_ milliseconds: Int) -> Void) -> [SocketEvent] {
    let end = min(deadline, Clock.monotonicNanoseconds() &+ Self.patience)
    var quiet = 0
    while true {
      quiet += 1
      if let (fresh, _) = notices?.receive() {
        for notice in fresh { arrivals.append((notice, drained)) }
        if !fresh.isEmpty { quiet = 0 }
      }
      for (notice, _) in arrivals { tracker.ingest(notice, now: drained) }
      arrivals = []
      ask()
      if quiet > 2, !tracker.lacksFigures || Clock.monotonicNanoseconds() >= end { break }
      pause(5)
    }
    tracker.endCounting(at: Clock.monotonicNanoseconds())
    return tracker.takeEvents(at: drained)
  }
}
