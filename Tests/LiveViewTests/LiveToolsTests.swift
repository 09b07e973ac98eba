import Query
import TestSupport
import Testing

@testable import LiveView
@testable import Rendering
@testable import SocketModel

@Suite("Tags, copies, columns, names and the mouse in the live view", .timeLimited)
struct LiveToolsTests {
  private static func scene(_ columns: Int = 100, _ rows: Int = 24, mayClose: Bool = true) -> LiveScene {
    var scene = LiveScene(columns, rows, mayClose: mayClose)
    for index in 0..<10 {
      scene.add(
        .established, UInt16(100 + 10 * index), 443,
        owner: LiveScene.owner(index < 4 ? "a" : "b", index < 4 ? 1 : 2))
    }
    scene.read()
    return scene
  }

  private func selected(_ scene: inout LiveScene) -> String? {
    scene.rows().first { $0.hasPrefix(">") }?.firstMatch(of: #/:(\d+)/#).map { String($0.1) }
  }

  // MARK: Tags

  @Test("T tags and goes on; K names each target, does nothing without y, and acts on all with it")
  func tags() {
    var scene = Self.scene()
    scene.press("jTT")
    #expect(
      scene.rows()[0].hasPrefix("*") && scene.rows()[1].hasPrefix("*") && scene.rule().contains("2 sockets are tagged"))
    #expect(scene.press("K") == [.identifyTagged([1, 2], pids: [1])])
    _ = scene.model.update(.identifiedTagged([1, 2], starts: [1: 77]))
    var text = scene.screen().joined(separator: "\n")
    #expect(text.contains("What to do about 2 tagged sockets?"))
    #expect(text.contains("> close 2 connections") && text.contains("send SIGTERM to 1 process"))
    scene.press("\r")
    text = scene.screen().joined(separator: "\n")
    #expect(text.contains("close tcp 127.0.0.1:100 > 127.0.0.1:443"))
    #expect(text.contains("close tcp 127.0.0.1:110 > 127.0.0.1:443"))
    #expect(text.contains("close 2 connections: do it? y/N"))
    #expect(scene.press("n").isEmpty)
    #expect(scene.rule().contains("nothing was done"))
    scene.press("K")
    _ = scene.model.update(.identifiedTagged([1, 2], starts: [1: 77]))
    scene.press("\r")
    let records = [1, 2].compactMap { scene.sockets[$0]?.record }
    #expect(scene.press("y") == [.closeAll(records)])
    // What was acted on is tagged no more.
    #expect(!scene.rows().contains { $0.hasPrefix("*") })
  }

  @Test("a process that has ended, or whose number another has now, gets no signal; a gone socket is left out")
  func rechecked() {
    var scene = Self.scene(mayClose: false)
    scene.press("A")
    #expect(scene.rule().contains("10 sockets are tagged"))
    scene.sockets[10]?.closed = LiveScene.moment(1)
    _ = scene.model.update(.identifiedTagged((1...10).map { UInt64($0) }, starts: [1: 77, 2: 78]))
    #expect(scene.screen().contains { $0.contains("send SIGTERM to 1 process") })
    #expect(!scene.screen().contains { $0.contains("close ") && $0.contains("connection") })
    scene.press("j\r")
    #expect(scene.screen().contains { $0.contains("a[1]") })
    #expect(
      scene.press("y") == [.signalAll(number: 9, [LiveProcess(pid: 1, startTime: 77, name: Array("a".utf8))])])
  }

  @Test("many targets are scrolled before the answer; a group is tagged as a whole")
  func many() {
    var scene = Self.scene(100, 40)
    scene.press("gjT")
    #expect(scene.rule().contains("6 sockets are tagged"))
    scene.press("A")
    _ = scene.model.update(.identifiedTagged((1...10).map { UInt64($0) }, starts: [:]))
    scene.press("\r")
    #expect(scene.screen().contains { $0.contains("close 10 connections (1-8 of 10): do it? y/N") })
    scene.press("jj")
    #expect(
      scene.screen().contains { $0.contains("(3-10 of 10)") } && scene.screen().contains { $0.contains(":190 >") })
  }

  // MARK: Copies

  @Test("y copies the row, Y one cell after the other, whole and without colours")
  func copies() {
    var scene = Self.scene(40, 24)
    #expect(scene.press("y").isEmpty)
    #expect(
      scene.press("jy") == [.copy("tcp\testablished\t0\t0\t127.0.0.1:100\t127.0.0.1:443\ta[1] fd 3")])
    let cells = (0..<8).map { _ in scene.press("Y") }
    #expect(cells[0] == [.copy("tcp")] && cells[4] == [.copy("127.0.0.1:100")] && cells[7] == [.copy("tcp")])
    #expect(scene.rule().contains("copied transport: tcp"))
  }

  // MARK: Columns

  @Test("c chooses columns and their order; what is not read is refused with the command that reads it")
  func columns() {
    var scene = Self.scene(120, 40)
    var settings = scene.model.settings
    settings.uncollected = [.congestion]
    scene.model.settings = settings
    scene.press("c")
    #expect(
      scene.screen().contains { $0.contains("[x] state") } && scene.screen().contains { $0.contains("[ ] family") })
    scene.press("j ")
    #expect(!scene.model.columns.contains(.state))
    scene.press(" ")
    #expect(scene.model.columns.contains(.state))
    // The state goes before the protocol.
    scene.press("\u{1B}[H")
    for _ in 0..<scene.model.columns.count {
      if case .columns(let choice) = scene.model.panel, choice.fields[choice.chosen] != .state { scene.press("j") }
    }
    while case .columns(let choice) = scene.model.panel, choice.chosen > 0 { scene.press("<") }
    #expect(scene.model.columns.first == .state)
    #expect(scene.press("S") == [.save(columns: scene.model.columns, widths: [:], sort: nil)])
    let place =
      scene.model.columns.count + Field.all.filter { !scene.model.columns.contains($0) }.firstIndex(of: .congestion)!
    for _ in 0..<place { scene.press("j") }
    scene.press(" ")
    #expect(
      scene.screen().contains {
        $0.contains("congestion is not read here: begin with sockinspect watch --columns +congestion")
      })
    #expect(!scene.model.columns.contains(.congestion))
  }

  @Test("Left and Right make a column narrower and wider")
  func widths() {
    var scene = Self.scene(120, 40)
    _ = scene.screen()
    let owners = scene.model.columns.firstIndex(of: .local) ?? 0
    scene.press("c" + String(repeating: "j", count: owners) + "\u{1B}[D\u{1B}[D\u{1B}")
    #expect(scene.rows()[0].contains(" ….0.0.1:100  127"))
  }

  // MARK: Names

  @Test("d asks for names once and shows them as they come; P shows services; each again takes them back")
  func names() throws {
    var scene = Self.scene()
    _ = scene.screen()
    let effects = scene.press("d")
    // All rows have the same two addresses.
    #expect(effects == [.lookUpHosts([try #require(scene.sockets[1]?.record)])])
    #expect(scene.read(at: 1).isEmpty)
    _ = scene.model.update(.names(ShownNames(hosts: [IPAddress("127.0.0.1")!: "localhost"])))
    #expect(scene.rows()[0].contains("localhost:100") && scene.rows()[0].contains("localhost:443"))
    #expect(scene.press("P") == [.lookUpLocalNames([])])
    _ = scene.model.update(.names(ShownNames(tcpServices: [443: "https"])))
    #expect(scene.rows()[0].contains("localhost:https"))
    scene.press("dP")
    #expect(scene.rows()[0].contains("127.0.0.1:443"))
  }

  @Test(
    "details show names beside numbers; of captures only the names of ports are asked for", arguments: [false, true])
  func namesOfEnds(isReplay: Bool) throws {
    var scene = Self.scene()
    scene.model.settings.isReplay = isReplay
    _ = scene.screen()
    scene.press("j")
    let id = try #require(scene.model.selected)
    let record = try #require(scene.sockets[id]?.record)
    let effects = scene.press("\r")
    #expect(effects.contains(.lookUpLocalNames(isReplay ? [] : [record])), "\(effects)")
    #expect(scene.screen().contains { $0.hasSuffix("127.0.0.1:443") })
    _ = scene.model.update(
      .names(ShownNames(hosts: [IPAddress("127.0.0.1")!: "localhost"], tcpServices: [443: "https"])))
    let shown = scene.screen()
    #expect(shown.contains { $0.contains("127.0.0.1:443 (localhost, https)") }, "\(shown)")
    // A name server is asked only on request, and the answer stays.
    #expect(shown.last?.contains("d names") == true)
    #expect(scene.press("d") == [.lookUpHosts([record])])
    #expect(scene.screen().last?.contains("d names") == false && scene.press("d").isEmpty)
    _ = scene.model.update(.names(ShownNames(hosts: [IPAddress("127.0.0.1")!: "here.example"])))
    #expect(scene.screen().contains { $0.contains("127.0.0.1:443 (here.example, https)") })
    scene.press("qd")
    // The table has numbers until d and P ask for names.
    #expect(scene.rows()[0].contains("127.0.0.1:443") && !scene.rows()[0].contains("here.example"))
  }

  // MARK: The mouse

  @Test("a click selects a row, a second one opens it, and the wheel moves")
  func mouse() {
    var scene = Self.scene()
    _ = scene.screen()
    // Rows and columns of reports begin with 1: the head has two lines, the heading one.
    scene.press("\u{1B}[<0;20;6M")
    #expect(selected(&scene) == "120")
    scene.press("\u{1B}[<65;20;6M")
    #expect(selected(&scene) == "150")
    scene.press("\u{1B}[<64;20;6M")
    #expect(selected(&scene) == "120")
    #expect(scene.press("\u{1B}[<0;20;6M") == scene.opening(3))
    // In details the wheel scrolls, and a click does nothing.
    #expect(scene.press("\u{1B}[<0;20;6M\u{1B}[<65;20;6M").isEmpty)
    scene.press("\u{1B}")
    scene.press("\u{1B}[<0;20;23M")
    #expect(selected(&scene) == "120")
  }

  @Test("a click on a heading sorts, and on a group folds it")
  func clicks() {
    var scene = Self.scene()
    let heading = scene.screen()[2]
    let column = heading.distance(
      from: heading.startIndex, to: heading.firstRange(of: "LOCAL")?.lowerBound ?? heading.startIndex)
    scene.press("\u{1B}[<0;\(column + 1);3M")
    #expect(scene.rule().contains("sort local"))
    scene.press("g\u{1B}[<0;5;4M\u{1B}[<0;5;4M")
    #expect(scene.rows()[0].hasPrefix(">▸ b[2]  6"))
  }

  // MARK: Many events

  @Test("more events than a person can follow are summed up above the newest")
  func burst() {
    var scene = Self.scene()
    var events: [SocketEvent] = []
    for _ in 0..<50_000 {
      events.append(scene.event(.changed, 1, at: LiveScene.moment(1.5)))
      events.append(scene.event(.opened, 2, at: LiveScene.moment(1.5)))
    }
    scene.read(events, at: 2)
    let screen = scene.screen()
    #expect(screen.contains { $0.hasPrefix("50,000 appeared, 50,000 changed within a second; the newest:") })
    #expect(screen.count { $0.hasPrefix("10:00:01") } == 3)
  }

  // MARK: Replay

  @Test("a series has a time line with the present capture marked; a click and { } go to others")
  func timeLine() {
    var scene = LiveScene(100, 24, isReplay: true)
    scene.add(.established, 100, 7)
    var data = LiveData(sockets: scene.sockets, events: [], at: LiveScene.start)
    data.place = LivePlace(index: 1, count: 4, isPlaying: false)
    data.place?.activity = [0, 2, 0, 8]
    _ = scene.model.update(.data(data))
    let line = scene.screen()[1]
    #expect(line == "happened ▁▂▁█ 2 events")
    #expect(scene.press("}") == [.seek(1)] && scene.press("{") == [.seek(-1)])
    #expect(scene.press("\u{1B}[<0;13;2M") == [.step(2)])
  }
}
