import KernelFormats
import LinuxSystem
import SocketModel

/// The descriptors of each thread, listed apart from those of its process as `lsof -K` does.
///
/// Most threads share their process's table, so that its sockets are found once per thread.
extension OwnerWalk {
  /// Walks the tables of all threads but the main ones, for the processes of some visits.
  func walkTasks(of visits: [Visit]) -> [Visit] {
    let processes = visits.compactMap { $0.from == 0 ? $0.info : nil }
    let found = Locked<[Visit]>([])
    parallelForEach(count: processes.count, threads: threads) { index in
      let tasks = visitTasks(of: processes[index])
      if !tasks.isEmpty { found.withLock { $0 += tasks } }
    }
    return found.withLock { $0 }
  }

  private func visitTasks(of info: ProcessInfo) -> [Visit] {
    var visits: [Visit] = []
    do throws(SystemError) {
      let process = try ProcessFolder(info.pid, in: root)
      var reader = try process.threads()
      while let thread = try reader.nextNumber() {
        guard thread != info.pid, let stat = try process.stat(ofThread: thread), stat.state != UInt8(ascii: "Z") else {
          continue
        }
        if let visit = self.visit(process, info, TaskInfo(id: thread, name: stat.name)) { visits.append(visit) }
      }
    } catch {
      // The process has ended, or its threads may not be listed; the walk has reported that.
      if error.isInconclusive {
        var visit = Visit(pid: info.pid)
        visit.failure = error
        visits.append(visit)
      }
    }
    return visits
  }

  /// Walks the table of one thread; `nil` once it has ended.
  private func visit(_ process: ProcessFolder, _ info: ProcessInfo, _ task: TaskInfo) -> Visit? {
    var visit = Visit(pid: info.pid)
    visit.info = info
    visit.info?.task = task
    var matches: [HeldSocket] = []
    var others: [OtherSocket] = []
    do throws(SystemError) {
      _ = try process.forEachSocket(in: "task/\(task.id)/fd") { note($0, $1, &matches, &others) }
    } catch {
      guard note(error, in: &visit) else { return nil }
      visit.info?.task?.isReadable = false
    }
    readFlags(of: process, thread: task.id, &matches)
    if root.shape != .live { matches.sort { $0.descriptor < $1.descriptor } }
    visit.matches = matches
    return visit
  }
}
