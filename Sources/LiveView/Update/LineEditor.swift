internal import Text

/// One line of text that is being typed.
package struct LineEditor: Sendable {
  /// The characters so far.
  private(set) var scalars: [Unicode.Scalar]
  /// The index of the character before which the next one is inserted.
  package private(set) var cursor: Int
  /// Whether the text is a proposal, which the first typed character replaces.
  private(set) var isProposal: Bool

  /// The most characters that a line holds.
  package static let limit = 1000

  init(_ text: String, isProposal: Bool = false) {
    self.isProposal = isProposal
    scalars = Array(text.unicodeScalars)
    cursor = scalars.count
  }

  /// The text so far.
  package var text: String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return String(text)
  }

  /// Handles a key in a line; returns whether it does something there.
  package mutating func take(_ key: TerminalKey) -> Bool {
    if isProposal {
      switch key {
      case .character, .paste:
        scalars = []
        cursor = 0
      default: break
      }
    }
    defer { isProposal = false }
    switch key {
    case .character(let scalar): insert([scalar])
    // Pasted text never ends the line and moves no cursor.
    case .paste(let bytes):
      insert(String(decoding: bytes, as: UTF8.self).unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F })
    case .backspace where cursor > 0:
      cursor -= 1
      scalars.remove(at: cursor)
    case .delete where cursor < scalars.count: scalars.remove(at: cursor)
    case .left: cursor = max(0, cursor - 1)
    case .right: cursor = min(scalars.count, cursor + 1)
    case .home, .control("a"): cursor = 0
    case .end, .control("e"): cursor = scalars.count
    case .control("u"):
      scalars.removeFirst(cursor)
      cursor = 0
    case .control("k"): scalars.removeLast(scalars.count - cursor)
    case .control("w"):
      while cursor > 0, scalars[cursor - 1] == " " { removeBefore() }
      while cursor > 0, scalars[cursor - 1] != " " { removeBefore() }
    default: return false
    }
    return true
  }

  private mutating func insert(_ new: some Sequence<Unicode.Scalar>) {
    for scalar in new where scalars.count < Self.limit {
      scalars.insert(scalar, at: cursor)
      cursor += 1
    }
  }

  private mutating func removeBefore() {
    cursor -= 1
    scalars.remove(at: cursor)
  }

  /// As much of the text as fits, around the cursor, made safe to show; and the column of the
  /// cursor in it.
  package func shown(columns limit: Int) -> (text: [UInt8], cursor: Int) {
    // Characters are escaped individually, so that the cursor can be between any two.
    let cells = scalars.map { scalar in
      let cell = Escaping.text(String(scalar))
      return (text: Array(cell.utf8), width: TextWidth.columns(cell))
    }
    var first = cursor
    var width = 1
    while first > 0, width + cells[first - 1].width <= limit {
      first -= 1
      width += cells[first].width
    }
    var text: [UInt8] = []
    var used = 0
    if first > 0, let cell = cells[first..<cells.count].first, cursor > first {
      // There is more text before the visible part.
      text = Array("…".utf8) + repeatElement(ASCII.blank, count: max(0, cell.width - 1))
      used = max(1, cell.width)
      first += 1
    }
    for index in first..<cells.count {
      guard used + cells[index].width <= limit - (index >= cursor ? 1 : 0) else { break }
      text += cells[index].text
      used += cells[index].width
    }
    return (text, max(0, width - 1))
  }
}
