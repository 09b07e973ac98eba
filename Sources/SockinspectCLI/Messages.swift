import LinuxSystem

/// What is said on standard error. Every line begins with the program's name or is indented below one that does.
enum Messages {
  /// Says that what was typed is wrong, and what would be right.
  static func complain(_ error: UsageError) {
    say(([error.message] + error.details).enumerated().map { $0 == 0 ? "sockinspect: \($1)" : "  \($1)" })
  }

  /// Says that something failed.
  static func complain(_ message: String) { say(["sockinspect: \(message)"]) }

  private static func say(_ lines: [String]) {
    // Nobody is left to tell when standard error fails.
    try? StandardStream.error.write(lines.joined(separator: "\n") + "\n")
  }
}
