package import SocketModel

/// What a query looks for in the cells of a socket, to mark it where it was found.
package struct QueryMarks: Sendable {
  /// A part of a cell.
  package struct Mark: Sendable, Hashable {
    /// The column that shows it: the ends of a socket and its owners stand for all that is in them.
    package let field: Field
    package let part: Part
  }

  /// Which part of a cell.
  package enum Part: Sendable, Hashable {
    case whole
    /// Of an end: the port, or the address.
    case port, address
    /// Each occurrence of a text, given in lower case; the case of ASCII letters does not matter.
    case text([UInt8])
  }

  private let leaves: [Condition.Leaf]

  /// Marks what a query looks for; what it rules out is nowhere to be found.
  package init(_ query: Query) { leaves = query.condition.soughtLeaves }

  /// Whether there is nothing to mark in any socket.
  package var isEmpty: Bool { leaves.isEmpty }

  /// What was found in the socket of a row.
  package func marks(of snapshot: Snapshot, row: Int) -> [Mark] {
    leaves.flatMap { leaf -> [Mark] in
      switch leaf {
      case .contains(let search):
        return search.fields.filter { search.holds(snapshot, row: row, $0) }.map { field in
          Mark(field: field.shownField, part: search.part.isEmpty ? .whole : .text(search.part))
        }
      case .port(let end, _): return mark(leaf, end == .local ? .local : .peer, .port, snapshot, row)
      case .address(let end, _): return mark(leaf, end == .local ? .local : .peer, .address, snapshot, row)
      default: return leaf.fields.prefix(1).flatMap { mark(leaf, $0.shownField, .whole, snapshot, row) }
      }
    }
  }

  private func mark(_ leaf: Condition.Leaf, _ field: Field, _ part: Part, _ snapshot: Snapshot, _ row: Int) -> [Mark] {
    leaf.holds(snapshot, row: row) ? [Mark(field: field, part: part)] : []
  }
}

extension Condition {
  /// The tests that a matching socket passes.
  fileprivate var soughtLeaves: [Leaf] {
    switch self {
    case .always, .never, .not: []
    case .leaf(let leaf): [leaf]
    case .all(let parts), .either(let parts): parts.flatMap(\.soughtLeaves)
    }
  }
}

extension Field {
  /// The column that shows the field in a usual table.
  fileprivate var shownField: Field {
    switch self {
    case .process, .pid, .descriptor, .executable, .processUser: .owners
    case .localPort, .localAddress: .local
    case .peerPort, .peerAddress: .peer
    case .peerProcess: .peerOwners
    default: self
    }
  }
}
