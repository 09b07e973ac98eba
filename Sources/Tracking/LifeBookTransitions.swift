package import KernelFormats
package import SocketModel

/// What the tracepoint `sock:inet_sock_set_state` does to the lives.
///
/// The kernel's address distinguishes a socket from the others while it lives. Facts that decide
/// what is done here (`net/ipv4/tcp.c`, `tcp_ipv4.c`, `inet_connection_sock.c`, checked on Linux
/// 6.18):
///
/// - CLOSE -> SYN_SENT comes before the kernel chooses the local port; the next record has it. A
///   socket that connects again, as after a refusal, reports its former port until then.
/// - An accepted connection is a socket of its own, a copy of the listener: its first record is
///   LISTEN -> SYN_RECV, on some kernels with the listener's ends. What a scan showed as SYN_RECV
///   before is a mini-socket of the same connection.
/// - Any -> CLOSE is the last record. From FIN_WAIT2 and CLOSING it may mean that a mini-socket in
///   TIME_WAIT, or in FIN_WAIT2 when the other end has not finished, has taken over; only the
///   kernel's tables show which.
extension LifeBook {
  /// A question to the kernel: what is left of a connection whose socket was destroyed?
  package struct Question: Sendable {
    package let life: UInt64
    /// The event that waits for the answer.
    package let event: Int
    package let record: SocketRecord
    package let source: EventSource
    package let time: Timestamp
  }

  /// Takes in one transition. They come in the order of their times.
  package mutating func take(_ transition: SocketTransition, now: UInt64) {
    let time = wall(transition.time)
    if transition.from == .close {
      guard transition.to != .close else { return }
      open(transition, at: time, now: now)
    } else if transition.from == .listen, transition.to == .synRecv {
      accept(transition, at: time, now: now)
    } else if !step(transition, at: time) {
      let known = known(transition, at: time, now: now) ?? adopt(transition)
      // If several listeners share the port, the notice or the next scan shows which one has ended.
      if known == nil, transition.from == .listen, !unattachedListeners(like: transition).isEmpty { return }
      let id = known ?? begin(unseen: transition, at: time)
      lives[id]?.lastTransition = transition.time
      takeEnds(id, transition)
      attributeClose(id, transition)
      if transition.to == .close {
        conclude(id, at: time, now: now)
      } else {
        change(id, to: transition.to, at: time, .tracepoint)
      }
    }
  }

  /// The usual case, and the one that must be cheap: a known socket with known ends goes on.
  ///
  /// - Returns: whether it was that.
  private mutating func step(_ transition: SocketTransition, at time: Timestamp) -> Bool {
    guard transition.to != .close, transition.to != .listen, let id = byPointer[transition.socket],
      let place = lives.index(forKey: id)
    else { return false }
    var event: SocketEvent?
    var isClose = false
    // Changed in place, so that the life is not copied.
    func step(_ life: inout SocketLife) -> Bool {
      guard life.record.hasEnds(of: transition.record) else { return false }
      isClose = life.lacksCloser(transition)
      if isClose { return true }
      life.lastTransition = transition.time
      let before = life.record.state
      guard before != transition.to else { return true }
      life.pass(to: transition.to, at: time)
      event = life.event(.changed, at: time, .tracepoint, from: before, to: transition.to)
      return true
    }
    let isUsual = step(&lives.values[place])
    if isClose {
      attributeClose(id, transition)
      lives.values[place].lastTransition = transition.time
      change(id, to: transition.to, at: time, .tracepoint)
    }
    if isUsual, !incomplete.isEmpty, let number = incomplete.removeValue(forKey: id) { queue.hold(number, until: 0) }
    if let event { queue.append(event) }
    return isUsual
  }

  /// The process that made the call that a transition is part of; `nil` when it is part of none.
  mutating func actor(of transition: SocketTransition) -> ProcessTable.Actor? {
    transition.isInterrupt ? nil : processes.actor(transition.process, thread: transition.thread)
  }

  // MARK: Beginnings

  /// `connect(2)` or `listen(2)`.
  private mutating func open(_ transition: SocketTransition, at time: Timestamp, now: UInt64) {
    let actor = actor(of: transition)
    // The address belongs to another socket now: the end of the one before was lost.
    if let id = byPointer[transition.socket] { conclude(id, at: time, now: now) }
    var record = transition.record
    let place = place(of: actor, &record)
    if let id = bound(record) {
      let merged = merging(record, into: lives[id]?.record)
      attach(id, transition)
      attribute(id, actor?.owner, transition.to == .listen ? .listen : .connect)
      if let before = lives[id]?.record.state, before != transition.to {
        identify(id, merged)
        move(id, to: transition.to, at: time)
        if let life = lives[id] {
          queue.append(life.event(.changed, at: time, .tracepoint, from: before, to: transition.to))
        }
      }
      noteListener(id)
      return
    }
    if record.hasBothEnds { endRemainder(before: record, at: time, now: now, place: place) }
    let id = begin(record, at: time, wasThere: false, place: place)
    attach(id, transition)
    attribute(id, actor?.owner, transition.to == .listen ? .listen : .connect)
    noteListener(id)
    announce(id, at: time, now: now, isComplete: record.state == .listen)
  }

  /// A connection that a listener took.
  private mutating func accept(_ transition: SocketTransition, at time: Timestamp, now: UInt64) {
    if let id = byPointer[transition.socket] { conclude(id, at: time, now: now) }
    let record = transition.record
    // A scan may have shown the mini-socket of the handshake.
    if let id = life(withEndsOf: record), lives[id]?.record.state == .synRecv, lives[id]?.pointer == 0 {
      attach(id, transition)
      attributeAccepted(id)
      return
    }
    if record.hasBothEnds { endRemainder(before: record, at: time, now: now, place: .unknown) }
    let id = begin(record, at: time, wasThere: false)
    attach(id, transition)
    if record.hasBothEnds { attributeAccepted(id) }
    announce(id, at: time, now: now, isComplete: record.hasBothEnds)
  }

  /// A socket whose beginning was not seen. When all sockets of the watched namespace are known, it
  /// belongs to another namespace; which one is not known.
  private mutating func begin(unseen transition: SocketTransition, at time: Timestamp) -> UInt64 {
    var record = transition.record
    record.state = transition.from
    let isStranger = knowsOwn && record.transport == .tcp && life(withEndsOf: record) == nil
    let id = begin(record, at: time, wasThere: true, place: isStranger ? .elsewhere : .unknown)
    attach(id, transition)
    return id
  }

  /// Makes the event of a beginning. Until the ends are known it waits for a little.
  private mutating func announce(_ id: UInt64, at time: Timestamp, now: UInt64, isComplete: Bool) {
    guard let life = lives[id] else { return }
    let event = life.event(.opened, at: time, .tracepoint, from: nil, to: life.record.state)
    let number = queue.append(event, deadline: isComplete ? 0 : now &+ patience)
    if !isComplete { incomplete[id] = number }
  }

  private mutating func attach(_ id: UInt64, _ transition: SocketTransition) {
    lives[id]?.pointer = transition.socket
    lives[id]?.lastTransition = transition.time
    byPointer[transition.socket] = id
  }

  /// Where a socket is that a process has just used; the namespace is also entered in its record.
  private func place(of actor: ProcessTable.Actor?, _ record: inout SocketRecord) -> SocketLife.Place {
    guard let netns = actor?.netns, let own = ownNamespace else { return .unknown }
    record.netns = netns
    record.known.insert(.netns)
    return netns == own ? .likelyHere : .elsewhere
  }

  // MARK: Finding the life

  /// The life that the address belongs to.
  private mutating func known(_ transition: SocketTransition, at time: Timestamp, now: UInt64) -> UInt64? {
    guard let id = byPointer[transition.socket], let record = lives[id]?.record else { return nil }
    guard record.hasBothEnds, transition.record.hasBothEnds, !record.hasEnds(of: transition.record) else { return id }
    // The port has been chosen by now, unless a scan has reported it before.
    if transition.from == .synSent, record.state == .synSent, record.hasPeer(of: transition.record),
      record.knownCookie == 0, !record.canHaveOwner, life(withEndsOf: transition.record) == nil
    {
      return id
    }
    // Another socket has the address now: the end of the former one, and the beginning of this one,
    // were lost.
    conclude(id, at: time, now: now)
    return nil
  }

  /// The life of a socket that scans have shown and the tracepoint reports for the first time.
  private mutating func adopt(_ transition: SocketTransition) -> UInt64? {
    let record = transition.record
    var found: UInt64?
    if transition.from == .listen {
      let open = unattachedListeners(like: transition)
      found = open.count == 1 ? open.first : nil
    } else if let id = life(withEndsOf: record), let life = lives[id], life.pointer == 0,
      life.record.state == transition.from || life.record.state == transition.to
    {
      found = id
    }
    if let found { attach(found, transition) }
    return found
  }

  /// The listeners that the tracepoint has not reported yet, with the local end of a transition and
  /// in the namespace of its process.
  private mutating func unattachedListeners(like transition: SocketTransition) -> [UInt64] {
    let record = transition.record
    let netns = actor(of: transition)?.netns
    return (listeners[record.localPort] ?? []).filter { id in
      guard let life = lives[id], life.pointer == 0 else { return false }
      return life.record.localBits == record.localBits && life.record.family == record.family
        && life.record.transport == record.transport && (netns == nil || namespace(of: life) == netns)
    }
  }

  /// The life of a socket that was bound to its port before, when only one matches.
  private func bound(_ record: SocketRecord) -> UInt64? {
    guard record.localPort != 0, let candidates = boundSockets[record.localPort] else { return nil }
    let open = candidates.filter { id in
      guard let life = lives[id], life.pointer == 0 else { return false }
      return life.record.family == record.family && life.record.transport == record.transport
        && (life.record.localBits == record.localBits || life.record.localBits == 0)
    }
    return open.count == 1 ? open.first : nil
  }

  // MARK: Ends and endings

  /// Takes over the ends that a later record reports.
  private mutating func takeEnds(_ id: UInt64, _ transition: SocketTransition) {
    guard let old = lives[id]?.record else { return }
    let record = transition.record
    // When a connection is given up, the kernel has already cleared its ends; those of a refused
    // one still show the port that it had.
    let isRefused = transition.from == .synSent && incomplete[id] != nil && old.hasPeer(of: record)
    guard !old.hasEnds(of: record), record.localPort != 0,
      record.state != .close || !old.hasBothEnds || isRefused
    else {
      if let number = incomplete.removeValue(forKey: id) { queue.hold(number, until: 0) }
      return
    }
    if record.hasBothEnds {
      let place = lives[id]?.place ?? .unknown
      endRemainder(before: record, at: wall(transition.time), now: transition.time, place: place)
    }
    identify(id, merging(record, into: old))
    if let number = incomplete.removeValue(forKey: id) {
      if old.state == .synRecv { attributeAccepted(id) }
      complete(id, number)
    }
  }

  /// Completes the event of a beginning with what has become known, and lets the event go.
  package mutating func complete(_ id: UInt64, _ number: Int) {
    guard let life = lives[id] else { return }
    queue.update(number) { event in
      let state = event.record.state
      event.record = life.record
      event.record.state = state
      event.place = life.place
      if event.owners.isEmpty {
        event.owners = life.owners
        event.attribution = life.attribution
      }
    }
    queue.hold(number, until: 0)
  }

  /// What was known of a socket, with the ends that a transition reports.
  private func merging(_ new: SocketRecord, into old: SocketRecord?) -> SocketRecord {
    guard var record = old else { return new }
    record.localBits = new.localBits
    record.remoteBits = new.remoteBits
    record.localPort = new.localPort
    record.remotePort = new.remotePort
    return record
  }

  /// Ends the TIME_WAIT whose ports a new connection uses.
  private mutating func endRemainder(
    before record: SocketRecord, at time: Timestamp, now: UInt64, place: SocketLife.Place
  ) {
    guard place != .elsewhere, let id = life(withEndsOf: record), lives[id]?.record.isRemainder == true else { return }
    end(id, at: time, .tracepoint, now: now)
  }

  /// The socket is destroyed, even if its last transition was lost: that is the end, unless a
  /// mini-socket has taken over.
  private mutating func conclude(_ id: UInt64, at time: Timestamp, now: UInt64) {
    guard let life = lives[id] else { return }
    byPointer[life.pointer] = nil
    lives[id]?.pointer = 0
    let isElsewhere = life.place == .elsewhere
    if [.finWait1, .finWait2, .closing].contains(life.record.state), !isElsewhere, life.record.transport == .tcp,
      life.record.hasBothEnds
    {
      let event = life.event(.closed, at: time, .tracepoint, from: life.record.state, to: nil)
      let number = queue.append(event, deadline: .max)
      questions.append(Question(life: id, event: number, record: life.record, source: .tracepoint, time: time))
      return
    }
    let awaits = hasNotices && !isElsewhere && life.record.transport == .tcp
    let number = end(id, at: time, .tracepoint, now: now, deadline: awaits ? now &+ patience : 0)
    if awaits, let number { expectNotice(of: life.record, id, number, now: now) }
  }

  /// Takes in the kernel's answer to a question: the mini-socket, or that there is none.
  package mutating func answer(_ question: Question, _ found: SocketRecord?, now: UInt64) {
    guard let life = lives[question.life], !life.isClosed else {
      queue.hold(question.event, until: 0)
      return
    }
    if let found, found.isRemainder {
      var record = found
      record.detailIndex = SocketRecord.noIndex
      let before = life.record.state
      record.state = before
      identify(question.life, record)
      lives[question.life]?.place = .here
      if found.state == before {
        postpone(question, now: now)
        return
      }
      move(question.life, to: found.state, at: question.time)
      let merged = lives[question.life]?.record
      queue.update(question.event) { event in
        event.kind = .changed
        event.to = found.state
        event.place = .here
        if let merged { event.record = merged }
      }
    } else {
      close(question.life, at: question.time, now: now)
    }
    if hasNotices, question.source == .tracepoint {
      queue.hold(question.event, until: now &+ patience)
      expectNotice(of: question.record, question.life, question.event, now: now)
    } else {
      queue.hold(question.event, until: 0)
    }
  }

  /// Leaves it to the next scan what is left of a connection: that shows its TIME_WAIT, or its end.
  mutating func postpone(_ question: Question, now: UInt64) {
    queue.drop(question.event)
    // The figures of its notice are reported with the events to come.
    if hasNotices, question.source == .tracepoint {
      expectNotice(of: question.record, question.life, question.event, now: now)
    }
  }

  /// Notes that transitions were lost. What was missed shows in the next scan, within what that
  /// covers.
  package mutating func miss(_ count: UInt64?, _ source: EventSource, at time: Timestamp) {
    var event = SocketEvent(
      .missed, at: time, source: source, record: SocketRecord(transport: .tcp, family: .ipv4, state: .close))
    event.missed = count
    queue.append(event)
    if source == .tracepoint { lastLoss = time }
  }
}
