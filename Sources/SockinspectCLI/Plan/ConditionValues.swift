import SocketModel

/// Reading the values of the selecting options: lists with commas, a `!` before them for the opposite.
struct ConditionValues {
  /// The option as typed, for messages.
  let spelling: String
  let surroundings: Surroundings

  func ports(_ text: String, _ end: Condition.End) throws(UsageError) -> Condition {
    let (items, negated) = try split(text)
    var ranges: [ClosedRange<UInt16>] = []
    for item in items { ranges += try portRanges(item) }
    return .ports(end, ranges, negated: negated)
  }

  func addresses(_ text: String, _ end: Condition.End) throws(UsageError) -> Condition {
    let (items, negated) = try split(text)
    var blocks: [IPPrefix] = []
    for item in items { blocks.append(try block(item)) }
    return .addresses(end, blocks, negated: negated)
  }

  /// States may be negated one by one: those with `!` are taken from the others, or from all when there are no others.
  func states(_ text: String) throws(UsageError) -> Condition {
    var wanted: SocketStateSet = []
    var unwanted: SocketStateSet = []
    let items = text.split(separator: ",", omittingEmptySubsequences: false)
    for item in items {
      let isNegated = isNegation(item.first)
      let name = String(isNegated ? item.dropFirst() : item)
      guard !name.isEmpty else { throw empty(text) }
      let states = try stateSet(name)
      if isNegated { unwanted.formUnion(states) } else { wanted.formUnion(states) }
    }
    if !items.contains(where: { !isNegation($0.first) }) { wanted = .all }
    return .states(wanted.subtracting(unwanted))
  }

  func processIDs(_ text: String) throws(UsageError) -> Condition {
    let (items, negated) = try split(text)
    var numbers: [Int32] = []
    for item in items {
      guard let number = Int32(item), number > 0, item.utf8.allSatisfy(isDigit) else {
        throw UsageError(
          "\(spelling): \(quoted(item)) is not a process id", ["to select by name: --process \(quoted(item))"])
      }
      numbers.append(number)
    }
    return .processIDs(numbers, negated: negated)
  }

  func processNames(_ text: String) throws(UsageError) -> Condition {
    let (items, negated) = try split(text)
    return .processNames(items, negated: negated)
  }

  func users(_ text: String) throws(UsageError) -> Condition {
    let (items, negated) = try split(text)
    var numbers: [UInt32] = []
    for item in items {
      if let number = UInt32(item), item.utf8.allSatisfy(isDigit) {
        numbers.append(number)
      } else if let number = surroundings.uid(item) {
        numbers.append(number)
      } else {
        throw UsageError("\(spelling): there is no user \(quoted(item))")
      }
    }
    return .users(numbers, negated: negated)
  }

  /// One member of a list of ports: `80`, `:80`, `8000-8100`, `8000-`, `-1023`, `https`.
  func portRanges(_ text: String) throws(UsageError) -> [ClosedRange<UInt16>] {
    let item = text.hasPrefix(":") ? String(text.dropFirst()) : text
    if !item.isEmpty, item.utf8.allSatisfy({ isDigit($0) || $0 == 0x2D }), item.utf8.contains(where: isDigit) {
      let parts = item.split(separator: "-", omittingEmptySubsequences: false)
      let lowest = try port(parts[0], else: 0, text)
      let highest = parts.count > 1 ? try port(parts[1], else: .max, text) : lowest
      guard parts.count <= 2 else { throw UsageError("\(spelling): \(quoted(text)) is not a range of ports") }
      guard lowest <= highest else {
        throw UsageError(
          "\(spelling): the range \(quoted(text)) runs backwards", ["did you mean \(highest)-\(lowest)?"])
      }
      return [lowest...highest]
    }
    let found = surroundings.ports(item)
    guard !found.isEmpty else {
      throw UsageError(
        "\(spelling): unknown service \(quoted(text))", ["/etc/services has no such name; a number is always right"])
    }
    return found.map { $0...$0 }
  }

  private func port(_ digits: Substring, else missing: UInt16, _ whole: String) throws(UsageError) -> UInt16 {
    if digits.isEmpty { return missing }
    guard let number = UInt16(digits) else {
      throw UsageError("\(spelling): \(quoted(whole)) is out of range; ports are 0-65535")
    }
    return number
  }

  private func block(_ text: String) throws(UsageError) -> IPPrefix {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    var host = String(parts[0])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard let address = IPAddress(host) else {
      let portHint = host.split(separator: ":").count == 2 ? ["ports are selected with --port"] : []
      throw UsageError("\(spelling): \(quoted(text)) is not an IPv4 or IPv6 address", portHint)
    }
    guard parts.count == 2 else {
      guard let block = IPPrefix(address: address, length: address.width) else { throw badLength(text, address) }
      return block
    }
    guard let length = Int(parts[1]), parts[1].utf8.allSatisfy(isDigit),
      let block = IPPrefix(address: address, length: length)
    else { throw badLength(text, address) }
    return block
  }

  private func badLength(_ text: String, _ address: IPAddress) -> UsageError {
    UsageError("\(spelling): the length of \(quoted(text)) must be 0-\(address.width)")
  }

  private func stateSet(_ name: String) throws(UsageError) -> SocketStateSet {
    if let state = SocketState(name: name) { return SocketStateSet(state) }
    if let group = StateGroup(rawValue: name.lowercased()) { return group.states }
    throw .unknownWord(name, for: spelling, "state", among: Words.states)
  }

  private func split(_ text: String) throws(UsageError) -> (items: [String], negated: Bool) {
    let negated = isNegation(text.first)
    let items = (negated ? text.dropFirst() : text[...]).split(separator: ",", omittingEmptySubsequences: false)
    guard items.allSatisfy({ !$0.isEmpty }) else { throw empty(text) }
    return (items.map(String.init), negated)
  }

  private func empty(_ text: String) -> UsageError {
    UsageError("\(spelling): the list \(quoted(text)) has an empty member")
  }

  /// `!` as in queries, `^` as in lsof, which needs no quotes in a shell.
  private func isNegation(_ character: Character?) -> Bool { character == "!" || character == "^" }

  private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
