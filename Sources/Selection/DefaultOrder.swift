internal import SocketModel

/// The order of a listing when no other was asked for. It depends on the sockets alone, not on the order the kernel told of them.
///
/// Transport; sockets that wait for peers before those that have one; local port and address; remote port and address; inode and
/// cookie. The first four usually fit in one 64-bit key; only rows whose keys are equal are compared in full.
struct DefaultOrder {
  private let snapshot: Snapshot
  private let addresses: AddressKeys

  init(_ snapshot: Snapshot, rows: [UInt32]) {
    self.snapshot = snapshot
    addresses = AddressKeys(snapshot, rows: rows)
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
      if end - start > 1 { entries[start..<end].sort { order.precedes(Int($0.row), Int($1.row)) } }
      start = end
    }
    return entries.map(\.row)
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

  /// Whether one row stands before another whose key is the same.
  private func precedes(_ left: Int, _ right: Int) -> Bool {
    let (first, second) = (snapshot.records[left], snapshot.records[right])
    if first.family != second.family { return first.family.rawValue < second.family.rawValue }
    if first.localBits != second.localBits { return first.localBits < second.localBits }
    if first.remotePort != second.remotePort { return first.remotePort < second.remotePort }
    if first.transport != .unix, first.remoteBits != second.remoteBits { return first.remoteBits < second.remoteBits }
    if first.interface != second.interface { return first.interface < second.interface }
    if first.inode != second.inode { return first.inode < second.inode }
    if first.cookie != second.cookie { return first.cookie < second.cookie }
    return left < right
  }
}

/// Local addresses as numbers of at most 27 bits in the order of the addresses, IPv4 before IPv6.
///
/// Where the addresses differ in few bits, as on one machine with IPv4 or on loopback, those bits are the number. Otherwise the
/// distinct addresses, of which a machine has few, are sorted and numbered.
private struct AddressKeys {
  private static let width = 27
  /// The runs of bits that differ, highest first: how far to shift, and the mask of the run.
  private var runs: [(shift: UInt64, width: UInt64)] = []
  private var ranks: [IPAddress: UInt64]?

  init(_ snapshot: Snapshot, rows: [UInt32]) {
    var low = UInt64.max
    var high: UInt64 = 0
    var hasHigh = false
    var families: Set<AddressFamily> = []
    for row in rows where snapshot.records[Int(row)].transport.isInternet {
      let bits = snapshot.records[Int(row)].localBits
      low &= UInt64(truncatingIfNeeded: bits)
      high |= UInt64(truncatingIfNeeded: bits)
      hasHigh = hasHigh || bits >> 64 != 0
      if families.count < 2 { families.insert(snapshot.records[Int(row)].family) }
    }
    let varying = high & ~low
    if !hasHigh, families.count < 2, varying.nonzeroBitCount <= Self.width {
      findRuns(varying)
    } else {
      ranks = Self.ranks(snapshot, rows)
    }
  }

  private mutating func findRuns(_ varying: UInt64) {
    var bit: UInt64 = 64
    while bit > 0 {
      guard varying & (1 << (bit - 1)) != 0 else {
        bit -= 1
        continue
      }
      let top = bit
      while bit > 0, varying & (1 << (bit - 1)) != 0 { bit -= 1 }
      runs.append((bit, top - bit))
    }
  }

  private static func ranks(_ snapshot: Snapshot, _ rows: [UInt32]) -> [IPAddress: UInt64] {
    var distinct: Set<IPAddress> = []
    var last: IPAddress?
    for row in rows {
      guard let address = snapshot.records[Int(row)].local?.address, address != last else { continue }
      distinct.insert(address)
      last = address
    }
    let sorted = distinct.sorted { $0.isIPv4 != $1.isIPv4 ? $0.isIPv4 : $0.bits < $1.bits }
    // More distinct addresses than numbers cannot all be told apart by the key; the full comparison does it then.
    var ranks: [IPAddress: UInt64] = [:]
    ranks.reserveCapacity(sorted.count)
    for (rank, address) in sorted.enumerated() { ranks[address] = min(UInt64(rank), 1 << UInt64(width) - 1) }
    return ranks
  }

  func key(_ snapshot: Snapshot, _ row: Int) -> UInt64 {
    if let ranks {
      let address = IPAddress(
        bits: snapshot.records[row].localBits, isIPv4: snapshot.records[row].family == .ipv4)
      return ranks[address] ?? 0
    }
    let bits = UInt64(truncatingIfNeeded: snapshot.records[row].localBits)
    var key: UInt64 = 0
    for run in runs { key = key << run.width | (bits >> run.shift & (1 << run.width &- 1)) }
    return key
  }
}
