import LinuxSystem
import Rendering
import SocketModel
import Text

/// The text that is printed about a trouble that was made.
package struct TroubleText: Sendable {
  package var usesColour = false
  /// The language of the words.
  package var language = Language.english
  /// How wide lines may be.
  package var width = 80

  package init(usesColour: Bool = false, language: Language = .english, width: Int = 80) {
    self.usesColour = usesColour
    self.language = language
    self.width = width
  }

  /// `accept-queue  127.0.0.1:1234  process 4711`.
  package func line(_ scene: MadeScene) -> String {
    line(scene.scene, address: scene.address.endpoint.map { "\($0)" } ?? "", pid: scene.pid)
  }

  /// The line, how it was made, what harm it does, what ends it, from when on it is found, and how to
  /// look at it.
  package func page(_ scene: MadeScene, isPortTyped: Bool) -> String {
    let facts = TroubleLesson.Facts(
      port: scene.address.port ?? 0, pid: scene.pid, count: scene.count, isPortTyped: isPortTyped,
      isInUserNamespace: scene.isInUserNamespace)
    return line(scene) + explanation(scene.scene, facts)
  }

  func line(_ scene: TroubleScene, address: String, pid: Int32) -> String {
    let name = Colour.heading.paint(scene.rawValue, if: usesColour)
    return "\(name)  \(address)  \(language("process", "proceso")) \(pid)\n"
  }

  func explanation(_ scene: TroubleScene, _ facts: TroubleLesson.Facts) -> String {
    let lesson = TroubleLesson(scene, facts, in: language)
    var text = part(language("made", "cómo"), wrapped(lesson.making))
    text += part(language("harm", "daño"), wrapped(lesson.harm))
    text += part(language("ends", "fin"), wrapped(lesson.ending))
    if let timing = lesson.timing { text += part(language("note", "nota"), wrapped(timing)) }
    return text + part(language("look", "ver"), TroubleLesson.commands(scene, facts))
  }

  private func wrapped(_ text: String) -> [String] { TextWrap.lines(text, columns: width - 8) }

  private func part(_ title: String, _ lines: [String]) -> String {
    lines.enumerated().map { "  \(($0 == 0 ? title : "").padded(to: 4))  \($1)\n" }.joined()
  }
}
