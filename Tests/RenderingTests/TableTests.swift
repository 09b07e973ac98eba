import SocketModel
import TestSupport
import Testing
import Text

@testable import Rendering

@Suite("Table", .timeLimited)
struct TableTests {
  @Test("tcp_info in a table: options and states in words, the unit of times in the heading, when the owner started")
  func words() {
    var snapshot = Samples.internet()
    var metrics = TCPMetrics()
    metrics[.rtt] = 27
    metrics[.options] = 7
    metrics[.congestionState] = 3
    var detail = SocketDetail()
    detail.tcp = metrics
    snapshot.details = [detail]
    snapshot.records[0].detailIndex = 0
    snapshot.meta.bootTime = 1_700_000_000
    snapshot.processes[0].startTime = 1000
    let columns: [Field] = [.tcp(.rtt), .tcp(.options), .tcp(.congestionState), .processStart]
    let draft = TableDraft(snapshot, style: TableStyle(columns: columns))
    let table = draft.table(draft.measure([0, 1]))
    #expect(
      Samples.text(table.header + table.render(rows: [0, 1])) == """
        RTT us  OPTIONS         CASTATE   STARTED
            27  ts,sack,wscale  recovery  2023-11-14T22:13:30Z
             -  -               -         2023-11-14T22:13:30Z

        """)
    #expect(
      Samples.text(CSVOutput(snapshot, columns: columns).render(rows: [0])) == "27,7,3,1700000010\r\n")
  }

  private func draw(_ snapshot: Snapshot, _ style: TableStyle) -> [String] {
    let table = Table(snapshot, rows: Samples.rows(snapshot), style: style)
    let text = Samples.text(table.header + table.render(rows: Samples.rows(snapshot)))
    return text.split(separator: "\n").map(String.init)
  }

  @Test("A process that has the name of a missing value is not taken for one")
  func dash() {
    var snapshot = Samples.internet()
    snapshot.processes[0].name = [UInt8(ascii: "-")]
    snapshot.processes[1].name = Array("a,b".utf8)
    let lines = draw(snapshot, TableStyle(columns: [.state, .process]))
    #expect(
      lines == [
        "STATE        PROCESS", "listen       \\x2d", "listen       \\x2d", "established  \\x2d,a\\x2cb",
        "time_wait    -", "unconnected  -",
      ])
  }

  @Test("On a pipe every column is shown whole and aligned, without trailing blanks")
  func pipe() {
    #expect(
      draw(Samples.internet(), TableStyle()) == [
        "PROTO  STATE        RECV-Q  SEND-Q  LOCAL           PEER                  OWNERS",
        "tcp    listen            2    4096  127.0.0.1:1234  -                     python3[4112] fd 3",
        "tcp    listen            0       0  [::]:80         -                     python3[4112] fd 4,5",
        "tcp    established       0       0  [::1]:80        [2001:db8::25]:40000  "
          + "python3[4112] fd 6, tmux: server[4113] fd 7",
        "tcp    time_wait         -       -  127.0.0.1:1234  127.0.0.1:40001       -",
        "udp    unconnected       0       0  0.0.0.0:68      -                     -",
      ])
  }

  @Test("A narrower terminal hides the least important columns first and never lets a line wrap")
  func narrow() {
    let snapshot = Samples.internet()
    for width in 20...140 {
      for line in draw(snapshot, TableStyle(width: width)) {
        #expect(TextWidth.columns(line) <= width, "width \(width)")
      }
    }
    #expect(
      draw(snapshot, TableStyle(width: 76)) == [
        "PROTO  STATE        LOCAL           PEER                  OWNERS",
        "tcp    listen       127.0.0.1:1234  -                     python3[4112]",
        "tcp    listen       [::]:80         -                     python3[4112]",
        "tcp    established  [::1]:80        [2001:db8::25]:40000  python3[4112] +1",
        "tcp    time_wait    127.0.0.1:1234  127.0.0.1:40001       -",
        "udp    unconnected  0.0.0.0:68      -                     -",
      ])
    #expect(
      draw(snapshot, TableStyle(width: 40)) == [
        "PROTO  STATE        LOCAL      PEER",
        "tcp    listen       …0.1:1234  -",
        "tcp    listen       [::]:80    -",
        "tcp    established  [::1]:80   …5]:40000",
        "tcp    time_wait    …0.1:1234  ….1:40001",
        "udp    unconnected  …0.0.0:68  -",
      ])
  }

  @Test("A narrow terminal keeps the columns that were asked for longer than those that are there by default")
  func asked() {
    let snapshot = Samples.internet()
    let columns: [Field] = [.transport, .state, .receiveQueue, .sendQueue, .local, .peer, .inode, .owners]
    let style = TableStyle(columns: columns, width: 84)
    #expect(draw(snapshot, style).first?.contains("INODE") == false)
    var asked = style
    asked.asked = [.inode]
    #expect(draw(snapshot, asked).first?.contains("INODE") == true)
    #expect(Table(snapshot, rows: Samples.rows(snapshot), style: asked).hidden.contains(.receiveQueue))
  }

  @Test("Rows drawn in parts, measured in parts, are the rows drawn at once")
  func parts() {
    let snapshot = Samples.internet()
    let rows = Samples.rows(snapshot)
    for width in [nil, 60] as [Int?] {
      let style = TableStyle(width: width, usesColour: true)
      let draft = TableDraft(snapshot, style: style)
      var widths = draft.measure(rows[0..<2])
      widths.merge(draft.measure(rows[2...]))
      let table = draft.table(widths)
      let whole = Table(snapshot, rows: rows, style: style)
      #expect(table.header == whole.header)
      #expect(table.render(rows: rows[0..<3]) + table.render(rows: rows[3...]) == whole.render(rows: rows))
      #expect(table.hidden == whole.hidden)
    }
  }

  @Test("No name reaches the terminal unescaped or breaks the alignment, whatever its bytes")
  func hostile() {
    var generator = SeededGenerator()
    for _ in 0..<200 {
      let names = (0..<5).map { _ in generator.hostileBytes(upTo: 40) }
      let snapshot = Samples.unix(names, process: generator.hostileBytes(upTo: 15))
      let width = Bool.random(using: &generator) ? Int.random(in: 1...100, using: &generator) : nil
      let style = TableStyle(columns: TableStyle.defaultColumns(for: [.unix]) + [.process, .inode], width: width)
      let table = Table(snapshot, rows: Samples.rows(snapshot), style: style)
      let bytes = table.header + table.render(rows: Samples.rows(snapshot))
      #expect(!bytes.contains { $0 != 0x0A && ($0 < 0x20 || $0 == 0x7F) }, "seed \(generator.seed)")
      let text = String(validating: bytes, as: UTF8.self)
      let lines = text?.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) ?? []
      #expect(lines.count == names.count + 1, "seed \(generator.seed)")
      #expect(!lines.contains { $0.unicodeScalars.contains { (0x80..<0xA0).contains($0.value) || $0 == "\u{202E}" } })
      // The last column holds numbers and is right-aligned, so that all lines end in the same
      // column.
      if width == nil { #expect(Set(lines.map { TextWidth.columns($0) }).count == 1, "seed \(generator.seed)") }
      if let width { #expect(lines.allSatisfy { TextWidth.columns($0) <= max(width, 1) }, "seed \(generator.seed)") }
    }
  }

  @Test("Text is never mistaken for a missing value, and its outer blanks show")
  func confusable() {
    let snapshot = Samples.unix([[], [0x2D], [0x20, 0x61, 0x20], [0], [0, 0x61, 0]], process: [])
    #expect(
      draw(snapshot, TableStyle(columns: [.path, .process])) == [
        "PATH       PROCESS", "-          \"\"", "\\x2d       \"\"", "\\x20a\\x20  \"\"", "@          \"\"",
        "@a@        \"\"",
      ])
  }

  @Test("The first bracket after a process's name is this program's, also when the name has brackets")
  func brackets() {
    let snapshot = Samples.unix([[0x61]], process: Array("x[1] fd 2".utf8))
    #expect(draw(snapshot, TableStyle(columns: [.owners], hasHeader: false)) == ["x\\x5b1] fd 2[7] fd 0"])
  }

  @Test("Names of hosts and services replace numbers, escaped")
  func names() {
    let snapshot = Samples.internet()
    var names = ShownNames(tcpServices: [80: "http"])
    names.hosts = [IPAddress(ipv4: 0x7F00_0001): "local\u{1B}host", IPAddress(ipv6: 1): "six"]
    #expect(
      draw(snapshot, TableStyle(columns: [.local, .localPort, .localAddress], hasHeader: false, names: names)) == [
        "local\\ehost:1234  1234  local\\ehost", "[::]:http         http  ::", "six:http          http  six",
        "local\\ehost:1234  1234  local\\ehost", "0.0.0.0:68          68  0.0.0.0",
      ])
  }

  @Test("Colour adds escape sequences and changes nothing else")
  func colour() {
    let snapshot = Samples.internet()
    let plain = draw(snapshot, TableStyle())
    let coloured = draw(snapshot, TableStyle(usesColour: true))
    #expect(coloured != plain)
    #expect(coloured.joined().contains("\u{1B}[32mestablished\u{1B}[0m"))
    #expect(coloured.map { $0.replacing(/\u{1B}\[[0-9;]*m/, with: "") } == plain)
  }

  @Test("Addresses are written in the form that the model gives them")
  func addresses() {
    var generator = SeededGenerator()
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    for row in 0..<2000 {
      var record = SocketRecord(transport: .tcp, family: row % 4 == 0 ? .ipv4 : .ipv6, state: .established)
      for group in 0..<8 where Bool.random(using: &generator) {
        let digits =
          UInt16.random(in: 0...UInt16.max, using: &generator) >> UInt16.random(in: 0...15, using: &generator)
        record.localBits |= UInt128(digits) << UInt128(16 * group)
      }
      if row % 7 == 0 { record.localBits = record.localBits & 0xFFFF_FFFF | 0xFFFF_0000_0000 }
      if record.family == .ipv4 { record.localBits &= 0xFFFF_FFFF }
      record.localPort = UInt16.random(in: 1...UInt16.max, using: &generator)
      snapshot.records.append(record)
    }
    let lines = draw(snapshot, TableStyle(columns: [.local], hasHeader: false))
    #expect(lines == snapshot.records.map { $0.local?.description ?? "" }, "seed \(generator.seed)")
  }
}
