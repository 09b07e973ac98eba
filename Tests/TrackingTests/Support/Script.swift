import KernelFormats
import SocketModel

@testable import Tracking

/// A tracker and the input that a test makes up for it: transitions, scans, notices, processes.
struct Script {
  var tracker: SocketTracker
  /// The events so far, as lines: number of the socket, kind, states.
  var events: [SocketEvent] = []
  /// The present, in nanoseconds.
  var now: UInt64 = 1_000_000_000
  /// The results of lookups.
  var kernel: [SocketRecord] = []
  /// Whether the kernel can be asked.
  /// How long after the newest event the kernel is asked, in nanoseconds.
  var askingTakes: UInt64 = 0
  var isKernelSilent = false

  static let ownNamespace: NetworkNamespaceID = 7
  static let otherNamespace: NetworkNamespaceID = 8
  static let client: Int32 = 100
  static let server: Int32 = 200
  /// A process in the other namespace.
  static let stranger: Int32 = 300

  /// A tracker with two processes, `client` and `server`, whose watching has begun with these
  /// sockets.
  init(
    tracing: Bool = true, notices: Bool = false, there: [SocketRecord] = [], owners: [[Int32]] = [],
    ownUser: UInt32? = nil, allNamespaces: Bool = false, countingBytes: Bool = false, bytes: [ByteCounters] = []
  ) {
    tracker = SocketTracker(
      SocketTracker.Setup(
        ownNamespace: Self.ownNamespace, coversAllNamespaces: allNamespaces, ownUser: ownUser, isTracing: tracing,
        hasNotices: notices, countsBytes: countingBytes))
    tracker.processes.add(Self.stranger, name: Array("stranger".utf8), startTime: 33, namespace: Self.otherNamespace)
    tracker.processes.add(Self.client, name: Array("client".utf8), startTime: 11, namespace: Self.ownNamespace)
    tracker.processes.add(Self.server, name: Array("server".utf8), startTime: 22, namespace: Self.ownNamespace)
    tracker.processes.add(
      2, name: Array("kthreadd".utf8), startTime: 1, namespace: Self.ownNamespace, isKernel: true)
    tracker.processes.add(
      30, name: Array("kworker".utf8), startTime: 1, namespace: Self.ownNamespace, isKernel: true)
    read(there, owners: owners, bytes: bytes)
    events = []
  }

  /// A TCP socket, by default from 127.0.0.1:40000 to 127.0.0.1:80.
  static func tcp(
    _ state: SocketState, _ local: UInt16 = 40000, _ remote: UInt16 = 80, address: UInt32 = 0x7F00_0001,
    peer: UInt32? = nil, cookie: UInt64 = 0, inode: UInt64? = nil
  ) -> SocketRecord {
    var record = SocketRecord(transport: .tcp, family: .ipv4, state: state)
    record.localPort = local
    record.localBits = UInt128(address)
    if state != .listen, state != .boundInactive {
      record.remotePort = remote
      record.remoteBits = UInt128(peer ?? address)
    }
    if cookie != 0 {
      record.cookie = cookie
      record.networkNamespace = ownNamespace
      record.known.formUnion([.cookie, .inode])
      record.inode = inode ?? (state == .timeWait || state == .synRecv ? 0 : cookie + 1000)
      if state == .timeWait { record.timer = .timeWait }
    }
    return record
  }

  /// What remains of a connection in FIN_WAIT2 without a process.
  static func orphan(_ local: UInt16, _ remote: UInt16, cookie: UInt64) -> SocketRecord {
    var record = tcp(.finWait2, local, remote, cookie: cookie, inode: 0)
    record.timer = .timeWait
    return record
  }

  /// Lets the tracepoint report a transition, 1 ms later.
  mutating func pass(
    _ pointer: UInt64, _ from: SocketState, _ record: SocketRecord, by process: Int32? = nil, thread: Int32? = nil
  ) {
    now += 1_000_000
    var bare = record
    bare.known = []
    bare.cookie = 0
    bare.inode = 0
    tracker.ingest(
      SocketTransition(
        time: now, socket: pointer, from: from, record: bare, process: process ?? 999, thread: thread ?? process ?? 999,
        isInterrupt: process == nil))
    collect()
  }

  /// A whole scan, which begins now and is applied 1 ms later.
  mutating func read(
    _ records: [SocketRecord], owners: [[Int32]] = [], begun: UInt64? = nil, problems: [Problem] = [],
    isComplete: Bool = true, failed: Set<NetworkNamespaceID> = [], bytes: [ByteCounters] = [],
    isPartial: Bool = false
  ) {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.records = records
    snapshot.problems = problems
    snapshot.byteCounters = zip(records, bytes).map { record, counters in
      SocketByteCounters(cookie: record.cookie, namespace: record.networkNamespace, counters)
    }
    snapshot.namespaceReach.failed = failed
    snapshot.namespaceReach.read = Set([Self.otherNamespace]).subtracting(failed)
    if !owners.isEmpty {
      snapshot.ownerStarts = [0]
      for row in records.indices {
        for pid in row < owners.count ? owners[row] : [] {
          snapshot.processes.append(ProcessInfo(pid: pid, name: Array("p\(pid)".utf8)))
          snapshot.owners.append(
            Owner(pid: pid, descriptor: 3, processIndex: Int32(snapshot.processes.count - 1)))
        }
        snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
      }
    }
    let start = begun ?? now
    now += 1_000_000
    tracker.ingest(
      SocketTracker.Scan(snapshot, begun: start, ended: now, isPartial: isPartial), at: tracker.moment(now))
    if !owners.isEmpty { tracker.noteWalk(begun: start, isComplete: isComplete) }
    collect()
  }

  /// The kernel's notice that a socket was destroyed.
  mutating func destroyed(_ record: SocketRecord, sent: UInt64 = 5, received: UInt64 = 6) {
    now += 1_000_000
    var closed = record
    closed.state = .close
    var metrics = TCPMetrics()
    metrics[.bytesAcked] = sent
    metrics[.bytesReceived] = received
    tracker.ingest(DestroyNotice(closed, metrics), now: now)
    collect()
  }

  /// The same with the figures as the kernel counts them: SYN and FIN among the acknowledged bytes,
  /// a FIN among the received ones.
  mutating func destroyed(_ record: SocketRecord, _ figures: [TCPMetric: UInt64]) {
    now += 1_000_000
    var closed = record
    closed.state = .close
    var metrics = TCPMetrics()
    for (metric, number) in figures { metrics[metric] = number }
    tracker.ingest(DestroyNotice(closed, metrics), now: now)
    collect()
  }

  /// Lets time pass.
  mutating func wait(milliseconds: UInt64) {
    now += milliseconds * 1_000_000
    tracker.expire(at: now)
    collect()
  }

  /// Answers the questions and takes the events that no longer wait.
  mutating func collect() {
    for question in tracker.takeQuestions() {
      let answer =
        isKernelSilent
        ? KernelAnswer(unanswered: question)
        : KernelAnswer(
          question, found: kernel.first { $0.hasEnds(of: question.record) }, asked: now &+ askingTakes)
      tracker.ingest(answer, now: now)
    }
    events += tracker.takeEvents(at: now)
  }

  /// The events as lines: `1 opened - syn_sent client connect`.
  var lines: [String] {
    events.map { event in
      var words = ["\(event.socketID)", event.kind.rawValue, event.from?.name ?? "-", event.to?.name ?? "-"]
      words += event.owners.map { "\($0.pid)" }
      if let attribution = event.attribution { words.append(attribution.name) }
      return words.joined(separator: " ")
    }
  }

  /// The lines without owners.
  var bare: [String] { lines.map { $0.split(separator: " ").prefix(4).joined(separator: " ") } }
}
