import KernelFormats
import LinuxSystem
public import SocketModel

/// Reads sockets and their owners, and joins the kernel's tables and its processes into a
/// `Snapshot`.
///
/// A scan has two phases. First the sockets are read, and rows that were not asked for are dropped
/// as they come. Only then are the owners of the remaining sockets looked for; when none of them
/// can have an owner, no process is looked at.
public struct Inspector: Sendable {
  /// Where it reads from.
  public let root: ProcRoot

  /// Makes an inspector of the given root.
  public init(root: ProcRoot) { self.root = root }

  /// Reads once what was asked for.
  ///
  /// - Parameters:
  ///   - request: which sockets to read, from where, and what to collect about them.
  ///   - keeping: a test that is asked once for each socket, before its owners are known; a row for
  ///     which it is false is dropped.
  ///   - undecided: whether it is unknown if a socket of a `/proc/net` table, or a copy of one, was
  ///     asked for; see `Snapshot.undecided`.
  /// - Throws: ``InspectionError`` when nothing at all could be read. A failure that affects only a
  ///   part is among the snapshot's problems.
  public func snapshot(
    _ request: InspectionRequest, keeping: RowTest? = nil, undecided: RowTest? = nil
  ) throws(InspectionError) -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    snapshot.problems = root.manifestProblems
    fillMeta(&snapshot.meta, requiredDetails: request.requiredDetails)
    let rowFilter = RowFilter(request, keeping: keeping, undecided: undecided)
    let wantsWorkloads = request.requiredDetails.contains(.workloads)
    var namespaces: NamespaceScan?
    if !request.transports.isEmpty {
      let wide = request.includingPeers
      let scanned = request.wantsPeers ? rowFilter.deferred : rowFilter
      if root.coversAllNamespaces {
        var scan = NamespaceScan(root: root, request: wide, rowFilter: scanned)
        let looksForOwners = request.requiredDetails.contains(.owners) && request.processes.isUnlimited
        try scan.run(includesHeld: !request.isFrugal && (request.wantsPeers || !looksForOwners), into: &snapshot)
        namespaces = scan
      } else {
        try SocketScan(root: root, request: wide, rowFilter: scanned).run(into: &snapshot)
      }
      if request.wantsPeers { PeerSelection(rowFilter: rowFilter).run(into: &snapshot) }
    }
    if request.requiredDetails.contains(.counters) { CounterReader(root: root).run(into: &snapshot) }
    if request.requiredDetails.contains(.marks) { noteMissingMarks(in: &snapshot) }
    var workloads = WorkloadSearch(root)
    if wantsWorkloads { workloads.nameSockets(in: &snapshot) }
    if request.requiredDetails.contains(.owners) || wantsWorkloads && WorkloadSearch.needsOwners(snapshot) {
      func search() -> OwnerSearch {
        OwnerSearch(
          root: root, limits: request.processes, requiredDetails: request.requiredDetails,
          inodes: InodeTable(snapshot.records))
      }
      var owners = search()
      var found = owners.find(snapshot.records)
      if namespaces?.readHeld(by: found.visits, into: &snapshot) ?? false {
        if wantsWorkloads { workloads.nameSockets(in: &snapshot) }
        owners = search()
        found = owners.find(snapshot.records)
      }
      let visits = owners.join(found, into: &snapshot)
      // Rows that were not asked for come last.
      let mayAddRows = snapshot.peerOnlyRows == 0 || !request.processes.listsUnlisted
      if mayAddRows, request.processes.reportsNamespaces || request.processes.listsUnlisted {
        UnlistedSockets(root: root, request: request, rowFilter: rowFilter).add(visits, to: &snapshot)
      }
      if snapshot.peers.areKnown { snapshot.collectPeerOwners() }
    }
    if wantsWorkloads { workloads.nameProcesses(in: &snapshot) }
    if request.replacesOwners { workloads.replaceOwners(in: &snapshot) }
    addNames(to: &snapshot, requiredDetails: request.requiredDetails)
    return snapshot
  }

  // The kernel reports the marks of all sockets or, without the capability, of none.
  private func noteMissingMarks(in snapshot: inout Snapshot) {
    guard snapshot.detailsWereReported, !snapshot.marksWereReported else { return }
    snapshot.problems.append(
      Problem(subject: .marks, cause: .unreadable(.capability("CAP_NET_ADMIN")), remedy: .runAsRoot(.marks)))
  }

  private func fillMeta(_ meta: inout SnapshotMeta, requiredDetails: RequiredDetails) {
    meta.hostName = root.hostName
    meta.kernelRelease = root.kernelRelease
    if root.isOwnKernel || root.shape == .live {
      meta.time = .now
      meta.ticksPerSecond = Clock.ticksPerSecond
      meta.netns = root.ownNamespace
    } else {
      meta.time = root.manifest?.time
      meta.ticksPerSecond = root.manifest?.clockTicks ?? meta.ticksPerSecond
      meta.netns = root.manifest?.netns
    }
    if requiredDetails.contains(.startTimes) { meta.bootTime = root.bootTime }
    if !root.isOwnKernel { meta.root = root.path }
  }

  // Names are this machine's: those of a captured tree's users are unknown.
  package func addNames(to snapshot: inout Snapshot, requiredDetails: RequiredDetails) {
    let isOwn = root.isOwnKernel || root.shape == .live
    guard isOwn || root.shape == .tree else { return }
    if requiredDetails.contains(.namespaceNames), snapshot.namespaces.isEmpty, root.isOwnKernel, root.hasProcesses {
      let catalog = NamespaceCatalog(root: root)
      let present = Set(snapshot.records.lazy.compactMap(\.networkNamespace))
      snapshot.namespaces = catalog.listed(in: root, only: present)
    }
    if requiredDetails.contains(.userNames), isOwn { snapshot.userNames = Users.names(of: userIDs(in: snapshot)) }
    if requiredDetails.contains(.interfaceNames), root.hasOwnInterfaces { nameInterfaces(in: &snapshot) }
    if requiredDetails.contains(.cgroupPaths) {
      let ids = Set(snapshot.records.lazy.map(\.cgroup)).subtracting([0])
      snapshot.cgroupPaths = WorkloadSearch(root).paths(of: ids)
    }
  }

  private func nameInterfaces(in snapshot: inout Snapshot) {
    // The numbers of interfaces in a capture are those of another machine.
    let captured = root.shape == .tree ? root.capturedInterfaces : nil
    var asked: Set<UInt32> = []
    for index in snapshot.records.indices where snapshot.records[index].interface != 0 {
      let interface = snapshot.records[index].interface
      guard snapshot.records[index].known.contains(.interface) else { continue }
      // Each namespace counts its interfaces for itself.
      if let netns = snapshot.records[index].networkNamespace, netns != snapshot.meta.netns ?? netns { continue }
      guard asked.insert(interface).inserted else { continue }
      if let captured {
        snapshot.interfaceNames[interface] = captured[interface]
      } else {
        snapshot.interfaceNames[interface] = Interfaces.name(of: interface)?.rawBytes
      }
    }
  }

  private func userIDs(in snapshot: Snapshot) -> Set<UInt32> {
    var uids = Set(snapshot.processes.lazy.compactMap(\.uid))
    var last: UInt32?
    // This includes those that the kernel prints for unknown ones, for output that prints the same.
    for index in snapshot.records.indices {
      // The sockets of a user are adjacent; this saves asking the set for each.
      if snapshot.records[index].uid != last {
        last = snapshot.records[index].uid
        uids.insert(snapshot.records[index].uid)
      }
    }
    return uids
  }
}

extension Timestamp {
  /// The current time.
  package static var now: Timestamp {
    let now = Clock.now()
    return Timestamp(seconds: now.seconds, nanoseconds: now.nanoseconds)
  }
}
