// `timespec` belongs to whichever module's headers the compiler met first.
import CLinux
import Glibc

/// The machine's clocks.
package enum Clock {
  /// The time of day: seconds and nanoseconds since 1970-01-01 00:00 UTC (`CLOCK_REALTIME`).
  package static func now() -> (seconds: Int64, nanoseconds: Int32) { read(CLOCK_REALTIME) }

  /// Seconds and nanoseconds since an arbitrary moment; never set back (`CLOCK_MONOTONIC`).
  package static func monotonic() -> (seconds: Int64, nanoseconds: Int32) { read(CLOCK_MONOTONIC) }

  /// Milliseconds since an arbitrary moment; never set back.
  package static func monotonicMilliseconds() -> Int {
    let now = monotonic()
    return Int(now.seconds) * 1000 + Int(now.nanoseconds) / 1_000_000
  }

  /// Milliseconds of processor time that all threads of this process have used, including time in
  /// the kernel (`CLOCK_PROCESS_CPUTIME_ID`).
  package static func processorMilliseconds() -> Int {
    let taken = read(CLOCK_PROCESS_CPUTIME_ID)
    return Int(taken.seconds) * 1000 + Int(taken.nanoseconds) / 1_000_000
  }

  /// Sleeps for that long, plus the time that the system needs to wake the thread; less when a
  /// signal arrives.
  package static func sleep(milliseconds: Int) {
    _ = poll(nil, 0, Int32(clamping: milliseconds))
  }

  /// Nanoseconds since an arbitrary moment; never set back.
  package static func monotonicNanoseconds() -> UInt64 {
    let now = monotonic()
    return UInt64(bitPattern: now.seconds) &* 1_000_000_000 &+ UInt64(UInt32(bitPattern: now.nanoseconds))
  }

  /// The difference between the time of day and the monotonic clock, in nanoseconds.
  package static func timeOfDayOffset() -> Int64 {
    let wall = now()
    return wall.seconds &* 1_000_000_000 &+ Int64(wall.nanoseconds) &- Int64(bitPattern: monotonicNanoseconds())
  }

  /// How many nanoseconds the monotonic clock of this process's time namespace is ahead of the
  /// machine's, with which the kernel stamps records of perf events; 0 outside of such a namespace,
  /// and where `/proc/self/timens_offsets` (`time_namespaces(7)`, Linux 5.6) is not available.
  package static func monotonicOffset() -> Int64 {
    var bytes: [UInt8] = []
    guard let file = try? Descriptor.open("/proc/self/timens_offsets"),
      (try? file.readAll(into: &bytes, limit: 4096)) != nil
    else { return 0 }
    return offset(ofMonotonicIn: String(decoding: bytes, as: UTF8.self)) ?? 0
  }

  /// Parses the offset in lines such as `monotonic  5000  0`: seconds, which may be negative, and
  /// nanoseconds.
  package static func offset(ofMonotonicIn text: String) -> Int64? {
    for line in text.split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "\t" }
      // Before Linux 5.7 the clock was written as its number, 1.
      guard words.count == 3, words[0] == "monotonic" || words[0] == "1" else { continue }
      guard let seconds = Int64(words[1]), let nanoseconds = Int64(words[2]) else { return nil }
      return seconds &* 1_000_000_000 &+ nanoseconds
    }
    return nil
  }

  /// Clock ticks per second, the unit of times in /proc (`USER_HZ`; `sysconf(_SC_CLK_TCK)`).
  package static var ticksPerSecond: Int { max(1, sysconf(Int32(_SC_CLK_TCK))) }

  /// How many seconds local time is ahead of UTC at a moment given in seconds since 1970 (`TZ` or
  /// `/etc/localtime`).
  package static func utcOffset(at seconds: Int64) -> Int {
    var moment = time_t(seconds)
    var parts = unsafe tm()
    guard unsafe localtime_r(&moment, &parts) != nil else { return 0 }
    return unsafe parts.tm_gmtoff
  }

  private static func read(_ clock: clockid_t) -> (seconds: Int64, nanoseconds: Int32) {
    var time = timespec()
    guard unsafe clock_gettime(clock, &time) == 0 else { return (0, 0) }
    return (Int64(time.tv_sec), Int32(truncatingIfNeeded: time.tv_nsec))
  }
}
