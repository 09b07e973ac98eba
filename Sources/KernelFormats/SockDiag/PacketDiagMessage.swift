import SocketModel

/// `struct packet_diag_msg` and its attributes (`include/uapi/linux/packet_diag.h`, filled in by
/// `net/packet/diag.c`).
///
/// Offsets: family 0, type 1, protocol (an ethertype, in host order) 2, inode 4, cookie 8-15.
enum PacketDiagMessage {
  static let size = 16

  /// Decodes one message of a dump and adds the socket to the table, unless its state was not asked
  /// for.
  ///
  /// - Throws: ``DecodeError`` when the message is too short, its type does not exist, or its
  ///   attributes do not parse.
  static func decode(
    _ message: Span<UInt8>, _ context: SockDiagAnswer.Context, into table: inout SockDiagTable
  ) throws(DecodeError) {
    let type = try SocketType(headOf: message, "packet_diag_msg", size: size, family: .packet, "AF_PACKET")
    guard context.states.contains(.unconnected) else { return }
    var record = SocketRecord(transport: .packet, family: .packet, state: .unconnected)
    record.socketType = type
    record.localPort = message.hostUInt16(at: 2)
    record.inode = UInt64(message.hostUInt32(at: 4))
    record.cookie = message.hostUInt64(at: 8)
    record.known = [.socketType, .inode, .cookie]
    context.placeInNamespace(&record)
    var memory: SocketMemory?
    try NetlinkAttributes.forEach(in: message, from: size) { attribute, value in
      switch attribute.type {
      case 0 where value.count >= 4:  // PACKET_DIAG_INFO, struct packet_diag_info: the interface index comes first
        record.interface = value.hostUInt32(at: 0)
        record.known.insert(.interface)
      case 5 where value.count >= 4:  // PACKET_DIAG_UID
        record.uid = value.hostUInt32(at: 0)
        record.known.insert(.uid)
      case 6: memory = record.takeMemory(value)  // PACKET_DIAG_MEMINFO
      default: break
      }
    }
    record.takeQueues(from: memory)
    if context.requiredDetails.contains(.memory), let memory { record.detailIndex = table.append(memory) }
    table.append(record)
  }
}

extension SocketRecord {
  /// Fills the queues of a packet or netlink socket, which are memory in bytes and reported nowhere
  /// else.
  mutating func takeQueues(from memory: SocketMemory?) {
    guard let memory else { return }
    receiveQueue = memory.receiveAllocated
    sendQueue = memory.sendAllocated
    known.formUnion([.receiveQueue, .sendQueue])
  }
}
