/// A process by its id and its name.
package struct NamedProcess: Sendable, Hashable {
  package let pid: Int32
  /// The name that the process chose: any bytes but NUL.
  package let name: [UInt8]

  package init(pid: Int32, name: [UInt8]) {
    self.pid = pid
    self.name = name
  }
}

/// What is known about one process that has a socket, for an answer about few processes: who runs
/// it, since when, below what, and what it waits for.
///
/// Everything but the id can be unknown. Names and arguments are bytes that the process chose; they
/// must be escaped before they are shown.
package struct ProcessDetail: Sendable, Hashable {
  /// A process above it, as far as it is visible.
  package typealias Ancestor = NamedProcess

  package let pid: Int32
  /// The name to show.
  package var name: [UInt8]
  /// The arguments, each without its NUL; `nil` when they could not be read.
  package var arguments: [[UInt8]]?
  /// How many seconds ago it started.
  package var age: UInt64?
  /// The effective user id.
  package var uid: UInt32?
  /// The letter of the state: `R` running, `S` sleeping, `T` stopped ...
  package var state: UInt8?
  /// What its control group stands for.
  package var workload: Workload?
  /// Its parent, the parent of that one and so on.
  package var ancestors: [Ancestor] = []
  /// Whether its main thread, the only one, waits in a call that no server waits in: for time to
  /// pass, for a child, for a pipe or a terminal. `nil` when that is not known.
  package var waitsElsewhere: Bool?
  /// The names of the sockets that systemd passed to it (`LISTEN_FDNAMES`); empty when it passed
  /// sockets without names, `nil` when it passed none or that is not known.
  package var passedSockets: [[UInt8]]?
  /// What it forwards, when it is a proxy of a container runtime.
  package var forwarding: PortForwarding?

  package init(pid: Int32, name: [UInt8]) {
    self.pid = pid
    self.name = name
  }

  /// Whether nobody waits for its end any more but the first process or the user's own systemd,
  /// which take the children of those that ended.
  package var isOrphan: Bool {
    guard let parent = ancestors.first else { return false }
    return parent.pid == 1 || parent.name == Array("systemd".utf8)
  }

  /// Whether it was stopped by a signal or by a debugger.
  package var isStopped: Bool { state == UInt8(ascii: "T") || state == UInt8(ascii: "t") }
}

/// A port of the machine that goes to a port of a container.
package struct PortForwarding: Sendable, Hashable {
  /// Where the machine takes connections; an unspecified address for every address.
  package var host: Endpoint
  /// Where they go; `nil` when the arguments do not say.
  package var container: Endpoint?
  package var isUDP: Bool

  package init(host: Endpoint, container: Endpoint?, isUDP: Bool) {
    self.host = host
    self.container = container
    self.isUDP = isUDP
  }
}
