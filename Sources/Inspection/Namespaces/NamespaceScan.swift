import KernelFormats
import LinuxSystem
import SocketModel

/// The first phase of a scan of all network namespaces: reads the sockets of each into one
/// snapshot, whose records have their namespace.
///
/// Who may enter namespaces (CAP_SYS_ADMIN) asks sock_diag in each of them, from threads that do
/// nothing else. Others read the tables of one of its processes, `/proc/PID/net`, which everyone
/// may. One such table costs a walk through the hash table of all namespaces, so first the counts
/// in `sockstat` and `sockstat6` are read, and then only the tables that have a socket.
struct NamespaceScan {
  let root: ProcRoot
  let request: InspectionRequest
  let rowFilter: RowFilter
  /// The namespaces that are known; empty before the scan and for a captured tree.
  private var catalog: NamespaceCatalog?
  /// The dumps that the kernel is known to lack, in every namespace.
  private var lackingDumps: [SockDiagError] = []

  init(root: ProcRoot, request: InspectionRequest, rowFilter: RowFilter) {
    self.root = root
    self.request = request
    self.rowFilter = rowFilter
  }

  /// What was read in one namespace.
  private enum Outcome: Sendable {
    case read(Snapshot, SocketScan.Tally, isWhole: Bool)
    /// It has ended.
    case gone
    case failed(SystemError)
  }

  /// Reads the own namespace, then all others.
  ///
  /// - Parameter includesHeld: whether to look for those that only descriptors refer to, which
  ///   takes a walk over all of these. Where the owners are looked for, that walk finds them; see
  ///   ``readHeld(by:into:)``.
  mutating func run(includesHeld: Bool, into snapshot: inout Snapshot) throws(InspectionError) {
    if root.shape == .tree { return try runCaptured(into: &snapshot) }
    var catalog = NamespaceCatalog(root: root)
    // Where certain ones are asked for, they may all be known without a walk.
    let areKnown = request.namespaces?.allSatisfy { catalog.entry($0) != nil } ?? false
    if includesHeld, !areKnown { catalog.addHeld(in: root) }
    let wanted = catalog.entries.filter { isWanted($0) }
    if request.namespaces == nil || wanted.contains(where: \.isOwn) {
      lackingDumps = try SocketScan(root: root, request: request, rowFilter: rowFilter).run(into: &snapshot)
    }
    read(wanted.filter { !$0.isOwn }, into: &snapshot)
    listNamespaces(of: catalog, in: &snapshot)
    noteUnseen(catalog, into: &snapshot)
    self.catalog = catalog
  }

  /// Reads the namespaces that only descriptors refer to, as a walk over these has found them.
  ///
  /// - Returns: whether rows were added.
  mutating func readHeld(by visits: [OwnerWalk.Visit], into snapshot: inout Snapshot) -> Bool {
    guard let new = catalog?.addHeld(by: visits), let catalog, !new.isEmpty else { return false }
    let count = snapshot.records.count
    read(new.filter { isWanted($0) }, into: &snapshot)
    guard snapshot.records.count > count else { return false }
    listNamespaces(of: catalog, in: &snapshot)
    return true
  }

  /// Whether a namespace is among those to read.
  private func isWanted(_ entry: NamespaceCatalog.Entry) -> Bool { request.namespaces?.contains(entry.id) ?? true }

  private func listNamespaces(of catalog: NamespaceCatalog, in snapshot: inout Snapshot) {
    let present = Set(snapshot.records.lazy.compactMap(\.networkNamespace))
    snapshot.namespaces = catalog.listed(in: root, only: request.namesAllNamespaces ? nil : present)
  }

  /// Reads the namespaces of a captured tree.
  private func runCaptured(into snapshot: inout Snapshot) throws(InspectionError) {
    try SocketScan(root: root, request: request, rowFilter: rowFilter).run(into: &snapshot)
    var request = request
    request.requiredTransports = []
    for namespace in root.manifest?.namespaces ?? [] where namespace.id != root.manifest?.netns {
      var part = Snapshot(meta: snapshot.meta)
      part.meta.netns = namespace.id
      do throws(SystemError) {
        let own = try root.captured(namespace.id)
        snapshot.namespaceReach.read.insert(namespace.id)
        guard let counts = own.socketCounts, !counts.hasNone else { continue }
        var rest = request
        rest.transports = request.transports.filter { counts.mayHaveAny($0) }
        if rest.transports.isEmpty { continue }
        _ = try? SocketScan(root: own, request: rest, rowFilter: rowFilter).run(into: &part)
        nameInterfaces(in: &part) { [names = own.capturedInterfaces] in names[$0] }
        part.problems.removeAll { if case .missing = $0.cause { true } else { false } }
        add(part, SocketScan.Tally(), to: &snapshot)
      } catch {
        snapshot.namespaceReach.failed.insert(namespace.id)
        snapshot.problems.append(
          Problem(subject: .namespace(namespace.label), cause: .unreadable(.call(CallFailure(error)))))
      }
    }
    let present = Set(snapshot.records.lazy.compactMap(\.networkNamespace))
    snapshot.namespaces = (root.manifest?.namespaces ?? []).filter { present.contains($0.id) }
  }

  /// Reads other namespaces, and asks for no dump that the kernel is known to lack.
  private func read(_ others: [NamespaceCatalog.Entry], into snapshot: inout Snapshot) {
    let outcomes = Locked<[Outcome]>(Array(repeating: .gone, count: others.count))
    let meta = snapshot.meta
    let mayEnter = Capability.sysAdmin.isHeld
    // The threads that enter namespaces cannot be used for anything else, so even the first is a
    // thread of its own.
    let isDone: Void? = onThreadOfItsOwn {
      parallelForEach(count: others.count) { index in
        let outcome = self.outcome(of: others[index], meta: meta, mayEnter: mayEnter)
        outcomes.withLock { $0[index] = outcome }
      }
    }
    if isDone == nil {
      snapshot.namespaceReach.failed.formUnion(others.map(\.id))
      snapshot.problems.append(
        Problem(
          subject: .namespaces(count: others.count),
          cause: .unreadable(.call(CallFailure(SystemError("pthread_create", code: SystemError.tryAgain))))))
      return
    }
    // Each outcome is taken out of the only array that holds it, so that its records are moved.
    var done = outcomes.withLock { outcomes in
      let taken = outcomes
      outcomes = []
      return taken
    }
    var unreachable = 0
    for index in done.indices {
      let outcome = done[index]
      done[index] = .gone
      switch outcome {
      case .gone: break
      case .read(let part, let tally, let isWhole):
        if isWhole {
          snapshot.namespaceReach.read.insert(others[index].id)
        } else {
          snapshot.namespaceReach.failed.insert(others[index].id)
        }
        add(part, tally, to: &snapshot)
      case .failed(let error):
        snapshot.namespaceReach.failed.insert(others[index].id)
        if error.isForbidden, others[index].processes.isEmpty {
          unreachable += 1
        } else {
          snapshot.problems.append(
            Problem(
              subject: .namespace(ListedNamespace(id: others[index].id, process: others[index].processes.first).label),
              cause: .unreadable(.call(CallFailure(error)))))
        }
      }
    }
    if unreachable > 0 {
      snapshot.problems.append(
        Problem(
          subject: .namespaces(count: unreachable), cause: .forbidden(.namespaces),
          remedy: root.remedy(for: .namespaces)))
    }
  }

  /// Adds what was read in another namespace. A problem that several have is reported once.
  private func add(_ part: Snapshot, _ tally: SocketScan.Tally, to snapshot: inout Snapshot) {
    for problem in part.problems where !snapshot.problems.contains(problem) { snapshot.problems.append(problem) }
    snapshot.fromTables.formUnion(tally.fromTables.union(part.fromTables))
    snapshot.undecided.formUnion(part.undecided)
    if part.detailsWereReported { snapshot.detailsWereReported = true }
    if part.marksWereReported { snapshot.marksWereReported = true }
    if part.meta.source != snapshot.meta.source { snapshot.meta.source = "sock_diag+proc" }
    snapshot.interfaceNamesElsewhere.merge(part.interfaceNamesElsewhere) { first, _ in first }
    snapshot.waitingClients += part.waitingClients
    snapshot.byteCounters += part.byteCounters
    snapshot.append(records: part.records, details: part.details, names: part.names)
  }

  /// Notes which namespaces may exist besides those that were found.
  private func noteUnseen(_ catalog: NamespaceCatalog, into snapshot: inout Snapshot) {
    if catalog.processesNotAsked > 0 || catalog.hidesProcesses {
      snapshot.problems.append(
        Problem(
          subject: .namespaces(count: nil),
          cause: .forbidden(
            .namespacesOfProcesses(count: catalog.processesNotAsked, hidesOthers: catalog.hidesProcesses)),
          remedy: root.remedy(for: .namespaces)))
    }
    if root.isOfNestedProcesses {
      snapshot.problems.append(
        Problem(subject: .namespaces(count: nil), cause: .forbidden(.namespacesOutside), remedy: .leaveContainer))
    }
  }

  // MARK: One namespace

  private func outcome(of entry: NamespaceCatalog.Entry, meta: SnapshotMeta, mayEnter: Bool) -> Outcome {
    var part = Snapshot(meta: meta)
    part.meta.netns = entry.id
    var tally = SocketScan.Tally()
    var failure: SystemError?
    if mayEnter || entry.processes.isEmpty {
      do throws(SystemError) {
        guard try entry.enter(from: root) else { return .gone }
        let isWhole = scan(into: &part)
        return .read(part, tally, isWhole: isWhole)
      } catch {
        guard error.isForbidden else { return .failed(error) }
        failure = error
      }
    }
    // The first process may have ended.
    for pid in entry.processes {
      do throws(SystemError) {
        try readTables(of: pid, in: entry, &tally, into: &part)
        return .read(part, tally, isWhole: tally.failedTables.isEmpty)
      } catch {
        if !error.isGone { failure = error }
      }
    }
    return failure.map { .failed($0) } ?? .gone
  }

  /// Asks sock_diag in the namespace that the thread has entered, or reads its tables as the
  /// request has it.
  ///
  /// - Returns: whether that could be done.
  private func scan(into part: inout Snapshot) -> Bool {
    var isWhole = true
    var request = request
    request.requiredTransports = []
    request.isFrugal = true
    if let counts = root.socketCounts {
      if counts.hasNone { return true }
      if counts.tcpSockets == 0 {
        // Only bound sockets are not counted.
        var bound = request
        bound.transports = request.transports.intersection([.tcp])
        bound.states = request.states.intersection(SocketStateSet(.boundInactive))
        if !bound.transports.isEmpty, !bound.states.isEmpty { isWhole = scan(bound, into: &part) }
        request.transports.subtract([.tcp, .mptcp])
      }
      if counts.udpSockets == 0 { request.transports.remove(.udp) }
    }
    if !request.transports.isEmpty { isWhole = scan(request, into: &part) && isWhole }
    nameInterfaces(in: &part) { Interfaces.name(of: $0)?.rawBytes }
    return isWhole
  }

  /// Adds the names of the interfaces of the sockets in a namespace.
  private func nameInterfaces(in part: inout Snapshot, _ name: (UInt32) -> [UInt8]?) {
    guard request.requiredDetails.contains(.interfaceNames), let namespace = part.meta.netns else { return }
    for index in Set(part.records.lazy.filter { $0.known.contains(.interface) }.map(\.interface)) where index != 0 {
      part.interfaceNamesElsewhere[InterfaceElsewhere(namespace: namespace, index: index)] = name(index)
    }
  }

  private func scan(_ request: InspectionRequest, into part: inout Snapshot) -> Bool {
    do throws(InspectionError) {
      var scan = SocketScan(root: root, request: request, rowFilter: rowFilter)
      scan.lackingDumps = lackingDumps
      try scan.run(into: &part)
      return true
    } catch {
      // That nothing of a transport can be read is true of the own namespace too, and said there.
      return false
    }
  }

  /// Reads those tables of a process's namespace that have sockets.
  private func readTables(
    of pid: Int32, in entry: NamespaceCatalog.Entry, _ tally: inout SocketScan.Tally, into part: inout Snapshot
  ) throws(SystemError) {
    let process = try root.process(pid)
    if !entry.hasNumber, NetworkNamespaceID(truncating: try process.tablesInode) != entry.id {
      throw SystemError("open", "\(pid)/net", code: SystemError.absent)
    }
    let tables = request.transports.flatMap { ProcSource.tables(of: $0, families: request.families) }
    let counts = process.socketCounts
    let source = ProcSource(root: process, rowFilter: rowFilter, byteOrder: nil)
    source.read(tables.filter { counts?.mayFill($0) ?? true }, tally: &tally, into: &part)
  }
}
