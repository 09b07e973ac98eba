package import SocketModel

/// The local ports with a connection to one server: what is in the way when no port is left for
/// another.
package struct PortsInUse: Sendable, Equatable {
  /// How many there are in each state.
  package let states: [SocketState: Int]

  /// How many there are in total.
  package var count: Int { states.values.reduce(0, +) }
  /// The state that most of them are in; `nil` when there are none.
  package var mostCommon: SocketState? {
    SocketState.allCases.filter { states[$0] != nil }.max { states[$0, default: 0] < states[$1, default: 0] }
  }

  package init(states: [SocketState: Int]) { self.states = states }

  /// Counts the connections of a snapshot to a server; `nil` when not all could be read.
  package init?(_ snapshot: Snapshot, to server: Endpoint) {
    guard snapshot.problems.isEmpty else { return nil }
    states = Dictionary(
      snapshot.records.lazy.filter { $0.remote == server }.map { ($0.state, 1) }, uniquingKeysWith: +)
  }
}
