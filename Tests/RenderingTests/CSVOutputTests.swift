import Rendering
import SocketModel
import TestSupport
import Testing
import Text

@Suite("CSV output", .timeLimited)
struct CSVOutputTests {
  /// A strict reader of RFC 4180: `nil` when a quotation mark or line end is out of place.
  static func parse(_ bytes: [UInt8]) -> [[[UInt8]]]? {
    var records: [[[UInt8]]] = []
    var record: [[UInt8]] = []
    var cell: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == 0x22 {
        guard cell.isEmpty else { return nil }
        index += 1
        while true {
          guard index < bytes.count else { return nil }
          if bytes[index] == 0x22 {
            guard index + 1 < bytes.count, bytes[index + 1] == 0x22 else { break }
            index += 1
          }
          cell.append(bytes[index])
          index += 1
        }
        index += 1
        guard index < bytes.count, bytes[index] == 0x2C || bytes[index] == 0x0D else { return nil }
      } else if bytes[index] == 0x2C {
        record.append(cell)
        cell = []
        index += 1
      } else if bytes[index] == 0x0D {
        guard index + 1 < bytes.count, bytes[index + 1] == 0x0A else { return nil }
        records.append(record + [cell])
        record = []
        cell = []
        index += 2
      } else {
        cell.append(bytes[index])
        index += 1
      }
    }
    return record.isEmpty && cell.isEmpty ? records : nil
  }

  @Test("A socket is one record whose lists of owners are in the same order")
  func records() {
    let snapshot = Samples.internet()
    let columns: [Field] = [
      .local, .peer, .state, .receiveQueue, .cookie, .pid, .descriptor, .process, .executable, .owners,
    ]
    let output = CSVOutput(snapshot, columns: columns)
    #expect(
      Samples.text(output.header + output.render(rows: [0, 2, 3])) == """
        local,peer,state,recv_queue,cookie,pid,fd,process,executable,owners\r
        127.0.0.1:1234,,listen,2,0x1903c,4112,3,python3,/usr/bin/python3,python3[4112] fd 3\r
        [::1]:80,[2001:db8::25]:40000,established,0,,4112;4113,6;7,python3;tmux: server,/usr/bin/python3;,\
        python3[4112] fd 6;tmux: server[4113] fd 7\r
        127.0.0.1:1234,127.0.0.1:40001,time_wait,,,,,,,\r

        """)
  }

  @Test("The default columns have as many cells as names for every transport")
  func defaults() throws {
    let snapshot = Samples.internet()
    for transports in [Set(Transport.allCases), [.tcp], [.unix], [.netlink, .packet], []] {
      let output = CSVOutput(snapshot, columns: CSVOutput.defaultColumns(for: transports))
      let records = try #require(Self.parse(output.header + output.render(rows: Samples.rows(snapshot))))
      #expect(records.count == snapshot.records.count + 1)
      for record in records { #expect(record.count == records[0].count) }
    }
  }

  @Test("Text with commas, quotation marks, line ends and control bytes reads back as its escaped form")
  func hostile() throws {
    var generator = SeededGenerator()
    for _ in 0..<500 {
      let path = Array("/".utf8) + generator.hostileBytes(upTo: 60)
      let name = Array("n".utf8) + generator.hostileBytes(upTo: 30)
      let snapshot = Samples.unix([path], process: name)
      let output = CSVOutput(snapshot, columns: [.path, .process, .state]).render(rows: [0])
      #expect(!output.dropLast(2).contains { $0 < 0x20 || $0 == 0x7F }, "seed \(generator.seed)")
      let record = try #require(Self.parse(output)?.first, "seed \(generator.seed)")
      #expect(record.count == 3)
      #expect(Samples.text(record[0]) == Escaping.text(path, keepsBlanks: true), "seed \(generator.seed)")
      #expect(!record[1].contains(0x3B), "seed \(generator.seed)")
    }
  }

  @Test(
    "A spreadsheet does not take text for a formula",
    arguments: [
      ("=1+1", "\\x3d1+1"), ("+1", "\\x2b1"), ("-1", "\\x2d1"), ("\0SUM(1)", "\\x40SUM(1)"), ("\0dbus-1", "@dbus-1"),
    ])
  func formulas(path: String, cell: String) {
    let snapshot = Samples.unix([Array(path.utf8)], process: [])
    #expect(Samples.text(CSVOutput(snapshot, columns: [.path]).render(rows: [0])) == cell + "\r\n")
  }
}
