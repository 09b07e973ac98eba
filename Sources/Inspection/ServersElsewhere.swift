import KernelFormats
import LinuxSystem
package import SocketModel

/// The servers of other network namespaces, such as a container's, that an answer of "nothing"
/// would hide.
///
/// The namespaces are those of the processes that /proc shows, and entering one takes
/// CAP_SYS_ADMIN: those that may not be entered are counted. The kernel is asked only for
/// listeners, and for sockets without a peer, at the ports in question, so that the sockets of a
/// namespace are not all walked.
package struct ServersElsewhere: Sendable {
  /// A namespace with a server.
  package struct Find: Sendable, Hashable {
    /// The namespace.
    package let netns: NetworkNamespaceID
    /// The process that has a server's socket open; the first process of the namespace when none is
    /// found.
    package let pid: Int32
    /// That process's name.
    package let name: [UInt8]
  }

  /// What was found.
  package struct Result: Sendable, Hashable {
    /// The namespaces with servers, in the order of their processes.
    package var finds: [Find] = []
    /// The number of namespaces that were not looked into, for lack of privilege or of time.
    package var notLookedInto = 0
    /// The number of processes whose namespace is unknown, because this user may not ask.
    package var processesNotAsked = 0
    /// Whether there are processes that /proc does not show (`hidepid`).
    package var hidesProcesses = false

    /// Makes the result of a search that found nothing.
    package init() {}

    /// The same with more namespaces that were not looked into.
    fileprivate func adding(notLookedInto count: Int) -> Result {
      var result = self
      result.notLookedInto += count
      return result
    }
  }

  private let root: ProcRoot
  private let request: InspectionRequest
  private let keeping: RowTest

  /// The limits of the search: how many namespaces are entered, and for how many milliseconds.
  private static let mostNamespaces = 1000
  private static let patience = 1000

  /// Prepares to look for what a request asks for and a test accepts.
  package init(root: ProcRoot, request: InspectionRequest, keeping: @escaping RowTest) {
    self.root = root
    self.request = request
    self.keeping = keeping
  }

  /// Looks into each of the namespaces.
  package func find() -> Result {
    guard root.isOwnKernel, root.hasProcesses, let own = root.ownNamespace else { return Result() }
    let found = places(besides: own)
    guard !found.order.isEmpty else { return found.result }
    let (processes, queue) = (found.processes, found.order)
    // A thread that has entered another namespace cannot be used any more.
    return onThreadOfItsOwn {
      let end = Clock.monotonicMilliseconds() + Self.patience
      var result = found.result
      for (index, netns) in queue.enumerated() {
        guard index < Self.mostNamespaces, Clock.monotonicMilliseconds() < end else {
          result.notLookedInto += queue.count - index
          break
        }
        let pids = processes[netns] ?? []
        guard let first = pids.first(where: { enter(netns, of: $0) }) else {
          if pids.contains(where: { namespace(of: $0) == netns }) { result.notLookedInto += 1 }
          continue
        }
        if let find = find(in: netns, pids, entered: first) { result.finds.append(find) }
      }
      return result
    } ?? found.result.adding(notLookedInto: queue.count)
  }

  private func find(in netns: NetworkNamespaceID, _ pids: [Int32], entered first: Int32) -> Find? {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    for transport in request.transports.filter(\.hasPorts).sorted(by: { $0.rawValue < $1.rawValue }) {
      var dumps = SockDiagDump.all(of: transport, families: request.families)
      // One walk reports both families of TCP.
      let hasBoth = transport == .tcp && dumps.count == 2
      if hasBoth { dumps.removeLast() }
      // Listeners have their own table; any other state of TCP would walk all connections of all
      // namespaces.
      let isTCP = transport == .tcp || transport == .mptcp
      let states = isTCP ? SocketStateSet(.listen) : SocketStateSet([.listen, .unconnected])
      for dump in dumps {
        guard var socket = try? NetlinkSocket.sockDiag() else { return nil }
        let dumper = SockDiagDumper(
          dump: dump, states: states, requiredDetails: [], filter: request.filter, netns: netns,
          hasBothFamilies: hasBoth)
        guard let table = try? dumper.run(over: &socket) else { continue }
        table.move(into: &snapshot)
      }
    }
    snapshot.keepRows(from: .empty) { keeping($0, $1) }
    guard !snapshot.records.isEmpty else { return nil }
    var limits = ProcessLimits()
    limits.pids = Set(pids)
    OwnerSearch(root: root, limits: limits, requiredDetails: .owners, inodes: InodeTable(snapshot.records)).run(
      into: &snapshot)
    if let owner = snapshot.owners.first, let pid = owner.pid {
      return Find(netns: netns, pid: pid, name: snapshot.name(of: owner))
    }
    let name = try? ProcessFolder(first, in: root).name
    return Find(netns: netns, pid: first, name: name ?? [])
  }

  /// The namespaces that processes are in.
  private struct Places: Sendable {
    var processes: [NetworkNamespaceID: [Int32]] = [:]
    /// In the order of their processes.
    var order: [NetworkNamespaceID] = []
    /// What is known of those that may not be entered.
    var result = Result()
  }

  /// Finds the namespaces other than this one. Which of them a process of another user is in may
  /// not be asked; that it is in another one is seen by its tables, which are files of their own.
  private func places(besides own: NetworkNamespaceID) -> Places {
    var places = Places()
    var knownTables = Set([table(of: "self"), table(of: "thread-self")].compactMap { $0 })
    var otherTables: Set<UInt64> = []
    let pids = (try? root.processIDs()) ?? []
    places.result.hidesProcesses = Users.effectiveUID != 0 && pids.first != 1
    for pid in pids {
      do throws(SystemError) {
        let netns = NetworkNamespaceID(truncating: try root.descriptor.status(of: "\(pid)/ns/net").inode)
        guard netns != own else { continue }
        if places.processes[netns] == nil {
          places.order.append(netns)
          if let table = table(of: "\(pid)") { knownTables.insert(table) }
        }
        places.processes[netns, default: []].append(pid)
      } catch {
        guard error.isForbidden else { continue }
        do throws(SystemError) {
          otherTables.insert(try root.descriptor.status(of: "\(pid)/net/dev").inode)
        } catch {
          // Without tables it has ended.
          if !error.isGone { places.result.processesNotAsked += 1 }
        }
      }
    }
    places.result.notLookedInto = otherTables.subtracting(knownTables).count
    return places
  }

  /// The inode number of a table of a process, another one in each namespace.
  private func table(of process: String) -> UInt64? {
    (try? root.descriptor.status(of: "\(process)/net/dev"))?.inode
  }

  private func namespace(of pid: Int32) -> NetworkNamespaceID? {
    (try? root.descriptor.status(of: "\(pid)/ns/net")).map { NetworkNamespaceID(truncating: $0.inode) }
  }

  /// Enters the namespace of a process; false when it is in another one by now, or entering is not
  /// permitted.
  private func enter(_ netns: NetworkNamespaceID, of pid: Int32) -> Bool {
    guard let file = try? root.open("\(pid)/ns/net"), let status = try? file.status(),
      NetworkNamespaceID(truncating: status.inode) == netns
    else { return false }
    return (try? enterNetworkNamespace(file)) != nil
  }
}
