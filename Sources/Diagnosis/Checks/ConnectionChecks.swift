import SocketModel

// MARK: close-wait, reset-sockets, orphans, time-wait, unanswered

extension Examination {
  /// Connections that the peer closed and the program did not. Their ages show a leak, which grows
  /// older, from load, which is always young: `last_ack_recv` is the time since the FIN, unless the
  /// peer has answered something since.
  func checkCloseWait(into report: inout DoctorReport) {
    if skips(.closeWait, withoutDetails: &report) { return }
    let limit = thresholds[.closeWaitAge]
    for group in byProcess(groups.closeWait) {
      var ages: [UInt64] = []
      var (older, unread, bytes): (UInt64, UInt64, UInt64) = (0, 0, 0)
      for row in group.rows {
        let record = snapshot.records[Int(row)]
        // The FIN itself counts as one byte.
        if record.known.contains(.receiveQueue), record.receiveQueue > 1 {
          unread += 1
          bytes += UInt64(record.receiveQueue - 1)
        }
        guard let age = silence(Int(row)) else { continue }
        ages.append(age)
        if age >= limit { older += 1 }
      }
      guard older > 0 else { continue }
      ages.sort()
      let (youngest, oldest) = (ages[0], ages[ages.count - 1])
      // Those of one event, such as a server that ended, are of one age.
      let isSpread = oldest - youngest >= limit || ages.count == 1
      let (subject, holder, arguments) = subject(of: group)
      let common = commonPeer(of: group.rows)
      report.findings.append(
        Finding(
          isSpread ? .closeWaitLeak : .closeWaitAtOnce, older >= 100 ? .error : .warning, subject, holder: holder,
          peer: common.flatMap { $0.count > 1 ? $0.peer : nil }, rows: group.rows,
          listing: arguments + "--state close-wait --columns +last_ack_recv_ms",
          [
            Evidence(.sockets, UInt64(group.rows.count)), Evidence(.older, older), Evidence(.thresholdTime, limit),
            Evidence(.oldest, oldest), ages.count > 1 ? Evidence(.median, ages[ages.count / 2]) : nil,
            ages.count > 1 ? Evidence(.youngest, youngest) : nil,
            unread > 0 ? Evidence(.unreadSockets, unread) : nil, unread > 0 ? Evidence(.unreadBytes, bytes) : nil,
          ]))
    }
  }

  /// Sockets whose connection was reset and that their process has not closed. The kernel keeps of
  /// the connection only the port; one that was never bound has none.
  func checkResetSockets(into report: inout DoctorReport) {
    guard now.isLive else {
      report.skip(.resetSockets, .needsLiveKernel)
      return
    }
    if let reason = lackOfProcesses { report.skip(.resetSockets, reason, isPartial: true) }
    var rows = groups.unhashed.filter {
      let record = snapshot.records[Int($0)]
      return (record.transport == .tcp || record.transport == .mptcp) && record.localPort != 0
    }
    if let earlier {
      // Those that were there in both scans are not on their way to being closed.
      let before = Set(earlier.snapshot.records.lazy.filter { $0.state == .unhashed }.map(\.inode))
      rows = rows.filter { before.contains(snapshot.records[Int($0)].inode) }
    }
    for group in byProcess(rows) where UInt64(group.rows.count) >= thresholds[.resetSockets] {
      let (subject, holder, arguments) = subject(of: group)
      report.findings.append(
        Finding(
          .resetSockets, .warning, subject, holder: holder, rows: group.rows,
          listing: arguments + "--state unhashed",
          [
            Evidence(.sockets, UInt64(group.rows.count)), Evidence(.thresholdCount, thresholds[.resetSockets]),
            Evidence(.age, ifKnown: earlier.flatMap { interval(since: $0) }),
          ]))
    }
  }

  /// Sockets without a process, beside the limit of the machine; and FIN_WAIT2 that a process keeps,
  /// which no timer ends.
  func checkOrphans(into report: inout DoctorReport) {
    let (orphans, limit) = (
      now.settings.socketCounts?.orphans, now.settings[.orphanLimit].flatMap { UInt64(exactly: $0) }
    )
    if orphans == nil { report.skip(.orphans, .socketCounts, isPartial: true) }
    if limit == nil { report.skip(.orphans, .settings([.orphanLimit]), isPartial: true) }
    if let orphans, let limit, orphans > 0, Self.percent(orphans, of: limit) >= thresholds[.orphans] {
      let share = Self.percent(orphans, of: limit)
      report.findings.append(
        Finding(
          .orphans, share >= 90 ? .error : .warning, .machine,
          listing: "--state fin-wait1,fin-wait2,closing,last-ack",
          [
            Evidence(.sockets, orphans), Evidence(.limit, limit), Evidence(.share, share),
            Evidence(.thresholdPercent, thresholds[.orphans]),
          ]))
    }
    if let aborts = counter("TcpExt", "TCPAbortOnMemory") {
      if aborts > 0 {
        report.findings.append(
          Finding(
            .abortedOnMemory, earlier == nil ? .note : .error, .machine, since: since,
            [Evidence(.abortsOnMemory, aborts), Evidence(.sockets, ifKnown: orphans), Evidence(.limit, ifKnown: limit)])
        )
      }
    } else {
      report.skip(.orphans, .counters(["TCPAbortOnMemory"]), isPartial: true)
    }
    guard hasDetails else { return _ = skips(.orphans, withoutDetails: &report, isPartial: true) }
    let old = groups.finWait2.filter { silence(Int($0)).map { $0 >= thresholds[.finWaitAge] } ?? false }
    for group in byProcess(old) {
      let (subject, holder, arguments) = subject(of: group)
      let ages = group.rows.compactMap { silence(Int($0)) }
      report.findings.append(
        Finding(
          .finWaitHeld, group.rows.count >= 10 ? .warning : .note, subject, holder: holder,
          peer: commonPeer(of: group.rows)?.peer, rows: group.rows,
          listing: arguments + "--state fin-wait2 --columns +last_ack_recv_ms",
          [
            Evidence(.sockets, UInt64(group.rows.count)), Evidence(.oldest, ifKnown: ages.max()),
            Evidence(.thresholdTime, thresholds[.finWaitAge]),
          ]))
    }
  }

  /// TIME_WAIT beside its limit, above which the kernel ends connections without it.
  func checkTimeWait(into report: inout DoctorReport) {
    let (count, limit) = (
      now.settings.socketCounts?.timeWait, now.settings[.timeWaitLimit].flatMap { UInt64(exactly: $0) }
    )
    if count == nil { report.skip(.timeWait, .socketCounts, isPartial: true) }
    if limit == nil { report.skip(.timeWait, .settings([.timeWaitLimit]), isPartial: true) }
    func commonPeer() -> (peer: Endpoint, count: Int)? {
      self.commonPeer(
        of: snapshot.records.indices.filter { snapshot.records[$0].state == .timeWait }.map {
          UInt32(truncatingIfNeeded: $0)
        })
    }
    if let count, let limit, count > 0, Self.percent(count, of: limit) >= thresholds[.timeWait] {
      let common = commonPeer()
      report.findings.append(
        Finding(
          .timeWait, .warning, .namespace, peer: common?.peer, listing: "--state time-wait --count-by peer",
          [
            Evidence(.sockets, count), Evidence(.limit, limit), Evidence(.share, Self.percent(count, of: limit)),
            Evidence(.thresholdPercent, thresholds[.timeWait]),
            Evidence(.ofPeer, ifKnown: common.map { UInt64($0.count) }),
          ]))
    }
    guard let overflows = counter("TcpExt", "TCPTimeWaitOverflow") else {
      report.skip(.timeWait, .counters(["TCPTimeWaitOverflow"]), isPartial: true)
      return
    }
    guard overflows > 0 else { return }
    report.findings.append(
      Finding(
        .timeWaitOverflow, earlier == nil ? .note : .warning, .namespace, since: since,
        listing: "--state time-wait --count-by peer",
        [Evidence(.overflows, overflows), Evidence(.sockets, ifKnown: count), Evidence(.limit, ifKnown: limit)]))
  }

  /// Connections whose SYN was repeated without an answer. The first repetition comes after a second,
  /// and each takes at least another one.
  func checkUnanswered(into report: inout DoctorReport) {
    struct Target: Hashable {
      let peer: Endpoint
      let process: Int32
    }
    var order: [Target] = []
    var rows: [Target: [UInt32]] = [:]
    for row in groups.synSent {
      let record = snapshot.records[Int(row)]
      guard record.known.contains(.retransmits), let peer = record.remote else { continue }
      guard UInt64(record.retransmits) * 1000 >= max(1, thresholds[.unansweredAge]), !waitsForFullQueue(record)
      else { continue }
      let owner = snapshot.owners(at: Int(row)).first { $0.processIndex != nil }
      let target = Target(peer: peer, process: owner?.processIndex ?? -1)
      if rows[target] == nil { order.append(target) }
      rows[target, default: []].append(row)
    }
    for target in order {
      guard let own = rows[target], let first = own.first else { continue }
      let most = own.map { snapshot.records[Int($0)].retransmits }.max() ?? 0
      report.findings.append(
        Finding(
          .unanswered, .warning, .peer(target.peer.address, port: target.peer.port),
          holder: snapshot.holder(at: Int(first)), rows: own,
          listing: "--state syn-sent --remote-port \(target.peer.port)",
          [
            Evidence(.sockets, UInt64(own.count)), Evidence(.inRow, UInt64(most)),
            Evidence(.age, UInt64(most) * 1000), Evidence(.thresholdTime, thresholds[.unansweredAge]),
          ]))
    }
  }

  /// Whether a listener of this machine whose accept queue is full is what does not answer: that is a
  /// finding about the listener.
  private func waitsForFullQueue(_ record: SocketRecord) -> Bool {
    groups.listeners.contains { row in
      let listener = snapshot.records[Int(row)]
      guard listener.localPort == record.remotePort, listener.namespaceNumber == record.namespaceNumber else {
        return false
      }
      // Where its limit is not known, its queue may be full.
      if let queue = AcceptQueue(listener), queue.waiting <= queue.limit { return false }
      if listener.localBits == 0 { return record.isLoopback || record.localBits == record.remoteBits }
      return listener.localBits == record.remoteBits
    }
  }

  /// Milliseconds between the scans; `nil` when their times are not known.
  func interval(since earlier: SystemScan) -> UInt64? {
    guard let start = earlier.snapshot.meta.time, let end = snapshot.meta.time else { return nil }
    return UInt64(start.milliseconds(until: end))
  }

  /// Why some processes were not seen; `nil` when all were.
  var lackOfProcesses: SkippedCheck.Reason? {
    if !snapshot.hasOwners || snapshot.lackOfProcesses?.cause == .forbidden(.noProc) { return .noProcesses }
    return snapshot.sawAllProcesses ? nil : .needsRoot
  }
}
