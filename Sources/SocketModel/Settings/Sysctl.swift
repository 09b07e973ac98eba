/// A kernel setting that affects sockets, or a limit of the machine. The raw value is its path
/// below `/proc/sys`.
///
/// Those below `net` belong to a network namespace, except for the memory limits.
package enum Sysctl: String, CaseIterable, Sendable, Hashable {
  /// The most bytes that `SO_RCVBUF` may ask for.
  case receiveBufferLimit = "net/core/rmem_max"
  /// The longest accept queue that `listen(2)` may ask for.
  case acceptQueueLimit = "net/core/somaxconn"
  /// The most bytes that `SO_SNDBUF` may ask for.
  case sendBufferLimit = "net/core/wmem_max"
  /// The first and last port that the kernel chooses from.
  case ephemeralPorts = "net/ipv4/ip_local_port_range"
  /// Ports that the kernel does not choose: a list of numbers and ranges.
  case reservedPorts = "net/ipv4/ip_local_reserved_ports"
  /// The first port that everybody may bind to.
  case firstUnprivilegedPort = "net/ipv4/ip_unprivileged_port_start"
  /// Whether sockets may be bound to IPv4 addresses that are not the host's.
  case bindsForeignIPv4 = "net/ipv4/ip_nonlocal_bind"
  /// Whether a full accept queue resets connections rather than letting them try again.
  case abortsOnOverflow = "net/ipv4/tcp_abort_on_overflow"
  /// Seconds that an orphan stays in FIN_WAIT2.
  case finTimeout = "net/ipv4/tcp_fin_timeout"
  /// Seconds between two keepalive probes.
  case keepaliveInterval = "net/ipv4/tcp_keepalive_intvl"
  /// How many keepalive probes may go unanswered.
  case keepaliveProbes = "net/ipv4/tcp_keepalive_probes"
  /// Seconds without data before the first keepalive probe.
  case keepaliveTime = "net/ipv4/tcp_keepalive_time"
  /// How many orphans there may be.
  case orphanLimit = "net/ipv4/tcp_max_orphans"
  /// How many connections that are not established a listener may have.
  case synQueueLimit = "net/ipv4/tcp_max_syn_backlog"
  /// How many sockets may be in TIME_WAIT.
  case timeWaitLimit = "net/ipv4/tcp_max_tw_buckets"
  /// Pages of memory for all of TCP: low, pressure, high.
  case tcpMemory = "net/ipv4/tcp_mem"
  /// How many times an orphan retransmits.
  case orphanRetries = "net/ipv4/tcp_orphan_retries"
  /// How many times an established connection retransmits.
  case retries = "net/ipv4/tcp_retries2"
  /// Bytes of a TCP receive buffer: minimum, default, maximum.
  case tcpReceiveBuffer = "net/ipv4/tcp_rmem"
  /// How many times a SYN is retransmitted.
  case synRetries = "net/ipv4/tcp_syn_retries"
  /// How many times the answer to a SYN is retransmitted.
  case synAckRetries = "net/ipv4/tcp_synack_retries"
  /// Whether SYN cookies are sent: 0 never, 1 when the queue is full, 2 always.
  case synCookies = "net/ipv4/tcp_syncookies"
  /// Whether a port in TIME_WAIT may be used again for a new connection: 0, 1, or 2 over loopback
  /// only.
  case timeWaitReuse = "net/ipv4/tcp_tw_reuse"
  /// Bytes of a TCP send buffer: minimum, default, maximum.
  case tcpSendBuffer = "net/ipv4/tcp_wmem"
  /// Pages of memory for all of UDP: low, pressure, high.
  case udpMemory = "net/ipv4/udp_mem"
  /// Whether sockets that are bound to `::` take no IPv4.
  case bindsIPv6Only = "net/ipv6/bindv6only"
  /// Whether sockets may be bound to IPv6 addresses that are not the host's.
  case bindsForeignIPv6 = "net/ipv6/ip_nonlocal_bind"
  /// How many connections are tracked.
  case trackedConnections = "net/netfilter/nf_conntrack_count"
  /// How many connections may be tracked.
  case trackedConnectionLimit = "net/netfilter/nf_conntrack_max"
  /// How many datagrams a unix socket may have waiting.
  case unixQueueLimit = "net/unix/max_dgram_qlen"
  /// How many files the machine may have open.
  case openFileLimit = "fs/file-max"
  /// How many files the machine has open, how many of these are unused, and the limit.
  case openFiles = "fs/file-nr"
  /// The most descriptors that the limit of a process may allow.
  case descriptorLimit = "fs/nr_open"
  /// What users without `CAP_PERFMON` may not do: the higher, the less is allowed.
  case perfEventParanoid = "kernel/perf_event_paranoid"

  /// The name that sysctl(8) gives it, such as `net.core.somaxconn`.
  package var name: String { String(rawValue.map { $0 == "/" ? "." : $0 }) }

  /// Whether it belongs to the network namespace of the process that reads it.
  package var isOfNamespace: Bool { rawValue.utf8.starts(with: "net/".utf8) }
}
