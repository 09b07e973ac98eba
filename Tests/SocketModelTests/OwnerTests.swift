import SocketModel
import TestSupport
import Testing

@Suite("Owners", .timeLimited)
struct OwnerTests {
  @Test(
    "an owner is who it was made of, and how it was found",
    arguments: [
      (Owner(pid: 1, descriptor: 0, processIndex: 7), .process(pid: 1, descriptor: 0), .descriptor),
      (Owner(pid: .max, descriptor: .max, processIndex: 0), .process(pid: .max, descriptor: .max), .descriptor),
      (
        Owner(pid: 5, descriptor: nil, processIndex: 0, attribution: .listener), .process(pid: 5, descriptor: nil),
        .listener
      ),
      (Owner(pid: 5, descriptor: 3, processIndex: 0, attribution: nil), .process(pid: 5, descriptor: 3), nil),
      (.kernel(nil), .kernel, nil), (.workload(cgroup: .max, .connect), .workload(cgroup: .max), .connect),
      (.workload(cgroup: 0x1_0000_0002, nil), .workload(cgroup: 0x1_0000_0002), nil),
    ] as [(Owner, Owner.Holder, Attribution?)])
  func holders(owner: Owner, holder: Owner.Holder, attribution: Attribution?) {
    #expect(owner.holder == holder && owner.attribution == attribution)
    if case .process(let pid, let descriptor) = holder {
      #expect(owner.pid == pid && owner.descriptor == descriptor && owner.processIndex != nil)
    } else {
      #expect(owner.pid == nil && owner.descriptor == nil && owner.processIndex == nil)
    }
  }

  @Test("a hundred thousand of them take no more than 16 bytes each")
  func size() { #expect(MemoryLayout<Owner>.stride == 16) }

  @Test("a socket's owners say how they were found; one without owners says nothing")
  func attribution() {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.records = Array(repeating: SocketRecord(transport: .udp, family: .ipv4, state: .unconnected), count: 3)
    #expect(snapshot.attribution(at: 0) == nil)
    snapshot.processes = [ProcessInfo(pid: 5, name: [0x61])]
    snapshot.owners = [Owner(pid: 5, descriptor: nil, processIndex: 0, attribution: .connect), .kernel(nil)]
    snapshot.ownerStarts = [0, 1, 1, 2]
    #expect([0, 1, 2].map { snapshot.attribution(at: $0) } == [.connect, nil, nil])
  }

  @Test("an owner that is not a process has a name, and neither id nor program")
  func names() {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.cgroupPaths = [7: Array("/web.slice".utf8)]
    snapshot.processes = [ProcessInfo(pid: 5, name: Array("nginx".utf8))]
    let owners = [
      Owner(pid: 5, descriptor: 3, processIndex: 0), .kernel(nil), .workload(cgroup: 7, nil),
      .workload(cgroup: 8, nil),
    ]
    #expect(
      owners.map { String(decoding: snapshot.name(of: $0), as: UTF8.self) } == [
        "nginx", "kernel", "cgroup /web.slice", "cgroup 8",
      ])
    for owner in owners.dropFirst() {
      #expect(snapshot.process(of: owner) == nil)
      for field in [Field.pid, .descriptor, .executable, .processUser, .processStart] {
        #expect(snapshot.value(of: field, owner: owner) == .absent)
      }
      #expect(snapshot.value(of: .process, owner: owner) == .bytes(snapshot.name(of: owner)))
    }
  }
}
