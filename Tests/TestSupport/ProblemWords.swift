import Rendering
package import SocketModel

/// A problem in words.
extension Problem {
  /// What it is about, in words.
  package var subjectText: String { ProblemText.subject(of: self) }
  /// What happened, in words.
  package var message: String { ProblemText.message(of: self) }
  /// What would help, in words.
  package var advice: String? { ProblemText.advice(for: self) }
}
