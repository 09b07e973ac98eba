package import Options

/// One chapter of the help and of the manual: examples, explanation, the options that belong to it.
package struct Topic: Sendable {
  package let id: TopicID
  /// The heading.
  package let title: String
  /// One line that says what it is about, in lower case.
  package let summary: String
  /// Examples, which come first.
  let examples: [Example]
  /// Paragraphs, with literal text between backticks.
  let paragraphs: [String]
  /// A list of terms and what they mean.
  let terms: [Term]

  /// A term and what it means.
  package struct Term: Sendable {
    let name: String
    let meaning: String

    package init(_ name: String, _ meaning: String) {
      self.name = name
      self.meaning = meaning
    }
  }

  package init(
    _ id: TopicID, _ title: String, _ summary: String, examples: [Example] = [], paragraphs: [String] = [],
    terms: [Term] = []
  ) {
    self.id = id
    self.title = title
    self.summary = summary
    self.examples = examples
    self.paragraphs = paragraphs
    self.terms = terms
  }
}
