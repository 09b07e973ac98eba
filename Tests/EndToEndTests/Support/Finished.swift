import Foundation
import Glibc
import LinuxSystem
import SocketModel
import Synchronization
import TestSupport

/// The environment of the test run.
enum CommandEnvironment {
  static var current: [String: String] { ProcessInfo.processInfo.environment }
}

/// A program that was run to its end: what it wrote and how it ended.
///
/// It is started on the calling thread, so that it runs in that thread's network namespace.
struct Finished: Sendable {
  var exitStatus: Int32?
  var signal: Int32?
  var output: [UInt8] = []
  var errors: [UInt8] = []
  var peakKilobytes = 0

  var text: String { String(decoding: output, as: UTF8.self) }
  var errorText: String { String(decoding: errors, as: UTF8.self) }
  /// The lines of ``text``, each split at its blanks.
  var rows: [[String]] { text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) } }

  /// Runs a program with the text arguments given.
  init(
    running program: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:],
    timeout: Int = 120
  ) {
    self.init(
      running: program, bytes: arguments.map { Array($0.utf8) }, input: input, environment: environment,
      timeout: timeout)
  }

  /// Runs a program; a program that cannot be started ends with status 127 and a message.
  init(
    running program: String, bytes arguments: [[UInt8]], input: [UInt8] = [], environment: [String: String] = [:],
    timeout: Int = 120
  ) {
    do {
      let running = try Running(program, arguments, environment: environment, wantsInput: true)
      self = running.finish(input: input, timeout: timeout)
    } catch {
      exitStatus = 127
      errors = Array("\(error)".utf8)
    }
  }

  init() {}
}

/// A program that is running, with pipes to all its ends.
final class Running: Sendable {
  let child: ChildProcess
  let input: Mutex<HeldEnd?>
  let output: HeldEnd
  let errors: HeldEnd

  final class HeldEnd: Sendable {
    let descriptor: Descriptor
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// The next line that comes; what there is of it at the end. No byte behind it is taken.
    func line() throws -> String {
      var bytes: [UInt8] = []
      var byte: [UInt8] = [0]
      while try descriptor.read(into: &byte) == 1, byte[0] != 0x0A { bytes.append(byte[0]) }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  init(
    _ program: String, _ arguments: [[UInt8]], environment: [String: String] = [:], wantsInput: Bool = false
  ) throws(SystemError) {
    let standardInput = try LinuxSystem.Pipe()
    let standardOutput = try LinuxSystem.Pipe()
    let standardErrors = try LinuxSystem.Pipe()
    var values = CommandEnvironment.current
    // Variables with which the terminal and the user's habits would change the output.
    for name in ["NO_COLOR", "TERM", "COLUMNS", "LINES", "LANG", "LC_ALL", "SOCKINSPECT_OPTIONS"] { values[name] = nil }
    values.merge(["LC_ALL": "C.UTF-8"].merging(environment) { $1 }) { $1 }
    child = try ChildProcess.startUnseen(
      program, arguments: [Array(program.utf8)] + arguments, environment: values.map { "\($0.key)=\($0.value)" },
      descriptors: [
        (standardInput.reading.number, 0), (standardOutput.writing.number, 1), (standardErrors.writing.number, 2),
      ])
    input = Mutex(wantsInput ? HeldEnd(standardInput.intoWriting()) : nil)
    output = HeldEnd(standardOutput.intoReading())
    errors = HeldEnd(standardErrors.intoReading())
  }

  /// Gives it an empty line, as Enter does, while its input is open.
  func enter() throws {
    try input.withLock { input in
      let newline: [UInt8] = [0x0A]
      try input?.descriptor.writeAll(newline.span)
    }
  }

  /// Feeds the input, collects both outputs and waits for the end; after `timeout` seconds the
  /// program is killed.
  ///
  /// The input ends with the bytes unless it is to stay open while the program runs.
  func finish(input bytes: [UInt8] = [], closingInput: Bool = true, timeout: Int = 120) -> Finished {
    signal(SIGPIPE, SIG_IGN)
    let box = Collected()
    let group = DispatchGroup()
    let queue = DispatchQueue(label: "pipes", attributes: .concurrent)
    queue.async(group: group) { box.output.withLock { _ = try? self.output.descriptor.readAll(into: &$0) } }
    queue.async(group: group) { box.errors.withLock { _ = try? self.errors.descriptor.readAll(into: &$0) } }
    queue.async(group: group) {
      let end = self.input.withLock { end in
        defer { if closingInput { end = nil } }
        return end
      }
      if let end { _ = try? end.descriptor.writeAll(bytes.span) }
    }
    let watchdog = DispatchWorkItem { [child] in child.signal(SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(timeout), execute: watchdog)
    group.wait()
    var finished = Finished()
    if let outcome = try? child.wait() {
      finished.exitStatus = outcome.exitStatus
      finished.signal = outcome.signal
      finished.peakKilobytes = outcome.peakKilobytes
    }
    watchdog.cancel()
    finished.output = box.output.withLock { $0 }
    finished.errors = box.errors.withLock { $0 }
    return finished
  }

  private final class Collected: Sendable {
    let output = Mutex<[UInt8]>([])
    let errors = Mutex<[UInt8]>([])
  }
}
