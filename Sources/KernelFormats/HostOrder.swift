/// Reads integers in the byte order of this machine, as the kernel writes them into netlink
/// messages.
///
/// They are put together byte by byte: after a check of the length the optimizer turns that into
/// one load, and nothing has to be aligned. Every access is bounds-checked.
extension Span<UInt8> {
  @inline(__always)
  func hostUInt16(at offset: Int) -> UInt16 {
    let value = UInt16(self[offset]) | UInt16(self[offset &+ 1]) << 8
    #if _endian(big)
      return value.byteSwapped
    #else
      return value
    #endif
  }

  @inline(__always)
  func hostUInt32(at offset: Int) -> UInt32 {
    let low = UInt32(self[offset]) | UInt32(self[offset &+ 1]) << 8
    let high = UInt32(self[offset &+ 2]) << 16 | UInt32(self[offset &+ 3]) << 24
    #if _endian(big)
      return (low | high).byteSwapped
    #else
      return low | high
    #endif
  }

  @inline(__always)
  func hostUInt64(at offset: Int) -> UInt64 {
    #if _endian(big)
      return UInt64(hostUInt32(at: offset)) << 32 | UInt64(hostUInt32(at: offset &+ 4))
    #else
      return UInt64(hostUInt32(at: offset)) | UInt64(hostUInt32(at: offset &+ 4)) << 32
    #endif
  }

  /// Reads two bytes in network order, such as a port.
  @inline(__always)
  func networkUInt16(at offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset &+ 1]) }

  /// Reads four bytes in network order, such as an IPv4 address.
  @inline(__always)
  func networkUInt32(at offset: Int) -> UInt32 {
    UInt32(self[offset]) << 24 | UInt32(self[offset &+ 1]) << 16 | UInt32(self[offset &+ 2]) << 8
      | UInt32(self[offset &+ 3])
  }

  /// Reads sixteen bytes in network order, such as an IPv6 address.
  @inline(__always)
  func networkUInt128(at offset: Int) -> UInt128 {
    let high = UInt64(networkUInt32(at: offset)) << 32 | UInt64(networkUInt32(at: offset &+ 4))
    let low = UInt64(networkUInt32(at: offset &+ 8)) << 32 | UInt64(networkUInt32(at: offset &+ 12))
    return UInt128(high) << 64 | UInt128(low)
  }
}

/// Appends integers in the byte order of this machine, or of the network.
extension [UInt8] {
  mutating func appendNetwork(_ value: UInt16) {
    append(UInt8(truncatingIfNeeded: value >> 8))
    append(UInt8(truncatingIfNeeded: value))
  }

  mutating func appendHost(_ value: UInt16) {
    #if _endian(big)
      append(UInt8(truncatingIfNeeded: value >> 8))
      append(UInt8(truncatingIfNeeded: value))
    #else
      append(UInt8(truncatingIfNeeded: value))
      append(UInt8(truncatingIfNeeded: value >> 8))
    #endif
  }

  mutating func appendHost(_ value: UInt32) {
    #if _endian(big)
      appendHost(UInt16(truncatingIfNeeded: value >> 16))
      appendHost(UInt16(truncatingIfNeeded: value))
    #else
      appendHost(UInt16(truncatingIfNeeded: value))
      appendHost(UInt16(truncatingIfNeeded: value >> 16))
    #endif
  }
}
