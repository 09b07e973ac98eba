import Rendering
import Text

// Parts of the JSON objects that commands print.
extension [UInt8] {
  /// Appends `true`, `false` or, where it is not known, `null`.
  mutating func append(flag: Bool?) { append(ascii: flag.map { $0 ? "true" : "false" } ?? "null") }

  /// Appends an array of strings.
  mutating func append(words: [String]) {
    append(UInt8(ascii: "["))
    for (index, word) in words.enumerated() {
      if index > 0 { append(ASCII.comma) }
      appendJSON(word)
    }
    append(UInt8(ascii: "]"))
  }

  /// Appends a socket as an element of a listing, in the line that has been begun.
  mutating func append(socket row: Int, as sockets: JSONOutput) {
    self += sockets.renderElements(rows: [UInt32(row)], isFirst: true).drop { $0 == ASCII.newline }
  }
}
