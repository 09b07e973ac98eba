// Writes CSV (RFC 4180) into bytes: lines end in CR LF, and a cell with a comma or a quotation mark
// is quoted. No cell spans lines, since text is escaped.
extension [UInt8] {
  /// Appends the end of a record.
  @inlinable @inline(__always)
  package mutating func appendCSVLineEnd() {
    append(ASCII.carriageReturn)
    append(ASCII.newline)
  }

  /// Appends a cell, quoted when it has a comma or a quotation mark.
  @inlinable @inline(__always)
  package mutating func appendCSVCell(_ write: (inout [UInt8]) -> Void) {
    let start = count
    write(&self)
    if self[start...].contains(where: { $0 == ASCII.comma || $0 == ASCII.quote }) { quoteCSVCell(from: start) }
  }

  /// Puts the bytes from `start` on between quotation marks and doubles those in it.
  @usableFromInline
  package mutating func quoteCSVCell(from start: Int) {
    let cell = Array(self[start...])
    removeLast(cell.count)
    append(ASCII.quote)
    for byte in cell {
      if byte == ASCII.quote { append(ASCII.quote) }
      append(byte)
    }
    append(ASCII.quote)
  }

  /// Appends text that need not be UTF-8, escaped and not quoted yet.
  ///
  /// When a spreadsheet would take the text for a formula, its first character is escaped: `=`, `+`
  /// and `-` always, `@` when the text has `(`, `|` or `!`.
  ///
  /// - Parameter separator: the character between the values of a cell with several, which is
  ///   escaped too; 0 for none.
  package mutating func appendCSVText(_ bytes: [UInt8], separator: UInt8 = 0) {
    guard let first = bytes.first, Self.beginsFormula(first, bytes) else {
      return Escaping.append(bytes[...], to: &self, also: separator, keepsBlanks: true)
    }
    Escaping.appendByte(first, to: &self)
    Escaping.append(bytes.dropFirst(), to: &self, also: separator, keepsBlanks: true)
  }

  private static func beginsFormula(_ first: UInt8, _ bytes: [UInt8]) -> Bool {
    switch first {
    case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"): true
    case UInt8(ascii: "@"): bytes.contains { "(|!".utf8.contains($0) }
    default: false
    }
  }
}
