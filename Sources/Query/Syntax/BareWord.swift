internal import SocketModel

/// The meaning of a word of a query that stands alone, without the name of a field: what it looks
/// like.
///
/// The rule is the same for command line, `--until` and the live view: a port, an address, both
/// together, a state, a transport; any other word is text, looked for in every shown cell, and also
/// the name of a user or service where there is one.
enum BareWord: Hashable {
  /// Ports of either end, of one transport or of any: `1234`, `:1234`, `80,443`, `1234/tcp`,
  /// `tcp:1234`.
  case ports(QueryWord, Transport?)
  /// Addresses, blocks, or addresses with ports: `10.0.0.0/8`, `127.0.0.1:1234`, `localhost`.
  case hosts
  /// States by any of their spellings.
  case states
  /// Protocols.
  case transports
  /// A text followed by a port: `nginx:80`.
  case named(QueryWord, ports: QueryWord)
  /// Any other word.
  case text

  /// Finds out what a word looks like; names of users and services are not looked up for it.
  init(_ word: QueryWord) {
    let items = word.split(at: UInt8(ascii: ","))
    if word.isQuoted || word.bytes.isEmpty {
      self = .text
    } else if items.allSatisfy(\.looksLikeHost) {
      self = .hosts
    } else if word.looksLikePorts {
      self = .ports(word, nil)
    } else if let (ports, transport) = word.portsOfTransport {
      self = .ports(ports, transport)
    } else if items.allSatisfy({ SocketState(name: $0.text) != nil }) {
      self = .states
    } else if items.allSatisfy({ TransportWord($0.text) != nil }) {
      self = .transports
    } else if let (name, ports) = word.nameAndPorts {
      self = .named(name, ports: ports)
    } else {
      self = .text
    }
  }

  /// Whether two adjacent words are alternatives: a socket has one state and one transport, and two
  /// ports are a list.
  func isAlternative(to other: BareWord) -> Bool {
    switch (self, other) {
    case (.ports, .ports), (.states, .states), (.transports, .transports): true
    default: false
    }
  }
}

extension QueryWord {
  /// Whether the word is nothing but ports: `80,443`, `8000-8100`, `:https`.
  var looksLikePorts: Bool {
    let comma = UInt8(ascii: ",")
    let colon = UInt8(ascii: ":")
    let dash = UInt8(ascii: "-")
    if bytes.allSatisfy({ Self.isDigit($0) || $0 == comma || $0 == dash || $0 == colon }) {
      return bytes.contains(where: Self.isDigit)
    }
    return bytes.first == colon && bytes.count > 1
      && bytes.dropFirst().allSatisfy { byte in
        Self.isDigit(byte) || Self.isLetter(byte) || byte == dash || byte == comma || byte == UInt8(ascii: "_")
      }
  }

  /// Whether the word is an address, a block, or an address and a port.
  fileprivate var looksLikeHost: Bool {
    let text = self.text
    if bytes.first == UInt8(ascii: "[") { return firstIndex(of: UInt8(ascii: "]")) != nil && text.contains(":") }
    let colons = bytes.count { $0 == UInt8(ascii: ":") }
    var address = text
    if colons == 1, let colon = text.firstIndex(of: ":") {
      guard text[text.index(after: colon)...] != "" else { return false }
      address = String(text[..<colon])
    }
    if address == "localhost" || (address == "*" && colons == 1) { return true }
    let body = address.split(separator: "%", maxSplits: 1)[safe: 0].map(String.init) ?? ""
    if IPAddress(body) != nil || addressAndPort != nil { return true }
    let parts = address.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty, parts[1].utf8.allSatisfy(Self.isDigit) else { return false }
    return IPAddress(String(parts[0])) != nil || QueryWord.shortAddress(Array(parts[0].utf8)) != nil
  }

  /// The ports and the transport of `1234/tcp` and `tcp:1234`.
  fileprivate var portsOfTransport: (QueryWord, Transport)? {
    func named(_ part: QueryWord) -> Transport? {
      Transport.allCases.first { $0.hasPorts && $0.name == part.text.lowercased() }
    }
    if let slash = firstIndex(of: UInt8(ascii: "/")), slash > 0, slash + 1 < bytes.count {
      let (left, right) = (self[0..<slash], self[(slash + 1)..<bytes.count])
      if let transport = named(right), !left.bytes.contains(UInt8(ascii: "/")) { return (left, transport) }
      if let transport = named(left), right.bytes.allSatisfy(Self.isDigit) { return (right, transport) }
    }
    if let colon = firstIndex(of: UInt8(ascii: ":")), colon + 1 < bytes.count, let transport = named(self[0..<colon]) {
      return (self[(colon + 1)..<bytes.count], transport)
    }
    return nil
  }

  /// A name and the ports after its colon.
  fileprivate var nameAndPorts: (QueryWord, QueryWord)? {
    guard let colon = firstIndex(of: UInt8(ascii: ":")), colon > 0, colon + 1 < bytes.count else { return nil }
    let ports = self[(colon + 1)..<bytes.count]
    guard ports.bytes.allSatisfy({ Self.isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ",") }) else {
      return nil
    }
    return (self[0..<colon], ports)
  }

  /// Whether a text contains a letter, a digit or a sign that names begin with, and so can be
  /// looked for.
  var canBeSearched: Bool {
    isQuoted
      || bytes.contains { byte in
        Self.isDigit(byte) || Self.isLetter(byte) || byte >= 0x80 || byte == UInt8(ascii: "/")
          || byte == UInt8(ascii: "@") || byte == UInt8(ascii: "*")
      }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | UInt8(ascii: " "))
  }

  /// The first parts of an IPv4 address, whose rest is 0, as ss reads it before a `/`: `127`,
  /// `193.233.7`.
  static func shortAddress(_ bytes: [UInt8]) -> IPAddress? {
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard (1...3).contains(parts.count), bytes.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: ".") }) else {
      return nil
    }
    let text = String(decoding: bytes, as: UTF8.self) + String(repeating: ".0", count: 4 - parts.count)
    return IPAddress(text)
  }
}

extension Array {
  fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
