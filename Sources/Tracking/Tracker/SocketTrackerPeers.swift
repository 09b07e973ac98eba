import SocketModel

/// The other ends of tracked sockets.
extension SocketTracker {
  /// Notes which sockets are at the other ends, by a scan that was just applied and looked for them.
  mutating func notePeers(_ snapshot: Snapshot) {
    peers = [:]
    guard snapshot.peers.areKnown else { return }
    for row in snapshot.records.indices {
      let rows = snapshot.peers.rows(at: row)
      guard !rows.isEmpty, let id = number(of: snapshot.records[row]) else { continue }
      let others = rows.compactMap { number(of: snapshot.records[Int($0)]) }
      if !others.isEmpty { peers[id] = others }
    }
  }

  /// The sockets that may be at the other end of one: of a connection the one with its ends
  /// mirrored, or the listener that has not accepted it; of a unix socket those that are connected
  /// with it.
  func likelyPeers(of socket: TrackedSocket) -> [TrackedSocket] {
    let record = socket.record
    if record.transport == .unix {
      let inode = record.canHaveOwner ? record.inode : 0
      return tracked.all.values.filter { other in
        guard other.record.transport == .unix, !other.isClosed, other.id != socket.id else { return false }
        return other.record.inode != 0 && other.record.inode == record.peerInode
          || inode != 0 && other.record.peerInode == inode
      }
    }
    guard record.hasPeer else { return [] }
    let mirrors = tracked.mirrors(of: record)
    guard mirrors.allSatisfy({ $0.owners.isEmpty }) else { return mirrors }
    let listeners = tracked.listeners(at: record.remotePort).compactMap { tracked[$0] }
    return mirrors + listeners.filter { $0.record.networkNamespace == record.networkNamespace }
  }
}
