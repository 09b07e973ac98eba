/// One piece of a query.
struct QueryToken: Sendable {
  enum Kind: Sendable, Hashable {
    /// Text: a name, keyword or value.
    case word
    case open, close
    /// `!` alone; the parser recognises the word `not`.
    case not
    case and, or
    case comparison(Comparison)
    /// The end of the query.
    case end
  }

  let kind: Kind
  /// Its bytes in the query.
  let range: Range<Int>
  /// The text of a ``Kind/word``; empty for others.
  var word = QueryWord()
}

/// How a field and a value are compared.
enum Comparison: String, Sendable, Hashable {
  case equal = "="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="

  /// Finds a comparison by its word: ss's `eq`, `ne`, `neq`, `lt`, `gt`, `le`, `leq`, `ge`, `geq`.
  init?(word: String) {
    switch word.lowercased() {
    case "eq": self = .equal
    case "ne", "neq": self = .notEqual
    case "lt": self = .less
    case "gt": self = .greater
    case "le", "leq": self = .lessOrEqual
    case "ge", "geq": self = .greaterOrEqual
    default: return nil
    }
  }
}

/// The text of a word without its quotes: each byte, whether it was quoted or after a backslash,
/// and its position.
///
/// Quoted bytes always stand for themselves: a quoted `*` is not a pattern, a quoted `,` does not
/// end an item, a quoted `and` is not a keyword.
struct QueryWord: Sendable {
  private(set) var bytes: [UInt8] = []
  private(set) var quoted: [Bool] = []
  private(set) var offsets: [Int] = []
  /// The bytes of the word in the query, including quotes.
  var range = 0..<0

  /// Whether any part of it was quoted. Such a word is never a keyword.
  var isQuoted: Bool { quoted.contains(true) || (bytes.isEmpty && !range.isEmpty) }

  /// The text without quotes, for comparing with names.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Makes a word that begins at an offset of the query.
  init(at offset: Int = 0) { range = offset..<offset }

  mutating func append(_ byte: UInt8, quoted isQuoted: Bool, at offset: Int) {
    bytes.append(byte)
    quoted.append(isQuoted)
    offsets.append(offset)
  }

  /// The part of the word between two of its bytes.
  subscript(part: Range<Int>) -> QueryWord {
    guard part != bytes.indices else { return self }
    var result = QueryWord()
    result.bytes = Array(bytes[part])
    result.quoted = Array(quoted[part])
    result.offsets = Array(offsets[part])
    let start = part.lowerBound < offsets.count ? offsets[part.lowerBound] : range.upperBound
    let end = part.isEmpty ? start : offsets[part.upperBound - 1] + 1
    result.range = start..<max(start, end)
    return result
  }

  /// The index of the first unquoted byte of a kind, from an index on.
  func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    var index = start
    while index < bytes.count {
      if bytes[index] == byte, !quoted[index] { return index }
      index += 1
    }
    return nil
  }

  /// The parts between unquoted bytes of a kind; the whole word when there is none.
  func split(at separator: UInt8) -> [QueryWord] {
    var parts: [QueryWord] = []
    var start = 0
    while let end = firstIndex(of: separator, from: start) {
      parts.append(self[start..<end])
      start = end + 1
    }
    if parts.isEmpty { return [self] }
    parts.append(self[start..<bytes.count])
    return parts
  }
}

/// Splits a query into tokens.
struct QueryLexer {
  /// The longest query that is read, in bytes: as much as the kernel passes in one argument
  /// (`MAX_ARG_STRLEN`).
  static let lengthLimit = 131_072

  private let text: [UInt8]
  private var index = 0

  init(_ text: [UInt8]) { self.text = text }

  /// All tokens of the text; the last one is ``QueryToken/Kind/end``.
  static func tokens(of text: [UInt8]) throws(QueryError) -> [QueryToken] {
    guard text.count <= lengthLimit else {
      throw QueryError(
        text: text, range: lengthLimit..<text.count, message: "the query is longer than \(lengthLimit) bytes")
    }
    var lexer = QueryLexer(text)
    var tokens: [QueryToken] = []
    while true {
      let token = try lexer.next()
      tokens.append(token)
      if token.kind == .end { return tokens }
    }
  }

  private mutating func next() throws(QueryError) -> QueryToken {
    while index < text.count, Self.isBlank(text[index]) { index += 1 }
    guard index < text.count else { return QueryToken(kind: .end, range: index..<index) }
    let start = index
    switch text[index] {
    case UInt8(ascii: "("): return symbol(.open, 1)
    case UInt8(ascii: ")"): return symbol(.close, 1)
    case UInt8(ascii: "|"): return symbol(.or, peek(1) == UInt8(ascii: "|") ? 2 : 1)
    case UInt8(ascii: "&"): return symbol(.and, peek(1) == UInt8(ascii: "&") ? 2 : 1)
    case UInt8(ascii: "!"): return peek(1) == UInt8(ascii: "=") ? symbol(.comparison(.notEqual), 2) : symbol(.not, 1)
    case UInt8(ascii: "="): return symbol(.comparison(.equal), peek(1) == UInt8(ascii: "=") ? 2 : 1)
    case UInt8(ascii: "<"):
      return peek(1) == UInt8(ascii: "=") ? symbol(.comparison(.lessOrEqual), 2) : symbol(.comparison(.less), 1)
    case UInt8(ascii: ">"):
      return peek(1) == UInt8(ascii: "=") ? symbol(.comparison(.greaterOrEqual), 2) : symbol(.comparison(.greater), 1)
    default:
      let word = try readWord()
      return QueryToken(kind: .word, range: start..<index, word: word)
    }
  }

  private func peek(_ distance: Int) -> UInt8? {
    index + distance < text.count ? text[index + distance] : nil
  }

  private mutating func symbol(_ kind: QueryToken.Kind, _ length: Int) -> QueryToken {
    index += length
    return QueryToken(kind: kind, range: (index - length)..<index)
  }

  private mutating func readWord() throws(QueryError) -> QueryWord {
    var word = QueryWord(at: index)
    let start = index
    while index < text.count {
      let byte = text[index]
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        try readQuoted(by: byte, into: &word)
      case UInt8(ascii: "\\"):
        guard index + 1 < text.count else {
          throw QueryError(
            text: text, range: index..<(index + 1), message: "the backslash at the end has nothing to quote")
        }
        word.append(text[index + 1], quoted: true, at: index + 1)
        index += 2
      case UInt8(ascii: "!") where word.bytes.last == UInt8(ascii: "[") && word.quoted.last == false:
        // The `!` of a pattern such as `[!a]`.
        word.append(byte, quoted: false, at: index)
        index += 1
      case _ where Self.isBlank(byte) || Self.endsWord(byte):
        word.range = start..<index
        return word
      default:
        word.append(byte, quoted: false, at: index)
        index += 1
      }
    }
    word.range = start..<index
    return word
  }

  private mutating func readQuoted(by quote: UInt8, into word: inout QueryWord) throws(QueryError) {
    let start = index
    index += 1
    while index < text.count {
      let byte = text[index]
      if byte == quote {
        index += 1
        return
      }
      if byte == UInt8(ascii: "\\"), index + 1 < text.count {
        try readEscape(into: &word)
      } else {
        word.append(byte, quoted: true, at: index)
        index += 1
      }
    }
    throw QueryError(
      text: text, range: start..<text.count, message: "the quoted text has no end",
      expected: [quote == UInt8(ascii: "\"") ? "a closing \"" : "a closing '"])
  }

  /// Reads `\n`, `\r`, `\t`, `\e`, `\0`, `\xNN`, or `\` with any other character, which stands for
  /// itself.
  private mutating func readEscape(into word: inout QueryWord) throws(QueryError) {
    let offset = index
    let byte = text[index + 1]
    index += 2
    switch byte {
    case UInt8(ascii: "n"): word.append(UInt8(ascii: "\n"), quoted: true, at: offset)
    case UInt8(ascii: "r"): word.append(UInt8(ascii: "\r"), quoted: true, at: offset)
    case UInt8(ascii: "t"): word.append(UInt8(ascii: "\t"), quoted: true, at: offset)
    case UInt8(ascii: "e"): word.append(UInt8(ascii: "\u{1B}"), quoted: true, at: offset)
    case UInt8(ascii: "0"): word.append(UInt8(ascii: "\0"), quoted: true, at: offset)
    case UInt8(ascii: "x"):
      guard let high = peek(0).flatMap(Self.hexadecimalDigit), let low = peek(1).flatMap(Self.hexadecimalDigit) else {
        throw QueryError(
          text: text, range: offset..<min(index + 2, text.count), message: "\\x is not followed by a byte",
          expected: ["two hexadecimal digits"])
      }
      word.append(high << 4 | low, quoted: true, at: offset)
      index += 2
    default: word.append(byte, quoted: true, at: offset + 1)
    }
  }

  static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (UInt8(ascii: "\t")...UInt8(ascii: "\r")).contains(byte)
  }

  /// Whether the byte ends a word that is not quoted: `( ) | & ! = < >`.
  static func endsWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "|"), UInt8(ascii: "&"), UInt8(ascii: "!"),
      UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: ">"):
      true
    default: false
    }
  }
}
