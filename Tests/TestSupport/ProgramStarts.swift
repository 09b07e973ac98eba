import Glibc
package import LinuxSystem

/// Starts of programs, kept apart from looks at the descriptors of this process.
///
/// Tests run in parallel in one process. A child has all of its descriptors between clone(2) and
/// execve(2), so a scan in that time finds another owner of every socket that any test holds, and a
/// last owner where none should remain.
package enum ProgramStarts {
  /// Recursive: the body of ``undisturbed(_:)`` may itself start programs.
  private struct Lock: @unchecked Sendable {
    let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() {
      var attributes = pthread_mutexattr_t()
      pthread_mutexattr_init(&attributes)
      pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
      pthread_mutex_init(mutex, &attributes)
    }
  }

  private static let lock = Lock()

  /// Runs a body that must not be seen, or seen twice, through a child that another thread starts.
  /// No test may wait in it for another thread that starts a program.
  package static func undisturbed<Value, Failure>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    pthread_mutex_lock(lock.mutex)
    defer { pthread_mutex_unlock(lock.mutex) }
    return try body()
  }
}

extension ChildProcess {
  /// Starts a program while nobody looks; returns when it has become that program. For the rest see
  /// `start`, which tests leave to this.
  package static func startUnseen(
    _ path: String, arguments: [[UInt8]], environment: [String]? = nil, descriptors: [(from: Int32, to: Int32)] = []
  ) throws(SystemError) -> ChildProcess {
    try ProgramStarts.undisturbed { () throws(SystemError) in
      try start(path, arguments: arguments, environment: environment, descriptors: descriptors)
    }
  }
}
