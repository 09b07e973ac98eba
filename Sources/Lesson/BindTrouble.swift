import Inspection
package import LinuxSystem
import SocketModel

extension DemoTrouble {
  /// Why a socket cannot have an internet address, and what to do about it; `nil` for reasons that
  /// have nothing to do with the address, and for an address that is taken, which ``PortTaken``
  /// explains.
  ///
  /// - Parameter hasHost: whether the command accepts an address from the user.
  package init?(
    _ error: SystemError, at address: SocketAddress, hasHost: Bool = true, in language: Language = .english
  ) {
    guard let end = address.endpoint else { return nil }
    if end.address.isLoopback, let down = DemoTrouble(ofLoopback: error, in: language) {
      self = down
      return
    }
    switch error.name {
    // Without its module socket() fails; when it is switched off, there is no address to bind to.
    case "EAFNOSUPPORT" where address.isIPv6, "EADDRNOTAVAIL" where address == Loopback.ipv6.address(port: end.port):
      self.init(
        language("this machine has no IPv6 (\(error))", "esta máquina no tiene IPv6 (\(error))"),
        [
          hasHost
            ? language("leave -6 out, or type an IPv4 address", "quita -6, o escribe una dirección IPv4")
            : language("leave -6 out", "quita -6")
        ])
    case "EACCES":
      let other = end.port == 80 ? 8080 : DemoPlace.lessonPort
      let first = Self.firstFreePort
      self.init(
        Self.notPermitted(end.port, first: first, in: language) + " (\(error))",
        [
          language(
            "type a higher port, such as --port \(other), or run it as root",
            "escribe un puerto más alto, como --port \(other), o ejecútalo como root")
        ])
    case "EADDRNOTAVAIL":
      self.init(
        Self.noSuchAddress("\(end.address)", in: language) + " (\(error))",
        [
          language(
            "`ip address` lists those it has; without --host it is the loopback address",
            "`ip address` lista las que tiene; sin --host es la de loopback")
        ])
    default: return nil
    }
  }

  /// Why nothing reaches a loopback address when that is because the interface is down; `nil` for
  /// other reasons. IPv6 has the address ::1 only while it is up.
  package init?(ofLoopback error: SystemError, in language: Language = .english) {
    guard ["ENETUNREACH", "EADDRNOTAVAIL"].contains(error.name), Interfaces.isLoopbackDown else { return nil }
    self.init(DemoTrouble.loopbackDown(in: language) + " (\(error))", [DemoTrouble.loopbackUp(in: language)])
  }

  /// What is wrong with a port below the first that everybody may bind to.
  package static func notPermitted(_ port: UInt16, first: Int64, in language: Language) -> String {
    language(
      "port \(port) is not for everybody: a port below \(first) takes privilege",
      "el puerto \(port) no es para todos: por debajo de \(first) hace falta un privilegio")
  }

  /// What is wrong with an address of another machine, or of none.
  package static func noSuchAddress(_ address: String, in language: Language) -> String {
    language("\(address) is no address of this machine", "\(address) no es una dirección de esta máquina")
  }

  /// What to do about a link-local address without its interface.
  package static func linkLocalNeedsInterface(in language: Language) -> String {
    language(
      "an address that begins with fe80: needs its interface, as in fe80::1%eth0",
      "una dirección que empieza por fe80: necesita su interfaz, como en fe80::1%eth0")
  }

  /// What is wrong, and what to do, when the loopback interface is down.
  package static func loopbackDown(in language: Language) -> String {
    language(
      "the loopback interface of this network namespace is down",
      "la interfaz de loopback de este espacio de red está apagada")
  }

  /// What to do about it.
  package static func loopbackUp(in language: Language) -> String {
    language("as root, `ip link set lo up` brings it up", "como root, `ip link set lo up` la enciende")
  }

  /// The first port that everybody may bind to.
  private static var firstFreePort: Int64 {
    ProcRoot.liveSettings(.firstUnprivilegedPort)[.firstUnprivilegedPort] ?? 1024
  }
}
