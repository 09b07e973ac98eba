/// One thing that happened to a socket: it appeared, changed its state, or went.
///
/// The lives of sockets are numbered: all events with one ``life`` are about one socket, from first sight to the end of TIME_WAIT.
public struct SocketEvent: Sendable {
  /// What happened. The raw value is the name used in output.
  public enum Kind: String, CaseIterable, Sendable {
    /// A socket is there that was not there before.
    case opened
    /// A socket has another state than before.
    case changed
    /// A socket is there no longer, not even in TIME_WAIT.
    case closed
    /// Something happened that was not seen; see ``SocketEvent/missed``.
    case missed
  }

  /// What happened.
  public var kind: Kind
  /// When: as the kernel stamped it where it does, or else when it was noticed.
  public var time: Timestamp
  /// How it was seen.
  public var source: EventSource
  /// Which life it belongs to, from 1; 0 for ``Kind/missed``.
  public var life: UInt64 = 0
  /// The state before; `nil` when there was none or it is not known.
  public var from: SocketState?
  /// The state after; `nil` when the socket is gone.
  public var to: SocketState?
  /// The socket as it was known then. For ``Kind/missed`` it means nothing.
  public var record: SocketRecord
  /// The name of a unix socket, `nil` for an unnamed or other one.
  public var name: UnixName?
  /// Who has the socket, as far as that is known then.
  public var owners: [EventOwner] = []
  /// How the owners were found; `nil` when there are none.
  public var attribution: Attribution?
  /// Microseconds since the life began; `nil` when it began before anybody watched.
  public var age: UInt64?
  /// Bytes sent and acknowledged, when the kernel told (`tcpi_bytes_acked`, without SYN and FIN).
  public var bytesSent: UInt64?
  /// Bytes received, when the kernel told (`tcpi_bytes_received`). The kernel counts a FIN that the socket received as one more, which is taken
  /// off where it is known that it did; else this may be one too many.
  public var bytesReceived: UInt64?
  /// For ``Kind/missed``: how many records were lost; `nil` when the kernel does not tell how many.
  public var missed: UInt64?

  /// Makes an event of its kind, time and socket.
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
  /// The kernel's notice that a TCP socket is destroyed (`SKNLGRP_INET_TCP_DESTROY`), of one network namespace.
  case destroyNotice = "destroy"
  /// The difference between two readings.
  case difference = "snapshot"
}

/// A process that has, or had, a socket that an event is about. It keeps its name when it has ended.
public struct EventOwner: Sendable, Hashable {
  /// The process id.
  public var pid: Int32
  /// The descriptor; `nil` when only the process is known.
  public var descriptor: Int32?
  /// The command name: bytes that the process chose.
  public var name: [UInt8]
  /// When the process started, in clock ticks since boot; `nil` when unknown.
  public var startTime: UInt64?

  /// Makes an owner of which descriptor and start are not known.
  public init(pid: Int32, name: [UInt8]) {
    self.pid = pid
    self.name = name
  }
}

/// One socket from first sight to its end, as far as it was watched.
public struct SocketLife: Sendable {
  /// Its number, from 1, in the order of first sight.
  public var id: UInt64
  /// The socket as it was seen last.
  public var record: SocketRecord
  /// The name of a unix socket.
  public var name: UnixName?
  /// Details of the last reading, when they were asked for.
  public var detail: SocketDetail? {
    get { detailBox?.detail }
    set { detailBox = newValue.map { DetailBox($0) } }
  }
  // Half a kilobyte that most lives do not have.
  private var detailBox: DetailBox?
  /// Who has it.
  public var owners: [EventOwner] = []
  /// How the owners were found.
  public var attribution: Attribution?
  /// Its states so far and when each began; the first may have begun before it was seen. At most ``longestHistory``, the newest.
  public var history: [Passage] = []
  /// Whether it was there when the watching began.
  public var wasThere: Bool
  /// When it was seen first.
  public var firstSeen: Timestamp {
    get { Timestamp(nanosecondsSince1970: firstNanoseconds) }
    set { firstNanoseconds = newValue.nanosecondsSince1970 }
  }
  /// When it was gone; `nil` while it lives.
  public var closed: Timestamp? {
    get { closedNanoseconds == .min ? nil : Timestamp(nanosecondsSince1970: closedNanoseconds) }
    set { closedNanoseconds = newValue?.nanosecondsSince1970 ?? .min }
  }
  private var firstNanoseconds: Int64
  private var closedNanoseconds = Int64.min
  /// Whether it is in the network namespace that readings show.
  public var place = Place.unknown
  /// The kernel's address of the socket while the tracepoint tells of it; 0 for none.
  package var pointer: UInt64 = 0
  /// When the tracepoint told of it last, in nanoseconds of the monotonic clock; 0 for never.
  package var lastTransition: UInt64 = 0
  /// The number of the reading that it was in last.
  package var reading: UInt32 = 0
  /// Whether its owners were looked for in all processes.
  package var isOwnerSought = false

  /// Where a socket is, as seen from the readings. The tracepoint tells of all network namespaces of the machine, and not of which.
  public enum Place: UInt8, Sendable, Hashable {
    /// Not known.
    case unknown
    /// Very likely in the namespace that is read: the process that made it is.
    case likelyHere
    /// In the namespace that is read: a reading, a look-up or a notice told of it.
    case here
    /// In another namespace.
    case elsewhere
  }

  private final class DetailBox: Sendable {
    let detail: SocketDetail
    init(_ detail: SocketDetail) { self.detail = detail }
  }

  /// A state and when it began.
  public struct Passage: Sendable, Hashable {
    // Eight bytes for both, as there are many: microseconds since 1970 and the state's number.
    private let bits: Int64
    /// The state.
    public var state: SocketState { SocketState(rawValue: UInt8(truncatingIfNeeded: bits)) ?? .close }
    /// When it began, or was seen first, in whole microseconds.
    public var since: Timestamp { Timestamp(nanosecondsSince1970: (bits >> 8) &* 1000) }

    /// Makes a passage of a state and its beginning.
    public init(_ state: SocketState, since: Timestamp) {
      bits = (since.nanosecondsSince1970 / 1000) << 8 | Int64(state.rawValue)
    }
  }

  /// How many states are remembered: TCP has no more on one way.
  public static let longestHistory = 16

  /// Makes the life of a socket that was seen now.
  public init(id: UInt64, record: SocketRecord, at time: Timestamp, wasThere: Bool) {
    self.id = id
    self.record = record
    self.wasThere = wasThere
    firstNanoseconds = time.nanosecondsSince1970
    history = [Passage(record.state, since: time)]
  }
}

extension Timestamp {
  /// Nanoseconds since 1970: good until the year 2262.
  public var nanosecondsSince1970: Int64 { seconds &* 1_000_000_000 &+ Int64(nanoseconds) }

  /// Makes a moment of nanoseconds since 1970.
  public init(nanosecondsSince1970 count: Int64) {
    let (seconds, rest) = count.quotientAndRemainder(dividingBy: 1_000_000_000)
    self.init(
      seconds: rest < 0 ? seconds - 1 : seconds, nanoseconds: Int32(rest < 0 ? rest + 1_000_000_000 : rest))
  }
}
