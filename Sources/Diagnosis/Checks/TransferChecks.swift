import SocketModel

// MARK: zero-window, send-buffer, retransmits, unread, udp-drops, keepalive

extension Examination {
  /// Connections whose peer has closed its window: the kernel probes it (`tcp_probe_timer`). A probe
  /// has no data, so that the time since the last data says for how long nothing was taken.
  func checkZeroWindow(into report: inout DoctorReport) {
    if skips(.zeroWindow, withoutDetails: &report) { return }
    let rows = groups.connections.filter { row in
      let record = snapshot.records[Int(row)]
      guard record.sendQueue > 0, hasClosedWindow(row) else { return false }
      return (figure(.lastDataSent, Int(row)) ?? 0) >= thresholds[.zeroWindowAge]
    }
    guard !rows.isEmpty else { return }
    let others = otherEnds(of: rows)
    let most = report.findings.count + Self.mostSingle
    for row in rows {
      let record = snapshot.records[Int(row)]
      let other = others[row]
      report.findings.append(
        Finding(
          .zeroWindow, .error, .socket(row: Int(row)), holder: snapshot.holder(at: Int(row)),
          other: other.flatMap { firstProcess(at: $0) }, rows: [row],
          listing: listing(record, " --remote-port \(record.remotePort) --columns +snd_wnd,last_data_sent_ms"),
          [
            Evidence(.sendQueueBytes, UInt64(record.sendQueue)),
            Evidence(.age, ifKnown: figure(.lastDataSent, Int(row))),
            Evidence(.thresholdTime, thresholds[.zeroWindowAge]),
            Evidence(.window, ifKnown: figure(.sendWindow, Int(row))),
            record.probes > 0 ? Evidence(.probes, UInt64(record.probes)) : nil,
            other.map { Evidence(.peerQueueBytes, UInt64(snapshot.records[$0].receiveQueue)) },
          ]))
      if report.findings.count >= most { break }
    }
  }

  /// Connections that were held up by the size of their own send buffer for most of the time in which
  /// they had something to send.
  func checkSendBuffers(into report: inout DoctorReport) {
    if skips(.sendBuffer, withoutDetails: &report) { return }
    /// Microseconds below which a share means nothing.
    let least: UInt64 = 1_000_000
    let most = report.findings.count + Self.mostSingle
    for row in groups.connections {
      let record = snapshot.records[Int(row)]
      guard record.sendQueue > 0, let limited = figure(.sendBufferLimited, Int(row)),
        let busy = figure(.busyTime, Int(row)), busy >= least,
        Self.percent(limited, of: busy) >= thresholds[.sendBuffer]
      else { continue }
      report.findings.append(
        Finding(
          .sendBuffer, .note, .socket(row: Int(row)), holder: snapshot.holder(at: Int(row)), since: .socket,
          rows: [row],
          listing: listing(
            record, " --remote-port \(record.remotePort) --columns +sndbuf_limited_us,busy_us,delivery_rate"),
          [
            Evidence(.limited, limited / 1000), Evidence(.busy, busy / 1000),
            Evidence(.share, Self.percent(limited, of: busy)),
            Evidence(.thresholdPercent, thresholds[.sendBuffer]),
            Evidence(.sendQueueBytes, UInt64(record.sendQueue)),
          ]))
      if report.findings.count >= most { break }
    }
  }

  /// Data that was sent again: to one address, in the whole namespace, and segments that are being
  /// repeated now.
  func checkRetransmits(into report: inout DoctorReport) {
    checkSilentPeers(into: &report)
    if !skips(.retransmits, withoutDetails: &report, isPartial: true) { checkRetransmittingPeers(into: &report) }
    guard let again = counter("Tcp", "RetransSegs"), let sent = counter("Tcp", "OutSegs") else {
      report.skip(.retransmits, .counters(["RetransSegs", "OutSegs"]), isPartial: true)
      return
    }
    // The kernel does not count repeated segments among those sent.
    guard again >= 100, Self.percent(again, of: again &+ sent) >= thresholds[.retransmits] else { return }
    report.findings.append(
      Finding(
        .segmentsRetransmitted, earlier == nil ? .note : .warning, .namespace, since: since,
        listing: "--tcp --sort -bytes_retrans",
        [
          Evidence(.retransmitted, again), Evidence(.sent, sent),
          Evidence(.share, Self.percent(again, of: again &+ sent)),
          Evidence(.thresholdPercent, thresholds[.retransmits]),
        ]))
  }

  /// Connections whose segments were repeated several times without an answer, by address.
  private func checkSilentPeers(into report: inout DoctorReport) {
    let rows = groups.connections.filter { row in
      let record = snapshot.records[Int(row)]
      return record.known.contains(.retransmits) && UInt64(record.retransmits) >= max(1, thresholds[.retransmitsInRow])
    }
    for (address, own) in byAddress(rows) {
      let most = own.map { snapshot.records[Int($0)].retransmits }.max() ?? 0
      report.findings.append(
        Finding(
          .peerSilent, .warning, .peer(address, port: nil), holder: own.first.map { snapshot.holder(at: Int($0)) },
          rows: own, listing: "--tcp --remote \(address) --columns +retransmits,last_ack_recv_ms",
          [
            Evidence(.sockets, UInt64(own.count)), Evidence(.inRow, UInt64(most)),
            Evidence(.thresholdCount, thresholds[.retransmitsInRow]),
            Evidence(.age, ifKnown: own.compactMap { silence(Int($0)) }.max()),
            Evidence(.sendQueueBytes, own.reduce(0) { $0 + UInt64(snapshot.records[Int($1)].sendQueue) }),
          ]))
    }
  }

  /// The bytes below which a share means nothing: a handful of segments.
  private static let leastSent: UInt64 = 100_000

  private func checkRetransmittingPeers(into report: inout DoctorReport) {
    // What a peer with a full buffer dropped was not lost on the way.
    let rows = groups.connections.filter {
      (figure(.bytesRetransmitted, Int($0)) ?? 0) > 0 && !hasClosedWindow($0)
    }
    for (address, own) in byAddress(rows) {
      var (sent, again, timeouts): (UInt64, UInt64, UInt64) = (0, 0, 0)
      for row in own {
        sent += figure(.bytesSent, Int(row)) ?? 0
        again += figure(.bytesRetransmitted, Int(row)) ?? 0
        timeouts += figure(.totalRTO, Int(row)) ?? 0
      }
      guard sent >= Self.leastSent, Self.percent(again, of: sent) >= thresholds[.retransmits] else { continue }
      report.findings.append(
        Finding(
          .retransmits, .warning, .peer(address, port: nil), holder: own.first.map { snapshot.holder(at: Int($0)) },
          since: .socket, rows: own, listing: "--tcp --remote \(address) --columns +bytes_retrans,bytes_sent,rtt_us",
          [
            Evidence(.retransmittedBytes, again), Evidence(.sentBytes, sent),
            Evidence(.share, Self.percent(again, of: sent)),
            Evidence(.thresholdPercent, thresholds[.retransmits]), Evidence(.sockets, UInt64(own.count)),
            timeouts > 0 ? Evidence(.timeouts, timeouts) : nil,
          ]))
    }
  }

  /// Data that came long ago and that its process has not read.
  func checkUnread(into report: inout DoctorReport) {
    if skips(.unread, withoutDetails: &report) { return }
    let rows = groups.connections.filter { row in
      let record = snapshot.records[Int(row)]
      guard record.known.contains(.receiveQueue), record.receiveQueue > 0 else { return false }
      return (figure(.lastDataReceived, Int(row)) ?? 0) >= max(1, thresholds[.unreadAge])
    }
    for group in byProcess(rows) {
      let (subject, holder, arguments) = subject(of: group)
      let ages = group.rows.compactMap { figure(.lastDataReceived, Int($0)) }
      report.findings.append(
        Finding(
          .unread, .warning, subject, holder: holder, peer: commonPeer(of: group.rows)?.peer, rows: group.rows,
          listing: arguments + "--state established --columns +last_data_recv_ms 'recv_queue > 0'",
          [
            Evidence(.unreadSockets, UInt64(group.rows.count)),
            Evidence(.unreadBytes, group.rows.reduce(0) { $0 + UInt64(snapshot.records[Int($1)].receiveQueue) }),
            Evidence(.oldest, ifKnown: ages.max()), Evidence(.thresholdTime, thresholds[.unreadAge]),
          ]))
    }
  }

  /// Datagrams for which the receive buffer had no room, and buffers that fill.
  func checkUDPDrops(into report: inout DoctorReport) {
    let before = earlierDrops { $0.transport == .udp || $0.transport == .udplite }
    let most = report.findings.count + Self.mostSingle
    let errors = counter("Udp", "RcvbufErrors")
    if errors == nil { report.skip(.udpDrops, .counters(["RcvbufErrors"]), isPartial: true) }
    let isFromTables = snapshot.fromTables.contains(.udp)
    if isFromTables { report.skip(.udpDrops, .details, isPartial: true) }
    let largest = now.settings[.receiveBufferLimit].flatMap { UInt64(exactly: $0) }
    for row in groups.datagrams {
      let record = snapshot.records[Int(row)]
      let memory = snapshot.detail(at: Int(row))?.memory
      let limit = memory.map { UInt64($0.receiveLimit) }
      let queue = record.known.contains(.receiveQueue) ? UInt64(record.receiveQueue) : nil
      let isFilling =
        if let queue, let limit, queue > 0 { Self.percent(queue, of: limit) >= thresholds[.udpQueue] } else { false }
      let new = drops(Int(row), before) ?? 0
      guard isFilling || new > 0 else { continue }
      let isNow = isFilling || earlier != nil
      report.findings.append(
        Finding(
          new > 0 ? .udpDrops : .udpQueue, isNow ? .warning : .note, .socket(row: Int(row)),
          holder: snapshot.holder(at: Int(row)), since: new == 0 ? nil : earlier == nil ? .socket : .interval,
          rows: [row], listing: listing(record, " --columns +drops"),
          [
            new > 0 ? Evidence(.drops, new) : nil, Evidence(.queueBytes, ifKnown: queue),
            Evidence(.bufferBytes, ifKnown: limit),
            isFilling ? Evidence(.thresholdPercent, thresholds[.udpQueue]) : nil,
            isOfOwnNamespace(record) ? Evidence(.bufferErrors, ifKnown: errors) : nil,
            Evidence(.bufferLimit, ifKnown: largest),
          ]))
      if report.findings.count >= most { break }
    }
  }

  /// Connections to other machines that have been silent for long and that nothing tests: their peer
  /// may be gone for good.
  func checkKeepalive(into report: inout DoctorReport) {
    if skips(.keepalive, withoutDetails: &report) { return }
    let rows = groups.connections.filter { row in
      let record = snapshot.records[Int(row)]
      guard record.known.contains(.timer), record.timer == .off, record.localBits != record.remoteBits,
        !record.isLoopback, let silence = silence(Int(row))
      else { return false }
      let sent = figure(.lastDataSent, Int(row)) ?? silence
      return min(silence, sent) >= thresholds[.idleAge]
    }
    for group in byProcess(rows) {
      let (subject, holder, arguments) = subject(of: group)
      let ages = group.rows.compactMap { silence(Int($0)) }
      report.findings.append(
        Finding(
          .keepalive, .note, subject, holder: holder, peer: commonPeer(of: group.rows)?.peer, rows: group.rows,
          listing: arguments + "--state established --columns +timer,last_ack_recv_ms",
          [
            Evidence(.sockets, UInt64(group.rows.count)), Evidence(.idle, ifKnown: ages.max()),
            Evidence(.thresholdTime, thresholds[.idleAge]),
          ]))
    }
  }

  // MARK: What these share

  /// Whether the peer takes nothing: the kernel probes its window, or waits for the answer to a
  /// segment that the window has no room for.
  private func hasClosedWindow(_ row: UInt32) -> Bool {
    let record = snapshot.records[Int(row)]
    return record.known.contains(.timer) && record.timer == .probe
      || record.sendQueue > 0 && figure(.sendWindow, Int(row)) == 0
  }

  /// The most findings of one check of single sockets, which stops there: more would say nothing
  /// new.
  static let mostSingle = 1000

  /// Rows by the address of their peer; those with most rows first.
  private func byAddress(_ rows: [UInt32]) -> [(address: IPAddress, rows: [UInt32])] {
    var order: [IPAddress] = []
    var groups: [IPAddress: [UInt32]] = [:]
    for row in rows {
      let record = snapshot.records[Int(row)]
      let address = IPAddress(bits: record.plainRemoteBits, isIPv4: record.isPlainIPv4)
      if groups[address] == nil { order.append(address) }
      groups[address, default: []].append(row)
    }
    return order.map { ($0, groups[$0] ?? []) }.sorted { $0.rows.count > $1.rows.count }
  }

  /// The rows at the other ends of some rows, where these are in the snapshot too: one pass for all.
  private func otherEnds(of rows: [UInt32]) -> [UInt32: Int] {
    var wanted: [SocketEnds: UInt32] = [:]
    for row in rows { wanted[snapshot.records[Int(row)].ends.mirrored] = row }
    var found: [UInt32: Int] = [:]
    for row in snapshot.records.indices where snapshot.records[row].transport == .tcp {
      guard snapshot.records[row].receiveQueue > 0 else { continue }
      if let own = wanted[snapshot.records[row].ends] { found[own] = row }
    }
    return found
  }

  func firstProcess(at row: Int) -> SocketHolder.Process? {
    guard case .processes(let processes) = snapshot.holder(at: row) else { return nil }
    return processes.first
  }
}
