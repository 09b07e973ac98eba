import Glibc
import Inspection
import LinuxSystem
import SocketModel
import Tracking

/// The process that watches a burst, and reports at the end what it saw, one count per line.
enum WatchRole {
  /// What was seen of the burst's sockets.
  private struct Tally {
    /// The ports of the burst's servers: other bursts may use the same addresses in other
    /// namespaces.
    let ports: Set<UInt16>
    /// Events by kind and states, as numbers, because making strings would cost more than watching.
    private var kinds: [UInt32: Int] = [:]
    /// Events by address and process.
    private var ownersOfEnds: [UInt64: Int] = [:]
    var unnamed = 0
    var missed: UInt64 = 0
    var missedUncounted = 0
    var disorder = 0
    /// Events that report byte counts, and those among them whose counts differ from what was sent.
    var withBytes = 0
    var wrongBytes = 0
    private var last: Int64 = 0

    init(_ ports: [UInt16]) { self.ports = Set(ports) }

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
        ports.contains(isClient ? event.record.remotePort : event.record.localPort), event.from != .listen,
        event.to != .listen
      else { return }
      let kind: UInt32 = event.kind == .opened ? 0 : event.kind == .changed ? 1 : 2
      kinds[kind << 16 | UInt32(event.from?.rawValue ?? 0) << 8 | UInt32(event.to?.rawValue ?? 0), default: 0] += 1
      if let owner = event.owners.first, event.owners.count == 1 {
        ownersOfEnds[UInt64(local) << 32 | UInt64(UInt32(bitPattern: owner.pid)), default: 0] += 1
      } else {
        unnamed += 1
        kinds[
          (kind + 3) << 16 | UInt32(event.from?.rawValue ?? 0) << 8 | UInt32(event.to?.rawValue ?? 0), default: 0] += 1
      }
      guard let sent = event.bytesSent, let received = event.bytesReceived else { return }
      withBytes += 1
      let payload = UInt64(BurstRoles.payload.count)
      let wanted = isClient ? 0 : payload
      // Whether a FIN was received is not known for the client, nor without the tracepoint.
      if sent != (isClient ? payload : 0) || received != wanted && received != wanted + 1 { wrongBytes += 1 }
    }

    /// The counts as texts.
    var lines: [String] {
      func state(_ number: UInt32) -> String { SocketState(rawValue: UInt8(number & 0xFF))?.name ?? "-" }
      let events = kinds.map {
        "event \(["opened", "changed", "closed", "unopened", "unchanged", "unclosed"][Int($0 >> 16)]) \(state($0 >> 8)) \(state($0)) \($1)"
      }
      let client = BurstRoles.clientAddress(0) >> 8
      let owners = ownersOfEnds.map { (end, count) in
        "owner \(UInt32(end >> 32) >> 8 == client ? "client" : "server") \(end >> 32 & 0xFF) \(end & 0xFFFF_FFFF) \(count)"
      }
      return events.sorted() + owners.sorted()
    }
  }

  /// Watches from now on until the standard input ends.
  ///
  /// - Parameter ports: the ports of a burst's servers; empty when there is no burst, and UDP is
  ///   watched too.
  static func watch(unprivileged: Bool, ports: [UInt16]) throws {
    ChildProcess.endWithParent()
    // As the user nobody, without any privileges.
    if unprivileged, setgid(65534) != 0 || setuid(65534) != 0 { throw BenchError("cannot become another user") }
    var options = Watcher.Options()
    options.startReading = { raiseThreadPriority() }
    options.freedMemory = { returnFreePages() }
    var request = InspectionRequest()
    request.transports = ports.isEmpty ? [.tcp, .udp] : [.tcp]
    let watcher = try Watcher(root: .live(), request: request, options: options)
    while !watcher.hasBegun {
      _ = try watcher.poll()
      Clock.sleep(milliseconds: 1)
    }
    let queue = try ReadinessQueue()
    try queue.add(0, for: .reading, tag: 0)
    for descriptor in watcher.descriptors { try queue.add(descriptor, for: .reading, tag: 1) }
    var tally = Tally(ports)
    for status in watcher.sources {
      write(line: "source \(status.source.rawValue) \(status.obstacle ?? "in use")", to: 1)
    }
    write(line: "ready", to: 1)
    var ready: [ReadinessQueue.Event] = []
    var isOver = false
    var mostSockets = 0
    while !isOver {
      try queue.wait(milliseconds: watcher.millisecondsLeft, into: &ready)
      isOver = ready.contains { $0.tag == 0 }
      for event in try watcher.poll() { tally.count(event) }
      mostSockets = max(mostSockets, watcher.sockets.count)
    }
    watcher.finish(within: 5000, pausing: { Clock.sleep(milliseconds: $0) }) { events in
      for event in events { tally.count(event) }
      return true
    }
    for line in tally.lines { write(line: line, to: 1) }
    write(line: "unnamed \(tally.unnamed)", to: 1)
    write(line: "missed \(tally.missed)", to: 1)
    write(line: "uncounted \(tally.missedUncounted)", to: 1)
    write(line: "disorder \(tally.disorder)", to: 1)
    write(line: "bytes \(tally.withBytes)", to: 1)
    write(line: "wrongbytes \(tally.wrongBytes)", to: 1)
    write(line: "sockets \(mostSockets)", to: 1)
  }
}
