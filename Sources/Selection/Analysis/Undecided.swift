public import SocketModel

/// Finds the sockets of which it cannot be told whether a query matches, since their source does not tell a field that it asks for.
public struct UndecidedRows: Sendable {
  /// The query with what is not told taken for whatever lets most sockets pass, and for whatever lets fewest pass.
  private struct Bounds: Sendable {
    let most: Program
    let fewest: Program
  }

  private let bounds: [Transport: Bounds]
  private let untold: [Transport: [Field]]

  fileprivate init(_ condition: Condition, transports: Set<Transport>, isTold: (Field, Transport) -> Bool) {
    var bounds: [Transport: Bounds] = [:]
    var untold: [Transport: [Field]] = [:]
    for transport in transports {
      func isUntold(_ leaf: Condition.Leaf) -> Bool { leaf.fields.contains { !isTold($0, transport) } }
      let leaves = condition.leaves.filter(isUntold)
      guard !leaves.isEmpty else { continue }
      untold[transport] = leaves.flatMap(\.fields).filter { !isTold($0, transport) }
      // What only the owners can tell is left open in both.
      let early = condition.assumingBest { !isUntold($0) && $0.isUnknownBeforeOwners }
      bounds[transport] = Bounds(
        most: Program(early.assumingBest(isUntold)), fewest: Program(early.assumingBest(isNegated: true, isUntold)))
    }
    self.bounds = bounds
    self.untold = untold
  }

  /// Whether it cannot be told whether the socket in a row matches.
  public func contains(_ snapshot: Snapshot, row: Int) -> Bool {
    guard let bounds = bounds[snapshot.records[row].transport] else { return false }
    return bounds.most.accepts(snapshot, row: row) && !bounds.fewest.accepts(snapshot, row: row)
  }

  /// The fields that are asked for and not told of some transports, in the order of all fields.
  public func fields(of transports: Set<Transport>) -> [Field] {
    let fields = Set(transports.flatMap { untold[$0] ?? [] })
    return Field.all.filter(fields.contains)
  }
}

extension Query {
  /// What finds the sockets of some transports that cannot be decided; `nil` when everything that the query asks for is told of all of them.
  public func undecidedRows(
    of transports: Set<Transport>, isTold: (_ field: Field, _ transport: Transport) -> Bool
  ) -> UndecidedRows? {
    let leaves = condition.leaves
    let asked = transports.filter { transport in leaves.contains { $0.fields.contains { !isTold($0, transport) } } }
    return asked.isEmpty ? nil : UndecidedRows(condition, transports: asked, isTold: isTold)
  }

  /// Whether sockets that are in one state are asked for by its name, alone or beside others.
  public func asks(for state: SocketState) -> Bool {
    states.contains(state)
      && condition.leaves.contains {
        if case .states(let states) = $0 { states == SocketStateSet(state) } else { false }
      }
  }
}
