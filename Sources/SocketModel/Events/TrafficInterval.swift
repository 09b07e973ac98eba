/// The interval between the last two scans, for rates of tracked sockets.
///
/// What a socket has sent and received in it is in ``TrackedSocket/traffic``. Sockets that ended in
/// it may be forgotten soon, so they are here besides.
package struct TrafficInterval: Sendable {
  /// How many scans there were: it grows by one with each.
  package var number = 0
  /// Its length in nanoseconds, from the end of one scan to that of the next; `nil` until there were
  /// two.
  package var duration: UInt64?
  /// The sockets that ended in it, as they were then, each with all of its bytes: those that no scan
  /// met too. A connection whose TIME_WAIT remains is among them once.
  package var ended: [TrackedSocket] = []

  package init() {}
}
