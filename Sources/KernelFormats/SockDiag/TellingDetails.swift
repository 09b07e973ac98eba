import SocketModel

/// Whether the details of a socket may show that something is wrong with it, judged by its message
/// before they are decoded: of a hundred thousand healthy sockets none is kept.
enum TellingDetails {
  // Offsets in `struct tcp_info`; see `TCPMetricDeclaration`.
  private static let lastAckReceived = 56
  private static let bytesRetransmitted = 208
  private static let totalRetransmits = 100
  /// Milliseconds of silence after which a connection without keepalive is looked at.
  static let silence: UInt32 = 3_600_000

  /// Whether they may.
  ///
  /// - Throws: ``DecodeError`` when the attributes do not parse.
  static func areIn(
    _ message: Span<UInt8>, of record: SocketRecord, _ requiredDetails: RequiredDetails
  ) throws(DecodeError) -> Bool {
    if !record.transport.hasTCPStates {
      return record.receiveQueue > 0 || record.known.contains(.drops) && record.drops > 0
    }
    switch record.state {
    case .established: break
    case .closeWait: return true
    // What the kernel ends by itself may be very many.
    case .finWait2: return record.inode != 0
    default: return false
    }
    if record.receiveQueue > 0 || record.sendQueue > 0 || record.inode == 0 || record.retransmits > 0 { return true }
    let isWithoutKeepalive = record.known.contains(.timer) && record.timer == .off
    if isWithoutKeepalive, requiredDetails.contains(.detailsWithoutKeepalive) { return true }
    var isTelling = false
    try NetlinkAttributes.forEach(in: message, from: InetDiagMessage.size) { attribute, value in
      if attribute.type == InetDiagMessage.upperLayerAttribute { isTelling = true }
      guard attribute.type == InetDiagMessage.infoAttribute, record.transport == .tcp else { return }
      // Segments, where the kernel does not count bytes yet.
      if value.count >= bytesRetransmitted + 8 {
        if value.hostUInt64(at: bytesRetransmitted) > 0 { isTelling = true }
      } else if value.count >= totalRetransmits + 4, value.hostUInt32(at: totalRetransmits) > 0 {
        isTelling = true
      }
      if isWithoutKeepalive, value.count >= lastAckReceived + 4, value.hostUInt32(at: lastAckReceived) >= silence {
        isTelling = true
      }
    }
    return isTelling
  }
}
