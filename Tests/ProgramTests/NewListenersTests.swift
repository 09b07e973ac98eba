import SocketModel
import TestSupport
import Testing

@testable import sockinspect

@Suite("Which listeners are new", .timeLimited)
struct NewListenersTests {
  private static let own: NetworkNamespaceID = 4_026_531_840
  private static let container: NetworkNamespaceID = 4_026_532_500

  /// A socket as a scan, a capture or an event has it.
  private struct Sample {
    var id: UInt64
    var record: SocketRecord
    var programs: [String]
    var name: String?
    var scope = NamespaceScope.watched

    init(
      _ id: UInt64, _ port: UInt16, _ programs: String..., transport: Transport = .tcp, state: SocketState = .listen,
      address: UInt128 = 0, family: AddressFamily = .ipv4, name: String? = nil, netns: NetworkNamespaceID? = own
    ) {
      self.id = id
      record = SocketRecord(transport: transport, family: family, state: state)
      record.localPort = port
      record.localBits = address
      record.networkNamespace = netns
      self.programs = programs
      self.name = name
    }

    private var owners: [EventOwner] {
      programs.enumerated().map { EventOwner(pid: Int32(id) * 10 + Int32($0), name: Array($1.utf8)) }
    }

    func tracked(wasThere: Bool) -> TrackedSocket {
      var socket = TrackedSocket(id: id, record: record, at: Timestamp(seconds: 1, nanoseconds: 0), wasThere: wasThere)
      socket.owners = owners
      socket.name = name.map { UnixName(bytes: Array($0.utf8)) }
      socket.scope = scope
      return socket
    }

    func event(_ kind: SocketEvent.Kind = .opened) -> SocketEvent {
      var event = SocketEvent(kind, at: Timestamp(seconds: 5, nanoseconds: 0), source: .tracepoint, record: record)
      event.socketID = id
      event.to = record.state
      event.owners = owners
      event.name = name.map { UnixName(bytes: Array($0.utf8)) }
      event.scope = scope
      return event
    }
  }

  private static func scan(_ second: Int64 = 1, named: [NetworkNamespaceID: String] = [:]) -> Snapshot {
    var meta = SnapshotMeta(source: "test")
    meta.netns = own
    meta.time = Timestamp(seconds: second, nanoseconds: 0)
    var scan = Snapshot(meta: meta)
    scan.namespaces = named.map { ListedNamespace(id: $0.key, name: Array($0.value.utf8)) }
    return scan
  }

  /// A capture that has these sockets, and read the tables of these transports.
  private static func capture(
    _ samples: [Sample], read: [Transport] = [.tcp, .udp, .unix], named: [NetworkNamespaceID: String] = [:]
  ) -> Snapshot {
    var snapshot = Snapshot(sockets: samples.map { $0.tracked(wasThere: true) }, of: scan(named: named))
    for transport in read { snapshot.lookedAt[transport] = [.ipv4, .ipv6] }
    return snapshot
  }

  private static func table(_ samples: [Sample], wasThere: Bool = false) -> [UInt64: TrackedSocket] {
    Dictionary(uniqueKeysWithValues: samples.map { ($0.id, $0.tracked(wasThere: wasThere)) })
  }

  private static func begun(with there: [Sample], all: Bool = false) -> NewListeners {
    var listeners = NewListeners(since: nil, coversAllNamespaces: all)
    listeners.begin(table(there, wasThere: true), scan())
    return listeners
  }

  /// The numbers of the sockets that events report as new.
  private static func news(
    _ listeners: inout NewListeners, _ events: [SocketEvent], _ tracked: [Sample] = [], isNewScan: Bool = false,
    second: Int64 = 2
  ) -> [UInt64] {
    let news = listeners.news(in: events, table(tracked), scan(second), isNewScan: isNewScan)
    for event in news { #expect(event.kind == .opened || event.kind == .missed) }
    return news.map(\.socketID)
  }

  @Test("a server at a port that nobody had is new, once")
  func appeared() {
    var listeners = Self.begun(with: [Sample(1, 80, "nginx")])
    let server = Sample(2, 81, "python3")
    #expect(Self.news(&listeners, [server.event()]) == [2])
    #expect(Self.news(&listeners, [server.event(.changed)]).isEmpty)
    #expect(Self.news(&listeners, [], [server], isNewScan: true).isEmpty)
    #expect(Self.news(&listeners, [Sample(3, 81, "python3").event()]).isEmpty, "its restart")
  }

  @Test("a restart of the same program is no news, whoever shares the socket")
  func restart() {
    var listeners = Self.begun(with: [Sample(1, 80, "systemd", "nginx")])
    #expect(Self.news(&listeners, [Sample(2, 80, "nginx").event()]).isEmpty)
    #expect(Self.news(&listeners, [Sample(3, 80, "systemd").event()]).isEmpty)
  }

  @Test("another program at the same port is news, and each of both is known from then on")
  func other() {
    var listeners = Self.begun(with: [Sample(1, 80, "nginx")])
    #expect(Self.news(&listeners, [Sample(2, 80, "python3").event()]) == [2])
    #expect(Self.news(&listeners, [Sample(3, 80, "nginx").event()]).isEmpty)
    #expect(Self.news(&listeners, [Sample(4, 80, "python3").event()]).isEmpty)
    #expect(Self.news(&listeners, [Sample(5, 80, "perl").event()]) == [5])
  }

  @Test("an unknown owner is not another, on either side; who it was counts once that is known")
  func unknown() {
    var listeners = Self.begun(with: [Sample(1, 80), Sample(2, 90, "nginx")])
    #expect(listeners.unownedCount == 1 && listeners.baselineCount == 2)
    #expect(Self.news(&listeners, [Sample(3, 80, "python3").event()]).isEmpty)
    #expect(Self.news(&listeners, [Sample(4, 90).event()]).isEmpty)
    // A later scan shows whose the socket is.
    #expect(Self.news(&listeners, [], [Sample(4, 90, "python3")], isNewScan: true) == [4])
    #expect(Self.news(&listeners, [], [Sample(4, 90, "python3")], isNewScan: true, second: 3).isEmpty)
    #expect(Self.news(&listeners, [Sample(5, 80, "perl").event()]) == [5], "python3 had it meanwhile")
  }

  @Test("a program that gives itself another name is not another")
  func renamed() {
    var listeners = Self.begun(with: [Sample(1, 80, "python3")])
    #expect(Self.news(&listeners, [], [Sample(1, 80, "gunicorn: maste")], isNewScan: true).isEmpty)
    #expect(Self.news(&listeners, [Sample(2, 80, "gunicorn: maste").event()]).isEmpty)
  }

  @Test("a socket of which a scan shows another address than its event is reported once")
  func twice() {
    var listeners = Self.begun(with: [])
    #expect(Self.news(&listeners, [Sample(2, 80, "nginx").event()]) == [2])
    let seen = Sample(2, 80, "nginx", address: 0x7F00_0001)
    #expect(Self.news(&listeners, [], [seen], isNewScan: true).isEmpty)
    #expect(Self.news(&listeners, [Sample(3, 80, "nginx", address: 0x7F00_0001).event()]).isEmpty)
  }

  @Test("another address, family or transport is another place")
  func places() {
    var listeners = Self.begun(with: [Sample(1, 80, "nginx", address: 0x7F00_0001)])
    let others = [
      Sample(2, 80, "nginx"), Sample(3, 80, "nginx", address: 1, family: .ipv6),
      Sample(4, 80, "nginx", transport: .udp, state: .unconnected, address: 0x7F00_0001),
    ]
    #expect(Self.news(&listeners, others.map { $0.event() }) == [2, 3, 4])
  }

  @Test("what does not listen is nothing new: connections, ends, sockets without an address")
  func others() {
    var listeners = Self.begun(with: [])
    let events = [
      Sample(2, 80, "curl", state: .established).event(), Sample(3, 80, "nginx").event(.closed),
      Sample(4, 0, "dig", transport: .udp, state: .unconnected).event(),
      Sample(5, 53, "dig", transport: .udp, state: .established).event(),
      Sample(6, 0, "logger", transport: .unix, state: .unconnected, family: .unix).event(),
      Sample(7, 80, "nginx", state: .boundInactive).event(),
    ]
    #expect(Self.news(&listeners, events).isEmpty)
    #expect(Self.news(&listeners, [Sample(7, 80, "nginx").event(.changed)]) == [7], "it calls listen(2)")
  }

  @Test("unix listeners are known by their names, not by the kernel's addresses")
  func unixNames() {
    func server(_ id: UInt64, _ name: String) -> Sample {
      Sample(
        id, 0, "dbus", transport: .unix, state: .listen, address: UInt128(id) << 40, family: .unix, name: name)
    }
    var listeners = Self.begun(with: [server(1, "/run/a")])
    #expect(Self.news(&listeners, [server(2, "/run/a").event(), server(3, "/run/b").event()]) == [3])
  }

  @Test("what was missed is reported, and what came before the first scan when that has been made")
  func early() {
    var listeners = NewListeners(since: nil, coversAllNamespaces: false)
    let server = Sample(2, 81, "python3")
    let missed = Sample(0, 0).event(.missed)
    #expect(listeners.news(in: [server.event(), missed], [:], nil, isNewScan: true).isEmpty)
    listeners.begin(Self.table([Sample(1, 80, "nginx")], wasThere: true), Self.scan())
    #expect(Self.news(&listeners, [], [server], isNewScan: true) == [2, 0])
  }

  @Test("compared with a capture, what listens already and is not in it is new at the first scan")
  func capture() {
    let capture = Self.capture([Sample(1, 80, "nginx"), Sample(2, 90, "old"), Sample(3, 100)])
    var listeners = NewListeners(since: capture, coversAllNamespaces: false)
    #expect(listeners.baselineCount == 3 && listeners.unownedCount == 1)
    let now = [Sample(11, 80, "nginx"), Sample(12, 90, "new"), Sample(13, 100, "any"), Sample(14, 110, "more")]
    listeners.begin(Self.table(now, wasThere: true), Self.scan())
    #expect(Self.news(&listeners, [], now, isNewScan: true) == [12, 14])
    #expect(Self.news(&listeners, [], now, isNewScan: true, second: 3).isEmpty)
  }

  @Test("transports of which a capture has no table are compared with the first scan")
  func uncovered() {
    var listeners = NewListeners(
      since: Self.capture([Sample(1, 80, "nginx")], read: [.tcp]), coversAllNamespaces: false)
    #expect(listeners.uncovered(among: [.tcp, .udp, .unix]) == [.udp, .unix])
    let now = [Sample(11, 53, "dns", transport: .udp, state: .unconnected), Sample(12, 81, "python3")]
    listeners.begin(Self.table(now, wasThere: true), Self.scan())
    #expect(Self.news(&listeners, [], now, isNewScan: true) == [12])
    #expect(Self.news(&listeners, [Sample(13, 54, "dns", transport: .udp, state: .unconnected).event()]) == [13])
  }

  @Test("the port of a container is another one only where all network namespaces are watched")
  func namespaces() {
    let inside = Sample(2, 80, "nginx", netns: Self.container)
    var own = Self.begun(with: [Sample(1, 80, "nginx")])
    #expect(Self.news(&own, [], [inside], isNewScan: true).isEmpty)
    var all = Self.begun(with: [Sample(1, 80, "nginx")], all: true)
    #expect(Self.news(&all, [], [inside], isNewScan: true) == [2])
    // By its name it is the same although its number is another each time.
    let capture = Self.capture([inside], named: [Self.container: "web"])
    var named = NewListeners(since: capture, coversAllNamespaces: true)
    let later = Sample(3, 80, "nginx", netns: 4_026_532_900)
    let news = named.news(in: [later.event()], [:], Self.scan(named: [4_026_532_900: "web"]), isNewScan: false)
    #expect(news.isEmpty)
    // Where it is, is not known yet.
    var unplaced = Sample(4, 99, "nginx", netns: nil)
    unplaced.scope = .other
    #expect(Self.news(&all, [unplaced.event()]).isEmpty)
  }
}
