import Foundation
import Glibc
import Lesson
import LinuxSystem
import Query
import TestSupport
import Testing

/// What the program finds of a scene of `listen-demo --scene`.
struct SceneQuestion: Sendable, CustomTestStringConvertible {
  enum Answer: Sendable {
    /// The verdict of `why` or `can-bind`.
    case verdict(String)
    /// The kinds of the findings of `doctor`.
    case kinds(Set<String>)
  }

  let scene: TroubleScene
  /// The arguments; `PORT` and `PID` stand for those of the scene.
  let arguments: [String]
  let answer: Answer
  let status: Int32
  var testDescription: String { "\(scene.rawValue): \(arguments.joined(separator: " "))" }

  init(_ scene: TroubleScene, _ arguments: String, verdict: String, status: Int32 = 1) {
    (self.scene, answer, self.status) = (scene, .verdict(verdict), status)
    self.arguments = arguments.split(separator: " ").map(String.init)
  }

  /// A question to `doctor`, with default thresholds unless others are given.
  init(_ scene: TroubleScene, doctor checks: String, _ arguments: String = "", finds kinds: Set<String>) {
    (self.scene, answer, status) = (scene, .kinds(kinds), 1)
    self.arguments = ["doctor", "--only", checks] + arguments.split(separator: " ").map(String.init)
  }

  static let all: [SceneQuestion] = [
    .init(.acceptQueue, "why --unreachable 127.0.0.1:PORT", verdict: "accept-queue-full"),
    .init(.acceptQueue, doctor: "accept-queue,listen-drops", finds: ["acceptQueueFull", "listenDrops"]),
    .init(.closeWait, doctor: "close-wait", "--threshold close-wait-age=1s", finds: ["closeWaitLeak"]),
    .init(.closeWait, "why PORT", verdict: "listener"),
    .init(.resetSockets, doctor: "reset-sockets", finds: ["resetSockets"]),
    .init(.zeroWindow, doctor: "zero-window", "--threshold zero-window-age=1ms", finds: ["zeroWindow"]),
    .init(.udpDrops, doctor: "udp-drops", finds: ["udpDrops"]),
    .init(.udpDrops, "can-bind PORT --udp", verdict: "bound-idle"),
    .init(.inherited, "why PORT", verdict: "inherited-listener"),
    .init(.inherited, doctor: "inherited", finds: ["inherited"]),
    .init(.timeWait, "why PORT", verdict: "time-wait"),
    .init(.timeWait, "can-bind PORT --reuse-address --probe", verdict: "time-wait"),
    .init(.outgoingConnection, "why PORT", verdict: "outgoing-connection"),
    .init(.outgoingConnection, "can-bind PORT --probe", verdict: "connection"),
    .init(.reusePort, "why PORT", verdict: "shared-reuseport"),
    .init(.reusePort, "can-bind PORT --reuse-port --probe", verdict: "shared", status: 0),
    .init(.reusePort, "can-bind PORT --probe", verdict: "listener"),
    .init(.ipv6Only, "why PORT", verdict: "listener"),
    .init(.ipv6Only, "can-bind 127.0.0.1:PORT", verdict: "listener"),
    .init(.ipv6Only, "can-bind [::]:PORT --v6only", verdict: "listener"),
    .init(.stopped, "why --unreachable 127.0.0.1:PORT", verdict: "process-stopped"),
    .init(.stopped, "why PORT", verdict: "listener"),
  ]
}

/// `sockinspect listen-demo --scene`: each trouble is one, and is found.
@Suite("Troubles that are made on purpose", .timeLimited, .needsRoot)
struct SceneTests {
  /// A scene that the program made, in the network namespace of the calling thread.
  private struct Made {
    let running: Running
    let prefix: [String]
    let program: String
    let port: String
    let pid: Int32

    init(_ scene: TroubleScene, _ options: [String]? = nil, as user: HoldTests.User, program: String) throws {
      prefix = user == .root ? [] : try startingAs(nobody)
      self.program = program
      let words =
        prefix + [program, "listen-demo", "--scene", scene.rawValue, "--quiet"] + (options ?? Self.place(of: scene))
      running = try Running(words[0], words.dropFirst().map { Array($0.utf8) })
      // `accept-queue  127.0.0.1:1234  process 4711`
      let parts = try running.output.line().split(separator: " ").map(String.init)
      guard parts.count == 4, parts[0] == scene.rawValue, let pid = Int32(parts[3]),
        let colon = parts[1].lastIndex(of: ":")
      else { throw ProgramFailure(arguments: words, finished: running.finish(timeout: 10)) }
      self.pid = pid
      port = String(parts[1][parts[1].index(after: colon)...])
    }

    /// A port that the kernel chose, where the scene is about such a one, and else one that it would
    /// not choose.
    private static func place(of scene: TroubleScene) -> [String] {
      ["--port", scene == .outgoingConnection ? "0" : "7070"]
    }

    /// What the program says about it, as the same user.
    func ask(_ arguments: [String], entering: [String] = []) -> Finished {
      let words = arguments.map { $0.replacing("PORT", with: port).replacing("PID", with: "\(pid)") } + ["--json"]
      let line = prefix + entering + [program] + words
      return Finished(running: line[0], Array(line.dropFirst()))
    }

    /// Expects an answer, which may take until the kernel's figures are what they become.
    func expect(_ question: SceneQuestion, entering: [String] = []) throws {
      let finished = try eventually({ ask(question.arguments, entering: entering) }) { answers(question, $0) }
      #expect(answers(question, finished), "\(finished.text)\(finished.errorText)")
      #expect(finished.exitStatus == question.status)
    }

    private func answers(_ question: SceneQuestion, _ finished: Finished) -> Bool {
      switch question.answer {
      case .verdict(let word): finished.verdict == word
      case .kinds(let kinds): (try? Doctor.output(finished))?.kinds == kinds
      }
    }

    /// Ends the program by a signal, and expects that nothing is left but TIME_WAIT.
    @discardableResult
    func end(_ signal: Int32 = SIGINT) throws -> Finished {
      running.child.signal(signal)
      let finished = running.finish()
      let left = try eventually({ try Program.list("--port", port, "--state", "!time-wait").rows }) { $0.isEmpty }
      #expect(left.isEmpty)
      let isGone = try eventually({ Self.hasEnded(pid) }) { $0 }
      #expect(isGone)
      return finished
    }

    /// Whether a process has ended, even if its parent has not waited for it yet.
    private static func hasEnded(_ pid: Int32) -> Bool {
      guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
      return status.split(separator: ")").last?.hasPrefix(" Z") ?? true
    }
  }

  @Test(
    "each is found by the command that its text names, as root and as nobody, and ends with Ctrl-C", .needs("setpriv"),
    arguments: SceneQuestion.all, [HoldTests.User.root, .nobody])
  func found(question: SceneQuestion, user: HoldTests.User) throws {
    try user.withProgram { program in
      try isolated {
        let made = try Made(question.scene, as: user, program: program)
        try made.expect(question)
        let finished = try made.end()
        #expect(finished.exitStatus == 0 && finished.text.isEmpty)
        #expect(finished.errorText.isEmpty, "\(finished.errorText)")
      }
    }
  }

  @Test("Local ports run out in a network namespace of its own, with root and without", .needs("nsenter"))
  func ephemeralPorts() throws {
    let here = SceneQuestion(.ephemeralPorts, doctor: "ephemeral-ports", finds: ["connectPorts", "bindPorts"])
    let there = SceneQuestion(
      .ephemeralPorts, doctor: "ephemeral-ports", "--netns PID", finds: ["connectPorts", "bindPorts"])
    try isolated {
      let made = try Made(.ephemeralPorts, as: .root, program: Program.path)
      try made.expect(there)
      #expect(try Doctor.look(only: "ephemeral-ports").findings.isEmpty, "nothing is the matter out here")
      #expect(try made.end().exitStatus == 0)
    }
    try withProgramForAnybody { program in
      try isolated {
        let made = try Made(.ephemeralPorts, as: .nobody, program: program)
        let entering = [try peer("nsenter"), "--preserve-credentials", "-U", "-n", "-t", "\(made.pid)"]
        try made.expect(here, entering: entering)
        #expect(try made.end().exitStatus == 0)
      }
    }
  }

  @Test(
    "Processes of a scene end with the program, also when it is killed; when they end, it does",
    arguments: [TroubleScene.inherited, .stopped])
  func processes(scene: TroubleScene) throws {
    try isolated {
      #expect(try Made(scene, as: .root, program: Program.path).end(SIGKILL).signal == SIGKILL)
      let made = try Made(scene, as: .root, program: Program.path)
      #expect(kill(made.pid, SIGKILL) == 0)
      let finished = made.running.finish()
      #expect(finished.exitStatus == 0 && finished.errorText.isEmpty)
    }
  }

  @Test(
    "why names the line that continues the stopped server, with the user's own rights", .needs("setpriv"),
    arguments: [HoldTests.User.root, .nobody])
  func lineThatContinues(user: HoldTests.User) throws {
    try user.withProgram { program in
      try isolated {
        let made = try Made(.stopped, as: user, program: program)
        let finished = made.ask(["why", "--unreachable", "127.0.0.1:PORT"])
        #expect(finished.text.contains("\"kill -CONT \(made.pid)\""), "\(finished.text)")
        try made.end()
      }
    }
  }

  @Test("The stopped server answers its client when it is continued", .needs("ss"))
  func continued() throws {
    try isolated {
      let made = try Made(.stopped, as: .root, program: Program.path)
      #expect(kill(made.pid, SIGCONT) == 0)
      let unread = try eventually({
        try Program.list("--remote-port", made.port, "recv_queue > 20").sockets.count
      }) { $0 == 1 }
      #expect(unread == 1)
      try made.end()
    }
  }

  @Test("TIME_WAIT is made again when it has ended, and the leak grows", .needs("ss"))
  func maintained() throws {
    let ss = try peer("ss")
    try isolated {
      let made = try Made(.timeWait, as: .root, program: Program.path)
      let before = try Program.list("--port", made.port).rows
      // The kernel ends what ss asks it to; a minute of waiting would not prove more.
      _ = Finished(running: ss, ["-H", "-tanK", "sport", "=", ":\(made.port)"])
      let after = try eventually({ try Program.list("--port", made.port).rows }) { !$0.isEmpty && $0 != before }
      #expect(after.count == 1 && after != before)
      try made.end()
    }
    try isolated {
      let made = try Made(.closeWait, as: .root, program: Program.path)
      let count = { try Program.list("--port", made.port, "--state", "close-wait").sockets.count }
      let (first, later) = (try count(), try eventually(count) { $0 > 2 })
      #expect(first > 0 && later > 2)
      try made.end()
    }
  }

  @Test("Each says how it was made and what finds it, in both languages")
  func text() throws {
    try isolated {
      for scene in TroubleScene.allCases {
        for (language, last) in [("en", "ended; left: "), ("es", "terminado; queda: ")] {
          let finished = Program.run(
            "listen-demo", "--scene", scene.rawValue, "--for", "0.1", "--lang", language, "--port", "0")
          #expect(finished.exitStatus == 0 && finished.errorText.isEmpty, "\(finished.errorText)")
          let lines = finished.text.split(separator: "\n")
          #expect(lines.first?.hasPrefix("\(scene.rawValue)  127.0.0.1:") ?? false, "\(finished.text)")
          #expect(lines.last?.hasPrefix(last) ?? false, "\(finished.text)")
          #expect(finished.text.contains("sockinspect "))
        }
      }
    }
  }

  @Test("A port that is taken is explained, and a scene that leaves TIME_WAIT explains itself the second time")
  func taken() throws {
    try isolated {
      let first = try Made(.stopped, ["--port", "7777"], as: .root, program: Program.path)
      let second = Program.run("listen-demo", "--scene", "accept-queue", "--port", "7777")
      #expect(second.exitStatus == 1 && second.text.isEmpty)
      #expect(second.errorText.contains("tcp 127.0.0.1:7777 is taken (EADDRINUSE)"), "\(second.errorText)")
      #expect(second.errorText.contains("[\(first.pid)]"), "\(second.errorText)")
      try first.end()
      let other = try Descriptor.socket(SocketKind(family: AF_INET6, type: Int32(SOCK_STREAM.rawValue)))
      try other.bind(.ipv6(1, port: 7778))
      try other.listen(backlog: 1)
      let pair = Program.run("listen-demo", "--scene", "ipv6-only", "--port", "7778")
      #expect(pair.exitStatus == 1 && pair.errorText.contains("listen  [::1]:7778"), "\(pair.errorText)")
      #expect(Program.run("listen-demo", "--scene", "time-wait", "--for", "0.1", "--quiet").exitStatus == 0)
      let third = Program.run("listen-demo", "--scene", "time-wait")
      #expect(third.exitStatus == 1 && third.errorText.contains("time_wait  127.0.0.1:1234"), "\(third.errorText)")
    }
  }

  @Test(
    "Where the kernel makes no network namespace, that is said with what to do", .needs("setpriv"), .needs("unshare"))
  func forbidden() throws {
    try withProgramForAnybody { program in
      // A user namespace in which nobody may make another network namespace.
      let script = """
        echo 0 > /proc/sys/user/max_net_namespaces && exec '\(program)' listen-demo --scene ephemeral-ports
        """
      let line = try startingAs(nobody) + [try peer("unshare"), "-Ur", try peer("sh"), "-c", script]
      let finished = Finished(running: line[0], Array(line.dropFirst()))
      #expect(finished.exitStatus == 1 && finished.text.isEmpty)
      #expect(finished.errorText.contains("unshare"), "\(finished.errorText)")
      #expect(finished.errorText.contains("run it as root"), "\(finished.errorText)")
    }
  }
}
