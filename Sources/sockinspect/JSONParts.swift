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
}
