internal import Text

/// Words of a line in those files of a captured tree that /proc does not have, with one blank between
/// them. What is not known is `-`. Blanks, control bytes, backslashes, bytes beyond ASCII, and a `-`
/// alone are written `\xHH`.
enum CapturedWord {
  /// The words of a line; `nil` when one is empty or has a wrong escape.
  static func words(of line: Span<UInt8>) -> [[UInt8]?]? {
    var words: [[UInt8]?] = []
    var start = 0
    while start <= line.count {
      var end = start
      while end < line.count, line[end] != ASCII.blank { end += 1 }
      guard let word = word(line.extracting(start..<end)) else { return nil }
      words.append(word)
      start = end + 1
    }
    return words
  }

  /// A word without its escapes; `.some(nil)` for `-`, `nil` when it is empty or an escape is wrong.
  private static func word(_ text: Span<UInt8>) -> [UInt8]?? {
    if text.isEmpty { return nil }
    if text.count == 1, text[0] == ASCII.hyphen { return .some(nil) }
    var word: [UInt8] = []
    var index = 0
    while index < text.count {
      guard text[index] == ASCII.backslash else {
        word.append(text[index])
        index += 1
        continue
      }
      guard index + 3 < text.count, text[index + 1] == UInt8(ascii: "x"),
        let high = hexadecimalDigit(text[index + 2]), let low = hexadecimalDigit(text[index + 3])
      else { return nil }
      word.append(high << 4 | low)
      index += 4
    }
    return .some(word)
  }

  /// Appends a blank and a word.
  static func append(_ word: [UInt8]?, to output: inout [UInt8]) {
    output.append(ASCII.blank)
    guard let word, !word.isEmpty else { return output.append(ASCII.hyphen) }
    let isHyphen = word == [ASCII.hyphen]
    for byte in word {
      if byte <= ASCII.blank || byte >= ASCII.delete || byte == ASCII.backslash || isHyphen {
        output.append(ascii: "\\x")
        output.appendUpperHexadecimalByte(byte)
      } else {
        output.append(byte)
      }
    }
  }
}
