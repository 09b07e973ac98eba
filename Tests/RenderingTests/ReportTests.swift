import Foundation
import Query
import Rendering
import SocketModel
import TestSupport
import Testing
import Text

@Suite("Counts, summary, problems, list of columns", .timeLimited)
struct ReportTests {
  private let counts = CountTable(
    fields: [.state, .process],
    groups: [
      .init(values: [.word("listen"), .bytes(Array("nginx".utf8))], count: 12),
      .init(values: [.word("established"), .bytes([0x1B, 0xFF, 0x2C])], count: 3),
      .init(values: [.word("time_wait"), .absent], count: 1),
    ])

  /// The summary of this many sockets of each kind.
  private static func summary(_ kinds: [(Transport, AddressFamily, SocketState, Int)]) -> SummaryText {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    for (transport, family, state, count) in kinds {
      let record = SocketRecord(transport: transport, family: family, state: state)
      snapshot.records += Array(repeating: record, count: count)
    }
    return SummaryText(Summary(of: Array(0..<UInt32(snapshot.records.count)), in: snapshot))
  }

  @Test("Counts are a table with the number first")
  func countTable() {
    #expect(
      Samples.text(counts.table(TableStyle())) == """
        COUNT  STATE        PROCESS
           12  listen       nginx
            3  established  \\e\\xff,
            1  time_wait    -

        """)
  }

  @Test("Counts are JSON and CSV under the names of their fields")
  func countFormats() throws {
    #expect(
      Samples.text(counts.ndjson) == """
        {"state":"listen","process":"nginx","count":12}
        {"state":"established","process":"\\u001b\\ufffd,","process_hex":"1bff2c","count":3}
        {"state":"time_wait","process":null,"count":1}

        """)
    #expect(
      Samples.text(counts.csv)
        == "state,process,count\r\nlisten,nginx,12\r\nestablished,\"\\e\\xff,\",3\r\ntime_wait,,1\r\n")
    let object = try JSONSerialization.jsonObject(with: Data(counts.json)) as? [String: Any]
    #expect((object?["counts"] as? [Any])?.count == 3)
  }

  @Test("Below the totals of a summary are lines of other counts, without those that are 0")
  func summaryLines() {
    let summary = Self.summary([
      (.tcp, .ipv4, .listen, 2), (.tcp, .ipv6, .listen, 1), (.unix, .unix, .listen, 1),
    ])
    #expect(
      Samples.text(summary.table(TableStyle())) == """
        STATE   TCP  UNIX  TOTAL
        listen    3     1      4
        total     3     1      4
        ipv4      2     -      2
        ipv6      1     -      1

        """)
  }

  @Test("The summary has a line per state, a column per transport, and totals; only what occurs is shown")
  func summary() throws {
    let summary = Self.summary([
      (.tcp, .ipv4, .established, 12), (.tcp, .ipv4, .listen, 3), (.udp, .ipv4, .unconnected, 10),
      (.tcp, .ipv6, .established, 1), (.unix, .unix, .listen, 0),
    ])
    #expect(summary.total == 26)
    #expect(
      Samples.text(summary.table(TableStyle())) == """
        STATE        TCP  UDP  TOTAL
        established   13    -     13
        listen         3    -      3
        unconnected    -   10     10
        total         16   10     26
        ipv4          15   10     25
        ipv6           1    -      1

        """)
    #expect(
      Samples.text(summary.counted.csv)
        == "transport,state,count\r\ntcp,established,13\r\ntcp,listen,3\r\nudp,unconnected,10\r\n")
    #expect(Samples.text(Self.summary([]).table(TableStyle())) == "STATE  TOTAL\ntotal      -\n")
  }

  @Test("A problem is one escaped line; many of a kind in one file are counted")
  func problems() {
    let forbidden = Problem(
      subject: .descriptors, cause: .forbidden(.processes(count: 12, of: 340, hidesOthers: false)),
      remedy: .runAsRoot(.owners))
    let malformed = (1...5).map {
      Problem(
        subject: .table(.tcp, path: "net/tcp"),
        cause: .malformed(.column("st", .state(upTo: 12)), line: $0, evidence: [0x1B, 0x0A]))
    }
    #expect(
      Samples.text(ProblemText.warnings([forbidden] + malformed)) == """
        sockinspect: warning: the descriptors of 12 of 340 processes may not be read: sockets may lack owners; run it \
        as root to see all owners: sudo sockinspect
        sockinspect: warning: net/tcp:1: expected a state from 01 to 0C as st: "\\e\\n"
        sockinspect: warning: net/tcp:2: expected a state from 01 to 0C as st: "\\e\\n"
        sockinspect: warning: net/tcp:3: expected a state from 01 to 0C as st: "\\e\\n"
        sockinspect: warning: net/tcp: 2 more of this kind (malformed); --json shows them

        """)
    #expect(ProblemText.warnings([]).isEmpty)
  }

  @Test("The list of columns names every field once and fits the terminal")
  func columnList() {
    let lines = Samples.text(ColumnList.text(TableStyle())).split(separator: "\n")
    let names = lines.filter { $0.hasPrefix("  ") }.compactMap { $0.split(separator: " ").first.map(String.init) }
    #expect(names.sorted() == Field.all.map { $0.description.name }.sorted())
    #expect(lines.count == Field.all.count + FieldRegistry.standard.groups.count)
    for line in Samples.text(ColumnList.text(TableStyle(width: 60))).split(separator: "\n") {
      #expect(TextWidth.columns(String(line)) <= 60)
    }
  }
}
