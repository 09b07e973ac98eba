import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("Hostile bytes instead of sock_diag's answers", .timeLimited)
struct SockDiagFuzzTests {
  private static let recorded: [(String, Transport, AddressFamily)] = [
    ("tcp-states", .tcp, .ipv4), ("tcp-extensions", .tcp, .ipv4), ("tcp6", .tcp, .ipv6), ("udp", .udp, .ipv4),
    ("unix", .unix, .unix), ("packet", .packet, .packet), ("netlink", .netlink, .netlink),
    ("mptcp", .mptcp, .ipv4), ("mptcp-subflows", .tcp, .ipv4), ("sctp", .sctp, .ipv4), ("sctp6", .sctp, .ipv6),
    ("smc", .smc, .ipv4), ("vsock", .vsock, .vsock), ("xdp", .xdp, .xdp), ("tipc", .tipc, .tipc),
    ("vsock-refused", .raw, .ipv4),
  ]

  /// Decodes arbitrary bytes; every index in a record must be valid.
  private func survive(_ bytes: [UInt8], _ transport: Transport, _ family: AddressFamily) -> Int {
    var table = SockDiagTable()
    var answer = SockDiagAnswer(
      to: SockDiagDump(transport, family), sequence: fixtureSequence, port: fixturePort, states: .all,
      requiredDetails: .all,
      netns: nil)
    _ = try? answer.decode(bytes.span, into: &table)
    for record in table.records {
      #expect(record.detailIndex == SocketRecord.noIndex || Int(record.detailIndex) < table.details.count)
      #expect(record.nameIndex == SocketRecord.noIndex || Int(record.nameIndex) < table.names.count)
    }
    #expect(table.records.count <= bytes.count / 16)
    return table.records.count
  }

  @Test("recorded answers with flipped, cut, repeated and random bytes never crash a decoder", arguments: recorded)
  func mutated(name: String, transport: Transport, family: AddressFamily) throws {
    let original = try diagFixture(name)
    var numbers = SeededGenerator(seed: SeededGenerator.newSeed)
    for _ in 0..<1500 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...6, using: &numbers) {
        let place = Int.random(in: 0..<bytes.count, using: &numbers)
        switch Int.random(in: 0..<5, using: &numbers) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
        case 1: bytes[place] = [0, 1, 3, 4, 127, 128, 255].randomElement(using: &numbers) ?? 0
        case 2: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0..<40, using: &numbers)))
        case 3: bytes.insert(UInt8.random(in: .min ... .max, using: &numbers), at: place)
        default: bytes += bytes[place..<min(bytes.count, place + 64)]
        }
      }
      _ = survive(bytes, transport, family)
    }
  }

  @Test("random bytes never crash a decoder, as datagrams and as payloads of well-formed messages")
  func random() {
    var numbers = SeededGenerator(seed: SeededGenerator.newSeed)
    for round in 0..<4000 {
      let (_, transport, family) = Self.recorded[round % Self.recorded.count]
      var bytes = (0..<Int.random(in: 0...300, using: &numbers)).map { _ in UInt8.random(in: 0...255, using: &numbers) }
      if round % 2 == 0 {
        if !bytes.isEmpty { bytes[0] = family.rawValue }
        if bytes.count > 2 {
          bytes[1] = 1
          bytes[2] = 1
        }
        bytes = netlinkMessage(type: [20, 2, 3][round / 2 % 3], bytes)
      }
      _ = survive(bytes, transport, family)
    }
  }

  @Test("each recorded answer cut at any length gives the sockets before the cut", arguments: recorded.dropLast())
  func cut(name: String, transport: Transport, family: AddressFamily) throws {
    let original = try diagFixture(name)
    var counts: [Int] = []
    for length in 0...original.count { counts.append(survive(Array(original[..<length]), transport, family)) }
    #expect(counts == counts.sorted())
    #expect(counts.first == 0)
    let all = try decodeDump(original, transport, family).table.records.count
    #expect(counts.last == all && all > 0)
  }
}
