import Lesson
import Options
import TestSupport
import Testing
import Text

@testable import Classic
@testable import CommandLine
@testable import sockinspect

@Suite("The lesson as a manual page and as text", .timeLimited)
struct LessonManualTests {
  private static func sessions(_ lesson: Lesson) -> [[String]] {
    (lesson.introduction + lesson.sections.flatMap(\.blocks)).compactMap {
      if case .session(_, let lines) = $0 { lines } else { nil }
    }
  }

  private static func paragraphs(_ lesson: Lesson) -> [String] {
    (lesson.introduction + lesson.sections.flatMap(\.blocks)).compactMap {
      if case .text(let text) = $0 { text } else { nil }
    }
  }

  @Test("the manual pages are what the lesson makes", arguments: Language.allCases)
  func current(language: Language) throws {
    try Repository.expect(LessonManual.text(in: language), matches: LessonManual.file(in: language))
  }

  @Test("mandoc finds nothing wrong with them, and shows every session as it is", arguments: Language.allCases)
  func lint(language: Language) throws {
    let page = LessonManual.text(in: language)
    guard let run = try Run("mandoc", ["-T", "lint"], input: page) else { return skipped("mandoc") }
    let complaints = run.output.split(separator: "\n").filter {
      !$0.contains("referenced manual not found") && !$0.contains("outdated mandoc.db")
    }
    #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
    let shown = try #require(try Run("mandoc", ["-T", "utf8", "-O", "width=140"], input: page)).output
      .replacing(#/.\u{8}/#, with: "")
    for line in Self.sessions(Lesson(in: language)).flatMap({ $0 }) where !line.isEmpty {
      #expect(shown.contains(line), "\(line)")
    }
  }

  @Test("both languages have the same steps, sessions in the same terminals, and their own words")
  func languages() {
    let (english, spanish) = (Lesson(in: .english), Lesson(in: .spanish))
    #expect(english.sections.count == 14 && spanish.sections.count == 14)
    for (left, right) in zip(english.sections, spanish.sections) {
      #expect(left.heading != right.heading)
      #expect(left.blocks.count == right.blocks.count)
      for (one, other) in zip(left.blocks, right.blocks) {
        switch (one, other) {
        case (.text(let one), .text(let other)): #expect(one != other)
        case (.session(let one, _), .session(let other, _)): #expect(one == other)
        default: Issue.record("\(left.heading): a session beside a text")
        }
      }
    }
    for text in Self.paragraphs(spanish) { #expect(EnglishWords.found(in: text).isEmpty, "\(text)") }
    let printed = Self.sessions(spanish).flatMap { $0 }.filter { line in
      !["Connected by ", "Received ", "$ "].contains { line.hasPrefix($0) }
    }
    for line in printed { #expect(EnglishWords.found(in: line).isEmpty, "\(line)") }
  }

  @Test("the program accepts each command that the lesson types or quotes", arguments: Language.allCases)
  func commands(language: Language) throws {
    let lesson = Lesson(in: language)
    let typed = Self.sessions(lesson).flatMap { $0 }.filter { $0.hasPrefix("$ sockinspect ") }.map { $0.dropFirst(2) }
    let quoted = Self.paragraphs(lesson).flatMap { $0.matches(of: #/`(sockinspect [^`]+)`/#).map { $0.1 } }
    #expect(typed.count >= 18)
    for line in typed + quoted {
      let words = Array(shellWords(String(line.prefix { $0 != "|" })).dropFirst())
      if words.first.flatMap(ClassicProgram.init(rawValue:)) != nil { continue }
      #expect(throws: Never.self, "\(line)") { _ = try Plan(TypedArguments.parse(words, for: .sockinspect), in: .test) }
    }
  }

  @Test("as text the lesson fits the width, from 80 columns on", arguments: Language.allCases, [40, 79, 80, 100])
  func text(language: Language, width: Int) {
    let lesson = Lesson(in: language)
    let text = LessonLayout(lesson: lesson, width: width).text()
    #expect(!text.contains("`") && !text.contains("\n\n\n"))
    for line in text.split(separator: "\n") {
      #expect(TextWidth.columns(String(line)) <= (line.hasPrefix("  ") ? max(width, 79) : width), "\(line)")
    }
    let coloured = LessonLayout(lesson: lesson, usesColour: true, width: width)
    #expect(coloured.text().replacing(#/\u{1B}\[[0-9;]*m/#, with: "") == text)
  }

  @Test("where a line of a session is too long, its rest stands below it; what fits stays as it is")
  func folded() {
    for language in Language.allCases {
      let lesson = Lesson(in: language)
      let narrow = LessonLayout(lesson: lesson, width: 79).text()
      let wide = LessonLayout(lesson: lesson, width: 140).text()
      for lines in Self.sessions(lesson) {
        #expect(wide.contains(lines.map { $0.isEmpty ? "" : "  " + $0 }.joined(separator: "\n")))
      }
      #expect(wide.split { $0 == " " || $0 == "\n" } == narrow.split { $0 == " " || $0 == "\n" })
      #expect(
        narrow.contains(
          """
            tcp    established       0       0  127.0.0.1:1234   127.0.0.1:41724
                   sockinspect[4113] fd 8

          """))
      #expect(narrow.contains(":\n      sockinspect --port 1234\n"))
    }
  }

  @Test("a pager is what PAGER names; none is used when it is empty or cat")
  func plans() throws {
    var terminal = Environment.test
    terminal.isTerminal = true
    func plan(_ words: [String], in environment: Environment) throws -> LessonPlan? {
      guard
        case .command(let plan as LessonPlan) = try Plan(
          TypedArguments.parse(words, for: .sockinspect), in: environment)
      else { return nil }
      return plan
    }
    let spanish = try #require(try plan(["lesson", "--lang", "es"], in: terminal))
    #expect(spanish.usesPager && spanish.language == .spanish)
    let english = try #require(try plan(["lesson"], in: .test))
    #expect(!english.usesPager && english.language == .english)
    #expect(throws: UsageError.self) { try Plan(TypedArguments.parse(["lesson", "8"], for: .sockinspect), in: .test) }
  }
}
