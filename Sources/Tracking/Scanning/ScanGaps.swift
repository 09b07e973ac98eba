import SocketModel

/// The sockets that may be missing from a scan, according to its problems: their absence does not
/// mean that they ended.
///
/// A row that does not parse is not a gap: only that row is missing from the table.
struct ScanGaps: Sendable {
  /// How much of a transport a scan lacks.
  private enum Depth { case doubtful, open }
  private var gaps: [Transport: Depth] = [:]

  /// Whether nothing is missing.
  var isEmpty: Bool { gaps.isEmpty }

  init(_ problems: [Problem]) {
    for problem in problems {
      for transport in problem.transports {
        switch (problem.cause, problem.subject) {
        case (.unreadable, _), (.truncated, _), (.missing, _): gaps[transport] = .open
        // An answer of sock_diag that does not parse may be the last one that was read.
        case (.malformed, .dump): gaps[transport] = .open
        // The dump was repeated, and is complete except for what came and went.
        case (.interrupted, _): gaps[transport] = gaps[transport] ?? .doubtful
        case (.malformed, _), (.forbidden, _), (.otherNamespace, _), (.inconsistent, _), (.unknown, _): break
        }
      }
    }
  }

  /// Whether a socket that the scan does not show may exist.
  ///
  /// - Parameter wasMissing: whether the scan before did not show it either.
  func mayHide(_ record: SocketRecord, wasMissing: Bool) -> Bool {
    switch gaps[record.transport] {
    case nil: false
    case .doubtful: !wasMissing
    case .open: true
    }
  }
}
