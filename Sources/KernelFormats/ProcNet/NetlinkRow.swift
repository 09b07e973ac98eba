import SocketModel

/// A row of `/proc/net/netlink`: `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode`
/// (`net/netlink/af_netlink.c`, `netlink_native_seq_show`).
///
/// `Eth` is the netlink protocol (`NETLINK_ROUTE` is 0), `Pid` the port id, which need not be that
/// of a process. `Drops` came with Linux 2.6.30 and `Inode` with 2.6.38; `Dump` is a pointer before
/// 3.13 and a number since. The row does not show whether the socket is connected, so its state is
/// ``SocketState/unconnected``; nor does it show its type or user.
struct NetlinkRow: ProcNetRow {
  func decode(_ cursor: inout LineCursor, _ bytes: Span<UInt8>) throws(RowError) -> SocketRecord {
    try skipPointer(&cursor, bytes)
    let number = try decimalColumn(&cursor, bytes, "Eth")
    guard let netlinkProtocol = UInt16(exactly: number) else { throw RowError("Eth", .numberOfBits(16)) }
    // Port ids that the kernel chose are close to 2^32; kernels before 3.x print them as negative
    // numbers.
    let port = try decimalColumn(&cursor, bytes, "Pid")
    _ = try hexadecimalColumn(&cursor, bytes, "Groups")
    let receive = try decimalColumn(&cursor, bytes, "Rmem")
    let send = try decimalColumn(&cursor, bytes, "Wmem")
    try skipPointer(&cursor, bytes)
    _ = try decimalColumn(&cursor, bytes, "Locks")

    var record = SocketRecord(transport: .netlink, family: .netlink, state: .unconnected)
    record.localPort = netlinkProtocol
    record.localBits = UInt128(UInt32(truncatingIfNeeded: port))
    if let bytes = UInt32(exactly: receive) {
      record.receiveQueue = bytes
      record.known.insert(.receiveQueue)
    }
    if let bytes = UInt32(exactly: send) {
      record.sendQueue = bytes
      record.known.insert(.sendQueue)
    }
    cursor.skipBlanks(bytes)
    guard cursor.peek(bytes) != UInt8(ascii: "\n") else { return record }
    let drops = try decimalColumn(&cursor, bytes, "Drops")
    if Int64(Int32.min)...Int64(UInt32.max) ~= drops {
      record.drops = UInt32(truncatingIfNeeded: drops)
      record.known.insert(.drops)
    }
    cursor.skipBlanks(bytes)
    guard cursor.peek(bytes) != UInt8(ascii: "\n") else { return record }
    record.inode = try inodeColumn(&cursor, bytes)
    record.known.insert(.inode)
    return record
  }
}
