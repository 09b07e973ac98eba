package import SocketModel

/// The words for states and for groups of them.
package enum StateNames {
  /// The groups of ss that are not also the name of a state.
  package static let groups: [(name: String, states: SocketStateSet)] = [
    ("all", .all),
    (
      "synchronized",
      SocketStateSet.all.subtracting(
        SocketStateSet([.close, .unconnected, .listen, .synSent, .boundInactive, .unhashed]))
    ),
    ("bucket", SocketStateSet([.synRecv, .timeWait])),
    ("big", SocketStateSet.all.subtracting(SocketStateSet([.synRecv, .timeWait]))),
  ]

  /// The name of every state as it is shown, and of every group.
  package static let canonicalNames: [String] = SocketState.allCases.map(\.name) + groups.map(\.name)

  /// Every name that is suggested: the shown ones and the additional ones of ss.
  package static let names: [String] = canonicalNames + ["listening", "closed", "estab", "unconn"]

  /// Whether the text is the name of a state or a group, in any spelling.
  package static func contains(_ text: String) -> Bool { states(named: text) != nil }

  /// The states of a name as a value of the field `state`: exactly the shown one, or a group.
  package static func states(named name: String) -> SocketStateSet? {
    if let state = SocketState(name: name) { return SocketStateSet(state) }
    let lower = name.lowercased()
    return groups.first { $0.name == lower }?.states
  }

  /// The states of a name as the argument of an option: the shown one, or a group. `connected` is
  /// the group of ss, which includes the state of that name: for sockets of transports without
  /// TCP's states the two are the same.
  static func statesOfOption(named name: String) -> SocketStateSet? {
    SocketState(name: name) == .connected ? statesOfSS(named: name) : states(named: name)
  }

  /// The states of a name after ss's words `state` and `exclude`.
  ///
  /// There a socket of any transport with a peer is `established` and one without is `unconnected`
  /// or `closed`, as in the kernel; and `connected` is every state but that of listeners and of
  /// sockets that were never connected.
  static func statesOfSS(named name: String) -> SocketStateSet? {
    guard let state = SocketState(name: name) else { return states(named: name) }
    switch state {
    case .established: return SocketStateSet([.established, .connected])
    case .close, .unconnected: return SocketStateSet([.close, .unconnected])
    case .connected:
      return SocketStateSet.all.subtracting(SocketStateSet([.close, .unconnected, .listen, .boundInactive, .unhashed]))
    default: return SocketStateSet(state)
    }
  }
}
