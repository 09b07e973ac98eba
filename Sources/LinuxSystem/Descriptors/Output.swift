import CLinux
import Glibc

/// Standard output and standard error. Nothing is buffered: callers write in large pieces.
package enum StandardStream: Int32, Sendable {
  /// The corresponding C constant is `STDOUT_FILENO`.
  case output = 1
  /// The corresponding C constant is `STDERR_FILENO`.
  case error = 2

  /// Whether it leads to a terminal.
  package var isTerminal: Bool { Descriptor.isTerminal(rawValue) }

  /// Writes all bytes with `write(2)`.
  ///
  /// While a ``SignalWatch`` blocks the signals that ask the program to end, a reader that takes
  /// nothing counts as gone (EPIPE) once one of them has arrived: it must not keep the program from
  /// ending.
  package func write(_ bytes: Span<UInt8>) throws(SystemError) {
    guard let signals = SignalWatch.present else { return try writeAll(bytes) }
    guard try write(bytes, until: signals) == bytes.count else { throw SystemError("write", name, code: EPIPE) }
  }

  private var name: String { self == .output ? "standard output" : "standard error" }

  private func writeAll(_ bytes: Span<UInt8>) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      let written = unsafe bytes.withUnsafeBytes { (raw) -> Int in
        retryingInterrupts {
          unsafe Glibc.write(rawValue, raw.baseAddress?.advanced(by: done), raw.count - done)
        }
      }
      if written < 0, errno == EAGAIN {
        // Another process that shares the descriptor made it non-blocking.
        var wait = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&wait, 1, 1000)
        continue
      }
      guard written >= 0 else { throw SystemError("write", name) }
      done += written
    }
  }

  /// How long to wait for a reader that takes little or nothing when the program is to end, in
  /// milliseconds: once, not for each line.
  private static let patience = 500
  /// The streams whose readers were given up.
  private static let givenUp = Locked<Set<StandardStream>>([])

  /// Writes all bytes, but gives up after one of the signals has arrived when there was no room to
  /// write for half a second in total, or when another signal arrives: a reader that has stopped,
  /// or is slow, must not keep the program from ending.
  ///
  /// - Returns: how many of the bytes were written.
  package func write(_ bytes: Span<UInt8>, until signals: SignalWatch) throws(SystemError) -> Int {
    var done = 0
    var left = Self.givenUp.withLock { $0.contains(self) } ? 0 : Self.patience
    while done < bytes.count {
      var waits = [
        pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0),
        pollfd(fd: signals.descriptor.number, events: Int16(POLLIN), revents: 0),
      ]
      let isAsked = signals.arrived() != nil
      if isAsked, signals.arrivedAgain() { return done }
      let start = Clock.monotonicMilliseconds()
      let ready = retryingInterrupts { unsafe poll(&waits, 2, isAsked ? Int32(max(0, left)) : -1) }
      guard ready >= 0 else { throw SystemError("poll") }
      if isAsked { left -= Clock.monotonicMilliseconds() - start }
      if waits[0].revents == 0 {
        if isAsked, left <= 0 {
          Self.givenUp.withLock { _ = $0.insert(self) }
          return done
        }
        continue
      }
      // A pipe that is ready takes a page without waiting (PIPE_BUF), and perhaps no more.
      let end = min(bytes.count, done + 4096)
      try writeAll(bytes.extracting(done..<end))
      done = end
    }
    return done
  }

  /// Writes a text as UTF-8.
  package func write(_ text: String) throws(SystemError) {
    let bytes = Array(text.utf8)
    try write(bytes.span)
  }
}

extension StandardStream {
  /// Opens those of the numbers 0, 1 and 2 that were closed when the program began, so that no file
  /// or socket gets one of them and is then written to instead of the output. They are not open for
  /// writing: writing still fails with EBADF.
  package static func reserveClosedNumbers() {
    for number in 0...Int32(2) where fcntl(number, F_GETFD) < 0 {
      // The lowest number that is free is this one.
      _ = unsafe sockinspect_openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC, 0)
    }
  }
}

extension SystemError {
  /// Whether the reader of a pipe has gone (EPIPE).
  package var isClosedPipe: Bool { code == EPIPE }
}
