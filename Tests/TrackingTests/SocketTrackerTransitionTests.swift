import KernelFormats
import SocketModel
import TestSupport
import Testing

@testable import Tracking

private typealias TCP = Script

@Suite("Tracking by the tracepoint", .timeLimited)
struct SocketTrackerTransitionTests {
  /// A client's connection from connect() to its destruction.
  private func connect(_ script: inout Script, _ pointer: UInt64, port: UInt16 = 40000) {
    script.pass(pointer, .close, Script.tcp(.synSent, 0), by: Script.client)
    script.pass(pointer, .synSent, Script.tcp(.established, port))
  }

  private func finish(_ script: inout Script, _ pointer: UInt64, port: UInt16 = 40000) {
    script.pass(pointer, .established, Script.tcp(.finWait1, port), by: Script.client)
    script.pass(pointer, .finWait1, Script.tcp(.finWait2, port))
    script.pass(pointer, .finWait2, Script.tcp(.close, port))
  }

  @Test("the end that closes first: every state, TIME_WAIT by asking, its end by a scan")
  func activeClose() throws {
    var script = Script()
    connect(&script, 1)
    script.kernel = [Script.tcp(.timeWait, 40000, cookie: 5)]
    finish(&script, 1)
    #expect(
      script.lines == [
        "1 opened - syn_sent 100 connect", "1 changed syn_sent established 100 connect",
        "1 changed established fin_wait1 100 connect", "1 changed fin_wait1 fin_wait2 100 connect",
        "1 changed fin_wait2 time_wait 100 connect",
      ])
    // The port that the kernel chose after the first transition is in the first event too.
    #expect(script.events.allSatisfy { $0.record.localPort == 40000 })
    #expect(script.events.map(\.age) == [0, 1000, 2000, 3000, 4000])
    #expect(script.events.last?.record.networkNamespace == Script.ownNamespace)
    script.read([Script.tcp(.timeWait, 40000, cookie: 5)])
    #expect(script.events.count == 5)
    script.read([])
    #expect(script.lines.last == "1 closed time_wait - 100 connect")
    #expect(script.events.last?.source == .difference)
    #expect(
      script.tracker.sockets[1]?.history.map(\.state) == [.synSent, .established, .finWait1, .finWait2, .timeWait])
  }

  @Test("a scan from before the kernel was asked does not take a TIME_WAIT back to FIN_WAIT2, nor end it")
  func scanBeforeAnswer() {
    var script = Script()
    connect(&script, 1)
    // The other end's FIN arrives after the scan has met the orphan, and before the kernel is asked.
    script.kernel = [Script.tcp(.timeWait, 40000, cookie: 5)]
    script.askingTakes = 500_000
    finish(&script, 1)
    #expect(script.bare.last == "1 changed fin_wait2 time_wait")
    let (count, begun) = (script.events.count, script.now + 100_000)
    for rows in [[Script.orphan(40000, 80, cookie: 5)], []] {
      script.read(rows, begun: begun)
      #expect(script.events.count == count, "\(script.bare)")
    }
    // Later scans count.
    script.read([])
    #expect(script.bare.last == "1 closed time_wait -")
  }

  @Test("a socket that connects again first has its old port, and then the new one")
  func reconnecting() {
    var script = Script()
    script.pass(1, .close, Script.tcp(.synSent, 0), by: Script.client)
    script.pass(1, .synSent, Script.tcp(.close, 40000))
    script.pass(1, .close, Script.tcp(.synSent, 40000), by: Script.client)
    #expect(script.events.count == 2)
    script.pass(1, .synSent, Script.tcp(.established, 40001))
    #expect(
      script.lines == [
        "1 opened - syn_sent 100 connect", "1 closed syn_sent - 100 connect", "2 opened - syn_sent 100 connect",
        "2 changed syn_sent established 100 connect",
      ])
    #expect(script.events.map(\.record.localPort) == [40000, 40000, 40001, 40001])
    // Refused once more; the port is reported with the refusal.
    script.pass(3, .close, Script.tcp(.synSent, 40001), by: Script.client)
    script.pass(3, .synSent, Script.tcp(.close, 40005))
    #expect(script.events.suffix(2).map(\.record.localPort) == [40005, 40005])
    script.events.removeLast(2)
    // One that is bound keeps its port, and its opening waits only for the next record.
    script.pass(2, .close, Script.tcp(.synSent, 40002), by: Script.client)
    script.pass(2, .synSent, Script.tcp(.established, 40002))
    #expect(script.bare.suffix(2) == ["4 opened - syn_sent", "4 changed syn_sent established"])
  }

  @Test(
    "if the kernel cannot be asked, the next scan shows a TIME_WAIT of the same socket"
  )
  func unasked() {
    var script = Script()
    script.isKernelSilent = true
    connect(&script, 1)
    finish(&script, 1)
    connect(&script, 2, port: 40001)
    finish(&script, 2, port: 40001)
    #expect(script.bare.filter { $0.hasPrefix("1 ") }.last == "1 changed fin_wait1 fin_wait2")
    // From /proc, which has no cookies.
    var rest = Script.tcp(.timeWait, 40000)
    rest.timer = .timeWait
    script.wait(milliseconds: 1)
    script.read([rest])
    script.read([])
    #expect(
      script.bare.suffix(3) == [
        "1 changed fin_wait2 time_wait", "2 closed fin_wait2 -", "1 closed time_wait -",
      ])
  }

  @Test("the other end: accepted from the listener of one process, closed after the other end")
  func passiveClose() {
    var script = Script(there: [Script.tcp(.listen, 80, cookie: 9)], owners: [[Script.server]])
    script.pass(2, .listen, Script.tcp(.synRecv, 80, 40000))
    script.pass(2, .synRecv, Script.tcp(.established, 80, 40000))
    script.pass(2, .established, Script.tcp(.closeWait, 80, 40000))
    script.pass(2, .closeWait, Script.tcp(.lastAck, 80, 40000), by: Script.server)
    script.pass(2, .lastAck, Script.tcp(.close, 80, 40000))
    #expect(
      script.lines == [
        "2 opened - syn_recv 200 listener", "2 changed syn_recv established 200 listener",
        "2 changed established close_wait 200 listener", "2 changed close_wait last_ack 200 listener",
        "2 closed last_ack - 200 listener",
      ])
    #expect(script.events.allSatisfy { $0.owners.first?.descriptor == nil })
  }

  @Test("a listener that ended during a scan is not brought back by that scan")
  func listenerEndedMeanwhile() {
    var script = Script()
    script.pass(1, .close, Script.tcp(.listen, 80), by: Script.server)
    let begun = script.now + 1
    var closed = Script.tcp(.listen, 80)
    closed.state = .close
    script.pass(1, .listen, closed, by: Script.server)
    script.read([Script.tcp(.listen, 80, cookie: 9)], begun: begun)
    #expect(script.bare == ["1 opened - listen", "1 closed listen -"])
    // One that the next scan shows is another.
    script.read([Script.tcp(.listen, 80, cookie: 10)])
    #expect(script.bare.last == "2 opened - listen")
  }

  @Test("a listener names its process, and a copy of the listener's ends is replaced by the connection's own")
  func listening() {
    var script = Script()
    script.pass(1, .close, Script.tcp(.listen, 80), by: Script.server)
    var copy = Script.tcp(.synRecv, 80, 0)
    copy.remoteBits = 0
    script.pass(2, .listen, copy)
    #expect(script.lines == ["1 opened - listen 200 listen"])
    script.pass(2, .synRecv, Script.tcp(.established, 80, 40000))
    #expect(
      script.lines.suffix(2) == ["2 opened - syn_recv 200 listener", "2 changed syn_recv established 200 listener"])
    #expect(script.events[1].record.remotePort == 40000)
    script.pass(1, .listen, Script.tcp(.close, 80), by: Script.server)
    #expect(script.lines.last == "1 closed listen - 200 listen")
  }

  @Test(
    "the other ways through the states",
    arguments: [
      ([.synSent, .close], ["opened - syn_sent", "closed syn_sent -"]),
      (
        [.synSent, .synRecv, .established, .close],
        ["opened - syn_sent", "changed syn_sent syn_recv", "changed syn_recv established", "closed established -"]
      ),
      (
        [.synSent, .established, .finWait1, .closing, .close],
        [
          "opened - syn_sent", "changed syn_sent established", "changed established fin_wait1",
          "changed fin_wait1 closing", "changed closing time_wait",
        ]
      ),
      (
        [.synSent, .established, .finWait1, .close],
        [
          "opened - syn_sent", "changed syn_sent established", "changed established fin_wait1",
          "changed fin_wait1 time_wait",
        ]
      ),
      (
        [.synSent, .established, .closeWait, .close],
        ["opened - syn_sent", "changed syn_sent established", "changed established close_wait", "closed close_wait -"]
      ),
    ] as [([SocketState], [String])])
  func ways(states: [SocketState], wanted: [String]) {
    var script = Script()
    script.kernel = [Script.tcp(.timeWait, cookie: 5)]
    var before = SocketState.close
    for state in states {
      script.pass(1, before, Script.tcp(state))
      before = state
    }
    #expect(script.bare.map { $0.dropFirst(2) }.map(String.init) == wanted)
  }

  @Test("an orphan in FIN_WAIT2 is not a new state; scans show its TIME_WAIT and end")
  func orphan() {
    var script = Script()
    connect(&script, 1)
    script.kernel = [Script.orphan(40000, 80, cookie: 5)]
    finish(&script, 1)
    #expect(script.bare.last == "1 changed fin_wait1 fin_wait2")
    script.read([Script.orphan(40000, 80, cookie: 5)])
    #expect(script.events.count == 4)
    script.read([Script.tcp(.timeWait, cookie: 5)])
    script.read([])
    #expect(script.bare.suffix(2) == ["1 changed fin_wait2 time_wait", "1 closed time_wait -"])
  }

  @Test("the kernel's address is used again: another socket")
  func reusedAddress() {
    var script = Script()
    connect(&script, 1)
    finish(&script, 1)
    connect(&script, 1, port: 40001)
    #expect(script.bare.suffix(3) == ["1 closed fin_wait2 -", "2 opened - syn_sent", "2 changed syn_sent established"])
  }

  @Test("an end that was lost is inferred when the address is used again, and TIME_WAIT is asked for")
  func lostEnd() {
    var script = Script()
    connect(&script, 1)
    script.pass(1, .established, Script.tcp(.finWait1), by: Script.client)
    script.kernel = [Script.tcp(.timeWait, cookie: 5)]
    connect(&script, 1, port: 40001)
    #expect(
      script.bare.suffix(3) == [
        "1 changed fin_wait1 time_wait", "2 opened - syn_sent", "2 changed syn_sent established",
      ])
    // The beginning was lost too: the address has other ends.
    script.pass(1, .established, Script.tcp(.closeWait, 99, 80))
    #expect(script.bare.suffix(2) == ["2 closed established -", "3 changed established close_wait"])
    #expect(script.events.last?.age == nil)
  }

  @Test("the ports of a TIME_WAIT are used again: that ends first")
  func reusedPorts() {
    var script = Script()
    connect(&script, 1)
    script.kernel = [Script.tcp(.timeWait, cookie: 5)]
    finish(&script, 1)
    script.kernel = []
    connect(&script, 2)
    #expect(
      script.bare.suffix(3) == ["2 opened - syn_sent", "1 closed time_wait -", "2 changed syn_sent established"]
        || script.bare.suffix(3) == ["1 closed time_wait -", "2 opened - syn_sent", "2 changed syn_sent established"])
    script.read([Script.tcp(.established, cookie: 6)])
    #expect(script.tracker.sockets.values.filter { $0.closed == nil }.map(\.id) == [2])
  }

  @Test("scans and the tracepoint track one socket together")
  func noDoubles() throws {
    var script = Script(there: [Script.tcp(.established, cookie: 5)], owners: [[Script.client]])
    // Known from a scan, and reported by the tracepoint later.
    script.pass(1, .established, Script.tcp(.closeWait))
    #expect(script.lines == ["1 changed established close_wait 100 fd"])
    // Known from the tracepoint, and found by a scan later.
    connect(&script, 2, port: 40001)
    script.read([Script.tcp(.closeWait, cookie: 5), Script.tcp(.established, 40001, cookie: 6)])
    #expect(script.tracker.sockets.count == 2)
    #expect(script.tracker.sockets[2]?.record.cookie == 6)
    #expect(script.tracker.sockets[2]?.scope == .watched)
    script.pass(2, .established, Script.tcp(.close, 40001))
    script.read([Script.tcp(.closeWait, cookie: 5)])
    #expect(script.bare.suffix(1) == ["2 closed established -"])
  }

  @Test("a scan that is older than a transition does not undo it or bring a socket back")
  func lateScan() {
    var script = Script()
    connect(&script, 1)
    let begun = script.now
    script.pass(1, .established, Script.tcp(.finWait1), by: Script.client)
    script.read([Script.tcp(.established, cookie: 5)], begun: begun)
    #expect(script.bare.last == "1 changed established fin_wait1")
    #expect(script.tracker.sockets[1]?.record.state == .finWait1)
    #expect(script.tracker.sockets[1]?.record.cookie == 5)
    let later = script.now
    script.pass(1, .finWait1, Script.tcp(.close))
    let count = script.events.count
    script.read([Script.tcp(.finWait1, cookie: 5)], begun: later)
    #expect(script.events.count == count)
  }

  @Test("a transition that was lost shows in the next scan")
  func lostTransition() {
    var script = Script()
    connect(&script, 1)
    script.read([Script.tcp(.established, cookie: 5)])
    script.tracker.noteLoss(3, of: .tracepoint, at: script.tracker.moment(script.now))
    script.read([Script.tcp(.closeWait, cookie: 5)])
    script.read([])
    #expect(
      script.bare.suffix(3) == ["0 missed - -", "1 changed established close_wait", "1 closed close_wait -"])
    #expect(script.events.first { $0.kind == .missed }?.missed == 3)
  }

  @Test("a scan that met a socket before connect() or listen() shows the same socket")
  func boundInScan() {
    var script = Script()
    let begun = script.now
    script.pass(1, .close, Script.tcp(.listen, 80), by: Script.server)
    script.pass(2, .close, Script.tcp(.synSent, 40000), by: Script.client)
    let bound = [Script.tcp(.boundInactive, 80, cookie: 6), Script.tcp(.boundInactive, 40000, cookie: 5)]
    script.read(bound, begun: begun)
    #expect(script.lines == ["1 opened - listen 200 listen", "2 opened - syn_sent 100 connect"])
    script.read([Script.tcp(.listen, 80, cookie: 6), Script.tcp(.synSent, 40000, cookie: 5)])
    #expect(script.events.count == 2)
    script.read([])
    #expect(Set(script.tracker.sockets.keys) == [1, 2])
    #expect(script.lines.dropFirst(2).sorted().map { $0.prefix(8) } == ["1 closed", "2 closed"])
  }

  @Test("a scan that met another socket bound to the port after listen() begins that")
  func boundBeside() {
    var script = Script()
    script.pass(1, .close, Script.tcp(.listen, 80), by: Script.server)
    script.read([Script.tcp(.listen, 80, cookie: 6)])
    script.read([Script.tcp(.listen, 80, cookie: 6), Script.tcp(.boundInactive, 80, cookie: 7)])
    #expect(script.lines.map { $0.prefix(8) } == ["1 opened", "2 opened"])
  }

  @Test("bound before: connect() and listen() continue that socket")
  func bound() {
    var script = Script(there: [
      Script.tcp(.boundInactive, 40000, cookie: 5), Script.tcp(.boundInactive, 80, cookie: 6),
    ])
    script.pass(1, .close, Script.tcp(.synSent, 40000), by: Script.client)
    script.pass(2, .close, Script.tcp(.listen, 80), by: Script.server)
    #expect(
      script.lines == ["1 changed bound_inactive syn_sent 100 connect", "2 changed bound_inactive listen 200 listen"])
    script.read([Script.tcp(.synSent, 40000, cookie: 5), Script.tcp(.listen, 80, cookie: 6)])
    #expect(script.events.count == 2)
  }

  @Test("the handshake's mini-socket that a scan showed becomes the connection")
  func miniSocket() {
    var script = Script()
    script.read([Script.tcp(.synRecv, 80, 40000, cookie: 4)])
    script.pass(1, .listen, Script.tcp(.synRecv, 80, 40000))
    script.pass(1, .synRecv, Script.tcp(.established, 80, 40000))
    #expect(script.bare == ["1 opened - syn_recv", "1 changed syn_recv established"])
  }

  @Test("a connection without an answer gets its port from a scan, even among several")
  func noAnswer() {
    var script = Script()
    script.pass(1, .close, Script.tcp(.synSent, 0), by: Script.client)
    #expect(script.events.isEmpty)
    script.read([Script.tcp(.synSent, 40000, cookie: 5)])
    #expect(script.bare == ["1 opened - syn_sent"])
    #expect(script.events[0].record.localPort == 40000)
    script.pass(2, .close, Script.tcp(.synSent, 0), by: Script.client)
    script.pass(3, .close, Script.tcp(.synSent, 0), by: Script.client)
    script.wait(milliseconds: 100)
    script.read([
      Script.tcp(.synSent, 40000, cookie: 5), Script.tcp(.synSent, 40001, cookie: 6),
      Script.tcp(.synSent, 40002, cookie: 7),
    ])
    #expect(script.bare.count == 3)
    script.pass(2, .synSent, Script.tcp(.established, 40002))
    script.pass(3, .synSent, Script.tcp(.established, 40001))
    script.read([
      Script.tcp(.synSent, 40000, cookie: 5), Script.tcp(.established, 40001, cookie: 6),
      Script.tcp(.established, 40002, cookie: 7),
    ])
    #expect(script.tracker.sockets[2]?.record.cookie == 7)
    #expect(script.tracker.sockets[3]?.record.cookie == 6)
    #expect(script.bare.count == 5)
  }

  @Test(
    "of equal connections in two namespaces a scan shows ours, whichever began first",
    arguments: [true, false])
  func twins(isOursFirst: Bool) {
    var script = Script()
    script.tracker.processes.add(300, name: Array("twin".utf8), startTime: 33, namespace: Script.otherNamespace)
    let connect = { (script: inout Script, process: Int32) in
      let pointer = UInt64(process)
      script.pass(pointer, .close, Script.tcp(.synSent), by: process)
      script.pass(pointer, .synSent, Script.tcp(.established))
    }
    for process in isOursFirst ? [Script.client, 300] : [300, Script.client] { connect(&script, process) }
    script.read([Script.tcp(.established, cookie: 5)])
    script.pass(UInt64(Script.client), .established, Script.tcp(.finWait1), by: Script.client)
    script.pass(300, .established, Script.tcp(.finWait1), by: 300)
    script.read([Script.tcp(.finWait1, cookie: 5)])
    #expect(script.tracker.sockets.count == 2, "\(script.lines)")
    for (process, netns) in [(Script.client, Script.ownNamespace), (300, Script.otherNamespace)] {
      let events = script.events.filter { $0.owners.first?.pid == process }
      #expect(events.map { $0.to } == [.synSent, .established, .finWait1])
      #expect(events.allSatisfy { $0.record.known.contains(.netns) && $0.record.networkNamespace == netns })
    }
  }

  @Test("scans never end sockets of other namespaces, nor confuse them with ours")
  func otherNamespaces() throws {
    var script = Script(there: [Script.tcp(.established, cookie: 5)])
    script.tracker.processes.add(300, name: Array("there".utf8), startTime: 1, namespace: 99)
    script.pass(1, .close, Script.tcp(.synSent, 40000), by: 300)
    script.pass(1, .synSent, Script.tcp(.established, 40000))
    let other = try #require(script.events.first?.socketID)
    #expect(script.tracker.sockets[other]?.scope == .other)
    #expect(script.tracker.sockets[other]?.record.networkNamespace == 99)
    // Where nothing reports the namespace of a socket, a scan shows it.
    script.pass(2, .established, Script.tcp(.closeWait, 50000))
    script.read([Script.tcp(.established, cookie: 5)])
    script.read([Script.tcp(.established, cookie: 5)])
    #expect(script.events.allSatisfy { $0.kind != .closed })
    #expect(script.tracker.sockets.values.count { $0.scope == .other } == 2)
    script.kernel = [Script.tcp(.timeWait, cookie: 8)]
    script.pass(1, .established, Script.tcp(.finWait1), by: 300)
    script.pass(1, .finWait1, Script.tcp(.close))
    // A TIME_WAIT in another namespace cannot be asked for.
    #expect(script.bare.last == "\(other) closed fin_wait1 -")
    #expect(script.tracker.sockets[1]?.record.state == .established)
  }

  @Test(
    "a connection that nobody saw begin is another namespace's, once all that is here is known and nothing was lost")
  func strangers() throws {
    var script = Script(there: [Script.tcp(.established, cookie: 5)])
    script.pass(1, .established, Script.tcp(.closeWait, 50000))
    #expect(script.events.last?.scope == .other)
    #expect(script.events.last?.record.networkNamespace == nil)
    // One that a scan has shown is not.
    script.pass(2, .established, Script.tcp(.finWait1))
    #expect(script.events.last?.scope == .watched)
    // Beginnings may be among what was lost, until a scan has shown all that is here.
    script.tracker.noteLoss(3, of: .tracepoint, at: script.tracker.moment(script.now))
    script.pass(3, .established, Script.tcp(.closeWait, 50001))
    #expect(script.events.last?.scope == .unknown)
    script.now += 1_000_000
    script.read([Script.tcp(.finWait1, cookie: 5)])
    script.pass(4, .established, Script.tcp(.closeWait, 50002))
    #expect(script.events.last?.scope == .other)
    // An incomplete scan does not show that a socket is elsewhere.
    script.read(
      [Script.tcp(.finWait1, cookie: 5)],
      problems: [Problem(subject: .dump(.tcp, .ipv4), cause: .truncated(.answer))])
    script.pass(5, .established, Script.tcp(.closeWait, 50003))
    #expect(script.events.last?.scope == .unknown)
  }

  @Test("both ends of a connection over loopback are in the namespace of the one that is known")
  func loopbackPlace() throws {
    var script = Script()
    script.tracker.processes.add(300, name: Array("there".utf8), startTime: 1, namespace: 99)
    script.pass(1, .close, Script.tcp(.synSent, 40000, 80), by: 300)
    script.pass(1, .synSent, Script.tcp(.established, 40000, 80))
    script.pass(2, .listen, Script.tcp(.synRecv, 80, 40000))
    #expect(script.events.last?.scope == .other && script.events.last?.record.networkNamespace == 99)
  }

  private static let unread = Problem.Cause.unreadable(.call(CallFailure(call: "read", code: 5, reason: "")))

  @Test(
    "what a partial scan lacks has not ended; two interrupted ones must lack it",
    arguments: [
      (unread, Problem.Subject.table(.tcp, path: "net/tcp"), [0, 0]),
      (.missing(.table(root: "/tmp/x", isNamed: true)), .transports([.udp, .tcp]), [0, 0]),
      (.truncated(.noHeader), .table(.tcp, path: "net/tcp"), [0, 0]),
      (.malformed(.undecodable("")), .dump(.tcp, .ipv4), [0, 0]), (.interrupted(scans: 4), .dump(.tcp, .ipv4), [0, 1]),
      (.malformed(.noRow), .table(.tcp, path: "net/tcp"), [1, 1]), (unread, .table(.udp, path: "net/udp"), [1, 1]),
      (unread, .manifest, [1, 1]), (unread, .sockDiag, [1, 1]), (.forbidden(.noProc), .descriptors, [1, 1]),
    ])
  func gaps(cause: Problem.Cause, subject: Problem.Subject, ends: [Int]) {
    var script = Script(tracing: false, there: [Script.tcp(.established, cookie: 5)])
    let problem = Problem(subject: subject, cause: cause)
    var counts: [Int] = []
    for _ in 0..<2 {
      script.read([], problems: [problem])
      counts.append(script.events.count)
    }
    #expect(counts == ends)
    if ends == [0, 0] {
      script.read([Script.tcp(.established, cookie: 5)])
      #expect(script.events.isEmpty)
      script.read([])
    }
    #expect(script.bare == ["1 closed established -"])
  }
}
