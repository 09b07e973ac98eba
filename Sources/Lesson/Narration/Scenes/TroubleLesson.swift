/// The explanation of a trouble that was made: how, what harm it does, what ends it, and how to look
/// at it.
package struct TroubleLesson: Sendable, Equatable {
  /// The calls that made it.
  let making: String
  /// What it does to those who use it.
  let harm: String
  /// What ends it.
  let ending: String
  /// From when on it is found, where that takes time; `nil` for at once.
  let timing: String?

  /// What the words depend on.
  struct Facts: Sendable {
    var port: UInt16
    var pid: Int32
    var count: Int
    /// Whether the user chose the port.
    var isPortTyped = false
    var isInUserNamespace = false
  }

  typealias Words = (making: String, harm: String, ending: String, timing: String?)

  init(_ scene: TroubleScene, _ facts: Facts, in language: Language) {
    (making, harm, ending, timing) = language(Self.english(scene, facts), Self.spanish(scene, facts))
  }

  /// What a scene is, in a few words.
  package static func summary(of scene: TroubleScene) -> String {
    switch scene {
    case .acceptQueue: "a full accept queue with drops"
    case .closeWait: "CLOSE_WAIT that grows"
    case .resetSockets: "connections that were reset and not closed"
    case .ephemeralPorts: "no local port left"
    case .zeroWindow: "a server that does not read"
    case .udpDrops: "datagrams that are dropped"
    case .inherited: "a listener that a child inherited"
    case .timeWait: "TIME_WAIT of a server without `SO_REUSEADDR`"
    case .outgoingConnection: "a connection to elsewhere that has a port"
    case .reusePort: "servers that share a port"
    case .ipv6Only: "a server for IPv6 only beside one for IPv4"
    case .stopped: "a server that is stopped"
    }
  }

  /// The commands that find it and show it.
  static func commands(_ scene: TroubleScene, _ facts: Facts) -> [String] {
    let (port, pid) = (facts.port, facts.pid)
    switch scene {
    case .acceptQueue:
      return ["sockinspect why --unreachable 127.0.0.1:\(port)", "sockinspect doctor --only accept-queue,listen-drops"]
    case .closeWait:
      return [
        "sockinspect doctor --only close-wait --threshold close-wait-age=2s", "sockinspect doctor --only close-wait",
        "sockinspect why \(port)",
      ]
    case .resetSockets:
      return ["sockinspect doctor --only reset-sockets", "sockinspect --pid \(pid) --state unhashed"]
    case .ephemeralPorts:
      // Only who made the user namespace, and root, may enter it, and only with a process of its own.
      let entering = facts.isInUserNamespace ? "nsenter --preserve-credentials -U -n -t \(pid) " : ""
      let place = facts.isInUserNamespace ? "" : " --netns \(pid)"
      return [
        "\(entering)sockinspect doctor\(place) --only ephemeral-ports", "sockinspect --netns \(pid) --port \(port)",
      ]
    case .zeroWindow:
      return [
        "sockinspect doctor --only zero-window", "sockinspect --port \(port) --columns +snd_wnd,last_data_sent_ms",
      ]
    case .udpDrops:
      return ["sockinspect doctor --only udp-drops", "sockinspect --udp --port \(port) --columns +drops"]
    case .inherited: return ["sockinspect why \(port)", "sockinspect doctor --only inherited"]
    case .timeWait: return ["sockinspect why \(port)", "sockinspect can-bind \(port) --reuse-address --probe"]
    case .outgoingConnection: return ["sockinspect why \(port)", "sockinspect can-bind \(port)"]
    case .reusePort: return ["sockinspect why \(port)", "sockinspect can-bind \(port) --reuse-port"]
    case .ipv6Only: return ["sockinspect why \(port)", "sockinspect can-bind 127.0.0.1:\(port)"]
    case .stopped: return ["sockinspect why --unreachable 127.0.0.1:\(port)", "sockinspect why \(port)"]
    }
  }
}
