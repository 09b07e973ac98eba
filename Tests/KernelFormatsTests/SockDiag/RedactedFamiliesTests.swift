import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("Redaction of recorded dumps of every transport", .timeLimited)
struct RedactedFamiliesTests {
  static let dumps: [(SockDiagDump, String)] = [
    (SockDiagDump(.sctp, .ipv4), "sctp"), (SockDiagDump(.sctp, .ipv6), "sctp6"), (SockDiagDump(.smc, .ipv4), "smc"),
    (SockDiagDump(.vsock, .vsock), "vsock"), (SockDiagDump(.xdp, .xdp), "xdp"), (SockDiagDump(.tipc, .tipc), "tipc"),
    (SockDiagDump(.packet, .packet), "packet"), (SockDiagDump(.netlink, .netlink), "netlink"),
  ]

  private static func table(_ dump: SockDiagDump, _ bytes: [UInt8]) throws -> SockDiagTable {
    var table = SockDiagTable()
    var answer = SockDiagAnswer(
      to: dump, sequence: 0, port: 0, states: .all, requiredDetails: .all, netns: nil)
    _ = try answer.decode(bytes.span, into: &table)
    return table
  }

  @Test("figures, ports and inodes stay, users and machines are replaced", arguments: dumps)
  func replaced(dump: SockDiagDump, name: String) throws {
    var part = RecordedDump.Part()
    let bytes = try diagFixture(name)
    try part.append(bytes.span)
    let original = try Self.table(dump, part.bytes)
    try #require(!original.records.isEmpty)
    var redaction = Redaction(byteOrder: .native)
    var omitted = 0
    let recorded = part.bytes
    let messages = redaction.messages(of: dump, recorded.span, omitted: &omitted)
    let copy = try Self.table(dump, messages)
    #expect(omitted == 0 && copy.problems.isEmpty)
    #expect(copy.records.count == original.records.count && copy.details == original.details)
    for (new, old) in zip(copy.records, original.records) {
      var expected = old
      expected.uid = redaction.user(old.uid)
      switch dump.transport {
      case .vsock:
        expected.localBits = new.localBits
        expected.remoteBits = new.remoteBits
        for (bits, before) in [(new.localBits, old.localBits), (new.remoteBits, old.remoteBits)] {
          guard let first = NumberedEnd(bits: before) else { continue }
          let end = NumberedEnd(host: redaction.machine(first.host), port: first.port)
          #expect(NumberedEnd(bits: bits) == end)
        }
      case .tipc:
        expected.localBits = new.localBits
        expected.remoteBits = new.remoteBits
        for (bits, before) in [(new.localBits, old.localBits), (new.remoteBits, old.remoteBits)] {
          guard let first = NumberedEnd(bits: before) else { continue }
          let end = NumberedEnd(host: redaction.node(first.host), port: first.port)
          #expect(NumberedEnd(bits: bits) == end)
        }
      case .sctp, .smc:
        if let local = old.local { expected.localBits = redaction.address(local.address).bits }
        if let remote = old.remote { expected.remoteBits = redaction.address(remote.address).bits }
      default: break
      }
      #expect(new == expected)
    }
    // The numbers of users are small, and so are those of queues; addresses are not.
    for record in original.records where dump.transport.isInternet {
      for end in [record.local, record.remote] {
        guard let end, !end.address.isUnspecified, !end.address.isLoopback else { continue }
        // An IPv4 address of an IPv6 socket is one of four bytes in a list.
        let embedded = end.address.embeddedIPv4
        let (bits, count) = embedded.map { (UInt128($0), 4) } ?? (end.address.bits, 16)
        let address = (0..<count).map { UInt8(truncatingIfNeeded: bits >> UInt128(8 * (count - 1 - $0))) }
        #expect(recorded.contains(address) && !messages.contains(address), "\(end.address)")
      }
    }
  }

  @Test("attributes that are not known, and messages without a fixed part, are left out", arguments: dumps)
  func unknown(dump: SockDiagDump, name: String) throws {
    var part = RecordedDump.Part()
    let bytes = try diagFixture(name)
    try part.append(bytes.span)
    let secret = Array("secret-secret-16".utf8)
    var messages: [UInt8] = []
    var walk = NetlinkMessages()
    let recorded = part.bytes
    while let message = try walk.next(in: recorded.span) {
      if message.type != 20 { continue }
      let payload = recorded[message.payload]
      messages += netlinkMessage(type: 20, Array(payload) + netlinkAttribute(100, secret))
    }
    try #require(!messages.isEmpty)
    var redaction = Redaction(byteOrder: .native)
    var omitted = 0
    let kept = redaction.messages(of: dump, messages.span, omitted: &omitted)
    #expect(!kept.contains(secret) && omitted == 0)
    #expect(try !Self.table(dump, kept).records.isEmpty)
    let others = netlinkMessage(type: 77, secret) + (dump.transport == .tipc ? [] : netlinkMessage(type: 20, secret))
    let none = redaction.messages(of: dump, others.span, omitted: &omitted)
    #expect(none.isEmpty)
    #expect(omitted == (dump.transport == .tipc ? 1 : 2))
  }
}
