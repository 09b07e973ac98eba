import Glibc
import Inspection
import KernelFormats
import Lesson
import LinuxSystem
import SocketModel
import TestSupport
import Testing
import Tracking

/// Whether this test runs as root, for a network namespace of its own and the tracepoint.
private let isRoot = geteuid() == 0

@Suite("Watching the running kernel", .timeLimited)
struct WatcherTests {
  private static func watcher(
    _ sources: Set<EventSource> = Set(EventSource.allCases), transports: Set<Transport> = [.tcp], interval: Int = 100
  ) throws -> Watcher {
    var request = InspectionRequest()
    request.transports = transports
    var options = Watcher.Options()
    options.sources = sources
    options.interval = interval
    return try begun(Watcher(root: .live(), request: request, options: options))
  }

  /// A watcher that has read all sockets once.
  private static func begun(_ watcher: Watcher) throws -> Watcher {
    while !watcher.hasBegun {
      wait(for: watcher)
      _ = try watcher.poll()
    }
    return watcher
  }

  /// Waits as a program does: until a descriptor of the watcher is readable, or it wants to be
  /// polled anyway.
  private static func wait(for watcher: Watcher, atMost milliseconds: Int = .max) {
    var waits = watcher.descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    poll(&waits, nfds_t(waits.count), Int32(clamping: min(milliseconds, watcher.millisecondsLeft)))
  }

  /// Polls until the events are enough, for half a minute at most.
  private static func events(
    of watcher: Watcher, until isEnough: ([SocketEvent]) -> Bool
  ) throws -> [SocketEvent] {
    var events: [SocketEvent] = []
    let end = Clock.monotonicMilliseconds() + 30_000
    while !isEnough(events), Clock.monotonicMilliseconds() < end {
      wait(for: watcher)
      events += try watcher.poll()
    }
    return events
  }

  private static func line(_ event: SocketEvent) -> String {
    "\(event.kind.rawValue) \(event.from?.name ?? "-") \(event.to?.name ?? "-")"
  }

  /// A listener on the test's own loopback address.
  private struct Listener: ~Copyable {
    let socket: Descriptor
    let address: SocketAddress
    var port: UInt16 { address.port ?? 0 }

    init(_ address: UInt32) throws {
      let socket = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
      try socket.bind(.ipv4(address, port: 0))
      try socket.listen(backlog: 8)
      self.address = try socket.localAddress()
      self.socket = socket
    }
  }

  /// Connects, by an interface or by any (0), sends four bytes, closes the client's end and then
  /// the server's.
  private static func connection(to target: borrowing Listener, boundTo interface: Int32 = 0) throws -> UInt16 {
    let client = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
    var index = interface
    // SO_BINDTOIFINDEX, since Linux 5.0.
    try #require(setsockopt(client.number, SOL_SOCKET, 62, &index, socklen_t(MemoryLayout<Int32>.size)) == 0)
    try client.connect(target.address)
    let port = try client.localAddress().port ?? 0
    let server = try target.socket.accept()
    try client.send([1, 2, 3, 4])
    do { _ = consume client }
    var buffer: [UInt8] = Array(repeating: 0, count: 16)
    while try server.read(into: &buffer) > 0 {}
    return port
  }

  @Test(
    "root sees every state of both ends, with owners and bytes",
    .enabled("needs root, for the tracepoint") { isRoot || isEverythingRequired })
  func everyState() throws {
    try inNewNetworkNamespace {
      Result {
        var all: [SocketEvent] = []
        var port: UInt16 = 0
        // The tracepoint covers the whole machine: other tests may make more sockets than it
        // can report.
        for _ in 0..<10 where all.isEmpty || all.contains(where: { $0.kind == .missed }) {
          try ProgramStarts.undisturbed {
            let watcher = try Self.watcher()
            #expect(watcher.sources.map(\.source) == [.tracepoint, .destroyNotice, .difference])
            #expect(watcher.sources.allSatisfy { $0.obstacle == nil }, "\(watcher.sources)")
            let target = try Listener(0x7F00_0501)
            port = try Self.connection(to: target)
            all = try Self.events(of: watcher) { events in
              events.contains { $0.from == .lastAck } && events.contains { $0.to == .timeWait }
            }.filter { $0.kind == .missed || $0.record.localPort == target.port || $0.record.remotePort == target.port }
          }
        }
        let clients = all.filter { $0.record.localPort == port }
        #expect(
          clients.map(Self.line) == [
            "opened - syn_sent", "changed syn_sent established", "changed established fin_wait1",
            "changed fin_wait1 fin_wait2", "changed fin_wait2 time_wait",
          ])
        let servers = all.filter { $0.record.remotePort == port }
        #expect(
          servers.map(Self.line) == [
            "opened - syn_recv", "changed syn_recv established", "changed established close_wait",
            "changed close_wait last_ack", "closed last_ack -",
          ])
        #expect(Set(clients.map(\.socketID)).count == 1)
        #expect(Set(servers.map(\.socketID)).count == 1)
        #expect(all.allSatisfy { $0.owners.allSatisfy { $0.pid == getpid() } }, "\(all.map(\.owners))")
        #expect(all.first?.owners.map(\.pid) == [getpid()])
        #expect(clients.allSatisfy { $0.owners.count == 1 })
        #expect(servers.last?.owners.count == 1)
        #expect(all.first.map(Self.line) == "opened - listen")
        #expect(all.first?.attribution == .listen)
        #expect(clients.allSatisfy { $0.attribution == .connect && $0.source == .tracepoint })
        #expect(servers.allSatisfy { [.listener, .close, nil].contains($0.attribution) })
        #expect(clients.last?.bytesSent == 4)
        #expect((servers.last?.bytesSent, servers.last?.bytesReceived) == (0, 4))
        let times = all.map(\.time.nanosecondsSince1970)
        #expect(times == times.sorted())
      }
    }.get()
  }

  @Test(
    "the event of a new listener has the interface it is bound to, before any scan",
    .enabled("needs root, for a network namespace of its own") { isRoot || isEverythingRequired })
  func boundListener() throws {
    try inNewNetworkNamespace {
      Result {
        let watcher = try Self.watcher(interval: 60_000)
        let server = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
        var index: Int32 = 1
        // SO_BINDTOIFINDEX, since Linux 5.0.
        #expect(setsockopt(server.number, SOL_SOCKET, 62, &index, socklen_t(MemoryLayout<Int32>.size)) == 0)
        try server.bind(.ipv4(0, port: 0))
        try server.listen(backlog: 1)
        let port = try server.localAddress().port
        let events = try Self.events(of: watcher) { $0.contains { $0.record.localPort == port && $0.to == .listen } }
        let event = try #require(events.first { $0.record.localPort == port && $0.to == .listen })
        #expect(event.record.known.contains(.interface) && event.record.interface == 1)
        #expect(watcher.snapshot.interfaceNames[1] == Array("lo".utf8))
      }
    }.get()
  }

  @Test(
    "a short connection that is bound to an interface goes into TIME_WAIT as any other",
    .enabled("needs root, for the tracepoint") { isRoot || isEverythingRequired })
  func boundConnection() throws {
    try inNewNetworkNamespace {
      Result {
        let target = try Listener(0x7F00_0506)
        let watcher = try Self.watcher(interval: 60_000)
        let port = try Self.connection(to: target, boundTo: 1)
        let events = try Self.events(of: watcher) { events in
          events.contains { $0.record.localPort == port && $0.from == .finWait2 }
        }
        let end = try #require(events.first { $0.record.localPort == port && $0.from == .finWait2 })
        #expect(end.kind == .changed && end.to == .timeWait && end.record.interface == 1)
      }
    }.get()
  }

  @Test(
    "what happens before the first scan is kept, with what that scan shows of it",
    .enabled("needs root, for the tracepoint") { isRoot || isEverythingRequired })
  func beginning() throws {
    try inNewNetworkNamespace {
      Result {
        let target = try Listener(0x7F00_0504)
        var request = InspectionRequest()
        request.transports = [.tcp]
        let watcher = try Watcher(root: .live(), request: request, options: .init())
        // Nothing was requested from it yet, so nothing has begun.
        let port = try Self.connection(to: target)
        #expect(!watcher.hasBegun)
        let all = try Self.events(of: watcher) { events in
          events.contains { $0.record.localPort == port && $0.to == .timeWait }
        }
        #expect(watcher.hasBegun)
        #expect(all.contains { $0.kind == .opened && $0.record.localPort == port && $0.to == .synSent })
        #expect(all.contains { $0.record.remotePort == port && $0.to == .established })
        let listener = watcher.sockets.values.first {
          $0.record.state == .listen && $0.record.localPort == target.port
        }
        #expect(listener?.wasThere == true)
      }
    }.get()
  }

  @Test(
    "the end is taken in full, and then nothing more is",
    .enabled("needs root, for a namespace of its own") { isRoot || isEverythingRequired })
  func ending() throws {
    try inNewNetworkNamespace {
      Result {
        let target = try Listener(0x7F00_0505)
        let watcher = try Self.watcher()
        let port = try Self.connection(to: target)
        var all: [SocketEvent] = []
        watcher.finish(within: 60_000, pausing: { Self.wait(for: watcher, atMost: $0) }) { events in
          all += events
          return true
        }
        #expect(all.contains { $0.record.localPort == port && $0.kind == .opened })
        #expect(
          all.contains { $0.record.remotePort == port && $0.from == .lastAck } || all.contains { $0.kind == .missed })
        let again = try Self.watcher()
        var pieces = 0
        again.finish(within: 500, pausing: { Self.wait(for: again, atMost: $0) }) { _ in
          pieces += 1
          return false
        }
        #expect(pieces == 1, "who wants no more is handed no more")
      }
    }.get()
  }

  @Test(
    "netlink sockets are watched but for those that it reads with",
    .enabled("needs root, for a namespace of its own") { isRoot || isEverythingRequired })
  func ownSockets() throws {
    try inNewNetworkNamespace {
      Result {
        let watcher = try Self.watcher([.difference], transports: [.netlink], interval: 20)
        // Three scans, each with its own sockets.
        var scans: Set<Timestamp?> = []
        let quiet = try Self.events(of: watcher) { _ in
          scans.insert(watcher.snapshot.meta.time)
          return scans.count > 3
        }
        #expect(scans.count > 3 && quiet.isEmpty)
        let other = try OtherScenario.netlink.hold()
        let events = try Self.events(of: watcher) { !$0.isEmpty }
        #expect(other.sockets.count == 1)
        #expect(events.map(\.kind) == [.opened] && events.map(\.record.transport) == [.netlink])
      }
    }.get()
  }

  @Test(
    "without the tracepoint every close is seen, and what was not seen before it is not made up",
    .enabled("needs root, for a namespace of its own") { isRoot || isEverythingRequired })
  func closesOnly() throws {
    try inNewNetworkNamespace {
      Result {
        let target = try Listener(0x7F00_0502)
        // So long that no scan comes in between.
        let (events, port) = try ProgramStarts.undisturbed { () -> ([SocketEvent], UInt16) in
          let watcher = try Self.watcher([.destroyNotice], interval: 60_000)
          #expect(watcher.sources.map(\.obstacle) == ["not asked for", nil, nil])
          let port = try Self.connection(to: target)
          return (try Self.events(of: watcher) { $0.count >= 2 }, port)
        }
        #expect(Set(events.map(Self.line)) == ["changed - time_wait", "closed - -"])
        #expect(events.allSatisfy { $0.source == .destroyNotice && $0.age == nil })
        let client = try #require(events.first { $0.record.localPort == port })
        #expect(client.bytesSent == 4)
        #expect(client.to == .timeWait)
        // The listener is this process's, and so is the connection that it took.
        let server = try #require(events.first { $0.record.remotePort == port })
        #expect(server.attribution == .listener)
        #expect(server.owners.map(\.pid) == [getpid()])
      }
    }.get()
  }

  @Test(
    "without any other source the differences between scans are reported",
    .enabled("needs root, for a namespace of its own") { isRoot || isEverythingRequired })
  func differences() throws {
    try inNewNetworkNamespace {
      Result {
        let watcher = try Self.watcher([], transports: [.tcp, .udp, .unix], interval: 50)
        let target = try Listener(0x7F00_0503)
        let datagrams = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_DGRAM.rawValue)))
        try datagrams.bind(.ipv4(0x7F00_0503, port: 5353))
        let opened = try ProgramStarts.undisturbed {
          try Self.events(of: watcher) { events in
            events.contains { $0.record.localPort == target.port } && events.contains { $0.record.localPort == 5353 }
          }
        }
        #expect(opened.allSatisfy { $0.source == .difference && $0.kind == .opened })
        #expect(
          opened.filter { $0.record.transport != .unix }
            .allSatisfy { $0.owners.map(\.pid) == [getpid()] && $0.attribution == .descriptor })
        do { _ = consume datagrams }
        let closed = try Self.events(of: watcher) { $0.contains { $0.record.localPort == 5353 } }
        #expect(closed.filter { $0.record.localPort == 5353 }.map(Self.line) == ["closed unconnected -"])
      }
    }.get()
  }

  @Test("a captured tree has no events, and says so")
  func capture() throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader + tcpRow("0100007F:04D2", inode: 7))
    let watcher = try Self.begun(Watcher(root: .open(tree.path), request: .init(), options: .init()))
    #expect(watcher.sources.map(\.source) == [.tracepoint, .destroyNotice, .difference])
    #expect(watcher.sources[0].obstacle?.contains(tree.path) == true)
    #expect(watcher.sources[2].obstacle == nil)
    #expect(watcher.sockets.count == 1)
    #expect(watcher.descriptors.isEmpty)
  }

  @Test(
    "a ring of a few pages is read around its end, and every record is whole",
    .enabled("needs root, for perf events") { isRoot || isEverythingRequired })
  func ring() throws {
    let ring = try PerfRing(.processes, processor: 0, bytes: 16384, watermark: 4096)
    #expect(ring.capacity == 16384)
    let before = try ChildProcess.startUnseen("/bin/true", arguments: [Array("true".utf8)])
    _ = try before.wait()
    var early: [UInt8] = []
    #expect(ring.drain(into: &early) == 0, "nothing is written before it is enabled")
    try ring.enable()
    var bytes: [UInt8] = []
    var began = 0
    var records = 0
    let end = Clock.monotonicMilliseconds() + 60_000
    // Some 500 bytes per process: several times around.
    while records < 600, Clock.monotonicMilliseconds() < end {
      let child = try ChildProcess.startUnseen("/bin/true", arguments: [Array("true".utf8)])
      _ = try child.wait()
      bytes.removeAll()
      _ = ring.drain(into: &bytes)
      var walk = PerfRecords()
      while let record = try walk.next(in: bytes.span) {
        records += 1
        if case .began = record.content { began += 1 }
      }
    }
    #expect(records >= 600)
    #expect(began > 0)
  }
}

/// Whether everything that tests need must be there.
let isEverythingRequired: Bool = {
  getenv("CI").map { String(cString: $0) } == "true" || getenv("SOCKINSPECT_REQUIRE_ALL") != nil
}()
