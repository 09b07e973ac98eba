import SocketModel

/// The attributes of TIPC's dump (`include/uapi/linux/tipc_netlink.h`, filled in by
/// `tipc_sk_fill_sock_diag` of `net/tipc/socket.c`), which has no fixed part: one nest,
/// `TIPC_NLA_SOCK`, holds the attributes of the socket.
enum TIPCDiagMessage {
  /// The corresponding C constant is `TIPC_NLA_SOCK`.
  static let socketAttribute: UInt16 = 2

  /// Decodes one message of a dump and adds the socket to the table, unless its state was not asked
  /// for. For sockets in other states the kernel sends a message without attributes.
  ///
  /// - Throws: ``DecodeError`` when attributes do not parse, or the socket's type or state is
  ///   missing or does not exist.
  static func decode(
    _ message: Span<UInt8>, _ context: SockDiagAnswer.Context, into table: inout SockDiagTable
  ) throws(DecodeError) {
    var nest: Range<Int>?
    try NetlinkAttributes.forEach(in: message, from: 0) { attribute, _ in
      if attribute.type == socketAttribute { nest = attribute.value }
    }
    guard let nest else { return }
    var socket = Socket()
    try socket.decode(message.extracting(nest))
    guard let type = socket.type else {
      throw DecodeError("tipc socket", "its type is missing or does not exist", in: message)
    }
    guard let state = socket.state else {
      throw DecodeError("tipc socket", "its state is missing or does not exist", in: message)
    }
    guard context.states.contains(state) else { return }
    socket.record.state = state
    socket.record.socketType = type
    socket.record.known.insert(.socketType)
    context.placeInNamespace(&socket.record)
    table.append(socket.record)
  }

  /// What the attributes of a socket hold.
  private struct Socket {
    var record = SocketRecord(transport: .tipc, family: .tipc, state: .unconnected)
    var type: SocketType?
    var state: SocketState?

    mutating func decode(_ attributes: Span<UInt8>) throws(DecodeError) {
      var (node, port): (UInt32?, UInt32?)
      var (connection, statistics): (Range<Int>?, Range<Int>?)
      try NetlinkAttributes.forEach(in: attributes, from: 0) { attribute, value in
        switch attribute.type {
        case 3: connection = attribute.value  // TIPC_NLA_SOCK_CON
        case 5: statistics = attribute.value  // TIPC_NLA_SOCK_STAT
        case 10 where value.count >= 8:  // TIPC_NLA_SOCK_COOKIE
          record.cookie = value.hostUInt64(at: 0)
          record.known.insert(.cookie)
        case _ where value.count < 4: break
        case 1: node = value.hostUInt32(at: 0)  // TIPC_NLA_SOCK_ADDR
        case 2: port = value.hostUInt32(at: 0)  // TIPC_NLA_SOCK_REF
        case 6: type = UInt8(exactly: value.hostUInt32(at: 0)).flatMap { SocketType(rawValue: $0) }
        case 7:  // TIPC_NLA_SOCK_INO
          record.inode = UInt64(value.hostUInt32(at: 0))
          record.known.insert(.inode)
        case 8:  // TIPC_NLA_SOCK_UID
          record.uid = value.hostUInt32(at: 0)
          record.known.insert(.uid)
        case 9: state = TIPCDiagMessage.state(value.hostUInt32(at: 0))  // TIPC_NLA_SOCK_TIPC_STATE
        default: break
        }
      }
      if let node, let port { record.localBits = NumberedEnd(host: node, port: port).bits }
      if let connection { try decodeConnection(attributes.extracting(connection)) }
      if let statistics { try decodeStatistics(attributes.extracting(statistics)) }
    }

    /// `TIPC_NLA_CON_NODE` 2 and `TIPC_NLA_CON_SOCK` 3: the other end.
    private mutating func decodeConnection(_ attributes: Span<UInt8>) throws(DecodeError) {
      var (node, port): (UInt32?, UInt32?)
      try NetlinkAttributes.forEach(in: attributes, from: 0) { attribute, value in
        guard value.count >= 4 else { return }
        if attribute.type == 2 { node = value.hostUInt32(at: 0) }
        if attribute.type == 3 { port = value.hostUInt32(at: 0) }
      }
      if let node, let port { record.remoteBits = NumberedEnd(host: node, port: port).bits }
    }

    /// `TIPC_NLA_SOCK_STAT_RCVQ` 1 and `_SENDQ` 2, which count messages, and `_DROP` 5.
    private mutating func decodeStatistics(_ attributes: Span<UInt8>) throws(DecodeError) {
      try NetlinkAttributes.forEach(in: attributes, from: 0) { attribute, value in
        guard value.count >= 4 else { return }
        let number = value.hostUInt32(at: 0)
        switch attribute.type {
        case 1:
          record.receiveQueue = number
          record.known.insert(.receiveQueue)
        case 2:
          record.sendQueue = number
          record.known.insert(.sendQueue)
        case 5:
          record.drops = number
          record.known.insert(.drops)
        default: break
        }
      }
    }
  }

  /// The state with the number of `enum` in `net/tipc/socket.c`, which are `TCP_` numbers.
  private static func state(_ number: UInt32) -> SocketState? {
    switch number {
    case 1: .established  // TIPC_ESTABLISHED
    case 2: .connecting  // TIPC_CONNECTING
    case 7: .unconnected  // TIPC_OPEN
    case 8: .disconnecting  // TIPC_DISCONNECTING
    case 10: .listen  // TIPC_LISTEN
    default: nil
    }
  }
}
