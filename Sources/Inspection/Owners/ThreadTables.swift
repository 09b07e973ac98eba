import LinuxSystem
import SocketModel

/// The search for sockets that only a thread has open, one that left its process's table of
/// descriptors with `unshare(CLONE_FILES)`.
///
/// `/proc/PID/fd` is the main thread's table, so such sockets seem to have no owner. Reading a
/// folder for each thread of the machine would cost too much; `kcmp(2)` is one call per thread, and
/// it is made only when a socket of the listing has no owner.
extension OwnerWalk {
  /// Walks the tables of threads that do not share their process's, for the sockets without an
  /// owner so far. The process becomes their owner.
  ///
  /// Where the kernel lacks `kcmp`, or a container forbids it, nothing is found.
  func threadsWithOwnTables(of pids: [Int32], besides visits: [Visit], _ records: [SocketRecord]) -> [Visit] {
    guard root.shape == .live, root.isOwnKernel else { return [] }
    let isFound = inodes.rowsFound(in: visits, count: records.count)
    let isMissed = { (row: Int) in
      !isFound[row] && records[row].canHaveOwner && !records[row].isKernelNetlink
    }
    guard records.indices.contains(where: isMissed) else { return [] }
    let known = Set(visits.lazy.filter { $0.info != nil }.map(\.pid))
    let closed = Set(visits.lazy.filter(\.isForbidden).map(\.pid))
    var found: [Visit] = []
    for pid in pids where !closed.contains(pid) {
      // The link count of the folder shows the threads: two for itself, one for each.
      guard let status = try? root.folder.status(of: "\(pid)/task"), status.links > 3 else { continue }
      var visit = Visit(pid: pid, from: .max)
      visit.attribution = .thread
      do throws(SystemError) {
        let process = try ProcessFolder(pid, in: root)
        guard try admits(process) else { continue }
        var seen: Set<UInt64> = []
        try process.forEachSocketOfOwnTables { thread, descriptor, inode in
          guard let row = inodes.firstRow(of: inode), isMissed(Int(row)),
            seen.insert(UInt64(row) << 32 | UInt64(descriptor.magnitude)).inserted
          else { return }
          visit.matches.append(HeldSocket(firstRow: row, descriptor: descriptor, number: thread))
        }
        if !visit.matches.isEmpty, !known.contains(pid) {
          visit.info = try process.info(requiredDetails: requiredDetails)
        }
      } catch {
        _ = note(error, in: &visit)
        if !known.contains(pid) { visit.matches = [] }
      }
      visit.matches.sort { $0.descriptor < $1.descriptor }
      if !visit.matches.isEmpty { found.append(visit) }
    }
    return found
  }
}

extension ProcessFolder {
  /// Calls `body` with the sockets of each table of descriptors that threads have apart from the
  /// main thread's: the thread, the descriptor and the inode.
  fileprivate func forEachSocketOfOwnTables(_ body: (Int32, Int32, UInt64) -> Void) throws(SystemError) {
    var reader = try threads()
    var tables = [pid]
    while let thread = try reader.nextNumber() {
      guard thread != pid else { continue }
      do throws(SystemError) {
        var isKnown = false
        for table in tables where !isKnown { isKnown = try ProcessSockets.shareDescriptors(table, thread) }
        if isKnown { continue }
        tables.append(thread)
        _ = try forEachSocket(in: "task/\(thread)/fd") { body(thread, $0, $1) }
      } catch {
        // If a process may not be compared, none of its threads can be.
        if error.call == "kcmp", !error.isGone { return }
        if !error.isGone { throw error }
      }
    }
  }
}
