import Diagnosis
import Foundation
import LinuxSystem
import Query
import TestSupport
import Testing

/// `sockinspect doctor` of troubles that are made for real.
@Suite("What is wrong with a machine", .timeLimited, .needsRoot)
struct DoctorTests {
  @Test("Each trouble is found, and nothing else; offline from a capture too", arguments: DoctorScene.all)
  func scene(_ scene: DoctorScene) throws {
    try withFolder { folder in
      try isolated {
        let peer = try PythonPeer(scene.program)
        defer { peer.end() }
        let output = try Doctor.find(scene.kinds, scene.arguments, only: scene.only)
        #expect(output.kinds == scene.kinds, "\(output.findings)")
        #expect(output.meta.schema == "sockinspect.doctor/1" && output.meta.sockets > 0)
        for finding in output.findings {
          let command = try #require(finding.show)
          #expect(command.hasPrefix("sockinspect ") && !finding.meaning.isEmpty && !finding.action.isEmpty)
          // It is a line for a shell, and shows what it is about.
          let shown = Finished(
            running: try EndToEndTests.peer("sh"), ["-c", "sockinspect() { '\(Program.path)' \"$@\"; }; \(command)"])
          #expect(shown.exitStatus == 0 && !shown.output.isEmpty, "\(command): \(shown.errorText)")
        }
        guard scene.isOffline else { return }
        // What substitutes hide costs no finding.
        for options in scene.name == DoctorScene.fullQueue.name ? [[], ["--redact"]] : [["--redact"]] {
          // A capture may be of a moment in which a timer was being set.
          var count = 0
          let offline = try eventually(
            { () throws -> DoctorOutput in
              count += 1
              let tree = folder + "/tree\(count)" + options.joined()
              let captured = Finished(running: Program.path, ["capture", tree] + options)
              #expect(captured.exitStatus == 0, "\(captured.errorText)")
              return try Doctor.look(scene.arguments + ["--root", tree], only: scene.only)
            }, until: { $0.kinds == scene.kinds })
          #expect(offline.kinds == scene.kinds, "\(options): \(offline.findings)")
        }
      }
    }
  }

  @Test("The numbers of a full accept queue are the kernel's own", .needs("nstat"))
  func numbers() throws {
    try isolated {
      let peer = try PythonPeer(DoctorScene.fullQueue.program)
      defer { peer.end() }
      let output = try eventually(
        { try Doctor.look() },
        until: {
          $0.kinds == DoctorScene.fullQueue.kinds && $0.only("acceptQueueFull")?.evidence["oldest_ms"] ?? 0 > 0
        })
      let full = try #require(output.only("acceptQueueFull"))
      #expect(full.evidence["waiting"] == 3 && full.evidence["limit"] == 2 && full.severity == "error")
      #expect(full.subject.local?.port == 1234 && full.owner?.processes?.map(\.pid) == [peer.pid])
      #expect((full.evidence["oldest_ms"] ?? 0) > 0)
      // While clients repeat their SYNs the counters go on.
      func counter() throws -> UInt64 {
        let finished = Finished(running: try EndToEndTests.peer("nstat"), ["-az", "TcpExtListenOverflows"])
        let line = finished.text.split(separator: "\n").first { $0.hasPrefix("TcpExtListenOverflows") }
        return line.flatMap { UInt64($0.split(separator: " ")[1]) } ?? 0
      }
      let before = try counter()
      let drops = try #require(try Doctor.look().only("listenDrops"))
      let overflows = try #require(drops.evidence["listen_overflows"])
      let after = try counter()
      #expect(overflows >= before && overflows <= after && overflows > 0)
      #expect(drops.since == "socket" && drops.severity == "warning")
    }
  }

  @Test("Ages tell a leak from one event, and every budget of ports is the kernel's")
  func evidence() throws {
    try isolated {
      let scene = try #require(DoctorScene.all.first { $0.kinds.contains("connectPorts") })
      let peer = try PythonPeer(scene.program)
      defer { peer.end() }
      let connected = UInt64(try peer.line())
      let output = try Doctor.find(scene.kinds)
      let ports = try #require(output.only("connectPorts"))
      #expect(ports.evidence["used"] == connected && ports.evidence["usable"] == 9 && connected == 9)
      #expect(ports.subject.to?.port == 1234 && ports.severity == "error")
    }
    try isolated {
      let peer = try PythonPeer(
        """
        s = listener()
        for _ in range(3):
            c = socket.create_connection(HERE)
            globals().setdefault('kept', []).append(s.accept()[0])
            c.sendall(b'12345')
            c.close()
        stay()
        """)
      defer { peer.end() }
      let arguments = ["--threshold", "close-wait-age=2s"]
      let output = try Doctor.find(["closeWaitAtOnce"], arguments)
      let finding = try #require(output.only("closeWaitAtOnce"))
      #expect(finding.evidence["sockets"] == 3 && finding.evidence["unread_bytes"] == 15)
      #expect(finding.subject.pid == peer.pid && (finding.evidence["oldest_ms"] ?? 0) >= 2000)
      #expect(try Doctor.look().findings.isEmpty, "nothing is older than a minute")
    }
  }

  @Test("Nothing is found where nothing is, nor where much happens and all is well")
  func healthy() throws {
    try isolated {
      let idle = Program.run("doctor", "--only", Doctor.ofNamespace)
      #expect(idle.exitStatus == 0 && idle.text.contains(" checks of 0 sockets: nothing found"), "\(idle.text)")
      #expect(idle.text.split(separator: "\n").count == 1 && !idle.text.contains("passed"))
      let peer = try PythonPeer(DoctorScene.busy)
      defer { peer.end() }
      #expect(try peer.line() == "busy")
      for _ in 0..<5 {
        let output = try Doctor.look()
        #expect(output.findings.isEmpty, "\(output.findings)")
      }
      let twice = try Doctor.look(["--for", "300ms"])
      #expect(twice.findings.isEmpty && (twice.meta.intervalMs ?? 0) >= 300, "\(twice.findings)")
      #expect(twice.meta.sockets > 400)
    }
  }

  @Test("A limit of descriptors that is nearly reached, of any user's process")
  func descriptors() throws {
    try withProgramForAnybody { program in
      try isolated {
        let peer = try PythonPeer(
          """
          resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
          kept = [os.open('/', 0) for _ in range(50)]
          print('ready', flush=True)
          stay()
          """)
        defer { peer.end() }
        for finished in [
          Program.run("doctor", "--json", "--only", "descriptors"),
          try Finished(as: nobody, program, ["doctor", "--json", "--only", "descriptors"]),
        ] {
          let output = try Doctor.output(finished)
          let finding = try #require(output.findings.first { $0.subject.pid == peer.pid })
          let links = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(peer.pid)/fd").count
          #expect(finding.evidence["used"] == UInt64(links) && finding.evidence["limit"] == 64)
          #expect(finished.exitStatus == 1)
        }
      }
    }
  }

  @Test("Without root the same is found, and what needs root is named", .needs("setpriv"))
  func unprivileged() throws {
    try withProgramForAnybody { program in
      try isolated {
        let peer = try PythonPeer(DoctorScene.fullQueue.program)
        defer { peer.end() }
        _ = try Doctor.find(DoctorScene.fullQueue.kinds)
        let finished = try Finished(as: nobody, program, ["doctor", "--json", "--only", Doctor.ofNamespace])
        let output = try Doctor.output(finished)
        #expect(output.kinds == DoctorScene.fullQueue.kinds && finished.exitStatus == 1)
        #expect(output.only("acceptQueueFull")?.owner?.known == false)
        let needing = output.skipped.filter { $0.reason == "needs_root" }.map(\.check)
        #expect(needing.contains("no-owner") && needing.contains("inherited") && needing.contains("reset-sockets"))
        #expect(!output.meta.checks.contains("no-owner") && output.meta.checks.contains("close-wait"))
        let text = try Finished(as: nobody, program, ["doctor", "--only", "no-owner"])
        #expect(text.exitStatus == 0 && text.text.contains("not checked: no-owner (needs root)"), "\(text.text)")
        #expect(try Finished(as: nobody, program, ["doctor", "--only", "no-owner", "--strict"]).exitStatus == 3)
      }
    }
  }

  @Test("Another network namespace is examined by a process in it")
  func elsewhere() throws {
    /// Passes it from the thread that it is started by: that one alone is in the namespace.
    struct Passed: @unchecked Sendable { let peer: PythonPeer }
    let peer = try isolated { Passed(peer: try PythonPeer(DoctorScene.fullQueue.program)) }.peer
    defer { peer.end() }
    let output = try Doctor.find(DoctorScene.fullQueue.kinds, ["--netns", "\(peer.pid)"])
    #expect(output.kinds == DoctorScene.fullQueue.kinds)
    #expect(output.findings.allSatisfy { $0.show?.contains("--netns \(peer.pid)") ?? false })
    let number = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(peer.pid)/ns/net")
      .filter(\.isNumber)
    let all = Program.run("doctor", "--netns", "all", "--only", "accept-queue")
    #expect(all.text.contains("tcp 127.0.0.1:1234 in namespace \(number), python3[\(peer.pid)]"), "\(all.text)")
  }

  @Test("Two readings give what happened in between")
  func rates() throws {
    try isolated {
      let peer = try PythonPeer(
        """
        u = listener(kind=socket.SOCK_DGRAM)
        c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for _ in range(3000): c.sendto(bytes(500), HERE)
        print('full', flush=True)
        pause()
        u.setblocking(False)
        try:
            while True: u.recv(1000)
        except BlockingIOError: pass
        print('empty', flush=True)
        stay()
        """)
      defer { peer.end() }
      #expect(try peer.line() == "full")
      #expect(try Doctor.look().only("udpDrops")?.severity == "warning")
      try peer.goOn()
      #expect(try peer.line() == "empty")
      // The drops are in the past, and nobody knows how long ago.
      #expect(try Doctor.look().only("udpDrops")?.severity == "note")
      #expect(try Doctor.look(["--for", "10ms"]).findings.isEmpty)
    }
  }

  @Test("The exit status is that of the worst finding, and wrong usage says what is right")
  func status() throws {
    try isolated {
      let peer = try PythonPeer("s = listener(address=('127.0.0.1', 50051))\nstay()")
      defer { peer.end() }
      for (arguments, status) in [
        ([], 0), (["--fail-on", "note"], 1), (["--fail-on", "error"], 0), (["--only", "close-wait"], 0),
      ] as [([String], Int32)] {
        let finished = Finished(running: Program.path, ["doctor", "--only", "server-ports"] + arguments)
        #expect(finished.exitStatus == status, "\(arguments): \(finished.text)")
      }
    }
    for (arguments, hint) in [
      (["--only", "close-wat"], "did you mean close-wait?"), (["--threshold", "close-wait-age"], "close-wait-age=60s"),
      (["--threshold", "close-wait-age=never"], "is not a time"), (["--threshold", "orphans=200%"], "0 to 100"),
      (["--threshold", "descriptor=8"], "did you mean descriptors?"), (["--fail-on", "fatal"], "known: note"),
      (["--for", "0"], "is not a time"), (["1234"], "1234"),
      (["--root", Repository.path("Fixtures/live-families"), "--for", "1s"], "leave out --for"),
    ] {
      let finished = Finished(running: Program.path, ["doctor"] + arguments)
      #expect(finished.exitStatus == 2 && finished.errorText.contains(hint), "\(arguments): \(finished.errorText)")
    }
    let missing = Program.run("doctor", "--root", "/nonexistent")
    #expect(missing.exitStatus == 4)
  }

  @Test("Old copies have no ages: those checks are skipped, and the others are made", arguments: CapturedTests.trees)
  func fixtures(tree: String) throws {
    let finished = Program.run("doctor", "--json", "--root", Repository.path("Fixtures/\(tree)"))
    if finished.exitStatus == 4 { return }
    let output = try Doctor.output(finished)
    #expect(
      output.skipped.contains { $0.check == "ephemeral-ports" && $0.reason == "settings" } || !output.kinds.isEmpty)
    let text = Program.run("doctor", "--lang", "es", "--root", Repository.path("Fixtures/\(tree)"))
    #expect(text.text.contains("sin comprobar") || text.text.contains("solo en parte"), "\(text.text)")
    #expect(UnixTests.controls(in: text.output).isEmpty)
  }
}
