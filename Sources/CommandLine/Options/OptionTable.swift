package import Options
import SocketModel

/// The options of one command, and which of them go together. Parsing, help, manual and completions
/// are made from it.
package struct OptionTable: Sendable {
  /// The name of the command that comes first; `nil` for the listing and the commands that share
  /// its options.
  package let command: String?
  /// The options, in the order of help and manual.
  package let options: [Option]
  /// The combinations that are refused although each option is valid by itself.
  package let rules: [OptionRule]

  package init(_ command: String?, _ options: [Option], rules: [OptionRule] = []) {
    self.command = command
    self.options = options
    self.rules = rules
  }

  /// Whether it belongs to a command that lists sockets as ss and similar tools do.
  var isOfSockets: Bool { command == nil || command == "watch" }

  /// The option with a long name or alias, without dashes.
  package func option(long name: String) -> Option? {
    options.first { $0.long == name || $0.aliases.contains(name) }
  }

  /// The option with a short letter.
  package func option(short letter: Character) -> Option? { options.first { $0.short == letter } }

  /// The declaration of an option.
  package func option(_ id: OptionID) -> Option? { options.first { $0.id == id } }

  /// The option that a word after `help` means: its name, with or without dashes, or its letter.
  package func option(named word: String) -> Option? {
    if let option = options.first(where: { $0.spelling == word || $0.spelling == "-" + word }) { return option }
    let name = String(word.drop { $0 == "-" })
    return option(long: name) ?? (name.count == 1 ? option(short: Character(name)) : nil)
  }

  /// The words after the program's name that show these options' help.
  var helpArguments: String { command.map { "help \($0)" } ?? "help options" }

  /// Refuses options that do not go together.
  func check(_ typed: [TypedArguments.Occurrence]) throws(UsageError) {
    for rule in rules { try rule.check(typed, in: self) }
  }
}

/// One requirement of an option on the other options of a table.
package struct OptionRule: Sendable {
  /// The option that demands it.
  package let subject: OptionID
  /// What it demands.
  package let requirement: Requirement
  /// Why, as a clause without a full stop.
  package let reason: String

  /// What an option can require of others.
  package enum Requirement: Sendable, Hashable {
    /// None of these may be given with it.
    case none(of: [OptionID])
    /// This one must be given with it.
    case also(OptionID)
  }

  private init(_ subject: OptionID, _ requirement: Requirement, _ reason: String) {
    self.subject = subject
    self.requirement = requirement
    self.reason = reason
  }

  /// The option does not go with any of some others.
  static func exclusion(_ subject: OptionID, _ others: [OptionID], _ reason: String) -> OptionRule {
    OptionRule(subject, .none(of: others), reason)
  }

  /// The option goes only with another.
  static func requirement(_ subject: OptionID, _ other: OptionID, _ reason: String) -> OptionRule {
    OptionRule(subject, .also(other), reason)
  }

  fileprivate func check(_ typed: [TypedArguments.Occurrence], in table: OptionTable) throws(UsageError) {
    guard let first = typed.first(where: { $0.id == subject }) else { return }
    switch requirement {
    case .none(let others):
      guard let second = typed.first(where: { others.contains($0.id) }) else { return }
      throw UsageError(
        "\(first.spelling) and \(second.spelling) exclude each other",
        ["\(reason): leave \(first.spelling) or \(second.spelling) out"])
    case .also(let other):
      guard !typed.contains(where: { $0.id == other }), let option = table.option(other) else { return }
      throw UsageError("\(first.spelling) goes with --\(option.long) only", ["\(reason): add --\(option.long)"])
    }
  }
}
