internal import SocketModel

/// The forms of a host apart from an address, a block and a port: `localhost`, a zone, a port after
/// a bare IPv6 address, the inode of a unix socket.
extension ValueReader {
  /// The addresses of `localhost`; no other host name is known.
  package static let localhost = [IPAddress(ipv4: 0x7F00_0001), IPAddress(ipv6: 1)]

  /// The condition of a host in one of those forms; `nil` for any other.
  func specialHost(_ word: QueryWord, _ end: Condition.End) throws(QueryError) -> Condition? {
    if let colon = word.firstIndex(of: UInt8(ascii: ":")), word[0..<colon].text == "localhost" {
      var port = PortValue()
      let value = word[(colon + 1)..<word.bytes.count]
      if !value.isStar { try readPort(value, into: &port) }
      return .joined([Self.isLocalhost(end)] + (value.isStar ? [] : [port.condition(end)]))
    }
    if word.text == "localhost" { return Self.isLocalhost(end) }
    if let inode = unixInode(word), end == .local {
      return .joined([.leaf(.transports([.unix])), .leaf(.number(.inode, RangeSet(inode)))])
    }
    if let (address, port) = word.addressAndPort {
      let both = Condition.joined([try self.host(address, end), try self.host(port, end)])
      // `::1:443` is an address too. Both meanings are accepted: a listing that has one hardly has
      // the other.
      guard let whole = IPAddress(word.text).flatMap({ IPPrefix(address: $0, length: $0.width) }) else { return both }
      return .oneOf([.leaf(.address(end, whole)), both])
    }
    if let percent = word.firstIndex(of: UInt8(ascii: "%")) { return try hostWithZone(word, percent, end) }
    return nil
  }

  private static func isLocalhost(_ end: Condition.End) -> Condition {
    .oneOf(
      localhost.compactMap { address in
        IPPrefix(address: address, length: address.width).map { .leaf(.address(end, $0)) }
      })
  }

  /// The number after a colon that is too large for a port: ss's way to select a unix socket by its
  /// inode.
  private func unixInode(_ word: QueryWord) -> UInt64? {
    guard word.bytes.first == UInt8(ascii: ":"), let number = UInt64(word[1..<word.bytes.count].text), number > 65535,
      number <= UInt64(UInt32.max)
    else { return nil }
    return number
  }

  /// `ADDRESS%INTERFACE`, with or without brackets and port: the address, for a socket bound to the
  /// interface. The interface may also follow the brackets, as ss writes it.
  private func hostWithZone(
    _ word: QueryWord, _ percent: Int, _ end: Condition.End
  ) throws(QueryError) -> Condition? {
    let closed = word.firstIndex(of: UInt8(ascii: "]"))
    let close = closed.flatMap { $0 > percent ? $0 : nil }
    let isBracketed = word.bytes.first == UInt8(ascii: "[") && close != nil
    guard isBracketed == (close != nil) else { return nil }
    let zoneEnd = close ?? word.firstIndex(of: UInt8(ascii: ":"), from: percent) ?? word.bytes.count
    let zone = word[(percent + 1)..<zoneEnd]
    guard !zone.bytes.isEmpty, !zone.bytes.contains(UInt8(ascii: "/")) else { return nil }
    let address = word[(isBracketed ? 1 : 0)..<percent]
    var parts: [Condition] = [try interfaces(zone, field: .interface)]
    if !address.isStar { parts.append(.leaf(.address(end, try prefix(address)))) }
    let rest = word[(close.map { $0 + 1 } ?? zoneEnd)..<word.bytes.count]
    if !rest.bytes.isEmpty { parts.append(try self.host(rest, end)) }
    return .joined(parts)
  }

  /// The error of a host that only another family has, which ss selects by a prefix or by a name.
  func otherFamily(_ word: QueryWord) -> QueryError? {
    let text = word.text.lowercased()
    let families = ["link": "packet", "netlink": "netlink", "vsock": "", "tipc": "", "xdp": ""]
    if let colon = text.firstIndex(of: ":"), let transport = families[String(text[..<colon])] {
      let family = text[..<colon]
      guard !transport.isEmpty else { return error(word, "sockets of \(family) are not listed") }
      return error(
        word, "the ends of \(transport) sockets have no address",
        expected: ["transport = \(transport)", "ip_protocol = NUMBER"], suggestion: "transport = \(transport)")
    }
    let protocols = ["rtnl", "tcpdiag", "genl", "uevent", "audit", "selinux", "xfrm", "nflog", "nft", "fiblookup"]
    guard protocols.contains(text) else { return nil }
    return error(
      word, "\(shown(word)) is a netlink protocol, not an address",
      expected: ["transport = netlink", "ip_protocol = NUMBER"], suggestion: "transport = netlink")
  }
}

extension QueryWord {
  /// A bare IPv6 address and the port after its last colon, including the colon, as ss splits it:
  /// `::1:443`.
  ///
  /// Only where the rest is an address, and the port has at most five decimal digits.
  var addressAndPort: (QueryWord, QueryWord)? {
    guard bytes.first != UInt8(ascii: "["), bytes.count(where: { $0 == UInt8(ascii: ":") }) > 2,
      let colon = bytes.lastIndex(of: UInt8(ascii: ":")), !quoted[colon],
      let port = UInt16(self[(colon + 1)..<bytes.count].text), port > 0,
      IPAddress(self[0..<colon].text)?.isIPv4 == false
    else { return nil }
    return (self[0..<colon], self[colon..<bytes.count])
  }
}
