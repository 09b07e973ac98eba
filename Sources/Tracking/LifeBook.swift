import KernelFormats
public import SocketModel

/// The lives of all sockets that are watched: what is seen of them goes in, events come out.
///
/// It reads nothing itself and knows no clock, so that a series of captures is watched as the live
/// kernel is. Three things go in: scans (``observe(_:at:)``), the transitions that the tracepoint
/// reports (`LifeBookTransitions.swift`) and notices of destroyed sockets
/// (`LifeBookNotices.swift`). Which of them counts when they differ:
///
/// - The tracepoint is exact about states and knows neither cookies nor namespaces nor
///   mini-sockets. A scan decides about the state of a socket only when it began after the last
///   transition.
/// - A notice comes once for each TCP socket of the namespace, some time after its last state: with
///   the tracepoint it adds what was sent and received, without it is the end of a life.
public struct LifeBook: Sendable {
  /// The lives, by number. Those that have ended stay until ``forget(closedBefore:keeping:closedSince:)``.
  public internal(set) var lives: [UInt64: SocketLife] = [:]
  /// The events that have not been taken yet.
  var queue = EventQueue()
  /// The processes, while the tracepoint is read.
  package var processes = ProcessTable()

  /// The network namespace that is scanned; `nil` when unknown.
  package var ownNamespace: UInt32?
  /// Whether the tracepoint reports TCP transitions.
  package var isTracing = false
  /// Whether notices of destroyed TCP sockets come.
  var hasNotices = false
  /// Nanoseconds from the monotonic clock to the time of day.
  package var clock: Int64 = 0
  /// When transitions were lost last, unless a complete scan began since.
  var lastLoss: Timestamp?
  /// Whether the last scan was complete.
  package var isWhole = false
  /// How long an event waits for more to become known about it, in nanoseconds.
  package var patience: UInt64 = 50_000_000

  private var lastID: UInt64 = 0
  package private(set) var hasBegun = false
  /// The lives that were seen in the scan that is being taken in.
  package var seen: Set<UInt64> = []
  /// The lives that the last scan did not show, though they may exist.
  package var hidden: Set<UInt64> = []
  /// The living sockets by what identifies them, the best that their source provides.
  private var byCookie: [UInt64: UInt64] = [:]
  private var byInode: [InodeKey: UInt64] = [:]
  private var byEnds: [UInt64: UInt64] = [:]
  /// The same for those that are known to be in other namespaces, where there may be others with
  /// the same ends.
  private var byEndsElsewhere: [UInt64: UInt64] = [:]
  var byPointer: [UInt64: UInt64] = [:]
  /// The living TCP listeners by their ports.
  var listeners: [UInt16: [UInt64]] = [:]
  /// The living TCP sockets that are bound and nothing else, by their ports.
  var boundSockets: [UInt16: [UInt64]] = [:]
  /// Which listeners a process has alone, as far as is known, and which listeners may have more
  /// owners since then, and when that began.
  var listenersOf: [Int32: Set<UInt64>] = [:]
  var sharedListeners: [UInt64: UInt64] = [:]
  /// The listeners that may also belong to a process whose descriptors cannot be read.
  var doubtfulListeners: Set<UInt64> = []
  /// The user whose processes can all be examined; `nil` when unknown.
  var ownUser: UInt32?
  /// The owner that lives share, where that is one process without a descriptor.
  var soleOwners: [Int32: [EventOwner]] = [:]
  static let mostSoleOwners = 1024
  /// Whether the last scan had sockets whose owners should be looked for.
  var ownerNeed = OwnerNeed.none
  /// Openings whose ends are not complete, with the numbers of their events.
  package var incomplete: [UInt64: Int] = [:]
  /// The questions that the kernel is to be asked.
  package var questions: [Question] = []
  var notices = NoticeBoard()
  /// The lives that ended, in the order of their ends.
  private var ended: [(id: UInt64, time: Timestamp)] = []
  /// Connections and listeners that ended since the last scan began, and when.
  private var recentEnds: [UInt64: UInt64] = [:]

  private struct InodeKey: Hashable {
    let transport: Transport
    let inode: UInt64
  }

  /// Makes a book without lives.
  public init() {}

  /// Takes in a whole scan; a socket that is not in it is gone. The first scan is where watching
  /// begins and makes no events.
  public mutating func observe(_ snapshot: Snapshot, at time: Timestamp) -> [SocketEvent] {
    read(snapshot, begun: .max, at: time, now: 0)
    return queue.take(at: .max)
  }

  /// Drops lives that ended before a moment.
  ///
  /// - Parameters:
  ///   - time: the moment.
  ///   - limit: how many of the others that ended may stay.
  ///   - later: what ended since this moment stays however many there are; without it, only `time`
  ///     counts.
  public mutating func forget(
    closedBefore time: Timestamp, keeping limit: Int = .max, closedSince later: Timestamp? = nil
  ) {
    var count = 0
    func isOld(_ end: Timestamp) -> Bool {
      let isTooMany = later.map { ended.count - count > limit && end.nanosecondsSince1970 < $0.nanosecondsSince1970 }
      return end.nanosecondsSince1970 < time.nanosecondsSince1970 || isTooMany ?? false
    }
    while count < ended.count, isOld(ended[count].time) {
      lives[ended[count].id] = nil
      count += 1
    }
    if count > 0 { ended.removeFirst(count) }
  }

  /// Frees what tables took for more lives than there are now: they never shrink by themselves.
  mutating func tidy() {
    lives.shrink()
    byCookie.shrink()
    byInode.shrink()
    byEnds.shrink()
    byEndsElsewhere.shrink()
    byPointer.shrink()
    recentEnds.shrink()
    incomplete.shrink()
    ended.reserveLess()
    notices.tidy()
  }

  /// Drops lives of other namespaces about which nothing was reported since a moment: their ends
  /// may be among what was lost.
  mutating func forgetElsewhere(silentSince moment: UInt64) {
    for (id, life) in lives where !life.isClosed && life.place == .elsewhere && life.lastTransition < moment {
      close(id, at: life.firstSeen, now: 0)
      lives[id] = nil
    }
  }

  /// The time of day of a moment of the monotonic clock.
  package func wall(_ moment: UInt64) -> Timestamp {
    Timestamp(nanosecondsSince1970: Int64(bitPattern: moment) &+ clock)
  }

  // MARK: One life

  /// Begins a life.
  package mutating func begin(
    _ record: SocketRecord, at time: Timestamp, wasThere: Bool, place: SocketLife.Place = .unknown
  ) -> UInt64 {
    lastID += 1
    var life = SocketLife(id: lastID, record: record, at: time, wasThere: wasThere)
    life.place = place
    life.record.detailIndex = SocketRecord.noIndex
    life.record.nameIndex = SocketRecord.noIndex
    lives[lastID] = life
    enter(lastID, life.record)
    return lastID
  }

  /// Gives a life another state, and makes an event of it when it is one.
  package mutating func change(_ id: UInt64, to state: SocketState, at time: Timestamp, _ source: EventSource) {
    guard let before = lives[id]?.record.state, before != state else { return }
    move(id, to: state, at: time)
    guard let life = lives[id] else { return }
    queue.append(life.event(.changed, at: time, source, from: before, to: state))
  }

  /// Gives a life another state without an event.
  package mutating func move(_ id: UInt64, to state: SocketState, at time: Timestamp) {
    guard let before = lives[id]?.record else { return }
    let isListed = [.listen, .boundInactive].contains(before.state) || [.listen, .boundInactive].contains(state)
    if isListed { leave(id, before) }
    lives[id]?.pass(to: state, at: time)
    if isListed, let after = lives[id]?.record { enter(id, after) }
  }

  /// Ends a life.
  ///
  /// - Returns: the number of the event.
  @discardableResult
  package mutating func end(
    _ id: UInt64, at time: Timestamp, _ source: EventSource, now: UInt64, deadline: UInt64 = 0
  ) -> Int? {
    guard let life = lives[id], !life.isClosed else { return nil }
    close(id, at: time, now: now)
    return queue.append(
      life.event(.closed, at: time, source, from: life.record.state, to: nil), deadline: deadline)
  }

  /// Ends a life without an event of its own.
  package mutating func close(_ id: UInt64, at time: Timestamp, now: UInt64) {
    guard let life = lives[id], !life.isClosed else { return }
    leave(id, life.record)
    if life.pointer != 0, byPointer[life.pointer] == id { byPointer[life.pointer] = nil }
    if let number = incomplete.removeValue(forKey: id) { queue.hold(number, until: 0) }
    if life.record.state == .listen { forgetListener(id) }
    if life.record.hasPeer || life.record.state == .listen { recentEnds[life.record.endsKey] = now }
    if life.record.knownCookie != 0 { notices.noteEnd(of: life.record.cookie, at: now) }
    lives[id]?.closed = time
    lives[id]?.pointer = 0
    ended.append((id, time))
  }

  /// Updates a life with what has become known of its socket.
  package mutating func identify(_ id: UInt64, _ record: SocketRecord) {
    guard let old = lives[id]?.record else { return }
    leave(id, old)
    lives[id]?.record = record
    lives[id]?.record.detailIndex = SocketRecord.noIndex
    lives[id]?.record.nameIndex = SocketRecord.noIndex
    enter(id, record)
  }

  /// Whether two records can be about one life by their ends: what was last known, and what is seen now.
  func canContinue(_ old: SocketRecord, as new: SocketRecord) -> Bool {
    // A mini-socket inherits the cookie, when there is one.
    if old.knownCookie != 0, new.knownCookie != 0, old.cookie != new.cookie { return false }
    if old.canHaveOwner, new.canHaveOwner, old.inode != new.inode { return false }
    // The ports of a TIME_WAIT are used again.
    return old.state != .timeWait || new.state == .timeWait
  }

  // MARK: Finding lives

  /// The living socket with the cookie, or else the inode, of a record.
  package func life(identifiedBy record: SocketRecord) -> UInt64? {
    if record.knownCookie != 0 { return byCookie[record.cookie] }
    return record.canHaveOwner ? byInode[InodeKey(transport: record.transport, inode: record.inode)] : nil
  }

  /// The living socket with the ends of a record; of several, one that scans may show.
  package func life(withEndsOf record: SocketRecord) -> UInt64? {
    let key = record.endsKey
    guard let id = byEnds[key] ?? byEndsElsewhere[key], let known = lives[id]?.record, known.hasEnds(of: record) else {
      return nil
    }
    return id
  }

  /// The living socket at the other end of a record's connection, on this machine; `nil` when it
  /// may be one in this namespace or one in another.
  func mirror(of record: SocketRecord) -> SocketLife? {
    let key = record.mirrorKey
    let (near, far) = (byEnds[key], byEndsElsewhere[key])
    guard near == nil || far == nil, let id = near ?? far, let life = lives[id], life.record.isMirror(of: record) else {
      return nil
    }
    return life
  }

  /// Whether a connection or listener with the ends of a record has ended since a moment.
  package func hasEnded(_ record: SocketRecord, since moment: UInt64) -> Bool {
    (record.hasPeer || record.state == .listen) && recentEnds[record.endsKey].map { $0 >= moment } ?? false
  }

  private mutating func enter(_ id: UInt64, _ record: SocketRecord) {
    if record.knownCookie != 0 {
      byCookie[record.cookie] = id
    } else if record.canHaveOwner {
      byInode[InodeKey(transport: record.transport, inode: record.inode)] = id
    }
    let isIdentified = record.knownCookie != 0 || record.canHaveOwner
    if record.transport.hasTCPStates ? record.hasPeer : !isIdentified {
      if lives[id]?.place == .elsewhere { byEndsElsewhere[record.endsKey] = id } else { byEnds[record.endsKey] = id }
    }
    guard record.transport.hasTCPStates else { return }
    if record.state == .listen { listeners[record.localPort, default: []].append(id) }
    if record.state == .boundInactive { boundSockets[record.localPort, default: []].append(id) }
  }

  private mutating func leave(_ id: UInt64, _ record: SocketRecord) {
    if record.knownCookie != 0 {
      if byCookie[record.cookie] == id { byCookie[record.cookie] = nil }
    } else if record.canHaveOwner {
      let key = InodeKey(transport: record.transport, inode: record.inode)
      if byInode[key] == id { byInode[key] = nil }
    }
    let key = record.endsKey
    if byEnds[key] == id { byEnds[key] = nil }
    if byEndsElsewhere[key] == id { byEndsElsewhere[key] = nil }
    guard record.transport.hasTCPStates else { return }
    if record.state == .listen { Self.remove(id, from: &listeners, record.localPort) }
    if record.state == .boundInactive { Self.remove(id, from: &boundSockets, record.localPort) }
  }

  private static func remove(_ id: UInt64, from lists: inout [UInt16: [UInt64]], _ port: UInt16) {
    lists[port]?.removeAll { $0 == id }
    if lists[port]?.isEmpty == true { lists[port] = nil }
  }

  // MARK: Scans

  /// Whether every socket of the watched namespace is known that the tracepoint can report: any
  /// other that it reports is of another namespace.
  var knowsOwn: Bool { hasBegun && isTracing && isWhole && lastLoss == nil }

  /// Ends a scan: what ended before it is no longer of interest.
  mutating func endReading(begun: UInt64) {
    hasBegun = true
    seen = []
    recentEnds = begun == .max ? [:] : recentEnds.filter { $0.value >= begun }
  }
}

extension SocketLife {
  /// An event of this life.
  package func event(
    _ kind: SocketEvent.Kind, at time: Timestamp, _ source: EventSource, from: SocketState?, to: SocketState?
  ) -> SocketEvent {
    var event = SocketEvent(kind, at: time, source: source, record: record)
    event.life = id
    event.from = from
    event.to = to
    event.place = place
    event.name = name
    event.owners = owners
    event.attribution = attribution
    event.bytesSent = bytesSent
    event.bytesReceived = bytesReceived
    event.age = wasThere ? nil : firstSeen.microseconds(until: time)
    return event
  }
}

extension Dictionary {
  /// Moves to a smaller table when the present one has space for far more than there is.
  mutating func shrink() {
    guard capacity > 4096, capacity > count * 4 else { return }
    var smaller = Dictionary(minimumCapacity: count + count / 4)
    for (key, value) in self { smaller[key] = value }
    self = smaller
  }
}

extension Array {
  /// Shrinks the storage when it is far larger than its elements need.
  mutating func reserveLess() {
    guard capacity > 4096, capacity > count * 4 else { return }
    var smaller: [Element] = []
    smaller.reserveCapacity(count)
    smaller.append(contentsOf: self)
    self = smaller
  }
}
