import Query
import Rendering
import SocketModel
import TestSupport
import Testing

@testable import CommandLine
@testable import sockinspect

/// Fields that no other code knows of: each is declared here and nowhere else.
@Suite("A field that is declared in one place", .timeLimited)
struct AddedFieldTests {
  private static let queued = Field(number: Field.addedNumbers)
  private static let load = Field(number: Field.addedNumbers + 1)
  private static let isIdle = Field(number: Field.addedNumbers + 2)

  private static let registry = FieldRegistry.standard
    .adding(
      FieldDeclaration(
        queued, "queued", "QUEUED", .number, unit: "bytes", aliases: ["bothq"], json: JSONPlace("sums.queued"),
        .number { sum($0) }, "bytes in both queues"),
      to: "Queues and counters"
    )
    .adding(
      FieldDeclaration(
        load, "load", "LOAD", .word, json: JSONPlace("load"),
        .word(
          FieldWords(
            "load", areOrdered: true, name: { $0 < 2 ? ["light", "heavy"][Int($0)] : nil },
            spellings: { [("light", 0), ("heavy", 1)] })
        ) { sum($0).map { $0 < 10 ? 0 : 1 } }, "whether much is queued"),
      to: "Queues and counters"
    )
    .adding(
      FieldDeclaration(
        isIdle, "idle", "IDLE", .flag, json: JSONPlace("idle"), .flag { sum($0).map { $0 == 0 } }, "whether nothing is"),
      to: "Identity")

  private static func sum(_ record: SocketRecord) -> UInt64? {
    record.known.isSuperset(of: [.receiveQueue, .sendQueue])
      ? UInt64(record.receiveQueue) + UInt64(record.sendQueue) : nil
  }

  /// Four sockets: 5 and 12 bytes are queued, nothing, and an unknown amount.
  private static let snapshot: Snapshot = {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    for (receive, send) in [(2, 3), (12, 0), (0, 0)] as [(UInt32, UInt32)] {
      var record = SocketRecord(transport: .tcp, family: .ipv4, state: .established)
      record.known = [.receiveQueue, .sendQueue]
      (record.receiveQueue, record.sendQueue) = (receive, send)
      record.localPort = UInt16(snapshot.records.count + 1)
      snapshot.records.append(record)
    }
    snapshot.records.append(SocketRecord(transport: .unix, family: .unix, state: .listen))
    return snapshot
  }()

  private static let rows: [UInt32] = [0, 1, 2, 3]
  /// The fields, which are known as soon as the registry is made.
  private static let columns = {
    _ = registry
    return [queued, load, isIdle]
  }()

  private func lines(_ bytes: [UInt8]) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
  }

  @Test("it is a column of tables and CSV, and a member of flat JSON")
  func columns() {
    let table = Table(Self.snapshot, rows: Self.rows[...], style: TableStyle(columns: Self.columns))
    #expect(
      lines(table.header + table.render(rows: Self.rows[...]))
        == ["QUEUED  LOAD   IDLE", "     5  light  no", "    12  heavy  no", "     0  light  yes", "     -  -      -"])
    let csv = CSVOutput(Self.snapshot, columns: Self.columns)
    #expect(
      lines(csv.header + csv.render(rows: Self.rows[...]))
        == ["queued,load,idle", "5,light,false", "12,heavy,false", "0,light,true", ",,"])
    #expect(
      lines(JSONOutput(Self.snapshot, columns: Self.columns).render(rows: [1, 3]))
        == [
          #"{"queued":12,"load":"heavy","idle":false}"#, #"{"queued":null,"load":null,"idle":null}"#,
        ])
  }

  @Test("it is a member of whole JSON objects, at its path behind those that were there before")
  func wholeObjects() {
    let ends = [
      #","sums":{"queued":5},"load":"light","idle":false}"#, #","sums":{"queued":12},"load":"heavy","idle":false}"#,
      #","sums":{"queued":0},"load":"light","idle":true}"#, #","sums":null,"load":null,"idle":null}"#,
    ]
    let before = lines(JSONOutput(Self.snapshot).render(rows: Self.rows[...])).map { $0.dropLast() }
    let after = lines(JSONOutput(Self.snapshot, of: Self.registry).render(rows: Self.rows[...]))
    #expect(after == zip(before, ends).map { $0 + $1 })
  }

  @Test(
    "queries compare it",
    arguments: [
      ("queued = 12", [1]), ("bothq > 0", [0, 1]), ("queued != 5", [1, 2, 3]), ("queued = *", [0, 1, 2]),
      ("queued = recv_queue", [1, 2]), ("queued >= 0.5k", []), ("load = heavy", [1]), ("load = l*", [0, 2]),
      ("load != light", [1, 3]), ("idle", [2]), ("idle = no", [0, 1]), ("not idle", [0, 1, 3]),
    ])
  func queries(text: String, matching: [UInt32]) throws {
    var names = NameTables()
    names.fields = Self.registry
    #expect(try Query.parse(text, names: names).rows(of: Self.snapshot) == matching)
    #expect(throws: QueryError.self) { try Query.parse(text) }
  }

  @Test("rows are sorted and counted by it")
  func order() throws {
    var rows = Self.rows
    try SortOrder.parse("-queued", fields: Self.registry).sort(&rows, of: Self.snapshot)
    #expect(rows == [1, 0, 2, 3])
    try SortOrder.parse("-load,queued", fields: Self.registry).sort(&rows, of: Self.snapshot)
    #expect(rows == [1, 2, 0, 3])
    let groups = try CountBy.parse("load,idle", fields: Self.registry).groups(of: Self.rows, in: Self.snapshot)
    let counts = CountTable(fields: [Self.load, Self.isIdle], groups: groups)
    #expect(lines(counts.csv) == ["load,idle,count", ",,1", "heavy,false,1", "light,false,1", "light,true,1"])
  }

  @Test("the list of columns, the help and the manual page explain it")
  func help() {
    let list = lines(ColumnList.text(TableStyle(), of: Self.registry))
    #expect(list.contains { $0.split(separator: " ").prefix(3) == ["queued", "QUEUED", "bytes"] })
    #expect(list.contains { $0.hasPrefix("  load ") && $0.hasSuffix("  whether much is queued") })
    let help = HelpText.columns(of: Self.registry).split(separator: "\n")
    #expect(help.contains { $0.hasPrefix("  queued ") && $0.hasSuffix("bytes in both queues (bytes); also bothq") })
    let page = ManualPage(.sockinspect).text(of: Self.registry)
    #expect(page.contains(".It \\fBqueued (bytes)\\fP\n"))
    #expect(page.contains("Bytes in both queues.\nAlso: bothq.\n"))
    #expect(!ManualPage(.sockinspect).text().contains("both queues"))
  }
}
