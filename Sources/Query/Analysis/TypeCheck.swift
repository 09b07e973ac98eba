internal import SocketModel

/// Turns a syntax tree into a condition: checks that field, comparison and value fit, and looks names up.
struct TypeCheck {
  let reader: ValueReader
  /// The fields in which a word is looked for that stands alone.
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

  /// As ss does: the first `state` begins with no state, the first `exclude` with all, and each adds to or takes from what was before.
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
    case nil: return .leaf(comparison.subject == .autobound ? .autobound(reader.names.ephemeralPorts()) : .flag(true))
    case .field(let field, let word): return try fields(comparison, field, word)
    case .value(let word):
      do {
        return try condition(comparison, word)
      } catch {
        guard error.range == word.range, !word.isQuoted, let field = Field(name: word.text) else { throw error }
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
    // The opposite of `=`, and so true when one of the two is absent.
    let isNegated = comparison.comparison == .notEqual
    let pair = FieldPair(left, isNegated ? .equal : comparison.comparison, right)
    return isNegated ? .not(.leaf(.fields(pair))) : .leaf(.fields(pair))
  }

  /// The error of a field beside which another one cannot stand.
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
    let type = field.description.type
    if value.isStar, type != .endpoint { return .leaf(.present(field)) }
    switch type {
    case .number: return try number(field, value)
    case .port: return try reader.ports(value, [field == .localPort ? .local : .peer])
    case .address:
      let end: Condition.End = field == .localAddress ? .local : .peer
      return .oneOf(try reader.prefixes(value).map { .leaf(.address(end, $0)) })
    case .endpoint: return try reader.hosts(value, field == .local ? .local : .peer)
    case .word: return .leaf(try word(field, value))
    case .state: return .leaf(.states(try reader.states(value, StateNames.states(named:))))
    case .text: return try text(field, value)
    case .user: return try reader.users(value, field: field)
    case .flag: return .leaf(.flag(try reader.flag(value)))
    }
  }

  private func number(_ field: Field, _ value: QueryWord) throws(QueryError) -> Condition {
    // The words that tables write.
    if field == .tcp(.congestionState), let first = value.bytes.first, first > UInt8(ascii: "9") {
      let names = TCPMetric.congestionStateNames.enumerated().map { ($1, UInt64($0)) }
      let numbers = try reader.words(value, what: "congestion state", names)
      return .leaf(.number(field, RangeSet(numbers.map { $0...$0 })))
    }
    if field == .tcp(.options), let first = value.bytes.first, first > UInt8(ascii: "9") {
      return .leaf(.number(field, try options(value)))
    }
    guard field == .mark, let slash = value.firstIndex(of: 0x2F) else {
      return .leaf(.number(field, try reader.numbers(value, unit: field.description.unit)))
    }
    let number = try reader.number(value[0..<slash], unit: nil, maximum: UInt64(UInt32.max))
    let mask = try reader.number(value[(slash + 1)..<value.bytes.count], unit: nil, maximum: UInt64(UInt32.max))
    return .leaf(.mark(value: UInt32(number), mask: UInt32(mask)))
  }

  /// The values of `tcpi_options`, a byte, with all of the options of a list; `none` is the one with none.
  private func options(_ value: QueryWord) throws(QueryError) -> RangeSet {
    let names = TCPMetric.optionNames.enumerated().map { ($1, UInt64(1) << UInt64($0)) } + [("none", 0)]
    var numbers = Array(UInt64(0)...UInt64(UInt8.max))
    for item in try reader.items(value, expected: names.map(\.0)) {
      let bits = try reader.words(item, what: "option of TCP", names)
      numbers = numbers.filter { number in bits.contains { $0 == 0 ? number == 0 : number & $0 != 0 } }
    }
    return RangeSet(numbers.map { $0...$0 })
  }

  private func word(_ field: Field, _ value: QueryWord) throws(QueryError) -> Condition.Leaf {
    switch field {
    case .family:
      let aliases: [(String, AddressFamily)] = [("inet", .ipv4), ("inet6", .ipv6), ("link", .packet)]
      return .families(
        try reader.words(value, what: "family", AddressFamily.allCases.map { ($0.name, $0) } + aliases))
    case .socketType:
      return .socketTypes(
        try reader.words(
          value, what: "socket type", SocketType.allCases.map { ($0.name, $0) } + [("datagram", .datagram)]))
    case .timer:
      let aliases: [(String, SocketTimer)] = [("on", .retransmit), ("time_wait", .timeWait), ("persist", .probe)]
      return .timers(try reader.words(value, what: "timer", SocketTimer.allCases.map { ($0.name, $0) } + aliases))
    case .shutdown:
      let directions: [(String, SocketRecord.Flags)] = [
        ("r", .receiveShutdown), ("w", .sendShutdown), ("rw", [.receiveShutdown, .sendShutdown]),
      ]
      return .shutdowns(try reader.words(value, what: "direction", directions))
    case .attribution:
      return .attributions(
        try reader.words(value, what: "way of finding owners", Attribution.allCases.map { ($0.name, $0) }))
    default:
      return .transports(try reader.words(value, what: "transport", Transport.allCases.map { ($0.name, $0) }))
    }
  }

  private func text(_ field: Field, _ value: QueryWord) throws(QueryError) -> Condition {
    if field == .interface { return try reader.interfaces(value) }
    return .oneOf(
      try reader.globs(value).map { glob in
        switch field {
        case .process, .owners: .leaf(.process(ProcessPattern(glob)))
        case .cgroup: .leaf(.text(.cgroup, glob.asCgroupPath))
        case .cookie: .leaf(.text(.cookie, glob.withoutPrefix("0x")))
        default: .leaf(.text(field, glob))
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
    case .field(let field) where field.description.type == .port:
      return try ports(field == .localPort ? .local : .peer)
    case .field(let field) where field.description.type == .number:
      let number = try reader.number(value, unit: field.description.unit)
      return .leaf(.number(field, RangeSet(comparison.comparison, number)))
    default:
      throw QueryError(
        text: reader.text, range: comparison.comparisonRange,
        message: "\"\(comparison.subject.name)\" cannot be compared with \(comparison.comparison.rawValue)",
        expected: ["=", "!="])
    }
  }
}

extension Glob {
  /// The pattern for a path below the root of the hierarchy, `/system.slice`, of any of the forms that `ss` takes: with the folder where
  /// the hierarchy is mounted, without the first slash, and with one at the end.
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

  /// The pattern without a beginning that the values themselves do not have; only of a pattern that is a literal text.
  fileprivate func withoutPrefix(_ prefix: String) -> Glob {
    guard let literal, literal.starts(with: Array(prefix.utf8)), literal.count > prefix.utf8.count else { return self }
    return Glob(literal: Array(literal.dropFirst(prefix.utf8.count)))
  }
}
