import LinuxSystem

/// Values that several threads gather.
final class Collected<Value: Sendable>: Sendable {
  private let storage = Locked<[Value]>([])

  /// Adds a value, from any thread.
  func add(_ value: Value) { storage.withLock { $0.append(value) } }

  /// What was added, in no particular order.
  var values: [Value] { storage.withLock { $0 } }
}
