package import SocketModel

/// Decodes `/proc/net/fib_trie` (`net/ipv4/fib_trie.c`, `fib_trie_seq_show`): the routes of IPv4,
/// among them the blocks of addresses that are this host's own.
///
/// A route is a line with its prefix, `|-- 127.0.0.0`, and below it one line for each length, scope
/// and type: `/8 host LOCAL`.
package enum FIBTrie {
  /// Returns the blocks of types LOCAL and BROADCAST, which `bind(2)` accepts; each once.
  package static func localPrefixes(_ bytes: Span<UInt8>) -> [IPPrefix] {
    var prefixes: [IPPrefix] = []
    var seen: Set<String> = []
    var address: IPAddress?
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      let words = splitWords(bytes.extracting(start..<end))
      start = end + 1
      if words.count == 2, words[0] == "|--" {
        address = IPAddress(words[1]).flatMap { $0.isIPv4 ? $0 : nil }
      } else if words.count >= 3, words[0].utf8.first == UInt8(ascii: "/"),
        words[2] == "LOCAL" || words[2] == "BROADCAST",
        let address, let length = Int(words[0].dropFirst()), let prefix = IPPrefix(address: address, length: length),
        seen.insert("\(address)\(words[0])").inserted
      {
        prefixes.append(prefix)
      }
    }
    return prefixes
  }
}

/// Decodes `/proc/net/if_inet6` (`net/ipv6/addrconf.c`, `if6_seq_show`): the IPv6 addresses, each
/// with the index of its interface, the length of the prefix, the scope, flags and the interface's
/// name; all numbers hexadecimal.
package enum IfInet6 {
  /// The flags of an address that `bind(2)` refuses: `IFA_F_TENTATIVE` without
  /// `IFA_F_OPTIMISTIC`, and `IFA_F_DADFAILED`.
  private static let tentative: UInt32 = 0x40
  private static let optimistic: UInt32 = 0x04

  /// Returns the addresses that can be bound to, with the interfaces that have them. Lines of
  /// another form are skipped.
  package static func addresses(_ bytes: Span<UInt8>) -> [IPAddress: Set<UInt32>] {
    var addresses: [IPAddress: Set<UInt32>] = [:]
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      let words = splitWords(bytes.extracting(start..<end))
      start = end + 1
      guard words.count >= 5, words[0].utf8.count == 32, let bits = UInt128(words[0], radix: 16),
        let interface = UInt32(words[1], radix: 16), let flags = UInt32(words[4], radix: 16)
      else { continue }
      if flags & tentative != 0, flags & optimistic == 0 { continue }
      addresses[IPAddress(ipv6: bits), default: []].insert(interface)
    }
    return addresses
  }
}

/// The words of a line, between blanks.
private func splitWords(_ line: Span<UInt8>) -> [String] {
  var words: [String] = []
  var word: [UInt8] = []
  for index in line.indices {
    if isBlank(line[index]) {
      if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
      word = []
    } else {
      word.append(line[index])
    }
  }
  if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
  return words
}
