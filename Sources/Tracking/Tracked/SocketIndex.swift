import SocketModel

/// The index of the tracked sockets that exist: finds them by their identity, their ends, the
/// kernel's address, and the ports of listeners and bound sockets.
///
/// Everything follows from the records; to change one, take the socket out with the old record and
/// put it in with the new one.
struct SocketIndex: Sendable {
  /// The watched network namespace; `nil` when unknown.
  var watched: NetworkNamespaceID?

  // Nearly all sockets are in the watched namespace. Their tables omit the number of the namespace,
  // which would take eight bytes per entry.
  private var byCookie: [UInt64: UInt64] = [:]
  private var byInode: [InodeKey: UInt64] = [:]
  private var inOtherNamespaces: [SocketIdentity: UInt64] = [:]
  /// The newest socket with some ends.
  private var byEnds: [UInt64: UInt64] = [:]
  /// The others with the same ends, from the oldest on: in other namespaces, or a mini-socket beside
  /// its successor.
  private var othersByEnds: [UInt64: [UInt64]] = [:]
  private var byPointer: [UInt64: UInt64] = [:]
  private var listeners: [UInt16: [UInt64]] = [:]
  private var boundSockets: [UInt16: [UInt64]] = [:]

  private struct InodeKey: Hashable {
    let transport: Transport
    let inode: UInt64
  }

  // MARK: Finding

  /// The socket with an identity.
  func id(of identity: SocketIdentity) -> UInt64? {
    guard isWatched(identity.namespace) else { return inOtherNamespaces[identity] }
    switch identity {
    case .cookie(let cookie, _): return byCookie[cookie]
    case .inode(let inode, let transport, _): return byInode[InodeKey(transport: transport, inode: inode)]
    }
  }

  /// The newest socket that may have these ends, by their ``SocketEnds/key``.
  func newest(withEnds key: UInt64) -> UInt64? { byEnds[key] }

  /// The others that may have them, from the oldest on.
  func others(withEnds key: UInt64) -> [UInt64] { othersByEnds.isEmpty ? [] : othersByEnds[key] ?? [] }

  /// The socket at a kernel address.
  func id(at pointer: UInt64) -> UInt64? { byPointer[pointer] }

  /// The TCP listeners of a port.
  func listeners(at port: UInt16) -> [UInt64] { listeners[port] ?? [] }

  /// All TCP listeners.
  var allListeners: some Sequence<UInt64> { listeners.values.joined() }

  /// The TCP sockets that are only bound to a port.
  func boundSockets(at port: UInt16) -> [UInt64] { boundSockets[port] ?? [] }

  /// Whether sockets in a state are kept in tables by port.
  static func isByPort(_ state: SocketState) -> Bool { state == .listen || state == .boundInactive }

  // MARK: Changing

  /// Adds a socket.
  mutating func insert(_ id: UInt64, _ record: SocketRecord) {
    let identity = record.identity
    switch identity {
    case let other? where !isWatched(other.namespace): inOtherNamespaces[other] = id
    case .cookie(let cookie, _): byCookie[cookie] = id
    case .inode(let inode, let transport, _): byInode[InodeKey(transport: transport, inode: inode)] = id
    case nil: break
    }
    if record.transport.hasTCPStates ? record.hasPeer : identity == nil {
      let key = record.ends.key
      if let former = byEnds.updateValue(id, forKey: key), former != id {
        othersByEnds[key, default: []].append(former)
      }
    }
    guard record.transport.hasTCPStates else { return }
    if record.state == .listen { listeners[record.localPort, default: []].append(id) }
    if record.state == .boundInactive { boundSockets[record.localPort, default: []].append(id) }
  }

  /// Removes a socket, except for its address.
  mutating func remove(_ id: UInt64, _ record: SocketRecord) {
    switch record.identity {
    case let other? where !isWatched(other.namespace): Self.remove(id, from: &inOtherNamespaces, other)
    case .cookie(let cookie, _): Self.remove(id, from: &byCookie, cookie)
    case .inode(let inode, let transport, _):
      Self.remove(id, from: &byInode, InodeKey(transport: transport, inode: inode))
    case nil: break
    }
    removeEnds(of: id, record.ends.key)
    guard record.transport.hasTCPStates else { return }
    if record.state == .listen { Self.removeOne(id, from: &listeners, record.localPort) }
    if record.state == .boundInactive { Self.removeOne(id, from: &boundSockets, record.localPort) }
  }

  private mutating func removeEnds(of id: UInt64, _ key: UInt64) {
    if byEnds[key] == id { byEnds[key] = othersByEnds.isEmpty ? nil : othersByEnds[key]?.popLast() }
    guard !othersByEnds.isEmpty else { return }
    othersByEnds[key]?.removeAll { $0 == id }
    if othersByEnds[key]?.isEmpty == true { othersByEnds[key] = nil }
  }

  /// Notes that the kernel has a socket at an address.
  mutating func insert(_ id: UInt64, at pointer: UInt64) { byPointer[pointer] = id }

  /// Notes that the kernel no longer has a socket at an address.
  mutating func remove(_ id: UInt64, at pointer: UInt64) {
    if pointer != 0 { Self.remove(id, from: &byPointer, pointer) }
  }

  /// Frees the memory that a burst needed.
  mutating func shrink() {
    byCookie.shrink()
    byInode.shrink()
    inOtherNamespaces.shrink()
    byEnds.shrink()
    othersByEnds.shrink()
    byPointer.shrink()
  }

  /// Whether a namespace is the watched one; an unknown one counts as that.
  private func isWatched(_ namespace: NetworkNamespaceID?) -> Bool {
    namespace == nil || watched == nil || namespace == watched
  }

  private static func remove<Key: Hashable>(_ id: UInt64, from table: inout [Key: UInt64], _ key: Key) {
    if table[key] == id { table[key] = nil }
  }

  private static func removeOne(_ id: UInt64, from lists: inout [UInt16: [UInt64]], _ port: UInt16) {
    lists[port]?.removeAll { $0 == id }
    if lists[port]?.isEmpty == true { lists[port] = nil }
  }
}
