package import SocketModel

/// Why a socket cannot be bound to a port, and what can be done: facts from a snapshot, without any
/// wording.
package struct PortConflict: Sendable {
  /// The options with which the port could be bound at the time of asking. The kernel's rules
  /// depend on options of the other sockets, which no other process can read, so this is found by
  /// trying.
  package struct Reuse: Sendable, Equatable {
    package var none = false
    package var address = false
    package var port = false
    /// Whether the command has these options.
    package var isOffered = true

    package init(none: Bool = false, address: Bool = false, port: Bool = false, isOffered: Bool = true) {
      (self.none, self.address, self.port, self.isOffered) = (none, address, port, isOffered)
    }
  }

  /// Something that can be done, or that is useful to know.
  package enum Remedy: Sendable, Equatable {
    /// The port is free by now.
    case tryAgain
    /// No socket that was read uses the port.
    case nothingSeen
    /// Only finished connections use it, for this many more seconds.
    case wait(seconds: UInt32)
    /// `SO_REUSEADDR` makes that wait unnecessary.
    case reuseAddressNow
    /// `SO_REUSEPORT` makes it unnecessary.
    case reusePortNow
    /// `SO_REUSEADDR` does not help: the server that left the connections had not set it.
    case reuseAddressInVain
    /// Ending these processes frees the port, and the user may end them.
    case end([Int32])
    /// Ending these processes frees the port, and root may end them.
    case endAsRoot([Int32])
    /// The holder is not visible.
    case unseen(UnseenHolder)
    /// `SO_REUSEADDR` allows binding the port beside them.
    case reuseAddressBeside
    /// `SO_REUSEPORT` allows sharing the port with them.
    case share
    /// Another port is free.
    case anotherPort
  }

  package let port: UInt16
  package let snapshot: Snapshot
  package let holders: PortHolders

  /// Finds in a snapshot what keeps an address and port from being bound.
  ///
  /// - Parameter takesIPv4: whether the socket to be bound is an IPv6 one that also takes IPv4.
  package init(_ snapshot: Snapshot, at wanted: Endpoint, takesIPv4: Bool = false) {
    port = wanted.port
    self.snapshot = snapshot
    holders = PortHolders(snapshot, of: wanted, takesIPv4: takesIPv4)
  }

  /// The seconds until the kernel ends a connection that no process has open; `nil` when the row is
  /// not such a connection.
  package func secondsLeft(at row: Int) -> UInt32? { snapshot.secondsLeft(at: row) }

  /// What can be done about it, most useful first; each was true at the time of the snapshot.
  ///
  /// - Parameter user: who asks; 0 for root.
  package func remedies(reuse: Reuse, user: UInt32) -> [Remedy] {
    if reuse.none { return [.tryAgain] }
    let rows = holders.rows
    var remedies: [Remedy] = rows.isEmpty ? [.nothingSeen] : []
    let isOver = !rows.isEmpty && rows.allSatisfy { snapshot.records[$0].state == .timeWait }
    if isOver {
      remedies.append(.wait(seconds: rows.map { snapshot.records[$0].timerSeconds }.max() ?? 0))
      if reuse.address {
        remedies.append(.reuseAddressNow)
      } else if reuse.port {
        remedies.append(.reusePortNow)
      } else if reuse.isOffered {
        remedies.append(.reuseAddressInVain)
      }
    }
    let processes = snapshot.processes(holding: rows, endedBy: user)
    if !processes.own.isEmpty { remedies.append(.end(processes.own)) }
    if !processes.others.isEmpty { remedies.append(.endAsRoot(processes.others)) }
    if let unseen = snapshot.unseenHolder(of: rows, isRoot: user == 0) { remedies.append(.unseen(unseen)) }
    if reuse.address, !isOver { remedies.append(.reuseAddressBeside) }
    if reuse.port, !isOver { remedies.append(.share) }
    return remedies + [.anotherPort]
  }
}

extension Snapshot {
  /// The seconds until the kernel ends a connection that no process has open; `nil` when the row is
  /// not such a connection.
  package func secondsLeft(at row: Int) -> UInt32? {
    let record = records[row]
    guard owners(at: row).isEmpty, record.timer == .timeWait, record.known.contains(.timer) else { return nil }
    return record.timerSeconds
  }
}

extension SocketRecord {
  /// The whole seconds after which the timer has fired.
  fileprivate var timerSeconds: UInt32 { (timerMilliseconds + 999) / 1000 }
}
