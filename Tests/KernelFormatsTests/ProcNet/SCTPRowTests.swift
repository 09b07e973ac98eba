import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("The tables /proc/net/sctp/eps and assocs", .timeLimited)
struct SCTPRowTests {
  private static let endpoints = [
    "ffff8880a1b2c3d4 ffff8880a1b2c3d8 2   10  29   3868      0 80001 192.0.2.1 198.51.100.1 ",
    "0000000000000000 0000000000000000 0   7   30   0      1000 80002 ",
    "0000000012345678 0000000087654321 2   1   31   5000   1000 80003 2001:0db8:0000:0000:0000:0000:0000:0001 ",
  ]
  private static let associations = [
    "0000000012345678 0000000087654321 2   1   3  0       1      200      100       0 80001 3868  36412  "
      + "192.0.2.1 *198.51.100.1 <-> 192.0.2.7 *198.51.100.7 \t    7500     10    10   10    0    0        0"
      + "        1        0   212992   212992",
    "0000000012345678 0000000087654321 2   1   5  0       2       64        0       0 80001 3868  36413  "
      + "*192.0.2.1 <-> *192.0.2.8 ",
    "0000000012345678 0000000087654321 2   1   3  0       3        0        0    1000 80003 5000   6000  "
      + "*2001:0db8:0000:0000:0000:0000:0000:0001 <-> *192.0.2.9 ",
  ]

  private func decode(_ table: ProcNetTable, _ rows: [String], chunk: Int = .max) -> Snapshot {
    decodeTable(table, Array((header(of: table) + rows.map { $0 + "\n" }.joined()).utf8), chunk: chunk)
  }

  @Test("endpoints: state, port, user, inode, style, and the first address", arguments: [Int.max, 1, 7, 64])
  func endpoints(chunk: Int) {
    let snapshot = decode(.sctpEndpoints, Self.endpoints, chunk: chunk)
    #expect(snapshot.problems.isEmpty)
    #expect(snapshot.records.map(\.state) == [.listen, .close, .established])
    #expect(
      snapshot.records.map { $0.local?.description } == ["192.0.2.1:3868", "0.0.0.0:0", "[2001:db8::1]:5000"])
    #expect(snapshot.records.map(\.uid) == [0, 1000, 1000] && snapshot.records.map(\.inode) == [80001, 80002, 80003])
    #expect(snapshot.records.map(\.socketType) == [.stream, .sequencedPacket, .stream])
    #expect(snapshot.records.allSatisfy { $0.transport == .sctp && !$0.hasPeer && !$0.countsConnections })
  }

  @Test("associations: their state, queues, both ports, the addresses of the primary path")
  func associations() {
    let snapshot = decode(.sctpAssociations, Self.associations)
    #expect(snapshot.problems.isEmpty)
    #expect(snapshot.records.map(\.state) == [.established, .shutdownSent, .established])
    #expect(snapshot.records.map(\.isAssociation) == [true, true, true])
    #expect(snapshot.records[0].local?.description == "198.51.100.1:3868")
    #expect(snapshot.records[0].remote?.description == "198.51.100.7:36412")
    #expect(snapshot.records[0].sendQueue == 200 && snapshot.records[0].receiveQueue == 100)
    #expect(snapshot.records[2].family == .ipv6)
    #expect(snapshot.records[2].remote?.description == "[::ffff:192.0.2.9]:6000")
  }

  @Test("associations of one socket share its inode and are all listed, a repeated row only once")
  func repetitions() {
    let snapshot = decode(.sctpAssociations, Self.associations + Self.associations.prefix(1))
    #expect(snapshot.records.count == 3 && snapshot.problems.isEmpty)
  }

  @Test(
    "a row with a state, port or address that cannot be is a problem, and the next one is read",
    arguments: [
      (" 2   1   3 ", " 2   1   9 "), ("3868  36412", "3868  66412"), ("<-> ", "-> "), ("192.0.2.7 *198.51.100.7", ""),
      ("80001", "8000x"), ("192.0.2.1 *198.51.100.1 ", "192.0.2.300 "),
    ])
  func malformed(good: String, bad: String) throws {
    let row = Self.associations[0].replacing(good, with: bad)
    try #require(row != Self.associations[0])
    let snapshot = decode(.sctpAssociations, [row, Self.associations[1]])
    #expect(snapshot.records.map(\.remotePort) == [36413])
    #expect(snapshot.problems.map(\.line) == [2])
  }

  @Test("a table that ends within the addresses does not show the row")
  func cut() {
    let text = header(of: .sctpEndpoints) + Self.endpoints[0].dropLast(3)
    let snapshot = decodeTable(.sctpEndpoints, text)
    #expect(snapshot.records.isEmpty && snapshot.problems.count == 1)
  }

  @Test("the header tells the table, and is of no other")
  func headers() {
    for table in [ProcNetTable.sctpEndpoints, .sctpAssociations] {
      #expect(ProcNetTable.recognise(header: Array(header(of: table).utf8).span) == table)
      let mixed = decodeTable(.tcp, header(of: table) + Self.endpoints[0] + "\n")
      #expect(mixed.records.isEmpty && !mixed.problems.isEmpty)
    }
  }

  @Test("redaction replaces addresses, users and pointers, and the result is read like the original")
  func redacted() throws {
    for (table, rows) in [(ProcNetTable.sctpEndpoints, Self.endpoints), (.sctpAssociations, Self.associations)] {
      let text = header(of: table) + rows.map { $0 + "\n" }.joined() + "noise\n"
      var redaction = Redaction(byteOrder: .little)
      let output = redaction.table(table, Array(text.utf8).span)
      let shown = String(decoding: output.bytes, as: UTF8.self)
      #expect(output.omittedLines == 1)
      for secret in ["192.0.2", "198.51.100", "2001:0db8", "ffff8880a1b2c3d4", "12345678"] {
        #expect(!shown.contains(secret), "\(secret)")
      }
      let original = decode(table, rows)
      let copy = decodeTable(table, shown)
      #expect(copy.problems.isEmpty && copy.records.count == rows.count)
      #expect(copy.records.map(\.state) == original.records.map(\.state))
      #expect(copy.records.map(\.localPort) == original.records.map(\.localPort))
      #expect(copy.records.map(\.family) == original.records.map(\.family))
    }
  }
}
