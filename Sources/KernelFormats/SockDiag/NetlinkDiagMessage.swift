import SocketModel

/// `struct netlink_diag_msg` and its attributes (`include/uapi/linux/netlink_diag.h`, filled in by
/// `net/netlink/diag.c`).
///
/// Offsets: family 0, type 1, protocol 2, state 3, port id 4, destination's port id 8, destination
/// group 12, inode 16, cookie 20-27.
enum NetlinkDiagMessage {
  static let size = 28

  /// Decodes one message of a dump and adds the socket to the table, unless its state was not asked
  /// for.
  ///
  /// - Throws: ``DecodeError`` when the message is too short, its type does not exist, or its
  ///   attributes do not parse.
  static func decode(
    _ message: Span<UInt8>, _ context: SockDiagAnswer.Context, into table: inout SockDiagTable
  ) throws(DecodeError) {
    let type = try SocketType(headOf: message, "netlink_diag_msg", size: size, family: .netlink, "AF_NETLINK")
    let state: SocketState = message[3] == 1 ? .connected : .unconnected  // NETLINK_CONNECTED
    guard context.states.contains(state) else { return }
    var record = SocketRecord(transport: .netlink, family: .netlink, state: state)
    record.socketType = type
    record.localPort = UInt16(message[2])
    record.localBits = UInt128(message.hostUInt32(at: 4))
    record.remoteBits = UInt128(message.hostUInt32(at: 8))
    record.inode = UInt64(message.hostUInt32(at: 16))
    record.cookie = message.hostUInt64(at: 20)
    record.known = [.socketType, .inode, .cookie]
    context.placeInNamespace(&record)
    var memory: SocketMemory?
    // Without the attribute, which was asked for, it has joined none.
    var groups: [UInt32]? = context.requiredDetails.contains(.attributes) ? [] : nil
    try NetlinkAttributes.forEach(in: message, from: size) { attribute, value in
      switch attribute.type {
      case 0: memory = record.takeMemory(value)  // NETLINK_DIAG_MEMINFO
      case 1 where groups != nil: groups = Self.groups(value)  // NETLINK_DIAG_GROUPS
      default: break
      }
    }
    record.takeQueues(from: memory)
    var detail = SocketDetail()
    if context.requiredDetails.contains(.memory) { detail.memory = memory }
    detail.netlinkGroups = groups
    if detail != SocketDetail() { record.detailIndex = table.append(detail) }
    table.append(record)
  }

  /// Decodes the groups of a bit mask, an array of the kernel's `unsigned long`, in which bit 0
  /// stands for group 1.
  private static func groups(_ value: Span<UInt8>) -> [UInt32] {
    var groups: [UInt32] = []
    var offset = 0
    while offset &+ 8 <= value.count {
      let word = value.hostUInt64(at: offset)
      for bit in 0..<64 where word >> UInt64(bit) & 1 != 0 { groups.append(UInt32(offset * 8 + bit + 1)) }
      offset &+= 8
    }
    return groups
  }
}
