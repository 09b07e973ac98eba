extension Field {
  /// Whether the tables of `/proc/net` show the field for a transport's sockets, as sock_diag does.
  /// Also true of a field that has no value for these sockets anyway.
  public func isInTables(of transport: Transport) -> Bool {
    switch self {
    case .cookie, .receiveAllocated, .receiveLimit, .sendAllocated, .sendLimit, .forwardAllocated, .sendQueued,
      .optionMemory, .backlogMemory:
      false
    case .interface, .ipv6Only, .mark, .cgroup, .typeOfService, .trafficClass: !transport.isInternet
    case .shutdown: !transport.isInternet && transport != .unix
    case .acceptLimit, .congestion, .tcp: !transport.hasTCPStates
    case .drops: !transport.hasTCPStates && transport != .packet
    case .sendQueue: transport != .packet
    case .socketType: transport != .netlink
    case .peerInode: transport != .unix
    // The first 32 of them only.
    case .groups: transport != .netlink
    default: true
    }
  }
}
