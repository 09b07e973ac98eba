/// What the sockets of a machine are checked for. The raw value is the name on the command line and
/// in output.
package enum Check: String, CaseIterable, Sendable, Hashable {
  /// Listeners whose accept queue is full, or whose clients wait long.
  case acceptQueue = "accept-queue"
  /// Connections that a listener dropped.
  case listenDrops = "listen-drops"
  /// Accept queues that are half full and limited by a default or by `somaxconn`.
  case backlog
  /// Handshakes that are not complete, SYN cookies.
  case synQueue = "syn-queue"
  /// Connections that the peer closed long ago and the program did not.
  case closeWait = "close-wait"
  /// Sockets whose connection was reset and that are still open.
  case resetSockets = "reset-sockets"
  /// Sockets that no process has any more, and FIN_WAIT2 that a process keeps.
  case orphans
  /// TIME_WAIT close to its limit.
  case timeWait = "time-wait"
  /// Local ports for new connections, for bind(0) and for UDP.
  case ephemeralPorts = "ephemeral-ports"
  /// Servers at a port that an outgoing connection may get.
  case serverPorts = "server-ports"
  /// Descriptors of processes and files of the machine.
  case descriptors
  /// Datagrams that were dropped.
  case udpDrops = "udp-drops"
  /// Connections whose peer takes nothing.
  case zeroWindow = "zero-window"
  /// Connections that are limited by their own send buffer.
  case sendBuffer = "send-buffer"
  /// Segments that are sent again and again.
  case retransmits
  /// Connections that nobody answers.
  case unanswered
  /// Data that a process does not read.
  case unread
  /// Memory of TCP and UDP.
  case memory
  /// The table of tracked connections.
  case conntrack
  /// Servers that everybody reaches and nobody should.
  case exposure
  /// Listeners that a process has only because it inherited them.
  case inherited
  /// Sockets that no process has.
  case noOwner = "no-owner"
  /// UDP ports that several sockets share, of which one gets everything.
  case sharedUDP = "shared-udp"
  /// Old idle connections that nothing tests.
  case keepalive

  /// Those of single sockets and of the processes that have them, which can be made of a part of the
  /// sockets as well; the others need all of them, or counters of the machine.
  package static let ofSockets: Set<Check> = [
    .acceptQueue, .listenDrops, .closeWait, .serverPorts, .udpDrops, .zeroWindow, .sendBuffer, .retransmits,
    .unanswered, .unread, .exposure, .inherited, .sharedUDP, .keepalive,
  ]
}

/// How bad something is.
package enum Severity: String, CaseIterable, Sendable, Hashable, Comparable {
  /// Worth knowing; it may be meant so, or lie in the past.
  case note
  /// It costs something, or soon will.
  case warning
  /// Connections or data are being lost or stand still.
  case error

  private var rank: Int {
    switch self {
    case .note: 0
    case .warning: 1
    case .error: 2
    }
  }

  package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
}
