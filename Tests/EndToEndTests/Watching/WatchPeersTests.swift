import Foundation
import Glibc
import LinuxSystem
import Query
import TestSupport
import Testing

/// `sockinspect watch` with processes that are killed or stopped, in other network namespaces, and
/// behind a link that loses packets.
@Suite("Watching what goes wrong", .timeLimited, .needsRoot, .serialized)
struct WatchPeersTests {
  /// Accepts, reads and answers one connection after the other, and closes when the other end has.
  private static let server = """
    l = listener(address=(sys.argv[1], int(sys.argv[2])))
    while True:
        a, _ = l.accept()
        while a.recv(100): pass
        a.close()
    """
  /// Connects from a port, sends five bytes, and closes when its input says so.
  private static let client = """
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('0.0.0.0', int(sys.argv[3])))
    s.connect((sys.argv[1], int(sys.argv[2])))
    s.send(b'12345')
    print('ready', flush=True)
    if len(sys.argv) < 5: stay()
    s.close()
    stay()
    """

  /// Two ports that no other test uses, as the tracepoint reports all network namespaces.
  private static var ownPorts: (server: UInt16, client: UInt16) {
    get throws {
      let port = try OwnPorts.next()
      return (port, port + 10_000)
    }
  }

  /// Returns the events that it prints until `isLast` accepts those so far.
  private func events(
    of watch: WatchingProgram, until isLast: ([WatchedEvent]) -> Bool
  ) throws -> [WatchedEvent] {
    var events: [WatchedEvent] = []
    _ = try watch.lines { line in
      guard let event = try? WatchedEvent.read(line) else { return false }
      events.append(event)
      return isLast(events)
    }
    #expect(watch.end().exitStatus == 0)
    return events
  }

  private func owners(_ events: [WatchedEvent]) -> [[Int32]] { events.map { ($0.socket?.owners ?? []).map(\.pid) } }

  @Test(
    "A process that is killed keeps its name and number to the end of all that it had", .needs("setpriv"),
    arguments: [WatchTests.User.root, .nobody])
  func killed(user: WatchTests.User) throws {
    try withProgramForAnybody { program in
      try isolatedUntilWhole {
        let ports = try Self.ownPorts
        let ends = ["127.0.0.1", "\(ports.server)", "\(ports.client)"]
        let id: UInt32? = user == .root ? nil : nobody
        let server = try PythonPeer(Self.server, arguments: ends, user: id)
        let client = try PythonPeer(Self.client, arguments: ends, user: id)
        // All data is read, otherwise the end would be a reset.
        _ = try eventually {
          try Program.list("--port", "\(ports.server)", "--state", "established").sockets.map(\.recvQueue)
        } until: {
          $0 == [0, 0]
        }
        let watch = try WatchingProgram(
          "--ndjson", "--port", "\(ports.server)", program: program, prefix: user.prefix())
        let pids = (server: server.pid, client: client.pid)
        server.end()
        client.end()
        let all = try events(of: watch) { events in
          events.contains { $0.to == "time_wait" } && events.count { $0.event == "closed" } >= 2
        }
        let isClients = { (event: WatchedEvent) in event.socket?.local?.port == ports.client }
        #expect(all.allSatisfy { $0.ageUs == nil }, "they were there before")
        #expect(owners(all.filter(isClients)).allSatisfy { $0 == [pids.client] })
        #expect(owners(all.filter { !isClients($0) }).allSatisfy { $0 == [pids.server] })
        #expect(
          all.allSatisfy { $0.attribution == "fd" && $0.socket?.owners?.first?.name?.hasPrefix("python") == true })
        #expect(!processExists(pids.server) && !processExists(pids.client))
        let atServer = all.filter { !isClients($0) && $0.socket?.peer?.port == ports.client }.map(\.passage)
        let atClient = all.filter(isClients).map(\.passage)
        if user == .root {
          // The server was killed first, and its end closes first.
          #expect(
            atServer == ["established fin_wait1", "fin_wait1 fin_wait2", "fin_wait2 time_wait"])
          #expect(atClient == ["established close_wait", "close_wait last_ack", "last_ack -"])
        } else {
          #expect(atServer.last?.hasSuffix(" time_wait") == true && atClient.last?.hasSuffix(" -") == true)
        }
        #expect(all.contains { $0.passage == "listen -" })
      }
    }
  }

  @Test(
    "Between scans, selections by user, process and program apply to a call's owner", .needs("setpriv"))
  func selections() throws {
    try isolatedUntilWhole {
      let ports = try Self.ownPorts
      let ends = ["127.0.0.1", "\(ports.server)", "\(ports.client)", "close"]
      let server = try PythonPeer(Self.server, arguments: ends)
      let port = ["--interval", "60", "--port", "\(ports.server)"]
      let queries = ["process_user = 65534", "process_user = 0", "executable = */python3*", "executable = /bin/none"]
      let watches = try queries.map { try WatchingProgram(arguments: ["--ndjson"] + port + [$0]) }
      let users = try WatchingProgram(arguments: ["--ndjson"] + port + ["--user", "65534"])
      let whole = try WatchingProgram(arguments: ["--ndjson"] + port)
      let client = try PythonPeer(Self.client, arguments: ends, user: nobody)
      let all = try events(of: whole) { $0.contains { $0.from == "last_ack" } && $0.contains { $0.to == "time_wait" } }
      let found = try (watches + [users]).map {
        try $0.end().text.split(separator: "\n").map { try WatchedEvent.read($0) }
      }
      if let missed = found.joined().first(where: { $0.event == "missed" }) { throw MissedEvents(line: "\(missed)") }
      let both: Set = [[client.pid], [server.pid]]
      #expect(found.map { Set(owners($0)) } == [[[client.pid]], [[server.pid]], both, [], [[client.pid]]])
      #expect(found.map(\.count) == [5, 5, 10, 0, 5] && all.count == 10)
    }
  }

  @Test(
    "Root without the tracepoint's capabilities gets the reason, and each close",
    .needs("setpriv"))
  func withoutTracepoint() throws {
    try isolatedUntilWhole {
      let ports = try Self.ownPorts
      let ends = ["127.0.0.1", "\(ports.server)", "\(ports.client)", "close"]
      let server = try PythonPeer(Self.server, arguments: ends)
      let prefix = [try peer("setpriv"), "--bounding-set=-sys_admin,-perfmon", "--inh-caps=-sys_admin,-perfmon"]
      let watch = try WatchingProgram("--port", "\(ports.server)", prefix: prefix)
      let client = try PythonPeer(Self.client, arguments: ends)
      // The two ends, in whichever order.
      var isOver = false
      var isWaiting = false
      _ = try watch.lines { line in
        if line.contains("-> gone") { isOver = true }
        if line.contains("-> time_wait") { isWaiting = true }
        return isOver && isWaiting
      }
      let finished = watch.end()
      let said = finished.errorText.split(separator: "\n")
      #expect(said.first?.contains("by destroy notices, a scan every") == true)
      #expect(said.contains { $0.contains("without the tracepoint") && $0.contains("root lacks the capability CAP_") })
      server.end()
      client.end()
    }
  }

  @Test("What the kernel does for a process has its owner, stopped or not")
  func stopped() throws {
    try isolatedUntilWhole {
      let ports = try Self.ownPorts
      let ends = ["127.0.0.1", "\(ports.server)", "\(ports.client)"]
      let server = try PythonPeer(Self.server, arguments: ends)
      let watch = try WatchingProgram("--ndjson", "--port", "\(ports.server)")
      server.signal(SIGSTOP)
      // It closes at once.
      let client = try PythonPeer(Self.client, arguments: ends + ["close"])
      let listing = try eventually {
        try Program.list("--port", "\(ports.server)", "--state", "listen,close-wait").sockets
      } until: {
        $0.count == 2
      }
      let listener = listing.first { $0.state == "listen" }
      #expect(listener?.owners?.map(\.pid) == [server.pid] && listener?.recvQueue == 1, "it can be read")
      // One byte more than the data: the kernel counts the FIN.
      #expect(listing.first { $0.state == "close_wait" }?.recvQueue == 6)
      server.signal(SIGCONT)
      let all = try events(of: watch) { $0.contains { $0.from == "last_ack" } && $0.contains { $0.to == "time_wait" } }
      let atServer = all.filter { $0.socket?.peer?.port == ports.client }
      #expect(
        atServer.map(\.passage) == [
          "- syn_recv", "syn_recv established", "established close_wait", "close_wait last_ack", "last_ack -",
        ])
      #expect(owners(atServer).allSatisfy { $0 == [server.pid] })
      #expect(owners(all.filter { $0.socket?.local?.port == ports.client }).allSatisfy { $0 == [client.pid] })
    }
  }

  @Test(
    "Equal connections of several namespaces keep their owners; non-root sees its own",
    .needs("ip"), .needs("nsenter"), .needs("setpriv"))
  func namespaces() throws {
    try withProgramForAnybody { program in
      try isolatedUntilWhole {
        let ports = try Self.ownPorts
        let arguments = [FarPeer.address, "\(ports.server)", "\(ports.client)"]
        let far = try FarPeer(Self.server, arguments: arguments.with(first: "0.0.0.0"))
        let watch = try WatchingProgram("--ndjson", "--all-namespaces", "--port", "\(ports.server)")
        let ownOnly = try WatchingProgram("--ndjson", "--port", "\(ports.server)")
        let nobody = try WatchingProgram(
          "--ndjson", "--port", "\(ports.server)", program: program, prefix: WatchTests.User.nobody.prefix())
        let near = try PythonPeer(Self.client, arguments: arguments)
        let own = try #require(try Program.list("--port", "\(ports.server)").sockets.first?.netns)
        let twins = try isolated {
          let far = try FarPeer(Self.server, arguments: arguments.with(first: "0.0.0.0"))
          let near = try PythonPeer(Self.client, arguments: arguments)
          let netns = try #require(try Program.list("--port", "\(ports.server)").sockets.first?.netns)
          let pids = (near.pid, far.process.pid)
          near.end()
          // Its connection ends when it has read the FIN.
          _ = try eventually {
            try Program.list("--port", "\(ports.server)", "--state", "established,fin-wait-1,fin-wait-2").sockets.count
          } until: {
            $0 == 0
          }
          return (near: pids.0, far: pids.1, netns: netns)
        }
        near.end()
        let all = try events(of: watch) { events in
          events.contains { $0.to == "time_wait" && $0.socket?.netns == own }
            && events.count { $0.from == "last_ack" } >= 2
        }
        func story(at port: UInt16, _ pid: Int32) -> [[WatchedEvent]] {
          let ours = all.filter { $0.socket?.local?.port == port && $0.socket?.peer != nil }
          return Dictionary(grouping: ours) { $0.life ?? 0 }.values.filter {
            $0.last?.socket?.owners?.first?.pid == pid
          }
        }
        for (pid, netns) in [(near.pid, own), (twins.near, twins.netns)] {
          let stories = story(at: ports.client, pid)
          #expect(stories.count == 1)
          let events = stories.first ?? []
          #expect(events.prefix(2).map(\.passage) == ["- syn_sent", "syn_sent established"])
          let places = events.map { "\($0.passage) \($0.source) \($0.socket?.netns.map { "\($0)" } ?? "-")" }
          #expect(owners(events).allSatisfy { $0 == [pid] })
          #expect(events.allSatisfy { $0.socket?.netns == netns }, "\(netns), not \(places)")
          #expect(events.allSatisfy { $0.socket?.peer?.address == FarPeer.address })
        }
        for pid in [far.process.pid, twins.far] {
          let stories = story(at: ports.server, pid)
          #expect(stories.count == 1)
          #expect(
            stories.first?.map(\.passage) == [
              "- syn_recv", "syn_recv established", "established close_wait", "close_wait last_ack", "last_ack -",
            ])
          // It is not made up which of two listeners of the same address took it.
          #expect(owners(stories.first ?? []).allSatisfy { $0.isEmpty || $0 == [pid] })
          #expect(stories.first?.allSatisfy { $0.socket?.peer?.address == "10.9.0.1" } == true)
        }
        // What is known to belong to another namespace is shown only on request; what may belong to
        // this one is shown.
        let shown = try ownOnly.end().text.split(separator: "\n").map { try WatchedEvent.read($0) }
        #expect(shown.contains { $0.socket?.netns == own } && shown.allSatisfy { $0.elsewhere != true })
        // Without privileges only the near end is reported, and the kernel reports how it ends.
        let few = try events(of: nobody) { $0.last?.to == "time_wait" || $0.last?.event == "closed" }
        #expect(Set(few.map(\.life)).count == 1 && few.last?.source == "destroy")
        #expect(few.allSatisfy { $0.socket?.local?.port == ports.client && $0.socket?.netns == own })
      }
    }
  }

  @Test(
    "A SYN that nobody answers is SYN_SENT with its retransmissions, until the client gives up or is killed",
    .needs("ip"), .needs("nsenter"))
  func silence() throws {
    try isolatedUntilWhole {
      let far = try FarPeer("print('ready', flush=True); stay()")
      try FarPeer.lose(packetsTo: "10.9.0.77")
      let ports = try Self.ownPorts
      let watch = try WatchingProgram("--ndjson", "--port", "\(ports.server)")
      // TCP_SYNCNT is 7: one SYN more, a second after the first. The processor of the kernel's timer is
      // kept busy until it gives up: on one that sleeps, Linux 6.18 counts the transition that a timer
      // makes and may not write it.
      let script = """
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        s = socket.socket()
        s.setsockopt(socket.IPPROTO_TCP, 7, int(sys.argv[2]))
        s.setblocking(False)
        print('ready', flush=True)
        s.connect_ex(('10.9.0.77', int(sys.argv[1])))
        error = 0
        while error == 0: error = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        print(error)
        """
      let patient = try PythonPeer(script, arguments: ["\(ports.server)", "6"])
      let hasty = try PythonPeer(script, arguments: ["\(ports.server)", "1"])
      let listing = try eventually {
        try Program.list("--port", "\(ports.server)").sockets
      } until: {
        $0.count == 2 && $0.allSatisfy { ($0.retransmits ?? 0) > 0 }
      }
      #expect(
        listing.allSatisfy { $0.state == "syn_sent" && ($0.retransmits ?? 0) > 0 && $0.timer?.kind == "retransmit" })
      #expect(hasty.finish() == "\(ETIMEDOUT)\n")
      let pid = patient.pid
      patient.end()
      let all = try events(of: watch) { $0.count { $0.event == "closed" } == 2 }
      #expect(all.map(\.passage) == ["- syn_sent", "- syn_sent", "syn_sent -", "syn_sent -"])
      #expect(
        owners(all.suffix(2)) == [[hasty.pid], [pid]],
        "\(all.map { "\($0.time) \($0.life ?? 0) \($0.passage) \($0.source) \($0.attribution ?? "-")" })")
      #expect(all.suffix(2).allSatisfy { ($0.socket?.retransmits ?? 0) > 0 && $0.socket?.peer?.address == "10.9.0.77" })
      far.process.end()
    }
  }

  @Test(
    "Retransmits of lost packets are listed; once they arrive the connection ends",
    .needs("ip"), .needs("nsenter"))
  func loss() throws {
    try isolatedUntilWhole {
      let ports = try Self.ownPorts
      let arguments = [FarPeer.address, "\(ports.server)", "\(ports.client)"]
      let far = try FarPeer(Self.server, arguments: arguments.with(first: "0.0.0.0"))
      let near = try PythonPeer(Self.client, arguments: arguments)
      let watch = try WatchingProgram("--ndjson", "--local-port", "\(ports.client)")
      try FarPeer.lose()
      // Its FIN gets lost.
      near.end()
      let listing = try eventually {
        try Program.list("--local-port", "\(ports.client)").sockets
      } until: {
        ($0.first?.retransmits ?? 0) > 0
      }
      #expect(listing.map(\.state) == ["fin_wait1"] && (listing.first?.retransmits ?? 0) > 0)
      try FarPeer.mend()
      let all = try events(of: watch) { $0.contains { $0.to == "time_wait" } }
      #expect(all.map(\.passage) == ["established fin_wait1", "fin_wait1 fin_wait2", "fin_wait2 time_wait"])
      #expect(owners(all).allSatisfy { $0 == [near.pid] })
      far.process.end()
    }
  }
}

extension [String] {
  /// The same with another first address.
  fileprivate func with(first: String) -> [String] { [first] + dropFirst() }
}
