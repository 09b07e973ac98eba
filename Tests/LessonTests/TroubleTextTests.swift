import TestSupport
import Testing

@testable import Lesson

@Suite("The report about troubles that were made", .timeLimited)
struct TroubleTextTests {
  private static let facts = [
    TroubleLesson.Facts(port: 54321, pid: 4_194_304, count: 1_048_576),
    TroubleLesson.Facts(port: 54321, pid: 4_194_304, count: 12, isPortTyped: true, isInUserNamespace: true),
  ]

  @Test(
    "the page of a scene fits 80 columns but for commands, and says what was made, its harm and its end",
    arguments: TroubleScene.allCases, Language.allCases)
  func page(scene: TroubleScene, language: Language) {
    let text = TroubleText(language: language)
    for facts in Self.facts {
      let page = text.line(scene, address: "127.0.0.1:54321", pid: facts.pid) + text.explanation(scene, facts)
      let commands = TroubleLesson.commands(scene, facts)
      for line in page.split(separator: "\n") where !commands.contains(where: { line.hasSuffix($0) }) {
        #expect(line.count <= 80, "\(line)")
      }
      let titles = language(["made", "harm", "ends", "look"], ["cómo", "daño", "fin ", "ver "])
      for title in titles { #expect(page.contains("\n  \(title)  "), "\(page)") }
      #expect(commands.allSatisfy { page.contains($0) } && commands.count > 1)
    }
  }

  @Test("each scene has its own summary, and the words of both languages differ")
  func words() {
    #expect(Set(TroubleScene.allCases.map(TroubleLesson.summary)).count == TroubleScene.allCases.count)
    for scene in TroubleScene.allCases {
      let lessons = Language.allCases.map { TroubleLesson(scene, Self.facts[0], in: $0) }
      #expect(lessons[0].making != lessons[1].making && lessons[0].harm != lessons[1].harm)
      #expect((lessons[0].timing == nil) == (lessons[1].timing == nil))
    }
  }
}
