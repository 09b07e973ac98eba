import SocketModel

/// A row of `/proc/net/packet`: `sk RefCnt Type Proto Iface R Rmem User Inode`
/// (`net/packet/af_packet.c`, `packet_seq_show`).
///
/// The protocol is hexadecimal, the interface an index in the table's network namespace, 0 for any.
/// Packet sockets are never connected, so the state is ``SocketState/unconnected``.
struct PacketRow: ProcNetRow {
  func decode(_ cursor: inout LineCursor, _ bytes: Span<UInt8>) throws(RowError) -> SocketRecord {
    try skipPointer(&cursor, bytes)
    _ = try decimalColumn(&cursor, bytes, "RefCnt")
    let typeNumber = try decimalColumn(&cursor, bytes, "Type")
    cursor.skipBlanks(bytes)
    guard let ethertype = cursor.hexadecimal(bytes), ethertype.digits <= 4, cursor.isAtTokenEnd(bytes) else {
      throw RowError("Proto", .hexadecimalDigits(4))
    }
    let interface = try decimalColumn(&cursor, bytes, "Iface")
    _ = try decimalColumn(&cursor, bytes, "R")
    let receive = try decimalColumn(&cursor, bytes, "Rmem")
    let uid = try decimalColumn(&cursor, bytes, "User")
    let inode = try inodeColumn(&cursor, bytes)

    var record = SocketRecord(transport: .packet, family: .packet, state: .unconnected)
    record.localPort = UInt16(truncatingIfNeeded: ethertype.value)
    record.inode = inode
    record.known = [.inode]
    if let type = SocketType(rawValue: UInt8(clamping: typeNumber)) {
      record.socketType = type
      record.known.insert(.socketType)
    }
    if let index = UInt32(exactly: interface) {
      record.interface = index
      record.known.insert(.interface)
    }
    if let bytes = UInt32(exactly: receive) {
      record.receiveQueue = bytes
      record.known.insert(.receiveQueue)
    }
    if inode != 0 || uid != 0 {
      record.uid = UInt32(truncatingIfNeeded: uid)
      record.known.insert(.uid)
    }
    return record
  }
}
