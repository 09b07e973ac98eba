internal import SocketModel
internal import Text

/// Parses the values of a query and the arguments of options: the right side of a comparison.
struct ValueReader {
  /// The whole text, for errors.
  let text: [UInt8]
  let names: NameTables

  func error(
    _ word: QueryWord, _ message: String, expected: [String] = [], suggestion: String? = nil
  ) -> QueryError {
    QueryError(text: text, range: word.range, message: message, expected: expected, suggestion: suggestion)
  }

  /// The text of a word, suitable as part of a message.
  func shown(_ word: QueryWord) -> String { "\"" + Escaping.line(word.bytes.prefix(60)) + "\"" }

  /// The items of a list, none of which may be empty.
  func items(_ word: QueryWord, expected: [String]) throws(QueryError) -> [QueryWord] {
    let items = word.split(at: ASCII.comma)
    for item in items where item.bytes.isEmpty && !item.isQuoted {
      throw error(item, items.count == 1 ? "the value is empty" : "an item of the list is empty", expected: expected)
    }
    return items
  }

  // MARK: Numbers

  /// Parses a list of numbers and ranges `LOW-HIGH`, with the suffixes that the unit allows.
  func numbers(_ word: QueryWord, unit: String?, maximum: UInt64 = .max) throws(QueryError) -> RangeSet {
    var ranges: [ClosedRange<UInt64>] = []
    for item in try items(word, expected: ["a number", "a range such as 10-20"]) {
      guard let dash = item.firstIndex(of: ASCII.hyphen, from: 1) else {
        let number = try number(item, unit: unit, maximum: maximum)
        ranges.append(number...number)
        continue
      }
      let low = try number(item[0..<dash], unit: unit, maximum: maximum)
      let high = try number(item[(dash + 1)..<item.bytes.count], unit: unit, maximum: maximum)
      ranges.append(try range(low, high, item))
    }
    return RangeSet(ranges)
  }

  private func range(_ low: UInt64, _ high: UInt64, _ item: QueryWord) throws(QueryError) -> ClosedRange<UInt64> {
    guard low <= high else {
      throw error(
        item, "the range \(shown(item)) runs backwards", expected: ["the smaller number first"],
        suggestion: "\(high)-\(low)")
    }
    return low...high
  }

  /// Parses one number: decimal, `0x` hexadecimal or, for fields with a unit, with decimals and a
  /// suffix.
  func number(_ word: QueryWord, unit: String?, maximum: UInt64 = .max) throws(QueryError) -> UInt64 {
    let scales = NumberScale.scales(for: unit)
    let expected = [
      "a number" + (scales.isEmpty ? "" : " (also with " + scales.map(\.suffix).joined(separator: ", ") + ")")
    ]
    switch NumberScale.parse(word.bytes, scales: scales) {
    case .number(let number):
      guard number <= maximum else { throw error(word, "\(shown(word)) is more than \(maximum)", expected: expected) }
      return number
    case .notANumber: throw error(word, "\(shown(word)) is not a number", expected: expected)
    case .negative: throw error(word, "\(shown(word)) is negative, which no value of this field is", expected: expected)
    case .tooLarge: throw error(word, "\(shown(word)) is too large", expected: expected)
    case .unknownSuffix(let suffix):
      let tail = Escaping.line(suffix[...])
      throw error(
        word,
        scales.isEmpty
          ? "this field has no unit, so \"\(tail)\" may not follow the number" : "unknown unit \"\(tail)\"",
        expected: expected)
    case .tooFine: throw error(word, "\(shown(word)) is no whole number of \(unit ?? "units"), the unit of this field")
    }
  }

  // MARK: Words of a fixed list

  /// Parses a list of words and patterns over words.
  func words<Value: Hashable>(
    _ word: QueryWord, what: String, _ known: [(name: String, value: Value)]
  ) throws(QueryError) -> Set<Value> {
    var names: [String] = []
    for entry in known where !names.contains(entry.name) { names.append(entry.name) }
    var result: Set<Value> = []
    for item in try items(word, expected: names) {
      let glob = Glob(bytes: item.folded.bytes, quoted: item.quoted)
      let matches = known.filter { glob.matches(Array($0.name.utf8)) }
      guard !matches.isEmpty else {
        throw error(
          item, "unknown \(what) \(shown(item))", expected: names,
          suggestion: NearestWord.nearest(to: item.text, among: names))
      }
      result.formUnion(matches.map(\.value))
    }
    return result
  }

  /// Parses a list of states and groups of states, with a function that looks them up.
  func states(_ word: QueryWord, _ lookUp: (String) -> SocketStateSet?) throws(QueryError) -> SocketStateSet {
    var result: SocketStateSet = []
    for item in try items(word, expected: ["a state such as established"]) {
      guard let states = lookUp(item.text) else {
        throw error(
          item, "unknown state \(shown(item))", expected: StateNames.canonicalNames,
          suggestion: NearestWord.nearest(to: item.text, among: StateNames.names))
      }
      result.formUnion(states)
    }
    return result
  }

  /// Parses yes or no.
  func flag(_ word: QueryWord) throws(QueryError) -> Bool {
    switch word.text.lowercased() {
    case "yes", "true", "on", "1": return true
    case "no", "false", "off", "0": return false
    default: throw error(word, "\(shown(word)) is neither yes nor no", expected: ["yes", "no"])
    }
  }

  // MARK: Users and interfaces

  /// Parses a list of users: numbers, names, and patterns over names.
  func users(_ word: QueryWord, field: Field) throws(QueryError) -> Condition {
    try named(
      word, field: field, what: "user", lookUp: names.userID, list: names.userNames,
      found: { .user(field, RangeSet(UInt64($0))) })
  }

  /// Parses a list of interfaces: indexes, names, and patterns over names.
  func interfaces(_ word: QueryWord, field: Field) throws(QueryError) -> Condition {
    try named(
      word, field: field, what: "interface", lookUp: names.interfaceIndex, list: names.interfaceNames,
      found: { .number(field, RangeSet(UInt64($0))) })
  }

  private func named(
    _ word: QueryWord, field: Field, what: String, lookUp: (String) -> UInt32?, list: () -> [String],
    found: (UInt32) -> Condition.Leaf
  ) throws(QueryError) -> Condition {
    let kind = what == "interface" ? "an \(what)" : "a \(what)"
    var conditions: [Condition] = []
    for item in try items(word, expected: [kind]) {
      if let number = UInt32(item.text) {
        conditions.append(.leaf(found(number)))
        continue
      }
      let glob = Glob(bytes: item.bytes, quoted: item.quoted)
      if glob.literal != nil, let number = lookUp(item.text) {
        conditions.append(.leaf(found(number)))
        continue
      }
      let known = list()
      guard !known.isEmpty || names.areComplete else {
        conditions.append(.leaf(.text(field, glob)))
        continue
      }
      let numbers = known.filter { glob.matches(Array($0.utf8)) }.compactMap(lookUp)
      guard !numbers.isEmpty else {
        throw error(
          item, glob.literal == nil ? "no \(what) matches \(shown(item))" : "unknown \(what) \(shown(item))",
          expected: ["\(kind)'s name or number"], suggestion: NearestWord.nearest(to: item.text, among: known))
      }
      conditions += numbers.map { .leaf(found($0)) }
    }
    return .oneOf(conditions)
  }

  // MARK: Text

  /// Parses a list of texts and patterns.
  func globs(_ word: QueryWord) throws(QueryError) -> [Glob] {
    try items(word, expected: ["a text", "a pattern"]).map { Glob(bytes: $0.bytes, quoted: $0.quoted) }
  }
}

extension QueryWord {
  /// The word with its ASCII letters in lower case.
  package var folded: QueryWord {
    var result = QueryWord(at: range.lowerBound)
    for index in bytes.indices {
      let byte = bytes[index]
      result.append(ASCII.capitals.contains(byte) ? byte + 32 : byte, quoted: quoted[index], at: offsets[index])
    }
    result.range = range
    return result
  }
}
