import CLinux
import Glibc

/// A process that serves connections: a copy of this one that has nothing but a listener, answers
/// each client and closes.
///
/// It is killed when the thread that made it ends, and when this value does.
package final class ForkedServer: Sendable {
  /// Its process id.
  package let pid: Int32

  /// Starts it with `fork(2)`. It has a copy of the listener; the caller may close its own.
  package init(of listener: borrowing Descriptor, answering answer: [UInt8]) throws(SystemError) {
    let number = listener.number
    pid = unsafe answer.withUnsafeBytes { (raw) -> Int32 in
      unsafe sockinspect_fork_server(number, raw.baseAddress, raw.count)
    }
    guard pid > 0 else { throw SystemError("fork") }
  }

  /// Stops it with SIGSTOP, and waits until it is.
  package func stop() throws(SystemError) {
    guard kill(pid, SIGSTOP) == 0 else { throw SystemError("kill", "\(pid)") }
    var status: Int32 = 0
    guard retryingInterrupts({ unsafe waitpid(pid, &status, WUNTRACED) }) == pid else { throw SystemError("waitpid") }
    // The low byte of a process that is stopped (`WIFSTOPPED`).
    guard status & 0xFF == 0x7F else { throw SystemError("waitpid", "\(pid), which ended", code: ECHILD) }
  }

  /// Whether somebody has ended it.
  package var hasEnded: Bool {
    var information = unsafe siginfo_t()
    // It stays to be waited for.
    let result = unsafe waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT)
    return unsafe result == 0 && information.si_signo == SIGCHLD
  }

  deinit {
    // SIGKILL ends stopped processes too.
    ChildProcess(pid: pid).end()
  }
}
