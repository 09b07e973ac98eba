import KernelFormats
import SocketModel
import TestSupport
import Testing

/// A row of a TCP connection from 127.0.0.1:631 with the columns given and usual ones around.
private func row(
  remote: String = "0100007F:1000", state: String = "01", queues: String = "00000000:00000000",
  timer: String = "00:00000000", retransmits: String = "00000000", uid: String = "0", inode: String = "4711",
  tail: String = " 1 0000000000000000 20 4 30 10 -1"
) -> String {
  "   0: 0100007F:0277 \(remote) \(state) \(queues) \(timer) \(retransmits)     \(uid)        0 \(inode)\(tail)"
}

@Suite("/proc/net/tcp and tcp6", .timeLimited)
struct ProcNetTCPTests {
  @Test("a row of a current kernel gives both ends, queues, timer, user and inode")
  func fullRow() throws {
    let text =
      "   3: 0100007F:04D2 0201000A:9C40 01 00000010:00000020 02:000AFC80 00000003  1000        2 323642 2 "
      + "000000009fbe27ac 20 4 30 10 -1"
    let record = try #require(decodeRow(.tcp, text).record)
    #expect(record.local?.description == "127.0.0.1:1234")
    #expect(record.remote?.description == "10.0.1.2:40000")
    #expect(record.state == .established)
    #expect(record.sendQueue == 16)
    #expect(record.receiveQueue == 32)
    #expect(record.timer == .keepalive)
    #expect(record.timerMilliseconds == 7_200_000)
    #expect(record.retransmits == 3)
    #expect(record.probes == 2)
    #expect(record.uid == 1000)
    #expect(record.inode == 323_642)
    #expect(record.socketType == .stream)
    #expect(record.known == [.receiveQueue, .sendQueue, .timer, .retransmits, .probes, .uid, .inode, .socketType])
  }

  @Test(
    "every kernel's layout of a row is read",
    arguments: [
      // 2.6 on 32 bits: a pointer of 8 digits.
      "   0: 0100007F:0277 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 f7a0c0c0 3000 0 0 2 -1",
      // 2.6 on 64 bits: the real pointer.
      "   0: 0100007F:0277 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 ffff810037d2a0c0 3000 0 0 2 -1",
      // 3.10: padded, pointers zeroed for users.
      "   0: 0100007F:0277 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0        ",
      // 4.15 and later: hashed pointers. Row numbers may be longer than their column.
      "1234567: 0100007F:0277 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 000000009fbe27ac 100 0 0 10 0",
      // Columns beyond the known ones are skipped; tabs separate like blanks; a carriage return may
      // end the line.
      "0:\t0100007F:0277\t00000000:0000\t0A\t00000000:00000000\t00:00000000\t00000000\t0\t0\t4711\t1 0 100 0 0 10 0 99 new\r",
    ])
  func layouts(row: String) throws {
    let (found, snapshot) = decodeRow(.tcp, row)
    let record = try #require(found)
    #expect(record.local?.description == "127.0.0.1:631")
    #expect(record.state == .listen)
    #expect(record.inode == 4711)
    #expect(snapshot.problems.isEmpty)
  }

  @Test("a listener's receive queue is its accept queue, and the limit is unknown rather than 0")
  func listener() throws {
    let record = try #require(decodeRow(.tcp, row(state: "0A", queues: "00000000:00000005")).record)
    #expect(record.receiveQueue == 5)
    #expect(record.known.contains(.receiveQueue))
    #expect(!record.known.contains(.sendQueue))
    #expect(record.uid == 0)
    #expect(record.known.contains(.uid))
  }

  @Test(
    "TIME_WAIT and orphans in FIN_WAIT2 end early and belong to nobody: the printed 0 is no user",
    arguments: [("06", SocketState.timeWait), ("05", .finWait2)])
  func timeWait(number: String, state: SocketState) throws {
    let text = row(state: number, timer: "03:000016B2", inode: "0", tail: " 3 0000000012345678")
    let record = try #require(decodeRow(.tcp, text).record)
    #expect(record.state == state)
    #expect(record.timer == .timeWait)
    #expect(record.timerMilliseconds == 58_100)
    #expect(record.inode == 0)
    #expect(record.known == [.receiveQueue, .sendQueue, .timer, .inode, .socketType])
    #expect(!record.canHaveOwner)
  }

  @Test("timer 5 is a delayed acknowledgement, as in sock_diag, and one beyond it is unknown")
  func delayedAck() throws {
    let delayed = try #require(decodeRow(.tcp, row(state: "01", timer: "05:00000004")).record)
    #expect(delayed.timer == .delayedAck && delayed.timerMilliseconds == 40 && delayed.known.contains(.timer))
    let other = try #require(decodeRow(.tcp, row(state: "01", timer: "06:00000004")).record)
    #expect(!other.known.contains(.timer) && other.timer == .off)
  }

  @Test("SYN_RECV ends early and counts retransmissions; its user is left out", arguments: ["03", "0C"])
  func synRecv(state: String) throws {
    let text = row(
      state: state, timer: "01:00000064", retransmits: "00000002", uid: "1000", inode: "0", tail: " 0 0000000012345678")
    let record = try #require(decodeRow(.tcp, text).record)
    #expect(record.state == .synRecv)
    #expect(record.timer == .retransmit)
    #expect(record.timerMilliseconds == 1000)
    #expect(record.retransmits == 2)
    #expect(record.known == [.receiveQueue, .sendQueue, .timer, .retransmits, .inode, .socketType])
  }

  @Test("a connection not accepted yet has inode 0; a printed user other than 0 is valid, 0 is not")
  func notAccepted() throws {
    #expect(try #require(decodeRow(.tcp, row(uid: "0", inode: "0")).record).known.contains(.uid) == false)
    let reported = try #require(decodeRow(.tcp, row(uid: "1000", inode: "0")).record)
    #expect(reported.known.contains(.uid))
    #expect(reported.uid == 1000)
  }

  @Test("a user id from 2^31 on, printed as a negative number by old kernels, is read correctly")
  func negativeUser() throws {
    #expect(try #require(decodeRow(.tcp, row(uid: "-2")).record).uid == 4_294_967_294)
  }

  @Test(
    "every timer and its time is read",
    arguments: [
      ("00:00000000", SocketTimer.off, UInt32(0)), ("01:00000014", .retransmit, 200),
      ("02:000AFC80", .keepalive, 7_200_000), ("03:00001770", .timeWait, 60_000), ("04:00000FA0", .probe, 40_000),
      // A timer that is already due: negative numbers of 32 and 64 bits.
      ("01:FFFFFFFE", .retransmit, 0), ("01:FFFFFFFFFFFFFFFE", .retransmit, 0),
      // A time longer than a record can hold (49 days) becomes the longest one.
      ("02:7FFFFFFF", .keepalive, .max), ("02:7FFFFFFFFFFFFFFF", .keepalive, .max),
    ])
  func timers(text: String, timer: SocketTimer, milliseconds: UInt32) throws {
    let record = try #require(decodeRow(.tcp, row(timer: text)).record)
    #expect(record.timer == timer)
    #expect(record.timerMilliseconds == milliseconds)
  }

  @Test(
    "times count in the clock ticks of the machine that wrote the table",
    arguments: [(100, UInt32(10_000)), (1000, 1000), (1024, 976)])
  func ticks(perSecond: Int, milliseconds: UInt32) throws {
    let record = try #require(decodeRow(.tcp, row(timer: "01:000003E8"), ticksPerSecond: perSecond).record)
    #expect(record.timerMilliseconds == milliseconds)
  }

  @Test("an invalid clock rate does not stop the decoder", arguments: [0, -1, Int.min, Int.max])
  func hostileTicks(perSecond: Int) {
    #expect(decodeRow(.tcp, row(timer: "01:000003E8"), ticksPerSecond: perSecond).record != nil)
  }

  @Test("an unknown timer is unknown, not off")
  func unknownTimer() throws {
    #expect(try #require(decodeRow(.tcp, row(timer: "09:000003E8")).record).known.contains(.timer) == false)
  }

  @Test("a queue that was read at a bad moment and printed negative is unknown")
  func negativeQueue() throws {
    let record = try #require(decodeRow(.tcp, row(state: "08", queues: "00000001:FFFFFFFF")).record)
    #expect(!record.known.contains(.receiveQueue))
    #expect(record.known.contains(.sendQueue))
    #expect(record.sendQueue == 1)
  }

  @Test("counters beyond what a record holds are the most it holds")
  func clamped() throws {
    #expect(try #require(decodeRow(.tcp, row(retransmits: "00000FFF")).record).retransmits == 255)
  }

  @Test("inodes have 64 bits", arguments: [UInt64(1), 4_294_967_296, 9_223_372_036_854_775_808, .max])
  func inodes(inode: UInt64) throws {
    #expect(try #require(decodeRow(.tcp, row(inode: "\(inode)")).record).inode == inode)
  }

  @Test(
    "each of the kernel's state numbers is read",
    arguments: [
      (1, SocketState.established), (2, .synSent), (3, .synRecv), (4, .finWait1), (5, .finWait2), (6, .timeWait),
      (7, .close), (8, .closeWait), (9, .lastAck), (10, .listen), (11, .closing),
    ])
  func states(number: Int, state: SocketState) throws {
    let text = "0" + String(number, radix: 16, uppercase: true)
    #expect(try #require(decodeRow(.tcp, row(state: text)).record).state == state)
  }

  @Test("IPv6 addresses are four words, each swapped by itself; mapped ones stay IPv6")
  func ipv6() throws {
    let text =
      "   0: B80D0120000000000000000001000000:1F90 0000000000000000FFFF00000100007F:C350 01 00000000:00000000 "
      + "00:00000000 00000000     0        0 4711 1 0 20 4 30 10 -1"
    let record = try #require(decodeRow(.tcp6, text).record)
    #expect(record.local?.description == "[2001:db8::1]:8080")
    #expect(record.remote?.description == "[::ffff:127.0.0.1]:50000")
    #expect(record.family == .ipv6)
  }

  @Test("a big-endian machine prints addresses unswapped, and ports and queues as everywhere")
  func bigEndian() throws {
    let tail = "01 00000010:00000020 00:00000000 00000000     0        0 4711 1 0 20 4 30 10 -1"
    let four = try #require(decodeRow(.tcp, "   0: 7F000001:04D2 C0000201:9C40 " + tail, byteOrder: .big).record)
    #expect(four.local?.description == "127.0.0.1:1234")
    #expect(four.remote?.description == "192.0.2.1:40000")
    #expect(four.sendQueue == 16)
    let ends = "   0: 20010DB8000000000000000000000001:1F90 00000000000000000000FFFF7F000001:C350 "
    let six = try #require(decodeRow(.tcp6, ends + tail, byteOrder: .big).record)
    #expect(six.local?.description == "[2001:db8::1]:8080")
    #expect(six.remote?.description == "[::ffff:127.0.0.1]:50000")
  }

  @Test("hexadecimal digits of either case are read, and nothing else counts as one")
  func digits() throws {
    for byte in UInt8(0x21)...0x7E {
      let text = "   0: 010000\(Character(Unicode.Scalar(byte)))F:0277 " + row().dropFirst(20)
      let record = decodeRow(.tcp, text).record
      if let digit = Character(Unicode.Scalar(byte)).hexDigitValue {
        // The text shows the bytes backwards: 010000xF is the address xF.0.0.1.
        #expect(try #require(record).localBits == UInt128(digit * 16 + 15) << 24 | 1)
      } else {
        #expect(record == nil)
      }
    }
  }
}
