import SocketModel

/// `struct unix_diag_msg` and its attributes (`include/uapi/linux/unix_diag.h`, filled in by
/// `net/unix/diag.c`).
///
/// Offsets: family 0, type 1, state 2, pad 3, inode 4, cookie 8-15. The kernel leaves out sockets
/// without an inode: connections that a listener has not accepted yet are missing here, while
/// `/proc/net/unix` shows them.
enum UnixDiagMessage {
  static let size = 16

  /// Decodes one message of a dump and adds the socket to the table, unless its state was not asked
  /// for.
  ///
  /// - Throws: ``DecodeError`` when the message is too short, its type or state does not exist, or
  ///   its attributes do not parse.
  static func decode(
    _ message: Span<UInt8>, _ context: SockDiagAnswer.Context, into table: inout SockDiagTable
  ) throws(DecodeError) {
    let type = try SocketType(headOf: message, "unix_diag_msg", size: size, family: .unix, "AF_UNIX")
    guard let state = state(message[2]) else {
      throw DecodeError("unix_diag_msg", "there is no state \(message[2])", in: message, at: 2)
    }
    // Once a client has connected, the kernel also calls a datagram server established, although it
    // has no peer.
    let mayLackPeer = type == .datagram && state == .connected
    guard mayLackPeer || context.states.contains(state) else { return }
    var record = SocketRecord(transport: .unix, family: .unix, state: state)
    record.socketType = type
    record.inode = UInt64(message.hostUInt32(at: 4))
    record.cookie = message.hostUInt64(at: 8)
    // Without a UNIX_DIAG_PEER attribute there is no peer, because it was asked for.
    record.known = [.socketType, .inode, .cookie, .peer]
    context.placeInNamespace(&record)
    var name: Range<Int>?
    var hasPeer = false
    var memory: SocketMemory?
    try NetlinkAttributes.forEach(in: message, from: size) { attribute, value in
      switch attribute.type {
      case 0 where !value.isEmpty: name = attribute.value  // UNIX_DIAG_NAME
      case 2 where value.count >= 4:  // UNIX_DIAG_PEER, 0 of a peer that was closed
        record.remoteBits = UInt128(value.hostUInt32(at: 0))
        hasPeer = true
      case 3: table.appendWaiting(value, of: record.inode)  // UNIX_DIAG_ICONS
      case 4 where value.count >= 8:  // UNIX_DIAG_RQLEN: of a listener, waiting connections and their limit
        record.receiveQueue = value.hostUInt32(at: 0)
        record.sendQueue = value.hostUInt32(at: 4)
        record.known.formUnion([.receiveQueue, .sendQueue])
      case 5: memory = record.takeMemory(value)  // UNIX_DIAG_MEMINFO
      case 6 where value.count >= 1: record.setShutdown(value[0])  // UNIX_DIAG_SHUTDOWN
      case 7 where value.count >= 4:  // UNIX_DIAG_UID
        record.uid = value.hostUInt32(at: 0)
        record.known.insert(.uid)
      default: break
      }
    }
    if mayLackPeer {
      if !hasPeer { record.state = .unconnected }
      guard context.states.contains(record.state) else { return }
    }
    if context.requiredDetails.contains(.memory), let memory { record.detailIndex = table.append(memory) }
    if let name { record.nameIndex = nameIndex(message.extracting(name), &table) }
    table.append(record)
  }

  /// The state with the kernel's `TCP_` number, which unix sockets use too.
  private static func state(_ number: UInt8) -> SocketState? {
    switch number {
    case 1: .connected  // TCP_ESTABLISHED
    case 2: .connecting  // TCP_SYN_SENT
    case 7: .unconnected  // TCP_CLOSE
    case 10: .listen  // TCP_LISTEN
    case 11: .disconnecting  // TCP_CLOSING
    default: nil
    }
  }

  /// Stores the name: a path without the NUL that ends it, an abstract name (it begins with NUL)
  /// whole.
  private static func nameIndex(_ name: Span<UInt8>, _ table: inout SockDiagTable) -> UInt32 {
    var count = name.count
    if name[0] != 0 {
      for index in name.indices where name[index] == 0 {
        count = index
        break
      }
    }
    return table.names.append(name.extracting(0..<count))
  }
}
