internal import Text

/// A query, or the argument of an option, that is wrong: where, why, and what would be right.
///
/// ``render()`` shows the place under the text:
///
///     dprot = 443
///     ^~~~~
///     unknown field "dprot"
///     did you mean "dport"?
public struct QueryError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The text that was read, as bytes. It may hold anything.
  public let text: [UInt8]
  /// The bytes of ``text`` that are wrong; empty where something is missing.
  public let range: Range<Int>
  /// What is wrong, in one line that is safe to print.
  public let message: String
  /// What could be there instead, in words; may be empty.
  public let expected: [String]
  /// The nearest valid text; `nil` when none is near.
  public let suggestion: String?

  /// Makes an error about a part of a text; the range is cut to the text.
  public init(
    text: [UInt8], range: Range<Int>, message: String, expected: [String] = [], suggestion: String? = nil
  ) {
    self.text = text
    let lower = max(0, min(range.lowerBound, text.count))
    self.range = lower..<max(lower, min(range.upperBound, text.count))
    self.message = message
    self.expected = expected
    self.suggestion = suggestion
  }

  /// The full explanation in lines, without the last newline: text, mark, message, what was
  /// expected, suggestion.
  ///
  /// Control and format characters and bytes that are not UTF-8 are escaped, wide characters count
  /// as two columns. For a long text only the part around the mistake is shown.
  public func render() -> String {
    let excerpt = Excerpt(of: text, around: range)
    var lines = [excerpt.text, excerpt.mark, message]
    if !expected.isEmpty { lines.append("expected " + Self.list(expected)) }
    if let suggestion { lines.append("did you mean \"\(Escaping.line(suggestion))\"?") }
    return lines.joined(separator: "\n")
  }

  /// One line: the message, with the suggestion when there is one.
  public var description: String {
    suggestion.map { "\(message); did you mean \"\(Escaping.line($0))\"?" } ?? message
  }

  private static func list(_ items: [String]) -> String {
    guard let last = items.last, items.count > 1 else { return items.first ?? "" }
    return items.dropLast().joined(separator: ", ") + " or " + last
  }
}

/// The part of a text around a mistake as it is shown, and the line that marks the place.
struct Excerpt {
  let text: String
  let mark: String

  /// How many columns are shown before and after the beginning of the mistake.
  static let reach = 60

  init(of bytes: [UInt8], around range: Range<Int>) {
    // Characters take 1-4 bytes and at most ten columns; a window of bytes keeps the work small for
    // any text.
    let start = Self.boundary(bytes, max(0, range.lowerBound - 4 * Self.reach))
    let end = min(bytes.count, range.lowerBound + 8 * Self.reach)
    var cells = Self.cells(bytes[start..<end])
    var firstMarked = cells.firstIndex { $0.offset + $0.length > range.lowerBound } ?? cells.count
    var cutFront = start > 0
    var width = cells[..<firstMarked].reduce(0) { $0 + $1.width }
    while width > Self.reach, firstMarked > 0 {
      width -= cells[0].width
      cells.removeFirst()
      firstMarked -= 1
      cutFront = true
    }
    var shown = cells.count
    var after = 0
    for index in firstMarked..<cells.count {
      after += cells[index].width
      if after > Self.reach {
        shown = index
        break
      }
    }
    let cutBack = shown < cells.count || end < bytes.count
    let marked = cells[firstMarked..<shown].prefix { $0.offset < range.upperBound }.reduce(0) { $0 + $1.width }
    text = (cutFront ? "..." : "") + cells[..<shown].map(\.text).joined() + (cutBack ? "..." : "")
    mark =
      String(repeating: " ", count: width + (cutFront ? 3 : 0)) + "^"
      + String(repeating: "~", count: max(0, marked - 1))
  }

  /// One character as it is shown, where it was in the text, and how many columns it takes.
  private struct Cell {
    let text: String
    let offset: Int
    let length: Int
    let width: Int
  }

  private static func boundary(_ bytes: [UInt8], _ index: Int) -> Int {
    var index = index
    while index > 0, index < bytes.count, bytes[index] & 0xC0 == 0x80 { index -= 1 }
    return index
  }

  private static func cells(_ bytes: ArraySlice<UInt8>) -> [Cell] {
    var cells: [Cell] = []
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let length = UTF8Reader.scalar(in: bytes, at: index).length
      let text = Escaping.line(bytes[index..<(index + length)], isPiece: index > bytes.startIndex)
      cells.append(Cell(text: text, offset: index, length: length, width: TextWidth.columns(text)))
      index += length
    }
    return cells
  }
}
