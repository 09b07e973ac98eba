/// A query, or the argument of an option, that cannot be understood: where, why, and what would be.
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
  /// Where in ``text`` the mistake is, in bytes; empty where something is missing.
  public let range: Range<Int>
  /// What is wrong, in one line that is safe to print.
  public let message: String
  /// What could stand there instead, in words; may be empty.
  public let expected: [String]
  /// The nearest text that would be understood; `nil` when nothing is near.
  public let suggestion: String?

  /// Makes an error of its parts; the range is cut to the text.
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

  /// The whole story in lines without the last newline: text, mark, message, what was expected, suggestion.
  ///
  /// Control and format characters and bytes that are not UTF-8 are escaped, wide characters count as two columns. Of a
  /// long text only the part around the mistake is shown.
  public func render() -> String {
    let excerpt = Excerpt(of: text, around: range)
    var lines = [excerpt.text, excerpt.mark, message]
    if !expected.isEmpty { lines.append("expected " + Self.list(expected)) }
    if let suggestion { lines.append("did you mean \"\(Excerpt.escaped(Array(suggestion.utf8)))\"?") }
    return lines.joined(separator: "\n")
  }

  /// One line: the message, with the suggestion when there is one.
  public var description: String {
    suggestion.map { "\(message); did you mean \"\(Excerpt.escaped(Array($0.utf8)))\"?" } ?? message
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
    // Characters take 1-4 bytes and at most ten columns; a window of bytes keeps the work small for any text.
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

  /// The bytes with everything escaped that is not fit for a terminal.
  static func escaped(_ bytes: [UInt8]) -> String { cells(bytes[...]).map(\.text).joined() }

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
      guard let (scalar, length) = decode(bytes[index...]) else {
        cells.append(cell("\\x" + hexadecimal(UInt32(bytes[index]), digits: 2), index, 1))
        index += 1
        continue
      }
      if let name = shortEscape(scalar) {
        cells.append(cell(name, index, length))
      } else if isUnfit(scalar) {
        let text = scalar.value < 0x80 ? "\\x" + hexadecimal(scalar.value, digits: 2) : unicodeEscape(scalar)
        cells.append(cell(text, index, length))
      } else {
        cells.append(Cell(text: String(scalar), offset: index, length: length, width: columns(scalar)))
      }
      index += length
    }
    return cells
  }

  private static func cell(_ text: String, _ offset: Int, _ length: Int) -> Cell {
    Cell(text: text, offset: offset, length: length, width: text.utf8.count)
  }

  private static func unicodeEscape(_ scalar: Unicode.Scalar) -> String {
    "\\u{" + hexadecimal(scalar.value, digits: 1) + "}"
  }

  private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }

  private static func shortEscape(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    default: nil
    }
  }

  /// Decodes the first character; `nil` when the bytes do not begin with well-formed UTF-8.
  private static func decode(_ bytes: ArraySlice<UInt8>) -> (Unicode.Scalar, Int)? {
    guard let first = bytes.first else { return nil }
    if first < 0x80 { return (Unicode.Scalar(first), 1) }
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    guard first >= 0xC2, first <= 0xF4, bytes.count >= length else { return nil }
    var value = UInt32(first) & (0xFF >> UInt32(length + 1))
    for byte in bytes.dropFirst().prefix(length - 1) {
      guard byte & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    let least: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000
    guard value >= least, let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, length)
  }

  /// Whether a character moves the cursor, changes the direction of text, or has no picture that can be relied on.
  private static func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  private static func columns(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: break
    }
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
