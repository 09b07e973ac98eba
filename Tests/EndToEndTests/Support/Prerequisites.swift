import Glibc
import LinuxSystem
import Testing

/// What some tests need besides the program. A test whose prerequisite is missing is skipped with a
/// message; where everything must be present (`CI=true` or `SOCKINSPECT_REQUIRE_ALL=1`) it runs and
/// fails.
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
  static func find(_ name: String) -> String? { candidates(name).first { access($0, X_OK) == 0 } }

  /// Where a program may be, whether or not it is there.
  static func candidates(_ name: String) -> [String] {
    let folders = (CommandEnvironment.current["PATH"] ?? "").split(separator: ":").map(String.init)
    return (folders + ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]).map { "\($0)/\(name)" }
  }
}

extension Trait where Self == ConditionTrait {
  /// Separate network namespaces, and packet and raw sockets, need root.
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

/// A user that is not root.
let nobody: UInt32 = 65534

/// The words that precede a program and its arguments to start it as another user.
func startingAs(_ user: UInt32) throws -> [String] {
  [try peer("setpriv"), "--reuid", "\(user)", "--regid", "\(user)", "--clear-groups"]
}

extension Finished {
  /// Runs a program to its end as another user.
  init(as user: UInt32, _ program: String, _ arguments: [String]) throws {
    let words = try startingAs(user) + [program] + arguments
    self.init(running: words[0], Array(words.dropFirst()))
  }
}

/// The path of the first Python that ``nobody`` can start too. The first in PATH may be in a folder
/// that only its owner may enter.
func pythonForNobody() throws -> String {
  guard let path = PythonForNobody.path else { throw MissingPeer(name: "python3 that user \(nobody) can start") }
  return path
}

private enum PythonForNobody {
  /// env(1) starts it without privilege; setpriv(1) would still enter any folder.
  static let path = Prerequisite.candidates("python3").first { path in
    let trial = "import ctypes, os, resource, socket, struct, subprocess, sys, time"
    return access(path, X_OK) == 0 && (try? Finished(as: nobody, peer("env"), [path, "-c", trial]))?.exitStatus == 0
  }
}
