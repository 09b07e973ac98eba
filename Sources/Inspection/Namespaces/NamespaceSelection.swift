import LinuxSystem
import SocketModel
import Text

/// Which network namespaces are read.
package enum NamespaceSelection: Sendable, Hashable {
  /// The one of the calling thread.
  case here
  /// All that this user can find.
  case all
  /// One: the name of a file in `/run/netns`, the path of such a file, the id of a process in it,
  /// its inode number, or the name that a listing shows.
  case one(String)

  /// Interprets the value of an option.
  package init(_ text: String) {
    switch text {
    case "here": self = .here
    case "all": self = .all
    default: self = .one(text)
    }
  }
}

extension ProcRoot {
  /// The running kernel, or its /proc, in the selected network namespaces.
  ///
  /// One namespace is entered by the calling thread, and so by all threads that it starts later;
  /// that needs CAP_SYS_ADMIN. Who may not enter the namespace of a process reads the tables of
  /// that process.
  ///
  /// - Parameters:
  ///   - selection: which namespaces.
  ///   - needsProc: whether a /proc is needed.
  package static func running(
    in selection: NamespaceSelection, needsProc: Bool = false
  ) throws(InspectionError) -> ProcRoot {
    switch selection {
    case .here: return needsProc ? try live() : try running()
    case .all:
      do throws(InspectionError) {
        return try live(coversAllNamespaces: true)
      } catch {
        throw .impossible("network namespaces are found by their processes; \(error)")
      }
    case .one(let text):
      if let tables = try NamespacePlace(text).enter() { return try open(tables) }
      return needsProc ? try live() : try running()
    }
  }
}

/// A network namespace that was named, and the ways into it.
struct NamespacePlace {
  private let text: String

  init(_ text: String) { self.text = text }

  /// The largest process id (`PID_MAX_LIMIT`, `include/linux/threads.h`). Inode numbers of
  /// namespaces are larger.
  private static let lastProcess: UInt32 = 4 << 20

  /// Enters the namespace.
  ///
  /// - Returns: a process's folder whose tables are to be read instead, when entering is not
  ///   permitted; `nil` once the namespace is entered.
  func enter() throws(InspectionError) -> String? {
    if text.isEmpty { throw .noNamespace("no network namespace is named; ip netns lists the named ones") }
    if let number = UInt32(text) {
      return number <= Self.lastProcess ? try enter(process: Int32(number)) : try enterListed()
    }
    if text.utf8.contains(UInt8(ascii: "/")) { return try enter(file: text, ofProcess: nil) }
    let file = NamespaceCatalog.namedFolder + text
    let isNamed = text != "." && text != ".." && fileExists(file)
    return isNamed ? try enter(file: file, ofProcess: nil) : try enterListed()
  }

  private func fileExists(_ path: String) -> Bool {
    do throws(SystemError) {
      _ = try Descriptor.openWithoutWaiting(path)
      return true
    } catch {
      return !error.isGone
    }
  }

  private func enter(process pid: Int32) throws(InspectionError) -> String? {
    let folder = "/proc/\(pid)"
    guard pid > 0, fileExists(folder + "/stat") else {
      let root: ProcRoot
      do throws(InspectionError) {
        root = try ProcRoot.live()
      } catch {
        throw .impossible("cannot enter the network namespace of process \(text); \(error)")
      }
      if pid > 0, processExists(pid) {
        throw .impossible(
          "process \(text) is hidden (/proc is mounted with hidepid), and with it its network namespace; as root: "
            + "sudo sockinspect --netns \(text)")
      }
      guard root.isOfNestedProcesses else { throw .noNamespace("no process has the id \(text)") }
      throw .noNamespace(
        "no process of this pid namespace (container) has the id \(text); run it outside, or where /proc shows all "
          + "processes: docker run --pid=host")
    }
    return try enter(file: folder + "/ns/net", ofProcess: pid)
  }

  /// - Parameter pid: a process in the namespace, whose tables can be read when it may not be
  ///   entered.
  private func enter(file path: String, ofProcess pid: Int32?) throws(InspectionError) -> String? {
    do throws(SystemError) {
      try enterNetworkNamespace(try Descriptor.openWithoutWaiting(path))
      return nil
    } catch {
      if let pid, error.isForbidden, (try? Descriptor.open("/proc/\(pid)/net", for: .directory)) != nil {
        return "/proc/\(pid)"
      }
      throw refusal(path, error)
    }
  }

  private func refusal(_ path: String, _ error: SystemError) -> InspectionError {
    if error.call == "setns", error.code == SystemError.invalidArgument {
      return .noNamespace("\(path) is not a network namespace")
    }
    if error.isForbidden {
      return .impossible(
        "the network namespace \(Escaping.text(text)) may be entered only by root (\(error.call): \(error.reason)): "
          + "sudo sockinspect --netns \(ShellWords.quoted(text.rawBytes))")
    }
    return .impossible("cannot enter the network namespace \(Escaping.text(text)): \(error)")
  }

  /// Enters a namespace that is known by its number, or by the name that a listing shows.
  private func enterListed() throws(InspectionError) -> String? {
    let root: ProcRoot
    do throws(InspectionError) {
      root = try ProcRoot.live()
    } catch {
      throw .impossible(
        "\(NamespaceCatalog.namedFolder)\(Escaping.text(text)) does not exist, and other names need processes; \(error)"
      )
    }
    var catalog = NamespaceCatalog(root: root)
    // One that only a descriptor refers to has no name.
    let isHeld = UInt32(text).map { catalog.entry(NetworkNamespaceID(inode: $0)) == nil } ?? false
    if isHeld { catalog.addHeld(in: root) }
    let names = catalog.names(of: catalog.entries, in: root)
    let known = catalog.entries.map { entry in
      (entry: entry, name: names[entry.id].map { String(decoding: $0, as: UTF8.self) })
    }
    let matches = known.filter { $0.name == text || $0.entry.hasNumber && "\($0.entry.id)" == text }
    guard let match = matches.first else {
      let near = NearestWord.nearest(to: text, among: known.compactMap(\.name))
      let listing = "; those that have sockets: sockinspect --netns all -a --count-by netns"
      let question = near.map { "; did you mean \(Escaping.text($0))?" } ?? listing
      let isUnseen = catalog.hidesProcesses || catalog.processesNotAsked > 0 || root.isOfNestedProcesses
      let subject = isUnseen ? "no network namespace that is visible here" : "no network namespace"
      throw .noNamespace("\(subject) is named \(Escaping.text(text))\(question)")
    }
    if matches.count > 1 {
      let ids = matches.map { $0.entry.processes.first.map { "\($0)" } ?? "\($0.entry.id)" }
      throw .noNamespace(
        "\(matches.count) network namespaces are named \(Escaping.text(text)); say which: --netns \(ids.joined(separator: " or "))"
      )
    }
    if match.entry.isOwn { return nil }
    if let pid = match.entry.processes.first { return try enter(file: "/proc/\(pid)/ns/net", ofProcess: pid) }
    let file = match.entry.files.first.map { String(decoding: $0, as: UTF8.self) }
    guard let file = file ?? match.entry.descriptor.map({ "/proc/\($0)" }) else {
      throw .noNamespace("no network namespace is named \(text)")
    }
    return try enter(file: file, ofProcess: nil)
  }
}
