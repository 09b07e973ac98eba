import Rendering
internal import Text

/// The names in `lsof` for numbers of the kernel.
enum LsofProtocols {
  /// The protocols of packet sockets (`include/uapi/linux/if_ether.h`), by ethertype; a number for
  /// others. At most 7 characters, as that is the column's width.
  static func packet(_ number: UInt16) -> String { packets[number] ?? String("\(number)".prefix(7)) }

  private static let packets: [UInt16: String] = [
    0x0060: "LOOP", 0x0200: "PUP", 0x0201: "PUPAT", 0x0800: "IP", 0x0805: "X25", 0x0806: "ARP", 0x08FF: "BPQ",
    0x0A00: "I3EPUP", 0x0A01: "I3EPUPA", 0x6000: "DEC", 0x6001: "DNA_DL", 0x6002: "DNA_RC", 0x6003: "DNA_RT",
    0x6004: "LAT", 0x6005: "DIAG", 0x6006: "CUST", 0x6007: "SCA", 0x8035: "RARP", 0x809B: "ATALK", 0x80F3: "AARP",
    0x8100: "8021Q", 0x8137: "IPX", 0x86DD: "IPV6", 0x8809: "SLOW", 0x883E: "WCCP", 0x8863: "PPP_DIS",
    0x8864: "PPP_SES", 0x8847: "MPLS_UC", 0x884C: "ATMMPOA", 0x8848: "MPLS_MC", 0x8884: "ATMFATE", 0x88A2: "AOE",
    0x88CA: "TIPC", 0x0001: "802.3", 0x0002: "AX25", 0x0003: "ALL", 0x0004: "802.2", 0x0005: "SNAP", 0x0006: "DDCMP",
    0x0007: "WAN_PPP", 0x0008: "PPP MP", 0x0009: "LCLTALK", 0x0010: "PPPTALK", 0x0011: "802.2", 0x0015: "MOBITEX",
    0x0016: "CONTROL", 0x0017: "IRDA", 0x0018: "ECONET", 0x0019: "HDLC", 0x001A: "ARCNET",
  ]

  /// The protocols of netlink sockets (`include/uapi/linux/netlink.h`).
  static func netlink(_ number: UInt16) -> String { netlinks[number] ?? "unknown protocol: \(number)" }

  private static let netlinks: [UInt16: String] = [
    0: "ROUTE", 1: "UNUSED", 2: "USERSOCK", 3: "FIREWALL", 4: "INET_DIAG", 5: "NFLOG", 6: "XFRM", 7: "SELINUX",
    8: "ISCSI", 9: "AUDIT", 10: "FIB_LOOKUP", 11: "CONNECTOR", 12: "NETFILTER", 13: "IP6_FW", 14: "DNRTMSG",
    15: "KOBJECT_UEVENT", 16: "GENERIC", 18: "SCSITRANSPORT", 19: "ECRYPTFS", 20: "RDMA", 21: "CRYPTO", 22: "SMC",
  ]

  /// Appends the names of a descriptor's flags (`include/uapi/asm-generic/fcntl.h`), and the
  /// remaining flags in hexadecimal.
  static func appendFlagNames(_ flags: UInt32, to output: inout [UInt8]) {
    var rest = flags
    var isFirst = true
    for (bits, name) in flagNames where rest & bits != 0 {
      if !isFirst { output.append(ASCII.comma) }
      output.append(ascii: name)
      isFirst = false
      rest &= ~bits
    }
    guard rest != 0 else { return }
    output.append(ascii: isFirst ? "0x" : ",0x")
    output.appendHexadecimal(UInt64(rest))
  }

  /// The order is lsof's and matters: a flag with several bits removes those that it shares with
  /// later ones.
  private static let flagNames: [(bits: UInt32, name: String)] = [
    (0o1, "W"), (0o2, "RW"), (0o100, "CR"), (0o200, "EXCL"), (0o400, "NTTY"), (0o1000, "TR"), (0o2000, "AP"),
    (0o4000, "ND"), (0o4_010_000, "SYN"), (0o20000, "ASYN"), (0o40000, "DIR"), (0o200_000, "DTY"), (0o400_000, "NFLK"),
    (0o1_000_000, "NATM"), (0o100_000, "LG"), (0o2_000_000, "CX"), (0o10_000_000, "PATH"), (0o20_000_000, "TMPF"),
  ]
}
