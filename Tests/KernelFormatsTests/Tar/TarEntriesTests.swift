import KernelFormats
import TestSupport
import Testing
import Text

@Suite("Tar archives", .timeLimited)
struct TarEntriesTests {
  /// The entries of an archive, until its end or what is wrong with it.
  private static func entries(_ archive: [UInt8]) throws(DecodeError) -> [TarEntry] {
    var walk = TarEntries()
    var found: [TarEntry] = []
    while let wanted = walk.wanted {
      let range = wanted.clamped(to: 0..<archive.count)
      if let entry = try walk.take(archive.span.extracting(range)) { found.append(entry) }
    }
    return found
  }

  private static func failure(_ archive: [UInt8]) -> String? {
    do throws(DecodeError) {
      _ = try entries(archive)
      return nil
    } catch {
      return error.message
    }
  }

  private static func entry(
    _ kind: TarHeader.Kind, _ path: [UInt8], target: [UInt8] = [], content: String = ""
  ) -> [UInt8] {
    let bytes = Array(content.utf8)
    return TarEntry.header(kind, path: path, target: target, size: bytes.count, time: 1_400_000_000) + bytes
      + Array(repeating: 0, count: TarEntry.padding(behind: bytes.count))
  }

  /// A header made by hand, with a right checksum.
  private static func header(
    _ name: String, type: Character = "0", size: [UInt8] = Array("00000000000".utf8), magic: String = "ustar\u{0}00",
    prefix: String = "", target: String = ""
  ) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ bytes: some Sequence<UInt8>, at offset: Int) {
      for (index, byte) in bytes.enumerated() { block[offset + index] = byte }
    }
    put(name.utf8, at: 0)
    put(size, at: 124)
    put(target.utf8, at: 157)
    put(magic.utf8, at: 257)
    put(prefix.utf8, at: 345)
    block[156] = type.asciiValue ?? 0
    put("        ".utf8, at: 148)
    let sum = block.reduce(0) { $0 + Int($1) }
    put(String(sum, radix: 8).utf8, at: 148)
    return block
  }

  private static func padded(_ text: String) -> [UInt8] {
    Array(text.utf8) + Array(repeating: 0, count: (512 - text.utf8.count % 512) % 512)
  }

  private static let end = [UInt8](repeating: 0, count: 1024)

  @Test("what is written is read again: paths and targets of any length and bytes")
  func roundTrip() throws {
    let names: [[UInt8]] = [
      Array("net/tcp".utf8), [0xFF, 0xFE, ASCII.newline], Array(repeating: UInt8(ascii: "a"), count: 100),
      Array(repeating: UInt8(ascii: "b"), count: 101),
      Array(repeating: 0xC3, count: 4095), Array((String(repeating: "d", count: 99) + "/tcp").utf8),
    ]
    var archive: [UInt8] = []
    for name in names {
      archive += Self.entry(.folder, name) + Self.entry(.file, name, content: "a table")
      archive += Self.entry(.symbolicLink, name, target: name)
    }
    archive += TarEntry.end(of: archive.count)
    #expect(archive.count % 10240 == 0)
    let found = try Self.entries(archive)
    #expect(found.count == 3 * names.count)
    for (index, name) in names.enumerated() {
      #expect(found[3 * index].kind == .folder && found[3 * index].path == name + Array("/".utf8))
      #expect(found[3 * index + 1].kind == .file && found[3 * index + 1].path == name)
      #expect(Array(archive[found[3 * index + 1].content]) == Array("a table".utf8))
      #expect(found[3 * index + 2].kind == .symbolicLink && found[3 * index + 2].target == name)
    }
  }

  @Test("an archive that was cut anywhere says so")
  func cut() {
    let whole = Self.entry(.file, Array("net/tcp".utf8), content: "table") + Self.entry(.folder, Array("1".utf8))
    #expect(Self.failure(whole + Self.end) == nil)
    for count in stride(from: 0, through: whole.count, by: 256) {
      #expect(Self.failure(Array(whole.prefix(count)))?.contains("cut") == true, "\(count) bytes")
    }
  }

  @Test("every damaged byte of a header is noticed")
  func checksum() {
    let whole = Self.entry(.file, Array("net/tcp".utf8), content: "table") + Self.end
    for index in 0..<512 {
      var damaged = whole
      damaged[index] ^= 0x04
      // The bytes behind the last digit of the checksum are no part of it.
      let isUnused = damaged[index] != whole[index] && (154..<156).contains(index)
      #expect(isUnused || Self.failure(damaged) != nil, "byte \(index)")
    }
  }

  @Test("records of POSIX give the path, the target and the size of the next entry only")
  func records() throws {
    let records = "20 path=a/long/name\n18 linkpath=x=y z\n12 size=513\n22 comment=irrelevant\n"
    let archive =
      Self.header("PaxHeaders/x", type: "x", size: Array(String(records.utf8.count, radix: 8).utf8))
      + Self.padded(records) + Self.header("short") + [UInt8](repeating: 1, count: 1024) + Self.header("next")
      + Self.end
    let found = try Self.entries(archive)
    #expect(found.map { String(decoding: $0.path, as: UTF8.self) } == ["a/long/name", "next"])
    #expect(found.map { String(decoding: $0.target, as: UTF8.self) } == ["x=y z", ""])
    #expect(found.map(\.content.count) == [513, 0])
  }

  @Test("names of old archives, with a prefix, of folders and of common records")
  func oldForms() throws {
    let archive =
      Self.header("pax_global_header", type: "g", size: Array("00000000024".utf8))
      + Self.padded("20 comment=abcdefgh\n")
      + Self.header("net/", magic: "") + Self.header("net/tcp", type: "\u{0}", magic: "")
      + Self.header("tcp6", prefix: "somewhere/net") + Self.header("net/udp", type: "1", target: "net/tcp")
      + Self.header("label", type: "V") + Self.header("null", type: "3") + Self.end
    let found = try Self.entries(archive)
    #expect(found.map(\.kind) == [.folder, .file, .file, .hardLink, .special])
    #expect(String(decoding: found[2].path, as: UTF8.self) == "somewhere/net/tcp6")
  }

  @Test(
    "sizes that no file has, files with holes, and names without an end are errors",
    arguments: [
      (header("a", size: [0xFF] + Array(repeating: 0xFF, count: 11)), "size"),
      (header("a", size: [0x80] + Array(repeating: 0xFF, count: 11)), "size"),
      (header("a", size: [0x80, 0, 0, 0, 0x7F] + Array(repeating: 0xFF, count: 7)), "size"),
      (header("a", size: Array("12x".utf8)), "size"), (header("a", type: "S"), "holes"),
      (header("a", type: "x", size: Array("77777777777".utf8)), "bytes"),
      (header("a", type: "L", size: Array("00010000000".utf8)), "bytes"),
      (header("a", type: "x", size: Array("00000000011".utf8)) + padded("99 path=a\n"), "length"),
      (header("a", type: "x", size: Array("00000000035".utf8)) + padded("29 GNU.sparse.realsize=12345\n"), "holes"),
      (header("a", type: "q"), "type"),
    ])
  func hostile(archive: [UInt8], reason: String) {
    let failure = Self.failure(archive + Self.end)
    #expect(failure?.contains(reason) == true, "\(failure ?? "no failure")")
  }

  @Test("a size in binary is read, as GNU tar writes one that octal digits cannot hold")
  func largeSize() throws {
    let archive = Self.header("a", size: [0x80, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0])
    var walk = TarEntries()
    let entry = try walk.take(archive.span)
    #expect(entry?.content == 512..<(512 + 0x2_0000_0000))
  }

  @Test("a table is not taken for an archive, and an archive is known by its first block")
  func recognition() {
    func begins(_ bytes: [UInt8]) -> Bool { TarHeader.beginsArchive(bytes.span) }
    let archive = Self.entry(.file, Array("net/tcp".utf8), content: "table")
    #expect(begins(archive) && begins(Self.end) && !begins(Array(archive.prefix(511))))
    let table = Array((tcpHeader + tcpRow("0100007F:0050", inode: 5) + tcpRow("0100007F:0051", inode: 6)).utf8)
    #expect(table.count >= 300 && !begins(table + table))
  }
}
