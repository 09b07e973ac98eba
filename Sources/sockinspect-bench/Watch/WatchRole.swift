import Glibc
import Inspection
import LinuxSystem
import SocketModel

/// The process of a burst that watches it, and tells at the end what it saw, one count a line.
enum WatchRole {
  /// What was seen of the burst's sockets.
  private struct Tally {
    /// Events by kind and states.
    var events: [String: Int] = [:]
    /// Events by end and process.
    var owners: [String: Int] = [:]
    var unnamed = 0
    var missed: UInt64 = 0
    var missedUncounted = 0
    var disorder = 0
    /// Events that tell of bytes, and those of them that tell of other bytes than were sent.
    var withBytes = 0
    var wrongBytes = 0
    private var last: Int64 = 0

    mutating func count(_ event: SocketEvent) {
      let moment = event.time.nanosecondsSince1970
      if moment < last { disorder += 1 }
      last = max(last, moment)
      if event.kind == .missed {
        if let count = event.missed { missed += count } else { missedUncounted += 1 }
        return
      }
      let local = UInt32(truncatingIfNeeded: event.record.localBits)
      let isClient = local >> 8 == BurstRoles.clientAddress(0) >> 8
      guard isClient || local >> 8 == BurstRoles.serverAddress(0) >> 8, event.record.family == .ipv4,
        event.from != .listen, event.to != .listen
      else { return }
      events["\(event.kind.rawValue) \(event.from?.name ?? "-") \(event.to?.name ?? "-")", default: 0] += 1
      if let owner = event.owners.first, event.owners.count == 1 {
        owners["\(isClient ? "client" : "server") \(local & 0xFF) \(owner.pid)", default: 0] += 1
      } else {
        unnamed += 1
      }
      guard let sent = event.bytesSent, let received = event.bytesReceived else { return }
      withBytes += 1
      let payload = UInt64(BurstRoles.payload.count)
      if sent != (isClient ? payload : 0) || received != (isClient ? 0 : payload) { wrongBytes += 1 }
    }
  }

  /// Watches from now on until the standard input ends.
  static func watch(unprivileged: Bool, idle: Bool) throws {
    ChildProcess.endWithParent()
    // As nobody: every right is given up.
    if unprivileged, setgid(65534) != 0 || setuid(65534) != 0 { throw BenchError("cannot become another user") }
    var request = InspectionRequest()
    request.transports = idle ? [.tcp, .udp] : [.tcp]
    let watcher = try Watcher(root: .live(), request: request, options: .init())
    let queue = try ReadinessQueue()
    try queue.add(0, for: .reading, tag: 0)
    for descriptor in watcher.descriptors { try queue.add(descriptor, for: .reading, tag: 1) }
    var tally = Tally()
    for status in watcher.sources {
      write(line: "source \(status.source.rawValue) \(status.obstacle ?? "in use")", to: 1)
    }
    write(line: "ready", to: 1)
    var ready: [ReadinessQueue.Event] = []
    var isOver = false
    var mostLives = 0
    while !isOver {
      try queue.wait(milliseconds: watcher.millisecondsLeft, into: &ready)
      isOver = ready.contains { $0.tag == 0 }
      for event in try watcher.poll() { tally.count(event) }
      mostLives = max(mostLives, watcher.book.lives.count)
    }
    for event in watcher.finish() { tally.count(event) }
    for (kind, count) in tally.events.sorted(by: { $0.key < $1.key }) { write(line: "event \(kind) \(count)", to: 1) }
    for (owner, count) in tally.owners.sorted(by: { $0.key < $1.key }) { write(line: "owner \(owner) \(count)", to: 1) }
    write(line: "unnamed \(tally.unnamed)", to: 1)
    write(line: "missed \(tally.missed)", to: 1)
    write(line: "uncounted \(tally.missedUncounted)", to: 1)
    write(line: "disorder \(tally.disorder)", to: 1)
    write(line: "bytes \(tally.withBytes)", to: 1)
    write(line: "wrongbytes \(tally.wrongBytes)", to: 1)
    write(line: "lives \(mostLives)", to: 1)
  }
}
