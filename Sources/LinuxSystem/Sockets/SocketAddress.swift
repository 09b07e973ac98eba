import Glibc

/// An address for `bind(2)` and `connect(2)`: the bytes of a `struct sockaddr` of one family.
///
/// The layouts are those of `sockaddr_in`, `sockaddr_in6`, `sockaddr_un`, `sockaddr_ll` and
/// `sockaddr_nl`, by offset because Glibc's module lacks some of them.
package struct SocketAddress: Sendable, Hashable {
  package let bytes: [UInt8]

  /// Takes an address from the kernel, such as the result of `getsockname(2)`.
  package init(bytes: [UInt8]) { self.bytes = bytes }

  private init(family: Int32, _ parts: [UInt8]) {
    bytes = SocketAddress.native(UInt16(truncatingIfNeeded: family)) + parts
  }

  /// An IPv4 address as a number in host order (`0x7F000001` is 127.0.0.1) and a port.
  package static func ipv4(_ address: UInt32, port: UInt16) -> SocketAddress {
    SocketAddress(family: AF_INET, network(port) + network(address) + Array(repeating: 0, count: 8))
  }

  /// An IPv6 address as a number, most significant byte first, a port, and the interface of a
  /// link-local address.
  package static func ipv6(_ address: UInt128, port: UInt16, scope: UInt32 = 0) -> SocketAddress {
    SocketAddress(family: AF_INET6, network(port) + [0, 0, 0, 0] + network(address) + native(scope))
  }

  /// A unix socket's path: any bytes but NUL, at most 108.
  package static func unix(path: [UInt8]) -> SocketAddress { SocketAddress(family: AF_UNIX, path) }

  /// A unix socket's abstract name: any bytes, including NUL, at most 107.
  package static func unix(abstract name: [UInt8]) -> SocketAddress { SocketAddress(family: AF_UNIX, [0] + name) }

  /// Asks the kernel to choose an abstract name ("autobind").
  package static let unixAutobind = SocketAddress(family: AF_UNIX, [])

  /// A packet socket's protocol (an ethertype) and interface index, 0 for all.
  package static func packet(ethertype: UInt16, interface: UInt32) -> SocketAddress {
    SocketAddress(family: AF_PACKET, network(ethertype) + native(interface) + Array(repeating: 0, count: 12))
  }

  /// A netlink port id, 0 to let the kernel choose one, and the multicast groups to join.
  package static func netlink(port: UInt32, groups: UInt32) -> SocketAddress {
    SocketAddress(family: AF_NETLINK, [0, 0] + native(port) + native(groups))
  }

  /// The corresponding C name is `sa_family`; 0 when there is none.
  package var family: Int32 {
    guard bytes.count >= 2 else { return 0 }
    return SocketAddress.isLittleEndian
      ? Int32(bytes[0]) | Int32(bytes[1]) << 8 : Int32(bytes[0]) << 8 | Int32(bytes[1])
  }

  /// Whether the family is `AF_INET6`.
  package var isIPv6: Bool { family == AF_INET6 }

  /// The port of an IPv4 or IPv6 address in host order; `nil` for other families.
  package var port: UInt16? {
    guard family == AF_INET || family == AF_INET6, bytes.count >= 4 else { return nil }
    return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
  }

  /// The address as a number, most significant byte first, in the low 32 bits for IPv4; `nil` for
  /// other families.
  package var ipBits: UInt128? {
    let range = family == AF_INET ? 4..<8 : 8..<24
    guard port != nil, bytes.count >= range.upperBound else { return nil }
    return bytes[range].reduce(0) { $0 << 8 | UInt128($1) }
  }

  /// The name of a unix address: its path without a closing NUL, or NUL and the abstract name;
  /// `nil` for other families.
  package var unixName: [UInt8]? {
    guard family == AF_UNIX else { return nil }
    let name = bytes.dropFirst(2)
    return name.first == 0 ? Array(name) : Array(name.prefix { $0 != 0 })
  }

  /// The flow information of an IPv6 address in host order (`sin6_flowinfo`); `nil` for other
  /// families.
  package var flow: UInt32? {
    guard family == AF_INET6, bytes.count >= 8 else { return nil }
    return bytes[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// The interface index of a link-local IPv6 address, 0 for others (`sin6_scope_id`); `nil` for
  /// other families.
  package var scope: UInt32? {
    guard family == AF_INET6, bytes.count >= 28 else { return nil }
    let part = bytes[24..<28]
    return (SocketAddress.isLittleEndian ? Array(part.reversed()) : Array(part)).reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// The port id of a netlink address (`nl_pid`); `nil` for other families.
  package var netlinkPort: UInt32? { family == AF_NETLINK ? word(at: 4) : nil }

  /// The context identifier and port of a vsock address (`svm_cid`, `svm_port`); `nil` for other
  /// families.
  package var vsock: (cid: UInt32, port: UInt32)? {
    guard family == 40, let port = word(at: 4), let cid = word(at: 8) else { return nil }
    return (cid, port)
  }

  /// The interface index and queue of an XDP address (`sxdp_ifindex`, `sxdp_queue_id`); `nil` for
  /// other families.
  package var xdp: (interface: UInt32, queue: UInt32)? {
    guard family == 44, let interface = word(at: 4), let queue = word(at: 8) else { return nil }
    return (interface, queue)
  }

  /// A number of 32 bits in the order of this machine.
  private func word(at offset: Int) -> UInt32? {
    guard bytes.count >= offset + 4 else { return nil }
    let part = bytes[offset..<offset + 4]
    return (SocketAddress.isLittleEndian ? Array(part.reversed()) : Array(part)).reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Returns the same IPv4 or IPv6 address with another port; other families stay as they are.
  package func with(port: UInt16) -> SocketAddress {
    guard self.port != nil else { return self }
    var bytes = self.bytes
    bytes.replaceSubrange(2..<4, with: SocketAddress.network(port))
    return SocketAddress(bytes: bytes)
  }

  private static func network(_ number: some FixedWidthInteger) -> [UInt8] {
    (0..<(number.bitWidth / 8)).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }

  private static func native(_ number: some FixedWidthInteger) -> [UInt8] {
    let bytes = network(number)
    return isLittleEndian ? bytes.reversed() : bytes
  }

  private static let isLittleEndian = UInt16(1).littleEndian == 1
}
