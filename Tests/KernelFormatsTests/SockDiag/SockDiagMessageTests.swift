import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("Recorded answers of sock_diag", .timeLimited)
struct SockDiagMessageTests {
  @Test("TCP: every state is decoded, and what a state does not have is unknown")
  func tcpStates() throws {
    let (table, progress, answer) = try decodeDump(diagFixture("tcp-states"), .tcp, .ipv4, netns: 77)
    #expect(progress == .done)
    #expect(answer.foreignMessages == 0)
    #expect(!answer.isInterrupted)
    #expect(table.problems.isEmpty)
    #expect(table.details.isEmpty)
    #expect(table.records.count == 11)
    #expect(table.records.allSatisfy { $0.netns == 77 && $0.known.contains([.netns, .cookie, .interface, .inode]) })
    func only(_ state: SocketState, _ port: UInt16) throws -> SocketRecord {
      try #require(table.records.first { $0.state == state && $0.localPort == port })
    }
    let listener = try only(.listen, 1234)
    #expect(listener.local == Endpoint(address: IPAddress(ipv4: 0x7F00_0001), port: 1234))
    #expect((listener.receiveQueue, listener.sendQueue) == (1, 5))
    #expect(listener.inode == 868_557)
    #expect(listener.known.contains([.uid, .timer, .shutdown, .receiveQueue, .sendQueue]))
    #expect(!listener.known.contains(.ipv6Only))
    #expect(!listener.hasPeer)
    let bound = try only(.boundInactive, 5555)
    #expect(bound.known.contains(.uid) && bound.inode == 868_608)
    let established = try only(.established, 40000)
    #expect(established.remote == Endpoint(address: IPAddress(ipv4: 0x7F00_0001), port: 1234))
    #expect(established.cookie == 0x19748)
    #expect(table.records.first { $0.state == .established && $0.remotePort == 40000 }?.receiveQueue == 5)
    let waiting = try #require(table.records.first { $0.state == .established && $0.remotePort == 40002 })
    #expect(waiting.inode == 0 && !waiting.known.contains(.uid) && !waiting.canHaveOwner)
    let timeWait = try only(.timeWait, 40001)
    #expect(timeWait.timer == .timeWait && timeWait.timerMilliseconds == 59792)
    #expect(timeWait.known.isDisjoint(with: [.uid, .retransmits, .probes, .shutdown]))
    let finWait = try only(.finWait2, 40003)
    #expect(finWait.timer == .timeWait && finWait.timerMilliseconds == 59848)
    #expect(finWait.known.isDisjoint(with: [.uid, .retransmits, .probes]))
    let request = try only(.synRecv, 80)
    #expect(request.remote == Endpoint(address: IPAddress(ipv4: 0xC000_0263), port: 6000))
    #expect(request.timer == .retransmit && request.known.contains(.retransmits))
    #expect(request.known.isDisjoint(with: [.uid, .probes, .shutdown]))
    #expect(try only(.closeWait, 1234).flags == .receiveShutdown)
  }

  @Test("TCP: memory, tcp_info, congestion control and mark are kept when they were asked for")
  func extensions() throws {
    let bytes = try diagFixture("tcp-extensions")
    let (table, _, _) = try decodeDump(
      bytes, .tcp, .ipv4, requiredDetails: [.memory, .tcpInfo, .congestion, .attributes])
    let record = try #require(table.records.first)
    #expect(record.detailIndex == 0)
    #expect(record.drops == 0 && record.known.contains(.drops))
    #expect(record.cgroup == 1)
    let detail = try #require(table.details.first)
    #expect(detail.mark == 77)
    #expect(detail.congestion == "bbr")
    #expect(detail.typeOfService == 0x10)
    #expect(detail.trafficClass == nil)
    #expect(detail.memory?.receiveLimit == 0x20000)
    #expect(detail.memory?.sendLimit == 0x3C1E00)
    #expect(detail.memory?.backlog == 0)
    let tcp = try #require(detail.tcp)
    let expected: [(TCPMetric, UInt64)] = [
      (.congestionState, 0), (.options, 7), (.sendWindowScale, 10), (.receiveWindowScale, 10),
      (.deliveryRateAppLimited, 1), (.fastOpenFailure, 0), (.rto, 204_000), (.sendMSS, 32768), (.receiveMSS, 536),
      (.lastDataSent, 264), (.pathMTU, 65535), (.rtt, 27), (.rttVariance, 15),
      (.congestionWindow, 11), (.reordering, 3), (.pacingRate, 0x7_430C_1964), (.bytesAcked, 6), (.segmentsOut, 3),
      (.segmentsIn, 2),
      (.minRTT, 10), (.dataSegmentsOut, 1), (.deliveryRate, 0xC350_0000), (.delivered, 2), (.bytesSent, 5),
      (.sendWindow, 65536), (.receiveWindow, 65536), (.totalRTOTime, 0),
    ]
    for (metric, value) in expected { #expect(tcp[metric] == value, "\(metric)") }
    // Slow start without a threshold, no sample of this end as receiver, no limit; and the kernel
    // whose layout the last members have is not named.
    #expect(
      TCPMetric.allCases.filter { tcp[$0] == nil } == [
        .lastDataReceived, .sendSlowStartThreshold, .receiveRTT, .maxPacingRate, .ecnMode, .accurateECNOptionSeen,
        .accurateECNFailures,
      ])

    let plain = try decodeDump(bytes, .tcp, .ipv4).table
    #expect(plain.details.isEmpty)
    #expect(plain.records.first?.detailIndex == SocketRecord.noIndex)
  }

  @Test(
    "tcp_info of an older kernel gives what it holds and no more", arguments: [0, 7, 8, 104, 192, 232, 241, 243, 248])
  func shortTCPInfo(length: Int) throws {
    let info = Array(repeating: UInt8(1), count: length)
    let message = header(state: 1) + netlinkAttribute(2, info)
    let table = try decodeDump(netlinkMessage(type: 20, message), .tcp, .ipv4, requiredDetails: .tcpInfo).table
    let tcp = try #require(table.details.first?.tcp)
    #expect((tcp[.backoff] != nil) == (length >= 8))
    #expect((tcp[.totalRetransmits] != nil) == (length >= 104))
    #expect((tcp[.pacingRate] != nil) == (length >= 112))
    #expect((tcp[.sendWindow] != nil) == (length >= 232))
    #expect((tcp[.receiveWindow] != nil) == (length >= 236))
    #expect((tcp[.totalRTO] != nil) == (length >= 242))
    #expect((tcp[.totalRTORecoveries] != nil) == (length >= 244))
    #expect((tcp[.totalRTOTime] != nil) == (length >= 248))
    #expect(tcp.isEmpty == (length < 8))
  }

  @Test("the time since something that never happened is unknown", arguments: [0, 1])
  func timesSince(count: UInt8) throws {
    var info = Array(repeating: UInt8(7), count: 248)
    // tcpi_segs_in, tcpi_data_segs_in and tcpi_data_segs_out.
    for offset in [140, 152, 156] { info.replaceSubrange(offset..<(offset + 4), with: hostBytes(UInt32(count))) }
    let message = header(state: 1) + netlinkAttribute(2, info)
    let table = try decodeDump(netlinkMessage(type: 20, message), .tcp, .ipv4, requiredDetails: .tcpInfo).table
    let tcp = try #require(table.details.first?.tcp)
    for metric in [TCPMetric.lastDataSent, .lastDataReceived, .lastAckReceived] {
      #expect(tcp[metric] == (count == 0 ? nil : 0x0707_0707), "\(metric)")
    }
  }

  @Test(
    "counters of bytes come without other details, and without the FIN that was received",
    arguments: [
      (1, 232, 1000, 5000), (8, 232, 1000, 4999), (9, 232, 1000, 4999), (11, 232, 1000, 4999), (5, 232, 1000, 5000),
      (1, 200, 1001, 5000), (1, 192, 1001, 5000), (10, 232, nil, nil), (1, 128, nil, nil),
    ] as [(UInt8, Int, UInt64?, UInt64?)])
  func byteCounters(state: UInt8, length: Int, sent: UInt64?, received: UInt64?) throws {
    var info = Array(repeating: UInt8(0), count: 232)
    func set(_ offset: Int, _ number: UInt64) { info.replaceSubrange(offset..<(offset + 8), with: hostBytes(number)) }
    info[0] = state
    set(120, 1001)  // tcpi_bytes_acked
    set(128, 5000)  // tcpi_bytes_received
    set(152, 7)  // tcpi_data_segs_in
    set(200, 1300)  // tcpi_bytes_sent
    set(208, 300)  // tcpi_bytes_retrans
    info.replaceSubrange(156..<160, with: hostBytes(UInt32(2)))  // tcpi_data_segs_out
    info.replaceSubrange(68..<72, with: hostBytes(UInt32(44)))  // tcpi_rtt
    info.replaceSubrange(100..<104, with: hostBytes(UInt32(3)))  // tcpi_total_retrans
    let message = header(state: state, port: 80, cookie: 9) + netlinkAttribute(2, Array(info.prefix(length)))
    let table = try decodeDump(netlinkMessage(type: 20, message), .tcp, .ipv4, requiredDetails: .byteCounters).table
    #expect(table.records.count == 1 && table.details.isEmpty)
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    table.move(into: &snapshot)
    #expect(snapshot.byteCounters.count == (sent == nil ? 0 : 1))
    guard let first = snapshot.byteCounters.first else { return }
    #expect(first.cookie == 9)
    #expect(first.counters.sent == sent && first.counters.received == received)
    #expect(first.counters.roundTripTime == 44 && first.counters.retransmits == 3)
    #expect(first.counters.dataSegmentsIn == 7)
  }

  @Test("tcp_info of a socket that never had a peer is left out", arguments: [10, 7, 1])
  func infoWithoutPeer(state: UInt8) throws {
    let message = header(state: state, port: 80) + netlinkAttribute(2, Array(repeating: 0, count: 248))
    let table = try decodeDump(netlinkMessage(type: 20, message), .tcp, .ipv4, requiredDetails: .tcpInfo).table
    #expect((table.details.first?.tcp != nil) == (state == 1))
    #expect(table.details.first?.tcp?[.rtt] == nil)
  }

  /// A `struct inet_diag_msg` with few fields filled in.
  private func header(
    family: UInt8 = 2, state: UInt8, timer: UInt8 = 0, count: UInt8 = 0, port: UInt16 = 0, expires: UInt32 = 0,
    uid: UInt32 = 0, inode: UInt32 = 0, cookie: UInt64 = 0
  ) -> [UInt8] {
    [family, state, timer, count, UInt8(port >> 8), UInt8(port & 0xFF), 0, 0] + Array(repeating: 0, count: 36)
      + hostBytes(cookie) + hostBytes(expires) + hostBytes(UInt32(0)) + hostBytes(UInt32(0)) + hostBytes(uid)
      + hostBytes(inode)
  }

  private func record(_ message: [UInt8], _ transport: Transport = .tcp) throws -> SocketRecord? {
    try decodeDump(netlinkMessage(type: 20, message), transport, .ipv4).table.records.first
  }

  @Test("the timer says whether the count is of retransmissions or of probes")
  func timers() throws {
    let retransmit = try #require(try record(header(state: 1, timer: 1, count: 3, expires: 200)))
    #expect(retransmit.retransmits == 3 && !retransmit.known.contains(.probes))
    for (number, timer) in [(2, SocketTimer.keepalive), (4, .probe)] {
      let probing = try #require(try record(header(state: 1, timer: UInt8(number), count: 2, expires: 1)))
      #expect(probing.timer == timer && probing.probes == 2 && probing.retransmits == 0)
      #expect(probing.known.contains([.retransmits, .probes]))
    }
    let delayed = try #require(try record(header(state: 1, timer: 5, expires: 40)))
    #expect(delayed.timer == .delayedAck && delayed.timerMilliseconds == 40 && delayed.timer.name == "delack")
    let off = try #require(try record(header(state: 1, expires: 99)))
    #expect(off.timer == .off && off.timerMilliseconds == 0 && off.known.contains([.timer, .retransmits, .probes]))
    #expect(try record(header(state: 1, timer: 1, expires: 0xFFFF_FFF0))?.timerMilliseconds == 0)
    #expect(try record(header(state: 1, timer: 9))?.known.contains(.timer) == false)
  }

  @Test("a user of 0 without a file is unknown, others are known; mini-sockets have none")
  func users() throws {
    #expect(try record(header(state: 1))?.known.contains(.uid) == false)
    #expect(try record(header(state: 1, uid: 1000))?.known.contains(.uid) == true)
    #expect(try record(header(state: 1, inode: 5))?.known.contains(.uid) == true)
    #expect(try record(header(state: 6, timer: 3, uid: 1000))?.known.contains(.uid) == false)
    #expect(try record(header(state: 3, timer: 1, uid: 1000))?.known.contains(.uid) == false)
  }

  @Test("state 7 is a bound TCP socket when it has a port, 12 a SYN_RECV, and beyond 13 nothing")
  func stateNumbers() throws {
    #expect(try record(header(state: 7, port: 80))?.state == .boundInactive)
    #expect(try record(header(state: 7))?.state == .close)
    #expect(try record(header(state: 12))?.state == .synRecv)
    for state: UInt8 in [0, 14, 32, 33, 255] {
      let (table, _, _) = try decodeDump(netlinkMessage(type: 20, header(state: state)), .tcp, .ipv4)
      #expect(table.records.isEmpty)
      #expect(table.problems.map(\.kind) == [.malformed])
    }
  }

  @Test("states that were not asked for are left out")
  func statesAskedFor() throws {
    let bytes = try diagFixture("tcp-states")
    let (table, _, _) = try decodeDump(bytes, .tcp, .ipv4, states: SocketStateSet([.timeWait, .boundInactive]))
    #expect(table.records.map(\.state) == [.boundInactive, .timeWait])
  }

  @Test("TCP over IPv6: listeners have the IPv6-only flag, mapped addresses stay mapped")
  func tcp6() throws {
    let (table, progress, _) = try decodeDump(diagFixture("tcp6"), .tcp, .ipv6, requiredDetails: .attributes)
    #expect(progress == .done && table.problems.isEmpty && table.records.count == 3)
    let only = try #require(table.records.first { $0.localPort == 8080 })
    #expect(only.local?.address == IPAddress(ipv6: 1))
    #expect(only.known.contains(.ipv6Only) && only.flags.contains(.ipv6Only) && only.sendQueue == 9)
    let dual = try #require(table.records.first { $0.localPort == 8081 && $0.state == .listen })
    #expect(dual.known.contains(.ipv6Only) && !dual.flags.contains(.ipv6Only))
    #expect(table.details[Int(dual.detailIndex)].trafficClass == 0)
    let mapped = try #require(table.records.first { $0.state == .finWait1 })
    #expect(mapped.local?.address.embeddedIPv4 == 0x7F00_0001)
    #expect(!mapped.known.contains(.ipv6Only) && mapped.flags.contains(.sendShutdown))
    #expect(mapped.remotePort == 41000 && mapped.timer == .retransmit)
  }

  @Test("UDP: with and without a peer, queues in memory, no timer, the interface")
  func udp() throws {
    let (table, _, _) = try decodeDump(diagFixture("udp"), .udp, .ipv4, requiredDetails: .memory)
    let server = try #require(table.records.first { $0.localPort == 5353 })
    #expect(server.state == .unconnected && server.receiveQueue == 832 && server.socketType == .datagram)
    #expect(server.known.isDisjoint(with: [.timer, .retransmits, .probes]))
    #expect(table.details[Int(server.detailIndex)].memory?.receiveAllocated == server.receiveQueue)
    #expect(table.records.first { $0.remotePort == 5353 }?.state == .connected)
    let drops = try decodeDump(diagFixture("udp"), .udp, .ipv4, requiredDetails: .drops).table
    #expect(drops.details.isEmpty && drops.records.allSatisfy { $0.known.contains(.drops) })
    #expect(drops.records.map(\.drops) == table.records.map(\.drops))
    let bound = try #require(try decodeDump(diagFixture("udp6"), .udp, .ipv6).table.records.first)
    #expect(bound.interface == 1 && bound.localPort == 5354 && bound.family == .ipv6)
  }

  @Test("unix: names byte for byte, peers, a listener's queue and limit, users")
  func unix() throws {
    let (table, progress, _) = try decodeDump(diagFixture("unix"), .unix, .unix, requiredDetails: .memory)
    #expect(progress == .done && table.problems.isEmpty && table.records.count == 6)
    func name(_ record: SocketRecord) -> [UInt8]? {
      record.nameIndex == SocketRecord.noIndex ? nil : table.names[Int(record.nameIndex)].bytes
    }
    let listener = try #require(table.records.first { $0.state == .listen })
    #expect(name(listener) == Array("/tmp/a b\nc\u{1B}[31m".utf8))
    #expect((listener.receiveQueue, listener.sendQueue, listener.socketType) == (1, 3, .stream))
    #expect(listener.peerInode == 0 && listener.known.contains(.uid))
    let abstract = try #require(table.records.first { $0.socketType == .datagram })
    #expect(name(abstract) == [0] + Array("abs\0tract".utf8) && abstract.state == .unconnected)
    #expect(table.records.contains { $0.socketType == .sequencedPacket && name($0) == nil })
    let reader = try #require(table.records.first { $0.receiveQueue == 3 })
    let writer = try #require(table.records.first { $0.inode == reader.peerInode })
    #expect(writer.peerInode == reader.inode && writer.state == .connected)
    #expect(reader.flags == .receiveShutdown && writer.flags == .sendShutdown)
    #expect(table.details.count == 6 && listener.known.contains(.drops))
  }

  @Test("unix: the clients in a listener's accept queue, without those that have gone")
  func waitingClients() throws {
    let listener: [UInt8] = [1, 1, 10, 0] + hostBytes(UInt32(77)) + hostBytes(UInt64(5))
    let clients: [UInt8] = hostBytes(UInt32(8)) + hostBytes(UInt32(0)) + hostBytes(UInt32(9)) + [1, 2]
    let message = netlinkMessage(type: 20, listener + netlinkAttribute(3, clients))
    let (table, _, _) = try decodeDump(message, .unix, .unix, requiredDetails: .peers)
    #expect(table.waitingClients == [WaitingClient(listener: 77, client: 8), WaitingClient(listener: 77, client: 9)])
    #expect(table.problems.isEmpty && table.records.map(\.inode) == [77])
    let dump = SockDiagDump(.unix, .unix)
    func shown(_ details: RequiredDetails) -> UInt8? {
      SockDiagRequest.encode(dump, sequence: 1, states: .all, requiredDetails: details)?[28]
    }
    #expect(shown([]) == 1 | 4 | 16 | 64 && shown(.peers) == 1 | 4 | 8 | 16 | 64)
  }

  @Test("packet: protocol, interface, user")
  func packet() throws {
    let (table, progress, _) = try decodeDump(diagFixture("packet"), .packet, .packet)
    #expect(progress == .done && table.problems.isEmpty && table.details.isEmpty)
    let raw = try #require(table.records.first { $0.socketType == .raw })
    #expect(raw.localPort == 0x800 && raw.interface == 1 && raw.state == .unconnected)
    #expect(raw.known.contains([.uid, .interface, .receiveQueue, .drops]))
    #expect(table.records.first { $0.socketType == .datagram }?.localPort == 3)
  }

  @Test("netlink: port ids of both ends, the protocol, the kernel's own sockets")
  func netlink() throws {
    let (table, progress, _) = try decodeDump(diagFixture("netlink"), .netlink, .netlink)
    #expect(progress == .done && table.problems.isEmpty)
    #expect(table.records.allSatisfy { $0.localPort == 0 && $0.transport == .netlink })
    #expect(table.records.contains { $0.localBits == 777 && $0.inode != 0 && $0.state == .unconnected })
    #expect(table.records.contains { $0.remoteBits == 777 && $0.state == .connected })
    #expect(table.records.contains { $0.localBits == 0 && $0.inode != 0 })
    // The kernel reports a socket that joined a multicast group twice.
    #expect(table.records.count == 3)
  }

  @Test("netlink: groups are decoded on demand, and none if there is no attribute")
  func netlinkGroups() throws {
    var message: [UInt8] = [16, 3, 0, 0] + hostBytes(UInt32(777)) + Array(repeating: 0, count: 8)
    message += hostBytes(UInt32(5)) + hostBytes(UInt64(9))
    let mask = netlinkAttribute(1, hostBytes(UInt64(1) | UInt64(1) << 63) + hostBytes(UInt64(2)))
    func groups(_ message: [UInt8], _ requiredDetails: RequiredDetails) throws -> [UInt32]? {
      try decodeDump(netlinkMessage(type: 20, message), .netlink, .netlink, requiredDetails: requiredDetails).table
        .details.first?
        .netlinkGroups
    }
    #expect(try groups(message + mask, .attributes) == [1, 64, 66])
    #expect(try groups(message, .attributes) == [])
    #expect(try groups(message + mask, []) == nil)
  }

  @Test("a kernel without a handler says so in NLMSG_DONE or in NLMSG_ERROR")
  func refusals() throws {
    #expect(try decodeDump(diagFixture("raw-refused"), .raw, .ipv4).progress == .refused(2))
    #expect(try decodeDump(diagFixture("vsock-refused"), .unix, .unix).progress == .refused(2))
  }

  @Test("messages of another request or another socket are skipped and counted")
  func foreign() throws {
    let own = netlinkMessage(type: 20, header(state: 1, cookie: 1))
    let bytes =
      netlinkMessage(type: 20, sequence: 9, header(state: 1, cookie: 2))
      + netlinkMessage(type: 3, port: 1, [0, 0, 0, 0]) + own
    let (table, progress, answer) = try decodeDump(bytes, .tcp, .ipv4)
    #expect(progress == .more && answer.foreignMessages == 2 && table.records.map(\.cookie) == [1])
  }

  @Test("a message that does not parse becomes a problem, and the sockets around it are kept")
  func malformed() throws {
    let good = (1...2).map { netlinkMessage(type: 20, header(state: 1, cookie: $0)) }
    let bad = [
      netlinkMessage(type: 20, Array(repeating: 0, count: 71) + [0]), netlinkMessage(type: 20, [2, 1, 0, 0]),
      netlinkMessage(type: 20, header(family: 3, state: 1)),
      netlinkMessage(type: 20, header(state: 1) + netlinkAttribute(8, [], length: 0)),
      netlinkMessage(type: 20, header(state: 1) + netlinkAttribute(8, [1, 2, 3, 4], length: 400)),
      netlinkMessage(type: 99, header(state: 1)),
    ]
    let bytes = good[0] + bad.flatMap { $0 } + good[1]
    let (table, progress, _) = try decodeDump(bytes, .tcp, .ipv4)
    #expect(progress == .more)
    #expect(table.records.map(\.cookie) == [1, 2])
    #expect(table.problems.count == bad.count)
    #expect(table.problems.allSatisfy { $0.kind == .malformed && $0.subject == .dump(.tcp, .ipv4) })
    let many = try decodeDump((0..<100).flatMap { _ in bad[1] }, .tcp, .ipv4).table
    #expect(many.problems.count == 8)
    #expect(many.problems.reduce(0) { $0 + $1.count } == 100)
  }

  @Test("a socket that the dump repeats is listed once; sockets without a cookie are not the same")
  func duplicates() throws {
    let cookies: [UInt64] = [5, 6, 5, 0, 0, 7, 6]
    let bytes = cookies.flatMap { netlinkMessage(type: 20, header(state: 1, cookie: $0)) }
    #expect(try decodeDump(bytes, .tcp, .ipv4).table.records.map(\.cookie) == [5, 6, 0, 0, 7])
    let many = (1...5000).flatMap { netlinkMessage(type: 20, header(state: 1, cookie: UInt64($0) << 32)) }
    #expect(try decodeDump(many + many, .tcp, .ipv4).table.records.count == 5000)
  }

  @Test("tables are joined into one snapshot, and each record keeps its own name and detail")
  func joining() throws {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    try decodeDump(diagFixture("tcp-extensions"), .tcp, .ipv4, requiredDetails: .attributes).table.move(into: &snapshot)
    let unix = try decodeDump(diagFixture("unix"), .unix, .unix, requiredDetails: .memory).table
    unix.move(into: &snapshot)
    unix.move(into: &snapshot)
    #expect(snapshot.records.count == 13 && snapshot.details.count == 13 && snapshot.names.count == 4)
    #expect(snapshot.detail(at: 0)?.mark == 77)
    for row in 0..<6 {
      let own = unix.records[row].nameIndex
      for joined in [1 + row, 7 + row] {
        #expect(snapshot.name(at: joined) == (own == SocketRecord.noIndex ? nil : unix.names[Int(own)]))
        #expect(snapshot.detail(at: joined)?.memory == unix.details[row].memory)
      }
    }
  }
}
