package import KernelFormats
package import SocketModel

/// The processes that run or have just ended, as the kernel reports their start, their names and
/// their end: any process that acts on a socket is found here by the name it had then, even if it
/// has ended.
package struct ProcessTable: Sendable {
  /// One process.
  struct Process: Sendable, Hashable {
    /// The command name of its main thread.
    var name: [UInt8]
    /// When it started, in clock ticks since boot; `nil` when not known yet.
    var startTime: UInt64?
    /// Its network namespace; `nil` when not known.
    var namespace: NetworkNamespaceID?
    /// Whether it is a kernel thread.
    var isKernel = false
    /// The process as an owner of sockets; made once, as thousands of sockets share it.
    fileprivate var owner: [EventOwner] = []
    /// When it ended; `nil` while it runs.
    fileprivate var end: UInt64?
    /// Whether the other details were looked up.
    fileprivate var isSought = false

    init(name: [UInt8]) { self.name = name }
  }

  /// A process that did something to a socket.
  struct Actor: Sendable {
    let owner: [EventOwner]
    let namespace: NetworkNamespaceID?
  }

  private var processes: [Int32: Process] = [:]
  /// The namespaces of threads other than the first one, where they are known: a thread may be in a
  /// namespace other than its process's.
  private var threadNamespaces: [Int32: NetworkNamespaceID] = [:]
  /// The processes that have ended, and when, in that order.
  private var ended: [(pid: Int32, time: UInt64)] = []
  /// Looks up more about a running process; called once for each that does something, and again
  /// when that runs another program.
  package var details: (@Sendable (Int32) -> ProcessInfo?)?
  /// Looks up the namespace of a thread of a process; called once for each process that existed
  /// before watching began and does something.
  var threadNamespace: (@Sendable (_ process: Int32, _ thread: Int32) -> NetworkNamespaceID?)?

  /// How long ended processes are kept: another processor may report their last actions a little
  /// later.
  private static let memory: UInt64 = 2_000_000_000

  /// How many processes there are.
  package var count: Int { processes.count }

  /// For each network namespace with a process in it, some of those processes.
  package var namespaces: [NetworkNamespaceID: [Int32]] {
    var found: [NetworkNamespaceID: [Int32]] = [:]
    for (pid, process) in processes {
      guard let namespace = process.namespace, found[namespace, default: []].count < 4 else { continue }
      found[namespace, default: []].append(pid)
    }
    return found
  }

  /// Adds a process that was found.
  package mutating func add(
    _ pid: Int32, name: [UInt8], startTime: UInt64?, namespace: NetworkNamespaceID?, isKernel: Bool = false
  ) {
    var process = Process(name: name)
    process.startTime = startTime
    process.namespace = namespace
    process.isKernel = isKernel
    processes[pid] = process
  }

  /// Applies the content of a record.
  package mutating func take(_ record: PerfRecord) {
    switch record.content {
    case .name(let pid, let thread, let name) where pid == thread && pid > 0:
      if processes[pid] == nil {
        processes[pid] = Process(name: name)
      } else {
        processes[pid]?.name = name
        processes[pid]?.owner = []
        processes[pid]?.isSought = false
      }
    case .began(let pid, let thread, let parent) where pid > 0:
      if pid == thread {
        // Until it gets its own name, it has that of its parent.
        var process = Process(name: processes[parent]?.name ?? [])
        process.namespace = processes[parent]?.namespace
        // Kernel threads are children of the first one, which no container sees: there process 2
        // can be any process.
        process.isKernel = processes[parent]?.isKernel ?? false
        processes[pid] = process
      }
    case .ended(let pid, let thread):
      threadNamespaces[thread] = nil
      if pid == thread, pid > 0 {
        processes[pid]?.end = record.time
        ended.append((pid, record.time))
      }
    case .network(let pid, let thread, let namespace) where pid > 0:
      if pid == thread { processes[pid]?.namespace = namespace } else { threadNamespaces[thread] = namespace }
    default: break
    }
  }

  /// The process that made a call; `nil` when that is not known, or is the kernel itself.
  mutating func actor(_ pid: Int32, thread: Int32) -> Actor? {
    guard pid > 0, var process = processes[pid], !process.isKernel, !process.name.isEmpty else { return nil }
    if process.owner.isEmpty {
      var owner = EventOwner(pid: pid, name: process.name)
      if !process.isSought, process.end == nil, let details {
        process.isSought = true
        // The number may already belong to another process.
        if let found = details(pid), process.startTime == nil || process.startTime == found.startTime {
          process.startTime = found.startTime
          owner.process = found
          owner.process.name = process.name
        }
      }
      owner.startTime = process.startTime
      process.owner = [owner]
      processes[pid] = process
    }
    guard thread != pid else { return Actor(owner: process.owner, namespace: process.namespace) }
    if threadNamespaces[thread] == nil, let found = threadNamespace?(pid, thread) { threadNamespaces[thread] = found }
    return Actor(owner: process.owner, namespace: threadNamespaces[thread])
  }

  /// Forgets processes that ended long ago.
  package mutating func forget(at now: UInt64) {
    var count = 0
    while count < ended.count, ended[count].time &+ Self.memory < now {
      // Its number may belong to another process by now.
      if processes[ended[count].pid]?.end == ended[count].time { processes[ended[count].pid] = nil }
      count += 1
    }
    if count > 0 { ended.removeFirst(count) }
  }
}
