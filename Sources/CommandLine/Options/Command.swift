package import Options

/// A command of the program: what parsing, help, manual and completions need to know about it, and
/// what its arguments mean.
///
/// Each is declared in the file that carries it out, and entered in the list of commands.
package struct Command: Sendable {
  /// The meaning of the arguments of a command, which have been checked; requests for help have
  /// been answered.
  package typealias Meaning = @Sendable (TypedArguments, Environment) throws(UsageError) -> Plan

  /// What follows the command's name, apart from options.
  package enum Operands: Sendable {
    /// Nothing.
    case none
    /// A query, whose words a shell completes.
    case query
    /// Any number of words from a list.
    case words(@Sendable () -> [String])
    /// One word from a list.
    case oneWord(@Sendable () -> [String])
    /// A chapter of the help, and an option.
    case subject
    /// A folder.
    case folder

    /// How many there can be after a command without its own options.
    package var count: ClosedRange<Int> {
      switch self {
      case .none: 0...0
      case .oneWord, .folder: 1...1
      case .subject: 0...2
      case .query, .words: 0...Int.max
      }
    }
  }

  /// Whose options follow the command. Tables are made on demand: most runs need only that of the
  /// listing.
  package enum Options: Sendable {
    /// Its own: its name is the first argument.
    case own(@Sendable () -> OptionTable)
    /// Some of the listing's options, which may precede its name.
    case ofListing(@Sendable () -> OptionTable)
    /// None.
    case none
    /// Its own options, which help explains, while the program reads its arguments by its own
    /// rules.
    case classic(@Sendable () -> OptionTable, run: @Sendable ([String], Registry) -> Int32)
  }

  /// Its name, the word that is typed.
  package let name: String
  /// The name and what follows it, for help.
  package let synopsis: String
  /// One line on what it does.
  package let summary: String
  package let options: Options
  package let operands: Operands
  /// Makes the chapter of the help that explains it; `nil` when its summary is enough.
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

  /// Declares a reproduced program, which reads its arguments itself.
  package init(
    classic name: String, _ synopsis: String, _ summary: String, chapter: @escaping @Sendable () -> Topic,
    options: @escaping @Sendable () -> OptionTable, run: @escaping @Sendable ([String], Registry) -> Int32
  ) {
    self.init(name, synopsis, summary, options: .classic(options, run: run), chapter: chapter) {
      (_, _) throws(UsageError) in
      // Its name was not the first argument, otherwise the line would not have come here.
      throw .lateCommand(name, synopsis)
    }
  }

  /// Whether it has its own table of options. Such a command's name is the first argument.
  package var hasOwnOptions: Bool {
    switch options {
    case .own, .classic: true
    case .ofListing, .none: false
    }
  }

  /// Its own table of options; `nil` when it has none.
  package var ownOptions: OptionTable? {
    switch options {
    case .own(let table), .classic(let table, _): table()
    case .ofListing, .none: nil
    }
  }

  /// The options of the listing that go with it.
  package var sharedOptions: OptionTable? { if case .ofListing(let table) = options { table() } else { nil } }

  /// How to type it, for the line below an error.
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

/// The meaning of a command's arguments: everything is decided, nothing is done yet.
package protocol CommandPlan: Sendable {
  /// Carries it out, and returns the exit status.
  func run() -> ExitStatus
}
