import Selection
import SocketModel

/// Every option and command there is, and how to find one by what was typed.
enum Registry {
  /// Every option, in the order of help and man page.
  static let options: [Option] = SelectingOptions.all + OutputOptions.all + GeneralOptions.all

  /// The option with a long name or alias, without dashes.
  static func option(long name: String) -> Option? {
    options.first { $0.long == name || $0.aliases.contains(name) }
  }

  /// The option with a short letter.
  static func option(short letter: Character) -> Option? { options.first { $0.short == letter } }

  /// The declaration of an option.
  static func option(_ id: OptionID) -> Option? { options.first { $0.id == id } }

  /// The options that a topic explains.
  static func options(of topic: TopicID) -> [Option] { options.filter { $0.topic == topic } }

  /// The command with a name.
  static func command(_ name: String) -> Command? { Command(rawValue: name) }
}

/// What the program does besides listing.
enum Command: String, CaseIterable, Sendable {
  case capture, help, completions, man, version

  /// What stands behind the command's name, as help shows it.
  var synopsis: String {
    switch self {
    case .capture: "capture DIR [--redact]"
    case .help: "help [TOPIC]"
    case .completions: "completions SHELL"
    case .man, .version: rawValue
    }
  }

  /// One line on what it does.
  var summary: String {
    switch self {
    case .capture: "copy what a listing reads, to look at elsewhere"
    case .help: "this help, or that of a topic"
    case .completions: "print completions for bash, zsh or fish"
    case .man: "print the manual page (mdoc)"
    case .version: "print name and version"
    }
  }
}

/// The shells that completions are made for.
enum Shell: String, CaseIterable, Sendable { case bash, zsh, fish }

/// The words that values are made of, from the model's own lists.
enum Words {
  /// The names of states and of groups of them.
  static let states = StateNames.names
  /// The transport names and the names of groups of them.
  static let transports = Transport.allCases.map(\.name) + ["inet", "all"]
  /// The names of the fields: columns, sort keys, query names.
  static let fields = Field.all.map(\.description.name)
}
