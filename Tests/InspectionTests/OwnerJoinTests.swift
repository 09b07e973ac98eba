import SocketModel
import TestSupport
import Testing

@testable import Inspection

@Suite("Joining owners with sockets", .timeLimited)
struct OwnerJoinTests {
  private func snapshot(_ inodes: [UInt64]) -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.records = inodes.map { inode in
      var record = SocketRecord(transport: .tcp, family: .ipv4, state: .established)
      record.inode = inode
      record.known = .inode
      return record
    }
    return snapshot
  }

  /// The owners of each row as `PID/FD`.
  private func owners(_ snapshot: Snapshot) -> [[String]] {
    snapshot.records.indices.map { row in
      snapshot.owners(at: row).map { "\($0.pid ?? -1)/\($0.descriptor ?? -1)" }
    }
  }

  private func join(
    _ found: OwnerFindings, _ snapshot: inout Snapshot, keepsAll: Bool = false, keepsFlags: Bool = false
  ) {
    OwnerJoin(inodes: InodeTable(snapshot.records), keepsAllProcesses: keepsAll, keepsFlags: keepsFlags)
      .join(found, into: &snapshot)
  }

  @Test("findings in any order come out by process and range, to every row with the inode")
  func order() {
    var snapshot = snapshot([70, 80, 70, 0])
    let table = InodeTable(snapshot.records)
    func socket(_ inode: UInt64, _ descriptor: Int32) -> HeldSocket {
      HeldSocket(firstRow: table.firstRow(of: inode) ?? .max, descriptor: descriptor, flags: UInt32(descriptor))
    }
    var found = OwnerFindings()
    found.holdings = [
      ProcessHoldings(pid: 9, from: 4096, info: nil, sockets: [socket(80, 5000)]),
      ProcessHoldings(
        pid: 9, info: ProcessInfo(pid: 9, name: [0x62]), sockets: [socket(70, 3)], attribution: .descriptor),
      ProcessHoldings(
        pid: 5, info: ProcessInfo(pid: 5, name: [0x61]), sockets: [socket(80, 4)], attribution: .listen),
      ProcessHoldings(pid: 6, info: ProcessInfo(pid: 6, name: [0x63]), sockets: []),
    ]
    join(found, &snapshot, keepsFlags: true)
    #expect(owners(snapshot) == [["9/3"], ["5/4", "9/5000"], ["9/3"], []])
    #expect(snapshot.processes.map(\.pid) == [5, 9] && snapshot.descriptorFlags == [3, 4, 5000, 3])
    #expect((0..<4).map { snapshot.attribution(at: $0) } == [.descriptor, .listen, .descriptor, nil])
    var all = self.snapshot([70])
    found.holdings.removeAll { !$0.sockets.isEmpty }
    join(found, &all, keepsAll: true)
    #expect(all.processes.map(\.pid) == [6] && all.hasOwners && owners(all) == [[]])
  }

  @Test("owners that could not be looked for are unknown, and the problem says why")
  func unknown() {
    var snapshot = snapshot([70])
    let problem = Problem(subject: .descriptors, cause: .forbidden(.noProc))
    join(.unknown([problem]), &snapshot)
    #expect(!snapshot.hasOwners && snapshot.problems == [problem])
    join(OwnerFindings(), &snapshot)
    #expect(snapshot.hasOwners && owners(snapshot) == [[]])
  }
}
