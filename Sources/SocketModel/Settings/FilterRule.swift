/// What the packet filter does with the connections to a port.
package enum ForwardingRules: Sendable, Hashable {
  /// The rules were read; these are about the port.
  case read([FilterRule])
  /// There are rules, or may be, that this user may not read.
  case unreadable
  /// There are rules of iptables' older tables, which are not read, and none of nf_tables about the
  /// port.
  case older
  /// There is no packet filter.
  case absent

  /// Whether there may be rules about the port that were not read.
  package var mayHideRules: Bool { self == .unreadable || self == .older }

  /// The rules about the port; empty where none could be read.
  package var rules: [FilterRule] { if case .read(let rules) = self { rules } else { [] } }
}

/// A rule of nf_tables that is about a port.
package struct FilterRule: Sendable, Hashable {
  /// What it does with a packet.
  package enum Action: Sendable, Hashable {
    /// Nobody gets an answer.
    case drop
    /// The client gets an error.
    case reject
    /// Another address; `nil` where the rule takes it from elsewhere.
    case translate(Endpoint?)
    /// The local port.
    case redirect(UInt16?)
  }

  package var action: Action
  package var table: [UInt8]
  package var chain: [UInt8]
  /// The family of the table: `ip`, `ip6`, `inet` ...
  package var family: String
  /// How many packets it has met; `nil` when it has no counter.
  package var packets: UInt64?
  /// Whether it has conditions besides transport, port and local address, so that it does not apply
  /// to everybody.
  package var hasOtherConditions = false
  /// Whether it is the policy of the chain, for what no rule decides.
  package var isPolicy = false

  package init(_ action: Action, table: [UInt8], chain: [UInt8], family: String) {
    self.action = action
    self.table = table
    self.chain = chain
    self.family = family
  }
}
