internal import SocketModel
internal import Text

extension [UInt8] {
  /// Appends an address of 16 bytes: dotted for IPv4, RFC 5952 for IPv6.
  @inline(__always)
  package mutating func appendAddress(_ bits: UInt128, isIPv4: Bool) {
    if isIPv4 {
      appendDotted(UInt32(truncatingIfNeeded: bits))
    } else {
      IPAddress(bits: bits, isIPv4: false).append(to: &self)
    }
  }
}
