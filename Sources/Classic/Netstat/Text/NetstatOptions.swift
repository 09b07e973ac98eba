public import SocketModel

/// What `netstat` shows of a snapshot's sockets, and how.
public struct NetstatOptions: Sendable, Hashable {
  /// Which sockets, by whether they are servers.
  public enum Servers: Sendable, Hashable {
    /// All but servers: without `-a` and `-l`.
    case none
    /// Servers only: `-l`.
    case only
    /// All sockets: `-a`.
    case all
  }

  /// Which sockets are shown.
  public var servers = Servers.none
  /// Whether addresses are shown whole (`-W`), and not cut to their column.
  public var isWide = false
  /// Whether users and inodes are shown (`-e`).
  public var showsUsers = false
  /// Whether the process that has a socket open is shown (`-p`).
  public var showsPrograms = false
  /// Whether timers are shown (`-o`).
  public var showsTimers = false
  /// Whether addresses stay numbers.
  public var numericHosts = false
  /// Whether ports stay numbers.
  public var numericPorts = false
  /// Whether users stay numbers.
  public var numericUsers = false

  /// Makes the options of a plain `netstat`.
  public init() {}
}

/// The names that `netstat` shows instead of numbers, from the system's files and name services.
public struct NetstatNames: Sendable {
  /// Names of addresses.
  public var hosts: [IPAddress: [UInt8]] = [:]
  /// Names of TCP ports.
  public var tcpServices: [UInt16: [UInt8]] = [:]
  /// Names of UDP ports, for UDP-Lite too.
  public var udpServices: [UInt16: [UInt8]] = [:]
  /// Names of IP protocols, which raw sockets have instead of ports.
  public var protocols: [UInt16: [UInt8]] = [:]

  /// Makes a collection without names.
  public init() {}
}
