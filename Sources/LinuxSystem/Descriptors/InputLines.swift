import Glibc

/// Standard input, one line at a time, for programs that wait for Enter.
package enum InputLines {
  /// What happened first.
  package enum Outcome: Sendable, Hashable {
    /// A line ended.
    case line
    /// There is no more input.
    case end
    /// A signal arrived.
    case stopped
  }

  /// Whether standard input is a terminal, which shows what is typed.
  package static var isTerminal: Bool { Descriptor.isTerminal(STDIN_FILENO) }

  /// Waits for the end of a line, reading no byte beyond it, or for a signal.
  package static func waitForLine(or watch: SignalWatch?) -> Outcome {
    while true {
      if let outcome = waitForLine(or: watch, milliseconds: -1) { return outcome }
    }
  }

  /// The same, for at most this many milliseconds since the last byte; a negative number means no
  /// limit.
  ///
  /// - Returns: `nil` when that time is over.
  package static func waitForLine(or watch: SignalWatch?, milliseconds: Int32) -> Outcome? {
    while true {
      if watch?.arrived() != nil { return .stopped }
      var waits = [pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)]
      if let watch { waits.append(pollfd(fd: watch.descriptor.number, events: Int16(POLLIN), revents: 0)) }
      let count = nfds_t(waits.count)
      let ready = retryingInterrupts { unsafe poll(&waits, count, milliseconds) }
      guard ready >= 0 else { return .end }
      if ready == 0 { return nil }
      if watch?.arrived() != nil { return .stopped }
      guard waits[0].revents != 0 else { continue }
      var byte: UInt8 = 0
      guard retryingInterrupts({ unsafe Glibc.read(STDIN_FILENO, &byte, 1) }) == 1 else { return .end }
      if byte == UInt8(ascii: "\n") { return .line }
    }
  }
}
