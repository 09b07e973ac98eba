import TestSupport
import Testing

@testable import LiveView
@testable import Rendering
@testable import SocketModel

@Suite("Details, questions and files of the live view", .timeLimited)
struct LivePanelTests {
  private static func one(
    _ columns: Int = 100, _ rows: Int = 200, owner: EventOwner? = LiveScene.owner("server", 44), mayClose: Bool = true
  ) -> LiveScene {
    var scene = LiveScene(columns, rows, mayClose: mayClose)
    scene.add(.established, 1234, 40000, owner: owner)
    scene.read()
    scene.press("j")
    return scene
  }

  private static func snapshot(_ scene: LiveScene, received: UInt64) -> Snapshot {
    guard var socket = scene.sockets[1] else { return Snapshot(meta: SnapshotMeta(source: "test")) }
    var metrics = TCPMetrics()
    metrics[.bytesReceived] = received
    metrics[.rtt] = 250
    var detail = SocketDetail()
    detail.tcp = metrics
    socket.detail = detail
    return Snapshot(sockets: [socket])
  }

  @Test("details show known fields, name the unknown ones, and have rates from two scans")
  func details() {
    var scene = Self.one()
    #expect(scene.press("\r") == scene.opening(1))
    _ = scene.model.update(.detail(socket: 1, Self.snapshot(scene, received: 1000), at: LiveScene.moment(0)))
    var text = scene.screen().joined(separator: "\n")
    #expect(text.contains("tcp 127.0.0.1:1234 > 127.0.0.1:40000"))
    #expect(text.contains(#/  recv_queue +0 bytes/#))
    #expect(text.contains(#/  bytes_received +1000 bytes +bytes received/#))
    #expect(text.contains(#/  rtt_us +250 us/#))
    #expect(!text.contains(#/bytes_received +1000 bytes  [0-9]/#))
    // A value that another field also shows appears once.
    let reported: Set<Field> = [
      .localAddress, .localPort, .peerAddress, .peerPort, .pid, .process, .descriptor, .peerPID, .peerProcess,
    ]
    for field in Field.all where !reported.contains(field) {
      #expect(text.contains(field.description.name), "\(field.description.name)")
    }
    let words = Set(text.split { !$0.isLetter && !$0.isNumber && $0 != "_" })
    for field in [Field.localAddress, .localPort, .peerAddress, .peerPort] {
      #expect(!words.contains(field.description.name[...]), "\(field.description.name)")
    }
    // Each update asks for the next look.
    #expect(scene.read(at: 2) == [.look(socket: 1)])
    _ = scene.model.update(.detail(socket: 1, Self.snapshot(scene, received: 4000), at: LiveScene.moment(2)))
    text = scene.screen().joined(separator: "\n")
    #expect(text.contains(#/  bytes_received +4000 bytes  1,500 bytes/s/#))
    #expect(!text.contains(#/rtt_us +250 us .*us/s/#))
    // A third one counts from the second.
    _ = scene.model.update(.detail(socket: 1, Self.snapshot(scene, received: 4007), at: LiveScene.moment(4)))
    #expect(scene.screen().joined().contains("4007 bytes  3.5 bytes/s"))
    // An answer about another socket does not count.
    _ = scene.model.update(.detail(socket: 9, Self.snapshot(scene, received: 1), at: LiveScene.moment(5)))
    #expect(scene.screen().joined().contains("4007 bytes"))
  }

  @Test("an owner that is not known is not denied: what could not be read is named")
  func unknownOwner() {
    var scene = Self.one(owner: nil)
    scene.press("\r")
    #expect(scene.screen().contains { $0.contains("no process is known to have it") })
    scene.model.problems = [
      Problem(
        subject: .descriptors, cause: .forbidden(.processes(count: 3, of: 90, hidesOthers: false)),
        remedy: .runAsRoot(.owners))
    ]
    #expect(scene.screen().contains { $0.contains("not known: the descriptors of 3 of 90 processes may not be read") })
  }

  @Test("details show how long each state lasted and what the present one means", arguments: [60, 100, 160])
  func history(columns: Int) {
    var scene = Self.one(columns)
    scene.press("\r")
    scene.read([scene.event(.changed, 1, to: .closeWait, at: LiveScene.moment(90))], at: 95)
    var text = scene.screen().joined(separator: "\n")
    #expect(text.contains(#/10:00:00.000  established +at least 1m30s/#))
    #expect(text.contains(#/10:01:30.000  close_wait +for 5\.000s/#))
    #expect(text.contains("CLOSE_WAIT: what there is to say of it"))
    scene.read([scene.event(.closed, 1, at: LiveScene.moment(96))], at: 97)
    text = scene.screen().joined(separator: "\n")
    #expect(text.contains(#/close_wait +6\.000s/#))
    #expect(text.contains("10:01:36.000  gone"))
    // The panel outlives what the tracker remembers.
    scene.sockets[1] = nil
    scene.read(at: 200)
    text = scene.screen().joined(separator: "\n")
    #expect(text.contains("tcp 127.0.0.1:1234 > 127.0.0.1:40000  gone since 10:01:36"))
    #expect(text.contains(#/close_wait +6\.000s/#))
    #expect(text.contains("CLOSE_WAIT: what there is to say of it"))
    scene.press("\u{1B}")
    #expect(scene.screen().contains { $0.contains("no sockets") })
  }

  @Test("the last figures of a connection stay when it has none any more, and are marked as old")
  func lastFigures() throws {
    var scene = Self.one()
    scene.press("\r")
    _ = scene.model.update(.detail(socket: 1, Self.snapshot(scene, received: 1000), at: LiveScene.moment(3)))
    _ = scene.model.update(.detail(socket: 1, Self.snapshot(scene, received: 3000), at: LiveScene.moment(4)))
    scene.read([scene.event(.changed, 1, to: .timeWait, at: LiveScene.moment(5))], at: 5)
    let socket = try #require(scene.sockets[1])
    for seconds in [5.0, 6] {
      _ = scene.model.update(.detail(socket: 1, Snapshot(sockets: [socket]), at: LiveScene.moment(seconds)))
      let text = scene.screen().joined(separator: "\n")
      #expect(text.contains("127.0.0.1:40000  figures of 10:00:04"))
      #expect(text.contains(#/  bytes_received +3000 bytes +bytes received/#))
      #expect(text.contains(#/  state +time_wait/#))
    }
  }

  @Test("on a wide terminal the states and their meaning stay beside the fields that are scrolled")
  func halves() {
    var scene = Self.one(160, 24)
    scene.press("\r")
    let first = scene.screen()
    scene.press("\u{1B}[F")
    let last = scene.screen()
    #expect(first[3].hasSuffix("What it is") && !last[3].hasSuffix("What it is"))
    for lines in [first, last] {
      #expect(lines[3].hasPrefix("Owner "))
      #expect(lines.contains { $0.hasPrefix("  ESTABLISHED: what there is to say of it") })
    }
  }

  @Test("a panel that is longer than the terminal is scrolled, not beyond its ends")
  func scrolls() {
    var scene = Self.one(80, 24)
    scene.press("\r")
    let first = scene.screen()
    scene.press("k")
    #expect(scene.screen() == first)
    scene.press("\u{1B}[F")
    let last = scene.screen()
    #expect(last != first)
    scene.press("j\u{1B}[6~")
    #expect(scene.screen() == last)
    scene.press("\u{1B}[H")
    #expect(scene.screen() == first)
  }

  // MARK: Closing and signals

  @Test("K asks what to do, then whether to do it; the target is named both times, and nothing happens without y")
  func asks() {
    var scene = Self.one(100, 24)
    #expect(scene.press("K") == [.identify(socket: 1, pids: [44])])
    _ = scene.model.update(.identified(socket: 1, starts: [44: 77]))
    let question = scene.screen().joined(separator: "\n")
    #expect(question.contains("What to do about tcp 127.0.0.1:1234 > 127.0.0.1:40000?"))
    #expect(question.contains("> close tcp 127.0.0.1:1234 > 127.0.0.1:40000: both ends are notified (SOCK_DESTROY)"))
    #expect(question.contains("  send SIGTERM to server[44]"))
    #expect(question.contains("  send SIGKILL to server[44]"))
    #expect(scene.press("j\r").isEmpty)
    #expect(scene.screen().joined().contains("send SIGTERM to server[44]"))
    #expect(scene.press("y") == [.signal(number: 15, pid: 44, startTime: 77, name: Array("server".utf8))])
    #expect(!scene.screen().joined().contains("SIGTERM"))
  }

  @Test(
    "details have all of a long IPv6 address and its port, in one and in two columns", arguments: [60, 80, 120, 200])
  func longEnds(columns: Int) throws {
    var scene = LiveScene(columns, 60)
    scene.add(.established, 61_234, 40_001, owner: LiveScene.owner("server", 44))
    let long = try #require(IPAddress("2001:db8:1234:5678:9abc:def0:1234:5678"))
    scene.sockets[1]?.record.family = .ipv6
    scene.sockets[1]?.record.localBits = long.bits
    scene.sockets[1]?.record.remoteBits = long.bits
    scene.read()
    scene.press("j\r")
    let screen = scene.screen()
    for (name, port) in [("local", ":61234"), ("peer", ":40001")] {
      let line = try #require(screen.firstIndex { $0.hasPrefix("  \(name)  ") })
      let text = screen[line...].prefix(2).map { $0.prefix(columns < 120 ? columns : columns / 2) }
      #expect(text.joined().replacing(" ", with: "").hasPrefix("\(name)[\(long)]\(port)"), "\(text)")
    }
  }

  @Test("the question about a long IPv6 connection has both ports, at every width", arguments: [40, 60, 80, 120, 200])
  func asksAboutLongAddresses(columns: Int) throws {
    var scene = Self.one(columns, 24)
    let long = try #require(IPAddress("2001:db8:1234:5678:9abc:def0:1234:5678"))
    scene.sockets[1]?.record.family = .ipv6
    scene.sockets[1]?.record.localBits = long.bits
    scene.sockets[1]?.record.remoteBits = long.bits
    scene.read(at: 1)
    scene.press("K")
    _ = scene.model.update(.identified(socket: 1, starts: [44: 77]))
    let asked = scene.screen()
    #expect(asked.contains { $0.hasPrefix("What to do about tcp ") && $0.contains(#/:1234 > .*:40000\?/#) }, "\(asked)")
    let choice = try #require(asked.first { $0.hasPrefix("> close tcp ") }, "\(asked)")
    #expect(choice.contains(#/:1234 > .*:40000/#) && !choice.hasSuffix("…"), "\(choice)")
    #expect(choice.contains(": both ends are notified") == (columns >= 80), "\(choice)")
    #expect(choice.contains("[\(long)]:1234 > [\(long)]:40000") == (columns == 200))
    scene.press("\r")
    #expect(scene.screen().contains { $0.contains(#/close tcp .*:1234 > .*:40000/#) }, "\(scene.screen())")
  }

  @Test(
    "every other answer does nothing",
    arguments: ["n", "\r", "Y", " ", "\u{1B}", "\u{1B}[B", "\u{1B}[200~y\u{1B}[201~"])
  func refuses(answer: String) {
    var scene = Self.one(100, 24)
    scene.press("K")
    _ = scene.model.update(.identified(socket: 1, starts: [44: 77]))
    scene.press("\r")
    #expect(scene.press(answer).isEmpty)
    #expect(scene.rule().contains("nothing was done"))
    // In the table it copies.
    #expect(scene.press("y").allSatisfy { if case .copy = $0 { true } else { false } })
  }

  @Test("closing takes the socket in the dialog, whatever has happened meanwhile")
  func closes() throws {
    var scene = Self.one(100, 24)
    let record = try #require(scene.sockets[1]?.record)
    scene.press("K")
    _ = scene.model.update(.identified(socket: 1, starts: [:]))
    #expect(!scene.screen().joined().contains("SIGTERM"))
    scene.sockets[1] = nil
    scene.add(.established, 1, 2)
    scene.read(at: 1)
    scene.press("\r")
    #expect(scene.press("y") == [.close(record)])
  }

  @Test("an owner that has ended, or whose id now belongs to another process, is not offered")
  func staleOwner() {
    var scene = Self.one(100, 24)
    scene.press("K")
    _ = scene.model.update(.identified(socket: 1, starts: [44: 78]))
    #expect(!scene.screen().joined().contains("server[44]\n") && !scene.screen().joined().contains("SIGTERM"))
  }

  @Test("an owner with an unknown start time is not offered: its id may belong to another process")
  func unknownStart() throws {
    var scene = Self.one(100, 24, owner: LiveScene.owner("server", 44, started: nil))
    scene.press("K")
    _ = scene.model.update(.identified(socket: 1, starts: [44: 5]))
    #expect(scene.screen().joined().contains("SOCK_DESTROY") && !scene.screen().joined().contains("SIG"))
    #expect(scene.press("jj\r").isEmpty)
    let record = try #require(scene.sockets[1]?.record)
    let effects = scene.press("y")
    #expect(effects == [.close(record)])
  }

  @Test("a user who may not close a socket is not asked whether to, but is shown why not")
  func mayNotClose() {
    var scene = Self.one(140, 24, owner: LiveScene.owner("server", 44, started: nil), mayClose: false)
    scene.press("K")
    _ = scene.model.update(.identified(socket: 1, starts: [44: 5]))
    #expect(!scene.screen().joined().contains("SOCK_DESTROY"))
    #expect(scene.rule().contains("when server[44] started is not known"))
    var other = Self.one(140, 24, mayClose: false)
    other.press("K")
    _ = other.model.update(.identified(socket: 1, starts: [44: 77]))
    #expect(!other.screen().joined().contains("SOCK_DESTROY"))
    #expect(other.screen().joined().contains("send SIGTERM to server[44]"))
  }

  @Test("there is no dialog for a socket that has ended, or without a socket")
  func noTarget() {
    var scene = Self.one(100, 24)
    scene.press("\u{1B}")
    #expect(scene.press("K").isEmpty)
    #expect(scene.rule().contains("select a socket first"))
    scene.press("j")
    scene.read([scene.event(.closed, 1, at: LiveScene.moment(1))], at: 1)
    #expect(scene.press("K").isEmpty)
    #expect(scene.rule().contains("gone already"))
    #expect(scene.screen().last?.contains("K close") == false)
  }

  // MARK: Files

  @Test("w asks for a name and writes what is shown, in the format that the name asks for")
  func writes() throws {
    var scene = Self.one(100, 24)
    scene.add(.listen, 80)
    scene.read(at: 10)
    scene.press("w")
    #expect(scene.screen().last?.hasPrefix("write to: sockets-100010.txt") == true)
    func written(_ name: String) throws -> String {
      scene.press("w\u{15}\(name)")
      guard case .write(let path, let bytes, let replacing)? = scene.press("\r").first else { return "" }
      #expect(path == name && !replacing)
      return String(decoding: bytes, as: UTF8.self)
    }
    scene.press("\u{1B}")
    let table = try written("a b.txt")
    #expect(
      table == """
          PROTO  STATE        RECV-Q  SEND-Q  LOCAL           PEER             OWNERS
          tcp    listen            0       0  127.0.0.1:80    -                -
          tcp    established       0       0  127.0.0.1:1234  127.0.0.1:40000  server[44] fd 3

        """)
    #expect(try written("x.CSV").hasPrefix("transport,state,"))
    #expect(try written("x.ndjson").split(separator: "\n").count == 2)
    #expect(try written("x.json").hasPrefix("{\"meta\":"))
    #expect(scene.press("w\u{15}\r").isEmpty)
    #expect(scene.press("\u{1B}").isEmpty)
  }

  @Test("an existing file is overwritten only after confirmation")
  func overwrites() {
    var scene = Self.one(100, 24)
    _ = scene.model.update(.fileExists("a\u{1B}[2J.txt"))
    #expect(scene.screen().last == "a\\e[2J.txt exists: overwrite it? y/N")
    #expect(scene.press("\r").isEmpty)
    #expect(scene.rule().contains("nothing was written"))
    _ = scene.model.update(.fileExists("a.txt"))
    guard case .write("a.txt", _, true)? = scene.press("y").first else {
      Issue.record("nothing was written")
      return
    }
  }
}
