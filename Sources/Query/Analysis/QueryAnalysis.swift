internal import SocketModel

/// What can be derived from a condition without looking at a socket.
///
/// Everything here is a bound: the set of states (transports, kernel filters) that holds for every
/// socket that the condition accepts (`upper`), and one that holds only for sockets that it accepts
/// (`lower`). Negation swaps them, which is why both are needed.
extension Condition {
  /// The values that accepted sockets can have, and those for which every socket is accepted.
  func bounds<Values: SetAlgebra>(
    _ everything: Values, _ leafBounds: (Leaf) -> (upper: Values, lower: Values)
  ) -> (upper: Values, lower: Values) {
    switch self {
    case .always: return (everything, everything)
    case .never: return ([], [])
    case .leaf(let leaf): return leafBounds(leaf)
    case .not(let inner):
      let (upper, lower) = inner.bounds(everything, leafBounds)
      return (everything.subtracting(lower), everything.subtracting(upper))
    case .all(let parts):
      return parts.reduce((everything, everything)) { total, part in
        let (upper, lower) = part.bounds(everything, leafBounds)
        return (total.0.intersection(upper), total.1.intersection(lower))
      }
    case .either(let parts):
      return parts.reduce((Values(), Values())) { total, part in
        let (upper, lower) = part.bounds(everything, leafBounds)
        return (total.0.union(upper), total.1.union(lower))
      }
    }
  }

  /// The states that accepted sockets can have.
  var possibleStates: SocketStateSet {
    bounds(SocketStateSet.all) { leaf in
      switch leaf {
      case .states(let states): (states, states)
      case .number, .present, .fields:
        (leaf.fields.reduce(.all) { $0.intersection($1.description.states) }, [])
      default: (.all, [])
      }
    }.upper
  }

  /// The transports that accepted sockets can have.
  package var possibleTransports: Set<Transport> {
    bounds(Set(Transport.allCases)) { leaf in
      switch leaf {
      case .transports(let transports): (transports, transports)
      case .families(let families):
        (leaf.transports, Set(Transport.allCases.filter { families.isSuperset(of: $0.description.families) }))
      default: (leaf.transports, [])
      }
    }.upper
  }

  /// The transports that the condition names, directly or by a field that only they have; `nil`
  /// when it names none.
  package var mentionedTransports: Set<Transport>? {
    func mentioned(_ condition: Condition, isNegated: Bool) -> Set<Transport> {
      switch condition {
      case .always, .never: []
      case .not(let inner): mentioned(inner, isNegated: !isNegated)
      case .all(let parts), .either(let parts):
        parts.reduce(into: []) { $0.formUnion(mentioned($1, isNegated: isNegated)) }
      case .leaf(let leaf): isNegated ? [] : leaf.mentionedTransports
      }
    }
    let result = mentioned(self, isNegated: false)
    return result.isEmpty ? nil : result
  }
}

extension Condition.Leaf {
  /// The transports whose sockets can have the value at all.
  fileprivate var transports: Set<Transport> {
    switch self {
    case .transports(let transports): transports
    case .families(let families): Set(Transport.allCases.filter { !families.isDisjoint(with: $0.description.families) })
    case .autobound:
      Set(Transport.allCases.filter { $0.hasPorts && $0.description.format == .internet || $0 == .unix })
    case .contains: Set(Transport.allCases)
    default:
      fields.reduce(TransportSet.all) { $0.intersection($1.description.transports) }.members
    }
  }

  /// The transports that a condition mentions, so that they are listed even if they are not by
  /// default.
  fileprivate var mentionedTransports: Set<Transport> {
    switch self {
    case .transports(let transports): transports
    case .families(let families):
      families.isDisjoint(with: [.ipv4, .ipv6]) ? transports : []
    case .contains(let search): search.isPath ? [.unix] : []
    default:
      fields.map(\.description).filter(\.impliesTransports)
        .reduce(TransportSet()) { $0.union($1.transports) }.members
    }
  }
}
