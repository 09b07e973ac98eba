import TestSupport
import Testing

@testable import LiveView

@Suite("Keys of a terminal", .timeLimited)
struct KeyDecoderTests {
  private static let sequences: [(String, [TerminalKey])] = [
    ("a", [.character("a")]), ("é", [.character("é")]), ("漢", [.character("漢")]), ("👩", [.character("👩")]),
    ("\r", [.enter]), ("\n", [.enter]), ("\t", [.tab]), ("\u{7F}", [.backspace]), ("\u{8}", [.backspace]),
    ("\u{3}", [.control("c")]), ("\u{1A}", [.control("z")]), ("\u{C}", [.control("l")]),
    ("\u{1B}[A", [.up]), ("\u{1B}[B", [.down]), ("\u{1B}[C", [.right]), ("\u{1B}[D", [.left]),
    ("\u{1B}OA", [.up]), ("\u{1B}OB", [.down]), ("\u{1B}OH", [.home]), ("\u{1B}OF", [.end]), ("\u{1B}OM", [.enter]),
    ("\u{1B}[H", [.home]), ("\u{1B}[F", [.end]), ("\u{1B}[1~", [.home]), ("\u{1B}[4~", [.end]),
    ("\u{1B}[7~", [.home]), ("\u{1B}[8~", [.end]), ("\u{1B}[3~", [.delete]), ("\u{1B}[5~", [.pageUp]),
    ("\u{1B}[6~", [.pageDown]), ("\u{1B}[Z", [.backTab]), ("\u{1B}[1;5A", [.up]), ("\u{1B}[5;2~", [.pageUp]),
    // Unknown sequences, and answers of the terminal, are not letters.
    ("\u{1B}[35~", []), ("\u{1B}[?62;c", []), ("\u{1B}[<35;12;7M", []), ("\u{1B}[?2026;2$y", []), ("\u{1B}Ow", []),
    ("\u{1B}OP", [.function(1)]), ("\u{1B}[11~", [.function(1)]), ("\u{1B}[15~", [.function(5)]),
    ("\u{1B}[17~", [.function(6)]), ("\u{1B}[21~", [.function(10)]), ("\u{1B}[24~", [.function(12)]),
    ("\u{1B}[200~q\u{1B}[A\rK\u{1B}[201~", [.paste(Array("q\u{1B}[A\rK".utf8))]),
    ("\u{1B}[200~\u{1B}[201~x", [.paste([]), .character("x")]),
    ("jk\u{1B}[Bq", [.character("j"), .character("k"), .down, .character("q")]),
    ("\u{1B}q", [.escape, .character("q")]),
    ("\u{1B}[\u{1B}[A", [.up]),
  ]

  @Test("every key is known, in one piece and cut anywhere", arguments: sequences)
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

  @Test("Escape alone is recognised by waiting; half a sequence is nothing")
  func escape() {
    var decoder = KeyDecoder()
    #expect(decoder.decode([0x1B]).isEmpty)
    #expect(decoder.patience == 25)
    #expect(decoder.timeOut() == [.escape])
    #expect(decoder.patience == nil)
    #expect(decoder.decode([0x1B, 0x5B, 0x31]).isEmpty)
    #expect(decoder.patience == 1000)
    #expect(decoder.timeOut().isEmpty)
    // On a slow line the rest may still arrive, and is not text.
    #expect(decoder.decode(Array(";1q".utf8)).isEmpty && decoder.patience == nil)
    #expect(decoder.decode([0xE6, 0xBC]).isEmpty)
    #expect(decoder.timeOut().isEmpty)
    #expect(decoder.decode(Array("q".utf8)) == [.character("q")])
  }

  @Test("a paste is kept together for a long time, ends when the rest does not come, and is cut when it is too long")
  func paste() {
    var decoder = KeyDecoder()
    #expect(decoder.decode(Array("\u{1B}[200~ab".utf8)).isEmpty)
    #expect(decoder.patience == 2000)
    #expect(decoder.decode(Array("q\u{1B}[20".utf8)).isEmpty)
    #expect(decoder.timeOut() == [.paste(Array("abq".utf8))])
    let long = Array(repeating: UInt8(0x71), count: 100_000)
    let keys = decoder.decode(Array("\u{1B}[200~".utf8) + long + Array("\u{1B}[201~".utf8))
    #expect(keys == [.paste(Array(long.prefix(KeyDecoder.longestPaste)))])
  }

  @Test("a sequence that is too long is dropped entirely, in however many pieces it comes", arguments: 33...45)
  func longSequence(first: Int) {
    let sequence = Array("\u{1B}[".utf8) + Array(String(repeating: "1;", count: 20).utf8) + Array("1q".utf8)
    var decoder = KeyDecoder()
    var keys = decoder.decode(Array(sequence.prefix(first)))
    #expect(decoder.patience != nil || first >= sequence.count)
    keys += decoder.decode(Array(sequence.dropFirst(first)))
    #expect(keys.isEmpty)
    #expect(decoder.patience == nil)
    #expect(decoder.decode(Array("q".utf8)) == [.character("q")])
    // A sequence without end is over when nothing more arrives.
    _ = decoder.decode(Array(sequence.prefix(40)))
    #expect(decoder.timeOut().isEmpty)
    #expect(decoder.decode(Array("q".utf8)) == [.character("q")])
  }

  @Test("bytes that are not text, and sequences without end, are dropped")
  func invalid() {
    var decoder = KeyDecoder()
    #expect(decoder.decode([0xFF, 0xC0, 0x80, 0xED, 0xA0, 0x80, 0xC2, 0x9B, 0x00, 0x61]) == [.character("a")])
    #expect(decoder.decode([0x1B, 0x5B] + Array(repeating: 0x31, count: 100)).isEmpty)
    #expect(decoder.timeOut().isEmpty && decoder.patience == nil)
  }

  @Test("random bytes in random pieces never trap, and never leave more behind than a sequence")
  func random() {
    var generator = SeededGenerator()
    for _ in 0..<300 {
      var decoder = KeyDecoder()
      for _ in 0..<20 { _ = decoder.decode(generator.hostileBytes(upTo: 40)) }
      _ = decoder.timeOut() + decoder.timeOut()
      #expect(decoder.patience == nil, "seed \(generator.seed)")
      #expect(decoder.decode([0x61]) == [.character("a")], "seed \(generator.seed)")
    }
  }

  @Test("a line is edited as lines are, and a paste neither ends it nor brings control characters")
  func editor() {
    var editor = LineEditor("ab")
    func type(_ keys: TerminalKey...) -> String {
      for key in keys { _ = editor.take(key) }
      return editor.text
    }
    #expect(type(.character("é"), .left, .left, .backspace) == "bé")
    #expect(type(.home, .delete, .end, .character("x")) == "éx")
    #expect(type(.paste(Array(" one\r\n\u{1B}[2Jtwo".utf8))) == "éx one[2Jtwo")
    #expect(type(.control("w")) == "éx ")
    #expect(type(.control("u")) == "")
    #expect(type(.backspace, .delete, .left) == "")
    #expect(type(.paste(Array(repeating: 0x61, count: 5000))).count == LineEditor.limit)
    let (text, cursor) = editor.shown(columns: 10)
    #expect(text == Array("…aaaaaaaa".utf8))
    #expect(cursor == 9)
    var hostile = LineEditor("a\u{202E}b")
    _ = hostile.take(.left)
    #expect(String(decoding: hostile.shown(columns: 40).text, as: UTF8.self) == "a\\u{202e}b")
    #expect(hostile.shown(columns: 40).cursor == 9)
  }
}
