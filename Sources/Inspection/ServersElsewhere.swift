import KernelFormats
import LinuxSystem
import SocketModel

/// The servers of other network namespaces, such as a container's, that an answer of "nothing"
/// would hide.
///
/// Entering a namespace takes CAP_SYS_ADMIN: those that may not be entered are counted. In each of
/// the others the kernel is first asked who serves the ports of the loopback interface, see
/// ``ServerLookUps``. Only where no namespace has such a server, or the ports are many, the
/// listeners, and the sockets without a peer, are read, of transports of which the namespace has
/// any by its `sockstat`. That walks the listeners of all namespaces each time, so after the cheap
/// look only some namespaces are read in this way.
///
/// With 200 namespaces and 600 listeners the cheap look takes 11 ms of processor time, a third of
/// it to find the namespaces and the rest shared by the processors; the 64 namespaces that are read
/// take 4 ms more.
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
    /// The namespaces with servers, in the order of their processes: as many as were to be
    /// described.
    package var finds: [Find] = []
    /// The number of other namespaces with servers.
    package var moreFinds = 0
    /// The number of namespaces that were not looked into, for lack of privilege or of time.
    package var notLookedInto = 0
    /// The number of processes whose namespace is unknown, because this user may not ask.
    package var processesNotAsked = 0
    /// Whether there are processes that /proc does not show (`hidepid`).
    package var hidesProcesses = false

    /// Whether there may be servers that it did not find.
    package var isIncomplete: Bool { notLookedInto > 0 || processesNotAsked > 0 || hidesProcesses }

    /// Makes the result of a search that found nothing.
    package init() {}
  }

  private let root: ProcRoot
  private let request: InspectionRequest
  private let keeping: RowTest
  private let lookUps: ServerLookUps?

  /// The limits of the search: how many namespaces are entered, and for how many milliseconds.
  private static let mostNamespaces = 1000
  private static let patience = 200
  /// How many namespaces are read when the cheap look found nothing.
  private static let mostRead = 64

  /// Prepares to look for what a request asks for and a test accepts.
  ///
  /// - Parameter ports: the ports of the servers; `nil` when they are many.
  package init(root: ProcRoot, request: InspectionRequest, ports: [UInt16]?, keeping: @escaping RowTest) {
    self.root = root
    self.request = request
    self.keeping = keeping
    lookUps = ports.flatMap { ServerLookUps(ports: $0, of: request) }
  }

  /// How many ports the cheap look asks for.
  package static let mostPorts = ServerLookUps.mostPorts

  /// Looks into each of the namespaces.
  ///
  /// - Parameter limit: how many namespaces with servers are described.
  package func find(describing limit: Int) -> Result {
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
    var outcomes: [Outcome] = []
    if let lookUps {
      outcomes = look(into: others[...], until: end) { (entry) throws(SystemError) in
        guard try entry.enterQuickly(from: root) else { return nil }
        return try servers(lookUps, in: entry)
      }
    }
    if !outcomes.contains(where: \.isFind) {
      let read = others.prefix(lookUps == nil ? others.count : Self.mostRead)
      let found = look(into: read, until: end) { (entry) throws(SystemError) in
        guard try entry.enter(from: root) else { return nil }
        return readServers(of: entry)
      }
      outcomes.replaceSubrange(0..<min(outcomes.count, found.count), with: found)
      // That nobody serves a port on loopback says nothing of servers at other addresses.
      for index in outcomes.indices.dropFirst(found.count) { outcomes[index] = .notLookedInto }
    }
    for (entry, outcome) in zip(others, outcomes) {
      switch outcome {
      case .nothing: break
      case .notLookedInto: result.notLookedInto += 1
      case .servers(let servers):
        if result.finds.count < limit {
          result.finds.append(find(servers, entry, in: catalog))
        } else {
          result.moreFinds += 1
        }
      }
    }
    return result
  }

  private enum Outcome: Sendable {
    case nothing
    case notLookedInto
    case servers(Snapshot)

    var isFind: Bool { if case .servers = self { true } else { false } }
  }

  /// Looks into some namespaces at once.
  ///
  /// - Parameters:
  ///   - end: when no further ones are entered.
  ///   - servers: enters a namespace, and returns its servers; `nil` without any.
  private func look(
    into entries: ArraySlice<NamespaceCatalog.Entry>, until end: Int,
    _ servers: @escaping @Sendable (NamespaceCatalog.Entry) throws(SystemError) -> Snapshot?
  ) -> [Outcome] {
    let entries = Array(entries)
    let outcomes = Locked<[Outcome]>(Array(repeating: .notLookedInto, count: entries.count))
    // A thread that has entered another namespace cannot be used any more.
    onThreadOfItsOwn {
      parallelForEach(count: min(entries.count, Self.mostNamespaces)) { index in
        guard Clock.monotonicMilliseconds() < end else { return }
        var outcome = Outcome.notLookedInto
        do throws(SystemError) {
          let found = try servers(entries[index])
          outcome = found.map { .servers($0) } ?? .nothing
        } catch {}
        outcomes.withLock { $0[index] = outcome }
      }
    }
    return outcomes.withLock { $0 }
  }

  /// The servers that the kernel names in the namespace that the thread has entered; `nil` without
  /// any, or when it is another one than the entry's.
  private func servers(_ lookUps: ServerLookUps, in entry: NamespaceCatalog.Entry) throws(SystemError) -> Snapshot? {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    try lookUps.run(netns: entry.id, into: &snapshot)
    if snapshot.records.isEmpty { return nil }
    guard try NamespaceCatalog.namespace(of: "thread-self", in: root) == entry.id else { return nil }
    return sifted(&snapshot)
  }

  /// Drops what was not asked for; `nil` when nothing is left.
  private func sifted(_ snapshot: inout Snapshot) -> Snapshot? {
    snapshot.keepRows(from: .empty) { keeping($0, $1) }
    return snapshot.records.isEmpty ? nil : snapshot
  }

  /// The servers in the namespace that the thread has entered; `nil` without any.
  private func readServers(of entry: NamespaceCatalog.Entry) -> Snapshot? {
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
    return sifted(&snapshot)
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
