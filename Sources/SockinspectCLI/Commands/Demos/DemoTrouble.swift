/// Why a demo cannot do what it was told, and what to do next.
struct DemoTrouble: Error, Sendable, Equatable {
  /// What happened, to what: one line without a full stop.
  let message: String
  /// What can be done, a line each.
  let advice: [String]

  init(_ message: String, _ advice: [String] = []) {
    self.message = message
    self.advice = advice
  }
}

extension Messages {
  /// Says why a demo cannot do what it was told. The texts may hold any characters.
  static func complain(_ trouble: DemoTrouble) {
    complain(UsageError(escaped(trouble.message), trouble.advice.map(escaped)))
  }
}
