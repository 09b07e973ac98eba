import SocketModel
import TestSupport
import Testing

@testable import KernelFormats

@Suite("The request to close a socket", .timeLimited)
struct SockDestroyRequestTests {
  private static func record(_ transport: Transport = .tcp, _ family: AddressFamily = .ipv4) -> SocketRecord {
    var record = SocketRecord(transport: transport, family: family, state: .established)
    record.known = [.cookie, .interface]
    record.cookie = 0x1122_3344_5566_7788
    record.interface = 3
    record.localBits = family == .ipv4 ? 0x7F00_0001 : 1
    record.remoteBits = family == .ipv4 ? 0x0A00_0002 : 0x2001_0DB8 << 96 | 2
    record.localPort = 0x1234
    record.remotePort = 0x0050
    return record
  }

  /// A number of four bytes in this machine's order.
  private static func host(_ number: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendHost(number)
    return bytes
  }

  @Test("it names ends, interface and cookie of the one socket, and asks for an answer")
  func layout() throws {
    let bytes = try #require(SockDestroyRequest.encode(Self.record(), sequence: 7))
    #expect(bytes.count == 72)
    var head = Self.host(72)
    head.appendHost(UInt16(21))
    head.appendHost(UInt16(5))
    #expect(Array(bytes[..<8]) == head)
    #expect(Array(bytes[8..<12]) == Self.host(7))
    #expect(Array(bytes[16..<20]) == [2, 6, 0, 0])
    // Ports and addresses in network order, the addresses' other twelve bytes empty.
    #expect(Array(bytes[24..<32]) == [0x12, 0x34, 0, 0x50, 127, 0, 0, 1])
    #expect(bytes[32..<44].allSatisfy { $0 == 0 })
    #expect(Array(bytes[44..<48]) == [10, 0, 0, 2])
    #expect(bytes[48..<60].allSatisfy { $0 == 0 })
    #expect(Array(bytes[60...]) == Self.host(3) + Self.host(0x5566_7788) + Self.host(0x1122_3344))
    let wide = try #require(SockDestroyRequest.encode(Self.record(.udp, .ipv6), sequence: 1))
    #expect(Array(wide[16..<18]) == [10, 17])
    #expect(Array(wide[28..<44]) == Array(repeating: 0, count: 15) + [1])
    #expect(Array(wide[44..<60]) == [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [2])
  }

  @Test("without a cookie, and for sockets that the kernel never closes, there is no request")
  func impossible() {
    var record = Self.record()
    record.known.remove(.cookie)
    #expect(SockDestroyRequest.encode(record, sequence: 1) == nil)
    record = Self.record()
    record.cookie = 0
    #expect(SockDestroyRequest.encode(record, sequence: 1) == nil)
    for transport in [Transport.unix, .packet, .netlink, .raw, .icmp, .mptcp] {
      #expect(SockDestroyRequest.encode(Self.record(transport), sequence: 1) == nil, "\(transport)")
    }
  }

  @Test("only the kernel's answer to this request counts; a truncated one does not")
  func answer() {
    func datagram(_ code: Int32, type: UInt16 = 2, sequence: UInt32 = 1, port: UInt32 = 9) -> [UInt8] {
      var bytes = Self.host(20)
      bytes.appendHost(type)
      bytes.appendHost(UInt16(0))
      return bytes + Self.host(sequence) + Self.host(port) + Self.host(UInt32(bitPattern: code))
    }
    func code(_ bytes: [UInt8]) -> Int32? { SockDestroyRequest.answer(bytes.span, sequence: 1, port: 9) }
    #expect(code(datagram(0)) == 0)
    #expect(code(datagram(-2)) == 2)
    #expect(code(datagram(.min)) == .min)
    #expect(code(datagram(0, sequence: 2) + datagram(-1)) == 1)
    for wrong in [
      datagram(0, type: 3), datagram(0, sequence: 2), datagram(0, port: 8), [], Array(datagram(0).prefix(18)),
    ] {
      #expect(code(wrong) == nil)
    }
  }
}
