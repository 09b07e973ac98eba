import LinuxSystem

/// What is said on standard error. Every line begins with the program's name or is indented below one that does.
enum Messages {
  /// Says that what was typed is wrong, and what would be right.
  static func complain(_ error: UsageError) {
    say(([error.message] + error.details).enumerated().map { $0 == 0 ? "sockinspect: \($1)" : "  \($1)" })
  }

  /// Says that something failed.
  static func complain(_ message: String) { say(["sockinspect: \(message)"]) }

  /// Says something that is no failure.
  static func note(_ message: String) { say(["sockinspect: \(message)"]) }

  /// Says whole lines.
  static func say(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    // Nobody is left to tell when standard error fails.
    try? StandardStream.error.write(bytes.span)
  }

  private static func say(_ lines: [String]) {
    say(Array((lines.joined(separator: "\n") + "\n").utf8))
  }
}
