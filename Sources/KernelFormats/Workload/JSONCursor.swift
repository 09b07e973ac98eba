internal import Text

/// A position in a JSON text (RFC 8259) that another program wrote, of which only some names are
/// wanted.
///
/// It finds members and elements and skips everything else without a recursion, so that neither the
/// depth nor the size of a hostile text matters. A mistake ends the reading of the whole text.
struct JSONCursor {
  /// The index of the next byte. At the end of the text after a mistake.
  private var position = 0

  /// The most bytes of a name; a longer one is taken for no name.
  private static let longestName = 255

  private func peek(_ bytes: Span<UInt8>) -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlanks(_ bytes: Span<UInt8>) {
    while let byte = peek(bytes), [ASCII.blank, ASCII.newline, ASCII.tab, ASCII.carriageReturn].contains(byte) {
      position += 1
    }
  }

  /// Takes a byte after blanks; returns whether it was there.
  private mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
    skipBlanks(bytes)
    guard peek(bytes) == byte else { return false }
    position += 1
    return true
  }

  private mutating func fail(_ bytes: Span<UInt8>) { position = bytes.count }

  /// Calls `body` with the key of each member of the object that comes next, and with a cursor at
  /// its value. Another value is skipped.
  mutating func forEachMember(_ bytes: Span<UInt8>, _ body: ([UInt8], inout JSONCursor) -> Void) {
    guard take(UInt8(ascii: "{"), bytes) else { return skipValue(bytes) }
    if take(UInt8(ascii: "}"), bytes) { return }
    while true {
      skipBlanks(bytes)
      guard let key = string(bytes, limit: Self.longestName), take(ASCII.colon, bytes) else { return fail(bytes) }
      // A body may look into the value or not: it is skipped from its beginning.
      var value = self
      body(key, &value)
      skipValue(bytes)
      if take(ASCII.comma, bytes) { continue }
      guard take(UInt8(ascii: "}"), bytes) else { return fail(bytes) }
      return
    }
  }

  /// Calls `body` with a cursor at each element of the array that comes next. Another value is
  /// skipped.
  mutating func forEachElement(_ bytes: Span<UInt8>, _ body: (inout JSONCursor) -> Void) {
    guard take(UInt8(ascii: "["), bytes) else { return skipValue(bytes) }
    if take(UInt8(ascii: "]"), bytes) { return }
    while true {
      var value = self
      body(&value)
      skipValue(bytes)
      if take(ASCII.comma, bytes) { continue }
      guard take(UInt8(ascii: "]"), bytes) else { return fail(bytes) }
      return
    }
  }

  /// The text that comes next; `nil` when another value comes, or one that is too long for a name.
  mutating func name(_ bytes: Span<UInt8>) -> [UInt8]? {
    skipBlanks(bytes)
    guard peek(bytes) == ASCII.quote, let text = string(bytes, limit: Self.longestName + 1) else { return nil }
    return text.count <= Self.longestName ? text : nil
  }

  /// Takes a string and returns its first `limit` bytes; `nil` when there is none or it has no end.
  private mutating func string(_ bytes: Span<UInt8>, limit: Int) -> [UInt8]? {
    guard peek(bytes) == ASCII.quote else { return nil }
    position += 1
    var text: [UInt8] = []
    while let byte = peek(bytes) {
      position += 1
      switch byte {
      case ASCII.quote: return text
      case ASCII.backslash: appendEscape(bytes, to: &text, limit: limit)
      default: if text.count < limit { text.append(byte) }
      }
    }
    return nil
  }

  /// Appends what follows a backslash. Two halves of a surrogate pair make one character; a half
  /// alone becomes U+FFFD.
  private mutating func appendEscape(_ bytes: Span<UInt8>, to text: inout [UInt8], limit: Int) {
    guard let byte = peek(bytes) else { return }
    position += 1
    var scalar = Unicode.Scalar(byte)
    switch byte {
    case UInt8(ascii: "n"): scalar = "\n"
    case UInt8(ascii: "t"): scalar = "\t"
    case UInt8(ascii: "r"): scalar = "\r"
    case UInt8(ascii: "b"): scalar = "\u{8}"
    case UInt8(ascii: "f"): scalar = "\u{C}"
    case UInt8(ascii: "u"):
      var value = codeUnit(bytes) ?? 0xFFFD
      if value & 0xFC00 == 0xD800, peek(bytes) == ASCII.backslash {
        var next = self
        next.position += 2
        if position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u"), let low = next.codeUnit(bytes),
          low & 0xFC00 == 0xDC00
        {
          value = 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
          self = next
        }
      }
      scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
    default: break
    }
    if text.count < limit { text.append(contentsOf: String(scalar).utf8) }
  }

  /// Takes four hexadecimal digits.
  private mutating func codeUnit(_ bytes: Span<UInt8>) -> UInt32? {
    guard position + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for index in position..<position + 4 {
      guard let digit = hexadecimalDigit(bytes[index]) else { return nil }
      value = value << 4 | UInt32(digit)
    }
    position += 4
    return value
  }

  /// Skips one value of any kind. Brackets are counted, not matched: nothing depends on it.
  private mutating func skipValue(_ bytes: Span<UInt8>) {
    skipBlanks(bytes)
    var depth = 0
    while let byte = peek(bytes) {
      switch byte {
      case ASCII.quote:
        guard string(bytes, limit: 0) != nil else { return fail(bytes) }
        if depth == 0 { return }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return }
        depth -= 1
        if depth == 0 {
          position += 1
          return
        }
      case ASCII.comma where depth == 0: return
      default: break
      }
      position += 1
    }
  }
}
