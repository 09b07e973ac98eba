import SocketModel

/// The notices of destroyed sockets that are expected, those that came before they were expected,
/// and those that no longer need reporting.
struct PendingNotices: Sendable {
  /// An event that a notice will add to.
  struct Expectation: Sendable {
    let socket: UInt64
    let event: Int
    /// The cookie; 0 when it is not known.
    let cookie: UInt64
    /// Until when the event waits, in nanoseconds of the monotonic clock.
    let deadline: UInt64
  }

  private var expected: [UInt64: [Expectation]] = [:]
  private var early: [UInt64: [(notice: DestroyNotice, deadline: UInt64)]] = [:]
  /// When expectations and early notices expire.
  private var deadlines: [(key: UInt64, deadline: UInt64)] = []
  /// The cookies of sockets that ended, and when; all are in the watched namespace, as notices are.
  private var ended: [UInt64: UInt64] = [:]
  private var endedOrder: [UInt64] = []

  /// How many ended sockets are remembered whose notice may still come: a process may keep one open
  /// for a long time.
  static let memory = 8192

  /// Notes that a tracked socket has ended.
  mutating func noteEnd(of cookie: UInt64, at moment: UInt64) {
    if ended.updateValue(moment, forKey: cookie) == nil { endedOrder.append(cookie) }
    if endedOrder.count > Self.memory * 2 {
      for old in endedOrder.prefix(Self.memory) { ended[old] = nil }
      endedOrder.removeFirst(Self.memory)
    }
  }

  /// Whether the tracked socket with the cookie has ended, at a moment or later.
  func hasEnded(_ cookie: UInt64, since moment: UInt64 = 0) -> Bool {
    cookie != 0 && ended[cookie].map { $0 >= moment } ?? false
  }

  /// Expects the notice of a socket.
  ///
  /// - Returns: the notice, when it has come already.
  mutating func expect(_ expectation: Expectation, of record: SocketRecord) -> DestroyNotice? {
    let key = record.ends.key
    if let notice = takeEarly(key) { return notice }
    expected[key, default: []].append(expectation)
    deadlines.append((key, expectation.deadline))
    return nil
  }

  /// Takes the expectation that a notice fulfils; `nil` when there is none.
  mutating func takeExpectation(_ record: SocketRecord) -> Expectation? {
    let key = record.ends.key
    let index = expected[key]?.firstIndex { $0.cookie == 0 || record.cookie == 0 || $0.cookie == record.cookie }
    guard let index else { return nil }
    let found = expected[key]?.remove(at: index)
    if expected[key]?.isEmpty == true { expected[key] = nil }
    return found
  }

  /// Keeps a notice whose socket is not known to have ended yet.
  mutating func keep(_ notice: DestroyNotice, until deadline: UInt64) {
    let key = notice.record.ends.key
    early[key, default: []].append((notice, deadline))
    deadlines.append((key, deadline))
  }

  private mutating func takeEarly(_ key: UInt64) -> DestroyNotice? {
    guard let found = early[key]?.removeFirst() else { return nil }
    if early[key]?.isEmpty == true { early[key] = nil }
    return found.notice
  }

  /// Drops what has waited long enough.
  mutating func forget(at now: UInt64) {
    var count = 0
    while count < deadlines.count, deadlines[count].deadline <= now {
      let key = deadlines[count].key
      expected[key]?.removeAll { $0.deadline <= now }
      if expected[key]?.isEmpty == true { expected[key] = nil }
      early[key]?.removeAll { $0.deadline <= now }
      if early[key]?.isEmpty == true { early[key] = nil }
      count += 1
    }
    if count > 0 { deadlines.removeFirst(count) }
  }

  /// Frees the memory that a burst needed.
  mutating func shrink() {
    expected.shrink()
    early.shrink()
    ended.shrink()
    deadlines.shrink()
  }
}
