import Foundation
import Inspection
import KernelFormats
import LinuxSystem
import SocketModel
import TestSupport
import Testing

@Suite("Archives of captured trees", .timeLimited)
struct ArchiveTests {
  /// A tree with tables, processes and links in several forms.
  private static func tree() throws -> Tree {
    let tree = try Tree()
    let rows = (0..<40).map { tcpRow("0100007F:\(String(0x1000 + $0, radix: 16))", inode: UInt64(100 + $0)) }
    try tree.write("self/net/tcp", tcpHeader + rows.joined())
    try tree.writeUsualTables(in: "self/net")
    // As in /proc itself.
    try tree.link("net", to: "self/net")
    try tree.process(31, "server", (0..<20).map { (Int32($0 + 3), UInt64(100 + $0)) }, uid: 1000)
    try tree.process(32, "client", [(7, 120), (3, 121)], start: 77)
    try tree.link("33/fd/9", to: "socket:[122]")
    try tree.write("33/comm", "no name\n")
    try FileManager.default.removeItem(atPath: tree.path + "/32/exe")
    try tree.link("32/exe", to: "/opt/" + String(repeating: "long/", count: 60) + "client (deleted)")
    return tree
  }

  private static let everything: InspectionRequest = {
    var request = InspectionRequest()
    request.transports = Set(Transport.allCases)
    request.requiredDetails = [.owners, .executables, .startTimes, .processUsers, .arguments]
    return request
  }()

  private static func snapshot(_ path: String) throws -> Snapshot {
    try Inspector(root: .open(path)).snapshot(everything)
  }

  private static func failure(_ path: String) -> String? {
    do throws(InspectionError) {
      _ = try ProcRoot.open(path)
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// Makes an archive with tar.
  private static func archive(_ arguments: [String], of tree: Tree) throws -> String {
    let path = tree.path + ".tar"
    let run = try #require(try Run("tar", ["-cf", path] + arguments))
    try #require(run.status == 0, "\(run.errors)")
    return path
  }

  private static func name(of tree: Tree) -> String { String(tree.path.split(separator: "/").last ?? "") }

  @Test(
    "an archive that tar made lists what the folder lists",
    arguments: [
      ["--format=gnu", "."], ["--format=posix", "."], ["--format=oldgnu", "."],
      ["--format=ustar", "--exclude=exe", "."],
      ["--format=v7", "--exclude=exe", "."], ["--format=gnu", "NAME"], ["--format=posix", "../tmp/NAME/"],
      ["-P", "/tmp/NAME"],
      ["--no-recursion", "./self/net/tcp", "31/comm"],
    ])
  func forms(arguments: [String]) throws {
    let tree = try Self.tree()
    defer { try? FileManager.default.removeItem(atPath: tree.path + ".tar") }
    let name = Self.name(of: tree)
    let isInside = arguments.contains { $0.contains("NAME") }
    let words = arguments.map { $0.replacingOccurrences(of: "NAME", with: name) }
    let path = try Self.archive(["-C", isInside ? "/tmp" : tree.path] + words, of: tree)
    if words[0] == "--no-recursion" {
      #expect(try Self.snapshot(path).records.count == 40)
      return
    }
    if words.contains("--exclude=exe") {
      for pid in [31, 32] { try FileManager.default.removeItem(atPath: "\(tree.path)/\(pid)/exe") }
    }
    let (folder, archive) = (try Self.snapshot(tree.path), try Self.snapshot(path))
    #expect(archive.lines == folder.lines && archive.lines.count == 40)
    #expect(archive.processes == folder.processes && !archive.processes.isEmpty)
    #expect(archive.problems.map(\.subject) == folder.problems.map(\.subject))
  }

  @Test("a hard link has the content of its file, and a later entry counts")
  func links() throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader)
    try FileManager.default.linkItem(atPath: tree.path + "/net/tcp", toPath: tree.path + "/net/udp6")
    try tree.write("net/tcp6", tcp6Header)
    let path = try Self.archive(["-C", tree.path, "."], of: tree)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let root = try ProcRoot.open(path)
    #expect(try root.readTable("udp6", limit: 4096) == Array(tcpHeader.utf8))
    try tree.write("net/tcp", tcpHeader + tcpRow("0100007F:0050", inode: 5))
    let added = try #require(try Run("tar", ["-rf", path, "-C", tree.path, "./net/tcp"]))
    try #require(added.status == 0)
    #expect(try Self.snapshot(path).records.map(\.inode) == [5])
  }

  /// An archive of entries made by hand.
  private static func write(_ entries: [(TarHeader.Kind, String, String)], to tree: Tree) throws -> String {
    var archive: [UInt8] = []
    for (kind, path, text) in entries {
      let bytes = Array(text.utf8)
      let isFile = kind == .file
      archive += TarEntry.header(
        kind, path: Array(path.utf8), target: isFile ? [] : bytes, size: isFile ? bytes.count : 0, time: 0)
      if isFile { archive += bytes + Array(repeating: 0, count: TarEntry.padding(behind: bytes.count)) }
    }
    try tree.write("archive.tar", archive + TarEntry.end(of: archive.count))
    return tree.path + "/archive.tar"
  }

  @Test("links are followed within the archive and never out of it")
  func escapes() throws {
    let tree = try Tree()
    try tree.write("secret", tcpHeader + tcpRow("0100007F:0050", inode: 5))
    let path = try Self.write(
      [
        (.folder, "net", ""), (.symbolicLink, "net/tcp", tree.path + "/secret"),
        (.symbolicLink, "net/tcp6", "../../secret"),
        (.symbolicLink, "net/udp", "udp6"), (.symbolicLink, "net/udp6", "udp"), (.symbolicLink, "net/raw", "nowhere"),
        (.symbolicLink, "net/raw6", "../31/raw"), (.file, "31/raw", "a table"), (.symbolicLink, "net/unix", "../31"),
        (.symbolicLink, "loop", "loop/loop"),
      ], to: tree)
    let root = try ProcRoot.open(path)
    func code(_ name: String) -> Int32? {
      do throws(SystemError) {
        _ = try root.openTable(name)
        return nil
      } catch {
        return error.code
      }
    }
    #expect(code("tcp") == EXDEV && code("tcp6") == EXDEV && code("udp") == ELOOP && code("raw") == ENOENT)
    #expect(code("unix") == EINVAL && code("../loop/x") == ELOOP && code("tcp/x") == EXDEV)
    #expect(try root.readTable("raw6", limit: 4) == Array("a ta".utf8))
    #expect(code("../../../etc/passwd") == EXDEV && code("/etc/passwd") == ENOENT)
  }

  @Test(
    "an archive that is damaged, or leads out of itself, is refused in one line",
    arguments: [
      ("../net/tcp", "leads out of it"), ("net/../../tcp", "leads out of it"),
      (String(repeating: "a/", count: 3000), "bytes"),
    ])
  func refused(name: String, reason: String) throws {
    let tree = try Tree()
    let path = try Self.write([(.file, "net/tcp", tcpHeader), (.file, name, "x")], to: tree)
    let failure = try #require(Self.failure(path))
    #expect(failure.contains(reason) && failure.hasSuffix("tar -tvf \(path)"), "\(failure)")
    #expect(!failure.contains("\n"))
  }

  @Test("absolute paths stay in the archive, and what is nested too deep to be read is left out")
  func contained() throws {
    let tree = try Tree()
    let path = try Self.write(
      [
        (.file, "/proc/net/tcp", tcpHeader + tcpRow("0100007F:0050", inode: 5)), (.folder, "/other", ""),
        (.file, String(repeating: "d/", count: 200) + "x", "y"),
      ], to: tree)
    #expect(try Self.snapshot(path).records.map(\.inode) == [5])
  }

  @Test("100,000 entries are read, and one that is cut says where")
  func many() throws {
    let tree = try Tree()
    var entries: [(TarHeader.Kind, String, String)] = [(.file, "net/tcp", tcpHeader), (.file, "31/comm", "many\n")]
    for number in 0..<100_000 { entries.append((.symbolicLink, "31/fd/\(number)", "socket:[\(number + 10)]")) }
    entries[0].2 += tcpRow("0100007F:0050", inode: 10) + tcpRow("0100007F:0051", inode: 100_009)
    let path = try Self.write(entries, to: tree)
    let snapshot = try Self.snapshot(path)
    #expect(snapshot.records.indices.map { snapshot.ownerNumbers(at: $0) } == [[[31, 0]], [[31, 99_999]]])
    #expect(truncate(path, 30_000_000) == 0)
    #expect(Self.failure(path)?.contains("it was cut, at byte 29999616") == true, "\(Self.failure(path) ?? "")")
  }

  @Test("an archive that becomes shorter while it is read is an error, not an empty table")
  func shrinking() throws {
    let tree = try Tree()
    let path = try Self.write([(.file, "net/tcp", tcpHeader + tcpRow("0100007F:0050", inode: 5))], to: tree)
    let root = try ProcRoot.open(path)
    #expect(truncate(path, 600) == 0)
    #expect(throws: SystemError.self) { try root.readTable("tcp", limit: 4096) }
  }

  @Test(
    "a compressed file is refused with the line that decompresses it",
    arguments: [
      ("a b.tar.gz", [0x1F, 0x8B], "gzip -dc 'DIR/a b.tar.gz' > 'DIR/a b.tar'"),
      ("a.tgz", [0x1F, 0x8B], "gzip -dc DIR/a.tgz > DIR/a.tar"),
      ("a.tar.zst", [0x28, 0xB5, 0x2F, 0xFD], "zstd -dc DIR/a.tar.zst > DIR/a.tar"),
      ("a.tar.xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz -dc DIR/a.tar.xz > DIR/a.tar"),
      ("a", Array("BZh".utf8), "bzip2 -dc DIR/a > DIR/a.tar"),
    ] as [(String, [UInt8], String)])
  func compressed(name: String, beginning: [UInt8], line: String) throws {
    let tree = try Tree()
    try tree.write(name, beginning + Array(repeating: 1, count: 600))
    let wanted = line.replacingOccurrences(of: "DIR", with: tree.path)
    #expect(Self.failure(tree.path + "/" + name)?.hasSuffix("decompress it first: " + wanted) == true)
  }

  @Test("a series in an archive is read like its folder")
  func series() throws {
    let tree = try Tree()
    for (index, time) in [10, 20].enumerated() {
      let rows = (0...index).map { tcpRow("0100007F:0050", inode: UInt64(5 + $0)) }
      try tree.write("000\(index + 1)/net/tcp", tcpHeader + rows.joined())
      try tree.writeUsualTables(in: "000\(index + 1)/net")
      try tree.write("000\(index + 1)/manifest", "schema=sockinspect.capture/1\ntime=\(time)\n")
    }
    let path = try Self.archive(["-C", tree.path, "."], of: tree)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let series = try #require(try CaptureSeries.open(path))
    #expect(series.frames.map(\.name) == ["0001", "0002"] && series.problems.isEmpty)
    #expect(try series.snapshot(at: 1, .init()).records.map(\.inode) == [5, 6])
    #expect(Self.failure(path) == nil)
  }
}
