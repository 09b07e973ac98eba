import KernelFormats
import SocketModel

/// Applies the transitions of the tracepoint `sock:inet_sock_set_state` to the tracked sockets.
///
/// The kernel's address distinguishes a socket from the others while it exists. These facts decide
/// what is done here (`net/ipv4/tcp.c`, `tcp_ipv4.c`, `inet_connection_sock.c`, checked on Linux
/// 6.18):
///
/// - CLOSE -> SYN_SENT comes before the kernel chooses the local port; the next record has it. A
///   socket that connects again, for example after a refusal, reports its former port until then.
/// - An accepted connection is a separate socket, a copy of the listener: its first record is
///   LISTEN -> SYN_RECV, on some kernels with the listener's ends. What a scan showed as SYN_RECV
///   before is a mini-socket of the same connection.
/// - Any -> CLOSE is the last record. From FIN_WAIT2 and CLOSING it may mean that a mini-socket in
///   TIME_WAIT, or in FIN_WAIT2 when the other end has not finished, has taken over; only the
///   kernel's tables show which.
extension SocketTracker {
  /// Applies one transition. They come in order of time.
  mutating func ingest(_ transition: SocketTransition) {
    let moment = moment(transition.time)
    if transition.from == .close {
      guard transition.to != .close else { return }
      open(transition, at: moment)
    } else if transition.from == .listen, transition.to == .synRecv {
      accept(transition, at: moment)
    } else if !step(transition, at: moment.time) {
      let known = known(transition, at: moment) ?? adopt(transition)
      // If several listeners share the port, the notice or the next scan shows which one has ended.
      if known == nil, transition.from == .listen, !unattachedListeners(like: transition).isEmpty { return }
      let id = known ?? begin(unseen: transition, at: moment.time)
      tracked.update(id) { $0.lastTransition = transition.time }
      takeEnds(id, transition, at: moment)
      attributeClose(id, transition)
      if transition.to == .close {
        conclude(id, at: moment)
      } else {
        change(id, to: transition.to, at: moment.time, .tracepoint)
      }
    }
  }

  /// Notes that records were lost. What was missed shows in the next scan, as far as that reaches.
  mutating func noteLoss(_ count: UInt64?, of source: EventSource, at moment: Moment) {
    var event = SocketEvent(
      .missed, at: moment.time, source: source,
      record: SocketRecord(transport: .tcp, family: .ipv4, state: .close))
    event.missed = count
    queue.append(event)
    if source == .tracepoint { coverage.noteLoss(at: moment.time) }
  }

  /// What a transition means for a known socket.
  private enum Step {
    /// A step of a socket whose ends are known.
    case usual
    /// The same, and it shows which process closes the socket.
    case byCloser
    /// Anything else.
    case other
  }

  /// Handles the usual case, which must be cheap: a known socket with known ends changes its state.
  ///
  /// - Returns: whether it was that case.
  private mutating func step(_ transition: SocketTransition, at time: Timestamp) -> Bool {
    guard transition.to != .close, transition.to != .listen, let id = tracked.id(at: transition.socket) else {
      return false
    }
    var event: SocketEvent?
    let step = tracked.update(id) { (socket: inout TrackedSocket) -> Step in
      guard socket.record.hasEnds(of: transition.record) else { return .other }
      if socket.lacksCloser(transition) { return .byCloser }
      socket.lastTransition = transition.time
      let before = socket.record.state
      guard before != transition.to else { return .usual }
      socket.enter(transition.to, at: time)
      event = socket.event(.changed, at: time, .tracepoint, from: before, to: transition.to)
      return .usual
    }
    guard let step, step != .other else { return false }
    if step == .byCloser {
      attributeClose(id, transition)
      tracked.update(id) { $0.lastTransition = transition.time }
      change(id, to: transition.to, at: time, .tracepoint)
    }
    release(id)
    if let event { queue.append(event) }
    return true
  }

  /// The process that made the call that a transition is part of; `nil` when it is not part of a
  /// call.
  mutating func actor(of transition: SocketTransition) -> ProcessTable.Actor? {
    transition.isInterrupt ? nil : processes.actor(transition.process, thread: transition.thread)
  }

  // MARK: Beginnings

  /// Handles `connect(2)` or `listen(2)`.
  private mutating func open(_ transition: SocketTransition, at moment: Moment) {
    let actor = actor(of: transition)
    let call = transition.to == .listen ? Attribution.listen : .connect
    // The address belongs to another socket now: the end of the former one was lost.
    if let id = tracked.id(at: transition.socket) { conclude(id, at: moment) }
    var record = transition.record
    let scope = place(&record, with: actor)
    if let id = bound(record) {
      let merged = tracked.record(id)?.merged(withEndsOf: record) ?? record
      tracked.attach(id, to: transition.socket, at: transition.time)
      attribute(id, actor?.owner, call)
      if let before = tracked.record(id)?.state, before != transition.to {
        tracked.identify(id, merged)
        change(id, to: transition.to, at: moment.time, .tracepoint)
      }
      noteListener(id)
      return
    }
    if record.hasBothEnds { endRemainder(before: record, at: moment, scope: scope) }
    let id = tracked.begin(record, at: moment.time, wasThere: false, scope: scope)
    tracked.attach(id, to: transition.socket, at: transition.time)
    attribute(id, actor?.owner, call)
    noteListener(id)
    announce(id, at: moment, isComplete: record.state == .listen)
  }

  /// Handles a connection that a listener took.
  private mutating func accept(_ transition: SocketTransition, at moment: Moment) {
    if let id = tracked.id(at: transition.socket) { conclude(id, at: moment) }
    let record = transition.record
    // A scan may have shown the mini-socket of the handshake.
    if let id = tracked.id(withEndsOf: record), let socket = tracked[id], socket.record.state == .synRecv,
      socket.pointer == 0
    {
      tracked.attach(id, to: transition.socket, at: transition.time)
      attributeAccepted(id)
      return
    }
    if record.hasBothEnds { endRemainder(before: record, at: moment, scope: .unknown) }
    let id = tracked.begin(record, at: moment.time, wasThere: false)
    tracked.attach(id, to: transition.socket, at: transition.time)
    if record.hasBothEnds { attributeAccepted(id) }
    announce(id, at: moment, isComplete: record.hasBothEnds)
  }

  /// Handles a socket whose beginning was not seen. When all sockets of the watched namespace are
  /// known, it belongs to another, unknown namespace.
  private mutating func begin(unseen transition: SocketTransition, at time: Timestamp) -> UInt64 {
    var record = transition.record
    record.state = transition.from
    let isStranger =
      setup.isTracing && coverage.isGapless && record.transport == .tcp && tracked.id(withEndsOf: record) == nil
    let id = tracked.begin(record, at: time, wasThere: true, scope: isStranger ? .other : .unknown)
    tracked.attach(id, to: transition.socket, at: transition.time)
    return id
  }

  /// Makes the event of an opening, which waits a little until the ends are known.
  private mutating func announce(_ id: UInt64, at moment: Moment, isComplete: Bool) {
    guard let socket = tracked[id] else { return }
    let event = socket.event(.opened, at: moment.time, .tracepoint, from: nil, to: socket.record.state)
    let number = queue.append(event, deadline: isComplete ? 0 : moment.monotonic &+ setup.patience)
    if !isComplete { openings.add(id, event: number) }
  }

  /// Decides in which namespace a socket is that a process has just used; also sets it in the
  /// record.
  private func place(_ record: inout SocketRecord, with actor: ProcessTable.Actor?) -> NamespaceScope {
    guard let namespace = actor?.namespace, let own = setup.ownNamespace else { return .unknown }
    record.networkNamespace = namespace
    return namespace == own ? .likelyWatched : .other
  }

  // MARK: Finding the socket

  /// The socket that the address belongs to.
  private mutating func known(_ transition: SocketTransition, at moment: Moment) -> UInt64? {
    guard let id = tracked.id(at: transition.socket), let record = tracked.record(id) else { return nil }
    guard record.hasBothEnds, transition.record.hasBothEnds, !record.hasEnds(of: transition.record) else { return id }
    // The port has been chosen by now, unless a scan has reported it before.
    if transition.from == .synSent, record.state == .synSent, record.hasPeer(of: transition.record),
      record.identity == nil, tracked.id(withEndsOf: transition.record) == nil
    {
      return id
    }
    // Another socket has the address now: the end of the former one, and the beginning of this one,
    // were lost.
    conclude(id, at: moment)
    return nil
  }

  /// Finds a socket that scans have shown and the tracepoint reports for the first time.
  private mutating func adopt(_ transition: SocketTransition) -> UInt64? {
    let record = transition.record
    var found: UInt64?
    if transition.from == .listen {
      let open = unattachedListeners(like: transition)
      found = open.count == 1 ? open.first : nil
    } else if let id = tracked.id(withEndsOf: record), let socket = tracked[id], socket.pointer == 0,
      socket.record.state == transition.from || socket.record.state == transition.to
    {
      found = id
    }
    if let found { tracked.attach(found, to: transition.socket, at: transition.time) }
    return found
  }

  /// The listeners that the tracepoint has not reported yet, with the local end of a transition and
  /// in the namespace of its process.
  private mutating func unattachedListeners(like transition: SocketTransition) -> [UInt64] {
    let record = transition.record
    let namespace = actor(of: transition)?.namespace.map { tracked.namespace($0) }
    return tracked.listeners(at: record.localPort).filter { id in
      guard let socket = tracked[id], socket.pointer == 0 else { return false }
      return socket.record.localBits == record.localBits && socket.record.family == record.family
        && socket.record.transport == record.transport
        && (namespace == nil || tracked.namespace(of: socket) == namespace)
    }
  }

  /// The socket that was bound to the port before, when only one matches.
  private func bound(_ record: SocketRecord) -> UInt64? {
    guard record.localPort != 0 else { return nil }
    let open = tracked.boundSockets(at: record.localPort).filter { id in
      guard let socket = tracked[id], socket.pointer == 0 else { return false }
      return socket.record.family == record.family && socket.record.transport == record.transport
        && (socket.record.localBits == record.localBits || socket.record.localBits == 0)
    }
    return open.count == 1 ? open.first : nil
  }

  // MARK: Addresses, ports and endings

  /// Takes over the ends that a later record reports.
  private mutating func takeEnds(_ id: UInt64, _ transition: SocketTransition, at moment: Moment) {
    guard let socket = tracked[id] else { return }
    let (old, record) = (socket.record, transition.record)
    // When a connection is given up, the kernel has already cleared its ends; those of a refused
    // one still show the port that it had.
    let isRefused = transition.from == .synSent && openings.contains(id) && old.hasPeer(of: record)
    guard !old.hasEnds(of: record), record.localPort != 0,
      record.state != .close || !old.hasBothEnds || isRefused
    else {
      release(id)
      return
    }
    if record.hasBothEnds { endRemainder(before: record, at: moment, scope: socket.scope) }
    tracked.identify(id, old.merged(withEndsOf: record))
    guard openings.contains(id) else { return }
    if old.state == .synRecv { attributeAccepted(id) }
    completeOpening(id)
  }

  /// Ends the TIME_WAIT whose ports a new connection uses.
  private mutating func endRemainder(before record: SocketRecord, at moment: Moment, scope: NamespaceScope) {
    guard scope != .other, let id = tracked.id(withEndsOf: record), tracked.record(id)?.isRemainder == true else {
      return
    }
    end(id, at: moment, .tracepoint)
  }

  /// Handles that a socket is destroyed, even if its last transition was lost: it has ended, unless
  /// a mini-socket has taken over.
  private mutating func conclude(_ id: UInt64, at moment: Moment) {
    tracked.detach(id)
    guard let socket = tracked[id] else { return }
    let record = socket.record
    let isOther = socket.scope == .other
    if [.finWait1, .finWait2, .closing].contains(record.state), !isOther, record.transport == .tcp, record.hasBothEnds {
      let event = socket.event(.closed, at: moment.time, .tracepoint, from: record.state, to: nil)
      let number = queue.append(event, deadline: .max)
      ask(about: record, id, event: number, .tracepoint, at: moment.time)
      return
    }
    let awaits = awaitsNotice(socket) && !isOther
    let deadline = awaits ? moment.monotonic &+ setup.patience : 0
    let number = end(id, at: moment, .tracepoint, deadline: deadline)
    if awaits, let number { expectNotice(of: record, id, event: number, now: moment.monotonic) }
  }
}

extension SocketRecord {
  /// The record, with the addresses and ports that a later record reports.
  fileprivate func merged(withEndsOf other: SocketRecord) -> SocketRecord {
    var record = self
    record.localBits = other.localBits
    record.remoteBits = other.remoteBits
    record.localPort = other.localPort
    record.remotePort = other.remotePort
    return record
  }
}
