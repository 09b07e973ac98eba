/// The protocols whose sockets the kernel lists, one for each `/proc/net` table or sock_diag
/// handler.
///
/// The raw value is this program's own and is also the order in which a listing shows them. The
/// order says what the ends are, a question that every row asks: first the transports with TCP's
/// states, then the others with ports, then the rest of the internet families, then the rest.
/// Everything else is in the `description`.
public enum Transport: UInt8, CaseIterable, Sendable, Hashable {
  /// TCP.
  case tcp = 0
  /// Multipath TCP; each of its subflows is also a `tcp` socket.
  case mptcp
  /// UDP.
  case udp
  /// UDP-Lite; removed from newer kernels.
  case udplite
  /// SCTP: endpoints and, each in a row of its own, their associations.
  case sctp
  /// Shared Memory Communications (`AF_SMC`), which carries the data of TCP sockets over RDMA or
  /// memory of the machine. Its TCP socket is also listed as `tcp`.
  case smc
  /// Raw IP. The local "port" is the IP protocol number.
  case raw
  /// ICMP echo ("ping") sockets. The local "port" is the echo identifier.
  case icmp
  /// Unix domain sockets.
  case unix
  /// Packet sockets.
  case packet
  /// Netlink sockets.
  case netlink
  /// Sockets between virtual machines and their host (`AF_VSOCK`).
  case vsock
  /// Sockets for raw frames of one queue of an interface (`AF_XDP`).
  case xdp
  /// Transparent Inter-Process Communication (`AF_TIPC`).
  case tipc
  /// Sockets of protocols that no table lists, such as AF_ALG: they are found among the descriptors
  /// of processes, and their protocol is ``SocketDetail/protocolName``.
  case other

  /// Whether the transport has TCP's states and timers, and is traced like TCP.
  public var hasTCPStates: Bool { rawValue <= Transport.mptcp.rawValue }

  /// Whether the two numbers beside the IP addresses are ports. In `raw` and `icmp` they are not.
  public var hasPorts: Bool { rawValue <= Transport.smc.rawValue }

  /// Whether the other end of a connection on the same machine has the same two ends, mirrored.
  /// SCTP may have several addresses, and SMC shows what its TCP connection does.
  package var hasMirroredPeer: Bool { self == .tcp || self == .mptcp || self == .udp || self == .udplite }

  /// Whether both ends are an IP address and, except for `raw` and `icmp`, a port.
  public var isInternet: Bool { rawValue <= Transport.icmp.rawValue }
}

/// A set of transports, one bit each.
package struct TransportSet: OptionSet, Sendable, Hashable {
  /// Bit `n` stands for the transport with raw value `n`.
  package let rawValue: UInt16

  /// Makes a set from its bits.
  @inlinable
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Makes the set of the transports that have a property.
  package init(where isMember: (Transport) -> Bool) {
    self.init(Transport.allCases.filter(isMember))
  }

  /// Makes the set of some transports.
  package init(_ transports: some Sequence<Transport>) {
    self.init(rawValue: transports.reduce(0) { $0 | 1 << UInt16($1.rawValue) })
  }

  /// Every transport.
  package static let all = TransportSet { _ in true }
  /// Those whose ends are IP addresses.
  package static let internet = TransportSet(where: \.isInternet)
  /// Those whose ends have ports.
  package static let withPorts = TransportSet(where: \.hasPorts)
  /// Those with TCP's states.
  package static let withTCPStates = TransportSet(where: \.hasTCPStates)
  /// Those with listeners whose queues the kernel shows.
  package static let withListeners = withTCPStates.union([.unix, .sctp])
  /// Those whose sockets have a peer that can be on the same machine.
  package static let withPeers = TransportSet { $0.hasMirroredPeer || $0 == .unix }
  /// Those with the number of a protocol instead of a local port.
  package static let withProtocols: TransportSet = [.raw, .packet, .netlink]
  /// One transport alone.
  package static let raw = TransportSet(.raw)
  package static let icmp = TransportSet(.icmp)
  package static let unix = TransportSet(.unix)
  package static let packet = TransportSet(.packet)
  package static let netlink = TransportSet(.netlink)
  package static let tcp = TransportSet(.tcp)
  package static let mptcp = TransportSet(.mptcp)
  package static let sctp = TransportSet(.sctp)
  package static let smc = TransportSet(.smc)
  package static let vsock = TransportSet(.vsock)
  package static let xdp = TransportSet(.xdp)
  package static let tipc = TransportSet(.tipc)
  package static let other = TransportSet(.other)

  /// Makes the set of one transport.
  package init(_ transport: Transport) { self.init(rawValue: 1 << UInt16(transport.rawValue)) }

  /// Whether a transport is in the set.
  @inlinable
  package func contains(_ transport: Transport) -> Bool { rawValue & (1 << UInt16(transport.rawValue)) != 0 }

  /// The transports, in their order.
  package var members: Set<Transport> { Set(Transport.allCases.filter { contains($0) }) }
}

/// The address family of a socket. The raw value is the kernel's `AF_` number.
public enum AddressFamily: UInt8, CaseIterable, Sendable, Hashable {
  /// Any family that has no case here. The corresponding C constant is `AF_UNSPEC`, which no socket
  /// has.
  case other = 0
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
  /// The corresponding C constant is `AF_TIPC`.
  case tipc = 30
  /// The corresponding C constant is `AF_VSOCK`.
  case vsock = 40
  /// The corresponding C constant is `AF_XDP`.
  case xdp = 44

  /// The lower-case name used in output and queries, such as `ipv4`.
  public var name: String {
    switch self {
    case .other: "other"
    case .unix: "unix"
    case .ipv4: "ipv4"
    case .ipv6: "ipv6"
    case .netlink: "netlink"
    case .packet: "packet"
    case .tipc: "tipc"
    case .vsock: "vsock"
    case .xdp: "xdp"
    }
  }
}

/// The type passed to `socket(2)`. The raw value is the kernel's `SOCK_` number.
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
