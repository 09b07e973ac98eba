/// The figures of the kernel's `struct tcp_info` (`include/uapi/linux/tcp.h`), one case per member,
/// in the struct's order.
///
/// The `description` has its name in output and queries, its unit, and where it is in the struct.
public enum TCPMetric: UInt8, CaseIterable, Sendable, Hashable {
  // The first eight bytes of the struct.
  case congestionState, backoff, options, sendWindowScale, receiveWindowScale, deliveryRateAppLimited, fastOpenFailure
  // The 32-bit members.
  case rto, ato, sendMSS, receiveMSS
  case unacked, sacked, lost, retransmitting, lastDataSent, lastDataReceived, lastAckReceived
  case pathMTU, receiveSlowStartThreshold, rtt, rttVariance, sendSlowStartThreshold, congestionWindow, advertisedMSS
  case reordering, receiveRTT, receiveSpace, totalRetransmits
  // The members that later kernels added.
  case pacingRate, maxPacingRate, bytesAcked, bytesReceived, segmentsOut, segmentsIn, notSentBytes, minRTT
  case dataSegmentsIn, dataSegmentsOut, deliveryRate, busyTime, receiveWindowLimited, sendBufferLimited
  case delivered, deliveredCE, bytesSent, bytesRetransmitted, dsackDuplicates, reorderingSeen
  case receiveOutOfOrder, sendWindow, receiveWindow, rehash, totalRTO, totalRTORecoveries, totalRTOTime
  // Accurate ECN, since Linux 6.18.
  case receivedCE, deliveredE1Bytes, deliveredE0Bytes, deliveredCEBytes
  case receivedE1Bytes, receivedE0Bytes, receivedCEBytes
  case ecnMode, accurateECNOptionSeen, accurateECNFailures
}

/// The `tcp_info` of one socket: the figures that the running kernel measures.
public struct TCPMetrics: Sendable, Hashable {
  private var values: InlineArray<72, UInt64> = .init(repeating: 0)
  /// Bit `n % 64` of word `n / 64` stands for the figure with raw value `n`.
  private var present: InlineArray<2, UInt64> = .init(repeating: 0)

  /// Makes a set without figures.
  public init() {}

  /// The figure in the unit that its description names; `nil` when this kernel does not measure it.
  public subscript(metric: TCPMetric) -> UInt64? {
    get {
      let bit: UInt64 = 1 << UInt64(metric.rawValue & 63)
      return present[Int(metric.rawValue >> 6)] & bit != 0 ? values[Int(metric.rawValue)] : nil
    }
    set {
      let word = Int(metric.rawValue >> 6)
      let bit: UInt64 = 1 << UInt64(metric.rawValue & 63)
      if let newValue {
        values[Int(metric.rawValue)] = newValue
        present[word] |= bit
      } else {
        values[Int(metric.rawValue)] = 0
        present[word] &= ~bit
      }
    }
  }

  /// Whether there is no figure.
  public var isEmpty: Bool { present[0] | present[1] == 0 }

  /// Whether both hold the same figures.
  public static func == (left: TCPMetrics, right: TCPMetrics) -> Bool {
    guard left.present[0] == right.present[0], left.present[1] == right.present[1] else { return false }
    for index in left.values.indices where left.values[index] != right.values[index] { return false }
    return true
  }

  /// Feeds the figures to a hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(present[0])
    hasher.combine(present[1])
    for index in values.indices { hasher.combine(values[index]) }
  }
}

extension TCPMetric {
  /// The words for the values of ``congestionState``, `TCP_CA_Open` and so on
  /// (`include/uapi/linux/tcp.h`).
  public static let congestionStateNames = ["open", "disorder", "cwr", "recovery", "loss"]

  /// The words for the values of ``ecnMode``, `TCPI_ECN_MODE_` in the same file.
  public static let ecnModeNames = ["disabled", "rfc3168", "accecn", "pending"]

  /// The words for the values of ``accurateECNOptionSeen``, `TCP_ACCECN_OPT_` in the same file.
  public static let accurateECNOptionNames = ["not_seen", "empty_seen", "counter_seen", "fail_seen"]

  /// The words for the bits of ``accurateECNFailures``, `TCP_ACCECN_` in the same file.
  public static let accurateECNFailureNames = ["ace_fail_send", "ace_fail_recv", "opt_fail_send", "opt_fail_recv"]

  /// The words for the bits of ``options``, `TCPI_OPT_` in the same file from the lowest on, with
  /// the names that `ss` uses.
  public static let optionNames = ["ts", "sack", "wscale", "ecn", "ecnseen", "fastopen", "usec_ts", "tfo_child"]
}
