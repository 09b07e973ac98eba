import Foundation
import TestSupport
import Testing

@testable import Rendering
@testable import SocketModel

@Suite("Traffic as lines, tables and JSON", .timeLimited)
struct TrafficOutputTests {
  private let time = Timestamp(seconds: 1_769_903_999, nanoseconds: 5000)

  private func socket(_ id: UInt64, received: UInt64, sent: UInt64, name: String) -> TrackedSocket {
    var record = SocketRecord(transport: .tcp, family: .ipv4, state: .established)
    record.localBits = 0x7F00_0001
    record.localPort = 1234
    record.remoteBits = 0x7F00_0001
    record.remotePort = UInt16(40000 + id)
    var socket = TrackedSocket(id: id, record: record, at: time, wasThere: true)
    socket.traffic = SocketTraffic(
      ByteCounters(sent: sent + 7, received: received, roundTripTime: 33), since: (7, 0), interval: 500_000_000)
    var owner = EventOwner(pid: 44, name: Array(name.utf8))
    owner.descriptor = 5
    socket.owners = [owner]
    socket.attribution = .descriptor
    return socket
  }

  private var sockets: [TrackedSocket] {
    [socket(1, received: 600_000, sent: 0, name: "server"), socket(2, received: 1, sent: 999, name: "a\u{1B}[b")]
  }

  @Test("lines have the rates scaled and right-aligned, and names escaped")
  func lines() {
    var lines = RateLines(TimestampWriter(.rfc3339))
    let text = String(decoding: lines.render([0, 1], of: Snapshot(sockets: sockets), at: time), as: UTF8.self)
    #expect(
      text == """
        2026-01-31T23:59:59.000005000Z   1.2MB      0B  127.0.0.1:1234         127.0.0.1:40001        server[44] fd 5
        2026-01-31T23:59:59.000005000Z      2B   2.0kB  127.0.0.1:1234         127.0.0.1:40002        a\\e\\x5bb[44] fd 5

        """)
  }

  @Test("JSON has one object a line, with raw numbers")
  func json() throws {
    var ended = sockets
    ended[1].bytesSent = 999
    let bytes = JSONRates.render(
      [1, 0], of: Snapshot(sockets: ended), sockets: ended, at: time, columns: [.local, .sendRate])
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 2)
    #expect(
      lines[0]
        == #"{"schema":"sockinspect.rates/1","time":"2026-01-31T23:59:59.000005000Z","interval_us":500000,"life":2,"ended":true,"rx_rate":2,"tx_rate":1998,"rx_bytes":1,"tx_bytes":999,"rx_bytes_total":1,"tx_bytes_total":1006,"rtt_us":33,"total_retrans":null,"socket":{"local":{"address":"127.0.0.1","port":1234},"tx_rate":1998}}"#
    )
    #expect(lines[1].contains(#""ended":false,"rx_rate":1200000,"tx_rate":0,"#))
  }

  private func totals(_ grouping: TrafficGroups.Grouping) -> TrafficTotals {
    var totals = TrafficTotals(by: grouping)
    let idle = socket(3, received: 0, sent: 0, name: "idle")
    let snapshot = Snapshot(sockets: sockets + [idle])
    totals.add([0, 1, 2], of: snapshot, ids: [1, 2, 3], duration: 500_000_000, listeningPorts: [1234])
    return totals
  }

  @Test("the table has the most bytes first and the total last, and none that sent or received nothing")
  func table() {
    let table = TrafficTable(totals(.process), by: .process)
    let style = TableStyle()
    #expect(
      String(decoding: table.table(style), as: UTF8.self) == """
         RX/s   TX/s     RX    TX  SOCKETS  PROCESS
        1.2MB     0B  600kB    0B        1  server[44]
           2B  2.0kB     1B  999B        1  a\\e\\x5bb[44]
        1.2MB  2.0kB  600kB  999B        3  total

        """)
    #expect(!String(decoding: table.table(style, limit: 1), as: UTF8.self).contains("2.0kB     1B"))
  }

  @Test(
    "the document has what the sockets of a group have in common", arguments: TrafficGroups.Grouping.allCases)
  func document(grouping: TrafficGroups.Grouping) throws {
    let table = TrafficTable(totals(grouping), by: grouping)
    var notCounted = TrafficTable.NotCounted()
    notCounted.udp = 3
    let bytes = table.json(SnapshotMeta(source: "test"), notCounted, problems: [], command: "top")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    #expect(Set(object.keys) == ["meta", "groups", "total", "not_counted"])
    #expect((object["meta"] as? [String: Any])?["duration_us"] as? Int == 500_000)
    #expect((object["not_counted"] as? [String: Any])?["udp_sockets"] as? Int == 3)
    let total = try #require(object["total"] as? [String: Any])
    #expect(total["rx_bytes"] as? Int == 600_001 && total["tx_rate"] as? Int == 1998 && total["sockets"] as? Int == 3)
    let groups = try #require(object["groups"] as? [[String: Any]])
    let keys: Set<String> =
      switch grouping {
      case .process: ["pid", "process"]
      case .workload: ["workload"]
      case .peer: ["peer"]
      case .port: ["port"]
      case .netns: ["netns", "netns_name"]
      }
    #expect(groups.count == (grouping == .process ? 2 : 1))
    let figures: Set<String> = ["rx_rate", "tx_rate", "rx_bytes", "tx_bytes", "sockets"]
    #expect(Set(try #require(groups.first).keys) == keys.union(figures))
    if grouping == .port { #expect(groups.first?["port"] as? Int == 1234) }
    if grouping == .workload { #expect(groups.first?["workload"] is NSNull) }
  }
}
