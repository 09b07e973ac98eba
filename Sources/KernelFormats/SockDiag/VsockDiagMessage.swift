import SocketModel

/// `struct vsock_diag_msg` (`include/uapi/linux/vm_sockets_diag.h`, filled in by
/// `net/vmw_vsock/diag.c`).
///
/// Offsets: family 0, type 1, state 2, shutdown 3, local CID 4 and port 8, remote CID 12 and port
/// 16, inode 20, cookie 24-31. No attributes follow.
enum VsockDiagMessage {
  static let size = 32

  /// Decodes one message of a dump and adds the socket to the table, unless its state was not asked
  /// for.
  ///
  /// - Throws: ``DecodeError`` when the message is too short, or its type or state does not exist.
  static func decode(
    _ message: Span<UInt8>, _ context: SockDiagAnswer.Context, into table: inout SockDiagTable
  ) throws(DecodeError) {
    let type = try SocketType(headOf: message, "vsock_diag_msg", size: size, family: .vsock, "AF_VSOCK")
    guard let state = state(message[2]) else {
      throw DecodeError("vsock_diag_msg", "there is no state \(message[2])", in: message, at: 2)
    }
    guard context.states.contains(state) else { return }
    var record = SocketRecord(transport: .vsock, family: .vsock, state: state)
    record.socketType = type
    record.localBits = NumberedEnd(host: message.hostUInt32(at: 4), port: message.hostUInt32(at: 8)).bits
    let peer = NumberedEnd(host: message.hostUInt32(at: 12), port: message.hostUInt32(at: 16))
    if peer != NumberedEnd(host: NumberedEnd.any, port: NumberedEnd.any) { record.remoteBits = peer.bits }
    record.inode = UInt64(message.hostUInt32(at: 20))
    record.cookie = message.hostUInt64(at: 24)
    record.known = [.socketType, .inode, .cookie]
    record.setShutdown(message[3])
    context.placeInNamespace(&record)
    table.append(record)
  }

  /// The state with the kernel's `TCP_` number, which vsock sockets use too.
  private static func state(_ number: UInt8) -> SocketState? {
    switch number {
    case 1: .established
    case 2: .synSent  // connect() without an answer
    case 7: .unconnected  // TCP_CLOSE: new, bound, or for datagrams
    case 10: .listen
    case 11: .closing
    default: nil
    }
  }
}
