extension Field {
  /// The two ends of a socket, and what some transports have instead of ports.
  static let endFields: [FieldDeclaration] = [
    FieldDeclaration(
      .local, "local", "LOCAL", .endpoint, aliases: ["src", "laddr"], changesUnseen: false, priority: 100, cut: .end,
      json: JSONPlace("local", 40),
      .endpoint(.local),
      "local address and port, or unix path"),
    FieldDeclaration(
      .localAddress, "local_address", "LOCAL ADDRESS", .address, aliases: ["saddr"], transports: .internet,
      changesUnseen: false, priority: 90, includedIn: .local, json: JSONPlace("local.address", 40),
      .address(.local),
      "local address"),
    // The other numbers that replace a port can be queried as one field.
    FieldDeclaration(
      .localPort, "local_port", "LPORT", .port, aliases: ["sport", "lport"], transports: .all.subtracting(.unix),
      changesUnseen: false, priority: 90, includedIn: .local, json: JSONPlace("local.port", 40),
      .port(.local),
      "local port"),
    FieldDeclaration(
      .peer, "peer", "PEER", .endpoint, aliases: ["dst", "remote", "raddr"], changesUnseen: false, priority: 96,
      cut: .end, json: JSONPlace("peer", 50),
      .endpoint(.peer),
      "remote address and port; - when there is none"),
    FieldDeclaration(
      .peerAddress, "peer_address", "PEER ADDRESS", .address, aliases: ["daddr", "remote_address"],
      transports: .internet, changesUnseen: false, priority: 96, includedIn: .peer,
      json: JSONPlace("peer.address", 50),
      .address(.peer),
      "remote address"),
    FieldDeclaration(
      .peerPort, "peer_port", "PPORT", .port, aliases: ["dport", "rport", "remote_port"],
      transports: .withPorts.union([.vsock, .tipc]),
      changesUnseen: false, priority: 96, includedIn: .peer, json: JSONPlace("peer.port", 50),
      .port(.peer),
      "remote port"),
    FieldDeclaration(
      .interface, "interface", "IFACE", .text, aliases: ["dev"], requiredDetails: .interfaceNames,
      notInTables: .internet,
      changesUnseen: false, json: JSONPlace("interface", 340),
      .named(.interfaces) { $0.known.contains(.interface) ? $0.interface : nil },
      "interface the socket is bound to"),
    FieldDeclaration(
      .ipv6Only, "ipv6_only", "V6ONLY", .flag, notInTables: .internet, changesUnseen: false,
      json: JSONPlace("ipv6_only", 350),
      .flag { $0.known.contains(.ipv6Only) ? $0.flags.contains(.ipv6Only) : nil },
      "whether an IPv6 socket refuses IPv4 (sock_diag only)"),
    FieldDeclaration(
      .portID, "port_id", "PORTID", .number, transports: .netlink, impliesTransports: true,
      json: JSONPlace("port_id", 290),
      .number { $0.transport == .netlink ? UInt64($0.portID) : nil },
      "port id of a netlink socket; 0 for the kernel's own"),
    FieldDeclaration(
      .peerPortID, "peer_port_id", "PEER PORTID", .number, transports: .netlink, impliesTransports: true,
      json: JSONPlace("peer_port_id", 300),
      .number { $0.transport == .netlink && $0.hasPeer ? UInt64(truncatingIfNeeded: $0.remoteBits) : nil },
      "port id that a netlink socket is connected to"),
    FieldDeclaration(
      .echoID, "echo_id", "ECHOID", .number, transports: .icmp, impliesTransports: true,
      json: JSONPlace("echo_id", 280),
      .number { $0.transport == .icmp ? UInt64($0.localPort) : nil },
      "echo identifier of an ICMP socket, in the place of a port"),
    FieldDeclaration(
      .contextID, "cid", "CID", .number, transports: .vsock, impliesTransports: true, json: JSONPlace("cid", 312),
      .number { $0.transport == .vsock ? $0.numberedLocal.flatMap { $0.host.unlessAny } : nil },
      "context identifier of the local end of a vsock socket: 2 is the host"),
    FieldDeclaration(
      .peerContextID, "peer_cid", "PEER CID", .number, transports: .vsock, impliesTransports: true,
      json: JSONPlace("peer_cid", 314),
      .number { $0.transport == .vsock ? $0.numberedPeer.flatMap { $0.host.unlessAny } : nil },
      "context identifier of the remote end of a vsock socket"),
    FieldDeclaration(
      .interfaceQueue, "queue", "QUEUE", .number, transports: .xdp, impliesTransports: true,
      json: JSONPlace("queue", 316),
      .number { $0.interfaceQueue.map { UInt64($0) } },
      "queue of the interface that an xdp socket is bound to"),
    // The tables list only the first 32 groups.
    FieldDeclaration(
      .groups, "groups", "GROUPS", .text, requiredDetails: .attributes, transports: .netlink, impliesTransports: true,
      notInTables: .netlink, json: JSONPlace("groups", 310),
      .detail { detail in
        guard let groups = detail.netlinkGroups, !groups.isEmpty else { return .absent }
        return .word(NetlinkGroups.text(groups))
      },
      "multicast groups that a netlink socket has joined: 1,5-8 (sock_diag only)"),
  ]
}

extension UInt32 {
  /// The number as a value, unless it stands for "any".
  fileprivate var unlessAny: UInt64? { self == NumberedEnd.any ? nil : UInt64(self) }
}
