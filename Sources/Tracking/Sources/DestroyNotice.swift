import SocketModel

/// A notice that a TCP or UDP socket of this network namespace was destroyed.
struct DestroyNotice: Sendable {
  /// The socket; its state is CLOSE, whatever it was before.
  let record: SocketRecord
  /// The bytes that it sent and that were acknowledged, and those that it received; `nil` when
  /// unknown.
  let bytesSent: UInt64?
  let bytesReceived: UInt64?

  /// Makes a notice from a record and the figures that came with it.
  init(_ record: SocketRecord, _ metrics: TCPMetrics?) {
    self.record = record
    // The kernel counts SYN and FIN among the acknowledged bytes, but not among the sent ones.
    let acknowledged = metrics?[.bytesAcked]
    let once = metrics?[.bytesSent].map { $0 &- min($0, metrics?[.bytesRetransmitted] ?? 0) }
    bytesSent = acknowledged.map { min($0, once ?? $0) }
    bytesReceived = metrics?[.bytesReceived]
  }
}
