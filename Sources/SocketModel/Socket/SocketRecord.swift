/// One socket as the kernel reported it: a flat value without references, about a hundred bytes.
///
/// The meaning of the numeric fields depends on the transport where their documentation says so.
/// ``known`` marks what the source reported. Everything else reads as `nil` through the optional
/// accessors, and its stored values mean nothing. What few sockets have or must be asked for
/// (names, tcp_info, memory) is kept in the side tables of the ``Snapshot``, under ``nameIndex``
/// and ``detailIndex``.
public struct SocketRecord: Sendable, Hashable {
  /// The fields that a source can leave out.
  public struct Known: OptionSet, Sendable, Hashable {
    /// One bit per field.
    public let rawValue: UInt16
    /// Makes a set from its bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    /// ``SocketRecord/receiveQueue`` was reported. An impossible number in /proc is stored, but
    /// does not count as reported.
    public static let receiveQueue = Known(rawValue: 1 << 0)
    /// ``SocketRecord/sendQueue`` was reported. An impossible number in /proc is stored, but does
    /// not count as reported.
    public static let sendQueue = Known(rawValue: 1 << 1)
    /// ``SocketRecord/uid`` was reported. Never set for TIME_WAIT and SYN_RECV, where the kernel
    /// prints 0 for "unknown".
    public static let uid = Known(rawValue: 1 << 2)
    /// ``SocketRecord/inode`` was reported; it may still be 0, "belongs to no file".
    public static let inode = Known(rawValue: 1 << 3)
    /// ``SocketRecord/cookie`` was reported (sock_diag only).
    public static let cookie = Known(rawValue: 1 << 4)
    /// ``SocketRecord/timer``, ``SocketRecord/timerMilliseconds`` were reported.
    public static let timer = Known(rawValue: 1 << 5)
    /// ``SocketRecord/retransmits`` was reported.
    public static let retransmits = Known(rawValue: 1 << 6)
    /// ``SocketRecord/probes`` was reported.
    public static let probes = Known(rawValue: 1 << 7)
    /// ``SocketRecord/interface`` was reported; 0 means bound to none.
    public static let interface = Known(rawValue: 1 << 8)
    /// ``SocketRecord/netns`` was reported.
    public static let netns = Known(rawValue: 1 << 9)
    /// ``SocketRecord/drops`` was reported.
    public static let drops = Known(rawValue: 1 << 10)
    /// ``SocketRecord/socketType`` was reported.
    public static let socketType = Known(rawValue: 1 << 11)
    /// The peer of a unix socket (``SocketRecord/peerInode``) was reported.
    public static let peer = Known(rawValue: 1 << 12)
    /// ``SocketRecord/Flags/ipv6Only`` was reported.
    public static let ipv6Only = Known(rawValue: 1 << 13)
    /// ``SocketRecord/Flags/receiveShutdown`` and ``SocketRecord/Flags/sendShutdown`` were
    /// reported.
    public static let shutdown = Known(rawValue: 1 << 14)
    /// ``SocketRecord/kernelAddress`` and ``SocketRecord/references`` of a unix socket were
    /// reported (/proc only).
    public static let unixObject = Known(rawValue: 1 << 15)
  }

  /// Yes-or-no facts.
  public struct Flags: OptionSet, Sendable, Hashable {
    /// One bit per fact.
    public let rawValue: UInt8
    /// Makes a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// An IPv6 socket that does not take IPv4 (`IPV6_V6ONLY`).
    public static let ipv6Only = Flags(rawValue: 1 << 0)
    /// `shutdown(SHUT_RD)` took place (`RCV_SHUTDOWN`).
    public static let receiveShutdown = Flags(rawValue: 1 << 1)
    /// `shutdown(SHUT_WR)` took place (`SEND_SHUTDOWN`).
    public static let sendShutdown = Flags(rawValue: 1 << 2)
    /// No call of bind(2) asked for the local port of an internet socket. Reported by sock_diag
    /// when ``RequiredDetails/autobound`` was asked for.
    public static let isAutobound = Flags(rawValue: 1 << 3)
    /// The connection goes on as plain TCP, because the peer or something on the way does not know
    /// MPTCP (`MPTCP_INFO_FLAG_FALLBACK`) or SMC (`SMC_DIAG_MODE_FALLBACK_TCP`).
    public static let isFallback = Flags(rawValue: 1 << 4)
    /// ``isFallback`` was reported. Of a subflow of MPTCP only a yes is known: that it asked for
    /// MPTCP, is connected, and got no answer to that.
    public static let fallbackIsKnown = Flags(rawValue: 1 << 5)
  }

  /// The index that stands for "none" in ``nameIndex`` and ``detailIndex``.
  public static let noIndex = UInt32.max

  /// The local address as a number (see ``IPAddress/bits``). For netlink, the port id. For unix,
  /// the ``kernelAddress`` in the lower 64 bits and the ``references`` above them. For vsock and
  /// tipc a ``NumberedEnd``; for xdp the queue of the interface.
  public var localBits: UInt128 = 0
  /// The remote address as a number. For unix, the peer's inode; for netlink, the destination's
  /// port id; for vsock and tipc a ``NumberedEnd``.
  public var remoteBits: UInt128 = 0
  /// The inode of the socket's file; 0 when it belongs to no file. Valid with ``Known/inode``.
  public var inode: UInt64 = 0
  /// The kernel's 64-bit identity of the socket (`sk_cookie`), unique while the machine runs. Valid
  /// with ``Known/cookie``.
  public var cookie: UInt64 = 0
  /// The id of the cgroup (v2) that the socket was made in: the inode number of its folder; 0 when
  /// it was not reported. The kernel reports it of every full internet socket, to every user.
  public var cgroup: UInt64 = 0
  /// Bytes received and not read; for a TCP listener, connections not accepted yet; for UDP and
  /// raw, memory in bytes.
  public var receiveQueue: UInt32 = 0
  /// Bytes sent and not acknowledged; for a TCP listener, the accept queue's limit; for UDP and
  /// raw, memory in bytes.
  public var sendQueue: UInt32 = 0
  /// The user id of the socket's file. When it is not known, /proc prints a number all the same,
  /// which is stored here.
  public var uid: UInt32 = 0
  /// The network namespace's inode number.
  public var netns: UInt32 = 0
  /// The interface index that the socket is bound to, 0 for none.
  public var interface: UInt32 = 0
  /// Milliseconds until the timer fires; 0 with ``SocketTimer/off``.
  public var timerMilliseconds: UInt32 = 0
  /// Datagrams dropped since the socket was made (for a TCP listener: connections).
  public var drops: UInt32 = 0
  /// The index of the socket's ``SocketDetail`` in ``Snapshot/details``, or ``noIndex``.
  public var detailIndex: UInt32 = SocketRecord.noIndex
  /// The index of the unix socket's name in ``Snapshot/names``, or ``noIndex`` for an unnamed
  /// socket.
  public var nameIndex: UInt32 = SocketRecord.noIndex
  /// The local port in host order; the IP protocol of `raw`, the echo identifier of `icmp`; the
  /// protocol of `packet` (an ethertype) and `netlink` (`NETLINK_ROUTE` = 0 ...).
  public var localPort: UInt16 = 0
  /// The remote port in host order, 0 for none.
  public var remotePort: UInt16 = 0
  /// Which of the fields the source reported.
  public var known: Known = []
  /// The protocol.
  public var transport: Transport
  /// The address family.
  public var family: AddressFamily
  /// The state.
  public var state: SocketState
  /// Stream, datagram ... Valid with ``Known/socketType``.
  public var socketType: SocketType = .stream
  /// The timer that is running.
  public var timer: SocketTimer = .off
  /// Consecutive retransmissions of the segment that is still unanswered.
  public var retransmits: UInt8 = 0
  /// Consecutive zero-window or keepalive probes that are still unanswered.
  public var probes: UInt8 = 0
  /// Yes-or-no facts; ``Known/ipv6Only`` and ``Known/shutdown`` say whether they were reported.
  public var flags: Flags = []

  /// Makes a record of which only kind and state are known.
  public init(transport: Transport, family: AddressFamily, state: SocketState) {
    self.transport = transport
    self.family = family
    self.state = state
  }
}

extension SocketRecord {
  /// The local end; `nil` for sockets outside the internet families.
  public var local: Endpoint? {
    transport.isInternet
      ? Endpoint(address: IPAddress(bits: localBits, isIPv4: family == .ipv4), port: localPort) : nil
  }

  /// The remote end; `nil` for sockets outside the internet families. Unspecified when there is no
  /// peer.
  public var remote: Endpoint? {
    transport.isInternet
      ? Endpoint(address: IPAddress(bits: remoteBits, isIPv4: family == .ipv4), port: remotePort) : nil
  }

  /// Whether the socket has a remote end: an address or a port that is not 0.
  public var hasPeer: Bool { remoteBits != 0 || (remotePort != 0 && transport.isInternet) }

  /// The port id of a netlink socket, 0 for the kernel's own; it means nothing for others.
  public var portID: UInt32 { UInt32(truncatingIfNeeded: localBits) }

  /// The inode of the unix socket at the other end; `nil` when unknown or when this is not a unix
  /// socket.
  public var peerInode: UInt64? {
    transport == .unix && known.contains(.peer) ? UInt64(truncatingIfNeeded: remoteBits) : nil
  }

  /// The kernel's address of a unix socket as `/proc/net/unix` prints it (`Num`): a hashed number,
  /// or 0 without privilege. `nil` when unknown or not a unix socket. It identifies nothing.
  public var kernelAddress: UInt64? {
    transport == .unix && known.contains(.unixObject) ? UInt64(truncatingIfNeeded: localBits) : nil
  }

  /// The kernel's reference count of a unix socket (`RefCount` of `/proc/net/unix`); `nil` when
  /// unknown or not a unix socket.
  public var references: UInt32? {
    transport == .unix && known.contains(.unixObject) ? UInt32(truncatingIfNeeded: localBits >> 64) : nil
  }

  /// Sets what `/proc/net/unix` shows of a unix socket besides its state.
  public mutating func setUnixObject(kernelAddress: UInt64, references: UInt32) {
    localBits = UInt128(references) << 64 | UInt128(kernelAddress)
    known.insert(.unixObject)
  }

  /// Whether it is one of the kernel's own netlink sockets, which have an inode and the port id 0,
  /// and are open in no process. A process's socket without a port id is in no table.
  public var isKernelNetlink: Bool { transport == .netlink && localBits == 0 && state != .unhashed }

  /// Whether it is an SCTP association, which shares file, inode and cookie with its endpoint.
  public var isAssociation: Bool { transport == .sctp && hasPeer }

  /// Whether a process can hold the socket in a descriptor: its inode is known and not 0.
  public var canHaveOwner: Bool { known.contains(.inode) && inode != 0 }
}
