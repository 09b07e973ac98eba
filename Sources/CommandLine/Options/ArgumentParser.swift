package import Options
import Text

/// The typed arguments, in order and without interpretation: which options with which values, which
/// operands. The plan decides what they mean.
package struct TypedArguments: Sendable {
  /// One option as it was typed.
  package struct Occurrence: Sendable, Equatable {
    package let id: OptionID
    /// The spelling, for messages: `--port` or `-t`.
    package let spelling: String
    /// The value; `nil` for an option without one.
    package var value: String?
    /// The kind of value that the option takes.
    package var kind: ValueKind?
  }

  /// The options and commands that can be typed.
  package let registry: Registry
  /// The name of the command that came first, when it has options of its own.
  package var command: String?
  /// The options, in the order typed.
  package var options: [Occurrence] = []
  /// The operands before any `--`, in the order typed: a command's name can be the first.
  var operands: [String] = []
  /// The operands after `--`, which are never commands.
  var literalOperands: [String] = []
  /// The whole line as it was typed, for hints that repeat it.
  package var line: [String] = []

  /// All operands, in the order typed.
  package var allOperands: [String] { operands + literalOperands }

  /// Whether an option is among them.
  package func has(_ id: OptionID) -> Bool { options.contains { $0.id == id } }

  /// Reads the arguments after the program's name.
  ///
  /// Options may follow operands; `--name=value` and `--name value` mean the same, as do `-A list`
  /// and `-Alist`; letters can be clustered, the last of which may take a value; `--` ends the
  /// options. A single `-` is an operand. When the first argument is a command with its own
  /// options, the rest is read by its table.
  package static func parse(_ arguments: [String], for registry: Registry) throws(UsageError) -> TypedArguments {
    var typed = TypedArguments(registry: registry)
    typed.line = arguments
    // After `help` an option is a word to explain.
    if arguments.first == "help" {
      typed.operands = arguments
      return typed
    }
    typed.command = arguments.first.flatMap(registry.leadingCommand)?.name
    try typed.read(arguments.dropFirst(typed.command == nil ? 0 : 1), by: registry.table(of: typed.command))
    return typed
  }

  /// Parses the arguments after a command by its table.
  package static func parse(
    _ arguments: [String], by table: OptionTable, for registry: Registry
  ) throws(UsageError) -> TypedArguments {
    var typed = TypedArguments(registry: registry)
    (typed.command, typed.line) = (table.command, arguments)
    try typed.read(arguments[...], by: table)
    return typed
  }

  private mutating func read(_ arguments: ArraySlice<String>, by table: OptionTable) throws(UsageError) {
    var rest = arguments
    while let argument = rest.popFirst() {
      if argument == "--" {
        literalOperands = Array(rest)
        break
      } else if argument.hasPrefix("--") {
        try addLong(argument, &rest, table)
      } else if argument.hasPrefix("-"), argument != "-" {
        try addCluster(argument, &rest, table)
      } else {
        try addOperand(argument)
      }
    }
  }

  private mutating func addOperand(_ argument: String) throws(UsageError) {
    if command == nil, operands.isEmpty, !options.isEmpty, !options.contains(where: { $0.id == .help }),
      let late = registry.leadingCommand(argument)
    {
      throw .lateCommand(late)
    }
    operands.append(argument)
  }

  private mutating func addLong(
    _ argument: String, _ rest: inout ArraySlice<String>, _ table: OptionTable
  ) throws(UsageError) {
    let body = argument.dropFirst(2)
    let equals = body.firstIndex(of: "=")
    let name = String(body[..<(equals ?? body.endIndex)])
    let inline = equals.map { String(body[body.index(after: $0)...]) }
    guard let option = table.option(long: name) else {
      throw registry.unknownOption("--\(name)", in: table, of: line)
    }
    let spelling = "--\(name)"
    guard let value = option.value else {
      if let inline { throw UsageError("\(spelling) takes no value, but \(quoted(inline)) was given") }
      options.append(Occurrence(id: option.id, spelling: spelling, value: nil))
      return
    }
    guard let text = inline ?? rest.popFirst() else {
      // `--help --port`: the option to explain.
      guard options.contains(where: { $0.id == .help }) else { throw .missingValue(spelling, value) }
      operands.append(spelling)
      return
    }
    options.append(Occurrence(id: option.id, spelling: spelling, value: text, kind: value.kind))
  }

  private mutating func addCluster(
    _ argument: String, _ rest: inout ArraySlice<String>, _ table: OptionTable
  ) throws(UsageError) {
    if let mistake = registry.oneDash(argument, in: table, of: line) { throw mistake }
    if let mistake = Habits.interval(in: argument, of: table, line) { throw mistake }
    var letters = argument.dropFirst()
    while let letter = letters.popFirst() {
      guard let option = table.option(short: letter) else {
        throw registry.unknownLetter(letter, in: argument, of: table, line)
      }
      let spelling = "-\(letter)"
      guard let value = option.value else {
        options.append(Occurrence(id: option.id, spelling: spelling, value: nil))
        continue
      }
      if letters.first == "=" { letters.removeFirst() }
      guard let text = letters.isEmpty ? rest.popFirst() : String(letters) else {
        let missing = UsageError.missingValue(spelling, value)
        throw option.id == Habits.family ? UsageError(missing.message, [Habits.following(line)]) : missing
      }
      options.append(Occurrence(id: option.id, spelling: spelling, value: text, kind: value.kind))
      return
    }
  }
}

extension UsageError {
  /// A command with its own options that is not the first argument.
  package static func lateCommand(_ command: Command) -> UsageError { .lateCommand(command.name, command.synopsis) }

  package static func lateCommand(_ name: String, _ synopsis: String) -> UsageError {
    UsageError("the command \(name) comes first, its options behind it", ["usage: sockinspect \(synopsis)"])
  }

  package static func missingValue(_ spelling: String, _ value: OptionValue) -> UsageError {
    UsageError("\(spelling) needs a value: \(spelling) \(value.placeholder)")
  }

  package static func unknownWord(_ word: String, for spelling: String, _ what: String, among words: [String])
    -> UsageError
  {
    let near = NearestWord.nearest(to: word, among: words)
    let list = words.count <= 20 ? "known: \(words.joined(separator: ", "))" : nil
    return UsageError(
      "\(spelling): unknown \(what) \(quoted(word))", [near.map { "did you mean \($0)?" }, list].compactMap { $0 })
  }
}

extension Registry {
  package func unknownOption(
    _ spelling: String, in table: OptionTable, of line: [String] = []
  ) -> UsageError {
    let name = String(spelling.drop { $0 == "-" })
    let message = "unknown option \(quoted(spelling))" + (table.command.map { " of \($0)" } ?? "")
    if table.isOfSockets, let hints = Habits.hints(forOption: name, in: line) { return UsageError(message, hints) }
    if table.command == "top", let hints = Habits.hintsOfTop(forOption: name, in: line) {
      return UsageError(message, hints)
    }
    let owners = commandTables.filter { $0.option(long: name) != nil }.compactMap(\.command)
    if table.command == nil, let owner = owners.first {
      let names = owners.joined(separator: ", ")
      return UsageError(
        message, ["it belongs to \(names); a command comes first: " + commandLine(owner, spelling, of: line)])
    }
    let near = NearestWord.nearest(to: name, among: table.options.flatMap { [$0.long] + $0.aliases })
    return UsageError(message, [near.map { "did you mean --\($0)?" } ?? allOptions(of: table)])
  }

  func unknownLetter(
    _ letter: Character, in argument: String, of table: OptionTable, _ line: [String] = []
  ) -> UsageError {
    let shown = quoted("-\(letter)")
    let message =
      "unknown option \(shown)" + (argument.count == 2 ? "" : " in \(quoted(argument))")
      + (table.command.map { " of \($0)" } ?? "")
    if table.isOfSockets, let lsof = Habits.lsofLine(line) { return UsageError(message, [lsof]) }
    // A long option with one dash: -json, -prot.
    let word = String(argument.dropFirst().prefix { $0 != "=" })
    if word.count > 2, let near = NearestWord.nearest(to: word, among: table.options.map(\.long)) {
      return UsageError(message, ["did you mean --\(near)?"])
    }
    if table.isOfSockets, let hints = Habits.hints(forOption: String(letter), in: line) {
      return UsageError(message, hints)
    }
    if table.command == "top", let hints = Habits.hintsOfTop(forOption: String(letter), in: line) {
      return UsageError(message, hints)
    }
    return UsageError(message, [allOptions(of: table)])
  }

  /// The line with a command before it that an option belongs to: the whole line, unless the
  /// command does not take the rest.
  private func commandLine(_ command: String, _ spelling: String, of line: [String]) -> String {
    let whole = [command] + line.filter { $0 != command }
    if line.contains(where: { $0.hasPrefix(spelling) }), (try? TypedArguments.parse(whole, for: self)) != nil {
      return TypedLine(whole).text
    }
    return "sockinspect \(command) \(spelling)"
  }

  private func allOptions(of table: OptionTable) -> String {
    "`sockinspect \(table.helpArguments)` lists them all"
  }

  /// An option of the listing's table that only commands use: `capture`, which shares the table,
  /// and those with the option in their own tables.
  package func ofCommands(_ option: TypedArguments.Occurrence, of line: [String]) -> UsageError {
    let others = commandTables.filter { $0.option(option.id) != nil }.compactMap(\.command)
    let capture = command("capture")
    let names = [capture?.name].compactMap { $0 } + others
    let lines = others.prefix(1).map { "type: " + commandLine($0, option.spelling, of: line) }
    return UsageError(
      "\(option.spelling) goes with \(names.joinedInWords("and")) only",
      lines + [capture?.usage].compactMap { $0 })
  }
}
