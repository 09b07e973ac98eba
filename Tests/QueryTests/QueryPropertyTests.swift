import Query
import SocketModel
import TestSupport
import Testing

/// Random queries and random snapshots.
struct QueryMaker {
  var generator: SeededGenerator

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: elements.indices, using: &generator)]
  }

  mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

  static let values: [FieldType: [String]] = [
    .number: ["0", "1", "3", "100", "0-5", "1,7-9", "300", "0x13", "*", "2048", "1000-1004"],
    .port: [
      "0", "1", "443", ":443", "53", "40000-50001", "1,443", "0-65535", "https", "mixed", "domain,80", "*", "0-10",
    ],
    .address: ["127.0.0.1", "0.0.0.0", "::", "0.0.0.0/0", "::/0", "[::]/96", "10.0.0.0/8", "2001:db8::/32", "*"],
    .endpoint: ["127.0.0.1", ":443", "*:53", "0.0.0.0/0", "[::]/0", "127.0.0.0/8:0", "0.0.0.0:0", "inet:*", "*"],
    .state: ["listen", "established", "connected", "bucket", "time_wait,close", "*"],
    .text: ["*", "nginx*", "?", "'@*'", "[a-m]*", "lo", "/run/*", "cubic"],
    .user: ["root", "dev", "33", "*", "www,0"],
    .flag: ["yes", "no", "*"],
  ]

  static let words: [Field: [String]] = [
    .transport: ["tcp", "udp*", "unix,netlink", "*", "icmp"], .family: ["ipv4", "ipv6", "unix", "*"],
    .socketType: ["stream", "dgram", "*"], .timer: ["off", "keepalive", "*"], .shutdown: ["r", "w,rw", "*"],
    .attribution: ["fd", "*"], .ownerReason: ["time-wait", "kernel,orphan", "*"],
  ]

  mutating func comparison() -> String {
    if chance(12) { return pick(["port", "port !", "port "]) + "= " + pick(Self.values[.port] ?? []).replacingStar() }
    if chance(6) { return "address " + pick(["=", "!="]) + " 127.0.0.0/8" }
    if chance(6) {
      return pick(["state listening", "exclude established", "autobound", "state connected", "ipv6_only"])
    }
    let favourites: [Field] = [.localPort, .peerPort, .local, .peer, .state, .interface, .pid, .process, .peerAddress]
    let field = chance(60) ? pick(favourites) : pick(Field.all)
    let type = field.description.type
    // `host` is a column's alias; in a query it is either end.
    let aliases = field.description.aliases.filter { $0 != "host" }
    let name = chance(20) ? pick([field.description.name] + aliases) : field.description.name
    if field == .interface { return "\(name) \(pick(["=", "!="])) \(pick(["lo", "eth*", "2", "*"]))" }
    if type == .number || type == .port, chance(40) {
      return "\(name) \(pick(["<", "<=", ">", ">=", "lt", "geq"])) \(pick(["0", "1", "443", "50000", "65535"]))"
    }
    if type == .number || type == .port, chance(25) {
      let partners = Field.all.filter { $0.description.type == type && $0.description.unit == field.description.unit }
      return "\(name) \(pick(["=", "!=", "<", "<=", ">", "geq"])) \(pick(partners).description.name)"
    }
    let values = type == .word ? Self.words[field] ?? [] : Self.values[type] ?? []
    return "\(name) \(pick(["=", "!=", "==", "eq", "ne"])) \(pick(values))"
  }

  mutating func query(depth: Int) -> String {
    guard depth > 0, chance(75) else { return comparison() }
    switch Int.random(in: 0..<5, using: &generator) {
    case 0: return "not " + query(depth: depth - 1)
    case 1: return "(" + query(depth: depth - 1) + ")"
    case 2: return query(depth: depth - 1) + pick([" or ", " | ", " || "]) + query(depth: depth - 1)
    case 3: return query(depth: depth - 1) + pick([" and ", " & ", " "]) + query(depth: depth - 1)
    default: return "!(" + query(depth: depth - 1) + " or " + query(depth: depth - 1) + ")"
    }
  }

  mutating func snapshot(count: Int) -> Snapshot {
    var snapshot = World.snapshot
    let addresses = ["0.0.0.0", "127.0.0.1", "10.1.1.1"]
    let addresses6 = ["::", "::1", "::ffff:10.1.1.1", "::ffff:0.0.0.0", "2001:db8::1"]
    let ports: [UInt16] = [0, 1, 53, 80, 443, 40000, 50001, 65535]
    for _ in 0..<count {
      let transport = pick(Transport.allCases.filter(\.isInternet))
      let pool = chance(50) ? addresses : addresses6
      var record = World.internet(
        transport, pick(pool), pick(ports), pick(pool), pick(ports), pick(SocketState.allCases))
      record.known = SocketRecord.Known(rawValue: UInt16.random(in: 0...UInt16.max, using: &generator))
      record.interface = UInt32.random(in: 0...3, using: &generator)
      record.receiveQueue = UInt32.random(in: 0...4, using: &generator)
      record.flags = SocketRecord.Flags(rawValue: UInt8.random(in: 0...7, using: &generator))
      record.detailIndex = chance(20) ? 0 : SocketRecord.noIndex
      snapshot.records.append(record)
      if chance(30), let owner = snapshot.owners.randomElement(using: &generator) { snapshot.owners.append(owner) }
      snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
    }
    return snapshot
  }
}

extension String {
  fileprivate func replacingStar() -> String { self == "*" ? "443" : self }
}

@Suite("Properties of queries", .timeLimited)
struct QueryPropertyTests {
  static let seed = SeededGenerator.newSeed

  @Test("what is derived from a query beforehand is true of every socket that matches")
  func invariants() throws {
    var maker = QueryMaker(generator: SeededGenerator(seed: Self.seed))
    var hits = 0
    var filtered = 0
    for round in 0..<500 {
      let snapshot = maker.snapshot(count: 30)
      let text = maker.query(depth: 4)
      let comment: Comment = "seed \(Self.seed), round \(round): \(text)"
      let query = try Query.parse(text, names: World.tables)
      #expect(QueryInvariants.violation(Array(text.utf8), on: snapshot, names: World.tables) == nil, comment)
      hits += query.rows(of: snapshot).count
      if query.kernelFilter != .any { filtered += 1 }
    }
    // The test would be empty if nothing ever matched or no filter were ever made.
    #expect(hits > 300 && filtered > 20)
  }

  /// The numbers of a field in thousandths of its unit where that is milliseconds, each with the
  /// owner that has it.
  private func numbers(_ field: Field, _ snapshot: Snapshot, _ row: Int) -> [(owner: Int?, number: UInt64)] {
    let scale: UInt64 = field.description.unit == "ms" ? 1000 : 1
    func number(_ value: FieldValue) -> UInt64? { if case .number(let number) = value { number * scale } else { nil } }
    guard field.isPerOwner else {
      return number(snapshot.value(of: field, at: row)).map { [(nil, $0)] } ?? []
    }
    return snapshot.ownerRange(of: field, at: row).compactMap { owner in
      number(snapshot.value(of: field, owner: snapshot.owners[owner])).map { (owner, $0) }
    }
  }

  @Test("two fields compare as their values do, and fields of different kinds are refused")
  func fieldPairs() throws {
    var maker = QueryMaker(generator: SeededGenerator(seed: Self.seed))
    let fields = Field.all.filter { [.number, .port].contains($0.description.type) }
    let comparisons: [(String, (UInt64, UInt64) -> Bool)] = [
      ("=", ==), ("<", <), ("<=", <=), (">", >), (">=", >=),
    ]
    var hits = 0
    for _ in 0..<60 {
      var snapshot = maker.snapshot(count: 10)
      snapshot.peers = PeerRows(snapshot.records.indices.map { UInt32($0 ^ 1) })
      for left in fields {
        let alike = fields.filter { $0.description.unit == left.description.unit }
        let right = maker.pick(maker.chance(50) ? alike : fields)
        let (word, compare) = maker.pick(comparisons)
        let text = "\(left.description.name) \(word) \(right.description.name)"
        let units = [left, right].map { $0.description.unit.map { $0 == "ms" ? "us" : $0 } }
        guard left.description.type == right.description.type, units[0] == units[1] else {
          #expect(throws: QueryError.self, "\(text)") { try Query.parse(text) }
          continue
        }
        let query = try Query.parse(text)
        for row in snapshot.records.indices {
          let expected = numbers(left, snapshot, row).contains { first in
            numbers(right, snapshot, row).contains { second in
              (first.owner == nil || second.owner == nil || first.owner == second.owner
                || left.isOfPeer != right.isOfPeer)
                && compare(first.number, second.number)
            }
          }
          #expect(query.matches(snapshot, row: row) == expected, "seed \(Self.seed), row \(row): \(text)")
          if expected { hits += 1 }
        }
      }
    }
    #expect(hits > 100)
  }

  @Test("random tokens and bytes are parsed or refused, without a crash")
  func soup() {
    var generator = SeededGenerator(seed: Self.seed)
    let tokens: [String] =
      [
        "(", ")", "!", "not", "and", "or", "&&", "|", "=", "!=", "<", ">=", "==", "eq", "state", "exclude", "'", "\"",
        "\\",
        ",", ":", "[", "]", "*", "?", "/", "-", "80", "10.0.0.0/8", "::1", "[::]:1", "https", "listen", "0x", "1.5ms",
        "é",
        "\u{0}", "\u{1B}", "\n", "autobound", "\"a\\x00\"", "inet:", "unix:", "99999999999999999999", "\u{10FFFF}", " ",
      ]
      + Field.all.map(\.description.name)
    for round in 0..<4000 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0...12, using: &generator) {
        bytes += Array((tokens.randomElement(using: &generator) ?? "").utf8)
        if Int.random(in: 0..<4, using: &generator) > 0 { bytes.append(0x20) }
        if Int.random(in: 0..<40, using: &generator) == 0 { bytes.append(UInt8.random(in: 0...255, using: &generator)) }
      }
      let violation = QueryInvariants.violation(bytes, on: World.snapshot, names: World.tables)
      #expect(violation == nil, "seed \(Self.seed), round \(round): \(bytes)")
    }
  }

  @Test("before owners are there, exactly the sockets that owners could decide are kept")
  func couldMatch() throws {
    var snapshot = World.snapshot
    snapshot.ownerStarts = []
    func kept(_ text: String) throws -> String {
      let query = try Query.parse(text, names: World.tables)
      return snapshot.records.indices.filter { query.couldMatch(snapshot, row: $0) }.map { World.names[$0] }
        .joined(separator: " ")
    }
    #expect(try kept("sport = 443 and process = nginx") == "web web6 clientPeer ping")
    #expect(try kept("sport = 443 and process != nginx") == "web web6 clientPeer ping")
    #expect(try kept("sport = 443 and not (state = listen and pid = 1)") == "web web6 clientPeer ping")
    #expect(try kept("sport = 443 and not (state = listen or pid = 1)") == "clientPeer ping")
    #expect(try kept("sport = 443 or pid = 1").split(separator: " ").count == World.names.count)
    #expect(try kept("user = dev") == "client mapped bound")
  }
}
