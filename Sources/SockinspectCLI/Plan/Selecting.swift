import Selection
import SocketModel
import Text

extension Query {
  /// What a selecting option asks of a socket. A `!` or `^` before its list means the opposite.
  init(_ option: TypedArguments.Occurrence, names: NameTables) throws(UsageError) {
    let text = option.value ?? ""
    if option.id == .state {
      self = try Query.states(text, option.spelling)
      return
    }
    let isNegated = Query.isNegation(text.first)
    let list = isNegated ? String(text.dropFirst()) : text
    let query: Query
    do throws(QueryError) {
      query =
        switch option.id {
        case .port: try .port(list, end: .either, names: names)
        case .localPort: try .port(list, end: .local, names: names)
        case .remotePort: try .port(list, end: .remote, names: names)
        case .address: try .address(list, end: .either)
        case .local: try .address(list, end: .local)
        case .remote: try .address(list, end: .remote)
        case .pid: try .pid(list)
        case .process: try .process(list)
        default: try .user(list, names: names)
        }
    } catch {
      throw UsageError(error, in: option.spelling)
    }
    self = isNegated ? .not(query) : query
  }

  /// What a typed query asks of a socket.
  init(typed text: String, names: NameTables) throws(UsageError) {
    do throws(QueryError) {
      self = try Query.parse(text, names: names)
    } catch {
      // One word that means nothing in a query was most likely meant to be a command or a process.
      if error.range == 0..<text.utf8.count, text.utf8.allSatisfy({ (0x61...0x7A).contains($0) || $0 == 0x2D }) {
        let known = Command.allCases.map(\.rawValue)
        let hint = NearestWord.nearest(to: text, among: known).map { "did you mean the command \($0)?" }
        throw UsageError(
          "\(quoted(text)) is neither a command nor a query",
          (hint.map { [$0] } ?? []) + [
            "commands: \(known.joined(separator: ", "))", "a query: 'state listen and sport = :80' (help query)",
            "a process: --process \(shortened(text))",
          ])
      }
      throw UsageError(error, in: "query")
    }
  }

  /// The processes that a list names one by one: those of its ranges need not all exist.
  static func processIDs(listedIn text: String) -> [Int32] {
    (isNegation(text.first) ? text.dropFirst() : text[...]).split(separator: ",").compactMap { Int32($0) }
  }

  /// A `!` before the list means all other states, as everywhere; behind a state without, it takes one state from those before:
  /// `connected,!time_wait`.
  private static func states(_ text: String, _ spelling: String) throws(UsageError) -> Query {
    let items = text.split(separator: ",", omittingEmptySubsequences: false)
    let isTurned = isNegation(items.first?.first)
    let negated = items.filter { isTurned || isNegation($0.first) }.map { isNegation($0.first) ? $0.dropFirst() : $0 }
    let plain = isTurned ? [] : items.filter { !isNegation($0.first) }
    var parts: [Query] = []
    do throws(QueryError) {
      if !plain.isEmpty { parts.append(try .state(plain.joined(separator: ","))) }
      if !negated.isEmpty { parts.append(.not(try .state(negated.joined(separator: ",")))) }
    } catch {
      throw UsageError(error, in: spelling)
    }
    return .all(parts)
  }

  /// `!` as in queries, `^` as in lsof, which needs no quotes in a shell.
  private static func isNegation(_ character: Character?) -> Bool { character == "!" || character == "^" }
}

extension UsageError {
  /// A mistake in a query or list: the message first, then the text with the place marked, then what would be right.
  init(_ error: QueryError, in place: String) {
    let lines = error.render().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let advice = lines.dropFirst(3).flatMap { TextLayout.wrap($0, indent: 0, width: TextLayout.width - 2) }
    self.init("\(place): \(error.message)", Array(lines.prefix(2)) + advice)
  }
}
