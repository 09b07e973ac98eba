import SocketModel

/// `struct tcp_info` (`include/uapi/linux/tcp.h`), which grows from kernel to kernel.
///
/// A member is read when it lies within the attribute's length; a member that the running kernel does not have is absent.
enum TCPInfo {
  /// Reads all members there are.
  static func decode(_ bytes: Span<UInt8>) -> TCPMetrics {
    var metrics = TCPMetrics()
    decodeFlags(bytes, into: &metrics)
    for (metric, offset) in words where offset &+ 4 <= bytes.count {
      metrics[metric] = UInt64(bytes.hostUInt32(at: offset))
    }
    for (metric, offset) in longWords where offset &+ 8 <= bytes.count {
      metrics[metric] = bytes.hostUInt64(at: offset)
    }
    for (metric, number) in unmeasured where metrics[metric] == number { metrics[metric] = nil }
    // The time since something that never happened is the time since the machine started: it means nothing.
    for (metric, count) in timesSince where metrics[count] == 0 { metrics[metric] = nil }
    // Since Linux 6.7.
    if bytes.count >= 242 { metrics[.totalRTO] = UInt64(bytes.hostUInt16(at: 240)) }
    if bytes.count >= 244 { metrics[.totalRTORecoveries] = UInt64(bytes.hostUInt16(at: 242)) }
    return metrics
  }

  /// The first eight bytes. Of a byte with bit fields, the first field has the low bits on a little-endian machine and the
  /// high bits on a big-endian one.
  private static func decodeFlags(_ bytes: Span<UInt8>, into metrics: inout TCPMetrics) {
    guard bytes.count >= 8 else { return }
    metrics[.congestionState] = UInt64(bytes[1])
    metrics[.backoff] = UInt64(bytes[4])
    metrics[.options] = UInt64(bytes[5])
    #if _endian(big)
      metrics[.sendWindowScale] = UInt64(bytes[6] >> 4)
      metrics[.receiveWindowScale] = UInt64(bytes[6] & 0xF)
      metrics[.deliveryRateAppLimited] = UInt64(bytes[7] >> 7)
      metrics[.fastOpenFailure] = UInt64(bytes[7] >> 5 & 3)
    #else
      metrics[.sendWindowScale] = UInt64(bytes[6] & 0xF)
      metrics[.receiveWindowScale] = UInt64(bytes[6] >> 4)
      metrics[.deliveryRateAppLimited] = UInt64(bytes[7] & 1)
      metrics[.fastOpenFailure] = UInt64(bytes[7] >> 1 & 3)
    #endif
  }

  /// The 32-bit members and their offsets. `tcpi_fackets` (40) and `tcpi_last_ack_sent` (48) are always 0 and left out.
  private static let words: [(TCPMetric, Int)] = [
    (.rto, 8), (.ato, 12), (.sendMSS, 16), (.receiveMSS, 20), (.unacked, 24), (.sacked, 28), (.lost, 32),
    (.retransmitting, 36), (.lastDataSent, 44), (.lastDataReceived, 52), (.lastAckReceived, 56), (.pathMTU, 60),
    (.receiveSlowStartThreshold, 64), (.rtt, 68), (.rttVariance, 72), (.sendSlowStartThreshold, 76),
    (.congestionWindow, 80), (.advertisedMSS, 84), (.reordering, 88), (.receiveRTT, 92), (.receiveSpace, 96),
    (.totalRetransmits, 100), (.segmentsOut, 136), (.segmentsIn, 140), (.notSentBytes, 144), (.minRTT, 148),
    (.dataSegmentsIn, 152), (.dataSegmentsOut, 156), (.delivered, 192), (.deliveredCE, 196), (.dsackDuplicates, 216),
    (.reorderingSeen, 220), (.receiveOutOfOrder, 224), (.sendWindow, 228), (.receiveWindow, 232), (.rehash, 236),
    (.totalRTOTime, 244),
  ]

  /// The numbers that stand for "not measured" or "no limit": round trips before the first sample, rates that nothing limits (`~0UL`), a
  /// slow start that has no threshold (`TCP_INFINITE_SSTHRESH`).
  private static let unmeasured: [(TCPMetric, UInt64)] = [
    (.rtt, 0), (.receiveRTT, 0), (.minRTT, 0xFFFF_FFFF), (.sendSlowStartThreshold, 0x7FFF_FFFF),
    (.pacingRate, .max), (.maxPacingRate, .max), (.deliveryRate, 0),
  ]

  /// The times since something, and the figures that count it (since Linux 4.6).
  private static let timesSince: [(TCPMetric, TCPMetric)] = [
    (.lastDataSent, .dataSegmentsOut), (.lastDataReceived, .dataSegmentsIn), (.lastAckReceived, .segmentsIn),
  ]

  /// The 64-bit members and their offsets.
  private static let longWords: [(TCPMetric, Int)] = [
    (.pacingRate, 104), (.maxPacingRate, 112), (.bytesAcked, 120), (.bytesReceived, 128), (.deliveryRate, 160),
    (.busyTime, 168), (.receiveWindowLimited, 176), (.sendBufferLimited, 184), (.bytesSent, 200),
    (.bytesRetransmitted, 208),
  ]
}
