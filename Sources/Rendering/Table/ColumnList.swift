package import SocketModel
internal import Text

/// The list of all fields and their meanings (`--list-columns`).
package enum ColumnList {
  /// One line per field under the heading of its group: name, heading of the column, unit and
  /// summary. With a width in the style, the summary is cut to fit.
  package static func text(_ style: TableStyle, of registry: FieldRegistry = .standard) -> [UInt8] {
    var output: [UInt8] = []
    let fields = registry.groups.flatMap(\.declarations)
    let names = fields.reduce(0) { max($0, $1.name.utf8.count) }
    let titles = fields.reduce(0) { max($0, $1.title.utf8.count) }
    let units = fields.reduce(0) { max($0, ($1.unit ?? "-").utf8.count) }
    for group in registry.groups {
      if !output.isEmpty { output.append(ASCII.newline) }
      if style.usesColour { output.append(ascii: Colour.heading.start) }
      output.append(ascii: group.title)
      if style.usesColour { output.append(ascii: Colour.end) }
      output.append(ASCII.newline)
      for description in group.declarations {
        var line: [UInt8] = []
        for (text, width) in [
          ("  " + description.name, names + 2), (description.title, titles), (description.unit ?? "-", units),
        ] {
          line.append(ascii: text)
          line.append(blanks: width - text.utf8.count + TableColumn.gap)
        }
        line.append(ascii: description.summary)
        if let width = style.width, TextWidth.columns(line[...]) > width {
          line = TextCut(isASCII: style.isASCII).end(line[...], to: max(width, 1))
        }
        output += line
        output.append(ASCII.newline)
      }
    }
    return output
  }
}
