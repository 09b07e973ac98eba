internal import SocketModel

/// Parses addresses and hosts: `ADDRESS`, `ADDRESS/LENGTH`, `:PORT`, and combinations.
extension ValueReader {
  private static let addressForms = ["an IPv4 or IPv6 address", "a block such as 10.0.0.0/8"]
  private static let hostForms = addressForms + ["a port such as :443", "both, as 10.0.0.1:443 or [::1]:443"]

  /// Parses a list of addresses and blocks; IPv6 may be in brackets.
  func prefixes(_ word: QueryWord) throws(QueryError) -> [IPPrefix] {
    var result: [IPPrefix] = []
    for item in try items(word, expected: Self.addressForms) {
      if item.text == "localhost" {
        result += Self.localhost.compactMap { IPPrefix(address: $0, length: $0.width) }
      } else {
        result.append(try prefix(item))
      }
    }
    return result
  }

  /// Parses a list of hosts into the condition that an end is one of them.
  package func hosts(_ word: QueryWord, _ end: Condition.End) throws(QueryError) -> Condition {
    var conditions: [Condition] = []
    for item in try items(word, expected: Self.hostForms) { conditions.append(try host(item, end)) }
    return .oneOf(conditions)
  }

  package func host(_ item: QueryWord, _ end: Condition.End) throws(QueryError) -> Condition {
    if let condition = try specialHost(item, end) { return condition }
    var rest = item
    var family: AddressFamily?
    for (name, kind) in [("inet6:", AddressFamily.ipv6), ("inet:", .ipv4), ("unix:", .unix)]
    where item.bytes.starts(with: Array(name.utf8)) {
      rest = item[name.utf8.count..<item.bytes.count]
      family = kind
    }
    if family == .unix || rest.bytes.first == UInt8(ascii: "/") || rest.bytes.first == UInt8(ascii: "@") {
      return try unixHost(rest, end)
    }
    let (address, port) = try splitHost(rest)
    var conditions: [Condition] = family.map { [.leaf(.families([$0]))] } ?? []
    if let address, !address.isStar {
      let prefix = try prefix(address)
      if let family, prefix.address.isIPv4 != (family == .ipv4) {
        throw error(address, "\(shown(address)) is not an address of the family before it")
      }
      // Without a family an IPv4 block also takes the mapped addresses of IPv6 sockets; with one it
      // does not, as in ss.
      conditions.append(.leaf(.address(end, prefix)))
    }
    if let port, !port.isStar {
      var value = PortValue()
      try readPort(port, into: &value)
      conditions.append(value.condition(end))
    }
    return .joined(conditions)
  }

  private func unixHost(_ name: QueryWord, _ end: Condition.End) throws(QueryError) -> Condition {
    guard end == .local else {
      throw error(
        name, "the other end of a unix socket is known by its inode only", expected: ["peer_inode = NUMBER", "src"])
    }
    if name.isStar { return .leaf(.families([.unix])) }
    guard !name.bytes.isEmpty || name.isQuoted else { throw error(name, "the path is missing", expected: ["a path"]) }
    return .leaf(.text(.path, Glob(bytes: name.bytes, quoted: name.quoted)))
  }

  /// Splits a host into address and port; a missing part is `nil`.
  private func splitHost(_ word: QueryWord) throws(QueryError) -> (address: QueryWord?, port: QueryWord?) {
    let bytes = word.bytes
    guard !bytes.isEmpty else { throw error(word, "the host is missing", expected: Self.hostForms) }
    if bytes.first == UInt8(ascii: "[") {
      guard let close = word.firstIndex(of: UInt8(ascii: "]")) else {
        throw error(word, "the bracket of \(shown(word)) is not closed", expected: ["]"])
      }
      // A length may be inside the brackets or after them.
      let colon = word.firstIndex(of: UInt8(ascii: ":"), from: close)
      return (word[0..<(colon ?? bytes.count)], colon.map { word[($0 + 1)..<bytes.count] })
    }
    let colons = bytes.count { $0 == UInt8(ascii: ":") }
    if let other = otherFamily(word) { throw other }
    if colons == 1, let colon = word.firstIndex(of: UInt8(ascii: ":")) {
      return (colon == 0 ? nil : word[0..<colon], word[(colon + 1)..<bytes.count])
    }
    return (word, nil)
  }

  /// Parses one address or block.
  package func prefix(_ word: QueryWord) throws(QueryError) -> IPPrefix {
    var bytes = word.bytes
    var length: QueryWord?
    if let slash = word.firstIndex(of: UInt8(ascii: "/")) {
      length = word[(slash + 1)..<bytes.count]
      bytes = Array(bytes[..<slash])
    }
    if bytes.first == UInt8(ascii: "[") {
      guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) ?? length?.bytes.firstIndex(of: UInt8(ascii: "]"))
      else {
        throw error(word, "the bracket of \(shown(word)) is not closed", expected: ["]"])
      }
      if bytes.contains(UInt8(ascii: "]")) {
        guard close == bytes.count - 1 else {
          throw error(word, "\(shown(word)) is not an address", expected: Self.addressForms)
        }
        bytes.removeLast()
      } else if let inside = length {
        guard close == inside.bytes.count - 1 else {
          throw error(word, "\(shown(word)) is not an address", expected: Self.addressForms)
        }
        length = inside[0..<close]
      }
      bytes.removeFirst()
      guard bytes.contains(UInt8(ascii: ":")) else {
        throw error(word, "brackets are for IPv6 addresses only", expected: Self.addressForms)
      }
    }
    let short = length == nil ? nil : QueryWord.shortAddress(bytes)
    guard let address = IPAddress(String(decoding: bytes, as: UTF8.self)) ?? short else {
      throw otherFamily(word) ?? notAnAddress(word, bytes)
    }
    guard let length else { return try block(address, address.width, word) }
    guard case .number(let bits) = NumberScale.parse(length.bytes, scales: []), bits <= 128 else {
      throw error(
        length.bytes.isEmpty ? word : length, "\(shown(length)) is not the length of a prefix",
        expected: ["a number from 0 to \(address.width)"])
    }
    return try block(address, Int(bits), length)
  }

  private func block(_ address: IPAddress, _ length: Int, _ word: QueryWord) throws(QueryError) -> IPPrefix {
    guard let prefix = IPPrefix(address: address, length: length) else {
      throw error(
        word, "an \(address.isIPv4 ? "IPv4" : "IPv6") prefix has at most \(address.width) bits, not \(length)",
        expected: ["a number from 0 to \(address.width)"])
    }
    return prefix
  }

  private func notAnAddress(_ word: QueryWord, _ bytes: [UInt8]) -> QueryError {
    if bytes.contains(UInt8(ascii: "%")) {
      return error(
        word, "addresses of sockets have no zone; leave out what follows the %", expected: Self.addressForms,
        suggestion: String(decoding: bytes.prefix { $0 != UInt8(ascii: "%") }, as: UTF8.self))
    }
    let isNumeric = bytes.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let hint =
      Self.otherEnds.contains(text.split(separator: ":").first.map(String.init) ?? "")
      ? "; the ends of netlink and packet sockets cannot be asked for so"
      : isNumeric || bytes.contains(UInt8(ascii: ":")) ? "" : "; names of hosts are not looked up"
    return error(word, "\(shown(word)) is not an address" + hint, expected: Self.addressForms)
  }

  /// The prefix of an end in `ss` that is neither an internet nor a unix socket's: the family, or a
  /// netlink protocol.
  private static let otherEnds: Set<String> = [
    "link", "netlink", "packet", "rtnl", "fw", "tcpdiag", "nflog", "xfrm", "selinux", "iscsi", "audit", "fiblookup",
    "connector", "netfilter", "ip6fw", "dec-rt", "uevent", "genl", "scsi-trans", "ecryptfs", "rdma", "crypto",
  ]
}

extension QueryWord {
  /// Whether the word is an unquoted `*`, which stands for anything.
  var isStar: Bool { bytes == [UInt8(ascii: "*")] && quoted == [false] }
}
