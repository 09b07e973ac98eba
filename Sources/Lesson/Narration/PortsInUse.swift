import Inspection
import LinuxSystem
package import SocketModel

/// The local ports that have a connection to one server: what is in the way when no port is left for another.
package struct PortsInUse: Sendable, Equatable {
  /// How many there are in each state.
  package let states: [SocketState: Int]

  /// How many there are in all.
  package var count: Int { states.values.reduce(0, +) }
  /// The state that most of them are in; `nil` when there are none.
  var mostCommon: SocketState? {
    SocketState.allCases.filter { states[$0] != nil }.max { states[$0, default: 0] < states[$1, default: 0] }
  }
  /// The states as text, the most common first: `18 close_wait, 2 time_wait`.
  package var text: String {
    states.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }.map { "\($0.value) \($0.key.name)" }
      .joined(separator: ", ")
  }

  /// Creates it from known counts.
  init(states: [SocketState: Int]) { self.states = states }

  /// Asks the kernel for the TCP connections to an address; `nil` when they cannot be read.
  init?(to address: SocketAddress) {
    guard let server = address.endpoint, let root = try? ProcRoot.running() else { return nil }
    var request = InspectionRequest()
    request.transports = [.tcp]
    request.filter = .remotePort(server.port...server.port)
    request.demand = []
    let snapshot = try? Inspector(root: root).snapshot(
      request, keeping: { (snapshot, row) in snapshot.records[row].remote == server })
    guard let snapshot, snapshot.problems.isEmpty else { return nil }
    states = Dictionary(snapshot.records.map { ($0.state, 1) }, uniquingKeysWith: +)
  }
}
