/// An IPv4 or IPv6 address: 16 bytes and the family that says how to read them.
///
/// No scope is kept: the kernel's tables have none. An IPv4-mapped IPv6 address
/// (`::ffff:192.0.2.1`) stays IPv6.
public struct IPAddress: Sendable, Hashable {
  /// The address as a number, most significant byte first; IPv4 uses the low 32 bits.
  public let bits: UInt128
  /// Whether the address is IPv4 (32 bits) rather than IPv6 (128 bits).
  public let isIPv4: Bool

  /// Makes an address from its number. For IPv4 only the low 32 bits count.
  public init(bits: UInt128, isIPv4: Bool) {
    self.bits = isIPv4 ? bits & 0xFFFF_FFFF : bits
    self.isIPv4 = isIPv4
  }

  /// Makes an IPv4 address from its number in host order: `0x7F000001` is 127.0.0.1.
  public init(ipv4 number: UInt32) { self.init(bits: UInt128(number), isIPv4: true) }

  /// Makes an IPv6 address from its number, most significant byte first.
  public init(ipv6 number: UInt128) { self.init(bits: number, isIPv4: false) }

  /// The number of bits: 32 or 128.
  public var width: Int { isIPv4 ? 32 : 128 }

  /// Whether this is `0.0.0.0` or `::`.
  public var isUnspecified: Bool { bits == 0 }

  /// Whether this is in `127.0.0.0/8`, `::1`, or the former in its mapped form.
  public var isLoopback: Bool {
    if let inner = embeddedIPv4 { return inner >> 24 == 127 }
    return bits == 1
  }

  /// The IPv4 address as a number, for an IPv4 or IPv4-mapped address; `nil` for any other.
  public var embeddedIPv4: UInt32? {
    isIPv4 || bits >> 32 == 0xFFFF ? UInt32(truncatingIfNeeded: bits) : nil
  }
}

/// One end of a socket: address and port. For `raw` sockets the port is the IP protocol, for `icmp`
/// the echo identifier.
public struct Endpoint: Sendable, Hashable {
  /// The address; unspecified when the socket takes any.
  public let address: IPAddress
  /// The port in host order; 0 for none.
  public let port: UInt16

  /// Makes an endpoint from an address and a port.
  public init(address: IPAddress, port: UInt16) {
    self.address = address
    self.port = port
  }
}

/// A block of addresses written `ADDRESS/LENGTH` (CIDR): those that share the first `length` bits
/// of the prefix.
public struct IPPrefix: Sendable, Hashable {
  /// An address of the block; the bits after the prefix do not count.
  public let address: IPAddress
  /// How many leading bits count: 0-32 for IPv4, 0-128 for IPv6.
  public let length: Int

  /// Makes a block; `nil` when the length does not fit the family.
  public init?(address: IPAddress, length: Int) {
    guard length >= 0, length <= address.width else { return nil }
    self.address = address
    self.length = length
  }

  /// Whether the address is in the block. An IPv4 block also contains the IPv4-mapped IPv6
  /// addresses of its hosts.
  public func contains(_ candidate: IPAddress) -> Bool {
    var bits = candidate.bits
    if address.isIPv4 {
      guard let inner = candidate.embeddedIPv4 else { return false }
      bits = UInt128(inner)
    } else if candidate.isIPv4 {
      return false
    }
    let shift = address.width - length
    return shift == 128 || bits >> UInt128(shift) == address.bits >> UInt128(shift)
  }
}
