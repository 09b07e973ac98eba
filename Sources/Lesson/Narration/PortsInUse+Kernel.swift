import Diagnosis
import Inspection
import LinuxSystem
import SocketModel

extension PortsInUse {
  /// Asks the kernel for the TCP connections to an address; `nil` when they cannot be read.
  init?(to address: SocketAddress) {
    guard let server = address.endpoint, let root = try? ProcRoot.running() else { return nil }
    var request = InspectionRequest()
    request.transports = [.tcp]
    request.filter = .remotePort(server.port...server.port)
    request.requiredDetails = []
    let snapshot = try? Inspector(root: root).snapshot(
      request, keeping: { (snapshot, row) in snapshot.records[row].remote == server })
    guard let snapshot else { return nil }
    self.init(snapshot, to: server)
  }

  /// The states as text, the most common first: `18 close_wait, 2 time_wait`.
  var text: String {
    states.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }.map { "\($0.value) \($0.key.name)" }
      .joined(separator: ", ")
  }
}
