import Text

/// Lays out help for a terminal: plain ASCII, no line longer than 79 columns.
package enum TextLayout {
  package static let width = 79

  /// The text without the backticks that mark literal text.
  package static func plain(_ text: String) -> String { text.filter { $0 != "`" } }

  /// Breaks a text into lines of at most ``width`` columns, all indented by `indent` blanks.
  package static func wrap(_ text: String, indent: Int) -> [String] {
    TextWrap.lines(text, columns: width, indent: indent)
  }

  /// Lays out terms in one column and their meanings beside them; the meaning of a term that is too
  /// long begins on the next line, a little indented.
  package static func columns(_ rows: [(term: String, meaning: String)], indent: Int = 2, limit: Int = 32) -> [String] {
    let fitting = rows.map(\.term.count).filter { $0 <= limit }.max() ?? limit
    let start = indent + fitting + 2
    var lines: [String] = []
    for row in rows {
      let margin = String(repeating: " ", count: indent)
      let meaning = wrap(row.meaning, indent: start)
      if row.term.count > fitting {
        lines.append(margin + row.term)
        lines += wrap(row.meaning, indent: indent + 4)
      } else {
        let gap = String(repeating: " ", count: fitting - row.term.count + 2)
        lines.append(margin + row.term + gap + (meaning.first?.dropFirst(start) ?? ""))
        lines += meaning.dropFirst()
      }
    }
    return lines
  }
}
