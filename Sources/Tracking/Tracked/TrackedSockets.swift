import SocketModel

/// The tracked sockets by number, with the index that finds them.
///
/// Sockets are changed in place. The record's identity, ends and state, on which the index depends,
/// change only through methods of their own.
struct TrackedSockets: Sendable {
  /// The sockets, by number. Those that have ended stay until
  /// ``forget(closedBefore:keeping:closedSince:)``.
  private(set) var all: [UInt64: TrackedSocket] = [:]
  private var index = SocketIndex()
  private var lastID: UInt64 = 0
  /// The sockets that ended, in the order of their ends.
  private var ended: [(id: UInt64, time: Timestamp)] = []

  /// The watched network namespace; `nil` when unknown.
  var ownNamespace: NetworkNamespaceID? {
    get { index.watched }
    set { index.watched = newValue }
  }

  /// How many there are, including those that have ended.
  var count: Int { all.count }

  /// The socket with a number, unless it was forgotten.
  subscript(_ id: UInt64) -> TrackedSocket? { all[id] }

  /// The record of the socket with a number.
  func record(_ id: UInt64) -> SocketRecord? { all[id]?.record }

  // MARK: Changing

  /// Begins to track a socket.
  mutating func begin(
    _ record: SocketRecord, at time: Timestamp, wasThere: Bool, scope: NamespaceScope = .unknown
  ) -> UInt64 {
    lastID += 1
    var socket = TrackedSocket(id: lastID, record: record, at: time, wasThere: wasThere)
    socket.scope = scope
    socket.record.dropIndexes()
    all[lastID] = socket
    index.insert(lastID, socket.record)
    return lastID
  }

  /// Changes a socket in place, but not its identity, ends or state.
  ///
  /// - Returns: what the body returns; `nil` when there is no such socket.
  @discardableResult
  mutating func update<Result>(_ id: UInt64, _ body: (inout TrackedSocket) -> Result) -> Result? {
    guard let place = all.index(forKey: id) else { return nil }
    return body(&all.values[place])
  }

  /// Replaces what is known about a socket.
  mutating func identify(_ id: UInt64, _ record: SocketRecord) {
    var record = record
    record.dropIndexes()
    let former = update(id) { socket in
      defer { socket.record = record }
      return socket.record
    }
    guard let former else { return }
    index.remove(id, former)
    index.insert(id, record)
  }

  /// Puts a socket into another state.
  mutating func enter(_ id: UInt64, _ state: SocketState, at time: Timestamp) {
    let change = update(id) { socket in
      let old = socket.record
      socket.enter(state, at: time)
      return (old: old, new: socket.record)
    }
    guard let change, SocketIndex.isByPort(change.old.state) || SocketIndex.isByPort(state) else { return }
    index.remove(id, change.old)
    index.insert(id, change.new)
  }

  /// Notes the kernel's address of a socket, and when it was reported.
  mutating func attach(_ id: UInt64, to pointer: UInt64, at moment: UInt64) {
    update(id) { socket in
      socket.pointer = pointer
      socket.lastTransition = moment
    }
    index.insert(id, at: pointer)
  }

  /// Notes that the kernel has destroyed a socket; what remains of its connection has no address.
  mutating func detach(_ id: UInt64) {
    let pointer = update(id) { socket in
      defer { socket.pointer = 0 }
      return socket.pointer
    }
    if let pointer { index.remove(id, at: pointer) }
  }

  /// Ends a socket: it is no longer found.
  mutating func close(_ id: UInt64, at time: Timestamp) {
    let last = update(id) { socket in
      defer { socket.pointer = 0 }
      socket.closed = time
      return (record: socket.record, pointer: socket.pointer)
    }
    guard let last else { return }
    index.remove(id, last.record)
    index.remove(id, at: last.pointer)
    ended.append((id, time))
  }

  /// Forgets a socket at once.
  mutating func drop(_ id: UInt64) { all[id] = nil }

  /// Forgets sockets that ended before a moment.
  ///
  /// - Parameters:
  ///   - time: the moment.
  ///   - limit: how many other ended sockets may stay.
  ///   - later: sockets that ended since this moment stay however many there are; without it, only
  ///     `time` counts.
  mutating func forget(closedBefore time: Timestamp, keeping limit: Int, closedSince later: Timestamp?) {
    var count = 0
    func isOld(_ end: Timestamp) -> Bool {
      let isTooMany = later.map { ended.count - count > limit && end.nanosecondsSince1970 < $0.nanosecondsSince1970 }
      return end.nanosecondsSince1970 < time.nanosecondsSince1970 || isTooMany ?? false
    }
    while count < ended.count, isOld(ended[count].time) {
      all[ended[count].id] = nil
      count += 1
    }
    if count > 0 { ended.removeFirst(count) }
  }

  /// Frees the space that tables needed for more sockets than there are now.
  mutating func shrink() {
    all.shrink()
    index.shrink()
    ended.shrink()
  }

  // MARK: Finding sockets that exist

  /// The socket with the cookie of a record or, without one, the inode.
  func id(identifiedBy record: SocketRecord) -> UInt64? { record.identity.flatMap { index.id(of: $0) } }

  /// The sockets with the ends of a record, in no order.
  func ids(withEndsOf record: SocketRecord) -> [UInt64] { ids(withEnds: record.ends) }

  private func ids(withEnds ends: SocketEnds) -> [UInt64] {
    guard let newest = index.newest(withEnds: ends.key) else { return [] }
    return ([newest] + index.others(withEnds: ends.key)).filter { all[$0]?.record.ends == ends }
  }

  /// The socket with the ends of a record. If there are several, one in the namespace of the record
  /// is preferred, then one in an unknown namespace, then one that scans may show, then the newest.
  ///
  /// One that is surely in a namespace other than the record's is none.
  func id(withEndsOf record: SocketRecord) -> UInt64? {
    guard let newest = index.newest(withEnds: record.ends.key) else { return nil }
    let others = index.others(withEnds: record.ends.key)
    if others.isEmpty { return rank(newest, for: record) == nil ? nil : newest }
    var best: (id: UInt64, rank: Int)?
    for id in [newest] + others.reversed() {
      guard let rank = rank(id, for: record), rank < best?.rank ?? .max else { continue }
      best = (id, rank)
    }
    return best?.id
  }

  /// How well a socket fits the ends and the namespace of a record: the less, the better; `nil` when
  /// it does not.
  private func rank(_ id: UInt64, for record: SocketRecord) -> Int? {
    guard let socket = all[id], socket.record.hasEnds(of: record) else { return nil }
    let elsewhere = socket.scope == .other ? 1 : 0
    guard let wanted = record.networkNamespace, let own = socket.record.networkNamespace else { return 2 + elsewhere }
    if own == wanted { return 0 }
    return socket.isPlaced ? nil : 4 + elsewhere
  }

  /// The socket with the ends of a record without a known cookie, as in the tables of /proc.
  func id(withoutCookieWithEndsOf record: SocketRecord) -> UInt64? {
    guard let id = id(withEndsOf: record), all[id]?.record.knownCookie == 0 else { return nil }
    return id
  }

  /// The socket at a kernel address.
  func id(at pointer: UInt64) -> UInt64? { index.id(at: pointer) }

  /// The socket at the other end of a record's connection, on this machine; `nil` when there is
  /// none, or when it may be in this namespace or in another.
  ///
  /// With equal connections in several namespaces, a TIME_WAIT is none, nor is one whose own other
  /// end is tracked in its namespace.
  ///
  /// - Parameter id: the number of the record's socket.
  func mirror(of record: SocketRecord, besides id: UInt64? = nil) -> TrackedSocket? {
    var mirrors = mirrors(of: record)
    if mirrors.count > 1 {
      // A TIME_WAIT has no other end any more.
      mirrors.removeAll(where: \.record.isRemainder)
      let taken = Set(ids(withEnds: record.ends).lazy.filter { $0 != id }.compactMap { all[$0].map(namespace(of:)) })
      mirrors.removeAll { mirror in
        let namespace = namespace(of: mirror)
        return namespace != .unknown && taken.contains(namespace)
      }
    }
    return mirrors.count == 1 ? mirrors[0] : nil
  }

  /// The sockets that have the ends of a record, mirrored.
  func mirrors(of record: SocketRecord) -> [TrackedSocket] {
    ids(withEnds: record.ends.mirrored).compactMap { all[$0] }
  }

  /// The TCP listeners of a port.
  func listeners(at port: UInt16) -> [UInt64] { index.listeners(at: port) }

  /// All TCP listeners.
  var allListeners: some Sequence<UInt64> { index.allListeners }

  /// The TCP sockets that are only bound to a port.
  func boundSockets(at port: UInt16) -> [UInt64] { index.boundSockets(at: port) }

  /// The namespace of a socket.
  func namespace(of socket: TrackedSocket) -> TrackedNamespace {
    switch socket.scope {
    case .watched, .likelyWatched: .watched
    case .other, .unknown: socket.record.networkNamespace.map { namespace($0) } ?? .unknown
    }
  }

  /// The namespace with an id.
  func namespace(_ id: NetworkNamespaceID) -> TrackedNamespace { id == ownNamespace ? .watched : .other(id) }
}

extension TrackedSocket {
  /// Whether it is known for certain in which namespace it is: the kernel's tables have shown it. A
  /// process may use a socket of a namespace other than its own.
  var isPlaced: Bool { record.isPlaced }
}

extension SocketRecord {
  /// Whether it is from a scan or look-up, of whose namespace there is no doubt. The tracepoint
  /// knows neither cookies nor inodes.
  var isPlaced: Bool { !known.isDisjoint(with: [.cookie, .inode]) }
}

/// The network namespace of a tracked socket.
enum TrackedNamespace: Hashable, Sendable {
  /// The watched one, whether or not its number is known.
  case watched
  /// Another one.
  case other(NetworkNamespaceID)
  /// It is not known which.
  case unknown
}

extension SocketRecord {
  /// Clears the indexes of name and details, which are valid only in the snapshot that the record
  /// comes from.
  mutating func dropIndexes() {
    detailIndex = SocketRecord.noIndex
    nameIndex = SocketRecord.noIndex
  }
}
