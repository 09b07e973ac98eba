/// The protocols whose sockets the kernel lists, one for each `/proc/net` table or sock_diag handler.
///
/// The raw value is this program's own and is also the order in which a listing shows them.
public enum Transport: UInt8, CaseIterable, Sendable, Hashable {
  /// TCP: `/proc/net/tcp`, `tcp6`; sock_diag `IPPROTO_TCP`.
  case tcp = 0
  /// Multipath TCP: sock_diag `IPPROTO_MPTCP` only; each of its subflows is a `tcp` socket besides.
  case mptcp
  /// UDP: `/proc/net/udp`, `udp6`; sock_diag `IPPROTO_UDP`.
  case udp
  /// UDP-Lite: `/proc/net/udplite`, `udplite6`; sock_diag `IPPROTO_UDPLITE`.
  case udplite
  /// Raw IP: `/proc/net/raw`, `raw6`; sock_diag `IPPROTO_RAW`. The local "port" is the IP protocol number.
  case raw
  /// ICMP echo ("ping") sockets: `/proc/net/icmp`, `icmp6`. The local "port" is the echo identifier.
  case icmp
  /// Unix domain sockets: `/proc/net/unix`; sock_diag `AF_UNIX`.
  case unix
  /// Packet sockets: `/proc/net/packet`; sock_diag `AF_PACKET`.
  case packet
  /// Netlink sockets: `/proc/net/netlink`; sock_diag `AF_NETLINK`.
  case netlink

  /// The lower-case name used in output, queries and options, such as `tcp`.
  public var name: String {
    switch self {
    case .tcp: "tcp"
    case .mptcp: "mptcp"
    case .udp: "udp"
    case .udplite: "udplite"
    case .raw: "raw"
    case .icmp: "icmp"
    case .unix: "unix"
    case .packet: "packet"
    case .netlink: "netlink"
    }
  }

  /// Whether both ends are an IP address and, except for `raw` and `icmp`, a port.
  public var isInternet: Bool { rawValue <= Transport.icmp.rawValue }

  /// Whether the two numbers beside the addresses are ports. They are not in `raw` and `icmp`.
  public var hasPorts: Bool { rawValue <= Transport.udplite.rawValue }

  /// Whether the transport has TCP's states. The others know `unconnected` and `connected`, at most.
  public var hasTCPStates: Bool { self == .tcp || self == .mptcp }
}

/// The address family of a socket. The raw value is the kernel's `AF_` number.
public enum AddressFamily: UInt8, CaseIterable, Sendable, Hashable {
  /// The corresponding C constant is `AF_UNIX`.
  case unix = 1
  /// The corresponding C constant is `AF_INET`.
  case ipv4 = 2
  /// The corresponding C constant is `AF_INET6`. IPv4-mapped addresses belong here.
  case ipv6 = 10
  /// The corresponding C constant is `AF_NETLINK`.
  case netlink = 16
  /// The corresponding C constant is `AF_PACKET`.
  case packet = 17

  /// The lower-case name used in output and queries, such as `ipv4`.
  public var name: String {
    switch self {
    case .unix: "unix"
    case .ipv4: "ipv4"
    case .ipv6: "ipv6"
    case .netlink: "netlink"
    case .packet: "packet"
    }
  }
}

/// What `socket(2)` was asked for. The raw value is the kernel's `SOCK_` number.
public enum SocketType: UInt8, CaseIterable, Sendable, Hashable {
  /// The corresponding C constant is `SOCK_STREAM`.
  case stream = 1
  /// The corresponding C constant is `SOCK_DGRAM`.
  case datagram = 2
  /// The corresponding C constant is `SOCK_RAW`.
  case raw = 3
  /// The corresponding C constant is `SOCK_RDM`.
  case reliablyDeliveredMessage = 4
  /// The corresponding C constant is `SOCK_SEQPACKET`.
  case sequencedPacket = 5
  /// The corresponding C constant is `SOCK_PACKET` (obsolete).
  case packet = 10

  /// The lower-case name used in output and queries: the C constant's own word, such as `dgram`.
  public var name: String {
    switch self {
    case .stream: "stream"
    case .datagram: "dgram"
    case .raw: "raw"
    case .reliablyDeliveredMessage: "rdm"
    case .sequencedPacket: "seqpacket"
    case .packet: "packet"
    }
  }

  /// The C constant without its `SOCK_`, such as `DGRAM`.
  public var constantName: String {
    switch self {
    case .stream: "STREAM"
    case .datagram: "DGRAM"
    case .raw: "RAW"
    case .reliablyDeliveredMessage: "RDM"
    case .sequencedPacket: "SEQPACKET"
    case .packet: "PACKET"
    }
  }
}
