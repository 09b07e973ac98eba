import SocketModel

/// `events/SYSTEM/NAME/format` of tracefs: the number of a tracepoint and the offsets of the fields
/// in its records (`kernel/trace/trace_events.c`, `f_show`). They differ between kernels, so they
/// are read and never assumed.
package struct TracepointFormat: Sendable, Hashable {
  /// The position of a field in the record, in bytes.
  package struct Field: Sendable, Hashable {
    /// The offset of its first byte.
    package let offset: Int
    /// How many bytes it has.
    package let size: Int
  }

  /// The number of the tracepoint, which `perf_event_open(2)` takes and with which every record
  /// begins.
  package let id: UInt64
  /// The fields by their names.
  package let fields: [String: Field]

  /// Parses the file's content: a line `ID: N`, and for each field `field:TYPE NAME;`, `offset:N;`,
  /// `size:N;` and more, separated by tabs.
  package init(parsing bytes: Span<UInt8>) throws(DecodeError) {
    var id: UInt64?
    var fields: [String: Field] = [:]
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      let line = bytes.extracting(start..<end)
      if let number = Self.number(after: "ID:", in: line) {
        id = UInt64(number)
      } else if let name = Self.fieldName(in: line) {
        guard let offset = Self.number(after: "offset:", in: line), let size = Self.number(after: "size:", in: line),
          offset <= 4096, size <= 4096
        else { throw DecodeError("tracepoint format", "expected offset and size of a field", in: bytes, at: start) }
        fields[name] = Field(offset: Int(offset), size: Int(size))
      }
      start = end + 1
    }
    guard let id, id > 0 else { throw DecodeError("tracepoint format", "there is no line with the ID", in: bytes) }
    self.id = id
    self.fields = fields
  }

  /// The number after the first appearance of a word, with blanks between.
  private static func number(after word: StaticString, in line: Span<UInt8>) -> UInt64? {
    guard var cursor = LineCursor(after: word, in: line) else { return nil }
    cursor.skipBlanks(line)
    return cursor.decimal(line)
  }

  /// NAME in `field:TYPE NAME;` and `field:TYPE NAME[4];`; `nil` when the line is not about a
  /// field.
  private static func fieldName(in line: Span<UInt8>) -> String? {
    guard let cursor = LineCursor(after: "field:", in: line) else { return nil }
    var end = cursor.position
    while end < line.count, line[end] != UInt8(ascii: ";") { end += 1 }
    var bracket = cursor.position
    while bracket < end, line[bracket] != UInt8(ascii: "[") { bracket += 1 }
    var start = bracket
    while start > cursor.position, !isBlank(line[start - 1]) { start -= 1 }
    return start < bracket ? String(decoding: (start..<bracket).map { line[$0] }, as: UTF8.self) : nil
  }
}

extension LineCursor {
  /// The position after the first appearance of a word in a line; `nil` when it is not there.
  fileprivate init?(after word: StaticString, in line: Span<UInt8>) {
    let bytes = Array(word.description.utf8)
    var start = 0
    while start + bytes.count <= line.count {
      if bytes.indices.allSatisfy({ line[start + $0] == bytes[$0] }) {
        self.init(at: start + bytes.count, isCut: false)
        return
      }
      start += 1
    }
    return nil
  }
}
