import Glibc

/// hosts(5): addresses and their names, from `/etc/hosts`.
package struct HostsFile: Sendable {
  /// One line.
  struct Entry: Sendable, Equatable {
    /// 4 or 16 bytes in network order.
    let address: [UInt8]
    /// The name, then its aliases.
    let names: [String]
  }

  /// The lines, in the file's order.
  let entries: [Entry]

  /// This machine's file; without entries when it is missing.
  package static var system: HostsFile { HostsFile(parsing: NameServices.file("/etc/hosts")) }

  /// Parses the file's text: `address name alias ... # comment`. Lines of another form are skipped.
  init(parsing bytes: [UInt8]) {
    entries = bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let words = line.prefix { $0 != UInt8(ascii: "#") }.split { $0 <= UInt8(ascii: " ") }
      guard words.count >= 2, let address = HostAddressText.bytes(of: words[0])?.address else { return nil }
      return Entry(address: address, names: words.dropFirst().map { String(decoding: $0, as: UTF8.self) })
    }
  }

  /// The name of an address, given as 4 or 16 bytes in network order; `nil` when it has none.
  package func name(of address: [UInt8]) -> String? { entries.first { $0.address == address }?.names[0] }

  /// The addresses of a name; case does not matter.
  func addresses(of name: String) -> [[UInt8]] {
    let name = name.lowercased()
    return entries.filter { $0.names.contains { $0.lowercased() == name } }.map(\.address)
  }
}

/// Addresses as text, with the C library's functions that load nothing: `inet_pton(3)` and
/// `inet_aton(3)`.
enum HostAddressText {
  /// Parses the text of an IPv4 or IPv6 address: its bytes in network order, and the interface
  /// after a `%`.
  static func bytes(of text: some Collection<UInt8>) -> (address: [UInt8], zone: [UInt8])? {
    let parts = text.split(separator: UInt8(ascii: "%"), maxSplits: 1)
    guard let first = parts.first, !first.contains(0) else { return nil }
    let written = first.map { CChar(bitPattern: $0) } + [0]
    for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
      var address: [UInt8] = Array(repeating: 0, count: count)
      if unsafe inet_pton(family, written, &address) == 1 { return (address, Array(parts.dropFirst().joined())) }
    }
    var short = in_addr()
    // 127.1 and the like, which the C library's resolver takes too.
    guard parts.count == 1, unsafe inet_aton(written, &short) != 0 else { return nil }
    return (unsafe withUnsafeBytes(of: &short) { unsafe Array($0) }, [])
  }

  /// Writes an address as text that getent(1) accepts.
  static func text(of address: [UInt8]) -> String? {
    guard address.count == 4 || address.count == 16 else { return nil }
    var text: [CChar] = Array(repeating: 0, count: 64)
    guard unsafe inet_ntop(address.count == 4 ? AF_INET : AF_INET6, address, &text, 64) != nil else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// An IPv4-mapped address as the IPv4 address that it stands for; any other unchanged.
  static func unmapped(_ address: [UInt8]) -> [UInt8] {
    let prefix: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]
    return address.count == 16 && address.starts(with: prefix) ? Array(address.dropFirst(12)) : address
  }
}
