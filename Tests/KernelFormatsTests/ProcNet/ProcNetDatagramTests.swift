import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("/proc/net/udp, udplite, raw, icmp and their IPv6 forms", .timeLimited)
struct ProcNetDatagramTests {
  private static let four = "0100007F:9AB1 00000000:0000"
  private static let six = "00000000000000000000000001000000:9AB1 00000000000000000000000000000000:0000"

  private func row(
    _ ends: String = four, state: String = "07", queues: String = "00000000:00000340", tail: String
  ) -> String {
    " 9246: \(ends) \(state) \(queues) 00:00000000 00000000  1000        0 12664\(tail)"
  }

  @Test(
    "each table gives its transport, family and type",
    arguments: [
      (ProcNetTable.udp, Transport.udp, SocketType.datagram), (.udp6, .udp, .datagram), (.udplite, .udplite, .datagram),
      (.udplite6, .udplite, .datagram), (.raw, .raw, .raw), (.raw6, .raw, .raw), (.icmp, .icmp, .datagram),
      (.icmp6, .icmp, .datagram),
    ])
  func tables(table: ProcNetTable, transport: Transport, type: SocketType) throws {
    let ends = table.family == .ipv4 ? Self.four : Self.six
    let (found, snapshot) = decodeRow(table, row(ends, tail: " 2 0000000001f822b9 7"))
    let record = try #require(found)
    #expect(snapshot.problems.isEmpty)
    #expect(record.transport == transport)
    #expect(record.family == table.family)
    #expect(record.socketType == type)
    #expect(record.localPort == 0x9AB1)
    #expect(record.local?.address.isLoopback == true)
    #expect(record.state == .unconnected)
    #expect(record.receiveQueue == 832)
    #expect(record.sendQueue == 0)
    #expect(record.drops == 7)
    #expect(record.uid == 1000)
    #expect(record.inode == 12664)
    // There is no timer.
    #expect(record.known == [.receiveQueue, .sendQueue, .uid, .inode, .drops, .socketType])
  }

  @Test("drops are read only where the header names them, and inodes too")
  func columns() throws {
    let old = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
    let long = row(tail: " 1 ffff88003d3af3c0 100 0 0 10 -1 1 2")
    let record = try #require(decodeTable(.udp, old + "\n" + long + "\n").records.first)
    #expect(record.inode == 12664 && !record.known.contains(.drops))
    let extra = old.replacing("inode", with: "inode ref pointer drops new") + "\n"
    #expect(try #require(decodeTable(.udp, extra + row(tail: " 2 0 7 8") + "\n").records.first).drops == 7)
    let none = old.replacing(" inode", with: "") + "\n"
    let rows = row(tail: "").replacing(" 12664", with: "") + "\n"
    let without = decodeTable(.udp, none + rows + rows)
    #expect(without.problems.isEmpty && without.records.count == 2)
    #expect(without.records.allSatisfy { !$0.known.contains(.inode) && $0.inode == 0 && $0.uid == 1000 })
    #expect(decodeTable(.udp, old + "\n" + rows).problems.map(\.message) == ["expected a number below 2^64 as inode"])
  }

  @Test("a column that no kernel has in the middle is reported row by row")
  func insertedColumn() {
    let head = header(of: .udp).replacing(" st ", with: " st new ")
    let text = head + row(tail: " 2 0 7").replacing(" 07 ", with: " 07 9 ") + "\n"
    #expect(decodeTable(.udp, text).problems.map(\.message) == ["expected 8 hexadecimal digits as tx_queue"])
  }

  @Test(
    "a socket with a peer is connected, any other is not; none listens",
    arguments: [("01", SocketState.connected), ("07", .unconnected), ("0A", .unconnected)])
  func states(number: String, state: SocketState) throws {
    #expect(try #require(decodeRow(.udp, row(state: number, tail: " 2 0 0")).record).state == state)
  }

  @Test(
    "drops are in the last column where there is one, signed or not",
    arguments: [
      (" 2 0000000001f822b9 0", UInt32(0)), (" 2 0000000001f822b9 4294967295", .max), (" 2 ffff810037d2a0c0 12   ", 12),
      // A signed counter that exceeded 2^31.
      (" 2 ffff810037d2a0c0 -2147483648", 2_147_483_648), (" 2 (null) 3", 3),
      // Linux before 2.6.27 has no such column.
      (" 2 f7a0c0c0", nil), (" 2 f7a0c0c0          ", nil), ("", nil), (" 2 f7a0c0c0 x", nil),
      (" 2 f7a0c0c0 99999999999", nil),
    ] as [(String, UInt32?)])
  func drops(tail: String, drops: UInt32?) throws {
    let (found, snapshot) = decodeRow(.udp, row(tail: tail))
    let record = try #require(found)
    #expect(record.known.contains(.drops) == (drops != nil))
    if let drops { #expect(record.drops == drops) }
    #expect(snapshot.problems.isEmpty)
  }

  @Test("the local port of a raw socket is its protocol and that of an icmp socket its echo identifier")
  func pseudoPorts() throws {
    let raw = try #require(decodeRow(.raw, row("00000000:0059 00000000:0000", tail: " 2 0 0")).record)
    #expect(raw.localPort == 89)
    let echo = try #require(decodeRow(.icmp, row("00000000:0011 08080808:0000", state: "01", tail: " 2 0 0")).record)
    #expect(echo.localPort == 17)
    #expect(echo.state == .connected)
    #expect(echo.remote?.description == "8.8.8.8:0")
  }

  @Test("big-endian tables are read unswapped")
  func bigEndian() throws {
    let text = row("C0000201:0035 20010DB8:0000", tail: " 2 0 0")
    #expect(try #require(decodeRow(.udp, text, byteOrder: .big).record).local?.description == "192.0.2.1:53")
  }
}
