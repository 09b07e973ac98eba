import Glibc

/// Keeps a terminal from showing typed characters, so that Enter does not move the cursor:
/// termios(3)'s `ECHO`. Dropping it turns the echo on again.
package final class QuietTerminal {
  private let number: Int32
  private let before: termios

  /// Turns the echo off on the terminal that a descriptor refers to; `nil` when that is not a
  /// terminal, or this process is not in its foreground.
  package init?(of number: Int32) {
    var state = termios()
    guard unsafe tcgetattr(number, &state) == 0, tcgetpgrp(number) == getpgrp() else { return nil }
    self.number = number
    before = state
    state.c_lflag &= ~tcflag_t(ECHO)
    guard unsafe tcsetattr(number, TCSANOW, &state) == 0 else { return nil }
  }

  deinit {
    var state = before
    // Nothing needs to be done when the terminal no longer exists.
    _ = unsafe tcsetattr(number, TCSANOW, &state)
  }
}
