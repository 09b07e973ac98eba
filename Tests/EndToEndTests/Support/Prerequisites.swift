import Glibc
import LinuxSystem
import Testing

/// What some tests need besides the program. A test whose prerequisite is missing is skipped and says so; where everything must
/// be there (`CI=true` or `SOCKINSPECT_REQUIRE_ALL=1`) it runs and fails.
enum Prerequisite {
  case root, peer(String), psutil

  var isMet: Bool {
    if Prerequisite.allRequired { return true }
    switch self {
    case .root: return geteuid() == 0
    case .peer(let name): return Prerequisite.find(name) != nil
    case .psutil:
      guard let python = Prerequisite.find("python3") else { return false }
      return Finished(running: python, ["-c", "import psutil"]).exitStatus == 0
    }
  }

  static let allRequired: Bool = {
    let environment = CommandEnvironment.current
    return environment["CI"] == "true" || environment["SOCKINSPECT_REQUIRE_ALL"] == "1"
  }()

  /// The path of a program in PATH or the system folders that PATH may lack.
  static func find(_ name: String) -> String? {
    let folders = (CommandEnvironment.current["PATH"] ?? "").split(separator: ":").map(String.init)
    return (folders + ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]).map { "\($0)/\(name)" }
      .first { access($0, X_OK) == 0 }
  }
}

extension Trait where Self == ConditionTrait {
  /// Network namespaces of the test's own, and packet and raw sockets, take root.
  static var needsRoot: Self { .enabled("needs root, for a network namespace of its own") { Prerequisite.root.isMet } }

  /// Compares with another program.
  static func needs(_ peer: String) -> Self {
    .enabled("needs \(peer) to compare with") { Prerequisite.peer(peer).isMet }
  }

  /// Compares with the Python module.
  static var needsPsutil: Self { .enabled("needs python3 with psutil to compare with") { Prerequisite.psutil.isMet } }
}

struct MissingPeer: Error, CustomStringConvertible {
  let name: String
  var description: String { "\(name) is not installed" }
}

/// The path of a peer that a test compares with; missing, it fails the test.
func peer(_ name: String) throws -> String {
  guard let path = Prerequisite.find(name) else { throw MissingPeer(name: name) }
  return path
}
