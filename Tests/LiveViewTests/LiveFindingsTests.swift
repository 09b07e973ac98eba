import TestSupport
import Testing

@testable import LiveView
@testable import Rendering
@testable import SocketModel

@Suite("Findings in the live view", .timeLimited)
struct LiveFindingsTests {
  private static func text(
    _ title: String, _ summary: String, command: String = "sockinspect --tcp --local-port 1234"
  ) -> LabelledText {
    LabelledText(
      title: title, summary: summary,
      parts: [.init("Measured", "waiting 2, limit 1"), .init("To do", "Find out why it does not call accept().")],
      commands: [command], labelColumns: 9)
  }

  /// A server with a full queue, a healthy one, a leak of two connections, a finding without a socket.
  private static func scene(_ columns: Int = 80, _ rows: Int = 24, usesColour: Bool = true) -> LiveScene {
    var scene = LiveScene(columns, rows, usesColour: usesColour, isASCII: !usesColour)
    let server = LiveScene.owner("server", 44)
    scene.add(.listen, 1234, nil, owner: server)
    scene.add(.listen, 1300, nil, owner: server)
    scene.add(.closeWait, 1400, 40001, owner: server)
    scene.add(.closeWait, 1400, 40002, owner: server)
    scene.add(.established, 1400, 40003, owner: server)
    scene.read()
    return scene
  }

  private static var found: LiveFindings {
    var found = LiveFindings()
    found.heading = "3 findings: D"
    found.items = [
      .init(
        text("error accept-queue", "tcp 127.0.0.1:1234, server[44]: the accept queue is full"), isUrgent: true,
        socket: 1),
      .init(
        text("warning close-wait", "server[44]: it does not close what its clients closed"), isUrgent: true, socket: 3),
      .init(text("note memory", "this machine: TCP was short of memory"), isUrgent: false, socket: nil),
    ]
    found.bySocket = [1: [0], 3: [1], 4: [1]]
    found.summary =
      "19 checks of 5 sockets: 1 error, 1 warning, 1 note; not checked: no-owner (not repeated: sockinspect doctor)"
    return found
  }

  private func marks(_ scene: inout LiveScene) -> [String] { scene.rows().map { String($0.prefix(3)) } }

  @Test("rows that a finding is about are marked, in the columns that marks have, and others are not")
  func marked() {
    var scene = Self.scene()
    let before = scene.rows()
    #expect(marks(&scene) == ["   ", "   ", "   ", "   ", "   "])
    _ = scene.model.update(.findings(Self.found))
    #expect(marks(&scene) == [" ! ", "   ", " ! ", " ! ", "   "])
    #expect(scene.rows().map { $0.dropFirst(3) } == before.map { $0.dropFirst(3) })
    #expect(scene.screen()[0].hasSuffix("3 findings: D  10:00:00"))
    #expect(scene.screen().last?.contains("D findings") == true)
    scene.press("j")
    #expect(marks(&scene)[0] == ">! ")
    // When nothing is found any more, nothing of it remains.
    var healthy = LiveFindings()
    healthy.summary = "19 checks of 5 sockets: nothing found"
    _ = scene.model.update(.findings(healthy))
    #expect(marks(&scene) == [">  ", "   ", "   ", "   ", "   "])
    #expect(!scene.screen()[0].contains("findings") && scene.screen().last?.contains("findings") == false)
  }

  @Test("a command that is longer than its half of the details takes the row, and all fields are still there")
  func longCommand() {
    var scene = Self.scene(120, 60)
    let ends = "--local 2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff --remote 2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"
    var findings = Self.found
    findings.items[0] = .init(
      Self.text("error accept-queue", "the accept queue is full", command: "sockinspect \(ends)"), isUrgent: true,
      socket: 1)
    scene.press("j\r")
    let before = scene.screen()
    _ = scene.model.update(.findings(findings))
    let after = scene.screen()
    #expect(after.contains { $0.hasSuffix("  $ sockinspect \(ends)") })
    func right(_ lines: [String]) -> [String] {
      lines.filter { !$0.contains(ends) }.map { String($0.dropFirst(60)) }.filter { $0.contains(#/^ {2}\S/#) }
    }
    #expect(!right(before).isEmpty && right(before) == right(after))

    // However few lines there are, all of both columns can be scrolled to.
    scene.terminal.resize(120, 10)
    _ = scene.model.update(.resized(columns: 120, rows: 10))
    var seen: Set<String> = []
    for _ in 0..<200 {
      seen.formUnion(right(scene.screen()))
      scene.press("j")
    }
    #expect(seen.isSuperset(of: right(before)))
  }

  @Test("a change shows by its colour beside the mark, and a socket that has ended has only the mark of that")
  func recent() throws {
    var scene = Self.scene()
    _ = scene.model.update(.findings(Self.found))
    scene.read([scene.event(.changed, 1, to: .close, at: LiveScene.moment(4))], at: 5)
    #expect(scene.model.mark(of: try #require(scene.sockets[1])) == ("!", .changed))
    scene.read([scene.event(.closed, 3, at: LiveScene.moment(5))], at: 5)
    #expect(scene.model.mark(of: try #require(scene.sockets[3])) == ("-", .gone))
    #expect(scene.model.mark(of: try #require(scene.sockets[2])) == (" ", .plain))
  }

  @Test("the heading is left out where there is no room, and never pushes out the number of sockets")
  func narrow() {
    for columns in [32, 39, 40, 60] {
      var scene = Self.scene(columns, 12)
      _ = scene.model.update(.findings(Self.found))
      let head = scene.screen()[0]
      #expect(head.hasPrefix("5 sockets") && head.contains("3 findings: D") == (columns >= 40), "\(columns): \(head)")
      #expect(scene.terminal.faults == [])
    }
  }

  @Test("D lists the findings with the chosen one in full, and at the end what was not checked")
  func list() throws {
    var scene = Self.scene()
    _ = scene.model.update(.findings(Self.found))
    scene.press("D")
    let first = scene.screen()
    _ = scene.model.update(.disturbed)
    try GoldenFrame.expect(scene.model.frame(), matches: "live-findings-80x24")
    #expect(first.contains("> error accept-queue: tcp 127.0.0.1:1234, server[44]: the accept queue is full"))
    #expect(first.contains("  warning close-wait: server[44]: it does not close what its clients closed"))
    #expect(first.contains { $0.contains("Measured   waiting 2, limit 1") })
    #expect(first.contains { $0.contains("not checked: no-owner") })
    #expect(first.last == "Esc back  Up Down choose  Enter go to its row")
    scene.press("j")
    #expect(scene.screen().contains { $0.hasPrefix("> warning close-wait") })
    // The last one is about no single socket: Enter does nothing, and is not offered.
    scene.press("G")
    #expect(scene.screen().contains { $0.hasPrefix("> note memory") })
    #expect(scene.press("\r").isEmpty)
    #expect(scene.screen().last == "Esc back  Up Down choose")
    scene.press("jjk")
    #expect(scene.screen().contains { $0.hasPrefix("> warning close-wait") })
    scene.press("\u{1B}")
    #expect(marks(&scene) == [" ! ", "   ", " ! ", " ! ", "   "])
  }

  @Test("a list that is longer than the terminal shows the chosen finding, and with the last one its end")
  func scrolls() {
    var scene = Self.scene(80, 12)
    var many = Self.found
    many.items = (0..<30).map { .init(Self.text("warning close-wait", "process \($0)"), isUrgent: true, socket: 3) }
    _ = scene.model.update(.findings(many))
    scene.press("D")
    for index in 0..<30 {
      #expect(scene.screen().contains("> warning close-wait: process \(index)"), "\(index)")
      scene.press("j")
    }
    #expect(scene.screen().contains { $0.contains("not checked") })
    #expect(scene.terminal.faults == [])
  }

  @Test("Enter selects the first row of a finding and opens its details; a row that is hidden is opened too")
  func goes() {
    var scene = Self.scene(80, 60)
    _ = scene.model.update(.findings(Self.found))
    scene.press("Dj")
    #expect(scene.press("\r") == scene.opening(3))
    let text = scene.screen()
    #expect(text.contains("What is wrong") && text.contains { $0.contains("warning close-wait: server[44]") })
    #expect(!text.contains { $0.contains("accept-queue") })
    scene.press("\u{1B}")
    #expect(scene.rows()[2].hasPrefix(">! "))
    scene.press("l")
    scene.press("Dj")
    #expect(scene.press("\r") == scene.opening(3))
    let hidden = scene.screen()
    #expect(hidden.contains("What is wrong") && hidden.contains { $0.hasSuffix("its row is hidden") }, "\(hidden)")
    #expect(!text.contains { $0.hasSuffix("its row is hidden") })
    scene.press("\u{1B}")
    // One that has been forgotten meanwhile.
    scene.sockets[3] = nil
    scene.read(at: 9)
    scene.press("Dj")
    #expect(scene.press("\r").isEmpty)
    #expect(scene.rule().contains("the socket is gone already"))
  }

  @Test("details of a server ask once who has its port, and show the verdict; those of a connection do not ask")
  func verdict() {
    var scene = Self.scene(80, 60)
    scene.press("j")
    #expect(scene.press("\r") == scene.opening(1, asksForPort: true))
    #expect(scene.read(at: 1) == [.look(socket: 1)] || scene.read(at: 2) == [.look(socket: 1)])
    let verdict = LabelledText(title: "Port", summary: "1234 is taken: server[44] serves it (TCP)")
    _ = scene.model.update(.verdict(socket: 2, verdict))
    #expect(!scene.screen().contains("Its port"))
    _ = scene.model.update(.verdict(socket: 1, verdict))
    #expect(scene.screen().contains("Its port"))
    #expect(scene.screen().contains("  Port: 1234 is taken: server[44] serves it (TCP)"))
    scene.press("\u{1B}G")
    #expect(scene.press("\r") == scene.opening(5))
    #expect(!scene.screen().contains("Its port"))
  }

  @Test("the chosen finding stays chosen when the next check finds it at another place")
  func keepsChoice() {
    var scene = Self.scene()
    _ = scene.model.update(.findings(Self.found))
    scene.press("Dj")
    var next = Self.found
    next.items.removeFirst()
    next.bySocket = [3: [0], 4: [0]]
    _ = scene.model.update(.findings(next))
    #expect(scene.screen().contains { $0.hasPrefix("> warning close-wait") })
    _ = scene.model.update(.findings(LiveFindings()))
    #expect(scene.press("\r").isEmpty && scene.screen().last == "Esc back")
  }

  @Test("a paused view keeps its findings, and before the first check D says that there was none")
  func paused() {
    var scene = Self.scene()
    scene.press("D")
    #expect(scene.screen().contains { $0.contains("have not been checked yet") })
    scene.press("D")
    _ = scene.model.update(.findings(Self.found))
    scene.press("p")
    _ = scene.model.update(.findings(LiveFindings()))
    #expect(marks(&scene) == [" ! ", "   ", " ! ", " ! ", "   "])
  }

  @Test("a jump in a series of captures drops the findings of the other capture")
  func jumps() {
    var scene = LiveScene(80, 24, isReplay: true)
    scene.add(.listen, 1234)
    scene.read()
    _ = scene.model.update(.findings(Self.found))
    #expect(marks(&scene) == [" ! "])
    var data = LiveData(sockets: scene.sockets, events: [], at: LiveScene.moment(9))
    data.isJump = true
    _ = scene.model.update(.data(data))
    #expect(marks(&scene) == ["   "])
  }
}
