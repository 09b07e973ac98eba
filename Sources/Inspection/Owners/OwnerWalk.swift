package import LinuxSystem
package import SocketModel
import Synchronization

/// The walk over the descriptors of all processes that finds who has sockets open.
///
/// Two rounds, each in parallel over the cores: first every process, but at most ``splitAfter``
/// descriptors of each; then the rest of the large ones, split into ranges, so that one process
/// with a million descriptors keeps all cores busy.
///
/// Why an attribution is true: everything about a process is read relative to its `/proc/PID`
/// folder, which is opened before its first descriptor is looked at. Once that process has ended
/// every read fails, even if another process has its number by then; an owner whose name can no
/// longer be read is left out, because its descriptors are closed. Inode numbers of sockets come
/// from a 32-bit counter, so the number of a socket that is closed after the tables were read is
/// not used again soon.
///
/// Only ENOENT and ESRCH mean that a process has ended. Anything else that keeps its descriptors
/// from being read is counted and reported. Each thread needs some descriptors; when they run out,
/// the processes that were missed are walked again, by two threads.
package struct OwnerWalk: Sendable {
  package let root: ProcRoot
  package let limits: ProcessLimits
  package let requiredDetails: RequiredDetails
  package let inodes: InodeTable
  package let threads: Int

  package init(
    root: ProcRoot, limits: ProcessLimits, requiredDetails: RequiredDetails, inodes: InodeTable,
    threads: Int = availableProcessors()
  ) {
    self.root = root
    self.limits = limits
    self.requiredDetails = requiredDetails
    self.inodes = inodes
    self.threads = threads
  }

  /// How many descriptors of a process are read before the rest is split into ranges of this size.
  static let splitAfter: Int32 = 4096
  /// How many processes may be split, as each keeps a descriptor of ours open.
  static let mostSplits = 64
  /// Below this number, processes are walked by one thread: starting another costs as much.
  static let fewProcesses = 24

  /// The corresponding C constant is `EACCES`.
  private static let notPermitted: Int32 = 13

  /// A descriptor that refers to a socket which is in no row.
  struct OtherSocket: Sendable {
    let descriptor: Int32
    let inode: UInt64
  }

  /// A network namespace other than the one that was read; its inode number is not always known.
  struct OtherNamespace: Sendable {
    let inode: UInt64?
  }

  /// Descriptors of a process that are no sockets but may hide some.
  struct Holders: Sendable {
    /// The descriptors of its io_urings.
    var rings: [Int32] = []
    /// The network namespaces that its descriptors refer to.
    var namespaces: [(descriptor: Int32, id: NetworkNamespaceID)] = []

    var isEmpty: Bool { rings.isEmpty && namespaces.isEmpty }

    mutating func note(_ descriptor: Int32, _ kind: SocketLinks.Holder) {
      switch kind {
      case .ring: rings.append(descriptor)
      case .networkNamespace(let inode):
        namespaces.append((descriptor, NetworkNamespaceID(truncating: inode)))
      }
    }
  }

  /// What was found in one process, or in one range of its descriptors.
  package struct Visit: Sendable {
    package let pid: Int32
    package var from: Int32 = 0
    package var info: ProcessInfo?
    var matches: [HeldSocket] = []
    package var isForbidden = false
    /// Whether the reason is that its folder of descriptors does not open, rather than the links in
    /// it.
    var isLocked = false
    /// What kept some of its descriptors from being read, other than lack of privilege.
    package var failure: SystemError?
    /// Whether a tree has the folder of the process but not the one of its descriptors.
    var lacksDescriptors = false
    /// Whether a tree has any of its descriptors.
    var hasDescriptor = false
    /// Whether it has a socket open, wanted or not.
    var hasSocket = false
    /// Its descriptors of other kinds that may hide sockets.
    var holders = Holders()
    /// How ``matches`` were found.
    var attribution = Attribution.descriptor
    /// Its sockets that are in no row, when they were asked for.
    var others: [OtherSocket] = []
    /// Its network namespace, when that is not the one that was read and was asked for.
    var elsewhere: OtherNamespace?
    /// The process, when the descriptors from ``next`` on are still to be read.
    package var rest: ProcessFolder?
    package var next: Int32 = 0
  }

  /// Whether there is anything to look for. A namespace that only a descriptor holds may have rows
  /// when no other has one.
  var hasWork: Bool {
    inodes.count > 0 || limits.reportsAll || limits.reportsNamespaces || limits.listsUnlisted
      || requiredDetails.contains(.refusals) || root.coversAllNamespaces
  }

  /// The processes to walk, in ascending order. With hidepid=1 a capture lacks even the folders of
  /// other users' processes.
  func processIDs() throws(SystemError) -> [Int32] {
    if let wanted = limits.pids { return wanted.filter { $0 > 0 }.sorted() }
    return Set(try root.processIDs()).union(root.refusedProcesses).sorted()
  }

  /// The visits of all walks over the same processes.
  struct Round {
    /// The visits of all walks.
    var all: [Visit]
    /// The visits of the widest walk, which includes what the narrower one found.
    var widest: [Visit]
  }

  /// Walks the processes and, for sockets of the wanted users that none of their processes has, all
  /// others as well.
  func walk(_ pids: [Int32], for records: [SocketRecord]) -> Round {
    let visits = walkAll(pids)
    guard let wider = wider(than: visits, records) else { return Round(all: visits, widest: visits) }
    let more = wider.walkAll(pids)
    return Round(all: visits + more, widest: more)
  }

  /// Walks the processes, large ones in several parts, and repeats those for which no descriptor
  /// was left.
  private func walkAll(_ pids: [Int32]) -> [Visit] {
    var visits = walk(pids)
    visits.append(contentsOf: walkRests(of: visits))
    let missed = Set(visits.lazy.filter { $0.failure?.isOutOfDescriptors ?? false }.map(\.pid))
    if !missed.isEmpty {
      visits.removeAll { missed.contains($0.pid) }
      // Releases the folders of large processes.
      for index in visits.indices { visits[index].rest = nil }
      visits.append(contentsOf: missed.sorted().compactMap { visit($0, maySplit: { false }) })
    }
    if limits.listsTasks { visits.append(contentsOf: walkTasks(of: visits)) }
    return visits
  }

  /// The walk over all users' processes for the sockets of the wanted users that none of their own
  /// processes has open, for example a server that another user's process keeps. `nil`, which is
  /// usual, when there is no such socket.
  private func wider(than visits: [Visit], _ records: [SocketRecord]) -> OwnerWalk? {
    guard limits.findsSocketsOfUsersElsewhere, let users = limits.users else { return nil }
    let isFound = inodes.rowsFound(in: visits, count: records.count)
    func isMissed(_ row: Int) -> Bool {
      !isFound[row] && records[row].canHaveOwner && records[row].known.contains(.uid)
        && users.contains(records[row].uid)
    }
    guard records.indices.contains(where: isMissed) else { return nil }
    var limits = limits
    limits.users = nil
    return walk(over: limits, for: records, where: isMissed)
  }

  /// The walk over other processes for some of the records.
  func walk(
    over limits: ProcessLimits, for records: [SocketRecord], where isWanted: (Int) -> Bool
  ) -> OwnerWalk {
    var wanted = records
    for row in wanted.indices where !isWanted(row) { wanted[row].inode = 0 }
    return OwnerWalk(
      root: root, limits: limits, requiredDetails: requiredDetails, inodes: InodeTable(wanted), threads: threads)
  }

  // MARK: Every process

  private func walk(_ pids: [Int32]) -> [Visit] {
    let visits = Locked<[Visit]>([])
    let splits = Atomic<Int>(0)
    parallelForEach(count: pids.count, threads: pids.count < Self.fewProcesses ? 1 : threads) { index in
      let maySplit = { splits.wrappingAdd(1, ordering: .relaxed).oldValue < Self.mostSplits }
      guard let visit = visit(pids[index], maySplit: maySplit) else { return }
      visits.withLock { $0.append(visit) }
    }
    return visits.withLock { $0 }
  }

  /// Walks a process's first descriptors; `nil` when there is nothing to report about it.
  private func visit(_ pid: Int32, maySplit: () -> Bool) -> Visit? {
    var visit = Visit(pid: pid)
    do throws(SystemError) {
      let process = try ProcessFolder(pid, in: root)
      guard try admits(process) else { return nil }
      visit.isForbidden = root.refusedProcesses.contains(pid)
      visit.isLocked = visit.isForbidden
      do throws(SystemError) {
        try walk(process, into: &visit, maySplit: maySplit)
      } catch {
        if root.shape == .tree, error.isGone, !root.refusedProcesses.contains(pid) {
          visit.lacksDescriptors = isCopiedWithoutDescriptors(process)
        } else if error.isGone, limits.pids != nil, isCovered(process) {
          visit.isForbidden = true
          return visit
        } else {
          guard note(error, in: &visit) else { return nil }
        }
      }
      if limits.reportsNamespaces { visit.elsewhere = root.namespaceElsewhere(of: process) }
      if !visit.matches.isEmpty || visit.rest != nil || limits.reportsAll || limits.reportsNamespaces {
        visit.info = try process.info(requiredDetails: requiredDetails)
      }
    } catch {
      // A process that hidepid hides still exists.
      if error.isGone, limits.pids != nil, root.isOwnKernel, processExists(pid) {
        visit.isForbidden = true
        return visit
      }
      visit.matches = []
      visit.rest = nil
      guard note(error, in: &visit) else { return nil }
    }
    // Counts, for a tree, the processes whose descriptors it has.
    if root.shape == .tree || limits.reportsNamespaces { return visit }
    let isWorthNothing =
      visit.matches.isEmpty && visit.rest == nil && !visit.isForbidden && visit.failure == nil && !visit.hasSocket
      && visit.info == nil && visit.holders.isEmpty
    return isWorthNothing ? nil : visit
  }

  /// Whether something else is mounted over the folder of a process that still runs.
  private func isCovered(_ process: ProcessFolder) -> Bool {
    root.isOwnKernel && (try? process.folder.status(of: "stat")) == nil && processExists(process.pid)
  }

  /// Notes what kept a process from being read.
  ///
  /// - Returns: whether there was anything to read: nothing is reported about a process that ended
  ///   meanwhile.
  package func note(_ error: SystemError, in visit: inout Visit) -> Bool {
    let isRefused = root.refusedProcesses.contains(visit.pid)
    // With hidepid=1 not even the folder opens.
    guard error.isForbidden || isRefused else {
      if error.isGone { return false }
      visit.failure = error
      return true
    }
    visit.isForbidden = true
    visit.isLocked = isRefused || error.code == Self.notPermitted && error.call == "openat"
    return true
  }

  package func admits(_ process: ProcessFolder) throws(SystemError) -> Bool {
    if let users = limits.users {
      guard let uid = process.uid, users.contains(uid) else { return false }
    }
    if let admits = limits.admits {
      let (name, executable) = (try process.name, try process.executable)
      if admits(name, executable) { return true }
      return try process.longName(of: name).map { admits($0, executable) } ?? false
    }
    return true
  }

  private func walk(_ process: ProcessFolder, into visit: inout Visit, maySplit: () -> Bool) throws(SystemError) {
    let limit = root.shape == .live ? Int(Self.splitAfter) : .max
    var matches: [HeldSocket] = []
    var others: [OtherSocket] = []
    var holders = Holders()
    var hasSocket = false
    var failure: SystemError?
    do throws(SystemError) {
      let outcome = try process.forEachSocket(
        limit: limit, includingThreads: !limits.listsTasks, holder: { holders.note($0, $1) }
      ) {
        hasSocket = true
        note($0, $1, &matches, &others)
      }
      visit.hasDescriptor = outcome != .complete(count: 0)
      if !visit.hasDescriptor { visit.lacksDescriptors = isCopiedWithoutDescriptors(process) }
      if case .more(let next) = outcome {
        if maySplit() {
          visit.rest = process
          visit.next = next
        } else {
          _ = try process.forEachSocket(in: "fd", from: next, holder: { holders.note($0, $1) }) {
            note($0, $1, &matches, &others)
          }
        }
      }
    } catch {
      failure = error
    }
    visit.hasSocket = hasSocket
    visit.others = others
    visit.holders = holders
    readFlags(of: process, &matches)
    // Only the kernel's own folder is sorted.
    if root.shape != .live { matches.sort { $0.descriptor < $1.descriptor } }
    // What was found before the failure is still true.
    visit.matches = matches
    if let failure { throw failure }
  }

  /// Whether a process whose folder of descriptors is empty or missing in a tree had some when it
  /// was copied.
  ///
  /// `cp -r` makes the folders of other users' processes but may not look into them. Only kernel
  /// threads have no descriptors, and they have no arguments. A capture of this program names what
  /// it could not read, and may have lost empty folders since (in an archive).
  private func isCopiedWithoutDescriptors(_ process: ProcessFolder) -> Bool {
    guard root.shape == .tree, root.manifest == nil else { return false }
    if let arguments = try? process.arguments { return !arguments.isEmpty }
    // A folder that merely has a number for a name is not a process.
    return (try? process.name) != nil || (try? process.stat) != nil
  }

  func readFlags(of process: ProcessFolder, thread: Int32? = nil, _ matches: inout [HeldSocket]) {
    guard requiredDetails.contains(.descriptorFlags) else { return }
    for index in matches.indices {
      let flags = process.flags(of: matches[index].descriptor, inThread: thread)
      matches[index].flags = flags ?? Snapshot.unknownFlags
    }
  }

  @inline(__always)
  func note(_ descriptor: Int32, _ inode: UInt64, _ matches: inout [HeldSocket], _ others: inout [OtherSocket]) {
    if let row = inodes.firstRow(of: inode) {
      matches.append(HeldSocket(firstRow: row, descriptor: descriptor))
    } else if limits.listsUnlisted {
      others.append(OtherSocket(descriptor: descriptor, inode: inode))
    }
  }

  // MARK: Large processes

  /// Walks the remaining descriptors of the processes that have many.
  private func walkRests(of visits: [Visit]) -> [Visit] {
    var jobs: [(process: ProcessFolder, from: Int32)] = []
    for visit in visits {
      guard let process = visit.rest else { continue }
      var next: Int32? = visit.next
      while let from = next {
        jobs.append((process, from))
        // The last range has no end: if finding the next one fails, no descriptor is lost.
        next = (try? process.firstDescriptor(from: from &+ Self.splitAfter)) ?? nil
      }
    }
    guard !jobs.isEmpty else { return [] }
    let ranges = jobs
    let found = Locked<[Visit]>([])
    parallelForEach(count: ranges.count, threads: threads) { index in
      let (process, from) = ranges[index]
      var visit = Visit(pid: process.pid, from: from)
      let isLast = index + 1 == ranges.count || ranges[index + 1].process !== process
      let end = isLast ? .max : ranges[index + 1].from
      var matches: [HeldSocket] = []
      do throws(SystemError) {
        _ = try process.forEachSocket(in: "fd", from: from, before: end, holder: { visit.holders.note($0, $1) }) {
          note($0, $1, &matches, &visit.others)
        }
      } catch {
        // When it has ended, what was found is reported; that is not a failure.
        _ = note(error, in: &visit)
      }
      let hasAny = !matches.isEmpty || !visit.others.isEmpty || !visit.holders.isEmpty
      guard hasAny || visit.isForbidden || visit.failure != nil else { return }
      readFlags(of: process, &matches)
      visit.matches = matches
      found.withLock { $0.append(visit) }
    }
    return found.withLock { $0 }
  }
}
