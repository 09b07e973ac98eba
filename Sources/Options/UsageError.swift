/// A mistake in the command line: exit status 2.
package struct UsageError: Error, Sendable, Equatable {
  /// What is wrong, in one line without a full stop.
  package let message: String
  /// Lines below it: the place marked, what would be right.
  package let details: [String]

  package init(_ message: String, _ details: [String] = []) {
    self.message = message
    self.details = details
  }
}
