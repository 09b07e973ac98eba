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
  ///
  /// A command at the end of a message that does not fit has a line of its own, in one piece
  /// whatever its length: what a terminal breaks is copied whole, and what is broken here is not.
  ///
  /// - Parameters:
  ///   - indent: how many blanks stand before the first line.
  ///   - hanging: how many more blanks stand before each other line.
  package static func message(_ line: String, width: Int, indent: Int = 0, hanging: Int = 2) -> [String] {
    guard !line.hasPrefix(" "), indent + TextWidth.columns(line) > width else {
      return [String(repeating: " ", count: indent) + line]
    }
    guard let command = startOfCommand(in: line) else {
      return lines(line, columns: width, indent: indent, hanging: hanging)
    }
    return lines(String(line[..<command]), columns: width, indent: indent, hanging: hanging)
      + [String(repeating: " ", count: max(4, indent + hanging)) + line[command...]]
  }

  /// A value in pieces of at most `limit` columns, which together are all of it: broken behind a blank or
  /// before a slash, where there is none in the second half before a colon, otherwise anywhere.
  ///
  /// - Parameter limit: at least 2, as much as any character takes.
  package static func pieces(_ value: ArraySlice<UInt8>, columns limit: Int) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var rest = value
    while TextWidth.columns(rest) > limit {
      let whole = TextCut.start(rest, columns: limit)
      let half = rest.startIndex + (whole - rest.startIndex) / 2
      func last(_ breaks: String.UTF8View) -> Int? {
        let index = rest[..<whole].lastIndex { breaks.contains($0) }
        return index.map { rest[$0] == ASCII.blank ? $0 + 1 : $0 }.flatMap { $0 > half ? $0 : nil }
      }
      let end = last(" /".utf8) ?? last(":".utf8) ?? max(whole, rest.startIndex + 1)
      pieces.append(Array(rest[..<end]))
      rest = rest[end...]
    }
    return pieces + [Array(rest)]
  }

  /// The words that the commands of messages begin with.
  private static let commandWords = [
    "sockinspect ", "sudo ", "nsenter ", "kill ", "mount ", "ulimit ", "sysctl ", "docker ",
  ]

  /// Where the command at the end of a message begins, behind a colon. A synopsis is none.
  private static func startOfCommand(in line: String) -> String.Index? {
    guard !line.hasPrefix("usage: ") else { return nil }
    var rest = line[...]
    while let colon = rest.firstIndex(of: ":") {
      rest = rest[rest.index(after: colon)...]
      let behind = rest.dropFirst()
      if rest.first == " ", commandWords.contains(where: behind.hasPrefix) { return behind.startIndex }
    }
    return nil
  }
}
