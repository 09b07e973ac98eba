package import Options
import Text
import SocketModel

extension TypedArguments.Occurrence {
  /// The widths of columns: `owners=20,peer=30`.
  func columnWidths() throws(UsageError) -> [Field: Int] {
    var widths: [Field: Int] = [:]
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = item.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw UsageError("\(spelling): \(quoted(String(item))) is no width of a column", ["such as owners=20"])
      }
      guard let field = Field(name: parts[0]) else {
        throw .unknownWord(parts[0], for: spelling, "column", among: Words.fieldsAndAliases)
      }
      guard let width = Int(parts[1]), (4...500).contains(width) else {
        throw UsageError("\(spelling): \(quoted(parts[1])) is no number of columns from 4 to 500")
      }
      widths[field] = width
    }
    return widths
  }

  /// The value as it was typed; empty for an option without one.
  package var text: String { value ?? "" }

  /// The value as one of the words that the option knows.
  package func choice() throws(UsageError) -> String {
    let words = kind?.words ?? []
    guard words.contains(text) else { throw .unknownWord(text, for: spelling, "choice", among: words) }
    return text
  }

  /// The value as a whole number.
  package func number(in range: ClosedRange<Int>) throws(UsageError) -> Int {
    guard let number = Int(text), range.contains(number), text.utf8.first != UInt8(ascii: "+") else {
      throw UsageError("\(spelling): \(quoted(text)) is not a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// The value as how many there are to be of something: one at least.
  func count() throws(UsageError) -> Int { try number(in: 1...1_000_000_000) }

  /// The value as seconds with decimals, in milliseconds.
  package func milliseconds(from least: Int = 0) throws(UsageError) -> Int {
    // No sign, exponent, infinity or hexadecimal, which Double would accept.
    let isDecimal = text.utf8.allSatisfy { ASCII.digits.contains($0) || $0 == ASCII.period }
    let limit = 1_000_000.0
    guard isDecimal, let seconds = Double(text), seconds <= limit else { throw notSeconds(text, from: least) }
    let milliseconds = Int((seconds * 1000).rounded())
    guard milliseconds >= least else { throw notSeconds(text, from: least) }
    return milliseconds
  }

  /// The value as seconds with decimals, or as a number with `ms`, `s`, `m` or `h`, in
  /// milliseconds.
  func duration(from least: Int, to most: Int = 1_000_000_000) throws(UsageError) -> Int {
    let units: [(name: String, milliseconds: Double)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
    let unit = units.first { text.hasSuffix($0.name) }
    let number = text.dropLast(unit?.name.count ?? 0)
    let isDecimal = number.utf8.allSatisfy { ASCII.digits.contains($0) || $0 == ASCII.period }
    if isDecimal, let count = Double(number) {
      let milliseconds = (count * (unit?.milliseconds ?? 1000)).rounded()
      if milliseconds >= Double(least), milliseconds <= Double(most) { return Int(milliseconds) }
    }
    throw UsageError("\(spelling): \(quoted(text)) is not a time from \(seconds(least)) to \(seconds(most))")
  }

  /// The value as the speed of a replay: `max`, or a number that may have an `x` behind it.
  func speed() throws(UsageError) -> ReplaySpeed {
    if text == "max" { return .fastest }
    let number = text.hasSuffix("x") ? text.dropLast() : text[...]
    let isDecimal = number.utf8.allSatisfy { ASCII.digits.contains($0) || $0 == ASCII.period }
    if isDecimal, let factor = Double(number), (0.1...1000).contains(factor) { return .times(factor) }
    throw UsageError("\(spelling): \(quoted(text)) is not a number from 0.1 to 1000, nor max")
  }

  /// The value as a width in columns; `nil` for 0, which means no limit.
  package func width() throws(UsageError) -> Int? {
    let columns = try number(in: 0...1_000_000_000)
    return columns == 0 ? nil : columns
  }

  /// The value as the path of a file or folder.
  package func path() throws(UsageError) -> String {
    guard !text.isEmpty else { throw UsageError("\(spelling): the path is empty") }
    return text
  }

  /// The value of `--color`.
  func colour() throws(UsageError) -> ColourChoice { ColourChoice(rawValue: try choice()) ?? .auto }

  private func notSeconds(_ text: String, from least: Int) -> UsageError {
    let lowest = least == 0 ? "0" : "0.001"
    return UsageError("\(spelling): \(quoted(text)) is not a number of seconds from \(lowest) to 1000000")
  }
}

/// The values of `--color`.
enum ColourChoice: String, CaseIterable, Sendable {
  case auto, always, never

  /// The words to choose from.
  static let words = allCases.map(\.rawValue)
}

extension Environment {
  /// Whether an output has colour, according to `--color` or otherwise to the output and the
  /// environment.
  func wantsColour(_ choice: ColourChoice, isTerminal: Bool) -> Bool {
    switch choice {
    case .always: true
    case .never: false
    case .auto: isTerminal && variable("NO_COLOR") ?? "" == "" && variable("TERM") != "dumb"
    }
  }
}
