package import SocketModel

/// Finds the sockets of `/proc/net` tables that a query cannot decide, since these do not report
/// what it asks for.
package struct UndecidedRows: Sendable {
  /// The query with what is not reported taken for whatever lets most sockets pass, and for
  /// whatever lets fewest pass.
  private struct Bounds: Sendable {
    let most: CompiledQuery
    let fewest: CompiledQuery
  }

  private let bounds: [Transport: Bounds]
  private let unreported: [Transport: Unreported]

  fileprivate init(_ condition: Condition, transports: Set<Transport>, knowsNamespace: Bool) {
    var bounds: [Transport: Bounds] = [:]
    var unreported: [Transport: Unreported] = [:]
    for transport in transports {
      func unreportedPart(_ leaf: Condition.Leaf) -> Unreported {
        Unreported(leaf, of: transport, knowsNamespace: knowsNamespace)
      }
      func isUnreported(_ leaf: Condition.Leaf) -> Bool { !unreportedPart(leaf).isEmpty }
      let all = condition.leaves.map(unreportedPart).reduce(into: Unreported()) { $0.formUnion($1) }
      guard !all.isEmpty else { continue }
      unreported[transport] = all
      // What only the owners can answer is left open in both.
      let prefilter = condition.assumingBest { !isUnreported($0) && $0.isUnknownBeforeOwners }
      bounds[transport] = Bounds(
        most: CompiledQuery(prefilter.assumingBest(isUnreported)),
        fewest: CompiledQuery(prefilter.assumingBest(isNegated: true, isUnreported)))
    }
    self.bounds = bounds
    self.unreported = unreported
  }

  fileprivate var isEmpty: Bool { bounds.isEmpty }

  /// Whether it is not known whether the socket in a row matches.
  package func contains(_ snapshot: Snapshot, row: Int) -> Bool {
    guard let bounds = bounds[snapshot.records[row].transport] else { return false }
    return bounds.most.accepts(snapshot, row: row) && !bounds.fewest.accepts(snapshot, row: row)
  }

  /// The names of what is asked for and not reported of some transports, in the order of all
  /// fields.
  package func names(of transports: Set<Transport>) -> [String] {
    let all = transports.compactMap { unreported[$0] }.reduce(into: Unreported()) { $0.formUnion($1) }
    return Field.all.filter(all.fields.contains).map(\.description.name) + (all.autobound ? ["autobound"] : [])
  }
}

/// What a question asks for that the tables of `/proc/net` do not report.
private struct Unreported {
  var fields: Set<Field> = []
  var autobound = false

  var isEmpty: Bool { fields.isEmpty && !autobound }

  init() {}

  init(_ leaf: Condition.Leaf, of transport: Transport, knowsNamespace: Bool) {
    fields = Set(leaf.fields.filter { !$0.isInTables(of: transport) || $0 == .netns && !knowsNamespace })
    // The name of a unix socket shows it; see `isAutoboundName`.
    if case .autobound = leaf { autobound = transport.isInternet }
  }

  mutating func formUnion(_ other: Unreported) {
    fields.formUnion(other.fields)
    autobound = autobound || other.autobound
  }
}

extension Query {
  /// Returns what finds the sockets of tables of `/proc/net` that the query cannot decide; `nil`
  /// when the tables report everything that it asks for of all these transports.
  ///
  /// - Parameters:
  ///   - transports: the transports that are listed.
  ///   - knowsNamespace: whether it is known which network namespace the tables are of, as it is
  ///     not of a copy without a manifest.
  package func undecidedRows(of transports: Set<Transport>, knowsNamespace: Bool) -> UndecidedRows? {
    let rows = UndecidedRows(condition, transports: transports, knowsNamespace: knowsNamespace)
    return rows.isEmpty ? nil : rows
  }

  /// Whether sockets that are in one state are asked for by its name, alone or beside others.
  package func asks(for state: SocketState) -> Bool {
    states.contains(state)
      && condition.leaves.contains {
        if case .states(let states) = $0 { states == SocketStateSet(state) } else { false }
      }
  }
}
