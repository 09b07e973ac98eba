package import Glibc
package import LinuxSystem
package import SocketModel

/// The three ways to reach this machine by IP: over IPv4, over IPv6, and over IPv4 from IPv6
/// sockets.
package enum Loopback: String, CaseIterable, Sendable {
  /// 127.0.0.1.
  case ipv4
  /// ::1.
  case ipv6
  /// ::ffff:127.0.0.1 between IPv6 sockets.
  case mapped

  /// The family of the sockets.
  package var family: AddressFamily { self == .ipv4 ? .ipv4 : .ipv6 }

  /// The address with a port; 0 asks for a free one.
  package func address(port: UInt16 = 0) -> SocketAddress {
    switch self {
    case .ipv4: .ipv4(0x7F00_0001, port: port)
    case .ipv6: .ipv6(1, port: port)
    case .mapped: .ipv6(0xFFFF_7F00_0001, port: port)
    }
  }

  /// A socket of this family.
  package func kind(_ type: __socket_type, protocolNumber: Int32 = 0) -> SocketKind {
    SocketKind(family: Int32(family.rawValue), type: Int32(type.rawValue), protocolNumber: protocolNumber)
  }
}
