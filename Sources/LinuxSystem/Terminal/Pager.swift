import CLinux
import Glibc

/// A program that shows a text on the terminal, one screen at a time.
package struct Pager: Sendable {
  /// The shell command that starts it.
  let command: String

  /// The pager that is used when none is named: the first of these that exists.
  static let usual = """
    if command -v less >/dev/null; then exec less -R; fi
    if command -v more >/dev/null; then exec more; fi
    exit 127
    """

  /// The pager that `PAGER` in the environment names, or the usual one; `nil` when `PAGER` is empty
  /// or `cat`, so that none is wanted.
  package init?(environment variable: (String) -> String?) {
    let named = variable("PAGER")
    if named == "" || named == "cat" { return nil }
    guard let named else {
      command = Self.usual
      return
    }
    // The shell replaces itself with a plain command, so that a signal reaches the pager.
    let isPlain = named.allSatisfy { $0.isLetter || $0.isNumber || " -_./+".contains($0) }
    command = isPlain ? "exec " + named : named
  }

  /// Shows a text, and returns when the pager has ended.
  ///
  /// Ctrl-C goes to the pager, which decides what it means; any other request to end this process
  /// ends the pager.
  ///
  /// - Returns: whether the text was shown; false when there is no such program.
  package func show(_ text: [UInt8]) -> Bool {
    // The pager holds one end of the second pipe until it ends.
    guard let watch = try? SignalWatch(), let input = try? Pipe(), let life = try? Pipe(),
      let child = try? ChildProcess.start(
        "/bin/sh", arguments: ["sh", "-c", command].map { Array($0.utf8) },
        descriptors: [(input.reading.number, 0), (life.writing.number, 3)])
    else { return false }
    let writing = input.intoWriting()
    let reading = life.intoReading()
    // A reader that ends early has seen enough.
    try? writing.writeAll(text.span)
    end(writing)
    waitForEnd(of: child, reading, watch)
    guard let outcome = try? child.wait() else { return true }
    // The exit status of a shell for a program that it cannot find or run.
    return outcome.exitStatus != 126 && outcome.exitStatus != 127
  }

  /// Closes a descriptor, so that the reader sees the end.
  private func end(_: consuming Descriptor) {}

  private func waitForEnd(of child: ChildProcess, _ life: borrowing Descriptor, _ watch: SignalWatch) {
    while true {
      var waits = [
        pollfd(fd: life.number, events: Int16(POLLIN), revents: 0),
        pollfd(fd: watch.descriptor.number, events: Int16(POLLIN), revents: 0),
      ]
      guard retryingInterrupts({ unsafe poll(&waits, 2, -1) }) > 0, waits[0].revents == 0 else { return }
      let signal = Int32(truncatingIfNeeded: sockinspect_next_signal(watch.descriptor.number))
      if signal == SIGTERM || signal == SIGHUP { child.signal(signal) }
    }
  }
}
