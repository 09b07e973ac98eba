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
      (.kernel(nil), .kernel, nil), (.kernel(.connect), .kernel, .connect),
    ] as [(Owner, Owner.Holder, Attribution?)])
  func holders(owner: Owner, holder: Owner.Holder, attribution: Attribution?) {
    #expect(owner.holder == holder && owner.attribution == attribution)
    if case .process(let pid, let descriptor) = holder {
      #expect(owner.pid == pid && owner.descriptor == descriptor && owner.processIndex != nil)
    } else {
      #expect(owner.pid == nil && owner.descriptor == nil && owner.processIndex == nil)
    }
  }

  @Test("the way to a socket other than a plain descriptor is kept whole, and what cannot be is unknown")
  func carriers() {
    let largest: Int32 = (1 << 22) - 1
    let ring = Owner(pid: largest, ring: .max, slot: (1 << 20) - 1, processIndex: 3)
    #expect(ring.pid == largest && ring.ring?.descriptor == .max && ring.ring?.slot == (1 << 20) - 1)
    #expect(ring.descriptor == nil && ring.thread == nil && ring.attribution == .ioUring && ring.processIndex == 3)
    let thread = Owner(pid: 1, thread: largest, descriptor: 0, processIndex: 0)
    #expect(thread.pid == 1 && thread.thread == largest && thread.descriptor == 0 && thread.ring == nil)
    #expect(Owner(pid: 1, ring: 4, slot: .max, processIndex: 0).ring?.slot == nil)
    #expect(Owner(pid: 1, descriptor: 4, processIndex: 0, attribution: .ioUring).ring?.slot == nil)
    let receiver = Owner(pid: .max, descriptor: 4, processIndex: 0, attribution: .inFlight)
    #expect(receiver.pid == .max && receiver.receiver == 4 && receiver.descriptor == nil)
    #expect(Owner.kernel(nil).kernelUser == nil)
    for service in KernelSocketUser.Service.allCases {
      let user = KernelSocketUser(service, interface: .max)
      #expect(Owner.kernel(nil, for: user).kernelUser == user)
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
    snapshot.interfaceNames = [4: Array("vx0".utf8)]
    snapshot.processes = [ProcessInfo(pid: 5, name: Array("nginx".utf8))]
    let owners = [
      Owner(pid: 5, descriptor: 3, processIndex: 0), .kernel(nil),
      .kernel(nil, for: KernelSocketUser(.vxlan, interface: 4)),
      .kernel(nil, for: KernelSocketUser(.geneve, interface: 5)), .kernel(nil, for: KernelSocketUser(.nfsd)),
    ]
    #expect(
      owners.map { String(decoding: snapshot.name(of: $0), as: UTF8.self) } == [
        "nginx", "kernel", "kernel vxlan vx0", "kernel geneve 5", "kernel nfsd",
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
