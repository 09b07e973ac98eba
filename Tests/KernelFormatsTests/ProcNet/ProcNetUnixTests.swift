import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("/proc/net/unix", .timeLimited)
struct ProcNetUnixTests {
  /// A table of rows whose inodes count from 1 and whose paths (with the blank before) are those
  /// given.
  private func names(_ paths: [String]) -> [[UInt8]?] {
    var text = header(of: .unix)
    for (index, path) in paths.enumerated() {
      text += "00000000ebb8b59d: 00000003 00000000 00000000 0001 03     \(index + 1)\(path)\n"
    }
    let snapshot = decodeTable(.unix, text)
    #expect(snapshot.problems.isEmpty)
    #expect(snapshot.records.map(\.inode) == (0..<UInt64(paths.count)).map { $0 + 1 })
    return snapshot.records.indices.map { snapshot.name(at: $0)?.bytes }
  }

  @Test("the half-made end of a client that waits in connect has no type")
  func halfMade() throws {
    let (found, snapshot) = decodeRow(.unix, "0000000000000000: 00000002 00000000 00000000 0000 04 0")
    let record = try #require(found)
    #expect(snapshot.problems.isEmpty && record.state == .disconnecting)
    #expect(!record.known.contains(.socketType))
    #expect(decodeRow(.unix, "0000000000000000: 00000002 00000000 00000000 0009 04 0").record == nil)
  }

  @Test(
    "type, state and the listening flag are read",
    arguments: [
      ("00010000 0001 01", SocketType.stream, SocketState.listen), ("00000000 0001 03", .stream, .connected),
      ("00000000 0002 01", .datagram, .unconnected), ("00000000 0005 02", .sequencedPacket, .connecting),
      ("00000000 0005 04", .sequencedPacket, .disconnecting),
    ])
  func states(columns: String, type: SocketType, state: SocketState) throws {
    let record = try #require(decodeRow(.unix, "c1a2b3c4: 00000002 00000000 \(columns) 5005 /run/x").record)
    #expect(record.socketType == type)
    #expect(record.state == state)
    #expect(record.inode == 5005)
    #expect(record.transport == .unix)
    #expect(record.known == [.socketType, .inode, .unixObject])
    #expect(record.kernelAddress == 0xC1A2_B3C4 && record.references == 2)
  }

  @Test("rows with and without a name follow one another")
  func plainNames() {
    let found = names(["", " /run/a.sock", "", "", " /b"])
    #expect(found == [nil, Array("/run/a.sock".utf8), nil, nil, Array("/b".utf8)])
  }

  @Test(
    "a path is all that follows exactly one blank",
    arguments: [
      "/a b", " /two blanks", "/tab\there", "/trailing ", "/\u{1B}[31mred", "/colon: 1", "x", "/é", " ", "  ", "/cr\r",
      "/00000000ebb8b59d: 00000003", String(repeating: "p", count: 108),
    ])
  func oddPaths(path: String) {
    #expect(names([" " + path, " /next"]) == [Array(path.utf8), Array("/next".utf8)])
    #expect(names([" " + path]) == [Array(path.utf8)])
  }

  @Test(
    "a path with newlines continues on the next lines",
    arguments: [
      "/a\nb", "/a\n", "/a\n\n\n", "\n", "\n/a", "/a\n/b c\nd", "/a\nNum RefCount", "/a\n12: x", "/a\nabcdef01",
      "/a\n    ",
    ])
  func newlines(path: String) {
    #expect(names([" " + path, " /next", ""]) == [Array(path.utf8), Array("/next".utf8), nil])
    #expect(names([" " + path]) == [Array(path.utf8)])
  }

  @Test("a path that is not UTF-8 keeps its bytes")
  func rawBytes() {
    let head = Array((header(of: .unix) + "c1a2b3c4: 00000002 00000000 00000000 0001 01 77 /").utf8)
    let snapshot = decodeTable(.unix, head + [0xFF, 0xFE, 0x80, 0x0A])
    #expect(snapshot.name(at: 0)?.bytes == [0x2F, 0xFF, 0xFE, 0x80])
  }

  @Test("an abstract name begins with NUL; another @ may be NUL or itself and stays")
  func abstract() throws {
    #expect(
      names([" @12120", " @/tmp/@x", " @"]) == [
        [0] + Array("12120".utf8), [0] + Array("/tmp/@x".utf8), [0],
      ])
    let snapshot = decodeTable(.unix, header(of: .unix) + "c1a2b3c4: 00000002 00000000 00000000 0001 01 77 @a b\n")
    let name = try #require(snapshot.name(at: 0))
    #expect(name.isAbstract)
    #expect(name.display == Array("@a b".utf8))
  }

  @Test("inodes wider than their column and of 64 bits are read")
  func wideInode() throws {
    let record = try #require(
      decodeRow(.unix, "c1a2b3c4: 00000002 00000000 00000000 0001 01 18446744073709551615").record)
    #expect(record.inode == .max)
  }

  @Test("connections not accepted yet share inode 0 and are all shown")
  func inodeZero() {
    let row = "0000000000000000: 00000002 00000000 00000000 0001 02     0 /run/x\n"
    #expect(decodeTable(.unix, header(of: .unix) + row + row).records.count == 2)
  }

  @Test("a row repeated by the kernel is shown once, with its name kept once")
  func repeated() {
    let row = "0000000000000000: 00000002 00000000 00000000 0001 01    77 /run/x\n"
    let snapshot = decodeTable(.unix, header(of: .unix) + row + row)
    #expect(snapshot.records.count == 1)
    #expect(snapshot.names.count == 1)
  }

  @Test(
    "a line that was meant to be a row is no part of a path, nor is one that no name is long enough for",
    arguments: ["00000000ebb8b59d: 00000003 zz", String(repeating: "x", count: 107)])
  func badRow(line: String) throws {
    let snapshot = decodeTable(
      .unix,
      header(of: .unix) + "c1a2b3c4: 00000002 00000000 00000000 0001 01 77 /a\n\(line)\n"
        + "c1a2b3c4: 00000002 00000000 00000000 0001 01 78 /b\n")
    #expect(snapshot.records.map(\.inode) == [77, 78])
    #expect(snapshot.name(at: 0)?.bytes == Array("/a".utf8))
    let problem = try #require(snapshot.problems.first)
    #expect(snapshot.problems.count == 1)
    #expect(problem.kind == .malformed)
    #expect(problem.line == 3)
    #expect(problem.evidence == Array(line.utf8.prefix(120)))
  }

  @Test(
    "columns that make no sense are reported",
    arguments: [
      ("00000000 0009 01 77", "Type"), ("00000000 FFFF 01 77", "Type"), ("00000000 0001 05 77", "St"),
      ("00000000 0001 01 x", "Inode"), ("zz 0001 01 77", "Flags"), ("00000000 0001 01", "Inode"),
    ])
  func badColumns(columns: String, name: String) throws {
    let (record, snapshot) = decodeRow(.unix, "c1a2b3c4: 00000002 00000000 \(columns)")
    #expect(record == nil)
    #expect(try #require(snapshot.problems.first).message.hasSuffix(name))
  }

  @Test("a last row without its newline is left out, because its path may be cut")
  func cut() throws {
    let rows =
      "c1a2b3c4: 00000002 00000000 00000000 0001 01 77 /run/a\nc1a2b3c4: 00000002 00000000 00000000 0001 01 78 /ru"
    let snapshot = decodeTable(.unix, header(of: .unix) + rows)
    #expect(snapshot.records.map(\.inode) == [77])
    #expect(snapshot.problems.map(\.kind) == [.truncated])
    #expect(try #require(snapshot.problems.first).line == 3)
  }
}
