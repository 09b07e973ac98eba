internal import Text

/// A key that was pressed in a terminal, or text that was pasted.
package enum TerminalKey: Sendable, Hashable {
  /// A character.
  case character(Unicode.Scalar)
  /// A letter with Ctrl, in lower case.
  case control(Unicode.Scalar)
  /// Enter, Escape, Tab, Shift-Tab.
  case enter, escape, tab, backTab
  /// Backspace and Delete.
  case backspace, delete
  /// The arrows.
  case up, down, left, right
  /// The keys that move far.
  case pageUp, pageDown, home, end
  /// F1 to F12.
  case function(Int)
  /// Text that the terminal marked as pasted (DECSET 2004): arbitrary bytes.
  case paste([UInt8])
}

/// Makes keys from the bytes that a terminal sends, however they are split into reads.
///
/// It knows the sequences of VT220 and xterm, which all terminals in use send. An unknown sequence
/// is dropped entirely and never becomes letters. Escape alone is distinguished from the beginning
/// of a sequence by waiting: see ``patience``.
package struct KeyDecoder: Sendable {
  /// The longest sequence that is worth waiting for; a longer one is dropped.
  static let longestSequence = 32
  /// The most bytes that are kept of pasted text.
  static let longestPaste = 4096

  private var pending: [UInt8] = []
  /// The pasted text so far, while its end has not arrived.
  private var pasted: [UInt8]?
  /// Whether the rest of a sequence that is too long is still to arrive, and to be dropped.
  private var isDropping = false

  /// Makes a decoder that has received nothing.
  package init() {}

  /// How many milliseconds may pass without a byte before ``timeOut()`` must be called; `nil` when
  /// nothing is incomplete.
  ///
  /// A terminal sends a sequence at once, but a paste in pieces: its content must not be taken for
  /// keys because a network was slow.
  package var patience: Int? {
    if pasted != nil { return 2000 }
    if isDropping || isInSequence { return Self.sequencePatience }
    return pending.isEmpty ? nil : 25
  }

  /// Nobody types the two characters that begin a sequence within the patience for Escape, so its
  /// rest is still to arrive.
  private static let sequencePatience = 1000
  private var isInSequence: Bool {
    pending.count > 1 && pending[0] == ASCII.escape && [UInt8(ascii: "["), UInt8(ascii: "O")].contains(pending[1])
  }

  /// Adds bytes and returns the keys that they complete.
  package mutating func decode(_ bytes: [UInt8]) -> [TerminalKey] {
    pending += bytes
    var keys: [TerminalKey] = []
    var position = 0
    while position < pending.count {
      if pasted != nil {
        guard takePaste(&position, &keys) else { break }
        continue
      }
      if isDropping {
        dropRest(&position)
        continue
      }
      guard let length = next(at: position, &keys) else { break }
      position += length
    }
    pending.removeFirst(position)
    return keys
  }

  /// Stops waiting: an incomplete sequence becomes Escape, or nothing.
  package mutating func timeOut() -> [TerminalKey] {
    if let text = pasted {
      pasted = nil
      pending = []
      return [.paste(text)]
    }
    // The rest of a sequence is dropped when it arrives, unless it does not arrive either.
    isDropping = !isDropping && isInSequence && pending[1] == UInt8(ascii: "[")
    let wasEscape = pending == [ASCII.escape]
    pending = []
    return wasEscape ? [.escape] : []
  }

  /// Reads one key; `nil` when more bytes are needed.
  private mutating func next(at position: Int, _ keys: inout [TerminalKey]) -> Int? {
    let byte = pending[position]
    switch byte {
    case ASCII.escape: return sequence(at: position, &keys)
    case ASCII.carriageReturn, ASCII.newline: keys.append(.enter)
    case ASCII.tab: keys.append(.tab)
    case ASCII.delete, UInt8(ascii: "\u{08}"): keys.append(.backspace)
    case 0x01...0x1A: keys.append(.control(Unicode.Scalar(byte + 0x60)))
    case 0x00...0x1F: break
    case ASCII.printable: keys.append(.character(Unicode.Scalar(byte)))
    default:
      let wanted = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
      let rest = pending[position...].dropFirst().prefix(wanted - 1)
      if byte >= 0xC2, byte <= 0xF4, rest.count < wanted - 1, rest.allSatisfy({ $0 & 0xC0 == 0x80 }) { return nil }
      let (scalar, length) = UTF8Reader.scalar(in: pending[...], at: position)
      // C1 controls are not text.
      if let scalar, scalar.value >= 0xA0 { keys.append(.character(scalar)) }
      return length
    }
    return 1
  }

  /// Reads what begins with Escape.
  private mutating func sequence(at start: Int, _ keys: inout [TerminalKey]) -> Int? {
    guard start + 1 < pending.count else { return nil }
    switch pending[start + 1] {
    case UInt8(ascii: "["): return controlSequence(at: start, &keys)
    case UInt8(ascii: "O"):
      guard start + 2 < pending.count else { return nil }
      if let key = Self.letterKey(pending[start + 2]) { keys.append(key) }
      return pending[start + 2] < ASCII.blank ? 2 : 3
    default:
      // No key of the view takes Alt, so this is Escape soon followed by a key.
      keys.append(.escape)
      return 1
    }
  }

  /// Reads a control sequence (ECMA-48, 5.4): `ESC [`, parameters, intermediates, a final byte.
  private mutating func controlSequence(at start: Int, _ keys: inout [TerminalKey]) -> Int? {
    var end = start + 2
    while end < pending.count, (UInt8(ascii: " ")...UInt8(ascii: "?")).contains(pending[end]) { end += 1 }
    guard end < pending.count else {
      guard end - start > Self.longestSequence else { return nil }
      isDropping = true
      return end - start
    }
    let final = pending[end]
    // A control character in the middle of it begins something else.
    guard (UInt8(ascii: "@")...UInt8(ascii: "~")).contains(final) else { return end - start }
    let parameters = pending[(start + 2)..<end]
    // Sequences with such parameters, and CSI M, are reports of mouse and terminal.
    let isReport = parameters.first.map { $0 >= UInt8(ascii: "<") } ?? false || final == UInt8(ascii: "M")
    if isReport { return end + 1 - start }
    if final == UInt8(ascii: "~") {
      let number = parameters.prefix { $0 != UInt8(ascii: ";") }.reduce(0) {
        ($0 &* 10 &+ Int($1 &- ASCII.zero)) & 0xFFFF
      }
      if number == 200 { pasted = [] } else if let key = Self.numberKey(number) { keys.append(key) }
    } else if let key = Self.letterKey(final) {
      keys.append(key)
    }
    return end + 1 - start
  }

  /// Drops the rest of a control sequence as far as it has arrived, including its final byte.
  private mutating func dropRest(_ position: inout Int) {
    let parameters = UInt8(ascii: " ")...UInt8(ascii: "?")
    while position < pending.count, parameters.contains(pending[position]) { position += 1 }
    guard position < pending.count else { return }
    isDropping = false
    // A control character begins something else.
    if (UInt8(ascii: "@")...UInt8(ascii: "~")).contains(pending[position]) { position += 1 }
  }

  /// Adds pasted bytes; `false` when more bytes are needed.
  private mutating func takePaste(_ position: inout Int, _ keys: inout [TerminalKey]) -> Bool {
    let end: [UInt8] = Array("\u{1B}[201~".utf8)
    while position < pending.count {
      let rest = pending[position...]
      if rest.starts(with: end) {
        keys.append(.paste(pasted ?? []))
        pasted = nil
        position += end.count
        return true
      }
      if end.starts(with: rest) { return false }
      if let count = pasted?.count, count < Self.longestPaste { pasted?.append(pending[position]) }
      position += 1
    }
    return false
  }

  private static func letterKey(_ letter: UInt8) -> TerminalKey? {
    switch letter {
    case UInt8(ascii: "A"): .up
    case UInt8(ascii: "B"): .down
    case UInt8(ascii: "C"): .right
    case UInt8(ascii: "D"): .left
    case UInt8(ascii: "H"): .home
    case UInt8(ascii: "F"): .end
    case UInt8(ascii: "P")...UInt8(ascii: "S"): .function(Int(letter - UInt8(ascii: "P")) + 1)
    case UInt8(ascii: "M"): .enter
    case UInt8(ascii: "Z"): .backTab
    default: nil
    }
  }

  private static func numberKey(_ number: Int) -> TerminalKey? {
    switch number {
    case 1, 7: .home
    case 4, 8: .end
    case 3: .delete
    case 5: .pageUp
    case 6: .pageDown
    case 11...15: .function(number - 10)
    case 17...21: .function(number - 11)
    case 23, 24: .function(number - 12)
    default: nil
    }
  }
}
