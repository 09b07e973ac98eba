package import Rendering
import SocketModel
internal import Text

/// How text of the live view is drawn: in one of the 16 colours, or in a style that terminals
/// without colour also have.
enum LiveStyle: Sendable, Hashable {
  case plain
  case strong
  /// Selected: the terminal's own colours, exchanged.
  case selected
  /// What a filter found: dark on yellow, which can be read on any background.
  case found
  /// Something that appeared, changed or ended a moment ago.
  case fresh, changed, gone
  case colour(Colour)

  /// The escape sequence that switches it on; empty when there is none.
  ///
  /// - Parameter palette: the colours of the terminal; `nil` for none.
  func start(_ palette: Palette?) -> String {
    switch self {
    case .plain: return ""
    case .strong: return "\u{1B}[1m"
    case .selected: return "\u{1B}[7m"
    case .found: return palette == nil ? "\u{1B}[1;4m" : "\u{1B}[30;43m"
    case .fresh: return palette.map { $0.start(ofMark: .opened) } ?? ""
    case .changed: return palette.map { $0.start(ofMark: .changed) } ?? ""
    case .gone: return palette.map { $0.start(ofMark: .closed) } ?? ""
    case .colour(let colour):
      guard let palette else { return colour == .heading ? "\u{1B}[1m" : "" }
      return colour.start(in: palette)
    }
  }
}

/// The abilities of a terminal.
package struct LiveCanvas: Sendable, Hashable {
  /// Its numbers of columns and rows.
  package var columns, rows: Int
  /// Which of its 16 colours are used; `nil` where it has none.
  package var palette: Palette?
  /// Whether it shows ASCII only.
  package var isASCII: Bool

  /// Whether it has colour.
  package var usesColour: Bool { palette != nil }

  package init(
    columns: Int, rows: Int, usesColour: Bool = true, isASCII: Bool = false, palette: Palette = .dark
  ) {
    self.columns = columns
    self.rows = rows
    self.palette = usesColour ? palette : nil
    self.isASCII = isASCII
  }
}

/// One line of the live view: never wider than the terminal, and every style that is switched on in
/// it is switched off again.
struct LiveLine: Sendable {
  /// The text with its escape sequences.
  private(set) var bytes: [UInt8] = []
  /// How many columns it takes.
  private(set) var columns = 0
  private let canvas: LiveCanvas
  private let limit: Int

  init(_ canvas: LiveCanvas, columns limit: Int? = nil) {
    self.canvas = canvas
    self.limit = max(0, limit ?? canvas.columns)
  }

  /// How many columns are free.
  var room: Int { limit - columns }

  /// Adds text that is safe to show; what does not fit is cut off.
  mutating func add(_ text: String, _ style: LiveStyle = .plain) { add(Array(text.utf8)[...], style) }

  /// Adds UTF-8 that is safe to show; what does not fit is cut off.
  mutating func add(_ text: [UInt8], _ style: LiveStyle = .plain) { add(text[...], style) }

  /// Adds UTF-8 that is safe to show; what does not fit is cut off.
  mutating func add(_ text: ArraySlice<UInt8>, _ style: LiveStyle = .plain) {
    var text = text
    var width = TextWidth.columns(text)
    if width > room {
      guard room > 0 else { return }
      text = TextCut(isASCII: canvas.isASCII).end(text, to: room)[...]
      width = TextWidth.columns(text)
    }
    guard !text.isEmpty else { return }
    let start = style.start(canvas.palette)
    bytes.append(ascii: start)
    if canvas.isASCII { appendASCII(text) } else { bytes.append(contentsOf: text) }
    if !start.isEmpty { bytes.append(ascii: Colour.end) }
    columns += width
  }

  /// Adds text that already contains its escape sequences and is known to take this many columns.
  mutating func add(drawn text: ArraySlice<UInt8>, columns width: Int) {
    guard width <= room else { return }
    if canvas.isASCII { appendASCII(text) } else { bytes.append(contentsOf: text) }
    columns += width
  }

  /// Adds such text in a style, with some of its columns, in order and apart, marked as what a filter
  /// found.
  mutating func add(
    drawn text: some Sequence<UInt8>, columns width: Int, _ style: LiveStyle = .plain, marking marks: [Range<Int>]
  ) {
    let text = Array(text)[...]
    var current = style.start(canvas.palette)
    guard !marks.isEmpty, width <= room else {
      return current.isEmpty ? add(drawn: text, columns: width) : add(text, style)
    }
    let mark = LiveStyle.found.start(canvas.palette)
    var marks = marks[...]
    var drawn: [UInt8] = Array(current.utf8)
    var column = 0
    var isMarking = false
    var index = text.startIndex
    while index < text.endIndex {
      if text[index] == ASCII.escape, let end = text[index...].firstIndex(of: UInt8(ascii: "m")) {
        // The style goes on behind the mark.
        let sequence = text[index...end]
        current = sequence.elementsEqual(Colour.end.utf8) ? "" : current + String(decoding: sequence, as: UTF8.self)
        if !isMarking { drawn += sequence }
        index = end + 1
        continue
      }
      if let next = marks.first, column == next.upperBound, isMarking {
        drawn += Array((Colour.end + current).utf8)
        isMarking = false
        marks = marks.dropFirst()
      }
      if let next = marks.first, column == next.lowerBound, !isMarking {
        drawn += Array((Colour.end + mark).utf8)
        isMarking = true
      }
      let (scalar, length) = UTF8Reader.scalar(in: text, at: index)
      drawn += text[index..<index + length]
      column += scalar.map { TextWidth.columns(of: $0) } ?? 1
      index += length
    }
    if isMarking || !current.isEmpty { drawn += Array(Colour.end.utf8) }
    add(drawn: drawn[...], columns: width)
  }

  /// Adds the same character up to a column.
  mutating func fill(to column: Int, with character: String = " ", _ style: LiveStyle = .plain) {
    let count = min(column, limit) - columns
    if count > 0 { add(String(repeating: character, count: count), style) }
  }

  /// Adds text at the right edge, if it fits with a blank before it.
  mutating func add(atEdge text: String, _ style: LiveStyle = .plain) {
    let width = TextWidth.columns(text)
    guard columns + width + 1 <= limit else { return }
    fill(to: limit - width)
    add(text, style)
  }

  /// What is not ASCII would be split into bytes with another meaning.
  private mutating func appendASCII(_ text: ArraySlice<UInt8>) {
    var index = text.startIndex
    while index < text.endIndex {
      let (scalar, length) = UTF8Reader.scalar(in: text, at: index)
      if let scalar, scalar.value < 0x80 {
        bytes.append(text[index])
      } else {
        let width = scalar.map { TextWidth.columns(of: $0) } ?? 1
        bytes.append(contentsOf: repeatElement(scalar == "…" ? UInt8(ascii: "~") : UInt8(ascii: "?"), count: width))
      }
      index += length
    }
  }
}

/// The content of the terminal, so that only what differs must be written.
struct LiveScreen: Sendable {
  private var canvas: LiveCanvas?
  private var lines: [[UInt8]] = []
  private var cursor: Int?

  /// Forgets the content, because another program wrote to the terminal.
  mutating func forget() { canvas = nil }

  /// The bytes that make the terminal show these lines, one per row; the cursor is shown in the
  /// last row, or hidden.
  mutating func show(_ new: [LiveLine], on canvas: LiveCanvas, cursor newCursor: Int?) -> [UInt8] {
    var output: [UInt8] = []
    let isNew = self.canvas != canvas
    if isNew {
      output.append(ascii: "\u{1B}[0m\u{1B}[H\u{1B}[2J")
      lines = Array(repeating: [], count: max(0, canvas.rows))
      self.canvas = canvas
    }
    for (row, line) in new.prefix(canvas.rows).enumerated() where lines[row] != line.bytes {
      output.append(ascii: "\u{1B}[\(row + 1);1H")
      output.append(contentsOf: line.bytes)
      // At the right edge the cursor stays on the last character, which this would erase.
      if line.columns < canvas.columns { output.append(ascii: "\u{1B}[K") }
      lines[row] = line.bytes
    }
    // Whatever was written has moved the cursor.
    if let newCursor, newCursor != cursor || !output.isEmpty {
      output.append(ascii: "\u{1B}[\(canvas.rows);\(newCursor + 1)H")
      if cursor == nil || isNew { output.append(ascii: "\u{1B}[?25h") }
    } else if newCursor == nil, cursor != nil || isNew {
      output.append(ascii: "\u{1B}[?25l")
    }
    cursor = newCursor
    guard !output.isEmpty else { return [] }
    // The terminal shows all of it at once (DECSET 2026); one that does not know that mode ignores
    // it.
    return Array("\u{1B}[?2026h".utf8) + output + Array("\u{1B}[?2026l".utf8)
  }
}
