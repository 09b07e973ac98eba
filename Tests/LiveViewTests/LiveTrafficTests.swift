import Foundation
import TestSupport
import Testing

@testable import LiveView
@testable import Rendering
@testable import SocketModel

@Suite("Bytes in the live view", .timeLimited)
struct LiveTrafficTests {
  /// Traffic of one second.
  private static func traffic(_ received: UInt64, _ sent: UInt64) -> SocketTraffic {
    SocketTraffic(
      ByteCounters(sent: sent + 500, received: received + 500, roundTripTime: 250, retransmits: 3),
      since: (sent: 500, received: 500), interval: 1_000_000_000)
  }

  private static func interval(_ number: Int, ended: [TrackedSocket] = []) -> TrafficInterval {
    var interval = TrafficInterval()
    interval.number = number
    interval.duration = 1_000_000_000
    interval.ended = ended
    return interval
  }

  /// Three connections of two processes, of which two have bytes.
  private static func scene(_ columns: Int = 120, _ rows: Int = 24) -> LiveScene {
    var scene = LiveScene(columns, rows)
    var settings = scene.model.settings
    settings.columns = [.transport, .state, .local, .peer, .receiveRate, .sendRate, .tcp(.rtt), .owners]
    scene.model = LiveModel(settings, canvas: scene.model.canvas, at: LiveScene.start)
    for (port, owner) in [(UInt16(100), "a"), (110, "b"), (120, "b")] {
      scene.add(.established, port, 7, owner: LiveScene.owner(owner, owner == "a" ? 1 : 2))
    }
    scene.sockets[1]?.traffic = traffic(1000, 20)
    scene.sockets[2]?.traffic = traffic(2_000_000, 0)
    read(&scene, interval(2), at: 1)
    return scene
  }

  private static func read(
    _ scene: inout LiveScene, _ interval: TrafficInterval, _ events: [SocketEvent] = [], at second: Double
  ) {
    _ = scene.model.update(.tick(LiveScene.moment(second)))
    var data = LiveData(sockets: scene.sockets, events: events, at: LiveScene.moment(second))
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.meta.time = LiveScene.moment(second)
    data.snapshot = snapshot
    data.traffic = interval
    _ = scene.model.update(.data(data))
  }

  @Test("rows have their rates, unknown is a hyphen, and the head line has the sum of all")
  func rates() {
    var scene = Self.scene()
    let rows = scene.rows()
    #expect(rows[0].contains(#/127\.0\.0\.1:100 .*1\.0kB +20B +250 +a\[1\]/#))
    #expect(rows[1].contains(#/127\.0\.0\.1:110 .*2\.0MB +0B/#))
    #expect(rows[2].contains(#/127\.0\.0\.1:120 .* - +- +- +b\[2\]/#))
    #expect(scene.screen()[1].contains("rx ▁") == false)
    #expect(scene.screen()[1].contains(#/rx .*2\.0MB\/s   tx .*20B\/s/#))
  }

  @Test("while keys come to many rows, the sum is that of the rows, and each interval is plotted once")
  func manyRows() {
    var scene = Self.scene()
    for port in 0..<UInt16(LiveModel.manyRows) {
      scene.add(.established, 20_000 + port, 9, owner: LiveScene.owner("a", 1))
    }
    Self.read(&scene, Self.interval(3), at: 2)
    _ = scene.screen()
    scene.press("/e")
    _ = scene.screen()
    let plotted = scene.model.traffic.received.count
    scene.sockets[2]?.traffic = Self.traffic(5_000_000, 0)
    Self.read(&scene, Self.interval(4), at: 2.2)
    scene.press("s")
    #expect(scene.screen()[1].contains(#/rx .*2\.0MB\/s/#), "these rows are of the scan before")
    #expect(scene.model.traffic.received.count == plotted)
    Self.read(&scene, Self.interval(4), at: 3.5)
    #expect(scene.screen()[1].contains(#/rx .*5\.0MB\/s/#))
    #expect(scene.model.traffic.received.count == plotted + 1)
    #expect(scene.model.traffic.received.last == 5_001_000)
  }

  /// As many connections as rows are kept for, and those of the scene.
  private static func crowdedScene() -> LiveScene {
    var scene = scene()
    for port in 0..<UInt16(LiveModel.manyRows) {
      scene.add(.established, 20_000 + port, 9, owner: LiveScene.owner("a", 1))
    }
    read(&scene, interval(3), at: 2)
    _ = scene.screen()
    return scene
  }

  @Test("where few of many sockets change, the first key after a long pause has rows, and the sum stays the newest")
  func firstKey() {
    var scene = Self.crowdedScene()
    #expect(scene.model.rows?.interval == 3)
    for number in 4...60 {
      scene.sockets[2]?.traffic = Self.traffic(UInt64(number) * 1_000_000, 0)
      Self.read(&scene, Self.interval(number), at: Double(number - 1))
      _ = scene.screen()
    }
    // What no event reports, such as owners and figures, is not older than some seconds.
    let kept = scene.model.rows?.interval ?? 0
    #expect(kept < 60 && kept >= 50)
    scene.press("s")
    _ = scene.screen()
    #expect(scene.model.rows?.interval == kept && scene.model.sortField == .transport)
    #expect(scene.screen()[1].contains(#/rx .*60\.0MB\/s/#))
    Self.read(&scene, Self.interval(60), at: 60)
    _ = scene.screen()
    #expect(scene.model.rows?.interval == 60)
  }

  @Test("where many change, rows are dropped between keys; where others come, at once")
  func droppedRows() {
    var scene = Self.crowdedScene()
    var events: [SocketEvent] = []
    for port in 0..<UInt16(100) {
      let id = scene.add(.established, 50_000 + port, 9, owner: LiveScene.owner("b", 2))
      events.append(scene.event(.opened, id, at: LiveScene.moment(3)))
    }
    Self.read(&scene, Self.interval(4), events, at: 3)
    _ = scene.screen()
    #expect(scene.model.rows == nil)

    scene = Self.crowdedScene()
    scene.press("p")
    scene.press("p")
    #expect(scene.model.rows == nil)
    _ = scene.screen()
    #expect(scene.model.rows != nil)
    scene.model.cover(allNamespaces: true)
    #expect(scene.model.rows == nil)
  }

  @Test("a click or s sorts by the rate, the largest first")
  func sorts() {
    var scene = Self.scene()
    let column = scene.screen()[2].range(of: "RX/s").map {
      scene.screen()[2].distance(from: scene.screen()[2].startIndex, to: $0.lowerBound)
    }
    scene.press("\u{1B}[<0;\((column ?? 0) + 2);3M")
    #expect(scene.rule().contains("sort rx_rate, descending"))
    #expect(scene.screen()[2].contains("RX/s▼"))
    let ports = scene.rows().compactMap { $0.firstMatch(of: #/:(1\d\d) /#).map { String($0.1) } }
    #expect(ports == ["110", "100", "120"])
    scene.press("\u{1B}[<0;\((column ?? 0) + 2);3M")
    #expect(scene.screen()[2].contains("RX/s▲"))
  }

  @Test("groups have sums, with those of sockets that no scan met, and o orders by them")
  func groups() throws {
    var scene = Self.scene()
    var record = try #require(scene.sockets[1]?.record)
    record.localPort = 200
    var short = TrackedSocket(id: 99, record: record, at: LiveScene.start, wasThere: false)
    short.owners = [LiveScene.owner("short", 9)]
    short.scope = .watched
    short.traffic = Self.traffic(5_000_000, 5)
    short.closed = LiveScene.moment(1)
    Self.read(&scene, Self.interval(3, ended: [short]), at: 2)
    #expect(scene.screen()[1].contains("7.0MB/s"))
    scene.press("go")
    let headings = scene.rows().filter { $0.contains("▾") }
    #expect(headings.map { $0.dropFirst(3).prefix(8) } == ["short[9]", "b[2]  2 ", "a[1]  1 "])
    #expect(headings[0].contains("  0  rx 5.0MB/s tx 5B/s"))
    #expect(headings[1].contains("rx 2.0MB/s tx 0B/s"))
    // A filter on something else has other sums.
    scene.press("/:110\r")
    Self.read(&scene, Self.interval(4), at: 3)
    #expect(scene.screen()[1].contains("2.0MB/s"))
  }

  @Test("the selected row has its rates and their course in the rule, and wide rows have a plot")
  func courses() {
    var scene = Self.scene(160)
    scene.press("j")
    for second in 2...4 {
      scene.sockets[1]?.traffic = Self.traffic(UInt64(1000 * second), 0)
      scene.sockets[2]?.traffic = Self.traffic(UInt64(5000 * second), 0)
      Self.read(&scene, Self.interval(second + 1), at: Double(second))
      _ = scene.screen()
    }
    #expect(scene.rule().contains("rx 4.0kB/s tx 0B/s ▅▇█") || scene.rule().contains("rx 4.0kB/s tx 0B/s ▄▆█"))
    #expect(scene.screen()[2].hasSuffix("BYTES/s"))
    #expect(scene.rows()[1].hasSuffix("█"))
  }

  @Test("without counters there are no figures of bytes")
  func none() {
    var scene = LiveScene(120, 24)
    scene.add(.established, 100, 7)
    scene.read()
    #expect(!scene.screen()[1].contains("rx"))
  }
}
