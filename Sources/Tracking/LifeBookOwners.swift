package import KernelFormats
package import SocketModel

/// Which process has a socket, as far as events and scans show it. A wrong owner would be worse
/// than an unknown one:
///
/// - A transition names the process that made a call only where the kernel runs in that call:
///   `connect(2)`, `listen(2)`, and the first step of `close(2)` or `shutdown(2)`. In an interrupt,
///   including soft ones, the process on the processor can be any.
/// - An accepted connection belongs to the process that has the listener, when there is only one.
///   Of several it is not known which will take it; the one that closes it then shows.
/// - Descriptors that were found in `/proc/PID/fd` are better than all of these.
extension LifeBook {
  /// Names the process that made a call.
  mutating func attribute(_ id: UInt64, _ owner: [EventOwner]?, _ kind: Attribution) {
    guard let owner else { return }
    let owners = shared(owner)
    lives[id]?.owners = owners
    lives[id]?.attribution = kind
  }

  /// One array for all lives of a process without a known descriptor: there may be very many of
  /// them.
  private mutating func shared(_ owners: [EventOwner]) -> [EventOwner] {
    guard owners.count == 1, let owner = owners.first, owner.descriptor == nil else { return owners }
    if let known = soleOwners[owner.pid], known == owners { return known }
    if soleOwners.count >= Self.mostSoleOwners { soleOwners = [:] }
    soleOwners[owner.pid] = owners
    return owners
  }

  /// Names the process that closes or shuts down a connection, when none is known or only the listener's.
  ///
  /// A process that reads `tcp_info` may process what waits for a socket while it holds its lock,
  /// and one with CAP_NET_ADMIN may end the connections of others: so the other ways into CLOSE say
  /// nothing about the owner.
  mutating func attributeClose(_ id: UInt64, _ transition: SocketTransition) {
    guard let life = lives[id], life.lacksCloser(transition), let actor = actor(of: transition) else { return }
    if life.place == .unknown, let netns = actor.netns, let own = ownNamespace {
      lives[id]?.place = netns == own ? .likelyHere : .elsewhere
      lives[id]?.record.netns = netns
      lives[id]?.record.known.insert(.netns)
    }
    if life.owners.isEmpty || life.attribution == .listener && life.owners.first?.pid != actor.owner.first?.pid {
      attribute(id, actor.owner, .close)
    }
  }

  /// Names the owner of the listener of an accepted connection, when it is the only one.
  mutating func attributeAccepted(_ id: UInt64) {
    placeWithMirror(id)
    guard let child = lives[id], child.owners.isEmpty, let ids = listeners(of: child) else { return }
    if child.place == .unknown, let listener = ids.first.flatMap({ lives[$0] }) {
      lives[id]?.place = listener.place == .here ? .likelyHere : listener.place
      if listener.record.known.contains(.netns) {
        lives[id]?.record.netns = listener.record.netns
        lives[id]?.record.known.insert(.netns)
      }
    }
    var found: [EventOwner] = []
    for listener in ids {
      guard sharedListeners[listener] == nil, !doubtfulListeners.contains(listener),
        let owners = lives[listener]?.owners, let first = owners.first,
        owners.allSatisfy({ $0.pid == first.pid }), found.isEmpty || found.first?.pid == first.pid
      else { return }
      found = owners
    }
    guard let owner = found.first else { return }
    let owners = shared(owner.descriptor == nil ? found : [owner.withoutDescriptor])
    lives[id]?.owners = owners
    lives[id]?.attribution = .listener
  }

  /// A connection over loopback has both its ends in one namespace.
  private mutating func placeWithMirror(_ id: UInt64) {
    guard let child = lives[id], child.place == .unknown, child.record.isLoopback,
      let mirror = mirror(of: child.record), mirror.place != .unknown
    else { return }
    lives[id]?.place = mirror.place == .here ? .likelyHere : mirror.place
    guard mirror.record.known.contains(.netns) else { return }
    lives[id]?.record.netns = mirror.record.netns
    lives[id]?.record.known.insert(.netns)
  }

  /// The listeners that may have accepted a connection: those of its port in its namespace; `nil`
  /// when the namespace is not known and matters.
  ///
  /// A listener that is bound to the address is preferred to one that accepts any, as in the
  /// kernel.
  private func listeners(of child: SocketLife) -> [UInt64]? {
    let record = child.record
    var places: [UInt32: (exact: [UInt64], any: [UInt64])] = [:]
    for id in listeners[record.localPort] ?? [] {
      guard let listener = lives[id], listener.record.family == record.family,
        listener.record.transport == record.transport
      else { continue }
      if listener.record.localBits == record.localBits {
        places[namespace(of: listener), default: ([], [])].exact.append(id)
      } else if listener.record.localBits == 0 {
        places[namespace(of: listener), default: ([], [])].any.append(id)
      }
    }
    // A connection over loopback has both its ends in one namespace.
    var wanted = child.place == .unknown ? nil : namespace(of: child)
    if wanted == nil, record.isLoopback, let mirror = mirror(of: record), mirror.place != .unknown {
      wanted = namespace(of: mirror)
    }
    if let wanted { places = places.filter { $0.key == wanted } }
    guard places.count == 1, let place = places.first?.value else { return nil }
    return place.exact.isEmpty ? place.any : place.exact
  }

  /// A number for the namespace of a life; 0 for all whose namespace is not known.
  package func namespace(of life: SocketLife) -> UInt32 {
    switch life.place {
    case .here, .likelyHere: ownNamespace ?? 1
    case .elsewhere, .unknown: life.record.known.contains(.netns) ? life.record.netns : 0
    }
  }

  // MARK: Listeners

  /// Notes the listeners of other namespaces that were there before: without them their connections
  /// would be attributed to this namespace's listeners.
  mutating func addElsewhere(_ listeners: Snapshot) {
    for row in listeners.records.indices {
      let id = begin(listeners.records[row], at: wall(0), wasThere: true, place: .elsewhere)
      lives[id]?.take(listeners, row, keepingState: false)
      noteListener(id)
    }
  }

  /// Notes which processes have a listener.
  mutating func noteListener(_ id: UInt64) {
    guard isTracing || hasNotices, let life = lives[id], life.record.state == .listen, let owner = life.owners.first
    else { return }
    listenersOf[owner.pid, default: []].insert(id)
  }

  /// Forgets a listener that is gone.
  mutating func forgetListener(_ id: UInt64) {
    sharedListeners[id] = nil
    doubtfulListeners.remove(id)
    for owner in lives[id]?.owners ?? [] {
      listenersOf[owner.pid]?.remove(id)
      if listenersOf[owner.pid]?.isEmpty == true { listenersOf[owner.pid] = nil }
    }
  }

  /// Takes in a record about processes. A new process has the listeners of its parent too.
  package mutating func take(_ record: PerfRecord) {
    processes.take(record)
    if case .began(let pid, let thread, let parent) = record.content, pid == thread {
      for id in listenersOf[parent] ?? [] { sharedListeners[id] = record.time }
    }
  }

  /// Takes in that all processes have been looked through, after the scan with what was found:
  /// listeners that were shared before are known now.
  ///
  /// - Parameters:
  ///   - begun: when that began.
  ///   - isComplete: whether none of the processes could hide its descriptors. Otherwise only the
  ///     listeners of the program's own user are sure to belong to no other.
  mutating func noteWalk(begun: UInt64, isComplete: Bool) {
    sharedListeners = sharedListeners.filter { $0.value >= begun }
    doubtfulListeners = []
    guard !isComplete else { return }
    for id in listeners.values.joined() {
      guard let record = lives[id]?.record else { continue }
      let isOwn = record.known.contains(.uid) && record.uid == ownUser
      if !isOwn { doubtfulListeners.insert(id) }
    }
  }

  /// Whether a scan has sockets whose owners should be looked for.
  enum OwnerNeed: Sendable {
    /// None has.
    case none
    /// Some are known from a call only, or may have more owners now.
    case some
    /// About some nothing is known.
    case urgent
  }

  /// Notes a life whose owners should be looked for.
  mutating func noteLack(_ id: UInt64) {
    guard let life = lives[id], life.record.canHaveOwner, !life.isOwnerSought else { return }
    if life.owners.isEmpty { ownerNeed = .urgent } else if ownerNeed == .none { ownerNeed = .some }
  }

  /// Whether the owners of a new scan's sockets should be looked for.
  func ownerNeed(of snapshot: Snapshot) -> OwnerNeed {
    if ownerNeed == .urgent { return .urgent }
    for row in snapshot.records.indices {
      let record = snapshot.records[row]
      guard record.canHaveOwner, life(identifiedBy: record) == nil else { continue }
      // The tracepoint may have reported it.
      guard let id = life(withEndsOf: record), lives[id]?.owners.isEmpty == false else { return .urgent }
    }
    return sharedListeners.isEmpty ? ownerNeed : .some
  }
}

extension SocketLife {
  /// Whether a transition is part of a call of `close(2)` or `shutdown(2)` that adds something new
  /// about who has the socket.
  func lacksCloser(_ transition: SocketTransition) -> Bool {
    let isClose =
      transition.from == .established && transition.to == .finWait1
      || transition.from == .closeWait && transition.to == .lastAck
    return isClose && !transition.isInterrupt && (owners.isEmpty || attribution == .listener || place == .unknown)
  }
}

extension EventOwner {
  /// The same process, without a descriptor.
  fileprivate var withoutDescriptor: EventOwner {
    var owner = self
    owner.descriptor = nil
    return owner
  }
}
