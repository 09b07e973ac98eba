import SocketModel
import TestSupport
import Testing
import Text

@testable import LiveView
@testable import Rendering

@Suite("What the live view says about itself", .timeLimited)
struct LiveLooksTests {
  private static func scene(_ columns: Int = 80, _ rows: Int = 24, selection: String = "") -> LiveScene {
    var scene = LiveScene(columns, rows, selection: selection)
    for index in 0..<30 {
      scene.add(.established, UInt16(100 + index), 7, owner: LiveScene.owner("server", 44, Int32(3 + index)))
    }
    scene.read()
    return scene
  }

  @Test("An idle view of 24 lines shows 19 sockets; the lane takes lines only when something happens")
  func lane() {
    var scene = Self.scene()
    #expect(scene.rows().count == 19)
    scene.read([scene.event(.changed, 1, to: .closeWait, at: LiveScene.moment(1))], at: 1)
    #expect(scene.rows().count == 18)
    let events = (2..<9).map { scene.event(.changed, $0, to: .closeWait, at: LiveScene.moment(2)) }
    scene.read(events, at: 2)
    #expect(scene.rows().count == 15)
    scene.press("u")
    #expect(scene.screen().contains { $0.contains("no sockets to show") })
  }

  @Test("The selection of the command line is in the rule, safe to show and no longer than half of it")
  func selection() {
    var scene = Self.scene(selection: "--port 3000")
    #expect(scene.rule().contains("─ --port 3000 ─"))
    scene = Self.scene(selection: String(repeating: "long ", count: 30))
    #expect(scene.rule().contains("long lon… ─") || scene.rule().contains("…"))
    #expect(scene.rule().count == 80)
  }

  @Test("On a low terminal the rule shows what is not seen, and points to the help where that is long")
  func notSeen() {
    var scene = Self.scene(100)
    #expect(scene.rule().contains("no tracepoint: it takes root or CAP_PERFMON"))
    scene = Self.scene(60)
    #expect(scene.rule().contains("? lists what is not seen"))
    scene = Self.scene(100, 30)
    #expect(!scene.rule().contains("tracepoint"))
    #expect(scene.screen()[2].hasPrefix("events from: destroy notices, scans"))
  }

  @Test(
    "A key that does nothing says where the keys are listed",
    arguments: ["h", "\t", "\u{1B}[21~", "é", "\u{1B}[D"]
  )
  func unknownKey(key: String) {
    var scene = Self.scene()
    scene.press(key)
    #expect(scene.rule().contains("does nothing here: ? for help"))
    scene.press("\u{1B}OP")
    #expect(scene.screen().contains { $0.hasPrefix("keys ") })
  }

  @Test("Escape drops the selection, then the filter")
  func escape() {
    var scene = Self.scene()
    scene.press("/110\rj")
    #expect(scene.rows().count == 1 && scene.rows()[0].hasPrefix(">"))
    scene.press("\u{1B}")
    #expect(scene.rows().count == 1 && !scene.rows()[0].hasPrefix(">"))
    #expect(scene.rule().contains("filter 110"))
    scene.press("\u{1B}")
    #expect(scene.rows().count == 19)
    #expect(!scene.rule().contains("filter"))
  }

  @Test("A family that is not watched is named with the command that watches it too")
  func family() {
    var scene = Self.scene()
    scene.press("x")
    #expect(scene.rule().contains("unix sockets are not watched; to watch them too: sockinspect watch -tux"))
  }

  @Test("A message longer than the line continues in the next, complete")
  func longMessage() {
    var scene = Self.scene(60)
    let text = "closing another's socket takes CAP_NET_ADMIN: run it as root (Operation not permitted)"
    _ = scene.model.update(.outcome(text, isTrouble: true))
    let lines = scene.screen()
    let said = lines.joined(separator: " ").split(whereSeparator: { $0 == " " || $0 == "─" }).joined(separator: " ")
    #expect(said.contains(text), "\(lines)")
    #expect(scene.terminal.faults.isEmpty)
  }

  @Test("Typing replaces the proposed name; moving in it keeps it")
  func proposal() {
    var scene = Self.scene()
    scene.press("wa.csv")
    #expect(scene.screen().last?.hasPrefix("write to: a.csv ") == true)
    scene.press("\u{1B}w\u{1B}[H")
    scene.press("x-")
    #expect(scene.screen().last?.hasPrefix("write to: x-sockets-100000.txt") == true)
    scene.press("\u{1B}w\u{7F}\u{7F}\u{7F}csv")
    #expect(scene.screen().last?.hasPrefix("write to: sockets-100000.csv") == true)
  }

  @Test("The help explains marks, colours and plots")
  func help() {
    var scene = Self.scene(100, 80)
    scene.press("?")
    let text = scene.screen().joined(separator: "\n")
    for entry in LiveKeys.marks { #expect(text.contains(entry.keys)) }
    for (_, meaning) in LiveKeys.colours { #expect(text.contains(meaning)) }
    #expect(text.contains("a minute back"))
  }

  @Test("Closing is not offered without the privilege; a signal still is")
  func mayNotClose() {
    var scene = LiveScene(100, 24, mayClose: false)
    scene.add(.established, 1234, 40000, owner: LiveScene.owner("server", 44))
    scene.add(.timeWait, 1235, 40000)
    scene.read()
    scene.press("jK")
    _ = scene.model.update(.identified(socket: 1, starts: [44: 77]))
    #expect(!scene.screen().joined().contains("SOCK_DESTROY"))
    #expect(scene.screen().joined().contains("send SIGTERM to server[44]"))
    scene.press("\u{1B}jK")
    _ = scene.model.update(.identified(socket: 2, starts: [:]))
    #expect(scene.rule().contains("closing another's socket takes root"))
  }

  @Test("The protocol stays while rows of two are listed, whichever are visible")
  func mixed() {
    var scene = LiveScene(60, 10)
    for port in 1...20 { scene.add(.established, UInt16(port), 7, owner: LiveScene.owner("a", 1)) }
    scene.add(.unconnected, 30, nil, .udp, owner: LiveScene.owner("a", 1))
    scene.read()
    #expect(!scene.rows().contains { $0.contains("udp") })
    #expect(scene.screen().contains { $0.contains("PROTO") })
    scene.press("t")
    scene.press("\u{1B}[F")
    #expect(!scene.rows().contains { $0.contains("udp") })
  }

  @Test("No colour is one that cannot be read on white: plain yellow")
  func yellow() {
    for colour in Colour.allCases { #expect(!colour.start.contains("33m")) }
    for palette in Palette.allCases {
      for style in [LiveStyle.fresh, .changed, .gone, .strong] { #expect(!style.start(palette).contains("33m")) }
    }
  }
}
