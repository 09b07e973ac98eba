import Lesson
import Options

extension ListOption {
  /// Its effect in a command that reads what a listing reads, the same as there.
  func inCommand<Builder: CommandPlanBuilder>() -> OptionDeclaration<Builder> {
    let effect = inListing.effect
    return option.effect { (builder, typed) throws(UsageError) in try effect(&builder.list, typed) }
  }
}

extension ListingOptions {
  /// Those with some long names, in a command that reads what a listing reads.
  static func shared<Builder: CommandPlanBuilder>(_ names: Set<String>) -> [OptionDeclaration<Builder>] {
    all.filter { names.contains($0.option.long) }.map { $0.inCommand() }
  }
}

extension Option {
  /// The option for the language of what a command prints.
  static func language(_ topic: TopicID, examples: [Example] = []) -> Option {
    Option(
      "lang", value: OptionValue("LANGUAGE", .choice(Language.allCases.map(\.rawValue))), topic: topic,
      "English or Spanish: en, es", examples: examples,
      "The language: `en` or `es`. Without it that of `LC_ALL`, `LC_MESSAGES` or `LANG` when it is one of these, else English."
    )
  }
}

extension TypedArguments.Occurrence {
  /// The value as a language.
  func language() throws(UsageError) -> Language { Language(tag: try choice()) ?? .english }
}
