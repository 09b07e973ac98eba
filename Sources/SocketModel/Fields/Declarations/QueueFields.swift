extension Field {
  /// Queues and counters.
  static let queueFields: [FieldDeclaration] = [
    FieldDeclaration(
      .receiveQueue, "recv_queue", "RECV-Q", .number, unit: "bytes", aliases: ["recvq", "recv_q", "rq"], priority: 35,
      json: JSONPlace("recv_queue", 70),
      .number { $0.reported($0.receiveQueue, .receiveQueue) },
      "bytes not read yet; for a listener, connections not accepted yet"),
    FieldDeclaration(
      .sendQueue, "send_queue", "SEND-Q", .number, unit: "bytes", aliases: ["sendq", "send_q", "sq"],
      notInTables: .packet, priority: 34, json: JSONPlace("send_queue", 80),
      .number { $0.reported($0.sendQueue, .sendQueue) },
      "bytes not acknowledged yet; for a listener, the limit of the accept queue"),
    FieldDeclaration(
      .acceptQueue, "accept_queue", "ACCEPTQ", .number, transports: .withListeners, states: SocketStateSet(.listen),
      json: JSONPlace("listen.accept_queue", 180),
      .number { $0.countsConnections ? $0.reported($0.receiveQueue, .receiveQueue) : nil },
      "connections waiting to be accepted, of a TCP or unix listener"),
    FieldDeclaration(
      .acceptLimit, "accept_limit", "BACKLOG", .number, aliases: ["backlog"], transports: .withListeners,
      states: SocketStateSet(.listen), notInTables: .withTCPStates, json: JSONPlace("listen.limit", 180),
      .number { $0.countsConnections ? $0.reported($0.sendQueue, .sendQueue) : nil },
      "limit of the accept queue"),
    FieldDeclaration(
      .drops, "drops", "DROPS", .number, requiredDetails: .drops, notInTables: .withTCPStates.union(.packet),
      json: JSONPlace("drops", 370),
      .number { $0.reported($0.drops, .drops) },
      "datagrams, or connections of a listener, that were dropped"),
  ]

  /// The running timer.
  static let timerFields: [FieldDeclaration] = [
    FieldDeclaration(
      .timer, "timer", "TIMER", .word, priority: 30, json: JSONPlace("timer.kind", 130),
      .word(.timers) { $0.known.contains(.timer) ? $0.timer.rawValue : nil },
      "timer that is running: retransmit, keepalive, timewait, probe, delack, off"),
    FieldDeclaration(
      .timerExpires, "timer_expires_ms", "EXPIRES", .number, unit: "ms", json: JSONPlace("timer.expires_ms", 130),
      .number { $0.timer != .off ? $0.reported($0.timerMilliseconds, .timer) : nil },
      "time until the timer fires"),
    FieldDeclaration(
      .retransmits, "retransmits", "RETRIES", .number, json: JSONPlace("retransmits", 140),
      .number { $0.reported(UInt32($0.retransmits), .retransmits) },
      "retransmissions in a row, unanswered"),
    FieldDeclaration(
      .probes, "probes", "PROBES", .number, json: JSONPlace("probes", 150),
      .number { $0.reported(UInt32($0.probes), .probes) },
      "keepalive or window probes in a row, unanswered"),
  ]

  /// The traffic of tracked sockets.
  static let trafficFields: [FieldDeclaration] = [
    FieldDeclaration(
      .receiveRate, "rx_rate", "RX/s", .number, unit: "bytes/s", aliases: ["rx", "receive_rate"],
      requiredDetails: .byteCounters, transports: .tcp, notInTables: .tcp, priority: 40, numberWords: .rate,
      .traffic(\.receiveRate),
      "bytes received a second, between the last two scans"),
    FieldDeclaration(
      .sendRate, "tx_rate", "TX/s", .number, unit: "bytes/s", aliases: ["tx", "send_rate"],
      requiredDetails: .byteCounters, transports: .tcp, notInTables: .tcp, priority: 40, numberWords: .rate,
      .traffic(\.sendRate),
      "bytes sent and acknowledged a second, between the last two scans"),
  ]

  /// The memory accounting.
  static let memoryFields: [FieldDeclaration] = [
    memory(.receiveAllocated, "rmem_alloc", "RMEM", "memory that received data holds") { $0.receiveAllocated },
    memory(.receiveLimit, "rcvbuf", "RCVBUF", "limit of the receive buffer") { $0.receiveLimit },
    memory(.sendAllocated, "wmem_alloc", "WMEM", "memory given to the network") { $0.sendAllocated },
    memory(.sendLimit, "sndbuf", "SNDBUF", "limit of the send buffer") { $0.sendLimit },
    memory(.forwardAllocated, "fwd_alloc", "FWD", "memory set aside and not used yet") { $0.forwardAllocated },
    memory(.sendQueued, "wmem_queued", "WQUEUED", "memory of queued data to send") { $0.sendQueued },
    memory(.optionMemory, "optmem", "OPTMEM", "memory of socket options") { $0.optionMemory },
    memory(.backlogMemory, "backlog_mem", "BACKLOGM", "memory of packets not processed yet") { $0.backlog },
  ]

  private static func memory(
    _ field: Field, _ name: String, _ title: String, _ summary: String,
    _ read: @escaping @Sendable (SocketMemory) -> UInt32?
  ) -> FieldDeclaration {
    FieldDeclaration(
      field, name, title, .number, unit: "bytes", requiredDetails: .memory, notInTables: .all,
      json: JSONPlace("memory.\(name)", 220), .memory(read), summary)
  }
}
