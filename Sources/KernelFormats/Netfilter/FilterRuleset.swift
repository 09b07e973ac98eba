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

  /// How deep rules may lead from chain to chain (`NFT_JUMP_STACK_SIZE`), and how many rules are
  /// looked at.
  private static let deepest = 16
  private static let mostRules = 100_000
  /// The most rules of a chain that are reported.
  private static let mostFound = 64

  package init() {}

  package mutating func add(_ chain: NFTChain) { chains.append(chain) }
  package mutating func add(_ rule: NFTRule) { rules.append(rule) }
  package mutating func add(_ elements: [NFTElement], to set: NFTSetName) { sets[set, default: []] += elements }

  /// The sets that rules look into.
  package var wantedSets: [NFTSetName] {
    var wanted: [NFTSetName] = []
    for rule in rules {
      for case .lookup(let set, _, _, _, _) in rule.expressions {
        let name = NFTSetName(family: rule.family, table: rule.table, name: set)
        if !wanted.contains(name) { wanted.append(name) }
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

  fileprivate func rules(of chain: [UInt8], like base: NFTChain) -> [NFTRule] {
    rules.lazy.prefix(Self.mostRules).filter {
      $0.family == base.family && $0.table == base.table && $0.chain == chain
    }
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

  /// One walk through a base chain.
  fileprivate struct FilterRun {
    let ruleset: FilterRuleset
    let packet: Packet
    let base: NFTChain
    var found: [FilterRule] = []
    /// Whether a rule certainly keeps the packet out or sends it elsewhere.
    var isDecided = false
    private var registers: [UInt32: [UInt8]] = [:]
    private var steps = 0

    init(_ ruleset: FilterRuleset, _ packet: Packet, _ base: NFTChain) {
      self.ruleset = ruleset
      self.packet = packet
      self.base = base
    }

    /// Whether something holds: certainly, perhaps, or not.
    private enum Truth { case yes, perhaps, no }

    /// How a chain ends.
    private enum End { case through, accepted, decided }

    mutating func run() {
      guard walk(base.name, isCertain: true, depth: 0) == .through, base.dropsTheRest else { return }
      var rule = FilterRule(
        .drop, table: base.table, chain: base.name, family: FilterRuleset.name(ofFamily: base.family))
      rule.isPolicy = true
      // What rules accept perhaps is not dropped.
      rule.hasOtherConditions = acceptsPerhaps
      found.append(rule)
      isDecided = !acceptsPerhaps
    }

    private var acceptsPerhaps = false

    private mutating func walk(_ chain: [UInt8], isCertain: Bool, depth: Int) -> End {
      guard depth < FilterRuleset.deepest else { return .through }
      for rule in ruleset.rules(of: chain, like: base) {
        steps += 1
        guard steps < FilterRuleset.mostRules else { return .through }
        let (truth, outcome, packets) = evaluate(rule)
        guard truth != .no, let outcome else { continue }
        let isSure = isCertain && truth == .yes
        switch outcome {
        case .accept:
          if isSure { return .accepted }
          acceptsPerhaps = true
        case .leave: if isSure { return .through }
        case .jump(let target), .goto(let target):
          let end = walk(target, isCertain: isSure, depth: depth + 1)
          if end != .through { return end }
          if case .goto = outcome, isSure { return .through }
        case .deed(let action):
          var entry = FilterRule(
            action, table: base.table, chain: chain, family: FilterRuleset.name(ofFamily: base.family))
          entry.packets = packets
          entry.hasOtherConditions = !isSure
          if found.count < FilterRuleset.mostFound { found.append(entry) }
          if isSure {
            isDecided = true
            return .decided
          }
        }
      }
      return .through
    }

    private enum Outcome {
      case accept, leave
      case jump([UInt8]), goto([UInt8])
      case deed(FilterRule.Action)
    }

    /// Whether a rule matches, and what it then does.
    private mutating func evaluate(_ rule: NFTRule) -> (Truth, Outcome?, UInt64?) {
      registers = [:]
      var truth = Truth.yes
      var packets: UInt64?
      func weaken(_ other: Truth) { if other == .perhaps, truth == .yes { truth = .perhaps } }
      for expression in rule.expressions {
        switch expression {
        case .meta(let key, let register): registers[register] = value(meta: key)
        case .payload(let base, let offset, let length, let register):
          registers[register] = value(base, Int(offset), Int(length))
        case .connection(let key, let register):
          // A new connection: NF_CT_STATE_BIT(IP_CT_NEW), in the order of this machine.
          registers[register] = key == 0 ? Self.host(8) : nil
        case .route(let result, let flags, let register):
          // The type of the destination: RTN_LOCAL.
          registers[register] = result == 3 && flags & 2 != 0 ? Self.host(2) : nil
        case .immediate(let bytes, let register): registers[register] = bytes
        case .bitwise(let source, let register, let mask, let xor):
          registers[register] = registers[source].flatMap { value in
            value.count == mask.count && value.count == xor.count
              ? value.indices.map { value[$0] & mask[$0] ^ xor[$0] } : nil
          }
        case .compare(let register, let operation, let bytes):
          let other = compare(register, operation, bytes)
          if other == .no { return (.no, nil, nil) }
          weaken(other)
        case .range(let register, let isOutside, let first, let last):
          guard let value = registers[register], value.count == first.count, value.count == last.count else {
            weaken(.perhaps)
            continue
          }
          let isInside = !value.lexicographicallyPrecedes(first) && !last.lexicographicallyPrecedes(value)
          if isInside == isOutside { return (.no, nil, nil) }
        case .lookup(let set, let register, let isOutside, let decides, let loads):
          if let loads { registers[loads] = nil }
          guard let element = find(set, register, rule) else {
            weaken(.perhaps)
            if decides { return (truth, nil, packets) }
            continue
          }
          if decides {
            guard case .some(let found) = element, let verdict = found.verdict else { return (.no, nil, nil) }
            return (truth, outcome(verdict), packets)
          }
          if (element != nil) == isOutside { return (.no, nil, nil) }
        case .counter(let count): packets = count
        case .verdict(let verdict): return (truth, outcome(verdict), packets)
        case .reject: return (truth, .deed(.reject), packets)
        case .destination(let address, let port):
          return (truth, .deed(.translate(end(address, port))), packets)
        case .redirect(let port):
          return (truth, .deed(.redirect(port.flatMap { registers[$0] }.flatMap(Self.port))), packets)
        case .match(let name, let info):
          let other = match(name, info)
          if other == .no { return (.no, nil, nil) }
          weaken(other)
        case .target(let name, let info):
          guard let outcome = target(name, info) else { return (truth, nil, packets) }
          return (truth, outcome, packets)
        case .harmless: break
        case .unknown: weaken(.perhaps)
        }
      }
      return (truth, nil, packets)
    }

    private func outcome(_ verdict: NFTVerdict) -> Outcome? {
      switch verdict {
      case .accept: .accept
      case .drop: .deed(.drop)
      case .leave: .leave
      case .jump(let chain): .jump(chain)
      case .goto(let chain): .goto(chain)
      case .other: nil
      }
    }

    // MARK: Values

    private static func host(_ number: UInt32) -> [UInt8] {
      var bytes: [UInt8] = []
      bytes.appendHost(number)
      return bytes
    }

    private static func port(_ bytes: [UInt8]) -> UInt16? {
      bytes.count >= 2 ? UInt16(bytes[0]) << 8 | UInt16(bytes[1]) : nil
    }

    private func value(meta key: UInt32) -> [UInt8]? {
      switch key {
      case 1: [packet.isIPv6 ? 0x86 : 0x08, packet.isIPv6 ? 0xDD : 0x00]  // NFT_META_PROTOCOL
      case 6 where base.hook != 3: packet.isLocal ? Array("lo".utf8) + Array(repeating: 0, count: 14) : nil
      case 7 where base.hook == 3: Array("lo".utf8) + Array(repeating: 0, count: 14)
      case 15: [packet.isIPv6 ? 10 : 2]  // NFT_META_NFPROTO
      case 16: [packet.isUDP ? 17 : 6]  // NFT_META_L4PROTO
      default: nil
      }
    }

    private func value(_ base: UInt32, _ offset: Int, _ length: Int) -> [UInt8]? {
      if base == 2, offset == 2, length == 2 { return [UInt8(packet.port >> 8), UInt8(packet.port & 0xFF)] }
      guard base == 1 else { return nil }
      if !packet.isIPv6, offset == 9, length == 1 { return [packet.isUDP ? 17 : 6] }
      if packet.isIPv6, offset == 6, length == 1 { return [packet.isUDP ? 17 : 6] }
      guard let address = packet.address else { return nil }
      let bytes = (0..<16).map { UInt8(truncatingIfNeeded: address.bits >> UInt128(120 - 8 * $0)) }
      if packet.isIPv6 { return offset == 24 && length > 0 && length <= 16 ? Array(bytes.prefix(length)) : nil }
      return offset == 16 && length > 0 && length <= 4 ? Array(bytes.suffix(4).prefix(length)) : nil
    }

    private func compare(_ register: UInt32, _ operation: UInt32, _ bytes: [UInt8]) -> Truth {
      guard let value = registers[register], value.count >= bytes.count else {
        // Other machines do not come in by the loopback interface.
        let isLoopback = bytes.starts(with: Array("lo".utf8) + [0])
        return isLoopback && operation == 0 && !packet.isLocal ? .no : .perhaps
      }
      let known = Array(value.prefix(bytes.count))
      let isLess = known.lexicographicallyPrecedes(bytes)
      let holds =
        switch operation {
        case 0: known == bytes
        case 1: known != bytes
        case 2: isLess
        case 3: isLess || known == bytes
        case 4: !isLess && known != bytes
        case 5: !isLess
        default: false
        }
      return holds ? .yes : .no
    }

    /// The element of a set with a register's value: the outer `nil` when the value or the set is
    /// not known, the inner when there is none.
    private func find(_ set: [UInt8], _ register: UInt32, _ rule: NFTRule) -> NFTElement?? {
      let name = NFTSetName(family: rule.family, table: rule.table, name: set)
      guard let value = registers[register], let elements = ruleset.sets[name] else { return nil }
      guard elements.allSatisfy({ $0.key.count == value.count || $0.key.isEmpty }) else { return nil }
      guard elements.contains(where: \.endsInterval) else { return .some(elements.first { $0.key == value }) }
      // In order the last one at or before the value decides.
      let before = elements.filter { !value.lexicographicallyPrecedes($0.key) }
      let last = before.max { first, second in
        first.key == second.key
          ? first.endsInterval && !second.endsInterval : first.key.lexicographicallyPrecedes(second.key)
      }
      return .some(last.flatMap { $0.endsInterval ? nil : $0 })
    }

    private func end(_ address: UInt32?, _ port: UInt32?) -> Endpoint? {
      guard let bytes = address.flatMap({ registers[$0] }) else { return nil }
      let target = port.flatMap { registers[$0] }.flatMap(Self.port) ?? packet.port
      guard bytes.count == 4 || bytes.count == 16 else { return nil }
      return Endpoint(address: Self.address(bytes[...]), port: target)
    }

    private static func address(_ bytes: ArraySlice<UInt8>) -> IPAddress {
      IPAddress(bits: bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }, isIPv4: bytes.count == 4)
    }

    // MARK: iptables

    /// `xt_tcp` and `xt_udp`: the first and last source port, then the destination ports, in the
    /// order of this machine; `xt_addrtype`, which asks whether the destination is this machine.
    private func match(_ name: [UInt8], _ info: [UInt8]) -> Truth {
      switch String(decoding: name, as: UTF8.self) {
      case "tcp", "udp":
        guard info.count >= 8, (name == Array("udp".utf8)) == packet.isUDP else {
          return info.count >= 8 ? .no : .perhaps
        }
        let first = info.span.hostUInt16(at: 4)
        let last = info.span.hostUInt16(at: 6)
        let inverse = packet.isUDP ? (info.count > 8 ? info[8] : 0) : (info.count > 11 ? info[11] : 0)
        if inverse != 0 { return .perhaps }
        guard first <= packet.port, packet.port <= last else { return .no }
        let isAnySource = info.span.hostUInt16(at: 0) == 0 && info.span.hostUInt16(at: 2) == .max
        return isAnySource ? .yes : .perhaps
      case "addrtype": return .yes
      case "comment": return .yes
      case "conntrack", "state": return .perhaps
      default: return .perhaps
      }
    }

    /// `DNAT` and `REDIRECT` with `struct nf_nat_range2`; `nil` for a target that decides nothing.
    private func target(_ name: [UInt8], _ info: [UInt8]) -> Outcome? {
      switch String(decoding: name, as: UTF8.self) {
      case "REJECT": return .deed(.reject)
      case "DROP": return .deed(.drop)
      case "DNAT":
        guard info.count >= 40 else { return .deed(.translate(nil)) }
        let bytes = packet.isIPv6 ? info[4..<20] : info[4..<8]
        let port = UInt16(info[36]) << 8 | UInt16(info[37])
        let isSet = bytes.contains { $0 != 0 }
        return .deed(
          .translate(isSet ? Endpoint(address: Self.address(bytes), port: port == 0 ? packet.port : port) : nil))
      case "REDIRECT":
        // `struct nf_nat_ipv4_multi_range_compat`: a count, flags, two addresses, two ports.
        guard info.count >= 20 else { return .deed(.redirect(nil)) }
        return .deed(.redirect(UInt16(info[16]) << 8 | UInt16(info[17])))
      default: return nil
      }
    }
  }
}
