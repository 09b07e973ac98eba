import Glibc

/// Keeps a terminal from showing what is typed, so that an Enter does not move the cursor:
/// termios(3)'s `ECHO`. Dropping it lets it show again.
package final class QuietTerminal {
  private let number: Int32
  private let before: termios

  /// Of the terminal that a descriptor leads to; `nil` when it is none, or this process is not in
  /// its foreground.
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
    // Nothing is left to do when the terminal is gone.
    _ = unsafe tcsetattr(number, TCSANOW, &state)
  }
}
