import Foundation
import Glibc
import Lesson
import LinuxSystem
import Query
import SocketModel
import TestSupport
import Testing

/// `sockinspect watch` with real servers and clients.
@Suite("Watching real sockets", .timeLimited, .needsRoot, .serialized)
struct WatchTests {
  enum User: Sendable {
    case root, nobody

    /// The words that start a program as this user.
    func prefix() throws -> [String] {
      switch self {
      case .root: []
      case .nobody: try startingAs(EndToEndTests.nobody)
      }
    }
  }

  @Test(
    "A lesson from listen to TIME_WAIT: one life for each socket, with visible owners",
    .needs("setpriv"), arguments: [User.root, .nobody])
  func lesson(user: User) throws {
    try withProgramForAnybody { program in
      try isolatedUntilWhole {
        let port = try OwnPorts.next()
        let watch = try WatchingProgram("--ndjson", "--port", "\(port)", program: program, prefix: user.prefix())
        let server = try ListeningServer("--port", "\(port)", "--echo")
        let serverPID = server.child.pid
        // Each step waits until the one before it was reported: without the tracepoint a scan has
        // to meet each state.
        var lines = try watch.lines { (try? WatchedEvent.read($0))?.to == "listen" }
        var established: Set<UInt64> = []
        lines += try withExtendedLifetime(try TestClient(port: port)) {
          try watch.lines { line in
            if let event = try? WatchedEvent.read(line), event.to == "established" {
              established.insert(event.life ?? 0)
            }
            return established.count == 2
          }
        }
        lines += try watch.lines { (try? WatchedEvent.read($0))?.to == "time_wait" }
        #expect(try server.end(by: SIGINT).exitStatus == 0)
        lines += try watch.lines { line in
          let event = try? WatchedEvent.read(line)
          return event?.from == "listen" && event?.event == "closed"
        }
        let finished = watch.end()
        #expect(finished.exitStatus == 0 && finished.signal == nil)
        let events = try lines.map { try WatchedEvent.read($0) }
        #expect(events.allSatisfy { $0.schema == "sockinspect.event/1" })
        #expect(events.allSatisfy { $0.missed == nil })
        let lives = Dictionary(grouping: events) { $0.life ?? 0 }
        #expect(lives.count == 3 && lives[0] == nil, "server, its connection, the client's")
        for story in lives.values {
          #expect(story[0].event == "opened" && story.dropFirst().allSatisfy { $0.event != "opened" })
          for (before, after) in zip(story, story.dropFirst()) { #expect(before.to == after.from) }
          #expect(Set(story.map { $0.socket?.transport }) == ["tcp"])
        }
        let stories = lives.values.sorted { ($0[0].life ?? 0) < ($1[0].life ?? 0) }
        // A scan may find it between bind() and listen().
        #expect(stories[0].map(\.to).suffix(2) == ["listen", nil])
        let isClient = { (story: [WatchedEvent]) in story[0].socket?.peer?.port == port }
        let atClient = try #require(stories.first(where: isClient))
        #expect(
          atClient.contains { $0.to == "established" } && atClient.contains { $0.to == "time_wait" })
        let atServer = try #require(stories.last { !isClient($0) })
        #expect(atServer.contains { $0.to == "established" } && atServer[0].socket?.local?.port == port)
        // Without root no process of another user is reported.
        let owners = Set(stories[0].flatMap { $0.socket?.owners ?? [] }.map(\.pid))
        #expect(owners == (user == .root ? [serverPID] : []))
        #expect(stories[0].allSatisfy { ($0.attribution == nil) == (user == .nobody) })
        #expect(finished.errorText.contains("may not be read") || user == .root)
      }
    }
  }

  @Test("Lines of text show marks, ends, states and owner, and the account at the end")
  func text() throws {
    try isolatedUntilWhole {
      let port = try OwnPorts.next()
      let watch = try WatchingProgram("--port", "\(port)", "--timestamps", "relative")
      let server = try ListeningServer("--port", "\(port)")
      let other = try ListeningServer("--port", "\(port + 1)")
      // A scan may find it between bind() and listen().
      let first = try watch.lines { $0.contains(" -> listen ") }
      for line in first {
        let form = #/ +\d+\.\d{6} [+~] tcp +127\.0\.0\.1:(\d+) +- +[a-z_]+ -> [a-z_]+ +sockinspect\[(\d+)\].*/#
        let match = try #require(try form.wholeMatch(in: line), "\(line)")
        #expect(match.1 == "\(port)" && match.2 == "\(server.child.pid)")
      }
      _ = try other.end()
      _ = try server.end()
      let last = try #require(try watch.lines { _ in true }.last)
      #expect(last.contains(" - tcp ") && last.contains("listen -> gone") && last.contains(" age "), "\(last)")
      let finished = watch.end()
      if let line = finished.text.split(separator: "\n").first(where: { $0.contains("! missed") }) {
        throw MissedEvents(line: String(line))
      }
      #expect(finished.exitStatus == 0 && finished.text.isEmpty, "\(finished.text)")
      #expect(
        finished.errorText.contains("\(first.count + 1) events in ") && finished.errorText.hasSuffix(" 1 closed\n"))
    }
  }

  @Test("A script waits for a port to be listened on: it comes, is there already, or does not come")
  func until() throws {
    try isolated {
      let goal = ["watch", "-q", "--interval", "0.05", "--until", "state listen sport = :1234"]
      let waiting = try Running(Program.path, (goal + ["--for", "60"]).map { Array($0.utf8) })
      let server = try ListeningServer("--port", "1234")
      let finished = waiting.finish()
      #expect(finished.exitStatus == 0 && finished.errorText.isEmpty)
      #expect(finished.text.split(separator: "\n").count <= 1)
      let again = Finished(running: Program.path, goal)
      #expect(again.exitStatus == 0 && again.text.isEmpty, "it is there already")
      let vain = Program.run("watch", "-u", "--until", ":4321", "--for", "0.2", "--interval", "0.05")
      #expect(vain.exitStatus == 1 && vain.text.isEmpty && vain.errorText.contains("no socket matched"))
      #expect(try server.end().exitStatus == 0)
    }
  }

  @Test("A script waits for the end of a connection: it goes on, ends, or was never there")
  func untilGone() throws {
    try isolated {
      let server = try ListeningServer("--port", "1234", "--never-close")
      let client = try TestClient(port: 1234)
      _ = try eventually {
        try Program.list("--port", "1234", "--state", "established").sockets.count
      } until: {
        $0 == 2
      }
      let goal = ["watch", "-q", "--interval", "0.05", "--until-gone", "state established dport = :1234"]
      let still = Finished(running: Program.path, goal + ["--for", "0.2"])
      #expect(still.exitStatus == 1)
      let waiting = try Running(Program.path, (goal + ["--for", "60"]).map { Array($0.utf8) })
      shutdown(client.descriptor.number, Int32(SHUT_WR))
      #expect(waiting.finish().exitStatus == 0)
      #expect(Finished(running: Program.path, goal).exitStatus == 0, "it has ended already")
      #expect(try server.end().exitStatus == 0)
    }
  }

  @Test("It ends after as many events as were asked for, and after its time; without an event the status is 1")
  func limits() throws {
    try isolated {
      let watch = try WatchingProgram("--count", "2", "--events", "-u")
      var held = HeldSockets()
      for _ in 0..<3 { held.add(try OtherScenario.udp.hold()) }
      let finished = watch.end(by: nil)
      #expect(finished.exitStatus == 0)
      #expect(finished.text.split(separator: "\n").count == 2)
      #expect(finished.errorText.hasSuffix(" 2 opened\n"))
      let quiet = Program.run("watch", "-u", "--for", "0.3", "--interval", "0.1")
      #expect(quiet.exitStatus == 1 && quiet.text.isEmpty && quiet.errorText.contains("no event in "))
      let silent = Program.run("watch", "-u", "--quiet", "--for", "0.1")
      #expect(silent.exitStatus == 1 && silent.text.isEmpty && silent.errorText.isEmpty)
      #expect(held.sockets.count == 3)
    }
  }

  @Test(
    "The end of a UDP socket is reported between two scans, without root too", .needs("setpriv"),
    arguments: [User.root, .nobody])
  func datagrams(user: User) throws {
    try withProgramForAnybody { program in
      try isolated {
        let watch = try WatchingProgram(
          arguments: ["--ndjson", "-u", "--interval", "3600"], program: program, prefix: user.prefix())
        do {
          let socket = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_DGRAM.rawValue)))
          try socket.bind(.ipv4(0x7F00_0001, port: 5353))
        }
        let event = try WatchedEvent.read(try #require(try watch.line()))
        #expect(event.event == "closed" && event.source == "destroy" && event.socket?.local?.port == 5353)
        #expect(event.from == nil && event.elsewhere == false)
        #expect(watch.end().exitStatus == 0)
      }
    }
  }

  @Test("Signals end it as it should end, with an account", arguments: [SIGINT, SIGTERM, SIGHUP])
  func signals(number: Int32) throws {
    try isolated {
      let watch = try WatchingProgram("--ndjson", "-u")
      let held = try OtherScenario.udp.hold()
      _ = try watch.line()
      let finished = watch.end(by: number)
      #expect(finished.exitStatus == 0 && finished.signal == nil)
      #expect(finished.errorText.contains("1 event in "))
      #expect(held.sockets.count == 1)
      let idle = try WatchingProgram("--ndjson", "-u").end(by: number)
      #expect(idle.exitStatus == 1 && idle.errorText.contains("no event in "))
    }
  }

  @Test(
    "When nobody reads any more it ends without a word of complaint, with or without something to print",
    arguments: [false, true])
  func closedPipe(hasPrinted: Bool) throws {
    try isolated {
      try withFolder { folder in
        let pipe = try LinuxSystem.Pipe()
        let errors = try Descriptor.open(folder + "/errors", for: .creating)
        let arguments = [Program.path, "watch", "-u", "--interval", hasPrinted ? "0.05" : "60"]
        let child = try ChildProcess.startUnseen(
          Program.path, arguments: arguments.map { Array($0.utf8) },
          descriptors: [(pipe.writing.number, 1), (errors.number, 2)])
        func errorText() throws -> String { try String(contentsOfFile: folder + "/errors", encoding: .utf8) }
        _ = try eventually(changing: folder, errorText) { $0.contains("watching") }
        let held = try OtherScenario.udp.hold()
        do {
          let reader = pipe.intoReading()
          var byte: [UInt8] = [0]
          if hasPrinted { #expect(try reader.read(into: &byte) == 1) }
        }
        let watchdog = DispatchWorkItem { child.signal(SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(30), execute: watchdog)
        let outcome = try child.wait()
        watchdog.cancel()
        #expect(outcome.signal == nil && outcome.exitStatus == (hasPrinted ? 0 : 1))
        let text = try errorText()
        #expect(!text.lowercased().contains("pipe") && text.contains(hasPrinted ? "1 event in " : "no event in "))
        #expect(held.sockets.count == 1)
      }
    }
  }

  @Test("A wrong command line ends with status 2 before anything is watched")
  func usage() {
    for arguments in [
      ["--view"], ["--interval", "0"], ["--interval", "-1"], ["--until", "sport ="], ["--root", "/etc/passwd"],
    ] {
      let finished = Finished(running: Program.path, ["watch"] + arguments)
      #expect(finished.exitStatus == 2 && finished.text.isEmpty && finished.errorText.hasPrefix("sockinspect: "))
    }
    #expect(Program.run("watch", "--root", "/nonexistent").exitStatus == 4)
  }
}
