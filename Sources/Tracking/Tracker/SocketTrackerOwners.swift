import KernelFormats
import SocketModel

/// Decides which process has a socket, as far as events and scans show it. A wrong owner would be
/// worse than an unknown one:
///
/// - A transition names the process that made a call only where the kernel runs in that call:
///   `connect(2)`, `listen(2)`, and the first step of `close(2)` or `shutdown(2)`. In an interrupt,
///   including soft ones, the process on the processor can be any.
/// - An accepted connection belongs to the process that has the listener, when there is only one.
///   With several it is not known which will take it; the one that closes it then shows.
/// - Descriptors that were found in `/proc/PID/fd` are better than all of these.
extension SocketTracker {
  /// Names the process that made a call.
  mutating func attribute(_ id: UInt64, _ owner: [EventOwner]?, _ kind: Attribution) {
    guard let owner else { return }
    let owners = ownerLists.shared(owner)
    tracked.update(id) { socket in
      socket.owners = owners
      socket.attribution = kind
    }
  }

  /// Names the process that closes or shuts down a connection, when no owner is known or only the
  /// listener's.
  ///
  /// A process that reads `tcp_info` may process what waits for a socket while it holds its lock,
  /// and one with CAP_NET_ADMIN may end the connections of others: so the other ways into CLOSE
  /// show nothing about the owner.
  mutating func attributeClose(_ id: UInt64, _ transition: SocketTransition) {
    guard let socket = tracked[id], socket.lacksCloser(transition), let actor = actor(of: transition) else { return }
    if socket.scope == .unknown, let namespace = actor.namespace, let own = setup.ownNamespace {
      tracked.update(id) { socket in
        socket.scope = namespace == own ? .likelyWatched : .other
        socket.record.networkNamespace = namespace
      }
    }
    if socket.owners.isEmpty || socket.attribution == .listener && socket.owners.first?.pid != actor.owner.first?.pid {
      attribute(id, actor.owner, .close)
    }
  }

  /// Names the owner of the listener of an accepted connection, when there is only one.
  mutating func attributeAccepted(_ id: UInt64) {
    placeWithMirror(id)
    guard let child = tracked[id], child.owners.isEmpty, let ids = listeners(of: child) else { return }
    if child.scope == .unknown, let listener = ids.first.flatMap({ tracked[$0] }) { place(id, with: listener) }
    var found: [EventOwner] = []
    for listener in ids {
      guard listenerOwners.areComplete(for: listener), let owners = tracked[listener]?.owners,
        let first = owners.first, owners.allSatisfy({ $0.pid == first.pid }),
        found.isEmpty || found.first?.pid == first.pid
      else { return }
      found = owners
    }
    guard let owner = found.first else { return }
    attribute(id, owner.descriptor == nil ? found : [owner.withoutDescriptor], .listener)
  }

  /// Places a connection over loopback, whose two ends are in the same namespace.
  private mutating func placeWithMirror(_ id: UInt64) {
    guard let child = tracked[id], child.scope == .unknown, child.record.isLoopback,
      let mirror = tracked.mirror(of: child.record, besides: id), mirror.scope != .unknown
    else { return }
    place(id, with: mirror)
  }

  /// Notes that a socket is in the namespace of another one.
  private mutating func place(_ id: UInt64, with other: TrackedSocket) {
    tracked.update(id) { socket in
      socket.scope = other.scope.shared
      if let namespace = other.record.networkNamespace { socket.record.networkNamespace = namespace }
    }
  }

  /// The listeners that may have accepted a connection: those of its port in its namespace; `nil`
  /// when the namespace is not known and matters.
  ///
  /// A listener that is bound to the address is preferred to one that accepts any, as in the
  /// kernel.
  private func listeners(of child: TrackedSocket) -> [UInt64]? {
    let record = child.record
    var namespaces: [TrackedNamespace: (exact: [UInt64], any: [UInt64])] = [:]
    for id in tracked.listeners(at: record.localPort) {
      guard let listener = tracked[id], listener.record.family == record.family,
        listener.record.transport == record.transport
      else { continue }
      if listener.record.localBits == record.localBits {
        namespaces[tracked.namespace(of: listener), default: ([], [])].exact.append(id)
      } else if listener.record.localBits == 0 {
        namespaces[tracked.namespace(of: listener), default: ([], [])].any.append(id)
      }
    }
    // A connection over loopback has both ends in the same namespace.
    var wanted = child.scope == .unknown ? nil : tracked.namespace(of: child)
    if wanted == nil, record.isLoopback, let mirror = tracked.mirror(of: record, besides: child.id) {
      // In a pid namespace of its own, a program knows neither the other processes' namespaces nor the
      // listeners there.
      guard mirror.scope != .unknown else { return nil }
      wanted = tracked.namespace(of: mirror)
    }
    if let wanted { namespaces = namespaces.filter { $0.key == wanted } }
    guard namespaces.count == 1, let found = namespaces.first?.value else { return nil }
    return found.exact.isEmpty ? found.any : found.exact
  }

  // MARK: Listeners

  /// Adds the listeners of other namespaces that existed before: without them their connections
  /// would be attributed to this namespace's listeners.
  mutating func ingest(listenersElsewhere listeners: Snapshot) {
    for row in listeners.records.indices {
      let id = tracked.begin(listeners.records[row], at: moment(0).time, wasThere: true, scope: .other)
      tracked.update(id) { $0.take(listeners, row, keepingState: false) }
      noteListener(id)
    }
  }

  /// Notes which process has a listener.
  mutating func noteListener(_ id: UInt64) {
    guard setup.isTracing || setup.hasNotices, let socket = tracked[id], socket.record.state == .listen,
      let owner = socket.owners.first
    else { return }
    listenerOwners.note(id, of: owner.pid)
  }

  /// Applies a record about processes. A new process also has the listeners of its parent.
  mutating func ingest(_ record: PerfRecord) {
    processes.take(record)
    if case .began(let pid, let thread, let parent) = record.content, pid == thread {
      listenerOwners.share(of: parent, at: record.time)
    }
  }

  /// Notes that all processes have been walked, after the scan with the results.
  ///
  /// - Parameters:
  ///   - begun: when the walk began.
  ///   - isComplete: whether no process could hide its descriptors. If not, only the listeners of
  ///     the program's own user are sure to have no other owner.
  mutating func noteWalk(begun: UInt64, isComplete: Bool) {
    let doubtful = isComplete ? [] : Set(tracked.allListeners.filter { !isOfOwnUser($0) })
    listenerOwners.noteWalk(begun: begun, doubtful: doubtful)
  }

  private func isOfOwnUser(_ id: UInt64) -> Bool {
    guard let record = tracked.record(id) else { return true }
    return record.known.contains(.uid) && record.uid == setup.ownUser
  }

  // MARK: The need for owners

  /// Whether the owners of a scan's sockets should be looked for.
  enum OwnerNeed: Sendable {
    /// No owners are missing.
    case none
    /// Some owners are known from a call only, or there may be more of them now.
    case some
    /// Nothing is known about the owners of some sockets.
    case urgent
  }

  /// Notes a socket whose owners should be looked for.
  mutating func noteLack(_ id: UInt64) {
    guard let socket = tracked[id], socket.record.canHaveOwner, !socket.isOwnerSought else { return }
    if socket.owners.isEmpty { ownerNeed = .urgent } else if ownerNeed == .none { ownerNeed = .some }
  }

  /// Whether the owners of a new scan's sockets should be looked for.
  func ownerNeed(of snapshot: Snapshot) -> OwnerNeed {
    if ownerNeed == .urgent { return .urgent }
    for row in snapshot.records.indices {
      let record = snapshot.records[row]
      guard record.canHaveOwner, tracked.id(identifiedBy: record) == nil else { continue }
      // The tracepoint may have reported it.
      guard let id = tracked.id(withEndsOf: record), tracked[id]?.owners.isEmpty == false else { return .urgent }
    }
    return listenerOwners.hasShared ? .some : ownerNeed
  }
}

extension TrackedSocket {
  /// Whether a transition is part of a call of `close(2)` or `shutdown(2)` that shows something new
  /// about who has the socket.
  func lacksCloser(_ transition: SocketTransition) -> Bool {
    transition.isOfCloser && (owners.isEmpty || attribution == .listener || scope == .unknown)
  }
}

extension SocketTransition {
  /// Whether it is part of a call of `close(2)` or `shutdown(2)`, so that its process has the
  /// socket.
  var isOfCloser: Bool {
    let isClose = from == .established && to == .finWait1 || from == .closeWait && to == .lastAck
    return isClose && !isInterrupt
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
