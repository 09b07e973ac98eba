internal import Text

/// A small table whose cells are already text: escaped, and measured when it is drawn.
struct TextGrid {
  struct Column {
    var title: String
    var isRightAligned = false
  }

  var columns: [Column]
  /// Whether cut text ends in `...`.
  var isASCII = false
  var rows: [[[UInt8]]] = []

  /// Draws the table with two blanks between columns and none at the ends of lines.
  /// When a width is given, the last column of text that can be shortened is cut, so that no line
  /// is wider if that suffices.
  func draw(width: Int?, hasHeader: Bool, usesColour: Bool) -> [UInt8] {
    var widths = columns.map { hasHeader ? TextWidth.columns($0.title) : 0 }
    for row in rows {
      for (index, cell) in row.enumerated() { widths[index] = max(widths[index], TextWidth.columns(cell[...])) }
    }
    if let width, let flexible = columns.lastIndex(where: { !$0.isRightAligned }) {
      let excess = widths.reduce(TableColumn.gap * (columns.count - 1), +) - max(width, 1)
      if excess > 0 { widths[flexible] = max(1, widths[flexible] - excess) }
    }
    var output: [UInt8] = []
    if hasHeader {
      let titles = columns.map { Array($0.title.utf8) }
      append(titles, widths, colour: usesColour ? .heading : .plain, to: &output)
    }
    for row in rows { append(row, widths, colour: .plain, to: &output) }
    return output
  }

  private func append(_ cells: [[UInt8]], _ widths: [Int], colour: Colour, to output: inout [UInt8]) {
    for (index, cell) in cells.enumerated() {
      var cell = cell
      if index > 0 { output.append(blanks: TableColumn.gap) }
      var width = TextWidth.columns(cell[...])
      if width > widths[index], !columns[index].isRightAligned {
        cell = TextCut(isASCII: isASCII).end(cell[...], to: widths[index])
        width = TextWidth.columns(cell[...])
      }
      if columns[index].isRightAligned { output.append(blanks: widths[index] - width) }
      if colour != .plain { output.append(ascii: colour.start) }
      output.append(contentsOf: cell)
      if colour != .plain { output.append(ascii: Colour.end) }
      if !columns[index].isRightAligned, index < cells.count - 1 { output.append(blanks: widths[index] - width) }
    }
    while output.last == ASCII.blank { output.removeLast() }
    output.append(ASCII.newline)
  }
}
