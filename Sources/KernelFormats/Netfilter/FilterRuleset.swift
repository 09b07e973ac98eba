package import SocketModel

/// The rules of nf_tables of a network namespace, and what they do with the first packet of a
/// connection to a port of this machine.
///
/// A rule whose conditions are all known to hold applies; one with conditions that depend on who
/// asks, or that are not decoded, may apply.
package struct FilterRuleset: Sendable {
  package private(set) var chains: [NFTChain] = []
  package private(set) var rules: [NFTRule] = []
  package private(set) var sets: [NFTSetName: [NFTElement]] = [:]
  /// The indexes of the rules of each chain, in their order.
  private var rulesOfChain: [ChainName: [Int]] = [:]

  private struct ChainName: Hashable {
    let family: UInt8
    let table: [UInt8]
    let chain: [UInt8]
  }

  /// How deep rules may lead from chain to chain (`NFT_JUMP_STACK_SIZE`), and how many rules are
  /// looked at.
  static let deepest = 16
  static let mostRules = 100_000
  /// The most rules of a chain that are reported.
  static let mostFound = 64

  package init() {}

  package mutating func add(_ chain: NFTChain) { chains.append(chain) }
  package mutating func add(_ rule: NFTRule) {
    let name = ChainName(family: rule.family, table: rule.table, chain: rule.chain)
    rulesOfChain[name, default: []].append(rules.count)
    rules.append(rule)
  }
  package mutating func add(_ elements: [NFTElement], to set: NFTSetName) { sets[set, default: []] += elements }

  /// The sets that rules look into.
  package var wantedSets: [NFTSetName] {
    var wanted: [NFTSetName] = []
    var seen: Set<NFTSetName> = []
    for rule in rules {
      for case .lookup(let set, _, _, _, _) in rule.expressions {
        let name = NFTSetName(family: rule.family, table: rule.table, name: set)
        if seen.insert(name).inserted { wanted.append(name) }
      }
    }
    return wanted
  }

  /// The packet that rules are tried with.
  package struct Packet: Sendable, Hashable {
    package var port: UInt16
    /// The address of this machine that it goes to; `nil` when it may be any.
    package var address: IPAddress?
    package var isUDP: Bool

    package init(port: UInt16, address: IPAddress?, isUDP: Bool) {
      self.port = port
      self.address = address
      self.isUDP = isUDP
    }

    /// Whether it is IPv6, which it is only when the address says so.
    var isIPv6: Bool { address.map { $0.embeddedIPv4 == nil } ?? false }
    /// Whether it never leaves the machine.
    var isLocal: Bool { address?.isLoopback ?? false }
  }

  /// The rules that do something with the packet: those that certainly do up to the first that
  /// decides, and those that may.
  package func rules(for packet: Packet) -> [FilterRule] {
    var found: [FilterRule] = []
    // Prerouting before input; a client of this machine comes through output first.
    let hooks: [UInt32] = packet.isLocal ? [3, 0, 1] : [0, 1]
    for hook in hooks {
      let bases = chains.filter { $0.hook == hook && applies($0.family, packet) }
      for base in bases.sorted(by: { $0.priority < $1.priority }) {
        var run = FilterRun(self, packet, base)
        run.run()
        found += run.found
        if run.isDecided { return found }
      }
    }
    return found
  }

  private func applies(_ family: UInt8, _ packet: Packet) -> Bool {
    family == 1 || family == (packet.isIPv6 ? 10 : 2)
  }

  /// The indexes of the rules of a chain in the table of a base chain.
  func indexes(of chain: [UInt8], like base: NFTChain) -> [Int] {
    rulesOfChain[ChainName(family: base.family, table: base.table, chain: chain)] ?? []
  }

  /// The name of a family of tables.
  static func name(ofFamily family: UInt8) -> String {
    switch family {
    case 1: "inet"
    case 2: "ip"
    case 10: "ip6"
    default: "\(family)"
    }
  }
}
