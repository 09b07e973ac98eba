import KernelFormats
import LinuxSystem
import SocketModel

/// Copies all that a listing reads into a folder of the shape of /proc, to be looked at elsewhere with ``ProcRoot/open(_:)``.
///
/// What is copied: the tables of `net`, of sockets and of counters; of each process `stat`, `status`, `comm`, `cmdline`, `cgroup`, the links `exe` and `ns/net`, and those of its
/// descriptors that are sockets; the machine's `stat`; and a `manifest` with what these do not tell. It is the /proc tables that
/// are copied and not sock_diag's answers, so what only sock_diag knows (cookies, tcp_info, bound but idle sockets) is not in a
/// capture: it agrees with a live listing from `/proc`.
///
/// The tables are read first and the processes then, as a listing does.
public struct Capture: Sendable {
  /// What is copied.
  public let root: ProcRoot
  /// Whether addresses, users, names and arguments get substitutes; see `Redaction`.
  public let isRedacting: Bool

  /// What became of a capture.
  public struct Report: Sendable, Hashable {
    /// How many tables were copied.
    public var tables = 0
    /// How many processes were copied.
    public var processes = 0
    /// What could not be read: paths below the root, each with the reason behind a blank.
    public var unreadable: [String] = []
  }

  /// Describes a capture of a root that is a folder.
  public init(of root: ProcRoot, isRedacting: Bool = false) {
    self.root = root
    self.isRedacting = isRedacting
  }

  /// Writes the capture.
  ///
  /// Nothing is ever overwritten: the folder must be empty, or not exist, in which case it is made, for its owner only. Nothing is written
  /// outside of it.
  /// - Throws: ``InspectionError/notWritten(_:)`` when something is in the way or writing fails; what was written by then stays.
  public func write(to path: String) throws(InspectionError) -> Report {
    let folder = try emptyFolder(path)
    do throws(SystemError) {
      var work = CaptureWork(root: root, folder: folder, redaction: redaction)
      try work.run()
      return work.report
    } catch {
      throw .notWritten("cannot write to \(path): \(error.description)")
    }
  }

  /// What has the substitutes to begin with; `nil` when none are wanted.
  var redaction: Redaction? { isRedacting ? Redaction(byteOrder: root.manifest?.byteOrder ?? .native) : nil }

  /// The folder for what is captured, made when there is none. It must have no entries.
  func emptyFolder(_ path: String) throws(InspectionError) -> Descriptor {
    guard root.hasProcesses else { throw .impossible("\(root.path) is a single table; only a folder can be captured") }
    do throws(SystemError) {
      if let folder = try Self.folder(path) { return folder }
    } catch {
      throw .notWritten("cannot write to \(path): \(error.description)")
    }
    throw .notWritten("\(path) is not empty: a capture never overwrites anything")
  }

  /// The folder, made when there is none; `nil` when it has entries.
  private static func folder(_ path: String) throws(SystemError) -> Descriptor? {
    do throws(SystemError) {
      try Descriptor.makeFolder(path, permissions: 0o700)
    } catch {
      guard error.isPresent else { throw error }
    }
    let folder = try Descriptor.open(path, for: .directory)
    if try folder.isEmptyFolder() { return folder }
    return nil
  }
}
