import KernelFormats
import SocketModel
import TestSupport
import Testing

/// The format of `sock:inet_sock_set_state` on Linux 6.18.
private let setStateFormat = """
  name: inet_sock_set_state
  ID: 2287
  format:
  \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
  \tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
  \tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
  \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

  \tfield:const void * skaddr;\toffset:8;\tsize:8;\tsigned:0;
  \tfield:int oldstate;\toffset:16;\tsize:4;\tsigned:1;
  \tfield:int newstate;\toffset:20;\tsize:4;\tsigned:1;
  \tfield:__u16 sport;\toffset:24;\tsize:2;\tsigned:0;
  \tfield:__u16 dport;\toffset:26;\tsize:2;\tsigned:0;
  \tfield:__u16 family;\toffset:28;\tsize:2;\tsigned:0;
  \tfield:__u16 protocol;\toffset:30;\tsize:2;\tsigned:0;
  \tfield:__u8 saddr[4];\toffset:32;\tsize:4;\tsigned:0;
  \tfield:__u8 daddr[4];\toffset:36;\tsize:4;\tsigned:0;
  \tfield:__u8 saddr_v6[16];\toffset:40;\tsize:16;\tsigned:0;
  \tfield:__u8 daddr_v6[16];\toffset:56;\tsize:16;\tsigned:0;

  print fmt: "family=%s sport=%hu", __print_symbolic(REC->family, { 2, "AF_INET" }), REC->sport

  """

/// One raw record as the kernel writes it by that format.
private func setState(
  socket: UInt64 = 0xFFFF_8881_0000_1000, from: UInt32 = 7, to: UInt32 = 2, sport: UInt16 = 0, dport: UInt16 = 1234,
  family: UInt16 = 2, proto: UInt16 = 6, flags: UInt8 = 0, saddr: [UInt8] = [127, 0, 0, 1],
  daddr: [UInt8] = [127, 0, 0, 2], saddr6: [UInt8] = Array(repeating: 0, count: 16),
  daddr6: [UInt8] = Array(repeating: 0, count: 16)
) -> [UInt8] {
  let head: [UInt8] = hostBytes(UInt16(2287)) + [flags, 1] + hostBytes(UInt32(77)) + hostBytes(socket)
  let middle: [UInt8] = hostBytes(from) + hostBytes(to) + hostBytes(sport) + hostBytes(dport) + hostBytes(family)
  return head + middle + hostBytes(proto) + saddr + daddr + saddr6 + daddr6
}

/// A record of a ring: header and body.
private func perfRecord(_ type: UInt32, _ body: [UInt8], size: UInt16? = nil) -> [UInt8] {
  hostBytes(type) + hostBytes(UInt16(0)) + hostBytes(size ?? UInt16(8 + body.count)) + body
}

/// What follows every record but samples.
private func trailer(time: UInt64) -> [UInt8] {
  hostBytes(UInt32(1)) + hostBytes(UInt32(1)) + hostBytes(time) + hostBytes(UInt32(0)) + hostBytes(UInt32(0))
}

private func sample(_ raw: [UInt8], time: UInt64, pid: UInt32 = 42, tid: UInt32 = 43) -> [UInt8] {
  let head: [UInt8] = hostBytes(pid) + hostBytes(tid) + hostBytes(time) + hostBytes(UInt32(1)) + hostBytes(UInt32(0))
  return perfRecord(9, head + hostBytes(UInt32(raw.count)) + raw)
}

private func records(of bytes: [UInt8]) throws(DecodeError) -> [PerfRecord] {
  var walk = PerfRecords()
  var found: [PerfRecord] = []
  while let record = try walk.next(in: bytes.span) { found.append(record) }
  return found
}

@Suite("Tracepoint records", .timeLimited)
struct TracepointTests {
  private func layout(_ text: String = setStateFormat) throws -> SocketTransitionLayout {
    try SocketTransitionLayout(TracepointFormat(parsing: Array(text.utf8).span))
  }

  @Test("the format has the number of the tracepoint and the offsets of the fields")
  func format() throws {
    let format = try TracepointFormat(parsing: Array(setStateFormat.utf8).span)
    #expect(format.id == 2287)
    #expect((format.fields["skaddr"]?.offset, format.fields["skaddr"]?.size) == (8, 8))
    #expect((format.fields["saddr_v6"]?.offset, format.fields["saddr_v6"]?.size) == (40, 16))
    #expect(format.fields.count == 15)
  }

  @Test("a transition is read: states, ends, task and whether an interrupt was served")
  func transition() throws {
    let raw = setState(from: 2, to: 1, sport: 40000)
    let read = try layout().decode(raw.span, time: 5, process: 42, thread: 43)
    let transition = try #require(read)
    #expect(transition.socket == 0xFFFF_8881_0000_1000)
    #expect((transition.from, transition.to) == (.synSent, .established))
    #expect(transition.record.local == Endpoint(address: IPAddress(ipv4: 0x7F00_0001), port: 40000))
    #expect(transition.record.remote == Endpoint(address: IPAddress(ipv4: 0x7F00_0002), port: 1234))
    #expect((transition.process, transition.thread, transition.time) == (42, 43, 5))
    #expect(!transition.isInterrupt)
    #expect(transition.record.known == [.socketType])
  }

  @Test(
    "hard and soft interrupts are recognised by their flags alone", arguments: [0, 1, 4, 8, 0x10, 0x24, 0x34])
  func interrupts(flags: UInt8) throws {
    let read = try layout().decode(setState(flags: flags).span, time: 5, process: 42, thread: 43)
    #expect(read?.isInterrupt == (flags & 0x18 != 0))
  }

  @Test("IPv6, MPTCP and the state of the handshake's mini-socket are read; other protocols are skipped")
  func kinds() throws {
    var six: [UInt8] = Array(repeating: 0, count: 16)
    six[15] = 1
    let read = try layout().decode(
      setState(from: 12, to: 1, family: 10, proto: 262, saddr6: six, daddr6: six).span, time: 0, process: 1, thread: 1)
    let transition = try #require(read)
    #expect(transition.from == .synRecv)
    #expect(transition.record.transport == .mptcp)
    #expect(transition.record.family == .ipv6)
    #expect((transition.record.localBits, transition.record.remoteBits) == (1, 1))
    #expect(try layout().decode(setState(proto: 132).span, time: 0, process: 1, thread: 1) == nil)
  }

  @Test("fields are read where the format says, not where they are on one kernel")
  func moved() throws {
    let moved = setStateFormat.replacing("skaddr;\toffset:8", with: "skaddr;\toffset:72")
      .replacing("__u16 protocol;\toffset:30;\tsize:2", with: "__u8 protocol;\toffset:80;\tsize:1")
    let raw = setState(socket: 1) + hostBytes(UInt64(0xABCD)) + [6]
    let read = try layout(moved).decode(raw.span, time: 0, process: 1, thread: 1)
    #expect(read?.socket == 0xABCD)
    #expect(read?.record.transport == .tcp)
  }

  @Test(
    "a format without a field, with another size, or without a number is refused",
    arguments: [
      ("skaddr", "other"), ("newstate;\toffset:20;\tsize:4", "newstate;\toffset:20;\tsize:8"), ("ID: 2287", "ID: x"),
      ("offset:16;", "offsat:16;"), ("offset:16;", "offset:99999999;"),
    ])
  func badFormat(what: String, instead: String) throws {
    #expect(setStateFormat.contains(what))
    #expect(throws: DecodeError.self) { try layout(setStateFormat.replacing(what, with: instead)) }
  }

  @Test("a raw record that is too short, or has a state or family that does not exist, is refused")
  func badTransition() throws {
    let layout = try layout()
    let whole = setState()
    for raw in [Array(whole.dropLast()), [], setState(from: 0), setState(to: 13), setState(family: 3)] {
      #expect(throws: DecodeError.self) { try layout.decode(raw.span, time: 0, process: 1, thread: 1) }
    }
  }

  @Test("every kind of record is read, with its time")
  func kindsOfRecords() throws {
    let raw = setState()
    let name: [UInt8] = hostBytes(UInt32(7)) + hostBytes(UInt32(7)) + Array("a (b)\0\0\0".utf8)
    let task: [UInt8] =
      hostBytes(UInt32(8)) + hostBytes(UInt32(7)) + hostBytes(UInt32(9)) + hostBytes(UInt32(7)) + hostBytes(UInt64(3))
    let namespaces: [UInt8] =
      hostBytes(UInt32(7)) + hostBytes(UInt32(8)) + hostBytes(UInt64(1)) + hostBytes(UInt64(4))
      + hostBytes(UInt64(4_026_531_833))
    let lost: [UInt8] = hostBytes(UInt64(1)) + hostBytes(UInt64(99))
    let bytes =
      sample(raw, time: 1) + perfRecord(2, lost + trailer(time: 2)) + perfRecord(3, name + trailer(time: 3))
      + perfRecord(4, task + trailer(time: 4)) + perfRecord(7, task + trailer(time: 5))
      + perfRecord(16, namespaces + trailer(time: 6)) + perfRecord(5, trailer(time: 7))
    let found = try records(of: bytes)
    #expect(found.map(\.time) == [1, 2, 3, 4, 5, 6, 7])
    guard case .sample(42, 43, let range) = found[0].content else {
      Issue.record("no sample")
      return
    }
    #expect(Array(bytes[range]) == raw)
    #expect(found[1].content == .lost(99))
    #expect(found[2].content == .name(process: 7, thread: 7, Array("a (b)".utf8)))
    #expect(found[3].content == .ended(process: 8, thread: 9))
    #expect(found[4].content == .began(process: 8, thread: 9, parent: 7))
    #expect(found[5].content == .network(process: 7, thread: 8, 4_026_531_833))
    #expect(found[6].content == .other)
  }

  @Test("a record with a wrong length is refused")
  func badRecords() {
    let good = sample(setState(), time: 1)
    var lying = good
    lying.replaceSubrange(32..<36, with: hostBytes(UInt32(5000)))
    for bytes in [
      perfRecord(9, [], size: 7), perfRecord(9, [], size: 100), perfRecord(9, []), perfRecord(3, trailer(time: 1)),
      perfRecord(16, Array(repeating: 0, count: 10)), Array(good.dropLast()), lying, [1, 2, 3],
    ] {
      #expect(throws: DecodeError.self) { try records(of: bytes) }
    }
  }

  @Test("random bytes end in an error or an end, never in a trap", arguments: 1...8)
  func random(seed: UInt64) throws {
    var numbers = SeededGenerator(seed: seed)
    let layout = try layout()
    for _ in 0..<2000 {
      var bytes = sample(setState(), time: 1) + perfRecord(3, hostBytes(UInt64(1)) + [65, 0] + trailer(time: 1))
      for _ in 0..<Int.random(in: 1...6, using: &numbers) {
        bytes[Int.random(in: 0..<bytes.count, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
      }
      guard let found = try? records(of: bytes) else { continue }
      for record in found {
        guard case .sample(let process, let thread, let raw) = record.content else { continue }
        #expect(raw.upperBound <= bytes.count)
        _ = try? layout.decode(bytes.span.extracting(raw), time: record.time, process: process, thread: thread)
      }
    }
  }
}
