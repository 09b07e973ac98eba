// Writes JSON (RFC 8259) into bytes.
extension [UInt8] {
  /// Appends a JSON string of bytes that need not be UTF-8.
  ///
  /// Whatever ``Escaping`` would escape in a terminal is written `\uXXXX`, so that the JSON text
  /// can be looked at safely; it reads back as the original. A byte that is not UTF-8 becomes
  /// U+FFFD; use ``appendJSONMember(_:bytes:)`` where the original must not be lost.
  package mutating func appendJSON(_ bytes: ArraySlice<UInt8>) {
    append(ASCII.quote)
    if bytes.contains(where: { $0 < ASCII.blank || $0 >= ASCII.delete || $0 == ASCII.quote || $0 == ASCII.backslash }) {
      var index = bytes.startIndex
      while index < bytes.endIndex {
        let (scalar, length) = UTF8Reader.scalar(in: bytes, at: index)
        appendJSON(scalar ?? "\u{FFFD}")
        index += length
      }
    } else {
      append(contentsOf: bytes)
    }
    append(ASCII.quote)
  }

  /// Appends a JSON string, or `null`.
  package mutating func appendJSON(_ text: String?) {
    if let text { appendJSON(Array(text.utf8)[...]) } else { appendNull() }
  }

  /// Appends `"NAME":"TEXT"` for bytes that need not be UTF-8, or `"NAME":null`.
  ///
  /// When they are not UTF-8, a second member `"NAME_hex"` follows with all of the bytes as
  /// lower-case hexadecimal digits.
  package mutating func appendJSONMember(_ name: String, bytes: [UInt8]?) {
    append(ASCII.quote)
    append(ascii: name)
    append(ascii: "\":")
    guard let bytes else { return appendNull() }
    appendJSON(bytes[...])
    if !UTF8Reader.isValid(bytes[...]) { appendJSONHexadecimal(name, bytes) }
  }

  /// Appends `,"NAME":"TEXT"` or `,"NAME":null`, behind another member.
  package mutating func appendNextJSONMember(_ name: String, _ text: String?) {
    appendNextJSONName(name)
    appendJSON(text)
  }

  /// Appends `,"NAME":NUMBER` or `,"NAME":null`, behind another member.
  package mutating func appendNextJSONMember(_ name: String, _ number: UInt64?) {
    appendNextJSONName(name)
    appendJSON(number)
  }

  /// Appends `,"NAME":`, behind another member.
  package mutating func appendNextJSONName(_ name: String) {
    append(ascii: ",\"")
    append(ascii: name)
    append(ascii: "\":")
  }

  /// Appends `,"NAME_hex":"DIGITS"`, the bytes as lower-case hexadecimal digits.
  package mutating func appendJSONHexadecimal(_ name: String, _ bytes: [UInt8]) {
    append(ascii: ",\"")
    append(ascii: name)
    append(ascii: "_hex\":\"")
    for byte in bytes { appendHexadecimalByte(byte) }
    append(ASCII.quote)
  }

  /// Appends a number that identifies something, or `null`: as a string from 2^53 on, since many
  /// readers of JSON keep numbers as doubles.
  package mutating func appendJSON(identifier number: UInt64?) {
    guard let number, number > 1 << 53 else { return appendJSON(number) }
    append(ASCII.quote)
    appendDecimal(number)
    append(ASCII.quote)
  }

  /// Appends a number, or `null`.
  @inlinable @inline(__always)
  package mutating func appendJSON(_ number: UInt64?) {
    if let number { appendDecimal(number) } else { appendNull() }
  }

  /// Appends a number if it is known, `null` otherwise.
  @inlinable @inline(__always)
  package mutating func appendJSON(_ number: UInt32, if isKnown: Bool) {
    if isKnown { appendDecimal(UInt64(number)) } else { appendNull() }
  }

  /// Appends `null`.
  @inlinable @inline(__always)
  package mutating func appendNull() { append(ascii: "null") }

  private mutating func appendJSON(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "\"": append(ascii: "\\\"")
    case "\\": append(ascii: "\\\\")
    case "\n": append(ascii: "\\n")
    case "\t": append(ascii: "\\t")
    case "\r": append(ascii: "\\r")
    case "\u{20}"..."\u{7E}": append(UInt8(truncatingIfNeeded: scalar.value))
    default:
      guard scalar.value < 0xA0 || scalar == "\u{FFFD}" || Escaping.mustEscape(scalar) else {
        append(contentsOf: String(scalar).utf8)
        return
      }
      for unit in String(scalar).utf16 {
        append(ascii: "\\u")
        appendHexadecimalByte(UInt8(truncatingIfNeeded: unit >> 8))
        appendHexadecimalByte(UInt8(truncatingIfNeeded: unit))
      }
    }
  }
}
