/// Breaks text into lines.
package enum TextWrap {
  /// The text in lines of at most `limit` columns of a terminal, broken at blanks. A run of blanks
  /// becomes one; a word that is wider than a line gets its own line, and text without words has no
  /// line.
  ///
  /// - Parameters:
  ///   - limit: the columns of a line, including its margin.
  ///   - indent: how many blanks precede each line.
  ///   - hanging: how many more blanks precede each line but the first.
  package static func lines(_ text: String, columns limit: Int, indent: Int = 0, hanging: Int = 0) -> [String] {
    var lines: [String] = []
    var line = ""
    var columns = 0
    var margin = indent
    func end() { lines.append(String(repeating: " ", count: margin) + line) }
    for word in text.split(separator: " ") {
      let width = TextWidth.columns(String(word))
      if !line.isEmpty, margin + columns + 1 + width > limit {
        end()
        margin = indent + hanging
        line = ""
        columns = 0
      }
      if !line.isEmpty {
        line += " "
        columns += 1
      }
      line += word
      columns += width
    }
    if !line.isEmpty { end() }
    return lines
  }

  /// A message in lines of at most `width` columns, all but the first indented. A line that is
  /// indented already stays as it is: the next line may mark a place in it.
  package static func message(_ line: String, width: Int) -> [String] {
    guard TextWidth.columns(line) > width, !line.hasPrefix(" ") else { return [line] }
    return lines(line, columns: width, hanging: 2)
  }
}
