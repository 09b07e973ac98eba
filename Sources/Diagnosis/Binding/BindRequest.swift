package import SocketModel

/// What a program would ask for with `bind(2)`, and on whose behalf.
package struct BindRequest: Sendable, Hashable {
  /// TCP or UDP; MPTCP has the ports of TCP.
  package var transport: Transport
  /// Where it would be bound.
  package var local: Endpoint
  /// The interface index of a link-local address; 0 for none.
  package var scope: UInt32 = 0
  /// Whether an IPv6 socket takes no IPv4 (`IPV6_V6ONLY`).
  package var isIPv6Only = false
  /// The options that it would set before.
  package var reuse: ReuseOptions = []
  /// The user that makes the socket.
  package var uid: UInt32
  /// Whether that user may bind to any port (`CAP_NET_BIND_SERVICE`).
  package var mayBindAnyPort: Bool

  package init(_ transport: Transport, _ local: Endpoint, uid: UInt32, mayBindAnyPort: Bool) {
    self.transport = transport
    self.local = local
    self.uid = uid
    self.mayBindAnyPort = mayBindAnyPort
  }

  /// Whether the socket would take IPv6 and IPv4 alike.
  package var takesBothFamilies: Bool { !local.address.isIPv4 && local.address.isUnspecified && !isIPv6Only }

  /// Whether the address is of `fe80::/10`, which needs an interface.
  package var isLinkLocal: Bool { !local.address.isIPv4 && local.address.bits >> 118 == 0xFE80 >> 6 }

  /// Whether the address is one of a group, IPv4 or IPv6.
  var isMulticast: Bool {
    if let inner = local.address.embeddedIPv4 { return inner >> 28 == 0xE }
    return local.address.bits >> 120 == 0xFF
  }

  /// Whether the address must be one of the host's: it is neither unspecified nor one for several.
  package var needsAddress: Bool {
    if isMulticast || local.address.isUnspecified { return false }
    return local.address.embeddedIPv4.map { $0 != 0 && $0 != .max } ?? true
  }
}

/// What is known about the outcome of `bind(2)`.
package enum BindOutcome: Sendable, Hashable {
  case possible
  case impossible
  /// Something that was not seen decides.
  case unknown
}
