import SocketModel

/// `struct mptcp_info` (`include/uapi/linux/mptcp.h`), the `INET_DIAG_INFO` of an MPTCP connection,
/// and the attributes of a subflow in the `INET_DIAG_ULP_INFO` of its TCP socket
/// (`net/mptcp/diag.c`).
enum MPTCPInfo {
  /// Decodes `mptcp_info`: flags 8, token 12, all subflows 80 (since Linux 6.5), and notes in the
  /// record whether the connection fell back to TCP. `nil` when there is no token.
  static func decode(_ info: Span<UInt8>, _ record: inout SocketRecord) -> MPTCPDetail? {
    // A listener has no connection, and all figures of it are 0.
    guard info.count >= 16, record.state != .listen else { return nil }
    var detail = MPTCPDetail()
    let flags = info.hostUInt32(at: 8)
    record.flags.insert(.fallbackIsKnown)
    if flags & 1 != 0 { record.flags.insert(.isFallback) }  // MPTCP_INFO_FLAG_FALLBACK
    let token = info.hostUInt32(at: 12)
    if token != 0 { detail.token = token }
    if info.count > 80 { detail.subflows = info[80] }
    return detail
  }

  /// The corresponding C constant is `INET_ULP_INFO_MPTCP`.
  private static let subflowAttribute: UInt16 = 3

  /// Decodes the attributes of a subflow: `MPTCP_SUBFLOW_ATTR_TOKEN_LOC` 2 and
  /// `MPTCP_SUBFLOW_ATTR_FLAGS` 8, and notes in the record where MPTCP was not agreed on. `nil` for
  /// a socket that is no subflow, such as one with TLS.
  ///
  /// - Throws: ``DecodeError`` when the attributes do not parse.
  static func decode(
    subflow information: Span<UInt8>, _ record: inout SocketRecord
  ) throws(DecodeError) -> MPTCPDetail? {
    var nest: Range<Int>?
    try NetlinkAttributes.forEach(in: information, from: 0) { attribute, _ in
      if attribute.type == subflowAttribute { nest = attribute.value }
    }
    guard let nest else { return nil }
    var detail = MPTCPDetail()
    try NetlinkAttributes.forEach(in: information.extracting(nest), from: 0) { attribute, value in
      guard value.count >= 4 else { return }
      let number = value.hostUInt32(at: 0)
      if attribute.type == 2, number != 0 { detail.token = number }
      if attribute.type == 8 { detail.subflowFlags = number }
    }
    // It asked for MPTCP and is connected, but the peer agreed neither to a connection nor to a
    // join.
    let (capableRemote, capableLocal, joinRemote, connected): (UInt32, UInt32, UInt32, UInt32) = (1, 2, 4, 0x80)
    if let flags = detail.subflowFlags, flags & capableLocal != 0, flags & connected != 0,
      flags & (capableRemote | joinRemote) == 0
    {
      record.flags.formUnion([.fallbackIsKnown, .isFallback])
    }
    return detail
  }
}
