package import KernelFormats
import LinuxSystem
package import SocketModel

/// Finds out what control groups stand for: the paths of the ids that sock_diag reported, and the
/// names of the containers and pods in them.
///
/// What was found is kept for the next scan of the same machine: the id of a control group is not
/// used again while the machine runs.
package struct WorkloadSearch: Sendable {
  /// The hierarchy of cgroups.
  private let tree: CgroupTree
  /// What a capture knows; `nil` for another root.
  private var captured: Captured?
  /// The files with the names of containers; `nil` to show ids.
  let files: ContainerFiles?
  /// What is known about the ids that were looked for; `nil` for one that stands for nothing, or
  /// that is not in the hierarchy.
  private var known: [UInt64: Workload?] = [:]
  /// Whether processes were not read when owners were last looked for.
  private var hidesOwners = false
  /// What is known about paths.
  private var ofPaths: [[UInt8]: Workload?] = [:]

  /// The id of the root of the hierarchy, to which no workload belongs.
  private static let rootID: UInt64 = 1
  /// How many folders of the hierarchy are opened for sockets whose owners may not be seen, in a
  /// listing that did not ask for workloads.
  private static let fewFolders = 500

  /// How much is kept for the next scan.
  private static let mostKnown = 50_000

  /// The control groups that a capture knows.
  private struct Captured {
    var paths: [UInt64: [UInt8]] = [:]
    var workloads: [[UInt8]: Workload?] = [:]

    init(_ groups: CapturedControlGroups) {
      for group in groups.groups {
        if let id = group.id { paths[id] = group.path }
        workloads[group.path] = .some(group.workload)
      }
    }
  }

  /// Prepares a search; control groups and the names of containers are those of this machine or, for
  /// a capture, those that it recorded.
  package init(_ root: ProcRoot) {
    let isOwn = root.isOwnKernel || root.shape == .live
    self.init(CgroupTree(mounts: isOwn ? CgroupTree.mounts : []), files: isOwn ? ContainerFiles(root: "/") : nil)
    captured = root.capturedControlGroups.map { Captured($0) }
  }

  /// Prepares a search in some folders, which tests make.
  init(_ tree: CgroupTree, files: ContainerFiles?) {
    self.tree = tree
    self.files = files
  }

  // MARK: What was asked for

  /// Finds the workloads of the control groups of a snapshot's sockets.
  package mutating func nameSockets(in snapshot: inout Snapshot) {
    find(ids(in: snapshot) { _ in true }, mostFolders: CgroupTree.mostFolders)
    snapshot.workloads = known.compactMapValues { $0 }
    snapshot.hasAllWorkloads = true
  }

  /// Finds the workloads of a snapshot's processes, whose control groups were read.
  package mutating func nameProcesses(in snapshot: inout Snapshot) {
    let wanted = Set(snapshot.processes.compactMap(\.controlGroup)).filter { ofPaths[$0] == nil }
    name(Array(wanted)) { ofPaths[$0] = .some($1) }
    for index in snapshot.processes.indices {
      guard let path = snapshot.processes[index].controlGroup else { continue }
      snapshot.processes[index].workload = ofPaths[path] ?? nil
    }
  }

  /// The workloads of control groups by their paths, of those that are in one.
  package mutating func workloads(ofPaths paths: Set<[UInt8]>) -> [[UInt8]: Workload] {
    name(Array(paths.filter { ofPaths[$0] == nil })) { ofPaths[$0] = .some($1) }
    var found: [[UInt8]: Workload] = [:]
    for path in paths { found[path] = ofPaths[path] ?? nil }
    return found
  }

  /// What a capture keeps of some control groups: those of ids that sock_diag reported, as far as
  /// they exist, and of paths that processes are in.
  package mutating func captured(ids: Set<UInt64>, paths: Set<[UInt8]>) -> CapturedControlGroups {
    let found = self.paths(of: ids.filter { $0 > 0 })
    let workloads = workloads(ofPaths: paths.union(found.values))
    var groups = found.sorted { $0.key < $1.key }
      .map { CapturedControlGroups.Group(id: $0.key, path: $0.value, workload: workloads[$0.value]) }
    for path in paths.subtracting(found.values).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      groups.append(CapturedControlGroups.Group(id: nil, path: path, workload: workloads[path]))
    }
    return CapturedControlGroups(groups)
  }

  /// The paths of control groups by their ids, of those that are known.
  func paths(of ids: Set<UInt64>) -> [UInt64: [UInt8]] {
    guard let captured else { return tree.paths(of: ids) }
    return captured.paths.filter { ids.contains($0.key) }
  }

  /// Whether a socket's workload can be known only by its owners.
  package static func needsOwners(_ snapshot: Snapshot) -> Bool {
    snapshot.records.indices.contains { row in
      guard snapshot.records[row].canHaveOwner else { return false }
      let id = snapshot.records[row].cgroup
      return id == 0 || snapshot.workloads[id].map(\.isInit) ?? true
    }
  }

  // MARK: For unseen owners

  /// Finds the workloads of the sockets without a known owner, when processes were not read. When
  /// all were read, or every socket has an owner, nothing is looked for.
  package mutating func replaceOwners(in snapshot: inout Snapshot) {
    hidesOwners = snapshot.hasOwners && snapshot.problems.contains(where: \.costsOnlyOwners)
    snapshot.hidesOwners = hidesOwners
    guard hidesOwners, !snapshot.hasAllWorkloads else { return }
    let wanted = ids(in: snapshot) { snapshot.lacksOwner(at: $0) }
    guard !wanted.isEmpty else { return }
    find(wanted, mostFolders: Self.fewFolders)
    snapshot.workloads = known.compactMapValues { $0 }
  }

  /// Puts what the last search for owners found into a scan that does not look for them.
  package func restore(in snapshot: inout Snapshot) {
    guard hidesOwners else { return }
    snapshot.hidesOwners = true
    snapshot.workloads = known.compactMapValues { $0 }
  }

  // MARK: Search

  private func ids(in snapshot: Snapshot, where isWanted: (Int) -> Bool) -> Set<UInt64> {
    var ids: Set<UInt64> = []
    var last = Self.rootID
    for row in snapshot.records.indices {
      let id = snapshot.records[row].cgroup
      // The sockets of a control group are often adjacent; this saves asking the set for each.
      guard id != last, id > Self.rootID, isWanted(row) else { continue }
      last = id
      ids.insert(id)
    }
    return ids
  }

  private mutating func find(_ ids: Set<UInt64>, mostFolders: Int) {
    if known.count > Self.mostKnown {
      known = [:]
      ofPaths = [:]
    }
    let wanted = ids.filter { known[$0] == nil }
    guard !wanted.isEmpty else { return }
    var tree = tree
    tree.mostFolders = min(tree.mostFolders, mostFolders)
    let paths = captured == nil ? tree.paths(of: wanted) : self.paths(of: wanted)
    for id in wanted { known[id] = .some(nil) }
    let found = Array(paths)
    name(found.map(\.value)) { path, workload in ofPaths[path] = .some(workload) }
    for (id, path) in found { known[id] = .some(ofPaths[path] ?? nil) }
  }

  /// Calls `body` with each path and what it stands for.
  private func name(_ all: [[UInt8]], _ body: ([UInt8], Workload?) -> Void) {
    var paths = all
    if let captured {
      paths = []
      for path in all {
        if let workload = captured.workloads[path] { body(path, workload) } else { paths.append(path) }
      }
    }
    let parsed = paths.map { ControlGroupPath(parsing: $0) }
    let inPods = parsed.contains { $0.podUID != nil }
    let wanted = parsed.compactMap { path in
      path.container.map { ContainerFiles.Wanted(container: $0, user: path.user) }
    }
    let names = files?.names(of: Set(wanted), inPods: inPods) ?? [:]
    let uids = parsed.filter { path in path.container.flatMap { names[$0.id]?.pod } == nil }.compactMap(\.podUID)
    let pods = files?.pods(Set(uids)) ?? [:]
    for (path, parts) in zip(paths, parsed) {
      var found = parts.container.flatMap { names[$0.id] } ?? ContainerNames()
      if found.pod == nil, let uid = parts.podUID { found.pod = pods[uid] }
      body(path, parts.workload(named: found))
    }
  }
}
