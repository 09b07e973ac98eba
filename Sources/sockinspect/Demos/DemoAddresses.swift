import Lesson
import LinuxSystem
import SocketModel
import Text

extension DemoPlace {
  /// The addresses of a host, at least one, with a port.
  ///
  /// The meaning of localhost is not left to the resolver: it may be missing, or answer with
  /// another machine.
  ///
  /// - Parameters:
  ///   - host: a name or an address; `nil` for the loopback address of the family, IPv4 by default.
  ///   - advice: what to do when there is none.
  static func addresses(
    of host: String?, port: UInt16, family: AddressFamily?, in language: Language, advice: String...
  ) throws(DemoTrouble) -> [SocketAddress] {
    guard let host else { return [loopback(family ?? .ipv4, port: port)] }
    if host.lowercased() == "localhost" {
      return (family.map { [$0] } ?? [.ipv4, .ipv6]).map { loopback($0, port: port) }
    }
    var reason = language("it has none", "no tiene ninguna")
    do throws(HostNames.LookupError) {
      let found = try HostNames.addresses(of: host, port: port, family: Int32(family?.rawValue ?? 0))
      if !found.isEmpty { return found }
    } catch {
      reason = error.reason
    }
    let kind = family.map { $0 == .ipv6 ? "IPv6 " : "IPv4 " } ?? ""
    let sort = family.map { $0 == .ipv6 ? " IPv6" : " IPv4" } ?? ""
    throw DemoTrouble(
      language(
        "there is no \(kind)address of the host \(quoted(host)): \(reason)",
        "no hay dirección\(sort) para la máquina \(quoted(host)): \(reason)"), advice)
  }

  /// Returns the transport whose table in the kernel has these sockets.
  func transport(isDatagram: Bool) -> Transport {
    guard case .internet = self else { return .unix }
    return isDatagram ? .udp : .tcp
  }

  private static func loopback(_ family: AddressFamily, port: UInt16) -> SocketAddress {
    (family == .ipv6 ? Loopback.ipv6 : .ipv4).address(port: port)
  }
}
