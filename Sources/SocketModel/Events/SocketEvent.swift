/// One thing that happened to a socket: it appeared, changed its state, or went.
///
/// Sockets are numbered as they are first seen: all events with one ``socketID`` are about one
/// socket, from first sight to the end of TIME_WAIT.
public struct SocketEvent: Sendable {
  /// What happened. The raw value is the name used in output.
  public enum Kind: String, CaseIterable, Sendable {
    /// A socket is there that was not there before.
    case opened
    /// A socket has another state than before.
    case changed
    /// A socket no longer exists, not even in TIME_WAIT.
    case closed
    /// Something happened that was not seen; see ``SocketEvent/missed``.
    case missed
  }

  /// What happened.
  public var kind: Kind
  /// When it happened: the kernel's time stamp where there is one, otherwise when it was noticed.
  public var time: Timestamp
  /// How it was seen.
  public var source: EventSource
  /// Which ``TrackedSocket`` it is about, from 1; 0 for ``Kind/missed``.
  public var socketID: UInt64 = 0
  /// The state before; `nil` when there was none or it is not known.
  public var from: SocketState?
  /// The state after; `nil` when the socket has ended.
  public var to: SocketState?
  /// The socket as it was known then; meaningless for ``Kind/missed``.
  public var record: SocketRecord
  /// Whether the socket is in the watched network namespace, as far as that was known then.
  package var scope = NamespaceScope.unknown
  /// The name of a unix socket; `nil` for unnamed sockets and other transports.
  public var name: UnixName?
  /// The processes that have the socket, as far as they were known then.
  public var owners: [EventOwner] = []
  /// How the owners were found; `nil` when there are none.
  public var attribution: Attribution?
  /// Microseconds since the socket was first seen; `nil` when it was there before watching began.
  public var age: UInt64?
  /// Bytes sent and acknowledged (`tcpi_bytes_acked`, without SYN and FIN); `nil` when the kernel
  /// did not report them.
  public var bytesSent: UInt64?
  /// Bytes received (`tcpi_bytes_received`); `nil` when the kernel did not report them. The kernel
  /// counts a received FIN as one more byte. It is subtracted where that FIN is known; otherwise
  /// the figure may be one too high.
  public var bytesReceived: UInt64?
  /// For ``Kind/missed``: how many records were lost; `nil` when the kernel does not report the
  /// number.
  public var missed: UInt64?

  /// Makes an event about a socket.
  public init(_ kind: Kind, at time: Timestamp, source: EventSource, record: SocketRecord) {
    self.kind = kind
    self.time = time
    self.source = source
    self.record = record
  }
}

/// Where an event was seen. The raw value is the name used in output.
public enum EventSource: String, CaseIterable, Sendable, Hashable {
  /// The tracepoint `sock:inet_sock_set_state`: every TCP transition of the machine.
  case tracepoint
  /// The kernel's notice that a TCP or UDP socket was destroyed (`SKNLGRP_INET_TCP_DESTROY` and
  /// similar groups), from one network namespace.
  case destroyNotice = "destroy"
  /// The difference between two scans.
  case difference = "snapshot"
}

/// A source of events, and whether it is in use.
package struct EventSourceStatus: Sendable, Hashable {
  /// The source.
  package let source: EventSource
  /// Why it is not in use, in words; `nil` when it is.
  package let obstacle: String?
  /// Whether root could use it.
  package let needsRoot: Bool

  /// Makes a status: in use when there is no obstacle.
  package init(_ source: EventSource, obstacle: String? = nil, needsRoot: Bool = false) {
    self.source = source
    self.obstacle = obstacle
    self.needsRoot = needsRoot
  }
}

/// A process that has, or had, the socket of an event. Its name stays after it has ended.
public struct EventOwner: Sendable, Hashable {
  /// The process. Its start, user and program are known only where they were asked for.
  package var process: ProcessInfo
  /// The descriptor; `nil` when only the process is known.
  public var descriptor: Int32?

  /// Makes an owner of which only process and name are known.
  public init(pid: Int32, name: [UInt8]) { process = ProcessInfo(pid: pid, name: name) }

  package init(_ process: ProcessInfo, descriptor: Int32?) {
    self.process = process
    self.descriptor = descriptor
  }

  /// The process id.
  public var pid: Int32 {
    get { process.pid }
    set { process.pid = newValue }
  }

  /// The command name: bytes that the process chose.
  public var name: [UInt8] {
    get { process.name }
    set { process.name = newValue }
  }

  /// The name to show: the whole one where it is known.
  package var shownName: [UInt8] { process.shownName }

  /// When the process started, in clock ticks since boot; `nil` when unknown.
  public var startTime: UInt64? {
    get { process.startTime }
    set { process.startTime = newValue }
  }

  /// The effective user id of the process; `nil` when unknown or not asked for.
  public var user: UInt32? {
    get { process.uid }
    set { process.uid = newValue }
  }

  /// Where `/proc/PID/exe` points; `nil` when unknown or not asked for.
  public var executable: [UInt8]? {
    get { process.executable }
    set { process.executable = newValue }
  }
}
