import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("/proc/net/packet and netlink", .timeLimited)
struct ProcNetPacketNetlinkTests {
  @Test(
    "a packet row gives type, protocol, interface, memory, user and inode",
    arguments: ["00000000bf9ee7bc", "c1a2b3c4", "ffff810037d2a0c0", "(null)"])
  func packet(pointer: String) throws {
    let record = try #require(decodeRow(.packet, "\(pointer) 3      3    88cc   2     1 832    1000   12663 ").record)
    #expect(record.transport == .packet)
    #expect(record.family == .packet)
    #expect(record.state == .unconnected)
    #expect(record.socketType == .raw)
    #expect(record.localPort == 0x88CC)
    #expect(record.interface == 2)
    #expect(record.receiveQueue == 832)
    #expect(record.uid == 1000)
    #expect(record.inode == 12663)
    #expect(record.known == [.socketType, .interface, .receiveQueue, .uid, .inode])
  }

  @Test(
    "the netlink layout of every kernel is read",
    arguments: [
      // 2.6.18: no drops, no inode.
      ("ddf0d800 15  2660   00000001 0        16       00000000 2", UInt32(2660), nil, nil),
      ("ddf0d800 15  2660   00000001 0        16       (null) 2", 2660, nil, nil),
      // 2.6.32: drops.
      ("ffff88003e1c2000 15  2660   00000001 0        16       (null) 2        3", 2660, 3, nil),
      // 3.10: inode; Dump is a pointer.
      (
        "ffff88003e1c2000 15  2660   00000001 0        16       0000000000000000 2        3        4711    ", 2660, 3,
        4711
      ),
      // 4.19: Dump is a number. Port ids near 2^32 are the kernel's choice.
      (
        "000000009e43e5d7 15  4294963199 00000001 0        16       0        2        3        4711    ", 4_294_963_199,
        3, 4711
      ),
      // Old kernels print these as negative numbers, and drops too.
      ("ddf0d800 15  -4097  00000001 0        16       (null) 2        -1       4711", 4_294_963_199, .max, 4711),
      // 6.12: other widths.
      ("000000000e9a2409 15  2660       00000001 0        16       0     2        3        4711    ", 2660, 3, 4711),
    ] as [(String, UInt32, UInt32?, UInt64?)])
  func netlink(row: String, port: UInt32, drops: UInt32?, inode: UInt64?) throws {
    let (found, snapshot) = decodeRow(.netlink, row)
    let record = try #require(found)
    #expect(snapshot.problems.isEmpty)
    #expect(record.transport == .netlink)
    #expect(record.localPort == 15)
    #expect(record.localBits == UInt128(port))
    #expect(record.receiveQueue == 0)
    #expect(record.sendQueue == 16)
    #expect(record.known.contains(.drops) == (drops != nil))
    #expect(record.known.contains(.inode) == (inode != nil))
    if let drops { #expect(record.drops == drops) }
    if let inode { #expect(record.inode == inode) }
    #expect(!record.known.contains(.uid))
  }

  @Test("netlink rows without an inode are never taken for repetitions")
  func withoutInode() {
    let row = "ddf0d800 15  0   00000001 0        0       00000000 2\n"
    #expect(decodeTable(.netlink, header(of: .netlink) + row + row).records.count == 2)
  }

  @Test(
    "rows that do not parse name the column",
    arguments: [
      (ProcNetTable.packet, "zz 3 3 0003 0 1 0 0 12663", "sk"), (.packet, "c1a2b3c4 3 3 00003 0 1 0 0 12663", "Proto"),
      (.packet, "c1a2b3c4 3 3 0003 0 1 0 0", "Inode"), (.packet, "c1a2b3c4 3 x 0003 0 1 0 0 1", "Type"),
      (.netlink, "c1a2b3c4 65536 0 0 0 0 0 2", "Eth"), (.netlink, "c1a2b3c4 15 0 xx 0 0 0 2", "Groups"),
      (.netlink, "c1a2b3c4 15 0 0 0 0 0 2 0 x", "Inode"),
    ])
  func badRows(table: ProcNetTable, row: String, column: String) throws {
    let (record, snapshot) = decodeRow(table, row)
    #expect(record == nil)
    #expect(try #require(snapshot.problems.first).message.contains(column))
  }
}
