package import Options
package import Query
import SocketModel
import Text

extension ListPlanBuilder {
  /// Selects sockets by the ports that were typed.
  mutating func selectPorts(_ typed: TypedArguments.Occurrence, at end: Query.End) throws(UsageError) {
    selections.append(try .ports(typed, at: end, names: environment.names()))
    ports = AskedPorts(typed.text, at: end)
    implied.formUnion(Transport.allCases.filter(\.hasPorts))
  }

  /// Selects sockets by the addresses that were typed.
  mutating func selectAddresses(_ typed: TypedArguments.Occurrence, at end: Query.End) throws(UsageError) {
    try select(typed) { (addresses) throws(QueryError) in try .address(addresses, end: end) }
    implied.formUnion(Transport.allCases.filter(\.isInternet))
  }

  /// Selects sockets by a list that was typed.
  mutating func select(
    _ typed: TypedArguments.Occurrence, _ meaning: (String) throws(QueryError) -> Query
  ) throws(UsageError) {
    selections.append(try Query(typed, meaning))
  }
}

extension Query {
  /// The condition that the list after an option stands for. A `!` or `^` before the list negates
  /// it.
  package init(_ typed: TypedArguments.Occurrence, _ meaning: (String) throws(QueryError) -> Query) throws(UsageError) {
    let isNegated = Query.isNegation(typed.text.first)
    let query: Query
    do throws(QueryError) {
      query = try meaning(isNegated ? String(typed.text.dropFirst()) : typed.text)
    } catch {
      throw UsageError(error, in: typed.spelling)
    }
    self = isNegated ? .not(query) : query
  }

  /// The condition that a list of ports after an option stands for.
  package static func ports(
    _ typed: TypedArguments.Occurrence, at end: End = .either, names: NameTables
  ) throws(UsageError) -> Query {
    try Query(typed) { (ports) throws(QueryError) in try .port(ports, end: end, names: names) }
  }

  /// The processes that a list names individually: those of its ranges need not all exist.
  static func processIDs(listedIn text: String) -> [Int32] {
    (isNegation(text.first) ? text.dropFirst() : text[...]).split(separator: ",").compactMap { Int32($0) }
  }

  /// The condition that a list of states after an option stands for.
  ///
  /// A `!` before the list means all other states, as everywhere. After a state without `!`, it
  /// removes one state from those before: `connected,!time_wait`.
  package static func states(_ typed: TypedArguments.Occurrence) throws(UsageError) -> Query {
    let items = typed.text.split(separator: ",", omittingEmptySubsequences: false)
    let isTurned = isNegation(items.first?.first)
    let negated = items.filter { isTurned || isNegation($0.first) }.map { isNegation($0.first) ? $0.dropFirst() : $0 }
    let plain = isTurned ? [] : items.filter { !isNegation($0.first) }
    var parts: [Query] = []
    do throws(QueryError) {
      if !plain.isEmpty { parts.append(try .state(plain.joined(separator: ","))) }
      if !negated.isEmpty { parts.append(.not(try .state(negated.joined(separator: ",")))) }
    } catch {
      throw UsageError(error, in: typed.spelling)
    }
    return .all(parts)
  }

  /// `!` as in queries, `^` as in lsof, which needs no quotes in a shell.
  private static func isNegation(_ character: Character?) -> Bool { character == "!" || character == "^" }
}

extension QueryReading {
  /// The condition of a typed query.
  init(typed text: String, names: NameTables, shown: [Field], _ registry: Registry) throws(UsageError) {
    do throws(QueryError) {
      self = try Query.reading(text, names: names, shown: shown)
    } catch {
      throw UsageError(error, in: "query")
    }
    if words.count == 1, words[0].text == text, words[0].meanings == [.text],
      let error = UsageError(habit: text, registry)
    {
      throw error
    }
  }
}

extension UsageError {
  /// The transports and families of ss whose tables are not read here.
  static let familiesOfOthers = ["dccp"]

  /// A word that does not name a transport.
  static func unknownTransport(_ name: String, for spelling: String) -> UsageError {
    guard familiesOfOthers.contains(name.lowercased()) else {
      return .unknownWord(name, for: spelling, "transport", among: Words.transports)
    }
    return UsageError(
      "\(spelling): \(name) sockets are not listed", ["ss \(spelling) \(name) lists them"])
  }

  /// The mistake in a single word that is nearly a command, or that names what another program
  /// does; `nil` for any other word.
  package init?(habit word: String, _ registry: Registry) {
    guard let command = registry.commandNearlyNamed(word) else { return nil }
    self.init(
      "\(quoted(word)) is neither a command nor a query",
      [
        "did you mean the command \(command.name)?", "a process: --process \(shortened(word))",
        "a text in any cell: sockinspect \"'\(shortened(word))'\"",
      ])
  }

  /// A mistake in a query or list: the message, then the text with the place marked, then what
  /// would be right.
  package init(_ error: QueryError, in place: String) {
    let lines = error.render().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let advice = lines.dropFirst(3).flatMap { TextWrap.lines($0, columns: TextLayout.width - 2) }
    self.init("\(place): \(error.message)", marked: Array(lines.prefix(2)), advice)
  }
}
