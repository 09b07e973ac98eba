import SocketModel

// MARK: inherited, no-owner, shared-udp

extension Examination {
  /// Listeners that a process has only because nobody closed them before it was started: its
  /// descriptor is not close-on-exec, and it runs no program that serves.
  func checkInherited(into report: inout DoctorReport) {
    guard now.isLive else {
      report.skip(.inherited, .needsLiveKernel)
      return
    }
    guard snapshot.hasOwners, snapshot.descriptorFlags.count == snapshot.owners.count else {
      report.skip(.inherited, .noProcesses)
      return
    }
    if let reason = lackOfProcesses { report.skip(.inherited, reason, isPartial: true) }
    var isUnknown = false
    for row in groups.listeners {
      let range = snapshot.ownerRange(at: Int(row))
      guard !range.isEmpty else { continue }
      // systemd keeps the listeners that it passes to services.
      let owners = range.filter { (snapshot.owners[$0].pid ?? 1) != 1 }
      guard let first = owners.first(where: { isInheritor($0, &isUnknown) }),
        let process = snapshot.process(of: snapshot.owners[first])
      else { continue }
      let record = snapshot.records[Int(row)]
      let inheritor = SocketHolder.Process(pid: process.pid, name: process.shownName)
      report.findings.append(
        Finding(
          .inherited, .warning, .socket(row: Int(row)), holder: snapshot.holder(at: Int(row)), other: inheritor,
          rows: [row], listing: listing(record, " --columns +pid,parent,command"),
          [Evidence(.flags, UInt64(snapshot.descriptorFlags[first]))]))
    }
    if isUnknown, lackOfProcesses == nil {
      report.skip(.inherited, .needsRoot, isPartial: true)
    }
  }

  private func isInheritor(_ owner: Int, _ isUnknown: inout Bool) -> Bool {
    guard let closes = snapshot.closesOnExec(owner: owner),
      let executable = snapshot.process(of: snapshot.owners[owner])?.executable
    else {
      isUnknown = true
      return false
    }
    guard !closes else { return false }
    let name = executable.split(separator: UInt8(ascii: "/")).last.map { String(decoding: $0, as: UTF8.self) } ?? ""
    return Self.neverServe.contains(name)
  }

  /// Programs that never accept a connection, which are what servers usually start. Not busybox,
  /// rsync, zsh and gawk, which can.
  private static let neverServe: Set<String> = [
    "sleep", "sh", "dash", "bash", "ash", "cat", "tail", "tee", "less", "more", "grep", "sed", "awk", "mawk", "find",
    "tar", "gzip", "cp", "mv", "timeout", "nohup", "env", "watch", "top", "vi", "vim", "nano", "git", "make", "curl",
    "wget", "ping", "yes", "xargs", "logger", "crond", "cron",
  ]

  /// Sockets that no process has, although all processes were read.
  func checkNoOwner(into report: inout DoctorReport) {
    if let reason = lackOfProcesses {
      report.skip(.noOwner, reason)
      return
    }
    for row in snapshot.records.indices {
      let record = snapshot.records[row]
      // A connection may have ended while the processes were read.
      guard record.transport == .tcp || record.transport == .udp, !record.hasPeer, record.state != .unhashed,
        isOfOwnNamespace(record), snapshot.lacksOwner(at: row),
        !snapshot.ownerSearchLimits.ended.contains(record.inode)
      else { continue }
      report.findings.append(
        Finding(
          .noOwner, .note, .socket(row: row), holder: .noProcess, rows: [UInt32(truncatingIfNeeded: row)],
          listing: listing(record, " --columns +owner_reason,inode"), []))
    }
  }

  /// UDP sockets with one address and port: with `SO_REUSEADDR` the last one that was bound gets all
  /// unicast, with `SO_REUSEPORT` they share it.
  func checkSharedUDP(into report: inout DoctorReport) {
    var groups: [SocketEnds: [UInt32]] = [:]
    var order: [SocketEnds] = []
    for row in self.groups.datagrams {
      let record = snapshot.records[Int(row)]
      guard record.transport == .udp, !record.hasPeer, record.localPort != 0, isOfOwnNamespace(record),
        !record.isOfMulticast
      else { continue }
      if groups[record.ends] == nil { order.append(record.ends) }
      groups[record.ends, default: []].append(row)
    }
    for ends in order {
      guard let rows = groups[ends], rows.count > 1 else { continue }
      let reuse = rows.map { now.reusesPort[snapshot.records[Int($0)].inode] }
      guard reuse.allSatisfy({ $0 != nil }) else {
        let reason: SkippedCheck.Reason = now.isLive ? .needsRoot : .needsLiveKernel
        report.skip(.sharedUDP, reason, isPartial: true)
        continue
      }
      guard reuse.contains(false) else { continue }
      let record = snapshot.records[Int(rows[0])]
      report.findings.append(
        Finding(
          .sharedUDP, .warning, .socket(row: Int(rows[0])), holder: snapshot.holder(at: Int(rows[0])),
          other: rows.dropFirst().lazy.compactMap { firstProcess(at: Int($0)) }.first, rows: rows,
          listing: listing(record), [Evidence(.sockets, UInt64(rows.count))]))
    }
  }
}

extension SocketRecord {
  /// Whether it is bound to a multicast address, or to the port of multicast DNS, SSDP or LLMNR,
  /// which each socket gets.
  fileprivate var isOfMulticast: Bool {
    if localPort == 5353 || localPort == 1900 || localPort == 5355 { return true }
    return family == .ipv4 ? localBits >> 28 == 0xE : localBits >> 120 == 0xFF
  }
}
