import KernelFormats
import SocketModel
import TestSupport
import Testing

private func tcpRow(_ index: Int, inode: UInt64, port: Int = 0x1000, state: String = "01") -> String {
  let text = String(port, radix: 16, uppercase: true)
  let hexadecimal = String(repeating: "0", count: max(0, 4 - text.count)) + text
  return
    "\(index): 0100007F:0277 0100007F:\(hexadecimal) \(state) 00000000:00000000 00:00000000 00000000     0        0 "
    + "\(inode) 1 0000000000000000 20 4 30 10 -1                  \n"
}

@Suite("Reading /proc/net tables in pieces", .timeLimited)
struct ProcNetStreamTests {
  /// One table of each kind, with traps: bad rows, repetitions, newlines in paths, a cut end.
  static let samples: [(table: ProcNetTable, text: String)] = [
    (
      .tcp,
      header(of: .tcp) + tcpRow(0, inode: 1) + "junk\n\n" + tcpRow(1, inode: 0, state: "06") + tcpRow(2, inode: 1)
        + tcpRow(3, inode: 4)
    ),
    (.tcp, header(of: .tcp) + tcpRow(0, inode: 1) + tcpRow(1, inode: 2).dropLast(60)),
    (
      .udp6,
      header(of: .udp6)
        + "  16: 00000000000000000000000000000000:003A 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12662 2 000000001be0125a 0\n"
    ),
    (
      .unix,
      header(of: .unix) + "c1a2b3c4: 00000002 00000000 00000000 0001 01 77 /a\nb\n\n"
        + "c1a2b3c4: 00000002 00000000 00010000 0001 01 78\nc1a2b3c4: 0000 bad\n"
        + "c1a2b3c4: 00000002 00000000 00010000 0001 01 79 @x y\nc1a2b3c4: 00000002 00000000 00"
    ),
    (.packet, header(of: .packet) + "00000000bf9ee7bc 3      3    0003   0     1 0      0      12663 \n"),
    (
      .netlink,
      header(of: .netlink)
        + "000000000e9a2409 0   0          00000000 0        0        0     2        0        4       \n"
    ),
  ]

  @Test(
    "every size of pieces and every place of a cut between two gives what the whole table gives",
    arguments: samples.indices)
  func pieces(sample: Int) {
    let (table, text) = Self.samples[sample]
    let bytes = Array(text.utf8)
    let whole = Outcome(decodeTable(table, bytes))
    #expect(!whole.records.isEmpty)
    for size in 1...bytes.count {
      #expect(Outcome(decodeTable(table, bytes, chunk: size)) == whole, "pieces of \(size)")
    }
  }

  @Test("a table may be empty, a header alone, or rows without a header", arguments: ProcNetTable.allCases)
  func fewLines(table: ProcNetTable) {
    #expect(Outcome(decodeTable(table, "")) == Outcome(Snapshot(meta: SnapshotMeta(source: "proc"))))
    let head = header(of: table)
    #expect(Outcome(decodeTable(table, head)) == Outcome(Snapshot(meta: SnapshotMeta(source: "proc"))))
    #expect(
      Outcome(decodeTable(table, String(head.dropLast()))) == Outcome(Snapshot(meta: SnapshotMeta(source: "proc"))))
  }

  @Test("after the heading of another table nothing is read until the table's own comes again")
  func otherHeading() throws {
    let rows = tcpRow(0, inode: 1) + header(of: .udp) + tcpRow(1, inode: 2) + "junk\n" + header(of: .tcp)
    let snapshot = decodeTable(.tcp, header(of: .tcp) + rows + tcpRow(2, inode: 3))
    #expect(snapshot.records.map(\.inode) == [1, 3])
    #expect(snapshot.problems.count == 1 && snapshot.problems.first?.line == 3)
    #expect(try #require(snapshot.problems.first).message.contains("the heading of another table"))
    #expect(decodeTable(.tcp6, header(of: .udp6) + tcpRow(0, inode: 1)).records.isEmpty)
  }

  @Test("rows with one inode and other ends are all kept, and one problem counts them")
  func sharedInodes() throws {
    let rows = (0..<3).map { tcpRow($0, inode: 2740, port: $0) }.joined()
    let snapshot = decodeTable(.tcp, header(of: .tcp) + rows + tcpRow(3, inode: 2740, port: 1) + tcpRow(4, inode: 5))
    #expect(snapshot.records.map(\.remotePort) == [0, 1, 2, 0x1000])
    let problem = try #require(snapshot.problems.first)
    #expect(snapshot.problems.count == 1 && problem.kind == .inconsistent)
    #expect(problem.count == 2 && problem.line == 3)
    let names = ["/a", "/b", "/a"].map { "c1a2b3c4: 00000002 00000000 00010000 0001 01 7 \($0)\n" }.joined()
    let unix = decodeTable(.unix, header(of: .unix) + names)
    #expect(unix.records.count == 2 && unix.problems.map(\.kind) == [.inconsistent])
  }

  @Test("in the running kernel's own table a row with an inode met before is that socket")
  func uniqueInodes() {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    var decoder = ProcNetDecoder(table: .tcp, path: "net/tcp", areInodesUnique: true)
    let rows = tcpRow(0, inode: 7, port: 1) + tcpRow(1, inode: 7, port: 2) + tcpRow(2, inode: 8, port: 1)
    decoder.decode(Array((header(of: .tcp) + rows).utf8).span, into: &snapshot)
    decoder.finish(into: &snapshot)
    #expect(snapshot.records.map(\.inode) == [7, 8] && snapshot.problems.isEmpty)
  }

  @Test("rows are read where the header is missing, and a header between joined tables is skipped")
  func headerless() {
    let snapshot = decodeTable(.tcp, tcpRow(0, inode: 1) + header(of: .tcp) + tcpRow(0, inode: 2))
    #expect(snapshot.records.map(\.inode) == [1, 2])
    #expect(snapshot.problems.isEmpty)
  }

  @Test("a bad row is a problem with place, bytes and expectation, and costs no other row")
  func badRow() throws {
    let bad = "   1: 0100007:0277 00000000:0000 0A"
    let snapshot = decodeTable(.tcp, header(of: .tcp) + tcpRow(0, inode: 1) + bad + "\n" + tcpRow(2, inode: 3))
    #expect(snapshot.records.map(\.inode) == [1, 3])
    let problem = try #require(snapshot.problems.first)
    #expect(snapshot.problems.count == 1)
    #expect(problem.kind == .malformed)
    #expect(problem.subject == .table(.tcp, path: "net/tcp"))
    #expect(problem.line == 3)
    #expect(problem.evidence == Array(bad.utf8))
    #expect(problem.message == "expected 8 hexadecimal digits and a colon as local address")
  }

  @Test(
    "each column is checked",
    arguments: [
      ("x: 0100007F:0277 0100007F:1000 01 00000000:00000000 00:00000000 00000000 0 0 1", "sl"),
      ("0 0100007F:0277 0100007F:1000 01 00000000:00000000 00:00000000 00000000 0 0 1", "sl"),
      ("0: 0100007F:027 0100007F:1000 01 00000000:00000000 00:00000000 00000000 0 0 1", "local port"),
      ("0: 0100007F:02777 0100007F:1000 01 00000000:00000000 00:00000000 00000000 0 0 1", "local port"),
      ("0: 0100007F:0277 0100007FF:1000 01 00000000:00000000 00:00000000 00000000 0 0 1", "remote address"),
      ("0: 0100007F:0277 0100007F:100G 01 00000000:00000000 00:00000000 00000000 0 0 1", "remote port"),
      ("0: 0100007F:0277 0100007F:1000 1 00000000:00000000 00:00000000 00000000 0 0 1", "st"),
      ("0: 0100007F:0277 0100007F:1000 0D 00000000:00000000 00:00000000 00000000 0 0 1", "st"),
      ("0: 0100007F:0277 0100007F:1000 00 00000000:00000000 00:00000000 00000000 0 0 1", "st"),
      ("0: 0100007F:0277 0100007F:1000 01 0000000:00000000 00:00000000 00000000 0 0 1", "tx_queue"),
      ("0: 0100007F:0277 0100007F:1000 01 00000000:000000000 00:00000000 00000000 0 0 1", "rx_queue"),
      ("0: 0100007F:0277 0100007F:1000 01 00000000:00000000 0000000000 00000000 0 0 1", "tr:tm->when"),
      ("0: 0100007F:0277 0100007F:1000 01 00000000:00000000 00:00000000000000000 00000000 0 0 1", "tr:tm->when"),
      ("0: 0100007F:0277 0100007F:1000 01 00000000:00000000 00:00000000 0000000x 0 0 1", "retrnsmt"),
      ("0: 0100007F:0277 0100007F:1000 01 00000000:00000000 00:00000000 00000000 x 0 1", "uid"),
      ("0: 0100007F:0277 0100007F:1000 01 00000000:00000000 00:00000000 00000000 0 - 1", "timeout"),
      ("0: 0100007F:0277 0100007F:1000 01 00000000:00000000 00:00000000 00000000 0 0 18446744073709551616", "inode"),
      ("0: 0100007F:0277 0100007F:1000 01 00000000:00000000 00:00000000 00000000 0 0", "inode"),
      ("0: 00000000000000000000000000000000:0277", "local address"),
    ])
  func columns(row: String, column: String) throws {
    let (record, snapshot) = decodeRow(.tcp, row)
    #expect(record == nil)
    #expect(try #require(snapshot.problems.first).message.hasSuffix(" as \(column)"))
  }

  @Test("a flood of bad rows is reported one by one up to a limit, then counted")
  func flood() throws {
    let snapshot = decodeTable(
      .tcp, header(of: .tcp) + String(repeating: "junk\n", count: 1000) + tcpRow(0, inode: 9))
    #expect(snapshot.problems.count == ProcNetDecoder.mostProblems + 1)
    #expect(try #require(snapshot.problems.last).count == 1000 - ProcNetDecoder.mostProblems)
    #expect(snapshot.problems.reduce(0) { $0 + $1.count } == 1000)
    #expect(snapshot.records.map(\.inode) == [9])
  }

  @Test("no more than 120 bytes of a bad row are kept as evidence")
  func evidence() throws {
    let snapshot = decodeTable(.udp, header(of: .udp) + String(repeating: "z", count: 5000) + "\n")
    #expect(try #require(snapshot.problems.first).evidence == Array(repeating: UInt8(ascii: "z"), count: 120))
  }

  @Test(
    "a row cut after all that a record holds is shown, else not; both are reported",
    arguments: [(40, true), (80, false)])
  func cut(missing: Int, isShown: Bool) throws {
    let rows = tcpRow(0, inode: 1) + tcpRow(1, inode: 2).dropLast(missing)
    let snapshot = decodeTable(.tcp, header(of: .tcp) + rows)
    #expect(snapshot.records.map(\.inode) == (isShown ? [1, 2] : [1]))
    let problem = try #require(snapshot.problems.first)
    #expect(snapshot.problems.count == 1)
    #expect(problem.kind == .truncated)
    #expect(problem.line == 3)
    #expect(problem.message.hasSuffix("which is shown") == isShown)
  }

  @Test("a number that a cut may have shortened does not count")
  func cutNumbers() {
    let row = "0: 0100007F:0277 0100007F:1000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0 1234"
    for length in 1...row.count {
      let snapshot = decodeTable(.udp, header(of: .udp) + row.prefix(length))
      #expect(snapshot.records.allSatisfy { $0.inode == 4711 && !$0.known.contains(.drops) }, "cut at \(length)")
      #expect(snapshot.problems.map(\.kind) == [.truncated], "cut at \(length)")
    }
  }

  @Test(
    "a line longer than the limit is one problem, whatever the pieces, and the next line is read",
    arguments: [4096, .max])
  func longLine(chunk: Int) throws {
    let long = String(repeating: "a", count: ProcNetDecoder.longestLine + 1)
    let bytes = Array((header(of: .tcp) + long + "\n" + tcpRow(0, inode: 5)).utf8)
    let snapshot = decodeTable(.tcp, bytes, chunk: chunk)
    #expect(snapshot.records.map(\.inode) == [5])
    let problem = try #require(snapshot.problems.first)
    #expect(snapshot.problems.count == 1)
    #expect(problem.line == 2)
    #expect(problem.evidence.count == 120)
  }

  @Test("a line that never ends is dropped at the limit, not kept", arguments: [ProcNetTable.tcp, .unix])
  func endlessLine(table: ProcNetTable) {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    var decoder = ProcNetDecoder(table: table, path: "net/tcp")
    let piece = [UInt8](repeating: 0x61, count: 65536)
    for _ in 0..<64 { decoder.decode(piece.span, into: &snapshot) }
    decoder.finish(into: &snapshot)
    #expect(snapshot.problems.count == 1)
    #expect(snapshot.records.isEmpty)
  }

  @Test("rows that the kernel repeats are shown once: by inode, or without one by both ends")
  func repetitions() {
    let rows =
      tcpRow(0, inode: 7, port: 1) + tcpRow(1, inode: 0, port: 2, state: "06") + tcpRow(2, inode: 7, port: 1)
      + tcpRow(3, inode: 0, port: 2, state: "06") + tcpRow(4, inode: 0, port: 3, state: "06")
      + tcpRow(5, inode: 8, port: 1)
    let snapshot = decodeTable(.tcp, header(of: .tcp) + rows)
    #expect(snapshot.records.map(\.inode) == [7, 0, 0, 8])
    #expect(snapshot.records.map(\.remotePort) == [1, 2, 3, 1])
    #expect(snapshot.problems.isEmpty)
  }

  @Test("no socket of many is taken for another")
  func manySockets() {
    let seed = SeededGenerator.newSeed
    var random = SeededGenerator(seed: seed)
    var text = header(of: .tcp)
    var inodes: [UInt64] = []
    var ports = 0
    for index in 0..<6000 {
      if index % 3 == 0 {
        text += tcpRow(index, inode: 0, port: ports, state: "06")
        ports += 1
      } else {
        inodes.append(UInt64(index) << UInt64(index % 40))
        text += tcpRow(index, inode: inodes[inodes.count - 1])
        if Bool.random(using: &random) { text += tcpRow(index, inode: inodes.randomElement(using: &random) ?? 0) }
      }
    }
    let records = decodeTable(.tcp, Array(text.utf8), chunk: 4096).records
    #expect(records.filter { $0.inode == 0 }.count == ports, "seed \(seed)")
    #expect(Set(records.map(\.inode)).subtracting([0]) == Set(inodes), "seed \(seed)")
    #expect(records.count == ports + Set(inodes).count, "seed \(seed)")
  }

  @Test("the network namespace is noted on every record when it is known")
  func namespace() {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    var decoder = ProcNetDecoder(table: .tcp, path: "net/tcp", netns: 4_026_531_833)
    let bytes = Array((header(of: .tcp) + tcpRow(0, inode: 1)).utf8)
    decoder.decode(bytes.span, into: &snapshot)
    decoder.finish(into: &snapshot)
    #expect(snapshot.records.map(\.netns) == [4_026_531_833])
    #expect(snapshot.records.allSatisfy { $0.known.contains(.netns) })
  }

  @Test(
    "random bytes and damaged tables give rows and problems, the same in pieces as whole, and never a crash",
    arguments: ProcNetTable.allCases)
  func damage(table: ProcNetTable) {
    let seed = SeededGenerator.newSeed
    var random = SeededGenerator(seed: seed)
    let text = Self.samples.first { $0.table == table }?.text ?? (header(of: table) + tcpRow(0, inode: 1))
    let original = Array(text.utf8)
    for _ in 0..<300 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0 ... .max, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(Array("\n 0:f-9".utf8).randomElement(using: &random) ?? 0, at: place)
        default: bytes.append(contentsOf: (0..<place).map { _ in UInt8.random(in: 0 ... .max, using: &random) })
        }
        if bytes.isEmpty { bytes = [0x0A] }
      }
      let whole = Outcome(decodeTable(table, bytes))
      let size = Int.random(in: 1...64, using: &random)
      #expect(Outcome(decodeTable(table, bytes, chunk: size)) == whole, "seed \(seed), pieces of \(size)")
      #expect(whole.records.allSatisfy { $0.transport == table.transport }, "seed \(seed)")
    }
  }
}
