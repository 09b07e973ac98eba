import CLinux
import Glibc

/// Finds out whether an address can be bound by binding to it: a socket that has it for
/// microseconds, does not listen, and sends nothing.
package struct BindTrial: Sendable, Hashable {
  package let address: SocketAddress
  package let isDatagram: Bool
  /// Whether an IPv6 socket takes no IPv4 (`IPV6_V6ONLY`).
  package let isIPv6Only: Bool

  package init(_ address: SocketAddress, isDatagram: Bool, isIPv6Only: Bool) {
    self.address = address
    self.isDatagram = isDatagram
    self.isIPv6Only = isIPv6Only
  }

  /// Binds and closes; returns why it failed, or `nil` when it worked.
  ///
  /// - Parameter options: the options that are set before.
  package func failure(_ options: [SocketOption]) -> SystemError? {
    let type = isDatagram ? SOCK_DGRAM : SOCK_STREAM
    let kind = SocketKind(family: address.family, type: Int32(type.rawValue))
    do throws(SystemError) {
      let socket = try Descriptor.socket(kind)
      if address.isIPv6 { try socket.set(SocketOption.ipv6Only, to: isIPv6Only ? 1 : 0) }
      for option in options { try socket.set(option, to: 1) }
      try socket.bind(address)
      return nil
    } catch {
      return error
    }
  }
}
