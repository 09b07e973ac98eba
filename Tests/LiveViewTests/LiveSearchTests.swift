import TestSupport
import Testing

@testable import LiveView
@testable import Query
@testable import Rendering
@testable import SocketModel

@Suite("The filter of the live view", .timeLimited)
struct LiveSearchTests {
  private static func scene(usesColour: Bool = true, query: String = "") -> LiveScene {
    var scene = LiveScene(100, 24, usesColour: usesColour)
    for index in 0..<10 {
      scene.add(
        .established, UInt16(100 + 10 * index), 7, owner: LiveScene.owner(index < 4 ? "nginx" : "sshd", Int32(index)))
    }
    scene.add(.listen, 443, nil)
    if !query.isEmpty {
      var settings = scene.model.settings
      settings.query = query
      scene.model = LiveModel(settings, canvas: scene.model.canvas, at: LiveScene.start)
    }
    scene.read()
    return scene
  }

  private func ports(_ scene: inout LiveScene) -> [Int] {
    scene.rows().compactMap { row in row.firstMatch(of: #/127\.0\.0\.1:(\d+)/#).flatMap { Int($0.1) } }
  }

  @Test("words filter with every letter, and a word after ! leaves out")
  func words() {
    var scene = Self.scene()
    scene.press("/ngi")
    #expect(ports(&scene) == [100, 110, 120, 130])
    scene.press("\u{15}!nginx")
    #expect(ports(&scene) == [140, 150, 160, 170, 180, 190, 443])
    scene.press("\u{15}  listen  \r")
    #expect(scene.rule().contains("filter listen ─"))
    scene.press("/\u{15}listen")
    #expect(ports(&scene) == [443])
  }

  @Test("what is unfinished is no mistake until Enter is pressed")
  func unfinished() {
    var scene = Self.scene()
    scene.press("/sport =")
    #expect(scene.screen().last?.contains("!") == false)
    #expect(scene.screen().last?.contains("... unfinished") == true)
    #expect(ports(&scene).count == 11)
    scene.press("\r")
    #expect(scene.screen().last?.contains("! the value is missing") == true)
    scene.press(" :150\r")
    #expect(ports(&scene) == [150])
  }

  @Test("Escape takes off one condition after the other")
  func stepwise() {
    var scene = Self.scene()
    scene.press("/nginx state established ( :100 or :110 )\r")
    #expect(ports(&scene) == [100, 110])
    scene.press("\u{1B}")
    #expect(scene.rule().contains("filter nginx state established ─"))
    #expect(ports(&scene).count == 4)
    scene.press("\u{1B}")
    #expect(scene.rule().contains("filter nginx ─"))
    scene.press("\u{1B}")
    #expect(!scene.rule().contains("filter") && ports(&scene).count == 11)
  }

  @Test("Up and Down recall earlier filters, and come back to what was typed")
  func history() {
    var scene = Self.scene()
    scene.press("/nginx\r/\u{15}sshd\r/\u{15}:4")
    scene.press("\u{1B}[A")
    #expect(scene.screen().last?.hasPrefix("filter: sshd ") == true)
    #expect(ports(&scene).count == 6)
    scene.press("\u{1B}[A\u{1B}[A")
    #expect(scene.screen().last?.hasPrefix("filter: nginx ") == true)
    scene.press("\u{1B}[B\u{1B}[B")
    #expect(scene.screen().last?.hasPrefix("filter: :4 ") == true)
  }

  @Test("the query of the command line is the first filter: shown, edited, and recalled")
  func commandLine() {
    var scene = Self.scene(query: "nginx :110")
    #expect(ports(&scene) == [110])
    #expect(scene.rule().contains("filter nginx :110"))
    scene.press("/")
    #expect(scene.screen().last?.hasPrefix("filter: nginx :110 ") == true)
    scene.press("\u{17}\r")
    #expect(ports(&scene).count == 4)
    scene.press("\u{1B}/\u{1B}[A\u{1B}[A\r")
    #expect(ports(&scene) == [110])
  }

  @Test("n and N go round the sockets that the filter found, and say so when there is no filter")
  func next() {
    var scene = Self.scene()
    func selected() -> String? {
      scene.rows().first { $0.hasPrefix(">") }?.firstMatch(of: #/:(\d+)/#).map { String($0.1) }
    }
    scene.press("n")
    #expect(scene.rule().contains("there is no filter"))
    scene.press("/nginx\rn")
    #expect(selected() == "100")
    scene.press("nnnn")
    #expect(selected() == "100")
    scene.press("N")
    #expect(selected() == "130")
  }

  @Test("what a filter found is marked in its cell, also in the selected row and without colour")
  func marks() {
    func raw(_ usesColour: Bool, _ keys: String) -> String {
      var scene = Self.scene(usesColour: usesColour)
      _ = scene.model.frame()
      scene.press(keys)
      return String(decoding: scene.model.frame(), as: UTF8.self)
    }
    let text = raw(true, "/ssh\r")
    #expect(text.contains("\u{1B}[30;43mssh\u{1B}[0md[4]"))
    #expect(raw(true, "/:150\r").contains("127.0.0.1:\u{1B}[0m\u{1B}[30;43m150\u{1B}[0m"))
    #expect(raw(true, "/:150\rj").contains("\u{1B}[30;43m150\u{1B}[0m\u{1B}[7m"))
    #expect(raw(false, "/listen\r").contains("\u{1B}[1;4mlisten\u{1B}[0m"))
    // What a word leaves out is nowhere.
    #expect(!raw(true, "/!ssh\r").contains("\u{1B}[30;43m"))
  }

  @Test("a filter on what scans do not collect names the command that collects it, and changes nothing")
  func uncollected() {
    var scene = Self.scene()
    var settings = scene.model.settings
    settings.uncollected = [.congestion]
    scene.model = LiveModel(settings, canvas: scene.model.canvas, at: LiveScene.start)
    scene.read()
    scene.press("/congestion = cubic\r")
    #expect(scene.screen().last?.contains("! congestion is not read here: begin with sockinspect watch") == true)
    #expect(ports(&scene).count == 11)
  }
}
