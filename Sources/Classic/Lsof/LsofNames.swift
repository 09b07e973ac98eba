import LinuxSystem
import Query
import Rendering
import Text

/// The kinds of names after lsof's options.
enum LsofNameKind: Sendable, Hashable {
  /// A unix socket's file.
  case socket
  /// A file, folder or device.
  case other
  /// A file that cannot be looked at; the reason is the text of `strerror(3)`.
  case missing(String)

  /// Looks at a path with `stat(2)`, without slashes at its end, which lsof removes too.
  static func of(_ path: [UInt8]) -> LsofNameKind {
    var path = path
    while path.count > 1, path.last == UInt8(ascii: "/") { path.removeLast() }
    do throws(SystemError) {
      return try FileStatus(ofPath: path).isSocket ? .socket : .other
    } catch {
      return .missing(error.reason)
    }
  }
}

// The names after the options: files whose users are requested (`ck_file_arg` of lsof's `misc.c`).
// Those of sockets are listed here.
extension LsofReader {
  /// Sorts the names into those to search for and those without a known file. A file of another
  /// kind makes a refusal.
  mutating func readNames() {
    for name in scanner.names {
      // The files of a captured machine are not here: each name is one to search for.
      switch plan.root == nil ? kindOfName(name) : .socket {
      case .socket: plan.criteria.names.append(name)
      case .other: refuseFile(Self.shown(name))
      case .missing(let reason): plan.nameErrors.append("status error on \(Self.shown(name)): \(reason)")
      }
    }
  }

  /// `-e`: a file system that lsof must not look at. None is looked at here, but a wrong path is
  /// still an error.
  mutating func readExemptFileSystem() {
    guard let path = scanner.value, path.first == UInt8(ascii: "/") else {
      return problems.append("-e: a file system's path must stand behind it")
    }
    if isMountPoint(path) == false { problems.append("\"-e \(Self.shown(path))\" is not a mounted file system.") }
  }

  private mutating func refuseFile(_ name: String) {
    if refusal == nil { refusal = "\(name) is no socket: \(Self.otherFiles)" }
  }

  private static func shown(_ name: [UInt8]) -> String {
    String(decoding: LsofText.safe(name, isPrintable: nil), as: UTF8.self)
  }
}

/// The table of mounted file systems, as proc(5) has it in `/proc/self/mounts`.
enum MountTable {
  /// Whether a file system is mounted at the path; `nil` when the table cannot be read.
  static func contains(_ path: [UInt8]) -> Bool? {
    guard let folder = try? Descriptor.open("/proc/self", for: .directory),
      let table = try? folder.readFile("mounts", limit: 16 << 20)
    else { return nil }
    return contains(path, in: table)
  }

  /// The same for the text of a table: the second word of a line, in which blanks, tabs, newlines
  /// and backslashes are three octal digits.
  static func contains(_ path: [UInt8], in table: [UInt8]) -> Bool {
    let escaped = path.flatMap { byte -> [UInt8] in
      guard " \t\n\\".utf8.contains(byte) else { return [byte] }
      let octal = String(byte, radix: 8)
      return Array(("\\" + String(repeating: "0", count: 3 - octal.count) + octal).utf8)
    }
    return table.split(separator: UInt8(ascii: "\n")).contains { line in
      let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
      return words.count > 1 && words[1].elementsEqual(escaped)
    }
  }
}

/// The original lsof, for what this program does not do.
enum OriginalLsof {
  /// The first program named `lsof` in the folders of PATH that is not this one; `nil` when there
  /// is none.
  static func path(folders: String) -> String? {
    let own = try? FileStatus(ofPath: Array("/proc/self/exe".utf8))
    for folder in folders.split(separator: ":") {
      let path = "\(folder)/lsof"
      guard let status = try? FileStatus(ofPath: Array(path.utf8)), status.isExecutableFile else { continue }
      if let own, (own.device, own.inode) == (status.device, status.inode) { continue }
      return path
    }
    return nil
  }

  /// The command line that asks the original the same, ready to paste; `nil` when there is no
  /// original.
  static func commandLine(_ arguments: [String], folders: String) -> String? {
    path(folders: folders).map { ShellWords.line(([$0] + arguments).map(\.rawBytes)) }
  }
}
