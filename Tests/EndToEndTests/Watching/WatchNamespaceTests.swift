import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// `watch --netns`: sockets of other network namespaces over time.
@Suite("Watching network namespaces", .timeLimited, .needsRoot)
struct WatchNamespaceTests {
  /// A program in a network namespace of its own, with a server at one port. When it is let go on it
  /// connects to the server from the other port, then closes the client before the server.
  private static let loop = """
    import ctypes, fcntl
    ctypes.CDLL(None).unshare(0x40000000)
    up = socket.socket()
    fcntl.ioctl(up, 0x8914, struct.pack('16sH14x', b'lo', 1))
    up.close()
    place = ('127.0.0.1', int(sys.argv[1]))
    server = listener(address=place)
    pause()
    client = socket.socket()
    client.bind(('127.0.0.1', int(sys.argv[2])))
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

  private static func loop(_ server: UInt16, _ client: UInt16) throws -> (peer: PythonPeer, netns: UInt32) {
    let peer = try PythonPeer(loop, arguments: ["\(server)", "\(client)"])
    let status = try Descriptor.openWithoutWaiting("/proc/\(peer.pid)/ns/net").status()
    return (peer, UInt32(truncatingIfNeeded: status.inode))
  }

  private static func goOn(_ peer: PythonPeer, to stage: String) throws {
    try peer.goOn()
    #expect(try peer.line() == stage)
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
      let loops = try (0..<3).map { _ in try Self.loop(21_201, 21_202) }
      let watch = try WatchingProgram("--ndjson", "--netns", "all", "--port", "21202")
      for loop in loops { try Self.goOn(loop.peer, to: "connected") }
      // The last one closes first, the others in between.
      var events = try Self.events(of: watch) { $0.count { $0.to == "established" } == 6 }
      for loop in loops.reversed() { try Self.goOn(loop.peer, to: "closed") }
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
        #expect(ends == [21_201, 21_202])
      }
    }
  }

  @Test("without privileges servers of other namespaces come and go with scans, each once", .needs("setpriv"))
  func unprivileged() throws {
    try withProgramForAnybody { program in
      try isolated {
        let watch = try WatchingProgram(
          "--ndjson", "--netns", "all", "-t", "--port", "21203", program: program,
          prefix: WatchTests.User.nobody.prefix())
        let loops = try (0..<2).map { _ in try Self.loop(21_203, 21_204) }
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
      let loops = try (0..<2).map { _ in try Self.loop(21_205, 21_206) }
      let watch = try WatchingProgram("--ndjson", "--netns", "\(loops[1].peer.pid)", "--port", "21206")
      for loop in loops { try Self.goOn(loop.peer, to: "connected") }
      for loop in loops { try Self.goOn(loop.peer, to: "closed") }
      let events = try Self.events(of: watch) { $0.contains { $0.to == "time_wait" } }
      let placed = events.filter { $0.elsewhere == false }
      #expect(Set(placed.map(\.socket?.netns)) == [loops[1].netns])
      #expect(Set(placed.map(\.life)).count == 2)
    }
  }

  @Test("a server of any namespace is waited for with all of them, and not without")
  func goal() throws {
    let loop = try Self.loop(21_207, 21_208)
    let query = ["watch", "-q", "--until", "state listen sport = :21207", "--for"]
    let (all, here) = try isolated {
      (
        Finished(running: Program.path, query + ["30", "--netns", "all"]),
        Finished(running: Program.path, query + ["0.2"])
      )
    }
    #expect(all.exitStatus == 0 && here.exitStatus != 0)
    withExtendedLifetime(loop) {}
  }

  @Test("a line names the namespace behind the owners, by its number where it has no name")
  func text() throws {
    try isolatedUntilWhole {
      let loop = try Self.loop(21_209, 21_210)
      let watch = try WatchingProgram("--events", "--netns", "all", "--port", "21210")
      try Self.goOn(loop.peer, to: "connected")
      let lines = try watch.lines { $0.contains("syn_recv -> established") }
      #expect(lines.allSatisfy { $0.contains("  netns \(loop.netns)") }, "\(lines)")
    }
  }
}
