/// The sentences that `netstat -s` makes from the counters it knows.
///
/// Scripts look for them, so they are net-tools 2.10's own, including mistakes. It finds them by a
/// binary search in lists that are not all sorted (`statistics.c`), and so never finds some: those
/// counters are shown by their names, and are not listed here.
enum NetstatSentences {
  /// When a counter is shown.
  enum Kind: Sendable {
    /// Never.
    case hidden
    case always
    case unlessZero
    /// Below the heading for ICMP messages received or sent, unless it is 0; the heading is always
    /// shown.
    case icmpInput, icmpOutput
  }

  /// The text around a counter's value.
  struct Sentence: Sendable {
    let kind: Kind
    let before: String
    let after: String
  }

  /// The sentences of one protocol.
  struct Group: Sendable {
    let protocols: NetstatStatistics.Protocols
    let sentences: [String: Sentence]
  }

  /// The group of a protocol by its name in the tables; `nil` for one that the original does not
  /// know.
  static func group(_ name: String) -> Group? { groups[name] }

  private static let groups: [String: Group] = [
    "Ip": read(.ip, ip), "Icmp": read(.ip, icmp), "Tcp": read(.tcp, tcp), "Udp": read(.udp, udp),
    "TcpExt": read(.tcp, tcpExtended), "Sctp": read(.sctp, sctp), "Ip6": read(.ip, ip6, prefix: "Ip6"),
    "Icmp6": read(.ip, icmp6, prefix: "Icmp6"), "Udp6": read(.udp, udp6, prefix: "Udp6"),
  ]

  /// Parses lines `NAME = SENTENCE` with `#` for the value. A sign before the name says when it is
  /// shown: `?` unless it is 0, `<` and `>` with the ICMP messages received and sent, `-` never. In
  /// `/proc/net/snmp6` all names begin with the protocol's, which the lines leave out.
  private static func read(_ protocols: NetstatStatistics.Protocols, _ text: String, prefix: String = "") -> Group {
    var sentences: [String: Sentence] = [:]
    for line in text.split(separator: "\n") {
      let kind: Kind =
        switch line.first {
        case "-": .hidden
        case "?": .unlessZero
        case "<": .icmpInput
        case ">": .icmpOutput
        default: .always
        }
      let parts = line.dropFirst(2).split(separator: " = ", maxSplits: 1)
      let around = (parts.count > 1 ? parts[1] : "").split(separator: "#", omittingEmptySubsequences: false)
      sentences[prefix + parts[0]] = Sentence(
        kind: kind, before: String(around.first ?? ""), after: around.count > 1 ? String(around[1]) : "")
    }
    return Group(protocols: protocols, sentences: sentences)
  }
}
