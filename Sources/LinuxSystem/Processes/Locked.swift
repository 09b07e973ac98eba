import Glibc

/// A value that one thread at a time may use.
///
/// It uses `pthread_mutex_t` rather than the standard library's `Mutex`, whose locking the thread
/// sanitizer does not see on Linux (Swift 6.3): it reports a race for every use, among which real
/// ones would go unnoticed.
@safe package final class Locked<Value>: @unchecked Sendable {
  private var value: Value
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>

  /// Takes the value; nothing else may refer to parts of it.
  package init(_ value: sending Value) {
    self.value = value
    unsafe mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
  }

  deinit {
    unsafe pthread_mutex_destroy(mutex)
    unsafe mutex.deallocate()
  }

  /// Waits until no other thread uses the value, and uses it. Must not be called again from inside
  /// `body`.
  package func withLock<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure)
    -> Result
  {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
}
