/// The options that let several sockets have a port.
package struct ReuseOptions: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  /// The corresponding C constant is `SO_REUSEADDR`.
  package static let address = ReuseOptions(rawValue: 1 << 0)
  /// The corresponding C constant is `SO_REUSEPORT`.
  package static let port = ReuseOptions(rawValue: 1 << 1)

  /// All four sets, the empty one first.
  package static let combinations: [ReuseOptions] = [[], .address, .port, [.address, .port]]

  /// The C names of the options in the set.
  package var names: [String] {
    (contains(.address) ? ["SO_REUSEADDR"] : []) + (contains(.port) ? ["SO_REUSEPORT"] : [])
  }
}

/// What decides, at a socket that has a port, whether another one can have it too: the values of
/// `getsockopt(2)`.
package struct BindOptions: Sendable, Hashable {
  package var reuse: ReuseOptions
  /// The value of `IPV6_V6ONLY`; `nil` for an IPv4 socket, and where it is not known.
  package var isIPv6Only: Bool?

  package init(reuse: ReuseOptions, isIPv6Only: Bool? = nil) {
    self.reuse = reuse
    self.isIPv6Only = isIPv6Only
  }
}
