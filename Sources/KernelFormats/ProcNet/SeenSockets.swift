/// The sockets of a table that were already found: tables that are read in pieces repeat rows while
/// sockets come and go.
///
/// A set of 64-bit numbers in one array with open addressing: 8 bytes per slot, at most 3 of 4
/// slots in use. The slots depend on a random number, so that a hostile table cannot put all its
/// rows into one.
struct SeenSockets {
  private var slots: [UInt64] = []
  private var count = 0
  private var hasZero = false
  private let seed: UInt64
  private let factor: UInt64

  /// Makes an empty set.
  init() {
    seed = UInt64.random(in: .min ... .max)
    factor = UInt64.random(in: .min ... .max) | 1
  }

  /// Adds a number; false when it was there already.
  mutating func insert(_ key: UInt64) -> Bool {
    // Zero marks an empty slot.
    if key == 0 {
      defer { hasZero = true }
      return !hasZero
    }
    if count &* 4 >= slots.count &* 3 { grow() }
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: mix(key)) & mask
    while slots[place] != 0 {
      if slots[place] == key { return false }
      place = (place + 1) & mask
    }
    slots[place] = key
    count += 1
    return true
  }

  /// A hash of an inode and the other content of its socket's row.
  func key(inode: UInt64, ends: UInt64) -> UInt64 { mix(ends ^ mix(inode)) }

  /// A hash of some bytes.
  func key(_ bytes: [UInt8]) -> UInt64 { bytes.reduce(UInt64(bytes.count)) { mix($0 << 8 ^ UInt64($1)) } }

  /// A hash of the two ends of a socket.
  /// Two different pairs of ends share a hash with a probability of 2^-64: among a million sockets
  /// once in 37 million scans.
  func key(local: UInt128, localPort: UInt16, remote: UInt128, remotePort: UInt16) -> UInt64 {
    var hash = mix(UInt64(localPort) << 16 | UInt64(remotePort))
    hash = mix(hash ^ UInt64(truncatingIfNeeded: local))
    hash = mix(hash &+ UInt64(truncatingIfNeeded: local >> 64))
    hash = mix(hash ^ UInt64(truncatingIfNeeded: remote))
    return mix(hash &+ UInt64(truncatingIfNeeded: remote >> 64))
  }

  @inline(__always)
  private func mix(_ value: UInt64) -> UInt64 {
    let product = (value ^ seed).multipliedFullWidth(by: factor)
    return product.high ^ product.low
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: 0, count: max(64, old.count * 2))
    let mask = slots.count - 1
    for key in old where key != 0 {
      var place = Int(truncatingIfNeeded: mix(key)) & mask
      while slots[place] != 0 { place = (place + 1) & mask }
      slots[place] = key
    }
  }
}
