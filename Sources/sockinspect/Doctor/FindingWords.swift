import Diagnosis
import Lesson

/// What a finding says in words: what is the matter, what it means, and what to do.
struct FindingWords {
  /// What is the matter: a clause that follows the subject.
  let summary: String
  let meaning: String
  let action: String

  init(_ summary: String, _ meaning: String, _ action: String) {
    (self.summary, self.meaning, self.action) = (summary, meaning, action)
  }

  /// The words in a language.
  static func of(_ kind: Finding.Kind, in language: Language) -> FindingWords {
    language(english(kind), spanish(kind))
  }
}
