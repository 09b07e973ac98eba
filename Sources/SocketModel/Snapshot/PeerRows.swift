/// The sockets at the other ends of a snapshot's sockets, as far as they are in it too.
///
/// Nearly every socket has one peer or none: a number per row. Only a unix listener has several,
/// the clients that wait to be accepted.
package struct PeerRows: Sendable {
  /// The rows at the other end of a listener, and where their owners are in ``Snapshot/owners``.
  private struct Group: Sendable {
    let rows: Range<Int>
    var owners = 0..<0
  }

  /// For each row the row of its peer, ``none``, or a group with ``groupBit``. Empty when peers were
  /// not looked for.
  private var single: [UInt32] = []
  private var groups: [Group] = []
  private var groupRows: [UInt32] = []

  private static let none = UInt32.max
  private static let groupBit: UInt32 = 1 << 31

  /// Makes an empty table, of sockets whose peers were not looked for.
  package init() {}

  /// Makes the table from the row of each row's peer, or `SocketRecord.noIndex`.
  package init(_ rows: [UInt32]) { single = rows }

  /// Whether peers were looked for.
  package var areKnown: Bool { !single.isEmpty }

  /// The only peer of a row; `nil` when there is none, it is not known, or there are several.
  @inline(__always)
  package func row(at row: Int) -> Int? {
    guard row < single.count, single[row] & Self.groupBit == 0 else { return nil }
    return Int(single[row])
  }

  /// All peers of a row.
  package func rows(at row: Int) -> ArraySlice<UInt32> {
    guard row < single.count, single[row] != Self.none else { return [] }
    guard let group = group(at: row) else { return single[row...row] }
    return groupRows[group.rows]
  }

  /// Notes the peers of a listener, each once. One alone is its peer like any other's.
  package mutating func set(_ rows: [UInt32], at row: Int) {
    guard let first = rows.first else { return }
    guard rows.count > 1 else { return single[row] = first }
    single[row] = Self.groupBit | UInt32(truncatingIfNeeded: groups.count)
    groups.append(Group(rows: groupRows.count..<groupRows.count + rows.count))
    groupRows += rows
  }

  private func group(at row: Int) -> Group? {
    guard row < single.count, single[row] & Self.groupBit != 0, single[row] != Self.none else { return nil }
    return groups[Int(single[row] & ~Self.groupBit)]
  }

  /// The rows after a rearrangement.
  ///
  /// - Parameters:
  ///   - order: the former row of each row that is left.
  ///   - places: the new row of each former one, or `SocketRecord.noIndex`.
  package mutating func rearrange(_ order: [UInt32], places: [UInt32]) {
    let former = self
    self = PeerRows(
      order.map { row in former.row(at: Int(row)).map { places[$0] } ?? Self.none })
    for (row, old) in order.enumerated() where former.group(at: Int(old)) != nil {
      set(former.rows(at: Int(old)).map { places[Int($0)] }.filter { $0 != Self.none }, at: row)
    }
  }
}

extension PeerRows {
  /// The owners of the several peers of a row; `nil` for a row with one or none.
  fileprivate func groupOwners(at row: Int) -> Range<Int>? { group(at: row)?.owners }

  /// Puts the owners of the peers of each group after those of the rows.
  fileprivate mutating func collectOwners(of snapshot: inout Snapshot) {
    for index in groups.indices {
      let start = snapshot.owners.count
      var indexes = groupRows[groups[index].rows].flatMap { Array(snapshot.ownerRange(at: Int($0))) }
      indexes.sort { left, right in
        let (first, second) = (snapshot.owners[left], snapshot.owners[right])
        return (first.pid ?? .max, first.descriptor ?? .max, left) < (
          second.pid ?? .max, second.descriptor ?? .max, right
        )
      }
      for owner in indexes {
        snapshot.owners.append(snapshot.owners[owner])
        if !snapshot.descriptorFlags.isEmpty { snapshot.descriptorFlags.append(snapshot.descriptorFlags[owner]) }
      }
      groups[index].owners = start..<snapshot.owners.count
    }
  }
}

extension Snapshot {
  /// The indexes in ``owners`` of those of the socket at the other end: ordered by pid, then
  /// descriptor. Empty when there is none on this machine, or it is not known.
  @inline(__always)
  package func peerOwnerRange(at row: Int) -> Range<Int> {
    if let peer = peers.row(at: row) { return ownerRange(at: peer) }
    return peers.groupOwners(at: row) ?? 0..<0
  }

  /// Whether the socket at the other end is known, but not who has it although a process can.
  package func lacksPeerOwner(at row: Int) -> Bool {
    peerOwnerRange(at: row).isEmpty && peers.rows(at: row).contains { lacksOwner(at: Int($0)) }
  }

  /// Prepares ``peerOwnerRange(at:)``, once the owners of the rows are known.
  package mutating func collectPeerOwners() {
    var collected = peers
    collected.collectOwners(of: &self)
    peers = collected
  }

  /// The rows that were asked for: all but those that are only the other ends of others.
  package var listedRows: Range<Int> { 0..<(records.count - peerOnlyRows) }

  /// Keeps the rows of an order, of which the last ones are only the other ends of others, with
  /// their details, names and peers. For a snapshot whose owners are not known yet.
  package mutating func rearrange(_ order: [UInt32], peerOnly: Int) {
    var places = [UInt32](repeating: SocketRecord.noIndex, count: records.count)
    for (row, old) in order.enumerated() { places[Int(old)] = UInt32(truncatingIfNeeded: row) }
    peers.rearrange(order, places: places)
    let (oldRecords, oldDetails, oldNames) = (records, details, names)
    records = []
    details = []
    names = UnixNames()
    records.reserveCapacity(order.count)
    for old in order {
      var record = oldRecords[Int(old)]
      if record.detailIndex != SocketRecord.noIndex {
        details.append(oldDetails[Int(record.detailIndex)])
        record.detailIndex = UInt32(truncatingIfNeeded: details.count - 1)
      }
      if record.nameIndex != SocketRecord.noIndex {
        record.nameIndex = names.append(oldNames[Int(record.nameIndex)].bytes.span)
      }
      records.append(record)
    }
    peerOnlyRows = peerOnly
  }
}

/// A client that waits in the accept queue of a unix listener, which only the listener's side of
/// sock_diag reports (`UNIX_DIAG_ICONS`): the client's own peer has no inode yet.
package struct WaitingClient: Sendable, Hashable {
  /// The inode of the listener.
  package let listener: UInt64
  /// The inode of the client's socket.
  package let client: UInt64

  package init(listener: UInt64, client: UInt64) {
    self.listener = listener
    self.client = client
  }
}
