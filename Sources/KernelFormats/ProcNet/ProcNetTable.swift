package import SocketModel

/// The socket tables below `/proc/net` (the same as `/proc/self/net` and, for another process,
/// `/proc/PID/net`).
///
/// The raw value is the name of the file.
package enum ProcNetTable: String, CaseIterable, Sendable, Hashable {
  /// `net/ipv4/tcp_ipv4.c`, `tcp4_seq_show`.
  case tcp
  /// `net/ipv6/tcp_ipv6.c`, `tcp6_seq_show`.
  case tcp6
  /// `net/ipv4/udp.c`, `udp4_seq_show`.
  case udp
  /// `net/ipv6/datagram.c`, `__ip6_dgram_sock_seq_show`.
  case udp6
  /// UDP-Lite with the layout of ``udp``; removed from newer kernels.
  case udplite
  /// UDP-Lite with the layout of ``udp6``; removed from newer kernels.
  case udplite6
  /// `net/ipv4/raw.c`, `raw_sock_seq_show`. The local port is the IP protocol.
  case raw
  /// Raw IPv6 with the layout of ``udp6``.
  case raw6
  /// `net/ipv4/ping.c`, `ping_v4_format_sock`. The local port is the echo identifier.
  case icmp
  /// ICMPv6 echo with the layout of ``udp6``.
  case icmp6
  /// `net/sctp/proc.c`, `sctp_eps_seq_show`: the endpoints of both families.
  case sctpEndpoints = "sctp/eps"
  /// `net/sctp/proc.c`, `sctp_assocs_seq_show`: the associations of both families.
  case sctpAssociations = "sctp/assocs"
  /// `net/unix/af_unix.c`, `unix_seq_show`.
  case unix
  /// `net/packet/af_packet.c`, `packet_seq_show`.
  case packet
  /// `net/netlink/af_netlink.c`, `netlink_native_seq_show`.
  case netlink

  /// The protocol of the table's sockets.
  package var transport: Transport { kind.transport }

  /// The address family of the table's sockets; for SCTP, whose tables have both, IPv4.
  package var family: AddressFamily { kind.family }

  /// The form of its rows.
  var format: TransportDeclaration.Format { transport.description.format }

  private var kind: (transport: Transport, family: AddressFamily) { Self.kinds[self] ?? (.tcp, .ipv4) }

  /// The transports that declare the tables, and the families of the tables.
  private static let kinds: [ProcNetTable: (transport: Transport, family: AddressFamily)] = {
    var kinds: [ProcNetTable: (transport: Transport, family: AddressFamily)] = [:]
    for transport in Transport.allCases {
      for table in transport.description.tables {
        if let known = ProcNetTable(rawValue: table.name) { kinds[known] = (transport, table.family) }
      }
    }
    return kinds
  }()

  /// The table of a transport and family; `nil` where there is none, as for MPTCP.
  package init?(transport: Transport, family: AddressFamily) {
    for table in ProcNetTable.allCases where table.transport == transport && table.family == family {
      self = table
      return
    }
    return nil
  }
}

extension ProcNetTable {
  /// Finds the table that a header line belongs to; `nil` when it is not a header.
  ///
  /// Only the words and the blanks around them distinguish headers, and some tables share them:
  /// - `udp6`, `udplite6`, `raw6` and `icmp6` have the same header; the answer is ``udp6``.
  /// - `udp` and `udplite` have the same header; the answer is ``udp``.
  /// - `udp` begins with three blanks and `raw` and `icmp` with two; `icmp` is padded at its end
  ///   and `raw` is not. In a copy whose trailing blanks were lost, `icmp` is taken for ``raw``.
  /// - Before Linux 2.6.27 `udp` and `raw` had the words of `tcp`. `udp` was padded to 127 bytes
  ///   and `tcp` to 149; in a copy whose trailing blanks were lost they are taken for ``tcp``, and
  ///   so is the old `raw`.
  ///
  /// Where the file's name is known, use that instead.
  ///
  /// In a copy in which runs of blanks became one, a header shows only whether the table is ``tcp``
  /// or ``tcp6``, or one of sockets with drops: the answer is then ``udp`` or ``udp6``.
  /// - Parameter header: the line, with or without its newline.
  package static func recognise(header: Span<UInt8>) -> ProcNetTable? { ProcNetHeader(header)?.table }
}
