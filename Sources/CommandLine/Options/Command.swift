package import Options

/// A command of the program: what parsing, help, manual and completions need to know of it, and
/// what its arguments mean.
///
/// Each is declared in the file that carries it out, and entered in the list of commands.
package struct Command: Sendable {
  /// What the arguments of a command ask for: they are checked, and those that ask for help have
  /// been answered.
  package typealias Meaning = @Sendable (TypedArguments, Environment) throws(UsageError) -> Plan

  /// What stands behind the command's name that is no option.
  package enum Operands: Sendable {
    /// Nothing.
    case none
    /// A query, whose words a shell completes.
    case query
    /// Any number of some words.
    case words(@Sendable () -> [String])
    /// One of some words.
    case oneWord(@Sendable () -> [String])
    /// A chapter of the help, and an option.
    case subject
    /// A folder.
    case folder

    /// How many there can be behind a command without options of its own.
    package var count: ClosedRange<Int> {
      switch self {
      case .none: 0...0
      case .oneWord, .folder: 1...1
      case .subject: 0...2
      case .query, .words: 0...Int.max
      }
    }
  }

  /// Whose options follow the command. Tables are made when they are needed: most runs need that of
  /// the listing alone.
  package enum Options: Sendable {
    /// Its own: its name is the first argument.
    case own(@Sendable () -> OptionTable)
    /// Some of the listing's, which may stand before its name.
    case ofListing(@Sendable () -> OptionTable)
    /// None.
    case none
    /// Its own, which help explains, while the arguments are read by rules of its own.
    case classic(@Sendable () -> OptionTable, run: @Sendable ([String], Registry) -> Int32)
  }

  /// Its name, the word that is typed.
  package let name: String
  /// The name and what follows it, as help shows it.
  package let synopsis: String
  /// One line on what it does.
  package let summary: String
  package let options: Options
  package let operands: Operands
  /// Makes the chapter of the help that explains it; `nil` for one that its summary explains.
  package let chapter: (@Sendable () -> Topic)?
  package let meaning: Meaning

  package init(
    _ name: String, _ synopsis: String, _ summary: String, options: Options = .none, operands: Operands = .none,
    chapter: (@Sendable () -> Topic)? = nil, _ meaning: @escaping Meaning
  ) {
    self.name = name
    self.synopsis = synopsis
    self.summary = summary
    self.options = options
    self.operands = operands
    self.chapter = chapter
    self.meaning = meaning
  }

  /// Declares a program that is reproduced: it reads its arguments by itself.
  package init(
    classic name: String, _ synopsis: String, _ summary: String, chapter: @escaping @Sendable () -> Topic,
    options: @escaping @Sendable () -> OptionTable, run: @escaping @Sendable ([String], Registry) -> Int32
  ) {
    self.init(name, synopsis, summary, options: .classic(options, run: run), chapter: chapter) {
      (_, _) throws(UsageError) in
      // Its name was not the first argument, else the line would not have come here.
      throw .lateCommand(name, synopsis)
    }
  }

  /// Whether it has a table of options of its own. Such a command's name is the first argument.
  package var hasOwnOptions: Bool {
    switch options {
    case .own, .classic: true
    case .ofListing, .none: false
    }
  }

  /// The table of options of its own; `nil` when it has none.
  package var ownOptions: OptionTable? {
    switch options {
    case .own(let table), .classic(let table, _): table()
    case .ofListing, .none: nil
    }
  }

  /// The options of the listing that go with it.
  package var sharedOptions: OptionTable? { if case .ofListing(let table) = options { table() } else { nil } }

  /// How it is typed, as a line below an error says it.
  package var usage: String { "usage: sockinspect \(synopsis)" }

  /// The words that can follow it, when they are known.
  package func words(in registry: Registry) -> [String] {
    switch operands {
    case .words(let words), .oneWord(let words): words()
    case .subject: registry.topicNames
    case .none, .query, .folder: []
    }
  }

  /// Whether a folder follows it.
  package var takesFolder: Bool { if case .folder = operands { true } else { false } }
}

/// What the arguments of a command mean: everything is decided, nothing is done yet.
package protocol CommandPlan: Sendable {
  /// Carries it out, and returns the exit status.
  func run() -> ExitStatus
}
