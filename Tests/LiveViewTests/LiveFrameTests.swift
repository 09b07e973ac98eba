import TestSupport
import Testing
import Text

@testable import LiveView
@testable import Rendering
@testable import SocketModel

@Suite("Frames of the live view", .timeLimited)
struct LiveFrameTests {
  /// A server with connections in several states, one that has just appeared, one that changed, one
  /// that ended, and a UDP socket.
  private static func busy(_ columns: Int, _ rows: Int, usesColour: Bool = true, isASCII: Bool = false) -> LiveScene {
    var scene = LiveScene(columns, rows, usesColour: usesColour, isASCII: isASCII)
    let server = LiveScene.owner("server", 44)
    scene.add(.listen, 1234, nil, owner: server)
    scene.add(.established, 1234, 40000, owner: server)
    let closing = scene.add(.established, 1234, 40001, owner: server)
    let going = scene.add(.established, 1234, 40002, owner: LiveScene.owner("wörk\u{1B}[2Jer", 45))
    scene.add(.timeWait, 1234, 40003)
    scene.add(.unconnected, 53, nil, .udp, owner: LiveScene.owner("resolver", 50))
    scene.read()
    _ = scene.screen()
    let new = scene.add(.synSent, 41000, 80, owner: LiveScene.owner("curl", 60), appeared: LiveScene.moment(4.25))
    scene.read(
      [
        scene.event(.opened, new, at: LiveScene.moment(4.25)),
        scene.event(.changed, closing, to: .closeWait, at: LiveScene.moment(4.5)),
        scene.event(.closed, going, at: LiveScene.moment(4.75)),
      ], at: 5)
    return scene
  }

  @Test(
    "the frames of every size are those of the golden files, byte for byte",
    arguments: [(80, 24), (200, 50), (40, 10), (32, 7), (31, 7), (80, 6), (12, 3)])
  func golden(columns: Int, rows: Int) throws {
    var scene = Self.busy(columns, rows)
    _ = scene.model.update(.disturbed)
    try GoldenFrame.expect(scene.model.frame(), matches: "live-\(columns)x\(rows)")
  }

  @Test("without colour and with ASCII alone nothing is lost but the colours")
  func plain() throws {
    var scene = Self.busy(80, 24, usesColour: false, isASCII: true)
    scene.press("jj")
    _ = scene.model.update(.disturbed)
    let bytes = scene.model.frame()
    #expect(bytes.allSatisfy { $0 < 0x80 })
    try GoldenFrame.expect(bytes, matches: "live-80x24-plain")
    // Bold, underlined and inverse are not colours.
    let text = String(decoding: bytes, as: UTF8.self)
    let styles = Set(text.matches(of: #/\u{1B}\[([0-9;]*)m/#).map { String($0.1) })
    #expect(styles.isSubset(of: ["0", "1", "7"]), "\(styles)")
  }

  @Test("marks show without colour what is new, changed and ended, for some seconds")
  func marks() {
    var scene = Self.busy(100, 24)
    func marked() -> [String] { scene.rows().filter { !$0.hasPrefix("   ") }.map { String($0.prefix(3).trimmed) } }
    #expect(marked() == ["~", "-", "+"])
    #expect(scene.model.mark(of: scene.sockets[4]!).1 == .gone)
    scene.read(at: 7)
    #expect(scene.model.mark(of: scene.sockets[4]!).1 == .colour(.faint))
    #expect(marked() == ["~", "-", "+"])
    scene.read(at: 7.6)
    #expect(marked() == ["-"])
    scene.sockets[4] = nil
    scene.read(at: 10)
    #expect(marked() == [])
    #expect(scene.rows().count == 6)
  }

  @Test("sockets that the first scan shows after the first frame are shown, although no event is about them")
  func lateFirstScan() {
    var scene = LiveScene(80, 24)
    var data = LiveData(sockets: [:], events: [], at: LiveScene.moment(0))
    data.awaitsFirstScan = true
    _ = scene.model.update(.data(data))
    #expect(scene.rows() == ["   no sockets to show"])
    scene.add(.listen, 1234)
    scene.read(at: 1)
    #expect(scene.rows().count == 1 && scene.rows()[0].contains(":1234"))
  }

  @Test("a frame without changes is empty; after a second only the clock is written")
  func minimal() {
    var scene = Self.busy(80, 24)
    _ = scene.model.frame()
    #expect(scene.model.frame().isEmpty)
    scene.read(at: 20)
    _ = scene.model.frame()
    scene.read(at: 80)
    _ = scene.model.frame()
    scene.read(at: 81)
    let bytes = scene.model.frame()
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.matches(of: #/\u{1B}\[\d+;1H/#).map { String($0.output) } == ["\u{1B}[1;1H"])
    #expect(text.hasPrefix("\u{1B}[?2026h") && text.hasSuffix("\u{1B}[?2026l"))
  }

  @Test("moving the selection writes two rows and what the keys may do then")
  func movingIsCheap() {
    var scene = Self.busy(80, 24)
    scene.press("j")
    _ = scene.model.frame()
    scene.press("j")
    let text = String(decoding: scene.model.frame(), as: UTF8.self)
    #expect(text.matches(of: #/\u{1B}\[\d+;1H/#).map { String($0.output) } == ["\u{1B}[4;1H", "\u{1B}[5;1H"])
  }

  @Test("a terminal that is too small says so, and the view continues when it is enlarged")
  func tooSmall() {
    var scene = Self.busy(80, 24)
    let whole = scene.screen()
    _ = scene.model.update(.resized(columns: 20, rows: 5))
    #expect(scene.screen() == ["too small:", "20x5", "needs 32x7", "q ends", ""])
    #expect(scene.press("/jK").isEmpty)
    _ = scene.model.update(.resized(columns: 80, rows: 24))
    #expect(scene.screen() == whole)
    _ = scene.model.update(.resized(columns: 20, rows: 5))
    #expect(scene.press("q") == [.quit])
  }

  @Test("columns hide by priority: state and both ends stay longest, and the one that rows are sorted by")
  func columns() {
    var scene = Self.busy(100, 20)
    func titles() -> [Substring] { scene.screen()[2].split(separator: " ") }
    #expect(titles() == ["PROTO", "STATE", "RECV-Q", "SEND-Q", "LOCAL", "PEER", "OWNERS"])
    _ = scene.model.update(.resized(columns: 80, rows: 20))
    #expect(titles() == ["PROTO", "STATE", "LOCAL", "PEER", "OWNERS"])
    _ = scene.model.update(.resized(columns: 40, rows: 20))
    #expect(titles() == ["PROTO", "STATE", "LOCAL", "PEER"])
    _ = scene.model.update(.resized(columns: 80, rows: 20))
    scene.press("sss")
    #expect(scene.model.sortField == .receiveQueue)
    #expect(titles().contains("RECV-Q▼"))
  }

  @Test(
    "an event names its owner even if the old state or the milliseconds do not fit",
    arguments: [
      (120, "10:00:04.500 ~ tcp 127.0.0.1:1234 > 127.0.0.1:40001  established → close_wait  server[44]"),
      (80, "10:00:04 ~ tcp 127.0.0.1:1234 > 127.0.0.1:40001  → close_wait  server[44]"),
      (69, "10:00:04 ~ 127.0.0.1:1234 > 127.0.0.1:40001  → close_wait  server[44]"),
    ])
  func lane(columns: Int, line: String) {
    var scene = LiveScene(columns, 24)
    var owner = LiveScene.owner("server", 44)
    if columns == 80 { owner.name = Array("a-long-name".utf8) }
    let id = scene.add(.established, 1234, 40001, owner: owner)
    scene.read()
    scene.read([scene.event(.changed, id, to: .closeWait, at: LiveScene.moment(4.5))], at: 5)
    let lines = scene.screen()
    let wanted = line.replacing("server", with: columns == 80 ? "a-long-name" : "server")
    #expect(lines.contains(wanted), "\(lines)")
    // Figures for which there is no room are left out, never cut.
    scene.sockets[id]?.wasThere = false
    scene.read([scene.event(.closed, id, at: LiveScene.moment(6))], at: 6)
    #expect(scene.screen().contains { $0.hasSuffix("]  after 1.500s") || $0.hasSuffix("]") }, "\(scene.screen())")
  }

  @Test("the lane shows what the filter and the families accept now, whatever they were at the time of the event")
  func filteredLane() {
    var scene = Self.busy(120, 24)
    func lane() -> [String] { scene.screen().filter { $0.hasPrefix("10:00:") } }
    #expect(lane().count == 3)
    scene.press("/41000")
    #expect(lane().count == 1)
    #expect(lane().first?.contains("127.0.0.1:41000") == true)
    scene.press("\u{1B}")
    #expect(lane().count == 3)
    scene.press("u")
    #expect(lane().isEmpty)
    scene.press("u")
    #expect(lane().count == 3)
  }

  @Test("a long filter is cut, not left out; a line being typed shows where it was cut")
  func longFilter() {
    var scene = Self.busy(80, 24)
    scene.press("/" + String(repeating: "0", count: 90) + "53")
    #expect(scene.screen().last?.hasPrefix("filter: …000") == true)
    scene.press("\r")
    #expect(scene.rule().contains("filter 000"))
    #expect(scene.rule().contains("0…"))
    scene.press("/\u{1B}[H")
    #expect(scene.screen().last?.hasPrefix("filter: 000") == true)
  }

  @Test("what root would see is said at every width; the help says what is hidden, and why")
  func unprivileged() {
    var scene = Self.busy(200, 40)
    func report(at seconds: Double) {
      var data = LiveData(sockets: scene.sockets, events: [], at: LiveScene.moment(seconds))
      data.sources = [
        EventSourceStatus(.tracepoint, obstacle: "it needs root: why", needsRoot: true),
        EventSourceStatus(.destroyNotice), EventSourceStatus(.difference),
      ]
      data.problems = [
        Problem(
          subject: .descriptors, cause: .forbidden(.processes(count: 9, of: 10, hidesOthers: false)),
          remedy: .runAsRoot(.owners))
      ]
      _ = scene.model.update(.data(data))
    }
    report(at: 6)
    scene.sockets[5]?.record.inode = 0
    scene.sockets[7]?.record.inode = 0
    scene.read([scene.event(.changed, 7, to: .established, at: LiveScene.moment(6.5))], at: 6.5)
    report(at: 7)
    // Every socket that could have an owner has one.
    #expect(
      scene.screen()[2]
        == "events from: destroy notices, scans  no tracepoint: it needs root: why; sudo sockinspect watch shows more"
    )
    scene.add(.established, 7, 8)
    scene.read([scene.event(.opened, 8, at: LiveScene.moment(8))], at: 8)
    report(at: 9)
    #expect(
      scene.screen()[2].contains(
        "9 of 10 processes may not be read: sockets may lack owners; sudo sockinspect watch shows more"))
    _ = scene.model.update(.resized(columns: 100, rows: 40))
    #expect(
      scene.screen()[2]
        == "events from: destroy notices, scans  sudo sockinspect watch adds tracepoint, owners")
    _ = scene.model.update(.resized(columns: 80, rows: 40))
    #expect(scene.screen()[2] == "events from: destroy notices, scans  sudo adds tracepoint, owners")
    scene.press("?\u{1B}[F")
    let help = scene.screen().joined(separator: " ").split(separator: " ").joined(separator: " ")
    #expect(help.contains(#/tracepoint not in use: it needs root: why/#))
    #expect(
      help.contains(
        "destroy notices in use: the end of TCP and UDP sockets of this network namespace, except from TIME_WAIT"))
    #expect(
      help.contains(
        "owners the descriptors of 9 of 10 processes may not be read: sockets may lack owners; "
          + "run it as root to see all owners: sudo sockinspect watch to see more"))
    #expect(help.contains(#/to see more run it as root: sudo sockinspect watch/#))
  }

  @Test("where owners are asked about, those that may not be read are missed, and no row is no answer")
  func askedOwners() {
    var scene = LiveScene(200, 40)
    scene.read()
    func tell(at seconds: Double) {
      var data = LiveData(sockets: scene.sockets, events: [], at: LiveScene.moment(seconds))
      data.problems = [
        Problem(
          subject: .descriptors, cause: .forbidden(.processes(count: 9, of: 10, hidesOthers: false)),
          remedy: .runAsRoot(.owners))
      ]
      _ = scene.model.update(.data(data))
    }
    scene.add(.listen, 1234, nil, owner: LiveScene.owner("other", 44))
    tell(at: 1)
    #expect(!scene.screen().contains { $0.contains("may not be read") })
    scene.press("/process = server\r")
    tell(at: 2)
    #expect(scene.screen()[2].contains("9 of 10 processes may not be read"), "\(scene.screen()[2])")
    let rows = scene.rows().joined()
    #expect(rows.contains("no socket is known to match: owners may not be read; / changes the filter"), "\(rows)")
    scene.press("?\u{1B}[F")
    #expect(scene.screen().contains { $0.contains("owners            the descriptors of 9 of 10") })
  }

  @Test(
    "at every size, whatever is pressed, no line is too wide, and what was drawn bit by bit is what is drawn at once")
  func everySize() {
    var generator = SeededGenerator()
    let keys = [
      "j", "k", "\u{1B}[5~", "\u{1B}[6~", "g", "s", "S", "a", "l", "t", "u", "p", "\r", "\u{1B}", "?", "/", "1", "2",
      "\u{7F}", "w", "\u{1B}[F", "K", "q",
    ]
    var scene = Self.busy(80, 24)
    for step in 0..<400 {
      if Int.random(in: 0..<8, using: &generator) == 0 {
        let columns = Int.random(in: 1...150, using: &generator)
        _ = scene.model.update(.resized(columns: columns, rows: Int.random(in: 1...40, using: &generator)))
      }
      for effect in scene.press(keys.randomElement(using: &generator) ?? "j") {
        if case .identify(let socket, let pids) = effect {
          let starts = Dictionary(uniqueKeysWithValues: pids.map { ($0, UInt64(77)) })
          _ = scene.model.update(.identified(socket: socket, starts: starts))
        }
      }
      if Int.random(in: 0..<3, using: &generator) == 0 {
        var owner = LiveScene.owner("x", Int32.random(in: 1...9, using: &generator))
        owner.name = generator.hostileBytes(upTo: 20)
        let time = LiveScene.moment(5 + Double(step) / 4)
        let id = scene.add(.established, UInt16.random(in: 1...9, using: &generator), 7, owner: owner, appeared: time)
        scene.read([scene.event(.opened, id, at: time)], at: 5 + Double(step) / 4)
      }
      let drawn = scene.screen()
      var fresh = TestTerminal(columns: scene.model.canvas.columns, rows: scene.model.canvas.rows)
      _ = scene.model.update(.disturbed)
      fresh.take(scene.model.frame())
      #expect(drawn == fresh.lines, "seed \(generator.seed), step \(step)")
      #expect(scene.terminal.faults.isEmpty && fresh.faults.isEmpty, "seed \(generator.seed): \(fresh.faults)")
      if drawn != fresh.lines || !fresh.faults.isEmpty { break }
    }
  }

  @Test("the test's terminal notices what is too wide and what moves the cursor")
  func detector() {
    for bytes in ["\u{1B}[1;1Habcd", "a\nb", "\u{1B}[5x", "\u{1B}]0;t", "\u{1B}[1;3H漢", "abc\u{1B}[K"] {
      var terminal = TestTerminal(columns: 3, rows: 1)
      terminal.take(Array(bytes.utf8))
      #expect(!terminal.faults.isEmpty, "\(bytes.debugDescription)")
    }
  }

  @Test("the plot shows each second's share of the largest; something is never nothing")
  func plot() {
    #expect(LivePlot.text([0, 1, 2, 4, 8, 1000], isASCII: false) == "▁▁▁▁▁█")
    #expect(LivePlot.text([0, 1, 2, 3, 4, 5, 6, 7, 8], isASCII: false) == "▁▁▂▃▄▅▆▇█")
    #expect(LivePlot.text([0, 1, 7], isASCII: true) == " .#")
    #expect(LivePlot.text([0, 0], isASCII: true) == "..")
    #expect(LivePlot.text([], isASCII: false) == "")
    #expect(LivePlot.text([.max, 1], isASCII: false).count == 2)
  }

  @Test("rates are those of the last full second, and captures with impossible times do not trap")
  func rates() {
    var scene = Self.busy(80, 24)
    #expect(scene.screen()[1].hasSuffix("1/s   transitions ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█ 3/s"))
    var event = SocketEvent(.changed, at: Timestamp(seconds: .min, nanoseconds: -1), source: .difference, record: .none)
    scene.read([event], at: 6)
    _ = scene.model.update(.tick(Timestamp(seconds: .max, nanoseconds: .max)))
    _ = scene.screen()
    event.time = Timestamp(seconds: .max, nanoseconds: .max)
    _ = scene.model.update(.tick(Timestamp(seconds: .min, nanoseconds: .min)))
    _ = scene.model.update(.data(LiveData(sockets: scene.sockets, events: [event], at: event.time)))
    _ = scene.screen()
    #expect(scene.terminal.faults.isEmpty)
  }

  @Test("missed events are counted, and are shown in the lane and beside the sources")
  func missed() {
    var scene = Self.busy(120, 30)
    var event = SocketEvent(.missed, at: LiveScene.moment(6), source: .tracepoint, record: .none)
    event.missed = 1
    scene.read([event], at: 6)
    #expect(scene.screen()[2].contains("scans  1 event was missed"))
    event.missed = 1233
    scene.read([event], at: 6)
    #expect(scene.screen()[2].contains("events from: destroy notices, scans  1,234 events were missed"))
    #expect(scene.screen()[2].contains("no tracepoint: it takes root or CAP_PERFMON"))
    #expect(scene.screen().contains { $0.hasSuffix("! 1,233 events were missed") })
    event.missed = nil
    scene.read([event], at: 7)
    #expect(scene.screen()[2].contains("at least 1,234 events were missed"))
    _ = scene.model.update(.resized(columns: 120, rows: 24))
    #expect(scene.rule().contains("at least 1,234 events were missed"))
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    drop { $0 == " " }.prefix { $0 != " " }
  }
}
