package import SocketModel

/// What the tracker remembers of scans to make rates from the counters of a ``ByteSource``.
///
/// The bytes of a socket in the interval between two scans are the difference of its counters:
///
/// - A socket that the scan before did not have, although it was complete, began since, from 0. One
///   that was there at the first scan has no rate until the second.
/// - A socket that was destroyed is counted to its end by the figures of its notice, in the interval
///   in which the notice came; after that its rate is not known.
/// - A socket that a scan lacks although it may exist has no rate then. The next scan that has it
///   divides by the time since the last one that had it.
struct ByteMeter: Sendable {
  /// A scan that was applied.
  private struct Applied: Sendable {
    /// When it began, by the time of day, and when it ended, in nanoseconds of the monotonic clock.
    let begun: Timestamp
    let ended: UInt64
    let gaps: ScanGaps
    /// The network namespaces that it read besides the own one; `nil` when it read the own one alone.
    let namespaces: Set<NetworkNamespaceID>?
  }

  /// Where the counters come from; `nil` when bytes are not counted.
  var source: (any ByteSource)?
  /// The newest interval.
  private(set) var interval = TrafficInterval()
  private var last: Applied?
  /// Whether a scan so far lacked sockets that existed.
  private var hadGaps = false
  /// The end of the scan that is being applied.
  private var present: UInt64 = 0
  /// The sockets that have ended or whose notices have come since the last scan, in their order; some
  /// are there twice.
  private(set) var finished: [UInt64] = []
  /// The sockets that the last scan lacked, and when the last scan that had them ended.
  private var late: [UInt64: UInt64] = [:]

  /// How many sockets that have ended are kept until the next scan counts them.
  static let mostFinished = 65_536

  /// How long the figures of a socket that has ended are expected, in nanoseconds.
  static let patience: UInt64 = 2_000_000_000

  /// Whether bytes are counted.
  var isOn: Bool { source != nil }

  /// Whether sockets that ended must stay until the next scan, which counts them.
  var awaitsScan: Bool { !finished.isEmpty && finished.count < Self.mostFinished }

  /// Notes that a socket has ended, or that its final figures have come.
  mutating func noteFinal(_ id: UInt64) {
    if isOn, last != nil, finished.count < Self.mostFinished { finished.append(id) }
  }

  /// Begins to apply a scan.
  mutating func begin(_ snapshot: Snapshot, ended: UInt64) {
    source?.begin(snapshot)
    present = ended
  }

  /// The traffic of a socket that the scan has; `nil` when it has no counters.
  mutating func traffic(of socket: TrackedSocket, as record: SocketRecord) -> SocketTraffic? {
    guard let counters = source?.counters(of: record) else { return nil }
    guard let last else { return SocketTraffic(counters) }
    if let former = socket.traffic {
      let start = late.isEmpty ? last.ended : late.removeValue(forKey: socket.id) ?? last.ended
      return SocketTraffic(counters, since: former.base, interval: present &- start)
    }
    guard hasBegun(socket, since: last) else { return SocketTraffic(counters) }
    return SocketTraffic(counters, since: (0, 0), interval: present &- last.ended)
  }

  /// The traffic of a socket to its end; `nil` when not all of it is known to be of this interval.
  func finalTraffic(of socket: TrackedSocket) -> SocketTraffic? {
    guard let last, let sent = socket.bytesSent, let received = socket.bytesReceived else { return nil }
    let former = socket.traffic
    // One that began while sockets were watched, and that no scan met, has not been counted yet.
    let isNew = hasBegun(socket, since: last) || !socket.wasThere && !hadGaps
    guard former != nil || isNew else { return nil }
    return SocketTraffic(
      ByteCounters(
        sent: sent, received: received, dataSegmentsIn: former?.dataSegmentsIn ?? 0,
        roundTripTime: former?.roundTripTime.map { UInt32(truncatingIfNeeded: $0) },
        retransmits: former?.totalRetransmits.map { UInt32(truncatingIfNeeded: $0) }),
      since: former?.base ?? (0, 0), interval: present &- (late[socket.id] ?? last.ended))
  }

  /// Whether a socket that the last scan did not have began after that scan.
  private func hasBegun(_ socket: TrackedSocket, since last: Applied) -> Bool {
    socket.firstSeen.nanosecondsSince1970 >= last.begun.nanosecondsSince1970
      && !last.gaps.mayHide(socket.record, wasMissing: false) && wasRead(socket, by: last)
  }

  /// Whether a scan read the network namespace of a socket: those in one that was not known before
  /// may be old.
  private func wasRead(_ socket: TrackedSocket, by last: Applied) -> Bool {
    guard let namespaces = last.namespaces, socket.scope != .watched else { return true }
    return socket.record.networkNamespace.map { namespaces.contains($0) } ?? false
  }

  /// Notes that the scan lacks a socket with counters that may exist.
  mutating func noteMissing(_ id: UInt64) {
    if let last, late[id] == nil { late[id] = last.ended }
  }

  /// Ends the application of a scan.
  ///
  /// - Parameter ended: the sockets that ended in the interval, with all of their traffic.
  mutating func end(
    begun: Timestamp, _ gaps: ScanGaps, _ namespaces: Set<NetworkNamespaceID>?, ended: [TrackedSocket]
  ) {
    interval.number += 1
    interval.duration = last.map { present &- $0.ended }
    interval.ended = ended
    hadGaps = hadGaps || !gaps.isEmpty
    last = Applied(begun: begun, ended: present, gaps: gaps, namespaces: namespaces)
    finished = []
  }

  /// Begins the last interval, which no scan ends.
  ///
  /// - Returns: whether there is one.
  mutating func beginLast(at moment: UInt64) -> Bool {
    guard isOn, let last else { return false }
    present = max(moment, last.ended)
    return true
  }

  /// Ends it, with the sockets that ended in it.
  mutating func endLast(_ ended: [TrackedSocket]) {
    interval.number += 1
    interval.duration = last.map { present &- $0.ended }
    interval.ended = ended
    finished = []
  }

  /// Forgets of sockets that are no more that a scan lacked them.
  mutating func keepLate(_ isThere: (UInt64) -> Bool) {
    if !late.isEmpty { late = late.filter { isThere($0.key) } }
  }
}

extension SocketTracker {
  /// What was counted between the last two scans.
  package var trafficInterval: TrafficInterval { meter.interval }

  /// Counts the bytes of the socket in a row of a scan.
  mutating func countBytes(_ id: UInt64, _ record: SocketRecord) {
    guard meter.isOn, let socket = tracked[id] else { return }
    // Its notice has come, which has all of its bytes.
    let isFinal = socket.bytesSent != nil
    var isBusy: Bool?
    defer { if record.transport == .tcp { activity.note(id, record, isBusy: isBusy) } }
    guard !isFinal, let traffic = meter.traffic(of: socket, as: record) else {
      return forgetRates(of: id, isFinal: isFinal || record.state == .timeWait)
    }
    let former = socket.traffic
    if traffic.hasRates { isBusy = !traffic.isIdle || former?.segmentsOut != traffic.segmentsOut }
    if let former, former.isAsIdle(as: traffic) { return }
    tracked.update(id) { $0.traffic = traffic }
  }

  /// Forgets the rates of a socket that a scan lacks, or has without counters.
  mutating func forgetRates(of id: UInt64, isFinal: Bool = false) {
    guard meter.isOn, let traffic = tracked[id]?.traffic else { return }
    if !isFinal { meter.noteMissing(id) }
    if traffic.hasRates { tracked.update(id) { $0.traffic?.forgetRates() } }
  }

  /// Counts the bytes of the sockets that ended since the last scan.
  mutating func finishCounting(_ scan: Scan, _ gaps: ScanGaps) {
    guard meter.isOn else { return }
    let ended = countEnded()
    let sockets = tracked
    meter.keepLate { sockets[$0].map { !$0.isClosed } ?? false }
    let namespaces = setup.coversAllNamespaces ? scan.snapshot.namespaceReach.read : nil
    meter.end(begun: moment(scan.begun).time, gaps, namespaces, ended: ended)
  }
}

extension SocketTracker {
  /// Counts the sockets that ended since the last scan, when no other follows: the last interval has
  /// nothing but these.
  mutating func endCounting(at moment: UInt64) {
    guard !meter.finished.isEmpty, meter.beginLast(at: moment) else { return }
    for id in tracked.all.keys { forgetRates(of: id, isFinal: true) }
    meter.endLast(countEnded())
  }

  /// Whether the figures of a connection are still to come that ended while sockets were watched: its
  /// notice is on its way.
  var lacksFigures: Bool {
    tracked.all.values.contains { socket in
      socket.record.transport == .tcp && (socket.isClosed || socket.record.state == .timeWait)
        && socket.bytesSent == nil && !socket.wasThere && socket.record.hasPeer && awaitsNotice(socket)
    }
  }

  /// Counts the sockets that ended since the last scan, and returns those of which all is known.
  private mutating func countEnded() -> [TrackedSocket] {
    // Their interval is over.
    // The notice's figures are all that is of use from now on: there may be very many TIME_WAITs.
    for socket in meter.interval.ended where socket.traffic != nil { tracked.update(socket.id) { $0.traffic = nil } }
    takeOffFINs()
    var ended: [TrackedSocket] = []
    var counted: Set<UInt64> = []
    for id in meter.finished where counted.insert(id).inserted {
      guard let socket = tracked[id] else { continue }
      let traffic = meter.finalTraffic(of: socket)
      tracked.update(id) { socket in
        if let traffic { socket.traffic = traffic } else { socket.traffic?.forgetRates() }
      }
      if traffic != nil, let socket = tracked[id] { ended.append(socket) }
    }
    return ended
  }

  /// Takes the FIN off what a socket received in all where its other end, which ended in the same
  /// interval, shows that one byte more was received than sent.
  private mutating func takeOffFINs() {
    var sent: [SocketEnds: UInt64] = [:]
    let finished = Set(meter.finished)
    for id in finished {
      guard let socket = tracked[id], let bytes = socket.bytesSent else { continue }
      // Of equal connections in several namespaces nothing shows which belong together.
      if sent.updateValue(bytes, forKey: socket.record.ends) != nil { sent[socket.record.ends] = .max }
    }
    guard sent.count > 1 else { return }
    for id in finished {
      guard let socket = tracked[id], let received = socket.bytesReceived, received > 0,
        sent[socket.record.ends.mirrored] == received - 1
      else { continue }
      tracked.update(id) { $0.bytesReceived = received - 1 }
    }
  }
}
