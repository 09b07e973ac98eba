import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("Netlink messages and attributes", .timeLimited)
struct NetlinkMessageTests {
  private func messages(_ bytes: [UInt8]) throws -> [NetlinkMessage] {
    var result: [NetlinkMessage] = []
    var walk = NetlinkMessages()
    while let message = try walk.next(in: bytes.span) { result.append(message) }
    return result
  }

  private func attributes(_ bytes: [UInt8]) throws -> [NetlinkAttribute] {
    var result: [NetlinkAttribute] = []
    var walk = NetlinkAttributes(from: 0)
    while let attribute = try walk.next(in: bytes.span) { result.append(attribute) }
    return result
  }

  @Test("messages follow each other at multiples of four, and the last one needs no padding")
  func walk() throws {
    let bytes = netlinkMessage(type: 20, [1, 2, 3]) + [0] + netlinkMessage(type: 3, flags: 0x10, [9])
    let found = try messages(bytes)
    #expect(found.map(\.type) == [20, 3])
    #expect(found.map(\.payload) == [16..<19, 36..<37])
    #expect(found[1].flags == NetlinkMessage.interruptedFlag)
    #expect(found[0].sequence == fixtureSequence)
    #expect(found[0].port == fixturePort)
  }

  @Test("a datagram of nothing has no messages")
  func empty() throws {
    #expect(try messages([]).isEmpty)
    #expect(try attributes([]).isEmpty)
  }

  @Test(
    "a length below the header's, beyond the datagram, or a header cut short is an error",
    arguments: [
      netlinkMessage(type: 20, [1, 2, 3, 4], length: 0), netlinkMessage(type: 20, [1, 2, 3, 4], length: 15),
      netlinkMessage(type: 20, [1, 2, 3, 4], length: 21), netlinkMessage(type: 20, [], length: .max),
      Array(netlinkMessage(type: 20, []).dropLast()), [20],
      netlinkMessage(type: 20, [1, 2, 3, 4]) + [20, 0, 0],
    ])
  func lies(bytes: [UInt8]) {
    #expect(throws: DecodeError.self) { try messages(bytes) }
  }

  @Test("attributes lose the flag bits of their type")
  func attributeWalk() throws {
    let found = try attributes(
      netlinkAttribute(0x8008, [1]) + netlinkAttribute(15, [1, 2, 3, 4]) + netlinkAttribute(3, []))
    #expect(found.map(\.type) == [8, 15, 3])
    #expect(found.map(\.value) == [4..<5, 12..<16, 20..<20])
  }

  @Test(
    "an attribute of length zero to three, beyond the message, or cut short is an error",
    arguments: [
      netlinkAttribute(1, [], length: 0), netlinkAttribute(1, [1, 2, 3, 4], length: 3),
      netlinkAttribute(1, [1, 2, 3, 4], length: 9), netlinkAttribute(1, [], length: .max), [4, 0, 1],
      netlinkAttribute(1, [1, 2, 3, 4]) + [4, 0],
    ])
  func attributeLies(bytes: [UInt8]) {
    #expect(throws: DecodeError.self) { try attributes(bytes) }
  }

  @Test("an error shows where it is and the bytes that are there")
  func evidence() throws {
    let bytes = netlinkMessage(type: 20, []) + netlinkMessage(type: 7, Array(repeating: 0xAA, count: 200), length: 3)
    let error = try #require(throws: DecodeError.self) { try messages(bytes) }
    #expect(error.offset == 16)
    #expect(error.evidence == Array(bytes[16..<136]))
    #expect(error.description.contains("length of 3"))
  }
}
