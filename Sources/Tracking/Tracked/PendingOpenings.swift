/// Sockets whose opening was seen before their ends were complete, with the numbers of the events
/// that wait for that.
struct PendingOpenings: Sendable {
  private var events: [UInt64: Int] = [:]

  /// How many events wait.
  var count: Int { events.count }

  /// The sockets whose events wait.
  var sockets: some Collection<UInt64> { events.keys }

  /// Whether the event of a socket waits.
  func contains(_ socket: UInt64) -> Bool { events[socket] != nil }

  /// Makes an event wait.
  mutating func add(_ socket: UInt64, event: Int) { events[socket] = event }

  /// Takes the event of a socket, which no longer waits; `nil` when none waited.
  mutating func take(_ socket: UInt64) -> Int? { events.isEmpty ? nil : events.removeValue(forKey: socket) }

  /// Frees the memory that a burst needed.
  mutating func shrink() { events.shrink() }
}
