/// The words around explanations: headings and the program's own sentences.
package struct Phrases: Sendable, Equatable {
  /// The headings of an explanation's parts.
  package let what, next, duration, check, states: String
  /// The headings of parts that only errors and columns have.
  let cause, remedy, name, unit: String
  /// The headings of the list of all subjects.
  package let tcpStates, otherStates, calls, pictures: String
  /// The headings of the lists of errors and terms, and the sentence about columns and ports.
  package let errors, terms, others: String
  /// What the two pictures show.
  package let statePicture, callPicture: String
  /// How to ask for one subject.
  package let usage: String
  /// The sentence about a word that names both a state and a call; `%` stands for the word.
  let ambiguity: String

  /// The sentence about a word that names both a state and a call.
  package func ambiguity(of word: String) -> String {
    ambiguity.split(separator: "%", omittingEmptySubsequences: false).enumerated().map { index, part in
      index == 0 ? String(part) : (index == 2 ? word.uppercased() : word) + part
    }.joined()
  }

  /// The heading of a part.
  package func heading(_ heading: Explanation.Heading) -> String {
    switch heading {
    case .what: what
    case .states: states
    case .next: next
    case .duration: duration
    case .cause: cause
    case .remedy: remedy
    case .name: name
    case .unit: unit
    case .check: check
    }
  }

  /// The phrases of a language.
  package init(_ language: Language) {
    switch language {
    case .english:
      what = "What it is"
      next = "Who acts next"
      duration = "How long"
      check = "What to check"
      states = "States"
      cause = "The kernel saw"
      remedy = "What to do"
      name = "Its name"
      unit = "Unit"
      tcpStates = "States of TCP"
      otherStates = "States of UDP, unix and other sockets"
      calls = "Calls"
      errors = "Errors"
      terms = "Terms"
      others = """
        Columns are explained by their name or title, such as recv_queue or RECV-Q (sockinspect --list-columns), and \
        :PORT says what runs at a port.
        """
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
      cause = "Qué vio el kernel"
      remedy = "Qué hacer"
      name = "Su nombre"
      unit = "Unidad"
      tcpStates = "Estados de TCP"
      otherStates = "Estados de UDP, unix y otros sockets"
      calls = "Llamadas"
      errors = "Errores"
      terms = "Términos"
      others = """
        Las columnas se explican por su nombre o su título, como recv_queue o RECV-Q (sockinspect --list-columns), y \
        :PUERTO dice qué hay en un puerto.
        """
      pictures = "Dibujos"
      statePicture = "los estados de TCP y los caminos entre ellos"
      callPicture = "qué llamada del servidor y del cliente lleva a qué estado"
      usage = "sockinspect explain PALABRA... explica uno o varios de estos términos."
      ambiguity = "% es un estado y una llamada; aquí están los dos. % es solo el estado; '%()', solo la llamada."
    }
  }
}
