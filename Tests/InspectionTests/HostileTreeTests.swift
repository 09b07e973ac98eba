import Foundation
import Glibc
import Inspection
import SocketModel
import TestSupport
import Testing

@Suite("Hostile trees", .timeLimited)
struct HostileTreeTests {
  private func tree() throws -> Tree {
    let tree = try Tree()
    try tree.write("net/udp", tcpHeader.replacingOccurrences(of: "inode", with: "inode ref pointer drops"))
    try tree.write("net/tcp6", tcp6Header)
    try tree.write("net/udp6", udp6Header)
    return tree
  }

  private enum Trap: String, CaseIterable {
    case absoluteLink, climbingLink, magicLink, fifo, folder, device, loop
  }

  private func set(_ trap: Trap, at name: String, in tree: Tree) throws {
    switch trap {
    case .absoluteLink: try tree.link(name, to: "/proc/net/tcp")
    case .climbingLink: try tree.link(name, to: "../../../../../../../proc/net/tcp")
    case .magicLink: try tree.link(name, to: "/proc/self/fd/0")
    case .fifo: try tree.makeFIFO(name)
    case .folder: try tree.makeFolder(name)
    case .device: try tree.link(name, to: "/dev/zero")
    case .loop: try tree.link(name, to: name.split(separator: "/").last.map(String.init) ?? "")
    }
  }

  @Test("a table that leads out of the tree, or is not a file, is a problem and the others are read", arguments: 0..<7)
  func table(index: Int) throws {
    let tree = try tree()
    try set(Trap.allCases[index], at: "net/tcp", in: tree)
    let snapshot = try tree.snapshot()
    #expect(snapshot.records == [])
    #expect(snapshot.problems.map(\.kind) == [.unreadable])
    #expect(snapshot.problems.first?.subject == .table(.tcp, path: "net/tcp"))
    if [.absoluteLink, .climbingLink].contains(Trap.allCases[index]) {
      #expect(snapshot.problems.first?.message == "It leads out of the folder")
    }
  }

  @Test("a folder of tables that leads out of the tree is not entered")
  func folder() throws {
    let tree = try Tree()
    try tree.link("net", to: "/proc/net")
    #expect(throws: InspectionError.self) { try tree.snapshot() }
  }

  @Test("links within the tree are followed, as a copied /proc has them")
  func innerLinks() throws {
    let tree = try Tree()
    try tree.write("42/net/tcp", tcpHeader + tcpRow("0100007F:1F90", inode: 77))
    try tree.link("self", to: "42")
    try tree.link("net", to: "self/net")
    #expect(try tree.snapshot().records.count == 1)
  }

  @Test("a process whose files lead out of the tree, or wait, is read without them", arguments: 0..<7)
  func process(index: Int) throws {
    let tree = try tree()
    try tree.write("net/tcp", tcpHeader + tcpRow("0100007F:1F90", inode: 77))
    try tree.makeFolder("9/fd")
    try tree.link("9/fd/3", to: "socket:[77]")
    for name in ["comm", "stat", "status"] { try set(Trap.allCases[index], at: "9/" + name, in: tree) }
    try tree.link("10/fd", to: "/proc/self/fd")
    try tree.link("11", to: "/proc/self")
    try tree.makeFolder("12")
    try tree.write("12/fd", "a file")
    try tree.write("13", "a file")
    var request = InspectionRequest()
    request.requiredDetails = .all
    let snapshot = try tree.snapshot(request)
    #expect(snapshot.ownerNumbers(at: 0) == [[9, 3]])
    #expect(snapshot.processes.first?.name == [] && snapshot.processes.first?.uid == nil)
  }

  @Test("descriptor links of any other form are not sockets")
  func links() throws {
    let tree = try tree()
    try tree.write("net/tcp", tcpHeader + tcpRow("0100007F:1F90", inode: 77))
    let targets = [
      "socket:[770]", "socket:[7]", "socket:[]", "socket:[77", "socket:77", "xocket:[77]", "socket:[77]x",
      "socket:[0x77]",
      "socket:[99999999999999999999999999]", "socket:[18446744073709551693]", "socket:[-77]", "pipe:[77]",
      String(repeating: "socket:[77]", count: 100), "socket:[" + String(repeating: "0", count: 100) + "77]",
    ]
    try tree.process(9, "x", [])
    for (index, target) in targets.enumerated() { try tree.link("9/fd/\(index + 10)", to: target) }
    try tree.link("9/fd/99999999999999999999", to: "socket:[77]")
    try tree.link("9/fd/12x", to: "socket:[77]")
    try tree.link("9/fd/-1", to: "socket:[77]")
    #expect(try tree.snapshot().ownerNumbers(at: 0) == [])
    try tree.link("9/fd/2000", to: "socket:[77]")
    #expect(try tree.snapshot().ownerNumbers(at: 0) == [[9, 2000]])
  }

  @Test("binary noise in every file is reported and does no harm", arguments: [UInt64(1), 2, 3])
  func noise(seed: UInt64) throws {
    var state = seed
    func bytes(_ count: Int) -> [UInt8] {
      (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
      }
    }
    let tree = try tree()
    for name in ["tcp", "tcp6", "udp6", "unix", "packet", "netlink", "raw", "icmp"] {
      try tree.write("net/" + name, bytes(20_000))
    }
    try tree.write("manifest", bytes(2000))
    for name in ["comm", "stat", "status", "cmdline", "cgroup"] { try tree.write("5/" + name, bytes(3000)) }
    try tree.write("net/tcp", Array((tcpHeader + tcpRow("0100007F:1F90", inode: 77)).utf8) + bytes(1000))
    try tree.link("5/fd/1", to: "socket:[77]")
    var request = InspectionRequest()
    request.transports = Set(Transport.allCases)
    request.requiredDetails = .all
    let snapshot = try tree.snapshot(request)
    #expect(snapshot.records.contains { $0.inode == 77 })
    #expect(!snapshot.problems.isEmpty)
  }
}
