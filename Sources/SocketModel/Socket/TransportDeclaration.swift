/// The declaration of a transport: everything about it that does not depend on a socket. Together
/// with its case in ``Transport`` it is the only place where a transport is added.
///
/// Queries, lists, the readers of tables and dumps and the classic views read it. Rows and messages
/// of a new format need a decoder of their own, which ``format`` selects.
package final class TransportDeclaration: Sendable {
  /// A table below `/proc/net`.
  package struct Table: Sendable, Hashable {
    /// The name of the file.
    package let name: String
    /// The family of its sockets.
    package let family: AddressFamily
  }

  /// The form of the rows of a transport's tables, and of the messages of its dumps.
  package enum Format: Sendable, Hashable {
    /// Two addresses with ports: `struct inet_diag_msg`.
    case internet
    /// The row of `unix_seq_show`, and `struct unix_diag_msg`.
    case unix
    /// The row of `packet_seq_show`, and `struct packet_diag_msg`.
    case packet
    /// The row of `netlink_native_seq_show`, and `struct netlink_diag_msg`.
    case netlink
    /// The rows of `sctp_eps_seq_show` and `sctp_assocs_seq_show`; `struct inet_diag_msg` with
    /// states and attributes of its own.
    case sctp
    /// `struct smc_diag_msg`.
    case smc
    /// `struct vsock_diag_msg`.
    case vsock
    /// `struct xdp_diag_msg`.
    case xdp
    /// The attributes of `tipc_sk_fill_sock_diag`.
    case tipc
    /// None: the kernel has neither tables nor dumps of them.
    case unlisted

    /// Whether most kernels have no dump of it.
    package var isRare: Bool {
      switch self {
      case .internet, .unix, .packet, .netlink, .unlisted: false
      case .sctp, .smc, .vsock, .xdp, .tipc: true
      }
    }
  }

  /// Which list of names its ports are in.
  package enum PortNames: Sendable, Hashable {
    /// The services of TCP in `/etc/services`, which are also those of SCTP and SMC.
    case tcp
    /// The services of UDP in the same file.
    case udp
    /// The IP protocols of `/etc/protocols`: the number is not a port.
    case protocols
  }

  /// The lower-case name used in output, queries and options.
  package let name: String
  /// The words that ss has for its sockets of one type.
  package let typeNames: [(names: [String], type: SocketType)]
  /// The address families of its sockets.
  package let families: [AddressFamily]
  /// Its tables; empty when only sock_diag lists it.
  package let tables: [Table]
  /// Whether the kernel resumes a read of a table at the number of rows already read, so that rows
  /// are missed when sockets close meanwhile (`udp_seq_start`, `raw_seq_start`, `ping_seq_start`,
  /// `packet_seq_start`); the other tables resume at a slot of a hash table.
  package let isContinuedByPlace: Bool
  /// The form of its rows and messages.
  package let format: Format
  /// The `IPPROTO_` number of its dumps; 0 outside the internet families, whose dumps have none.
  package let protocolNumber: UInt16
  /// Whether `SOCK_DESTROY` closes its sockets.
  package let canBeDestroyed: Bool
  /// The type of its sockets; `nil` when there are several.
  package let socketType: SocketType?
  /// The kernel's names for it, of IPv4 and IPv6, as in `/proc/net/protocols` and in the links of
  /// descriptors whose sockets are in no table.
  package let kernelNames: [String]
  /// Which names its ports have; `nil` for none.
  package let portNames: PortNames?
  /// Its name in lsof's column NODE; `nil` when lsof shows a number instead.
  package let lsofName: String?
  /// Its name in netstat, where a 6 follows for IPv6; `nil` when netstat does not list it under a
  /// name.
  package let netstatName: String?

  fileprivate init(
    name: String, typeNames: [(names: [String], type: SocketType)] = [], families: [AddressFamily], tables: [Table],
    isContinuedByPlace: Bool = false, format: Format, protocolNumber: UInt16 = 0, canBeDestroyed: Bool = false,
    socketType: SocketType? = nil, kernelNames: [String], portNames: PortNames? = nil, lsofName: String? = nil,
    netstatName: String? = nil
  ) {
    self.name = name
    self.typeNames = typeNames
    self.families = families
    self.tables = tables
    self.isContinuedByPlace = isContinuedByPlace
    self.format = format
    self.protocolNumber = protocolNumber
    self.canBeDestroyed = canBeDestroyed
    self.socketType = socketType
    self.kernelNames = kernelNames
    self.portNames = portNames
    self.lsofName = lsofName
    self.netstatName = netstatName
  }
}

extension Transport {
  /// The declaration of the transport.
  package var description: TransportDeclaration { Self.declarations[Int(rawValue)] }

  /// The lower-case name used in output, queries and options, such as `tcp`.
  public var name: String { Self.declarations[Int(rawValue)].name }

  private static let declarations: [TransportDeclaration] = allCases.map(\.declared)

  private static let internetFamilies = [AddressFamily.ipv4, .ipv6]

  private var declared: TransportDeclaration {
    func tables(_ name: String) -> [TransportDeclaration.Table] {
      [.init(name: name, family: .ipv4), .init(name: name + "6", family: .ipv6)]
    }
    return switch self {
    case .tcp:
      TransportDeclaration(
        name: "tcp", families: Self.internetFamilies, tables: tables("tcp"), format: .internet, protocolNumber: 6,
        canBeDestroyed: true, socketType: .stream, kernelNames: ["TCP", "TCPv6"], portNames: .tcp, lsofName: "TCP",
        netstatName: "tcp")
    case .mptcp:
      TransportDeclaration(
        name: "mptcp", families: Self.internetFamilies, tables: [], format: .internet, protocolNumber: 262,
        socketType: .stream, kernelNames: ["MPTCP", "MPTCPv6"], portNames: .tcp, lsofName: "TCP")
    case .udp:
      TransportDeclaration(
        name: "udp", families: Self.internetFamilies, tables: tables("udp"), isContinuedByPlace: true,
        format: .internet, protocolNumber: 17, canBeDestroyed: true, socketType: .datagram,
        kernelNames: ["UDP", "UDPv6"], portNames: .udp, lsofName: "UDP", netstatName: "udp")
    case .udplite:
      TransportDeclaration(
        name: "udplite", families: Self.internetFamilies, tables: tables("udplite"), isContinuedByPlace: true,
        format: .internet, protocolNumber: 136, canBeDestroyed: true, socketType: .datagram,
        kernelNames: ["UDP-Lite", "UDPLITEv6"], portNames: .udp, lsofName: "UDPLITE", netstatName: "udpl")
    case .sctp:
      // Both files list the sockets of both families.
      TransportDeclaration(
        name: "sctp", families: Self.internetFamilies,
        tables: [.init(name: "sctp/eps", family: .ipv4), .init(name: "sctp/assocs", family: .ipv4)],
        isContinuedByPlace: true, format: .sctp, protocolNumber: 132, kernelNames: ["SCTP", "SCTPv6"],
        portNames: .tcp)
    case .smc:
      TransportDeclaration(
        name: "smc", families: Self.internetFamilies, tables: [], format: .smc, socketType: .stream,
        kernelNames: ["SMC", "SMC6"], portNames: .tcp)
    case .raw:
      TransportDeclaration(
        name: "raw", families: Self.internetFamilies, tables: tables("raw"), isContinuedByPlace: true,
        format: .internet, protocolNumber: 255, socketType: .raw, kernelNames: ["RAW", "RAWv6"],
        portNames: .protocols, netstatName: "raw")
    case .icmp:
      TransportDeclaration(
        name: "icmp", families: Self.internetFamilies, tables: tables("icmp"), isContinuedByPlace: true,
        format: .internet, protocolNumber: 1, socketType: .datagram, kernelNames: ["PING", "PINGv6"])
    case .unix:
      TransportDeclaration(
        name: "unix",
        typeNames: [
          (["unix_stream", "u_str", "u_stream"], .stream), (["unix_dgram", "u_dgr", "u_dgram"], .datagram),
          (["unix_seqpacket", "u_seq", "u_seqpacket"], .sequencedPacket),
        ],
        families: [.unix], tables: [.init(name: "unix", family: .unix)], format: .unix,
        kernelNames: ["UNIX", "UNIX-STREAM"])
    case .packet:
      TransportDeclaration(
        name: "packet",
        typeNames: [(["packet_raw", "p_raw"], .raw), (["packet_dgram", "p_dgr", "p_dgram"], .datagram)],
        families: [.packet], tables: [.init(name: "packet", family: .packet)], isContinuedByPlace: true,
        format: .packet, kernelNames: ["PACKET"])
    case .netlink:
      TransportDeclaration(
        name: "netlink", families: [.netlink], tables: [.init(name: "netlink", family: .netlink)], format: .netlink,
        kernelNames: ["NETLINK"])
    case .vsock:
      TransportDeclaration(
        name: "vsock",
        typeNames: [
          (["vsock_stream", "v_str"], .stream), (["vsock_dgram", "v_dgr"], .datagram),
          (["vsock_seqpacket"], .sequencedPacket),
        ],
        families: [.vsock], tables: [], format: .vsock, kernelNames: ["AF_VSOCK"])
    case .xdp:
      TransportDeclaration(name: "xdp", families: [.xdp], tables: [], format: .xdp, kernelNames: ["XDP"])
    case .tipc:
      TransportDeclaration(name: "tipc", families: [.tipc], tables: [], format: .tipc, kernelNames: ["TIPC"])
    case .other:
      TransportDeclaration(name: "other", families: [.other], tables: [], format: .unlisted, kernelNames: [])
    }
  }
}
