import SocketModel
import TestSupport
import Testing

@testable import Tracking

@Suite("Scans that are kept for checks", .timeLimited)
struct KeptScanTests {
  private static func record(_ state: SocketState, _ port: UInt16, inode: UInt64, to remote: UInt16 = 0) -> SocketRecord
  {
    var record = SocketRecord(transport: .tcp, family: .ipv4, state: state)
    record.localBits = 0x7F00_0001
    record.localPort = port
    record.remoteBits = remote == 0 ? 0 : 0x7F00_0001
    record.remotePort = remote
    record.inode = inode
    record.cookie = inode
    record.known = [.inode, .cookie, .receiveQueue, .sendQueue]
    return record
  }

  /// A scan of a listener, a CLOSE_WAIT, an idle connection and a TIME_WAIT.
  private static func snapshot(withOwners: Bool) -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.records = [
      record(.listen, 80, inode: 1), record(.closeWait, 80, inode: 2, to: 4000),
      record(.established, 80, inode: 3, to: 4001), record(.timeWait, 80, inode: 0, to: 4002),
    ]
    guard withOwners else { return snapshot }
    snapshot.processes = [
      ProcessInfo(pid: 7, name: Array("server".utf8)), ProcessInfo(pid: 8, name: Array("child".utf8)),
    ]
    snapshot.owners = [(7, 3, 0), (8, 3, 1), (7, 4, 0), (7, 5, 0)].map { pid, descriptor, place in
      Owner(pid: pid, descriptor: descriptor, processIndex: place)
    }
    snapshot.ownerStarts = [0, 2, 3, 4, 4]
    return snapshot
  }

  @Test("It gets the owners that the tracker knows; idle connections are left without")
  func owners() throws {
    var tracker = SocketTracker()
    _ = tracker.ingest(Self.snapshot(withOwners: true), at: Timestamp(seconds: 1, nanoseconds: 0))
    var scan = Self.snapshot(withOwners: false)
    tracker.addOwners(to: &scan)
    #expect(scan.hasOwners)
    let names = scan.records.indices.map { row in
      scan.owners(at: row).map { String(decoding: scan.name(of: $0), as: UTF8.self) }
    }
    #expect(names == [["server", "child"], ["server"], [], []])
    #expect(scan.processes.count == 2 && scan.owners(at: 1).first?.descriptor == 4)
    // The number of each row is that of its socket, which a row of another scan has too.
    let numbers = scan.records.map { tracker.number(of: $0) }
    #expect(Set(numbers).count == 4 && !numbers.contains(nil))
    #expect(numbers.map { $0.flatMap { tracker.sockets[$0]?.record.ends } } == scan.records.map(\.ends))
    #expect(tracker.number(of: Self.record(.listen, 81, inode: 9)) == nil)
    // With bytes to read it is not idle.
    scan.records[2].receiveQueue = 10
    tracker.addOwners(to: &scan)
    #expect(scan.owners(at: 2).count == 1)
  }
}
