package import SocketModel

/// Maps socket inodes to the rows of a snapshot: the table in which every descriptor of the machine
/// is looked up.
///
/// Open addressing in two flat arrays, at most half full: 12-24 bytes per inode, one cache miss per
/// lookup. Several rows may share an inode (an MPTCP listener and its subflow). The slots depend on
/// a random number, so that a hostile tree cannot make them collide.
package struct InodeTable: Sendable {
  private var keys: [UInt64]
  private var firstRows: [UInt32]
  /// For each row the next one with the same inode, or ``none``. Empty while all inodes differ.
  private var nextRows: [UInt32] = []
  private let shift: UInt64
  private let factor: UInt64
  /// How many different inodes there are.
  package private(set) var count = 0

  private static let none = UInt32.max

  /// Adds the inodes of the rows that can have an owner.
  package init(_ records: [SocketRecord]) {
    var wanted = 0
    for index in records.indices where records[index].canHaveOwner { wanted += 1 }
    var bits: UInt64 = 4
    while 1 << bits < wanted * 2 { bits += 1 }
    keys = Array(repeating: 0, count: 1 << Int(bits))
    firstRows = Array(repeating: Self.none, count: 1 << Int(bits))
    shift = 64 - bits
    factor = UInt64.random(in: .min ... .max) | 1
    guard wanted > 0 else { return }
    // From the last row on, so that the rows of one inode come out in ascending order.
    for row in records.indices.reversed() where records[row].canHaveOwner {
      insert(records[row].inode, row: UInt32(truncatingIfNeeded: row), rowCount: records.count)
    }
  }

  private mutating func insert(_ inode: UInt64, row: UInt32, rowCount: Int) {
    let slot = place(of: inode)
    if keys[slot] == 0 {
      keys[slot] = inode
      count += 1
    } else {
      if nextRows.isEmpty { nextRows = Array(repeating: Self.none, count: rowCount) }
      nextRows[Int(row)] = firstRows[slot]
    }
    firstRows[slot] = row
  }

  /// The slot that holds the inode, or the empty one where it would be.
  @inline(__always)
  private func place(of inode: UInt64) -> Int {
    let mask = keys.count - 1
    var slot = Int(truncatingIfNeeded: (inode &* factor) >> shift)
    while keys[slot] != 0, keys[slot] != inode { slot = (slot &+ 1) & mask }
    return slot
  }

  /// The first row with the inode; `nil` when there is none.
  func firstRow(of inode: UInt64) -> UInt32? {
    guard inode != 0 else { return nil }
    let row = firstRows[place(of: inode)]
    return row == Self.none ? nil : row
  }

  /// The next row with the same inode as the row given; `nil` at the last.
  package func row(after row: UInt32) -> UInt32? {
    guard !nextRows.isEmpty, nextRows[Int(row)] != Self.none else { return nil }
    return nextRows[Int(row)]
  }
}
