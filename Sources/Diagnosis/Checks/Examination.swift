package import SocketModel

/// What was read at one moment.
package struct SystemScan: Sendable {
  /// The sockets, with the counters of the kernel; the rows of an earlier scan need no owners.
  package var snapshot: Snapshot
  package var settings: SystemSettings
  /// The descriptors of processes; `nil` where they were not asked for.
  package var descriptors: DescriptorUses?
  /// What else the table of tracked connections counts, since boot; `nil` when unknown.
  package var conntrack: ConntrackCounts?
  /// The UDP sockets with `SO_REUSEPORT`, by inode; a socket that is missing was not asked or may not
  /// be.
  package var reusesPort: [UInt64: Bool] = [:]
  /// Whether the running kernel was asked, in the namespace of the reader.
  package var isLive = false
  /// The checks whose data was left out because it costs too much to read again and again.
  package var leftOut: Set<Check> = []

  package init(_ snapshot: Snapshot, settings: SystemSettings = SystemSettings()) {
    self.snapshot = snapshot
    self.settings = settings
  }
}

/// The checks of a machine's sockets: pure functions of what was read, once or twice.
package struct Examination: Sendable {
  package let now: SystemScan
  /// An earlier scan, which makes counters differences.
  package let earlier: SystemScan?
  package let checks: Set<Check>
  package let thresholds: Thresholds
  let groups: RowGroups

  /// Prepares some checks.
  package init(
    _ now: SystemScan, earlier: SystemScan? = nil, checks: Set<Check> = Set(Check.allCases),
    thresholds: Thresholds = Thresholds()
  ) {
    self.now = now
    self.earlier = earlier
    self.checks = checks
    self.thresholds = thresholds
    groups = RowGroups(now.snapshot)
  }

  /// Makes the checks.
  package func run() -> DoctorReport {
    var report = DoctorReport()
    report.checks = Check.allCases.filter(checks.contains)
    report.sockets = snapshot.records.count
    report.isWithoutProc = snapshot.lackOfProcesses?.cause == .forbidden(.noProc)
    for check in report.checks { run(check, into: &report) }
    report.sort()
    return report
  }

  private func run(_ check: Check, into report: inout DoctorReport) {
    if let transports = unread(for: check) {
      report.skip(check, .sockets(transports))
      return
    }
    if now.leftOut.contains(check) {
      report.skip(check, .leftOut)
      return
    }
    switch check {
    case .acceptQueue: checkAcceptQueues(into: &report)
    case .listenDrops: checkListenDrops(into: &report)
    case .backlog: checkBacklogs(into: &report)
    case .synQueue: checkSynQueues(into: &report)
    case .closeWait: checkCloseWait(into: &report)
    case .resetSockets: checkResetSockets(into: &report)
    case .orphans: checkOrphans(into: &report)
    case .timeWait: checkTimeWait(into: &report)
    case .ephemeralPorts: checkEphemeralPorts(into: &report)
    case .serverPorts: checkServerPorts(into: &report)
    case .descriptors: checkDescriptors(into: &report)
    case .udpDrops: checkUDPDrops(into: &report)
    case .zeroWindow: checkZeroWindow(into: &report)
    case .sendBuffer: checkSendBuffers(into: &report)
    case .retransmits: checkRetransmits(into: &report)
    case .unanswered: checkUnanswered(into: &report)
    case .unread: checkUnread(into: &report)
    case .memory: checkMemory(into: &report)
    case .conntrack: checkConntrack(into: &report)
    case .exposure: checkExposure(into: &report)
    case .inherited: checkInherited(into: &report)
    case .noOwner: checkNoOwner(into: &report)
    case .sharedUDP: checkSharedUDP(into: &report)
    case .keepalive: checkKeepalive(into: &report)
    }
  }

  /// The transports without which a check has nothing to look at and that were not read; `nil` when
  /// it has what it needs.
  private func unread(for check: Check) -> [Transport]? {
    let needed: Transport? =
      switch check {
      case .descriptors, .conntrack, .memory, .exposure, .noOwner: nil
      case .udpDrops, .sharedUDP: .udp
      default: .tcp
      }
    guard let needed, snapshot.lookedAt[needed] == nil else { return nil }
    return [needed]
  }

  // MARK: What the checks share

  var snapshot: Snapshot { now.snapshot }

  /// Whether limits, ages and drops of TCP are known: sock_diag or a recorded answer of it was read.
  var hasDetails: Bool { !snapshot.fromTables.contains(.tcp) }

  /// Skips a check because the tables have neither ages nor limits; false when they are known.
  func skips(_ check: Check, withoutDetails report: inout DoctorReport, isPartial: Bool = false) -> Bool {
    guard !hasDetails else { return false }
    report.skip(check, .details, isPartial: isPartial)
    return true
  }

  /// The age of a socket's last sign of its peer, in milliseconds; `nil` when it is not known.
  func silence(_ row: Int) -> UInt64? { figure(.lastAckReceived, row) }

  /// A figure of `tcp_info`; `nil` when it is not known.
  func figure(_ metric: TCPMetric, _ row: Int) -> UInt64? {
    let index = snapshot.records[row].detailIndex
    guard index != SocketRecord.noIndex else { return nil }
    return snapshot.details[Int(index)].tcp?[metric]
  }

  /// Whether the settings and counters are those of the namespace of a socket.
  func isOfOwnNamespace(_ record: SocketRecord) -> Bool {
    guard let own = snapshot.meta.netns, let its = record.networkNamespace else { return true }
    return own == its
  }

  /// A share of a limit in whole percent, rounded down; 100 where there is no limit above 0.
  static func percent(_ part: UInt64, of whole: UInt64) -> UInt64 {
    guard whole > 0 else { return 100 }
    let (product, overflow) = part.multipliedReportingOverflow(by: 100)
    return overflow ? part / max(1, whole / 100) : product / whole
  }

  /// The arguments that list the sockets of a row's local port.
  func listing(_ record: SocketRecord, _ more: String = "") -> String {
    "--\(record.transport.name) --local-port \(record.localPort)" + more
  }
}

// MARK: Counters

extension Examination {
  /// A counter of the kernel since boot or, with two scans, between them; `nil` when it is
  /// unknown.
  func counter(_ group: StaticString, _ name: StaticString) -> UInt64? {
    guard let value = now.snapshot.counter(group, name) else { return nil }
    guard let earlier else { return value }
    guard let before = earlier.snapshot.counter(group, name) else { return nil }
    // A counter that went back was of another boot.
    return value >= before ? value - before : nil
  }

  /// What counters are about.
  var since: Finding.Since { earlier == nil ? .boot : .interval }

  /// How many of a socket's drops are new since the earlier scan; all of them with one scan, and
  /// for a socket that is new. `nil` when they are not known.
  func drops(_ row: Int, _ before: [SocketIdentity: UInt32]) -> UInt64? {
    let record = snapshot.records[row]
    guard record.known.contains(.drops) else { return nil }
    guard earlier != nil, let identity = record.identity, let old = before[identity] else {
      return UInt64(record.drops)
    }
    return UInt64(record.drops >= old ? record.drops - old : record.drops)
  }

  /// The drops that the sockets of a transport had in the earlier scan.
  func earlierDrops(_ isWanted: (SocketRecord) -> Bool) -> [SocketIdentity: UInt32] {
    guard let earlier else { return [:] }
    var drops: [SocketIdentity: UInt32] = [:]
    for record in earlier.snapshot.records where record.known.contains(.drops) && isWanted(record) {
      if let identity = record.identity { drops[identity] = record.drops }
    }
    return drops
  }
}

extension Snapshot {
  /// A counter of the kernel since boot; `nil` when it is not among those that were read.
  func counter(_ group: StaticString, _ name: StaticString) -> UInt64? {
    let (group, name) = (Array(group.description.utf8), Array(name.description.utf8))
    for candidate in counters where candidate.name == group {
      for counter in candidate.counters where counter.name == name { return counter.value }
    }
    return nil
  }
}
