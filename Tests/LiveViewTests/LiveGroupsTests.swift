import TestSupport
import Testing

@testable import LiveView
@testable import Rendering
@testable import SocketModel

@Suite("Groups of the live view", .timeLimited)
struct LiveGroupsTests {
  /// Four connections of `a[1]`, six of `b[2]`, and a listener without a known owner.
  private static func scene(_ columns: Int = 100, _ rows: Int = 24) -> LiveScene {
    var scene = LiveScene(columns, rows)
    for index in 0..<10 {
      scene.add(
        .established, UInt16(100 + 10 * index), index < 7 ? 7 : 8,
        owner: LiveScene.owner(index < 4 ? "a" : "b", index < 4 ? 1 : 2))
    }
    scene.add(.listen, 99, nil)
    scene.read()
    return scene
  }

  private func headings(_ scene: inout LiveScene) -> [String] {
    scene.rows().filter { $0.dropFirst().first == "▾" || $0.dropFirst().first == "▸" }.map { row in
      String(row.dropFirst(3))
    }
  }

  private func ports(_ scene: inout LiveScene) -> [Int] {
    scene.rows().compactMap { row in row.firstMatch(of: #/127\.0\.0\.1:(\d+)/#).flatMap { Int($0.1) } }
  }

  @Test("the largest group comes first, o orders by name, and what has no owner comes last")
  func order() {
    var scene = Self.scene()
    scene.press("g")
    #expect(headings(&scene) == ["b[2]  6  established 6", "a[1]  4  established 4", "-  1  listen 1"])
    #expect(ports(&scene) == [140, 150, 160, 170, 180, 190, 100, 110, 120, 130, 99])
    // Rows of sockets that have ended do not make a group larger.
    var later = scene
    for id in 5...9 { later.sockets[UInt64(id)]?.closed = LiveScene.moment(1) }
    later.read([later.event(.closed, 10, at: LiveScene.moment(1))], at: 1)
    #expect(headings(&later)[0] == "a[1]  4  established 4" && headings(&later)[1].hasPrefix("b[2]  0  gone 6"))
    scene.press("oo")
    #expect(headings(&scene).map { $0.prefix(4) } == ["a[1]", "b[2]", "-  1"])
    #expect(scene.rule().contains("groups by name"))
  }

  @Test("rows are grouped by process, workload, peer, port, state and namespace in turn")
  func groupings() {
    var scene = Self.scene(100, 40)
    scene.press("ggg")
    #expect(headings(&scene) == ["127.0.0.1  10  established 10", "-  1  listen 1"])
    scene.press("g")
    // A listener's port is its own, a client's that of the server.
    #expect(headings(&scene) == ["7  7  established 7", "8  3  established 3", "99  1  listen 1"])
    scene.press("g")
    #expect(headings(&scene) == ["established  10", "listen  1"])
    scene.press("g")
    #expect(headings(&scene) == ["-  11  established 10  listen 1"])
    scene.press("g")
    #expect(headings(&scene).isEmpty && ports(&scene).count == 11)
  }

  @Test("headings are selected like rows; Space, Enter, Left and Right fold them, and * all of them")
  func folds() {
    var scene = Self.scene()
    scene.press("gj")
    #expect(scene.rows()[0].hasPrefix(">▾ b[2]"))
    scene.press(" ")
    #expect(scene.rows()[0].hasPrefix(">▸ b[2]  6"))
    #expect(ports(&scene) == [100, 110, 120, 130, 99])
    scene.press("\r")
    #expect(ports(&scene).count == 11)
    // From a socket, Left goes to its heading.
    scene.press("jj\u{1B}[D")
    #expect(scene.rows()[0].hasPrefix(">▸ b[2]"))
    scene.press("\u{1B}[C")
    #expect(scene.rows()[0].hasPrefix(">▾ b[2]"))
    scene.press("*")
    #expect(ports(&scene).isEmpty && headings(&scene).count == 3)
    scene.press("*")
    #expect(ports(&scene).count == 11)
  }

  @Test("what is folded stays so while a filter comes and goes, and the match is found in it")
  func remembered() {
    var scene = Self.scene()
    scene.press("gj ")
    scene.press("/established\r")
    #expect(headings(&scene) == ["b[2]  6  established 6", "a[1]  4  established 4"])
    #expect(ports(&scene) == [100, 110, 120, 130])
    scene.press("\u{1B}\u{1B}")
    #expect(ports(&scene) == [100, 110, 120, 130, 99])
    scene.press("/:160\rn")
    #expect(scene.rows().first { $0.hasPrefix(">") }?.contains("127.0.0.1:160") == true)
  }

  @Test("what fills more than two screens is folded first: 5,000 sockets of 12 processes are 12 rows")
  func many() {
    var scene = LiveScene(100, 24)
    for index in 0..<5000 {
      let process = index % 12
      scene.add(
        .established, UInt16(10000 + index), 7, owner: LiveScene.owner("p\(process)", Int32(100 + process)))
    }
    scene.read()
    scene.press("g")
    #expect(scene.rows().filter { !$0.isEmpty }.count == 12)
    #expect(headings(&scene).allSatisfy { $0.contains("  established 41") })
    #expect(scene.screen()[0].contains("5,000 sockets"))
  }
}
