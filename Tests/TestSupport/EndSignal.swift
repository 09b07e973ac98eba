import Glibc
import LinuxSystem

/// The word of a test to a thread of its own that it is to end: a pipe, so that the thread can wait
/// for it with `poll(2)`.
package final class EndSignal: Sendable {
  private let pipe: LinuxSystem.Pipe

  /// Makes a signal that has not been given.
  package init() throws { pipe = try LinuxSystem.Pipe() }

  /// Gives the signal.
  package func give() { try? pipe.writing.writeAll([1].span) }

  /// Waits for the signal, at most for some milliseconds; returns whether it has been given.
  package func wait(atMost milliseconds: Int = 0) -> Bool {
    var wait = pollfd(fd: pipe.reading.number, events: Int16(POLLIN), revents: 0)
    return poll(&wait, 1, Int32(milliseconds)) > 0
  }
}
