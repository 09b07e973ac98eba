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
      var known = known(transition, at: moment)
      if known == nil {
        switch adopt(transition) {
        case .none: break
        case .one(let id): known = id
        // If several listeners share the port, or equal connections are in several namespaces, the
        // notice or the next scan shows which one it is about.
        case .several: return
        }
      }
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
    // A scan may have shown the mini-socket of the handshake; of several, the next scan shows which
    // one it is.
    let handshakes = tracked.ids(withEndsOf: record).filter { id in
      tracked[id].map { $0.record.state == .synRecv && $0.pointer == 0 && mayBeScanned($0) } ?? false
    }
    if let id = handshakes.first {
      guard handshakes.count == 1 else { return }
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

  /// The sockets that a transition can be about.
  private enum Adoption {
    case none
    case one(UInt64)
    case several
  }

  /// Finds a socket that scans have shown and the tracepoint reports for the first time.
  ///
  /// Of equal connections in several namespaces it is the one of the process that closes it, or of
  /// that process's namespace; in an interrupt nothing tells them apart.
  private mutating func adopt(_ transition: SocketTransition) -> Adoption {
    let record = transition.record
    var found: [UInt64]
    if transition.from == .listen {
      found = unattachedListeners(like: transition)
    } else {
      let open = tracked.ids(withEndsOf: record).filter { id in
        tracked[id].map { $0.pointer == 0 && !$0.record.isRemainder } ?? false
      }
      found = open.filter { id in
        tracked.record(id).map { $0.state == transition.from || $0.state == transition.to } ?? false
      }
      // It may be one of which an earlier transition was left to the next scan.
      if found.isEmpty, setup.coversAllNamespaces { found = open }
      if setup.coversAllNamespaces, !found.isEmpty, transition.isOfCloser, let actor = actor(of: transition) {
        let own = found.filter { id in tracked[id]?.owners.contains { $0.pid == actor.owner.first?.pid } ?? false }
        let near = found.filter { tracked.record($0)?.networkNamespace == actor.namespace }
        // One of another process and namespace is hardly the one that it closes.
        if own.count == 1 { found = own } else if near.count == 1 { found = near } else { return .several }
      }
      // In the scanned namespace alone there is one of them.
      if found.count > 1, !setup.coversAllNamespaces, let id = tracked.id(withEndsOf: record), found.contains(id) {
        found = [id]
      }
    }
    guard let id = found.first else { return .none }
    guard found.count == 1 else { return .several }
    tracked.attach(id, to: transition.socket, at: transition.time)
    return .one(id)
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
      if let own = socket.record.networkNamespace, own != record.networkNamespace ?? own { return false }
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
    let merged = old.merged(withEndsOf: record)
    if record.hasBothEnds { endRemainder(before: merged, at: moment, scope: socket.scope) }
    tracked.identify(id, merged)
    guard openings.contains(id) else { return }
    if old.state == .synRecv { attributeAccepted(id) }
    completeOpening(id)
  }

  /// Ends the TIME_WAIT whose ports a new connection uses. With all namespaces scanned it must be in
  /// that of the connection; where that is not known, the next scan shows the end.
  private mutating func endRemainder(before record: SocketRecord, at moment: Moment, scope: NamespaceScope) {
    guard setup.coversAllNamespaces ? record.networkNamespace != nil : scope != .other,
      let id = tracked.id(withEndsOf: record), let remainder = tracked.record(id), remainder.isRemainder,
      !setup.coversAllNamespaces || remainder.networkNamespace == record.networkNamespace
    else { return }
    end(id, at: moment, .tracepoint)
  }

  /// Handles that a socket is destroyed, even if its last transition was lost: it has ended, unless
  /// a mini-socket has taken over.
  private mutating func conclude(_ id: UInt64, at moment: Moment) {
    tracked.detach(id)
    guard let socket = tracked[id] else { return }
    let record = socket.record
    let mayRemain =
      [.finWait1, .finWait2, .closing].contains(record.state) && record.transport == .tcp && record.hasBothEnds
    // The next scan shows its TIME_WAIT, or its end.
    if mayRemain, setup.coversAllNamespaces, !isInReach(socket) { return }
    if mayRemain, isInReach(socket) {
      let event = socket.event(.closed, at: moment.time, .tracepoint, from: record.state, to: nil)
      let number = queue.append(event, deadline: .max)
      ask(about: record, id, event: number, .tracepoint, at: moment.time)
      return
    }
    let awaits = awaitsNotice(socket)
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
