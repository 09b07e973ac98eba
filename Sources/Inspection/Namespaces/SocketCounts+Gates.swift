import KernelFormats
import SocketModel

/// What the counts of a network namespace (`sockstat`, `sockstat6`) rule out, so that it need not be
/// read.
extension SocketCounts {
  /// Whether there is no socket at all. One in TIME_WAIT is not counted among the others.
  var hasNone: Bool { sockets == 0 && timeWait == 0 }

  /// How many TCP sockets are connected, listening or in TIME_WAIT; `nil` when unknown. Sockets that
  /// are only bound are not among them.
  var tcpSockets: UInt64? {
    guard let tcp, let timeWait else { return nil }
    return tcp &+ (tcp6 ?? 0) &+ timeWait
  }

  /// How many UDP sockets are bound; `nil` when unknown.
  var udpSockets: UInt64? { udp.map { $0 &+ (udp6 ?? 0) } }

  /// How many UDP-Lite sockets are bound; `nil` when unknown.
  var udpLiteSockets: UInt64? { udpLite.map { $0 &+ (udpLite6 ?? 0) } }

  /// Whether there can be a socket of a transport that is more than bound.
  func mayHave(_ transport: Transport) -> Bool {
    if hasNone { return false }
    switch transport {
    case .tcp, .mptcp: return tcpSockets != 0
    case .udp: return udpSockets != 0
    case .udplite: return udpLiteSockets != 0
    default: return true
    }
  }

  /// Whether there can be a socket of a transport, one that is only bound included.
  func mayHaveAny(_ transport: Transport) -> Bool {
    transport == .tcp || transport == .mptcp ? !hasNone : mayHave(transport)
  }

  /// Whether a table can have a row.
  func mayFill(_ table: ProcNetTable) -> Bool {
    if hasNone { return false }
    switch table {
    case .tcp: return (tcp ?? 1) > 0 || (timeWait ?? 1) > 0
    case .tcp6: return (tcp6 ?? 1) > 0 || (timeWait ?? 1) > 0
    case .udp: return (udp ?? 1) > 0
    case .udp6: return (udp6 ?? 1) > 0
    case .udplite: return (udpLite ?? 1) > 0
    case .udplite6: return (udpLite6 ?? 1) > 0
    default: return true
    }
  }
}
