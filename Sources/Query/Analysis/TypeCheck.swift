internal import SocketModel

/// Turns a syntax tree into a condition: checks that fields, comparisons and values fit, and looks
/// names up.
struct TypeCheck {
  let reader: ValueReader
  /// The fields in which a word that stands alone is looked for.
  let shown: [Field]

  init(text: [UInt8], names: NameTables, shown: [Field] = []) {
    reader = ValueReader(text: text, names: names)
    self.shown = shown
  }

  /// The condition that a syntax tree stands for.
  func condition(_ syntax: QuerySyntax) throws(QueryError) -> Condition {
    switch syntax {
    case .any(let parts): return .oneOf(try conditions(parts))
    case .all(let parts): return .joined(try conditions(parts))
    case .not(let part): return .negated(try condition(part))
    case .states(let clauses): return try states(clauses)
    case .word(let word): return try condition(ofWord: word)
    case .comparison(let comparison): return try condition(comparison)
    }
  }

  private func conditions(_ parts: [QuerySyntax]) throws(QueryError) -> [Condition] {
    var result: [Condition] = []
    for part in parts { result.append(try condition(part)) }
    return result
  }

  /// As in ss: the first `state` begins with no state, the first `exclude` with all, and each adds
  /// to or removes from the states before.
  private func states(_ clauses: [StateSyntax]) throws(QueryError) -> Condition {
    var states: SocketStateSet = clauses.first?.isExcluded == true ? .all : []
    for clause in clauses {
      let named = try reader.states(clause.name, StateNames.statesOfSS)
      if clause.isExcluded { states.subtract(named) } else { states.formUnion(named) }
    }
    return .leaf(.states(states))
  }

  // MARK: Comparisons

  private func condition(_ comparison: ComparisonSyntax) throws(QueryError) -> Condition {
    switch comparison.operand {
    case nil:
      guard case .field(let field) = comparison.subject else { return .leaf(.autobound(reader.names.ephemeralPorts())) }
      return .leaf(.flag(field, true))
    case .field(let field, let word): return try fields(comparison, field, word)
    case .value(let word):
      do {
        return try condition(comparison, word)
      } catch {
        guard error.range == word.range, !word.isQuoted, let field = reader.names.fields.field(named: word.text) else {
          throw error
        }
        throw mismatch(comparison.subject, field, word)
      }
    }
  }

  private func condition(_ comparison: ComparisonSyntax, _ value: QueryWord) throws(QueryError) -> Condition {
    switch comparison.comparison {
    case .equal: return try equality(comparison, value)
    case .notEqual: return .negated(try equality(comparison, value))
    default: return try order(comparison, value)
    }
  }

  private func fields(
    _ comparison: ComparisonSyntax, _ right: Field, _ word: QueryWord
  ) throws(QueryError) -> Condition {
    guard case .field(let left) = comparison.subject else {
      throw reader.error(
        word, "\"port\" stands for two fields, so it cannot be compared with another one",
        suggestion: "local_port \(comparison.comparison.rawValue) peer_port")
    }
    guard FieldPair.areComparable(left, right) else { throw mismatch(comparison.subject, right, word) }
    // The negation of `=`, and so true when either value is absent.
    let isNegated = comparison.comparison == .notEqual
    let pair = FieldPair(left, isNegated ? .equal : comparison.comparison, right)
    return isNegated ? .not(.leaf(.fields(pair))) : .leaf(.fields(pair))
  }

  /// The error of a field that cannot be compared with another one.
  private func mismatch(_ subject: QuerySubject, _ right: Field, _ word: QueryWord) -> QueryError {
    guard case .field(let left) = subject, [.number, .port].contains(left.description.type) else {
      return reader.error(word, "\"\(subject.name)\" cannot be compared with another field", expected: ["a value"])
    }
    return reader.error(
      word,
      "\"\(left.description.name)\" is \(left.kindInWords), \"\(right.description.name)\" is \(right.kindInWords)",
      expected: [
        left.description.type == .port ? "a port number or service" : "a number",
        "a field that is \(left.kindInWords) too",
      ])
  }

  private func equality(_ comparison: ComparisonSyntax, _ value: QueryWord) throws(QueryError) -> Condition {
    switch comparison.subject {
    case .eitherPort: return try reader.ports(value, [.local, .peer])
    case .eitherAddress:
      let prefixes = try reader.prefixes(value)
      return .oneOf(prefixes.flatMap { [.leaf(.address(.local, $0)), .leaf(.address(.peer, $0))] })
    case .eitherEnd: return .oneOf([try reader.hosts(value, .local), try reader.hosts(value, .peer)])
    case .autobound: return .leaf(.autobound(reader.names.ephemeralPorts()))
    case .field(let field): return try equality(field, value)
    }
  }

  private func equality(_ field: Field, _ value: QueryWord) throws(QueryError) -> Condition {
    let description = field.description
    if value.isStar, description.type != .endpoint { return .leaf(.present(field)) }
    switch description.access {
    case .port(let end): return try reader.ports(value, [end])
    case .address(let end): return .oneOf(try reader.prefixes(value).map { .leaf(.address(end, $0)) })
    case .endpoint(let end): return try reader.hosts(value, end)
    case .named(.interfaces, _): return try reader.interfaces(value, field: field)
    case .named(.users, _), .processUser: return try reader.users(value, field: field)
    case .flag: return .leaf(.flag(field, try reader.flag(value)))
    case .word(let words, _), .attribution(let words), .ownerReason(let words):
      if description.type == .state { return .leaf(.states(try reader.states(value, StateNames.states(named:)))) }
      return .leaf(try word(field, words, value))
    default: return description.type == .number ? try number(field, value) : try text(field, value)
    }
  }

  private func number(_ field: Field, _ value: QueryWord) throws(QueryError) -> Condition {
    // The words that tables write.
    if let first = value.bytes.first, first > UInt8(ascii: "9") {
      switch field.description.numberWords {
      case .ordinals(let what, let words):
        let numbers = try reader.words(value, what: what, words.enumerated().map { ($1, UInt64($0)) })
        return .leaf(.number(field, RangeSet(numbers.map { $0...$0 })))
      case .bits(let what, let words): return .leaf(.number(field, try bits(value, what, words)))
      case .namespaces:
        let numbers = try reader.words(
          value, what: "network namespace", reader.names.namespaces().map { ($0.name, UInt64($0.number)) })
        return .leaf(.number(field, RangeSet(numbers.map { $0...$0 })))
      case .time, .duration, .rate, nil: break
      }
    }
    guard field == .mark, let slash = value.firstIndex(of: UInt8(ascii: "/")) else {
      return .leaf(.number(field, try reader.numbers(value, unit: field.description.unit)))
    }
    let number = try reader.number(value[0..<slash], unit: nil, maximum: UInt64(UInt32.max))
    let mask = try reader.number(value[(slash + 1)..<value.bytes.count], unit: nil, maximum: UInt64(UInt32.max))
    return .leaf(.mark(value: UInt32(number), mask: UInt32(mask)))
  }

  /// The bits of a list of words; `none` means no bits.
  private func bits(_ value: QueryWord, _ what: String, _ words: [String]) throws(QueryError) -> RangeSet {
    let names = words.enumerated().map { ($1, UInt64(1) << UInt64($0)) } + [("none", 0)]
    var numbers = Array(UInt64(0)...UInt64(UInt8.max))
    for item in try reader.items(value, expected: names.map(\.0)) {
      let bits = try reader.words(item, what: what, names)
      numbers = numbers.filter { number in bits.contains { $0 == 0 ? number == 0 : number & $0 != 0 } }
    }
    return RangeSet(numbers.map { $0...$0 })
  }

  private func word(
    _ field: Field, _ words: FieldWords, _ value: QueryWord
  ) throws(QueryError) -> Condition.Leaf {
    let codes = try reader.words(value, what: words.what, words.spellings().map { ($0.name, $0.code) })
    switch field {
    // What the analysis of queries and the dumps know by their own types.
    case .transport: return .transports(Set(codes.compactMap { Transport(rawValue: $0) }))
    case .family: return .families(Set(codes.compactMap { AddressFamily(rawValue: $0) }))
    default: return .words(field, CodeSet(codes))
    }
  }

  private func text(_ field: Field, _ value: QueryWord) throws(QueryError) -> Condition {
    .oneOf(
      try reader.globs(value).map { glob in
        switch field.description.textForm {
        case .process: .leaf(field.isOfPeer ? .peerProcess(ProcessPattern(glob)) : .process(ProcessPattern(glob)))
        case .cgroupPath: .leaf(.text(field, glob.asCgroupPath))
        case .hexadecimal: .leaf(.text(field, glob.withoutPrefix("0x")))
        case .plain: .leaf(.text(field, glob))
        }
      })
  }

  private func order(_ comparison: ComparisonSyntax, _ value: QueryWord) throws(QueryError) -> Condition {
    func ports(_ end: Condition.End) throws(QueryError) -> Condition {
      let (family, value) = reader.withoutFamily(value)
      let port = try reader.port(value, comparison.comparison)
      let condition = Condition.leaf(.port(end, RangeSet(comparison.comparison, port)))
      return family.map { .joined([.leaf(.families([$0])), condition]) } ?? condition
    }
    switch comparison.subject {
    case .eitherPort: return .oneOf([try ports(.local), try ports(.peer)])
    case .field(let field):
      if case .port(let end) = field.description.access { return try ports(end) }
      guard field.description.type == .number else { throw notOrdered(comparison) }
      let number = try reader.number(value, unit: field.description.unit)
      return .leaf(.number(field, RangeSet(comparison.comparison, number)))
    default: throw notOrdered(comparison)
    }
  }

  private func notOrdered(_ comparison: ComparisonSyntax) -> QueryError {
    QueryError(
      text: reader.text, range: comparison.comparisonRange,
      message: "\"\(comparison.subject.name)\" cannot be compared with \(comparison.comparison.rawValue)",
      expected: ["=", "!="])
  }
}

extension Glob {
  /// The pattern for a path below the root of the hierarchy, `/system.slice`, from any of the forms
  /// that `ss` takes: with the folder where the hierarchy is mounted, without the first slash, and
  /// with one at the end.
  fileprivate var asCgroupPath: Glob {
    guard var path = literal else { return self }
    for mount in ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"] {
      let prefix = Array(mount.utf8)
      if path.starts(with: prefix), path.count == prefix.count || path[prefix.count] == UInt8(ascii: "/") {
        path.removeFirst(prefix.count)
        break
      }
    }
    while path.count > 1, path.last == UInt8(ascii: "/") { path.removeLast() }
    if path.first != UInt8(ascii: "/") { path.insert(UInt8(ascii: "/"), at: 0) }
    return Glob(literal: path)
  }

  /// The pattern without a beginning that the values themselves do not have; only when the pattern
  /// is a literal text.
  fileprivate func withoutPrefix(_ prefix: String) -> Glob {
    guard let literal, literal.starts(with: Array(prefix.utf8)), literal.count > prefix.utf8.count else { return self }
    return Glob(literal: Array(literal.dropFirst(prefix.utf8.count)))
  }
}
