import SocketModel

extension TCPInfo {
  /// Decodes of the struct no more than what a socket has sent and received, so that no
  /// ``SocketDetail`` is needed for it.
  ///
  /// - Returns: `nil` before Linux 4.1, which does not count bytes.
  static func byteCounters(_ bytes: Span<UInt8>) -> ByteCounters? {
    func long(_ offset: Int) -> UInt64? { offset &+ 8 <= bytes.count ? bytes.hostUInt64(at: offset) : nil }
    func word(_ offset: Int) -> UInt32? { offset &+ 4 <= bytes.count ? bytes.hostUInt32(at: offset) : nil }
    guard let acknowledged = long(offsets.acknowledged), let received = long(offsets.received),
      let state = SocketState(rawValue: bytes[0])
    else { return nil }
    let roundTripTime = word(offsets.roundTripTime)
    return ByteCounters(
      sent: ByteCounters.sentData(
        acknowledged: acknowledged, sent: long(offsets.sent), retransmitted: long(offsets.retransmitted),
        dataSegments: word(offsets.dataSegmentsOut).map { UInt64($0) }),
      // A FIN that was received counts as one byte (`tcp_rcv_nxt_update`). The state is in the struct
      // because the kernel fills it in while it holds the socket.
      received: hasReceivedFIN.contains(state) && received > 0 ? received - 1 : received,
      dataSegmentsIn: word(offsets.dataSegmentsIn) ?? 0,
      segmentsOut: word(offsets.segmentsOut) ?? 0,
      roundTripTime: roundTripTime == 0 ? nil : roundTripTime,
      retransmits: word(offsets.retransmits))
  }

  /// The states that only a FIN from the other end leads to.
  private static let hasReceivedFIN = SocketStateSet([.closeWait, .lastAck, .closing])

  private struct Offsets: Sendable {
    let acknowledged = offset(of: .bytesAcked)
    let received = offset(of: .bytesReceived)
    let sent = offset(of: .bytesSent)
    let retransmitted = offset(of: .bytesRetransmitted)
    let dataSegmentsIn = offset(of: .dataSegmentsIn)
    let segmentsOut = offset(of: .segmentsOut)
    let dataSegmentsOut = offset(of: .dataSegmentsOut)
    let roundTripTime = offset(of: .rtt)
    let retransmits = offset(of: .totalRetransmits)
  }

  private static let offsets = Offsets()

  /// Where a member is; beyond every attribute when it is not a number of whole bytes.
  private static func offset(of metric: TCPMetric) -> Int {
    switch metric.description.layout {
    case .word16(let offset), .word32(let offset), .word64(let offset): offset
    case .byte, .bits, .accurateECN: Int.max / 2
    }
  }
}

extension InetDiagMessage {
  /// Adds the counters of a TCP socket to the table.
  @inline(never)
  static func decodeByteCounters(
    _ message: Span<UInt8>, of record: SocketRecord, into table: inout SockDiagTable
  ) throws(DecodeError) {
    try NetlinkAttributes.forEach(in: message, from: size) { attribute, value in
      guard attribute.type == infoAttribute, let counters = TCPInfo.byteCounters(value) else { return }
      table.byteCounters.append(
        SocketByteCounters(cookie: record.cookie, namespace: record.networkNamespace, counters))
    }
  }
}

extension SocketRecord {
  /// Whether it is a TCP connection, whose `tcp_info` has counters of bytes.
  var countsBytes: Bool { transport == .tcp && state != .listen && state != .boundInactive }
}
