import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("Dumps of SCTP, SMC, vsock, XDP and TIPC", .timeLimited)
struct FamilyDumpTests {
  @Test("vsock: CIDs and ports of 32 bits, any of them, states, types and shutdown")
  func vsock() throws {
    let table = try decodeDump(diagFixture("vsock"), .vsock, .vsock, netns: 7).table
    let records = table.records
    #expect(records.map(\.state) == [.listen, .established, .synSent, .unconnected, .established])
    #expect(records.map { $0.numberedLocal?.description } == ["*:1024", "2:1024", "2:4294967040", "2:9999", "1:5"])
    #expect(records.map { $0.numberedPeer?.description } == [nil, "3:70000", "7:22", nil, "1:6"])
    #expect(records.map(\.socketType) == [.stream, .stream, .stream, .datagram, .sequencedPacket])
    #expect(records.map(\.inode) == [40001, 40002, 40003, 40004, 40005] && records.map(\.cookie) == [1, 2, 3, 4, 5])
    #expect(records.allSatisfy { $0.known.contains([.inode, .cookie, .shutdown, .socketType, .netns]) })
    #expect(records[4].flags == .sendShutdown && records[0].flags.isEmpty)
    #expect(!records[0].hasPeer && records[1].hasPeer && records[1].port(.peer) == 70000)
    // What the message does not have stays unknown.
    #expect(records.allSatisfy { $0.known.isDisjoint(with: [.uid, .receiveQueue, .sendQueue, .timer]) })
  }

  @Test("XDP: interface and queue, user, memory and drops")
  func xdp() throws {
    let table = try decodeDump(diagFixture("xdp"), .xdp, .xdp, requiredDetails: .memory).table
    #expect(table.records.map(\.interface) == [2, 4] && table.records.map(\.interfaceQueue) == [3, 0])
    #expect(table.records.map(\.uid) == [0, 1000] && table.records.map(\.drops) == [17, 0])
    #expect(table.records.allSatisfy { $0.state == .unconnected && $0.known.contains([.uid, .drops, .receiveQueue]) })
    #expect(table.details.compactMap(\.memory?.receiveLimit) == [212992, 212992])
    #expect(table.records[0].receiveQueue == 768)
  }

  @Test("TIPC: node and port of both ends, types, states, queues; a message without attributes is no socket")
  func tipc() throws {
    let (table, progress, _) = try decodeDump(diagFixture("tipc"), .tipc, .tipc)
    let records = table.records
    #expect(progress == .done && table.problems.isEmpty)
    #expect(records.map(\.state) == [.listen, .established, .unconnected])
    #expect(records.map { $0.numberedLocal?.port } == [2_147_483_649, 2_147_483_650, 2_147_483_651])
    #expect(records.map { $0.numberedPeer?.description } == [nil, "16781314:3000000000", nil])
    #expect(records.map(\.socketType) == [.sequencedPacket, .stream, .reliablyDeliveredMessage])
    #expect(records.map(\.uid) == [0, 1000, 1000] && records.map(\.cookie) == [21, 22, 23])
    #expect(records[1].receiveQueue == 4 && records[1].sendQueue == 2 && records[2].drops == 9)
  }

  @Test("SMC: both families in one dump, the states of TCP that mean the same, and who fell back")
  func smc() throws {
    let records = try decodeDump(diagFixture("smc"), .smc, .ipv4).table.records
    #expect(records.map(\.state) == [.listen, .established, .established, .closeWait, .close])
    #expect(records.map(\.family) == [.ipv4, .ipv4, .ipv4, .ipv6, .ipv4])
    #expect(records[3].local?.description == "[2001:db8::1]:8080" && records[3].remote?.port == 40002)
    #expect(records[1].remote?.description == "192.0.2.7:40000" && records[1].inode == 70002)
    #expect(records.map { $0.flags.contains(.isFallback) } == [false, false, true, false, false])
    #expect(records.allSatisfy { $0.flags.contains(.fallbackIsKnown) && $0.socketType == .stream })
    #expect(records[3].flags.contains(.receiveShutdown) && records[0].known.contains(.uid))
  }

  @Test("SCTP: endpoints once, each association with its own state, queues and timer")
  func sctp() throws {
    let table = try decodeDump(diagFixture("sctp"), .sctp, .ipv4, requiredDetails: [.memory, .attributes]).table
    let records = table.records
    #expect(records.map(\.state) == [.listen, .established, .shutdownSent])
    #expect(records.map(\.isAssociation) == [false, true, true])
    #expect(records.map(\.inode) == [80001, 80001, 80001] && records.map(\.cookie) == [41, 41, 41])
    #expect(records.map { $0.local?.description } == Array(repeating: "192.0.2.1:3868", count: 3))
    #expect(records.map(\.remotePort) == [0, 36412, 36413] && !records[0].hasPeer)
    #expect(records[0].countsConnections && records[0].receiveQueue == 1 && records[0].sendQueue == 128)
    #expect(records[1].receiveQueue == 100 && records[1].timer == .off && records[1].interface == 2)
    #expect(records[2].timer == .retransmit && records[2].timerMilliseconds == 1500 && records[2].drops == 3)
    #expect(records[2].flags.contains(.sendShutdown))
    #expect(Set(records.map(\.detailIndex)).count == 3)
    #expect(table.details.allSatisfy { $0.typeOfService == 8 && $0.memory != nil })
    // They share inode and cookie, but are not the same.
    #expect(Set(records.map(\.ends.key)).count == 3 && records[1].identity == nil && records[0].identity != nil)
    #expect(!records[1].isSameSocket(as: records[2]) && records[1].isSameSocket(as: records[1]))
    #expect(!records[0].isSameSocket(as: records[1]))
  }

  @Test("SCTP over IPv6: closed endpoints, and the address of an IPv4 path is mapped")
  func sctp6() throws {
    let records = try decodeDump(diagFixture("sctp6"), .sctp, .ipv6).table.records
    #expect(records.map(\.state) == [.close, .established, .established])
    #expect(records[2].remote?.description == "[::ffff:192.0.2.9]:6000" && records[2].remotePort == 6000)
    #expect(records[1].local?.description == "[2001:db8::1]:5000" && records[1].remotePort == 0)
    // An endpoint that does not listen has no accept queue.
    #expect(!records[0].known.contains(.receiveQueue) && !records[1].known.contains(.sendQueue))
  }

  @Test(
    "states that were not asked for are left out",
    arguments: [("vsock", Transport.vsock), ("tipc", .tipc), ("smc", .smc), ("sctp", .sctp)])
  func statesAskedFor(name: String, transport: Transport) throws {
    let dump = transport.description.families[0]
    let records = try decodeDump(diagFixture(name), transport, dump, states: SocketStateSet(.listen)).table.records
    #expect(records.map(\.state) == [.listen])
  }

  private static let heads: [(Transport, [UInt8])] = [
    (.vsock, [40, 1, 10, 0] + Array(repeating: 0, count: 28)), (.xdp, [44, 3] + Array(repeating: 0, count: 14)),
    (.smc, [43, 10] + Array(repeating: 0, count: 62)), (.sctp, [2, 10] + Array(repeating: 0, count: 70)),
  ]

  @Test("a message that is too short, of another family or in no state is a problem", arguments: heads)
  func malformed(transport: Transport, head: [UInt8]) throws {
    let family = transport.description.families[0]
    func problems(_ message: [UInt8]) throws -> [Problem] {
      let table = try decodeDump(netlinkMessage(type: 20, message), transport, family).table
      #expect(table.records.count + table.problems.count == 1)
      return table.problems
    }
    #expect(try problems(head).isEmpty)
    for length in 0..<head.count { #expect(try problems(Array(head[..<length])).count == 1, "\(length)") }
    var other = head
    other[0] = 99
    #expect(try problems(other).count == 1)
    guard transport != .xdp else { return }
    other = head
    other[transport == .vsock ? 2 : 1] = 99
    #expect(try problems(other).count == 1)
  }

  @Test("a TIPC socket without type or state, or with attributes beyond their nest, is a problem")
  func malformedTIPC() throws {
    let type = netlinkAttribute(6, hostBytes(UInt32(1)))
    let state = netlinkAttribute(9, hostBytes(UInt32(1)))
    func problems(_ socket: [UInt8]) throws -> Int {
      try decodeDump(netlinkMessage(type: 20, netlinkAttribute(2, socket)), .tipc, .tipc).table.problems.count
    }
    #expect(try problems(type + state) == 0)
    #expect(try problems(type) == 1 && problems(state) == 1 && problems([]) == 1)
    #expect(try problems(netlinkAttribute(6, hostBytes(UInt32(77))) + state) == 1)
    #expect(try problems(type + netlinkAttribute(9, hostBytes(UInt32(3)))) == 1)
    #expect(try problems(type + state + netlinkAttribute(3, netlinkAttribute(2, [1, 2, 3, 4], length: 40))) == 1)
    #expect(try problems(type + netlinkAttribute(9, hostBytes(UInt32(1)), length: 60)) == 1)
  }

  @Test("requests have the kernel's layout, and none is made for states that do not exist")
  func requests() throws {
    func payload(_ transport: Transport, states: SocketStateSet = .all, _ details: RequiredDetails = []) -> [UInt8]? {
      let dump = SockDiagDump(transport, transport.description.families[0])
      return SockDiagRequest.encode(dump, sequence: 1, states: states, requiredDetails: details).map {
        Array($0.dropFirst(16))
      }
    }
    let none = [UInt8](repeating: 0, count: 16)
    #expect(payload(.vsock) == [40, 0, 0, 0] + hostBytes(UInt32(1 << 1 | 1 << 2 | 1 << 7 | 1 << 10 | 1 << 11)) + none)
    #expect(payload(.vsock, states: SocketStateSet(.listen))?[4..<8] == hostBytes(UInt32(1 << 10))[...])
    #expect(payload(.tipc) == [30, 0, 0, 0] + hostBytes(UInt32(1 << 1 | 1 << 2 | 1 << 7 | 1 << 8 | 1 << 10)))
    #expect(payload(.xdp) == [44] + none.prefix(7) + hostBytes(UInt32(0x09)) + none.prefix(8))
    #expect(payload(.xdp, .drops)?[8..<12] == hostBytes(UInt32(0x19))[...])
    #expect(payload(.smc) == [43] + none + none + none + none.prefix(3))
    #expect(payload(.sctp)?.count == 56 && payload(.sctp)?.prefix(2) == [2, 132])
    #expect(payload(.sctp)?[4..<8] == hostBytes(UInt32(1 << 10 | 1 << 1))[...])
    #expect(payload(.sctp, states: SocketStateSet(.cookieWait))?[4..<8] == hostBytes(UInt32(1 << 1))[...])
    for transport in [Transport.vsock, .tipc, .smc, .sctp, .xdp] {
      #expect(payload(transport, states: SocketStateSet(.timeWait)) == nil, "\(transport)")
    }
    #expect(SockDiagDump.all(of: .smc, families: [.ipv4, .ipv6]).count == 1)
    #expect(SockDiagDump.all(of: .sctp, families: [.ipv4, .ipv6]).count == 2)
  }
}
