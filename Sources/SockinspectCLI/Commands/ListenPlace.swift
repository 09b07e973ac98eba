import Demo
import LinuxSystem
import SocketModel

extension ServerPlan {
  /// Where the server is to be reached: names are looked up.
  func serverPlace() throws(DemoTrouble) -> ServerPlace {
    var server: ServerPlace
    switch place {
    case .unixPath(let path): server = ServerPlace(.unix(path: Array(path.utf8)))
    case .unixAbstract(let name): server = ServerPlace(.unix(abstract: Array(name.utf8)))
    case .internet(let host, let port, let family, let isDualStack):
      if host == nil, isDualStack {
        // No loopback address takes both families.
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
    // What localhost means is no matter of the resolver: it may not be there, or answer with another machine.
    if host == nil || host?.lowercased() == "localhost" {
      return family == .ipv6 ? .ipv6(1, port: port) : .ipv4(0x7F00_0001, port: port)
    }
    let name = host ?? ""
    let reason: String
    do throws(HostNames.LookupError) {
      let found = try HostNames.addresses(of: name, port: port, family: Int32(family?.rawValue ?? 0))
      // Of a name with addresses of both families the lesson's is taken.
      if let address = found.first(where: { !$0.isIPv6 }) ?? found.first { return address }
      reason = "it has none"
    } catch {
      reason = error.reason
    }
    throw DemoTrouble(
      "there is no \(family.map { "\($0.name) " } ?? "")address of the host \(quoted(name)): \(reason)",
      [
        "type an address of this machine, such as --host \(family == .ipv6 ? "::1" : "127.0.0.1")",
        "`ip address` lists them",
      ])
  }
}

extension SocketAddress {
  fileprivate var isIPv6: Bool { family == Int32(AddressFamily.ipv6.rawValue) }
}
