/// Numbers keys in the order of their first appearance: 0, 1, 2 ...
///
/// A hash table with open addressing, several times as fast as a dictionary for the millions of
/// lookups that sorting and counting take. Each table has its own seed for the hash, so that nobody
/// can choose keys that make it slow.
struct NumberTable {
  /// The keys, each at its number.
  private(set) var keys: [UInt128] = []
  /// 1 + index in ``keys``, 0 for a free slot.
  private var slots: [UInt32]
  private let seed = UInt64.random(in: .min ... .max)

  init() { slots = Array(repeating: 0, count: 64) }

  /// The number of a key; `nil` for a new one.
  func index(of key: UInt128) -> Int? {
    let found = slots[slot(key)]
    return found == 0 ? nil : Int(found &- 1)
  }

  /// The number of a key, and whether the key is new.
  mutating func insert(_ key: UInt128) -> (index: Int, isNew: Bool) {
    var place = slot(key)
    if slots[place] != 0 { return (Int(slots[place] &- 1), false) }
    if keys.count &* 2 >= slots.count {
      grow()
      place = slot(key)
    }
    keys.append(key)
    slots[place] = UInt32(keys.count)
    return (keys.count - 1, true)
  }

  /// The slot where a key is, or would be put.
  private func slot(_ key: UInt128) -> Int {
    let mask = slots.count &- 1
    var place = Int(truncatingIfNeeded: hash(key)) & mask
    while slots[place] != 0, keys[Int(slots[place] &- 1)] != key { place = (place &+ 1) & mask }
    return place
  }

  private func hash(_ key: UInt128) -> UInt64 {
    let low = UInt64(truncatingIfNeeded: key)
    let high = UInt64(truncatingIfNeeded: key >> 64)
    let first = (low ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    let second = (high ^ first.high ^ first.low).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return second.high ^ second.low
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    for (index, key) in keys.enumerated() { slots[slot(key)] = UInt32(index + 1) }
  }
}
