package import SocketModel

/// Decodes the kernel's tables of counters: `/proc/net/snmp` and `netstat` (`net/ipv4/proc.c`),
/// `snmp6` (`net/ipv6/proc.c`), `sctp/snmp`.
///
/// The first two have two lines for each protocol, one with the names and one with the values, both
/// beginning with its name and a colon. The others have a name and a value on each line.
package enum CounterTables {
  /// Decodes a whole file.
  ///
  /// A value that is missing or is not a number is 0, and so are those after it. What follows lines
  /// without a colon is left out.
  /// - Returns: the groups, and what was wrong with the rest of the file: it has another form, or
  ///   ends after the names of a group.
  package static func decode(
    _ bytes: Span<UInt8>, of table: CounterGroup.Table
  ) -> (groups: [CounterGroup], damage: Problem.Cause?) {
    let lines = (0..<bytes.count).map { bytes[$0] }.split(separator: UInt8(ascii: "\n"))
    switch table {
    case .snmp, .netstat: return pairs(lines, table)
    case .snmp6, .sctp: return singles(lines, table)
    }
  }

  /// Whether the bytes are only letters, digits, signs and blanks.
  package static func holdsOnlyCounters(_ bytes: [UInt8]) -> Bool {
    bytes.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: " "),
        UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }

  private static func pairs(
    _ lines: [ArraySlice<UInt8>], _ table: CounterGroup.Table
  ) -> (groups: [CounterGroup], damage: Problem.Cause?) {
    var groups: [CounterGroup] = []
    var index = 0
    while index + 1 < lines.count {
      let (names, values) = (lines[index], lines[index + 1])
      guard let end = names.firstIndex(of: UInt8(ascii: ":")), let start = values.firstIndex(of: UInt8(ascii: ":"))
      else {
        return (groups, .malformed(.counterWithoutColon))
      }
      var group = CounterGroup(table: table, name: Array(names[..<end]), counters: [])
      var rest = values[(start + 1)...]
      for name in names[(end + 1)...].split(whereSeparator: isSpace) {
        group.counters.append(.init(name: Array(name), value: takeNumber(&rest)))
      }
      groups.append(group)
      index += 2
    }
    return (groups, index == lines.count ? nil : .truncated(.lastGroup))
  }

  private static func singles(
    _ lines: [ArraySlice<UInt8>], _ table: CounterGroup.Table
  ) -> (groups: [CounterGroup], damage: Problem.Cause?) {
    var group = CounterGroup(table: table, name: [], counters: [])
    for line in lines {
      guard let name = line.split(maxSplits: 1, whereSeparator: isSpace).first else { continue }
      var rest = line[name.endIndex...]
      group.counters.append(.init(name: Array(name), value: takeNumber(&rest)))
    }
    return ([group], nil)
  }

  /// Takes a number from the beginning, as `strtoull` does: a negative one counts down from 2^64,
  /// one that is too large becomes the largest. Where there is none, nothing is taken and the
  /// number is 0.
  private static func takeNumber(_ bytes: inout ArraySlice<UInt8>) -> UInt64 {
    var rest = bytes.drop(while: isSpace)
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard !digits.isEmpty else { return 0 }
    bytes = rest[digits.endIndex...]
    var value: UInt64 = 0
    for digit in digits {
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, carries) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
      if overflows || carries { return .max }
      value = sum
    }
    return isNegative ? 0 &- value : value
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
