import Glibc
import LinuxSystem

/// Who uses the tracepoint, which reports the sockets of the whole machine: watchers that must miss
/// nothing, at the same time, or a flood of sockets that makes them miss events, alone.
///
/// Test runs in several processes share it: it is a lock of a file, which the kernel releases
/// with its process.
enum TracedMachine {
  /// Runs a test that must see every event of the machine.
  static func watched<Result>(_ body: () throws -> Result) throws -> Result { try locked(LOCK_SH, body) }

  /// Runs a test that makes more sockets than a watcher can follow.
  static func flooded<Result>(_ body: () throws -> Result) throws -> Result { try locked(LOCK_EX, body) }

  private static func locked<Result>(_ operation: Int32, _ body: () throws -> Result) throws -> Result {
    let file = open("/tmp/sockinspect-traced-machine.\(getuid())", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw SystemError("open of the lock", code: errno) }
    defer { close(file) }
    while flock(file, operation) != 0 {
      guard errno == EINTR else { throw SystemError("flock", code: errno) }
    }
    return try body()
  }
}
