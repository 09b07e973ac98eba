import LinuxSystem
package import SocketModel

/// Where the owners of sockets are found: the descriptors of all processes, live or in a captured
/// tree.
protocol OwnerSource: Sendable {
  /// Finds who has the sockets of some records.
  func find(_ records: [SocketRecord]) -> OwnerFindings
}

/// One wanted socket that a process has, by one of its descriptors.
struct HeldSocket: Sendable {
  /// The first row with the socket's inode; `InodeTable` has the others.
  let firstRow: UInt32
  let descriptor: Int32
  var flags = Snapshot.unknownFlags
  /// The slot of an io_uring, whose descriptor is ``descriptor``, or the id of the thread whose
  /// table has it; meaningless for other attributions.
  var number: Int32 = -1
}

/// The wanted sockets of a process, or of one range of its descriptors.
struct ProcessHoldings: Sendable {
  let pid: Int32
  /// The first descriptor of the range.
  var from: Int32 = 0
  /// What is shown of the process; `nil` in all but the first range.
  let info: ProcessInfo?
  let sockets: [HeldSocket]
  /// How the sockets were found.
  var attribution = Attribution.descriptor
  /// The thread whose table it is, where threads are listed apart; 0 for the process itself.
  var task: Int32 = 0

  /// The holdings without some of the sockets.
  func without(_ isLeftOut: (HeldSocket) -> Bool) -> ProcessHoldings {
    guard sockets.contains(where: isLeftOut) else { return self }
    return ProcessHoldings(
      pid: pid, from: from, info: info, sockets: sockets.filter { !isLeftOut($0) }, attribution: attribution,
      task: task)
  }
}

/// What a source found.
struct OwnerFindings: Sendable {
  /// Whether owners could be looked for. If not, the owners of all sockets are unknown.
  var isKnown = true
  /// Who has which of the wanted sockets, in any order.
  var holdings: [ProcessHoldings] = []
  /// What kept owners from being found.
  var problems: [Problem] = []
  /// See `Snapshot.foundNoProcess`, `Snapshot.foundOwnedSocket` and `Snapshot.lockedProcesses`.
  var foundNoProcess = false
  var foundOwnedSocket = false
  var lockedProcesses = 0
  /// Owners that are not processes, each with its row.
  var others: [(row: Int, owner: Owner)] = []
  /// The names of the interfaces that these owners refer to.
  var interfaceNames: [UInt32: [UInt8]] = [:]
  /// What could not be seen; see `Snapshot.ownerReason(at:)`.
  var limits = OwnerSearchLimits()
  /// What was found in each process, for code that examines what is missing.
  var visits: [OwnerWalk.Visit] = []

  /// Findings without owners, because they could not be looked for, and why.
  static func unknown(_ problems: [Problem]) -> OwnerFindings {
    OwnerFindings(isKnown: false, problems: problems)
  }
}

/// The search for the owners of a snapshot's sockets: asks the source that suits the root, and
/// joins what it found.
package struct OwnerSearch: Sendable {
  private let walk: OwnerWalk

  /// Prepares the search for the owners of the rows in a table of inodes.
  package init(
    root: ProcRoot, limits: ProcessLimits, requiredDetails: RequiredDetails, inodes: InodeTable, threads: Int? = nil
  ) {
    walk = OwnerWalk(
      root: root, limits: limits, requiredDetails: requiredDetails, inodes: inodes,
      threads: threads ?? availableProcessors())
  }

  /// Finds the owners and puts them into the snapshot, with a problem when processes may not be
  /// read.
  ///
  /// - Returns: what was found in each process, for code that examines what is missing.
  @discardableResult
  package func run(into snapshot: inout Snapshot) -> [OwnerWalk.Visit] {
    join(find(snapshot.records), into: &snapshot)
  }

  /// Finds the owners of a snapshot's records.
  func find(_ records: [SocketRecord]) -> OwnerFindings { Self.source(walk).find(records) }

  /// Puts what was found of a snapshot's records into it; see ``run(into:)``.
  func join(_ found: OwnerFindings, into snapshot: inout Snapshot) -> [OwnerWalk.Visit] {
    var found = found
    if snapshot.peers.areKnown, !walk.limits.isUnlimited { addPeers(of: snapshot, to: &found) }
    OwnerJoin(
      inodes: walk.inodes, keepsAllProcesses: walk.limits.reportsAll,
      keepsFlags: walk.requiredDetails.contains(.descriptorFlags)
    ).join(found, into: &snapshot)
    return found.visits
  }

  private static func source(_ walk: OwnerWalk) -> any OwnerSource {
    if !walk.root.hasProcesses { return NoProcesses(root: walk.root, limits: walk.limits) }
    return walk.root.shape == .tree ? CapturedProcesses(walk: walk) : LiveProcesses(walk: walk)
  }

  /// Adds the owners of the other ends, which any process can be, where only some were walked.
  ///
  /// A socket without an owner in the walked processes does not match, so its other end does not
  /// matter.
  private func addPeers(of snapshot: Snapshot, to found: inout OwnerFindings) {
    guard found.isKnown else { return }
    var isPeer = [Bool](repeating: false, count: snapshot.records.count)
    var isAny = false
    func note(_ row: Int) {
      for peer in snapshot.peers.rows(at: row) {
        guard let first = walk.inodes.firstRow(of: snapshot.records[Int(peer)].inode) else { continue }
        isAny = true
        walk.inodes.forEachRow(HeldSocket(firstRow: first, descriptor: 0)) { isPeer[$0] = true }
      }
    }
    if walk.limits.findsSocketsOfUsersElsewhere {
      snapshot.listedRows.forEach(note)
    } else {
      for process in found.holdings { for socket in process.sockets { walk.inodes.forEachRow(socket, note) } }
    }
    guard isAny else { return }
    var limits = ProcessLimits()
    limits.findsHiddenOwners = walk.limits.findsHiddenOwners
    let wider = walk.walk(over: limits, for: snapshot.records) { isPeer[$0] }
    let others = Self.source(wider).find(snapshot.records)
    // The wider walk found all owners of these.
    found.holdings = found.holdings.map { $0.without { isPeer[Int($0.firstRow)] } } + others.holdings
    for process in others.holdings {
      for socket in process.sockets { wider.inodes.forEachRow(socket) { isPeer[$0] = false } }
    }
    guard isPeer.contains(true) else { return }
    for problem in others.problems where !found.problems.contains(problem) { found.problems.append(problem) }
    found.lockedProcesses = max(found.lockedProcesses, others.lockedProcesses)
  }
}
