import Glibc
import SocketModel
import TestSupport
import Testing

@Suite("IP addresses as text", .timeLimited)
struct IPAddressTests {
  @Test(
    "an address is written in the form of RFC 5952",
    arguments: [
      ("0.0.0.0", "0.0.0.0"), ("127.0.0.1", "127.0.0.1"), ("255.255.255.255", "255.255.255.255"),
      ("192.0.2.10", "192.0.2.10"), ("::", "::"), ("::1", "::1"), ("1::", "1::"),
      ("2001:db8:0:0:0:0:0:1", "2001:db8::1"), ("2001:0DB8::0001", "2001:db8::1"),
      ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
      ("2001:db8::1:0:0:1", "2001:db8::1:0:0:1"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
      ("::ffff:c000:201", "::ffff:192.0.2.1"), ("0:0:0:0:0:0:0:0", "::"), ("fe80::1:2:3:4", "fe80::1:2:3:4"),
      ("::1.2.3.4", "::102:304"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
    ])
  func canonicalForm(text: String, expected: String) throws {
    let address = try #require(IPAddress(text))
    #expect(address.description == expected)
    #expect(IPAddress(address.description) == address)
  }

  @Test(
    "what is not an address is refused",
    arguments: [
      "", ".", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "1.2.3.-4", "1.2.3.4 ", "a.b.c.d", ":", ":::", "1:",
      ":1", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "::1%lo", "[::1]", "1.2.3.4::",
      "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1::2:",
    ])
  func refused(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test("the C library reads and writes random IPv6 addresses the same way")
  func agreesWithTheCLibrary() throws {
    let seed = SeededGenerator.newSeed
    var numbers = SeededGenerator(seed: seed)
    for _ in 0..<20_000 {
      // Whole zero groups are frequent, so that runs of them are.
      var bits: UInt128 = 0
      for _ in 0..<8 { bits = bits << 16 | (numbers.next() % 3 == 0 ? UInt128(numbers.next() & 0xFFFF) : 0) }
      let address = IPAddress(ipv6: bits)
      var bytes = in6_addr()
      #expect(inet_pton(AF_INET6, address.description, &bytes) == 1, "seed \(seed)")
      let read = withUnsafeBytes(of: &bytes) { raw in
        raw.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
      }
      #expect(read == bits, "seed \(seed): \(address)")
      // glibc writes ::1.2.3.4 for the deprecated IPv4-compatible form; RFC 5952 section 5 leaves
      // that to known prefixes.
      guard bits >> 32 != 0 else { continue }
      var text: [CChar] = Array(repeating: 0, count: 64)
      _ = inet_ntop(AF_INET6, &bytes, &text, 64)
      let written = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      #expect(address.description == written, "seed \(seed)")
    }
  }

  @Test(
    "a block holds the addresses that share its prefix",
    arguments: [
      ("10.0.0.0", 8, "10.255.0.1", true), ("10.0.0.0", 8, "11.0.0.1", false), ("0.0.0.0", 0, "203.0.113.9", true),
      ("0.0.0.0", 0, "2001:db8::1", false), ("127.0.0.1", 32, "127.0.0.1", true), ("127.0.0.1", 32, "127.0.0.2", false),
      ("10.0.0.0", 8, "::ffff:10.1.2.3", true), ("::", 0, "2001:db8::1", true), ("::", 0, "10.0.0.1", false),
      ("2001:db8::", 32, "2001:db8:ffff::1", true), ("2001:db8::", 32, "2001:db9::1", false),
      ("fe80::", 10, "febf::1", true), ("fe80::", 10, "fec0::1", false), ("::1", 128, "::1", true),
    ])
  func blocks(address: String, length: Int, candidate: String, expected: Bool) throws {
    let base = try #require(IPAddress(address))
    let prefix = try #require(IPPrefix(address: base, length: length))
    let other = try #require(IPAddress(candidate))
    #expect(prefix.contains(other) == expected)
  }

  @Test("a prefix longer than its family's addresses, or negative, is refused")
  func prefixLengths() throws {
    let four = try #require(IPAddress("10.0.0.0"))
    let six = try #require(IPAddress("::"))
    #expect(IPPrefix(address: four, length: 33) == nil)
    #expect(IPPrefix(address: four, length: -1) == nil)
    #expect(IPPrefix(address: six, length: 129) == nil)
    #expect(IPPrefix(address: six, length: 128) != nil)
  }

  @Test("loopback is 127/8, ::1 and mapped 127/8", arguments: ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
  func loopback(text: String) throws {
    let address = try #require(IPAddress(text))
    #expect(address.isLoopback)
  }

  @Test(
    "nothing else is loopback", arguments: ["128.0.0.1", "0.0.0.0", "::", "::2", "::ffff:128.0.0.1", "::127.0.0.1"])
  func notLoopback(text: String) throws {
    let address = try #require(IPAddress(text))
    #expect(!address.isLoopback)
  }
}
