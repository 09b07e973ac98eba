package import Options

extension HelpSubject {
  /// Finds what the words after `help` or `--help` name: a topic, a command or an option, or a
  /// command and one of its options.
  package init(_ words: [String], in registry: Registry) throws(UsageError) {
    guard let typed = words.first else {
      self = .short
      return
    }
    let word = String(typed.drop { $0 == "-" })
    if let table = registry.leadingCommand(word)?.ownOptions, words.count > 1 {
      guard let option = table.option(named: words[1]) else { throw registry.unknownOption(words[1], in: table) }
      self = .option(option.id, of: table.command)
    } else if words.count > 1 {
      throw UsageError("help: too much behind the command", [registry.command("help")?.usage].compactMap { $0 })
    } else if word == "options" || word == "all" {
      self = .options
    } else if let topic = registry.chapter(TopicID(word))?.id ?? Self.otherNames[word] {
      self = .topic(topic)
    } else if let table = registry.tables.first(where: { $0.option(named: word) != nil }),
      let option = table.option(named: word)
    {
      self = .option(option.id, of: table.command)
    } else if registry.command(word) != nil {
      self = .topic(.general)
    } else {
      let topics = registry.topicNames
      let error = UsageError.unknownWord(typed, for: "help", "topic", among: topics)
      throw UsageError(error.message, error.details + ["topics: " + topics.joined(separator: ", ")])
    }
  }

  /// Words whose meaning, but not spelling, is near a topic.
  private static let otherNames: [String: TopicID] = [
    "ports": .selecting, "addresses": .selecting, "processes": .selecting, "users": .selecting, "filter": .query,
    "filters": .query, "expressions": .query, "states": .explain, "kill": .watch, "keys": .watch, "view": .watch,
    "events": .watch, "fields": .columns, "order": .columns, "ss": .habits, "protocols": .transports,
  ]
}
