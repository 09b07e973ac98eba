import KernelFormats
import LinuxSystem
import SocketModel

/// The servers of other network namespaces that an answer of "nothing" would hide: a container's, say.
///
/// The namespaces are those of the processes that /proc shows, and entering one takes CAP_SYS_ADMIN: what may not be looked at is passed over. The
/// kernel is asked for listeners, and sockets without a peer, at the ports alone, so that the sockets of a namespace are not walked.
public struct ServersElsewhere: Sendable {
  /// A namespace with a server.
  public struct Find: Sendable, Hashable {
    /// The namespace's inode number.
    public let netns: UInt32
    /// The process that has a server's socket open; when none is found, the first one in the namespace.
    public let pid: Int32
    /// That process's name.
    public let name: [UInt8]
  }

  private let root: ProcRoot
  private let request: InspectionRequest
  private let keeping: RowTest

  /// How many namespaces are entered, and for how many milliseconds, at most.
  private static let mostNamespaces = 1000
  private static let patience = 1000

  /// Prepares to look for what a request asks for that passes a test.
  public init(root: ProcRoot, request: InspectionRequest, keeping: @escaping RowTest) {
    self.root = root
    self.request = request
    self.keeping = keeping
  }

  /// The namespaces with servers, in the order of their processes.
  public func find() -> [Find] {
    guard root.isOwnKernel, root.hasProcesses, let own = root.ownNamespace else { return [] }
    var namespaces: [UInt32: [Int32]] = [:]
    var order: [UInt32] = []
    for pid in (try? root.processIDs()) ?? [] {
      guard let status = try? root.descriptor.status(of: "\(pid)/ns/net") else { continue }
      let netns = UInt32(truncatingIfNeeded: status.inode)
      guard netns != own else { continue }
      if namespaces[netns] == nil { order.append(netns) }
      namespaces[netns, default: []].append(pid)
    }
    guard !order.isEmpty else { return [] }
    let processes = namespaces
    let queue = order.prefix(Self.mostNamespaces)
    // A thread that has been elsewhere is of no use any more.
    return onThreadOfItsOwn {
      let end = Clock.monotonicMilliseconds() + Self.patience
      var finds: [Find] = []
      for netns in queue where Clock.monotonicMilliseconds() < end {
        if let find = find(in: netns, processes[netns] ?? []) { finds.append(find) }
      }
      return finds
    } ?? []
  }

  private func find(in netns: UInt32, _ pids: [Int32]) -> Find? {
    guard let first = pids.first(where: { enter(netns, of: $0) }) else { return nil }
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    for transport in request.transports.filter(\.hasPorts).sorted(by: { $0.rawValue < $1.rawValue }) {
      var dumps = SockDiagDump.all(of: transport, families: request.families)
      // One walk tells both families of TCP.
      let hasBoth = transport == .tcp && dumps.count == 2
      if hasBoth { dumps.removeLast() }
      // Listeners have a table of their own; any other state of TCP would walk all connections of all namespaces.
      let isTCP = transport == .tcp || transport == .mptcp
      let states = isTCP ? SocketStateSet(.listen) : SocketStateSet([.listen, .unconnected])
      for dump in dumps {
        guard var socket = try? NetlinkSocket.sockDiag() else { return nil }
        let dumper = SockDiagDumper(
          dump: dump, states: states, demand: [], filter: request.filter, netns: netns, hasBothFamilies: hasBoth)
        guard let table = try? dumper.run(over: &socket) else { continue }
        table.move(into: &snapshot)
      }
    }
    snapshot.keepRows(from: .empty) { keeping($0, $1) }
    guard !snapshot.records.isEmpty else { return nil }
    var limits = ProcessLimits()
    limits.pids = Set(pids)
    OwnerWalk(root: root, limits: limits, demand: .owners, inodes: InodeTable(snapshot.records)).run(into: &snapshot)
    if let owner = snapshot.owners.first {
      return Find(netns: netns, pid: owner.pid, name: snapshot.process(of: owner).name)
    }
    let name = try? ProcessFolder(first, in: root).name
    return Find(netns: netns, pid: first, name: name ?? [])
  }

  /// Enters the namespace of a process; false when it is in another by now, or this may not be done.
  private func enter(_ netns: UInt32, of pid: Int32) -> Bool {
    guard let file = try? root.open("\(pid)/ns/net"), let status = try? file.status(),
      UInt32(truncatingIfNeeded: status.inode) == netns
    else { return false }
    return (try? enterNetworkNamespace(file)) != nil
  }
}
