internal import SocketModel
internal import Text

/// Numbers that a table writes as words. JSON and CSV keep the numbers.
package enum WordsForNumbers {
  /// The words for a number of a field; `nil` when the number itself is shown.
  static func text(_ number: UInt64, _ words: NumberWords?) -> String? {
    switch words {
    case nil, .namespaces: nil
    case .ordinals(_, let words): number < UInt64(words.count) ? words[Int(number)] : nil
    case .bits(_, let words): names(number, words)
    case .time: Int64(exactly: number).map { Timestamp(seconds: $0, nanoseconds: 0).rfc3339Seconds }
    case .duration: duration(number)
    case .rate: scaledBytes(number)
    }
  }

  /// A time span in its two largest units: `41s`, `5m12s`, `3h5m`, `2d4h`.
  package static func duration(_ seconds: UInt64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400)
    if days > 0 { return hours % 24 == 0 ? "\(days)d" : "\(days)d\(hours % 24)h" }
    if hours > 0 { return minutes % 60 == 0 ? "\(hours)h" : "\(hours)h\(minutes % 60)m" }
    if minutes > 0 { return seconds % 60 == 0 ? "\(minutes)m" : "\(minutes)m\(seconds % 60)s" }
    return "\(seconds)s"
  }

  private static func names(_ bits: UInt64, _ names: [String]) -> String? {
    if bits == 0 { return "none" }
    if bits >> UInt64(names.count) != 0 { return nil }
    return names.indices.filter { bits >> UInt64($0) & 1 != 0 }.map { names[$0] }.joined(separator: ",")
  }
}

extension FieldDeclaration {
  /// The heading of the column in a table: the title, with the unit for a time, for which several
  /// are in use.
  package var heading: String {
    switch unit {
    case "us", "ms": "\(title) \(unit ?? "")"
    default: title
    }
  }
}
