import SocketModel

/// Of which sockets a reading may lack some, as its problems tell: what is missing there has not ended for that.
///
/// A row that does not parse is no gap: it costs the table nothing but itself.
struct ReadingGaps: Sendable {
  /// How much a reading lacks of a transport.
  private enum Depth { case doubtful, open }
  private var gaps: [Transport: Depth] = [:]

  /// Whether nothing is lacking.
  var isEmpty: Bool { gaps.isEmpty }

  init(_ problems: [Problem]) {
    for problem in problems {
      for transport in problem.transports {
        switch (problem.kind, problem.place) {
        case (.unreadable, _), (.truncated, _), (.missing, _): gaps[transport] = .open
        // An answer of sock_diag that does not parse may be the last one that was read.
        case (.malformed, .dump): gaps[transport] = .open
        // The dump was made again and again, and is whole but for what came and went.
        case (.interrupted, _): gaps[transport] = gaps[transport] ?? .doubtful
        case (.malformed, _), (.forbidden, _), (.otherNamespace, _), (.inconsistent, _), (.unknown, _): break
        }
      }
    }
  }

  /// Whether a socket that the reading does not show may be there.
  ///
  /// - Parameter wasMissing: whether the reading before did not show it either.
  func mayHide(_ record: SocketRecord, wasMissing: Bool) -> Bool {
    switch gaps[record.transport] {
    case nil: false
    case .doubtful: !wasMissing
    case .open: true
    }
  }
}
