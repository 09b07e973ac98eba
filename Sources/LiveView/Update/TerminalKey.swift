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
  /// A button or the wheel of the mouse (DECSET 1000).
  case mouse(MouseEvent)
  /// The terminal's answer to the question for the colour of its background (OSC 11): parts of
  /// sRGB, 0...65535. No key was pressed.
  case background(red: UInt16, green: UInt16, blue: UInt16)
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
  /// The most bytes that are kept of a string that the terminal sends; the rest is dropped.
  static let longestString = 64

  private var pending: [UInt8] = []
  /// The pasted text so far, while its end has not arrived.
  private var pasted: [UInt8]?
  /// What has arrived of a string that the terminal sends (ECMA-48, 5.6), without its introducer.
  private var string: TerminalString?
  /// Whether the rest of a sequence that is too long is still to arrive, and to be dropped.
  private var isDropping = false

  /// A string that the terminal sends, such as the answer to a question.
  private struct TerminalString: Sendable {
    /// Whether it is a command of the operating system (OSC).
    let isCommand: Bool
    var bytes: [UInt8] = []
    /// Whether it is of no use, because its rest did not come in time.
    var isLate = false
  }

  /// Makes a decoder that has received nothing.
  package init() {}

  /// How many milliseconds may pass without a byte before ``timeOut()`` must be called; `nil` when
  /// nothing is incomplete.
  ///
  /// A terminal sends a sequence at once, but a paste in pieces: its content must not be taken for
  /// keys because a network was slow.
  package var patience: Int? {
    if pasted != nil { return 2000 }
    if isDropping || isInSequence || string != nil { return Self.sequencePatience }
    return pending.isEmpty ? nil : 25
  }

  /// Nobody types the two characters that begin a sequence within the patience for Escape, so its
  /// rest is still to arrive.
  private static let sequencePatience = 1000
  private var isInSequence: Bool {
    pending.count > 1 && pending[0] == ASCII.escape
      && [UInt8(ascii: "["), UInt8(ascii: "O"), UInt8(ascii: "]")].contains(pending[1])
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
      if string != nil {
        guard takeString(&position, &keys) else { break }
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
    if let late = string {
      pending = []
      string = late.isLate ? nil : TerminalString(isCommand: late.isCommand, isLate: true)
      return []
    }
    // The rest of a sequence is dropped when it arrives, unless it does not arrive either.
    isDropping = !isDropping && isInSequence && pending[1] == UInt8(ascii: "[")
    let typed = pending
    pending = []
    guard typed.first == ASCII.escape else { return [] }
    if typed.count == 1 { return [.escape] }
    // These begin a string only with what follows.
    return Self.introducers.contains(typed[1]) ? [.escape, .character(Unicode.Scalar(typed[1]))] : []
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
    case let introducer where Self.introducers.contains(introducer):
      guard start + 2 < pending.count else { return nil }
      guard Self.beginsString(introducer, pending[start + 2]) else { fallthrough }
      string = TerminalString(isCommand: introducer == UInt8(ascii: "]"))
      return 2
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
    if final == UInt8(ascii: "M"), parameters.isEmpty { return oldMouseReport(at: start, &keys) }
    if parameters.first == UInt8(ascii: "<"), let event = MouseEvent(report: parameters.dropFirst(), final: final) {
      keys.append(.mouse(event))
    }
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

  /// Reads a report of a terminal that does not know DECSET 1006: `ESC [ M` and three bytes, each 32
  /// above its number.
  private func oldMouseReport(at start: Int, _ keys: inout [TerminalKey]) -> Int? {
    let numbers = pending[(start + 3)...].prefix(3)
    // A control character begins something else.
    if let place = numbers.firstIndex(where: { $0 < ASCII.blank }) { return place - start }
    guard numbers.count == 3 else { return nil }
    let values = numbers.map { Int($0) - 32 }
    if let event = MouseEvent(code: values[0], isRelease: false, column: values[1], row: values[2]) {
      keys.append(.mouse(event))
    }
    return 6
  }

  /// What begins a string after Escape: DCS and OSC. Others that the terminal could send are never
  /// answers.
  private static let introducers: [UInt8] = [UInt8(ascii: "P"), UInt8(ascii: "]")]

  /// Whether a byte after an introducer shows that it is one, and not a letter that was typed soon
  /// after Escape: answers begin with a number, or DCS with `>` or `!`.
  private static func beginsString(_ introducer: UInt8, _ byte: UInt8) -> Bool {
    if ASCII.digits.contains(byte) { return true }
    return introducer == UInt8(ascii: "P") && (byte == UInt8(ascii: ">") || byte == UInt8(ascii: "!"))
  }

  /// Takes a string up to its end, ST (`ESC \`) or BEL; `false` when more bytes are needed.
  private mutating func takeString(_ position: inout Int, _ keys: inout [TerminalKey]) -> Bool {
    while position < pending.count, let current = string {
      let byte = pending[position]
      if byte == ASCII.escape {
        guard position + 1 < pending.count else { return false }
        string = nil
        // Any other sequence cancels the string.
        guard pending[position + 1] == UInt8(ascii: "\\") else { return true }
        position += 2
        if let key = Self.answer(current) { keys.append(key) }
        return true
      }
      if byte < ASCII.blank {
        string = nil
        guard byte == ASCII.bell else { return true }
        position += 1
        if let key = Self.answer(current) { keys.append(key) }
        return true
      }
      if current.bytes.count < Self.longestString { string?.bytes.append(byte) }
      position += 1
    }
    return false
  }

  /// The key of an answer: `11;rgb:RRRR/GGGG/BBBB`, with one to four hexadecimal digits each.
  private static func answer(_ string: TerminalString) -> TerminalKey? {
    let text = String(decoding: string.bytes, as: UTF8.self)
    guard string.isCommand, !string.isLate, string.bytes.count < longestString, text.hasPrefix("11;rgb") else {
      return nil
    }
    // xterm puts an `a` behind it, and a fourth part, for a colour that one can see through.
    let colour = text.dropFirst("11;rgb".count).drop { $0 == "a" }
    guard colour.first == ":" else { return nil }
    let parts = colour.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { digits -> UInt16? in
      guard 1...4 ~= digits.utf8.count, let value = Int(digits, radix: 16), value >= 0, digits.first != "+" else {
        return nil
      }
      return UInt16(value * 0xFFFF / ((1 << (4 * digits.utf8.count)) - 1))
    }
    guard parts.count == 3 || parts.count == 4, let red = parts[0], let green = parts[1], let blue = parts[2] else {
      return nil
    }
    return .background(red: red, green: green, blue: blue)
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
