import KernelFormats
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
      guard let transport = Self.transport(of: problem.subject) else { continue }
      switch problem.kind {
      case .unreadable, .truncated, .missing: gaps[transport] = .open
      // An answer of sock_diag that does not parse may be the last one that was read.
      case .malformed where problem.subject.hasPrefix(Self.dump): gaps[transport] = .open
      // The dump was made again and again, and is whole but for what came and went.
      case .interrupted: gaps[transport] = gaps[transport] ?? .doubtful
      case .malformed, .forbidden, .otherNamespace: break
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

  /// The transport of a table, `net/tcp6`, or dump, `sock_diag tcp ipv4`; `nil` of anything else.
  private static func transport(of subject: String) -> Transport? {
    if subject.hasPrefix("net/") { return ProcNetTable(rawValue: String(subject.dropFirst(4)))?.transport }
    guard subject.hasPrefix(dump) else { return nil }
    let name = subject.dropFirst(dump.count).prefix { $0 != " " }
    return Transport.allCases.first { $0.name == name }
  }

  /// How the subjects of dumps begin.
  private static let dump = "sock_diag "
}
