import Demo
import LinuxSystem
import SocketModel

extension ServerPlan {
  /// What its socket is of.
  var transport: Transport {
    guard case .internet = place else { return .unix }
    return isDatagram ? .udp : .tcp
  }

  /// Whether the server has not come about because somebody else has the address.
  func isTaken(_ failure: DemoFailure) -> Bool {
    guard case .call(let call, let error) = failure else { return false }
    return (call.name == "bind" || call.name == "listen") && error.name == "EADDRINUSE"
  }

  /// Why else the server has not come about, and what can be done.
  func trouble(_ failure: DemoFailure, _ error: SystemError, at place: ServerPlace) -> DemoTrouble {
    let isIPv6 = place.address.family == Int32(AddressFamily.ipv6.rawValue)
    // Without its module socket() fails; switched off, there is no address to bind to.
    if isIPv6, error.name == "EAFNOSUPPORT" {
      return DemoTrouble("this machine has no IPv6 (\(error))", ["leave -6 out, or type an IPv4 address"])
    }
    guard case .call(.bind, _) = failure else { return DemoTrouble("the server cannot start: \(error)") }
    return transport == .unix
      ? unixTrouble(error, place.address) : internetTrouble(error, place.address, isIPv6: isIPv6)
  }

  private func internetTrouble(_ error: SystemError, _ address: SocketAddress, isIPv6: Bool) -> DemoTrouble {
    let host = address.endpoint.map { "\($0.address)" } ?? address.shown
    let port = address.port ?? 0
    switch error.name {
    case "EACCES":
      return DemoTrouble(
        "port \(port) is not for everybody: a port below \(firstFreePort) takes privilege (\(error))",
        ["type a higher port, such as --port \(port == 80 ? 8080 : DemoPlace.lessonPort), or run it as root"])
    case "EADDRNOTAVAIL":
      return DemoTrouble(
        "\(host) is no address of this machine (\(error))",
        ["`ip address` lists those it has; without --host it is the loopback address"])
    case "EINVAL" where isIPv6:
      return DemoTrouble(
        "\(host) cannot be listened on (\(error))",
        ["an address that begins with fe80: needs its interface, as in fe80::1%eth0"])
    default: return DemoTrouble("cannot listen on \(address.shown) (\(error))")
    }
  }

  /// The first port that everybody may bind to, `net.ipv4.ip_unprivileged_port_start`.
  private var firstFreePort: Int {
    var bytes: [UInt8] = []
    let file = try? Descriptor.open("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    _ = try? file?.readAll(into: &bytes, limit: 32)
    return Int(String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)) ?? 1024
  }

  private func unixTrouble(_ error: SystemError, _ address: SocketAddress) -> DemoTrouble {
    let what = "\(address.shown) cannot be made (\(error))"
    switch error.name {
    case "ENOENT", "ENOTDIR":
      return DemoTrouble(what, ["its folder is not there: make that first, or type a path in one that is"])
    case "EACCES", "EPERM", "EROFS": return DemoTrouble(what, ["type a path in a folder that you may write to"])
    case "EINVAL", "ENAMETOOLONG": return DemoTrouble(what, ["a path has at most 107 bytes: type a shorter one"])
    default: return DemoTrouble(what)
    }
  }
}
