import Inspection
import Lesson
import LinuxSystem
import SocketModel

/// What the kernel still holds for a server's address when everything is closed: ends of
/// connections that no process has open, such as TIME_WAIT at the end that closed first, and the
/// ends of clients on this machine.
struct KernelRemains {
  private let bound: Endpoint
  private let isDatagram: Bool
  private let place: String
  private var own: [SocketState: Int] = [:]
  private var clients: [SocketState: Int] = [:]

  /// Reads the table; fails with `nil` for unix sockets, of which nothing remains, and when the
  /// kernel does not provide it.
  init?(of account: ServerAccount) {
    guard let bound = account.address.endpoint, let root = try? ProcRoot.running() else { return nil }
    self.bound = bound
    isDatagram = account.isDatagram
    place = account.address.shown
    let inspector = Inspector(root: root)
    guard count(inspector) else { return nil }
    // The last FINs may not have arrived yet, and an acknowledgement may be delayed by 40 ms.
    for _ in 0..<20 where isOnItsWay {
      KernelLook.waitABit()
      guard count(inspector) else { return nil }
    }
  }

  /// Counts the sockets by state; false when they cannot be read.
  private mutating func count(_ inspector: Inspector) -> Bool {
    let bound = bound
    @Sendable func isBound(_ end: Endpoint?, _ isClients: Bool) -> Bool {
      guard let end, end.port == bound.port else { return false }
      if bound.address.isUnspecified { return !isClients || end.address.isLoopback }
      return end.address == bound.address
    }
    let snapshot = try? inspector.snapshot(
      InspectionRequest(isDatagram ? .udp : .tcp, atEitherEnd: [bound.port]),
      keeping: { (snapshot, row) in
        isBound(snapshot.records[row].local, false) || isBound(snapshot.records[row].remote, true)
      })
    guard let snapshot else { return false }
    own = [:]
    clients = [:]
    for record in snapshot.records {
      if isBound(record.local, false) {
        own[record.state, default: 0] += 1
      } else {
        clients[record.state, default: 0] += 1
      }
    }
    return true
  }

  /// Whether there are states that normally last only as long as a segment takes to the other end
  /// and back.
  private var isOnItsWay: Bool {
    [SocketState.finWait1, .closing, .lastAck].contains { own[$0] != nil || clients[$0] != nil }
  }

  /// The result in one sentence without a full stop, with the command that shows it.
  func text(in language: Language) -> String {
    let parts = [(own, ""), (clients, language(" at clients", " en los clientes"))].compactMap {
      (counts, whose) -> String? in
      let states = SocketState.allCases.compactMap { state in counts[state].map { "\($0) \(state.name)" } }
      return states.isEmpty ? nil : states.joined(separator: ", ") + whose
    }
    guard !parts.isEmpty else {
      return language("the kernel holds nothing more of \(place)", "el kernel ya no guarda nada de \(place)")
    }
    let list = parts.joined(separator: ", ")
    return language(
      "the kernel still holds \(list) of \(place); to see: sockinspect --port \(bound.port)",
      "el kernel aún guarda \(list) de \(place); para verlo: sockinspect --port \(bound.port)")
  }
}
