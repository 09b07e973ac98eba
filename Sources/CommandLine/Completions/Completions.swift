import Options

extension Shell {
  /// The completion script of the shell, made from the registry.
  package func completions(of registry: Registry) -> String {
    switch self {
    case .bash: BashCompletions(registry: registry).script()
    case .zsh: ZshCompletions(registry: registry).script()
    case .fish: FishCompletions(registry: registry).script()
    }
  }
}

/// What the three scripts share.
enum CompletionWords {
  /// The words of the query language.
  static let query: [String] = {
    var words: [String] = []
    let language = [
      "port", "address", "host", "sport", "dport", "src", "dst", "autobound", "state", "exclude", "not", "and", "or",
    ]
    for word in Words.fields + language + Words.states + Words.transports where !words.contains(word) {
      words.append(word)
    }
    return words
  }()

  /// The name of a table's function in a script.
  static func function(of command: String?) -> String {
    "_sockinspect_" + (command ?? "listing").map { $0 == "-" ? "_" : String($0) }.joined()
  }
}

extension Registry {
  /// The commands with options of their own, which must come first, or the others.
  func commands(withOwnOptions: Bool) -> [Command] { commands.filter { $0.hasOwnOptions == withOwnOptions } }
}
