/// What a tracked TCP socket has sent and received: its counters, and how much they grew in the
/// interval between the last two scans.
///
/// Nothing but TCP has such counters in the kernel. Bytes are those of data: SYN, FIN and what was
/// repeated do not count.
public struct SocketTraffic: Sendable, Hashable {
  // The numbers that stand for "unknown" save the bytes that optionals take: there may be a hundred
  // thousand of these.
  private var intervalSent = UInt64.max
  private var intervalReceived = UInt64.max
  private var rtt = UInt32.max
  private var repeated = UInt32.max
  /// Bytes sent and acknowledged in the socket's life, at the last scan that had it or, after its
  /// end, in all.
  public private(set) var bytesSent: UInt64
  /// Bytes received in the socket's life.
  public private(set) var bytesReceived: UInt64
  /// The length of the interval in nanoseconds; 0 when its bytes are not known.
  public private(set) var interval: UInt64 = 0
  /// Segments received with data, modulo 2^32.
  package private(set) var dataSegmentsIn: UInt32
  /// Segments sent in all, modulo 2^32.
  package private(set) var segmentsOut: UInt32

  /// Makes it from the counters of the first scan that had the socket: the interval is not known.
  package init(_ counters: ByteCounters) {
    bytesSent = counters.sent
    bytesReceived = counters.received
    dataSegmentsIn = counters.dataSegmentsIn
    segmentsOut = counters.segmentsOut
    rtt = counters.roundTripTime ?? .max
    repeated = counters.retransmits ?? .max
  }

  /// Makes it from the counters of a scan and those before.
  ///
  /// - Parameters:
  ///   - base: what it had sent and received when the interval began.
  ///   - interval: its length in nanoseconds.
  package init(_ counters: ByteCounters, since base: (sent: UInt64, received: UInt64), interval: UInt64) {
    self.init(counters)
    // A counter that seems to go back shows a FIN that was counted before: nothing was sent.
    bytesSent = max(counters.sent, base.sent)
    bytesReceived = max(counters.received, base.received)
    intervalSent = bytesSent - base.sent
    intervalReceived = bytesReceived - base.received
    self.interval = max(1, interval)
  }

  /// Bytes that were acknowledged in the interval; `nil` when that is not known.
  public var bytesSentInInterval: UInt64? { intervalSent == .max ? nil : intervalSent }
  /// Bytes that were received in the interval; `nil` when that is not known.
  public var bytesReceivedInInterval: UInt64? { intervalReceived == .max ? nil : intervalReceived }
  /// Bytes per second that were sent and acknowledged, rounded, and at least 1 when there were any;
  /// `nil` until two scans have had the socket, and from the interval after its end on.
  public var sendRate: UInt64? { bytesSentInInterval.map { Self.rate($0, per: interval) } }
  /// Bytes per second that were received; see ``sendRate``.
  public var receiveRate: UInt64? { bytesReceivedInInterval.map { Self.rate($0, per: interval) } }
  /// The smoothed round trip time in microseconds; `nil` when none was measured.
  public var roundTripTime: UInt64? { rtt == .max ? nil : UInt64(rtt) }
  /// Segments retransmitted in the socket's life; `nil` when the kernel did not report them.
  public var totalRetransmits: UInt64? { repeated == .max ? nil : UInt64(repeated) }

  /// Whether the bytes of the interval are known.
  package var hasRates: Bool { intervalSent != .max }

  /// Whether nothing was sent or received in the interval.
  package var isIdle: Bool { intervalSent == 0 && intervalReceived == 0 }

  /// Whether it differs from another in nothing but the length of an interval without traffic.
  package func isAsIdle(as other: SocketTraffic) -> Bool {
    guard isIdle else { return false }
    var same = other
    same.interval = interval
    return self == same
  }

  /// Forgets the bytes of the interval, when another has begun of which they are not known.
  package mutating func forgetRates() {
    intervalSent = .max
    intervalReceived = .max
    interval = 0
  }

  /// The counters, as the base of the next interval.
  package var base: (sent: UInt64, received: UInt64) { (bytesSent, bytesReceived) }

  /// The figures that it has in common with `tcp_info`.
  package subscript(metric: TCPMetric) -> UInt64? {
    switch metric {
    case .rtt: roundTripTime
    case .totalRetransmits: totalRetransmits
    default: nil
    }
  }

  /// Bytes per second, from bytes in so many nanoseconds.
  package static func rate(_ bytes: UInt64, per nanoseconds: UInt64) -> UInt64 {
    guard bytes > 0, nanoseconds > 0 else { return 0 }
    let (high, low) = bytes.multipliedFullWidth(by: 1_000_000_000)
    guard high < nanoseconds else { return .max }
    let (quotient, remainder) = nanoseconds.dividingFullWidth((high, low))
    return max(1, remainder >= nanoseconds - nanoseconds / 2 ? quotient + 1 : quotient)
  }
}

extension Field {
  /// Whether the counters of bytes have its value, so that `tcp_info` need not be collected for it.
  package var isOfTraffic: Bool { [.receiveRate, .sendRate, .tcp(.rtt), .tcp(.totalRetransmits)].contains(self) }
}
