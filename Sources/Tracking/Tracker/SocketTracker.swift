import KernelFormats
package import SocketModel

/// Sockets over time: observations go in, events and questions to the kernel come out.
///
/// It reads nothing itself and has no clock, so that a series of captures is watched in the same
/// way as the live kernel. The inputs (each kind with its own `ingest`) are scans, the transitions
/// that the tracepoint reports, notices of destroyed sockets, records about processes, and the
/// kernel's answers. Which of them counts when they differ:
///
/// - The tracepoint is exact about states but knows neither cookies nor namespaces nor
///   mini-sockets. A scan decides the state of a socket only when it began after the last
///   transition.
/// - The namespace of a socket is known from scans. Until one shows it, it is taken from the process
///   that made a call, from the listener, or from the other end over loopback; a transition that may
///   be about equal sockets of several namespaces is left to the next scan.
/// - A notice comes once for each TCP socket of the namespace, some time after its last state: with
///   the tracepoint it adds what was sent and received, without it is the end of a socket.
///
/// Each part of its state is a separate type; the `ingest` methods, in one file per kind of input,
/// only join them.
package struct SocketTracker: Sendable {
  /// How sockets are watched.
  struct Setup: Sendable {
    /// The network namespace that is scanned; `nil` when unknown.
    var ownNamespace: NetworkNamespaceID?
    /// Whether all network namespaces are scanned, so that each row of a scan has its own.
    var coversAllNamespaces = false
    /// The user whose processes can all be examined; `nil` when unknown.
    var ownUser: UInt32?
    /// Whether the tracepoint reports TCP transitions.
    var isTracing = false
    /// Whether there are notices of destroyed TCP sockets.
    var hasNotices = false
    /// Whether the bytes of TCP sockets are counted at each scan.
    var countsBytes = false
    /// How long an event waits for more to become known about it, in nanoseconds.
    var patience: UInt64 = 50_000_000
  }

  /// A moment on both clocks.
  struct Moment: Sendable {
    /// Nanoseconds of the monotonic clock.
    let monotonic: UInt64
    /// The time of day.
    let time: Timestamp
  }

  let setup: Setup
  /// Nanoseconds from the monotonic clock to the time of day.
  var clock: Int64 = 0
  var tracked = TrackedSockets()
  /// The events that have not been taken yet.
  var queue = EventQueue()
  /// The questions to ask the kernel.
  private(set) var questions: [KernelQuestion] = []
  /// The processes, while the tracepoint is read.
  var processes = ProcessTable()
  var openings = PendingOpenings()
  var notices = PendingNotices()
  var recentEnds = RecentEnds()
  var coverage = ScanCoverage()
  var listenerOwners = ListenerOwners()
  var ownerLists = SharedOwnerLists()
  var meter = ByteMeter()
  var activity = ScanActivity()
  /// The numbers of the sockets at the other ends, where the last scan looked for them.
  package var peers: [UInt64: [UInt64]] = [:]
  /// Whether the last scan had sockets whose owners should be looked for.
  var ownerNeed = OwnerNeed.none

  /// Makes a tracker without sockets, for scans alone.
  ///
  /// - Parameters:
  ///   - ownNamespace: the network namespace whose sockets are the own ones; `nil` when unknown.
  ///   - coversAllNamespaces: whether the scans are of all network namespaces.
  package init(ownNamespace: NetworkNamespaceID? = nil, coversAllNamespaces: Bool = false) {
    self.init(Setup(ownNamespace: ownNamespace, coversAllNamespaces: coversAllNamespaces))
  }

  /// Makes a tracker without sockets.
  init(_ setup: Setup) {
    self.setup = setup
    tracked.ownNamespace = setup.ownNamespace
    if setup.countsBytes { meter.source = TCPInfoBytes() }
  }

  /// The sockets, by number. Those that have ended stay until
  /// ``forget(closedBefore:keeping:closedSince:)``.
  package var sockets: [UInt64: TrackedSocket] { tracked.all }

  /// Whether there was a scan.
  var hasBegun: Bool { coverage.hasBegun }

  // MARK: Output

  /// Applies a whole scan, where there is no other source; a socket that is not in it has ended.
  /// Watching begins with the first scan, which makes no events.
  package mutating func ingest(_ snapshot: Snapshot, at time: Timestamp) -> [SocketEvent] {
    ingest(Scan(snapshot), at: Moment(monotonic: 0, time: time))
    return queue.take(at: .max)
  }

  /// Takes the events that no longer wait at a moment.
  mutating func takeEvents(at now: UInt64) -> [SocketEvent] { queue.take(at: now) }

  /// Takes the questions to the kernel; each needs an answer.
  mutating func takeQuestions() -> [KernelQuestion] {
    defer { questions = [] }
    return questions
  }

  /// Asks the kernel what remains of a connection, for an event.
  ///
  /// - Parameter countsFIN: whether a FIN is among its received bytes when nothing remains.
  mutating func ask(
    about record: SocketRecord, _ id: UInt64, event: Int, _ source: EventSource, at time: Timestamp,
    countsFIN: Bool = false
  ) {
    questions.append(
      KernelQuestion(
        socket: id, event: event, record: record, source: source, time: time, countsFIN: countsFIN))
  }

  // MARK: Forgetting

  /// Drops, at a moment, what has waited long enough.
  mutating func expire(at now: UInt64) {
    notices.forget(at: now)
    processes.forget(at: now)
  }

  /// Forgets sockets that ended before a moment.
  ///
  /// - Parameters:
  ///   - time: the moment.
  ///   - limit: how many other ended sockets may stay.
  ///   - later: sockets that ended since this moment stay however many there are; without it, only
  ///     `time` counts.
  package mutating func forget(
    closedBefore time: Timestamp, keeping limit: Int = .max, closedSince later: Timestamp? = nil
  ) {
    // What ended since the last scan is still to be counted.
    if meter.awaitsScan { return }
    tracked.forget(closedBefore: time, keeping: limit, closedSince: later)
  }

  /// Forgets sockets of other namespaces, where no scan looks, about which nothing was reported
  /// since a moment: their ends may be among the losses.
  mutating func forgetElsewhere(silentSince moment: UInt64) {
    for (id, socket) in tracked.all where !socket.isClosed && socket.scope == .other {
      guard socket.lastTransition < moment, !(setup.coversAllNamespaces && socket.isPlaced) else { continue }
      close(id, at: Moment(monotonic: 0, time: socket.firstSeen))
      tracked.drop(id)
    }
  }

  /// Frees the space that tables needed for more entries than there are now.
  mutating func shrink() {
    tracked.shrink()
    recentEnds.shrink()
    openings.shrink()
    notices.shrink()
  }

  // MARK: One socket

  /// The moment at a time of the monotonic clock.
  func moment(_ monotonic: UInt64) -> Moment {
    Moment(monotonic: monotonic, time: Timestamp(nanosecondsSince1970: Int64(bitPattern: monotonic) &+ clock))
  }

  /// Puts a socket into another state, and makes an event when that is a change.
  mutating func change(_ id: UInt64, to state: SocketState, at time: Timestamp, _ source: EventSource) {
    guard let before = tracked.record(id)?.state, before != state else { return }
    tracked.enter(id, state, at: time)
    guard let socket = tracked[id] else { return }
    queue.append(socket.event(.changed, at: time, source, from: before, to: state))
  }

  /// Ends a socket.
  /// - Parameter deadline: until when the event waits, in nanoseconds of the monotonic clock; 0
  ///   when it does not wait.
  /// - Returns: the number of the event.
  @discardableResult
  mutating func end(_ id: UInt64, at moment: Moment, _ source: EventSource, deadline: UInt64 = 0) -> Int? {
    guard let event = tracked[id]?.closing(at: moment.time, source) else { return nil }
    close(id, at: moment)
    return queue.append(event, deadline: deadline)
  }

  /// Ends a socket without a separate event.
  mutating func close(_ id: UInt64, at moment: Moment) {
    guard let socket = tracked[id], !socket.isClosed else { return }
    release(id)
    if socket.record.state == .listen { listenerOwners.forget(id, of: socket.owners.lazy.map(\.pid)) }
    recentEnds.note(socket.record, at: moment.monotonic)
    if socket.record.knownCookie != 0 { notices.noteEnd(of: socket.record.cookie, at: moment.monotonic) }
    // Its figures, if any, may still come.
    if socket.traffic != nil, socket.bytesSent == nil { meter.noteFinal(id) }
    tracked.close(id, at: moment.time)
  }

  /// Releases the opening event that waited for the ends of its socket.
  mutating func release(_ id: UInt64) {
    if let number = openings.take(id) { queue.hold(number, until: 0) }
  }

  /// Completes an opening event with what has become known, and releases it.
  mutating func completeOpening(_ id: UInt64) {
    guard let number = openings.take(id), let socket = tracked[id] else { return }
    queue.update(number) { event in
      let state = event.record.state
      event.record = socket.record
      event.record.state = state
      event.scope = socket.scope
      if event.owners.isEmpty {
        event.owners = socket.owners
        event.attribution = socket.attribution
      }
    }
    queue.hold(number, until: 0)
  }

  /// Whether the end of a socket is followed by a notice from the kernel.
  func awaitsNotice(_ socket: TrackedSocket) -> Bool {
    setup.hasNotices && socket.record.transport == .tcp && isInReach(socket)
  }

  // MARK: Namespaces

  /// Whether the kernel can be asked about a socket, and sends notices of it: it does both for the
  /// own namespace only.
  func isInReach(_ socket: TrackedSocket) -> Bool {
    switch socket.scope {
    case .watched, .likelyWatched: true
    case .unknown: !setup.coversAllNamespaces
    case .other: false
    }
  }

  /// Whether scans may show a socket.
  func mayBeScanned(_ socket: TrackedSocket) -> Bool { setup.coversAllNamespaces || socket.scope != .other }

  /// Where a socket is that a scan has shown.
  func scope(ofScanned record: SocketRecord) -> NamespaceScope {
    guard setup.coversAllNamespaces, let own = setup.ownNamespace, let namespace = record.networkNamespace else {
      return .watched
    }
    return namespace == own ? .watched : .other
  }
}

extension TrackedSocket {
  /// Makes an event about this socket.
  func event(
    _ kind: SocketEvent.Kind, at time: Timestamp, _ source: EventSource, from: SocketState?, to: SocketState?
  ) -> SocketEvent {
    var event = SocketEvent(kind, at: time, source: source, record: record)
    event.socketID = id
    event.from = from
    event.to = to
    event.scope = scope
    event.name = name
    event.owners = owners
    event.attribution = attribution
    event.bytesSent = bytesSent
    event.bytesReceived = bytesReceived
    event.age = wasThere ? nil : firstSeen.microseconds(until: time)
    return event
  }

  /// The event of its end; `nil` when it ended before.
  func closing(at time: Timestamp, _ source: EventSource) -> SocketEvent? {
    isClosed ? nil : event(.closed, at: time, source, from: record.state, to: nil)
  }
}
