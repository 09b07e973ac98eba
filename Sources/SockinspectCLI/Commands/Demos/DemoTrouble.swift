/// Why a demo cannot do what the user asked for, and what to do next.
struct DemoTrouble: Error, Sendable, Equatable {
  /// What happened, and to what: one line without a full stop.
  let message: String
  /// What can be done, a line each.
  let advice: [String]

  init(_ message: String, _ advice: [String] = []) {
    self.message = message
    self.advice = advice
  }
}

extension Messages {
  /// Reports why a demo cannot do what the user asked for. The texts may hold any characters.
  static func complain(_ trouble: DemoTrouble) {
    complain(UsageError(escaped(trouble.message), trouble.advice.map(escaped)))
  }
}
