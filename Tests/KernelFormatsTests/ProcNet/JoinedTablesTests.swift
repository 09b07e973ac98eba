import KernelFormats
import SocketModel
import TestSupport
import Testing

/// Decodes joined tables in pieces of the size given.
private func decode(
  _ text: String, chunk: Int = .max, name: ProcNetTable? = nil, wanted: Set<Transport> = []
) -> (snapshot: Snapshot, joined: JoinedTables) {
  var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
  var joined = JoinedTables(path: "-", name: name, wanted: wanted) {
    ProcNetDecoder(table: $0, path: "-", byteOrder: .little)
  }
  forEachPiece(of: Array(text.utf8), size: chunk) { joined.decode($0, into: &snapshot) }
  joined.finish(into: &snapshot)
  return (snapshot, joined)
}

private func row(_ port: String, state: String = "0A", inode: UInt64, tail: String = " 1 0000000000000000 100 0 0 10 0")
  -> String
{
  "   0: 0100007F:\(port) 00000000:0000 \(state) 00000000:00000000 00:00000000 00000000     0        0 \(inode)\(tail)\n"
}

private func row6(_ port: String, inode: UInt64) -> String {
  "   0: 00000000000000000000000001000000:\(port) 00000000000000000000000000000000:0000 07 00000000:00000000 "
    + "00:00000000 00000000     0        0 \(inode) 2 0000000000000000 0\n"
}

private func unixRow(_ inode: UInt64, _ name: String = "") -> String {
  "0000000000000000: 00000002 00000000 00010000 0001 01 \(inode)\(name.isEmpty ? "" : " ")\(name)\n"
}

@Suite("Joined tables of /proc/net", .timeLimited)
struct JoinedTablesTests {
  /// The sockets as text, in their order.
  private func sockets(_ snapshot: Snapshot) -> [String] {
    snapshot.records.map { "\($0.transport.name)\($0.family == .ipv6 ? "6" : "") \($0.localPort) \($0.inode)" }
  }

  private let tcp = header(of: .tcp) + row("0016", inode: 1)
  private let udp = header(of: .udp) + row("0035", state: "07", inode: 2, tail: " 2 0000000000000000 7             ")

  @Test("a header line begins a table, and what is between two tables is skipped and counted")
  func joined() {
    let text =
      "Inter-| Receive\n lo: 1 2\n" + udp + "UdpLite: InDatagrams\nUdpLite: 0\n" + tcp + "\n"
      + header(of: .netlink) + "0000000000000000 0   812        00000001 0        0        0     2        0        66\n"
      + "TcpExt: a\n" + header(of: .unix) + unixRow(90, "/run/a") + "Inter-| sta-|\n face\n"
    let (snapshot, joined) = decode(text)
    #expect(sockets(snapshot) == ["udp 53 2", "tcp 22 1", "netlink 0 66", "unix 0 90"])
    #expect(snapshot.records[0].drops == 7)
    #expect(snapshot.problems.isEmpty && joined.foreignLines == 7)
    #expect(joined.tables == [.udp, .tcp, .netlink, .unix])
    #expect(snapshot.names[0].bytes == Array("/run/a".utf8))
  }

  @Test("pieces of every size give the same as the whole text")
  func pieces() {
    let text =
      "text\n" + tcp + "junk\n" + row("0017", inode: 3) + "more\n" + header(of: .unix) + unixRow(90, "/a\nb")
      + header(of: .packet) + "0000000000000000 3      3    0003   2     1 0      0   555\nend\nan end"
    let whole = decode(text)
    #expect(whole.snapshot.records.count == 4 && whole.joined.foreignLines == 4 && whole.snapshot.problems.count == 1)
    for size in 1...text.utf8.count {
      let (snapshot, joined) = decode(text, chunk: size)
      #expect(Outcome(snapshot) == Outcome(whole.snapshot), "pieces of \(size)")
      #expect(joined.foreignLines == whole.joined.foreignLines && joined.tables == whole.joined.tables)
    }
  }

  @Test("tables of two machines are both read, even if their inodes and ends are the same")
  func twoMachines() {
    let (snapshot, _) = decode(tcp + tcp + udp + tcp)
    #expect(sockets(snapshot) == ["tcp 22 1", "tcp 22 1", "udp 53 2", "tcp 22 1"])
    #expect(snapshot.problems.isEmpty)
  }

  @Test(
    "a table is known by the one before or by its name, if several share its header",
    arguments: [
      ([ProcNetTable.raw, .raw6, .udp, .udp6], ""), ([.icmp, .icmp6, .tcp, .tcp6, .udp6], ""), ([.udp6, .udp], ""),
      ([.raw6, .icmp6, .udplite, .udplite6, .icmp], "/proc/net/"), ([.udp6, .raw6], "host.d/"),
    ])
  func sharedHeaders(tables: [ProcNetTable], folder: String) {
    let text = tables.map { table in
      (folder.isEmpty ? "" : "==> \(folder)\(table.rawValue).txt <==\n") + header(of: table)
    }.joined(separator: "\n")
    #expect(decode(text).joined.tables == tables)
    #expect(decode(text).joined.foreignLines == 0)
  }

  @Test("the name of a file counts for the first table, if it can be that one")
  func named() {
    #expect(decode(header(of: .raw6) + header(of: .udp6), name: .raw6).joined.tables == [.raw6, .udp6])
    #expect(decode(header(of: .tcp), name: .raw6).joined.tables == [.tcp])
  }

  @Test("a bad row costs no other row, and is reported with its place in the text")
  func badRows() {
    let text = "text\n" + tcp + "   1: 01000\n" + "junk\n" + row("0017", inode: 3) + "  2: x\n" + udp + "   3: \n"
    let (snapshot, joined) = decode(text)
    #expect(sockets(snapshot) == ["tcp 22 1", "tcp 23 3", "udp 53 2"])
    #expect(snapshot.problems.map(\.line) == [4, 5, 7, 10] && joined.foreignLines == 1)
    #expect(snapshot.problems.allSatisfy { $0.kind == .malformed })
  }

  @Test("in a text that is one table every other line is a row that does not parse")
  func oneTable() {
    let (snapshot, joined) = decode(tcp + String(repeating: "junk\n", count: 100))
    #expect(snapshot.problems.reduce(0) { $0 + $1.count } == 100 && joined.foreignLines == 0)
    #expect(snapshot.problems.first?.line == 3)
    #expect(snapshot.problems.first?.message == "expected a number and a colon as sl")
    let (cut, _) = decode(String(tcp.dropLast(30)))
    #expect(cut.problems.map(\.kind) == [.truncated])
  }

  @Test("tables of transports that are not wanted are skipped without being counted")
  func wanted() {
    let (snapshot, joined) = decode(udp + tcp + header(of: .unix) + unixRow(9), wanted: [.tcp])
    #expect(sockets(snapshot) == ["tcp 22 1"] && joined.foreignLines == 0)
    #expect(joined.tables == [.udp, .tcp, .unix])
  }

  @Test("a heading in a unix socket's name does not hide the rows after it")
  func headingInName() {
    let packet = String(header(of: .packet).dropLast())
    let text = header(of: .unix) + unixRow(1, "@x\n" + packet) + unixRow(2, "/run/a") + header(of: .packet)
    let (snapshot, joined) = decode(text)
    #expect(sockets(snapshot) == ["unix 0 1", "unix 0 2"])
    #expect(snapshot.names[0].bytes == [0] + Array("x\n\(packet)".utf8))
    #expect(joined.tables == [.unix, .packet])
  }

  @Test("a line that never ends is dropped at the limit, in a table and before one")
  func endlessLine() {
    let long = String(repeating: "a", count: ProcNetDecoder.longestLine + 10) + "\n"
    let (snapshot, joined) = decode(long + tcp + long + row("0017", inode: 3), chunk: 65536)
    #expect(sockets(snapshot) == ["tcp 22 1", "tcp 23 3"])
    #expect(joined.foreignLines == 1 && snapshot.problems.map(\.line) == [4])
    #expect(snapshot.problems.first?.evidence.count == 120)
  }

  @Test("random text between and within tables never stops the parser")
  func damage() {
    let seed = SeededGenerator.newSeed
    var random = SeededGenerator(seed: seed)
    let parts =
      [tcp, udp, "text\n", "==> unix <==\n", "0: x\n", "\n", unixRow(9), row6("003A", inode: 4)]
      + ProcNetTable.allCases.map { header(of: $0) }
    for _ in 0..<300 {
      let text = (0..<Int.random(in: 1...12, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }
        .joined()
      let whole = decode(text)
      let (pieces, joined) = decode(text, chunk: Int.random(in: 1...100, using: &random))
      #expect(Outcome(pieces) == Outcome(whole.snapshot), "seed \(seed)")
      #expect(joined.tables == whole.joined.tables && joined.foreignLines == whole.joined.foreignLines, "seed \(seed)")
    }
  }
}

@Suite("The byte order that the addresses of tables show", .timeLimited)
struct ByteOrderEvidenceTests {
  private func evidence(_ text: String) -> ByteOrderEvidence {
    var evidence = ByteOrderEvidence()
    evidence.add(Array(text.utf8).span)
    return evidence
  }

  @Test(
    "loopback, link-local and mapped addresses show the order, symmetric ones do not",
    arguments: [
      ("0100007F", "00000000", ByteOrder.little), ("7F000001", "00000000", .big), ("7F000035", "00000000", .big),
      ("3500007F", "0A00000A", .little), ("00000000", "FFFFFFFF", nil), ("21020000", "0101A8C0", .little),
      ("C0A80101", "C0000221", .big), ("C0000221", "C6336464", nil),
      ("00000000000000000000000001000000", "00000000000000000000000000000000", .little),
      ("00000000000000000000000000000001", "00000000000000000000000000000000", .big),
      ("0000000000000000FFFF00000A02A8C0", "0000000000000000FFFF0000637100CB", .little),
      ("00000000000000000000FFFFC0A8020A", "00000000000000000000FFFFCB007163", .big),
      ("000080FE00000000FF02000001000000", "00000000000000000000000000000000", .little),
      ("FE80000000000000000002FF00000001", "00000000000000000000000000000000", .big),
      ("B80D0120000000000000000042000000", "B80D0120000000000000000043000000", .little),
      ("20010DB8000000000000000000000042", "20010DB8000000000000000000000043", .big),
    ] as [(String, String, ByteOrder?)])
  func orders(local: String, remote: String, order: ByteOrder?) {
    let found = evidence("header\n  12: \(local):0050 \(remote):01BB 01 rest\n")
    #expect(found.order == order)
    #expect(!found.isContradictory)
  }

  @Test("the majority decides, and strong addresses for both orders are a contradiction")
  func contradiction() {
    let little = "0: 0100007F:0050 00000000:0000 0A\n"
    let big = "0: 7F000001:0050 00000000:0000 0A\n"
    #expect(evidence(little + little + big).order == .little && evidence(little + little + big).isContradictory)
    #expect(evidence(little + big).order == nil)
    #expect(evidence("").order == nil && evidence("").addressCount == 0)
    #expect(evidence("x\n0:\n0: 0100007F:\n0: 0100007F:0050 x:1 0A\n").addressCount == 0)
  }
}
