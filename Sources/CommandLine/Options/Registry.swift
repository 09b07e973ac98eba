import Classic
import Options
import Lesson
import Query
import SocketModel
import Text

/// Every option and command there is, and how to find one by what was typed.
enum Registry {
  /// The options of the listing, which `capture` and the other small commands share.
  static let listing = ListingOptions.listing.table

  /// The options of the commands that have a table of their own.
  static let commandTables: [OptionTable] =
    [
      WatchOptions.options.table, DemoOptions.listenDemo.table, DemoOptions.connectDemo.table,
      DemoOptions.flowDemo.table, DemoOptions.explain.table,
      OptionTable(.netstat, NetstatOptionTable.explained), OptionTable(.lsof, LsofOptions.explained),
    ]

  /// Every table, that of the listing first.
  static let tables: [OptionTable] = [listing] + commandTables

  /// The options that can follow a command: its own, or those of the listing.
  static func table(of command: Command?) -> OptionTable {
    command.flatMap { command in commandTables.first { $0.command == command } } ?? listing
  }

  /// The options that a topic explains: of its command, or else of the listing.
  static func options(of topic: TopicID) -> [Option] {
    table(of: topic.command).options.filter { $0.topic == topic }
  }

  /// The command with a name.
  static func command(_ name: String) -> Command? { Command(rawValue: name) }
}

/// What the program does besides listing.
package enum Command: String, CaseIterable, Sendable {
  case watch
  case listenDemo = "listen-demo"
  case connectDemo = "connect-demo"
  case flowDemo = "flow-demo"
  case netstat, lsof, explain, capture, link, help, completions, man, version

  /// Whether it has a table of options of its own. Such a command's name is the first argument.
  var hasOwnOptions: Bool { Registry.table(of: self).command == self }

  /// What follows the command's name, as help shows it.
  var synopsis: String {
    switch self {
    case .watch: "watch [QUERY] [OPTIONS]"
    case .listenDemo, .connectDemo, .flowDemo: "\(rawValue) [OPTIONS]"
    case .netstat, .lsof: "\(rawValue) [OPTIONS]"
    case .explain: "explain [NAMES] [OPTIONS]"
    case .capture: "capture DIR [--redact] [--every SECONDS] [--for SECONDS]"
    case .link: "link DIR"
    case .help: "help [TOPIC] [OPTION]"
    case .completions: "completions SHELL"
    case .man, .version: rawValue
    }
  }

  /// One line on what it does.
  package var summary: String {
    switch self {
    case .watch: "sockets as they appear, change and go"
    case .listenDemo: "a server to look at, call by call"
    case .connectDemo: "a client for it, call by call"
    case .flowDemo: "server and client side by side, in one run"
    case .netstat: "what netstat would print, byte for byte"
    case .lsof: "what lsof would print of sockets, byte for byte"
    case .explain: "what a state or a call means"
    case .capture: "copy what a listing reads, to look at elsewhere"
    case .link: "make it callable as netstat and lsof"
    case .help: "this help, or that of a topic"
    case .completions: "print completions for bash, zsh or fish"
    case .man: "print the manual page (mdoc)"
    case .version: "print name and version"
    }
  }
}

extension Command {
  /// The command that a word becomes by correcting one typing mistake; `nil` when there is none.
  ///
  /// Short names are too similar to other words to be guessed.
  static func nearlyNamed(_ word: String) -> Command? {
    let letters = Array(word.lowercased().utf8)
    return allCases.first { $0.rawValue.utf8.count > 4 && NearestWord.distance(letters, Array($0.rawValue.utf8)) == 1 }
  }
}

/// The shells that completions are made for.
package enum Shell: String, CaseIterable, Sendable { case bash, zsh, fish }

/// The words that values are made of, from the model's own lists.
package enum Words {
  /// The names of states and of groups of them.
  package static let states = StateNames.names
  /// The transport names and the names of groups of them.
  package static let transports = Transport.allCases.map(\.name) + ["inet", "all"]
  /// The names of the fields: columns, sort keys, query names.
  package static let fields = Field.all.map(\.description.name)
  /// Those and their other names, for "did you mean".
  static let fieldsAndAliases = fields + Field.all.flatMap(\.description.aliases)
  /// The states that a pair of sockets can be held in, and the word for all of them.
  static let heldStates = HoldPlan.everyState.map(\.name) + ["all"]
  /// What is typed behind `explain`: the two overviews, the states, the calls.
  package static let explained =
    Overview.allCases.map(\.rawValue) + SocketState.allCases.map(\.name)
    + ExplainedCall.allCases.map(\.rawValue).filter { SocketState(name: $0) == nil }
}
