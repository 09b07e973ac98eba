import Foundation
import Query
import TestSupport
import Testing

/// What the live view asks of a terminal, and what it makes of its answers.
@Suite("The live view and its terminal", .timeLimited, .needsRoot, .needs("python3"))
struct LiveTerminalTests {
  /// Runs a program on its own terminal, which answers the question for its background, if an
  /// answer is given; types the keys of the last argument once the text before it was shown.
  ///
  /// Prints what the terminal was sent, with Escape as `^[`.
  private static let terminal = """
    import fcntl, os, pty, select, struct, sys, termios
    answer, prompt, keys = [
        word.encode().replace(b'^[', b'\\x1b').replace(b'^G', b'\\x07') for word in sys.argv[1:4]]
    arguments = sys.argv[4:]
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('4H', 24, 80, 0, 0))
    child = os.fork()
    if child == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for number in range(3): os.dup2(slave, number)
        os.execv(arguments[0], arguments)
    shown, has_answered, has_typed, has_ended = b'', False, False, False
    while True:
        if not has_answered and b'\\x1b]11;?\\x07' in shown:
            # In two pieces, as a slow line may bring it.
            os.write(master, answer[:7])
            os.write(master, answer[7:])
            has_answered = True
        if not has_typed and prompt in shown:
            os.write(master, keys)
            has_typed = True
        if select.select([master], [], [], 0.05)[0]: shown += os.read(master, 65536)
        elif has_ended: break
        else:
            ended, status = os.waitpid(child, os.WNOHANG)
            has_ended = ended != 0
    sys.stdout.buffer.write(shown.replace(b'\\x1b', b'^[').replace(b'\\x07', b'^G'))
    sys.stdout.flush()
    sys.exit(os.waitstatus_to_exitcode(status) & 255)
    """

  private static func shown(
    _ options: String, answer: String = "", typing keys: String = "q", at prompt: String,
    environment: [String: String] = [:], startedBy starter: [String] = []
  ) throws -> String {
    let finished = try run(
      options, answer: answer, typing: keys, at: prompt, environment: environment, startedBy: starter)
    if finished.exitStatus != 0 { throw ProgramFailure(arguments: [options], finished: finished) }
    return finished.text
  }

  private static func run(
    _ options: String, answer: String = "", typing keys: String = "q", at prompt: String,
    environment: [String: String] = [:], startedBy starter: [String] = []
  ) throws -> Finished {
    try isolated {
      let server = try ListeningServer("--port", "1234")
      let words =
        starter + [Program.path, "watch", "-t", "--interval", "0.1"] + options.split(separator: " ").map(String.init)
      let finished = Finished(
        running: try peer("python3"), ["-c", terminal, answer, prompt, keys] + words,
        environment: ["TERM": "xterm-256color", "NO_COLOR": "", "COLORFGBG": "", "SOCKINSPECT_CONFIG": ""].merging(
          environment
        ) { $1 },
        timeout: 60)
      withExtendedLifetime(server) {}
      return finished
    }
  }

  @Test(
    "The colours are those for the background that the terminal answers",
    arguments: [
      ("^[]11;rgb:ffff/ffff/dddd^G", "^[[34mlisten"), ("^[]11;rgb:00/00/00^[\\", "^[[36mlisten"),
      ("^[]11;rgb:2e2e/3434/3636^G", "^[[36mlisten"),
    ])
  func background(answer: String, listener: String) throws {
    let text = try Self.shown("", answer: answer, at: listener)
    #expect(text.contains("^[]11;?^G") && text.contains(listener))
    #expect(!text.contains("rgb:") && !text.contains("33m"), "the answer is no typed text")
  }

  @Test("A terminal that does not answer has colours for both backgrounds, or those of its environment")
  func silence() throws {
    #expect(try Self.shown("", at: "^[[1mlisten").contains("^[[1mlisten"))
    let light = try Self.shown(
      "", at: "^[[34mlisten", environment: ["COLORFGBG": "0;15"])
    #expect(light.contains("^[[34mlisten"))
  }

  @Test(
    "Nothing is asked where the answer would not matter",
    arguments: [
      ("--palette light", "xterm-256color", "34m"), ("--palette dark", "xterm-256color", "36m"),
      ("--palette neutral", "xterm-256color", "1m"), ("", "linux", "36m"),
    ])
  func unasked(options: String, kind: String, colour: String) throws {
    let text = try Self.shown(options, at: "^[[\(colour)listen", environment: ["TERM": kind])
    #expect(!text.contains("]11;?"))
  }

  @Test(
    "Without colours there are none, whatever the palette",
    arguments: ["--color never", "--palette dark --color never"])
  func colourless(options: String) throws {
    let text = try Self.shown(options, at: " listen ")
    #expect(!text.contains("]11;?") && !text.contains(#/\^\[\[[39]\dm/#))
  }

  @Test("The mouse is taken and given back, and left to the terminal with --no-mouse")
  func mouse() throws {
    let taken = try Self.shown("", typing: "^[[<64;10;5Mq", at: "listen")
    let (on, off) = ("^[[?1000h^[[?1006h", "^[[?1006l^[[?1000l")
    #expect(taken.components(separatedBy: on).count == 2 && taken.components(separatedBy: off).count == 2)
    #expect(taken.hasSuffix("^[[?1049l"))
    let left = try Self.shown("--no-mouse", at: "listen")
    #expect(!left.contains("?1000") && !left.contains("?1006"))
  }

  @Test("The settings file is read by the view and by nothing else; a mistake in it ends the program at once")
  func settings() throws {
    try withFolder { folder in
      let environment = ["SOCKINSPECT_CONFIG": folder + "/config"]
      try "columns state,local,inode\nno-mouse\npalette light\n".write(
        toFile: folder + "/config", atomically: false, encoding: .utf8)
      let view = try Self.shown("", at: "^[[34mlisten", environment: environment)
      #expect(view.contains("INODE") && !view.contains("?1000h") && !view.contains("]11;?"))
      let without = try Self.shown("--no-config", at: "listen", environment: environment)
      #expect(!without.contains("INODE") && without.contains("?1000h"))
      try "\ncolums state\n".write(toFile: folder + "/config", atomically: false, encoding: .utf8)
      let wrong = try Self.run("", at: "listen", environment: environment)
      #expect(wrong.exitStatus == 2 && wrong.text.contains("\(folder)/config:2: unknown setting 'colums'"))
      #expect(!wrong.text.contains("?1049h"))
      let lines = Program.run("watch", "--for", "0.1", "-q", environment: environment)
      #expect(lines.errors.isEmpty)
    }
  }

  @Test("With the HOME of another user the view starts, without settings that it may not read")
  func foreignSettings() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(
        atPath: folder + "/.config/sockinspect", withIntermediateDirectories: true)
      try "no-mouse\n".write(toFile: folder + "/.config/sockinspect/config", atomically: false, encoding: .utf8)
      let starter = [try peer("env"), "-u", "SOCKINSPECT_CONFIG", "-u", "XDG_CONFIG_HOME", "HOME=\(folder)"]
      #expect(try !Self.shown("", at: "listen", startedBy: starter).contains("?1000h"))
      try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder + "/.config")
      #expect(try Self.shown("", at: "listen", startedBy: starter + startingAs(nobody)).contains("?1000h"))
    }
  }

  @Test("A series plays at the speed that is asked for: without pauses, or as slowly as it was captured")
  func speed() throws {
    try withFolder { folder in
      for (index, time) in [0, 20, 9000].enumerated() {
        let capture = "\(folder)/000\(index + 1)"
        try FileManager.default.createDirectory(atPath: capture + "/net", withIntermediateDirectories: true)
        try "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n".write(
          toFile: capture + "/net/tcp", atomically: false, encoding: .utf8)
        try "schema=sockinspect.capture/1\nbyte_order=little\ntime=\(time).5\n".write(
          toFile: capture + "/manifest", atomically: false, encoding: .utf8)
      }
      #expect(try Self.shown("--root \(folder) --speed max", at: "stopped 3/3").contains("stopped 3/3"))
      let fast = try Self.shown("--root \(folder) --speed 100", at: "playing 2/3")
      #expect(fast.contains("playing 1/3") && !fast.contains("3/3"))
    }
  }
}
