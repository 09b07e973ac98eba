import SocketModel
import TestSupport
import Testing

@testable import KernelFormats

/// Messages that are made here as nft(8) has the kernel make them, decoded and tried with packets.
@Suite("Rules of nf_tables", .timeLimited)
struct FilterRulesetTests {
  // MARK: Messages

  private static func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendHost(UInt16(value.count + 4))
    bytes.appendHost(type)
    bytes += value
    while bytes.count % 4 != 0 { bytes.append(0) }
    return bytes
  }

  private static func nested(_ type: UInt16, _ parts: [UInt8]...) -> [UInt8] {
    attribute(type | 0x8000, parts.flatMap { $0 })
  }

  private static func number(_ type: UInt16, _ number: UInt32) -> [UInt8] {
    attribute(type, (0..<4).map { UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * $0)) })
  }

  private static func text(_ type: UInt16, _ text: String) -> [UInt8] { attribute(type, Array(text.utf8) + [0]) }

  private static func chain(
    _ name: String, hook: UInt32? = nil, family: UInt8 = 2, drops: Bool = false
  ) throws -> NFTChain {
    var bytes: [UInt8] = [family, 0, 0, 0] + text(1, "t") + text(3, name)
    if let hook { bytes += nested(4, number(1, hook), number(2, 0)) + text(7, "filter") + number(5, drops ? 0 : 1) }
    return try NFTChain(parsing: bytes.span)
  }

  private static func rule(_ chain: String, family: UInt8 = 2, _ expressions: [UInt8]...) throws -> NFTRule {
    let bytes: [UInt8] =
      [family, 0, 0, 0] + text(1, "t") + text(2, chain) + attribute(4 | 0x8000, expressions.flatMap { $0 })
    return try NFTRule(parsing: bytes.span)
  }

  private static func expression(_ name: String, _ data: [UInt8]...) -> [UInt8] {
    nested(1, text(1, name), attribute(2 | 0x8000, data.flatMap { $0 }))
  }

  private static func meta(_ key: UInt32) -> [UInt8] { expression("meta", number(2, key), number(1, 1)) }
  private static func payload(_ base: UInt32, _ offset: UInt32, _ length: UInt32) -> [UInt8] {
    expression("payload", number(1, 1), number(2, base), number(3, offset), number(4, length))
  }
  private static func compare(_ bytes: [UInt8], operation: UInt32 = 0) -> [UInt8] {
    expression("cmp", number(1, 1), number(2, operation), nested(3, attribute(1, bytes)))
  }
  private static func counter(_ packets: UInt8) -> [UInt8] {
    expression(
      "counter", attribute(1, Array(repeating: 0, count: 8)), attribute(2, Array(repeating: 0, count: 7) + [packets]))
  }
  private static func verdict(_ code: Int32, _ chain: String? = nil) -> [UInt8] {
    let target = chain.map { text(2, $0) } ?? []
    return expression("immediate", number(1, 0), nested(2, nested(2, number(1, UInt32(bitPattern: code)), target)))
  }
  private static func immediate(_ register: UInt32, _ bytes: [UInt8]) -> [UInt8] {
    expression("immediate", number(1, register), nested(2, attribute(1, bytes)))
  }
  private static let isTCP = meta(16) + compare([6])
  private static func port(_ port: UInt16) -> [UInt8] {
    isTCP + payload(2, 2, 2) + compare([UInt8(port >> 8), UInt8(port & 0xFF)])
  }
  private static func element(_ key: [UInt8], ends: Bool = false, verdict code: Int32? = nil) -> [UInt8] {
    let data = code.map { nested(2, nested(2, number(1, UInt32(bitPattern: $0)))) } ?? []
    return nested(1, nested(1, attribute(1, key)), data, ends ? number(3, 1) : [])
  }
  private static func elements(_ list: [UInt8]...) throws -> [NFTElement] {
    let bytes: [UInt8] = [2, 0, 0, 0] + text(1, "t") + attribute(3 | 0x8000, list.flatMap { $0 })
    return try NFTElement.all(parsing: bytes.span)
  }

  // MARK: Rulesets

  private static let packet = FilterRuleset.Packet(port: 8080, address: IPAddress(ipv4: 0x0A00_0001), isUDP: false)

  private static func found(
    _ rules: [NFTRule], drops: Bool = false, family: UInt8 = 2, packet: FilterRuleset.Packet = packet,
    sets: [(String, [NFTElement])] = []
  ) throws -> [String] {
    var ruleset = FilterRuleset()
    ruleset.add(try chain("in", hook: 1, family: family, drops: drops))
    for name in ["a", "b"] { ruleset.add(try chain(name, family: family)) }
    for rule in rules { ruleset.add(rule) }
    for (name, elements) in sets {
      ruleset.add(elements, to: NFTSetName(family: family, table: Array("t".utf8), name: Array(name.utf8)))
    }
    return ruleset.rules(for: packet).map { rule in
      let packets = rule.packets.map { " \($0)" } ?? ""
      return "\(rule.action)\(packets)\(rule.isPolicy ? " policy" : "")\(rule.hasOtherConditions ? " perhaps" : "")"
    }
  }

  @Test("a rule about the port applies with its counter, and one about another port does not")
  func port() throws {
    #expect(try Self.found([try Self.rule("in", Self.port(8080), Self.counter(2), Self.verdict(0))]) == ["drop 2"])
    #expect(try Self.found([try Self.rule("in", Self.port(8081), Self.counter(2), Self.verdict(0))]) == [])
    var udp = Self.packet
    udp.isUDP = true
    #expect(try Self.found([try Self.rule("in", Self.port(8080), Self.verdict(0))], packet: udp) == [])
  }

  @Test("a condition on who asks makes it possible only, and the policy comes last")
  func conditions() throws {
    let source = Self.payload(1, 12, 4) + Self.compare([10, 0, 0, 9])
    #expect(try Self.found([try Self.rule("in", Self.port(8080), source, Self.verdict(0))]) == ["drop perhaps"])
    let accepts = try Self.rule("in", Self.port(8080), Self.verdict(1))
    let drops = try Self.rule("in", Self.verdict(0))
    #expect(try Self.found([accepts, drops], drops: true) == [])
    #expect(try Self.found([drops, accepts]) == ["drop"])
    #expect(try Self.found([], drops: true) == ["drop policy"])
    let some = try Self.rule("in", source, Self.verdict(1))
    #expect(try Self.found([some], drops: true) == ["drop policy perhaps"])
    let loopback = try Self.rule(
      "in", Self.meta(6), Self.compare(Array("lo".utf8) + Array(repeating: 0, count: 14)), Self.verdict(1))
    #expect(try Self.found([loopback], drops: true) == ["drop policy"])
    let here = FilterRuleset.Packet(port: 8080, address: IPAddress(ipv4: 0x7F00_0001), isUDP: false)
    #expect(try Self.found([loopback], drops: true, packet: here) == [])
    // By its index, and what comes in by any other interface.
    let index = try Self.rule("in", Self.meta(4) + Self.compare([1, 0, 0, 0]), Self.verdict(1))
    #expect(try Self.found([index], drops: true) == ["drop policy"])
    #expect(try Self.found([index], drops: true, packet: here) == [])
    let others = try Self.rule(
      "in", Self.meta(6), Self.compare(Array("lo".utf8) + [0], operation: 1), Self.verdict(0))
    #expect(try Self.found([others]) == ["drop"] && Self.found([others], packet: here) == [])
  }

  @Test("rules lead to other chains and back, and never in a circle")
  func jumps() throws {
    let jump = try Self.rule("in", Self.verdict(-3, "a"))
    let reject = try Self.rule("a", Self.port(8080), Self.expression("reject", Self.number(1, 0)))
    #expect(try Self.found([jump, reject]) == ["reject"])
    let leave = try Self.rule("a", Self.verdict(-5))
    #expect(try Self.found([jump, leave, reject, try Self.rule("in", Self.verdict(0))]) == ["drop"])
    let circle = [jump, try Self.rule("a", Self.verdict(-3, "b")), try Self.rule("b", Self.verdict(-3, "a"))]
    #expect(try Self.found(circle) == [])
  }

  @Test("sets, intervals and maps of verdicts are looked into; an unknown set makes it possible only")
  func sets() throws {
    func lookup(_ set: String, inverse: Bool = false, decides: Bool = false) -> [UInt8] {
      let flags = inverse ? Self.number(5, 1) : []
      let register = decides ? Self.number(3, 0) : []
      return Self.isTCP + Self.payload(2, 2, 2)
        + Self.expression("lookup", Self.text(1, set), Self.number(2, 1), register, flags)
    }
    let drop = [try Self.rule("in", lookup("s"), Self.verdict(0))]
    let some = try Self.elements(Self.element([0, 80]), Self.element([0x1F, 0x90]))
    let others = try Self.elements(Self.element([0, 80]))
    #expect(try Self.found(drop, sets: [("s", some)]) == ["drop"])
    #expect(try Self.found(drop, sets: [("s", others)]) == [])
    #expect(try Self.found(drop) == ["drop perhaps"])
    let inverse = [try Self.rule("in", lookup("s", inverse: true), Self.verdict(0))]
    #expect(try Self.found(inverse, sets: [("s", some)]) == [])
    #expect(try Self.found(inverse, sets: [("s", others)]) == ["drop"])
    // 8000-8999, then from 9000 on nothing.
    let interval = try Self.elements(Self.element([0x1F, 0x40]), Self.element([0x23, 0x28], ends: true))
    #expect(try Self.found(drop, sets: [("s", interval)]) == ["drop"])
    let below = try Self.elements(Self.element([0x1F, 0x40]), Self.element([0x1F, 0x90], ends: true))
    #expect(try Self.found(drop, sets: [("s", below)]) == [])
    let map = [try Self.rule("in", lookup("m", decides: true))]
    let verdicts = try Self.elements(Self.element([0x1F, 0x90], verdict: 0), Self.element([0, 80], verdict: 1))
    #expect(try Self.found(map, sets: [("m", verdicts)]) == ["drop"])
    // By the address of the client: any of its verdicts, and what a map that was not read accepts.
    let source =
      Self.payload(1, 12, 4)
      + Self.expression("lookup", Self.text(1, "c"), Self.number(2, 1), Self.number(3, 0))
    let clients = [try Self.rule("in", source)]
    let accepting = try Self.elements(Self.element([10, 0, 0, 9], verdict: 1))
    let dropping = try Self.elements(Self.element([10, 0, 0, 9], verdict: 0))
    #expect(try Self.found(clients, drops: true, sets: [("c", accepting)]) == ["drop policy perhaps"])
    #expect(try Self.found(clients, sets: [("c", dropping)]) == ["drop perhaps"])
    #expect(try Self.found(clients, drops: true, sets: [("c", dropping)]) == ["drop perhaps", "drop policy"])
    #expect(try Self.found(clients, drops: true) == ["drop policy perhaps"])
  }

  @Test("a new connection is not established, and the address is compared as a block too")
  func connections() throws {
    let established =
      Self.expression("ct", Self.number(1, 1), Self.number(2, 0))
      + Self.expression(
        "bitwise", Self.number(1, 1), Self.number(2, 1), Self.number(3, 4),
        Self.nested(4, Self.attribute(1, [6, 0, 0, 0])),
        Self.nested(5, Self.attribute(1, [0, 0, 0, 0]))) + Self.compare([0, 0, 0, 0], operation: 1)
    #expect(try Self.found([try Self.rule("in", established, Self.verdict(1))], drops: true) == ["drop policy"])
    let block = Self.payload(1, 16, 1) + Self.compare([10])
    #expect(try Self.found([try Self.rule("in", block, Self.verdict(0))]) == ["drop"])
    let other = Self.payload(1, 16, 4) + Self.compare([10, 0, 0, 2])
    #expect(try Self.found([try Self.rule("in", other, Self.verdict(0))]) == [])
  }

  @Test("translations name the other end")
  func translations() throws {
    let destination =
      Self.immediate(1, [172, 17, 0, 2]) + Self.immediate(2, [0, 80])
      + Self.expression("nat", Self.number(1, 1), Self.number(2, 2), Self.number(3, 1), Self.number(5, 2))
    let end = Endpoint(address: IPAddress(ipv4: 0xAC11_0002), port: 80)
    #expect(try Self.found([try Self.rule("in", Self.port(8080), destination)]) == ["translate(Optional(\(end)))"])
    let redirect = Self.immediate(1, [0, 80]) + Self.expression("redir", Self.number(1, 1))
    #expect(try Self.found([try Self.rule("in", Self.port(8080), redirect)]) == ["redirect(Optional(80))"])
    var info = [UInt8](repeating: 0, count: 44)
    info.replaceSubrange(4..<8, with: [172, 17, 0, 2])
    info.replaceSubrange(36..<38, with: [0, 80])
    let target = Self.expression("target", Self.text(1, "DNAT"), Self.number(2, 2), Self.attribute(3, info))
    #expect(try Self.found([try Self.rule("in", Self.port(8080), target)]) == ["translate(Optional(\(end)))"])
    let source = Self.expression("nat", Self.number(1, 0), Self.number(2, 2))
    #expect(try Self.found([try Self.rule("in", Self.port(8080), source)]) == [])
  }

  @Test("messages that are cut or wrong are errors, not traps")
  func damage() {
    for count in 0..<12 {
      let bytes = [UInt8](repeating: 0xFF, count: count)
      if count < 4 || (count > 4) {
        #expect(throws: DecodeError.self) { try NFTRule(parsing: bytes.span) }
        #expect(throws: DecodeError.self) { try NFTChain(parsing: bytes.span) }
        #expect(throws: DecodeError.self) { try NFTElement.all(parsing: bytes.span) }
      }
    }
  }

  @Test("whatever bytes there are, nothing traps and every walk ends")
  func random() throws {
    var generator = SeededGenerator()
    let jump = Self.expression(
      "immediate", Self.number(1, 0), Self.nested(2, Self.nested(2, Self.number(1, .max - 2), Self.text(2, "in"))))
    let whole: [UInt8] =
      [2, 0, 0, 0] + Self.text(1, "t") + Self.text(2, "in")
      + Self.attribute(4, Self.port(8080) + Self.counter(2) + Self.verdict(0) + jump)
    for _ in 0..<600 {
      var bytes = whole
      for _ in 0..<Int.random(in: 0..<4, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      if Bool.random(using: &generator) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator)) }
      guard let rule = try? NFTRule(parsing: bytes.span) else { continue }
      var ruleset = FilterRuleset()
      ruleset.add(try Self.chain("in", hook: 1, drops: true))
      for _ in 0..<3 { ruleset.add(rule) }
      #expect(ruleset.rules(for: Self.packet).count <= 65, "seed \(generator.seed)")
    }
  }
}
