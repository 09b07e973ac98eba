import CommandLine
import Diagnosis
import Inspection
import LinuxSystem
import SocketModel

/// Reads what the checks of `doctor` look at, and no more than those that were asked for need.
struct DoctorReader {
  let plan: DoctorPlan
  let root: ProcRoot

  init(_ plan: DoctorPlan, _ root: ProcRoot) {
    self.plan = plan
    self.root = root
  }

  /// The settings that the checks compare with.
  static let sysctls: [Sysctl] = [
    .acceptQueueLimit, .ephemeralPorts, .reservedPorts, .orphanLimit, .timeWaitLimit, .timeWaitReuse, .tcpMemory,
    .udpMemory, .receiveBufferLimit, .trackedConnections, .trackedConnectionLimit, .openFiles,
  ]

  /// Reads once.
  func read() throws(InspectionError) -> SystemScan {
    try read(plan.request(isOwnKernel: root.isOwnKernel && root.hasProcesses))
  }

  /// Reads certain sockets.
  func read(_ request: InspectionRequest) throws(InspectionError) -> SystemScan {
    let snapshot = try Inspector(root: root).snapshot(request)
    var scan = SystemScan(snapshot, settings: root.settings(Self.sysctls, countsSockets: true))
    // A table of counters that is not there is a check that is skipped, and says so.
    scan.snapshot.problems.removeAll { if case .counters = $0.subject { true } else { false } }
    scan.isLive = root.isOwnKernel && root.hasProcesses
    if plan.checks.contains(.descriptors) { scan.descriptors = root.descriptorUses() }
    if plan.checks.contains(.conntrack) { scan.conntrack = root.conntrackCounts }
    guard scan.isLive else { return scan }
    if plan.checks.contains(.serverPorts) { markChosenPorts(in: &scan) }
    if plan.checks.contains(.inherited) { addFlags(to: &scan.snapshot) }
    if plan.checks.contains(.sharedUDP) { askSharedPorts(of: &scan) }
    return scan
  }

  /// Marks the listeners whose port the kernel chose, when there is one that could be: the kernel is
  /// asked for listeners alone.
  func markChosenPorts(in scan: inout SystemScan) {
    guard let range = scan.settings.ephemeralPorts,
      scan.snapshot.records.contains(where: { $0.state == .listen && range.contains($0.localPort) })
    else { return }
    var request = InspectionRequest()
    request.transports = [.tcp]
    request.states = SocketStateSet(.listen)
    request.requiredDetails = .autobound
    request.source = plan.list.source
    guard let listeners = try? Inspector(root: root).snapshot(request) else { return }
    var chosen: Set<UInt64> = []
    for record in listeners.records where record.flags.contains(.isAutobound) { chosen.insert(record.knownCookie) }
    for row in scan.snapshot.records.indices {
      let record = scan.snapshot.records[row]
      guard record.state == .listen, record.knownCookie != 0, chosen.contains(record.knownCookie) else { continue }
      scan.snapshot.records[row].flags.insert(.isAutobound)
    }
  }

  /// Adds the flags of the descriptors of listeners, and the programs that have them. For all sockets
  /// that would cost a file each.
  private func addFlags(to snapshot: inout Snapshot) {
    guard snapshot.hasOwners else { return }
    snapshot.descriptorFlags = Array(repeating: Snapshot.unknownFlags, count: snapshot.owners.count)
    for row in snapshot.records.indices where snapshot.records[row].isInternetListener {
      for index in snapshot.ownerRange(at: row) {
        let owner = snapshot.owners[index]
        guard let pid = owner.pid, let descriptor = owner.descriptor, let place = owner.processIndex,
          let folder = try? ProcessFolder(pid, in: root)
        else { continue }
        snapshot.descriptorFlags[index] = folder.flags(of: descriptor) ?? Snapshot.unknownFlags
        if snapshot.processes[Int(place)].executable == nil {
          snapshot.processes[Int(place)].executable = (try? folder.executable) ?? nil
        }
      }
    }
  }

  /// Asks the UDP sockets that share an address and a port whether they have `SO_REUSEPORT`.
  private func askSharedPorts(of scan: inout SystemScan) {
    let snapshot = scan.snapshot
    var first: [SocketEnds: Int] = [:]
    var shared: Set<Int> = []
    for row in snapshot.records.indices {
      let record = snapshot.records[row]
      guard record.transport == .udp, !record.hasPeer, record.localPort != 0 else { continue }
      if let other = first[record.ends] {
        shared.formUnion([other, row])
      } else {
        first[record.ends] = row
      }
    }
    for (row, options) in HolderOptions(of: snapshot, rows: shared.sorted()).options {
      scan.reusesPort[snapshot.records[row].inode] = options.reuse.contains(.port)
    }
  }
}
