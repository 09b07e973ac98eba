/// A set of numbers that came from a counter, as inodes and cookies do: they are close together,
/// although they come in any order.
///
/// It keeps bits in blocks of 512 numbers, found through a table with open addressing. The 100,000
/// sockets of a busy machine take some 50 kB, which stays in a processor's cache, where a set of
/// the numbers themselves takes 2 MB and a cache miss each. A hostile table whose numbers are far
/// apart costs 88 bytes per number, less than its row. The slots of the table depend on a random
/// number, so that they cannot all be made to collide.
struct NumberSet: Sendable {
  private static let wordsPerBlock = 8

  private var bits: [UInt64] = []
  /// The table: the number of a block plus one, 0 for an empty slot, and the index of the block.
  private var keys: [UInt64] = []
  private var places: [UInt32] = []
  private var blockCount = 0
  private var shift: UInt64 = 0
  private let factor = UInt64.random(in: .min ... .max) | 1

  /// Makes an empty set.
  init() {}

  /// Adds a number; false when it was there already.
  @inline(__always)
  mutating func insert(_ number: UInt64) -> Bool {
    let block = blockPlace(number >> 9 &+ 1)
    let word = block &* Self.wordsPerBlock &+ Int(truncatingIfNeeded: number >> 6 & 7)
    let bit: UInt64 = 1 << (number & 63)
    let old = bits[word]
    if old & bit != 0 { return false }
    bits[word] = old | bit
    return true
  }

  /// The index of the block with a key, which is made when there is none.
  @inline(__always)
  private mutating func blockPlace(_ key: UInt64) -> Int {
    if blockCount &* 2 >= keys.count { grow() }
    let mask = keys.count &- 1
    var slot = Int(truncatingIfNeeded: (key &* factor) >> shift)
    while keys[slot] != key {
      if keys[slot] == 0 {
        keys[slot] = key
        places[slot] = UInt32(truncatingIfNeeded: blockCount)
        blockCount &+= 1
        bits.append(contentsOf: repeatElement(0, count: Self.wordsPerBlock))
        break
      }
      slot = (slot &+ 1) & mask
    }
    return Int(places[slot])
  }

  private mutating func grow() {
    let (oldKeys, oldPlaces) = (keys, places)
    let size = max(64, oldKeys.count &* 2)
    keys = Array(repeating: 0, count: size)
    places = Array(repeating: 0, count: size)
    shift = UInt64(64 - size.trailingZeroBitCount)
    for index in oldKeys.indices where oldKeys[index] != 0 {
      var slot = Int(truncatingIfNeeded: (oldKeys[index] &* factor) >> shift)
      while keys[slot] != 0 { slot = (slot &+ 1) & (size &- 1) }
      keys[slot] = oldKeys[index]
      places[slot] = oldPlaces[index]
    }
  }
}
