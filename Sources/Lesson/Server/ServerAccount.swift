package import LinuxSystem

/// What a demo server did, reported at its end.
package struct ServerAccount: Sendable, Hashable {
  /// Why a server ended.
  package enum End: Sendable, Hashable {
    /// A signal arrived: its number.
    case signal(Int32)
    /// It has had the number of clients after which it was to end.
    case clientsDone
    /// Its time was over.
    case timeOver
    /// The observer asked for the end.
    case interrupted
  }

  /// The address at which it was reached.
  package let address: SocketAddress
  /// Whether it took datagrams.
  package let isDatagram: Bool
  /// Connections accepted, or datagrams read.
  package var clients = 0
  /// Connections that were open when it ended, and were closed then.
  package var stillOpen = 0
  /// Bytes read; for datagrams that were cut short, only what was read.
  package var bytesReceived = 0
  /// Bytes sent.
  package var bytesSent = 0
  /// Connections that the other end reset.
  package var resets = 0
  /// Connections closed with bytes unread, which resets them.
  package var closedUnread = 0
  /// Connections closed because nothing arrived for too long.
  package var timeouts = 0
  /// Connections lost by other errors, and answers that could not be sent.
  package var failures = 0
  /// Datagrams treated as lost.
  package var dropped = 0
  /// Datagrams that were longer than the buffer.
  package var truncated = 0
  /// Answers that had not been sent when it ended.
  package var unsent = 0
  /// Why it ended.
  package var end = End.interrupted

  /// Makes an account without entries.
  package init(address: SocketAddress, isDatagram: Bool) {
    self.address = address
    self.isDatagram = isDatagram
  }
}
