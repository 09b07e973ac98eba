internal import SocketModel

/// A query as it was written: names are resolved, values are not parsed yet.
indirect enum QuerySyntax: Sendable, Hashable {
  /// At least one is true.
  case any([QuerySyntax])
  /// All are true.
  case all([QuerySyntax])
  case not(QuerySyntax)
  case comparison(ComparisonSyntax)
  /// A run of `state NAME` and `exclude NAME`, which ss reads as one set.
  case states([StateSyntax])
  /// A word that stands alone, without a field.
  case word(QueryWord)
}

/// `FIELD OP VALUE`, `FIELD OP FIELD`, or a flag alone.
struct ComparisonSyntax: Sendable, Hashable {
  /// The right side of a comparison.
  enum Operand: Sendable, Hashable {
    case value(QueryWord)
    /// Another field, and the position of its name.
    case field(Field, QueryWord)

    static func == (left: Operand, right: Operand) -> Bool {
      switch (left, right) {
      case (.value(let left), .value(let right)): left == right
      case (.field(let left, _), .field(let right, _)): left == right
      default: false
      }
    }

    func hash(into hasher: inout Hasher) {
      switch self {
      case .value(let word): hasher.combine(word)
      case .field(let field, _): hasher.combine(field)
      }
    }
  }

  let subject: QuerySubject
  let comparison: Comparison
  /// `nil` for a flag that stands alone.
  let operand: Operand?
  let subjectRange: Range<Int>
  let comparisonRange: Range<Int>

  /// The position of a comparison does not matter for equality.
  static func == (left: ComparisonSyntax, right: ComparisonSyntax) -> Bool {
    left.subject == right.subject && left.comparison == right.comparison && left.operand == right.operand
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(subject)
    hasher.combine(comparison)
    hasher.combine(operand)
  }
}

/// `state NAME` or `exclude NAME`.
struct StateSyntax: Sendable, Hashable {
  let isExcluded: Bool
  let name: QueryWord
}

extension QueryWord: Hashable {
  package static func == (left: QueryWord, right: QueryWord) -> Bool {
    left.bytes == right.bytes && left.quoted == right.quoted
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(bytes)
    hasher.combine(quoted)
  }
}

/// Writes a query in its canonical form, which parses as the same query.
extension QuerySyntax {
  /// The query as text: full field names, `=` always written, parentheses around every nested `and`
  /// and `or`.
  package var printed: [UInt8] {
    var output: [UInt8] = []
    print(to: &output, nested: false)
    return output
  }

  private func print(to output: inout [UInt8], nested: Bool) {
    switch self {
    case .any(let parts): Self.print(parts, " or ", to: &output, nested: nested)
    case .all(let parts): Self.print(parts, " and ", to: &output, nested: nested)
    case .not(let part):
      output += Array("not ".utf8)
      part.print(to: &output, nested: true)
    case .comparison(let comparison):
      output += Array(comparison.subject.name.utf8)
      guard let operand = comparison.operand else { return }
      output += Array(" \(comparison.comparison.rawValue) ".utf8)
      switch operand {
      case .value(let word): word.print(to: &output)
      case .field(let field, _): output += Array(field.description.name.utf8)
      }
    case .word(let word): word.print(to: &output)
    case .states(let clauses):
      for (index, clause) in clauses.enumerated() {
        if index > 0 { output.append(UInt8(ascii: " ")) }
        output += Array((clause.isExcluded ? "exclude " : "state ").utf8)
        clause.name.print(to: &output)
      }
    }
  }

  private static func print(_ parts: [QuerySyntax], _ joint: String, to output: inout [UInt8], nested: Bool) {
    if nested { output.append(UInt8(ascii: "(")) }
    for (index, part) in parts.enumerated() {
      if index > 0 { output += Array(joint.utf8) }
      part.print(to: &output, nested: true)
    }
    if nested { output.append(UInt8(ascii: ")")) }
  }
}

extension QueryWord {
  /// Appends the word with quotes around its quoted part.
  fileprivate func print(to output: inout [UInt8]) {
    if bytes.isEmpty {
      output += "\"\"".utf8
      return
    }
    var isOpen = false
    for index in bytes.indices {
      if quoted[index] != isOpen {
        output.append(UInt8(ascii: "\""))
        isOpen.toggle()
      }
      if isOpen, bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "\\") {
        output.append(UInt8(ascii: "\\"))
      }
      output.append(bytes[index])
    }
    if isOpen { output.append(UInt8(ascii: "\"")) }
  }
}
