import SocketModel

/// One walk through a base chain.
struct FilterRun {
  let ruleset: FilterRuleset
  let packet: FilterRuleset.Packet
  let base: NFTChain
  var found: [FilterRule] = []
  /// Whether a rule certainly keeps the packet out or sends it elsewhere.
  var isDecided = false
  private var registers: [UInt32: [UInt8]] = [:]
  /// The registers that have the name or index of the interface that the packet came in by.
  private var interfaceRegisters: Set<UInt32> = []
  private var steps = 0

  init(_ ruleset: FilterRuleset, _ packet: FilterRuleset.Packet, _ base: NFTChain) {
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

  /// Whether something that is not known may let the packet in.
  private var acceptsPerhaps = false

  private mutating func walk(_ chain: [UInt8], isCertain: Bool, depth: Int) -> End {
    guard depth < FilterRuleset.deepest else { return .through }
    for index in ruleset.indexes(of: chain, like: base) {
      steps += 1
      guard steps < FilterRuleset.mostRules else {
        acceptsPerhaps = true
        return .through
      }
      let (truth, outcomes, packets) = evaluate(ruleset.rules[index])
      guard truth != .no else { continue }
      let isSure = isCertain && truth == .yes
      for outcome in outcomes {
        if let end = follow(outcome, of: chain, isSure: isSure, packets: packets, depth: depth) { return end }
      }
    }
    return .through
  }

  /// Does what a rule decides; returns how the chain ends with it, `nil` when it goes on.
  private mutating func follow(
    _ outcome: Outcome, of chain: [UInt8], isSure: Bool, packets: UInt64?, depth: Int
  ) -> End? {
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
    return nil
  }

  private enum Outcome {
    case accept, leave
    case jump([UInt8]), goto([UInt8])
    case deed(FilterRule.Action)
  }

  /// Whether a rule matches, and what it then does: several things where it is not known which of
  /// them, none where the next rule decides.
  private mutating func evaluate(_ rule: NFTRule) -> (Truth, [Outcome], UInt64?) {
    registers = [:]
    interfaceRegisters = []
    var truth = Truth.yes
    var packets: UInt64?
    func weaken(_ other: Truth) { if other == .perhaps, truth == .yes { truth = .perhaps } }
    for expression in rule.expressions {
      switch expression {
      case .meta(let key, let register):
        load(value(meta: key), to: register)
        if key == 4 || key == 6, base.hook != 3 { interfaceRegisters.insert(register) }
      case .payload(let base, let offset, let length, let register):
        load(value(base, Int(offset), Int(length)), to: register)
      case .connection(let key, let register):
        // A new connection: NF_CT_STATE_BIT(IP_CT_NEW), in the order of this machine.
        load(key == 0 ? Self.host(8) : nil, to: register)
      case .route(let result, let flags, let register):
        // The type of the destination: RTN_LOCAL.
        load(result == 3 && flags & 2 != 0 ? Self.host(2) : nil, to: register)
      case .immediate(let bytes, let register): load(bytes, to: register)
      case .bitwise(let source, let register, let mask, let xor):
        let masked = registers[source].flatMap { value in
          value.count == mask.count && value.count == xor.count
            ? value.indices.map { value[$0] & mask[$0] ^ xor[$0] } : nil
        }
        load(masked, to: register)
      case .compare(let register, let operation, let bytes):
        let other = compare(register, operation, bytes)
        if other == .no { return (.no, [], nil) }
        weaken(other)
      case .range(let register, let isOutside, let first, let last):
        guard let value = registers[register], value.count == first.count, value.count == last.count else {
          weaken(.perhaps)
          continue
        }
        let isInside = !value.lexicographicallyPrecedes(first) && !last.lexicographicallyPrecedes(value)
        if isInside == isOutside { return (.no, [], nil) }
      case .lookup(let set, let register, let isOutside, let decides, let loads):
        if let loads { load(nil, to: loads) }
        guard let element = find(set, register, rule) else {
          weaken(.perhaps)
          if decides { return (truth, outcomes(of: set, rule), packets) }
          continue
        }
        if decides {
          guard case .some(let found) = element, let verdict = found.verdict else { return (.no, [], nil) }
          return result(verdict, truth, packets)
        }
        if (element != nil) == isOutside { return (.no, [], nil) }
      case .counter(let count): packets = count
      case .verdict(let verdict): return result(verdict, truth, packets)
      case .reject: return (truth, [.deed(.reject)], packets)
      case .destination(let address, let port):
        return (truth, [.deed(.translate(end(address, port)))], packets)
      case .redirect(let port):
        return (truth, [.deed(.redirect(port.flatMap { registers[$0] }.flatMap(Self.port)))], packets)
      case .match(let name, let info):
        let other = match(name, info)
        if other == .no { return (.no, [], nil) }
        weaken(other)
      case .target(let name, let info):
        guard let outcome = target(name, info) else { return (truth, [], packets) }
        return (truth, [outcome], packets)
      case .harmless: break
      case .unknown: weaken(.perhaps)
      }
    }
    return (truth, [], packets)
  }

  /// What a rule does that has a verdict. A program that gets the packet from a queue may accept
  /// it.
  private func result(_ verdict: NFTVerdict, _ truth: Truth, _ packets: UInt64?) -> (Truth, [Outcome], UInt64?) {
    if case .other = verdict { return (.perhaps, [.accept], packets) }
    return (truth, [outcome(verdict)], packets)
  }

  private func outcome(_ verdict: NFTVerdict) -> Outcome {
    switch verdict {
    case .accept, .other: .accept
    case .drop: .deed(.drop)
    case .leave: .leave
    case .jump(let chain): .jump(chain)
    case .goto(let chain): .goto(chain)
    }
  }

  /// What a map of verdicts can decide when it is not known with which key; a map that was not read
  /// may accept.
  private func outcomes(of set: [UInt8], _ rule: NFTRule) -> [Outcome] {
    guard let elements = ruleset.sets[NFTSetName(family: rule.family, table: rule.table, name: set)] else {
      return [.accept]
    }
    return elements.compactMap(\.verdict).map(outcome)
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

  private mutating func load(_ value: [UInt8]?, to register: UInt32) {
    registers[register] = value
    interfaceRegisters.remove(register)
  }

  private func value(meta key: UInt32) -> [UInt8]? {
    switch key {
    case 1: [packet.isIPv6 ? 0x86 : 0x08, packet.isIPv6 ? 0xDD : 0x00]  // NFT_META_PROTOCOL
    case 4 where base.hook != 3: packet.isLocal ? Self.host(1) : nil  // NFT_META_IIF, LOOPBACK_IFINDEX
    case 5 where base.hook == 3: Self.host(1)
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
      // Other machines do not come in by the loopback interface, by name or index.
      let isLoopback = bytes.starts(with: Array("lo".utf8) + [0]) || bytes == Self.host(1)
      guard interfaceRegisters.contains(register), isLoopback, !packet.isLocal else { return .perhaps }
      switch operation {
      case 0: return .no
      case 1: return .yes
      default: return .perhaps
      }
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
    case "addrtype", "comment": return .yes
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
