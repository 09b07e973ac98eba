extension Field {
  /// What identifies and labels a socket.
  static let identityFields: [FieldDeclaration] = [
    FieldDeclaration(
      .uid, "uid", "UID", .number, changesUnseen: false, priority: 40, json: JSONPlace("uid", 90),
      .number { $0.reported($0.uid, .uid) },
      "user id of the socket"),
    FieldDeclaration(
      .user, "user", "USER", .user, requiredDetails: .userNames, changesUnseen: false, priority: 40,
      json: JSONPlace("user", 100),
      .named(.users) { $0.known.contains(.uid) ? $0.uid : nil },
      "user of the socket"),
    FieldDeclaration(
      .inode, "inode", "INODE", .number, aliases: ["ino", "device"], changesUnseen: false,
      json: JSONPlace("inode", 110),
      .identifier { $0.known.contains(.inode) ? $0.inode : nil },
      "inode of the socket; 0 for one without a file"),
    FieldDeclaration(
      .cookie, "cookie", "COOKIE", .text, aliases: ["sk"], notInTables: .all, changesUnseen: false,
      json: JSONPlace("cookie", 120), textForm: .hexadecimal,
      .hexadecimal { $0.known.contains(.cookie) ? $0.cookie : nil },
      "the kernel's identity of the socket (sock_diag only)"),
    FieldDeclaration(
      .mark, "mark", "MARK", .number, aliases: ["fwmark"], requiredDetails: [.attributes, .marks],
      notInTables: .internet,
      json: JSONPlace("mark", 230),
      .detailNumber { $0.mark.map { UInt64($0) } },
      "SO_MARK; needs CAP_NET_ADMIN"),
    FieldDeclaration(
      .cgroup, "cgroup", "CGROUP", .text, requiredDetails: .cgroupPaths, notInTables: .internet,
      cut: .path(least: 30), json: JSONPlace("cgroup", 200), textForm: .cgroupPath,
      .cgroup,
      "control group that the socket was made in"),
    FieldDeclaration(
      .shutdown, "shutdown", "SHUTDOWN", .word, notInTables: .internet.union(.unix), json: JSONPlace("shutdown", 360),
      .word(.directions) { $0.known.contains(.shutdown) ? $0.closedDirections : nil },
      "directions that were shut down: r, w or rw"),
  ]

  /// What only unix sockets have.
  static let unixFields: [FieldDeclaration] = [
    FieldDeclaration(
      .path, "path", "PATH", .text, transports: .unix, impliesTransports: true, changesUnseen: false, priority: 90,
      cut: .path(least: 30), includedIn: .local, json: JSONPlace("path", 320),
      .unixName,
      "name of a unix socket; @ begins an abstract one"),
    FieldDeclaration(
      .peerInode, "peer_inode", "PEER INODE", .number, transports: .unix, impliesTransports: true, notInTables: .unix,
      json: JSONPlace("peer_inode", 330),
      .identifier { $0.peerInode.flatMap { $0 == 0 ? nil : $0 } },
      "inode of the unix socket at the other end"),
  ]

  /// Multipath TCP: what joins a connection and its subflows.
  static let multipathFields: [FieldDeclaration] = [
    FieldDeclaration(
      .mptcpToken, "mptcp_token", "MPTCP TOKEN", .text, aliases: ["token"], requiredDetails: .tcpInfo,
      transports: [.tcp, .mptcp], notInTables: .withTCPStates, json: JSONPlace("mptcp.token", 215),
      textForm: .hexadecimal,
      .detail { $0.mptcp?.token.map { .hexadecimal(UInt64($0)) } ?? .absent },
      "token of an MPTCP connection; the TCP sockets that carry it have the same"),
    FieldDeclaration(
      .subflows, "subflows", "SUBFLOWS", .number, requiredDetails: .tcpInfo, transports: .mptcp,
      notInTables: .withTCPStates, json: JSONPlace("mptcp.subflows", 215),
      .detailNumber { $0.mptcp?.subflows.map { UInt64($0) } },
      "how many TCP connections carry an MPTCP connection (since Linux 6.5)"),
    FieldDeclaration(
      .fallback, "fallback", "FALLBACK", .flag, aliases: ["mptcp_fallback"], requiredDetails: .tcpInfo,
      transports: [.tcp, .mptcp, .smc], notInTables: .withTCPStates, json: JSONPlace("fallback", 216),
      .flag { $0.flags.contains(.fallbackIsKnown) ? $0.flags.contains(.isFallback) : nil },
      "whether an MPTCP or SMC connection goes on as plain TCP"),
    FieldDeclaration(
      .mptcpFlags, "mptcp_flags", "MPTCP FLAGS", .text, requiredDetails: .tcpInfo, transports: .tcp,
      notInTables: .withTCPStates, json: JSONPlace("mptcp.flags", 215),
      .detail { $0.mptcp?.flagLetters.map { .word($0) } ?? .absent },
      "flags of an MPTCP subflow in the letters of ss: M m capable, J j joined, B b backup"),
  ]

  /// Options of TCP and IP; the figures of `tcp_info` follow them, see ``TCPMetric/description``.
  static let optionFields: [FieldDeclaration] = [
    FieldDeclaration(
      .congestion, "congestion", "CC", .text, aliases: ["cong"], requiredDetails: .congestion,
      notInTables: .withTCPStates,
      json: JSONPlace("congestion", 210),
      .detail { $0.congestion.map { .bytes(Array($0.utf8)) } ?? .absent },
      "congestion control algorithm"),
    FieldDeclaration(
      .typeOfService, "tos", "TOS", .number, requiredDetails: .attributes, notInTables: .internet,
      json: JSONPlace("tos", 240),
      .detailNumber { $0.typeOfService.map { UInt64($0) } },
      "IPv4 type of service byte"),
    FieldDeclaration(
      .trafficClass, "tclass", "TCLASS", .number, requiredDetails: .attributes, notInTables: .internet,
      json: JSONPlace("tclass", 250),
      .detailNumber { $0.trafficClass.map { UInt64($0) } },
      "IPv6 traffic class byte"),
  ]
}

extension SocketRecord {
  /// The directions that were shut down, as bits of ``Flags``; `nil` for none.
  fileprivate var closedDirections: UInt8? {
    let directions = flags.intersection([.receiveShutdown, .sendShutdown])
    return directions.isEmpty ? nil : directions.rawValue
  }
}
