package import SocketModel

/// Something that a check found: numbers without any wording.
package struct Finding: Sendable, Equatable {
  /// What was found; each kind belongs to one check.
  package enum Kind: String, CaseIterable, Sendable, Hashable {
    case acceptQueueFull, acceptWait, listenDrops, backlog, synQueue, synDrops
    case closeWaitLeak, closeWaitAtOnce, resetSockets, orphans, finWaitHeld, abortedOnMemory
    case timeWait, timeWaitOverflow, connectPorts, bindPorts, udpPorts, serverPort, serverPortUnknown
    case descriptors, files, udpDrops, udpQueue, zeroWindow, sendBuffer
    case retransmits, segmentsRetransmitted, peerSilent, unanswered, unread
    case tcpMemory, udpMemory, memoryPressure, conntrackFull, conntrackDrops
    case exposedControl, exposedDatabase, inherited, noOwner, sharedUDP, keepalive
  }

  /// What it is about.
  package enum Subject: Sendable, Hashable {
    /// A socket, by its row.
    case socket(row: Int)
    /// A process.
    case process(SocketHolder.Process)
    /// The sockets whose process may not be seen.
    case unseenProcess
    /// All connections to an address, or to one port of it.
    case peer(IPAddress, port: UInt16?)
    /// The local ports of an address, unspecified for all, for connections to an end or for any use.
    case ports(Transport, local: IPAddress, to: Endpoint?)
    /// A port.
    case port(Transport, UInt16)
    /// The network namespace that was read.
    case namespace
    /// The machine.
    case machine
  }

  /// The time that the counters among the evidence are about.
  package enum Since: String, Sendable, Hashable {
    case boot
    /// Since the socket was made.
    case socket
    /// Between the two scans.
    case interval
  }

  package var kind: Kind
  package var severity: Severity
  package var subject: Subject
  /// Who has the sockets; `nil` where it is about none.
  package var holder: SocketHolder?
  /// What was measured, in the order of importance.
  package var evidence: [Evidence]
  /// What the counters among it are about; `nil` where there is none.
  package var since: Since?
  /// The end that most of the sockets are connected with, or that is meant besides the subject.
  package var peer: Endpoint?
  /// Who has the other end, or most of what is meant; `nil` where that is not known.
  package var other: SocketHolder.Process?
  /// The rows that it is about; for a port or a machine, at most one of them.
  package var rows: [UInt32] = []
  /// The arguments with which a listing shows the rows; `nil` where none does.
  package var listing: String?

  package init(
    _ kind: Kind, _ severity: Severity, _ subject: Subject, holder: SocketHolder? = nil, since: Since? = nil,
    peer: Endpoint? = nil, other: SocketHolder.Process? = nil, rows: [UInt32] = [], listing: String? = nil,
    _ evidence: [Evidence?]
  ) {
    self.kind = kind
    self.severity = severity
    self.subject = subject
    self.holder = holder
    self.since = since
    self.peer = peer
    self.other = other
    self.rows = rows
    self.listing = listing
    self.evidence = evidence.compactMap { $0 }
  }

  /// The check that found it.
  package var check: Check {
    switch kind {
    case .acceptQueueFull, .acceptWait: .acceptQueue
    case .listenDrops: .listenDrops
    case .backlog: .backlog
    case .synQueue, .synDrops: .synQueue
    case .closeWaitLeak, .closeWaitAtOnce: .closeWait
    case .resetSockets: .resetSockets
    case .orphans, .finWaitHeld, .abortedOnMemory: .orphans
    case .timeWait, .timeWaitOverflow: .timeWait
    case .connectPorts, .bindPorts, .udpPorts: .ephemeralPorts
    case .serverPort, .serverPortUnknown: .serverPorts
    case .descriptors, .files: .descriptors
    case .udpDrops, .udpQueue: .udpDrops
    case .zeroWindow: .zeroWindow
    case .sendBuffer: .sendBuffer
    case .retransmits, .segmentsRetransmitted, .peerSilent: .retransmits
    case .unanswered: .unanswered
    case .unread: .unread
    case .tcpMemory, .udpMemory, .memoryPressure: .memory
    case .conntrackFull, .conntrackDrops: .conntrack
    case .exposedControl, .exposedDatabase: .exposure
    case .inherited: .inherited
    case .noOwner: .noOwner
    case .sharedUDP: .sharedUDP
    case .keepalive: .keepalive
    }
  }

  /// A measured number; `nil` when it is not among the evidence.
  package subscript(name: Evidence.Name) -> UInt64? { evidence.first { $0.name == name }?.value }
}

/// One number that was measured, or a limit that it is compared with.
package struct Evidence: Sendable, Hashable {
  /// What the number is. The raw value is its name in JSON, which ends with the unit where there is
  /// one.
  package enum Name: String, CaseIterable, Sendable, Hashable {
    case waiting, limit, somaxconn, drops, sockets, older, reserved, bound, used, usable, probes, pages, files, flags
    case oldest = "oldest_ms"
    case median = "median_ms"
    case youngest = "youngest_ms"
    case age = "at_least_ms"
    case thresholdTime = "threshold_ms"
    case thresholdPercent = "threshold_percent"
    case thresholdCount = "threshold"
    case share = "used_percent"
    case listenOverflows = "listen_overflows"
    case listenDrops = "listen_drops"
    case synReceived = "syn_recv"
    case fullQueueCookies = "req_q_full_do_cookies"
    case fullQueueDrops = "req_q_full_drop"
    case cookiesSent = "syncookies_sent"
    case unreadSockets = "unread_sockets"
    case unreadBytes = "unread_bytes"
    case abortsOnMemory = "tcp_abort_on_memory"
    case overflows = "tcp_time_wait_overflow"
    case ofPeer = "of_peer"
    case timeWaitPorts = "in_time_wait"
    case reusablePorts = "reusable_time_wait"
    case firstPort = "first_port"
    case lastPort = "last_port"
    case queueBytes = "recv_queue_bytes"
    case bufferBytes = "recv_buffer_bytes"
    case bufferLimit = "rmem_max_bytes"
    case bufferErrors = "rcvbuf_errors"
    case sendQueueBytes = "send_queue_bytes"
    case window = "window_bytes"
    case peerQueueBytes = "peer_recv_queue_bytes"
    case limited = "limited_ms"
    case busy = "busy_ms"
    case sentBytes = "bytes_sent"
    case retransmittedBytes = "bytes_retrans"
    case retransmitted = "segments_retrans"
    case sent = "segments_out"
    case inRow = "retransmits_in_row"
    case timeouts = "total_rto"
    case pressurePages = "pressure_pages"
    case limitPages = "limit_pages"
    case pressures = "tcp_memory_pressures"
    case pruned = "prune_called"
    case queueDrops = "tcp_rcvq_drop"
    case otherBytes = "of_process_bytes"
    case insertFailed = "insert_failed"
    case earlyDrops = "early_drop"
    case idle = "idle_ms"
  }

  /// How a number is to be read.
  package enum Unit: Sendable {
    case count, milliseconds, bytes, percent, pages, port
  }

  package let name: Name
  package let value: UInt64

  package init(_ name: Name, _ value: UInt64) {
    self.name = name
    self.value = value
  }

  /// A number that may be unknown, which is then no evidence.
  package init?(_ name: Name, ifKnown value: UInt64?) {
    guard let value else { return nil }
    self.init(name, value)
  }

  /// The unit, which its name ends with.
  package var unit: Unit {
    if name == .firstPort || name == .lastPort { return .port }
    let text = name.rawValue
    if text.hasSuffix("_ms") { return .milliseconds }
    if text.hasSuffix("_percent") { return .percent }
    if text.hasSuffix("pages") { return .pages }
    return text.hasSuffix("_bytes") || text.hasPrefix("bytes_") ? .bytes : .count
  }
}
