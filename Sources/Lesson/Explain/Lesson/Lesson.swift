/// The lesson: what the socket calls do, step by step, with what the commands print.
///
/// It is the source of `sockinspect lesson` and of the manual pages sockinspect-lesson(7); a test
/// types its commands into real terminals and compares what is printed.
package struct Lesson: Sendable, Equatable {
  /// A piece of a section.
  package enum Block: Sendable, Equatable {
    /// A paragraph, with literal text between backticks.
    case text(String)
    /// A session: what is typed and what is printed, in the terminal with the number, or in the one
    /// for looking. `^C` is Ctrl-C, `...` stands for omitted lines.
    case session(terminal: Int?, lines: [String])

    static func session(terminal: Int? = nil, _ text: String) -> Block {
      .session(
        terminal: terminal, lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }
  }

  /// A step of the lesson.
  package struct Section: Sendable, Equatable {
    /// The heading, without a number.
    package let heading: String
    /// The text and the sessions, in their order.
    package let blocks: [Block]

    init(_ heading: String, _ blocks: Block...) {
      self.heading = heading
      self.blocks = blocks
    }
  }

  /// The language of the lesson.
  package let language: Language
  /// One line that says what it is about, in lower case.
  package let summary: String
  /// The text before the first section.
  package let introduction: [Block]
  /// The steps, and the exercise at the end.
  package let sections: [Section]

  /// Makes the lesson in a language.
  package init(in language: Language) {
    self.language = language
    summary = language("what the socket calls do, step by step", "qué hacen las llamadas de sockets, paso a paso")
    introduction = Lesson.introduction(in: language)
    sections = [
      Lesson.socket(in: language), Lesson.protocols(in: language), Lesson.server(in: language),
      Lesson.look(in: language),
      Lesson.client(in: language), Lesson.bothEnds(in: language), Lesson.closeWait(in: language),
      Lesson.timeWait(in: language), Lesson.flow(in: language), Lesson.datagrams(in: language),
      Lesson.hold(in: language), Lesson.troubles(in: language),
      Lesson.map(in: language), Lesson.exercise(in: language),
    ]
  }

  /// The heading of a section with its number; the exercise has none.
  package func heading(of index: Int) -> String {
    index == sections.count - 1 ? sections[index].heading : "\(index + 1). \(sections[index].heading)"
  }

  /// A session that prints one of the pictures.
  static func picture(_ word: String, _ picture: Picture, _ language: Language) -> Block {
    let drawing = picture.lines.map { $0.map(\.text).joined() }
    return .session(
      terminal: nil, lines: ["$ sockinspect explain \(word)\(language("", " --lang es"))"] + drawing + ["..."])
  }
}
