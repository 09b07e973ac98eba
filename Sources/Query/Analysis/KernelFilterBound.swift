internal import SocketModel

/// The part of a condition that the kernel can test during a dump of internet sockets.
struct KernelFilterBound {
  /// Whether every dumped transport has ports. In `raw` and `icmp` the numbers are not ports, so
  /// the kernel's test of a port is not exact there.
  let portsAreExact: Bool

  /// How many ranges of ports are passed on individually; more are passed on as one range that
  /// spans them.
  static let rangeLimit = 32

  /// How many tests a filter may have; a larger one is left out, since the kernel reads a program
  /// of at most 64 KiB.
  static let sizeLimit = 512

  /// A filter that passes every socket that the condition accepts.
  func bound(_ condition: Condition) -> KernelFilter {
    let filter = upper(condition)
    return Self.size(filter) <= Self.sizeLimit ? filter : .any
  }

  private static func size(_ filter: KernelFilter) -> Int {
    switch filter {
    case .all(let parts), .either(let parts): parts.reduce(1) { $0 + size($1) }
    case .not(let inner): 1 + size(inner)
    default: 1
    }
  }

  private func upper(_ condition: Condition) -> KernelFilter {
    switch condition {
    case .always: .any
    case .never: .none
    case .not(let inner): Self.negated(lower(inner))
    case .all(let parts): Self.all(parts.map(upper))
    case .either(let parts): Self.either(parts.map(upper))
    case .leaf(let leaf): upper(leaf)
    }
  }

  /// A filter that passes only sockets that the condition accepts.
  private func lower(_ condition: Condition) -> KernelFilter {
    switch condition {
    case .always: .any
    case .never: .none
    case .not(let inner): Self.negated(upper(inner))
    case .all(let parts): Self.all(parts.map(lower))
    case .either(let parts): Self.either(parts.map(lower))
    case .leaf(let leaf): lower(leaf)
    }
  }

  private func upper(_ leaf: Condition.Leaf) -> KernelFilter {
    switch leaf {
    case .port(let end, let set):
      let ranges = set.ranges.compactMap(\.asPorts)
      guard ranges.count > Self.rangeLimit, let first = ranges.first, let last = ranges.last else {
        return ports(end, ranges)
      }
      return ports(end, [first.lowerBound...last.upperBound])
    case .address(.local, let prefix): return .local(prefix)
    case .address(.peer, let prefix): return .remote(prefix)
    case .number(.interface, let set):
      guard let indexes = set.numbers(limit: Self.rangeLimit) else { return .any }
      return Self.either(indexes.compactMap { UInt32(exactly: $0).map { .interface($0) } })
    case .autobound: return .autobound
    case .mark(let value, let mask): return .mark(value: value, mask: mask)
    default: return .any
    }
  }

  private func lower(_ leaf: Condition.Leaf) -> KernelFilter {
    switch leaf {
    case .port(let end, let set):
      guard portsAreExact, set.ranges.count <= Self.rangeLimit else { return .none }
      let ranges = set.ranges.compactMap(\.asPorts)
      // Without a peer the remote port is absent for a query and 0 for the kernel.
      return end == .local ? ports(end, ranges) : ports(end, ranges.compactMap(Self.withoutZero))
    case .address(.local, let prefix): return .local(prefix)
    case .address(.peer, let prefix):
      let unspecified = IPAddress(bits: 0, isIPv4: prefix.address.isIPv4)
      // Where the block contains the unspecified address, a socket without a peer would pass too; a
      // remote port shows that there is a peer.
      return prefix.contains(unspecified)
        ? Self.all([.remote(prefix), .not(.remotePort(0...0))]) : .remote(prefix)
    default: return .none
    }
  }

  private static func withoutZero(_ range: ClosedRange<UInt16>) -> ClosedRange<UInt16>? {
    range.upperBound == 0 ? nil : max(1, range.lowerBound)...range.upperBound
  }

  private func ports(_ end: Condition.End, _ ranges: [ClosedRange<UInt16>]) -> KernelFilter {
    Self.either(ranges.map { end == .local ? .localPort($0) : .remotePort($0) })
  }

  // MARK: Joining

  private static func negated(_ filter: KernelFilter) -> KernelFilter {
    switch filter {
    case .any: .none
    case .none: .any
    case .not(let inner): inner
    default: .not(filter)
    }
  }

  private static func all(_ filters: [KernelFilter]) -> KernelFilter {
    let parts = filters.filter { $0 != .any }
    if parts.contains(.none) { return .none }
    return parts.isEmpty ? .any : parts.count == 1 ? parts[0] : .all(parts)
  }

  private static func either(_ filters: [KernelFilter]) -> KernelFilter {
    let parts = filters.filter { $0 != .none }
    if parts.contains(.any) { return .any }
    return parts.isEmpty ? .none : parts.count == 1 ? parts[0] : .either(parts)
  }
}
