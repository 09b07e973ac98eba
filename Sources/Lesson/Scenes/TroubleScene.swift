package import LinuxSystem

/// A trouble with sockets that `listen-demo --scene` makes on purpose. The raw value is its name on
/// the command line: that of the check of `doctor` that finds it, where there is one.
package enum TroubleScene: String, CaseIterable, Sendable, Hashable {
  /// A full accept queue with drops.
  case acceptQueue = "accept-queue"
  /// A server that never closes: CLOSE_WAIT, more and more of it.
  case closeWait = "close-wait"
  /// Connections that were reset and that the server has not closed.
  case resetSockets = "reset-sockets"
  /// No local port left for another connection, in a network namespace of its own.
  case ephemeralPorts = "ephemeral-ports"
  /// A client whose server does not read.
  case zeroWindow = "zero-window"
  /// Datagrams for which a receive buffer has no room.
  case udpDrops = "udp-drops"
  /// A listener that a child has inherited from a server that ended.
  case inherited
  /// TIME_WAIT of a server without SO_REUSEADDR.
  case timeWait = "time-wait"
  /// A connection to elsewhere that has a port.
  case outgoingConnection = "outgoing-connection"
  /// Servers that share a port.
  case reusePort = "reuse-port"
  /// A server for IPv6 only beside one for IPv4, at one port.
  case ipv6Only = "ipv6-only"
  /// A server that is stopped.
  case stopped

  /// The scene with a name, in any case and with `_` for `-` too; `nil` for any other word.
  package init?(name: String) {
    self.init(rawValue: String(name.lowercased().map { $0 == "_" ? "-" : $0 }))
  }

  /// Whether its sockets are those of UDP.
  package var isDatagram: Bool { self == .udpDrops }
}

/// A scene to make: `listen-demo --scene`.
package struct ScenePlan: Sendable, Equatable {
  package var scene: TroubleScene
  /// The port in question: 0 for any free one; `nil` for that of the lesson, or where a scene is
  /// about a port that the kernel chose, for such a one.
  package var port: UInt16?
  /// The number of milliseconds after which it ends by itself; `nil` for never.
  package var lifetime: Int?
  package var narration: NarrationPlan

  package init(
    _ scene: TroubleScene, port: UInt16? = nil, lifetime: Int? = nil, narration: NarrationPlan = NarrationPlan()
  ) {
    self.scene = scene
    self.port = port
    self.lifetime = lifetime
    self.narration = narration
  }

  /// The address in question; port 0 for one that the kernel chooses.
  package var address: SocketAddress {
    Loopback.ipv4.address(port: port ?? (scene == .outgoingConnection ? 0 : DemoPlace.lessonPort))
  }
}
