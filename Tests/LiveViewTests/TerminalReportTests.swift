import TestSupport
import Testing

@testable import LiveView

@Suite("What a terminal reports besides keys", .timeLimited)
struct TerminalReportTests {
  private static func mouse(
    _ kind: MouseEvent.Kind, _ column: Int, _ row: Int, _ modifiers: MouseEvent.Modifiers = []
  ) -> TerminalKey {
    .mouse(MouseEvent(kind, column: column, row: row, modifiers: modifiers))
  }

  private static let light = TerminalKey.background(red: 0xFFFF, green: 0xFFFF, blue: 0xDDDD)

  private static let reports: [(String, [TerminalKey])] = [
    ("\u{1B}[<0;12;7M", [mouse(.press(.left), 11, 6)]), ("\u{1B}[<1;1;1M", [mouse(.press(.middle), 0, 0)]),
    ("\u{1B}[<2;200;50M", [mouse(.press(.right), 199, 49)]), ("\u{1B}[<0;12;7m", [mouse(.release, 11, 6)]),
    ("\u{1B}[<2;12;7m", [mouse(.release, 11, 6)]), ("\u{1B}[<64;3;4M", [mouse(.wheelUp, 2, 3)]),
    ("\u{1B}[<65;3;4M", [mouse(.wheelDown, 2, 3)]), ("\u{1B}[<4;3;4M", [mouse(.press(.left), 2, 3, .shift)]),
    ("\u{1B}[<24;3;4M", [mouse(.press(.left), 2, 3, [.alt, .control])]),
    ("\u{1B}[<81;3;4M", [mouse(.wheelDown, 2, 3, .control)]),
    ("\u{1B}[<0;65535;65535M", [mouse(.press(.left), 65534, 65534)]),
    // Movements, the wheel to the side, more buttons, and what no terminal sends.
    ("\u{1B}[<35;3;4M", []), ("\u{1B}[<32;3;4M", []), ("\u{1B}[<66;3;4M", []), ("\u{1B}[<67;3;4M", []),
    ("\u{1B}[<64;3;4m", []), ("\u{1B}[<128;3;4M", []), ("\u{1B}[<0;0;4M", []), ("\u{1B}[<0;3M", []),
    ("\u{1B}[<0;3;4;5M", []), ("\u{1B}[<0;-3;4M", []), ("\u{1B}[<;;M", []), ("\u{1B}[<0;999999;4M", []),
    ("\u{1B}[<0;3;4A", []), ("\u{1B}[0;3;4M", []),
    // Terminals that do not know DECSET 1006.
    ("\u{1B}[M +'", [mouse(.press(.left), 10, 6)]), ("\u{1B}[M#+'", [mouse(.release, 10, 6)]),
    ("\u{1B}[M`!!", [mouse(.wheelUp, 0, 0)]), ("\u{1B}[M`!!q", [mouse(.wheelUp, 0, 0), .character("q")]),
    ("\u{1B}[M \u{1B}[A", [.up]), ("\u{1B}[M\rx", [.enter, .character("x")]),
    // The answer about the background, ended by BEL or ST, with one to four digits.
    ("\u{1B}]11;rgb:ffff/ffff/dddd\u{7}", [light]), ("\u{1B}]11;rgb:ffff/FFFF/dddd\u{1B}\\", [light]),
    ("\u{1B}]11;rgb:ff/ff/dd\u{7}", [light]), ("\u{1B}]11;rgb:f/f/d\u{7}", [light]),
    ("\u{1B}]11;rgba:ffff/ffff/dddd/8000\u{7}", [light]),
    ("\u{1B}]11;rgb:0000/0000/0000\u{7}", [.background(red: 0, green: 0, blue: 0)]),
    ("q\u{1B}]11;rgb:ff/ff/dd\u{7}j", [.character("q"), light, .character("j")]),
    ("\u{1B}]11;rgb:ff/ff\u{7}", []), ("\u{1B}]11;rgb:fffff/0/0\u{7}", []), ("\u{1B}]11;rgb:+f/0/0\u{7}", []),
    ("\u{1B}]11;rgb:g/0/0\u{7}", []), ("\u{1B}]11;white\u{7}", []), ("\u{1B}]10;rgb:ff/ff/dd\u{7}", []),
    ("\u{1B}]11;rgbq\u{7}", []), ("\u{1B}]11;rgb:\u{7}", []),
    // Other strings are no keys either.
    ("\u{1B}]52;c;cXVpdA==\u{1B}\\q", [.character("q")]), ("\u{1B}P1$r0m\u{1B}\\q", [.character("q")]),
    ("\u{1B}P>|xterm(390)\u{1B}\\", []), ("\u{1B}P!|00000000\u{1B}\\", []),
    // Another control character shows that the end is missing.
    ("\u{1B}P1$r\u{7}q", [.character("q")]), ("\u{1B}]11;rgb:ff\rq", [.enter, .character("q")]),
    ("\u{1B}]11;rgb:ff/\u{1B}[A", [.up]), ("\u{1B}]11;rgb\u{3}", [.control("c")]),
    // Escape soon followed by a letter.
    ("\u{1B}Pq", [.escape, .character("P"), .character("q")]),
    ("\u{1B}]x", [.escape, .character("]"), .character("x")]),
    ("\u{1B}X", [.escape, .character("X")]), ("\u{1B}_a", [.escape, .character("_"), .character("a")]),
  ]

  @Test("every report is known, in one piece and cut anywhere, and none becomes letters", arguments: reports)
  func pieces(bytes: String, keys: [TerminalKey]) {
    let all = Array(bytes.utf8)
    for cut in 0...all.count {
      var decoder = KeyDecoder()
      let first = decoder.decode(Array(all[..<cut]))
      #expect(first + decoder.decode(Array(all[cut...])) == keys, "cut at \(cut)")
      #expect(decoder.patience == nil)
    }
    var decoder = KeyDecoder()
    #expect(all.flatMap { decoder.decode([$0]) } == keys)
  }

  @Test("an answer that comes late in its middle is dropped, and its rest too")
  func late() {
    var decoder = KeyDecoder()
    #expect(decoder.decode(Array("\u{1B}]11;rgb:ff".utf8)).isEmpty)
    #expect(decoder.patience == 1000)
    #expect(decoder.timeOut().isEmpty && decoder.patience == 1000)
    #expect(decoder.decode(Array("ff/ffff/dddd\u{7}q".utf8)) == [.character("q")])
    #expect(decoder.decode(Array("\u{1B}]11;rgb:ff".utf8)).isEmpty)
    #expect(decoder.timeOut().isEmpty && decoder.timeOut().isEmpty && decoder.patience == nil)
    #expect(decoder.decode(Array("q".utf8)) == [.character("q")], "its end never comes")
  }

  @Test("Escape and a letter that could begin a string are themselves when nothing follows")
  func letters() {
    var decoder = KeyDecoder()
    #expect(decoder.decode(Array("\u{1B}P".utf8)).isEmpty && decoder.patience == 25)
    #expect(decoder.timeOut() == [.escape, .character("P")])
    #expect(decoder.decode(Array("\u{1B}]".utf8)).isEmpty && decoder.patience == 1000)
    #expect(decoder.timeOut() == [.escape, .character("]")] && decoder.patience == nil)
  }

  @Test("a string without end takes no memory, and the keys after it are keys again")
  func endless() {
    var decoder = KeyDecoder()
    #expect(decoder.decode(Array("\u{1B}]11;rgb:".utf8)).isEmpty)
    let piece = Array(repeating: UInt8(ascii: "f"), count: 100_000)
    for _ in 0..<20 { #expect(decoder.decode(piece).isEmpty) }
    #expect(MemoryLayout.size(ofValue: decoder) < 200 && decoder.patience == 1000)
    #expect(decoder.decode(Array("\u{7}q".utf8)) == [.character("q")])
  }

  @Test("random reports in random pieces are taken whole, and never become more than they are")
  func random() {
    var generator = SeededGenerator()
    let pieces = Self.reports.map { Array($0.0.utf8) }
    for _ in 0..<300 {
      var decoder = KeyDecoder()
      for _ in 0..<20 {
        let report = pieces.randomElement(using: &generator) ?? []
        let cut = Int.random(in: 0...report.count, using: &generator)
        let isCut = Int.random(in: 0..<3, using: &generator) == 0
        let bytes = Array(report[..<cut]) + (isCut ? generator.hostileBytes(upTo: 8) : Array(report[cut...]))
        #expect(decoder.decode(bytes).count <= 2 * bytes.count + 40, "seed \(generator.seed)")
      }
      _ = decoder.timeOut() + decoder.timeOut()
      #expect(decoder.patience == nil && decoder.decode([0x61]) == [.character("a")], "seed \(generator.seed)")
    }
  }
}
