import SocketModel
import TestSupport
import Testing

@testable import Inspection

@Suite("Owners without descriptors", .timeLimited)
struct HiddenOwnerTests {
  private func request(hidden: Bool = true) -> InspectionRequest {
    var request = InspectionRequest()
    request.processes.findsHiddenOwners = hidden
    return request
  }

  @Test("a captured ring with a socket among its fixed files is the owner that no descriptor is")
  func capturedRing() throws {
    let tree = try Tree()
    try tree.write(
      "net/tcp",
      tcpHeader + tcpRow("0100007F:04D2", inode: 70) + tcpRow("0100007F:04D3", inode: 71)
        + tcpRow("0100007F:04D4", inode: 72))
    try tree.writeUsualTables()
    try tree.process(5, "uring", [(4, 71)])
    try tree.link("5/fd/3", to: "anon_inode:[io_uring]")
    try tree.write("5/fdinfo/3", "flags:\t02\nUserFiles:\t2\n    1: socket:[70]\n    2: socket:[71]\nUserBufs:\t0\n")
    let snapshot = try tree.snapshot(request())
    #expect(snapshot.owners.map(\.attribution) == [.ioUring, .descriptor])
    #expect(snapshot.owners(at: 0).first?.ring?.slot == 1 && snapshot.owners(at: 0).first?.pid == 5)
    #expect(snapshot.processes.map(\.pid) == [5])
    #expect((0..<3).map { snapshot.ownerReason(at: $0) } == [.ioUring, nil, nil])
    // Where it was not asked for, nothing but descriptors counts.
    #expect(try tree.snapshot(request(hidden: false)).owners.map(\.attribution) == [.descriptor])
  }

  @Test("a ring of a process without other sockets has its name, and two sockets are one process")
  func onlyRing() throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader + tcpRow("0100007F:04D2", inode: 70) + tcpRow("0100007F:04D3", inode: 71))
    try tree.writeUsualTables()
    try tree.process(5, "uring", [])
    for ring in [3, 6] { try tree.link("5/fd/\(ring)", to: "anon_inode:[io_uring]") }
    try tree.write("5/fdinfo/3", "UserFiles:\t1\n    0: socket:[70]\n")
    try tree.write("5/fdinfo/6", "UserFiles:\t1\n    0: socket:[71]\n")
    let snapshot = try tree.snapshot(request())
    #expect(snapshot.owners.map { $0.ring?.descriptor } == [3, 6])
    #expect(snapshot.processes.map { String(decoding: $0.name, as: UTF8.self) } == ["uring"])
  }

  @Test("an owner that is not a process is joined with its row beside the processes of others")
  func kernelOwner() {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.records = ([70, 80] as [UInt64]).map { inode in
      var record = SocketRecord(transport: .udp, family: .ipv4, state: .unconnected)
      record.inode = inode
      record.known = .inode
      return record
    }
    let table = InodeTable(snapshot.records)
    var found = OwnerFindings()
    let socket = HeldSocket(firstRow: table.firstRow(of: 80) ?? .max, descriptor: 3)
    found.holdings = [ProcessHoldings(pid: 9, info: ProcessInfo(pid: 9, name: [0x62]), sockets: [socket])]
    found.others = [(0, .kernel(nil, for: KernelSocketUser(.vxlan, interface: 4)))]
    found.interfaceNames = [4: Array("vx0".utf8)]
    OwnerJoin(inodes: table, keepsAllProcesses: false, keepsFlags: false).join(found, into: &snapshot)
    #expect(snapshot.owners(at: 0).first?.holder == .kernel && snapshot.owners(at: 1).first?.pid == 9)
    #expect(snapshot.ownerReason(at: 0) == .kernel && snapshot.ownerReason(at: 1) == nil)
    #expect(snapshot.name(of: snapshot.owners[0]) == Array("kernel vxlan vx0".utf8))
  }
}
