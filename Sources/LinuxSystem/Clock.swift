// `timespec` belongs to whichever module's headers the compiler met first.
import CLinux
import Glibc

/// The machine's clocks.
public enum Clock {
  /// The time of day: seconds and nanoseconds since 1970-01-01 00:00 UTC (`CLOCK_REALTIME`).
  public static func now() -> (seconds: Int64, nanoseconds: Int32) { read(CLOCK_REALTIME) }

  /// Seconds and nanoseconds since some moment; never set back (`CLOCK_MONOTONIC`).
  public static func monotonic() -> (seconds: Int64, nanoseconds: Int32) { read(CLOCK_MONOTONIC) }

  /// Milliseconds since some moment; never set back.
  public static func monotonicMilliseconds() -> Int {
    let now = monotonic()
    return Int(now.seconds) * 1000 + Int(now.nanoseconds) / 1_000_000
  }

  /// Milliseconds of processor time that all threads of this process have taken, in the kernel too (`CLOCK_PROCESS_CPUTIME_ID`).
  public static func processorMilliseconds() -> Int {
    let taken = read(CLOCK_PROCESS_CPUTIME_ID)
    return Int(taken.seconds) * 1000 + Int(taken.nanoseconds) / 1_000_000
  }

  /// Waits so long, and as long again as the system needs to wake the thread; less when a signal comes.
  public static func sleep(milliseconds: Int) {
    _ = poll(nil, 0, Int32(clamping: milliseconds))
  }

  /// Nanoseconds since some moment; never set back.
  public static func monotonicNanoseconds() -> UInt64 {
    let now = monotonic()
    return UInt64(bitPattern: now.seconds) &* 1_000_000_000 &+ UInt64(UInt32(bitPattern: now.nanoseconds))
  }

  /// Clock ticks a second, the unit of times in /proc (`USER_HZ`; `sysconf(_SC_CLK_TCK)`).
  public static var ticksPerSecond: Int { max(1, sysconf(Int32(_SC_CLK_TCK))) }

  private static func read(_ clock: clockid_t) -> (seconds: Int64, nanoseconds: Int32) {
    var time = timespec()
    guard unsafe clock_gettime(clock, &time) == 0 else { return (0, 0) }
    return (Int64(time.tv_sec), Int32(truncatingIfNeeded: time.tv_nsec))
  }
}
