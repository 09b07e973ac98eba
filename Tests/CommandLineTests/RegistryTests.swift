import Query
import SocketModel
import TestSupport
import Testing

@testable import Classic
@testable import CommandLine
@testable import Options
@testable import sockinspect

@Suite("The registry of options", .timeLimited)
struct RegistryTests {
  @Test("every command finds its table: its own, or that of the listing")
  func tables() {
    for table in Registry.sockinspect.tables {
      #expect(Registry.sockinspect.table(of: table.command).command == table.command)
      #expect(table.command.map { Registry.sockinspect.command($0)?.hasOwnOptions == true } ?? true)
    }
    #expect(Registry.sockinspect.table(of: "capture").command == nil && !Command.capture.hasOwnOptions)
    #expect(Registry.sockinspect.commandTables.count == Registry.sockinspect.commands.count(where: \.hasOwnOptions))
  }

  @Test("no two options of a table share a letter, a name or an alias", arguments: Registry.sockinspect.tables)
  func unique(table: OptionTable) {
    var names: Set<String> = []
    var letters: Set<Character> = []
    for option in table.options {
      for name in [option.spelling ?? option.long] + option.aliases { #expect(names.insert(name).inserted, "\(name)") }
      if let letter = option.short { #expect(letters.insert(letter).inserted, "\(letter)") }
    }
  }

  @Test("the rules of a table are about options that it has", arguments: Registry.sockinspect.tables)
  func rules(table: OptionTable) {
    for rule in table.rules {
      let others = if case .none(let others) = rule.requirement { others } else { [OptionID]() }
      let needed = if case .also(let other) = rule.requirement { [other] } else { [OptionID]() }
      for id in [rule.subject] + others + needed { #expect(table.option(id) != nil, "\(id)") }
      #expect(!others.contains(rule.subject) && !rule.reason.isEmpty && !rule.reason.hasSuffix("."))
    }
  }

  @Test(
    "every option is documented: a short summary, whole sentences, examples of itself",
    arguments: Registry.sockinspect.tables.flatMap(\.options))
  func documented(option: Option) throws {
    #expect(!option.summary.isEmpty && option.summary.count <= Option.summaryLimit, "\(option.summary.count)")
    #expect(!option.summary.hasSuffix(".") || option.summary.hasSuffix(" ..."))
    #expect(option.documentation.hasSuffix("."))
    #expect(option.documentation.filter { $0 == "`" }.count % 2 == 0)
    #expect(!option.documentation.contains("  ") && !option.documentation.contains("\n"))
    #expect(option.long.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" })
    let topic = try #require(Registry.sockinspect.chapter(option.topic))
    if let spelling = option.spelling {
      #expect(option.long.isEmpty && option.short == nil && option.aliases.isEmpty)
      #expect(spelling.count == 2 || spelling.hasPrefix("--"))
    }
    for example in option.examples {
      if let spelling = option.spelling {
        // Options without a long name are those of a classic program that reads its arguments by
        // its own rules.
        let program = try #require(
          Registry.sockinspect.command(of: topic.id).flatMap { ClassicProgram(rawValue: $0.name) })
        #expect(example.arguments.hasPrefix(program.rawValue + " ") && example.arguments.contains(spelling))
        continue
      }
      let typed = try TypedArguments.parse(shellWords(example.arguments))
      #expect(typed.options.contains { $0.id == option.id }, "\(example.arguments)")
      #expect(typed.command == Registry.sockinspect.command(of: topic.id)?.name, "\(example.arguments)")
    }
  }

  @Test(
    "every example of help and manual is understood",
    arguments: Registry.sockinspect.chapters.flatMap(\.examples)
      + Registry.sockinspect.tables.flatMap(\.options).flatMap(\.examples))
  func examples(example: Example) throws {
    #expect(!example.effect.isEmpty && !example.effect.hasSuffix("."))
    let words = shellWords(example.arguments)
    // The classic programs read their arguments by their own rules.
    if words.first == ClassicProgram.netstat.rawValue {
      _ = try NetstatArguments(Array(words.dropFirst()))
      return
    }
    if words.first == ClassicProgram.lsof.rawValue {
      let reading = LsofReader.read(Array(words.dropFirst()), names: Environment.test.names(), variable: { _ in nil })
      guard case .list = reading else {
        Issue.record("\(example.arguments): \(reading)")
        return
      }
      return
    }
    let plan = try Plan(TypedArguments.parse(words), in: .test)
    if case .list(let list) = plan { #expect(!list.transports.isEmpty) }
  }

  /// What the fixture below collects.
  private struct Fixture: Sendable {
    var isLoud = false
    var least = 0
  }

  @Test("an option is one declaration: it is parsed, checked, explained, completed and has its effect")
  func oneDeclaration() throws {
    let options = CommandOptions<Fixture>(
      "explain",
      [
        Option("loud", "L", aliases: ["noisy"], topic: .explain, "louder", "Says it aloud.").effect {
          $0.isLoud = true
        },
        Option("least", value: OptionValue("N", .number), topic: .explain, "a least", "No fewer than N.")
          .effect { (fixture, typed) throws(UsageError) in fixture.least = try typed.number(in: 1...9) },
      ])
    for line in ["-L --least 3", "--noisy --least=3"] {
      var fixture = Fixture()
      let typed = try TypedArguments.parse(shellWords(line), by: options.table, for: .sockinspect)
      try options.apply(typed.options, to: &fixture)
      #expect(fixture.isLoud && fixture.least == 3)
    }
    #expect(throws: UsageError("--least: '10' is not a number from 1 to 9")) {
      var fixture = Fixture()
      try options.apply(
        TypedArguments.parse(["--least", "10"], by: options.table, for: .sockinspect).options, to: &fixture)
    }
    #expect(throws: UsageError("unknown option '--leats' of explain", ["did you mean --least?"])) {
      try TypedArguments.parse(["--leats"], by: options.table, for: .sockinspect)
    }
    let loud = try #require(options.table.option(named: "loud"))
    #expect(
      HelpText(.sockinspect).option(loud)
        == "  -L, --loud\n      Says it aloud.\n      Also: --noisy.\n\nMore: help explain\n")
    var page = ManualPage.Page()
    page.option(loud)
    #expect(page.lines == [".It Fl L , Fl \\-loud"])
    for function in [
      BashCompletions(registry: .sockinspect).function(of: options.table),
      ZshCompletions(registry: .sockinspect).function(of: options.table),
      FishCompletions(registry: .sockinspect).lines(of: options.table).joined(),
    ] {
      #expect(function.contains("loud") && function.contains("least"), "\(function)")
    }
  }

  /// What the command below collects, and what it then does.
  private struct FixturePlan: CommandPlan {
    var isLoud = false

    func run() -> Options.ExitStatus { isLoud ? .matched : .nothing }
  }

  @Test("a command is one declaration and one entry: it is parsed, explained, completed and carried out")
  func oneCommand() throws {
    let options = CommandOptions<FixturePlan>(
      "shout",
      [
        Option("loud", "L", topic: "shout", "louder", "Says it aloud.").effect { $0.isLoud = true },
        Option.help("shout").effect { _ in },
      ])
    let command = Command(
      "shout", "shout [WORDS] [OPTIONS]", "say it again", options: .own { options.table },
      operands: .words { ["hear", "hear-hear"] },
      chapter: {
        Topic("shout", "shout", "say it again", examples: [Example("shout hear", "once more")])
      }
    ) { (typed, _) throws(UsageError) in
      var plan = FixturePlan()
      try options.apply(typed.options, to: &plan)
      return .command(plan)
    }
    let registry = Registry.sockinspect.adding(command)
    func run(_ line: String) throws -> Options.ExitStatus? {
      let plan = try Plan(TypedArguments.parse(shellWords(line), for: registry), in: .test)
      guard case .command(let command) = plan else { return nil }
      return command.run()
    }
    #expect(try run("shout -L hear") == .matched)
    #expect(try run("shout") == .nothing)
    #expect(try run("shout --help") == nil)
    #expect(throws: UsageError.self) { try run("shout --port 1") }
    #expect(throws: UsageError.self) { try run("-t shout") }
    let help = HelpText(registry)
    #expect(help.of(.topic("shout")).contains("Usage: sockinspect shout [WORDS] [OPTIONS]\n\n  -L, --loud  louder\n"))
    #expect(help.of(.option("loud", of: "shout")).contains("Says it aloud."))
    #expect(help.of(.options).contains("shout [WORDS] [OPTIONS]") && help.of(.short).contains("shout"))
    #expect(ManualPage(registry).text().contains(".It Cm shout"))
    for shell in Shell.allCases {
      let script = shell.completions(of: registry)
      #expect(script.contains("hear-hear") && script.contains("loud"), "\(shell)")
    }
  }

  @Test("every topic, command and value kind has what its help needs")
  func topics() {
    let ids = Registry.sockinspect.chapters.map(\.id)
    #expect(ids.count == 27 && Set(ids).count == ids.count)
    for topic in Registry.sockinspect.chapters {
      #expect(!topic.examples.isEmpty, "\(topic.id)")
      #expect(topic.paragraphs.allSatisfy { $0.filter { $0 == "`" }.count % 2 == 0 && !$0.contains("\n") })
    }
    for command in Registry.sockinspect.commands {
      #expect(Registry.sockinspect.listing.option(long: command.name)?.value == nil)
    }
  }

  @Test("a name that is both a command and a column would be ambiguous in a query; there is none")
  func commandsAreNoFields() {
    for command in Registry.sockinspect.commands { #expect(Field(name: command.name) == nil) }
  }
}

extension OptionTable: CustomTestStringConvertible {
  /// The command's name, so that a failure does not print the whole table.
  public var testDescription: String { command ?? "listing" }
}

extension Registry {
  /// This program with one more command, as an entry in the list adds it.
  func adding(_ command: Command) -> Registry {
    Registry(listing: listing, commands: commands + [command], chapters: Registry.chapters(of:))
  }
}

extension TypedArguments {
  /// Reads arguments for this program.
  static func parse(_ arguments: [String]) throws(UsageError) -> TypedArguments {
    try parse(arguments, for: .sockinspect)
  }
}

extension HelpText {
  /// The help of this program.
  static func of(_ subject: HelpSubject) -> String { HelpText(.sockinspect).of(subject) }
}

extension ManualPage {
  /// The manual page of this program.
  static func text() -> String { ManualPage(.sockinspect).text() }
}

extension Shell {
  /// The completions of this program.
  func completions() -> String { completions(of: .sockinspect) }
}

/// The plan of a command, as the type that the caller wants.
func plan<Wanted: CommandPlan>(_ line: String, in world: Environment = .test) throws -> Wanted {
  guard case .command(let plan as Wanted) = try Plan(TypedArguments.parse(shellWords(line)), in: world) else {
    throw UsageError("\(line) is no \(Wanted.self)")
  }
  return plan
}

/// The listing that a command line requests.
func list(_ line: String, in world: Environment = .test) throws -> ListPlan {
  guard case .list(let plan) = try Plan(TypedArguments.parse(shellWords(line)), in: world) else {
    throw UsageError("not a listing")
  }
  return plan
}

/// What is wrong with a command line; `nil` when nothing is.
func usageError(_ line: String) -> UsageError? {
  do throws(UsageError) {
    _ = try Plan(TypedArguments.parse(shellWords(line)), in: .test)
    return nil
  } catch {
    return error
  }
}

extension Environment {
  /// An environment for tests: a pipe, no variables, two users, three services.
  static var test: Environment {
    Environment(
      variable: { _ in nil }, isTerminal: false, terminalWidth: nil,
      names: {
        var names = NameTables()
        let services: [String: UInt16] = ["https": 443, "http": 80, "domain": 53]
        let users: [String: UInt32] = ["root": 0, "dev": 1000, "www-data": 33]
        names.servicePorts = { services[$0].map { [.init(port: $0, transport: .tcp)] } ?? [] }
        names.serviceNames = { Array(services.keys) }
        names.userID = { users[$0] }
        names.userNames = { Array(users.keys) }
        return names
      })
  }

  static func test(variables: [String: String], width: Int? = nil) -> Environment {
    var world = test
    world.variable = { variables[$0] }
    world.isTerminal = width != nil
    world.terminalWidth = width
    return world
  }
}
