package import SocketModel

/// A drawing made of characters, one line at a time, in pieces that know what they stand for.
package struct Picture: Sendable, Equatable {
  /// What a piece of a drawing stands for, which decides its colour.
  package enum Ink: Sendable, Hashable {
    /// Lines, labels and blanks.
    case plain
    /// The name of a state.
    case state(SocketState)
  }

  /// A piece of one line.
  package struct Piece: Sendable, Equatable {
    /// The characters, each one column wide.
    package var text: String
    /// What they stand for.
    package let ink: Ink
  }

  /// The lines, without blanks at their end.
  package let lines: [[Piece]]
  /// Remarks about the drawing, one paragraph each, to be wrapped where it is shown.
  package let notes: [String]

  /// The columns that the widest line takes.
  package var columns: Int { lines.map { $0.reduce(0) { $0 + $1.text.count } }.max() ?? 0 }

  /// Makes a picture of a drawing in box characters.
  ///
  /// - Parameters:
  ///   - words: labels of the drawing and their replacements, in the same columns: a shorter text
  ///     is followed by blanks, a longer one replaces the blanks after it.
  ///   - isASCII: whether `+`, `-`, `|` and the like stand for the box characters.
  init(_ drawing: String, words: [(String, String)] = [], isASCII: Bool, notes: [String]) {
    lines = drawing.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var text = words.reduce(String(line)) { Picture.replace($1.0, by: $1.1, in: $0) }
      if isASCII { text = String(text.map { Picture.ascii[$0] ?? $0 }) }
      return Picture.pieces(of: text)
    }
    self.notes = notes
  }

  private static let ascii: [Character: Character] = [
    "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┤": "+", "┬": "+", "┴": "+", "─": "-", "│": "|", "▲": "^",
    "▼": "v",
    "◄": "<", "►": ">",
  ]

  private static let states = Dictionary(SocketState.allCases.map { ($0.title, $0) }) { first, _ in first }

  private static func replace(_ word: String, by other: String, in line: String) -> String {
    guard let place = line.firstRange(of: word) else { return line }
    var rest = line[place.upperBound...]
    for _ in 0..<max(0, other.count - word.count) where rest.first == " " { rest.removeFirst() }
    let padding = rest.isEmpty ? 0 : max(0, word.count - other.count)
    return line[..<place.lowerBound] + other + String(repeating: " ", count: padding) + rest
  }

  /// Splits a line where the name of a state begins and ends.
  private static func pieces(of line: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = line[...]
    while let first = rest.first {
      let isFirstOfWord = isOfWord(first)
      let end = rest.firstIndex { isOfWord($0) != isFirstOfWord } ?? rest.endIndex
      let text = String(rest[..<end])
      let ink = states[text].map { Ink.state($0) } ?? .plain
      if ink == .plain, pieces.last?.ink == .plain {
        pieces[pieces.count - 1].text += text
      } else {
        pieces.append(Piece(text: text, ink: ink))
      }
      rest = rest[end...]
    }
    return pieces
  }

  private static func isOfWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_"
  }
}
