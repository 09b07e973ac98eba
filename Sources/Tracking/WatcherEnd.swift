import Inspection
import LinuxSystem
public import SocketModel

extension Watcher {
  /// Ends the watching: takes what has happened until now, and counts what takes longer as missed.
  ///
  /// - Parameters:
  ///   - milliseconds: how long that may take; it takes less when little is in progress.
  ///   - pause: waits for the given milliseconds, while a scan or the kernel is not ready yet.
  ///   - body: called with the events, piece by piece; when it returns `false`, watching ends at
  ///     once.
  public func finish<Failure: Error>(
    within milliseconds: Int, pausing pause: (_ milliseconds: Int) -> Void,
    _ body: ([SocketEvent]) throws(Failure) -> Bool
  ) throws(Failure) {
    tracepoint?.beginCount(isLast: true)
    let start = Clock.monotonicNanoseconds()
    let deadline = start &+ UInt64(milliseconds) &* 1_000_000
    end = start &+ TracepointSource.countDelay
    if work == nil, start >= nextScan || tracker.meter.isOn { beginScan(start) }
    var isWanted = true
    while isWanted {
      // A scan that fails now is ignored; what the other sources report is still delivered.
      guard let events = try? poll() else { break }
      isWanted = try body(events)
      let isComplete = work == nil && !isBehind && (tracepoint == nil || drained >= end ?? 0)
      if isComplete || Clock.monotonicNanoseconds() >= deadline { break }
      if !isBehind { pause(1) }
    }
    if isWanted, tracker.meter.isOn { _ = try body(takeLateNotices(until: deadline, pausing: pause)) }
    abandon()
    if isWanted { _ = try body(tracker.takeEvents(at: .max)) }
  }

  /// Counts what was not taken by now as missed.
  private func abandon() {
    if let tracepoint {
      tracepoint.abandon()
      noteLosses(of: tracepoint)
      for (notice, _) in arrivals { tracker.ingest(notice, now: drained) }
      arrivals = []
    } else if let (fresh, loss) = notices?.receive(atMost: 1), !fresh.isEmpty || loss != .none {
      // There is more than can be taken; how much more is not known.
      tracker.noteLoss(nil, of: .destroyNotice, at: tracker.moment(drained))
    }
  }
}
