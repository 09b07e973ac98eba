import Options
import Text

/// Recognises options of watch(1), which runs a program repeatedly, typed after the command
/// `watch`.
extension Habits {
  /// What to type instead of an option of watch(1), or of one of the listing that has no meaning
  /// for events; `nil` for any other.
  ///
  /// - Parameter rest: the line without the option.
  static func hintsOfWatch(forOption name: String, _ rest: [String]) -> [String]? {
    switch name {
    case "d", "differences":
      let line = TypedLine(withInterval(rest)?.line ?? rest).text
      return ["the live view and each line of an event mark what changed: " + line]
    case "W", "wide":
      return ["lines of events are always whole, and the live view fits the terminal: " + TypedLine(rest).text]
    default: return nil
    }
  }

  /// The mistake in `-n1`, the interval of watch(1); `nil` when letters of `watch` are meant, as in
  /// `-n4`.
  package static func interval(in argument: String, of table: OptionTable, _ line: [String]) -> UsageError? {
    guard table.command == "watch", let letter = argument.lastIndex(of: "n") else { return nil }
    let number = String(argument[argument.index(after: letter)...])
    guard isTime(number), !["0", "4", "6", "46", "64"].contains(number) else { return nil }
    let before = String(argument[..<letter])
    let rest = line.flatMap { $0 == argument ? ["--interval", number] + (before == "-" ? [] : [before]) : [$0] }
    return UsageError(
      "-n takes no value, but \(quoted(number)) was given", ["time between scans: " + TypedLine(rest).text])
  }

  /// The message about a number after `-n`, which is a query here and the interval of watch(1);
  /// `nil` when there is none.
  static func remarkOnInterval(_ line: [String]) -> String? {
    guard let (number, line) = withInterval(line) else { return nil }
    let meaning = number.contains(".") ? "text" : "a port"
    return "\(quoted(number)) is taken for \(meaning); the time between scans: " + TypedLine(line).text
  }

  /// The number after `-n`, and the line with it as the interval.
  private static func withInterval(_ line: [String]) -> (number: String, line: [String])? {
    let index = line.indices.dropLast().first { line[$0] == "-n" && isTime(line[$0 + 1]) }
    guard let index else { return nil }
    var meant = line
    meant[index] = "--interval"
    return (line[index + 1], meant)
  }

  private static func isTime(_ text: String) -> Bool {
    Double(text) != nil && text.utf8.allSatisfy { $0 == UInt8(ascii: ".") || ("0"..."9").contains(Unicode.Scalar($0)) }
  }
}
