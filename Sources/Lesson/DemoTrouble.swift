/// Why a demo cannot do what the user asked for, and what to do next.
package struct DemoTrouble: Error, Sendable, Equatable {
  /// What happened, and to what: one line without a full stop.
  package let message: String
  /// What can be done, one line each.
  package let advice: [String]

  package init(_ message: String, _ advice: [String] = []) {
    self.message = message
    self.advice = advice
  }
}
