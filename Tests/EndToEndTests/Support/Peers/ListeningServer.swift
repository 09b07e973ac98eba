import Foundation
import Lesson
import LinuxSystem
import Query
import SocketModel
import TestSupport
import Testing

/// A `listen-demo` that is running. What it prints goes to files, so that it never waits for
/// somebody to read it.
final class ListeningServer {
  let child: ChildProcess
  private let folder: String

  /// Starts it and waits until it says `listening`, which is when clients can connect.
  ///
  /// - Parameters:
  ///   - prefix: a program and its arguments that start it, such as one that limits what it may do.
  convenience init(_ arguments: String..., prefix: [String] = []) throws {
    try self.init(arguments, prefix: prefix)
  }

  /// Starts it and waits until it says `listening`.
  init(_ arguments: [String], prefix: [String] = []) throws {
    folder = try newFolder()
    let output = try Descriptor.open("\(folder)/output", for: .creating)
    let errors = try Descriptor.open("\(folder)/errors", for: .creating)
    let words = prefix + [Program.path, "listen-demo"] + arguments
    child = try ChildProcess.startUnseen(
      words[0], arguments: words.map { Array($0.utf8) },
      environment: ["LC_ALL=C.UTF-8", "PATH=\(CommandEnvironment.current["PATH"] ?? "")"],
      descriptors: [(output.number, 1), (errors.number, 2)])
    LeftServers.note(child.pid)
    _ = try outputs { $0.hasPrefix("listening\n") }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// What it has written on standard output.
  var text: String { file("output") }
  /// What it has written on standard error.
  var errorText: String { file("errors") }
  /// What it has printed, line by line.
  var lines: [Substring] { text.split(separator: "\n") }

  /// Waits until `good` accepts what it has printed.
  func outputs(_ good: (String) -> Bool) throws -> String {
    let text = try eventually(changing: folder, { self.text }, until: good)
    guard good(text) else { throw Unexpected(output: text, errors: errorText) }
    return text
  }

  /// Waits until `good` accepts what it has written on standard error.
  func errors(_ good: (String) -> Bool) throws {
    _ = try eventually(changing: folder, { errorText }, until: good)
    guard good(errorText) else { throw Unexpected(output: text, errors: errorText) }
  }

  /// Returns the port that it has by the kernel's table.
  func port() throws -> UInt16 {
    let listing = try Program.list("--pid", "\(child.pid)")
    return try #require(listing.sockets.compactMap { $0.local?.port }.first { $0 != 0 })
  }

  /// The most memory that it had, in KiB.
  func peakKilobytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(child.pid)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(Int(line.filter(\.isNumber)))
  }

  /// Waits for its end, after asking for it unless it ends by itself.
  func end(by signal: Int32? = SIGINT) throws -> Finished {
    if let signal { child.signal(signal) }
    let watchdog = DispatchWorkItem { [child] in child.signal(SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(60), execute: watchdog)
    let outcome = try child.wait()
    watchdog.cancel()
    var finished = Finished()
    finished.exitStatus = outcome.exitStatus
    finished.signal = outcome.signal
    finished.output = Array(text.utf8)
    finished.errors = Array(errorText.utf8)
    return finished
  }

  private func file(_ name: String) -> String {
    String(decoding: FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data(), as: UTF8.self)
  }

  struct Unexpected: Error, CustomStringConvertible {
    let output: String
    let errors: String
    var description: String { "the server printed \(output)and said \(errors)" }
  }
}

/// The servers that tests started. Those that a test has not ended do so with the tests: a server may
/// be used after the last mention of its name, so the end of that is too early.
private enum LeftServers {
  private final class Server: Sendable {
    let process: ProcessHandle
    init(_ pid: Int32) throws { process = try ProcessHandle(pid) }
  }

  private static let servers = Locked<[Server]>([])
  private static let atEnd: Void = {
    atexit { LeftServers.end() }
  }()

  static func note(_ pid: Int32) {
    _ = atEnd
    // Held open, so that no process that gets its number later is mistaken for it.
    if let server = try? Server(pid) { servers.withLock { $0.append(server) } }
  }

  private static func end() {
    for server in servers.withLock({ $0 }) { try? server.process.send(signal: SIGKILL) }
  }
}

/// A client's end of a connection, for tests.
final class TestClient: Sendable {
  let descriptor: Descriptor

  /// Connects to a port of the loopback address.
  convenience init(port: UInt16) throws {
    try self.init(.ipv4(0x7F00_0001, port: port), family: AF_INET)
  }

  /// Connects.
  init(_ address: SocketAddress, family: Int32, type: Int32 = Int32(SOCK_STREAM.rawValue)) throws {
    descriptor = try Descriptor.socket(SocketKind(family: family, type: type))
    try descriptor.connect(address)
  }

  /// Sends all of the bytes.
  func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty { rest = rest.dropFirst(try descriptor.send(Array(rest.prefix(65536)))) }
  }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  /// What arrives until the server's end.
  func receiveAll() throws -> [UInt8] {
    var all: [UInt8] = []
    var buffer: [UInt8] = Array(repeating: 0, count: 65536)
    while let count = try descriptor.receive(into: &buffer), count > 0 { all += buffer.prefix(count) }
    return all
  }

  /// Behaves like the lesson's client, and returns the answer.
  static func lesson(port: UInt16) throws -> String {
    let client = try TestClient(port: port)
    try client.send("Hello, world")
    return String(decoding: try client.receiveAll(), as: UTF8.self)
  }

  static let welcome = "Welcome to the server"
}
