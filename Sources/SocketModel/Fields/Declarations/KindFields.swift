extension Field {
  /// What a socket is, and when and where it was seen.
  static let kindFields: [FieldDeclaration] = [
    FieldDeclaration(
      .transport, "transport", "PROTO", .word, aliases: ["proto", "protocol", "netid"], changesUnseen: false,
      priority: 33, cut: .never, json: JSONPlace("transport", 10),
      .word(.transports) { $0.transport.rawValue },
      "protocol: tcp, udp, unix ..."),
    FieldDeclaration(
      .family, "family", "FAMILY", .word, aliases: ["type"], changesUnseen: false, json: JSONPlace("type", 20),
      .word(.families) { $0.family.rawValue },
      "address family: ipv4, ipv6, unix, packet, netlink, vsock, xdp, tipc, other"),
    FieldDeclaration(
      .socketType, "socket_type", "TYPE", .word, notInTables: .netlink, changesUnseen: false, priority: 30,
      json: JSONPlace("socket_type", 260),
      .word(.socketTypes) { $0.known.contains(.socketType) ? $0.socketType.rawValue : nil },
      "stream, dgram, raw, seqpacket ..."),
    FieldDeclaration(
      .ipProtocol, "ip_protocol", "IPPROTO", .number, transports: .withProtocols, impliesTransports: true,
      json: JSONPlace("ip_protocol", 270),
      .number { TransportSet.withProtocols.contains($0.transport) ? UInt64($0.localPort) : nil },
      "protocol number of a raw, packet (ethertype) or netlink socket"),
    FieldDeclaration(
      .kernelProtocol, "kernel_protocol", "PROTOCOL", .text, transports: .other, impliesTransports: true,
      changesUnseen: false, includedIn: .local, json: JSONPlace("kernel_protocol", 275),
      .detail { $0.protocolName.map { .bytes(Array($0.utf8)) } ?? .absent },
      "the kernel's name of a protocol that is not among the transports"),
    FieldDeclaration(
      .state, "state", "STATE", .state, aliases: ["st"], changesUnseen: false, priority: 101, cut: .never,
      json: JSONPlace("state", 60),
      .word(.states) { $0.state.rawValue },
      "state, as the kernel names it, in lower case"),
    FieldDeclaration(
      .netns, "netns", "NETNS", .number, requiredDetails: .namespaceNames, changesUnseen: false,
      json: JSONPlace("netns", 30), numberWords: .namespaces,
      .number { $0.reported($0.netns, .netns) },
      "network namespace: its name, or its inode number"),
    FieldDeclaration(
      .time, "time", "TIME", .text,
      .scan { $0.time.map { .word($0.rfc3339) } ?? .absent },
      "when the sockets were read, as RFC 3339 writes it"),
    FieldDeclaration(
      .hostName, "hostname", "HOST", .text, aliases: ["host"],
      .scan { $0.hostName.map { .bytes(Array($0.utf8)) } ?? .absent },
      "name of the machine that the sockets are of"),
  ]
}

extension SocketRecord {
  /// A number of the record; `nil` where the source did not report it.
  func reported(_ number: UInt32, _ known: Known) -> UInt64? { self.known.contains(known) ? UInt64(number) : nil }
}
