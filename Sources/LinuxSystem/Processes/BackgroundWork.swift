import Glibc

/// One piece of work on its own thread, whose result is collected later.
///
/// The thread is in the namespaces of the one that starts it. The process does not wait for it and
/// may end first.
package final class BackgroundWork<Value: Sendable>: Sendable {
  private let outcome = Locked<Value?>(nil)

  /// Starts the work. When the system has no thread for it, it is done before this returns.
  package init(_ body: @escaping @Sendable () -> Value) {
    let outcome = self.outcome
    let work: @Sendable () -> Void = {
      let value = body()
      outcome.withLock { $0 = value }
    }
    if let thread = startThread(work) { pthread_detach(thread) } else { work() }
  }

  /// Takes the result, once; `nil` while the work goes on.
  package func take() -> Value? {
    outcome.withLock { outcome in
      let taken = outcome
      outcome = nil
      return taken
    }
  }
}
