import Foundation
import Glibc
import Lesson
import LinuxSystem
import TestSupport
import Testing

/// Users, containers and mounts that keep processes from being seen: what is asked about them then
/// has no answer, and "no" is none.
@Suite("Owners that may not be seen are never a no", .timeLimited, .needsRoot, .needs("setpriv"), .needs("unshare"))
struct UnseenOwnerTests {
  /// Where the program runs.
  enum Place: Sendable, CaseIterable {
    /// As root on the machine, who sees all.
    case machine
    /// As another user.
    case nobody
    /// As another user from whom processes are hidden.
    case hidepid
    /// In a pid namespace of its own.
    case pidNamespace
    /// With no /proc.
    case noProc

    func run(_ program: String, _ arguments: [String]) throws -> Finished {
      let user = try startingAs(EndToEndTests.nobody).joined(separator: " ")
      let mounting = { (command: String, prefix: String) throws -> Finished in
        let script = "\(command) || exit 99\nexec \(prefix) \"$0\" \"$@\""
        return Finished(running: try peer("unshare"), ["-m", "sh", "-c", script, program] + arguments)
      }
      return switch self {
      case .machine: Finished(running: program, arguments)
      case .nobody: try Finished(as: EndToEndTests.nobody, program, arguments)
      case .hidepid: try mounting("mount -t proc -o hidepid=2 proc /proc", user)
      case .pidNamespace: Finished(running: try peer("unshare"), ["-pf", "--mount-proc", program] + arguments)
      case .noProc: try mounting("mount -t tmpfs none /proc", "")
      }
    }
  }

  /// Runs a test's body in a network namespace with a server of root's at the port 1234.
  private func withServer(_ body: @escaping @Sendable (_ program: String, _ server: PythonPeer) throws -> Void) throws {
    try withProgramForAnybody { program in
      try isolated {
        let server = try PythonPeer("s = listener()\nsys.stdin.read()")
        defer { server.end() }
        try body(program, server)
      }
    }
  }

  private static let unknown = "sockinspect: whether a socket still matches is not known; "

  @Test(
    "A watch for the end of a process's sockets takes nothing that it cannot see for an end", arguments: Place.allCases)
  func untilGone(place: Place) throws {
    try withServer { program, server in
      let goals = [["process = python3"], ["pid = \(server.pid)"], ["python3"], [":1234", "--process", "python3"]]
      for goal in goals where place != .pidNamespace || goal != goals[1] {
        let watch = ["watch", "--for", "0.1", "--interval", "0.05", "--until-gone"] + goal
        let finished = try place.run(program, watch)
        if place == .noProc, goal != goals[2] {
          #expect(finished.exitStatus == 4)
          #expect(finished.errorText.hasPrefix("sockinspect: there is no /proc here: "), "\(finished.errorText)")
          continue
        }
        #expect(finished.exitStatus == 1, "\(goal) \(finished.errorText)")
        let end = place == .machine ? "sockinspect: sockets still match; " : UnseenOwnerTests.unknown
        #expect(finished.errorText.contains(end), "\(goal) \(finished.errorText)")
        #expect(place == .machine || finished.errorText.contains("sockinspect: warning: "), "\(finished.errorText)")
      }
      // A socket that is not there has no owner whom anybody could miss.
      let known = ["watch", "--for", "60", "--until-gone", ":1", "--process", "python3"]
      if place != .noProc { #expect(try place.run(program, known).exitStatus == 0) }
      let until = ["watch", "--for", "0.1", "--interval", "0.05", "--until", "process != python3"]
      guard place != .machine else { return }
      let finished = try place.run(program, until)
      #expect(
        finished.exitStatus == 1 && finished.errorText.contains("no socket is known to have matched"),
        "\(finished.text)\(finished.errorText)")
    }
  }

  @Test("Without root a watch for the end of a process's sockets ends when that process has")
  func ends() throws {
    try withServer { program, server in
      let watch = try WatchingProgram(
        "--until-gone", "pid = \(server.pid)", "--for", "60", program: program, prefix: startingAs(EndToEndTests.nobody)
      )
      // It has decided that it does not know when it warns.
      var errors: [UInt8] = []
      var byte: [UInt8] = [0]
      while !String(decoding: errors, as: UTF8.self).contains("may not be read"),
        try watch.running.errors.descriptor.read(into: &byte) == 1
      {
        errors += byte
      }
      server.end()
      let finished = watch.end(by: nil)
      #expect(finished.exitStatus == 0, "\(finished.errorText)")
      #expect(finished.errorText.contains("no socket matches any more"), "\(finished.errorText)")
    }
  }

  @Test(
    "A listing says of a process that no socket is known to match, and why, and --strict ends with status 3",
    arguments: [Place.nobody, .hidepid, .pidNamespace])
  func listing(place: Place) throws {
    try withServer { program, server in
      for query in [["--process", "python3"], ["process = python3"], ["python3"], ["pid = \(server.pid)"]] {
        let finished = try place.run(program, query)
        #expect(finished.exitStatus == 1)
        let lines = finished.errorText.split(separator: "\n")
        #expect(lines.first?.hasSuffix(" socket is known to match") == true, "\(query) \(finished.errorText)")
        #expect(lines.last?.hasPrefix("sockinspect: warning: ") == true, "\(finished.errorText)")
        #expect(try place.run(program, query + ["--strict"]).exitStatus == 3)
        let json = try place.run(program, query + ["--json"])
        let problems = try Listing.decoder.decode(Listing.self, from: Data(json.output)).meta.problems
        #expect(problems.contains { $0.kind == "forbidden" })
      }
    }
  }

  @Test("In a pid namespace a process of outside is said to be in another, and its own sockets need no warning")
  func pidNamespace() throws {
    let missing = try Place.pidNamespace.run(Program.path, ["--pid", "2147483647"])
    #expect(missing.exitStatus == 2)
    #expect(
      missing.errorText == """
        sockinspect: --pid: there is no process 2147483647 in this pid namespace
          run it outside, or where /proc shows all processes: docker run --pid=host

        """)
    try isolated {
      let script = """
        import os, socket, sys
        s = socket.socket(); s.bind(('127.0.0.1', 1234)); s.listen(5)
        os.set_inheritable(s.fileno(), False)
        if os.fork() == 0: os.execv(sys.argv[1], sys.argv[1:])
        os.wait()
        """
      for process in ["python3", "nothing"] {
        let words = [
          "-pf", "--mount-proc", try peer("python3"), "-c", script, Program.path, "-tH", "--columns", "local",
          "--strict", "--process", process,
        ]
        let finished = Finished(running: try peer("unshare"), words)
        #expect(finished.text == (process == "python3" ? "127.0.0.1:1234\n" : ""))
        #expect(!finished.errorText.contains("warning"), "\(finished.errorText)")
      }
    }
  }

  @Test(
    "Who has a port is not visible, and why, in both languages",
    arguments: [
      (Place.noProc, "here is no /proc here: ", "quí no hay /proc: ", "mount -t proc proc /proc"),
      (
        .pidNamespace, "rocesses outside of this pid namespace", "fuera de este espacio de pid", "docker run --pid=host"
      ),
    ])
  func port(place: Place, english: String, spanish: String, advice: String) throws {
    try withServer { program, _ in
      for command in [["explain", ":1234"], ["listen-demo", "--port", "1234"]] {
        for (language, words) in [("en", english), ("es", spanish)] {
          let finished = try place.run(program, command + ["--lang", language])
          let text = (finished.text + finished.errorText).split { " \n".contains($0) }.joined(separator: " ")
          #expect(text.contains(words) && text.contains(advice), "\(text)")
          #expect(
            !text.contains("VXLAN") && !text.contains("not even root") && !text.contains("ni siquiera root"), "\(text)")
        }
      }
    }
  }
}
