package import LinuxSystem
package import SocketModel

/// The states that a TCP socket can be held in, and how each is reached with ordinary calls on
/// loopback.
package enum TCPScenario: String, CaseIterable, Sendable {
  /// A listener.
  case listen
  /// Both ends of a connection.
  case established
  /// One end has closed its direction and the other has not answered: FIN_WAIT2 and CLOSE_WAIT.
  case closeWait = "close_wait"
  /// The FIN is held back by bytes that the peer does not read: FIN_WAIT1.
  case finWait1 = "fin_wait1"
  /// Like FIN_WAIT1, after the peer has closed its direction: LAST_ACK.
  case lastAck = "last_ack"
  /// Both ends have closed while bytes were held back, and one has read: CLOSING.
  case closing
  /// A connection closed by both ends; the kernel keeps the end that closed first: TIME_WAIT.
  case timeWait = "time_wait"
  /// A connection to a listener whose accept queue is full: SYN_SENT.
  case synSent = "syn_sent"
  /// A connection without data to a listener with TCP_DEFER_ACCEPT: SYN_RECV at its side.
  case synRecv = "syn_recv"
  /// A connection that the listener has not accepted: its socket has no file (inode 0).
  case notAccepted = "not_accepted"
  /// Bound to a port, neither listening nor connected; in no /proc table.
  case boundInactive = "bound_inactive"
}

extension TCPScenario {
  /// The scenario in which one socket is in a state of TCP; `nil` for any other state. FIN_WAIT2
  /// and CLOSE_WAIT are two ends of one connection.
  package init?(state: SocketState) {
    switch state {
    case .listen: self = .listen
    case .established: self = .established
    case .closeWait, .finWait2: self = .closeWait
    case .finWait1: self = .finWait1
    case .lastAck: self = .lastAck
    case .closing: self = .closing
    case .timeWait: self = .timeWait
    case .synSent: self = .synSent
    case .synRecv: self = .synRecv
    case .close, .boundInactive: self = .boundInactive
    default: return nil
    }
  }

  /// Makes and holds the sockets of this state, at a free port.
  ///
  /// - Throws: ``DemoError`` when a call fails, such as `socket(2)` where the kernel has no IPv6.
  package func hold(over loopback: Loopback = .ipv4) throws(DemoError) -> HeldSockets {
    try making("a TCP socket in \(rawValue) over \(loopback.rawValue)") { () throws(SystemError) in
      try TCPScenarioBuilder(loopback).play(self)
    }
  }

  /// Makes and holds the sockets of this state at an address of this machine's loopback; port 0
  /// asks for a free one.
  ///
  /// - Parameters:
  ///   - address: what the listener is bound to, and the clients connect to.
  ///   - keepingListener: whether a listener that is no longer needed stays open. SYN_SENT and
  ///     SYN_RECV need theirs.
  package func hold(at address: SocketAddress, keepingListener: Bool) throws(DemoError) -> HeldSockets {
    let place = address.endpoint.map { "\($0)" } ?? "an address of no internet family"
    return try making("a TCP socket in \(rawValue) at \(place)") { () throws(SystemError) in
      var stage = TCPScenarioBuilder(at: address)
      stage.keepsListener = keepingListener
      return try stage.play(self)
    }
  }
}
