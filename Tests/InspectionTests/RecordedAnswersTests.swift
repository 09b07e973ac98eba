import Foundation
import Inspection
import KernelFormats
import LinuxSystem
import SocketModel
import TestSupport
import Testing

@Suite("Captured trees with recorded dumps", .timeLimited)
struct RecordedAnswersTests {
  /// A message of sock_diag about a TCP socket, recorded.
  private static func socket(_ port: UInt16, state: UInt8 = 10, inode: UInt32) -> [UInt8] {
    var payload = [UInt8](repeating: 0, count: 72)
    (payload[0], payload[1]) = (2, state)
    (payload[4], payload[5]) = (UInt8(port >> 8), UInt8(truncatingIfNeeded: port))
    payload[60] = 5
    // The inode, and the same number as cookie.
    for index in 0..<4 {
      payload[68 + index] = UInt8(truncatingIfNeeded: inode >> UInt32(8 * index))
      payload[44 + index] = payload[68 + index]
    }
    return message(20, payload)
  }

  private static func message(_ type: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [UInt8(16 + payload.count), 0, 0, 0, type, 0, 2, 0] + Array(repeating: 0, count: 8) + payload
  }

  private static let done = message(3, [0, 0, 0, 0])

  private func tree(_ recorded: [UInt8], byteOrder: ByteOrder = .native) throws -> Tree {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader)
    try tree.writeUsualTables()
    try tree.write("manifest", "schema=sockinspect.capture/1\nbyte_order=\(byteOrder.rawValue)\nnetns=7\n")
    try tree.write("sock_diag/tcp", recorded)
    return tree
  }

  private func list(_ tree: Tree, source: InspectionRequest.Source = .auto) throws -> Snapshot {
    var request = InspectionRequest()
    request.transports = [.tcp]
    request.source = source
    return try Inspector(root: .open(tree.path)).snapshot(request)
  }

  @Test("the dump is listed before the table, with what only it has")
  func listed() throws {
    let tree = try tree((1...2000).flatMap { Self.socket(UInt16($0), inode: UInt32($0)) } + Self.done)
    let snapshot = try list(tree)
    #expect(snapshot.records.map(\.localPort) == (1...2000).map { UInt16($0) })
    #expect(snapshot.records.allSatisfy { $0.sendQueue == 5 && $0.known.contains(.cookie) && $0.netns == 7 })
    #expect(snapshot.problems.isEmpty && snapshot.lookedAt[.tcp] == [.ipv4, .ipv6])
    #expect(try list(tree, source: .proc).records.isEmpty)
  }

  @Test("a recording that was cut shows the rows before the cut and says so", arguments: [0, 1, 15, 40, 88, 100])
  func cut(bytes: Int) throws {
    let whole = Self.socket(80, inode: 1) + Self.socket(81, inode: 2)
    let snapshot = try list(try tree(Array(whole.prefix(bytes))))
    #expect(snapshot.records.count == bytes / 88)
    #expect(snapshot.problems.contains { $0.kind == .truncated }, "\(snapshot.problems)")
  }

  @Test("messages of another byte order are left to the table")
  func otherOrder() throws {
    let other: ByteOrder = ByteOrder.native == .little ? .big : .little
    #expect(try list(try tree(Self.socket(80, inode: 1) + Self.done, byteOrder: other)).records.isEmpty)
  }

  @Test("any bytes are read to the end", arguments: [0, 1, 2, 3])
  func hostile(turn: Int) throws {
    var generator = SeededGenerator()
    for _ in 0..<40 {
      var bytes = (0..<20).flatMap { Self.socket(UInt16($0), inode: UInt32($0)) } + Self.done
      for _ in 0..<(turn * 8) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
      }
      bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
      _ = try list(try tree(bytes))
    }
  }
}
