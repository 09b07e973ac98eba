/// One process that has a socket open, with the descriptor that refers to it.
public struct Owner: Sendable, Hashable {
  /// The process id, as seen from the pid namespace of the /proc that was read.
  public let pid: Int32
  /// The descriptor number; `nil` when only the process is known, as from an event.
  public let descriptor: Int32?
  /// Where the process is in ``Snapshot/processes``.
  public let processIndex: Int32

  /// Makes an owner from a process and its descriptor.
  public init(pid: Int32, descriptor: Int32?, processIndex: Int32) {
    self.pid = pid
    self.descriptor = descriptor
    self.processIndex = processIndex
  }
}

/// One descriptor of one process together with the socket that it refers to: what a listing by process shows in a row.
public struct OwnedSocket: Sendable, Hashable {
  /// The socket: where its record is in ``Snapshot/records``.
  public let row: UInt32
  /// The descriptor: where it is in ``Snapshot/owners``.
  public let owner: UInt32

  /// Makes a pair of a socket and a descriptor.
  public init(row: UInt32, owner: UInt32) {
    self.row = row
    self.owner = owner
  }
}

/// A process that owns at least one of the sockets shown.
///
/// Names are bytes that the process chose: they may hold anything but NUL and must be escaped before they are shown.
public struct ProcessInfo: Sendable, Hashable {
  /// The process id.
  public var pid: Int32
  /// The command name of the main thread, `/proc/PID/comm`: at most 15 bytes for user processes.
  public var name: [UInt8]
  /// Where `/proc/PID/exe` points; `nil` when it may not be read or there is none.
  public var executable: [UInt8]?
  /// The beginning of the arguments, `/proc/PID/cmdline`, with their NULs: at most ``mostArgumentBytes``; `nil` unless asked for.
  public var arguments: [UInt8]?
  /// When the process started, in clock ticks since boot (`/proc/PID/stat`, field 22); `nil` when it vanished meanwhile.
  public var startTime: UInt64?
  /// The effective user id of the process; `nil` when unknown.
  public var uid: UInt32?
  /// The process id of the parent, 0 for none; `nil` unless asked for.
  public var parent: Int32?
  /// The process group id; `nil` unless asked for.
  public var group: Int32?

  /// How much is kept of ``arguments``: the program's name is in it.
  public static let mostArgumentBytes = 4096

  /// Makes a process of which only the id and name are known.
  public init(pid: Int32, name: [UInt8]) {
    self.pid = pid
    self.name = name
  }
}

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
  /// The only process that had the listener when it took the connection; without the tracepoint, when descriptors were looked at last.
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
