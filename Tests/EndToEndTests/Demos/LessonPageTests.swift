import Lesson
import Foundation
import TestSupport
import Testing

@Suite(
  "The lesson, and the task of README.md that uses the demos", .timeLimited, .needsRoot, .needs("bash"), .needs("nc"))
struct LessonPageTests {
  /// The sessions of the lesson, as blocks of a page.
  private static func blocks(of lesson: Lesson) -> [ConsoleBlock] {
    lesson.sections.flatMap { section in
      section.blocks.compactMap { block -> ConsoleBlock? in
        guard case .session(let terminal, let lines) = block else { return nil }
        let head = terminal.map { ["# terminal \($0)"] } ?? []
        return ConsoleBlock(heading: section.heading, lines: head + lines)
      }
    }
  }

  /// The mistakes that playing blocks in a separate network namespace finds.
  private static func mistakes(_ blocks: [ConsoleBlock], patience: Double = 30) throws -> [String] {
    try isolated {
      let player = PagePlayer(patience: patience)
      for block in blocks { try player.play(block) }
      return player.mistakes
    }
  }

  @Test(
    "Each command prints what the lesson says, but for ports, processes, descriptors and times",
    arguments: Language.allCases)
  func lesson(language: Language) throws {
    let blocks = Self.blocks(of: Lesson(in: language))
    #expect(blocks.count >= 18)
    let mistakes = try Self.mistakes(blocks)
    #expect(mistakes.isEmpty, "\(mistakes.joined(separator: "\n\n"))")
  }

  @Test("The task of README.md that holds a state prints what the page says")
  func task() throws {
    let heading = "### I need a socket in CLOSE_WAIT, to test my monitoring"
    let blocks = try ConsoleBlock.ofReadme().filter { $0.heading == heading }
    #expect(blocks.count >= 2)
    let mistakes = try Self.mistakes(blocks)
    #expect(mistakes.isEmpty, "\(mistakes.joined(separator: "\n\n"))")
  }

  @Test("Both lessons type the same commands, the Spanish one with --lang es where something is said")
  func languages() throws {
    let typed = [Language.english, .spanish].map { Self.blocks(of: Lesson(in: $0)).flatMap(\.typed) }
    let commands = typed.map { $0.filter { $0.hasPrefix("sockinspect") } }
    #expect(typed[0].count == typed[1].count)
    #expect(commands[0] == commands[1].map { $0.replacing(" --lang es", with: "") })
    let speaking = commands[1].filter { $0.contains("explain") || $0.contains("-demo") }
    #expect(speaking.count > 8 && speaking.allSatisfy { $0.hasSuffix(" --lang es") }, "\(speaking)")
  }

  @Test(
    "A page that says something else is found",
    arguments: [
      ["$ sockinspect explain accept", "accept(): takes a connection"],
      ["$ sockinspect --port 1234", "sockinspect: nothing uses port 4321"],
      ["# terminal 1", "$ sockinspect listen-demo --quiet", "listens"],
      ["# terminal 1", "$ sockinspect listen-demo", "...", "bind(5, 127.0.0.1:4321) = 0", "..."],
      ["# terminal 1", "listening"],
      ["# terminal 1", "$ sockinspect listen-demo --quiet", "listening", "^C", "sockinspect: 1 client", "..."],
    ])
  func detects(lines: [String]) throws {
    let mistakes = try Self.mistakes([ConsoleBlock(heading: "#", lines: lines)], patience: 0.5)
    #expect(mistakes.count == 1, "\(mistakes)")
  }

  @Test(
    "Lines are held against a page that leaves lines out",
    arguments: [
      (["a", "b"], ["a", "b"], true),
      (["a", "..."], ["a"], true),
      (["a", "...", "d"], ["a", "b", "c", "d"], true),
      (["...", "a", "b"], ["a", "a", "b"], true),
      (["...", "a", "...", "c"], ["a", "b", "a", "c"], true),
      (["tcp  listen 127.0.0.1:41724  server[44] fd 3"], ["tcp listen  127.0.0.1:50123 server[4] fd 12"], true),
      (["listen 127.0.0.1:1234 server[4113] fd 3"], ["listen 127.0.0.1:1234 server[32461] fd 3"], true),
      (["sockinspe 4113 root 5u IPv4 323642 0t0"], ["sockinspe 32461 root 5u IPv4 51234 0t0"], true),
      (["process 4113"], ["process 32461"], true),
      (["accept(5) = 8, from 127.0.0.1:41724"], ["accept(3) = 4, from 127.0.0.1:32770"], true),
      (["a"], ["a", "b"], false),
      (["a", "b"], ["a"], false),
      (["a", "...", "d"], ["a", "d", "e"], false),
      (["...", "a"], ["b"], false),
      (["send(5, b'a') = 12"], ["send(5, b'a') = 13"], false),
      (["tcp listen 0 128 127.0.0.1:1234"], ["tcp listen 1 128 127.0.0.1:1234"], false),
      (["tcp listen 127.0.0.1:1234"], ["tcp listen 127.0.0.1:1235"], false),
    ])
  func transcript(page: [String], printed: [String], isTrue: Bool) {
    #expect((Transcript.mistake(page: page, printed: printed) == nil) == isTrue)
  }
}
