import Foundation
import Glibc
import LinuxSystem
import Query
import Synchronization
import TestSupport

/// Runs a test's body in a separate network namespace, so that only its own sockets are there.
///
/// The namespace belongs to one thread. Programs that the body runs inherit it; other threads of
/// the test do not have it.
func isolated<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
  try inNewNetworkNamespace { Result { try body() } }.get()
}

/// Runs a test's body in a separate network namespace while no other test starts a program, which
/// would have the descriptors of this process for a moment.
///
/// For tests of what is reported about sockets that this process holds. The body should be short,
/// as other tests wait for it.
func isolatedUndisturbed<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
  try isolated { try ProgramStarts.undisturbed(body) }
}

/// Ports for tests that look at all network namespaces of the machine, as the tracepoint does: no
/// other test of this run has them, and another run at the same time hardly.
enum OwnPorts {
  private static let count = Atomic<Int>(Int.random(in: 0..<625))

  /// A port; the fifteen after it are the caller's too.
  ///
  /// No TCP socket in the machine's own namespace has one of them now: the kernel may choose them there, and a
  /// TIME_WAIT has its ports for a minute after its test.
  static func next() throws -> UInt16 {
    let used = try ["tcp", "tcp6"].map { try String(contentsOfFile: "/proc/self/net/\($0)", encoding: .utf8) }
    for _ in 0..<625 {
      let number = count.wrappingAdd(1, ordering: .relaxed).oldValue
      let ports = UInt16(20_000 + number % 625 * 16)..<UInt16(20_016 + number % 625 * 16)
      let endings = ports.map { ":" + String($0, radix: 16, uppercase: true) + " " }
      if !endings.contains(where: { ending in used.contains { $0.contains(ending) } }) { return ports.lowerBound }
    }
    throw SystemError("OwnPorts.next", code: EADDRINUSE)
  }

  /// A random address of the loopback interface, which hardly any other socket has: in the machine's own
  /// namespace the kernel may give a port to another test's client after ``next()``.
  static func address() -> String {
    "127.\(Int.random(in: 1...254)).\(Int.random(in: 0...255)).\(Int.random(in: 1...254))"
  }
}

/// A new folder with a short path, removed with everything in it when `body` is done.
func withFolder<Value>(in parent: String = "/tmp", _ body: (String) throws -> Value) throws -> Value {
  let folder = try newFolder(in: parent)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// Makes a folder with a short path that every user may read. The caller removes it.
func newFolder(in parent: String = "/tmp") throws -> String {
  var template = Array("\(parent)/sit-XXXXXX".utf8CString)
  guard unsafe mkdtemp(&template) != nil else { throw SystemError("mkdtemp") }
  let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  chmod(folder, 0o755)
  return folder
}

/// A copy of the program that every user may start, wherever this repository is; removed when
/// `body` is done.
func withProgramForAnybody<Value>(_ body: (String) throws -> Value) throws -> Value {
  try withFolder { folder in
    let program = folder + "/sockinspect"
    // cp(1) copies it: if this process did, another test's child could have its descriptor for a
    // moment, and the file would be busy.
    let copied = Finished(running: try peer("cp"), [Program.path, program])
    guard copied.exitStatus == 0 else { throw ProgramFailure(arguments: ["cp", program], finished: copied) }
    chmod(program, 0o755)
    return try body(program)
  }
}
