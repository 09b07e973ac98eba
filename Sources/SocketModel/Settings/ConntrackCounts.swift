/// What `/proc/net/stat/nf_conntrack` counts since boot, of all processors
/// (`net/netfilter/nf_conntrack_standalone.c`).
package struct ConntrackCounts: Sendable, Hashable {
  /// Packets that were dropped because a connection could not be tracked.
  package var drops: UInt64 = 0
  /// Connections that could not be entered.
  package var insertFailed: UInt64 = 0
  /// Connections that were forgotten to make room for others.
  package var earlyDrops: UInt64 = 0

  package init() {}
}
