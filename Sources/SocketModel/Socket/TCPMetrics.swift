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
}

/// The `tcp_info` of one socket: the figures that the running kernel measures.
public struct TCPMetrics: Sendable, Hashable {
  private var values: InlineArray<64, UInt64> = .init(repeating: 0)
  private var present: UInt64 = 0

  /// Makes a set without figures.
  public init() {}

  /// The figure in the unit that its description names; `nil` when this kernel does not measure it.
  public subscript(metric: TCPMetric) -> UInt64? {
    get {
      present & (1 << UInt64(metric.rawValue)) != 0 ? values[Int(metric.rawValue)] : nil
    }
    set {
      let bit: UInt64 = 1 << UInt64(metric.rawValue)
      if let newValue {
        values[Int(metric.rawValue)] = newValue
        present |= bit
      } else {
        values[Int(metric.rawValue)] = 0
        present &= ~bit
      }
    }
  }

  /// Whether there is no figure.
  public var isEmpty: Bool { present == 0 }

  /// Whether both hold the same figures.
  public static func == (left: TCPMetrics, right: TCPMetrics) -> Bool {
    guard left.present == right.present else { return false }
    for index in left.values.indices where left.values[index] != right.values[index] { return false }
    return true
  }

  /// Feeds the figures to a hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(present)
    for index in values.indices { hasher.combine(values[index]) }
  }
}

extension TCPMetric {
  /// The words for the values of ``congestionState``, `TCP_CA_Open` and so on
  /// (`include/uapi/linux/tcp.h`).
  public static let congestionStateNames = ["open", "disorder", "cwr", "recovery", "loss"]

  /// The words for the bits of ``options``, `TCPI_OPT_` in the same file from the lowest on, with
  /// the names that `ss` uses.
  public static let optionNames = ["ts", "sack", "wscale", "ecn", "ecnseen", "fastopen", "usec_ts", "tfo_child"]
}
