import KernelFormats
import SocketModel
import TestSupport
import Testing

@testable import Tracking

@Suite("Tracking by notices of destroyed sockets", .timeLimited)
struct SocketTrackerNoticeTests {
  @Test("the memory of a burst is freed after it, and existing sockets stay known")
  func tidies() {
    let all = (1...20_000).map { Script.tcp(.established, UInt16($0), cookie: UInt64($0)) }
    var script = Script(tracing: false, there: all)
    script.read(Array(all.prefix(3)))
    script.tracker.forget(closedBefore: Timestamp(nanosecondsSince1970: .max))
    #expect(script.tracker.sockets.count == 3 && script.tracker.sockets.capacity >= 20_000)
    script.tracker.shrink()
    #expect(script.tracker.sockets.capacity < 100)
    script.events = []
    script.read(Array(all.prefix(2)) + [Script.tcp(.closeWait, 3, cookie: 3)])
    #expect(script.events.map(\.kind) == [.changed])
    #expect(script.events.first?.socketID == script.tracker.tracked.id(identifiedBy: all[2]))
  }

  @Test("ended sockets stay for a while; of too many only the newest do, but each stays for a moment")
  func forgets() {
    var script = Script(
      tracing: false, notices: true, there: (1...6).map { Script.tcp(.established, UInt16($0), cookie: $0) })
    for cookie in UInt64(1)...5 { script.destroyed(Script.tcp(.established, UInt16(cookie), cookie: cookie)) }
    script.now += 10_000_000_000
    script.read([Script.tcp(.established, 6, cookie: 6)])
    let ends = script.tracker.sockets.values.compactMap { $0.closed?.nanosecondsSince1970 }.sorted()
    #expect(ends.count == 5)
    func left(closedBefore: Int64, keeping: Int, closedSince: Int64) -> Int {
      var tracker = script.tracker
      tracker.forget(
        closedBefore: Timestamp(nanosecondsSince1970: closedBefore), keeping: keeping,
        closedSince: Timestamp(nanosecondsSince1970: closedSince))
      #expect(tracker.sockets.values.contains { !$0.isClosed })
      return tracker.sockets.count - 1
    }
    #expect(left(closedBefore: 0, keeping: 5, closedSince: .max) == 5)
    #expect(left(closedBefore: 0, keeping: 2, closedSince: .max) == 2)
    #expect(left(closedBefore: 0, keeping: 2, closedSince: ends[1]) == 4)
    #expect(left(closedBefore: ends[3], keeping: 4, closedSince: ends[1]) == 2)
  }

  @Test("with the tracepoint a notice gives the bytes; the event waits for it in order")
  func bytes() {
    var script = Script(notices: true)
    script.pass(1, .close, Script.tcp(.synSent, 40000), by: Script.client)
    script.pass(1, .synSent, Script.tcp(.close))
    script.pass(2, .close, Script.tcp(.synSent, 40001), by: Script.client)
    script.pass(2, .synSent, Script.tcp(.established, 40001))
    // The second opening does not overtake the first end.
    #expect(script.bare == ["1 opened - syn_sent"])
    script.destroyed(Script.tcp(.close, cookie: 5))
    #expect(
      script.bare == [
        "1 opened - syn_sent", "1 closed syn_sent -", "2 opened - syn_sent", "2 changed syn_sent established",
      ])
    #expect((script.events[1].bytesSent, script.events[1].bytesReceived) == (5, 6))
    #expect(script.events[1].source == .tracepoint)
    #expect(script.events[1].record.networkNamespace == Script.ownNamespace)
  }

  @Test("a notice ends a UDP socket; one that was never seen is reported once, at its end", arguments: [false, true])
  func datagrams(isTracing: Bool) {
    func udp(_ port: UInt16, cookie: UInt64) -> SocketRecord {
      var record = Script.tcp(.established, port, 0, cookie: cookie)
      record.transport = .udp
      record.state = .unconnected
      record.remoteBits = 0
      return record
    }
    var script = Script(tracing: isTracing, notices: true, there: [udp(53, cookie: 5)])
    let begun = script.now
    script.destroyed(udp(53, cookie: 5))
    script.destroyed(udp(40000, cookie: 6))
    // Without a port it was never known.
    script.destroyed(udp(0, cookie: 7))
    #expect(script.bare == ["1 closed unconnected -", "2 closed - -"])
    #expect(script.events.allSatisfy { $0.source == .destroyNotice && $0.scope == .watched })
    // A scan that began before the notices does not bring either back.
    script.read([udp(53, cookie: 5), udp(40000, cookie: 6)], begun: begun)
    script.read([], begun: script.now)
    #expect(script.events.count == 2)
  }

  @Test("an event does not wait for long, and a notice that nobody waits for is dropped")
  func patience() {
    var script = Script(notices: true)
    script.pass(1, .close, Script.tcp(.synSent, 40000))
    script.pass(1, .synSent, Script.tcp(.close))
    script.wait(milliseconds: 49)
    #expect(script.events.count == 1)
    script.wait(milliseconds: 2)
    #expect(script.events.count == 2)
    #expect(script.events[1].bytesSent == nil)
    script.destroyed(Script.tcp(.close, cookie: 5))
    script.wait(milliseconds: 100)
    #expect(script.events.count == 2)
  }

  @Test("a notice that comes before the transition is read waits for it")
  func early() {
    var script = Script(notices: true)
    script.pass(1, .close, Script.tcp(.synSent, 40000))
    script.destroyed(Script.tcp(.close, cookie: 5))
    script.pass(1, .synSent, Script.tcp(.close))
    #expect(script.bare == ["1 opened - syn_sent", "1 closed syn_sent -"])
    #expect(script.events[1].bytesSent == 5)
  }

  @Test("the FIN of the other end is not a received byte")
  func finish() {
    var script = Script(notices: true)
    script.pass(1, .close, Script.tcp(.synSent, 40000))
    script.pass(1, .synSent, Script.tcp(.established))
    script.pass(1, .established, Script.tcp(.closeWait))
    script.pass(1, .closeWait, Script.tcp(.lastAck))
    script.pass(1, .lastAck, Script.tcp(.close))
    script.destroyed(Script.tcp(.close, cookie: 5), received: 101)
    #expect(script.events.last?.bytesReceived == 100)
  }

  @Test("a notice's bytes are in the events of TIME_WAIT, even if it made no event itself")
  func lastBytes() {
    var script = Script(notices: true)
    script.pass(1, .close, Script.tcp(.synSent, 40000))
    script.pass(1, .synSent, Script.tcp(.established))
    script.pass(1, .established, Script.tcp(.finWait1))
    script.pass(1, .finWait1, Script.tcp(.finWait2))
    // The process has closed it, so FIN_WAIT2 continues without a socket.
    script.kernel = [Script.orphan(40000, 80, cookie: 5)]
    script.pass(1, .finWait2, Script.tcp(.close))
    script.destroyed(Script.tcp(.close, cookie: 5))
    script.read([Script.tcp(.timeWait, cookie: 5)])
    script.read([])
    #expect(
      script.bare.suffix(3) == [
        "1 changed fin_wait1 fin_wait2", "1 changed fin_wait2 time_wait", "1 closed time_wait -",
      ])
    #expect(script.events.map(\.bytesSent) == [nil, nil, nil, nil, 5, 5])
    #expect(script.events.last?.bytesReceived == 6)
  }

  @Test("SYN and FIN are not sent bytes, nor are retransmitted bytes counted twice")
  func sentBytes() {
    var metrics = TCPMetrics()
    metrics[.bytesAcked] = 102
    metrics[.bytesSent] = 150
    metrics[.bytesRetransmitted] = 50
    #expect(DestroyNotice(Script.tcp(.close), metrics).bytesSent == 100)
    // Not everything was acknowledged.
    metrics[.bytesAcked] = 40
    #expect(DestroyNotice(Script.tcp(.close), metrics).bytesSent == 40)
    #expect(DestroyNotice(Script.tcp(.close), nil).bytesSent == nil)
  }

  @Test("without the tracepoint a notice ends a known socket or reports its TIME_WAIT")
  func alone() {
    let there = [Script.tcp(.established, 40000, cookie: 5), Script.tcp(.established, 40001, cookie: 6)]
    var script = Script(tracing: false, notices: true, there: there, owners: [[Script.client], [Script.client]])
    script.kernel = [Script.tcp(.timeWait, 40001, cookie: 6)]
    script.destroyed(there[0])
    script.destroyed(there[1])
    #expect(script.lines == ["1 closed established - 100 fd", "2 changed established time_wait 100 fd"])
    #expect(script.events.allSatisfy { $0.source == .destroyNotice && $0.bytesSent == 5 })
    script.read([Script.tcp(.timeWait, 40001, cookie: 6)])
    script.read([])
    #expect(script.bare.dropFirst(2) == ["2 closed time_wait -"])
  }

  @Test("a connection between two scans is reported by its notices alone")
  func unseen() {
    var script = Script(
      tracing: false, notices: true, there: [Script.tcp(.listen, 80, cookie: 9)], owners: [[Script.server]])
    script.kernel = [Script.tcp(.timeWait, cookie: 5)]
    script.destroyed(Script.tcp(.close, 80, 40000, cookie: 4))
    script.destroyed(Script.tcp(.close, 40000, 80, cookie: 5))
    #expect(script.lines == ["2 closed - - 200 listener", "3 changed - time_wait"])
    #expect(script.events.allSatisfy { $0.age == nil })
    script.read([Script.tcp(.listen, 80, cookie: 9), Script.tcp(.timeWait, cookie: 5)])
    #expect(script.events.count == 2)
  }

  @Test("a socket whose end a scan showed is not ended again by its notice")
  func noDoubles() {
    var script = Script(tracing: false, notices: true, there: [Script.tcp(.established, cookie: 5)])
    script.read([])
    script.wait(milliseconds: 60)
    #expect(script.bare == ["1 closed established -"])
    script.destroyed(Script.tcp(.close, cookie: 5))
    #expect(script.events.count == 1)
    // A pending notice comes in time for its bytes.
    script.read([Script.tcp(.established, cookie: 6)])
    script.read([])
    script.destroyed(Script.tcp(.close, cookie: 6))
    #expect(script.bare.suffix(2) == ["2 opened - established", "2 closed established -"])
    #expect(script.events.last?.bytesSent == 5)
  }

  @Test("a scan that began before the notice does not bring the socket back")
  func lateScan() {
    var script = Script(tracing: false, notices: true, there: [Script.tcp(.established, cookie: 5)])
    let begun = script.now
    script.destroyed(Script.tcp(.close, cookie: 5))
    script.read([Script.tcp(.established, cookie: 5)], begun: begun)
    #expect(script.bare == ["1 closed established -"])
  }

  @Test("a socket that was never bound or connected is not reported")
  func neverUsed() {
    var script = Script(tracing: false, notices: true)
    script.destroyed(Script.tcp(.close, 0, 0))
    #expect(script.events.isEmpty)
  }

  @Test("a notice reports the end of a bound socket, and of one of several listeners")
  func withoutTransition() {
    let listeners = [Script.tcp(.listen, 80, cookie: 6), Script.tcp(.listen, 80, cookie: 7)]
    var script = Script(notices: true, there: [Script.tcp(.boundInactive, 99, cookie: 5)] + listeners)
    script.destroyed(Script.tcp(.boundInactive, 99, cookie: 5))
    script.pass(1, .listen, Script.tcp(.close, 80), by: Script.server)
    script.destroyed(listeners[1])
    script.wait(milliseconds: 100)
    #expect(script.bare.contains("1 closed bound_inactive -"))
    #expect(script.tracker.sockets.values.filter { $0.closed == nil }.map(\.record.cookie) == [6])
    #expect(script.events.count { $0.kind == .closed } == 2, "\(script.bare)")
  }
}
