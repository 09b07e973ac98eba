package import SocketModel

/// What `netstat` shows of a snapshot's sockets, and how.
package struct NetstatOptions: Sendable, Hashable {
  /// Which sockets, by whether they are servers.
  package enum Servers: Sendable, Hashable {
    /// All but servers: without `-a` and `-l`.
    case none
    /// Servers only: `-l`.
    case only
    /// All sockets: `-a`.
    case all
  }

  /// Which sockets are shown.
  package var servers = Servers.none
  /// Whether addresses are shown whole (`-W`), and not cut to their column.
  package var isWide = false
  /// Whether users and inodes are shown (`-e`).
  package var showsUsers = false
  /// Whether the process that has a socket open is shown (`-p`).
  package var showsPrograms = false
  /// Whether timers are shown (`-o`).
  package var showsTimers = false
  /// Whether addresses stay numbers.
  package var numericHosts = false
  /// Whether ports stay numbers.
  package var numericPorts = false
  /// Whether users stay numbers.
  package var numericUsers = false

  /// Makes the options of a plain `netstat`.
  package init() {}
}

/// The names that `netstat` shows instead of numbers, from the system's files and name services.
package struct NetstatNames: Sendable {
  /// Names of addresses.
  package var hosts: [IPAddress: [UInt8]] = [:]
  /// Names of TCP ports.
  package var tcpServices: [UInt16: [UInt8]] = [:]
  /// Names of UDP ports, for UDP-Lite too.
  package var udpServices: [UInt16: [UInt8]] = [:]
  /// Names of IP protocols, which raw sockets have instead of ports.
  package var protocols: [UInt16: [UInt8]] = [:]

  /// Makes a collection without names.
  package init() {}
}
