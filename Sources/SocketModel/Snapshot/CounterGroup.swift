/// Counters of one protocol from one of the kernel's tables: they count since boot, in one network
/// namespace.
package struct CounterGroup: Sendable, Hashable {
  /// The file of `/proc/net` that a group is from.
  package enum Table: String, CaseIterable, Sendable, Hashable {
    /// IPv4, ICMP, TCP, UDP, UDP-Lite.
    case snmp
    /// More of TCP, IPv4 and MPTCP.
    case netstat
    /// SCTP, where its module is loaded.
    case sctp = "sctp/snmp"
    /// IPv6, ICMPv6, UDP and UDP-Lite over IPv6.
    case snmp6
  }

  /// One counter.
  package struct Counter: Sendable, Hashable {
    /// Its name, such as `InSegs`: whatever bytes the table has.
    package var name: [UInt8]
    /// Its value. A negative one, such as that of `MaxConn`, counts down from 2^64.
    package var value: UInt64

    package init(name: [UInt8], value: UInt64) {
      self.name = name
      self.value = value
    }
  }

  /// The table it is from.
  package var table: Table
  /// The protocol's name in the table, such as `Tcp`; empty in the tables with one name and number
  /// per line.
  package var name: [UInt8]
  /// The counters, in the kernel's order.
  package var counters: [Counter]

  package init(table: Table, name: [UInt8], counters: [Counter]) {
    self.table = table
    self.name = name
    self.counters = counters
  }
}
