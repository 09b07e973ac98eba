/// Values that several threads collect.
package final class Collected<Value: Sendable>: Sendable {
  private let storage = Locked<[Value]>([])

  package init() {}

  /// Adds a value, from any thread.
  package func add(_ value: Value) { storage.withLock { $0.append(value) } }

  /// The values, in no particular order.
  package var values: [Value] { storage.withLock { $0 } }
}
