import Options

extension Shell {
  /// The completion script of the shell, made from the registry.
  package func completions() -> String {
    switch self {
    case .bash: BashCompletions.script()
    case .zsh: ZshCompletions.script()
    case .fish: FishCompletions.script()
    }
  }
}

/// What the three scripts share.
enum CompletionWords {
  /// The words behind `help`.
  static let topics = TopicID.allCases.map(\.rawValue) + ["options"]

  /// The words that can stand in a query.
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

  /// The words that can follow a command, when they are known.
  static func arguments(of command: Command) -> [String] {
    switch command {
    case .help: topics
    case .completions: Shell.allCases.map(\.rawValue)
    case .explain: Words.explained
    case .watch, .listenDemo, .connectDemo, .flowDemo, .netstat, .lsof, .capture, .link, .man, .version: []
    }
  }

  /// Whether a folder follows the command.
  static func takesFolder(_ command: Command) -> Bool { command == .capture || command == .link }

  /// The names of commands: of those with options of their own, which must come first, or of the others.
  static func commands(withOwnOptions: Bool) -> [String] {
    Command.allCases.filter { $0.hasOwnOptions == withOwnOptions }.map(\.rawValue)
  }

  /// The name of a table's function in a script.
  static func function(of command: Command?) -> String {
    "_sockinspect_" + (command?.rawValue ?? "listing").map { $0 == "-" ? "_" : String($0) }.joined()
  }
}
