import KernelFormats
import SocketModel
import TestSupport
import Testing

@testable import Tracking

@Suite("Watching all network namespaces", .timeLimited)
struct SocketTrackerNamespaceTests {
  private static let own = Script.ownNamespace
  private static let other = Script.otherNamespace

  /// A TCP socket of a namespace as a scan shows it.
  private static func tcp(
    _ state: SocketState, in namespace: NetworkNamespaceID, cookie: UInt64, _ local: UInt16 = 40000,
    _ remote: UInt16 = 80
  ) -> SocketRecord {
    var record = Script.tcp(state, local, remote, cookie: cookie)
    record.networkNamespace = namespace
    return record
  }

  private static func script(_ there: [SocketRecord] = [], owners: [[Int32]] = [], tracing: Bool = true) -> Script {
    Script(tracing: tracing, there: there, owners: owners, allNamespaces: true)
  }

  /// The namespaces of the sockets that exist, in the order of their numbers; 0 for an unknown one.
  private func places(_ script: Script) -> [UInt32] {
    script.tracker.sockets.values.filter { !$0.isClosed }.sorted { $0.id < $1.id }.map {
      $0.record.networkNamespace?.inode ?? 0
    }
  }

  @Test("equal connections of two namespaces are two sockets, in every scan")
  func equalConnections() {
    let rows = [Self.tcp(.established, in: Self.own, cookie: 1), Self.tcp(.established, in: Self.other, cookie: 2)]
    var script = Self.script(rows)
    script.read(rows)
    script.read(rows.reversed())
    #expect(places(script) == [7, 8] && script.events.isEmpty)
    #expect(script.tracker.sockets.values.sorted { $0.id < $1.id }.map(\.scope) == [.watched, .other])
  }

  @Test("without cookies and inodes, a TIME_WAIT of each namespace stays one socket")
  func mini() {
    let rows = [Self.own, Self.other].map { namespace in
      var row = Script.tcp(.timeWait)
      row.networkNamespace = namespace
      row.known.insert(.inode)
      return row
    }
    var script = Self.script(rows, tracing: false)
    script.read(rows.reversed())
    #expect(places(script) == [7, 8] && script.events.isEmpty)
    script.read([rows[1]])
    #expect(places(script) == [8] && script.events.map(\.kind) == [.closed])
  }

  @Test("a connection that the tracepoint reported is the one of its process's namespace")
  func byProcess() {
    var script = Self.script()
    for (pointer, process) in [(0xA, Script.client), (0xB, Script.stranger)] as [(UInt64, Int32)] {
      script.pass(pointer, .close, Script.tcp(.synSent), by: process)
      script.pass(pointer, .synSent, Script.tcp(.established))
    }
    #expect(places(script) == [7, 8])
    script.read([
      Self.tcp(.established, in: Self.other, cookie: 2), Self.tcp(.established, in: Self.own, cookie: 1),
    ])
    #expect(places(script) == [7, 8] && script.events.filter { $0.kind == .opened }.count == 2)
    script.pass(0xB, .established, Script.tcp(.closeWait))
    #expect(script.events.last?.record.cookie == 2 && script.events.last?.record.networkNamespace == Self.other)
  }

  @Test("a process may use a socket of another namespace: the scan decides where it is")
  func foreignSocket() {
    var script = Self.script()
    script.pass(0xA, .close, Script.tcp(.synSent), by: Script.client)
    #expect(places(script) == [7])
    script.wait(milliseconds: 1)
    script.read([Self.tcp(.synSent, in: Self.other, cookie: 2)])
    #expect(places(script) == [8])
    script.pass(0xA, .synSent, Script.tcp(.established))
    #expect(script.events.map(\.kind) == [.opened, .changed])
    #expect(script.events.last?.scope == .other)
  }

  @Test("what may be of either of two equal connections is left to the next scan")
  func left() {
    let rows = [Self.tcp(.established, in: Self.own, cookie: 1), Self.tcp(.established, in: Self.other, cookie: 2)]
    var script = Self.script(rows)
    script.pass(0xB, .established, Script.tcp(.closeWait))
    #expect(script.events.isEmpty && places(script) == [7, 8])
    script.read([rows[0], Self.tcp(.closeWait, in: Self.other, cookie: 2)])
    #expect(script.events.map(\.record.cookie) == [2] && script.events.first?.source == .difference)
    // Only one of them can be in this state.
    script.pass(0xB, .closeWait, Script.tcp(.lastAck))
    #expect(script.events.last?.record.cookie == 2 && script.events.last?.source == .tracepoint)
    script.pass(0xB, .lastAck, Script.tcp(.close))
    #expect(places(script) == [7])
  }

  @Test("the process that closes a connection shows which of two equal ones it is")
  func closer() {
    let rows = [Self.tcp(.established, in: Self.own, cookie: 1), Self.tcp(.established, in: Self.other, cookie: 2)]
    var byOwner = Self.script(rows, owners: [[Script.client], [Script.server]])
    byOwner.pass(0xB, .established, Script.tcp(.finWait1), by: Script.server)
    #expect(byOwner.events.map(\.record.cookie) == [2])
    var byNamespace = Self.script(rows)
    byNamespace.pass(0xB, .established, Script.tcp(.finWait1), by: Script.stranger)
    #expect(byNamespace.events.map(\.record.cookie) == [2])
  }

  @Test("connections whose namespaces nothing shows are placed by the next scan, none twice")
  func twins() {
    var script = Self.script()
    for pointer in [0xA, 0xB] as [UInt64] {
      script.pass(pointer, .listen, Script.tcp(.synRecv, 80, 40000))
      script.pass(pointer, .synRecv, Script.tcp(.established, 80, 40000))
    }
    #expect(places(script) == [0, 0])
    let rows = [
      Self.tcp(.established, in: Self.own, cookie: 1, 80, 40000),
      Self.tcp(.established, in: Self.other, cookie: 2, 80, 40000),
    ]
    script.read(rows)
    #expect(places(script).sorted() == [7, 8])
    // It is not known any more which of the two is at which address.
    script.pass(0xA, .established, Script.tcp(.closeWait, 80, 40000))
    script.read([rows[0], Self.tcp(.closeWait, in: Self.other, cookie: 2, 80, 40000)])
    #expect(places(script).sorted() == [7, 8])
    #expect(script.events.filter { $0.kind == .opened }.count == 2)
    #expect(script.events.last?.record.cookie == 2 && script.events.last?.to == .closeWait)
  }

  @Test("over loopback a new connection is where its other end is, beside an equal one elsewhere")
  func loopback() {
    var script = Self.script([
      Self.tcp(.listen, in: Self.own, cookie: 1, 80), Self.tcp(.listen, in: Self.other, cookie: 2, 80),
    ])
    for (pointer, process) in [(0xA, Script.client), (0xB, Script.stranger)] as [(UInt64, Int32)] {
      script.pass(pointer, .close, Script.tcp(.synSent), by: process)
      script.pass(pointer, .synSent, Script.tcp(.established))
      script.pass(pointer + 0x100, .listen, Script.tcp(.synRecv, 80, 40000))
    }
    #expect(places(script) == [7, 8, 7, 7, 8, 8])
  }

  @Test("the next scan shows whether a connection elsewhere goes on in TIME_WAIT")
  func timeWait() {
    var script = Self.script([Self.tcp(.finWait2, in: Self.other, cookie: 2)])
    script.pass(0xB, .finWait2, Script.tcp(.close))
    #expect(script.events.isEmpty && places(script) == [8])
    script.wait(milliseconds: 1)
    script.read([Self.tcp(.timeWait, in: Self.other, cookie: 2)])
    #expect(script.events.map(\.to) == [.timeWait])
    script.read([])
    #expect(script.events.last?.kind == .closed && places(script).isEmpty)
  }

  @Test("the sockets of a namespace that could not be read have not ended")
  func unread() {
    let rows = [Self.tcp(.established, in: Self.own, cookie: 1), Self.tcp(.established, in: Self.other, cookie: 2)]
    var script = Self.script(rows)
    script.read([rows[0]], failed: [Self.other])
    #expect(script.events.isEmpty && places(script) == [7, 8])
    script.read([rows[0]])
    #expect(script.events.map(\.kind) == [.closed] && places(script) == [7])
  }

  @Test("what the tracepoint shows in a namespace that no scan reaches stays, and takes no row")
  func beyondScans() {
    var script = Self.script()
    script.pass(0xA, .close, Script.tcp(.synSent), by: Script.stranger)
    script.pass(0xA, .synSent, Script.tcp(.established))
    script.wait(milliseconds: 1)
    // The namespace of the process was read, so that it is not there.
    script.read([])
    #expect(places(script) == [0])
    script.read([Self.tcp(.established, in: Self.own, cookie: 1)])
    script.read([Self.tcp(.established, in: Self.own, cookie: 1)])
    #expect(places(script).count == 1)
  }

  @Test("a connection that ended during a scan does not hide an equal one of another namespace")
  func endedElsewhere() {
    var script = Self.script([Self.tcp(.lastAck, in: Self.own, cookie: 1)])
    let begun = script.now
    script.pass(0xA, .lastAck, Script.tcp(.close))
    #expect(places(script).isEmpty)
    script.read(
      [Self.tcp(.lastAck, in: Self.own, cookie: 1), Self.tcp(.established, in: Self.other, cookie: 2)], begun: begun)
    #expect(places(script) == [8])
  }

  @Test("the other ends that a scan found are known by the numbers of the sockets")
  func peers() throws {
    var tracker = SocketTracker(ownNamespace: Self.own, coversAllNamespaces: true)
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.records = [
      Self.tcp(.established, in: Self.own, cookie: 1), Self.tcp(.established, in: Self.own, cookie: 2, 80, 40000),
      Self.tcp(.listen, in: Self.other, cookie: 3, 80),
    ]
    snapshot.peers = PeerRows([1, 0, SocketRecord.noIndex])
    _ = tracker.ingest(snapshot, at: Timestamp(seconds: 1, nanoseconds: 0))
    func socket(_ cookie: UInt64) throws -> TrackedSocket {
      try #require(tracker.sockets.values.first { $0.record.cookie == cookie })
    }
    let (client, server) = (try socket(1), try socket(2))
    let expected: [UInt64: [UInt64]] = [client.id: [server.id], server.id: [client.id]]
    #expect(tracker.peers == expected)
    #expect(tracker.likelyPeers(of: client).map(\.record.cookie) == [2])
  }
}
