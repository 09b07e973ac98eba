import KernelFormats
import LinuxSystem
import SocketModel
import Synchronization

/// Where tables and processes are read from: the live /proc, a captured tree, a single table file, or standard input.
///
/// A captured tree has the shape of /proc: `net/tcp`, `PID/fd/N` ...; any hand-made copy serves, `self/net/tcp` too. Nobody vouches for its
/// content: no path leads out of it, nothing but regular files is read, and reading never waits for a FIFO or device.
public final class ProcRoot: Sendable {
  /// What kind of root it is.
  enum Shape: Sendable {
    /// A mounted /proc.
    case live
    /// A folder of the shape of /proc.
    case tree
    /// One table in one file.
    case table
    /// One table on standard input or from a pipe, which can be read once.
    case input
    /// None: the running kernel without a /proc, of which sock_diag alone tells.
    case absent
  }

  /// What kind of root it is.
  let shape: Shape
  /// The folder, file or `-` as the user named it.
  public let path: String
  /// Whether this is `/proc` of the running kernel and was not named by the user, so that sock_diag may be used instead of it.
  public let isOwnKernel: Bool
  /// The folder; the file for ``Shape/table`` and ``Shape/input``.
  let descriptor: Descriptor
  /// The folder of tables below the root, with its slash: `self/net/`.
  let tables: String
  /// What the capture says about itself; `nil` without a manifest.
  let manifest: CaptureManifest?
  /// The processes of a capture whose descriptors, or whose whole folder, could not be read when it was made.
  let refusedProcesses: Set<Int32>
  /// What is wrong with the manifest.
  let manifestProblems: [Problem]
  /// Why there is no /proc; `nil` when there is one, or another root.
  public let absence: InspectionError?
  private let inputIsTaken = Atomic<Bool>(false)

  private init(
    shape: Shape, path: String, isOwnKernel: Bool, descriptor: consuming Descriptor, tables: String,
    absence: InspectionError? = nil
  ) {
    self.shape = shape
    self.absence = absence
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
      problems.append(Problem(.unreadable, subject: "manifest", message: error.reason))
    }
    let manifest = CaptureManifest(parsing: bytes.span, problems: &problems)
    self.manifest = manifest
    refusedProcesses = Self.refusedProcesses(manifest.unreadable)
    manifestProblems = problems
  }

  /// Why a file of a captured tree is not whole, or not there, by what its manifest says; `nil` when that says nothing of it.
  func captureFailure(of path: String) -> String? {
    guard let entry = manifest?.unreadable.first(where: { $0.hasPrefix(path + " ") }) else { return nil }
    return String(entry.dropFirst(path.utf8.count + 1))
  }

  /// Of entries such as `300/fd Permission denied` and `300 Permission denied` the processes.
  private static func refusedProcesses(_ unreadable: [String]) -> Set<Int32> {
    var pids: Set<Int32> = []
    for entry in unreadable {
      let parts = entry.prefix { $0 != " " }.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 1 || parts.count == 2 && parts[1] == "fd", let pid = Int32(parts[0]), pid > 0 else {
        continue
      }
      pids.insert(pid)
    }
    return pids
  }

  /// The /proc of the running kernel.
  public static func live() throws(InspectionError) -> ProcRoot {
    let directory: Descriptor
    do throws(SystemError) {
      directory = try Descriptor.open("/proc", for: .directory)
    } catch {
      throw .unreadable(root: "/proc", error)
    }
    guard directory.isInProcFileSystem else {
      throw .noTables(root: "/proc", "it is not a proc file system; mount it with: mount -t proc proc /proc")
    }
    return ProcRoot(shape: .live, path: "/proc", isOwnKernel: true, descriptor: directory, tables: "self/net/")
  }

  /// The running kernel, with its /proc where that is mounted. Without it sock_diag tells of sockets, and nothing tells of processes.
  public static func running() throws(InspectionError) -> ProcRoot {
    do throws(InspectionError) {
      return try live()
    } catch {
      // Nothing can be opened below a pipe (ENOTDIR), so that whatever looks for a file there finds none.
      guard let nothing = (try? Pipe())?.intoReading() else { throw error }
      return ProcRoot(
        shape: .absent, path: "/proc", isOwnKernel: true, descriptor: nothing, tables: "self/net/", absence: error)
    }
  }

  /// A root that the user named: a folder, a table file or pipe, or `-` for a table on standard input.
  public static func open(_ path: String) throws(InspectionError) -> ProcRoot {
    do throws(SystemError) {
      if path == "-" {
        let input = try Descriptor.duplicating(0)
        return ProcRoot(shape: .input, path: path, isOwnKernel: false, descriptor: input, tables: "")
      }
      let file = try Descriptor.openWithoutWaiting(path)
      let status = try file.status()
      if status.isRegular {
        return ProcRoot(shape: .table, path: path, isOwnKernel: false, descriptor: file, tables: "")
      }
      if status.isPipe {
        // A pipe that nobody writes to is at its end; one that somebody writes to is waited for, as a shell's `<(command)` wants.
        try file.waitForData()
        return ProcRoot(shape: .input, path: path, isOwnKernel: false, descriptor: file, tables: "")
      }
      guard status.isDirectory else {
        throw SystemError("open", path, code: Self.notADirectory)
      }
      if file.isInProcFileSystem {
        return ProcRoot(shape: .live, path: path, isOwnKernel: false, descriptor: file, tables: "self/net/")
      }
      return tree(file, path: path)
    } catch {
      throw .unreadable(root: path, error)
    }
  }

  /// A folder that is open.
  static func tree(_ folder: consuming Descriptor, path: String) -> ProcRoot {
    let tables = tableFolders.first { (name) -> Bool in
      (try? Descriptor.openBeneath(name, in: folder, directoryExpected: true)) != nil
    }
    return ProcRoot(shape: .tree, path: path, isOwnKernel: false, descriptor: folder, tables: tables ?? "")
  }

  /// The corresponding C constant is `ENOTDIR`.
  private static let notADirectory: Int32 = 20
  /// The corresponding C constant is `EINVAL`.
  private static let invalid: Int32 = 22

  /// Where a tree may keep its tables, best first. Without any of them they are looked for in the folder itself.
  private static let tableFolders = ["net/", "self/net/", "thread-self/net/", "1/net/"]

  /// Opens a file below the root for reading.
  func open(_ path: String) throws(SystemError) -> Descriptor { try open(path, in: descriptor) }

  /// Opens a file below a folder of this root for reading.
  func open(_ path: String, in directory: borrowing Descriptor) throws(SystemError) -> Descriptor {
    if shape == .live { return try Descriptor.open(path, in: directory) }
    return try Self.openRegular(path, in: directory)
  }

  /// Opens a file of a tree that nobody vouches for.
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
  func read(_ path: String, in directory: borrowing Descriptor, limit: Int = 65536) throws(SystemError) -> [UInt8] {
    let file = try open(path, in: directory)
    var bytes: [UInt8] = []
    try file.readAll(into: &bytes, limit: limit, firstRead: 1024, subject: path)
    return bytes
  }

  /// The content of a small file below the root; `nil` when it cannot be read or there is no tree.
  func readIfPossible(_ path: String, limit: Int = 65536) -> [UInt8]? {
    hasProcesses ? try? read(path, in: descriptor, limit: limit) : nil
  }

  /// The inode number of the calling thread's network namespace, which its netlink sockets belong to; of a capture, the one that was captured.
  var ownNamespace: UInt32? {
    guard shape == .live else { return manifest?.netns }
    let status = (try? descriptor.status(of: "thread-self/ns/net")) ?? (try? descriptor.status(of: "self/ns/net"))
    return status.map { UInt32(truncatingIfNeeded: $0.inode) }
  }

  /// Whether there can be processes: the root is a folder.
  var hasProcesses: Bool { shape == .live || shape == .tree }

  /// Whether this is the running kernel's /proc as a pid namespace sees it that is not the machine's own: processes outside are not in it.
  var isOfNestedProcesses: Bool {
    guard shape == .live, let namespace = try? descriptor.status(of: "self/ns/pid"),
      namespace.inode != Self.machinePIDNamespace
    else { return false }
    // A /proc of the machine may be mounted in a container too; there this process has another number.
    guard let link = try? descriptor.readLink("self") else { return false }
    return link == Array("\(ownProcessID)".utf8)
  }

  /// The inode number of the first pid namespace; the corresponding C constant is `PROC_PID_INIT_INO` (`include/linux/proc_ns.h`).
  private static let machinePIDNamespace: UInt64 = 0xEFFF_FFFC

  /// The processes, in ascending order.
  func processIDs() throws(SystemError) -> [Int32] {
    guard hasProcesses else { return [] }
    // A reader of its own: two listings may run at once and a directory has one position.
    var reader = DirectoryReader(try openDirectory(".", in: descriptor))
    var pids: [Int32] = []
    while let pid = try reader.nextNumber() { pids.append(pid) }
    pids.sort()
    return pids
  }

  /// Whether there is a process of the number, as far as can be told: a single table has none to be held against.
  ///
  /// One that /proc hides from this user (`hidepid`) is there all the same.
  public func mayHold(process pid: Int32) -> Bool {
    guard hasProcesses, !refusedProcesses.contains(pid) else { return true }
    do throws(SystemError) {
      _ = try openDirectory("\(pid)", in: descriptor)
      return true
    } catch {
      return !error.isGone || isOwnKernel && processExists(pid)
    }
  }

  /// Whether there is a file of a name among the tables that can be opened, and whether it has more than its heading.
  ///
  /// It is for tables that no decoder knows, such as `sctp/eps`.
  public func foreignTable(_ name: String) -> (isThere: Bool, hasRows: Bool) {
    guard let bytes = readIfPossible(tables + name) else { return (false, false) }
    return (true, bytes.count { $0 == 0x0A } > 1)
  }

  /// Whether it is a mounted /proc, so that reading it again can tell something else.
  public var isLive: Bool { shape == .live }

  /// The one table of a root that is a file, from its beginning. Standard input can be taken once.
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
