import LinuxSystem
import Query
import SocketModel

// Options with lists: -c, -d, -g, -p, -s, -u.
extension LsofReader {
  mutating func readCommand() {
    guard let value = scanner.value, value.first != UInt8(ascii: "/") else {
      if let value = scanner.value { readExpression(value) } else { problems.append("-c: a name must stand behind it") }
      return
    }
    // Unlike other options this one keeps a value that it refuses.
    guard value.first.map({ !LsofScanner.isSign($0) }) ?? true else {
      return problems.append("-c: a name must stand behind it")
    }
    let isExcluded = value.first == UInt8(ascii: "^")
    let name = isExcluded ? Array(value.dropFirst()) : value
    if name.count > Self.longestCommand {
      problems.append(
        "-c \(String(decoding: name, as: UTF8.self)): the kernel keeps no more than \(Self.longestCommand) characters")
    }
    plan.criteria.commands.append(LsofCommand(beginning: name, isExcluded: isExcluded))
  }

  private mutating func readExpression(_ value: [UInt8]) {
    let text = String(decoding: value, as: UTF8.self)
    guard let end = value.dropFirst().firstIndex(of: UInt8(ascii: "/")) else {
      return problems.append("-c \(text): a regular expression ends with /")
    }
    let modifiers = value[(end + 1)...]
    let count = problems.count
    for byte in Set(modifiers).sorted()
    where byte != UInt8(ascii: "b") && byte != UInt8(ascii: "i") && byte != UInt8(ascii: "x") {
      problems.append("-c \(text): unknown modifier \(String(decoding: [byte], as: UTF8.self))")
    }
    if Set(modifiers).count < modifiers.count { problems.append("-c \(text): a modifier stands there twice") }
    if modifiers.contains(UInt8(ascii: "b")), modifiers.contains(UInt8(ascii: "x")) {
      problems.append("-c \(text): b and x exclude each other")
    }
    guard problems.count == count else { return }
    let pattern = Array(value[1..<end])
    do throws(RegularExpression.CompileError) {
      let expression = try RegularExpression(
        pattern, isExtended: !modifiers.contains(UInt8(ascii: "b")), ignoresCase: modifiers.contains(UInt8(ascii: "i")))
      plan.criteria.commands.append(LsofCommand(expression: pattern) { expression.matches($0) })
    } catch {
      problems.append("-c \(text): \(error.reason)")
    }
  }

  mutating func readProcesses() {
    guard let value = scanner.value else { return problems.append("-p: process ids must stand behind it") }
    readNumbers(value, "-p", "process", into: \.processes)
  }

  mutating func readGroups() {
    plan.view.groups = true
    guard let value = scanner.optionalValue() else { return }
    readNumbers(value, "-g", "process group", into: \.groups)
  }

  private mutating func readNumbers(
    _ value: [UInt8], _ option: String, _ kind: String, into list: WritableKeyPath<LsofCriteria, [LsofNumber]>
  ) {
    for item in items(value) {
      let isExcluded = item.first == UInt8(ascii: "^")
      let digits = isExcluded ? item.dropFirst() : item
      guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
        let text = String(decoding: value, as: UTF8.self)
        return problems.append("\(option) \(text): a \(kind) id is a number")
      }
      let number = UInt32(truncatingIfNeeded: Self.number(Array(digits))?.number ?? 0)
      add(LsofNumber(number, isExcluded: isExcluded), option, into: list)
    }
  }

  private mutating func add(
    _ new: LsofNumber, _ option: String, into list: WritableKeyPath<LsofCriteria, [LsofNumber]>
  ) {
    guard let known = plan.criteria[keyPath: list].first(where: { $0.number == new.number }) else {
      return plan.criteria[keyPath: list].append(new)
    }
    if known.isExcluded != new.isExcluded {
      problems.append("\(option): \(new.number) is both included and excluded")
    }
  }

  /// The parts between commas; an empty one at the end does not count.
  private func items(_ value: [UInt8]) -> [ArraySlice<UInt8>] {
    var items = value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    if items.last?.isEmpty ?? false { items.removeLast() }
    return items
  }

  mutating func readUsers() {
    guard let value = scanner.value else { return problems.append("-u: users must stand behind it") }
    for item in items(value) {
      let isExcluded = item.first == UInt8(ascii: "^")
      let bytes = isExcluded ? item.dropFirst() : item
      let text = String(decoding: bytes, as: UTF8.self)
      if bytes.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
        let number = UInt32(truncatingIfNeeded: Self.number(Array(bytes))?.number ?? 0)
        add(LsofNumber(number, isExcluded: isExcluded), "-u", into: \.users)
      } else if bytes.count > Self.longestLogin {
        problems.append("-u \(text): a login name has at most \(Self.longestLogin) characters")
      } else if let uid = names.userID(text) {
        add(LsofNumber(uid, isExcluded: isExcluded, login: text), "-u", into: \.users)
      } else {
        problems.append("-u \(text): there is no such user")
      }
    }
  }

  /// The size of `ut_user` of `utmp(5)`, which is as much of a name as lsof keeps.
  private static let longestLogin = 32

  mutating func readDescriptors() {
    guard let value = scanner.value, !value.isEmpty else {
      return problems.append("-d: descriptors must stand behind it")
    }
    for item in items(value) {
      let isExcluded = item.first == UInt8(ascii: "^")
      let bytes = Array(isExcluded ? item.dropFirst() : item)
      guard !bytes.isEmpty, let range = descriptorRange(bytes) else { continue }
      if plan.criteria.descriptors != nil, plan.criteria.excludesDescriptors != isExcluded {
        problems.append("-d: descriptors are either included or excluded, not both")
        continue
      }
      plan.criteria.descriptors = (plan.criteria.descriptors ?? []) + [range]
      plan.criteria.excludesDescriptors = isExcluded
    }
  }

  private mutating func descriptorRange(_ bytes: [UInt8]) -> Range<Int64>? {
    let text = String(decoding: bytes, as: UTF8.self)
    func number(_ bytes: ArraySlice<UInt8>) -> Int64? {
      guard !bytes.isEmpty, bytes.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
        return nil
      }
      return Self.number(Array(bytes)).map { Int64($0.number) }
    }
    if let dash = bytes.lastIndex(of: UInt8(ascii: "-")) {
      guard let low = number(bytes[..<dash]), let high = number(bytes[(dash + 1)...]), low < high else {
        problems.append("-d \(text): a range is two numbers, the smaller first")
        return nil
      }
      return low..<(high + 1)
    }
    if let single = number(bytes[...]) { return single..<(single + 1) }
    // A name such as cwd; `fd` stands for all numbers.
    return text == "fd" ? 0..<Int64.max : 0..<0
  }

  mutating func readStates(_ value: [UInt8]) {
    let text = String(decoding: value, as: UTF8.self)
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, ["tcp", "udp"].contains(parts[0].lowercased()) else {
      return problems.append("-s \(text): tcp: must stand before the states")
    }
    guard parts[0].lowercased() == "tcp" else { return problems.append("-s \(text): UDP has no states here") }
    guard !parts[1].isEmpty else { return problems.append("-s \(text): states must stand behind the colon") }
    for item in items(Array(parts[1].utf8)) {
      let isExcluded = item.first == UInt8(ascii: "^")
      let name = String(decoding: isExcluded ? item.dropFirst() : item, as: UTF8.self)
      guard let number = LsofStates.number(name) else {
        problems.append("-s \(text): TCP has no state \"\(name)\"")
        continue
      }
      let isNew =
        isExcluded
        ? plan.criteria.excludedStates.insert(number).inserted : plan.criteria.states.insert(number).inserted
      if !isNew { problems.append("-s \(text): \(name) stands there twice") }
    }
  }
}

/// The states of TCP as lsof names them, by the kernel's numbers.
enum LsofStates {
  /// `CLOSED` is a state that no socket is in.
  private static let closed: UInt8 = 0

  /// The state's name in capitals.
  static func name(_ number: UInt8) -> String? {
    if number == closed { return "CLOSED" }
    return number <= SocketState.closing.rawValue ? SocketState(rawValue: number)?.name.uppercased() : nil
  }

  /// The number of the state with a name, in any case.
  static func number(_ name: String) -> UInt8? {
    (closed...SocketState.closing.rawValue).first { self.name($0) == name.uppercased() }
  }
}
