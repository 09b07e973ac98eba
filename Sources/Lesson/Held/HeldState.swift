import Glibc
package import LinuxSystem
package import SocketModel

/// Real sockets on loopback, one of which stays in a given state of TCP as long as this value
/// exists and is maintained.
///
/// Most states last as long as the sockets are open. The kernel itself ends TIME_WAIT after a
/// minute, and SYN_SENT and SYN_RECV when it has sent their segments often enough, and an
/// administrator may end any state; ``renew()`` then makes it again at the same address.
package struct HeldState: Sendable {
  /// The state, one of the eleven of TCP; ``SocketState/close`` for a socket that is only bound.
  package let state: SocketState
  /// The address that the listener has or had, and that the clients connected to. Its port is never
  /// 0.
  package let address: SocketAddress
  /// The sockets that are open for it, and what a listing shows of them.
  package private(set) var held: HeldSockets
  /// What a listing shows of the socket that is in the state.
  package private(set) var sighting: SocketSighting

  private let scenario: TCPScenario

  /// Makes the sockets.
  ///
  /// - Parameters:
  ///   - state: one of the eleven states of TCP.
  ///   - address: an address of loopback; port 0 asks for a free one.
  /// - Throws: ``DemoError`` when a call fails; its code is EADDRINUSE when the port is taken,
  ///   EINVAL for a state that TCP does not have.
  package init(_ state: SocketState, at address: SocketAddress) throws(DemoError) {
    guard let scenario = TCPScenario(state: state) else { throw HeldState.noSuchState(state) }
    let held = try scenario.hold(at: address, keepingListener: false)
    guard let sighting = HeldState.sighting(of: state, in: held), let port = HeldState.listeningEnd(of: sighting)?.port
    else {
      throw HeldState.noSuchState(state)
    }
    self.state = state
    self.scenario = scenario
    self.held = held
    self.sighting = sighting
    self.address = address.with(port: port)
  }

  /// Closes the remaining sockets and makes them again at the same address and port.
  package mutating func renew() throws(DemoError) {
    // The port is free only when the old listener is closed. A connection in TIME_WAIT has no
    // socket, and stays until it ends.
    held.sockets = []
    held = try scenario.hold(at: address, keepingListener: false)
    guard let sighting = HeldState.sighting(of: state, in: held) else { throw HeldState.noSuchState(state) }
    self.sighting = sighting
  }

  /// Returns the row in which the sockets are listed; `nil` when they are not listed, or not in the
  /// state.
  package func row(in records: [SocketRecord]) -> SocketRecord? {
    records.first { record in
      record.transport == sighting.transport && record.family == sighting.family && record.state == sighting.state
        && record.local == sighting.local && (sighting.remote == nil || record.remote == sighting.remote)
    }
  }

  /// Whether the state has ended or is about to, so that it should be made again.
  ///
  /// - Parameters:
  ///   - row: the row of the socket; `nil` when it is no longer listed.
  ///   - milliseconds: how long it has to last, until the next check.
  package static func needsRenewal(_ row: SocketRecord?, lasting milliseconds: UInt32) -> Bool {
    guard let row else { return true }
    return row.state == .timeWait && row.known.contains(.timer) && row.timerMilliseconds < milliseconds
  }

  /// The state of the socket as the socket itself reports it (`getsockopt(2)` with `TCP_INFO`);
  /// `nil` for a socket that no descriptor refers to.
  package var ownState: SocketState? {
    guard let socket = held.sockets.first(where: { $0.descriptor.number == sighting.descriptor }),
      let number = try? socket.descriptor.tcpState()
    else { return nil }
    return SocketState(rawValue: number)
  }

  private static func sighting(of state: SocketState, in held: HeldSockets) -> SocketSighting? {
    let listed = state == .close ? SocketState.boundInactive : state
    // If both ends are in the state, the listener's is used, which comes last.
    return held.sightings.last { $0.state == listed }
  }

  /// Returns the end of a sighting that has the listener's address; the kernel chooses the ports of
  /// clients.
  private static func listeningEnd(of sighting: SocketSighting) -> Endpoint? {
    switch sighting.state {
    case .synSent, .finWait1, .finWait2, .closing, .lastAck: sighting.remote
    default: sighting.local
    }
  }

  private static func noSuchState(_ state: SocketState) -> DemoError {
    DemoError(attempt: "a TCP socket in \(state.name)", cause: SystemError("socket", "\(state.name)", code: EINVAL))
  }
}
