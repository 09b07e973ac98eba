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
  package let folder: RootFolder
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
  /// What was read of standard input or a pipe to see whether it is an archive.
  let beginning: [UInt8]
  private let inputIsTaken = Atomic<Bool>(false)

  /// Another view of a captured tree that is open: of one of its other network namespaces, or of all
  /// of them.
  init(tree root: ProcRoot, namespace: NetworkNamespaceID?) throws(SystemError) {
    shape = .tree
    path = root.path
    isOwnKernel = false
    folder = try root.folder.copy()
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
    beginning = []
    coversAllNamespaces = namespace == nil
  }

  private init(
    shape: Shape, path: String, isOwnKernel: Bool = false, folder: consuming RootFolder, tables: String = "",
    tableFolder: HeldFolder? = nil, holdsProcesses: Bool = true, absence: InspectionError? = nil,
    coversAllNamespaces: Bool = false, beginning: [UInt8] = []
  ) {
    self.shape = shape
    self.beginning = beginning
    self.absence = absence
    self.coversAllNamespaces = coversAllNamespaces
    self.tableFolder = tableFolder
    self.holdsProcesses = holdsProcesses
    self.path = path
    self.isOwnKernel = isOwnKernel
    self.folder = folder
    self.tables = tables
    guard shape == .tree, let file = try? self.folder.openFileBeneath("manifest") else {
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
      shape: .live, path: "/proc", isOwnKernel: true, folder: .open(directory), tables: tables,
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
        shape: .absent, path: "/proc", isOwnKernel: true, folder: .open(nothing), tables: "self/net/", absence: error)
    }
  }

  /// A root that the user named: a folder, a table file or pipe, or `-` for a table on standard
  /// input.
  public static func open(_ path: String) throws(InspectionError) -> ProcRoot {
    let file = try RootFolder.file(named: path)
    if path == "-" { return try input(file, path: path) }
    let status = try RootFolder.status(of: file, path: path)
    if status.isRegular {
      guard try RootFolder.isArchive(file, path: path) else {
        return ProcRoot(shape: .table, path: path, folder: .open(file))
      }
      return tree(try RootFolder.archive(.file(file), path: path), path: path)
    }
    if status.isPipe { return try input(file, path: path) }
    do throws(SystemError) {
      guard status.isDirectory else { throw SystemError("open", path, code: SystemError.noFolder) }
      if file.isInProcFileSystem { return try mounted(file, path: path) }
      return tree(.open(file), path: path)
    } catch {
      throw .unreadable(root: path, error)
    }
  }

  /// A root that can be read only once: a table or, if it begins as one, an archive, which is then
  /// held in memory.
  private static func input(_ file: consuming Descriptor, path: String) throws(InspectionError) -> ProcRoot {
    var bytes: [UInt8] = []
    do throws(SystemError) {
      // A pipe without a writer is at its end; one with a writer is waited for, as a shell's
      // `<(command)` needs.
      try file.waitForData()
      while bytes.count < TarHeader.blockSize {
        var piece: [UInt8] = Array(repeating: 0, count: TarHeader.blockSize - bytes.count)
        let count = try file.read(into: &piece)
        if count == 0 { break }
        bytes += piece[..<count]
      }
      if TarHeader.beginsArchive(bytes.span) { try file.readAll(into: &bytes, subject: path) }
    } catch {
      throw .unreadable(root: path, error)
    }
    guard try RootFolder.isArchive(bytes, path: path) else {
      return ProcRoot(shape: .input, path: path, folder: .open(file), beginning: bytes)
    }
    return tree(try RootFolder.archive(.memory(bytes), path: path), path: path)
  }

  /// A folder of a mounted /proc: either all of it, or the part of one process, whose network
  /// namespace is then read.
  static func mounted(_ folder: consuming Descriptor, path: String) throws(SystemError) -> ProcRoot {
    if isTop(folder) {
      let tables = ownTables(in: folder)
      return ProcRoot(shape: .live, path: path, folder: .open(folder), tables: tables)
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
      shape: .live, path: path, folder: .open(top), tableFolder: tables, holdsProcesses: holdsProcesses)
  }

  /// Whether a folder of a mounted /proc is its top; the corresponding C constant is
  /// `PROC_ROOT_INO` (`include/linux/proc_fs.h`).
  private static func isTop(_ folder: borrowing Descriptor) -> Bool { (try? folder.status())?.inode == 1 }

  /// The root of a folder that is open, or of an archive.
  package static func tree(_ folder: consuming RootFolder, path: String) -> ProcRoot {
    if let tables = tables(in: folder) {
      return ProcRoot(shape: .tree, path: path, folder: folder, tables: tables)
    }
    // A report that keeps a copy of /proc among other files, as those of sosreport do.
    if let proc = try? folder.openBeneath("proc"), let tables = tables(in: proc) {
      return ProcRoot(shape: .tree, path: path + "/proc", folder: proc, tables: tables)
    }
    return ProcRoot(shape: .tree, path: path, folder: folder)
  }

  /// The folder of tables in a tree, with its slash; `nil` when there is none, or when several
  /// processes have one.
  private static func tables(in folder: borrowing RootFolder) -> String? {
    for name in tableFolders where folder.hasFolder(name) { return name }
    var found: String?
    for pid in (try? folder.numbers()) ?? [] {
      let name = "\(pid)/net/"
      guard folder.hasFolder(name) else { continue }
      if found != nil { return nil }
      found = name
    }
    return found
  }

  /// The folders in which a tree may keep its tables, best first. Without any of them the tables
  /// are looked for in the folder itself.
  private static let tableFolders = ["net/", "self/net/", "thread-self/net/", "1/net/"]

  /// Opens a table for reading, such as `tcp`.
  package func openTable(_ name: String) throws(SystemError) -> RootFile {
    if let tableFolder { return .open(try Descriptor.open(name, in: tableFolder.descriptor)) }
    return try open(tables + name)
  }

  /// Opens a file below the root for reading.
  package func open(_ path: String) throws(SystemError) -> RootFile { try open(path, in: folder) }

  /// Opens a file below a folder of this root for reading.
  package func open(_ path: String, in folder: borrowing RootFolder) throws(SystemError) -> RootFile {
    if shape == .live { return .open(try folder.openLive(path)) }
    return try folder.openFileBeneath(path)
  }

  /// Opens a folder below a folder of this root.
  func openFolder(_ path: String, in folder: borrowing RootFolder) throws(SystemError) -> RootFolder {
    if shape == .live { return .open(try folder.openLive(path, for: .directory)) }
    return try folder.openBeneath(path)
  }

  /// The content of a small file below a folder of this root: at most `limit` bytes of it.
  package func read(_ path: String, in folder: borrowing RootFolder, limit: Int = 65536) throws(SystemError)
    -> [UInt8]
  {
    try Self.content(of: try open(path, in: folder), limit: limit, subject: path)
  }

  /// The content of a small table such as `snmp`: at most `limit` bytes of it.
  // Inlined, it makes the optimizer of Swift 6.3 crash (SimplifyCFG, on a value that is not copied).
  @inline(never)
  package func readTable(_ name: String, limit: Int) throws(SystemError) -> [UInt8] {
    try Self.content(of: try openTable(name), limit: limit, subject: name)
  }

  private static func content(
    of file: consuming RootFile, limit: Int, subject: String
  ) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    try file.readAll(into: &bytes, limit: limit, firstRead: 1024, subject: subject)
    return bytes
  }

  /// The content of a small file below the root; `nil` when it cannot be read or there is no tree.
  package func readIfPossible(_ path: String, limit: Int = 65536) -> [UInt8]? {
    hasProcesses ? try? read(path, in: folder, limit: limit) : nil
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
    let status = (try? folder.status(of: "thread-self/ns/net")) ?? (try? folder.status(of: "self/ns/net"))
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
    guard shape == .live, let namespace = try? folder.status(of: "self/ns/pid"),
      namespace.inode != Self.machinePIDNamespace
    else { return false }
    // A /proc of the machine may also be mounted in a container; there this process has another
    // number.
    guard let link = try? folder.readLink("self") else { return false }
    return link == Array("\(ownProcessID)".utf8)
  }

  /// The inode number of the first pid namespace; the corresponding C constant is
  /// `PROC_PID_INIT_INO` (`include/linux/proc_ns.h`).
  private static let machinePIDNamespace: UInt64 = 0xEFFF_FFFC

  /// The processes, in ascending order.
  package func processIDs() throws(SystemError) -> [Int32] {
    guard hasProcesses else { return [] }
    var pids = try folder.numbers()
    pids.sort()
    return pids
  }

  /// Whether there can be a process with this id: a single table cannot rule one out.
  ///
  /// A process that /proc hides from this user (`hidepid`) still counts.
  package func mayHold(process pid: Int32) -> Bool {
    guard hasProcesses, !refusedProcesses.contains(pid) else { return true }
    do throws(SystemError) {
      _ = try openFolder("\(pid)", in: folder)
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
  /// only once, and is behind its ``beginning``.
  func openSingleTable() throws(SystemError) -> RootFile {
    if shape == .table {
      let file = try Descriptor.openWithoutWaiting(path)
      guard try file.status().isRegular else { throw SystemError("open", path, code: SystemError.invalidArgument) }
      return .open(file)
    }
    guard !inputIsTaken.exchange(true, ordering: .relaxed) else {
      throw SystemError("read", "standard input, again", code: SystemError.invalidArgument)
    }
    return .open(try folder.duplicate())
  }
}

/// A folder that is held open.
private final class HeldFolder: Sendable {
  let descriptor: Descriptor
  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}
