internal import Text

/// Reading and writing addresses as text: dotted IPv4 and RFC 4291 IPv6, written in the form that
/// RFC 5952 prescribes.
extension IPAddress: CustomStringConvertible, LosslessStringConvertible {
  /// Appends the address in its canonical form: `192.0.2.1`, `2001:db8::1`, `::ffff:192.0.2.1`.
  public func append(to output: inout [UInt8]) {
    if isIPv4 { return output.appendDotted(UInt32(truncatingIfNeeded: bits)) }
    if let inner = embeddedIPv4 {
      output.append(ascii: "::ffff:")
      return output.appendDotted(inner)
    }
    let (start, length) = longestZeroRun()
    var index = 0
    while index < 8 {
      if index == start {
        output.append(ASCII.colon)
        output.append(ASCII.colon)
        index += length
        continue
      }
      if index > 0, index != start + length || length == 0 { output.append(ASCII.colon) }
      output.appendHexadecimal(UInt64(group(index)))
      index += 1
    }
  }

  /// The address in its canonical form.
  public var description: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Parses an address: dotted IPv4 with four decimal parts, or IPv6 in any form of RFC 4291,
  /// without brackets or zone. `nil` when the text is neither.
  ///
  /// Leading zeros are refused in IPv4, because programs disagree on whether they mean octal.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    if bytes.contains(ASCII.colon) {
      guard let number = Self.parseIPv6(bytes) else { return nil }
      self.init(ipv6: number)
    } else {
      guard let number = Self.parseDotted(bytes[...]) else { return nil }
      self.init(ipv4: number)
    }
  }

  private func group(_ index: Int) -> UInt16 { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * index)) }

  /// The first of the longest runs of at least two zero groups; start -1 when there is none.
  private func longestZeroRun() -> (start: Int, length: Int) {
    var best = (start: -1, length: 0)
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, group(end) == 0 { end += 1 }
      if end - start > max(best.length, 1) { best = (start, end - start) }
      start = end + 1
    }
    return best
  }

  private static func parseDotted(_ bytes: ArraySlice<UInt8>) -> UInt32? {
    var number: UInt32 = 0
    var parts = 0
    for part in bytes.split(separator: ASCII.period, omittingEmptySubsequences: false) {
      guard (1...3).contains(part.count), part.count == 1 || part.first != ASCII.zero else { return nil }
      var value: UInt32 = 0
      for byte in part {
        guard ASCII.digits.contains(byte) else { return nil }
        value = value * 10 + UInt32(byte - ASCII.zero)
      }
      guard value <= 255, parts < 4 else { return nil }
      number = number << 8 | value
      parts += 1
    }
    return parts == 4 ? number : nil
  }

  private static func parseIPv6(_ bytes: [UInt8]) -> UInt128? {
    var before: [UInt16] = []
    var after: [UInt16] = []
    var compressed = false
    var index = 0
    if bytes.count >= 2, bytes[0] == ASCII.colon {
      guard bytes[1] == ASCII.colon else { return nil }
      compressed = true
      index = 2
    }
    while index < bytes.count {
      let end = bytes[index...].firstIndex(of: ASCII.colon) ?? bytes.count
      let part = bytes[index..<end]
      if part.contains(ASCII.period) {
        guard end == bytes.count, let dotted = parseDotted(part) else { return nil }
        let groups = [UInt16(dotted >> 16), UInt16(truncatingIfNeeded: dotted)]
        if compressed { after += groups } else { before += groups }
        break
      }
      guard let group = parseGroup(part) else { return nil }
      if compressed { after.append(group) } else { before.append(group) }
      guard end < bytes.count else { break }
      index = end + 1
      if index < bytes.count, bytes[index] == ASCII.colon {
        guard !compressed else { return nil }
        compressed = true
        index += 1
      } else if index == bytes.count {
        return nil
      }
    }
    let total = before.count + after.count
    guard compressed ? total <= 7 : total == 8 else { return nil }
    let groups = before + Array(repeating: 0, count: 8 - total) + after
    return groups.reduce(0) { $0 << 16 | UInt128($1) }
  }

  private static func parseGroup(_ part: ArraySlice<UInt8>) -> UInt16? {
    guard (1...4).contains(part.count) else { return nil }
    var value: UInt16 = 0
    for byte in part {
      switch byte {
      case ASCII.digits: value = value << 4 | UInt16(byte - ASCII.zero)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(byte - UInt8(ascii: "A") + 10)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(byte - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    return value
  }
}

extension Endpoint: CustomStringConvertible {
  /// The endpoint as `192.0.2.1:80` or `[2001:db8::1]:80`.
  public var description: String { address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)" }
}

extension IPPrefix: CustomStringConvertible {
  /// The block as `192.0.2.0/24`.
  public var description: String { "\(address)/\(length)" }
}
