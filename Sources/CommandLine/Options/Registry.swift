package import Options
import Text

/// Everything that can be typed: the options of the listing, the commands, the chapters of the
/// help; and how to find one by what was typed.
package struct Registry: Sendable {
  /// The options of the listing, which `capture` and the other small commands share.
  package let listing: OptionTable
  /// The commands, in the order of help.
  package let commands: [Command]
  /// Makes the chapters of help and manual, in their order.
  private let allChapters: @Sendable ([Command]) -> [Topic]

  package init(listing: OptionTable, commands: [Command], chapters: @escaping @Sendable ([Command]) -> [Topic]) {
    self.listing = listing
    self.commands = commands
    allChapters = chapters
  }

  /// The chapters of help and manual, in their order.
  package var chapters: [Topic] { allChapters(commands) }

  /// The options of the commands with their own tables, in the order of the chapters.
  package var commandTables: [OptionTable] { chapters.compactMap { command(of: $0.id)?.ownOptions } }

  /// Every table, that of the listing first.
  package var tables: [OptionTable] { [listing] + commandTables }

  /// The command with a name.
  package func command(_ name: String) -> Command? { commands.first { $0.name == name } }

  /// The command with a name, when it has its own options, so that its name comes first.
  package func leadingCommand(_ name: String) -> Command? { commands.first { $0.name == name && $0.hasOwnOptions } }

  /// The command that a chapter explains, when it has options of its own.
  package func command(of chapter: TopicID) -> Command? { leadingCommand(chapter.name) }

  /// The options that can follow a command: its own, or those of the listing.
  package func table(of command: String?) -> OptionTable { command.flatMap { self.command($0)?.ownOptions } ?? listing }

  /// The chapter with an id.
  package func chapter(_ id: TopicID) -> Topic? { chapters.first { $0.id == id } }

  /// The options that a chapter explains: of its command, or otherwise of the listing.
  package func options(of chapter: TopicID) -> [Option] {
    table(of: command(of: chapter)?.name).options.filter { $0.topic == chapter }
  }

  /// The words after `help`.
  package var topicNames: [String] { chapters.map(\.id.name) + ["options"] }

  /// The command that a word becomes when one typing mistake is corrected; `nil` when there is
  /// none.
  ///
  /// Short names are too similar to other words to be guessed.
  package func commandNearlyNamed(_ word: String) -> Command? {
    let letters = Array(word.lowercased().utf8)
    return commands.first { $0.name.utf8.count > 4 && NearestWord.distance(letters, Array($0.name.utf8)) == 1 }
  }
}
