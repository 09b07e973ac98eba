package import SocketModel

/// A word for some sockets by protocol: the name of a transport, of a group of them, or of one kind
/// of their sockets.
///
/// In addition to the shown names these are the words of ss's `-A` (`u_str`, `unix_dgram`,
/// `packet_raw` ...) and those with a version at their end, such as `tcp6`.
package struct TransportWord: Sendable, Hashable {
  /// The transports that are meant.
  package let transports: Set<Transport>
  /// The address families, when only some are meant.
  package let families: Set<AddressFamily>?
  /// The socket types, when only some are meant.
  package let types: Set<SocketType>?
  /// Whether it is the name of a single transport, so that one without a source is a problem.
  package let isSingle: Bool

  /// Finds what a word means; case does not matter.
  package init?(_ name: String) {
    let folded = name.lowercased()
    func set(_ transports: Set<Transport>, families: Set<AddressFamily>? = nil, types: Set<SocketType>? = nil) -> Self {
      Self(transports: transports, families: families, types: types, isSingle: transports.count == 1)
    }
    if let transport = Transport.allCases.first(where: { $0.name == folded }) {
      self = set([transport])
      return
    }
    for transport in Transport.allCases {
      for (names, type) in transport.description.typeNames where names.contains(folded) {
        self = set([transport], types: [type])
        return
      }
    }
    let internet = Set(Transport.allCases.filter(\.isInternet))
    switch folded {
    case "all": self = set(Set(Transport.allCases))
    case "inet", "internet": self = set(internet)
    case "inet4", "ipv4", "ip4": self = set(internet, families: [.ipv4])
    case "inet6", "ipv6", "ip6": self = set(internet, families: [.ipv6])
    default:
      guard let version = folded.last, version == "4" || version == "6",
        let transport = internet.first(where: { $0.name == folded.dropLast() })
      else { return nil }
      self = set([transport], families: [version == "4" ? .ipv4 : .ipv6])
    }
  }

  private init(
    transports: Set<Transport>, families: Set<AddressFamily>?, types: Set<SocketType>?, isSingle: Bool
  ) {
    self.transports = transports
    self.families = families
    self.types = types
    self.isSingle = isSingle
  }

  /// The condition on a socket.
  var condition: Condition {
    // Also for `all`: it says that every transport is to be listed.
    var parts: [Condition] = [.leaf(.transports(transports))]
    if let families { parts.append(.leaf(.families(families))) }
    if let types { parts.append(.leaf(.words(.socketType, CodeSet(types.map(\.rawValue))))) }
    return .joined(parts)
  }

  /// The sockets that the word means, as a query.
  package var query: Query { Query(condition) }
}
