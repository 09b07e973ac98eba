import SocketModel
import TestSupport
import Testing

@Suite("Tracked sockets and events as rows of a snapshot", .timeLimited)
struct SnapshotOfTrackedTests {
  private let now = Timestamp(seconds: 1, nanoseconds: 0)

  private func tracked(_ id: UInt64, _ record: SocketRecord) -> TrackedSocket {
    TrackedSocket(id: id, record: record, at: now, wasThere: false)
  }

  private func owner(_ pid: Int32, _ name: String, descriptor: Int32? = nil, start: UInt64? = nil) -> EventOwner {
    var owner = EventOwner(pid: pid, name: Array(name.utf8))
    owner.descriptor = descriptor
    owner.startTime = start
    return owner
  }

  @Test("the other ends of sockets are joined, those that are not among them as rows of no one's own")
  func peers() {
    var sockets = [UInt64: TrackedSocket]()
    for id in 1...3 as ClosedRange<UInt64> {
      var socket = tracked(id, SocketRecord(transport: .tcp, family: .ipv4, state: .established))
      socket.owners = [owner(Int32(id), "p\(id)")]
      sockets[id] = socket
    }
    let peers = TrackedPeers([1: [3], 2: [1, 3], 3: [9]], among: sockets)
    let snapshot = Snapshot(sockets: [1, 2].compactMap { sockets[$0] }, peers: peers)
    #expect(snapshot.listedRows == 0..<2 && snapshot.records.count == 3)
    #expect(Array(snapshot.peers.rows(at: 0)) == [2] && Array(snapshot.peers.rows(at: 1)) == [0, 2])
    func pids(_ row: Int) -> [Int32?] { snapshot.owners[snapshot.peerOwnerRange(at: row)].map(\.pid) }
    #expect(pids(0) == [3] && pids(1) == [1, 3])
    #expect(Snapshot(sockets: [], peers: peers).records.isEmpty)
  }

  @Test("each socket is a row with its own name, detail and owners, whatever its record pointed at before")
  func rows() {
    var tcp = SocketRecord(transport: .tcp, family: .ipv4, state: .established)
    tcp.detailIndex = 77
    tcp.nameIndex = 78
    var first = tracked(1, tcp)
    first.owners = [owner(5, "a", descriptor: 3), owner(5, "a", descriptor: 4), owner(6, "b")]
    first.attribution = .descriptor
    var second = tracked(2, SocketRecord(transport: .unix, family: .unix, state: .listen))
    second.name = UnixName(bytes: Array("/run/x".utf8))
    var detail = SocketDetail()
    detail.mark = 9
    second.detail = detail
    let snapshot = Snapshot(sockets: [first, second, tracked(3, tcp)])
    #expect(snapshot.records.count == 3 && snapshot.hasOwners)
    #expect(snapshot.name(at: 0) == nil && snapshot.detail(at: 0) == nil)
    #expect(snapshot.name(at: 1) == second.name && snapshot.detail(at: 1) == detail)
    #expect(snapshot.owners(at: 0).map(\.descriptor) == [3, 4, nil])
    #expect(snapshot.owners(at: 0).map { snapshot.process(of: $0)?.pid } == [5, 5, 6])
    #expect(snapshot.processes.count == 2, "a process is listed once")
    #expect(snapshot.owners(at: 1).isEmpty && snapshot.owners(at: 2).isEmpty)
    #expect(snapshot.attribution(at: 0) == .descriptor && snapshot.attribution(at: 1) == nil)
    #expect(snapshot.value(of: .descriptor, owner: snapshot.owners[2]) == .absent)
    #expect(
      snapshot.value(of: .attribution, at: 0) == .word("fd") && snapshot.value(of: .attribution, at: 2) == .absent)
  }

  @Test("user and program of a process that no scan knows come from its event")
  func unreadProcess() {
    var event = SocketEvent(
      .opened, at: now, source: .tracepoint, record: SocketRecord(transport: .tcp, family: .ipv4, state: .synSent))
    event.owners = [owner(5, "a")]
    event.owners[0].user = 1000
    event.owners[0].executable = Array("/bin/a".utf8)
    let snapshot = Snapshot(events: [event], of: Snapshot(meta: SnapshotMeta(source: "sock_diag")))
    #expect(snapshot.processes.map(\.uid) == [1000] && snapshot.processes.map(\.executable) == [Array("/bin/a".utf8)])
  }

  @Test("a scan's facts are used for the same process, not for another with its number")
  func processes() {
    var scan = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    scan.meta.bootTime = 12
    scan.userNames = [0: "root"]
    var known = ProcessInfo(pid: 5, name: Array("a".utf8))
    known.startTime = 100
    known.executable = Array("/bin/a".utf8)
    scan.processes = [known]
    func executable(_ owner: EventOwner) -> [UInt8]? {
      var one = tracked(1, SocketRecord(transport: .tcp, family: .ipv4, state: .listen))
      one.owners = [owner]
      let snapshot = Snapshot(sockets: [one], of: scan)
      #expect(
        snapshot.processes[0].name == owner.name && snapshot.meta.bootTime == 12 && snapshot.userNames == [0: "root"])
      return snapshot.processes[0].executable
    }
    #expect(executable(owner(5, "a", start: 100)) == known.executable)
    #expect(executable(owner(5, "a", start: 101)) == nil)
    #expect(executable(owner(5, "z", start: 100)) == nil)
    #expect(executable(owner(6, "a", start: 100)) == nil)
  }

  @Test("an event is the row of its socket, with its bytes where the figures of TCP are")
  func events() {
    let record = SocketRecord(transport: .tcp, family: .ipv4, state: .closing)
    var reported = SocketEvent(.changed, at: now, source: .destroyNotice, record: record)
    reported.bytesSent = 12
    let missed = SocketEvent(.missed, at: now, source: .tracepoint, record: record)
    let snapshot = Snapshot(events: [reported, missed])
    #expect(snapshot.records.count == 2)
    #expect(snapshot.value(of: .tcp(.bytesAcked), at: 0) == .number(12))
    #expect(snapshot.value(of: .tcp(.bytesReceived), at: 0) == .absent)
    #expect(snapshot.value(of: .tcp(.bytesAcked), at: 1) == .absent)
    #expect(Snapshot(events: []).records.isEmpty)
  }

  @Test("figures that no event reports come from the last scan of its socket; the event's own count more")
  func figuresOfScans() {
    var socket = tracked(7, SocketRecord(transport: .tcp, family: .ipv4, state: .established))
    var metrics = TCPMetrics()
    metrics[.rtt] = 250
    metrics[.bytesAcked] = 10
    metrics[.bytesReceived] = 3
    var detail = SocketDetail()
    detail.tcp = metrics
    socket.detail = detail
    func event(_ id: UInt64, sent: UInt64? = nil) -> SocketEvent {
      var event = SocketEvent(.changed, at: now, source: .destroyNotice, record: socket.record)
      event.socketID = id
      event.bytesSent = sent
      return event
    }
    let snapshot = Snapshot(events: [event(7), event(7, sent: 12), event(8)], tracked: [7: socket])
    func values(_ metric: TCPMetric) -> [FieldValue] { (0..<3).map { snapshot.value(of: .tcp(metric), at: $0) } }
    #expect(values(.rtt) == [.number(250), .number(250), .absent])
    #expect(values(.bytesAcked) == [.number(10), .number(12), .absent])
    #expect(values(.bytesReceived) == [.number(3), .number(3), .absent])
  }
}
