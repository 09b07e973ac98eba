/// The explanation of a state, a call, an error, a term or a column in one language: plain text, to
/// be wrapped where it is shown.
package struct Explanation: Sendable, Equatable {
  /// One line without a full stop.
  package let summary: String
  /// The sections below it, in order; ``Subject/commands`` show what they describe.
  package let parts: [Part]

  /// A heading and the text beside it.
  package struct Part: Sendable, Equatable {
    /// What the text is about.
    package let heading: Heading
    /// Full sentences.
    package let text: String

    init(_ heading: Heading, _ text: String) {
      self.heading = heading
      self.text = text
    }
  }

  /// The topic of a part of an explanation; ``Phrases`` has the words.
  package enum Heading: Sendable, Hashable, CaseIterable {
    /// What it is.
    case what
    /// For a call: the states that it leads through.
    case states
    /// Who must act next, and how.
    case next
    /// How long it normally lasts, and what decides that.
    case duration
    /// For an error: what the kernel saw when it returned it.
    case cause
    /// For an error: what to do about it.
    case remedy
    /// For a column: its name for typing, and its other names.
    case name
    /// For a column: the unit of its numbers.
    case unit
    /// What to check.
    case check
  }

  /// Makes the explanation of a state or a call.
  init(_ summary: String, what: String, next: String, duration: String, check: String) {
    self.summary = summary
    parts = [Part(.what, what), Part(.next, next), Part(.duration, duration), Part(.check, check)]
  }

  /// Makes the explanation of an error.
  init(_ summary: String, what: String, cause: String, remedy: String, check: String) {
    self.summary = summary
    parts = [Part(.what, what), Part(.cause, cause), Part(.remedy, remedy), Part(.check, check)]
  }

  /// Makes the explanation of a term.
  init(_ summary: String, what: String, check: String) {
    self.summary = summary
    parts = [Part(.what, what), Part(.check, check)]
  }

  /// Makes the explanation of a column.
  init(_ summary: String, parts: [Part]) {
    self.summary = summary
    self.parts = parts
  }

  /// The explanation of a subject.
  package static func of(_ subject: Subject, in language: Language) -> Explanation {
    switch (subject, language) {
    case (.state(let state), .english): english(state)
    case (.state(let state), .spanish): spanish(state)
    case (.call(let call), .english): english(call)
    case (.call(let call), .spanish): spanish(call)
    case (.error(let error), .english): english(error)
    case (.error(let error), .spanish): spanish(error)
    case (.term(let term), .english): english(term)
    case (.term(let term), .spanish): spanish(term)
    case (.column(let field), let language): column(field, in: language)
    }
  }
}
