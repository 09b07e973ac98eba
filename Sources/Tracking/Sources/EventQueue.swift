import SocketModel

/// Events in order, some of which wait until more is known about them. None overtakes another.
struct EventQueue: Sendable {
  private struct Held: Sendable {
    var event: SocketEvent
    /// Until when it waits, in nanoseconds of the monotonic clock; 0 when it does not.
    var deadline: UInt64
    var isDropped = false
  }

  private var held: [Held] = []
  /// How many of ``held`` have left the queue.
  private var gone = 0
  /// The number of the first of ``held``.
  private var base = 0

  /// Adds an event at the end and returns its number.
  @discardableResult
  mutating func append(_ event: SocketEvent, deadline: UInt64 = 0) -> Int {
    held.append(Held(event: event, deadline: deadline))
    return base + held.count - 1
  }

  /// Changes an event unless it has left the queue.
  mutating func update(_ number: Int, _ body: (inout SocketEvent) -> Void) {
    guard let index = index(of: number) else { return }
    body(&held[index].event)
  }

  /// Makes an event wait until the deadline; 0 releases it.
  mutating func hold(_ number: Int, until deadline: UInt64) {
    guard let index = index(of: number) else { return }
    held[index].deadline = deadline
  }

  /// Removes an event from the queue, because what it reported has not happened.
  mutating func drop(_ number: Int) {
    guard let index = index(of: number) else { return }
    held[index].isDropped = true
    held[index].deadline = 0
  }

  /// Changes all events that have not left the queue.
  mutating func updateAll(_ body: (inout SocketEvent) -> Void) {
    for index in gone..<held.count { body(&held[index].event) }
  }

  /// How many events have not left the queue.
  var count: Int { held.count - gone }

  /// Takes the events at the front that no longer wait.
  mutating func take(at now: UInt64) -> [SocketEvent] {
    var events: [SocketEvent] = []
    while gone < held.count, held[gone].deadline <= now {
      if !held[gone].isDropped { events.append(held[gone].event) }
      gone += 1
    }
    if gone == held.count || gone > 1024 {
      base += gone
      held.removeFirst(gone)
      if held.isEmpty { held = [] }
      gone = 0
    }
    return events
  }

  /// When the event at the front has waited long enough; `nil` when none waits.
  var deadline: UInt64? { gone < held.count ? held[gone].deadline : nil }

  private func index(of number: Int) -> Int? {
    let index = number - base
    return index >= gone && index < held.count ? index : nil
  }
}
