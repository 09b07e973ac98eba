import SocketModel
import TestSupport
import Testing

@testable import Tracking

@Suite("What tracked sockets send and receive", .timeLimited)
struct ByteMeterTests {
  private let first = Script.tcp(.established, 40001, 80, cookie: 1)
  private let second = Script.tcp(.established, 40002, 80, cookie: 2)
  /// Something that keeps a scan from showing all TCP sockets.
  private let gap = Problem(subject: .dump(.tcp, .ipv4), cause: .unreadable(.dump(.foreignAnswers)))

  private func counters(_ sent: UInt64, _ received: UInt64, segments: UInt32 = 0) -> ByteCounters {
    ByteCounters(sent: sent, received: received, dataSegmentsIn: segments, roundTripTime: 30, retransmits: 2)
  }

  /// A tracker without the tracepoint that counts bytes, with one scan of ``first``.
  private func script(tracing: Bool = false, notices: Bool = true) -> Script {
    Script(
      tracing: tracing, notices: notices, there: [first], countingBytes: true, bytes: [counters(500, 700, segments: 3)])
  }

  private func traffic(_ script: Script, _ record: SocketRecord) -> SocketTraffic? {
    script.tracker.number(of: record).flatMap { script.tracker.sockets[$0]?.traffic }
  }

  /// What the newest interval counted in all.
  private func sums(_ script: Script) -> (sent: UInt64, received: UInt64) {
    let ended = Set(script.tracker.trafficInterval.ended.map(\.id))
    let open = script.tracker.sockets.values.filter { !ended.contains($0.id) }
    return (open + script.tracker.trafficInterval.ended).reduce((0, 0)) { sum, socket in
      (
        sum.0 + (socket.traffic?.bytesSentInInterval ?? 0), sum.1 + (socket.traffic?.bytesReceivedInInterval ?? 0)
      )
    }
  }

  @Test("a socket of the first scan has a rate from the second on, by the time between their ends")
  func rates() {
    var script = script()
    #expect(traffic(script, first)?.bytesSent == 500 && traffic(script, first)?.bytesReceived == 700)
    #expect(traffic(script, first)?.sendRate == nil && traffic(script, first)?.receiveRate == nil)
    #expect(script.tracker.trafficInterval.duration == nil)
    script.wait(milliseconds: 499)
    script.read([first], bytes: [counters(2500, 701)])
    #expect(script.tracker.trafficInterval.duration == 500_000_000)
    #expect(traffic(script, first)?.sendRate == 4000 && traffic(script, first)?.receiveRate == 2)
    #expect(traffic(script, first)?.bytesSentInInterval == 2000)
    #expect(traffic(script, first)?.roundTripTime == 30 && traffic(script, first)?.totalRetransmits == 2)
    script.wait(milliseconds: 999)
    script.read([first], bytes: [counters(2500, 701)])
    #expect(traffic(script, first)?.sendRate == 0 && traffic(script, first)?.receiveRate == 0, "it was idle")
  }

  @Test("a socket that appears after a complete scan counts from 0")
  func new() {
    var script = script()
    script.wait(milliseconds: 999)
    script.read([first, second], bytes: [counters(500, 700), counters(1000, 0)])
    #expect(traffic(script, second)?.sendRate == 1000 && traffic(script, second)?.receiveRate == 0)
    #expect(sums(script) == (1000, 0))
  }

  @Test("one that a complete scan cannot have missed, but an incomplete one can, has no rate at first")
  func afterGap() {
    var script = script()
    script.wait(milliseconds: 999)
    script.read([first], problems: [gap], bytes: [counters(600, 700)])
    script.wait(milliseconds: 999)
    script.read([first, second], bytes: [counters(600, 700), counters(5_000_000, 0)])
    #expect(traffic(script, second)?.sendRate == nil && traffic(script, second)?.bytesSent == 5_000_000)
    #expect(sums(script) == (0, 0), "no spike")
    script.wait(milliseconds: 999)
    script.read([first, second], bytes: [counters(600, 700), counters(5_000_010, 0)])
    #expect(traffic(script, second)?.sendRate == 10)
  }

  @Test("a socket that an incomplete scan lacks has no rate then, and afterwards that of the whole time")
  func missed() {
    var script = script()
    script.wait(milliseconds: 999)
    script.read([], problems: [gap])
    #expect(script.tracker.sockets.count == 1)
    #expect(traffic(script, first)?.sendRate == nil, "not 0")
    #expect(traffic(script, first)?.bytesSent == 500)
    script.wait(milliseconds: 999)
    script.read([first], bytes: [counters(4500, 700)])
    #expect(traffic(script, first)?.sendRate == 2000, "4000 bytes in two seconds")
    script.wait(milliseconds: 999)
    script.read([first], bytes: [counters(4600, 700)])
    #expect(traffic(script, first)?.sendRate == 100)
  }

  @Test("a row without counters has no rate, and one with counters again that of the whole time")
  func withoutCounters() {
    var script = script()
    script.wait(milliseconds: 999)
    script.read([first])
    #expect(traffic(script, first)?.sendRate == nil)
    script.wait(milliseconds: 999)
    script.read([first], bytes: [counters(2500, 700)])
    #expect(traffic(script, first)?.sendRate == 1000)
  }

  @Test("listeners, UDP and TIME_WAIT have no counters", arguments: [SocketState.listen, .timeWait])
  func noCounters(state: SocketState) {
    let record = Script.tcp(state, 40003, 80, cookie: 3)
    var udp = SocketRecord(transport: .udp, family: .ipv4, state: .unconnected)
    udp.cookie = 4
    udp.known.formUnion([.cookie, .inode])
    var script = Script(
      tracing: false, there: [record, udp], countingBytes: true, bytes: [counters(1, 1), counters(1, 1)])
    script.wait(milliseconds: 999)
    script.read([record, udp], bytes: [counters(9, 9), counters(9, 9)])
    #expect(script.tracker.sockets.count == 2)
    #expect(script.tracker.sockets.values.allSatisfy { $0.traffic == nil })
  }

  @Test("rows and counters fit together by the cookie, whatever is left out between them")
  func order() {
    let records = (1...200).map { Script.tcp(.established, UInt16(40000 + $0), 80, cookie: $0) }
    let bytes = (1...200).map { counters($0, 0) }
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.byteCounters = zip(records, bytes).map {
      SocketByteCounters(cookie: $0.cookie, namespace: $0.networkNamespace, $1)
    }
    var source = TCPInfoBytes()
    source.begin(snapshot)
    for index in [0, 1, 15, 140, 199, 3] { #expect(source.counters(of: records[index])?.sent == UInt64(index + 1)) }
    var elsewhere = records[5]
    elsewhere.networkNamespace = Script.otherNamespace
    #expect(source.counters(of: elsewhere) == nil, "the cookie of another namespace")
    #expect(source.counters(of: Script.tcp(.established, 1, 80, cookie: 999)) == nil)
  }

  @Test("the end of a socket is counted by its notice, in the interval in which it comes, and then no more")
  func end() {
    var script = script()
    script.wait(milliseconds: 999)
    script.read([first], bytes: [counters(600, 700, segments: 3)])
    script.kernel = []
    // 1 byte more for the SYN, 1 for the FIN that was sent, and 1 for the one that came.
    script.destroyed(
      first,
      [
        .bytesAcked: 1602, .bytesSent: 1650, .bytesRetransmitted: 50, .bytesReceived: 901, .dataSegmentsIn: 5,
      ])
    #expect(script.events.last?.bytesSent == 1600 && script.events.last?.bytesReceived == 900)
    script.wait(milliseconds: 998)
    script.read([])
    #expect(sums(script) == (1000, 200))
    #expect(script.tracker.trafficInterval.ended.first?.traffic?.sendRate == 1000)
    script.wait(milliseconds: 999)
    script.read([])
    #expect(sums(script) == (0, 0))
    #expect(script.tracker.sockets.values.allSatisfy { $0.traffic?.sendRate == nil }, "it is no more, not idle")
  }

  @Test("a connection that no scan met counts with all that it sent and received")
  func short() {
    var script = script()
    let listener = Script.tcp(.listen, 80, cookie: 9)
    script.read([first, listener], bytes: [counters(500, 700)])
    // The side of the server, which answers the FIN of the client: nothing remains of it.
    script.destroyed(
      Script.tcp(.established, 80, 40005, cookie: 5),
      [.bytesAcked: 101, .bytesSent: 100, .bytesReceived: 1_000_001, .dataSegmentsIn: 20])
    // That of the client, which leaves a TIME_WAIT and received no data but a FIN.
    script.kernel = [Script.tcp(.timeWait, 40005, 80, cookie: 6)]
    script.destroyed(
      Script.tcp(.established, 40005, 80, cookie: 6),
      [.bytesAcked: 1_000_002, .bytesSent: 1_000_000, .bytesReceived: 1, .dataSegmentsIn: 0])
    script.wait(milliseconds: 999)
    script.read(
      [first, listener, Script.tcp(.timeWait, 40005, 80, cookie: 6)], bytes: [counters(500, 700)])
    #expect(sums(script) == (1_000_100, 1_000_000))
    script.wait(milliseconds: 999)
    script.read(
      [first, listener, Script.tcp(.timeWait, 40005, 80, cookie: 6)], bytes: [counters(500, 700)])
    #expect(sums(script) == (0, 0))
  }

  @Test("a notice that comes after the scan that showed the end counts all the same, once")
  func lateNotice() {
    var script = script()
    let remainder = Script.tcp(.timeWait, 40005, 80, cookie: 6)
    script.kernel = [remainder]
    script.wait(milliseconds: 999)
    script.read([first, remainder], bytes: [counters(500, 700)])
    #expect(script.tracker.lacksFigures)
    script.wait(milliseconds: 500)
    script.destroyed(
      Script.tcp(.established, 40005, 80, cookie: 6),
      [.bytesAcked: 1002, .bytesSent: 1000, .bytesReceived: 1, .dataSegmentsIn: 0])
    #expect(!script.tracker.lacksFigures)
    var last = script
    last.tracker.endCounting(at: last.now)
    #expect(sums(last) == (1000, 0), "without another scan")
    #expect(last.tracker.trafficInterval.number == script.tracker.trafficInterval.number + 1)
    script.wait(milliseconds: 498)
    script.read([first, remainder], bytes: [counters(500, 700)])
    #expect(sums(script) == (1000, 0))
    script.wait(milliseconds: 999)
    script.read([first, remainder], bytes: [counters(500, 700)])
    #expect(sums(script) == (0, 0))
  }

  @Test("with the tracepoint a notice may come long after the event, which does not wait for it")
  func lateTracedNotice() {
    var script = script(tracing: true)
    script.pass(0xA, .established, Script.tcp(.closeWait, 40001, 80))
    script.pass(0xA, .closeWait, Script.tcp(.lastAck, 40001, 80))
    script.pass(0xA, .lastAck, Script.tcp(.close, 40001, 80))
    script.wait(milliseconds: 900)
    #expect(script.events.last?.kind == .closed && script.events.last?.bytesSent == nil)
    script.read([])
    script.destroyed(first, [.bytesAcked: 602, .bytesSent: 600, .bytesReceived: 801, .dataSegmentsIn: 9])
    script.wait(milliseconds: 990)
    script.read([])
    #expect(sums(script) == (100, 100))
  }

  @Test("a reset connection has no FIN to take off")
  func reset() {
    var script = script()
    script.read([first, Script.tcp(.listen, 80, cookie: 9)], bytes: [counters(500, 700)])
    script.destroyed(
      Script.tcp(.established, 80, 40005, cookie: 5),
      [.bytesAcked: 100, .bytesSent: 100, .bytesReceived: 300, .dataSegmentsIn: 2])
    #expect(script.events.last?.bytesReceived == 300)
  }

  @Test("an idle connection that ends has sent and received nothing more")
  func idleEnd() {
    var script = script()
    script.kernel = [Script.tcp(.timeWait, 40001, 80, cookie: 1)]
    script.destroyed(
      first, [.bytesAcked: 502, .bytesSent: 500, .bytesReceived: 701, .dataSegmentsIn: 3])
    script.wait(milliseconds: 999)
    script.read([Script.tcp(.timeWait, 40001, 80, cookie: 1)])
    #expect(sums(script) == (0, 0))
    #expect(script.tracker.trafficInterval.ended.count == 1)
  }

  @Test("a socket that ended stays until the next scan has counted it")
  func kept() {
    var script = script()
    script.destroyed(first, sent: 600, received: 700)
    script.tracker.forget(closedBefore: Timestamp(nanosecondsSince1970: .max))
    #expect(script.tracker.sockets.count == 1)
    script.wait(milliseconds: 999)
    script.read([])
    #expect(sums(script) == (100, 0))
    script.tracker.forget(closedBefore: Timestamp(nanosecondsSince1970: .max))
    #expect(script.tracker.sockets.isEmpty)
    #expect(sums(script) == (100, 0), "the interval has it all the same")
  }

  @Test("an end without figures has no rate any more")
  func endWithoutFigures() {
    var script = script(notices: false)
    script.wait(milliseconds: 999)
    script.read([first], bytes: [counters(600, 700)])
    script.wait(milliseconds: 999)
    script.read([])
    #expect(script.tracker.sockets.values.first?.isClosed == true)
    #expect(script.tracker.sockets.values.first?.traffic?.sendRate == nil)
    #expect(sums(script) == (0, 0))
  }

  @Test("with the tracepoint the figures of a notice count in the same way")
  func traced() {
    var script = script(tracing: true)
    script.pass(0xA, .established, Script.tcp(.closeWait, 40001, 80))
    script.pass(0xA, .closeWait, Script.tcp(.lastAck, 40001, 80))
    script.pass(0xA, .lastAck, Script.tcp(.close, 40001, 80))
    script.destroyed(first, [.bytesAcked: 602, .bytesSent: 600, .bytesReceived: 801, .dataSegmentsIn: 9])
    script.wait(milliseconds: 990)
    script.read([])
    #expect(sums(script) == (100, 100))
  }

  @Test("without being asked to, the tracker counts nothing")
  func off() {
    var script = Script(tracing: false, notices: true, there: [first], bytes: [counters(500, 700)])
    script.wait(milliseconds: 999)
    script.read([first], bytes: [counters(600, 700)])
    #expect(traffic(script, first) == nil)
    #expect(script.tracker.trafficInterval.number == 0)
  }
}
