package import SocketModel

/// The request to close one socket: `SOCK_DESTROY` with `struct inet_diag_req_v2`
/// (`include/uapi/linux/inet_diag.h`; `inet_diag_cmd_exact` in `net/ipv4/inet_diag.c`). Since Linux
/// 4.5, where CONFIG_INET_DIAG_DESTROY is set; needs CAP_NET_ADMIN.
package enum SockDestroyRequest {
  /// The corresponding C constant is `SOCK_DESTROY`.
  package static let messageType: UInt16 = 21

  /// Returns the request; `nil` for a socket that cannot be closed this way, or whose cookie is not
  /// known: without it another socket with the same ends could be closed.
  package static func encode(_ record: SocketRecord, sequence: UInt32) -> [UInt8]? {
    guard record.canBeDestroyed else { return nil }
    // NLM_F_ACK, so that success is reported too.
    var request = NetlinkRequest(messageType, flags: NetlinkMessage.requestFlag | 0x4, sequence: sequence)
    // Family 0, protocol 1, extensions 2, pad 3, states 4; `struct inet_diag_sockid`: ports 8 and
    // 10, addresses 12 and 28, interface 44, cookie 48-55.
    var part: [UInt8] = [record.family.rawValue, SockDiagRequest.protocolNumber(record.transport), 0, 0]
    part.appendHost(UInt32.max)
    for port in [record.localPort, record.remotePort] {
      part += [UInt8(truncatingIfNeeded: port >> 8), UInt8(truncatingIfNeeded: port)]
    }
    for bits in [record.localBits, record.remoteBits] { part += address(bits, isIPv4: record.family == .ipv4) }
    part.appendHost(record.known.contains(.interface) ? record.interface : 0)
    part.appendHost(UInt32(truncatingIfNeeded: record.cookie))
    part.appendHost(UInt32(truncatingIfNeeded: record.cookie >> 32))
    request.append(part)
    return request.bytes
  }

  /// The error number in the kernel's answer, 0 for success; `nil` when the datagram holds no
  /// answer to the request.
  package static func answer(_ datagram: Span<UInt8>, sequence: UInt32, port: UInt32) -> Int32? {
    var messages = NetlinkMessages()
    while let message = try? messages.next(in: datagram) {
      guard message.type == NetlinkMessage.error, message.sequence == sequence, message.port == port,
        message.payload.count >= 4
      else { continue }
      return 0 &- Int32(bitPattern: datagram.extracting(message.payload).hostUInt32(at: 0))
    }
    return nil
  }

  /// Sixteen bytes in network order; an IPv4 address takes the first four.
  private static func address(_ bits: UInt128, isIPv4: Bool) -> [UInt8] {
    let bytes = (0..<16).map { UInt8(truncatingIfNeeded: bits >> UInt128(8 * (15 - $0))) }
    return isIPv4 ? Array(bytes.suffix(4)) + Array(repeating: 0, count: 12) : bytes
  }
}
