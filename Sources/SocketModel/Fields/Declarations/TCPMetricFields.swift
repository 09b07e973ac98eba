/// The declaration of a member of `struct tcp_info` (`include/uapi/linux/tcp.h`). A new figure
/// needs this and its case in ``TCPMetric``, and nothing else.
package struct TCPMetricDeclaration: Sendable {
  /// Where a member is, and how wide. Offsets are in bytes from the start of the struct.
  package enum Layout: Sendable, Hashable {
    /// One of the first eight bytes, which are either all there or all missing.
    case byte(Int)
    /// Some bits of one of the first eight bytes, counted in the order in which C declares them:
    /// from the lowest on a little-endian machine, from the highest on a big-endian one.
    case bits(byte: Int, from: Int, count: Int)
    /// A `__u16`.
    case word16(Int)
    /// A `__u32`.
    case word32(Int)
    /// A `__u64`.
    case word64(Int)
    /// Some bits, counted as in ``bits(byte:from:count:)``, of the byte at offset 276 from Linux
    /// 7.0 on; in 6.18 and 6.19 a `__u16` at another offset, or missing.
    case accurateECN(from: Int, count: Int, before7: Int?)
  }

  /// The figure.
  package let metric: TCPMetric
  /// The name in output and queries.
  package let name: String
  /// The heading of the column.
  package let title: String
  /// The unit; `nil` for a plain number.
  package let unit: String?
  /// One line that says what it is.
  package let summary: String
  /// Where it is.
  package let layout: Layout
  /// The number that stands for "not measured" or "no limit": round trips before the first sample,
  /// rates that nothing limits (`~0UL`), a slow start without a threshold
  /// (`TCP_INFINITE_SSTHRESH`).
  package let unmeasured: UInt64?
  /// The figure that counts what this one is the time since (since Linux 4.6). Where nothing has
  /// happened yet, the kernel reports the time since the machine started, which means nothing.
  package let since: TCPMetric?
  /// Whether it only ever grows.
  package let isCounter: Bool
  /// The words for its numbers.
  package let words: NumberWords?

  /// The declaration of the field that shows the figure.
  var fieldDeclaration: FieldDeclaration {
    FieldDeclaration(
      .tcp(metric), name, title, .number, unit: unit, requiredDetails: .tcpInfo, notInTables: .withTCPStates,
      json: JSONPlace("tcp.\(name)", 190), numberWords: words, .metric(metric), summary)
  }
}

extension TCPMetric {
  /// The declaration of the figure.
  package var description: TCPMetricDeclaration {
    func figure(
      _ name: String, _ title: String, _ unit: String?, _ layout: TCPMetricDeclaration.Layout,
      unmeasured: UInt64? = nil, since: TCPMetric? = nil, isCounter: Bool = false, words: NumberWords? = nil,
      _ summary: String
    ) -> TCPMetricDeclaration {
      TCPMetricDeclaration(
        metric: self, name: name, title: title, unit: unit, summary: summary, layout: layout, unmeasured: unmeasured,
        since: since, isCounter: isCounter, words: words)
    }
    return switch self {
    case .congestionState:
      figure(
        "ca_state", "CASTATE", nil, .byte(1), words: .ordinals(what: "congestion state", Self.congestionStateNames),
        "congestion state: open, disorder, cwr, recovery, loss; in JSON 0 to 4")
    case .backoff: figure("backoff", "BACKOFF", nil, .byte(4), "how often the retransmission timeout was doubled")
    case .options:
      figure(
        "tcp_options", "OPTIONS", nil, .byte(5), words: .bits(what: "option of TCP", Self.optionNames),
        "negotiated: ts, sack, ecn ...; a query means all it names; in JSON bits of tcpi_options")
    case .sendWindowScale:
      figure("snd_wscale", "SNDWSC", "bits", .bits(byte: 6, from: 0, count: 4), "window scale of the peer")
    case .receiveWindowScale:
      figure("rcv_wscale", "RCVWSC", "bits", .bits(byte: 6, from: 4, count: 4), "window scale of this end")
    case .deliveryRateAppLimited:
      figure(
        "delivery_rate_app_limited", "APPLIM", nil, .bits(byte: 7, from: 0, count: 1),
        "1 when the application sent less than it could have")
    case .fastOpenFailure:
      figure(
        "fastopen_client_fail", "TFOFAIL", nil, .bits(byte: 7, from: 1, count: 2),
        "why Fast Open failed, 0 for not at all")
    case .rto: figure("rto_us", "RTO", "us", .word32(8), "retransmission timeout")
    case .ato: figure("ato_us", "ATO", "us", .word32(12), "delayed acknowledgement timeout")
    case .sendMSS: figure("snd_mss", "MSS", "bytes", .word32(16), "segment size for sending")
    case .receiveMSS: figure("rcv_mss", "RCVMSS", "bytes", .word32(20), "segment size seen in receiving")
    case .unacked:
      figure("unacked", "UNACKED", "segments", .word32(24), "segments in flight; for a listener, its accept queue")
    case .sacked: figure("sacked", "SACKED", "segments", .word32(28), "segments acknowledged out of order")
    case .lost: figure("lost", "LOST", "segments", .word32(32), "segments taken for lost")
    case .retransmitting:
      figure("retrans", "RETR", "segments", .word32(36), "segments retransmitted and not acknowledged yet")
    case .lastDataSent:
      figure(
        "last_data_sent_ms", "LASTSND", "ms", .word32(44), since: .dataSegmentsOut,
        "time since data was last sent")
    case .lastDataReceived:
      figure(
        "last_data_recv_ms", "LASTRCV", "ms", .word32(52), since: .dataSegmentsIn,
        "time since data was last received")
    case .lastAckReceived:
      figure(
        "last_ack_recv_ms", "LASTACK", "ms", .word32(56), since: .segmentsIn,
        "time since the last acknowledgement")
    case .pathMTU: figure("pmtu", "PMTU", "bytes", .word32(60), "path MTU")
    case .receiveSlowStartThreshold:
      figure("rcv_ssthresh", "RCVSSTH", "bytes", .word32(64), "slow start threshold of the receive window")
    case .rtt: figure("rtt_us", "RTT", "us", .word32(68), unmeasured: 0, "smoothed round trip time")
    case .rttVariance: figure("rttvar_us", "RTTVAR", "us", .word32(72), "variation of the round trip time")
    case .sendSlowStartThreshold:
      figure("snd_ssthresh", "SSTHRESH", "segments", .word32(76), unmeasured: 0x7FFF_FFFF, "slow start threshold")
    case .congestionWindow: figure("snd_cwnd", "CWND", "segments", .word32(80), "congestion window")
    case .advertisedMSS: figure("advmss", "ADVMSS", "bytes", .word32(84), "segment size advertised to the peer")
    case .reordering: figure("reordering", "REORD", "segments", .word32(88), "how much reordering is tolerated")
    case .receiveRTT:
      figure("rcv_rtt_us", "RCVRTT", "us", .word32(92), unmeasured: 0, "round trip time as the receiver sees it")
    case .receiveSpace:
      figure("rcv_space", "RCVSPACE", "bytes", .word32(96), "receive window that the application keeps up with")
    case .totalRetransmits:
      figure(
        "total_retrans", "RETRANS", "segments", .word32(100), isCounter: true,
        "segments retransmitted in the socket's life")
    case .pacingRate:
      figure("pacing_rate", "PACING", "bytes/s", .word64(104), unmeasured: .max, "rate at which data is paced")
    case .maxPacingRate:
      figure("max_pacing_rate", "MAXPACING", "bytes/s", .word64(112), unmeasured: .max, "limit of the pacing rate")
    case .bytesAcked:
      figure("bytes_acked", "ACKED", "bytes", .word64(120), isCounter: true, "bytes sent and acknowledged")
    case .bytesReceived: figure("bytes_received", "RECEIVED", "bytes", .word64(128), isCounter: true, "bytes received")
    case .segmentsOut: figure("segs_out", "SEGSOUT", "segments", .word32(136), isCounter: true, "segments sent")
    case .segmentsIn: figure("segs_in", "SEGSIN", "segments", .word32(140), isCounter: true, "segments received")
    case .notSentBytes: figure("notsent", "NOTSENT", "bytes", .word32(144), "bytes queued and never sent yet")
    case .minRTT:
      figure("min_rtt_us", "MINRTT", "us", .word32(148), unmeasured: 0xFFFF_FFFF, "smallest round trip time")
    case .dataSegmentsIn:
      figure("data_segs_in", "DSEGSIN", "segments", .word32(152), isCounter: true, "segments received with data")
    case .dataSegmentsOut:
      figure("data_segs_out", "DSEGSOUT", "segments", .word32(156), isCounter: true, "segments sent with data")
    case .deliveryRate:
      figure(
        "delivery_rate", "DELIVERY", "bytes/s", .word64(160), unmeasured: 0,
        "rate at which data was delivered last")
    case .busyTime: figure("busy_us", "BUSY", "us", .word64(168), "time with data in flight or to send")
    case .receiveWindowLimited:
      figure("rwnd_limited_us", "RWNDLIM", "us", .word64(176), "time held up by the peer's window")
    case .sendBufferLimited:
      figure("sndbuf_limited_us", "SNDLIM", "us", .word64(184), "time held up by the send buffer")
    case .delivered: figure("delivered", "DELIVERED", "segments", .word32(192), isCounter: true, "segments delivered")
    case .deliveredCE:
      figure(
        "delivered_ce", "DELIVCE", "segments", .word32(196), isCounter: true,
        "segments delivered with a congestion mark")
    case .bytesSent:
      figure("bytes_sent", "SENT", "bytes", .word64(200), isCounter: true, "bytes sent, retransmissions included")
    case .bytesRetransmitted:
      figure("bytes_retrans", "RETRBYTES", "bytes", .word64(208), isCounter: true, "bytes retransmitted")
    case .dsackDuplicates:
      figure("dsack_dups", "DSACKS", "segments", .word32(216), isCounter: true, "duplicates that the peer reported")
    case .reorderingSeen:
      figure("reord_seen", "REORDSEEN", nil, .word32(220), isCounter: true, "reordering events seen")
    case .receiveOutOfOrder:
      figure("rcv_ooopack", "OOO", "segments", .word32(224), isCounter: true, "segments received out of order")
    case .sendWindow: figure("snd_wnd", "SNDWND", "bytes", .word32(228), "window that the peer advertises")
    case .receiveWindow: figure("rcv_wnd", "RCVWND", "bytes", .word32(232), "window advertised to the peer")
    case .rehash:
      figure("rehash", "REHASH", nil, .word32(236), isCounter: true, "how often the flow was rehashed to another path")
    case .totalRTO:
      figure("total_rto", "TOTRTO", nil, .word16(240), isCounter: true, "retransmission timeouts in the socket's life")
    case .totalRTORecoveries:
      figure(
        "total_rto_recoveries", "RTOREC", nil, .word16(242), isCounter: true,
        "recoveries from retransmission timeouts")
    case .totalRTOTime:
      figure("total_rto_time_ms", "RTOTIME", "ms", .word32(244), "time spent in retransmission timeouts")
    case .receivedCE:
      figure(
        "received_ce", "RCVCE", "segments", .word32(248), isCounter: true,
        "segments received with a congestion mark (AccECN)")
    case .deliveredE1Bytes:
      figure(
        "delivered_e1_bytes", "DELIVE1", "bytes", .word32(252), isCounter: true, "bytes delivered with ECT(1) (AccECN)")
    case .deliveredE0Bytes:
      figure(
        "delivered_e0_bytes", "DELIVE0", "bytes", .word32(256), isCounter: true, "bytes delivered with ECT(0) (AccECN)")
    case .deliveredCEBytes:
      figure(
        "delivered_ce_bytes", "DELIVCEB", "bytes", .word32(260), isCounter: true,
        "bytes delivered with a congestion mark (AccECN)")
    case .receivedE1Bytes:
      figure(
        "received_e1_bytes", "RCVE1", "bytes", .word32(264), isCounter: true, "bytes received with ECT(1) (AccECN)")
    case .receivedE0Bytes:
      figure(
        "received_e0_bytes", "RCVE0", "bytes", .word32(268), isCounter: true, "bytes received with ECT(0) (AccECN)")
    case .receivedCEBytes:
      figure(
        "received_ce_bytes", "RCVCEB", "bytes", .word32(272), isCounter: true,
        "bytes received with a congestion mark (AccECN)")
    case .ecnMode:
      figure(
        "ecn_mode", "ECNMODE", nil, .accurateECN(from: 0, count: 2, before7: nil),
        words: .ordinals(what: "mode of ECN", Self.ecnModeNames),
        "negotiated: disabled, rfc3168, accecn, pending; in JSON 0 to 3; since Linux 7.0")
    case .accurateECNOptionSeen:
      figure(
        "accecn_opt_seen", "ACCECNOPT", nil, .accurateECN(from: 2, count: 2, before7: 278),
        words: .ordinals(what: "sight of the AccECN option", Self.accurateECNOptionNames),
        "AccECN option: not_seen, empty_seen, counter_seen, fail_seen; in JSON 0 to 3")
    case .accurateECNFailures:
      figure(
        "accecn_fail_mode", "ACCECNFAIL", nil, .accurateECN(from: 4, count: 4, before7: 276),
        words: .bits(what: "failure of AccECN", Self.accurateECNFailureNames),
        "how AccECN failed: ace_fail_send, opt_fail_recv ...; in JSON bits of tcpi_accecn_fail_mode")
    }
  }
}
