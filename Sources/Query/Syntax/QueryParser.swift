internal import SocketModel
internal import Text

/// Parses the tokens of a query into its syntax tree.
///
/// The grammar is that of ss, according to its manual page: `or` binds weakest, then `and` (or
/// nothing between two conditions), then `not`; every operator has its short form. iproute2 6.1
/// itself evaluates `and` and `or` strictly from left to right, against its manual; with
/// parentheses the two agree.
///
/// A run of `state NAME` and `exclude NAME` is one condition. At the very beginning, with neither
/// `and` nor `or` after it, it applies to the whole rest, as it does in ss:
/// `state listening sport = 22 or sport = 80` lists listeners only.
struct QueryParser {
  /// How many parentheses and negations may be inside each other.
  static let depthLimit = 200

  private let text: [UInt8]
  private let tokens: [QueryToken]
  private let fields: FieldRegistry
  /// Whether words may stand alone.
  private let takesWords: Bool
  /// The words that stand alone, in order.
  private var words: [QueryWord] = []
  /// Whether `FIELD:VALUE` was taken for a comparison.
  private var hasColons = false
  /// Where a condition begins, with the operator before it, that can be taken off with all after it:
  /// at the top level, in order.
  private var cuts: [Int] = []
  private var index = 0
  private var depth = 0

  private init(_ text: [UInt8], fields: FieldRegistry, takesWords: Bool = false) throws(QueryError) {
    self.text = text
    self.fields = fields
    self.takesWords = takesWords
    tokens = try QueryLexer.tokens(of: text)
  }

  /// Parses a query; `nil` for one that is empty or blank.
  static func parse(_ text: [UInt8], fields: FieldRegistry) throws(QueryError) -> QuerySyntax? {
    var parser = try QueryParser(text, fields: fields)
    return try parser.parseAll()
  }

  /// Parses a query in which words may stand alone, and returns those that do; `nil` for one that
  /// is empty or blank.
  ///
  /// `isLoose` means that something was accepted that is not part of a well-formed query. With
  /// comparisons, a word that is nearly one of the language is a mistake, as everywhere in a query.
  static func parseWords(
    _ text: [UInt8], fields: FieldRegistry
  ) throws(QueryError) -> (QuerySyntax, words: [QueryWord], isLoose: Bool)? {
    var parser = try QueryParser(text, fields: fields, takesWords: true)
    guard let syntax = try parser.parseAll() else { return nil }
    let compares = parser.tokens.contains { parser.comparison($0) != nil }
    for word in parser.words where BareWord(word) == .text && !word.isQuoted {
      if !word.canBeSearched || (compares && QuerySubject.isNearlyOne(word.text, of: fields)) {
        throw parser.unknownField(word)
      }
    }
    return (syntax, parser.words, parser.hasColons || !parser.words.isEmpty)
  }

  /// The length of a query without its last condition, in bytes; 0 for a single condition, `nil` for
  /// a query with a mistake.
  static func lengthWithoutLastCondition(_ text: [UInt8], fields: FieldRegistry) -> Int? {
    guard var parser = try? QueryParser(text, fields: fields, takesWords: true), (try? parser.parseAll()) != nil else {
      return nil
    }
    return parser.cuts.last ?? 0
  }

  /// Notes that what begins here can be taken off.
  private mutating func noteCut(_ offset: Int) {
    if depth == 0 { cuts.append(offset) }
  }

  private mutating func parseAll() throws(QueryError) -> QuerySyntax? {
    if current.kind == .end { return nil }
    let result = try parseQuery()
    guard current.kind == .end else {
      throw error(
        current.range, "there is no parenthesis that this one closes", expected: ["and", "or", "the end"])
    }
    return result
  }

  private var current: QueryToken { tokens[index] }

  private var following: QueryToken { tokens[min(index + 1, tokens.count - 1)] }

  private mutating func advance() { index = min(index + 1, tokens.count - 1) }

  private func error(
    _ range: Range<Int>, _ message: String, expected: [String] = [], suggestion: String? = nil
  ) -> QueryError {
    QueryError(text: text, range: range, message: message, expected: expected, suggestion: suggestion)
  }

  private func shown(_ range: Range<Int>) -> String { Escaping.line(text[range].prefix(60)) }

  // MARK: Operators

  private enum Joint { case and, or, not }

  private func joint(_ token: QueryToken) -> Joint? {
    switch token.kind {
    case .and: return .and
    case .or: return .or
    case .not: return .not
    case .word where !token.word.isQuoted:
      switch token.word.text.lowercased() {
      case "and": return .and
      case "or": return .or
      case "not": return .not
      default: return nil
      }
    default: return nil
    }
  }

  private func comparison(_ token: QueryToken) -> Comparison? {
    switch token.kind {
    case .comparison(let comparison): comparison
    case .word where !token.word.isQuoted: Comparison(word: token.word.text)
    default: nil
    }
  }

  private mutating func descend(_ range: Range<Int>) throws(QueryError) {
    depth += 1
    guard depth <= Self.depthLimit else {
      throw error(range, "more than \(Self.depthLimit) parentheses and negations inside each other")
    }
  }

  // MARK: Expressions

  private mutating func parseQuery() throws(QueryError) -> QuerySyntax {
    guard let states = try parseStates() else { return try parseOr() }
    if current.kind == .end { return states }
    if let joint = joint(current), joint != .not { return try parseOr(beginning: states) }
    noteCut(current.range.lowerBound)
    return .all([states, try parseOr()])
  }

  private mutating func parseOr(beginning first: QuerySyntax? = nil) throws(QueryError) -> QuerySyntax {
    var parts = [try parseAnd(beginning: first)]
    while joint(current) == .or {
      noteCut(current.range.lowerBound)
      advance()
      parts.append(try parseAnd())
    }
    return parts.count == 1 ? parts[0] : .any(parts)
  }

  private mutating func parseAnd(beginning first: QuerySyntax? = nil) throws(QueryError) -> QuerySyntax {
    var parts: [QuerySyntax] = []
    if let first { parts.append(first) } else { parts.append(try parseNot()) }
    // The kind of the last part, when it consists of words that stand alone.
    var kind = parts.last.flatMap(Self.bareWord)
    while true {
      var isBeside = false
      let start = current.range.lowerBound
      switch joint(current) {
      case .or: return parts.count == 1 ? parts[0] : .all(parts)
      case .and: advance()
      default:
        if current.kind == .end || current.kind == .close { return parts.count == 1 ? parts[0] : .all(parts) }
        isBeside = true
      }
      noteCut(start)
      let part = try parseNot()
      let next = Self.bareWord(part)
      if isBeside, let kind, let next, next.isAlternative(to: kind), let last = parts.popLast() {
        if case .any(let alternatives) = last {
          parts.append(.any(alternatives + [part]))
        } else {
          parts.append(.any([last, part]))
        }
      } else {
        parts.append(part)
      }
      kind = next
    }
  }

  private static func bareWord(_ syntax: QuerySyntax) -> BareWord? {
    if case .word(let word) = syntax { return BareWord(word) }
    return nil
  }

  private mutating func parseNot() throws(QueryError) -> QuerySyntax {
    let before = depth
    defer { depth = before }
    var negations = 0
    while joint(current) == .not {
      try descend(current.range)
      advance()
      negations += 1
    }
    var result = try parsePrimary()
    for _ in 0..<negations { result = .not(result) }
    return result
  }

  private mutating func parsePrimary() throws(QueryError) -> QuerySyntax {
    switch current.kind {
    case .open: return try parseParentheses()
    case .word where joint(current) == nil:
      if let states = try parseStates() { return states }
      if takesWords, let word = parseWord() { return word }
      return .comparison(try parseComparison())
    case .end:
      throw error(current.range, "a condition is missing", expected: Self.conditionBeginnings)
    case .close:
      throw error(
        current.range,
        index > 0 && tokens[index - 1].kind == .open ? "there is nothing in the parentheses" : "a condition is missing",
        expected: Self.conditionBeginnings)
    default:
      throw error(
        current.range, "\"\(shown(current.range))\" cannot begin a condition", expected: Self.conditionBeginnings)
    }
  }

  private static let conditionBeginnings = ["a field", "state", "not", "("]

  private mutating func parseParentheses() throws(QueryError) -> QuerySyntax {
    let open = current.range
    let before = depth
    defer { depth = before }
    try descend(open)
    advance()
    let inside = try parseOr()
    guard current.kind == .close else {
      throw error(open, "this parenthesis is not closed", expected: ["and", "or", ")"])
    }
    advance()
    return inside
  }

  // MARK: Conditions

  /// Parses a run of `state NAME` and `exclude NAME`; `nil` when there is none, as in `state =
  /// NAME`.
  private mutating func parseStates() throws(QueryError) -> QuerySyntax? {
    var clauses: [StateSyntax] = []
    while current.kind == .word, !current.word.isQuoted {
      let keyword = current.word.text.lowercased()
      guard ["state", "exclude", "excl"].contains(keyword), comparison(following) == nil else { break }
      let range = current.range
      advance()
      guard current.kind == .word, joint(current) == nil else {
        throw error(
          current.kind == .end ? range.upperBound..<range.upperBound : current.range,
          "\"\(shown(range))\" needs the name of a state",
          expected: ["a state such as established", "a comparison such as ="])
      }
      clauses.append(StateSyntax(isExcluded: keyword != "state", name: takeValue()))
    }
    return clauses.isEmpty ? nil : .states(clauses)
  }

  /// Parses a word that stands alone, or `FIELD:VALUE`; `nil` where a comparison begins.
  private mutating func parseWord() -> QuerySyntax? {
    let token = current
    guard comparison(following) == nil else { return nil }
    if !token.word.isQuoted {
      if QuerySubject(name: token.word.text, of: fields) != nil { return nil }
      if let comparison = fieldAndValue(token.word) {
        advance()
        return .comparison(comparison)
      }
    }
    let word = takeValue()
    words.append(word)
    return .word(word)
  }

  /// `FIELD:VALUE`, which other tools write for `FIELD = VALUE`.
  private mutating func fieldAndValue(_ word: QueryWord) -> ComparisonSyntax? {
    guard let colon = word.firstIndex(of: UInt8(ascii: ":")), colon > 0, colon + 1 < word.bytes.count,
      let subject = QuerySubject(name: word[0..<colon].text, of: fields), !subject.isCondition
    else { return nil }
    hasColons = true
    return ComparisonSyntax(
      subject: subject, comparison: .equal, operand: .value(word[(colon + 1)..<word.bytes.count]),
      subjectRange: word[0..<colon].range, comparisonRange: word[colon..<(colon + 1)].range)
  }

  private mutating func parseComparison() throws(QueryError) -> ComparisonSyntax {
    let name = current
    guard !name.word.isQuoted, let subject = QuerySubject(name: name.word.text, of: fields) else {
      throw unknownField(name.word)
    }
    advance()
    guard let comparison = comparison(current) else {
      if subject.isCondition {
        return ComparisonSyntax(
          subject: subject, comparison: .equal, operand: nil, subjectRange: name.range, comparisonRange: name.range)
      }
      guard current.kind == .word, joint(current) == nil else {
        throw error(
          current.kind == .end ? name.range.upperBound..<name.range.upperBound : current.range,
          "\"\(shown(name.range))\" is not compared with anything",
          expected: ["a comparison (= != < > <= >=)", "a value"])
      }
      return ComparisonSyntax(
        subject: subject, comparison: .equal, operand: takeOperand(of: subject), subjectRange: name.range,
        comparisonRange: name.range)
    }
    let comparisonRange = current.range
    advance()
    guard subject != .autobound else {
      throw error(comparisonRange, "\"autobound\" stands alone", expected: ["and", "or", "the end"])
    }
    guard current.kind == .word, joint(current) == nil else {
      throw error(
        current.kind == .end ? comparisonRange.upperBound..<comparisonRange.upperBound : current.range,
        current.kind == .end
          ? "the value is missing" : "\"\(shown(current.range))\" is not a value unless it is quoted",
        expected: ["a value"])
    }
    return ComparisonSyntax(
      subject: subject, comparison: comparison, operand: takeOperand(of: subject), subjectRange: name.range,
      comparisonRange: comparisonRange)
  }

  /// Parses what a subject is compared with. With a number the name of a field is that field; with
  /// a port only the name of a port is one, since any other word can be a service. Quoted, it is
  /// text.
  private mutating func takeOperand(of subject: QuerySubject) -> ComparisonSyntax.Operand {
    let value = takeValue()
    guard !value.isQuoted, let field = fields.field(named: value.text) else { return .value(value) }
    switch subject {
    case .field(let left) where left.description.type == .number: return .field(field, value)
    case .field(let left) where left.description.type == .port && field.description.type == .port:
      return .field(field, value)
    case .eitherPort where field.description.type == .port: return .field(field, value)
    default: return .value(value)
    }
  }

  /// Takes the next word, with those that a comma joins to it: `80, 443` is one list.
  private mutating func takeValue() -> QueryWord {
    var value = current.word
    advance()
    while current.kind == .word, value.endsInComma || current.word.beginsWithComma {
      value.append(current.word)
      advance()
    }
    return value
  }

  private func unknownField(_ word: QueryWord) -> QueryError {
    let name = word.text
    var suggestion = QuerySubject.nearest(to: name, of: fields)
    let bare = word.bytes.prefix(while: { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "-") })
    if !bare.isEmpty, bare.allSatisfy({ ASCII.digits.contains($0) }) {
      suggestion = "port = \(name)"
    } else if IPAddress(name.split(separator: "/", maxSplits: 1).first.map(String.init) ?? name) != nil {
      suggestion = "address = \(name)"
    } else if StateNames.contains(name) {
      suggestion = "state \(name)"
    }
    return error(word.range, "unknown field \"\(shown(word.range))\"", expected: ["a field"], suggestion: suggestion)
  }
}

extension QueryWord {
  fileprivate var endsInComma: Bool { bytes.last == ASCII.comma && quoted.last == false }
  fileprivate var beginsWithComma: Bool { bytes.first == ASCII.comma && quoted.first == false }

  fileprivate mutating func append(_ other: QueryWord) {
    for index in other.bytes.indices {
      append(other.bytes[index], quoted: other.quoted[index], at: other.offsets[index])
    }
    range = range.lowerBound..<other.range.upperBound
  }
}
