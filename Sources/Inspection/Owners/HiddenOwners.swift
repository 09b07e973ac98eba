import KernelFormats
import LinuxSystem
import SocketModel

/// The search for the owners of sockets that no descriptor refers to: what is looked at only when
/// the walk has left a socket of the listing without an owner, because each of these places costs
/// more calls for every process.
struct HiddenOwners {
  let walk: OwnerWalk
  let pids: [Int32]
  let records: [SocketRecord]

  /// The processes that were found here, with what they have.
  private(set) var visits: [OwnerWalk.Visit] = []
  /// The owners that are not processes.
  private(set) var others: [(row: Int, owner: Owner)] = []
  /// The names of the interfaces of these owners.
  private(set) var interfaceNames: [UInt32: [UInt8]] = [:]
  /// The inodes of sockets that have ended meanwhile.
  private(set) var ended: Set<UInt64> = []

  /// What the walk found.
  private let walked: [OwnerWalk.Visit]
  /// The processes whose names are known.
  private var named: Set<Int32>
  /// Which rows have an owner by now.
  private var isFound: [Bool]
  /// The rows of sockets that can have an owner and have none.
  private var missed: [Int]

  /// The most sockets that are said to be on the way to a process, and the most processes that each
  /// may be on the way to: more would be no information.
  private static let mostInFlight = 64
  private static let mostReceivers = 16
  /// How many sockets without an owner are looked for again although processes could not be read.
  private static let fewMissed = 64

  /// Prepares a search for the owners that a walk has not found.
  init(walk: OwnerWalk, pids: [Int32], records: [SocketRecord], visits: [OwnerWalk.Visit]) {
    self.walk = walk
    self.pids = pids
    self.records = records
    walked = visits
    named = []
    missed = []
    isFound = []
    guard walk.limits.findsHiddenOwners else { return }
    isFound = walk.inodes.rowsFound(in: visits, count: records.count)
    missed = records.indices.filter {
      !isFound[$0] && records[$0].canHaveOwner && !records[$0].isKernelNetlink
    }
    if !missed.isEmpty { named = Set(visits.lazy.filter { $0.info != nil }.map(\.pid)) }
  }

  /// Searches everywhere, until every socket has an owner.
  ///
  /// - Parameters:
  ///   - limits: what the walk could not see.
  ///   - widest: the visits of the widest walk.
  mutating func search(_ limits: OwnerSearchLimits, among widest: [OwnerWalk.Visit]) {
    searchRings()
    guard !missed.isEmpty else { return }
    take(walk.threadsWithOwnTables(of: pids, besides: walked + visits, records))
    guard walk.root.isOwnKernel, !missed.isEmpty else { return }
    searchKernel()
    // Elsewhere a missing owner is more likely to be a process that was not seen. Even root may not
    // read every process; one of another network namespace hardly has a socket of this one.
    let isComplete =
      limits.isOfAllProcesses && !limits.hidesProcesses && !limits.isNested
      && widest.allSatisfy { $0.failure == nil && (!$0.isForbidden || walk.root.isInOtherNamespace($0.pid)) }
    let receivers = isComplete && !missed.isEmpty && missed.count <= Self.mostInFlight ? self.receivers() : []
    let isInFlight = !receivers.isEmpty && receivers.count <= Self.mostReceivers
    // Where processes may not be read, that is the reason of nearly all: the tables are not read again.
    let wantsReasons = walk.requiredDetails.contains(.ownerReasons) && (isComplete || missed.count <= Self.fewMissed)
    guard !missed.isEmpty, isInFlight || wantsReasons else { return }
    findEnded()
    if isInFlight { take(receivers: receivers) }
  }

  /// Adds visits, which all are of other rows, to what was found.
  private mutating func take(_ new: [OwnerWalk.Visit]) {
    guard !new.isEmpty else { return }
    visits += new
    for visit in new {
      if visit.info != nil { named.insert(visit.pid) }
      for match in visit.matches { walk.inodes.forEachRow(match) { isFound[$0] = true } }
    }
    missed.removeAll { isFound[$0] }
  }

  /// Reads what is shown of a process, unless the walk has.
  private func name(_ visit: inout OwnerWalk.Visit, _ process: ProcessFolder) -> Bool {
    if named.contains(visit.pid) { return true }
    visit.info = try? process.info(requiredDetails: walk.requiredDetails)
    return visit.info != nil
  }

  // MARK: io_uring

  /// Looks for the sockets among the fixed files of the io_urings that the walk has met.
  mutating func searchRings() {
    guard !missed.isEmpty else { return }
    var rings: [Int32: [Int32]] = [:]
    for visit in walked where !visit.holders.rings.isEmpty {
      rings[visit.pid, default: []] += visit.holders.rings
    }
    var found: [OwnerWalk.Visit] = []
    for (pid, descriptors) in rings.sorted(by: { $0.key < $1.key }) {
      guard let process = try? ProcessFolder(pid, in: walk.root) else { continue }
      var visit = OwnerWalk.Visit(pid: pid, from: .max)
      visit.attribution = .ioUring
      for descriptor in descriptors.sorted() {
        for socket in process.fixedSockets(ofRing: descriptor) {
          guard let row = walk.inodes.firstRow(of: socket.inode), !isFound[Int(row)] else { continue }
          visit.matches.append(HeldSocket(firstRow: row, descriptor: descriptor, number: socket.slot))
        }
      }
      if !visit.matches.isEmpty, name(&visit, process) { found.append(visit) }
    }
    take(found)
  }

  // MARK: The kernel's own

  private mutating func searchKernel() {
    let own = walk.root.ownNamespace
    let found = KernelSockets(root: walk.root).find(records, missed.filter { records[$0].isIn(own) })
    others += found.owners
    interfaceNames.merge(found.interfaceNames) { $1 }
    for other in found.owners { isFound[other.row] = true }
    missed.removeAll { isFound[$0] }
  }

  // MARK: In flight

  /// A unix socket in whose queue descriptors wait.
  private struct Receiver {
    let pid: Int32
    let descriptor: Int32
  }

  /// The unix sockets in whose queues descriptors wait, with the processes that have them. Only
  /// those with anything in their queue are looked at.
  private func receivers() -> [Receiver] {
    var request = InspectionRequest()
    request.transports = [.unix]
    request.requiredDetails = []
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    let dumps = SockDiagDump.all(of: .unix, families: [])
    guard SockDiagSource.read(dumps, request: request, into: &snapshot).isEmpty else { return [] }
    let sockets = snapshot.records
    // Datagrams may be empty and still carry descriptors.
    let isCandidate = { (row: Int) in
      sockets[row].receiveQueue > 0 || sockets[row].socketType == .datagram && sockets[row].state != .listen
    }
    guard sockets.indices.contains(where: isCandidate) else { return [] }
    let wider = walk.walk(over: ProcessLimits(), for: sockets, where: isCandidate)
    var receivers: [Receiver] = []
    for visit in wider.walk(pids, for: []).all.sorted(by: { ($0.pid, $0.from) < ($1.pid, $1.from) })
    where !visit.matches.isEmpty {
      guard let process = try? ProcessFolder(visit.pid, in: walk.root) else { continue }
      for match in visit.matches where process.descriptorsWaiting(in: match.descriptor) > 0 {
        receivers.append(Receiver(pid: visit.pid, descriptor: match.descriptor))
      }
    }
    return receivers
  }

  private mutating func take(receivers: [Receiver]) {
    var found: [OwnerWalk.Visit] = []
    for receiver in receivers {
      let sockets = missed.map { HeldSocket(firstRow: UInt32(truncatingIfNeeded: $0), descriptor: receiver.descriptor) }
        .filter { walk.inodes.firstRow(of: records[Int($0.firstRow)].inode) == $0.firstRow }
      if found.last?.pid == receiver.pid {
        found[found.count - 1].matches += sockets
        continue
      }
      guard let process = try? ProcessFolder(receiver.pid, in: walk.root) else { continue }
      var visit = OwnerWalk.Visit(pid: receiver.pid, from: .max)
      visit.attribution = .inFlight
      visit.matches = sockets
      if name(&visit, process) { found.append(visit) }
    }
    take(found)
  }

  // MARK: Ended

  /// How many ports are asked for at once, instead of reading whole tables again.
  private static let mostPorts = 32

  /// Reads the tables of the sockets without an owner once more: those that are not there any more
  /// have ended since.
  private mutating func findEnded() {
    let own = walk.root.ownNamespace
    let rows = missed.filter { records[$0].isIn(own) }
    guard !rows.isEmpty else { return }
    var request = InspectionRequest()
    request.transports = Set(rows.map { records[$0].transport })
    let ports = Set(rows.map { records[$0].localPort })
    if rows.allSatisfy({ records[$0].transport.hasPorts }), ports.count <= Self.mostPorts {
      request.filter = .either(ports.sorted().map { .localPort($0...$0) })
    }
    guard let present = walk.root.inodesNow(request) else { return }
    for row in rows where !present.contains(records[row].inode) { ended.insert(records[row].inode) }
    missed.removeAll { ended.contains(records[$0].inode) }
  }
}

extension SocketRecord {
  /// Whether the socket is in a network namespace, or may be.
  fileprivate func isIn(_ namespace: NetworkNamespaceID?) -> Bool {
    networkNamespace == nil || namespace == nil || networkNamespace == namespace
  }
}

extension ProcRoot {
  /// The inodes that are in the tables of the request's transports now; `nil` when the tables cannot
  /// be read to their end.
  func inodesNow(_ request: InspectionRequest) -> Set<UInt64>? {
    var again = request
    again.requiredTransports = []
    again.requiredDetails = []
    again.states = .all
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    do throws(InspectionError) {
      try SocketScan(root: self, request: again, rowFilter: RowFilter(again, keeping: nil)).run(into: &snapshot)
    } catch {
      return nil
    }
    // What the kernel does not list at all is in no table.
    let isRead = snapshot.problems.allSatisfy {
      if case .missing(.transport) = $0.cause { true } else { false }
    }
    guard isRead else { return nil }
    return Set(snapshot.records.lazy.filter(\.canHaveOwner).map(\.inode))
  }
}
