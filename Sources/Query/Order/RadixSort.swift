/// A row with its sort key.
package struct KeyedRow {
  package var key: UInt64
  package var row: UInt32

  @inlinable
  package init(key: UInt64, row: UInt32) {
    self.key = key
    self.row = row
  }
}

/// Sorts rows by 64-bit keys without comparisons: from the lowest 11 bits of the key to the
/// highest. Rows with equal keys keep their order.
///
/// Digits that are the same in every key cost only the counting, which is done for all digits in
/// one pass.
package func radixSort(_ entries: inout [KeyedRow]) {
  let count = entries.count
  guard count > 64 else { return insertionSort(&entries) }
  let digits = 6
  let size = 2048
  var histogram = [UInt32](repeating: 0, count: digits * size)
  for index in 0..<count {
    let key = entries[index].key
    for digit in 0..<digits {
      histogram[digit &* size &+ Int(truncatingIfNeeded: key >> UInt64(digit &* 11)) & 2047] &+= 1
    }
  }
  var other = [KeyedRow](repeating: KeyedRow(key: 0, row: 0), count: count)
  for digit in 0..<digits {
    let base = digit &* size
    let shift = UInt64(digit &* 11)
    guard histogram[base &+ Int(truncatingIfNeeded: entries[0].key >> shift) & 2047] != count else { continue }
    var sum: UInt32 = 0
    for index in base..<(base &+ size) {
      let next = sum &+ histogram[index]
      histogram[index] = sum
      sum = next
    }
    for index in 0..<count {
      let entry = entries[index]
      let slot = base &+ Int(truncatingIfNeeded: entry.key >> shift) & 2047
      other[Int(histogram[slot])] = entry
      histogram[slot] &+= 1
    }
    swap(&entries, &other)
  }
}

private func insertionSort(_ entries: inout [KeyedRow]) {
  for index in entries.indices.dropFirst() {
    let entry = entries[index]
    var slot = index
    while slot > 0, entries[slot - 1].key > entry.key {
      entries[slot] = entries[slot - 1]
      slot -= 1
    }
    entries[slot] = entry
  }
}
