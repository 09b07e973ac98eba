import KernelFormats
import LinuxSystem
import SocketModel

/// The readings of a watcher: all sockets each time, and their owners when that pays.
///
/// A look through the descriptors of all processes costs more than all the rest, so it takes place when sockets appear of which nothing
/// is known, and at a low rate besides, as sockets can be handed on.
final class WatchReader {
  /// One reading.
  struct Reading {
    var snapshot: Snapshot
    /// When it began and ended, by the monotonic clock in nanoseconds.
    let begun: UInt64
    let ended: UInt64
    /// Whether the owners were looked for, and whether in all processes.
    let isWalked: Bool
    let isWalkComplete: Bool
  }

  /// The namespace that is read; `nil` when unknown.
  let ownNamespace: UInt32?
  private let inspector: Inspector
  private let request: InspectionRequest
  private let wantsOwners: Bool
  private var lastWalk: UInt64 = 0
  private var walkDuration: UInt64 = 0
  /// What the last walk found out about processes, in the order of their numbers, and what kept it from finding out more.
  private(set) var processes: [ProcessInfo] = []
  private var obstacles: [Problem] = []

  /// How much of the time may go into walks: one part of so many.
  private static let urgentShare: UInt64 = 50
  private static let usualShare: UInt64 = 400
  private static let longestPause: UInt64 = 60_000_000_000

  init(root: ProcRoot, request: InspectionRequest) {
    inspector = Inspector(root: root)
    var wanted = request
    // A socket is followed through all its states, and whether it is shown is asked of each event.
    wanted.states = .all
    wanted.filter = .any
    wanted.processes = ProcessLimits()
    wanted.isFrugal = true
    wanted.omitsItsOwn = true
    wantsOwners = request.demand.contains(.owners)
    wanted.demand.remove(.owners)
    self.request = wanted
    ownNamespace = root.ownNamespace
  }

  /// Whether a socket of the tracepoint is of a kind that is watched.
  func admits(_ record: SocketRecord) -> Bool {
    request.transports.contains(record.transport) && request.families.contains(record.family)
  }

  /// Reads all sockets.
  func read(_ book: LifeBook) throws(InspectionError) -> Reading {
    let begun = Clock.monotonicNanoseconds()
    var snapshot = try inspector.snapshot(request)
    let ended = Clock.monotonicNanoseconds()
    let walks = wantsOwners && isWalkDue(book.ownerNeed(of: snapshot), now: ended)
    var isComplete = false
    if walks {
      walk(&snapshot)
      obstacles = snapshot.problems.filter(\.costsOnlyOwners)
      // Root may read all; what is refused then is a process that is ending.
      isComplete = obstacles.allSatisfy { $0.kind == .forbidden && Users.effectiveUID == 0 }
    } else {
      snapshot.problems += obstacles
    }
    return Reading(
      snapshot: snapshot, begun: begun, ended: ended, isWalked: walks, isWalkComplete: isComplete)
  }

  private func isWalkDue(_ need: LifeBook.OwnerNeed, now: UInt64) -> Bool {
    let pause = now &- lastWalk
    if lastWalk == 0 || pause > max(Self.longestPause, walkDuration * Self.usualShare) { return true }
    switch need {
    case .none: return false
    case .some: return pause > walkDuration * Self.usualShare
    case .urgent: return pause > walkDuration * Self.urgentShare
    }
  }

  private func walk(_ snapshot: inout Snapshot) {
    let start = Clock.monotonicNanoseconds()
    let demand = request.demand.union([.owners, .startTimes])
    OwnerWalk(
      root: inspector.root, limits: request.processes, demand: demand, inodes: InodeTable(snapshot.records)
    ).run(into: &snapshot)
    lastWalk = Clock.monotonicNanoseconds()
    walkDuration = lastWalk &- start
    processes = snapshot.processes.sorted { $0.pid < $1.pid }
    if demand.contains([.userNames, .processUsers]) { inspector.addNames(to: &snapshot, demand: demand) }
  }

  // MARK: Processes

  /// Notes all processes that there are.
  func addProcesses(to table: inout ProcessTable) {
    let root = inspector.root
    for pid in (try? root.processIDs()) ?? [] {
      guard let folder = try? ProcessFolder(pid, in: root), let stat = try? folder.stat else { continue }
      let netns = (try? folder.folder.status(of: "ns/net")).map { UInt32(truncatingIfNeeded: $0.inode) }
      table.add(
        pid, name: stat.name, startTime: stat.startTime, netns: netns, isKernel: stat.isKernelThread)
    }
  }

  /// The TCP listeners of all network namespaces but the one that is read, with their owners: what connections there are taken by.
  ///
  /// A namespace that no process is in cannot be read.
  func listenersElsewhere(_ namespaces: [UInt32: [Int32]]) -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    for (netns, pids) in namespaces where netns != ownNamespace {
      for (table, path) in [(ProcNetTable.tcp, "net/tcp"), (ProcNetTable.tcp6, "net/tcp6")] {
        let start = snapshot.records.count
        guard let text = firstReadable(path, of: pids) else { continue }
        var decoder = ProcNetDecoder(
          table: table, subject: path, byteOrder: .native, ticksPerSecond: Clock.ticksPerSecond, netns: netns)
        decoder.decode(text.span, into: &snapshot)
        decoder.finish(into: &snapshot)
        let listeners = snapshot.records[start...].filter { $0.state == .listen }
        snapshot.records.replaceSubrange(start..., with: listeners)
      }
    }
    OwnerWalk(
      root: inspector.root, limits: ProcessLimits(), demand: [.owners, .startTimes],
      inodes: InodeTable(snapshot.records)
    ).run(into: &snapshot)
    return snapshot
  }

  /// A file of the first of some processes that has one: those that have ended since are passed over.
  private func firstReadable(_ path: String, of pids: [Int32]) -> [UInt8]? {
    for pid in pids {
      if let bytes = inspector.root.readIfPossible("\(pid)/\(path)", limit: 64 << 20) { return bytes }
    }
    return nil
  }

  /// Asks when a process started and what else was asked for.
  var processDetails: @Sendable (Int32) -> ProcessInfo? {
    let demand = request.demand.intersection([.executables, .processUsers]).union(.startTimes)
    return { [root = inspector.root] pid in try? ProcessFolder(pid, in: root).info(demand: demand) }
  }

  /// Asks which network namespace a thread is in.
  var threadNamespace: @Sendable (Int32, Int32) -> UInt32? {
    { [root = inspector.root] pid, thread in
      (try? root.descriptor.status(of: "\(pid)/task/\(thread)/ns/net")).map {
        UInt32(truncatingIfNeeded: $0.inode)
      }
    }
  }
}
