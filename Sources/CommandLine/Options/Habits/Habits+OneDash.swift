import Options
import Text

/// Recognises long names and commands that were typed after one dash, as in `-port 80` and
/// `-watch`.
///
/// A cluster of letters looks the same. Among the names that could be clusters, those of four
/// letters and more are never meant as one: people type `-tanp`, not `-unix` for `-u -n -i -x`.
extension Registry {
  /// The mistake in a word after one dash that is the name of an option or command; `nil` for a
  /// cluster of letters.
  func oneDash(_ argument: String, in table: OptionTable, of line: [String]) -> UsageError? {
    let word = String(argument.dropFirst().prefix { $0 != "=" })
    guard word.count > 2 else { return nil }
    func error(_ details: [String]) -> UsageError { UsageError("\(quoted("-\(word)")) has one dash", details) }
    func replaced(by name: String) -> [String] {
      line.map { $0 == argument ? "--" + name + argument.dropFirst(word.count + 1) : $0 }
    }
    func isMeant(atLeast letters: Int = 4) -> Bool { word.count >= letters || !isCluster(word, of: table) }

    if let name = optionName(word, in: table, isMeant: isMeant()) {
      return error(["did you mean --\(name)? " + TypedLine(replaced(by: name)).text])
    }
    guard table.isOfSockets, table.option(long: word)?.id != .help else { return nil }
    if isMeant(), let command = self.command(word) {
      let rest = line.filter { $0 != argument && $0 != table.command }
      return error(["did you mean the command \(word)? " + TypedLine([command.name] + rest).text])
    }
    let whole = replaced(by: word)
    if isMeant(), let hints = Habits.hints(forOption: word, in: whole) { return error(hints) }
    guard table.command == nil else { return nil }
    let owner = commandTables.first { $0.option(long: word) != nil }
    // Outside of `watch` there are names such as `step` and `drop`.
    guard let owner, isMeant(atLeast: owner.command == "watch" ? 4 : 5) else { return nil }
    return error(unknownOption("--\(word)", in: table, of: whole).details)
  }

  /// The full name of the option that a word names; `nil` for none and for a cluster.
  private func optionName(_ word: String, in table: OptionTable, isMeant: Bool) -> String? {
    if let option = table.option(long: word) {
      // `-help` is `-h`, which does the same.
      return option.value != nil || isMeant && option.id != .help ? word : nil
    }
    guard word.count > 4, command(word) == nil else { return nil }
    // `-ports` and `-listen`.
    if word.hasSuffix("s"), table.option(long: String(word.dropLast()))?.value != nil { return String(word.dropLast()) }
    return table.options.flatMap { [$0.long] + $0.aliases }.first { $0.hasPrefix(word) }
  }

  /// Whether a word can be letters of a table that take no value, none of them twice.
  private func isCluster(_ word: String, of table: OptionTable) -> Bool {
    Set(word).count == word.count
      && word.allSatisfy { letter in table.option(short: letter).map { $0.value == nil } ?? false }
  }
}
