/// The state of a socket.
///
/// Raw values 1-13 are the kernel's `TCP_` numbers (`include/net/tcp_states.h`), which SCTP, SMC,
/// vsock and TIPC sockets use too; those from 32 on are this program's own, for the others.
public enum SocketState: UInt8, CaseIterable, Sendable, Hashable {
  /// The corresponding C constant is `TCP_ESTABLISHED`.
  case established = 1
  /// The corresponding C constant is `TCP_SYN_SENT`.
  case synSent = 2
  /// The corresponding C constants are `TCP_SYN_RECV` and, for a request not yet a full socket,
  /// `TCP_NEW_SYN_RECV`.
  case synRecv = 3
  /// The corresponding C constant is `TCP_FIN_WAIT1`.
  case finWait1 = 4
  /// The corresponding C constant is `TCP_FIN_WAIT2`.
  case finWait2 = 5
  /// The corresponding C constant is `TCP_TIME_WAIT`.
  case timeWait = 6
  /// The corresponding C constant is `TCP_CLOSE`: a TCP socket that is neither bound, listening nor
  /// connected.
  case close = 7
  /// The corresponding C constant is `TCP_CLOSE_WAIT`.
  case closeWait = 8
  /// The corresponding C constant is `TCP_LAST_ACK`.
  case lastAck = 9
  /// The corresponding C constant is `TCP_LISTEN`; also a unix socket with the `SO_ACCEPTCON` flag.
  case listen = 10
  /// The corresponding C constant is `TCP_CLOSING`.
  case closing = 11
  /// The corresponding C constant is `TCP_BOUND_INACTIVE`: bound to a port, neither listening nor
  /// connected.
  ///
  /// Only sock_diag reports it, and only since Linux 6.8.
  case boundInactive = 13
  /// A socket of a connectionless transport without a peer. For unix sockets, `SS_UNCONNECTED`.
  case unconnected = 32
  /// A socket of a connectionless transport that has a peer. For unix sockets, `SS_CONNECTED`.
  case connected = 33
  /// A unix socket in `SS_CONNECTING`.
  case connecting = 34
  /// A unix socket in `SS_DISCONNECTING`.
  case disconnecting = 35
  /// A socket that a process has open and that none of the tables that were read lists: it was
  /// never bound, its connection was reset and it is still open, the kernel has no table of its
  /// protocol, or it belongs to a network namespace that could not be seen. The kernel has no number
  /// for it (an unhashed socket is in `TCP_CLOSE`).
  case unhashed = 36
  /// An SCTP association that waits for the peer's cookie after its INIT
  /// (`SCTP_STATE_COOKIE_WAIT`).
  case cookieWait = 40
  /// An SCTP association that has returned the cookie (`SCTP_STATE_COOKIE_ECHOED`).
  case cookieEchoed = 41
  /// An SCTP association whose program has closed it, with data still unanswered
  /// (`SCTP_STATE_SHUTDOWN_PENDING`).
  case shutdownPending = 42
  /// An SCTP association that has sent SHUTDOWN (`SCTP_STATE_SHUTDOWN_SENT`).
  case shutdownSent = 43
  /// An SCTP association whose peer has sent SHUTDOWN (`SCTP_STATE_SHUTDOWN_RECEIVED`).
  case shutdownReceived = 44
  /// An SCTP association that has answered SHUTDOWN (`SCTP_STATE_SHUTDOWN_ACK_SENT`).
  case shutdownAckSent = 45

  /// The name used in output: the kernel's own in lower case, such as `fin_wait1`.
  public var name: String {
    switch self {
    case .established: "established"
    case .synSent: "syn_sent"
    case .synRecv: "syn_recv"
    case .finWait1: "fin_wait1"
    case .finWait2: "fin_wait2"
    case .timeWait: "time_wait"
    case .close: "close"
    case .closeWait: "close_wait"
    case .lastAck: "last_ack"
    case .listen: "listen"
    case .closing: "closing"
    case .boundInactive: "bound_inactive"
    case .unconnected: "unconnected"
    case .connected: "connected"
    case .connecting: "connecting"
    case .disconnecting: "disconnecting"
    case .unhashed: "unhashed"
    case .cookieWait: "cookie_wait"
    case .cookieEchoed: "cookie_echoed"
    case .shutdownPending: "shutdown_pending"
    case .shutdownSent: "shutdown_sent"
    case .shutdownReceived: "shutdown_received"
    case .shutdownAckSent: "shutdown_ack_sent"
    }
  }

  /// Finds a state by any of the spellings in use; `nil` when there is none.
  ///
  /// Case, `-` and `_` do not matter: `TIME_WAIT`, `time-wait` and `timewait` are the same. In
  /// addition to the kernel's names those of `ss` and `netstat` are known: `estab`, `unconn`,
  /// `closed`, `listening`, `fin1`, `fin2`.
  public init?(name: String) {
    var folded = ""
    for scalar in name.unicodeScalars where scalar != "-" && scalar != "_" {
      folded.unicodeScalars.append(
        ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 32) : scalar)
    }
    switch folded {
    case "established", "estab": self = .established
    case "synsent": self = .synSent
    case "synrecv", "synrcv", "synreceived": self = .synRecv
    case "finwait1", "fin1": self = .finWait1
    case "finwait2", "fin2": self = .finWait2
    case "timewait": self = .timeWait
    case "close", "closed": self = .close
    case "closewait": self = .closeWait
    case "lastack": self = .lastAck
    case "listen", "listening": self = .listen
    case "closing": self = .closing
    case "boundinactive", "bound": self = .boundInactive
    case "unconnected", "unconn": self = .unconnected
    case "connected": self = .connected
    case "connecting": self = .connecting
    case "disconnecting": self = .disconnecting
    case "unhashed", "unlisted": self = .unhashed
    case "cookiewait": self = .cookieWait
    case "cookieechoed": self = .cookieEchoed
    case "shutdownpending": self = .shutdownPending
    case "shutdownsent": self = .shutdownSent
    case "shutdownreceived": self = .shutdownReceived
    // `ACK_SENT` in ss.
    case "shutdownacksent", "acksent": self = .shutdownAckSent
    default: return nil
    }
  }
}

/// A set of socket states, one bit each. For the states 1-13 the bits are those of sock_diag's
/// `idiag_states`.
public struct SocketStateSet: OptionSet, Sendable, Hashable {
  /// Bit `n` stands for the state with raw value `n`.
  public let rawValue: UInt64

  /// Makes a set from its bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// Makes the set of one state.
  public init(_ state: SocketState) { self.init(rawValue: 1 << UInt64(state.rawValue)) }

  /// Makes the set of the states given.
  public init(_ states: [SocketState]) { self.init(states.map { SocketStateSet($0) }) }

  /// Every state.
  public static let all = SocketStateSet(SocketState.allCases)

  /// Whether the state is in the set.
  public func contains(_ state: SocketState) -> Bool { rawValue & (1 << UInt64(state.rawValue)) != 0 }
}

/// The timer that is running on a socket. The raw value is that of `/proc/net/tcp`'s `tr` and of
/// `idiag_timer`.
public enum SocketTimer: UInt8, CaseIterable, Sendable, Hashable {
  /// No timer is running.
  case off = 0
  /// Retransmission (also early retransmit, tail loss probe and reordering; for `syn_recv`, the
  /// SYN-ACK's).
  case retransmit = 1
  /// Keepalive.
  case keepalive = 2
  /// The end of TIME_WAIT or of an orphaned FIN_WAIT2.
  case timeWait = 3
  /// Zero window probe ("persist").
  case probe = 4
  /// A delayed acknowledgement, where no other timer runs (reported by kernels newer than 6.18).
  case delayedAck = 5

  /// The lower-case name used in output and queries, such as `keepalive`.
  public var name: String {
    switch self {
    case .off: "off"
    case .retransmit: "retransmit"
    case .keepalive: "keepalive"
    case .timeWait: "timewait"
    case .probe: "probe"
    case .delayedAck: "delack"
    }
  }
}
