import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("Recorded dumps of sock_diag", .timeLimited)
struct RecordedDumpTests {
  /// A dump, the file of its messages in `Fixtures/sock_diag`, and how many sockets it has.
  static let dumps: [(SockDiagDump, String)] = [
    (SockDiagDump(.tcp, .ipv4), "tcp-states"), (SockDiagDump(.tcp, .ipv4), "tcp-extensions"),
    (SockDiagDump(.tcp, .ipv6), "tcp6"), (SockDiagDump(.udp, .ipv4), "udp"), (SockDiagDump(.udp, .ipv6), "udp6"),
    (SockDiagDump(.unix, .unix), "unix"), (SockDiagDump(.packet, .packet), "packet"),
    (SockDiagDump(.netlink, .netlink), "netlink"),
  ]

  private static func table(_ dump: SockDiagDump, _ bytes: [UInt8], isRecorded: Bool) throws -> SockDiagTable {
    var table = SockDiagTable()
    var answer = SockDiagAnswer(
      to: dump, sequence: isRecorded ? 0 : fixtureSequence, port: isRecorded ? 0 : fixturePort, states: .all,
      requiredDetails: .all, netns: nil)
    let progress = try answer.decode(bytes.span, into: &table)
    #expect(progress == .done)
    return table
  }

  @Test("what is recorded decodes to the same sockets", arguments: dumps)
  func same(dump: SockDiagDump, name: String) throws {
    let bytes = try diagFixture(name)
    var part = RecordedDump.Part()
    try part.append(bytes.span)
    #expect(part.ending == .complete && !part.isInterrupted && !part.bytes.isEmpty)
    let live = try Self.table(dump, bytes, isRecorded: false)
    let recorded = try Self.table(dump, part.bytes, isRecorded: true)
    #expect(live.records == recorded.records && live.details == recorded.details)
    #expect(!live.records.isEmpty && recorded.problems.isEmpty)
  }

  @Test("redaction keeps states and figures, and no address, user or name", arguments: dumps)
  func redacted(dump: SockDiagDump, name: String) throws {
    try #require(Redaction.coversDump(of: dump.transport))
    var part = RecordedDump.Part()
    let bytes = try diagFixture(name)
    try part.append(bytes.span)
    var redaction = Redaction(byteOrder: .native)
    let original = try Self.table(dump, part.bytes, isRecorded: true)
    let recorded = part.bytes
    var omitted = 0
    let messages = redaction.messages(of: dump, recorded.span, omitted: &omitted)
    #expect(omitted == 0)
    let copy = try Self.table(dump, messages, isRecorded: true)
    #expect(copy.records.map(\.state) == original.records.map(\.state))
    #expect(copy.records.map(\.inode) == original.records.map(\.inode))
    #expect(copy.records.map(\.localPort) == original.records.map(\.localPort))
    #expect(copy.details.map(\.tcp) == original.details.map(\.tcp))
    #expect(copy.details.map(\.memory) == original.details.map(\.memory))
    for (kept, old) in zip(copy.records, original.records) where dump.transport.isInternet {
      for (new, before) in [(kept.local, old.local), (kept.remote, old.remote)] {
        guard let before, !before.address.isUnspecified, !before.address.isLoopback else { continue }
        #expect(new?.address != before.address)
        #expect(new?.address == redaction.address(before.address))
      }
      if old.uid != 0 { #expect(kept.uid == redaction.user(old.uid)) }
    }
    for index in 0..<copy.names.count {
      let (name, old) = (copy.names[index], original.names[index])
      #expect(name.isAbstract == old.isAbstract && name.display == redaction.unixName(old.display))
    }
  }

  @Test("a message that says that sockets came and went, and a refusal, are noticed")
  func endings() throws {
    let interrupted = netlinkMessage(type: 20, flags: 0x12, [2, 1])
    let refusal = netlinkMessage(type: 3, hostBytes(Int32(-2)))
    var part = RecordedDump.Part()
    try part.append(interrupted.span)
    #expect(part.isInterrupted && part.ending == nil)
    try part.append(refusal.span)
    #expect(part.ending == .refused(2))
    // What follows the end belongs to another dump.
    let count = part.bytes.count
    try part.append(interrupted.span)
    #expect(part.bytes.count == count)
    let error = netlinkMessage(type: 2, hostBytes(Int32(-22)))
    var other = RecordedDump.Part()
    try other.append(error.span)
    #expect(other.ending == .refused(22))
  }

  @Test("a datagram whose lengths are wrong is an error")
  func wrongLength() {
    let bytes = netlinkMessage(type: 20, [], length: 99)
    var isRefused = false
    var part = RecordedDump.Part()
    do { try part.append(bytes.span) } catch { isRefused = true }
    #expect(isRefused)
  }

  @Test("the names of files are those of the tables, and distinct")
  func names() {
    let dumps = Transport.allCases.flatMap { SockDiagDump.all(of: $0, families: [.ipv4, .ipv6]) }
    #expect(Set(dumps.map(\.fileName)).count == dumps.count)
    #expect(SockDiagDump(.tcp, .ipv6).fileName == "tcp6" && SockDiagDump(.unix, .unix).fileName == "unix")
    for dump in dumps {
      let gap = CaptureGap(.dump(dump), nil)
      #expect(CaptureGap(parsing: gap.text) == gap)
    }
  }
}
