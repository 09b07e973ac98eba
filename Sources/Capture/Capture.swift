package import Inspection
package import KernelFormats
import LinuxSystem
import SocketModel

/// Copies everything that a listing reads into a folder with the layout of /proc, to be examined
/// elsewhere with ``ProcRoot/open(_:)``.
///
/// What is copied: the tables of `net`, both those of sockets and those of counters; for each
/// process `stat`, `status`, `comm`, `cmdline`, `cgroup`, the links `exe` and `ns/net`, and the
/// links of those descriptors that are sockets; the machine's `stat`; the settings in `sys` that
/// `Sysctl` knows; and a `manifest` with what these do not show. In `sock_diag` are the messages of
/// its dumps, see `RecordedDump`, and in `netns` the tables and dumps of other network namespaces
/// when the root covers them.
///
/// The tables are read first, then the processes, as in a listing.
package struct Capture: Sendable {
  /// What is copied.
  package let root: ProcRoot
  /// Whether addresses, users, names and arguments are replaced by substitutes; see `Redaction`.
  package let isRedacting: Bool
  /// The byte order of the tables, where the root does not state it.
  package let byteOrder: TableByteOrder

  /// The result of a capture.
  package struct Report: Sendable, Hashable {
    /// How many tables were copied.
    package var tables = 0
    /// How many processes were copied.
    package var processes = 0
    /// Which processes are not visible; `nil` when all are.
    package var lack: CaptureManifest.Lack?
    /// What could not be read.
    package var unreadable: [CaptureGap] = []
  }

  /// Describes a capture of a root that is a folder.
  ///
  /// - Parameters:
  ///   - root: what is captured.
  ///   - isRedacting: whether addresses, names and arguments are replaced by substitutes.
  ///   - byteOrder: the byte order of the tables; `nil` to use the one of the root's manifest or,
  ///     without one, the one that its rows show.
  package init(of root: ProcRoot, isRedacting: Bool = false, byteOrder: ByteOrder? = nil) {
    self.byteOrder = root.byteOrder(named: byteOrder)
    self.root = root
    self.isRedacting = isRedacting
  }

  /// Writes the capture.
  ///
  /// Nothing is ever overwritten: the folder must be empty, or not exist, in which case it is made.
  /// It must belong to the user that this runs as, no other user may write to it, and it must not
  /// be a link: otherwise somebody else could redirect what is written. Only their owner can read
  /// the files and folders in it.
  /// - Throws: ``InspectionError/notWritten(_:)`` when something is in the way or writing fails;
  ///   what was written before that stays.
  package func write(to path: String) throws(InspectionError) -> Report {
    let folder = try emptyFolder(path)
    do throws(SystemError) {
      let output = try CaptureFolder(folder)
      var work = CaptureWork(root: root, output: output, redaction: redaction, byteOrder: byteOrder)
      _ = try work.run()
      return work.report
    } catch {
      throw .notWritten("cannot write to \(path): \(error.description)")
    }
  }

  /// The initial substitutes; `nil` when none are wanted.
  var redaction: Redaction? { isRedacting ? Redaction(byteOrder: byteOrder.order) : nil }

  /// Only a root with processes can be captured.
  func checkRoot() throws(InspectionError) {
    guard root.hasProcesses else { throw .impossible("\(root.path) is a single table; only a folder can be captured") }
  }

  /// The folder for the capture, made when there is none. It must be empty.
  func emptyFolder(_ path: String) throws(InspectionError) -> Descriptor {
    try checkRoot()
    let folder: Descriptor
    do throws(SystemError) {
      folder = try Self.folder(path)
    } catch {
      if error.code == SystemError.link {
        throw .notWritten("\(path) is a symbolic link, and a capture follows none: name the folder itself")
      }
      throw .notWritten("cannot write to \(path): \(error.description)")
    }
    let refusal: String?
    do throws(SystemError) {
      refusal = try Self.refusal(of: folder, path)
    } catch {
      throw .notWritten("cannot write to \(path): \(error.description)")
    }
    if let refusal { throw .notWritten(refusal) }
    return folder
  }

  /// Opens the folder, which is made when there is none. A link in its place is an error.
  private static func folder(_ path: String) throws(SystemError) -> Descriptor {
    let (parent, name) = parts(of: path)
    guard let name else { return try Descriptor.open(path, for: .directory) }
    let place = try Descriptor.open(parent, for: .place)
    do throws(SystemError) {
      return try place.makePrivateFolder(name)
    } catch {
      guard error.isPresent else { throw error }
    }
    if (try? place.status(of: name, followLinks: false).isLink) == true {
      throw SystemError("openat2", path, code: SystemError.link)
    }
    return try Descriptor.openBeneath(name, in: place, directoryExpected: true, followLinks: false)
  }

  /// A path's last component and what is before it; no component when the path is the root, `.` or
  /// `..`, which cannot be links.
  static func parts(of path: String) -> (parent: String, name: String?) {
    var rest = Substring(path)
    while rest.last == "/", rest.utf8.count > 1 { rest.removeLast() }
    let slash = rest.lastIndex(of: "/")
    let name = slash.map { rest[rest.index(after: $0)...] } ?? rest
    guard !name.isEmpty, name != ".", name != ".." else { return (path, nil) }
    guard let slash else { return (".", String(name)) }
    return (String(rest[...slash]), String(name))
  }

  /// Why nothing may be written into a folder; `nil` when it may.
  private static func refusal(of folder: borrowing Descriptor, _ path: String) throws(SystemError) -> String? {
    let status = try folder.status()
    if !status.isOwn {
      return "\(path) belongs to another user, who could lead what is written elsewhere: "
        + "name a new folder, or one of yours"
    }
    if status.isWritableByOthers {
      return "others may write to \(path) and could lead what is written elsewhere: chmod go-w \(path)"
    }
    return try folder.isEmptyFolder() ? nil : "\(path) is not empty: a capture never overwrites anything"
  }
}
