import SocketModel

/// One option of the command line, as data. Help, man page, completions, parsing and "did you mean"
/// are all made from it; its effect is part of its declaration, see ``OptionDeclaration``.
package struct Option: Sendable {
  /// The long name without its dashes; empty for an option of a classic program with only one
  /// spelling.
  package let long: String
  /// The short letter, when there is one.
  package let short: Character?
  /// The only spelling of an option of a classic program, with its sign: `-i`, `+c`.
  package let spelling: String?
  /// Other long names with the same meaning: those of the tools that people come from.
  package let aliases: [String]
  /// The value that follows it; `nil` for an option without one.
  package let value: OptionValue?
  /// The chapter of the help that explains it.
  package let topic: TopicID
  /// One line, lower case, without a full stop: at most ``summaryLimit`` characters.
  package let summary: String
  /// The whole explanation: sentences, with literal text between backticks.
  package let documentation: String
  /// Examples: arguments after the program's name, and what they do.
  package let examples: [Example]
  /// Whether it is among the few that `--help` shows.
  package let isCommon: Bool

  /// The length at which a summary still fits beside the option in 80 columns.
  static let summaryLimit = 52

  package init(
    _ long: String, _ short: Character? = nil, aliases: [String] = [], value: OptionValue? = nil,
    topic: TopicID, common: Bool = false, _ summary: String, examples: [Example] = [], _ documentation: String
  ) {
    self.long = long
    self.short = short
    spelling = nil
    self.aliases = aliases
    self.value = value
    self.topic = topic
    self.summary = summary
    self.documentation = documentation
    self.examples = examples
    isCommon = common
  }

  /// Declares an option with only one spelling: a letter after any sign, or a word.
  package init(
    spelling: String, value: OptionValue? = nil, topic: TopicID, _ summary: String, examples: [Example] = [],
    _ documentation: String
  ) {
    long = ""
    short = nil
    self.spelling = spelling
    aliases = []
    self.value = value
    self.topic = topic
    self.summary = summary
    self.documentation = documentation
    self.examples = examples
    isCommon = false
  }

  /// The option by which a command with its own options explains itself; it is answered before any
  /// other option has an effect.
  package static func help(_ topic: TopicID) -> Option {
    Option(
      "help", "h", topic: topic, "this help; --help OPTION for one of these",
      "Prints the help of the command, or of one of its options, then ends.")
  }

  /// What identifies it among the options of its command.
  package var id: OptionID { OptionID(spelling ?? long) }

  /// Every way to write the option, with signs.
  package var spellings: [String] { spelling.map { [$0] } ?? [short.map { "-\($0)" }, "--\(long)"].compactMap { $0 } }

  /// How the option is written at the head of its explanation: `-A, --transport LIST`.
  package var synopsis: String {
    if let spelling { return value.map { "\(spelling) \($0.placeholder)" } ?? spelling }
    let name = short.map { "-\($0), --\(long)" } ?? "--\(long)"
    return value.map { "\(name) \($0.placeholder)" } ?? name
  }
}

/// The value that follows an option.
package struct OptionValue: Sendable, Hashable {
  /// The placeholder for it in help, in capitals.
  package let placeholder: String
  /// What kind of value it is.
  package let kind: ValueKind

  package init(_ placeholder: String, _ kind: ValueKind) {
    self.placeholder = placeholder
    self.kind = kind
  }
}

/// The kinds of values that options have; they decide which completions are offered.
package enum ValueKind: Sendable, Hashable {
  /// Ports, ranges of them and service names.
  case ports
  /// Addresses and blocks of them.
  case addresses
  /// Process ids.
  case processIDs
  /// Process names.
  case processNames
  /// A network namespace: a word, a name, or a process id.
  case networkNamespace
  /// User names and numbers.
  case users
  /// A folder or file.
  case path
  /// A number.
  case number
  /// The name or address of a host.
  case host
  /// A query.
  case query
  /// Any text.
  case text
  /// One of a fixed set of words.
  case choice([String])
  /// Some words of a fixed set, separated by commas.
  case list([String])
  /// Names of columns, separated by commas. They are looked up on demand: making the list of fields
  /// would cost each start of the program a tenth of a millisecond.
  case columns

  /// The words to choose from, when they are known beforehand.
  package var words: [String] {
    switch self {
    case .choice(let words), .list(let words): words
    case .columns: FieldRegistry.standard.names
    case .ports, .addresses, .processIDs, .processNames, .networkNamespace, .users, .path, .number, .host, .query,
      .text:
      []
    }
  }
}

/// One example: what to type after `sockinspect`, and what it does.
package struct Example: Sendable, Hashable {
  /// The arguments, quoted for a shell.
  package let arguments: String
  /// What it shows, lower case, without a full stop.
  package let effect: String

  package init(_ arguments: String, _ effect: String) {
    self.arguments = arguments
    self.effect = effect
  }
}

/// The identity of an option among those of its command: its long name, or its only spelling.
package struct OptionID: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The long name without dashes, or the only spelling with its sign.
  package let name: String

  package init(_ name: String) { self.name = name }

  package init(stringLiteral name: String) { self.name = name }

  package var description: String { name }

  /// The option that asks for help, after which the command does nothing else.
  package static let help: OptionID = "help"
}
