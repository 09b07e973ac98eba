import SocketModel
import TestSupport
import Testing

@testable import KernelFormats

@Suite("Tables of counters", .timeLimited)
struct CounterTablesTests {
  private func decode(_ text: String, _ table: CounterGroup.Table) -> (text: String, damage: Problem.Kind?) {
    let bytes = Array(text.utf8)
    let (groups, damage) = CounterTables.decode(bytes.span, of: table)
    let lines = groups.map { group in
      group.counters.reduce(into: String(decoding: group.name, as: UTF8.self) + ":") {
        $0 += " \(String(decoding: $1.name, as: UTF8.self))=\($1.value)"
      }
    }
    return (lines.joined(separator: "\n"), damage.map { Problem(subject: .counters(table), cause: $0).kind })
  }

  @Test(
    "pairs of lines: names and values",
    arguments: [
      ("Ip: A B\nIp: 1 2\nTcp: C\nTcp: 3\n", "Ip: A=1 B=2\nTcp: C=3", nil), ("", "", nil), ("\n\n", "", nil),
      ("Ip: A B C\nIp: 1\n", "Ip: A=1 B=0 C=0", nil), ("Ip: A B\nIp: x 2\n", "Ip: A=0 B=0", nil),
      ("Ip: A B\nIp: -1 18446744073709551615\n", "Ip: A=18446744073709551615 B=18446744073709551615", nil),
      ("Ip: A\nIp: 99999999999999999999999\n", "Ip: A=18446744073709551615", nil), ("Ip: A\nIp: 1", "Ip: A=1", nil),
      ("Ip: A\n", "", .truncated), ("Ip: A\nIp: 1\nTcp: B\n", "Ip: A=1", .truncated), ("Ip A\nIp 1\n", "", .malformed),
      ("Ip:\nIp:\n", "Ip:", nil), ("Ip: A\tB  C\nIp: 1  2\t3\n", "Ip: A=1 B=2 C=3", nil),
    ] as [(String, String, Problem.Kind?)])
  func pairs(text: String, expected: String, damage: Problem.Kind?) {
    for table in [CounterGroup.Table.snmp, .netstat] {
      let found = decode(text, table)
      #expect(found.text == expected && found.damage == damage)
    }
  }

  @Test("a name and a value on each line")
  func singles() {
    for table in [CounterGroup.Table.snmp6, .sctp] {
      #expect(
        decode("Ip6InReceives   \t5\nUdp6NoPorts\t-1\nAlone\n\nIp6 x\n", table).text
          == ": Ip6InReceives=5 Udp6NoPorts=18446744073709551615 Alone=0 Ip6=0")
    }
  }

  @Test("any bytes are read to the end")
  func anything() {
    var generator = SeededGenerator()
    let pieces: [[UInt8]] = [
      [0x3A], [0x0A], [0x20], [0x2D], Array("12".utf8), Array("Ip".utf8), [0xFF], [0x00],
      Array("99999999999999999999".utf8),
    ]
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0..<40, using: &generator)).flatMap { _ in
        pieces.randomElement(using: &generator) ?? []
      }
      for table in CounterGroup.Table.allCases {
        let groups = CounterTables.decode(bytes.span, of: table).groups
        #expect(groups.reduce(0) { $0 + $1.counters.count } <= bytes.count, "seed \(generator.seed)")
      }
    }
  }

  @Test("a redacted capture keeps names and numbers only")
  func redaction() {
    #expect(CounterTables.holdsOnlyCounters(Array("Ip: InReceives Out_x\nIp: 5 -1\t\n".utf8)))
    for text in ["Ip: a.b\n", "10.0.0.1", "Ip: \u{1B}[m", "user@host"] {
      #expect(!CounterTables.holdsOnlyCounters(Array(text.utf8)))
    }
  }
}
