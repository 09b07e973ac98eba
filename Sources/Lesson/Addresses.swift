package import LinuxSystem
package import SocketModel

extension SocketAddress {
  /// The address in the model's form; `nil` for families without ports.
  package var endpoint: Endpoint? {
    guard let bits = ipBits, let port else { return nil }
    return Endpoint(address: IPAddress(bits: bits, isIPv4: !isIPv6), port: port)
  }
}

extension Endpoint {
  /// The end in the form for `bind(2)` and `connect(2)`.
  package var socketAddress: SocketAddress {
    address.isIPv4
      ? .ipv4(UInt32(truncatingIfNeeded: address.bits), port: port) : .ipv6(address.bits, port: port)
  }
}
