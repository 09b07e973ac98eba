import Glibc
import LinuxSystem
import Query
import Synchronization
import TestSupport

/// A process that makes TCP sockets, holds them until it is asked to end, and starts no other
/// process: the benchmark's holder.
final class HolderProcess: Sendable {
  let child: ChildProcess
  private let lifeline: Mutex<Running.HeldEnd?>

  /// Starts it and waits until the sockets exist.
  init(index: Int, sockets: Int) throws {
    let life = try LinuxSystem.Pipe()
    let ready = try LinuxSystem.Pipe()
    child = try ChildProcess.startUnseen(
      Program.sibling("sockinspect-bench"),
      arguments: ["holder", "--hold", "\(index)", "\(sockets)"].map { Array($0.utf8) },
      descriptors: [(life.reading.number, 0), (ready.writing.number, 1), (2, 2)])
    lifeline = Mutex(Running.HeldEnd(life.intoWriting()))
    var answer: [UInt8] = []
    try ready.intoReading().readAll(into: &answer)
    guard answer == Array("ready\n".utf8) else { throw SystemError("holder", code: 0) }
  }

  /// The inodes of its sockets and their owners as `PID/DESCRIPTOR`, read from its links without
  /// the program under test.
  ///
  /// Those that this process also has are left out: it inherited them from the program that runs
  /// the tests, and passes them on.
  func sockets() throws -> [Substring: String] {
    let inherited = try HolderProcess.sockets(of: getpid())
    return try HolderProcess.sockets(of: child.pid).filter { inherited[$0.key] == nil }
  }

  private static func sockets(of pid: Int32) throws -> [Substring: String] {
    var reader = DirectoryReader(try Descriptor.open("/proc/\(pid)/fd", for: .directory))
    let folder = try Descriptor.open("/proc/\(pid)/fd", for: .directory)
    var found: [Substring: String] = [:]
    while let number = try reader.nextNumber() {
      // A descriptor of this process may be closed by another test meanwhile.
      guard let link = try? folder.readLink("\(number)") else { continue }
      let target = String(decoding: link, as: UTF8.self)
      if target.hasPrefix("socket:["), target.hasSuffix("]") {
        found[target.dropFirst(8).dropLast()] = "\(pid)/\(number)"
      }
    }
    return found
  }

  /// Ends it by closing the pipe that it reads.
  func end() throws -> ChildProcess.Outcome {
    lifeline.withLock { $0 = nil }
    return try child.wait()
  }
}
