internal import Text

/// A text in parts, each with a label, below a title: laid out for a terminal or a pipe.
///
/// Labels are in a separate column or, below 60 columns, above their parts.
package struct LabelledText: Sendable {
  /// One part. One without a label continues the part before.
  package struct Part: Sendable {
    /// What the part is about.
    package let label: String
    /// The text of the part.
    package let body: String

    package init(_ label: String, _ body: String) {
      self.label = label
      self.body = body
    }
  }

  /// What the text is about.
  package let title: String
  /// One sentence, which follows the title.
  package let summary: String
  /// The parts, in their order.
  package let parts: [Part]
  /// Command lines to try, each on a line of its own, to be copied.
  package let commands: [String]
  /// The minimum width of the column of labels, for texts that are to look alike.
  package let labelColumns: Int

  /// Makes a text.
  package init(title: String, summary: String, parts: [Part] = [], commands: [String] = [], labelColumns: Int = 0) {
    self.title = title
    self.summary = summary
    self.parts = parts
    self.commands = commands
    self.labelColumns = parts.reduce(labelColumns) { max($0, TextWidth.columns($1.label)) }
  }

  /// The text in lines of at most `width` columns, except for commands.
  package func lines(columns limit: Int, usesColour: Bool = false) -> [String] {
    func paint(_ text: String, _ colour: Colour) -> String { colour.paint(text, if: usesColour) }
    let isNarrow = limit < 60
    let indent = isNarrow ? 4 : labelColumns + 4
    var lines = TextWrap.lines(title + ": " + summary, columns: limit)
    // The title is at the beginning of the first line, however narrow the terminal is.
    if let first = lines.first { lines[0] = paint(title, .heading) + first.dropFirst(title.count) }
    for part in parts {
      var block = TextWrap.message(part.body, width: limit, indent: indent, hanging: 0)
      if isNarrow {
        if !part.label.isEmpty { lines.append("  " + paint(part.label, .open)) }
      } else if let first = block.first {
        let gap = String(repeating: " ", count: indent - 2 - TextWidth.columns(part.label))
        block[0] = "  " + paint(part.label, .open) + gap + first.dropFirst(indent)
      }
      lines += block
    }
    let margin = String(repeating: " ", count: indent)
    return lines + commands.map { margin + paint("$", .faint) + " " + $0 }
  }
}
