package import SocketModel

/// Finds the other end of each socket among the rows of a snapshot.
///
/// - A unix socket names its peer by inode; a listener names the clients that wait for it.
/// - The other end of a TCP or UDP socket is the one with the same ends, mirrored: in the same
///   network namespace or else, unless an address is of the loopback interface, the only one in
///   another. An IPv4 address mapped into IPv6 is the same as the address itself.
/// - What a connected UDP socket sends to an address of this machine arrives at the socket that is
///   bound there, if that is one. A TCP connection that was not accepted yet is the listener's.
///
/// Where several sockets could be the other end, none is.
package struct PeerJoin {
  private let records: [SocketRecord]
  private var peers: [UInt32]
  /// The first network namespace, and whether there is another.
  private var firstNamespace: UInt32?
  private var hasSeveralNamespaces = false
  /// How many slots of hash tables were looked at, to prove that the time is linear.
  package private(set) var probes = 0

  private static let none = SocketRecord.noIndex
  /// In ``peers``, while sockets are joined by their ends: the socket is at the higher end.
  private static let highBit: UInt32 = 1 << 31

  /// Prepares to join sockets.
  package init(_ records: [SocketRecord]) {
    self.records = records
    peers = Array(repeating: Self.none, count: records.count)
  }

  /// The other ends of the sockets, with the clients that wait for unix listeners.
  package mutating func run(waiting: [WaitingClient] = []) -> PeerRows {
    var candidates = 0
    var hasUnix = false
    var hasSender = false
    for row in records.indices {
      if records[row].transport == .unix { hasUnix = true }
      guard Ends.canBeJoined(records[row]) else { continue }
      candidates += 1
      note(records[row].known.contains(.netns) ? records[row].netns : 0)
      hasSender = hasSender || records[row].transport.sendsToBoundSockets
    }
    var waits: [Wait] = []
    if candidates > 0 {
      join(candidates, acrossNamespaces: false) { _ in true }
      if hasSeveralNamespaces {
        let found = peers
        join(candidates, acrossNamespaces: true) { found[$0] == Self.none }
      }
      if hasSender { joinReceivers() }
      waits = joinAcceptQueues()
    }
    if hasUnix { waits += joinUnix(waiting) }
    return rows(waits)
  }

  private mutating func note(_ namespace: UInt32) {
    if firstNamespace == nil { firstNamespace = namespace }
    if namespace != firstNamespace { hasSeveralNamespaces = true }
  }

  // MARK: Mirrored ends

  /// Joins the rows that have the same ends, mirrored. Both ends have the same place in one table.
  private mutating func join(_ count: Int, acrossNamespaces: Bool, where isWanted: (Int) -> Bool) {
    var table = EndsTable(count: count)
    for row in records.indices where Ends.canBeJoined(records[row]) && isWanted(row) {
      let ends = Ends(records[row], hasNamespace: !acrossNamespaces)
      if acrossNamespaces, ends.isLoopback { continue }
      if ends.isItself {
        if !acrossNamespaces { peers[row] = UInt32(truncatingIfNeeded: row) }
        continue
      }
      let slot = table.insert(ends.hash(table.seeds), row: UInt32(truncatingIfNeeded: row), isHigh: ends.isHigh)
      peers[row] = slot | (ends.isHigh ? Self.highBit : 0)
    }
    probes += table.probes
    for row in records.indices where Ends.canBeJoined(records[row]) && isWanted(row) {
      let place = peers[row]
      guard place != Self.none, place != UInt32(truncatingIfNeeded: row) || !isItself(row) else { continue }
      peers[row] = Self.none
      guard let other = table.other(place & ~Self.highBit, isHigh: place & Self.highBit != 0) else { continue }
      // The table knows only hashes.
      let own = Ends(records[row], hasNamespace: !acrossNamespaces)
      if own.isMirror(of: Ends(records[Int(other)], hasNamespace: !acrossNamespaces)) { peers[row] = other }
    }
  }

  private func isItself(_ row: Int) -> Bool { Ends(records[row], hasNamespace: true).isItself }

  // MARK: Sockets without a peer of their own

  /// A client in the accept queue of a listener, by their rows.
  private struct Wait {
    let listener: UInt32
    let client: UInt32
  }

  /// Joins connected UDP sockets with the socket that is bound to their remote end, where none is
  /// connected back.
  private mutating func joinReceivers() {
    let senders = records.indices.filter {
      records[$0].transport.sendsToBoundSockets && records[$0].hasPeer && peers[$0] == Self.none
    }
    for (row, receiver) in bound(senders, isHere: false, where: { $0.transport.sendsToBoundSockets && !$0.hasPeer }) {
      peers[row] = receiver
    }
  }

  /// Joins the clients of connections that nobody has accepted yet with the listener, whose process
  /// will.
  private mutating func joinAcceptQueues() -> [Wait] {
    let clients = records.indices.filter { row in
      let peer = peers[row]
      return peer != Self.none && records[row].transport.hasTCPStates && records[Int(peer)].isInAcceptQueue
    }
    return bound(clients, isHere: true) { $0.isInternetListener }.map { row, listener in
      peers[row] = listener
      return Wait(listener: listener, client: UInt32(truncatingIfNeeded: row))
    }
  }

  /// The only socket of a kind that is bound to the remote end of each of some rows.
  ///
  /// - Parameters:
  ///   - rows: the rows of connected sockets.
  ///   - isHere: whether the remote ends are surely on this machine.
  ///   - isKind: whether a socket is one of those that are looked for.
  private mutating func bound(
    _ rows: [Int], isHere: Bool, where isKind: (SocketRecord) -> Bool
  ) -> [(row: Int, bound: UInt32)] {
    guard !rows.isEmpty else { return [] }
    let count = records.count(where: isKind)
    guard count > 0 else { return [] }
    var table = EndsTable(count: count)
    for row in records.indices where isKind(records[row]) {
      let ends = Ends(records[row], hasNamespace: true)
      let slot = table.insert(ends.hash(table.seeds), row: UInt32(truncatingIfNeeded: row), isHigh: false)
      // A socket of one interface gets only what arrives there.
      let interface = records[row].known.contains(.interface) ? records[row].interface : 0
      if interface != 0, interface != 1 || !ends.isLoopback { table.blur(slot) }
    }
    var found: [(row: Int, bound: UInt32)] = []
    for row in rows {
      for target in Ends(records[row], hasNamespace: true).receivers(isHere: isHere) {
        switch table.find(target.hash(table.seeds)) {
        case .missing: continue
        case .several: break
        case .one(let other):
          let ends = Ends(records[Int(other)], hasNamespace: true)
          if ends == target, !target.isDualStack || takesIPv4(Int(other)) { found.append((row, other)) }
        }
        break
      }
    }
    probes += table.probes
    return found
  }

  private func takesIPv4(_ row: Int) -> Bool {
    records[row].known.contains(.ipv6Only) && !records[row].flags.contains(.ipv6Only)
  }

  // MARK: Unix sockets

  /// Joins unix sockets by the inodes that they report; returns the clients that wait.
  private mutating func joinUnix(_ waiting: [WaitingClient]) -> [Wait] {
    let inodes = InodeTable(records)
    for row in records.indices {
      guard let inode = records[row].peerInode, inode != 0, let peer = unixRow(inode, inodes) else { continue }
      peers[row] = peer
    }
    let waits = waiting.compactMap { wait -> Wait? in
      guard let listener = unixRow(wait.listener, inodes), let client = unixRow(wait.client, inodes) else { return nil }
      return Wait(listener: listener, client: client)
    }
    for wait in waits where peers[Int(wait.client)] == Self.none { peers[Int(wait.client)] = wait.listener }
    return waits
  }

  /// The finished table, in which listeners have their clients.
  private func rows(_ waits: [Wait]) -> PeerRows {
    var rows = PeerRows(peers)
    let sorted = waits.sorted { ($0.listener, $0.client) < ($1.listener, $1.client) }
    var start = 0
    while start < sorted.count {
      var end = start
      var clients: [UInt32] = []
      while end < sorted.count, sorted[end].listener == sorted[start].listener {
        if clients.last != sorted[end].client { clients.append(sorted[end].client) }
        end += 1
      }
      rows.set(clients, at: Int(sorted[start].listener))
      start = end
    }
    return rows
  }

  private func unixRow(_ inode: UInt64, _ inodes: InodeTable) -> UInt32? {
    var row = inodes.firstRow(of: inode)
    while let found = row, records[Int(found)].transport != .unix { row = inodes.row(after: found) }
    return row
  }
}

extension SocketRecord {
  /// Whether this is a connection that a listener has and no process yet.
  fileprivate var isInAcceptQueue: Bool {
    guard known.contains(.inode), inode == 0 else { return false }
    return state == .established || state == .synRecv || state == .closeWait
  }
}

extension Transport {
  /// Whether what a connected socket sends may arrive at a socket that is bound and not connected.
  fileprivate var sendsToBoundSockets: Bool { self == .udp || self == .udplite }
}
