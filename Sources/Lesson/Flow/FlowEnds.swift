import Glibc
import LinuxSystem
package import SocketModel

/// A socket of a flow; releasing it closes the descriptor.
///
/// It gets settings that the lesson does not use and that change no state: closing it early resets
/// the connection, so that an interrupted flow leaves nothing, and the kernel waits long for
/// segments that are not acknowledged.
final class FlowEnd {
  private var descriptor: Descriptor?

  init(_ descriptor: consuming Descriptor, isTCP: Bool) {
    if isTCP { FlowEnd.makePatient(descriptor) }
    self.descriptor = consume descriptor
  }

  /// The descriptor's number; -1 when it is closed.
  var number: Int32 {
    switch descriptor {
    case .some(let descriptor): descriptor.number
    case .none: -1
    }
  }

  /// Calls a function with the descriptor; `nil` when it is closed.
  func with<Value: ~Copyable, Failure: Error>(
    _ body: (borrowing Descriptor) throws(Failure) -> Value
  ) throws(Failure) -> Value? {
    switch descriptor {
    case .some(let descriptor): try body(descriptor)
    case .none: nil
    }
  }

  /// `close(2)`.
  func close() { descriptor = nil }

  /// Sets how long the kernel may wait before it sends something again; kernels before 6.15 double
  /// the wait each time, up to two minutes.
  func setLongestWait(seconds: Int) {
    with { (descriptor) in try? descriptor.set(FlowEnd.longestRetransmission, to: Int32(clamping: seconds * 1000)) }
  }

  private static func makePatient(_ descriptor: borrowing Descriptor) {
    try? descriptor.resetOnClose()
    try? descriptor.set(.synRetries, to: 127)
    // The filter that holds segments back checks this value.
    try? descriptor.set(timeToLive, to: 64)
    try? descriptor.set(hopLimit, to: 64)
    // A day.
    try? descriptor.set(userTimeout, to: 86_400_000)
    try? descriptor.set(longestRetransmission, to: 1000)
  }

  // The corresponding C constants are IP_TTL and IPV6_UNICAST_HOPS.
  private static let timeToLive = SocketOption(level: Int32(IPPROTO_IP), name: 2)
  private static let hopLimit = SocketOption(level: Int32(IPPROTO_IPV6), name: 16)
  // The corresponding C constant is TCP_USER_TIMEOUT: milliseconds that sent data may stay
  // unacknowledged.
  private static let userTimeout = SocketOption(level: Int32(IPPROTO_TCP), name: 18)
  // The corresponding C constant is TCP_RTO_MAX_MS, since Linux 6.15: milliseconds from 1000 on.
  private static let longestRetransmission = SocketOption(level: Int32(IPPROTO_TCP), name: 44)
}

extension SocketRecord {
  /// Whether the record is of a socket with these ends; `nil` means no peer.
  package func has(local: Endpoint, remote: Endpoint?) -> Bool {
    guard self.local == local else { return false }
    if let remote { return self.remote == remote }
    return !hasPeer
  }
}
