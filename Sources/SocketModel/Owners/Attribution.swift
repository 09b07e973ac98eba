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
  /// It is a fixed file of an io_uring of the process (`IORING_REGISTER_FILES`), which keeps a
  /// socket open without a descriptor.
  case ioUring
  /// The process has a unix socket in whose queue descriptors wait (`SCM_RIGHTS`), and nobody else
  /// has the socket: it may be one of them.
  case inFlight
  /// A link in the table of descriptors that one of its threads has apart from the others
  /// (`unshare(CLONE_FILES)`).
  case thread

  /// Whether it is found in another way than by the table of descriptors that the threads of a
  /// process share, or by a call.
  package var isWithoutPlainDescriptor: Bool { rawValue >= Attribution.ioUring.rawValue }

  /// The name used in output: `fd`, or the call.
  public var name: String {
    switch self {
    case .descriptor: "fd"
    case .connect: "connect"
    case .listen: "listen"
    case .close: "close"
    case .listener: "listener"
    case .ioUring: "io_uring"
    case .inFlight: "in_flight"
    case .thread: "thread"
    }
  }
}
