import Foundation
import Query
import TestSupport
import Testing

@Suite("The demos on a terminal", .timeLimited, .needsRoot, .needs("python3"))
struct DemoTerminalTests {
  /// Runs a program on its own terminal, and types a text each time that it has printed another
  /// one, up to the given number of times.
  ///
  /// Prints what the terminal showed, and in the last line whether it shows what is typed.
  private static let typist = """
    import fcntl, os, pty, select, sys, termios
    prompt, typed, limit, arguments = sys.argv[1].encode(), sys.argv[2].encode(), int(sys.argv[3]), sys.argv[4:]
    master, slave = pty.openpty()
    child = os.fork()
    if child == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for number in range(3): os.dup2(slave, number)
        os.execv(arguments[0], arguments)
    shown, answered, has_ended = b'', 0, False
    while True:
        if answered < min(limit, shown.count(prompt)):
            os.write(master, typed)
            answered += 1
        if select.select([master], [], [], 0.05)[0]: shown += os.read(master, 65536)
        elif has_ended: break
        elif os.waitpid(child, os.WNOHANG)[0]: has_ended = True
    sys.stdout.buffer.write(shown.replace(b'\\r\\n', b'\\n'))
    print('shows' if termios.tcgetattr(slave)[3] & termios.ECHO else 'hides')
    """

  private static func shown(
    _ command: String, typing typed: String, at prompt: String, times: Int = 1
  ) throws -> String {
    try isolated {
      let words = [Program.path] + command.split(separator: " ").map(String.init)
      let finished = Finished(
        running: try peer("python3"), ["-c", typist, prompt, typed, "\(times)"] + words, timeout: 60)
      if finished.exitStatus != 0 { throw ProgramFailure(arguments: words, finished: finished) }
      return finished.text
    }
  }

  @Test(
    "After the ^C of the terminal comes a line of its own",
    arguments: [
      ("listen-demo", "waits for a client\n", "close("), ("listen-demo --quiet", "listening", "sockinspect: 0 clients"),
      ("connect-demo --step", "press Enter", "sockinspect: 1 connection: "),
      ("listen-demo --hold listen", "until Ctrl-C\n", "ended; left: nothing"),
    ])
  func interrupted(command: String, prompt: String, next: String) throws {
    let text = try Self.shown("\(command) --color never", typing: "\u{3}", at: prompt.trimmingCharacters(in: .newlines))
    #expect(text.contains("^C\n\(next)"), "\(text)")
  }

  @Test("An Enter that comes early moves nothing in flow-demo's picture, and the terminal then shows what is typed")
  func early() throws {
    let text = try Self.shown("flow-demo --step --color never", typing: "\n\n", at: "Enter: ", times: 9)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // The one above the picture, and what follows the last line.
    #expect(lines.filter { $0.isEmpty }.count == 2, "\(text)")
    #expect(!text.contains("the end\n") && text.contains("TIME_WAIT"))
    #expect(text.hasSuffix("\nshows\n"))
  }
}
