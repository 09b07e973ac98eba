package import SocketModel

/// A scan that is kept with its rows, for checks of all sockets: from time to time one of the scans
/// collects more than the others for it.
struct KeptScan: Sendable {
  /// The newest that was not taken yet.
  private var snapshot: Snapshot?
  /// When the next is due, in nanoseconds of the monotonic clock.
  private var next: UInt64 = 0

  /// The shortest time between two, in nanoseconds.
  private static let pause: UInt64 = 5_000_000_000
  /// How much of the time may be spent on them: one part in this many.
  private static let share: UInt64 = 50

  /// Whether the next scan is to be kept.
  func isDue(_ now: UInt64) -> Bool { now >= next }

  /// Takes the rows that a scan kept.
  mutating func take(_ scan: inout WatchReader.Scan) {
    guard let kept = scan.kept else { return }
    snapshot = kept
    scan.kept = nil
    next = scan.begun &+ max(Self.pause, (scan.ended &- scan.begun) &* Self.share)
  }

  /// Hands out the newest, once.
  mutating func take() -> Snapshot? {
    defer { snapshot = nil }
    return snapshot
  }
}

extension Watcher {
  /// The newest scan with its rows, once, where ``Options/keepsScans`` asks for that: with figures of
  /// TCP, drops and counters, and with the owners that are known by now of all sockets but idle
  /// connections.
  package func takeKeptScan() -> Snapshot? {
    guard var scan = kept.take() else { return nil }
    tracker.addOwners(to: &scan)
    scan.problems += snapshot.problems.filter(\.costsOnlyOwners)
    return scan
  }

  /// The number of the socket that a row of a scan is about; `nil` when there is none any more.
  package func number(of record: SocketRecord) -> UInt64? { tracker.number(of: record) }
}

extension RequiredDetails {
  /// What checks need besides: little of most sockets.
  static let ofKeptScans: RequiredDetails = [.drops, .memory, .tcpInfo, .tellingDetailsOnly, .counters]

  /// Those that are in a ``SocketDetail``.
  fileprivate static let inDetails: RequiredDetails = [.memory, .tcpInfo, .congestion, .attributes]
}

extension Snapshot {
  /// Removes what was collected of single sockets only because the scan is kept, so that to the
  /// tracker each scan looks like the others.
  mutating func reduce(to wanted: RequiredDetails) {
    let hasDetails = !wanted.isDisjoint(with: .inDetails)
    let hasDrops = !wanted.isDisjoint(with: [.drops, .memory])
    let hasFallback = wanted.contains(.tcpInfo)
    if !wanted.contains(.counters) {
      counters = []
      problems.removeAll { if case .counters = $0.subject { true } else { false } }
    }
    if !hasDetails { details = [] }
    for row in records.indices {
      if !hasDetails { records[row].detailIndex = SocketRecord.noIndex }
      if !hasFallback { records[row].flags.subtract([.fallbackIsKnown, .isFallback]) }
      if !hasDrops {
        records[row].known.remove(.drops)
        records[row].drops = 0
      }
    }
  }
}
