import KernelFormats
import LinuxSystem
import SocketModel

extension OwnerWalk {
  /// The network namespace that a process is in; `nil` when it is the one that is read, or not
  /// known.
  func namespaceElsewhere(of process: ProcessFolder) -> OtherNamespace? {
    guard root.shape == .live else {
      guard let read = root.manifest?.netns, let link = try? process.namespaceLink,
        let its = FileLink.networkNamespace(link.span), its != read.inode
      else { return nil }
      return OtherNamespace(inode: UInt64(its))
    }
    guard root.isOwnKernel, let read = root.ownNamespace else { return nil }
    if let its = try? process.folder.status(of: "ns/net") {
      return NetworkNamespaceID(truncating: its.inode) == read ? nil : OtherNamespace(inode: its.inode)
    }
    // Without permission to follow that link the tables still help: each namespace has its own
    // files.
    guard let own = try? root.descriptor.status(of: root.tables + "dev"),
      let its = try? process.folder.status(of: "net/dev"), own.inode != its.inode
    else { return nil }
    return OtherNamespace(inode: nil)
  }
}

/// Why processes that were asked for have fewer sockets in a listing than they have open: they are
/// in another network namespace, or have sockets from one, or sockets that no table lists (not
/// bound yet, or of a protocol without a table).
struct MissingSockets {
  let root: ProcRoot
  let request: InspectionRequest

  /// A socket that is in no row, and one of the descriptors that refer to it.
  private struct Unlisted {
    let pid: Int32
    let descriptor: Int32
    let inode: UInt64
    let name: String
  }

  /// Adds a problem for each reason.
  func report(_ visits: [OwnerWalk.Visit], into snapshot: inout Snapshot) {
    let elsewhere = visits.filter { $0.elsewhere != nil }.sorted { $0.pid < $1.pid }
    if let first = elsewhere.first { report(elsewhere: first, count: elsewhere.count, into: &snapshot) }
    guard request.processes.countsUnlisted, root.shape == .live, root.isOwnKernel else { return }
    // The sockets of a process in another namespace are in that namespace too.
    let outside = Set(elsewhere.map(\.pid))
    let here = visits.filter { !outside.contains($0.pid) }
    var own: [Unlisted] = []
    var foreign: [UInt64: [Unlisted]] = [:]
    for socket in unlisted(here, read: snapshot.lookedAt) {
      let netns = try? ProcessSockets.namespace(ofSocket: socket.descriptor, in: socket.pid)
      if let netns, NetworkNamespaceID(truncating: netns) != snapshot.meta.netns {
        foreign[netns, default: []].append(socket)
      } else {
        own.append(socket)
      }
    }
    for (netns, sockets) in foreign.sorted(by: { $0.key < $1.key }) {
      report(sockets, of: netns, holder(of: sockets, in: visits), into: &snapshot)
    }
    guard !own.isEmpty else { return }
    snapshot.problems.append(
      Problem(subject: holder(of: own, in: visits), cause: .missing(.unlisted(protocols(of: own)))))
  }

  private func report(elsewhere visit: OwnerWalk.Visit, count: Int, into snapshot: inout Snapshot) {
    snapshot.problems.append(
      Problem(
        subject: .process(visit.pid, name: visit.info?.name),
        cause: .otherNamespace(.process(others: count - 1, netns: visit.elsewhere?.inode)),
        remedy: root.shape == .live ? Self.remedy(entering: visit.pid, listing: visit.pid) : nil))
  }

  private func report(
    _ sockets: [Unlisted], of netns: UInt64, _ holder: Problem.Subject, into snapshot: inout Snapshot
  ) {
    var problem = Problem(
      subject: holder, cause: .otherNamespace(.sockets(protocols(of: sockets), netns: netns)))
    // If a process is in that namespace, the advice is to enter it.
    let pids = (try? root.processIDs()) ?? []
    if let there = pids.first(where: { (try? root.descriptor.status(of: "\($0)/ns/net"))?.inode == netns }),
      let pid = sockets.first?.pid
    {
      problem.remedy = Self.remedy(entering: there, listing: pid)
    }
    snapshot.problems.append(problem)
  }

  private static func remedy(entering process: Int32, listing pid: Int32) -> Problem.Remedy {
    .enterNamespace(of: process, listing: pid, asRoot: Users.effectiveUID != 0)
  }

  private func holder(of sockets: [Unlisted], in visits: [OwnerWalk.Visit]) -> Problem.Subject {
    let pids = Set(sockets.map(\.pid))
    guard pids.count == 1, let pid = pids.first else { return .processes(count: pids.count) }
    return .process(pid, name: visits.first { $0.pid == pid && $0.info != nil }?.info?.name)
  }

  /// How many sockets there are of each protocol, most first.
  private func protocols(of sockets: [Unlisted]) -> [Problem.ProtocolCount] {
    var counts: [String: Int] = [:]
    for socket in sockets { counts[socket.name, default: 0] += 1 }
    let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    return sorted.map { Problem.ProtocolCount(name: $0.key, count: $0.value) }
  }

  // MARK: Sockets in no table

  /// The transport and family that a protocol's sockets are listed under; `nil` for a protocol
  /// without a table here.
  private static func kind(_ name: String) -> (transport: Transport, family: AddressFamily?)? {
    guard let transport = Transport.allCases.first(where: { $0.description.kernelNames.contains(name) }) else {
      return nil
    }
    guard transport.isInternet else { return (transport, nil) }
    return (transport, name.hasSuffix("v6") ? .ipv6 : .ipv4)
  }

  /// The sockets of processes that are in no row, each once: those of transports that were asked
  /// for, and of protocols that have none.
  private func unlisted(
    _ visits: [OwnerWalk.Visit], read: [Transport: Set<AddressFamily>]
  ) -> [Unlisted] {
    var withoutDump: [Transport: Bool] = [:]
    /// Whether only a dump could list the transport, and this kernel has none.
    func lacksDump(_ transport: Transport) -> Bool {
      guard transport.description.tables.isEmpty, read[transport] == nil else { return false }
      if let known = withoutDump[transport] { return known }
      let lacks = inodesNow(of: [transport]) == nil
      withoutDump[transport] = lacks
      return lacks
    }
    var sockets: [Unlisted] = []
    var inodes: Set<UInt64> = []
    var transports: Set<Transport> = []
    for visit in visits {
      for other in visit.others where !inodes.contains(other.inode) {
        guard let name = try? ProcessSockets.protocolName(at: path(visit.pid, other.descriptor)) else { continue }
        if let kind = Self.kind(name), !lacksDump(kind.transport) {
          guard request.transports.contains(kind.transport), kind.family.map({ request.families.contains($0) }) ?? true
          else {
            continue
          }
          transports.insert(kind.transport)
        }
        inodes.insert(other.inode)
        sockets.append(
          Unlisted(
            pid: visit.pid, descriptor: other.descriptor, inode: other.inode,
            name: name.isEmpty ? "unknown" : name))
      }
    }
    guard !sockets.isEmpty else { return [] }
    // A server may have accepted connections since the tables were read: a socket that is in the
    // tables now is new, not missing.
    if !transports.isEmpty {
      guard let present = inodesNow(of: transports) else { return [] }
      sockets.removeAll { present.contains($0.inode) }
    }
    // Sockets that were closed since are in no table either.
    sockets.removeAll { socket in
      let link = try? root.descriptor.readLink("\(socket.pid)/fd/\(socket.descriptor)")
      return link != Array("socket:[\(socket.inode)]".utf8)
    }
    return sockets
  }

  private func path(_ pid: Int32, _ descriptor: Int32) -> String { "\(root.path)/\(pid)/fd/\(descriptor)" }

  /// The inodes that are in the tables of some transports now; `nil` when the tables cannot be read
  /// to their end.
  private func inodesNow(of transports: Set<Transport>) -> Set<UInt64>? {
    var again = request
    again.transports = transports
    again.requiredTransports = []
    again.requiredDetails = []
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    do throws(InspectionError) {
      try SocketScan(root: root, request: again, rowFilter: RowFilter(again, keeping: nil)).run(into: &snapshot)
    } catch {
      return nil
    }
    guard snapshot.problems.isEmpty else { return nil }
    return Set(snapshot.records.lazy.filter(\.canHaveOwner).map(\.inode))
  }
}
