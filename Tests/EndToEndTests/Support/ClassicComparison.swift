import Foundation
import LinuxSystem
import Synchronization
import Text

/// One command line of a classic program, run with the original and with this program at the same
/// time.
struct ClassicComparison {
  /// The original's name, which is also the command of this program.
  let original: String
  /// The program under test.
  let program: String
  /// Removes from the output what changes from one moment to the next, such as the digits of
  /// timers.
  var mask: @Sendable (String) -> String = { $0 }

  /// The result of one of the two.
  struct Result: Equatable {
    var status: Int32?
    var output: String
    var errors: String
  }

  /// How the two differ; `nil` when they are the same to the byte.
  ///
  /// The kernel changes counters and states meanwhile, so the original runs before and after,
  /// repeatedly until one of its two outputs is the same.
  func difference(
    _ arguments: [String], user: UInt32? = nil, environment: [String: String] = [:],
    expecting: ((Result) -> Result)? = nil
  ) throws -> String? {
    var last: (theirs: Result, ours: Result)?
    for _ in 0..<6 {
      let before = try run([original] + arguments, user, environment)
      let ours = try run([program, original] + arguments, user, environment)
      if (expecting?(before) ?? before) == ours { return nil }
      let after = try run([original] + arguments, user, environment)
      let theirs = expecting?(after) ?? after
      if theirs == ours { return nil }
      last = (theirs, ours)
    }
    guard let last else { return nil }
    return ([arguments.joined(separator: " ")] + lines(last.theirs, last.ours)).joined(separator: "\n")
  }

  /// How the two differ for each command line and user, several at a time; empty when they are the
  /// same.
  func allDifferences(
    of work: [(String, UInt32?)], _ difference: @Sendable (String, UInt32?) throws -> String?
  ) -> [String] {
    let found = Mutex<[String]>([])
    parallelForEach(count: work.count) { index in
      let (line, user) = work[index]
      var text: String?
      do { text = try difference(line, user) } catch { text = "\(error)" }
      if let text { found.withLock { $0.append("\(original) \(line) as \(user ?? 0): \(text)") } }
    }
    return found.withLock { $0 }
  }

  /// Runs a program under the name by which a shell finds it, so that it sees that name, as root or
  /// as another user.
  func run(_ words: [String], _ user: UInt32? = nil, _ environment: [String: String] = [:]) throws -> Result {
    var words = words
    if let user { words = try startingAs(user) + words }
    let finished = Finished(running: try peer("sh"), ["-c", "exec \"$0\" \"$@\""] + words, environment: environment)
    return Result(
      status: finished.exitStatus, output: mask(String(decoding: finished.output, as: Unicode.ASCII.self)),
      errors: mask(finished.errorText))
  }

  private func lines(_ theirs: Result, _ ours: Result) -> [String] {
    var found = theirs.status == ours.status ? [] : ["status \(theirs.status ?? -1), not \(ours.status ?? -1)"]
    for (theirs, ours) in [(theirs.output, ours.output), (theirs.errors, ours.errors)] where theirs != ours {
      found += differences(theirs.components(separatedBy: "\n"), ours.components(separatedBy: "\n")).prefix(12)
      if found.isEmpty { found.append("the same lines in another order") }
    }
    return found
  }
}
