public import LinuxSystem

/// What a demo server did, reported at its end.
public struct ServerAccount: Sendable, Hashable {
  /// Why a server ended.
  public enum End: Sendable, Hashable {
    /// A signal came: its number.
    case signal(Int32)
    /// It has had the number of clients after which it was to end.
    case clientsDone
    /// Its time was over.
    case timeOver
    /// The observer asked for the end.
    case interrupted
  }

  /// The address at which it was reached.
  public let address: SocketAddress
  /// Whether it took datagrams.
  public let isDatagram: Bool
  /// Connections accepted, or datagrams read.
  public var clients = 0
  /// Connections that were open when it ended, and were closed then.
  public var stillOpen = 0
  /// Bytes read; for datagrams that were cut short, only what was read.
  public var bytesReceived = 0
  /// Bytes sent.
  public var bytesSent = 0
  /// Connections that the other end reset.
  public var resets = 0
  /// Connections closed with bytes unread, which resets them.
  public var closedUnread = 0
  /// Connections closed because nothing came for too long.
  public var timeouts = 0
  /// Connections lost by other errors, and answers that could not be sent.
  public var failures = 0
  /// Datagrams treated as lost.
  public var dropped = 0
  /// Datagrams that were longer than the buffer.
  public var truncated = 0
  /// Answers that had not been sent when it ended.
  public var unsent = 0
  /// Why it ended.
  public var end = End.interrupted

  /// Creates an account without entries.
  public init(address: SocketAddress, isDatagram: Bool) {
    self.address = address
    self.isDatagram = isDatagram
  }
}
