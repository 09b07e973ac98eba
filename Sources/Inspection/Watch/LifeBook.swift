public import SocketModel

/// The lives of all sockets that are watched: what is seen of them goes in, events come out.
///
/// It reads nothing itself and knows no clock, so that a series of captures is watched as the live kernel is.
public struct LifeBook: Sendable {
  /// The lives, by number. Those that have ended stay until ``forget(closedBefore:)``.
  public private(set) var lives: [UInt64: SocketLife] = [:]

  private var lastID: UInt64 = 0
  private var hasBegun = false
  /// The living by what tells them apart in a reading.
  private var byIdentity: [Identity: UInt64] = [:]

  /// What tells a socket from all others in one reading, the best that its source tells.
  private enum Identity: Hashable {
    case cookie(UInt64)
    case inode(Transport, UInt64)
    case ends(Ends)

    init(_ record: SocketRecord) {
      if record.known.contains(.cookie), record.cookie != 0 {
        self = .cookie(record.cookie)
      } else if record.canHaveOwner {
        self = .inode(record.transport, record.inode)
      } else {
        self = .ends(Ends(record))
      }
    }
  }

  /// Both ends of a socket.
  private struct Ends: Hashable {
    let transport: Transport
    let family: AddressFamily
    let localBits, remoteBits: UInt128
    let localPort, remotePort: UInt16
    let netns: UInt32

    init(_ record: SocketRecord) {
      transport = record.transport
      family = record.family
      localBits = record.localBits
      remoteBits = record.remoteBits
      localPort = record.localPort
      remotePort = record.remotePort
      netns = record.known.contains(.netns) ? record.netns : 0
    }
  }

  /// Makes a book without lives.
  public init() {}

  /// Takes in a whole reading; what is not in it is gone. The first one is where the watching begins and makes no events.
  public mutating func observe(_ snapshot: Snapshot, at time: Timestamp) -> [SocketEvent] {
    var events: [SocketEvent] = []
    var seen: Set<UInt64> = []
    var strangers: [Int] = []
    for row in snapshot.records.indices {
      if let id = byIdentity[Identity(snapshot.records[row])], seen.insert(id).inserted {
        update(id, snapshot, row, at: time, &events)
      } else {
        strangers.append(row)
      }
    }
    // A mini-socket (SYN_RECV, TIME_WAIT) has another cookie than the socket whose life it begins or ends: the ends tell.
    var left: [Ends: UInt64] = [:]
    if !strangers.isEmpty {
      for (id, life) in lives where life.closed == nil && !seen.contains(id) && life.record.transport.hasTCPStates {
        if life.record.hasPeer { left[Ends(life.record)] = id }
      }
    }
    for row in strangers {
      if let id = left.removeValue(forKey: Ends(snapshot.records[row])) {
        seen.insert(id)
        byIdentity[Identity(lives[id]?.record ?? snapshot.records[row])] = nil
        byIdentity[Identity(snapshot.records[row])] = id
        update(id, snapshot, row, at: time, &events)
      } else {
        seen.insert(begin(snapshot, row, at: time, &events))
      }
    }
    for (id, life) in lives where life.closed == nil && !seen.contains(id) { end(id, at: time, &events) }
    hasBegun = true
    return events
  }

  /// Drops lives that ended before a moment.
  public mutating func forget(closedBefore time: Timestamp) {
    for (id, life) in lives {
      if let closed = life.closed, (closed.seconds, closed.nanoseconds) < (time.seconds, time.nanoseconds) {
        lives[id] = nil
      }
    }
  }

  // MARK: One life

  private mutating func begin(
    _ snapshot: Snapshot, _ row: Int, at time: Timestamp, _ events: inout [SocketEvent]
  ) -> UInt64 {
    lastID += 1
    var life = SocketLife(id: lastID, record: snapshot.records[row], at: time, wasThere: !hasBegun)
    life.take(snapshot, row)
    lives[lastID] = life
    byIdentity[Identity(life.record)] = lastID
    if hasBegun {
      events.append(life.event(.opened, at: time, .difference, from: nil, to: life.record.state))
    }
    return lastID
  }

  private mutating func update(
    _ id: UInt64, _ snapshot: Snapshot, _ row: Int, at time: Timestamp, _ events: inout [SocketEvent]
  ) {
    guard var life = lives[id] else { return }
    let before = life.record.state
    life.take(snapshot, row)
    if life.record.state != before {
      life.history.append(.init(life.record.state, since: time))
      if life.history.count > SocketLife.longestHistory { life.history.removeFirst() }
      events.append(life.event(.changed, at: time, .difference, from: before, to: life.record.state))
    }
    lives[id] = life
  }

  private mutating func end(_ id: UInt64, at time: Timestamp, _ events: inout [SocketEvent]) {
    guard var life = lives[id] else { return }
    life.closed = time
    byIdentity[Identity(life.record)] = nil
    lives[id] = life
    events.append(life.event(.closed, at: time, .difference, from: life.record.state, to: nil))
  }
}

extension SocketLife {
  /// Takes what a reading tells of the socket. Owners that were known stay when the reading knows of none: a TIME_WAIT belongs to
  /// nobody, but its connection did.
  fileprivate mutating func take(_ snapshot: Snapshot, _ row: Int) {
    record = snapshot.records[row]
    record.detailIndex = SocketRecord.noIndex
    record.nameIndex = SocketRecord.noIndex
    name = snapshot.name(at: row)
    detail = snapshot.detail(at: row) ?? detail
    let found = snapshot.owners(at: row)
    guard !found.isEmpty else { return }
    owners = found.map { owner in
      let process = snapshot.process(of: owner)
      var result = EventOwner(pid: owner.pid, name: process.name)
      result.descriptor = owner.descriptor
      result.startTime = process.startTime
      return result
    }
    attribution = .descriptor
  }

  /// An event of this life.
  func event(
    _ kind: SocketEvent.Kind, at time: Timestamp, _ source: EventSource, from: SocketState?, to: SocketState?
  ) -> SocketEvent {
    var event = SocketEvent(kind, at: time, source: source, record: record)
    event.life = id
    event.from = from
    event.to = to
    event.name = name
    event.owners = owners
    event.attribution = attribution
    event.age = wasThere ? nil : firstSeen.microseconds(until: time)
    return event
  }
}

extension Timestamp {
  /// Whole microseconds from this moment to a later one; 0 when that is earlier.
  func microseconds(until end: Timestamp) -> UInt64 {
    let nanoseconds = (end.seconds &- seconds) &* 1_000_000_000 &+ Int64(end.nanoseconds) &- Int64(self.nanoseconds)
    return UInt64(max(0, nanoseconds)) / 1000
  }
}
