import SocketModel

/// The two ends of a socket in a form in which both sockets of a connection have the same hash: an
/// IPv4 address that is mapped into IPv6 is an IPv4 address.
struct Ends: Equatable {
  private var local: UInt128
  private var remote: UInt128
  private var localPort: UInt16
  private var remotePort: UInt16
  private var isIPv4: Bool
  private let transport: Transport
  /// The network namespace's inode, 0 when it is unknown or left out.
  private let namespace: UInt32
  /// Whether these are the ends of a socket that takes IPv4 although it is bound to `::`.
  private(set) var isDualStack = false

  static func == (left: Ends, right: Ends) -> Bool {
    left.local == right.local && left.remote == right.remote && left.localPort == right.localPort
      && left.remotePort == right.remotePort && left.isIPv4 == right.isIPv4 && left.transport == right.transport
      && left.namespace == right.namespace
  }

  /// Whether a socket has two ends with ports.
  @inline(__always)
  static func canBeJoined(_ record: SocketRecord) -> Bool {
    record.transport.hasMirroredPeer && record.remotePort != 0 && record.remoteBits != 0
  }

  @inline(__always)
  init(_ record: SocketRecord, hasNamespace: Bool) {
    local = record.localBits
    remote = record.remoteBits
    localPort = record.localPort
    remotePort = record.remotePort
    transport = record.transport
    namespace = hasNamespace && record.known.contains(.netns) ? record.netns : 0
    isIPv4 = record.family == .ipv4
    guard !isIPv4, Self.isMapped(local), remote == 0 || Self.isMapped(remote) else { return }
    isIPv4 = true
    local = local & 0xFFFF_FFFF
    remote = remote & 0xFFFF_FFFF
  }

  @inline(__always)
  private static func isMapped(_ bits: UInt128) -> Bool { bits >> 32 == 0xFFFF }

  /// Whether the local end comes after the remote one, in an order that both sockets agree on.
  @inline(__always)
  var isHigh: Bool { local == remote ? localPort > remotePort : local > remote }

  /// Whether the socket is connected to itself.
  @inline(__always)
  var isItself: Bool { local == remote && localPort == remotePort }

  /// Whether an end is an address of the loopback interface.
  var isLoopback: Bool { isLoopback(local) || isLoopback(remote) }

  private func isLoopback(_ bits: UInt128) -> Bool { isIPv4 ? bits >> 24 == 127 : bits == 1 }

  /// Whether the other is this seen from the other end.
  @inline(__always)
  func isMirror(of other: Ends) -> Bool {
    local == other.remote && remote == other.local && localPort == other.remotePort && remotePort == other.localPort
      && isIPv4 == other.isIPv4 && transport == other.transport && namespace == other.namespace
  }

  /// The ends of unconnected sockets that can receive what is sent to the remote end, the one that
  /// the kernel prefers first (`compute_score`, `net/ipv4/udp.c` and `inet_hashtables.c`).
  ///
  /// A socket that is bound to no address is one only for addresses that are surely of this
  /// machine: those of the loopback interface, and the socket's own.
  func receivers(isHere: Bool) -> [Ends] {
    var bound = self
    (bound.local, bound.localPort) = (remote, remotePort)
    (bound.remote, bound.remotePort) = (0, 0)
    guard isHere || isLoopback(remote) || remote == local else { return [bound] }
    var any = bound
    any.local = 0
    guard isIPv4 else { return [bound, any] }
    var dual = any
    dual.isIPv4 = false
    dual.isDualStack = true
    return [bound, any, dual]
  }

  /// The hash, which is the same for both ends of a connection.
  @inline(__always)
  func hash(_ seeds: EndsTable.Seeds) -> UInt64 {
    let isHigh = isHigh
    let (first, second) = isHigh ? (remote, local) : (local, remote)
    let ports = isHigh ? UInt64(remotePort) << 16 | UInt64(localPort) : UInt64(localPort) << 16 | UInt64(remotePort)
    let kind = UInt64(transport.rawValue) << 1 | (isIPv4 ? 1 : 0)
    var hash = Self.fold(UInt64(truncatingIfNeeded: first) ^ seeds.a, UInt64(truncatingIfNeeded: first >> 64) ^ seeds.b)
    hash = Self.fold(hash ^ UInt64(truncatingIfNeeded: second), UInt64(truncatingIfNeeded: second >> 64) ^ seeds.c)
    hash = Self.fold(hash ^ (ports | kind << 32), UInt64(namespace) ^ seeds.d)
    // Of consecutive ports the products grow by equal steps, which may come round to the same places
    // again and again: once more, and they are spread.
    return Self.fold(hash, Self.golden)
  }

  /// 2^64 divided by the golden ratio.
  private static let golden: UInt64 = 0x9E37_79B9_7F4A_7C15

  @inline(__always)
  private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }
}

/// Places for pairs of ends, by their hash: open addressing in one flat array that is at most half
/// full. The hashes depend on random numbers, so that nobody can choose ends that collide.
struct EndsTable {
  /// The random numbers in the hashes.
  struct Seeds {
    let a = UInt64.random(in: .min ... .max)
    let b = UInt64.random(in: .min ... .max)
    let c = UInt64.random(in: .min ... .max)
    let d = UInt64.random(in: .min ... .max)
  }

  /// What is known of a place.
  enum Finding {
    case missing
    case one(UInt32)
    case several
  }

  private struct Slot {
    var hash: UInt64 = 0
    /// The row at the lower end and the one at the higher, ``none`` or ``several``.
    var low = EndsTable.none
    var high = EndsTable.none
  }

  private static let none = UInt32.max
  private static let several = UInt32.max - 1

  let seeds = Seeds()
  private var slots: [Slot]
  private let mask: Int
  /// How many slots were looked at.
  private(set) var probes = 0

  /// Makes a table for some sockets.
  init(count: Int) {
    var size = 16
    while size < count * 2 { size *= 2 }
    slots = Array(repeating: Slot(), count: size)
    mask = size - 1
  }

  /// The slot with a hash, or the empty one where it would be.
  @inline(__always)
  private mutating func place(of hash: UInt64) -> Int {
    var place = Int(truncatingIfNeeded: hash) & mask
    probes &+= 1
    while slots[place].hash != hash, slots[place].low != Self.none || slots[place].high != Self.none {
      place = (place &+ 1) & mask
      probes &+= 1
    }
    return place
  }

  /// Adds the row of a socket and returns its place.
  @inline(__always)
  mutating func insert(_ hash: UInt64, row: UInt32, isHigh: Bool) -> UInt32 {
    let place = place(of: hash)
    slots[place].hash = hash
    if isHigh {
      slots[place].high = slots[place].high == Self.none ? row : Self.several
    } else {
      slots[place].low = slots[place].low == Self.none ? row : Self.several
    }
    return UInt32(truncatingIfNeeded: place)
  }

  /// Makes the lower end of a place one of which nothing is certain.
  mutating func blur(_ place: UInt32) { slots[Int(place)].low = Self.several }

  /// The row opposite to one that was added; `nil` when there is none or several, at either end.
  @inline(__always)
  func other(_ place: UInt32, isHigh: Bool) -> UInt32? {
    let slot = slots[Int(place)]
    guard slot.low < Self.several, slot.high < Self.several else { return nil }
    return isHigh ? slot.low : slot.high
  }

  /// The row at the lower end of a place.
  mutating func find(_ hash: UInt64) -> Finding {
    switch slots[place(of: hash)].low {
    case Self.none: .missing
    case Self.several: .several
    case let row: .one(row)
    }
  }
}
