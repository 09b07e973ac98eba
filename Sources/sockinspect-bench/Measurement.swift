import Glibc
import LinuxSystem

/// A program with its arguments, measured as a unit.
struct Command: Hashable {
  let name: String
  let path: String
  let arguments: [String]
  /// The command line as it would be typed.
  let title: String

  init(name: String, path: String, arguments: [String], title: String? = nil) {
    self.name = name
    self.path = path
    self.arguments = arguments
    self.title = title ?? ([name] + arguments).joined(separator: " ")
  }
}

/// What several runs of one command took.
struct Timing {
  private(set) var microseconds: [Int] = []
  private(set) var kilobytes: [Int] = []

  /// Runs the command once, discards its output, adds its costs, and returns how it ended.
  @discardableResult
  mutating func measure(_ command: Command, into nowhere: Nowhere) throws(SystemError) -> ChildProcess.Outcome {
    let arguments = [command.name] + command.arguments
    let clock = ContinuousClock()
    let start = clock.now
    let child = try ChildProcess.start(
      command.path, arguments: arguments.map { Array($0.utf8) },
      descriptors: nowhere.streams)
    let outcome = try child.wait()
    let (seconds, attoseconds) = (clock.now - start).components
    microseconds.append(Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000))
    kilobytes.append(outcome.peakKilobytes)
    return outcome
  }

  /// The middle time in microseconds; the mean of the two middle ones of an even count.
  var medianMicroseconds: Int { Timing.median(microseconds) }
  /// The middle of the largest resident sets in KiB.
  var medianKilobytes: Int { Timing.median(kilobytes) }
  /// The total time that was spent on it.
  var spentMicroseconds: Int { microseconds.reduce(0, +) }

  private static func median(_ values: [Int]) -> Int {
    guard !values.isEmpty else { return 0 }
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}

/// Finds a program in the folders of system tools.
func findProgram(_ name: String) -> String? {
  ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"].map { "\($0)/\(name)" }
    .first { mayExecute($0) }
}

/// Writes a line to one of the standard streams: 1 or 2.
func write(line: String, to number: Int32) {
  let stream = Descriptor(owning: number)
  // When a write fails, there is nowhere left to report it.
  try? stream.writeAll(Array((line + "\n").utf8).span)
  _ = stream.release()
}

/// The standard input and output of the measured programs: /dev/null, the same for all of them.
final class Nowhere: Sendable {
  private let input: Descriptor
  private let output: Descriptor

  init() throws(SystemError) {
    input = try Descriptor.open("/dev/null")
    output = try Descriptor.open("/dev/null", for: .replacing)
  }

  /// The three standard streams of a child.
  var streams: [(from: Int32, to: Int32)] { [(input.number, 0), (output.number, 1), (output.number, 2)] }
}

func exitProgram(_ status: Int32) -> Never { exit(status) }
