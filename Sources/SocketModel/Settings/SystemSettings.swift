/// Settings, limits and counts of the machine that affect its sockets, as far as they were asked
/// for and are known.
package struct SystemSettings: Sendable, Hashable {
  /// The numbers of each setting, in the order of its file; ``Sysctl/reservedPorts`` is in
  /// ``reservedPorts`` instead.
  package var numbers: [Sysctl: [Int64]] = [:]
  /// The ports that the kernel does not choose; `nil` when unknown.
  package var reservedPorts: [ClosedRange<UInt16>]?
  /// How many sockets there are; `nil` when unknown.
  package var socketCounts: SocketCounts?

  package init() {}

  /// The only or first number of a setting; `nil` when unknown.
  package subscript(_ sysctl: Sysctl) -> Int64? { numbers[sysctl]?.first }

  /// The ports that the kernel chooses from; `nil` when unknown.
  package var ephemeralPorts: ClosedRange<UInt16>? {
    guard let range = numbers[.ephemeralPorts], range.count == 2, let first = UInt16(exactly: range[0]),
      let last = UInt16(exactly: range[1]), first <= last
    else { return nil }
    return first...last
  }

  /// The list of ``reservedPorts`` with one more port, as sysctl(8) takes it; `nil` when they are
  /// unknown.
  package func reservedList(with port: UInt16) -> String? {
    guard let reservedPorts else { return nil }
    let all = (reservedPorts + [port...port]).sorted { $0.lowerBound < $1.lowerBound }
    return all.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ",")
  }
}

/// How many sockets a network namespace has: `/proc/net/sockstat` and `sockstat6`
/// (`net/ipv4/proc.c`, `net/ipv6/proc.c`).
package struct SocketCounts: Sendable, Hashable {
  /// All sockets of the network namespace, of any family.
  package var sockets: UInt64?
  /// TCP sockets in use, by family; without those in TIME_WAIT.
  package var tcp: UInt64?
  package var tcp6: UInt64?
  /// TCP sockets that no process has open, of the whole machine.
  package var orphans: UInt64?
  /// TCP sockets in TIME_WAIT.
  package var timeWait: UInt64?
  /// Pages of memory that TCP sockets of the machine use.
  package var tcpPages: UInt64?
  /// UDP sockets that are bound, by family.
  package var udp: UInt64?
  package var udp6: UInt64?
  /// UDP-Lite sockets that are bound, by family.
  package var udpLite: UInt64?
  package var udpLite6: UInt64?
  /// Pages of memory that UDP sockets of the machine use.
  package var udpPages: UInt64?

  package init() {}
}
