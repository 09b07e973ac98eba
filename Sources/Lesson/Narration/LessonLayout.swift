import Rendering
import Text

/// The lesson as text for a terminal or a pipe. Sessions are unchanged, whatever the width.
package struct LessonLayout: Sendable {
  private let lesson: Lesson
  private let usesColour: Bool
  private let width: Int

  /// Lays out a lesson, with paragraphs of at most `width` columns.
  package init(lesson: Lesson, usesColour: Bool = false, width: Int = 80) {
    self.lesson = lesson
    self.usesColour = usesColour
    self.width = width
  }

  /// The whole lesson.
  package func text() -> String {
    var lines = heading("sockinspect: \(lesson.summary)")
    lines += blocks(lesson.introduction)
    for (index, section) in lesson.sections.enumerated() {
      lines += heading(lesson.heading(of: index)) + blocks(section.blocks)
    }
    return lines.dropLast().joined(separator: "\n") + "\n"
  }

  private func heading(_ text: String) -> [String] {
    TextWrap.lines(text, columns: width).map { paint($0, .heading) } + [""]
  }

  private func blocks(_ blocks: [Lesson.Block]) -> [String] {
    blocks.flatMap { (block) -> [String] in
      switch block {
      case .text(let text): TextWrap.lines(text.filter { $0 != "`" }, columns: width) + [""]
      case .session(let terminal, let lines):
        (terminal.map { ["    " + paint("# terminal \($0)", .faint)] } ?? [])
          + lines.map { $0.isEmpty ? "" : "    " + session($0) } + [""]
      }
    }
  }

  /// Typed text is emphasised.
  private func session(_ line: String) -> String {
    line.hasPrefix("$ ") || line == "^C" ? paint(line, .changed) : line
  }

  private func paint(_ text: String, _ colour: Colour) -> String { colour.paint(text, if: usesColour) }
}
