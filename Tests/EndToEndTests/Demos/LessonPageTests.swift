import Foundation
import TestSupport
import Testing

@Suite("The pages of README.md that use the demos", .timeLimited, .needsRoot, .needs("bash"), .needs("nc"))
struct LessonPageTests {
  private static let lessons = ["## The lesson: see what the calls do", "## La lección"]

  private static func blocks(under heading: String) throws -> [ConsoleBlock] {
    try ConsoleBlock.ofReadme().filter { $0.heading == heading }
  }

  /// What plays blocks in a network namespace of their own finds wrong.
  private static func mistakes(_ blocks: [ConsoleBlock], patience: Double = 30) throws -> [String] {
    try isolated {
      let player = PagePlayer(patience: patience)
      for block in blocks { try player.play(block) }
      return player.mistakes
    }
  }

  @Test(
    "Each command prints what the page says, but for ports, processes, descriptors and times",
    arguments: lessons + ["### I need a socket in CLOSE_WAIT, to test my monitoring"])
  func page(heading: String) throws {
    let blocks = try Self.blocks(under: heading)
    #expect(blocks.count >= (Self.lessons.contains(heading) ? 18 : 2))
    let mistakes = try Self.mistakes(blocks)
    #expect(mistakes.isEmpty, "\(mistakes.joined(separator: "\n\n"))")
  }

  @Test("Both lessons type the same commands")
  func languages() throws {
    let typed = try Self.lessons.map { try Self.blocks(under: $0).flatMap(\.typed) }
    let commands = typed.map { $0.filter { $0.hasPrefix("sockinspect") } }
    #expect(typed[0].count == typed[1].count)
    #expect(commands[0] == commands[1].map { $0.replacing(" --lang es", with: "") })
    #expect(commands[1].contains { $0.hasSuffix(" --lang es") })
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
