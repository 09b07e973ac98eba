import CLinux
import Glibc

/// A process that cannot be confused with a later one with the same number: `pidfd_open(2)`, Linux
/// 5.3.
package struct ProcessHandle: ~Copyable, Sendable {
  private let descriptor: Descriptor

  /// Makes a handle of the process that has the number now.
  package init(_ pid: Int32) throws(SystemError) {
    let number = sockinspect_pidfd_open(pid)
    guard number >= 0 else { throw SystemError("pidfd_open", "\(pid)") }
    descriptor = Descriptor(owning: number)
  }

  /// Sends it a signal with `pidfd_send_signal(2)`.
  package func send(signal: Int32) throws(SystemError) {
    guard sockinspect_pidfd_send_signal(descriptor.number, signal) == 0 else { throw SystemError("pidfd_send_signal") }
  }

  /// Waits until the process has ended, which `poll(2)` reports of its descriptor.
  ///
  /// - Returns: whether it has; `false` when the time is over before.
  package func waitForEnd(milliseconds: Int) -> Bool {
    var wait = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    return retryingInterrupts { unsafe poll(&wait, 1, Int32(clamping: milliseconds)) } > 0
  }
}
