package import KernelFormats
package import LinuxSystem
public import SocketModel
import Synchronization

/// Where tables and processes are read from: the live /proc, a captured tree, a single table file,
/// or standard input.
///
/// A captured tree has the layout of /proc: `net/tcp`, `PID/fd/N` ...; any hand-made copy works,
/// `self/net/tcp` too. Its content is not trusted: no path leads out of it, only regular files are
/// read, and reading never waits for a FIFO or device.
public final class ProcRoot: Sendable {
  /// What kind of root it is.
  package enum Shape: Sendable {
    /// A mounted /proc.
    case live
    /// A folder with the layout of /proc.
    case tree
    /// One table in one file.
    case table
    /// One table on standard input or from a pipe, which can be read once.
    case input
    /// None: the running kernel without a /proc, where only sock_diag can be used.
    case absent
  }

  /// What kind of root it is.
  package let shape: Shape
  /// The folder, file or `-` as the user named it.
  public let path: String
  /// Whether this is `/proc` of the running kernel and was not named by the user, so that sock_diag
  /// may be used instead.
  public let isOwnKernel: Bool
  /// The folder; the file for ``Shape/table`` and ``Shape/input``.
  package let descriptor: Descriptor
  /// The folder of tables below the root, with its slash: `thread-self/net/`. For a process or
  /// folder inside a mounted /proc, see ``tableFolder``.
  package let tables: String
  /// The folder of tables, held open, when the root is a process or a folder of its tables:
  /// `/proc/PID`, `/proc/PID/net`. It keeps referring to that process when another gets its number.
  private let tableFolder: HeldFolder?
  /// Whether the folder is a whole /proc, so that it contains the processes.
  private let holdsProcesses: Bool
  /// What the capture says about itself; `nil` without a manifest.
  package let manifest: CaptureManifest?
  /// The processes of a capture whose descriptors, or whose whole folder, could not be read when it
  /// was made.
  let refusedProcesses: Set<Int32>
  /// What is wrong with the manifest.
  let manifestProblems: [Problem]
  /// Why there is no /proc; `nil` when there is one, or another root.
  public let absence: InspectionError?
  /// Whether the sockets of all network namespaces are read, not only those of the one that the
  /// calling thread is in.
  package let coversAllNamespaces: Bool
  private let inputIsTaken = Atomic<Bool>(false)

  /// Another view of a captured tree that is open: of one of its other network namespaces, or of all
  /// of them.
  init(tree root: ProcRoot, namespace: NetworkNamespaceID?) throws(SystemError) {
    shape = .tree
    path = root.path
    isOwnKernel = false
    descriptor = try Descriptor.openBeneath(".", in: root.descriptor, directoryExpected: true)
    tables = namespace.map { Self.tables(of: $0) } ?? root.tables
    tableFolder = nil
    holdsProcesses = root.holdsProcesses
    var manifest = root.manifest
    if let namespace {
      manifest?.netns = namespace
      manifest?.leaveOutTables()
    }
    self.manifest = manifest
    refusedProcesses = root.refusedProcesses
    manifestProblems = root.manifestProblems
    absence = nil
    coversAllNamespaces = namespace == nil
  }

  private init(
    shape: Shape, path: String, isOwnKernel: Bool = false, descriptor: consuming Descriptor, tables: String = "",
    tableFolder: HeldFolder? = nil, holdsProcesses: Bool = true, absence: InspectionError? = nil,
    coversAllNamespaces: Bool = false
  ) {
    self.shape = shape
    self.absence = absence
    self.coversAllNamespaces = coversAllNamespaces
    self.tableFolder = tableFolder
    self.holdsProcesses = holdsProcesses
    self.path = path
    self.isOwnKernel = isOwnKernel
    self.descriptor = descriptor
    self.tables = tables
    guard shape == .tree, let file = try? Self.openRegular("manifest", in: self.descriptor) else {
      manifest = nil
      refusedProcesses = []
      manifestProblems = []
      return
    }
    var bytes: [UInt8] = []
    var problems: [Problem] = []
    do throws(SystemError) {
      try file.readAll(into: &bytes, limit: CaptureManifest.longest, subject: "manifest")
    } catch {
      problems.append(Problem(subject: .manifest, cause: .unreadable(.call(CallFailure(error)))))
    }
    let manifest = CaptureManifest(parsing: bytes.span, problems: &problems)
    self.manifest = manifest
    refusedProcesses = Set(manifest.unreadable.compactMap(\.refusedProcess))
    manifestProblems = problems
  }

  /// Why the manifest says that a table of a captured tree is incomplete or missing; `nil` when it
  /// does not mention the table.
  func captureFailure(of table: ProcNetTable) -> String? {
    manifest?.unreadable.first { $0.item == .table(table) && $0.reason != nil }?.reason?.text
  }

  /// The /proc of the running kernel.
  public static func live() throws(InspectionError) -> ProcRoot { try live(coversAllNamespaces: false) }

  static func live(coversAllNamespaces: Bool) throws(InspectionError) -> ProcRoot {
    let directory: Descriptor
    do throws(SystemError) {
      directory = try Descriptor.open("/proc", for: .directory)
    } catch {
      throw .unreadable(root: "/proc", error)
    }
    guard directory.isInProcFileSystem else {
      throw .noTables(root: "/proc", "it is not a proc file system; mount it with: mount -t proc proc /proc")
    }
    let tables = ownTables(in: directory)
    return ProcRoot(
      shape: .live, path: "/proc", isOwnKernel: true, descriptor: directory, tables: tables,
      coversAllNamespaces: coversAllNamespaces)
  }

  /// The tables of the network namespace of the calling thread, to which its netlink sockets
  /// belong; before Linux 3.17 that of the main thread.
  private static func ownTables(in directory: borrowing Descriptor) -> String {
    (try? directory.status(of: "thread-self/net")) == nil ? "self/net/" : "thread-self/net/"
  }

  /// The running kernel, with its /proc where that is mounted. Without it only sock_diag can be
  /// used, and nothing reports processes.
  public static func running() throws(InspectionError) -> ProcRoot {
    do throws(InspectionError) {
      return try live()
    } catch {
      // Nothing can be opened below a pipe (ENOTDIR), so any search for a file there finds none.
      guard let nothing = (try? Pipe())?.intoReading() else { throw error }
      return ProcRoot(
        shape: .absent, path: "/proc", isOwnKernel: true, descriptor: nothing, tables: "self/net/", absence: error)
    }
  }

  /// A root that the user named: a folder, a table file or pipe, or `-` for a table on standard
  /// input.
  public static func open(_ path: String) throws(InspectionError) -> ProcRoot {
    do throws(SystemError) {
      if path == "-" {
        let input = try Descriptor.duplicating(0)
        return ProcRoot(shape: .input, path: path, descriptor: input)
      }
      let file = try Descriptor.openWithoutWaiting(path)
      let status = try file.status()
      if status.isRegular {
        return ProcRoot(shape: .table, path: path, descriptor: file)
      }
      if status.isPipe {
        // A pipe without a writer is at its end; one with a writer is waited for, as a shell's
        // `<(command)` needs.
        try file.waitForData()
        return ProcRoot(shape: .input, path: path, descriptor: file)
      }
      guard status.isDirectory else {
        throw SystemError("open", path, code: Self.notADirectory)
      }
      if file.isInProcFileSystem { return try mounted(file, path: path) }
      return tree(file, path: path)
    } catch {
      throw .unreadable(root: path, error)
    }
  }

  /// A folder of a mounted /proc: either all of it, or the part of one process, whose network
  /// namespace is then read.
  static func mounted(_ folder: consuming Descriptor, path: String) throws(SystemError) -> ProcRoot {
    if isTop(folder) {
      let tables = ownTables(in: folder)
      return ProcRoot(shape: .live, path: path, descriptor: folder, tables: tables)
    }
    // For a folder without tables the scan reports that there are none.
    let hasNet = (try? folder.status(of: "net"))?.isDirectory == true
    let tables = HeldFolder(try Descriptor.open(hasNet ? "net" : ".", in: folder, for: .directory))
    // The processes that may have the sockets open. The deepest such folder is
    // /proc/PID/task/TID/net.
    var top = folder
    for _ in 0..<4 where !isTop(top) {
      let parent = try Descriptor.open("..", in: top, for: .directory)
      guard parent.isInProcFileSystem else { break }
      top = parent
    }
    let holdsProcesses = isTop(top)
    return ProcRoot(
      shape: .live, path: path, descriptor: top, tableFolder: tables, holdsProcesses: holdsProcesses)
  }

  /// Whether a folder of a mounted /proc is its top; the corresponding C constant is
  /// `PROC_ROOT_INO` (`include/linux/proc_fs.h`).
  private static func isTop(_ folder: borrowing Descriptor) -> Bool { (try? folder.status())?.inode == 1 }

  /// The root of a folder that is open.
  package static func tree(_ folder: consuming Descriptor, path: String) -> ProcRoot {
    if let tables = tables(in: folder) {
      return ProcRoot(shape: .tree, path: path, descriptor: folder, tables: tables)
    }
    // A report that keeps a copy of /proc among other files, as those of sosreport do.
    if let proc = try? Descriptor.openBeneath("proc", in: folder, directoryExpected: true),
      let tables = tables(in: proc)
    {
      return ProcRoot(shape: .tree, path: path + "/proc", descriptor: proc, tables: tables)
    }
    return ProcRoot(shape: .tree, path: path, descriptor: folder)
  }

  /// The folder of tables in a tree, with its slash; `nil` when there is none, or when several
  /// processes have one.
  private static func tables(in folder: borrowing Descriptor) -> String? {
    for name in tableFolders where isFolder(name, in: folder) { return name }
    guard let copy = try? Descriptor.openBeneath(".", in: folder, directoryExpected: true) else { return nil }
    var reader = DirectoryReader(copy)
    var found: String?
    while let pid = (try? reader.nextNumber()) ?? nil {
      let name = "\(pid)/net/"
      guard isFolder(name, in: folder) else { continue }
      if found != nil { return nil }
      found = name
    }
    return found
  }

  private static func isFolder(_ name: String, in folder: borrowing Descriptor) -> Bool {
    (try? Descriptor.openBeneath(name, in: folder, directoryExpected: true)) != nil
  }

  /// The corresponding C constant is `ENOTDIR`.
  private static let notADirectory: Int32 = 20
  /// The corresponding C constant is `EINVAL`.
  private static let invalid: Int32 = 22

  /// The folders in which a tree may keep its tables, best first. Without any of them the tables
  /// are looked for in the folder itself.
  private static let tableFolders = ["net/", "self/net/", "thread-self/net/", "1/net/"]

  /// Opens a table for reading, such as `tcp`.
  package func openTable(_ name: String) throws(SystemError) -> Descriptor {
    if let tableFolder { return try Descriptor.open(name, in: tableFolder.descriptor) }
    return try open(tables + name)
  }

  /// Opens a file below the root for reading.
  package func open(_ path: String) throws(SystemError) -> Descriptor { try open(path, in: descriptor) }

  /// Opens a file below a folder of this root for reading.
  package func open(_ path: String, in directory: borrowing Descriptor) throws(SystemError) -> Descriptor {
    if shape == .live { return try Descriptor.open(path, in: directory) }
    return try Self.openRegular(path, in: directory)
  }

  /// Opens a file of a tree whose content is not trusted.
  private static func openRegular(_ path: String, in directory: borrowing Descriptor) throws(SystemError) -> Descriptor
  {
    let file = try Descriptor.openBeneath(path, in: directory)
    guard try file.status().isRegular else { throw SystemError("open", path, code: invalid) }
    return file
  }

  /// Opens a folder below a folder of this root.
  func openDirectory(_ path: String, in directory: borrowing Descriptor) throws(SystemError) -> Descriptor {
    if shape == .live { return try Descriptor.open(path, in: directory, for: .directory) }
    return try Descriptor.openBeneath(path, in: directory, directoryExpected: true)
  }

  /// The content of a small file below a folder of this root: at most `limit` bytes of it.
  package func read(_ path: String, in directory: borrowing Descriptor, limit: Int = 65536) throws(SystemError)
    -> [UInt8]
  {
    try Self.content(of: try open(path, in: directory), limit: limit, subject: path)
  }

  /// The content of a small table such as `snmp`: at most `limit` bytes of it.
  package func readTable(_ name: String, limit: Int) throws(SystemError) -> [UInt8] {
    try Self.content(of: try openTable(name), limit: limit, subject: name)
  }

  private static func content(
    of file: consuming Descriptor, limit: Int, subject: String
  ) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    try file.readAll(into: &bytes, limit: limit, firstRead: 1024, subject: subject)
    return bytes
  }

  /// The content of a small file below the root; `nil` when it cannot be read or there is no tree.
  package func readIfPossible(_ path: String, limit: Int = 65536) -> [UInt8]? {
    hasProcesses ? try? read(path, in: descriptor, limit: limit) : nil
  }

  /// The network namespace of the calling thread, to which its netlink sockets belong; for a
  /// capture, the one that was captured; when the root is a process's folder, the one of that
  /// process.
  package var ownNamespace: NetworkNamespaceID? {
    guard shape == .live else { return manifest?.netns }
    if let tableFolder {
      // The folder of tables is beside the links to the namespaces.
      return (try? tableFolder.descriptor.status(of: "../ns/net")).map { NetworkNamespaceID(truncating: $0.inode) }
    }
    let status = (try? descriptor.status(of: "thread-self/ns/net")) ?? (try? descriptor.status(of: "self/ns/net"))
    return status.map { NetworkNamespaceID(truncating: $0.inode) }
  }

  /// Whether the process that the root names has ended.
  var processHasEnded: Bool {
    tableFolder.map { (try? $0.descriptor.status(of: "../stat")) == nil } ?? false
  }

  /// Whether the names of interfaces are those that this process sees: the kernel answers for its
  /// own network namespace.
  var hasOwnInterfaces: Bool { tableFolder == nil }

  /// Whether there can be processes: true of a root that is a folder.
  package var hasProcesses: Bool { (shape == .live || shape == .tree) && holdsProcesses }

  /// Whether this is the running kernel's /proc as seen from a pid namespace other than the
  /// machine's: processes outside are not in it.
  package var isOfNestedProcesses: Bool {
    guard shape == .live, let namespace = try? descriptor.status(of: "self/ns/pid"),
      namespace.inode != Self.machinePIDNamespace
    else { return false }
    // A /proc of the machine may also be mounted in a container; there this process has another
    // number.
    guard let link = try? descriptor.readLink("self") else { return false }
    return link == Array("\(ownProcessID)".utf8)
  }

  /// The inode number of the first pid namespace; the corresponding C constant is
  /// `PROC_PID_INIT_INO` (`include/linux/proc_ns.h`).
  private static let machinePIDNamespace: UInt64 = 0xEFFF_FFFC

  /// The processes, in ascending order.
  package func processIDs() throws(SystemError) -> [Int32] {
    guard hasProcesses else { return [] }
    // It has its own reader: two listings may run at once, and a directory has one position.
    var reader = DirectoryReader(try openDirectory(".", in: descriptor))
    var pids: [Int32] = []
    while let pid = try reader.nextNumber() { pids.append(pid) }
    pids.sort()
    return pids
  }

  /// Whether there can be a process with this id: a single table cannot rule one out.
  ///
  /// A process that /proc hides from this user (`hidepid`) still counts.
  package func mayHold(process pid: Int32) -> Bool {
    guard hasProcesses, !refusedProcesses.contains(pid) else { return true }
    do throws(SystemError) {
      _ = try openDirectory("\(pid)", in: descriptor)
      return true
    } catch {
      return !error.isGone || isOwnKernel && processExists(pid)
    }
  }

  /// When it was captured, according to its manifest; `nil` when it is not a capture.
  public var captureTime: Timestamp? { manifest?.time }

  /// Whether it is a mounted /proc, so that reading it again can show something else.
  public var isLive: Bool { shape == .live }

  /// The single table of a root that is a file, from its beginning. Standard input can be taken
  /// only once.
  func openSingleTable() throws(SystemError) -> Descriptor {
    if shape == .table {
      let file = try Descriptor.openWithoutWaiting(path)
      guard try file.status().isRegular else { throw SystemError("open", path, code: Self.invalid) }
      return file
    }
    guard !inputIsTaken.exchange(true, ordering: .relaxed) else {
      throw SystemError("read", "standard input, again", code: Self.invalid)
    }
    return try Descriptor.duplicating(descriptor.number)
  }
}

/// A folder that is held open.
private final class HeldFolder: Sendable {
  let descriptor: Descriptor
  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}
