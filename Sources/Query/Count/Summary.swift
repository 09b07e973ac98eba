package import SocketModel

/// How many sockets there are, by transport, state and family.
package struct Summary: Sendable, Hashable {
  /// How many sockets are in a state.
  package struct StateCount: Sendable, Hashable {
    /// The state.
    package let state: SocketState
    /// How many; at least 1.
    package let count: Int
  }

  /// How many sockets are of a family.
  package struct FamilyCount: Sendable, Hashable {
    /// The family.
    package let family: AddressFamily
    /// How many; at least 1.
    package let count: Int
  }

  /// The sockets of one transport.
  package struct Line: Sendable, Hashable {
    /// The transport.
    package let transport: Transport
    /// How many sockets it has; at least 1.
    package let total: Int
    /// The states that occur, in the order of `SocketState`.
    package let states: [StateCount]
    /// The families that occur, in the order of `AddressFamily`.
    package let families: [FamilyCount]

    /// How many of the sockets are in a state.
    package func count(of state: SocketState) -> Int { states.first { $0.state == state }?.count ?? 0 }

    /// How many of the sockets are of a family.
    package func count(of family: AddressFamily) -> Int { families.first { $0.family == family }?.count ?? 0 }
  }

  /// The transports that occur, in their order.
  package let lines: [Line]
  /// How many sockets there are in total.
  package let total: Int
  /// How many TCP sockets no process has open while the kernel still ends their connections:
  /// closed, but what was sent is not acknowledged, or the other end has not closed. TIME_WAIT,
  /// which is no longer a socket, does not count.
  package let orphans: [Transport: Int]

  /// Counts some rows of a snapshot.
  package init(of rows: [UInt32], in snapshot: Snapshot) {
    var states: [Transport: [SocketState: Int]] = [:]
    var families: [Transport: [AddressFamily: Int]] = [:]
    // One counter per combination: a row costs an addition and no hashing.
    var counts = [Int](repeating: 0, count: Self.slots)
    for row in rows { counts[Self.slot(snapshot, Int(row))] += 1 }
    for transport in Transport.allCases {
      for state in SocketState.allCases {
        for family in AddressFamily.allCases {
          let count = counts[Self.slot(transport, state, Self.place(of: family))]
          guard count > 0 else { continue }
          states[transport, default: [:]][state, default: 0] += count
          families[transport, default: [:]][family, default: 0] += count
        }
      }
    }
    lines = Transport.allCases.compactMap { transport in
      guard let byState = states[transport], let byFamily = families[transport] else { return nil }
      return Line(
        transport: transport, total: byState.values.reduce(0, +),
        states: SocketState.allCases.compactMap { state in byState[state].map { StateCount(state: state, count: $0) } },
        families: AddressFamily.allCases.compactMap { family in
          byFamily[family].map { FamilyCount(family: family, count: $0) }
        })
    }
    total = rows.count
    var orphans: [Transport: Int] = [:]
    for row in rows where snapshot.records[Int(row)].isOrphan {
      orphans[snapshot.records[Int(row)].transport, default: 0] += 1
    }
    self.orphans = orphans
  }

  /// Transports below 16, states below 64, places of families below 16.
  private static let slots = 16 * 64 * 16

  private static func slot(_ snapshot: Snapshot, _ row: Int) -> Int {
    slot(snapshot.records[row].transport, snapshot.records[row].state, place(of: snapshot.records[row].family))
  }

  private static func place(of family: AddressFamily) -> Int {
    switch family {
    case .unix: 0
    case .ipv4: 1
    case .ipv6: 2
    case .netlink: 3
    case .packet: 4
    case .tipc: 5
    case .vsock: 6
    case .xdp: 7
    case .other: 8
    }
  }

  private static func slot(_ transport: Transport, _ state: SocketState, _ family: Int) -> Int {
    (Int(transport.rawValue) * 64 + Int(state.rawValue)) * 16 + family
  }
}

extension SocketRecord {
  /// Whether the socket was closed and the kernel is still ending its connection. One that was not
  /// accepted yet does not belong to a file either.
  fileprivate var isOrphan: Bool {
    guard transport.hasTCPStates, known.contains(.inode), inode == 0 else { return false }
    switch state {
    case .finWait1, .finWait2, .closing, .lastAck: return true
    default: return false
    }
  }
}
