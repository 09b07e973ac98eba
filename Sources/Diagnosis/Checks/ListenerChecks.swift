import SocketModel

// MARK: accept-queue, listen-drops, backlog, syn-queue

extension Examination {
  /// Full queues, and clients that wait long. `tcp_v4_syn_recv_sock` refuses a connection when the
  /// queue is longer than its limit (`sk_acceptq_is_full`), so that one more than the limit fits.
  func checkAcceptQueues(into report: inout DoctorReport) {
    if skips(.acceptQueue, withoutDetails: &report) { return }
    let waits = AcceptWaits(self)
    for row in groups.listeners {
      let record = snapshot.records[Int(row)]
      guard let queue = AcceptQueue(record) else { continue }
      let oldest = queue.waiting > 0 ? waits.oldest(of: record) : nil
      let isFull = queue.waiting > queue.limit
      let isOld = oldest.map { $0 >= thresholds[.acceptWait] } ?? false
      guard isFull || isOld else { continue }
      report.findings.append(
        Finding(
          isFull ? .acceptQueueFull : .acceptWait, isFull ? .error : .warning, .socket(row: Int(row)),
          holder: snapshot.holder(at: Int(row)), rows: [row], listing: listing(record),
          [
            Evidence(.waiting, queue.waiting), Evidence(.limit, queue.limit), Evidence(.oldest, ifKnown: oldest),
            isFull ? nil : Evidence(.thresholdTime, thresholds[.acceptWait]),
            isFull ? Evidence(.somaxconn, ifKnown: somaxconn(record)) : nil,
            isFull && record.known.contains(.drops) ? Evidence(.drops, UInt64(record.drops)) : nil,
          ]))
    }
  }

  /// Drops of listeners. The kernel counts every failed child there, so the counters of the namespace
  /// say what they were: equal ones mean that the queue was full.
  func checkListenDrops(into report: inout DoctorReport) {
    if skips(.listenDrops, withoutDetails: &report) { return }
    let before = earlierDrops { $0.state == .listen }
    let (overflows, drops) = (counter("TcpExt", "ListenOverflows"), counter("TcpExt", "ListenDrops"))
    if overflows == nil || drops == nil {
      report.skip(.listenDrops, .counters(["ListenOverflows", "ListenDrops"]), isPartial: true)
    }
    for row in groups.listeners {
      let record = snapshot.records[Int(row)]
      guard let new = self.drops(Int(row), before), new > 0 else { continue }
      let queue = AcceptQueue(record)
      // Of a single scan nobody knows how old the drops are, unless the queue is full now.
      let isNow = earlier != nil || queue.map { $0.waiting > $0.limit } ?? false
      let isOwn = isOfOwnNamespace(record)
      report.findings.append(
        Finding(
          .listenDrops, isNow ? .warning : .note, .socket(row: Int(row)), holder: snapshot.holder(at: Int(row)),
          since: earlier == nil ? .socket : .interval, rows: [row], listing: listing(record, " --columns +drops"),
          [
            Evidence(.drops, new), isOwn ? Evidence(.listenOverflows, ifKnown: overflows) : nil,
            isOwn ? Evidence(.listenDrops, ifKnown: drops) : nil, Evidence(.waiting, ifKnown: queue?.waiting),
            Evidence(.limit, ifKnown: queue?.limit),
          ]))
    }
  }

  /// Queues that are half full and whose limit is a default or was cut: the next burst overflows
  /// them. An empty queue shows nothing, whatever its limit.
  func checkBacklogs(into report: inout DoctorReport) {
    if skips(.backlog, withoutDetails: &report) { return }
    if now.settings[.acceptQueueLimit] == nil {
      report.skip(.backlog, .settings([.acceptQueueLimit]), isPartial: true)
    }
    for row in groups.listeners {
      let record = snapshot.records[Int(row)]
      guard let queue = AcceptQueue(record), queue.waiting > 0, queue.waiting <= queue.limit else { continue }
      let share = Self.percent(queue.waiting, of: queue.limit)
      guard share >= thresholds[.backlog] else { continue }
      report.findings.append(
        Finding(
          .backlog, .warning, .socket(row: Int(row)), holder: snapshot.holder(at: Int(row)), rows: [row],
          listing: listing(record),
          [
            Evidence(.waiting, queue.waiting), Evidence(.limit, queue.limit), Evidence(.share, share),
            Evidence(.thresholdPercent, thresholds[.backlog]), Evidence(.somaxconn, ifKnown: somaxconn(record)),
          ]))
    }
  }

  /// Handshakes that are not complete, and what the kernel did about too many of them.
  func checkSynQueues(into report: inout DoctorReport) {
    var counts: [PortInNamespace: Int] = [:]
    for row in groups.synReceived { counts[PortInNamespace(snapshot.records[Int(row)]), default: 0] += 1 }
    for row in groups.listeners where !counts.isEmpty {
      let record = snapshot.records[Int(row)]
      guard let count = counts[PortInNamespace(record)], let queue = AcceptQueue(record) else { continue }
      // The kernel takes the listener's limit for both queues (`inet_csk_reqsk_queue_is_full`).
      let share = Self.percent(UInt64(count), of: queue.limit)
      guard share >= thresholds[.synQueue] else { continue }
      report.findings.append(
        Finding(
          .synQueue, .warning, .socket(row: Int(row)), holder: snapshot.holder(at: Int(row)), rows: [row],
          listing: listing(record, " --state syn-recv"),
          [
            Evidence(.synReceived, UInt64(count)), Evidence(.limit, queue.limit), Evidence(.share, share),
            Evidence(.thresholdPercent, thresholds[.synQueue]),
          ]))
    }
    if !hasDetails { _ = skips(.synQueue, withoutDetails: &report, isPartial: true) }
    let cookies = counter("TcpExt", "TCPReqQFullDoCookies")
    let drops = counter("TcpExt", "TCPReqQFullDrop")
    guard let cookies, let drops else {
      report.skip(.synQueue, .counters(["TCPReqQFullDoCookies", "TCPReqQFullDrop"]), isPartial: true)
      return
    }
    guard cookies > 0 || drops > 0 else { return }
    report.findings.append(
      Finding(
        .synDrops, earlier == nil ? .note : .warning, .namespace, since: since, listing: "--state syn-recv",
        [
          Evidence(.fullQueueCookies, cookies), Evidence(.fullQueueDrops, drops),
          Evidence(.cookiesSent, ifKnown: counter("TcpExt", "SyncookiesSent")),
        ]))
  }

  /// `net.core.somaxconn`, where it is the limit of a listener: more may have been asked for.
  private func somaxconn(_ record: SocketRecord) -> UInt64? {
    guard isOfOwnNamespace(record), let most = now.settings[.acceptQueueLimit], most == Int64(record.sendQueue) else {
      return nil
    }
    return UInt64(most)
  }
}

/// The accept queue of a listener.
struct AcceptQueue {
  let waiting: UInt64
  let limit: UInt64

  /// `nil` where it is not known.
  init?(_ record: SocketRecord) {
    guard record.state == .listen, record.known.isSuperset(of: [.receiveQueue, .sendQueue]) else { return nil }
    (waiting, limit) = (UInt64(record.receiveQueue), UInt64(record.sendQueue))
  }
}

/// For how long the connections that nobody has accepted wait.
struct AcceptWaits {
  private struct Place: Hashable {
    let namespace: UInt32
    let port: UInt16
    /// The address, with IPv4 as it is mapped into IPv6; 0 for any.
    let bits: UInt128
  }

  private var oldest: [Place: UInt64] = [:]

  /// Collects the ages. The peer's last acknowledgement completed the handshake, or came later: it is
  /// the least time that the connection waits.
  init(_ examination: Examination) {
    let waiting = examination.groups.waiting
    guard !waiting.isEmpty else { return }
    for row in waiting {
      let record = examination.snapshot.records[Int(row)]
      guard let age = examination.silence(Int(row)) else { continue }
      for bits in [record.plainBits, 0] {
        let place = Place(namespace: record.namespaceNumber, port: record.localPort, bits: bits)
        oldest[place] = max(oldest[place] ?? 0, age)
      }
    }
  }

  /// The longest time of a listener's clients, in milliseconds; `nil` when it is not known.
  func oldest(of listener: SocketRecord) -> UInt64? {
    let bits = listener.localBits == 0 ? 0 : listener.plainBits
    return oldest[Place(namespace: listener.namespaceNumber, port: listener.localPort, bits: bits)]
  }
}
