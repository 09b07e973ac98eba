import KernelFormats
import SocketModel

/// A notice that a TCP or UDP socket of this network namespace was destroyed.
struct DestroyNotice: Sendable {
  /// The socket; its state is CLOSE, whatever it was before.
  let record: SocketRecord
  /// What it sent that was acknowledged, in bytes, and what it received.
  let bytesSent: UInt64?
  let bytesReceived: UInt64?

  /// Makes a notice of a record and the figures that came with it.
  init(_ record: SocketRecord, _ metrics: TCPMetrics?) {
    self.record = record
    // The kernel counts SYN and FIN among the acknowledged bytes, but not among the sent ones.
    let acknowledged = metrics?[.bytesAcked]
    let once = metrics?[.bytesSent].map { $0 &- min($0, metrics?[.bytesRetransmitted] ?? 0) }
    bytesSent = acknowledged.map { min($0, once ?? $0) }
    bytesReceived = metrics?[.bytesReceived]
  }
}

/// Which notices are expected, which came before they were expected, and which no longer need
/// reporting.
struct NoticeBoard: Sendable {
  /// An event that a notice will add to.
  struct Expectation: Sendable {
    let life: UInt64
    let event: Int
    let cookie: UInt64
    let deadline: UInt64
  }

  private var expected: [UInt64: [Expectation]] = [:]
  private var early: [UInt64: [(notice: DestroyNotice, deadline: UInt64)]] = [:]
  /// When expectations and early notices expire.
  private var deadlines: [(key: UInt64, deadline: UInt64)] = []
  private var ended: [UInt64: UInt64] = [:]
  private var endedOrder: [UInt64] = []

  /// How many ended sockets are remembered whose notice may still come: a process may keep one open for long.
  static let memory = 8192

  /// Notes that a life has ended.
  mutating func noteEnd(of cookie: UInt64, at moment: UInt64) {
    if ended.updateValue(moment, forKey: cookie) == nil { endedOrder.append(cookie) }
    if endedOrder.count > Self.memory * 2 {
      for old in endedOrder.prefix(Self.memory) { ended[old] = nil }
      endedOrder.removeFirst(Self.memory)
    }
  }

  /// Frees the memory that a burst took.
  mutating func tidy() {
    expected.shrink()
    early.shrink()
    ended.shrink()
    deadlines.reserveLess()
  }

  /// Whether the life with the cookie has ended, at a moment or later.
  func hasEnded(_ cookie: UInt64, since moment: UInt64 = 0) -> Bool {
    cookie != 0 && ended[cookie].map { $0 >= moment } ?? false
  }

  /// Expects a notice for a socket with the ends.
  mutating func expect(_ expectation: Expectation, key: UInt64) {
    expected[key, default: []].append(expectation)
    deadlines.append((key, expectation.deadline))
  }

  /// The expectation that a notice fulfils.
  mutating func takeExpectation(_ record: SocketRecord) -> Expectation? {
    let key = record.endsKey
    let index = expected[key]?.firstIndex { $0.cookie == 0 || record.cookie == 0 || $0.cookie == record.cookie }
    guard let index else { return nil }
    let found = expected[key]?.remove(at: index)
    if expected[key]?.isEmpty == true { expected[key] = nil }
    return found
  }

  /// Keeps a notice whose socket is not known to have ended yet.
  mutating func keep(_ notice: DestroyNotice, until deadline: UInt64) {
    let key = notice.record.endsKey
    early[key, default: []].append((notice, deadline))
    deadlines.append((key, deadline))
  }

  /// The kept notice of a socket.
  mutating func takeEarly(_ record: SocketRecord) -> DestroyNotice? {
    let key = record.endsKey
    guard let found = early[key]?.removeFirst() else { return nil }
    if early[key]?.isEmpty == true { early[key] = nil }
    return found.notice
  }

  /// Gives up what has waited long enough.
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
}

/// What notices of destroyed sockets do to the lives.
extension LifeBook {
  /// Takes in a notice.
  mutating func take(_ notice: DestroyNotice, at time: Timestamp, now: UInt64) {
    let record = notice.record
    // Without a port it never was bound or connected.
    guard record.localPort != 0 else { return }
    guard record.transport.hasTCPStates else { return end(notice.record, at: time, now: now) }
    if let expectation = notices.takeExpectation(record) {
      settle(expectation, notice)
      return
    }
    let id = life(identifiedBy: record)
    if isTracing, let id, let life = lives[id], life.pointer == 0,
      [.boundInactive, .listen].contains(life.record.state)
    {
      end(id, at: time, .destroyNotice, now: now)
    } else if isTracing {
      // Its last transition has not been reported yet, or was long ago.
      if !notices.hasEnded(record.cookie) { notices.keep(notice, until: now &+ patience) }
    } else if !notices.hasEnded(record.cookie) || id != nil {
      close(id, notice, at: time, now: now)
    }
  }

  /// The end of a UDP socket. For one that no scan has shown, nothing else is ever reported.
  private mutating func end(_ record: SocketRecord, at time: Timestamp, now: UInt64) {
    guard !notices.hasEnded(record.knownCookie) else { return }
    let known = life(identifiedBy: record) ?? unnamed(record)
    let id = known ?? begin(record, at: time, wasThere: true, place: .here)
    lives[id]?.lastTransition = now
    guard known == nil else {
      end(id, at: time, .destroyNotice, now: now)
      return
    }
    if let life = lives[id] { queue.append(life.event(.closed, at: time, .destroyNotice, from: nil, to: nil)) }
    close(id, at: time, now: now)
  }

  /// Only the notice reports the end.
  private mutating func close(_ known: UInt64?, _ notice: DestroyNotice, at time: Timestamp, now: UInt64) {
    let known = known ?? unnamed(notice.record)
    let wasSeen = known != nil
    let id = known ?? begin(notice.record, at: time, wasThere: true)
    if !wasSeen {
      lives[id]?.place = .here
      attributeAccepted(id)
    }
    // A scan that began before cannot show this end.
    lives[id]?.lastTransition = now
    lives[id]?.take(notice)
    guard let life = lives[id] else { return }
    let event = life.event(
      .closed, at: time, .destroyNotice, from: wasSeen ? life.record.state : nil, to: nil)
    let isConnection = notice.record.hasBothEnds
    let number = queue.append(event, deadline: isConnection ? .max : 0)
    if isConnection {
      var record = life.record
      // The kernel is asked for the ends that it reported last.
      record.localBits = notice.record.localBits
      record.interface = notice.record.interface
      if record.interface != 0 { record.known.insert(.interface) }
      questions.append(Question(life: id, event: number, record: record, source: .destroyNotice, time: time))
    } else {
      close(id, at: time, now: now)
    }
  }

  /// The life with the ends of a record and without a cookie: from the tables of /proc.
  private func unnamed(_ record: SocketRecord) -> UInt64? {
    guard let id = life(withEndsOf: record), let life = lives[id], life.record.knownCookie == 0 else { return nil }
    return id
  }

  /// Expects the notice of a socket that was destroyed.
  mutating func expectNotice(of record: SocketRecord, _ life: UInt64, _ event: Int, now: UInt64) {
    let expectation = NoticeBoard.Expectation(
      life: life, event: event, cookie: record.knownCookie, deadline: now &+ patience)
    if let notice = notices.takeEarly(record) {
      settle(expectation, notice)
    } else {
      notices.expect(expectation, key: record.endsKey)
    }
  }

  /// Adds the content of its notice to an event.
  private mutating func settle(_ expectation: NoticeBoard.Expectation, _ notice: DestroyNotice) {
    lives[expectation.life]?.take(notice)
    let life = lives[expectation.life]
    queue.update(expectation.event) { event in
      event.bytesSent = life?.bytesSent
      event.bytesReceived = life?.bytesReceived
      event.place = .here
      if notice.record.known.contains(.netns) {
        event.record.netns = notice.record.netns
        event.record.known.insert(.netns)
      }
    }
    queue.hold(expectation.event, until: 0)
    lives[expectation.life]?.place = .here
  }
}

extension SocketLife {
  /// Takes in the figures of a notice. A FIN that the socket is known to have received counts among
  /// the kernel's received bytes.
  fileprivate mutating func take(_ notice: DestroyNotice) {
    // A listener carries no bytes.
    guard notice.record.remotePort != 0, ![.listen, .boundInactive].contains(record.state) else { return }
    bytesSent = notice.bytesSent
    bytesReceived = notice.bytesReceived.map { hasFinish && $0 > 0 ? $0 - 1 : $0 }
  }

  /// Whether it was in a state that only a FIN of the other end leads to while the socket exists.
  /// TIME_WAIT is not one of them: the mini-socket may have received the FIN.
  fileprivate var hasFinish: Bool {
    hasPassed(SocketStateSet([.closeWait, .lastAck, .closing]))
  }
}
