package import SocketModel

/// A condition in executable form: a flat list of tests, each of which says where to continue.
///
/// Running it takes no recursion, no allocation and, for states, transports, ports and addresses,
/// no reference counting: it runs a million times for a million sockets.
package struct CompiledQuery: Sendable {
  /// A test that needs only the record and a few numbers, or the index of one that needs more.
  private enum Test: Sendable {
    case states(UInt64)
    case transports(UInt16)
    case families(UInt32)
    case localPort(ClosedRange<UInt64>)
    case peerPort(ClosedRange<UInt64>)
    case localAddress(IPPrefix)
    case peerAddress(IPPrefix)
    case number(Int)
    case leaf(Int)
  }

  private struct Step: Sendable {
    let test: Test
    let hit: Int32
    let miss: Int32
  }

  private static let accepted: Int32 = -1
  private static let refused: Int32 = -2

  private var steps: [Step] = []
  private var leaves: [Condition.Leaf] = []
  /// The fields whose numbers are tested, and the numbers that they may have.
  private var numbers: [(field: FieldNumber, set: RangeSet)] = []
  private var entry: Int32 = CompiledQuery.accepted

  init(_ condition: Condition) {
    entry = compile(condition, hit: Self.accepted, miss: Self.refused)
  }

  /// Whether every socket passes without being looked at.
  var isAlwaysTrue: Bool { entry == Self.accepted }

  /// Whether the socket in a row passes.
  package func accepts(_ snapshot: Snapshot, row: Int) -> Bool {
    var next = entry
    while next >= 0 {
      let step = steps[Int(next)]
      let isHit: Bool
      switch step.test {
      case .states(let mask): isHit = mask & (1 << UInt64(snapshot.records[row].state.rawValue)) != 0
      case .transports(let mask): isHit = mask & (1 << UInt16(snapshot.records[row].transport.rawValue)) != 0
      case .families(let mask): isHit = mask & (1 << UInt32(snapshot.records[row].family.rawValue)) != 0
      case .localPort(let range):
        isHit = snapshot.records[row].numberAsLocalPort.map { range.contains($0) } ?? false
      case .peerPort(let range):
        isHit =
          snapshot.records[row].transport.hasPorts
          ? range.contains(UInt64(snapshot.records[row].remotePort)) && snapshot.records[row].hasPeer
          : snapshot.records[row].port(.peer).map { range.contains($0) } ?? false
      case .localAddress(let prefix):
        isHit = snapshot.records[row].local.map { prefix.contains($0.address) } ?? false
      case .peerAddress(let prefix):
        isHit =
          snapshot.records[row].hasPeer && snapshot.records[row].remote.map { prefix.contains($0.address) } ?? false
      case .number(let index): isHit = numbers[index].set.holds(numbers[index].field, snapshot, row: row)
      case .leaf(let index): isHit = leaves[index].holds(snapshot, row: row)
      }
      next = isHit ? step.hit : step.miss
    }
    return next == Self.accepted
  }

  /// Adds the tests of a condition, the last one first, and returns the index of its first test.
  private mutating func compile(_ condition: Condition, hit: Int32, miss: Int32) -> Int32 {
    switch condition {
    case .always: return hit
    case .never: return miss
    case .not(let inner): return compile(inner, hit: miss, miss: hit)
    case .all(let parts):
      var next = hit
      for part in parts.reversed() { next = compile(part, hit: next, miss: miss) }
      return next
    case .either(let parts):
      var next = miss
      for part in parts.reversed() { next = compile(part, hit: hit, miss: next) }
      return next
    case .leaf(let leaf):
      steps.append(Step(test: test(leaf), hit: hit, miss: miss))
      return Int32(steps.count - 1)
    }
  }

  private mutating func test(_ leaf: Condition.Leaf) -> Test {
    if let test = Self.test(leaf) { return test }
    switch leaf {
    case .number(let field, let set), .user(let field, let set):
      numbers.append((FieldNumber(field), set))
      return .number(numbers.count - 1)
    default:
      leaves.append(leaf)
      return .leaf(leaves.count - 1)
    }
  }

  /// The quick form of a leaf, where it has one.
  private static func test(_ leaf: Condition.Leaf) -> Test? {
    switch leaf {
    case .states(let states): return .states(states.rawValue)
    case .transports(let transports): return .transports(transports.reduce(0) { $0 | 1 << UInt16($1.rawValue) })
    case .families(let families): return .families(families.reduce(0) { $0 | 1 << UInt32($1.rawValue) })
    case .port(let end, let set):
      guard set.ranges.count == 1 else { return nil }
      return end == .local ? .localPort(set.ranges[0]) : .peerPort(set.ranges[0])
    case .address(let end, let prefix): return end == .local ? .localAddress(prefix) : .peerAddress(prefix)
    default: return nil
    }
  }
}

extension ClosedRange<UInt64> {
  /// The part of the range that can be a port; `nil` when none of it can.
  var asPorts: ClosedRange<UInt16>? {
    guard lowerBound <= 65535 else { return nil }
    return UInt16(lowerBound)...UInt16(Swift.min(upperBound, 65535))
  }
}
