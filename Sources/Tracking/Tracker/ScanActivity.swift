import SocketModel

/// Which connections were busy in the last scans, and whether the others stay as they are until a
/// segment is sent: then the next scan can leave them out (``ActiveConnections``).
struct ScanActivity: Sendable {
  /// Whether all connections of the last whole scan except for the active ones stay as they are until a
  /// segment is sent.
  private(set) var isSteady = false
  /// How many TCP sockets it had.
  private(set) var count = 0
  /// The active connections, and the number of the last scan in which they were busy.
  private var active: [UInt64: UInt64] = [:]
  private var scans: UInt64 = 0
  private var isPartial = false

  /// The most active connections.
  static let limit = 128
  /// For how many scans a connection that was busy stays active: what sent something a moment ago soon
  /// sends more.
  private static let memory: UInt64 = 30

  /// The numbers of the active connections.
  var ids: some Sequence<UInt64> { active.keys }

  /// Notes that a scan leaves something open.
  mutating func noteDoubt() { isSteady = false }

  /// Begins to apply a scan.
  mutating func begin(isPartial: Bool) {
    scans += 1
    self.isPartial = isPartial
    guard !isPartial else { return }
    isSteady = true
    count = 0
  }

  /// Notes a TCP socket that a scan has.
  ///
  /// - Parameter isBusy: whether it sent or received something since the scan before; `nil` when that is
  ///   not known.
  mutating func note(_ id: UInt64, _ record: SocketRecord, isBusy: Bool?) {
    if !isPartial { count += 1 }
    switch record.state {
    case .established, .closeWait:
      guard let isBusy else { return noteDoubt() }
      // The program may read what is queued, and no segment shows it.
      guard isBusy || record.receiveQueue != 0 || record.sendQueue != 0 else { return }
      guard active[id] != nil || active.count < Self.limit else { return noteDoubt() }
      active[id] = scans
    case .listen, .boundInactive: break
    default: noteDoubt()
    }
  }

  /// Ends the application of a scan: what was not busy for long is no longer active.
  mutating func end() {
    guard scans.isMultiple(of: Self.memory) else { return }
    active = active.filter { scans - $0.value < Self.memory }
  }
}
