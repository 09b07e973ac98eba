public import SocketModel

/// Makes queries from the arguments of options. All take lists with commas, and patterns where
/// values are names; a backslash removes the special meaning of the next character. Errors mark the
/// place in the argument.
extension Query {
  /// Which end of a socket is meant.
  public enum End: Sendable, Hashable {
    /// The local end.
    case local
    /// The remote end.
    case remote
    /// One of the two.
    case either
  }

  /// Sockets with one of the ports: numbers, ranges `8000-8100`, service names.
  public static func port(_ text: String, end: End = .either, names: NameTables = NameTables()) throws(QueryError)
    -> Query
  {
    let (reader, word) = argument(text, names)
    let ports = try reader.ports(word)
    return joined(end) { ports.condition($0) }
  }

  /// Sockets with a port in one of the ranges.
  public static func port(_ ranges: [ClosedRange<UInt16>], end: End = .either) -> Query {
    let set = RangeSet(ranges.map { UInt64($0.lowerBound)...UInt64($0.upperBound) })
    return joined(end) { set.isEmpty ? .never : .leaf(.port($0, set)) }
  }

  /// Sockets with one of the addresses, or with an address in one of the blocks `10.0.0.0/8`.
  public static func address(_ text: String, end: End = .either) throws(QueryError) -> Query {
    let (reader, word) = argument(text, NameTables())
    return address(try reader.prefixes(word), end: end)
  }

  /// Sockets with an address in one of the blocks.
  public static func address(_ prefixes: [IPPrefix], end: End = .either) -> Query {
    joined(end) { end in .oneOf(prefixes.map { .leaf(.address(end, $0)) }) }
  }

  /// Sockets with one of the ends, each written as in `dst` and `src`: address, block, `:PORT`, or
  /// both.
  public static func host(_ text: String, end: End = .either, names: NameTables = NameTables()) throws(QueryError)
    -> Query
  {
    let (reader, word) = argument(text, names)
    var parts: [Condition] = []
    if end != .remote { parts.append(try reader.hosts(word, .local)) }
    if end != .local { parts.append(try reader.hosts(word, .peer)) }
    return Query(.oneOf(parts))
  }

  /// Sockets in one of the states, by any spelling, or of a group of states; `connected` is the
  /// group of all that have a peer.
  public static func state(_ text: String) throws(QueryError) -> Query {
    let (reader, word) = argument(text, NameTables())
    return state(try reader.states(word, StateNames.statesOfOption(named:)))
  }

  /// Sockets in one of the states.
  public static func state(_ states: SocketStateSet) -> Query { Query(.leaf(.states(states))) }

  /// Sockets of one of the transports.
  public static func transport(_ transports: Set<Transport>) -> Query { Query(.leaf(.transports(transports))) }

  /// Sockets of one of the address families.
  public static func family(_ families: Set<AddressFamily>) -> Query { Query(.leaf(.families(families))) }

  /// Sockets that one of the processes owns: numbers and ranges.
  public static func pid(_ text: String) throws(QueryError) -> Query {
    let (reader, word) = argument(text, NameTables())
    return Query(.leaf(.number(.pid, try reader.numbers(word, unit: nil, maximum: UInt64(Int32.max)))))
  }

  /// Sockets that one of the processes owns.
  public static func pid(_ pids: Set<Int32>) -> Query {
    Query(.leaf(.number(.pid, RangeSet(pids.filter { $0 >= 0 }.map { UInt64($0)...UInt64($0) }))))
  }

  /// Sockets that a process of one of the names owns: names and patterns, of `comm` or of the
  /// program file's base name.
  public static func process(_ text: String) throws(QueryError) -> Query {
    let (reader, word) = argument(text, NameTables())
    return Query(.oneOf(try reader.globs(word).map { .leaf(.process(ProcessPattern($0))) }))
  }

  /// Sockets of one of the users, names or numbers: the socket's own user, or that of a process
  /// that owns it.
  public static func user(_ text: String, names: NameTables = NameTables()) throws(QueryError) -> Query {
    let (reader, word) = argument(text, names)
    return Query(.oneOf([try reader.users(word, field: .user), try reader.users(word, field: .processUser)]))
  }

  /// Sockets of the user, or owned by a process that runs as the user.
  public static func user(_ uid: UInt32) -> Query {
    let set = RangeSet(UInt64(uid))
    return Query(.either([.leaf(.user(.user, set)), .leaf(.user(.processUser, set))]))
  }

  private static func argument(_ text: String, _ names: NameTables) -> (ValueReader, QueryWord) {
    let bytes = Array(text.utf8)
    return (ValueReader(text: bytes, names: names), QueryWord(argument: bytes))
  }

  private static func joined(_ end: End, _ condition: (Condition.End) -> Condition) -> Query {
    switch end {
    case .local: Query(condition(.local))
    case .remote: Query(condition(.peer))
    case .either: Query(.oneOf([condition(.local), condition(.peer)]))
    }
  }
}

extension QueryWord {
  /// Makes a word of an option's argument, in which only the backslash quotes.
  init(argument text: [UInt8]) {
    self.init()
    var isEscaped = false
    for (offset, byte) in text.enumerated() {
      if byte == UInt8(ascii: "\\"), !isEscaped, offset + 1 < text.count {
        isEscaped = true
      } else {
        append(byte, quoted: isEscaped, at: offset)
        isEscaped = false
      }
    }
    range = 0..<text.count
  }
}
