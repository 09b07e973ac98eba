public import SocketModel

/// A condition on sockets: a parsed query, ready to be tested on many sockets.
///
/// A comparison with an absent value is false, except that `!=` is the negation of `=` and so is
/// true. `FIELD = *` is true when there is a value, except for `local` and `peer`, where `*` is
/// ss's word for any address, even none. A comparison of a field with one value per owner is true
/// when it is for any owner; `!=` is true when no owner has the value. Two numbers of the same kind
/// may be compared with each other, as in `accept_queue >= accept_limit`; the same rules apply.
public struct Query: Sendable {
  let condition: Condition
  private let compiled: CompiledQuery
  private let prefilter: CompiledQuery

  init(_ condition: Condition) {
    self.condition = condition
    compiled = CompiledQuery(condition)
    prefilter = CompiledQuery(condition.assumingBest { $0.isUnknownBeforeOwners })
  }

  /// The query that every socket matches.
  public static let everything = Query(.always)

  /// Parses a query. An empty or blank one matches every socket.
  public static func parse(_ text: String, names: NameTables = NameTables()) throws(QueryError) -> Query {
    try parse(bytes: Array(text.utf8), names: names)
  }

  /// Parses a query from bytes, which need not be UTF-8.
  public static func parse(bytes: [UInt8], names: NameTables = NameTables()) throws(QueryError) -> Query {
    guard let syntax = try QueryParser.parse(bytes, fields: names.fields) else { return everything }
    return Query(try TypeCheck(text: bytes, names: names).condition(syntax))
  }

  /// Parses a query and writes it in its canonical form, which parses as the same query; empty for
  /// an empty one.
  public static func canonical(_ text: [UInt8]) throws(QueryError) -> [UInt8] {
    try QueryParser.parse(text, fields: .standard)?.printed ?? []
  }

  /// The query that is true when all of the queries are.
  public static func all(_ queries: [Query]) -> Query { Query(.joined(queries.map(\.condition))) }

  /// The query that is true when at least one of the queries is; never for none.
  public static func any(_ queries: [Query]) -> Query { Query(.oneOf(queries.map(\.condition))) }

  /// The query that is true when this one is not.
  public static func not(_ query: Query) -> Query { Query(.negated(query.condition)) }

  // MARK: Testing sockets

  /// Whether the socket in a row matches. Everything in ``requiredDetails`` must have been
  /// collected.
  public func matches(_ snapshot: Snapshot, row: Int) -> Bool { compiled.accepts(snapshot, row: row) }

  /// Whether the socket in a row can still match once its owners, and the names of users,
  /// interfaces and cgroups, are known.
  public func couldMatch(_ snapshot: Snapshot, row: Int) -> Bool { prefilter.accepts(snapshot, row: row) }

  /// The rows that match, in order.
  public func rows(of snapshot: Snapshot) -> [UInt32] {
    var rows: [UInt32] = []
    let listed = snapshot.listedRows
    if compiled.isAlwaysTrue { return listed.map { UInt32($0) } }
    for row in listed where matches(snapshot, row: row) { rows.append(UInt32(row)) }
    return rows
  }

  // MARK: What follows from the query alone

  /// Whether every socket matches.
  public var isEverything: Bool { compiled.isAlwaysTrue }

  /// What must be collected to answer the query.
  public var requiredDetails: RequiredDetails { condition.leaves.reduce(into: []) { $0.formUnion($1.requiredDetails) } }

  /// Whether it tests a field of a kind.
  package func tests(_ isOfKind: (Field) -> Bool) -> Bool {
    condition.leaves.contains { $0.fields.contains(where: isOfKind) }
  }

  /// The first tested field that some details must be collected for; `nil` when there is none.
  package func field(needing details: RequiredDetails) -> Field? {
    let leaf = condition.leaves.first { !$0.requiredDetails.isDisjoint(with: details) }
    return leaf?.fields.first { !$0.description.requiredDetails.isDisjoint(with: details) }
  }

  /// The states that matching sockets can have; others need not be dumped.
  public var states: SocketStateSet { condition.possibleStates }

  /// The transports that matching sockets can have; others need not be listed.
  public var possibleTransports: Set<Transport> { condition.possibleTransports }

  /// The transports that the query names, or that alone have a field in it: they are listed even if
  /// they are not by default. `nil` when it names none.
  public var mentionedTransports: Set<Transport>? { condition.mentionedTransports }

  /// A condition that every matching internet socket passes, for the kernel to test during a dump
  /// of any of the transports.
  public func kernelFilter(for transports: Set<Transport>) -> KernelFilter {
    KernelFilterBound(portsAreExact: transports.allSatisfy { $0.hasPorts || !$0.isInternet }).bound(condition)
  }

  /// A condition that every matching internet socket passes, whatever its transport.
  public var kernelFilter: KernelFilter { kernelFilter(for: Set(Transport.allCases)) }

  /// The only processes whose descriptors must be walked; `nil` when any process can matter.
  ///
  /// Only set when the query tests nothing but the process id of owners: then other owners cannot
  /// change the result.
  public var ownerPIDs: Set<Int32>? {
    guard case .number(.pid, let set)? = onlyOwnerLeaf, let numbers = set.numbers(limit: 65536) else { return nil }
    return Set(numbers.compactMap { Int32(exactly: $0) })
  }

  /// The only users whose processes must be walked, by effective user id; `nil` when any process
  /// can matter. See ``ownerPIDs``.
  public var ownerUsers: Set<UInt32>? {
    guard case .user(.processUser, let set)? = onlyOwnerLeaf, let numbers = set.numbers(limit: 65536) else {
      return nil
    }
    return Set(numbers.compactMap { UInt32(exactly: $0) })
  }

  /// The users to whom a socket, or a process that has it open, must belong; `nil` when the query
  /// tests anything else about owners.
  ///
  /// Only the processes of these users need be walked, except for sockets of theirs that other
  /// processes have open.
  public var socketOrOwnerUsers: Set<UInt32>? {
    let count = condition.leaves.count { $0.requiredDetails.contains(.owners) }
    let parts: [Condition] = if case .all(let parts) = condition { parts } else { [condition] }
    for case .either(let alternatives) in parts {
      guard alternatives.allSatisfy(\.asksOnlyForUsers) else { continue }
      var own: [ClosedRange<UInt64>] = []
      var running: [ClosedRange<UInt64>] = []
      var questions = 0
      for leaf in alternatives.flatMap(\.leaves) {
        if case .user(.user, let set) = leaf { own += set.ranges }
        if case .user(.processUser, let set) = leaf {
          running += set.ranges
          questions += 1
        }
      }
      let users = RangeSet(running)
      guard questions == count, RangeSet(own) == users, let numbers = users.numbers(limit: 65536) else { continue }
      return Set(numbers.compactMap { UInt32(exactly: $0) })
    }
    return nil
  }

  /// The name of the only processes whose descriptors must be walked; `nil` when any process can
  /// matter. See ``ownerPIDs``.
  package var ownerProcess: ProcessPattern? {
    guard case .process(let pattern)? = onlyOwnerLeaf else { return nil }
    return pattern
  }

  /// Whether all sockets of some processes are selected, by their ids or name, and nothing else.
  public var asksForProcesses: Bool {
    guard case .leaf = condition else { return false }
    return ownerPIDs != nil || ownerProcess != nil
  }

  /// The only test about owners, when there is just one and it must be true.
  private var onlyOwnerLeaf: Condition.Leaf? {
    guard condition.leaves.count(where: { $0.requiredDetails.contains(.owners) }) == 1 else { return nil }
    let parts: [Condition] = if case .all(let parts) = condition { parts } else { [condition] }
    for case .leaf(let leaf) in parts where leaf.requiredDetails.contains(.owners) { return leaf }
    return nil
  }
}

extension Condition {
  /// Whether this tests users of sockets or processes, any of several, and nothing else.
  fileprivate var asksOnlyForUsers: Bool {
    switch self {
    case .leaf(.user): true
    case .either(let parts): parts.allSatisfy(\.asksOnlyForUsers)
    default: false
    }
  }
}
