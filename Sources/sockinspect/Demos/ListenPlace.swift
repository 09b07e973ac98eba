import Lesson
import LinuxSystem
import SocketModel

extension ServerPlan {
  /// The place where the server can be reached; looks names up.
  func serverPlace() throws(DemoTrouble) -> ServerPlace {
    var server: ServerPlace
    switch place {
    case .unixPath(let path): server = ServerPlace(.unix(path: path.rawBytes))
    case .unixAbstract(let name): server = ServerPlace(.unix(abstract: name.rawBytes))
    case .internet(let host, let port, let family, let isDualStack):
      if host == nil, isDualStack {
        // No loopback address accepts both families.
        server = ServerPlace(.ipv6(0, port: port))
        server.isOnLoopbackOnly = true
      } else {
        server = ServerPlace(try address(of: host, port: port, family: isDualStack ? .ipv6 : family))
      }
      if server.address.isIPv6 { server.takesIPv4 = isDualStack }
    }
    server.isDatagram = isDatagram
    return server
  }

  private func address(of host: String?, port: UInt16, family: AddressFamily?) throws(DemoTrouble) -> SocketAddress {
    let language = narration.language
    let example = family == .ipv6 ? "::1" : "127.0.0.1"
    let found = try DemoPlace.addresses(
      of: host, port: port, family: family, in: language,
      advice: language(
        "type an address of this machine, such as --host \(example)",
        "escribe una dirección de esta máquina, como --host \(example)"),
      language("`ip address` lists them", "`ip address` las lista"))
    // If a name has addresses of both families, the lesson's family is used.
    return found.first { !$0.isIPv6 } ?? found[0]
  }
}
