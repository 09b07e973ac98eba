/// What a TCP socket has sent and received so far, as one scan counted it.
///
/// The kernel's counters have SYN and FIN among their bytes; these have not, as far as that can be
/// known: an idle connection has 0, and one that sent 1,000,000 bytes has 1,000,000 once they are
/// acknowledged.
package struct ByteCounters: Sendable, Hashable {
  /// Bytes sent and acknowledged. While some are on their way to the other end, the SYN of the end
  /// that connected may be among them, as one byte.
  package var sent: UInt64
  /// Bytes received in order. What the peer repeats counts once.
  package var received: UInt64
  /// Segments received with data (`tcpi_data_segs_in`), modulo 2^32; 0 before Linux 4.6.
  package var dataSegmentsIn: UInt32
  /// Segments sent in all (`tcpi_segs_out`), modulo 2^32; 0 before Linux 4.2.
  package var segmentsOut: UInt32
  /// The smoothed round trip time in microseconds; `nil` when none was measured.
  package var roundTripTime: UInt32?
  /// Segments retransmitted in the socket's life.
  package var retransmits: UInt32?

  package init(
    sent: UInt64 = 0, received: UInt64 = 0, dataSegmentsIn: UInt32 = 0, segmentsOut: UInt32 = 0,
    roundTripTime: UInt32? = nil, retransmits: UInt32? = nil
  ) {
    self.sent = sent
    self.received = received
    self.dataSegmentsIn = dataSegmentsIn
    self.segmentsOut = segmentsOut
    self.roundTripTime = roundTripTime
    self.retransmits = retransmits
  }

  /// The bytes of data among those that were acknowledged.
  ///
  /// The kernel counts SYN and FIN among the acknowledged bytes (`tcp_snd_una_update`), but not among
  /// the sent ones, which have what was repeated in them. Before Linux 4.19 the sent ones are not
  /// counted; then SYN and FIN are left out only while no segment has had data.
  ///
  /// - Parameters:
  ///   - acknowledged: `tcpi_bytes_acked`.
  ///   - sent: `tcpi_bytes_sent`, since Linux 4.19.
  ///   - retransmitted: `tcpi_bytes_retrans`, since Linux 4.19.
  ///   - dataSegments: `tcpi_data_segs_out`, since Linux 4.6.
  package static func sentData(
    acknowledged: UInt64, sent: UInt64?, retransmitted: UInt64?, dataSegments: UInt64?
  ) -> UInt64 {
    if let sent { return min(acknowledged, sent &- min(sent, retransmitted ?? 0)) }
    return dataSegments == 0 ? 0 : acknowledged
  }
}

/// The counters of the socket with a cookie.
package struct SocketByteCounters: Sendable, Hashable {
  /// The kernel's number of the socket.
  package let cookie: UInt64
  /// The namespace that it is in: before Linux 5.10 each counts its cookies for itself.
  package let namespace: NetworkNamespaceID?
  package let counters: ByteCounters

  package init(cookie: UInt64, namespace: NetworkNamespaceID?, _ counters: ByteCounters) {
    self.cookie = cookie
    self.namespace = namespace
    self.counters = counters
  }
}
