import Glibc
import LinuxSystem
import Query
import SocketModel
import Synchronization
import TestSupport
import Testing

/// How `sockinspect watch` begins and ends while much else happens on the machine.
@Suite("Watching from the first moment to the last", .timeLimited, .needsRoot, .serialized)
struct WatchBeginningTests {
  /// Makes and resets connections over loopback until `stop()`, in the network namespace of the
  /// thread that starts it.
  private final class Connections: Sendable {
    let port: UInt16
    private let end: EndSignal
    private let count = Atomic<Int>(0)

    /// - Parameter pause: the milliseconds between two connections.
    init(to port: UInt16, pause: Int) throws {
      self.port = port
      end = try EndSignal()
      let socket = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
      try socket.bind(.ipv4(0x7F00_0001, port: port))
      try socket.listen(backlog: 64)
      let listener = Running.HeldEnd(socket)
      _ = BackgroundWork { [self] in
        while !end.wait(atMost: pause), (try? connect(listener)) != nil {
          count.wrappingAdd(1, ordering: .relaxed)
        }
      }
    }

    private func connect(_ listener: Running.HeldEnd) throws {
      let client = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
      try client.connect(.ipv4(0x7F00_0001, port: port))
      let server = try listener.descriptor.accept()
      // Closed with a reset, so that nothing is left in TIME_WAIT.
      try server.resetOnClose()
    }

    /// How many connections there were.
    var made: Int { count.load(ordering: .relaxed) }

    func stop() { end.give() }
  }

  /// Processes that read until their input ends, each in a separate network namespace.
  private static func readers(_ count: Int) throws -> [Running] {
    try (0..<count).map { _ in
      try Running(peer("unshare"), ["-n", "cat"].map { Array($0.utf8) }, wantsInput: true)
    }
  }

  @Test("What happens while it begins is reported, whatever other namespaces there are", .needs("unshare"))
  func beginning() throws {
    try isolated {
      let readers = try Self.readers(60)
      defer { for reader in readers { reader.child.signal(SIGKILL) } }
      let connections = try Connections(to: OwnPorts.next(), pause: 1)
      defer { connections.stop() }
      // `--for` is over at once: all reported events arrived while the watch began.
      let finished = Program.run("watch", "-t", "--port", "\(connections.port)", "--for", "0.01")
      #expect(finished.exitStatus == 0, "\(finished.errorText)")
      #expect(finished.text.contains(" new -> syn_sent "), "\(finished.text.prefix(2000))")
      #expect(!finished.errorText.contains("no event in "))
    }
  }

  @Test(
    "A connection in another namespace that was there before is not taken by a listener of one's own", .needs("unshare")
  )
  func listenersElsewhere() throws {
    let port = try OwnPorts.next()
    try isolated {
      // The same port is used by this process here, and by another one there.
      let own = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
      try own.bind(.ipv4(0x7F00_0001, port: port))
      try own.listen(backlog: 1)
      let connections = try isolated { try Connections(to: port, pause: 1) }
      defer { connections.stop() }
      let finished = Program.run("watch", "-t", "--ndjson", "--port", "\(port)", "--for", "0.3")
      let events = try finished.text.split(separator: "\n").map { try WatchedEvent.read($0) }
      let wrong = events.filter { event in
        event.attribution == "listener" && event.socket?.local?.port == port && event.socket?.netns == nil
      }
      #expect(wrong.isEmpty)
      #expect(own.number >= 0)
    }
  }

  @Test("It begins and ends under more events than it can report, and counts the rest", arguments: [SIGINT, SIGTERM])
  func flood(number: Int32) throws {
    try TracedMachine.flooded {
      try isolated {
        let port = try OwnPorts.next()
        let floods = try [Connections(to: port, pause: 0), Connections(to: port + 1, pause: 0)]
        defer { for flood in floods { flood.stop() } }
        let watch = try WatchingProgram("-t", "--events")
        // Its output is not read until it has been asked to end.
        let before = floods.map(\.made)
        _ = try eventually {
          floods.map(\.made)
        } until: {
          zip($0, before).allSatisfy { $0 > $1 + 500 }
        }
        let finished = watch.end(by: number)
        #expect(finished.exitStatus == 0 && finished.signal == nil)
        #expect(finished.errorText.contains(" events in "), "\(finished.errorText)")
      }
    }
  }

  @Test(
    "In a time namespace events have the time of day at which they happened", .needs("unshare"),
    .enabled("needs time namespaces, Linux 5.6") { access("/proc/self/timens_offsets", F_OK) == 0 },
    arguments: [5000, -30])
  func timeNamespace(offset: Int) throws {
    try isolatedUntilWhole {
      let port = try OwnPorts.next()
      let prefix = [try peer("unshare"), "--fork", "--time", "--monotonic=\(offset)"]
      let watch = try WatchingProgram(
        "--events", "--timestamps", "epoch", "--port", "\(port)", "--count", "1", prefix: prefix)
      let start = Clock.now().seconds
      let listener = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
      try listener.bind(.ipv4(0x7F00_0001, port: port))
      try listener.listen(backlog: 1)
      let line = try #require(try watch.lines { _ in true }.last)
      let seconds = try #require(Int64(line.drop { $0 == " " }.prefix { $0.isNumber }))
      #expect(seconds >= start - 1 && seconds <= Clock.now().seconds + 1, "\(line)")
      #expect(watch.end(by: nil).exitStatus == 0)
    }
  }

  @Test("Where the address space is limited it watches with smaller rings", arguments: [100_000, 200_000])
  func limitedMemory(kilobytes: Int) throws {
    try isolated {
      let script = "ulimit -v \(kilobytes) && exec \"$0\" \"$@\""
      let connections = try Connections(to: OwnPorts.next(), pause: 1)
      defer { connections.stop() }
      let watch = ["watch", "-t", "--port", "\(connections.port)", "--count", "8"]
      let finished = Finished(running: "/bin/sh", ["-c", script, Program.path] + watch)
      #expect(finished.exitStatus == 0 && finished.signal == nil, "\(finished.errorText)")
      #expect(finished.text.contains(" new -> syn_sent "))
    }
  }
}
