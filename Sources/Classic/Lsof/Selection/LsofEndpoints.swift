package import Inspection
package import SocketModel

/// The other ends of sockets as `-E` and `+E` find them: by lsof's rules, not by this program's, so
/// that the output is the same (`get_uxpeeri`, `get_netpeeri` of its `dsock.c`).
///
/// - A unix socket without a peer, such as the server of datagrams, gets as its peer the first
///   socket that has it as peer. A listener shows the first client that waits for it.
/// - Internet sockets are joined within one family, while they are connected. Of several with the
///   same ends the last in the table comes first.
package struct LsofEndpoints: Sendable {
  /// What is shown of the other ends.
  package enum Mode: Sendable, Hashable {
    /// Nothing.
    case none
    /// Who has them, behind the name: `-E`.
    case named
    /// That, and their descriptors are listed: `+E`.
    case listed
  }

  /// For each row the row of the other end, or `SocketRecord.noIndex`.
  private var peers: [UInt32]

  private static let none = SocketRecord.noIndex

  /// Finds the other ends of a snapshot's sockets, those of unix sockets by what sock_diag reports.
  package init(_ snapshot: Snapshot, unix: UnixPeers?) {
    peers = Array(repeating: Self.none, count: snapshot.records.count)
    joinInternet(snapshot.records)
    if let unix { join(unix, snapshot.records) }
  }

  /// The row of the other end; `nil` when there is none.
  package func peer(of row: Int) -> Int? { peers[row] == Self.none ? nil : Int(peers[row]) }

  /// For each owner of a snapshot, whether it has the other end of one of some descriptors.
  package func owners(of files: [OwnedSocket], in snapshot: Snapshot) -> [Bool] {
    var isEnd = [Bool](repeating: false, count: snapshot.owners.count)
    for file in files {
      guard let peer = peer(of: Int(file.row)) else { continue }
      for owner in Self.ends(of: peer, in: snapshot) { isEnd[owner] = true }
    }
    return isEnd
  }

  /// The owners of a row, by their indexes in a snapshot, in the order in which lsof meets them: by
  /// process, the threads before the process itself. A descriptor that several threads of a process
  /// have is that of the first.
  static func ends(of row: Int, in snapshot: Snapshot) -> [Int] {
    var ends: [Int] = []
    var rest = snapshot.ownerRange(at: row)
    while let first = rest.first {
      let process = rest.prefix { snapshot.owners[$0].pid == snapshot.owners[first].pid }
      rest = process.endIndex..<rest.upperBound
      let isTask = { (index: Int) in snapshot.process(of: snapshot.owners[index])?.task != nil }
      guard let last = process.last, isTask(last) else {
        ends += process
        continue
      }
      var descriptors: Set<Int32?> = []
      for index in process.filter(isTask) + process.filter({ !isTask($0) })
      where descriptors.insert(snapshot.owners[index].descriptor).inserted {
        ends.append(index)
      }
    }
    return ends
  }

  // MARK: Internet sockets

  private mutating func joinInternet(_ records: [SocketRecord]) {
    /// The rows with some ends, and how many at the beginning are joined.
    struct Alike {
      var rows: [Int] = []
      var joined = 0
    }
    var places: [SocketEnds: Int] = [:]
    var all: [Alike] = []
    let rows = records.indices.reversed().filter { Self.canHavePeer(records[$0]) }
    for row in rows {
      let place = places[records[row].ends] ?? all.count
      if place == all.count {
        places[records[row].ends] = place
        all.append(Alike())
      }
      all[place].rows.append(row)
    }
    for row in rows where peers[row] == Self.none {
      guard let place = places[records[row].ends.mirrored] else { continue }
      while all[place].joined < all[place].rows.count {
        let other = all[place].rows[all[place].joined]
        all[place].joined += 1
        guard peers[other] == Self.none else { continue }
        peers[row] = UInt32(truncatingIfNeeded: other)
        peers[other] = UInt32(truncatingIfNeeded: row)
        break
      }
    }
  }

  private static func canHavePeer(_ record: SocketRecord) -> Bool {
    switch record.transport {
    case .tcp, .udp, .udplite:
      record.inode != 0 && record.state.tableNumber == SocketState.established.rawValue
    default: false
    }
  }

  // MARK: Unix sockets

  private mutating func join(_ unix: UnixPeers, _ records: [SocketRecord]) {
    var rows: [UInt64: Int] = [:]
    for row in records.indices where records[row].transport == .unix && records[row].inode != 0 {
      rows[records[row].inode] = row
    }
    func set(_ socket: UInt64, _ peer: UInt64) {
      guard let row = rows[socket], let other = rows[peer], peers[row] == Self.none else { return }
      peers[row] = UInt32(truncatingIfNeeded: other)
    }
    for (socket, peer) in unix.pairs {
      set(socket, peer)
      set(peer, socket)
    }
    for client in unix.waiting { set(client.listener, client.client) }
  }
}
