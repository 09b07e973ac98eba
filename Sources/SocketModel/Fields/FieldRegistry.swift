/// What there is to know of a field without looking at a socket.
public struct FieldDescription: Sendable, Hashable {
  /// The name in queries, `--columns`, CSV headers: lower case with `_`, its unit last where there is one.
  public let name: String
  /// Other spellings that are understood: those of `ss`, `netstat` and `lsof`.
  public let aliases: [String]
  /// The heading of the column in a table.
  public let title: String
  /// What kind of values it has.
  public let type: FieldType
  /// The unit of a number: `bytes`, `us`, `ms`, `segments` ...; `nil` for plain numbers and everything else.
  public let unit: String?
  /// One line that says what it is.
  public let summary: String
  /// What must be collected before it has a value.
  public let demand: Demand

  /// Makes the description of a field.
  public init(
    _ name: String, _ title: String, _ type: FieldType, unit: String? = nil, aliases: [String] = [],
    demand: Demand = [], _ summary: String
  ) {
    self.name = name
    self.title = title
    self.type = type
    self.unit = unit
    self.aliases = aliases
    self.demand = demand
    self.summary = summary
  }
}

extension Field {
  /// Every field, in the order in which lists of them are shown.
  public static let all: [Field] =
    [
      .transport, .family, .socketType, .ipProtocol, .state, .netns, .time, .hostName, .local, .localAddress,
      .localPort, .peer,
      .peerAddress, .peerPort, .interface, .ipv6Only, .portID, .peerPortID, .echoID, .groups, .receiveQueue, .sendQueue,
      .acceptQueue, .acceptLimit, .drops,
      .timer, .timerExpires, .retransmits, .probes, .uid, .user, .inode, .cookie, .mark, .cgroup, .shutdown, .owners,
      .pid, .descriptor, .process, .executable, .processUser, .processStart, .attribution, .path, .peerInode,
      .receiveAllocated, .receiveLimit, .sendAllocated, .sendLimit, .forwardAllocated, .sendQueued, .optionMemory,
      .backlogMemory, .congestion, .typeOfService, .trafficClass,
    ] + TCPMetric.allCases.map { .tcp($0) }

  /// Finds a field by its name or one of its aliases; case does not matter, and `-` counts as `_`.
  public init?(name: String) {
    let folded = name.lowercased().split(separator: "-", omittingEmptySubsequences: false).joined(separator: "_")
    guard let field = Field.byName[folded] else { return nil }
    self = field
  }

  private static let byName: [String: Field] = {
    var table: [String: Field] = [:]
    for field in all {
      for name in [field.description.name] + field.description.aliases { table[name] = field }
    }
    return table
  }()

  /// Whether the field has one value for each owner of a socket rather than one for the socket.
  public var isPerOwner: Bool {
    switch self {
    case .owners, .pid, .descriptor, .process, .executable, .processUser, .processStart: true
    default: false
    }
  }

  /// What there is to know of the field.
  public var description: FieldDescription {
    switch self {
    case .transport:
      .init("transport", "PROTO", .word, aliases: ["proto", "protocol", "netid"], "protocol: tcp, udp, unix ...")
    case .family:
      .init("family", "FAMILY", .word, aliases: ["type"], "address family: ipv4, ipv6, unix, packet, netlink")
    case .socketType: .init("socket_type", "TYPE", .word, "stream, dgram, raw, seqpacket ...")
    case .ipProtocol:
      .init("ip_protocol", "IPPROTO", .number, "protocol number of a raw, packet (ethertype) or netlink socket")
    case .state: .init("state", "STATE", .state, aliases: ["st"], "state, as the kernel names it, in lower case")
    case .netns: .init("netns", "NETNS", .number, "inode number of the network namespace")
    case .time: .init("time", "TIME", .text, "when the sockets were read, as RFC 3339 writes it")
    case .hostName: .init("hostname", "HOST", .text, aliases: ["host"], "name of the machine that the sockets are of")
    case .local: .init("local", "LOCAL", .endpoint, aliases: ["src", "laddr"], "local address and port, or unix path")
    case .localAddress: .init("local_address", "LOCAL ADDRESS", .address, aliases: ["saddr"], "local address")
    case .localPort: .init("local_port", "LPORT", .port, aliases: ["sport", "lport"], "local port")
    case .peer:
      .init(
        "peer", "PEER", .endpoint, aliases: ["dst", "remote", "raddr"], "remote address and port; - when there is none")
    case .peerAddress:
      .init("peer_address", "PEER ADDRESS", .address, aliases: ["daddr", "remote_address"], "remote address")
    case .peerPort: .init("peer_port", "PPORT", .port, aliases: ["dport", "rport", "remote_port"], "remote port")
    case .interface:
      .init("interface", "IFACE", .text, aliases: ["dev"], demand: .interfaceNames, "interface the socket is bound to")
    case .ipv6Only: .init("ipv6_only", "V6ONLY", .flag, "whether an IPv6 socket refuses IPv4 (sock_diag only)")
    case .portID: .init("port_id", "PORTID", .number, "port id of a netlink socket; 0 for the kernel's own")
    case .peerPortID: .init("peer_port_id", "PEER PORTID", .number, "port id that a netlink socket is connected to")
    case .echoID:
      .init("echo_id", "ECHOID", .number, "echo identifier of an ICMP socket, in the place of a port")
    case .groups:
      .init(
        "groups", "GROUPS", .text, demand: .attributes,
        "multicast groups that a netlink socket has joined: 1,5-8 (sock_diag only)")
    case .receiveQueue:
      .init(
        "recv_queue", "RECV-Q", .number, unit: "bytes", aliases: ["recvq", "recv_q", "rq"],
        "bytes not read yet; for a listener, connections not accepted yet")
    case .sendQueue:
      .init(
        "send_queue", "SEND-Q", .number, unit: "bytes", aliases: ["sendq", "send_q", "sq"],
        "bytes not acknowledged yet; for a listener, the limit of the accept queue")
    case .acceptQueue:
      .init("accept_queue", "ACCEPTQ", .number, "connections waiting to be accepted, of a TCP or unix listener")
    case .acceptLimit: .init("accept_limit", "BACKLOG", .number, aliases: ["backlog"], "limit of the accept queue")
    case .drops:
      .init(
        "drops", "DROPS", .number, demand: .drops, "datagrams, or connections of a listener, that were dropped")
    case .timer:
      .init("timer", "TIMER", .word, "timer that is running: retransmit, keepalive, timewait, probe, delack, off")
    case .timerExpires: .init("timer_expires_ms", "EXPIRES", .number, unit: "ms", "time until the timer fires")
    case .retransmits: .init("retransmits", "RETRANS", .number, "retransmissions in a row, unanswered")
    case .probes: .init("probes", "PROBES", .number, "keepalive or window probes in a row, unanswered")
    case .uid: .init("uid", "UID", .number, "user id of the socket")
    case .user: .init("user", "USER", .user, demand: .userNames, "user of the socket")
    case .inode:
      .init("inode", "INODE", .number, aliases: ["ino", "device"], "inode of the socket; 0 for one without a file")
    case .cookie:
      .init("cookie", "COOKIE", .text, aliases: ["sk"], "the kernel's identity of the socket (sock_diag only)")
    case .mark:
      .init(
        "mark", "MARK", .number, aliases: ["fwmark"], demand: [.attributes, .marks], "SO_MARK; needs CAP_NET_ADMIN")
    case .cgroup:
      .init(
        "cgroup", "CGROUP", .text, demand: [.attributes, .cgroupPaths], "control group that the socket was made in")
    case .shutdown: .init("shutdown", "SHUTDOWN", .word, "directions that were shut down: r, w or rw")
    case .owners: .init("owners", "OWNERS", .text, demand: .owners, "every owner: process, pid and descriptor")
    case .pid: .init("pid", "PID", .number, demand: .owners, "process id of an owner")
    case .descriptor:
      .init("fd", "FD", .number, aliases: ["descriptor"], demand: .owners, "descriptor number in the owner")
    case .process:
      .init(
        "process", "PROCESS", .text, aliases: ["comm", "command", "name", "proc"], demand: .owners,
        "name of the owning process"
      )
    case .executable:
      .init(
        "executable", "EXECUTABLE", .text, aliases: ["exe"], demand: [.owners, .executables],
        "program file of the owner")
    case .processUser:
      .init(
        "process_user", "PUSER", .user, demand: [.owners, .processUsers, .userNames], "user that the owner runs as")
    case .processStart:
      .init(
        "process_start", "STARTED", .number, unit: "s", demand: [.owners, .startTimes],
        "when the owner started; in JSON and CSV seconds since 1970")
    case .attribution: .init("attribution", "FOUND BY", .word, demand: .owners, "how the owners were found: fd")
    case .path: .init("path", "PATH", .text, "name of a unix socket; @ begins an abstract one")
    case .peerInode: .init("peer_inode", "PEER INODE", .number, "inode of the unix socket at the other end")
    case .receiveAllocated:
      .init("rmem_alloc", "RMEM", .number, unit: "bytes", demand: .memory, "memory that received data holds")
    case .receiveLimit:
      .init("rcvbuf", "RCVBUF", .number, unit: "bytes", demand: .memory, "limit of the receive buffer")
    case .sendAllocated:
      .init("wmem_alloc", "WMEM", .number, unit: "bytes", demand: .memory, "memory given to the network")
    case .sendLimit: .init("sndbuf", "SNDBUF", .number, unit: "bytes", demand: .memory, "limit of the send buffer")
    case .forwardAllocated:
      .init("fwd_alloc", "FWD", .number, unit: "bytes", demand: .memory, "memory set aside and not used yet")
    case .sendQueued:
      .init("wmem_queued", "WQUEUED", .number, unit: "bytes", demand: .memory, "memory of queued data to send")
    case .optionMemory: .init("optmem", "OPTMEM", .number, unit: "bytes", demand: .memory, "memory of socket options")
    case .backlogMemory:
      .init("backlog_mem", "BACKLOGM", .number, unit: "bytes", demand: .memory, "memory of packets not processed yet")
    case .congestion:
      .init("congestion", "CC", .text, aliases: ["cong"], demand: .congestion, "congestion control algorithm")
    case .typeOfService: .init("tos", "TOS", .number, demand: .attributes, "IPv4 type of service byte")
    case .trafficClass: .init("tclass", "TCLASS", .number, demand: .attributes, "IPv6 traffic class byte")
    case .tcp(let metric): metric.description
    }
  }
}

extension TCPMetric {
  /// What there is to know of the figure as a field.
  public var description: FieldDescription {
    func field(_ name: String, _ title: String, _ unit: String?, _ summary: String) -> FieldDescription {
      .init(name, title, .number, unit: unit, demand: .tcpInfo, summary)
    }
    return switch self {
    case .congestionState:
      field("ca_state", "CASTATE", nil, "congestion state: open, disorder, cwr, recovery, loss; in JSON 0 to 4")
    case .backoff: field("backoff", "BACKOFF", nil, "how often the retransmission timeout was doubled")
    case .options:
      field(
        "tcp_options", "OPTIONS", nil,
        "negotiated: ts, sack, ecn ...; a query means all it names; in JSON bits of tcpi_options")
    case .sendWindowScale: field("snd_wscale", "SNDWSC", "bits", "window scale of the peer")
    case .receiveWindowScale: field("rcv_wscale", "RCVWSC", "bits", "window scale of this end")
    case .deliveryRateAppLimited:
      field("delivery_rate_app_limited", "APPLIM", nil, "1 when the application sent less than it could have")
    case .fastOpenFailure: field("fastopen_client_fail", "TFOFAIL", nil, "why Fast Open failed, 0 for not at all")
    case .rto: field("rto_us", "RTO", "us", "retransmission timeout")
    case .ato: field("ato_us", "ATO", "us", "delayed acknowledgement timeout")
    case .sendMSS: field("snd_mss", "MSS", "bytes", "segment size for sending")
    case .receiveMSS: field("rcv_mss", "RCVMSS", "bytes", "segment size seen in receiving")
    case .unacked: field("unacked", "UNACKED", "segments", "segments in flight; for a listener, its accept queue")
    case .sacked: field("sacked", "SACKED", "segments", "segments acknowledged out of order")
    case .lost: field("lost", "LOST", "segments", "segments taken for lost")
    case .retransmitting: field("retrans", "RETR", "segments", "segments retransmitted and not acknowledged yet")
    case .lastDataSent: field("last_data_sent_ms", "LASTSND", "ms", "time since data was last sent")
    case .lastDataReceived: field("last_data_recv_ms", "LASTRCV", "ms", "time since data was last received")
    case .lastAckReceived: field("last_ack_recv_ms", "LASTACK", "ms", "time since the last acknowledgement")
    case .pathMTU: field("pmtu", "PMTU", "bytes", "path MTU")
    case .receiveSlowStartThreshold:
      field("rcv_ssthresh", "RCVSSTH", "bytes", "slow start threshold of the receive window")
    case .rtt: field("rtt_us", "RTT", "us", "smoothed round trip time")
    case .rttVariance: field("rttvar_us", "RTTVAR", "us", "variation of the round trip time")
    case .sendSlowStartThreshold: field("snd_ssthresh", "SSTHRESH", "segments", "slow start threshold")
    case .congestionWindow: field("snd_cwnd", "CWND", "segments", "congestion window")
    case .advertisedMSS: field("advmss", "ADVMSS", "bytes", "segment size advertised to the peer")
    case .reordering: field("reordering", "REORD", "segments", "how much reordering is tolerated")
    case .receiveRTT: field("rcv_rtt_us", "RCVRTT", "us", "round trip time as the receiver sees it")
    case .receiveSpace: field("rcv_space", "RCVSPACE", "bytes", "receive window that the application keeps up with")
    case .totalRetransmits: field("total_retrans", "TOTRETR", "segments", "segments retransmitted in the socket's life")
    case .pacingRate: field("pacing_rate", "PACING", "bytes/s", "rate at which data is paced")
    case .maxPacingRate: field("max_pacing_rate", "MAXPACING", "bytes/s", "limit of the pacing rate")
    case .bytesAcked: field("bytes_acked", "ACKED", "bytes", "bytes sent and acknowledged")
    case .bytesReceived: field("bytes_received", "RECEIVED", "bytes", "bytes received")
    case .segmentsOut: field("segs_out", "SEGSOUT", "segments", "segments sent")
    case .segmentsIn: field("segs_in", "SEGSIN", "segments", "segments received")
    case .notSentBytes: field("notsent", "NOTSENT", "bytes", "bytes queued and never sent yet")
    case .minRTT: field("min_rtt_us", "MINRTT", "us", "smallest round trip time")
    case .dataSegmentsIn: field("data_segs_in", "DSEGSIN", "segments", "segments received with data")
    case .dataSegmentsOut: field("data_segs_out", "DSEGSOUT", "segments", "segments sent with data")
    case .deliveryRate: field("delivery_rate", "DELIVERY", "bytes/s", "rate at which data was delivered last")
    case .busyTime: field("busy_us", "BUSY", "us", "time with data in flight or to send")
    case .receiveWindowLimited: field("rwnd_limited_us", "RWNDLIM", "us", "time held up by the peer's window")
    case .sendBufferLimited: field("sndbuf_limited_us", "SNDLIM", "us", "time held up by the send buffer")
    case .delivered: field("delivered", "DELIVERED", "segments", "segments delivered")
    case .deliveredCE: field("delivered_ce", "DELIVCE", "segments", "segments delivered with a congestion mark")
    case .bytesSent: field("bytes_sent", "SENT", "bytes", "bytes sent, retransmissions included")
    case .bytesRetransmitted: field("bytes_retrans", "RETRBYTES", "bytes", "bytes retransmitted")
    case .dsackDuplicates: field("dsack_dups", "DSACKS", "segments", "duplicates that the peer reported")
    case .reorderingSeen: field("reord_seen", "REORDSEEN", nil, "reordering events seen")
    case .receiveOutOfOrder: field("rcv_ooopack", "OOO", "segments", "segments received out of order")
    case .sendWindow: field("snd_wnd", "SNDWND", "bytes", "window that the peer advertises")
    case .receiveWindow: field("rcv_wnd", "RCVWND", "bytes", "window advertised to the peer")
    case .rehash: field("rehash", "REHASH", nil, "how often the flow was rehashed to another path")
    case .totalRTO: field("total_rto", "TOTRTO", nil, "retransmission timeouts in the socket's life")
    case .totalRTORecoveries: field("total_rto_recoveries", "RTOREC", nil, "recoveries from retransmission timeouts")
    case .totalRTOTime: field("total_rto_time_ms", "RTOTIME", "ms", "time spent in retransmission timeouts")
    }
  }
}
