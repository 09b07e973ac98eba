import LinuxSystem
import SocketModel
import Synchronization

/// The walk over the descriptors of all processes that finds the owners of a snapshot's sockets.
///
/// Two rounds, each in parallel over the cores: first every process, but at most ``splitAfter`` descriptors of each; then the rest of the large
/// ones, cut into ranges, so that one process with a million descriptors keeps all cores busy.
///
/// What makes an attribution true: everything about a process is read relative to its `/proc/PID` folder, opened before its first
/// descriptor is looked at. Once that process has ended every read fails, also when its number belongs to another process by
/// then; an owner whose name could not be read is left out, as its descriptors are closed. Inode numbers of sockets come from a counter of
/// 32 bits, so that one which is closed after the tables were read is not given out again soon.
///
/// Threads share their process's descriptor table. It is looked for in `task/TID/fd` only when the main thread has ended while others
/// live, and `/proc/PID/fd` is empty. The table of a thread that left its process's (`unshare(CLONE_FILES)`) is not
/// walked: it would cost a folder for every thread of the machine.
struct OwnerWalk: Sendable {
  let root: ProcRoot
  let limits: ProcessLimits
  let demand: Demand
  let inodes: InodeTable
  var threads = availableProcessors()

  /// How many descriptors of a process are read before the rest is cut into ranges of as many.
  static let splitAfter: Int32 = 4096
  /// How many processes may be split, as each keeps a descriptor of ours open.
  static let mostSplits = 64
  /// Fewer processes than this are walked in one thread: starting another costs as much as they do.
  static let fewProcesses = 24

  /// One descriptor that refers to a wanted socket.
  struct Match: Sendable {
    let firstRow: UInt32
    let descriptor: Int32
  }

  /// What was found in one process, or in one range of its descriptors.
  struct Visit: Sendable {
    let pid: Int32
    var from: Int32 = 0
    var info: ProcessInfo?
    var matches: [Match] = []
    var isForbidden = false
    /// The process, when the descriptors from ``next`` on are still to be read.
    var rest: ProcessFolder?
    var next: Int32 = 0
  }

  /// Finds the owners and puts them into the snapshot, with a problem when processes may not be read.
  func run(into snapshot: inout Snapshot) {
    snapshot.ownerStarts = Array(repeating: 0, count: snapshot.records.count + 1)
    guard inodes.count > 0, root.hasProcesses else { return }
    let pids: [Int32]
    do throws(SystemError) {
      if let wanted = limits.pids {
        pids = wanted.filter { $0 > 0 }.sorted()
      } else {
        pids = try root.processIDs()
      }
    } catch {
      snapshot.problems.append(Problem(.unreadable, subject: "the list of processes", message: error.description))
      return
    }
    var visits = walk(pids)
    report(forbidden: visits.count { $0.isForbidden }, of: pids, into: &snapshot)
    visits.append(contentsOf: walkRests(of: visits))
    join(visits, into: &snapshot)
  }

  // MARK: Every process

  private func walk(_ pids: [Int32]) -> [Visit] {
    let visits = Mutex<[Visit]>([])
    let splits = Atomic<Int>(0)
    parallelForEach(count: pids.count, threads: pids.count < Self.fewProcesses ? 1 : threads) { index in
      let maySplit = { splits.wrappingAdd(1, ordering: .relaxed).oldValue < Self.mostSplits }
      guard let visit = visit(pids[index], maySplit: maySplit) else { return }
      visits.withLock { $0.append(visit) }
    }
    return visits.withLock { $0 }
  }

  /// Walks a process's first descriptors; `nil` when there is nothing to tell of it.
  private func visit(_ pid: Int32, maySplit: () -> Bool) -> Visit? {
    var visit = Visit(pid: pid)
    do throws(SystemError) {
      let process = try ProcessFolder(pid, in: root)
      guard admits(process) else { return nil }
      try walk(process, into: &visit, maySplit: maySplit)
      if !visit.matches.isEmpty || visit.rest != nil {
        visit.info = process.info(demand: demand)
        if visit.info == nil { return nil }
      }
    } catch {
      // A process that ended meanwhile is nothing to tell of. With hidepid=1 not even the folder opens.
      guard error.isForbidden else { return nil }
      visit.isForbidden = true
    }
    return visit.matches.isEmpty && visit.rest == nil && !visit.isForbidden ? nil : visit
  }

  private func admits(_ process: ProcessFolder) -> Bool {
    if let users = limits.users {
      guard let uid = process.uid, users.contains(uid) else { return false }
    }
    if let admits = limits.admits {
      guard let name = process.name else { return false }
      return admits(name, process.executable)
    }
    return true
  }

  private func walk(_ process: ProcessFolder, into visit: inout Visit, maySplit: () -> Bool) throws(SystemError) {
    do throws(SystemError) {
      let limit = root.shape == .live ? Int(Self.splitAfter) : .max
      switch try collect(process, "fd", limit: limit, into: &visit) {
      case .complete(let count):
        if count == 0, process.hasOtherThreads { collectFromThreads(process, into: &visit) }
      case .more(let next):
        if maySplit() {
          visit.rest = process
          visit.next = next
        } else {
          _ = try collect(process, "fd", into: &visit)
        }
      }
    } catch {
      guard error.isForbidden else { throw error }
      // Kernel threads, and processes whose main thread has ended, have no memory: nothing is missed in their own folder.
      if process.hasMemory { throw error }
      if process.hasOtherThreads { collectFromThreads(process, into: &visit) }
    }
  }

  private func collect(
    _ process: ProcessFolder, _ path: String, from start: Int32 = 0, before end: Int32 = .max, limit: Int = .max,
    into visit: inout Visit
  ) throws(SystemError) -> SocketLinks.Outcome {
    let directory = try root.openDirectory(path, in: process.folder)
    var matches: [Match] = []
    let outcome = try SocketLinks.forEach(in: directory, from: start, before: end, limit: limit) { descriptor, inode in
      if let row = inodes.firstRow(of: inode) { matches.append(Match(firstRow: row, descriptor: descriptor)) }
    }
    // Only the kernel's own folder is in order.
    if root.shape != .live { matches.sort { $0.descriptor < $1.descriptor } }
    visit.matches = matches
    return outcome
  }

  /// Looks for the descriptors at the threads of a process whose main thread has ended. They share them: the first that has any tells all.
  private func collectFromThreads(_ process: ProcessFolder, into visit: inout Visit) {
    guard let tasks = try? root.openDirectory("task", in: process.folder) else { return }
    var reader = DirectoryReader(tasks, bufferSize: 4096)
    while let thread = try? reader.nextNumber() {
      guard thread != process.pid else { continue }
      do throws(SystemError) {
        guard try collect(process, "task/\(thread)/fd", into: &visit) == .complete(count: 0) else {
          visit.isForbidden = false
          return
        }
      } catch {
        if error.isForbidden { visit.isForbidden = true }
      }
    }
  }

  // MARK: Large processes

  /// Walks what is left of the processes that have many descriptors.
  private func walkRests(of visits: [Visit]) -> [Visit] {
    var jobs: [(process: ProcessFolder, from: Int32)] = []
    for visit in visits {
      guard let process = visit.rest else { continue }
      var next: Int32? = visit.next
      while let from = next {
        jobs.append((process, from))
        next = nextDescriptor(of: process, from: from &+ Self.splitAfter)
      }
    }
    guard !jobs.isEmpty else { return [] }
    let ranges = jobs
    let found = Mutex<[Visit]>([])
    parallelForEach(count: ranges.count, threads: threads) { index in
      let (process, from) = ranges[index]
      var visit = Visit(pid: process.pid, from: from)
      let isLast = index + 1 == ranges.count || ranges[index + 1].process !== process
      let end = isLast ? .max : ranges[index + 1].from
      guard (try? collect(process, "fd", from: from, before: end, into: &visit)) != nil, !visit.matches.isEmpty else {
        return
      }
      found.withLock { $0.append(visit) }
    }
    return found.withLock { $0 }
  }

  private func nextDescriptor(of process: ProcessFolder, from start: Int32) -> Int32? {
    do throws(SystemError) {
      return try SocketLinks.first(in: try root.openDirectory("fd", in: process.folder), from: start)
    } catch {
      return nil
    }
  }
}
