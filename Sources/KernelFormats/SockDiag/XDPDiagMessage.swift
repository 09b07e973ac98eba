import SocketModel

/// `struct xdp_diag_msg` and its attributes (`include/uapi/linux/xdp_diag.h`, filled in by
/// `net/xdp/xsk_diag.c`).
///
/// Offsets: family 0, type 1, pad 2, inode 4, cookie 8-15. The kernel leaves out sockets that are
/// not bound.
enum XDPDiagMessage {
  static let size = 16

  /// Decodes one message of a dump and adds the socket to the table, unless its state was not asked
  /// for.
  ///
  /// - Throws: ``DecodeError`` when the message is too short, its type does not exist, or its
  ///   attributes do not parse.
  static func decode(
    _ message: Span<UInt8>, _ context: SockDiagAnswer.Context, into table: inout SockDiagTable
  ) throws(DecodeError) {
    let type = try SocketType(headOf: message, "xdp_diag_msg", size: size, family: .xdp, "AF_XDP")
    guard context.states.contains(.unconnected) else { return }
    var record = SocketRecord(transport: .xdp, family: .xdp, state: .unconnected)
    record.socketType = type
    record.inode = UInt64(message.hostUInt32(at: 4))
    record.cookie = message.hostUInt64(at: 8)
    record.known = [.socketType, .inode, .cookie]
    context.placeInNamespace(&record)
    var memory: SocketMemory?
    try NetlinkAttributes.forEach(in: message, from: size) { attribute, value in
      switch attribute.type {
      case 1 where value.count >= 8:  // XDP_DIAG_INFO, struct xdp_diag_info: interface index, queue
        record.interface = value.hostUInt32(at: 0)
        record.localBits = UInt128(value.hostUInt32(at: 4))
        record.known.insert(.interface)
      case 2 where value.count >= 4:  // XDP_DIAG_UID
        record.uid = value.hostUInt32(at: 0)
        record.known.insert(.uid)
      case 8: memory = record.takeMemory(value)  // XDP_DIAG_MEMINFO
      case 9 where value.count >= 8:  // XDP_DIAG_STATS, struct xdp_diag_stats: n_rx_dropped comes first
        record.drops = UInt32(clamping: value.hostUInt64(at: 0))
        record.known.insert(.drops)
      default: break
      }
    }
    record.takeQueues(from: memory)
    if context.requiredDetails.contains(.memory), let memory { record.detailIndex = table.append(memory) }
    table.append(record)
  }
}
