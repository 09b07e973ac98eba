/// What a state or a call is, in one language: plain text, to be wrapped where it is shown.
public struct Explanation: Sendable, Equatable {
  /// One line without a full stop.
  public let summary: String
  /// What it is.
  public let what: String
  /// Who must act next, and how.
  public let next: String
  /// How long it normally lasts, and what decides that.
  public let duration: String
  /// What to check; ``Subject/commands`` show it.
  public let check: String

  init(_ summary: String, what: String, next: String, duration: String, check: String) {
    self.summary = summary
    self.what = what
    self.next = next
    self.duration = duration
    self.check = check
  }

  /// The explanation of a subject.
  public static func of(_ subject: Subject, in language: Language) -> Explanation {
    switch (subject, language) {
    case (.state(let state), .english): english(state)
    case (.state(let state), .spanish): spanish(state)
    case (.call(let call), .english): english(call)
    case (.call(let call), .spanish): spanish(call)
    }
  }
}

/// The words around explanations: headings and the sentences of the program itself.
public struct Phrases: Sendable, Equatable {
  /// The headings of an explanation's parts.
  public let what, next, duration, check, states: String
  /// The headings of the list of all subjects.
  public let tcpStates, otherStates, calls, pictures: String
  /// What the two pictures show.
  public let statePicture, callPicture: String
  /// How to ask for one subject.
  public let usage: String
  /// The sentence about a word that names both a state and a call; `%` stands for the word.
  package let ambiguity: String

  /// The sentence about a word that names both a state and a call.
  public func ambiguity(of word: String) -> String {
    ambiguity.split(separator: "%", omittingEmptySubsequences: false).enumerated().map { index, part in
      index == 0 ? String(part) : (index == 2 ? word.uppercased() : word) + part
    }.joined()
  }

  /// The phrases of a language.
  public init(_ language: Language) {
    switch language {
    case .english:
      what = "What it is"
      next = "Who acts next"
      duration = "How long"
      check = "What to check"
      states = "States"
      tcpStates = "States of TCP"
      otherStates = "States of UDP, unix and other sockets"
      calls = "Calls"
      pictures = "Pictures"
      statePicture = "the states of TCP and the ways between them"
      callPicture = "which call of server and client leads to which state"
      usage = "sockinspect explain WORD... explains one or more of these."
      ambiguity = "% is a state and a call; here are both. % alone is the state, '%()' the call."
    case .spanish:
      what = "Qué es"
      next = "A quién le toca"
      duration = "Cuánto dura"
      check = "Qué revisar"
      states = "Estados"
      tcpStates = "Estados de TCP"
      otherStates = "Estados de UDP, unix y otros sockets"
      calls = "Llamadas"
      pictures = "Dibujos"
      statePicture = "los estados de TCP y los caminos entre ellos"
      callPicture = "qué llamada del servidor y del cliente lleva a qué estado"
      usage = "sockinspect explain PALABRA... explica uno o varios de estos términos."
      ambiguity = "% es un estado y una llamada; aquí están los dos. % es solo el estado; '%()', solo la llamada."
    }
  }
}
