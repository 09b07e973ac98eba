import Foundation
import Glibc
import Lesson
import LinuxSystem
import Query
import SocketModel

@testable import sockinspect

/// A `watch` that is running, in the network namespace of the thread that started it.
final class WatchingProgram {
  let running: Running
  /// Its standard error so far.
  private var errors: [UInt8] = []

  /// Starts it and waits until it has read all sockets once: what happens from now on is news.
  ///
  /// - Parameters:
  ///   - prefix: a program and its arguments that start it as another user.
  ///   - command: `watch`, or another command that says when it has begun.
  convenience init(
    _ arguments: String..., command: String = "watch", program: String = Program.path, prefix: [String] = []
  ) throws {
    try self.init(arguments: arguments, command: command, program: program, prefix: prefix)
  }

  /// Starts it and waits until it has read all sockets once.
  init(
    arguments: [String], command: String = "watch", program: String = Program.path, prefix: [String] = []
  ) throws {
    let words = prefix + [program, command, "--interval", command == "top" ? "0.1" : "0.05"] + arguments
    running = try Running(words[0], words.dropFirst().map { Array($0.utf8) })
    // A busy machine may take longer for the first scan than a watch waits to begin.
    var line = try errorLine(arguments)
    if line.contains("are still being read") {
      while !line.contains("have been read") { line = try errorLine(arguments) }
    }
  }

  /// The next line of standard error.
  private func errorLine(_ arguments: [String]) throws -> String {
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") {
      guard let byte = try WatchingProgram.byte(running.errors.descriptor) else {
        throw ProgramFailure(arguments: arguments, finished: end(by: SIGKILL))
      }
      line.append(byte)
      errors.append(byte)
    }
    return String(decoding: line, as: UTF8.self)
  }

  /// The next line that it prints; `nil` at the end of its output.
  func line() throws -> String? {
    var bytes: [UInt8] = []
    while let byte = try WatchingProgram.byte(running.output.descriptor) {
      if byte == 0x0A { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return nil
  }

  /// Returns the lines that it prints up to the first that `isLast` accepts, with that one.
  ///
  /// A line that reports missed events is an error.
  func lines(until isLast: (String) -> Bool) throws -> [String] {
    var lines: [String] = []
    while let line = try line() {
      lines.append(line)
      if line.contains(#/! missed|"event":"missed"/#) {
        _ = end()
        throw MissedEvents(line: line)
      }
      if isLast(line) { return lines }
    }
    throw ProgramFailure(arguments: lines, finished: end(by: SIGKILL))
  }

  /// Waits for its end, after asking for it unless it ends by itself.
  func end(by signal: Int32? = SIGINT, timeout: Int = 60) -> Finished {
    if let signal { running.child.signal(signal) }
    var finished = running.finish(timeout: timeout)
    finished.errors = errors + finished.errors
    return finished
  }

  /// How many milliseconds a line may take. What a test waits for comes within a fraction of a
  /// second, or not at all.
  private static let patience: Int32 = 120_000

  /// The next byte; `nil` at the end.
  private static func byte(_ descriptor: borrowing Descriptor) throws -> UInt8? {
    var wait = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    guard poll(&wait, 1, patience) > 0 else { throw SystemError("read of watch", code: ETIMEDOUT) }
    var byte: [UInt8] = [0]
    return try descriptor.read(into: &byte) == 1 ? byte[0] : nil
  }
}

/// The kernel has dropped records, so that some events were not reported.
struct MissedEvents: Error {
  /// What it printed about them.
  var line: String
}

/// Runs a test in a separate network namespace, and repeats it while events were missed.
///
/// The tracepoint covers the whole machine, and other programs may make more sockets than the
/// kernel can report; other tests do not at the same time.
func isolatedUntilWhole(_ story: @escaping @Sendable () throws -> Void) throws {
  var missed: [MissedEvents] = []
  for _ in 0..<10 {
    do {
      return try TracedMachine.watched { try isolated(story) }
    } catch let events as MissedEvents {
      missed.append(events)
    }
  }
  throw missed.last ?? MissedEvents(line: "")
}

/// What `watch --ndjson` prints in a line.
struct WatchedEvent: Decodable, Sendable {
  var schema: String
  var time: String
  var event: String
  var life: UInt64?
  var source: String
  var from: String?
  var to: String?
  var attribution: String?
  var ageUs: UInt64?
  var missed: UInt64?
  var elsewhere: Bool?
  var socket: Socket?

  struct Socket: Decodable, Sendable {
    var transport: String
    var netns: UInt32?
    var retransmits: Int?
    var local: Listing.End?
    var peer: Listing.End?
    var owners: [Owner]?
  }

  /// The descriptor of an owner from an event may be unknown.
  struct Owner: Decodable, Sendable {
    var pid: Int32
    var fd: Int32?
    var name: String?
  }

  /// From one state to another: `established fin_wait1`, `- syn_sent`.
  var passage: String { "\(from ?? "-") \(to ?? "-")" }

  static func read(_ line: some StringProtocol) throws -> WatchedEvent {
    try Listing.decoder.decode(WatchedEvent.self, from: Data(line.utf8))
  }
}
