import Inspection
import KernelFormats
import LinuxSystem
import SocketModel

/// The scans of a watcher: all sockets each time, and their owners when that is worth its cost.
///
/// A walk through the descriptors of all processes costs more than everything else, so it takes
/// place when sockets appear about which nothing is known, and otherwise rarely, because sockets
/// can be passed on.
///
/// Any thread in the namespace that is read may do its work, one scan at a time.
final class WatchReader: Sendable {
  /// One scan.
  struct Scan: Sendable {
    var snapshot: Snapshot
    /// The same with what checks need, where it is to be kept.
    var kept: Snapshot?
    /// When it began and ended, in nanoseconds of the monotonic clock.
    let begun: UInt64
    let ended: UInt64
    /// The segments that were sent before it began, unless more were sent while it ran.
    var segments: SegmentCounts?
    /// Whether of TCP it has only the connections that may have changed.
    var isPartial = false
    /// Whether the owners were looked for, and whether in all processes.
    var isWalked = false
    var isWalkComplete = false
  }

  /// What the walks have found out so far.
  private struct Walks: Sendable {
    var last: UInt64 = 0
    var duration: UInt64 = 0
    var processes: [ProcessInfo] = []
    var obstacles: [Problem] = []
  }

  /// The transports that the kernel did not have when they were last asked for.
  private struct Absence: Sendable {
    var transports: Set<Transport> = []
    var checked: UInt64 = 0
  }

  /// The namespace that is read; `nil` when unknown. Where all are, the own one.
  let ownNamespace: NetworkNamespaceID?
  private let inspector: Inspector
  private let request: InspectionRequest
  private let wantsOwners: Bool
  private let wantsWorkloads: Bool
  /// What is known about control groups, which scans share.
  private let workloads: Locked<WorkloadSearch>
  private let walks = Locked(Walks())
  private let absence = Locked(Absence())

  /// What the last walk found out about processes, sorted by pid.
  var processes: [ProcessInfo] { walks.withLock { $0.processes } }

  /// How much of the time may be spent on walks: one part in this many.
  private static let urgentShare: UInt64 = 50
  private static let usualShare: UInt64 = 400
  private static let longestPause: UInt64 = 60_000_000_000
  /// How often transports are asked for again that the kernel did not have: each time it looks for a
  /// module in vain.
  private static let absencePause: UInt64 = 60_000_000_000

  /// Whether all network namespaces are read.
  var coversAllNamespaces: Bool { inspector.root.coversAllNamespaces }

  init(root: ProcRoot, request: InspectionRequest) {
    inspector = Inspector(root: root)
    var wanted = request
    // A socket is followed through all its states, and each event is tested for whether it is
    // shown.
    wanted.states = .all
    wanted.filter = .any
    wanted.processes = ProcessLimits()
    wanted.isFrugal = true
    wanted.namesAllNamespaces = true
    wanted.omitsItsOwn = true
    wantsOwners = request.requiredDetails.contains(.owners)
    wantsWorkloads = request.requiredDetails.contains(.workloads)
    workloads = Locked(WorkloadSearch(root))
    // The walk finds the owners, and the groups of their processes.
    wanted.requiredDetails.subtract([.owners, .workloads])
    self.request = wanted
    ownNamespace = root.ownNamespace
  }

  /// Whether a socket that the tracepoint reported is of a kind that is watched.
  func admits(_ record: SocketRecord) -> Bool {
    request.transports.contains(record.transport) && request.families.contains(record.family)
  }

  /// The transports that the next scan asks for: those that were requested, without those that the
  /// kernel did not have a moment ago.
  var askedTransports: Set<Transport> {
    let now = Clock.monotonicNanoseconds()
    let absent = absence.withLock { now &- $0.checked > Self.absencePause ? [] : $0.transports }
    return request.transports.subtracting(absent)
  }

  /// Reads all sockets. Either ``walk(_:)`` or ``keepObstacles(_:)`` must follow.
  ///
  /// - Parameters:
  ///   - keepsRows: whether to read what checks need too, and to keep all of it.
  ///   - active: the TCP connections that are enough, where no others have changed.
  ///   - countsSegments: whether the next scan may do with active ones.
  func readSockets(
    keepsRows: Bool = false, active: ActiveConnections? = nil, countsSegments: Bool = false
  ) throws(InspectionError) -> Scan {
    let begun = Clock.monotonicNanoseconds()
    if let active, let scan = try readActive(active, begun: begun) { return scan }
    let segments = countsSegments ? SegmentCounts(inspector.root) : nil
    var request = request
    request.transports = askedTransports
    let wanted = request.requiredDetails
    if keepsRows {
      // Where all details are wanted anyway, they must not become fewer.
      request.requiredDetails.formUnion(
        wanted.contains(.tcpInfo) ? .ofKeptScans.subtracting(.tellingDetailsOnly) : .ofKeptScans)
    }
    var snapshot = try inspector.snapshot(request)
    var kept = keepsRows ? snapshot : nil
    kept?.byteCounters = []
    if keepsRows { snapshot.reduce(to: wanted) }
    noteAbsence(in: snapshot, of: request.transports, at: begun)
    nameWorkloads(in: &snapshot)
    var scan = Scan(snapshot: snapshot, kept: kept, begun: begun, ended: Clock.monotonicNanoseconds())
    if let segments, SegmentCounts(inspector.root) == segments { scan.segments = segments }
    return scan
  }

  /// Reads the sockets, of TCP only the active connections; `nil` when these are not enough.
  private func readActive(_ active: ActiveConnections, begun: UInt64) throws(InspectionError) -> Scan? {
    let read = active.read(ownNamespace, counting: { SegmentCounts(inspector.root) }) {
      var wanted = self.request
      wanted.transports = [.tcp]
      wanted.states = .withoutSegments
      let snapshot = try? inspector.snapshot(wanted)
      return snapshot.flatMap { $0.problems.isEmpty && $0.lookedAt[.tcp] != nil ? $0 : nil }
    }
    guard let (tables, others, segments) = read else { return nil }
    var request = request
    request.transports = askedTransports.subtracting([.tcp])
    request.requiredTransports.remove(.tcp)
    var snapshot = try inspector.snapshot(request)
    for table in tables { table.move(into: &snapshot) }
    snapshot.records += others.records
    snapshot.userNames.merge(others.userNames) { new, _ in new }
    snapshot.interfaceNames.merge(others.interfaceNames) { new, _ in new }
    nameWorkloads(in: &snapshot)
    var scan = Scan(snapshot: snapshot, begun: begun, ended: Clock.monotonicNanoseconds())
    scan.segments = segments
    scan.isPartial = true
    return scan
  }

  private func nameWorkloads(in snapshot: inout Snapshot) {
    workloads.withLock { search in
      if wantsWorkloads { search.nameSockets(in: &snapshot) } else { search.restore(in: &snapshot) }
    }
  }

  /// Notes which transports no source has. One that was named stays asked for, as its absence is a
  /// problem.
  private func noteAbsence(in snapshot: Snapshot, of asked: Set<Transport>, at moment: UInt64) {
    guard asked == request.transports else { return }
    let troubled = Set(snapshot.problems.flatMap(\.transports))
    let known = Set(snapshot.lookedAt.keys).union(request.requiredTransports).union(troubled).union([.other])
    absence.withLock { $0 = Absence(transports: asked.subtracting(known), checked: moment) }
  }

  /// Whether it is time to look for owners.
  func isWalkDue(_ need: SocketTracker.OwnerNeed, now: UInt64) -> Bool {
    guard wantsOwners else { return false }
    let (last, duration) = walks.withLock { ($0.last, $0.duration) }
    let pause = now &- last
    if last == 0 || pause > max(Self.longestPause, duration * Self.usualShare) { return true }
    switch need {
    case .none: return false
    case .some: return pause > duration * Self.usualShare
    case .urgent: return pause > duration * Self.urgentShare
    }
  }

  /// Adds to a scan that does not look for owners the problems of the last one that did.
  func keepObstacles(_ scan: inout Scan) {
    scan.snapshot.problems += walks.withLock { $0.obstacles }
  }

  /// Looks for the owners of a scan's sockets.
  func walk(_ scan: inout Scan) {
    let start = Clock.monotonicNanoseconds()
    var requiredDetails = request.requiredDetails.union([.owners, .startTimes])
    if wantsWorkloads { requiredDetails.insert(.workloads) }
    OwnerSearch(
      root: inspector.root, limits: request.processes, requiredDetails: requiredDetails,
      inodes: InodeTable(scan.snapshot.records)
    ).run(into: &scan.snapshot)
    if scan.snapshot.peers.areKnown { scan.snapshot.collectPeerOwners() }
    let end = Clock.monotonicNanoseconds()
    workloads.withLock { search in
      if wantsWorkloads { search.nameProcesses(in: &scan.snapshot) }
      if request.replacesOwners { search.replaceOwners(in: &scan.snapshot) }
    }
    let processes = scan.snapshot.processes.sorted { $0.pid < $1.pid }
    if requiredDetails.contains([.userNames, .processUsers]) {
      inspector.addNames(to: &scan.snapshot, requiredDetails: requiredDetails)
    }
    let obstacles = scan.snapshot.problems.filter(\.costsOnlyOwners)
    walks.withLock { $0 = Walks(last: end, duration: end &- start, processes: processes, obstacles: obstacles) }
    scan.isWalked = true
    // Root may read everything; a refusal then means that the process is ending.
    scan.isWalkComplete = obstacles.allSatisfy { $0.kind == .forbidden && Users.effectiveUID == 0 }
  }

  // MARK: Processes

  /// Adds all running processes to the table.
  func addProcesses(to table: inout ProcessTable) {
    let root = inspector.root
    for pid in (try? root.processIDs()) ?? [] {
      guard let folder = try? ProcessFolder(pid, in: root), let stat = try? folder.stat else { continue }
      let namespace = (try? folder.folder.status(of: "ns/net")).map { NetworkNamespaceID(truncating: $0.inode) }
      table.add(
        pid, name: stat.name, startTime: stat.startTime, namespace: namespace, isKernel: stat.isKernelThread)
    }
  }

  /// What is read when watching begins.
  struct Beginning: Sendable {
    var processes = ProcessTable()
    var elsewhere: Snapshot?
    var scan: Scan
  }

  /// Reads the processes, the listeners elsewhere and the sockets when watching begins.
  ///
  /// - Parameter isTracing: whether the tracepoint reports on the whole machine, so that all of its
  ///   processes and listeners matter. Scans of all namespaces show all listeners.
  func begin(isTracing: Bool) throws(InspectionError) -> Beginning {
    var processes = ProcessTable()
    var elsewhere: Snapshot?
    if isTracing {
      addProcesses(to: &processes)
      if !coversAllNamespaces {
        elsewhere = ListenersElsewhere(root: inspector.root, ownNamespace: ownNamespace).read(processes.namespaces)
      }
    }
    var scan = try readSockets()
    if wantsOwners { walk(&scan) }
    return Beginning(processes: processes, elsewhere: elsewhere, scan: scan)
  }

  /// Looks up when a process started, and the other details that were asked for.
  var processDetails: @Sendable (Int32) -> ProcessInfo? {
    let requiredDetails = request.requiredDetails.intersection(.ofProcesses).union(.startTimes)
    return { [root = inspector.root] pid in try? ProcessFolder(pid, in: root).info(requiredDetails: requiredDetails) }
  }

  /// Looks up which network namespace a thread is in.
  var threadNamespace: @Sendable (Int32, Int32) -> NetworkNamespaceID? {
    { [root = inspector.root] pid, thread in
      (try? root.folder.status(of: "\(pid)/task/\(thread)/ns/net")).map {
        NetworkNamespaceID(truncating: $0.inode)
      }
    }
  }
}

extension SocketStateSet {
  /// The states of TCP in which no connection is: a socket gets into them and leaves them without a
  /// segment.
  static let withoutSegments = SocketStateSet([.listen, .boundInactive])
}

extension RequiredDetails {
  /// Those that are in a ``ProcessInfo``.
  fileprivate static let ofProcesses: RequiredDetails = [
    .executables, .processUsers, .arguments, .families, .parentNames, .workingDirectories, .workloads,
  ]
}
