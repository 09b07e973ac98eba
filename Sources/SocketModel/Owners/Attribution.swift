/// How a socket's owners were found.
public enum Attribution: UInt8, CaseIterable, Sendable, Hashable {
  /// A link `socket:[INODE]` in `/proc/PID/fd`.
  case descriptor = 0
  /// The process called `connect(2)`.
  case connect
  /// The process called `listen(2)`.
  case listen
  /// The process called `close(2)` or `shutdown(2)`, or ended.
  case close
  /// The only process that had the listener when the connection was taken; without the tracepoint,
  /// when descriptors were last looked at.
  case listener

  /// The name used in output: `fd`, or the call.
  public var name: String {
    switch self {
    case .descriptor: "fd"
    case .connect: "connect"
    case .listen: "listen"
    case .close: "close"
    case .listener: "listener"
    }
  }
}
