import SocketModel
import TestSupport
import Testing

@testable import KernelFormats

@Suite("The addresses of a host, from fib_trie and if_inet6", .timeLimited)
struct LocalAddressTests {
  @Test("blocks of type LOCAL and BROADCAST count, each once; other routes do not")
  func trie() throws {
    let text = """
      Main:
        +-- 0.0.0.0/0 3 0 5
           |-- 0.0.0.0
              /0 universe UNICAST
           +-- 127.0.0.0/8 2 0 2
              |-- 127.0.0.0
                 /8 host LOCAL
              |-- 127.0.0.1
                 /32 host LOCAL
              |-- 127.255.255.255
                 /32 link BROADCAST
           |-- 192.0.2.0
              /24 link UNICAST
              /32 link BROADCAST
      Local:
              |-- 127.0.0.0
                 /8 host LOCAL
      """
    let prefixes = FIBTrie.localPrefixes(Array(text.utf8).span)
    #expect(prefixes.map(\.description) == ["127.0.0.0/8", "127.0.0.1/32", "127.255.255.255/32", "192.0.2.0/32"])
    #expect(
      FIBTrie.localPrefixes(Array("/8 host LOCAL\n|-- x\n/99 host LOCAL\n|-- 1.2.3.4\n/99 host LOCAL".utf8).span)
        .isEmpty)
  }

  @Test("addresses have their interfaces; tentative ones, and lines of another form, are left out")
  func inet6() throws {
    let text = """
      00000000000000000000000000000001 01 80 10 80       lo
      fe800000000000000000000000000001 02 40 20 80     eth0
      fe800000000000000000000000000001 0a 40 20 80     eth1
      20010db8000000000000000000000001 02 40 00 40     eth0
      20010db8000000000000000000000002 02 40 00 44     eth0
      zz
      00000000000000000000000000000009 xx 40 00 80 eth0
      """
    let addresses = IfInet6.addresses(Array(text.utf8).span)
    #expect(addresses.count == 3)
    #expect(addresses[IPAddress(ipv6: 1)] == [1])
    #expect(addresses[try #require(IPAddress("fe80::1"))] == [2, 10])
    #expect(addresses[try #require(IPAddress("2001:db8::2"))] == [2])
  }
}
