import Glibc
import Inspection
import LinuxSystem
import SocketModel
import TestSupport
import Testing

@testable import Tracking

/// Whether this test runs as root, for a network namespace of its own.
private let isRoot = geteuid() == 0
@Suite("Scans that read only the connections that may have changed", .timeLimited)
struct PartialScanTests {
  private static let first = Script.tcp(.established, 40001, 80, cookie: 1)
  private static let second = Script.tcp(.established, 40002, 80, cookie: 2)
  private static let listener = Script.tcp(.listen, 80, cookie: 3)

  private static func counters(_ sent: UInt64, segments: UInt32 = 0) -> ByteCounters {
    ByteCounters(sent: sent, received: 0, segmentsOut: segments)
  }

  /// A tracker after two whole scans of three TCP sockets and one of UDP, in the second of which
  /// ``first`` has sent something.
  private static func script(_ there: [SocketRecord] = [first, second, listener]) -> Script {
    var datagrams = SocketRecord(transport: .udp, family: .ipv4, state: .unconnected)
    datagrams.localPort = 53
    datagrams.cookie = 9
    datagrams.known.formUnion([.cookie, .inode])
    datagrams.networkNamespace = Script.ownNamespace
    var script = Script(
      notices: true, there: there + [datagrams], countingBytes: true, bytes: [counters(0, segments: 1), counters(7)])
    script.wait(milliseconds: 999)
    script.read(there + [datagrams], bytes: [counters(1000, segments: 2), counters(7)])
    return script
  }

  private func traffic(_ script: Script, _ record: SocketRecord) -> SocketTraffic? {
    script.tracker.number(of: record).flatMap { script.tracker.sockets[$0]?.traffic }
  }

  @Test("the TCP sockets that it lacks are as they were; others that it lacks have ended")
  func lacking() {
    var script = Self.script()
    #expect(script.tracker.activity.isSteady && script.tracker.activity.count == 3)
    #expect(Set(script.tracker.activity.ids) == [1], "only the first has sent something")
    script.wait(milliseconds: 999)
    script.read([Self.first, Self.listener], bytes: [Self.counters(3000, segments: 4)], isPartial: true)
    #expect(script.bare == ["4 closed unconnected -"])
    #expect(traffic(script, Self.first)?.sendRate == 2000)
    #expect(traffic(script, Self.second)?.sendRate == 0 && traffic(script, Self.second)?.bytesSent == 7)
    #expect(script.tracker.trafficInterval.duration == 1_000_000_000)
    #expect(script.tracker.activity.isSteady && script.tracker.activity.count == 3)
    // The next whole one counts from there, and shows what has ended.
    script.wait(milliseconds: 1999)
    script.read(
      [Self.first, Self.second], bytes: [Self.counters(3000, segments: 4), Self.counters(4007, segments: 9)])
    #expect(traffic(script, Self.first)?.sendRate == 0 && traffic(script, Self.second)?.sendRate == 2000)
    script.wait(milliseconds: 100)
    #expect(script.bare.last == "3 closed listen -")
    #expect(Set(script.tracker.activity.ids) == [1, 2])
  }

  @Test(
    "a socket that may change without a segment makes the next scan a whole one",
    arguments: [
      Script.tcp(.timeWait, 40005, cookie: 5), Script.tcp(.synRecv, 80, 40005, cookie: 5),
      Script.orphan(40005, 80, cookie: 5),
    ])
  func unsteady(record: SocketRecord) {
    #expect(!Self.script([Self.first, Self.second, record]).tracker.activity.isSteady)
  }

  @Test("listeners and bound sockets are in each scan: those that it lacks have ended")
  func listeners() {
    var script = Self.script()
    let bound = Script.tcp(.boundInactive, 70, cookie: 8)
    script.read([Self.listener, bound], isPartial: true)
    script.read([bound], isPartial: true)
    script.read([], isPartial: true)
    script.wait(milliseconds: 100)
    #expect(
      script.bare == [
        "5 opened - bound_inactive", "4 closed unconnected -", "3 closed listen -", "5 closed bound_inactive -",
      ])
    #expect(script.tracker.sockets.values.filter { !$0.isClosed }.map(\.id).sorted() == [1, 2])
  }

  @Test("connections with something in their queues are looked at each time")
  func queues() {
    var queued = Self.second
    queued.known.insert(.receiveQueue)
    queued.receiveQueue = 5
    let script = Self.script([Self.first, queued])
    #expect(script.tracker.activity.isSteady && Set(script.tracker.activity.ids) == [1, 2])
  }

  @Test("what was not busy for long is no longer asked for; more than can be asked for one by one are read together")
  func activity() {
    var activity = ScanActivity()
    activity.begin(isPartial: false)
    for id in 0..<UInt64(ScanActivity.limit) { activity.note(id, Self.first, isBusy: true) }
    activity.end()
    #expect(activity.isSteady && activity.ids.reduce(0) { sum, _ in sum + 1 } == ScanActivity.limit)
    activity.begin(isPartial: false)
    activity.note(1000, Self.first, isBusy: true)
    #expect(!activity.isSteady)
    activity.begin(isPartial: false)
    activity.note(1, Self.second, isBusy: nil)
    #expect(!activity.isSteady)
    for _ in 0..<100 {
      activity.begin(isPartial: true)
      activity.note(3, Self.first, isBusy: true)
      activity.end()
    }
    #expect(Set(activity.ids) == [3])
    #expect(!activity.isSteady, "only a whole scan shows that again")
  }

  @Test("without busy connections anything that was sent, repeated or reset since makes it a whole scan")
  func counts() {
    let before = SegmentCounts(sent: 10, repeated: 2, resets: 3)
    let active = ActiveConnections(connections: [], segments: before)
    let others = Snapshot(meta: SnapshotMeta(source: "test"))
    #expect(active.read(nil, counting: { before }, others: { others }) != nil)
    for now in [
      SegmentCounts(sent: 11, repeated: 2, resets: 3), SegmentCounts(sent: 10, repeated: 3, resets: 3),
      SegmentCounts(sent: 10, repeated: 2, resets: 4),
    ] {
      #expect(active.read(nil, counting: { now }, others: { others }) == nil)
      // The same while it is read.
      var counts = [before, now]
      #expect(active.read(nil, counting: { counts.removeFirst() }, others: { others }) == nil)
    }
    #expect(active.read(nil, counting: { nil }, others: { others }) == nil)
    #expect(active.read(nil, counting: { before }, others: { nil }) == nil)
  }

  // MARK: The kernel

  private struct Pair: ~Copyable {
    let client: Descriptor
    let server: Descriptor

    init(_ listener: borrowing Descriptor) throws {
      let client = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
      try client.connect(try listener.localAddress())
      server = try listener.accept()
      self.client = client
    }

    /// The rows of both ends in a scan.
    func rows(_ scan: WatchReader.Scan) -> [ActiveConnections.Connection] {
      [socketCookie(of: client.number), socketCookie(of: server.number)].compactMap { cookie in
        guard let record = scan.snapshot.records.first(where: { $0.cookie == cookie }),
          let counters = scan.snapshot.byteCounters.first(where: { $0.cookie == cookie })
        else { return nil }
        return ActiveConnections.Connection(record: record, segmentsOut: counters.counters.segmentsOut)
      }
    }
  }

  /// A whole scan during which nothing was sent: an acknowledgement may take a fifth of a second.
  private static func quietScan(_ reader: WatchReader) throws -> (WatchReader.Scan, SegmentCounts) {
    let end = Clock.monotonicMilliseconds() + 20_000
    var last: SegmentCounts?
    while Clock.monotonicMilliseconds() < end {
      let scan = try reader.readSockets(countsSegments: true)
      if let segments = scan.segments, segments == last { return (scan, segments) }
      last = scan.segments
      Clock.sleep(milliseconds: 250)
    }
    throw SystemError("scan", "segments are sent all the time")
  }

  @Test(
    "busy connections are enough while they have sent all that was sent",
    .enabled("needs root, for a network namespace of its own") { isRoot || isEverythingRequired })
  func kernel() throws {
    try inNewNetworkNamespace {
      Result {
        let listener = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
        try listener.bind(.ipv4(0x7F00_0001, port: 0))
        try listener.listen(backlog: 4)
        let busy = try Pair(listener)
        let idle = try Pair(listener)
        var request = InspectionRequest()
        request.requiredDetails = [.byteCounters]
        let reader = WatchReader(root: try .live(), request: request)
        let (whole, segments) = try Self.quietScan(reader)
        #expect(!whole.isPartial && whole.snapshot.records.count { $0.transport == .tcp } == 5)
        let active = ActiveConnections(connections: busy.rows(whole), segments: segments)
        #expect(active.connections.count == 2)
        try busy.client.send([1, 2, 3, 4])
        // An acknowledgement on its way while the segments are counted makes it a whole one.
        let part = try (0..<100).lazy.map { _ in try reader.readSockets(active: active) }.first { $0.isPartial }
        let rows = try #require(part?.snapshot.records.filter { $0.transport == .tcp })
        #expect(rows.prefix(2).map(\.cookie) == active.connections.map(\.record.cookie))
        #expect(rows.dropFirst(2).map(\.state) == [.listen], "what changes without a segment is there too")
        #expect(rows.prefix(2).map(\.receiveQueue) == [0, 4])
        #expect(part?.snapshot.byteCounters.map(\.counters.received) == [0, 4])
        var expected = active.connections[0].record
        expected.sendQueue = rows[0].sendQueue
        (expected.timer, expected.timerMilliseconds) = (rows[0].timer, rows[0].timerMilliseconds)
        #expect(rows[0] == expected, "a row is as a scan of all has it")
        // Another one sends: nothing is left out then.
        try idle.client.send([1])
        let all = try reader.readSockets(active: active)
        #expect(!all.isPartial && all.snapshot.records.count { $0.transport == .tcp } == 5)
        // So it is when one is no longer what it was.
        let (again, since) = try Self.quietScan(reader)
        let both = ActiveConnections(connections: busy.rows(again) + idle.rows(again), segments: since)
        #expect(both.connections.count == 4)
        try busy.client.shutdown(sending: true)
        #expect(try !reader.readSockets(active: both).isPartial)
      }
    }.get()
  }
}
