internal import SocketModel
internal import Text

/// A pattern over bytes: `*` matches any text, `?` one character, `[a-z]` one character of a set,
/// `[!a-z]` one of all others.
///
/// `*` also matches `/` and a leading dot, as in ss. Characters are UTF-8; a byte that is not UTF-8
/// counts as a character. Case matters.
package struct Glob: Sendable, Hashable {
  private enum Element: Sendable, Hashable {
    case byte(UInt8)
    case anyText
    case anyCharacter
    case oneOf([ClosedRange<UInt32>], isNegated: Bool)
  }

  private let elements: [Element]
  /// The only text that matches, when the pattern has no special characters.
  package let literal: [UInt8]?

  /// Makes a pattern that matches one text only.
  package init(literal: [UInt8]) {
    self.literal = literal
    elements = []
  }

  /// Parses a pattern, in which a backslash removes the special meaning of the next character.
  package init(_ pattern: String) {
    var bytes: [UInt8] = []
    var quoted: [Bool] = []
    var isEscaped = false
    for byte in pattern.utf8 {
      if byte == ASCII.backslash, !isEscaped {
        isEscaped = true
        continue
      }
      bytes.append(byte)
      quoted.append(isEscaped)
      isEscaped = false
    }
    self.init(bytes: bytes, quoted: quoted)
  }

  /// Makes a pattern from bytes, of which quoted ones stand for themselves.
  init(bytes: [UInt8], quoted: [Bool]) {
    var elements: [Element] = []
    var index = 0
    var isPlain = true
    while index < bytes.count {
      let byte = bytes[index]
      guard !quoted[index] else {
        elements.append(.byte(byte))
        index += 1
        continue
      }
      switch byte {
      case UInt8(ascii: "*"):
        // Several stars in a row mean one, which also keeps matching from being slow.
        if elements.last != .anyText { elements.append(.anyText) }
        isPlain = false
      case UInt8(ascii: "?"):
        elements.append(.anyCharacter)
        isPlain = false
      case UInt8(ascii: "["):
        if let (set, end) = Self.parseSet(bytes, quoted, index) {
          elements.append(set)
          index = end
          isPlain = false
        } else {
          // Without its end it is an ordinary character, as in fnmatch(3).
          elements.append(.byte(byte))
        }
      default: elements.append(.byte(byte))
      }
      index += 1
    }
    literal = isPlain ? bytes : nil
    self.elements = isPlain ? [] : elements
  }

  /// Whether the whole text matches. The time is at most proportional to the product of both
  /// lengths.
  package func matches(_ text: ArraySlice<UInt8>) -> Bool {
    if let literal { return text.count == literal.count && text.elementsEqual(literal) }
    var position = text.startIndex
    var element = 0
    // Where to continue when what follows the last star does not fit: the star takes one byte more.
    var retry: (element: Int, position: Int)?
    while true {
      if element < elements.count {
        if case .anyText = elements[element] {
          if element + 1 == elements.count { return true }
          retry = (element + 1, position)
          element += 1
          continue
        }
        if let next = Self.step(elements[element], text, position) {
          position = next
          element += 1
          continue
        }
      } else if position == text.endIndex {
        return true
      }
      guard let point = retry, point.position < text.endIndex else { return false }
      retry = (point.element, point.position + 1)
      element = point.element
      position = point.position + 1
    }
  }

  /// Whether the whole text matches.
  package func matches(_ text: [UInt8]) -> Bool { matches(text[...]) }

  /// The position after the element; `nil` when it does not fit.
  private static func step(_ element: Element, _ text: ArraySlice<UInt8>, _ position: Int) -> Int? {
    guard position < text.endIndex else { return nil }
    switch element {
    case .byte(let byte): return text[position] == byte ? position + 1 : nil
    case .anyText: return nil
    case .anyCharacter: return position + character(text, position).length
    case .oneOf(let ranges, let isNegated):
      let (value, length) = character(text, position)
      return ranges.contains { $0.contains(value) } != isNegated ? position + length : nil
    }
  }

  /// The character at a position; a byte that does not begin one gets a number above all
  /// characters.
  private static func character(_ text: ArraySlice<UInt8>, _ position: Int) -> (value: UInt32, length: Int) {
    let first = text[position]
    if first < 0x80 { return (UInt32(first), 1) }
    let (scalar, length) = UTF8Reader.scalar(in: text, at: position)
    return (scalar?.value ?? 0x11_0000 + UInt32(first), length)
  }

  /// Parses `[...]` from an index; `nil` when it has no end. A `]` right after the beginning is
  /// part of the set.
  private static func parseSet(_ bytes: [UInt8], _ quoted: [Bool], _ start: Int) -> (Element, end: Int)? {
    var index = start + 1
    var isNegated = false
    if index < bytes.count, !quoted[index], bytes[index] == UInt8(ascii: "!") || bytes[index] == UInt8(ascii: "^") {
      isNegated = true
      index += 1
    }
    let first = index
    var ranges: [ClosedRange<UInt32>] = []
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "]"), !quoted[index], index > first {
        return (.oneOf(ranges, isNegated: isNegated), index)
      }
      let (low, length) = character(bytes[...], index)
      index += length
      var high = low
      if index + 1 < bytes.count, bytes[index] == ASCII.hyphen, !quoted[index],
        bytes[index + 1] != UInt8(ascii: "]") || quoted[index + 1]
      {
        let (end, endLength) = character(bytes[...], index + 1)
        high = end
        index += 1 + endLength
      }
      if low <= high { ranges.append(low...high) }
    }
    return nil
  }
}

/// A pattern for the name of a process: its `comm`, or the base name of its program file.
package struct ProcessPattern: Sendable, Hashable {
  /// The pattern itself.
  package let glob: Glob

  /// Makes a matcher of a pattern.
  package init(_ glob: Glob) { self.glob = glob }

  /// What the kernel appends to the path of a file that was deleted.
  private static let deleted = Array(" (deleted)".utf8)[...]

  /// Whether a process with this `comm`, whole name and program file matches.
  ///
  /// A name without special characters that is too long for `comm` also matches the part that the
  /// kernel keeps, when neither the whole name nor the program file is known.
  package func matches(name: [UInt8], longName: [UInt8]? = nil, executable: [UInt8]?) -> Bool {
    if glob.matches(name) { return true }
    if let longName, glob.matches(longName) { return true }
    if let executable {
      let start = executable.lastIndex(of: ASCII.slash).map { $0 + 1 } ?? 0
      let file = executable[start...]
      if glob.matches(file) { return true }
      // The link of a program whose file was replaced or removed, as an upgrade does (`d_path`,
      // `fs/d_path.c`).
      return file.count > Self.deleted.count && file.suffix(Self.deleted.count) == Self.deleted
        && glob.matches(file.dropLast(Self.deleted.count))
    }
    guard longName == nil, let literal = glob.literal, literal.count > ProcessInfo.mostNameBytes,
      name.count == ProcessInfo.mostNameBytes
    else { return false }
    return literal.starts(with: name)
  }
}
