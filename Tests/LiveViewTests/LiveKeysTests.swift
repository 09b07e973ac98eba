import TestSupport
import Testing

@testable import LiveView
@testable import SocketModel

@Suite("Keys of the live view", .timeLimited)
struct LiveKeysTests {
  /// Ten connections of the local ports 100, 110 ... 190.
  private static func ten(_ columns: Int = 100, _ rows: Int = 24) -> LiveScene {
    var scene = LiveScene(columns, rows)
    for index in 0..<10 {
      scene.add(
        .established, UInt16(100 + 10 * index), 7, owner: LiveScene.owner(index < 4 ? "a" : "b", index < 4 ? 1 : 2))
    }
    scene.read()
    return scene
  }

  private func ports(_ scene: inout LiveScene) -> [Int] {
    scene.rows().compactMap { row in row.firstMatch(of: #/127\.0\.0\.1:(\d+)/#).flatMap { Int($0.1) } }
  }

  private func selectedPort(_ scene: inout LiveScene) -> Int? {
    scene.rows().first { $0.hasPrefix(">") }?.firstMatch(of: #/127\.0\.0\.1:(\d+)/#).flatMap { Int($0.1) }
  }

  @Test("every key that the list names is one that the view knows, and the help shows them all")
  func list() {
    var scene = Self.ten(100, 60)
    scene.press("?")
    let help = scene.screen().joined(separator: "\n")
    for entry in LiveKeys.all {
      #expect(help.contains(entry.keys), "\(entry.keys)")
      #expect(!entry.meaning.hasSuffix(".") && entry.meaning.first?.isLowercase ?? false, "\(entry.keys)")
    }
    scene.press("\u{1B}")
    #expect(!scene.screen().contains { $0.hasPrefix("keys") })
  }

  @Test("the selection moves by lines, pages and to both ends, and stays within")
  func moves() {
    var scene = Self.ten(100, 11)
    #expect(selectedPort(&scene) == nil)
    scene.press("j")
    #expect(selectedPort(&scene) == 100)
    scene.press("j\u{1B}[B")
    #expect(selectedPort(&scene) == 120)
    scene.press("k\u{1B}[A\u{1B}[Ak")
    #expect(selectedPort(&scene) == 100)
    scene.press("\u{1B}[F")
    #expect(selectedPort(&scene) == 190)
    #expect(ports(&scene) == [130, 140, 150, 160, 170, 180, 190])
    scene.press("\u{1B}[5~")
    #expect(selectedPort(&scene) == 130)
    scene.press("\u{1B}[H\u{1B}[6~")
    #expect(selectedPort(&scene) == 160)
    scene.press("\u{1B}")
    #expect(selectedPort(&scene) == nil)
  }

  @Test(
    "the selection follows the socket when others come before it, and hands on to its neighbour when it is forgotten")
  func follows() {
    var scene = Self.ten()
    scene.press("jjj")
    #expect(selectedPort(&scene) == 120)
    scene.read(at: 60)
    for port in [UInt16(101), 102, 103] { scene.add(.established, port, 7, appeared: LiveScene.moment(61)) }
    scene.read([scene.event(.opened, 11, at: LiveScene.moment(61))], at: 61)
    #expect(ports(&scene).prefix(6) == [100, 101, 102, 103, 110, 120])
    #expect(selectedPort(&scene) == 120)
    scene.read([scene.event(.closed, 3, at: LiveScene.moment(62))], at: 62)
    #expect(selectedPort(&scene) == 120)
    scene.sockets[3] = nil
    scene.read(at: 70)
    #expect(selectedPort(&scene) == 130)
  }

  @Test("the selected socket keeps its line of the screen while rows above it come and go")
  func keepsItsLine() {
    var scene = Self.ten(100, 11)
    scene.press("\u{1B}[F")
    scene.read(at: 60)
    let line = scene.screen().firstIndex { $0.hasPrefix(">") }
    for port in [UInt16(101), 102, 103] { scene.add(.established, port, 7, appeared: LiveScene.moment(61)) }
    scene.read([scene.event(.opened, 11, at: LiveScene.moment(61))], at: 61)
    #expect(scene.screen().firstIndex { $0.hasPrefix(">") } == line)
    #expect(selectedPort(&scene) == 190)
  }

  @Test(
    "while the selection moves rows keep their places, and new ones come last; a few seconds later all are in order")
  func holds() {
    var scene = Self.ten()
    scene.press("j")
    scene.add(.established, 105, 7, appeared: LiveScene.moment(1))
    scene.read([scene.event(.opened, 11, at: LiveScene.moment(1))], at: 1)
    #expect(ports(&scene).last == 105)
    #expect(scene.rule().contains("order held"))
    scene.read(at: 3.5)
    #expect(Array(ports(&scene).prefix(3)) == [100, 105, 110])
    #expect(!scene.rule().contains("order held"))
  }

  @Test("a filter works while it is typed; a mistake is shown and leaves the old one; Escape takes it back")
  func filter() {
    var scene = Self.ten()
    scene.press("/150")
    #expect(ports(&scene) == [150])
    #expect(scene.terminal.showsCursor)
    #expect(scene.terminal.cursor == (23, 11))
    scene.press("=")
    #expect(ports(&scene) == [150])
    #expect(scene.screen().last?.contains("! unknown field \"150\"") == true)
    #expect(scene.press("\r").isEmpty)
    #expect(scene.screen().last?.hasPrefix("filter: 150=") == true)
    scene.press("\u{7F}\r")
    #expect(!scene.terminal.showsCursor || scene.screen().last?.hasPrefix("q quit") == true)
    #expect(scene.rule().contains("filter 150"))
    #expect(ports(&scene) == [150])
    // A letter of the filter is not a key of the view.
    scene.press("/q")
    #expect(scene.screen().last?.hasPrefix("filter: 150q") == true)
    scene.press("\u{1B}")
    #expect(ports(&scene) == [150])
    scene.press("/\u{15}\r")
    #expect(ports(&scene).count == 10)
  }

  @Test("a narrow terminal shows the mistake in the line above")
  func narrowMistake() {
    var scene = Self.ten(50, 24)
    scene.press("/bogus=1")
    #expect(scene.rule().contains("unknown field \"bogus\""))
  }

  @Test("events of sockets that the filter leaves out are neither shown nor counted")
  func filteredEvents() {
    var scene = Self.ten()
    scene.press("/150\r")
    scene.read(
      [
        scene.event(.changed, 6, to: .closeWait, at: LiveScene.moment(1)),
        scene.event(.changed, 1, to: .closeWait, at: LiveScene.moment(1)),
      ], at: 2)
    let lane = scene.screen().filter { $0.contains("→") }
    #expect(lane.count == 1 && lane[0].contains(":150 "))
    #expect(scene.screen()[1].hasSuffix(" 1/s"))
  }

  @Test("a socket that is first seen when it ends has also appeared, and counts as opened")
  func unseenOpenings() {
    var scene = Self.ten()
    var event = scene.event(.closed, 1, at: LiveScene.moment(1))
    event.from = nil
    scene.read([event, scene.event(.closed, 2, at: LiveScene.moment(1))], at: 2)
    #expect(scene.screen()[1].contains(#/opened .* 1/s +transitions .* 2/s/#), "\(scene.screen()[1])")
  }

  @Test("what happens in other network namespaces is one figure; N shows it in the lane, and takes it back")
  func elsewhereFigure() {
    var scene = Self.ten(160)
    func read(at second: Double) {
      var events: [SocketEvent] = []
      for netns in UInt32(2)...3 {
        let id = scene.add(.established, 105, UInt16(netns), appeared: LiveScene.moment(second))
        scene.sockets[id]?.scope = .other
        scene.sockets[id]?.record.netns = netns
        scene.sockets[id]?.record.known.insert(.netns)
        events.append(scene.event(.opened, id, at: LiveScene.moment(second)))
      }
      scene.read(events, at: second + 1)
    }
    read(at: 1)
    #expect(scene.screen().contains { $0.contains("+2/s in 2 other namespaces (N)") })
    #expect(scene.screen()[1].contains(" 0/s") && !scene.screen().contains { $0.contains("netns") })
    scene.press("/105\r")
    #expect(scene.screen().contains { $0.contains("other namespaces (O)") })
    scene.press("\u{1B}")
    scene.press("N")
    read(at: 3)
    #expect(!scene.screen().contains { $0.contains("other namespaces (N)") })
    #expect(scene.screen().contains { $0.contains("127.0.0.1:105") && $0.contains(" + ") })
    #expect(scene.screen()[1].contains(" 2/s"))
    scene.press("N")
    #expect(!scene.screen().contains { $0.contains("127.0.0.1:105") })
    scene.press("pp")
    read(at: 5)
    scene.press("p")
    read(at: 7)
    #expect(!scene.screen().contains { $0.contains("2 events since") })
  }

  @Test("with all network namespaces watched, sockets of others are rows until N hides them")
  func allNamespaces() {
    var scene = LiveScene(100, 20, coversAllNamespaces: true)
    for scope in [NamespaceScope.watched, .other] {
      let id = scene.add(.established, 105, 7)
      scene.sockets[id]?.scope = scope
    }
    scene.read()
    #expect(scene.rows().count == 2)
    scene.press("N")
    #expect(scene.rows().count == 1 && scene.rule().contains("only sockets and events of this network namespace"))
    // Where they cannot be watched, the view goes on with what it watched, and says why.
    var own = LiveScene(100, 20)
    own.model.settings.canCoverNamespaces = true
    own.add(.established, 105, 7)
    own.read()
    #expect(own.press("N") == [.cover(allNamespaces: true)])
    own.model.refuseCovering("there is no /proc")
    own.read()
    #expect(own.rows().count == 1 && own.rule().contains("there is no /proc") && !own.model.showsElsewhere)
    // With a filter N goes to the match before.
    scene.press("/105\rNO")
    #expect(scene.rows().count == 2)
  }

  @Test("sockets of other network namespaces are no rows; what happens to them stands in the lane when asked for")
  func elsewhere() {
    var scene = Self.ten(120)
    scene.press("N")
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.meta.netns = 1
    snapshot.meta.time = LiveScene.moment(1)
    let id = scene.add(.established, 105, 7, appeared: LiveScene.moment(1))
    scene.sockets[id]?.scope = .unknown
    scene.sockets[id]?.record.netns = 2
    scene.sockets[id]?.record.known.insert(.netns)
    func read(_ events: [SocketEvent]) {
      var data = LiveData(sockets: scene.sockets, events: events, at: LiveScene.moment(1))
      data.snapshot = snapshot
      _ = scene.model.update(.data(data))
    }
    read([scene.event(.opened, id, at: LiveScene.moment(1))])
    #expect(ports(&scene).contains(105))
    #expect(scene.screen().contains { $0.contains("established  netns 2") })
    // Its namespace was found out later, without an event.
    scene.sockets[id]?.scope = .other
    snapshot.meta.time = LiveScene.moment(2)
    read([])
    #expect(!ports(&scene).contains(105))
    #expect(!scene.model.needsArranging)
    // Later events about it leave the rows alone.
    read([scene.event(.closed, id, at: LiveScene.moment(3))])
    #expect(!scene.model.needsArranging)
    #expect(scene.screen().contains { $0.contains("established → gone") })
    scene.sockets[id] = nil
    snapshot.meta.time = LiveScene.moment(4)
    read([])
    #expect(!scene.model.needsArranging)
    scene.sockets[1] = nil
    snapshot.meta.time = LiveScene.moment(5)
    read([])
    #expect(!ports(&scene).contains(100))
  }

  @Test("families, listening and changed narrow the rows, and again widen them")
  func narrows() {
    var scene = LiveScene(100, 24, transports: [.tcp, .udp])
    scene.add(.listen, 1)
    scene.add(.established, 2, 7)
    scene.add(.unconnected, 3, nil, .udp)
    scene.add(.connected, 4, 7, .udp)
    scene.read()
    #expect(ports(&scene) == [1, 2, 3, 4])
    scene.press("t")
    #expect(ports(&scene) == [1, 2])
    scene.press("u")
    #expect(ports(&scene) == [1, 2, 3, 4])
    scene.press("t")
    #expect(ports(&scene) == [3, 4])
    scene.press("l")
    #expect(ports(&scene) == [3])
    scene.press("ul")
    #expect(ports(&scene) == [1, 2, 3, 4])
    scene.press("x")
    #expect(ports(&scene) == [1, 2, 3, 4])
    #expect(scene.rule().contains("unix sockets are not watched"))
    scene.press("a")
    #expect(ports(&scene) == [])
    #expect(scene.screen().contains("   no sockets to show; a shows those that did not change"))
    scene.read([scene.event(.changed, 2, to: .closeWait, at: LiveScene.moment(1))], at: 1)
    #expect(ports(&scene) == [2])
    scene.press("a")
    #expect(ports(&scene) == [2] && scene.rule().contains("only changed in the last minute"))
    scene.add(.established, 5, 7, appeared: LiveScene.moment(60))
    scene.read([scene.event(.opened, 5, at: LiveScene.moment(60))], at: 62)
    #expect(ports(&scene) == [5])
    scene.press("a")
    #expect(ports(&scene) == [1, 2, 3, 4, 5])
  }

  @Test("s steps through the columns and S reverses the order; the rule shows which it is")
  func sorts() {
    var scene = Self.ten()
    scene.press("S")
    #expect(ports(&scene).first == 190)
    #expect(scene.rule().contains("order turned round"))
    scene.press("Sss")
    #expect(scene.rule().contains("sort state ─"))
    #expect(scene.screen()[2].contains(" STATE▲ "))
    scene.read([scene.event(.changed, 10, to: .synSent, at: LiveScene.moment(1))], at: 1)
    scene.press("S")
    #expect(ports(&scene).first == 190)
    #expect(scene.screen()[2].contains(" STATE▼ "))
    // For numbers the largest comes first.
    scene.press("s")
    #expect(scene.rule().contains("sort recv_queue, descending"))
    #expect(scene.screen()[2].contains("RECV-Q▼"))
    scene.press("S")
    #expect(scene.rule().contains("sort recv_queue ─"))
    for _ in 0..<5 { scene.press("s") }
    #expect(!scene.rule().contains("sort") && !scene.rule().contains("order"))
  }

  @Test("a pause keeps what is shown and counts what happens; continuing asks for the current state")
  func pauses() {
    var scene = Self.ten()
    scene.press("p")
    scene.add(.established, 105, 7, appeared: LiveScene.moment(1))
    scene.model.releaseSockets()
    scene.read([scene.event(.opened, 11, at: LiveScene.moment(1))], at: 1)
    #expect(ports(&scene).count == 10)
    #expect(scene.rule().contains("paused, 1 events since"))
    #expect(scene.screen()[0].hasSuffix("paused 10:00:00"))
    #expect(scene.press("p") == [.refresh])
    scene.read(at: 2)
    #expect(ports(&scene).count == 11)
  }

  @Test("keys that do nothing now are not offered")
  func hints() {
    var scene = LiveScene(160, 24)
    scene.read()
    #expect(scene.screen().last == "q quit  ? help  / filter")
    scene.add(.established, 1, 2)
    scene.read([scene.event(.opened, 1, at: LiveScene.start)])
    #expect(scene.screen().last?.contains("Enter") == false)
    #expect(scene.screen().last?.contains("x unix") == false)
    scene.press("j")
    #expect(scene.screen().last?.contains("Enter details  K close, signal") == true)
    scene.press("\r")
    #expect(scene.screen().last == "Esc back  Up Down scroll  K close, signal  p pause  r raw  d names")
  }

  @Test("a series of captures is stepped through, played and stopped; nothing can be done to its sockets")
  func replay() {
    var scene = LiveScene(100, 24, isReplay: true)
    scene.add(.established, 1, 2, owner: LiveScene.owner("a", 1))
    var data = LiveData(sockets: scene.sockets, events: [], at: LiveScene.moment(100))
    data.place = LivePlace(index: 2, count: 60, isPlaying: false)
    data.isJump = true
    _ = scene.model.update(.data(data))
    #expect(scene.screen()[0].hasSuffix("stopped 3/60 10:01:40"))
    #expect(scene.press("[") == [.step(-1)])
    #expect(scene.press("]") == [.step(1)])
    #expect(scene.press("p") == [.play(true)])
    #expect(scene.press("jK").isEmpty)
    #expect(scene.rule().contains("captures cannot be changed"))
    var live = Self.ten()
    #expect(live.press("]").isEmpty)
    #expect(live.rule().contains("[ and ] step through a series of captures"))
  }

  @Test("q, Ctrl-C and Ctrl-Z work everywhere but in a line that is typed, where q is a letter")
  func ends() {
    for opener in ["", "?", "j\r", "/", "w", "p"] {
      var scene = Self.ten()
      scene.press(opener)
      #expect(scene.press("\u{3}") == [.quit], "\(opener)")
      #expect(scene.press("\u{1A}") == [.suspend], "\(opener)")
    }
    var scene = Self.ten()
    #expect(scene.press("q") == [.quit])
    #expect(scene.press("/q").isEmpty)
  }

  @Test("text that is pasted into the view does nothing")
  func paste() {
    var scene = Self.ten()
    let before = scene.screen()
    #expect(scene.press("\u{1B}[200~qjK\ry\u{3}\u{1B}[201~").isEmpty)
    #expect(scene.screen() == before)
  }
}
