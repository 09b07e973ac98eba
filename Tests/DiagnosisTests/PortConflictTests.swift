import SocketModel
import TestSupport
import Testing

@testable import Diagnosis

/// Facts from snapshots that are made here: nothing is read, and no text is made.
@Suite("A conflict over a port", .timeLimited)
struct PortConflictTests {
  private static let wanted = Endpoint(address: IPAddress(ipv4: 0x7F00_0001), port: 1234)

  private static func record(
    _ state: SocketState, at port: UInt16 = 1234, _ transport: Transport = .tcp
  ) -> SocketRecord {
    var record = SocketRecord(transport: transport, family: .ipv4, state: state)
    record.localBits = 0x7F00_0001
    record.localPort = port
    record.known = [.inode, .uid, .timer]
    record.uid = 33
    if state == .timeWait {
      record.timer = .timeWait
      record.timerMilliseconds = 41_200
    } else {
      record.inode = 4711
    }
    return record
  }

  /// A snapshot in which each record is owned by the processes listed with it, of these users.
  private static func snapshot(_ rows: [(SocketRecord, [(pid: Int32, uid: UInt32?)])]) -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    for (record, owners) in rows {
      snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
      snapshot.records.append(record)
      for owner in owners {
        var process = ProcessInfo(pid: owner.pid, name: Array("server".utf8))
        process.uid = owner.uid
        snapshot.owners.append(Owner(pid: owner.pid, descriptor: 3, processIndex: Int32(snapshot.processes.count)))
        snapshot.processes.append(process)
      }
    }
    snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
    return snapshot
  }

  private static func conflict(_ rows: [(SocketRecord, [(pid: Int32, uid: UInt32?)])]) -> PortConflict {
    PortConflict(snapshot(rows), at: wanted)
  }

  @Test("listeners come first, finished connections last; other ports and handshakes hold nothing")
  func order() {
    let conflict = Self.conflict([
      (Self.record(.timeWait), []), (Self.record(.synRecv), []), (Self.record(.listen, at: 80), [(1, 0)]),
      (Self.record(.established), [(8, 0)]), (Self.record(.listen), [(7, 0)]), (Self.record(.boundInactive), [(9, 0)]),
    ])
    #expect(conflict.holders.rows == [4, 5, 3, 0])
    #expect(conflict.secondsLeft(at: 0) == 42 && conflict.secondsLeft(at: 4) == nil)
  }

  @Test(
    "what can be done depends on who holds it, on who asks and on the options that help",
    arguments: [
      ([(.listen, 7, 1000)], .init(none: true), 1000, [.tryAgain]),
      ([], .init(), 1000, [.nothingSeen, .anotherPort]),
      ([(.listen, 7, 1000)], .init(), 1000, [.end([7]), .anotherPort]),
      ([(.listen, 7, 0)], .init(), 1000, [.endAsRoot([7]), .anotherPort]),
      ([(.listen, 7, 1000)], .init(), 0, [.end([7]), .anotherPort]),
      ([(.listen, 7, nil), (.established, 8, 0)], .init(), 5, [.end([7]), .endAsRoot([8]), .anotherPort]),
      ([(.listen, 7, 5)], .init(address: true, port: true), 5, [.end([7]), .reuseAddressBeside, .share, .anotherPort]),
      ([(.timeWait, nil, nil)], .init(), 5, [.wait(seconds: 42), .reuseAddressInVain, .anotherPort]),
      ([(.timeWait, nil, nil)], .init(isOffered: false), 5, [.wait(seconds: 42), .anotherPort]),
      ([(.timeWait, nil, nil)], .init(address: true), 5, [.wait(seconds: 42), .reuseAddressNow, .anotherPort]),
      ([(.timeWait, nil, nil)], .init(port: true), 5, [.wait(seconds: 42), .reusePortNow, .anotherPort]),
      ([(.listen, nil, nil)], .init(), 5, [.unseen(.inNoProcess), .anotherPort]),
    ] as [([(SocketState, Int32?, UInt32?)], PortConflict.Reuse, UInt32, [PortConflict.Remedy])])
  func remedies(
    holders: [(SocketState, Int32?, UInt32?)], reuse: PortConflict.Reuse, user: UInt32, wanted: [PortConflict.Remedy]
  ) {
    let rows = holders.map { state, pid, uid in (Self.record(state), pid.map { [(pid: $0, uid: uid)] } ?? []) }
    #expect(Self.conflict(rows).remedies(reuse: reuse, user: user) == wanted)
  }

  @Test("a holder is its processes, once each; without any, what is known of the others decides")
  func holders() {
    var snapshot = Self.snapshot([
      (Self.record(.listen), [(7, 0), (7, 0), (8, 0)]), (Self.record(.listen), []), (Self.record(.timeWait), []),
    ])
    let name = Array("server".utf8)
    #expect(snapshot.holder(at: 0) == .processes([.init(pid: 7, name: name), .init(pid: 8, name: name)]))
    #expect(snapshot.holder(at: 1) == .noProcess && snapshot.holder(at: 2) == .nobody)
    #expect(snapshot.countOpenInNoProcess([0, 1, 2]) == 1)
    #expect(snapshot.unseenHolder(of: [0, 2], isRoot: false) == nil)
    let refusal = Problem.Refusal.processes(count: 1, of: 2, hidesOthers: false)
    snapshot.problems = [Problem(subject: .descriptors, cause: .forbidden(refusal))]
    #expect(snapshot.holder(at: 1) == .hidden(user: 33))
    #expect(snapshot.countOpenInNoProcess([0, 1, 2]) == nil)
    #expect(snapshot.unseenHolder(of: [0, 1], isRoot: false) == .visibleToRoot)
    #expect(snapshot.unseenHolder(of: [1], isRoot: true) == .hiddenFromRoot)
    for refusal in [Problem.Refusal.noProc, .nestedPIDNamespace] {
      let problem = Problem(subject: .descriptors, cause: .forbidden(refusal))
      snapshot.problems = [problem]
      for isRoot in [false, true] { #expect(snapshot.unseenHolder(of: [1], isRoot: isRoot) == .notInProc(problem)) }
    }
  }

  @Test("ports in use are counted by state, when everything could be read")
  func portsInUse() throws {
    var connection = Self.record(.closeWait)
    connection.remoteBits = 0x7F00_0001
    connection.remotePort = 1234
    var snapshot = Self.snapshot([(connection, []), (connection, []), (Self.record(.listen), [])])
    let ports = try #require(PortsInUse(snapshot, to: Self.wanted))
    #expect(ports.states == [.closeWait: 2] && ports.count == 2 && ports.mostCommon == .closeWait)
    snapshot.problems = [Problem(subject: .descriptors, cause: .forbidden(.noProc))]
    #expect(PortsInUse(snapshot, to: Self.wanted) == nil)
  }
}
