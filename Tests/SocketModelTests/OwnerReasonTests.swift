import SocketModel
import TestSupport
import Testing

@Suite("Why a socket has no owner", .timeLimited)
struct OwnerReasonTests {
  private static func record(
    _ transport: Transport, _ state: SocketState, inode: UInt64?, portID: UInt128 = 7
  ) -> SocketRecord {
    var record = SocketRecord(transport: transport, family: transport.isInternet ? .ipv4 : .unix, state: state)
    if let inode {
      record.inode = inode
      record.known.insert(.inode)
    }
    if transport == .netlink { record.localBits = portID }
    return record
  }

  @Test(
    "a socket without a file has the reason that its state proves, and no other",
    arguments: [
      (.tcp, .timeWait, nil, .timeWait), (.tcp, .timeWait, 0, .timeWait), (.tcp, .finWait1, 0, .orphan),
      (.tcp, .finWait2, 0, .orphan), (.tcp, .closing, 0, .orphan), (.mptcp, .lastAck, 0, .orphan),
      (.tcp, .established, 0, .notAccepted), (.tcp, .closeWait, 0, .notAccepted), (.tcp, .synRecv, 0, .notAccepted),
      (.unix, .connecting, 0, .notAccepted), (.unix, .disconnecting, 0, nil), (.tcp, .listen, 0, nil),
      (.tcp, .finWait1, nil, nil), (.tcp, .established, nil, nil), (.udp, .unconnected, 0, nil),
      (.udp, .connected, 0, nil),
    ] as [(Transport, SocketState, UInt64?, OwnerReason?)])
  func withoutFile(transport: Transport, state: SocketState, inode: UInt64?, reason: OwnerReason?) {
    #expect(Self.record(transport, state, inode: inode).reasonWithoutFile == reason)
  }

  /// What a search could not see.
  private static func limits(_ change: (inout OwnerSearchLimits) -> Void) -> OwnerSearchLimits {
    var limits = OwnerSearchLimits()
    limits.isOfAllProcesses = true
    change(&limits)
    return limits
  }

  @Test("a socket with a file has a reason only where something was not seen, or it has ended")
  func withFile() {
    let record = Self.record(.tcp, .listen, inode: 70)
    #expect(record.reasonWithoutOwner(Self.limits { _ in }) == nil)
    #expect(record.reasonWithoutOwner(Self.limits { $0.isRefused = true }) == .notPermitted)
    #expect(record.reasonWithoutOwner(Self.limits { $0.isNested = true }) == .otherPIDNamespace)
    #expect(record.reasonWithoutOwner(Self.limits { $0.hidesProcesses = true }) == .hidden)
    #expect(record.reasonWithoutOwner(Self.limits { $0.ended = [70] }) == .endedWhileRead)
    #expect(record.reasonWithoutOwner(Self.limits { $0.ended = [71] }) == nil)
    // A search among a few processes says nothing about the others.
    #expect(
      record.reasonWithoutOwner(
        Self.limits {
          $0.isRefused = true
          $0.isOfAllProcesses = false
        }) == nil)
    #expect(Self.record(.netlink, .unconnected, inode: 5, portID: 0).reasonWithoutOwner(.init()) == .kernel)
    #expect(Self.record(.netlink, .unhashed, inode: 5, portID: 0).reasonWithoutOwner(.init()) == nil)
  }

  @Test("a snapshot's rows have the reasons of their owners, a column and words for queries")
  func rows() {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.records = [
      Self.record(.tcp, .listen, inode: 1), Self.record(.tcp, .listen, inode: 2), Self.record(.tcp, .listen, inode: 3),
      Self.record(.tcp, .listen, inode: 4), Self.record(.udp, .unconnected, inode: 5),
      Self.record(.tcp, .timeWait, inode: 0),
    ]
    #expect(snapshot.ownerReason(at: 0) == nil && snapshot.ownerReason(at: 5) == .timeWait)
    snapshot.ownerSearchLimits = Self.limits { $0.isRefused = true }
    #expect(snapshot.ownerReason(at: 0) == nil, "owners were not looked for")
    snapshot.processes = [ProcessInfo(pid: 9, name: [0x61])]
    snapshot.owners = [
      Owner(pid: 9, descriptor: 3, processIndex: 0), Owner(pid: 9, ring: 3, slot: 0, processIndex: 0),
      Owner(pid: 9, ring: 3, slot: 1, processIndex: 0), Owner(pid: 9, thread: 11, descriptor: 4, processIndex: 0),
      Owner(pid: 9, descriptor: 5, processIndex: 0, attribution: .inFlight),
      .kernel(nil, for: KernelSocketUser(.vxlan, interface: 7)),
    ]
    // Row 1 has two slots of a ring, row 2 a descriptor and the rest of each kind.
    snapshot.ownerStarts = [0, 1, 3, 4, 5, 6, 6]
    let reasons = (0..<6).map { snapshot.ownerReason(at: $0) }
    #expect(reasons == [nil, .ioUring, nil, .inFlight, .kernel, .timeWait])
    #expect(snapshot.value(of: .ownerReason, at: 1) == .word("io-uring"))
    #expect(snapshot.value(of: .ownerReason, at: 0) == .absent)
  }
}
