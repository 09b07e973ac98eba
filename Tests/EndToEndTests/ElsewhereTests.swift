import Glibc
import Lesson
import LinuxSystem
import Query
import SocketModel
import TestSupport
import Testing

@Suite("A port that only another network namespace uses", .timeLimited, .needsRoot)
struct ElsewhereTests {
  /// Starts a server at a port of a separate network namespace, and calls the body with its process
  /// when it listens.
  private func withServer(
    at port: UInt16, of address: String = "127.0.0.1", _ body: (Int32) throws -> Void
  ) throws {
    // The namespace lasts as long as the process, which stays in it.
    let server = try inNewNetworkNamespace {
      Result { () throws -> (ChildProcess, [Running.HeldEnd]) in
        let code =
          "import socket,sys; s=socket.socket(); s.bind(('\(address)',\(port))); s.listen(); print('ready',flush=True); sys.stdin.read()"
        let output = try LinuxSystem.Pipe()
        let input = try LinuxSystem.Pipe()
        let child = try ChildProcess.startUnseen(
          try peer("python3"), arguments: ["python3", "-c", code].map { Array($0.utf8) },
          descriptors: [(input.reading.number, 0), (output.writing.number, 1)])
        let reading = output.intoReading()
        var buffer: [UInt8] = Array(repeating: 0, count: 16)
        guard try reading.read(into: &buffer) > 0 else { throw SystemError("server", code: 0) }
        // Python may write the end of the line separately, and ends when nobody can read it.
        return (child, [Running.HeldEnd(input.intoWriting()), Running.HeldEnd(reading)])
      }
    }.get()
    defer {
      server.0.signal(SIGKILL)
      _ = try? server.0.wait()
    }
    try body(server.0.pid)
    withExtendedLifetime(server) {}
  }

  @Test("is named with its namespace, a process and the command that shows it")
  func named() throws {
    let port = try OwnPorts.next()
    try withServer(at: port) { pid in
      let finished = try isolated { Program.run("--port", "\(port)") }
      #expect(finished.exitStatus == 1 && finished.output.isEmpty)
      let lines = finished.errorText.split(separator: "\n").map(String.init)
      #expect(lines.first?.hasPrefix("sockinspect: nothing uses port \(port) (looked at ") == true)
      let command = "sockinspect --netns \(pid) --port \(port)"
      #expect(
        lines.contains { $0.contains("python3[\(pid)], has a server at port \(port): \(command)") },
        "\(finished.errorText)")
      // The command in the line shows it.
      let shown = Finished(
        running: Program.path, ["--netns", "\(pid)", "--port", "\(port)", "-H"])
      #expect(shown.text.contains("127.0.0.1:\(port) ") && shown.text.contains("[\(pid)]"))
      #expect(try isolated { Program.run("--remote-port", "\(port)") }.errorText.split(separator: "\n").count == 1)
      #expect(try isolated { Program.run("-q", "--port", "\(port)") }.errorText.isEmpty)
      let json = try isolated { Program.run("--json", "--port", "\(port)") }
      #expect(json.exitStatus == 1 && json.text.contains(command), "\(json.text)")
    }
  }

  @Test("is named when its server has only some of the addresses", arguments: ["127.0.0.9", "0.0.0.0"])
  func addresses(address: String) throws {
    let port = try OwnPorts.next()
    let ports = "\(port)-\(port + 9)"
    try withServer(at: port + 4, of: address) { pid in
      let finished = try isolated { Program.run("--port", "\(port + 4)") }
      #expect(finished.errorText.contains("--netns \(pid) --port \(port + 4)\n"), "\(finished.errorText)")
      let many = try isolated { Program.run("--port", ports) }
      #expect(many.errorText.contains("--netns \(pid) --port \(ports)\n"), "\(many.errorText)")
    }
  }

  @Test(
    "is named however the question is spelled",
    arguments: [
      ":PORT", "PORT listen", "127.0.0.1:PORT", "'port = PORT'", "'sport = PORT'", "-l PORT",
      "'port = PORT and process = python3'",
    ])
  func spelled(line: String) throws {
    let port = try OwnPorts.next()
    try withServer(at: port) { pid in
      let words = shellWords(line.replacing("PORT", with: "\(port)"))
      let finished = try isolated { Finished(running: Program.path, words) }
      #expect(finished.exitStatus == 1 && finished.output.isEmpty)
      let option = line.contains("sport") ? "--local-port" : "--port"
      let command = "sockinspect --netns \(pid) \(option) \(port)\n"
      #expect(finished.errorText.contains(command), "\(finished.errorText)")
    }
  }

  @Test("is in a namespace that another user may not ask for, which is counted", .needs("setpriv"))
  func notAsked() throws {
    let port = try OwnPorts.next()
    try withServer(at: port) { _ in
      try withProgramForAnybody { program in
        let (listing, report) = try isolated {
          (
            try Finished(as: nobody, program, ["--port", "\(port)"]),
            try Finished(as: nobody, program, ["explain", ":\(port)"])
          )
        }
        #expect(listing.exitStatus == 1 && listing.errorText.hasPrefix("sockinspect: nothing uses port \(port) "))
        let counted = #/\d+ other network namespaces? (was|were) not looked into: sudo sockinspect --port (\d+)\n/#
        #expect(listing.errorText.firstMatch(of: counted)?.2 == "\(port)", "\(listing.errorText)")
        let hidden = try isolated {
          let user = try startingAs(nobody).joined(separator: " ")
          let script = "mount -t proc -o hidepid=2 proc /proc || exit 99\nexec \(user) \"$0\" :\(port)"
          return Finished(running: try peer("unshare"), ["-m", "sh", "-c", script, program])
        }
        #expect(
          hidden.errorText.contains(
            "processes of other users are hidden (hidepid), and with them their network namespaces: sudo sockinspect "),
          "\(hidden.errorText)")
        #expect(report.exitStatus == 1)
        #expect(report.text.contains(#/Network namespaces that were not looked into: \d+\./#), "\(report.text)")
      }
    }
  }

  @Test("is one of those that were not looked into, when that may not be done")
  func notLookedInto() throws {
    let port = try OwnPorts.next()
    try withServer(at: port) { _ in
      let finished = try isolated {
        Finished(
          running: try peer("setpriv"),
          ["--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin", Program.path, "--port", "\(port)"])
      }
      #expect(finished.exitStatus == 1 && !finished.errorText.contains("--netns"))
      let line = try #require(finished.errorText.split(separator: "\n").last)
      #expect(line.contains(" not looked into: sudo sockinspect --port \(port)"), "\(finished.errorText)")
    }
  }

  @Test("is not named for another port, nor when somebody here uses it")
  func notNamed() throws {
    let port = try OwnPorts.next()
    try withServer(at: port) { _ in
      let other = try isolated { Program.run("--port", "\(port + 1)") }
      #expect(other.exitStatus == 1 && !other.errorText.contains("--netns"))
      let here = try isolated { () throws -> Finished in
        let held = try TCPScenario.listen.hold()
        defer { withExtendedLifetime(held) {} }
        return Program.run("--port", "\(held.sightings.first?.local?.port ?? 0)")
      }
      #expect(here.exitStatus == 0 && !here.errorText.contains("--netns"))
    }
  }
}
