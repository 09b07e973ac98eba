public import LinuxSystem
import Text

/// Why nothing at all could be read. A failure that affects only part of the listing is a `Problem`
/// in the snapshot instead.
public enum InspectionError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The root, or the file that stands for it, cannot be opened or read.
  case unreadable(root: String, SystemError)
  /// The root exists and holds no table of sockets; the text says what was looked for.
  case noTables(root: String, String)
  /// None of the requested tables or dumps could be read; the text is the first reason.
  case nothingRead(String)
  /// A request that this root cannot serve, such as sock_diag for a captured tree.
  case impossible(String)
  /// No network namespace, or more than one, is the one that was named; the text says what is
  /// wrong.
  case noNamespace(String)
  /// The root is a tar archive that is damaged, was cut or leads out of itself; the text says where
  /// and how.
  case damagedArchive(String, String)
  /// The root is a compressed file, which a program such as `gzip` decompresses.
  case compressed(String, program: String)
  /// A capture cannot be written; the text says where and why.
  case notWritten(String)

  /// What failed, with the evidence.
  public var description: String {
    switch self {
    case .unreadable(let root, let error):
      "cannot read \(root): \(error.reason) (\(error.call))"
        + (root == "/proc" && error.isGone ? "; mount it with: mkdir -p /proc && mount -t proc proc /proc" : "")
    case .noTables(let root, let what): "no table of sockets in \(root): \(what)"
    case .nothingRead(let reason): "no sockets could be read: \(reason)"
    case .impossible(let reason): reason
    case .noNamespace(let reason): reason
    case .notWritten(let reason): reason
    case .damagedArchive(let root, let what):
      "cannot read the archive \(root): \(what)"
        + (root == "-" ? "" : "; copy it again, or see what it holds: tar -tvf \(ShellWords.quoted(root.rawBytes))")
    case .compressed(let root, let program):
      "\(root) is compressed; decompress it first: \(Self.decompression(of: root, program))"
    }
  }

  /// The command line that decompresses a file beside it.
  private static func decompression(of root: String, _ program: String) -> String {
    if root == "-" { return "\(program) -dc | sockinspect --root -" }
    let suffixes = [
      (".tgz", ".tar"), (".txz", ".tar"), (".tzst", ".tar"), (".tbz2", ".tar"), (".gz", ""), (".xz", ""), (".zst", ""),
      (".bz2", ""), (".lz4", ""),
    ]
    let known = suffixes.first { root.hasSuffix($0.0) }
    let name = known.map { String(root.dropLast($0.0.count)) + $0.1 } ?? root + ".tar"
    return "\(program) -dc \(ShellWords.quoted(root.rawBytes)) > \(ShellWords.quoted(name.rawBytes))"
  }
}
