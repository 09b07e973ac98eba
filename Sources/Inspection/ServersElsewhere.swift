import KernelFormats
import LinuxSystem
import SocketModel

/// The servers of other network namespaces, such as a container's, that an answer of "nothing"
/// would hide.
///
/// Entering a namespace takes CAP_SYS_ADMIN: those that may not be entered are counted. The kernel
/// is asked only for listeners, and for sockets without a peer, at the ports in question, so that
/// the sockets of a namespace are not all walked; and only for transports of which the namespace
/// has any, by its `sockstat`. A namespace with servers costs 0.2 ms, one without half of that.
package struct ServersElsewhere: Sendable {
  /// A namespace with a server.
  package struct Find: Sendable, Hashable {
    /// What the namespace is called.
    package let label: [UInt8]
    /// The value of `--netns` that enters it.
    package let place: String
    /// The process that has a server's socket open; the first process of the namespace when none is
    /// found, `nil` when none is in it.
    package let pid: Int32?
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
  }

  private let root: ProcRoot
  private let request: InspectionRequest
  private let keeping: RowTest

  /// The limits of the search: how many namespaces are entered, and for how many milliseconds.
  private static let mostNamespaces = 1000
  private static let patience = 200

  /// Prepares to look for what a request asks for and a test accepts.
  package init(root: ProcRoot, request: InspectionRequest, keeping: @escaping RowTest) {
    self.root = root
    self.request = request
    self.keeping = keeping
  }

  /// Looks into each of the namespaces.
  package func find() -> Result {
    guard root.isOwnKernel, root.hasProcesses, !root.coversAllNamespaces, root.ownNamespace != nil else {
      return Result()
    }
    let catalog = NamespaceCatalog(root: root)
    var result = Result()
    result.processesNotAsked = catalog.processesNotAsked
    result.hidesProcesses = catalog.hidesProcesses
    let others = catalog.entries.filter { !$0.isOwn }
    guard !others.isEmpty else { return result }
    guard Capability.sysAdmin.isHeld else {
      result.notLookedInto = others.count
      return result
    }
    let end = Clock.monotonicMilliseconds() + Self.patience
    let outcomes = Locked<[Outcome]>(Array(repeating: .notLookedInto, count: others.count))
    // A thread that has entered another namespace cannot be used any more.
    onThreadOfItsOwn {
      parallelForEach(count: min(others.count, Self.mostNamespaces)) { index in
        guard Clock.monotonicMilliseconds() < end else { return }
        let outcome = outcome(of: others[index], in: catalog)
        outcomes.withLock { $0[index] = outcome }
      }
    }
    for outcome in outcomes.withLock({ $0 }) {
      switch outcome {
      case .nothing: break
      case .notLookedInto: result.notLookedInto += 1
      case .found(let find): result.finds.append(find)
      }
    }
    return result
  }

  private enum Outcome: Sendable {
    case nothing
    case notLookedInto
    case found(Find)
  }

  private func outcome(of entry: NamespaceCatalog.Entry, in catalog: NamespaceCatalog) -> Outcome {
    do throws(SystemError) {
      guard try entry.enter(from: root), let snapshot = servers(of: entry) else { return .nothing }
      return .found(find(snapshot, entry, in: catalog))
    } catch {
      return .notLookedInto
    }
  }

  /// The servers in the namespace that the thread has entered; `nil` without any.
  private func servers(of entry: NamespaceCatalog.Entry) -> Snapshot? {
    let counts = root.socketCounts
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    // Not for SCTP and SMC: most kernels lack their dumps, and sockstat does not count them.
    let looked = request.transports.filter { $0.hasPorts && $0.description.format == .internet }
    for transport in looked.sorted(by: { $0.rawValue < $1.rawValue }) {
      // A listener of MPTCP is one of TCP too.
      if transport == .mptcp, request.transports.contains(.tcp) { continue }
      if let counts, !counts.mayHave(transport) { continue }
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
          dump: dump, states: states, requiredDetails: [], filter: request.filter, netns: entry.id,
          hasBothFamilies: hasBoth)
        guard let table = try? dumper.run(over: &socket) else { continue }
        table.move(into: &snapshot)
      }
    }
    snapshot.keepRows(from: .empty) { keeping($0, $1) }
    return snapshot.records.isEmpty ? nil : snapshot
  }

  /// Looks for the process that has a server, among those of its namespace.
  private func find(
    _ servers: Snapshot, _ entry: NamespaceCatalog.Entry, in catalog: NamespaceCatalog
  ) -> Find {
    var servers = servers
    var limits = ProcessLimits()
    limits.pids = Set(entry.processes)
    OwnerSearch(root: root, limits: limits, requiredDetails: .owners, inodes: InodeTable(servers.records)).run(
      into: &servers)
    var pid = entry.processes.first
    var name: [UInt8] = []
    if let owner = servers.owners.first, let owning = owner.pid {
      pid = owning
      name = servers.name(of: owner)
    } else if let pid {
      name = (try? ProcessFolder(pid, in: root).name) ?? []
    }
    let listed = ListedNamespace(id: entry.id, name: catalog.names(of: [entry], in: root)[entry.id], process: pid)
    return Find(label: listed.label, place: entry.place(near: pid), pid: pid, name: name)
  }
}
