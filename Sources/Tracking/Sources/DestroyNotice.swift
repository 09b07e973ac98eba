import SocketModel

/// A notice that a TCP or UDP socket of this network namespace was destroyed.
struct DestroyNotice: Sendable {
  /// The socket; its state is CLOSE, whatever it was before.
  let record: SocketRecord
  /// The bytes that it sent and that were acknowledged, and those that it received; `nil` when
  /// unknown.
  let bytesSent: UInt64?
  let bytesReceived: UInt64?
  /// Segments received with data, modulo 2^32; `nil` when unknown.
  let dataSegmentsIn: UInt32?
  /// How many more bytes were acknowledged than sent as data: one each for SYN and FIN. `nil` when
  /// unknown.
  let acknowledgedSignals: UInt64?

  /// Makes a notice from a record and the figures that came with it.
  init(_ record: SocketRecord, _ metrics: TCPMetrics?) {
    self.record = record
    let acknowledged = metrics?[.bytesAcked]
    let sent = acknowledged.map {
      ByteCounters.sentData(
        acknowledged: $0, sent: metrics?[.bytesSent], retransmitted: metrics?[.bytesRetransmitted],
        dataSegments: metrics?[.dataSegmentsOut])
    }
    bytesSent = sent
    acknowledgedSignals = metrics?[.bytesSent] == nil ? nil : acknowledged.flatMap { all in sent.map { all - $0 } }
    bytesReceived = metrics?[.bytesReceived]
    dataSegmentsIn = metrics?[.dataSegmentsIn].map { UInt32(truncatingIfNeeded: $0) }
  }
}
