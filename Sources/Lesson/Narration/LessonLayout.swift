import Rendering
import Text

/// The lesson as text for a terminal or a pipe. Sessions have 80 columns at least, whatever the
/// width, for the pictures among them need those.
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
        (terminal.map { [Self.margin + paint("# terminal \($0)", .faint)] } ?? [])
          + lines.flatMap { $0.isEmpty ? [""] : session($0).map { Self.margin + $0 } } + [""]
      }
    }
  }

  /// What stands before the lines of a session.
  private static let margin = "  "
  /// The columns of sessions where the width is less.
  private static let leastColumns = 79

  /// Typed text is emphasised, and stays in one piece. A message is broken as on a terminal. Of
  /// another line that is too long, what there is no room for stands below it, further in.
  private func session(_ line: String) -> [String] {
    let room = max(width, Self.leastColumns) - Self.margin.count
    if line.hasPrefix("$ ") || line == "^C" { return [paint(line, .changed)] }
    return line.hasPrefix("sockinspect: ") ? TextWrap.message(line, width: room) : Self.folded(line, columns: room)
  }

  private static func folded(_ line: String, columns limit: Int) -> [String] {
    guard TextWidth.columns(line) > limit else { return [line] }
    var columns = 0
    var end: String.Index?
    for index in line.indices {
      columns += TextWidth.columns(String(line[index]))
      if columns > limit + 1 { break }
      if line[index] == " " { end = index }
    }
    guard let end, let last = line[..<end].lastIndex(where: { $0 != " " }) else { return [line] }
    let margin = line.prefix { $0 == " " }.count + 7
    return [String(line[...last]), String(repeating: " ", count: margin) + line[end...].drop { $0 == " " }]
  }

  private func paint(_ text: String, _ colour: Colour) -> String { colour.paint(text, if: usesColour) }
}
