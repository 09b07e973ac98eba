import Query
import SocketModel
import TestSupport
import Testing

@Suite("Orders", .timeLimited)
struct OrderTests {
  private func sorted(_ spec: String, reversed: Bool = false, _ query: String = "transport = *") throws -> String {
    var rows = try Query.parse(query, names: World.tables).rows(of: World.snapshot)
    rows.reverse()
    let order = spec.isEmpty ? SortOrder(isReversed: reversed) : try SortOrder.parse(spec, isReversed: reversed)
    order.sort(&rows, of: World.snapshot)
    return rows.map { World.names[Int($0)] }.joined(separator: " ")
  }

  @Test("the default order is transport, waiting sockets first, local end, remote end")
  func defaultOrder() throws {
    let expected =
      "web web6 clientPeer mapped client bound timewait dns udpConnected ping sock unnamed abstract wire route"
    #expect(try sorted("") == expected)
    #expect(
      try sorted("", reversed: true) == expected.split(separator: " ").reversed().joined(separator: " "))
  }

  @Test(
    "an order by fields puts the largest first after -, and absent values last",
    arguments: [
      ("recv_queue", false, "(state listening or dev = lo) transport = tcp", "web6 web client"),
      ("-recv_queue", false, "(state listening or dev = lo) transport = tcp", "client web web6"),
      ("-recv_queue", true, "(state listening or dev = lo) transport = tcp", "web6 web client"),
      ("uid", false, "transport = tcp", "web web6 clientPeer mapped client bound timewait"),
      ("-uid", false, "transport = tcp", "mapped client bound web web6 clientPeer timewait"),
      ("uid,-local_port", false, "transport = tcp", "web web6 clientPeer bound client mapped timewait"),
      ("state", false, "transport = tcp", "clientPeer client timewait mapped web web6 bound"),
      ("-transport,local_port", false, "port = 53 or port = 443", "ping dns udpConnected web web6 clientPeer client"),
      ("local_address", false, "transport = tcp", "web clientPeer client bound timewait web6 mapped"),
      ("-peer", false, "transport = tcp", "mapped timewait clientPeer client web web6 bound"),
      ("process", false, "transport = tcp", "mapped client web web6 clientPeer bound timewait"),
      ("-process,recv_queue", false, "transport = tcp", "clientPeer web6 web mapped client bound timewait"),
      ("path", false, "transport = unix", "sock abstract unnamed"),
      ("rtt_us", false, "transport = tcp", "client web web6 clientPeer mapped bound timewait"),
      ("pid", false, "transport = udp", "udpConnected dns"),
    ])
  func byFields(_ spec: String, _ reversed: Bool, _ query: String, _ expected: String) throws {
    #expect(try sorted(spec, reversed: reversed, query) == expected)
  }

  @Test(
    "a wrong list of fields is an error at its place",
    arguments: [
      ("recv_queue,-pidd", "            ^~~~"), ("", "^"), ("pid,,fd", "    ^"), ("-", " ^"),
    ])
  func errors(_ spec: String, _ mark: String) throws {
    let error = try #require(throws: QueryError.self) { try SortOrder.parse(spec) }
    #expect(error.render().split(separator: "\n", omittingEmptySubsequences: false)[1] == mark)
  }

  @Test("the default order does not depend on the order of the rows, and is consistent")
  func deterministic() {
    let seed = SeededGenerator.newSeed
    var maker = QueryMaker(generator: SeededGenerator(seed: seed))
    for round in 0..<40 {
      let snapshot = maker.snapshot(count: round * 20)
      let all = snapshot.records.indices.map { UInt32($0) }
      var first = all
      SortOrder().sort(&first, of: snapshot)
      var second = all.shuffled(using: &maker.generator)
      SortOrder().sort(&second, of: snapshot)
      #expect(first == second, "seed \(seed), round \(round)")
      #expect(first.sorted() == all, "seed \(seed), round \(round)")
      for (left, right) in zip(first, first.dropFirst()) {
        let (one, two) = (snapshot.records[Int(left)], snapshot.records[Int(right)])
        #expect(
          Self.key(one).lexicographicallyPrecedes(Self.key(two)) || Self.key(one) == Self.key(two),
          "seed \(seed), round \(round): rows \(left), \(right)")
      }
    }
  }

  /// The order in its plain form.
  private static func key(_ record: SocketRecord) -> [UInt128] {
    let waits = record.state == .listen || record.state == .unconnected
    let head: [UInt128] = [UInt128(record.transport.rawValue), waits ? 0 : 1]
    if record.transport == .unix { return head + [UInt128(record.inode)] }
    return head + [
      UInt128(record.localPort), UInt128(record.family.rawValue), record.localBits, UInt128(record.remotePort),
      record.remoteBits,
    ]
  }

  @Test("an order by any field is stable and deterministic")
  func everyField() throws {
    let seed = SeededGenerator.newSeed
    var maker = QueryMaker(generator: SeededGenerator(seed: seed))
    let snapshot = maker.snapshot(count: 200)
    let all = snapshot.records.indices.map { UInt32($0) }
    for field in Field.all {
      for sign in ["", "-"] {
        let order = try SortOrder.parse(sign + field.description.name)
        var first = all
        order.sort(&first, of: snapshot)
        var second = all.shuffled(using: &maker.generator)
        order.sort(&second, of: snapshot)
        #expect(first == second, "seed \(seed): \(field)")
        #expect(first.sorted() == all)
        let present = first.map { snapshot.value(of: field, at: Int($0)) != .absent }
        #expect(
          !zip(present, present.dropFirst()).contains { !$0 && $1 }, "seed \(seed): \(field) has absent values first")
      }
    }
  }
}

@Suite("Counts", .timeLimited)
struct CountTests {
  private let rows = World.snapshot.records.indices.map { UInt32($0) }

  private func counted(_ spec: String) throws -> [String] {
    try CountBy.parse(spec).groups(of: rows, in: World.snapshot).map { group in
      "\(group.count) " + group.values.map(Self.text).joined(separator: " ")
    }
  }

  private static func text(_ value: FieldValue) -> String {
    switch value {
    case .absent: "-"
    case .number(let number), .hexadecimal(let number): "\(number)"
    case .word(let word): word
    case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
    case .address(let address): "\(address)"
    case .endpoint(let endpoint): "\(endpoint)"
    case .flag(let flag): "\(flag)"
    }
  }

  @Test("sockets are counted by their values, the largest group first")
  func counts() throws {
    #expect(try counted("transport") == ["7 tcp", "3 unix", "2 udp", "1 icmp", "1 netlink", "1 packet"])
    #expect(
      try counted("transport,state").prefix(4) == [
        "2 tcp established", "2 tcp listen", "2 unix connected", "1 icmp unconnected",
      ])
  }

  @Test("a socket with several owners counts once for each distinct value among them")
  func owners() throws {
    #expect(
      try counted("process") == [
        "5 -", "5 MainThread", "2 nginx", "2 nginx: worker", "2 systemd-resolve",
      ])
    #expect(try counted("process_user") == ["7 -", "5 1000", "3 33"])
    #expect(try counted("transport,pid").contains("2 tcp 100"))
  }

  @Test("a summary counts transports, states and families")
  func summary() throws {
    let summary = Summary(of: rows, in: World.snapshot)
    #expect(summary.total == 15)
    #expect(summary.lines.map(\.transport) == [.tcp, .udp, .icmp, .unix, .packet, .netlink])
    let tcp = try #require(summary.lines.first)
    #expect(tcp.total == 7)
    #expect(
      tcp.states.map { "\($0.state.name) \($0.count)" } == [
        "established 2", "time_wait 1", "close_wait 1", "listen 2", "bound_inactive 1",
      ])
    #expect(tcp.families.map { "\($0.family.name) \($0.count)" } == ["ipv4 5", "ipv6 2"])
    #expect(Summary(of: [], in: World.snapshot).lines.isEmpty)
  }
}
