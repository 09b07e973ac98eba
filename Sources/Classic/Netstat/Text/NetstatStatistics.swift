import Rendering
package import SocketModel
internal import Text

/// The counters of the kernel's protocols as `netstat -s` of net-tools 2.10 prints them
/// (`statistics.c` there).
package struct NetstatStatistics: Sendable {
  /// Protocols whose counters are shown with sentences. Groups that the original does not know are
  /// always shown.
  package struct Protocols: OptionSet, Sendable, Hashable {
    /// One bit per protocol.
    package let rawValue: UInt8
    /// Makes a set from its bits.
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// IP and ICMP (`-w`).
    package static let ip = Protocols(rawValue: 1)
    /// TCP (`-t`).
    package static let tcp = Protocols(rawValue: 2)
    /// UDP (`-u`).
    package static let udp = Protocols(rawValue: 4)
    /// SCTP (`-S`).
    package static let sctp = Protocols(rawValue: 8)
  }

  /// The heading above the counters that follow, which decides how far they are indented.
  private enum Place: Equatable { case plain, icmpInput, icmpOutput }

  private let protocols: Protocols
  private var place = Place.plain
  private var output: [UInt8] = []

  private init(_ protocols: Protocols) { self.protocols = protocols }

  /// The text for IPv4: the tables `snmp`, `netstat` and, where it exists, that of SCTP.
  package static func ipv4(_ counters: [CounterGroup], _ protocols: Protocols) -> [UInt8] {
    var writer = NetstatStatistics(protocols)
    for group in counters where group.table == .snmp || group.table == .netstat { writer.append(group) }
    for group in counters where group.table == .sctp {
      writer.append(CounterGroup(table: .sctp, name: Array("Sctp".utf8), counters: group.counters))
    }
    return writer.output
  }

  /// The text for IPv6: the table `snmp6`, and TCP of `snmp`, which counts for both.
  package static func ipv6(_ counters: [CounterGroup], _ protocols: Protocols) -> [UInt8] {
    var writer = NetstatStatistics(protocols)
    for group in counters where group.table == .snmp6 { writer.appendIPv6(group) }
    for group in counters where group.table == .snmp && group.name.starts(with: "Tcp".utf8) { writer.append(group) }
    return writer.output
  }

  private mutating func append(_ group: CounterGroup) {
    let sentences = begin(group.name)
    for counter in group.counters { append(counter, sentences) }
  }

  /// Appends counters of IPv6, whose names begin with their protocol, up to the digit.
  private mutating func appendIPv6(_ group: CounterGroup) {
    var name: [UInt8]?
    var sentences = NetstatSentences.Group?.none
    for counter in group.counters {
      if name.map({ !counter.name.contains($0) }) ?? true {
        let own = counter.name.firstIndex(of: UInt8(ascii: "6")).map { Array(counter.name[...$0]) } ?? counter.name
        name = own
        sentences = begin(own)
      }
      append(counter, sentences)
    }
  }

  /// Begins a group. `nil` for one that the original does not know: its counters are shown by name.
  private mutating func begin(_ name: [UInt8]) -> NetstatSentences.Group? {
    let known = NetstatSentences.group(String(decoding: name, as: UTF8.self))
    if known.map({ protocols.contains($0.protocols) }) ?? true {
      appendMasked(name)
      output.append(ascii: ":\n")
    }
    if known != nil { place = .plain }
    return known
  }

  private mutating func append(_ counter: CounterGroup.Counter, _ group: NetstatSentences.Group?) {
    if let group, !protocols.contains(group.protocols) { return }
    guard let sentence = group?.sentences[String(decoding: counter.name, as: UTF8.self)] else {
      guard counter.value != 0 else { return }
      indent()
      appendMasked(counter.name)
      output.append(ascii: ": ")
      output.appendDecimal(counter.value)
      return output.append(ASCII.newline)
    }
    switch sentence.kind {
    case .hidden: return
    case .always: place = .plain
    case .unlessZero:
      place = .plain
      if counter.value == 0 { return }
    case .icmpInput:
      enter(.icmpInput, "ICMP input histogram:")
      if counter.value == 0 { return }
    case .icmpOutput:
      enter(.icmpOutput, "ICMP output histogram:")
      if counter.value == 0 { return }
    }
    indent()
    output.append(ascii: sentence.before)
    output.appendDecimal(counter.value)
    output.append(ascii: sentence.after)
    output.append(ASCII.newline)
  }

  private mutating func enter(_ new: Place, _ title: String) {
    if place != new {
      indent()
      output.append(ascii: title)
      output.append(ASCII.newline)
    }
    place = new
  }

  private mutating func indent() { output.append(ascii: place == .plain ? "    " : "        ") }

  /// Appends a name, masking what is not printable ASCII: anyone may have written the table.
  private mutating func appendMasked(_ name: [UInt8]) {
    for byte in name { output.append((ASCII.blank..<ASCII.delete).contains(byte) ? byte : NetstatText.mask) }
  }
}

extension [UInt8] {
  /// Whether these bytes contain others.
  fileprivate func contains(_ other: [UInt8]) -> Bool {
    guard count >= other.count else { return false }
    return (0...(count - other.count)).contains { self[$0..<($0 + other.count)].elementsEqual(other) }
  }
}
