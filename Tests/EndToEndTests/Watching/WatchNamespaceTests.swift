import Foundation
import Glibc
import TestSupport
import Testing

/// `watch --netns`: sockets of other network namespaces over time.
@Suite("Watching network namespaces", .timeLimited, .needsRoot)
struct WatchNamespaceTests {
  /// A program in a network namespace of its own, with a server at one port. When it is let go on it
  /// connects to the server from the port after it, then closes the client before the server.
  private static let program = """
    unshare_network()
    place = ('127.0.0.1', int(sys.argv[1]))
    server = listener(address=place)
    pause()
    client = socket.socket()
    client.bind(('127.0.0.1', place[1] + 1))
    client.connect(place)
    accepted, _ = server.accept()
    print('connected', flush=True)
    pause()
    client.close()
    accepted.recv(1)
    accepted.close()
    print('closed', flush=True)
    stay()
    """

  /// Starts it in some namespaces, with the server at the same port of each.
  private static func loops(_ count: Int, at port: UInt16) throws -> [(peer: PythonPeer, netns: UInt32)] {
    try (0..<count).map { _ in
      let peer = try PythonPeer(program, arguments: ["\(port)"])
      return (peer, try peer.networkNamespace())
    }
  }

  private static func goOn(_ loops: [(peer: PythonPeer, netns: UInt32)], to stage: String) throws {
    for loop in loops {
      try loop.peer.goOn()
      #expect(try loop.peer.line() == stage)
    }
  }

  /// The events up to the first after which a condition is true of all of them.
  private static func events(
    of watch: WatchingProgram, until isEnough: ([WatchedEvent]) -> Bool
  ) throws -> [WatchedEvent] {
    var events: [WatchedEvent] = []
    _ = try watch.lines { line in
      if let event = try? WatchedEvent.read(line) { events.append(event) }
      return isEnough(events)
    }
    return events
  }

  @Test("equal connections of several namespaces stay apart from their beginnings to their ends")
  func equalConnections() throws {
    try isolatedUntilWhole {
      let port = try OwnPorts.next()
      let loops = try Self.loops(3, at: port)
      let watch = try WatchingProgram("--ndjson", "--netns", "all", "--port", "\(port + 1)")
      try Self.goOn(loops, to: "connected")
      // The last one closes first, the others in between.
      var events = try Self.events(of: watch) { $0.count { $0.to == "established" } == 6 }
      try Self.goOn(loops.reversed(), to: "closed")
      events += try Self.events(of: watch) { $0.count { $0.to == "time_wait" } == 3 }
      // With its processes a namespace ends, and what remained of connections in it.
      for loop in loops { loop.peer.end() }
      events += try Self.events(of: watch) { $0.count { $0.from == "time_wait" } == 3 }
      let lives = Dictionary(grouping: events) { $0.life ?? 0 }.values
      #expect(lives.count == 6, "\(events.map { "\($0.life ?? 0) \($0.passage) \($0.socket?.netns ?? 0)" })")
      for loop in loops {
        let own = lives.filter { $0.last?.socket?.netns == loop.netns }
        #expect(own.count == 2)
        for life in own {
          #expect(life.allSatisfy { [nil, loop.netns].contains($0.socket?.netns) && $0.elsewhere != false })
          #expect(life.allSatisfy { ($0.socket?.owners ?? []).allSatisfy { $0.pid == loop.peer.pid } })
          #expect(life.first?.event == "opened" && life.count { $0.event == "opened" } == 1)
          #expect(life.last?.event == "closed" && life.count { $0.event == "closed" } == 1)
        }
        let ends = own.map { $0.compactMap(\.socket?.local?.port).first ?? 0 }.sorted()
        #expect(ends == [port, port + 1])
      }
    }
  }

  @Test("without privileges servers of other namespaces come and go with scans, each once", .needs("setpriv"))
  func unprivileged() throws {
    try withProgramForAnybody { program in
      try isolated {
        let port = try OwnPorts.next()
        let watch = try WatchingProgram(
          "--ndjson", "--netns", "all", "-t", "--port", "\(port)", program: program,
          prefix: WatchTests.User.nobody.prefix())
        let loops = try Self.loops(2, at: port)
        let opened = try Self.events(of: watch) { $0.count { $0.event == "opened" } == 2 }
        #expect(opened.count == 2 && Set(opened.map(\.socket?.netns)).count == 2)
        #expect(opened.allSatisfy { $0.to == "listen" && $0.elsewhere == true && $0.source == "snapshot" })
        for loop in loops { loop.peer.end() }
        let closed = try Self.events(of: watch) { $0.count { $0.event == "closed" } == 2 }
        #expect(closed.count == 2 && Set(closed.map(\.life)) == Set(opened.map(\.life)))
      }
    }
  }

  @Test("one namespace is watched from inside, by a process in it")
  func one() throws {
    try isolatedUntilWhole {
      let port = try OwnPorts.next()
      let loops = try Self.loops(2, at: port)
      let watch = try WatchingProgram("--ndjson", "--netns", "\(loops[1].peer.pid)", "--port", "\(port + 1)")
      try Self.goOn(loops, to: "connected")
      try Self.goOn(loops, to: "closed")
      let events = try Self.events(of: watch) { $0.contains { $0.to == "time_wait" } }
      let placed = events.filter { $0.elsewhere == false }
      #expect(Set(placed.map(\.socket?.netns)) == [loops[1].netns])
      #expect(Set(placed.map(\.life)).count == 2)
    }
  }

  @Test("a server of any namespace is waited for with all of them, and not without")
  func goal() throws {
    let port = try OwnPorts.next()
    let loops = try Self.loops(1, at: port)
    let query = ["watch", "-q", "--until", "state listen sport = :\(port)", "--for"]
    let (all, here) = try isolated {
      (
        Finished(running: Program.path, query + ["30", "--netns", "all"]),
        Finished(running: Program.path, query + ["0.2"])
      )
    }
    #expect(all.exitStatus == 0 && here.exitStatus != 0)
    withExtendedLifetime(loops) {}
  }

  @Test("a line names the namespace behind the owners, by its number where it has no name")
  func text() throws {
    try isolatedUntilWhole {
      let port = try OwnPorts.next()
      let loops = try Self.loops(1, at: port)
      let watch = try WatchingProgram("--events", "--netns", "all", "--port", "\(port + 1)")
      try Self.goOn(loops, to: "connected")
      let lines = try watch.lines { $0.contains("syn_recv -> established") }
      #expect(lines.allSatisfy { $0.contains("  netns \(loops[0].netns)") }, "\(lines)")
    }
  }
}
