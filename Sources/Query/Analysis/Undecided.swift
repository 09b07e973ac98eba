package import SocketModel

/// Finds the sockets of `/proc/net` tables that a query cannot decide, because the tables do not
/// report what it tests.
package struct UndecidedRows: Sendable {
  /// The query with unreported values replaced by whatever lets most sockets pass, and by whatever
  /// lets fewest pass.
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
      // What only the owners can decide is left open in both.
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

  /// The names of the tested fields that are not reported for some transports, in the order of all
  /// fields.
  package func names(of transports: Set<Transport>) -> [String] {
    let all = transports.compactMap { unreported[$0] }.reduce(into: Unreported()) { $0.formUnion($1) }
    return Field.all.filter(all.fields.contains).map(\.description.name) + (all.autobound ? ["autobound"] : [])
  }
}

/// The fields in a test that the tables of `/proc/net` do not report.
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
  /// Returns a test for the sockets in tables of `/proc/net` that the query cannot decide; `nil`
  /// when the tables report everything that it tests for all these transports.
  ///
  /// - Parameters:
  ///   - transports: the transports that are listed.
  ///   - knowsNamespace: whether the network namespace of the tables is known; that of a copy
  ///     without a manifest is not.
  package func undecidedRows(of transports: Set<Transport>, knowsNamespace: Bool) -> UndecidedRows? {
    let rows = UndecidedRows(condition, transports: transports, knowsNamespace: knowsNamespace)
    return rows.isEmpty ? nil : rows
  }

  /// Whether sockets that no table lists are selected by their state, alone or with others.
  package var namesUnlisted: Bool {
    states.contains(.unhashed)
      && condition.leaves.contains {
        // Groups such as `big` mean the states of sockets that tables list.
        if case .states(let states) = $0 {
          states.contains(.unhashed) && states.rawValue.nonzeroBitCount < SocketState.allCases.count / 2
        } else {
          false
        }
      }
  }

  /// Whether sockets in one state are selected by its name, alone or with others.
  package func asks(for state: SocketState) -> Bool {
    states.contains(state)
      && condition.leaves.contains {
        if case .states(let states) = $0 { states == SocketStateSet(state) } else { false }
      }
  }
}
