import CLinux
import Glibc
import Synchronization

/// Turns signals into events to wait for, instead of what they otherwise do to the process:
/// `signalfd(2)`.
///
/// Make it before any thread is started, so that all of them block the signals; dropping it
/// restores the signals of the thread.
package final class SignalWatch: Sendable {
  /// The signal for a write without a reader; the corresponding C constant is `SIGPIPE`.
  package static let closedPipe = SIGPIPE
  /// The signal that a terminal sends for Ctrl-C; the corresponding C constant is `SIGINT`.
  package static let ctrlC = SIGINT

  /// The descriptor that is readable as soon as one of the signals has arrived.
  package let descriptor: Descriptor
  private let signals: [Int32]
  private let first = Locked<Int32?>(nil)
  private let hasSecond = Atomic<Bool>(false)

  private struct Weak: Sendable {
    weak var watch: SignalWatch?
  }

  /// The current watch, if any: while the signals are blocked, code that may wait long checks it.
  package static var present: SignalWatch? { newest.withLock { $0.watch } }
  private static let newest = Locked(Weak())

  /// Watches for the signals that ask a program to end: Ctrl-C (SIGINT), `kill` (SIGTERM), the end
  /// of the terminal (SIGHUP, unless it is ignored), and the end of the output's reader (SIGPIPE;
  /// the write then fails with EPIPE).
  package init() throws(SystemError) {
    // nohup(1) ignores it, so that the program outlives its terminal.
    let asksToEnd = SignalWatch.isIgnored(SIGHUP) ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP]
    signals = asksToEnd + [SIGPIPE]
    descriptor = try SignalWatch.take(signals)
    SignalWatch.newest.withLock { $0.watch = self }
  }

  deinit {
    SignalWatch.giveBack(signals, descriptor)
  }

  /// The first of the signals that has arrived; `nil` while none has.
  package func arrived() -> Int32? {
    first.withLock { (first) -> Int32? in
      if first == nil, case let number = sockinspect_next_signal(descriptor.number), number != 0 {
        first = Int32(truncatingIfNeeded: number)
      }
      return first
    }
  }

  /// Whether another of the signals has arrived after the first one.
  package func arrivedAgain() -> Bool {
    if arrived() != nil, sockinspect_next_signal(descriptor.number) != 0 { hasSecond.store(true, ordering: .relaxed) }
    return hasSecond.load(ordering: .relaxed)
  }

  /// The first of the signals, waited for at most this many milliseconds; `nil` when none arrived.
  package func arrived(within milliseconds: Int) -> Int32? {
    var wait = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    if arrived() == nil { _ = retryingInterrupts { unsafe poll(&wait, 1, Int32(clamping: max(0, milliseconds))) } }
    return arrived()
  }

  private static func isIgnored(_ signal: Int32) -> Bool { sockinspect_signal_is_ignored(signal) != 0 }

  /// Blocks signals, and makes the descriptor that reports them.
  package static func take(_ signals: [Int32]) throws(SystemError) -> Descriptor {
    mask(signals, SIG_BLOCK)
    let number = sockinspect_signal_descriptor(signals.reduce(0) { $0 | 1 << UInt64($1 - 1) })
    guard number >= 0 else { throw SystemError("signalfd") }
    return Descriptor(owning: number)
  }

  /// Restores the usual effect of signals. One that is still pending is dropped: it would end the
  /// process now.
  static func giveBack(_ signals: [Int32], _ descriptor: borrowing Descriptor) {
    while sockinspect_next_signal(descriptor.number) != 0 {}
    mask(signals, SIG_UNBLOCK)
  }

  package static func mask(_ signals: [Int32], _ how: Int32) {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in signals { unsafe sigaddset(&set, signal) }
    unsafe pthread_sigmask(how, &set, nil)
  }
}
