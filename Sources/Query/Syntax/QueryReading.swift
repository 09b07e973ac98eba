package import SocketModel
internal import Text

/// A query as a person types it: a well-formed one, or words with the meaning that they look like.
package struct QueryReading: Sendable {
  /// The condition on sockets.
  package let query: Query
  /// The words that stood alone, in order; empty for a well-formed query.
  package let words: [Word]

  /// How a word that stood alone was understood.
  package struct Word: Sendable, Hashable {
    /// A meaning of the word. It can have several at once.
    package enum Meaning: Sendable, Hashable {
      case port, address, state, transport, user, text
    }

    /// The word as it was typed.
    package let text: String
    /// All of its meanings.
    package let meanings: [Meaning]
    /// A name of the query language that is near a word taken for text, which may have been meant.
    package let suggestion: String?
  }

  /// Whether a text consists only of ports and so asks who uses them: `1234`, `:1234`, `80,443`,
  /// `8000-8100`, `:https`.
  package static func isPortList(_ text: String) -> Bool {
    if case .ports(_, nil) = BareWord(QueryWord(argument: Array(text.utf8))) { return true }
    return false
  }

  /// Whether a word was taken for a meaning.
  package func has(_ meaning: Word.Meaning) -> Bool { words.contains { $0.meanings.contains(meaning) } }
}

extension Query {
  /// Parses what a person typed. A well-formed query takes precedence. Otherwise words may stand
  /// alone in it, also with conditions: they are ports, addresses, states or transports if they
  /// look like one, and otherwise text to look for in the fields `shown`, and also the name of a
  /// user or service where there is one of that name.
  ///
  /// Adjacent words must all match; adjacent ports, states and transports are alternatives.
  package static func reading(
    _ text: String, names: NameTables = NameTables(), shown: [Field] = TextFields.always
  ) throws(QueryError) -> QueryReading {
    let bytes = Array(text.utf8)
    do throws(QueryError) {
      return QueryReading(query: try parse(bytes: bytes, names: names), words: [])
    } catch {
      guard let (syntax, words, isLoose) = try QueryParser.parseWords(bytes, fields: names.fields) else {
        return QueryReading(query: .everything, words: [])
      }
      // Without a word that stands alone the mistake is the one that was found.
      guard isLoose else { throw error }
      let check = TypeCheck(text: bytes, names: names, shown: shown)
      return QueryReading(query: Query(try check.condition(syntax)), words: words.map { check.reading(of: $0) })
    }
  }
}

extension Query {
  /// A query without its last condition, and without the operator before that: empty for a single
  /// condition, or one with a mistake.
  package static func withoutLastCondition(_ text: String, names: NameTables = NameTables()) -> String {
    let bytes = Array(text.utf8)
    guard let length = QueryParser.lengthWithoutLastCondition(bytes, fields: names.fields) else { return "" }
    let rest = bytes.prefix(length)
    let end = rest.lastIndex { $0 != ASCII.blank }.map { $0 + 1 } ?? 0
    return String(decoding: rest[..<end], as: UTF8.self)
  }
}

/// The fields in which text is looked for.
package enum TextFields {
  /// The fields that are always searched.
  package static let always: [Field] = [.transport, .state, .local, .peer, .owners]

  /// The fields of a listing with some columns: all that are not numbers, and the parent, which is
  /// shown with its name.
  package static func of(_ columns: [Field]) -> [Field] {
    always + columns.filter { !always.contains($0) && ($0.description.type != .number || $0 == .parent) }
  }
}

extension TypeCheck {
  /// The condition of a word by itself.
  package func condition(ofWord word: QueryWord) throws(QueryError) -> Condition {
    switch BareWord(word) {
    case .ports(let ports, let transport):
      let condition = try portCondition(ports)
      guard let transport else { return condition }
      return .joined([.leaf(.transports([transport])), condition])
    case .hosts: return .oneOf([try reader.hosts(word, .local), try reader.hosts(word, .peer)])
    case .states: return .leaf(.states(try reader.states(word, StateNames.statesOfOption(named:))))
    case .transports:
      return .oneOf(word.split(at: UInt8(ascii: ",")).compactMap { TransportWord($0.text)?.condition })
    case .named(let name, let ports):
      return .joined([.leaf(.contains(TextSearch(name, in: shown))), try portCondition(ports)])
    case .text:
      if word.isStar { return .always }
      var parts: [Condition] = []
      if isService(word) { parts.append(try portCondition(word)) }
      if let uid = user(word) {
        let set = RangeSet(UInt64(uid))
        parts += [.leaf(.user(.user, set)), .leaf(.user(.processUser, set))]
      }
      for item in word.isQuoted ? [word] : word.split(at: UInt8(ascii: ",")) where !item.bytes.isEmpty {
        parts.append(.leaf(.contains(TextSearch(item, in: shown))))
      }
      return .oneOf(parts)
    }
  }

  private func portCondition(_ word: QueryWord) throws(QueryError) -> Condition {
    let ports = try reader.ports(word)
    return .oneOf([ports.condition(.local), ports.condition(.peer)])
  }

  private func isService(_ word: QueryWord) -> Bool { !word.isQuoted && !reader.names.servicePorts(word.text).isEmpty }

  private func user(_ word: QueryWord) -> UInt32? { word.isQuoted ? nil : reader.names.userID(word.text) }

  /// The word with a meaning of its own that is nearest to a text; `nil` when none is near.
  private func nearest(to text: String) -> String? {
    NearestWord.nearest(
      to: text, among: QuerySubject.names(of: reader.names.fields) + StateNames.names + Transport.allCases.map(\.name))
  }

  /// Decides how a word that stands alone is understood.
  package func reading(of word: QueryWord) -> QueryReading.Word {
    var meanings: [QueryReading.Word.Meaning] = []
    var suggestion: String?
    switch BareWord(word) {
    case .ports: meanings = [.port]
    case .hosts: meanings = [.address]
    case .states: meanings = [.state]
    case .transports: meanings = [.transport]
    case .named: meanings = [.text, .port]
    case .text:
      if isService(word) { meanings.append(.port) }
      if user(word) != nil { meanings.append(.user) }
      meanings.append(.text)
      if meanings.count == 1, !word.isQuoted { suggestion = nearest(to: word.text) }
    }
    return QueryReading.Word(text: word.text, meanings: meanings, suggestion: suggestion)
  }
}
