import SocketModel

// MARK: descriptors, memory, conntrack

extension Examination {
  /// Processes close to their limit of descriptors, and the machine close to its limit of files.
  func checkDescriptors(into report: inout DoctorReport) {
    let limit = thresholds[.descriptors]
    if let uses = now.descriptors, uses.isReported {
      if uses.unknown > 0 { report.skip(.descriptors, .needsRoot, isPartial: true) }
      for use in uses.processes where Self.percent(use.used, of: use.limit) >= limit {
        let process = SocketHolder.Process(pid: use.pid, name: use.name)
        report.findings.append(
          Finding(
            .descriptors, use.used >= use.limit ? .error : .warning, .process(process),
            holder: .processes([process]), listing: "--pid \(use.pid) --all --count-by transport,state",
            [
              Evidence(.used, use.used), Evidence(.limit, use.limit),
              Evidence(.share, Self.percent(use.used, of: use.limit)), Evidence(.thresholdPercent, limit),
            ]))
      }
    } else {
      report.skip(.descriptors, .notReported, isPartial: true)
    }
    // Allocated, unused since Linux 2.6, limit.
    guard let files = now.settings.numbers[.openFiles], files.count == 3, let used = UInt64(exactly: files[0]),
      let most = UInt64(exactly: files[2])
    else {
      report.skip(.descriptors, .settings([.openFiles]), isPartial: true)
      return
    }
    guard used > 0, Self.percent(used, of: most) >= limit else { return }
    report.findings.append(
      Finding(
        .files, .error, .machine,
        [
          Evidence(.files, used), Evidence(.limit, most), Evidence(.share, Self.percent(used, of: most)),
          Evidence(.thresholdPercent, limit),
        ]))
  }

  /// Memory of TCP and UDP beside the kernel's limits, of the whole machine.
  func checkMemory(into report: inout DoctorReport) {
    let counts = now.settings.socketCounts
    if counts?.tcpPages == nil || counts?.udpPages == nil { report.skip(.memory, .socketCounts, isPartial: true) }
    checkPages(.tcpMemory, counts?.tcpPages, .tcpMemory, into: &report)
    checkPages(.udpMemory, counts?.udpPages, .udpMemory, into: &report)
    guard let pressures = counter("TcpExt", "TCPMemoryPressures") else {
      report.skip(.memory, .counters(["TCPMemoryPressures", "PruneCalled", "TCPRcvQDrop"]), isPartial: true)
      return
    }
    let (pruned, dropped) = (counter("TcpExt", "PruneCalled"), counter("TcpExt", "TCPRcvQDrop"))
    guard pressures > 0 || dropped ?? 0 > 0 else { return }
    let most = mostQueued(groups.connections)
    report.findings.append(
      Finding(
        .memoryPressure, earlier == nil ? .note : .warning, .machine, since: since, other: most?.process,
        listing: "--tcp --sort -recv_queue",
        [
          Evidence(.pressures, pressures), Evidence(.pruned, ifKnown: pruned), Evidence(.queueDrops, ifKnown: dropped),
          Evidence(.otherBytes, ifKnown: most?.bytes),
        ]))
  }

  private func checkPages(
    _ sysctl: Sysctl, _ pages: UInt64?, _ kind: Finding.Kind, into report: inout DoctorReport
  ) {
    // Low, pressure, high.
    guard let limits = now.settings.numbers[sysctl], limits.count == 3, let pressure = UInt64(exactly: limits[1]),
      let high = UInt64(exactly: limits[2])
    else {
      report.skip(.memory, .settings([sysctl]), isPartial: true)
      return
    }
    guard let pages, pages > 0, pages >= pressure else { return }
    let most = mostQueued(kind == .tcpMemory ? groups.connections : groups.datagrams)
    report.findings.append(
      Finding(
        kind, pages >= high ? .error : .warning, .machine, other: most?.process,
        listing: kind == .tcpMemory ? "--tcp --sort -recv_queue" : "--udp --sort -recv_queue",
        [
          Evidence(.pages, pages), Evidence(.pressurePages, pressure), Evidence(.limitPages, high),
          Evidence(.otherBytes, ifKnown: most?.bytes),
        ]))
  }

  /// The process with most bytes in the queues of some sockets; `nil` where there are none.
  private func mostQueued(_ rows: [UInt32]) -> (process: SocketHolder.Process, bytes: UInt64)? {
    var bytes: [Int32: UInt64] = [:]
    for row in rows {
      let record = snapshot.records[Int(row)]
      guard let index = snapshot.owners(at: Int(row)).first(where: { $0.processIndex != nil })?.processIndex else {
        continue
      }
      bytes[index, default: 0] += UInt64(record.receiveQueue) + UInt64(record.sendQueue)
    }
    guard let most = bytes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }), most.value > 0 else { return nil }
    let process = snapshot.processes[Int(most.key)]
    return (SocketHolder.Process(pid: process.pid, name: process.shownName), most.value)
  }

  /// The table of tracked connections, which drops new ones when it is full.
  func checkConntrack(into report: inout DoctorReport) {
    guard let count = now.settings[.trackedConnections].flatMap({ UInt64(exactly: $0) }),
      let limit = now.settings[.trackedConnectionLimit].flatMap({ UInt64(exactly: $0) })
    else {
      // Not there where the module is not loaded, unless the settings were not read at all.
      let isAbsent = now.settings[.acceptQueueLimit] != nil
      report.skip(.conntrack, isAbsent ? .absent : .settings([.trackedConnections, .trackedConnectionLimit]))
      return
    }
    let share = Self.percent(count, of: limit)
    if count > 0, share >= thresholds[.conntrack] {
      report.findings.append(
        Finding(
          .conntrackFull, share >= 95 ? .error : .warning, .namespace,
          [
            Evidence(.used, count), Evidence(.limit, limit), Evidence(.share, share),
            Evidence(.thresholdPercent, thresholds[.conntrack]),
          ]))
    }
    guard var lost = now.conntrack else {
      report.skip(.conntrack, .counters(["drop", "insert_failed", "early_drop"]), isPartial: true)
      return
    }
    if earlier != nil {
      guard let before = earlier?.conntrack, lost.drops >= before.drops, lost.insertFailed >= before.insertFailed,
        lost.earlyDrops >= before.earlyDrops
      else {
        report.skip(.conntrack, .counters(["drop", "insert_failed", "early_drop"]), isPartial: true)
        return
      }
      lost.drops -= before.drops
      lost.insertFailed -= before.insertFailed
      lost.earlyDrops -= before.earlyDrops
    }
    guard lost.drops > 0 || lost.earlyDrops > 0 || lost.insertFailed > 0 else { return }
    report.findings.append(
      Finding(
        .conntrackDrops, earlier == nil ? .note : .warning, .namespace, since: since,
        [
          Evidence(.drops, lost.drops), Evidence(.insertFailed, lost.insertFailed),
          Evidence(.earlyDrops, lost.earlyDrops), Evidence(.used, count), Evidence(.limit, limit),
        ]))
  }
}
