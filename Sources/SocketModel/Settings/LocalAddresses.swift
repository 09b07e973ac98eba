/// The addresses that sockets of a network namespace can be bound to.
package struct LocalAddresses: Sendable, Hashable {
  /// The IPv4 blocks that are local, such as 127.0.0.0/8, and the addresses for broadcast; `nil`
  /// when they are not known.
  package var ipv4: [IPPrefix]?
  /// The IPv6 addresses, each with the indexes of the interfaces that have it; `nil` when they are
  /// not known.
  package var ipv6: [IPAddress: Set<UInt32>]?

  package init(ipv4: [IPPrefix]? = nil, ipv6: [IPAddress: Set<UInt32>]? = nil) {
    self.ipv4 = ipv4
    self.ipv6 = ipv6
  }
}
