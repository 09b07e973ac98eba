extension [UInt8] {
  /// Appends a text as a string of Graphviz's DOT. What it escapes itself, such as `\n` and `\N`, is
  /// not taken for that: each backslash is doubled.
  package mutating func appendDot(_ text: String) {
    append(ASCII.quote)
    for byte in text.utf8 {
      if byte == ASCII.quote || byte == ASCII.backslash { append(ASCII.backslash) }
      append(byte)
    }
    append(ASCII.quote)
  }

  /// Appends a text as a quoted label of Mermaid: everything but letters, digits and some
  /// punctuation as a character code, so that it contains no markup, HTML or directive.
  package mutating func appendMermaid(_ text: String) {
    append(ASCII.quote)
    for scalar in text.unicodeScalars {
      if scalar.value > 0x7F || Self.isPlainInMermaid(UInt8(truncatingIfNeeded: scalar.value)) {
        append(contentsOf: String(scalar).utf8)
      } else {
        append(ascii: "#\(scalar.value);")
      }
    }
    append(ASCII.quote)
  }

  private static func isPlainInMermaid(_ byte: UInt8) -> Bool {
    ASCII.smallLetters.contains(byte | ASCII.caseBit) || ASCII.digits.contains(byte)
      || [UInt8](" .,:/_-@[]()?+=".utf8).contains(byte)
  }
}
