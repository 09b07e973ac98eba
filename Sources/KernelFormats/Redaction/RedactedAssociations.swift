import SocketModel

extension Redaction {
  /// Writes a row of `/proc/net/sctp/eps` or `/proc/net/sctp/assocs`, in which the addresses, which
  /// are text, the user and the pointers are replaced.
  ///
  /// - Returns: whether all of its columns are what the kernel writes.
  mutating func associationLine(
    _ line: Span<UInt8>, _ table: ProcNetTable, into output: inout [UInt8]
  ) -> Bool {
    let (user, numbers) = table == .sctpEndpoints ? (6, 8) : (9, 13)
    let begin = output.count
    var cursor = FieldCursor()
    var column = 0
    var copied = 0
    while let field = cursor.field(line) {
      for index in copied..<field.lowerBound { output.append(line[index]) }
      copied = field.upperBound
      guard appendColumn(line.extracting(field), column, user: user, numbers: numbers, to: &output) else {
        output.removeLast(output.count - begin)
        return false
      }
      column += 1
    }
    output.append(UInt8(ascii: "\n"))
    return true
  }

  /// Appends a column, counted from 0; the addresses come after `numbers` columns.
  private mutating func appendColumn(
    _ text: Span<UInt8>, _ column: Int, user: Int, numbers: Int, to output: inout [UInt8]
  ) -> Bool {
    if column == user {
      guard let uid = decimalNumber(text), let uid = UInt32(exactly: uid) else { return false }
      output.append(contentsOf: "\(self.user(uid))".utf8)
    } else if column < 2 {
      guard isNumeric(text) else { return false }
      appendZeros(for: text, to: &output)
    } else if column < numbers || !hasAddress(text) {
      guard isNumeric(text) || isEqual(text, "<->") else { return false }
      for index in text.indices { output.append(text[index]) }
    } else {
      var start = 0
      if text[0] == UInt8(ascii: "*") {
        output.append(text[0])
        start = 1
      }
      var cursor = LineCursor(at: start, isCut: false)
      guard let original = SCTPRow.address(&cursor, text) else { return false }
      appendInFull(address(original), to: &output)
    }
    return true
  }

  /// Whether the text has a dot or colon, which every address has and no number.
  private func hasAddress(_ text: Span<UInt8>) -> Bool {
    text.indices.contains { text[$0] == UInt8(ascii: ".") || text[$0] == UInt8(ascii: ":") }
  }

  /// Appends an address as the kernel writes it in these tables: IPv6 with all digits.
  private func appendInFull(_ address: IPAddress, to output: inout [UInt8]) {
    if address.isIPv4 { return output.append(contentsOf: address.description.utf8) }
    for group in 0..<8 {
      if group > 0 { output.append(UInt8(ascii: ":")) }
      let digits = String(UInt16(truncatingIfNeeded: address.bits >> UInt128(112 - 16 * group)), radix: 16)
      output.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count))
      output.append(contentsOf: digits.utf8)
    }
  }
}
