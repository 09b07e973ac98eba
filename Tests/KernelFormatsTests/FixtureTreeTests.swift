import Foundation
import KernelFormats
import SocketModel
import TestSupport
import Testing

private let fixtures = Repository.root.appending(path: "Fixtures")

/// A tree with the layout of /proc below `Fixtures`.
private struct FixtureTree {
  let folder: URL
  let manifest: CaptureManifest?

  init(_ name: String) {
    folder = fixtures.appending(path: name)
    var problems: [Problem] = []
    manifest = (try? Data(contentsOf: folder.appending(path: "manifest")))
      .map { CaptureManifest(parsing: Array($0).span, problems: &problems) }
    #expect(problems.isEmpty, "\(name)/manifest")
  }

  func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: path))) }

  /// The sockets of one table; `nil` when the tree has no such table.
  func table(_ table: ProcNetTable) -> Snapshot? {
    guard let bytes = try? bytes("net/\(table.rawValue)") else { return nil }
    return decodeTable(
      table, bytes, chunk: 4096, byteOrder: manifest?.byteOrder ?? .little, ticksPerSecond: manifest?.clockTicks ?? 100)
  }

  func stat(of pid: Int32) throws -> ProcessStat {
    let bytes = try bytes("\(pid)/stat")
    return try ProcessStat(parsing: bytes.span)
  }

  func status(of pid: Int32) throws -> ProcessStatus {
    let bytes = try bytes("\(pid)/status")
    return try ProcessStatus(parsing: bytes.span)
  }

  /// The control group; `nil` when the tree does not have it.
  func controlGroup(of pid: Int32) throws -> ProcessControlGroup? {
    guard let bytes = try? bytes("\(pid)/cgroup") else { return nil }
    return try ProcessControlGroup(parsing: bytes.span)
  }

  func bootTime() throws -> UInt64 {
    let bytes = try bytes("stat")
    return try SystemStat(parsing: bytes.span).bootTime
  }

  /// The processes of the tree.
  var pids: [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
    return names.compactMap { Int32($0) }.sorted()
  }

  /// The sockets that a process holds, by descriptor; empty when they may not be read.
  func sockets(of pid: Int32) -> [Int: UInt64] {
    let path = folder.appending(path: "\(pid)/fd").path()
    var found: [Int: UInt64] = [:]
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
      guard let descriptor = Int(name),
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path + "/" + name)
      else { continue }
      found[descriptor] = FileLink.socketInode(Array(target.utf8).span)
    }
    return found
  }
}

/// The trees that were rebuilt from documented formats, with the number of sockets in each table.
private let rebuilt: [(name: String, counts: [ProcNetTable: Int])] = [
  ("linux-2.6.18-i686", [.tcp: 7, .tcp6: 1, .udp: 3, .udp6: 1, .raw: 1, .unix: 4, .netlink: 3, .packet: 1]),
  (
    "linux-2.6.32-x86_64", [.tcp: 4, .tcp6: 2, .udp: 2, .udp6: 1, .raw: 0, .raw6: 1, .unix: 3, .netlink: 3, .packet: 1]
  ),
  (
    "linux-3.10-x86_64",
    [
      .tcp: 6, .tcp6: 2, .udp: 1, .udp6: 1, .udplite: 0, .udplite6: 0, .raw: 0, .raw6: 1, .icmp: 1, .unix: 4,
      .netlink: 3, .packet: 0,
    ]
  ),
  (
    "linux-4.19-x86_64",
    [
      .tcp: 6, .tcp6: 1, .udp: 2, .udp6: 0, .udplite: 1, .udplite6: 1, .raw: 1, .raw6: 0, .icmp: 0, .icmp6: 1, .unix: 3,
      .netlink: 2, .packet: 2,
    ]
  ),
  (
    "linux-5.10-x86_64",
    [.tcp: 4, .tcp6: 2, .udp: 2, .udp6: 1, .raw: 0, .raw6: 1, .unix: 5, .netlink: 2, .packet: 1]
  ),
  (
    "linux-6.12-x86_64",
    [
      .tcp: 7, .tcp6: 1, .udp: 2, .udp6: 1, .raw: 1, .raw6: 0, .icmp: 1, .icmp6: 0, .unix: 3, .netlink: 3, .packet: 1,
    ]
  ),
  (
    "big-endian-s390x",
    [.tcp: 3, .tcp6: 3, .udp: 1, .udp6: 1, .raw: 0, .raw6: 1, .unix: 1, .netlink: 1, .packet: 1]
  ),
  (
    "pointers-32-bit-armv7l",
    [.tcp: 2, .tcp6: 1, .udp: 1, .udp6: 1, .raw: 0, .raw6: 1, .unix: 2, .netlink: 1, .packet: 1]
  ),
  ("inodes-64-bit", [.tcp: 3, .tcp6: 1, .udp: 1, .unix: 1, .netlink: 1, .packet: 1]),
  ("ipv6-off", [.tcp: 2, .udp: 1, .udplite: 0, .raw: 0, .icmp: 0, .unix: 1, .netlink: 1, .packet: 0]),
  ("hidepid", [.tcp: 4, .tcp6: 1, .udp: 1, .udp6: 0, .raw: 0, .raw6: 0, .unix: 1, .netlink: 1, .packet: 0]),
]

@Suite("Trees of other kernels and machines", .timeLimited)
struct FixtureTreeTests {
  @Test("every row of every table is read, and no table is there beyond those expected", arguments: rebuilt)
  func tables(name: String, counts: [ProcNetTable: Int]) {
    let tree = FixtureTree(name)
    #expect(tree.manifest != nil)
    for table in ProcNetTable.allCases {
      let snapshot = tree.table(table)
      #expect(snapshot?.records.count == counts[table], "\(name)/net/\(table.rawValue)")
      #expect(snapshot?.problems ?? [] == [], "\(name)/net/\(table.rawValue)")
    }
  }

  @Test("the processes and their links are read; every link leads to a socket of the tables", arguments: rebuilt)
  func processes(name: String, counts: [ProcNetTable: Int]) throws {
    let tree = FixtureTree(name)
    let inodes = Set(ProcNetTable.allCases.flatMap { tree.table($0)?.records.map(\.inode) ?? [] })
    #expect(!tree.pids.isEmpty)
    for pid in tree.pids {
      let stat = try tree.stat(of: pid)
      #expect(stat.pid == pid)
      #expect(stat.startTime > 0)
      if let name = try? tree.bytes("\(pid)/comm") { #expect(stat.name + [0x0A] == name) }
      _ = try tree.status(of: pid)
      if let group = try tree.controlGroup(of: pid) { #expect(group.path.first == UInt8(ascii: "/")) }
      let sockets = tree.sockets(of: pid)
      let isHidden =
        tree.manifest?.unreadable.contains(CaptureGap(.descriptors(of: pid), .call("Permission denied"))) == true
      #expect(sockets.isEmpty == isHidden)
      #expect(inodes.isSuperset(of: sockets.values))
    }
    let bootTime = try tree.bootTime()
    #expect(bootTime > 1_000_000_000)
  }

  @Test("headers of the trees' tables are recognised, as far as they differ", arguments: rebuilt)
  func headers(name: String, counts: [ProcNetTable: Int]) throws {
    for table in counts.keys {
      let bytes = try FixtureTree(name).bytes("net/\(table.rawValue)")
      let line = Array(bytes.prefix { $0 != 0x0A })
      let found = ProcNetTable.recognise(header: line.span)
      #expect(found?.family == table.family, "\(name)/net/\(table.rawValue)")
    }
  }

  @Test("Linux 2.6.18: users and port ids printed negative, no drops, no inodes of netlink")
  func linux2618() throws {
    let tree = FixtureTree("linux-2.6.18-i686")
    let tcp = try #require(tree.table(.tcp)).records
    #expect(tcp.map(\.uid)[4] == 4_294_967_294)
    #expect(tcp.map(\.state) == [.listen, .listen, .listen, .established, .established, .timeWait, .synRecv])
    #expect(tcp.filter { !$0.known.contains(.uid) }.map(\.state) == [.timeWait, .synRecv])
    #expect(try #require(tree.table(.udp)).records.allSatisfy { !$0.known.contains(.drops) })
    let netlink = try #require(tree.table(.netlink)).records
    #expect(netlink.map(\.localBits) == [0, 421, 4_294_963_199])
    #expect(netlink.allSatisfy { !$0.known.contains(.inode) && !$0.known.contains(.drops) })
  }

  @Test("Linux 4.19: drop counters beyond 2^31, and orphans without a user")
  func linux419() throws {
    let tree = FixtureTree("linux-4.19-x86_64")
    #expect(try #require(tree.table(.udp)).records.map(\.drops) == [2_147_483_647, 4_294_967_291])
    let orphans = try #require(tree.table(.tcp)).records.filter { $0.inode == 0 }
    #expect(orphans.map(\.state) == [.established, .lastAck, .finWait1, .closing])
    #expect(orphans.allSatisfy { !$0.known.contains(.uid) })
  }

  @Test("Linux 5.10: paths with blanks, newlines and bytes that are not text")
  func linux510() throws {
    let snapshot = try #require(FixtureTree("linux-5.10-x86_64").table(.unix))
    #expect(
      snapshot.records.indices.map { snapshot.name(at: $0)?.bytes } == [
        Array("/run/nginx a b.sock".utf8), Array("/run/line\nbreak".utf8),
        Array("/run/".utf8) + [0xFF, 0xFE] + Array(".sock".utf8), [0] + Array("12120".utf8), nil,
      ])
    let odd = try FixtureTree("linux-5.10-x86_64").stat(of: 977)
    #expect(odd.name == Array("a) S 1 (b".utf8))
    #expect(odd.startTime == 1700)
  }

  @Test("big-endian: the same addresses in the other order")
  func bigEndian() throws {
    let tree = FixtureTree("big-endian-s390x")
    #expect(tree.manifest?.byteOrder == .big)
    #expect(try #require(tree.table(.tcp)).records[1].remote?.description == "198.51.100.200:42000")
    #expect(
      try #require(tree.table(.tcp6)).records.map { $0.local?.description } == [
        "[::1]:9443", "[2001:db8::33]:9443", "[::ffff:192.0.2.33]:9443",
      ])
  }

  @Test("inodes beyond 32 bits are distinguished from those that share their low bits")
  func wideInodes() throws {
    let tree = FixtureTree("inodes-64-bit")
    #expect(
      try #require(tree.table(.tcp)).records.map(\.inode) == [4_294_967_303, 17_592_186_044_427, 7])
    #expect(tree.sockets(of: 500) == [3: 4_294_967_303, 4: 4_294_967_305])
    #expect(tree.sockets(of: 502) == [7: 7])
    #expect(try #require(tree.table(.udp)).records.map(\.inode) == [.max])
  }

  @Test(
    "tables cut in a row show the whole rows and report the cut",
    arguments: [
      // The last netlink row lost only its inode: it is shown without it.
      (ProcNetTable.tcp, [8101, 8102]), (.tcp6, [8105]), (.udp, [8110]), (.unix, [8120]), (.netlink, [7, nil]),
    ] as [(ProcNetTable, [UInt64?])])
  func cut(table: ProcNetTable, inodes: [UInt64?]) throws {
    let snapshot = try #require(FixtureTree("cut-table").table(table))
    #expect(snapshot.records.map { $0.known.contains(.inode) ? $0.inode : nil } == inodes)
    #expect(snapshot.problems.map(\.kind) == [.truncated])
  }

  @Test("a damaged tree shows its good rows and reports each bad one")
  func damaged() throws {
    let tree = FixtureTree("damaged")
    #expect(tree.manifest == nil)
    let tcp = try #require(tree.table(.tcp))
    #expect(tcp.records.map(\.inode) == [9101, 9102])
    #expect(tcp.problems.map(\.line) == [3, 4])
    #expect(tcp.problems.allSatisfy { $0.kind == .malformed })
    let noise = try #require(tree.table(.tcp6))
    #expect(noise.records.isEmpty)
    #expect(!noise.problems.isEmpty)
    #expect(try #require(tree.table(.udp)).records.map(\.inode) == [9110])
    #expect(try #require(tree.table(.netlink)).records.isEmpty)
    let unix = try #require(tree.table(.unix))
    #expect(unix.name(at: 0)?.bytes == Array("/run/\u{1B}]0;title\u{7}".utf8))
    #expect(throws: DecodeError.self) { try tree.stat(of: 77) }
    #expect(tree.sockets(of: 77) == [3: 9101])
  }

  @Test("every folder has its line in the README, and every line its folder")
  func readme() throws {
    let text = try String(contentsOf: fixtures.appending(path: "README.md"), encoding: .utf8)
    let reported = text.matches(of: /(?m)^\| `([^`]+)` \|/).map { String($0.output.1) }
    let names = try FileManager.default.contentsOfDirectory(atPath: fixtures.path()).filter { $0 != "README.md" }
    #expect(reported.sorted() == names.sorted())
  }
}
