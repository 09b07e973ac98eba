package import Foundation
import Glibc
package import Testing

/// The longest time that one case of a test may take, from the moment at which its body begins.
///
/// The testing library's own `timeLimit(_:)` also counts the time that a case waits for a free
/// thread, which is minutes in a run of everything on two processors, and it cannot end a body that
/// is blocked in a system call. This limit counts the body only, and a case that exceeds it ends
/// the whole process, after its children: a run that hangs says where, and ends.
package struct TimeLimit: SuiteTrait, TestTrait, TestScoping {
  /// The limit in seconds.
  let seconds: Double

  /// Every test of the suite has the limit, and every suite in it.
  package var isRecursive: Bool { true }

  /// Limits the cases, not the test or the suite around them, which end with the last case.
  package func scopeProvider(for test: Test, testCase: Test.Case?) -> TimeLimit? { testCase == nil ? nil : self }

  /// Runs the case.
  package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let file = test.sourceLocation.fileID.split(separator: "/")
    let name = "\(file.first ?? "").\(file.last?.split(separator: ".").first ?? "") \(test.displayName ?? test.name)"
    let run = TestClock.shared.begin(name, limit: seconds)
    defer { TestClock.shared.end(run) }
    try await function()
  }
}

extension Trait where Self == TimeLimit {
  /// Ten minutes for each case: more than thirty times what the slowest takes on a quiet machine of
  /// two processors, so that only what hangs exceeds it, under a sanitizer and on a busy machine
  /// too.
  package static var timeLimited: Self { TimeLimit(seconds: 600) }
}

/// The clock of the cases that are running: ends the process when one takes too long, and prints
/// which tests took longest when the process ends by itself.
package final class TestClock: @unchecked Sendable {
  /// A case that is running.
  private struct Run {
    let name: String
    let start: DispatchTime
    let end: DispatchTime
  }

  /// How many of the slowest tests are printed.
  private static let slowestCount = 10
  /// The clock of this process.
  static let shared = TestClock { TestClock.endProcess($0, after: $1) }

  /// Called on the clock's own thread with the name of a case that is overdue and the seconds that
  /// it has taken.
  private let reportOverdue: (String, Double) -> Void
  /// Guards everything below, and is signalled when a case begins.
  private let condition = NSCondition()
  private var running: [Int: Run] = [:]
  private var next = 0
  private var isWatching = false
  /// The seconds that all the cases of a test took.
  private var totals: [String: Double] = [:]

  /// Makes a clock.
  package init(reportOverdue: @escaping (String, Double) -> Void) { self.reportOverdue = reportOverdue }

  /// Begins a case; the number is for ``end(_:)``.
  package func begin(_ name: String, limit seconds: Double) -> Int {
    condition.withLock {
      let now = DispatchTime.now()
      next += 1
      running[next] = Run(name: name, start: now, end: now + seconds)
      if !isWatching {
        isWatching = true
        Thread.detachNewThread { [self] in watch() }
        if self === TestClock.shared { atexit { TestClock.shared.printSlowest() } }
      }
      condition.signal()
      return next
    }
  }

  /// Ends a case.
  package func end(_ number: Int) {
    condition.withLock {
      guard let run = running.removeValue(forKey: number) else { return }
      totals[run.name, default: 0] += TestClock.seconds(from: run.start, to: .now())
    }
  }

  /// Removes the cases that are overdue from the clock, and returns them with the seconds that they
  /// have taken.
  package func takeOverdue(at now: DispatchTime) -> [(name: String, seconds: Double)] {
    condition.withLock {
      let overdue = running.filter { $0.value.end <= now }
      for number in overdue.keys { running[number] = nil }
      return overdue.values.map { ($0.name, TestClock.seconds(from: $0.start, to: now)) }
    }
  }

  /// The tests that took longest, with the seconds of all their cases, the slowest first.
  package func slowest(_ count: Int) -> [(name: String, seconds: Double)] {
    let all = condition.withLock { totals }
    return all.sorted { $0.value > $1.value }.prefix(count).map { ($0.key, $0.value) }
  }

  private func printSlowest() {
    for (name, seconds) in slowest(TestClock.slowestCount) {
      print("slowest: \(String(format: "%7.2f", seconds)) s \(name)")
    }
  }

  /// Waits for the earliest deadline, repeatedly.
  private func watch() {
    while true {
      condition.withLock {
        if let end = running.values.map(\.end).min() {
          _ = condition.wait(until: Date(timeIntervalSinceNow: TestClock.seconds(from: .now(), to: end)))
        } else {
          condition.wait()
        }
      }
      for (name, seconds) in takeOverdue(at: .now()) { reportOverdue(name, seconds) }
    }
  }

  private static func seconds(from start: DispatchTime, to end: DispatchTime) -> Double {
    (Double(end.uptimeNanoseconds) - Double(start.uptimeNanoseconds)) / 1e9
  }

  /// Names the case and what the process has started, and ends them all.
  private static func endProcess(_ name: String, after seconds: Double) {
    var text = "error: the process ends, since a test has run for \(Int(seconds)) s: \(name)\n"
    for pid in children(of: getpid()) {
      let command = (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? ""
      text += "  it has started \(pid): \(command.split(separator: "\0").joined(separator: " ").prefix(200))\n"
      kill(pid, SIGKILL)
    }
    FileHandle.standardError.write(Data(text.utf8))
    abort()
  }

  /// The processes that a process has started, and those that they have started.
  private static func children(of pid: Int32) -> [Int32] {
    let folder = "/proc/\(pid)/task"
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let texts = threads.compactMap { try? String(contentsOfFile: "\(folder)/\($0)/children", encoding: .utf8) }
    return texts.flatMap { $0.split(separator: " ").compactMap { Int32($0) } }.flatMap { [$0] + children(of: $0) }
  }
}
