internal import SocketModel

/// The order of a listing when no other was requested. It depends only on the sockets, not on the
/// order in which the kernel reported them.
///
/// It sorts by transport; sockets that wait for peers before those with one; local port and
/// address; remote port and address; inode and cookie. The first four usually fit into one 64-bit
/// key; only rows with equal keys are compared in full.
struct DefaultOrder {
  private let snapshot: Snapshot
  private let addresses: AddressKeys

  init(_ snapshot: Snapshot, rows: [UInt32]) {
    self.snapshot = snapshot
    addresses = AddressKeys(snapshot, rows: rows, .local)
  }

  /// The rows of a snapshot in the default order.
  static func sorted(_ rows: [UInt32], of snapshot: Snapshot) -> [UInt32] {
    guard rows.count > 1 else { return rows }
    let order = DefaultOrder(snapshot, rows: rows)
    var entries: [KeyedRow] = []
    entries.reserveCapacity(rows.count)
    for row in rows { entries.append(KeyedRow(key: order.key(Int(row)), row: row)) }
    radixSort(&entries)
    var start = 0
    while start < entries.count {
      var end = start + 1
      while end < entries.count, entries[end].key == entries[start].key { end += 1 }
      if end - start > 1 { order.settle(&entries, start..<end) }
      start = end
    }
    return entries.map(\.row)
  }

  /// Sorts the rows of a run with equal keys by comparing them in full.
  private func settle(_ entries: inout [KeyedRow], _ run: Range<Int>) {
    if run.count > 16 {
      let sorted = entries[run].sorted { precedes(Int($0.row), Int($1.row)) }
      for (offset, entry) in sorted.enumerated() { entries[run.lowerBound + offset] = entry }
      return
    }
    // Runs are nearly always short, and then this is faster than a sort with its copies.
    for index in run.dropFirst() {
      let entry = entries[index]
      var slot = index
      while slot > run.lowerBound, precedes(Int(entry.row), Int(entries[slot - 1].row)) {
        entries[slot] = entries[slot - 1]
        slot -= 1
      }
      entries[slot] = entry
    }
  }

  private func key(_ row: Int) -> UInt64 {
    let transport = snapshot.records[row].transport
    let state = snapshot.records[row].state
    let waits = state == .listen || state == .unconnected
    let head = UInt64(transport.rawValue) << 60 | (waits ? 0 : 1 << 59)
    if transport == .unix { return head | min(snapshot.records[row].inode, 1 << 59 - 1) }
    let port = UInt64(snapshot.records[row].localPort) << 43
    guard transport.isInternet else { return head | port }
    // 59 bits: 16 of the local port, 27 of the local address, 16 of the remote port.
    return head | port | addresses.key(snapshot, row) << 16 | UInt64(snapshot.records[row].remotePort)
  }

  /// Whether one row precedes another with the same key.
  private func precedes(_ left: Int, _ right: Int) -> Bool {
    let (first, second) = (snapshot.records[left], snapshot.records[right])
    if first.family != second.family { return first.family.rawValue < second.family.rawValue }
    if first.transport != .unix, first.localBits != second.localBits { return first.localBits < second.localBits }
    if first.remotePort != second.remotePort { return first.remotePort < second.remotePort }
    if first.transport != .unix, first.remoteBits != second.remoteBits { return first.remoteBits < second.remoteBits }
    if first.interface != second.interface { return first.interface < second.interface }
    if first.inode != second.inode { return first.inode < second.inode }
    if first.cookie != second.cookie { return first.cookie < second.cookie }
    return left < right
  }
}
