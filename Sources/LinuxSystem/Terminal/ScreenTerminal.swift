import CLinux
import Glibc

/// A terminal that a program uses exclusively: raw keys, the alternate screen, no cursor. Whatever
/// ends the process, except SIGKILL, leaves it as it was.
package final class ScreenTerminal {
  /// The descriptor that is readable when keys were pressed.
  package let descriptor: Descriptor
  private let signals: TerminalSignals
  /// Whether the terminal reports presses of the mouse and steps of its wheel as input, each as
  /// `ESC [ < code ; column ; row M`. Its own selection then needs Shift.
  package let reportsMouse: Bool
  /// When the terminal was asked for its background, in milliseconds of the monotonic clock, while it
  /// has not answered.
  private var asked: Int?

  /// How long an answer is awaited before the terminal is given back, in milliseconds from the question
  /// on. It takes as long as a line is slow; many terminals never answer.
  private static let patience = 300

  // The modes are xterm's, which all terminals in use know or ignore: 1049 the alternate screen, 25
  // the cursor, 7 wrapping of long lines, 2004 marks around what is pasted, 1000 reports of the
  // mouse, 1006 in a form that has no limit.
  private var begin: String {
    "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[?2004h" + (reportsMouse ? "\u{1B}[?1000h\u{1B}[?1006h" : "")
      + "\u{1B}[0m\u{1B}[2J"
  }
  private var end: String {
    (reportsMouse ? "\u{1B}[?1006l\u{1B}[?1000l" : "") + "\u{1B}[0m\u{1B}[?2004l\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"
  }

  /// Takes the terminal that standard output refers to. Only one at a time; ``leave()`` gives it
  /// back.
  package init(signals: TerminalSignals, reportsMouse: Bool = false) throws(SystemError) {
    self.signals = signals
    self.reportsMouse = reportsMouse
    descriptor = try Self.open()
    try enter()
    sockinspect_terminal_guard()
  }

  deinit { leave() }

  /// The terminal, opened again where that is possible: then it can be non-blocking without
  /// changing that for other processes that share the descriptor.
  private static func open() throws(SystemError) -> Descriptor {
    let output = StandardStream.output.rawValue
    let isControlling = tcgetsid(output) == getsid(0)
    for path in [isControlling ? "/dev/tty" : nil, "/proc/self/fd/\(output)"] {
      guard let path else { continue }
      let number = retryingInterrupts {
        unsafe sockinspect_openat(AT_FDCWD, path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0)
      }
      if number >= 0 { return Descriptor(owning: number) }
    }
    let number = sockinspect_duplicate(output)
    guard number >= 0 else { throw SystemError("fcntl", "standard output") }
    return Descriptor(owning: number)
  }

  /// Makes the terminal raw and shows the alternate screen, empty. Call it again after the process
  /// was stopped.
  package func enter() throws(SystemError) {
    let end = Array(end.utf8).map { CChar(bitPattern: $0) }
    guard unsafe sockinspect_terminal_enter(descriptor.number, end, end.count) == 0 else {
      throw SystemError("tcsetattr", "the terminal")
    }
    _ = try write(Array(begin.utf8))
  }

  /// Asks the terminal for the colour of its background (OSC 11). It answers by input, soon, late
  /// or never: see ``takeAnswer()``.
  package func askForBackground() throws(SystemError) {
    if try write(Array("\u{1B}]11;?\u{07}".utf8)) { asked = Clock.monotonicMilliseconds() }
  }

  /// Notes that the answer has arrived.
  package func takeAnswer() { asked = nil }

  /// Restores the terminal, unless that was done already. An answer that was not read is dropped, and
  /// one that may be on its way is awaited for a moment: the shell would take it for typed text.
  package func leave() {
    if let asked {
      let left = asked + Self.patience - Clock.monotonicMilliseconds()
      var wait = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
      if left > 0 { _ = unsafe poll(&wait, 1, Int32(truncatingIfNeeded: left)) }
    }
    sockinspect_terminal_leave()
    if asked != nil { _ = tcflush(descriptor.number, TCIFLUSH) }
    asked = nil
  }

  /// Restores the terminal, stops like a program without one, and takes the terminal again when it
  /// continues.
  ///
  /// - Parameter asGroup: whether to stop the whole process group, as the key does in a terminal
  ///   that is not raw.
  package func suspend(asGroup: Bool) throws(SystemError) {
    leave()
    signals.stop(asGroup: asGroup)
    try enter()
  }

  /// The numbers of columns and rows; 80 and 24 when the terminal does not report its size.
  package var size: (columns: Int, rows: Int) {
    var columns: UInt16 = 0
    var rows: UInt16 = 0
    guard unsafe sockinspect_window_size(descriptor.number, &columns, &rows) == 0, columns > 0, rows > 0 else {
      return (80, 24)
    }
    return (Int(columns), Int(rows))
  }

  /// Reads the bytes that were typed; `nil` when the terminal no longer exists.
  package func read() throws(SystemError) -> [UInt8]? {
    var buffer: [UInt8] = Array(repeating: 0, count: 4096)
    do throws(SystemError) {
      let count = try descriptor.read(into: &buffer)
      return count == 0 ? nil : Array(buffer.prefix(count))
    } catch {
      if error.code == EAGAIN { return [] }
      if error.code == EIO { return nil }
      throw error
    }
  }

  /// Writes all bytes, but gives up on a terminal that accepts nothing for a while, or when a
  /// signal has arrived.
  ///
  /// - Returns: whether all of the bytes were written.
  package func write(_ bytes: [UInt8]) throws(SystemError) -> Bool {
    var done = 0
    while done < bytes.count {
      let written = unsafe bytes.withUnsafeBytes { (raw) -> Int in
        retryingInterrupts {
          unsafe Glibc.write(descriptor.number, raw.baseAddress?.advanced(by: done), raw.count - done)
        }
      }
      if written >= 0 {
        done += written
        continue
      }
      guard errno == EAGAIN else { throw SystemError("write", "the terminal") }
      var waits = [
        pollfd(fd: descriptor.number, events: Int16(POLLOUT), revents: 0),
        pollfd(fd: signals.descriptor.number, events: Int16(POLLIN), revents: 0),
      ]
      let ready = retryingInterrupts { unsafe poll(&waits, 2, 2000) }
      if ready <= 0 || waits[0].revents == 0 { return false }
    }
    return true
  }
}

/// The signals that matter to a full-screen program, as events to wait for: `signalfd(2)`.
///
/// Make it before any thread is started; dropping it restores the signals of the thread.
package final class TerminalSignals: Sendable {
  /// What a signal means.
  package enum Event: Sendable, Hashable {
    /// To end: SIGINT, SIGTERM, or SIGHUP unless it is ignored.
    case end(signal: Int32)
    /// To stop for a while: SIGTSTP.
    case suspend
    /// To continue after having been stopped: SIGCONT.
    case resume
    /// The terminal has another size: SIGWINCH.
    case resize
  }

  /// The descriptor that is readable as soon as a signal has arrived.
  package let descriptor: Descriptor
  private let signals: [Int32]

  /// Watches for the signals.
  package init() throws(SystemError) {
    signals =
      [SIGINT, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH, SIGPIPE]
      + (sockinspect_signal_is_ignored(SIGHUP) != 0 ? [] : [SIGHUP])
    descriptor = try SignalWatch.take(signals)
  }

  deinit {
    SignalWatch.giveBack(signals, descriptor)
  }

  /// The next of the signals that have arrived; `nil` when there are no more.
  package func next() -> Event? {
    while case let number = sockinspect_next_signal(descriptor.number), number != 0 {
      switch Int32(number) {
      case SIGTSTP: return .suspend
      case SIGCONT: return .resume
      case SIGWINCH: return .resize
      // A terminal that no longer exists is noticed when it is read.
      case SIGPIPE: continue
      default: return .end(signal: Int32(number))
      }
    }
    return nil
  }

  /// Stops with SIGTSTP, and returns when the process continues. When no shell could continue it,
  /// the kernel does not stop it.
  fileprivate func stop(asGroup: Bool) {
    SignalWatch.mask([SIGTSTP], SIG_UNBLOCK)
    kill(asGroup ? 0 : getpid(), SIGTSTP)
    SignalWatch.mask([SIGTSTP], SIG_BLOCK)
  }
}
