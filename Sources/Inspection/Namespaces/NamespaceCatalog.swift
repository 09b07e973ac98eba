import KernelFormats
import LinuxSystem
package import SocketModel

/// The network namespaces of the machine, as far as this user can find them.
///
/// A namespace exists as long as a process is in it, a file of it is mounted (`/run/netns`,
/// `/run/docker/netns`), or a descriptor or socket refers to it. The kernel has no list of them
/// before Linux 6.19.
package struct NamespaceCatalog: Sendable {
  /// A namespace, and the ways into it.
  package struct Entry: Sendable {
    /// How it is identified; see `ListedNamespace.hasNumber`.
    package let id: NetworkNamespaceID
    package let hasNumber: Bool
    /// Whether it is the one that the calling thread is in.
    package var isOwn = false
    /// The processes in it that /proc shows, in ascending order.
    package var processes: [Int32] = []
    /// The files that it is mounted on.
    package var files: [[UInt8]] = []
    /// A link below /proc to a descriptor that refers to it.
    package var descriptor: String?

    init(id: NetworkNamespaceID, hasNumber: Bool = true) {
      self.id = id
      self.hasNumber = hasNumber
    }
  }

  /// The namespaces: the own one first, then by their first process, then those without any.
  package var entries: [Entry] = []
  /// The number of processes whose namespace is unknown, because this user may ask neither for it
  /// nor for its tables.
  package var processesNotAsked = 0
  /// Whether /proc hides processes of other users (`hidepid`), and with them their namespaces.
  package var hidesProcesses = false

  private var places: [NetworkNamespaceID: Int] = [:]

  /// Looks at all processes of a root and at the mounts of this process.
  ///
  /// The root must be the /proc of the running kernel.
  package init(root: ProcRoot) {
    let own = root.ownNamespace
    if let own {
      places[own] = 0
      entries.append(Entry(id: own))
      entries[0].isOwn = true
    }
    addProcesses(of: root)
    addMounts(of: root)
  }

  /// The entry of a namespace; `nil` for one that was not found.
  package func entry(_ id: NetworkNamespaceID) -> Entry? { places[id].map { entries[$0] } }

  /// Adds the namespaces that only descriptors of processes refer to; returns those.
  ///
  /// - Parameter visits: what a walk over the descriptors has found.
  mutating func addHeld(by visits: [OwnerWalk.Visit]) -> [Entry] {
    let known = entries.count
    for visit in visits {
      for held in visit.holders.namespaces where places[held.id] == nil {
        entries[place(of: held.id)].descriptor = "\(visit.pid)/fd/\(held.descriptor)"
      }
    }
    return Array(entries[known...])
  }

  /// Walks over the descriptors of all processes, and adds the namespaces that only these refer to.
  mutating func addHeld(in root: ProcRoot) {
    let walk = OwnerWalk(root: root, limits: ProcessLimits(), requiredDetails: [], inodes: InodeTable([]))
    guard let pids = try? walk.processIDs() else { return }
    _ = addHeld(by: walk.walk(pids, for: []).all)
  }

  /// The place of a namespace among the entries, where it is added unless it is known.
  private mutating func place(of id: NetworkNamespaceID, hasNumber: Bool = true) -> Int {
    if let place = places[id] { return place }
    places[id] = entries.count
    entries.append(Entry(id: id, hasNumber: hasNumber))
    return entries.count - 1
  }

  /// Adds the namespaces of all processes.
  ///
  /// The number of a process's namespace may be asked for only by those who may trace the process.
  /// Everyone may ask for the inode numbers of its tables: these files are others in each
  /// namespace.
  private mutating func addProcesses(of root: ProcRoot) {
    let pids = (try? root.processIDs()) ?? []
    hidesProcesses = root.hidesProcesses(pids)
    var unnumbered: [(pid: Int32, tables: UInt64)] = []
    for pid in pids {
      do throws(SystemError) {
        guard let id = try Self.namespace(of: "\(pid)", in: root) else { continue }
        entries[self.place(of: id)].processes.append(pid)
      } catch {
        guard error.isForbidden else { continue }
        if let tables = Self.tables(of: "\(pid)", in: root) {
          unnumbered.append((pid, tables))
        } else if Self.hasNamespace(pid, in: root) {
          processesNotAsked += 1
        }
      }
    }
    if unnumbered.isEmpty { return sortByFirstProcess() }
    var byTables: [UInt64: Int] = [:]
    if let own = entries.first, own.isOwn, let tables = Self.tables(of: "thread-self", in: root) {
      byTables[tables] = 0
    }
    // Most such processes are in the own namespace.
    if unnumbered.contains(where: { byTables[$0.tables] == nil }) { addPlaces(in: root, to: &byTables) }
    for (pid, tables) in unnumbered {
      let place = byTables[tables] ?? self.place(of: NetworkNamespaceID(truncating: tables), hasNumber: false)
      byTables[tables] = place
      entries[place].processes.append(pid)
    }
    for place in entries.indices { entries[place].processes.sort() }
    sortByFirstProcess()
  }

  /// The network namespace of a process; `nil` when the link to it has another form.
  ///
  /// The text of the link has the number. Following the link costs twice as much, as the kernel
  /// makes an inode for that.
  ///
  /// - Parameter process: its number, or `thread-self`.
  static func namespace(of process: String, in root: ProcRoot) throws(SystemError) -> NetworkNamespaceID? {
    let link = try root.folder.readLink("\(process)/ns/net")
    return FileLink.networkNamespace(link.span).map { NetworkNamespaceID(inode: $0) }
  }

  /// Adds the places of the other namespaces with a number, by the inode numbers of their tables.
  private func addPlaces(in root: ProcRoot, to byTables: inout [UInt64: Int]) {
    for (place, entry) in entries.enumerated() where !entry.isOwn {
      for pid in entry.processes {
        // The first one may have ended.
        guard let tables = Self.tables(of: "\(pid)", in: root) else { continue }
        byTables[tables] = place
        break
      }
    }
  }

  private mutating func sortByFirstProcess() {
    entries.sort { first, second in
      if first.isOwn != second.isOwn { return first.isOwn }
      return (first.processes.first ?? .max) < (second.processes.first ?? .max)
    }
    for place in entries.indices { places[entries[place].id] = place }
  }

  /// Whether a process that may not be asked has a network namespace: a zombie has none any more.
  /// With hidepid=1 not even its state is known.
  private static func hasNamespace(_ pid: Int32, in root: ProcRoot) -> Bool {
    do throws(SystemError) {
      let stat = try ProcessFolder(pid, in: root).stat
      return stat.map { $0.state != UInt8(ascii: "Z") && $0.state != UInt8(ascii: "X") } ?? false
    } catch {
      return error.isForbidden
    }
  }

  /// The inode number of the tables of a process.
  private static func tables(of process: String, in root: ProcRoot) -> UInt64? {
    (try? root.folder.status(of: "\(process)/net/tcp"))?.inode
      ?? (try? root.folder.status(of: "\(process)/net/dev"))?.inode
  }

  /// Adds what is mounted on files in the mount namespace of this process.
  private mutating func addMounts(of root: ProcRoot) {
    guard let bytes = root.readIfPossible("self/mountinfo", limit: 4 << 20) else { return }
    for mounted in MountInfo.networkNamespaces(parsing: bytes.span) {
      let place = self.place(of: NetworkNamespaceID(inode: mounted.inode))
      if !entries[place].files.contains(mounted.path) { entries[place].files.append(mounted.path) }
    }
  }
}
