import Inspection
package import LinuxSystem
import SocketModel

extension DemoTrouble {
  /// Why a socket cannot have an internet address, and what to do about it; `nil` for reasons that
  /// have nothing to do with the address, and for an address that is taken, which ``PortTaken``
  /// explains.
  ///
  /// - Parameter hasHost: whether the command accepts an address from the user.
  package init?(_ error: SystemError, at address: SocketAddress, hasHost: Bool = true) {
    guard let end = address.endpoint else { return nil }
    if end.address.isLoopback, let down = DemoTrouble(ofLoopback: error) {
      self = down
      return
    }
    switch error.name {
    // Without its module socket() fails; switched off, there is no address to bind to.
    case "EAFNOSUPPORT" where address.isIPv6, "EADDRNOTAVAIL" where address == Loopback.ipv6.address(port: end.port):
      self.init(
        "this machine has no IPv6 (\(error))", [hasHost ? "leave -6 out, or type an IPv4 address" : "leave -6 out"])
    case "EACCES":
      self.init(
        "port \(end.port) is not for everybody: a port below \(Self.firstFreePort) takes privilege (\(error))",
        ["type a higher port, such as --port \(end.port == 80 ? 8080 : DemoPlace.lessonPort), or run it as root"])
    case "EADDRNOTAVAIL":
      self.init(
        "\(end.address) is no address of this machine (\(error))",
        ["`ip address` lists those it has; without --host it is the loopback address"])
    default: return nil
    }
  }

  /// Why nothing reaches a loopback address when that is because the interface is down; `nil` for other reasons. IPv6 has the address ::1
  /// only while it is up.
  package init?(ofLoopback error: SystemError) {
    guard ["ENETUNREACH", "EADDRNOTAVAIL"].contains(error.name), Interfaces.isLoopbackDown else { return nil }
    self.init(DemoTrouble.loopbackDown + " (\(error))", [DemoTrouble.loopbackUp])
  }

  /// What is the matter, and what to do, when the loopback interface is down.
  package static let loopbackDown = "the loopback interface of this network namespace is down"
  package static let loopbackUp = "as root, `ip link set lo up` brings it up"

  /// The first port that everybody may bind to.
  private static var firstFreePort: Int64 {
    ProcRoot.liveSettings(.firstUnprivilegedPort)[.firstUnprivilegedPort] ?? 1024
  }
}
