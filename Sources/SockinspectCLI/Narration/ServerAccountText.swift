import Demo
import Inspection
import LinuxSystem
import SocketModel

extension ServerAccount {
  /// The account as one sentence without a full stop: `3 clients, 36 bytes received, 63 bytes sent`.
  var text: String {
    let units = isDatagram ? ("datagram", "datagrams") : ("client", "clients")
    var parts = [
      counted(clients, units.0, units.1), "\(counted(bytesReceived, "byte", "bytes")) received",
      "\(counted(bytesSent, "byte", "bytes")) sent",
    ]
    func add(_ count: Int, _ what: String) { if count > 0 { parts.append("\(count) \(what)") } }
    add(resets, "reset by the other end")
    add(closedUnread, "closed with bytes unread, which resets")
    add(timeouts, "closed for their silence")
    add(failures, isDatagram ? "not answered for an error" : "lost by other errors")
    add(dropped, "dropped as asked")
    add(truncated, "cut to the buffer's size")
    add(unsent, "not answered yet")
    add(stillOpen, "still open at the end")
    return parts.joined(separator: ", ")
  }

  private func counted(_ count: Int, _ one: String, _ many: String) -> String { "\(count) \(count == 1 ? one : many)" }
}

/// What the kernel still holds of a server's address when all is closed.
struct KernelRemains {
  private let port: UInt16
  private let place: String
  private let counts: [SocketState: Int]

  /// Looks; `nil` for unix sockets, of which nothing stays, and when the kernel does not tell.
  init?(of account: ServerAccount) {
    guard let bound = account.address.endpoint, let root = try? ProcRoot.live() else { return nil }
    port = bound.port
    place = account.address.shown
    var request = InspectionRequest()
    request.transports = [account.isDatagram ? .udp : .tcp]
    request.filter = .localPort(bound.port...bound.port)
    request.demand = []
    let snapshot = try? Inspector(root: root).snapshot(
      request,
      keeping: { (snapshot, row) in
        guard let local = snapshot.records[row].local, local.port == bound.port else { return false }
        return bound.address.isUnspecified || local.address == bound.address
      })
    guard let snapshot else { return nil }
    var counts: [SocketState: Int] = [:]
    for record in snapshot.records { counts[record.state, default: 0] += 1 }
    self.counts = counts
  }

  /// It in one sentence without a full stop, with the command that shows it.
  var text: String {
    let states = SocketState.allCases.compactMap { state in counts[state].map { "\($0) \(state.name)" } }
    guard !states.isEmpty else { return "the kernel holds nothing more of \(place)" }
    return
      "the kernel still holds \(states.joined(separator: ", ")) of \(place); to see: sockinspect --local-port \(port)"
  }
}
