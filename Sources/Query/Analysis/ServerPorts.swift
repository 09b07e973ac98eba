internal import SocketModel

/// The ports of the servers that a query can be about.
package struct ServerPorts: Sendable, Equatable {
  /// The ports.
  package let ports: RangeSet
  /// Whether only the local end is asked about, and not either of the two.
  package let isLocal: Bool
}

extension Query {
  /// The ports one of which a server must have to match; `nil` when servers of other ports match
  /// too, and when no server does, as of a query about the ports of peers.
  package var serverPorts: ServerPorts? {
    guard !states.isDisjoint(with: SocketStateSet([.listen, .unconnected])), let found = condition.endPorts else {
      return nil
    }
    let ports = RangeSet(found.local)
    // `port > 1023` names no port.
    guard let last = ports.ranges.last, last.upperBound < UInt64(UInt16.max) || last.lowerBound == last.upperBound
    else { return nil }
    return ServerPorts(ports: ports, isLocal: !found.hasPeer)
  }
}

extension Condition {
  /// Ports that accepted sockets have at an end.
  fileprivate struct EndPorts {
    /// Those of the local end.
    var local: [ClosedRange<UInt64>] = []
    /// Whether sockets are accepted by the port of their peer.
    var hasPeer = false
  }

  /// The ports by which sockets are accepted; `nil` when others are accepted too.
  fileprivate var endPorts: EndPorts? {
    switch self {
    case .always, .never, .not: return nil
    case .leaf(.port(.local, let set)): return EndPorts(local: set.ranges)
    case .leaf(.port(.peer, _)): return EndPorts(hasPeer: true)
    case .leaf: return nil
    case .all(let parts):
      let found = parts.compactMap(\.endPorts)
      // A server has no peer.
      return found.first { $0.local.isEmpty } ?? found.first
    case .either(let parts):
      var all = EndPorts()
      for part in parts {
        guard let ports = part.endPorts else { return nil }
        all.local += ports.local
        all.hasPeer = all.hasPeer || ports.hasPeer
      }
      return all
    }
  }
}
