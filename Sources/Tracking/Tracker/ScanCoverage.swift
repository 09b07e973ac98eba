import SocketModel

/// What the scans so far cover: decides whether a socket that none of them showed can exist in the
/// watched namespace.
struct ScanCoverage: Sendable {
  /// Whether there was a scan.
  private(set) var hasBegun = false
  /// Whether the last scan was complete.
  private(set) var isComplete = false
  /// When transitions were last lost; `nil` when a complete scan began since.
  private(set) var lastLoss: Timestamp?
  /// The sockets that the last scan did not show although they may exist.
  private(set) var hidden: Set<UInt64> = []

  /// Whether every socket of the watched namespace that the tracepoint can report is known.
  var isGapless: Bool { hasBegun && isComplete && lastLoss == nil }

  /// Whether every loss of transitions was made up for by a scan.
  var hasNoLoss: Bool { lastLoss == nil }

  /// Notes that transitions were lost.
  mutating func noteLoss(at time: Timestamp) { lastLoss = time }

  /// Notes whether a scan was complete.
  ///
  /// - Parameter begun: when it began; `nil` when there is no other source.
  mutating func note(isComplete: Bool, begun: Timestamp?) {
    self.isComplete = isComplete
    if let loss = lastLoss, isComplete, let begun, begun.nanosecondsSince1970 > loss.nanosecondsSince1970 {
      lastLoss = nil
    }
  }

  /// Notes which sockets the scan did not show although they may exist.
  mutating func note(hidden: Set<UInt64>) { self.hidden = hidden }

  /// Notes that a scan has been applied.
  mutating func endScan() { hasBegun = true }
}
