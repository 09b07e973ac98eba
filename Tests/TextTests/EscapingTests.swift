import TestSupport
import Testing
import Text

@Suite("Escaping and width of text", .timeLimited)
struct EscapingTests {
  @Test(
    "What could mislead a reader or a terminal is written with backslashes",
    arguments: [
      ([UInt8]("plain text-1.2".utf8), "plain text-1.2"), (Array("back\\slash".utf8), "back\\\\slash"),
      ([0x1B, 0x5B, 0x33, 0x31, 0x6D], "\\e[31m"), ([0x0A, 0x0D, 0x09, 0x00, 0x07, 0x7F], "\\n\\r\\t\\x00\\x07\\x7f"),
      ([0x9B, 0x33], "\\x9b3"), ([0xC2, 0x9B, 0x33], "\\u{9b}3"), ([0xE2, 0x80, 0xAE], "\\u{202e}"),
      ([0xE2, 0x80, 0x8B, 0xC2, 0xAD], "\\u{200b}\\u{ad}"), (Array("\u{E0041}".utf8), "\\u{e0041}"),
      ([0xC0, 0xAF], "\\xc0\\xaf"), ([0xED, 0xA0, 0x80], "\\xed\\xa0\\x80"),
      ([0xF4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"), ([0x61, 0xE2, 0x80], "a\\xe2\\x80"),
      (Array("é漢👩".utf8), "é漢👩"), (Array("a\u{301}".utf8), "a\u{301}"), (Array("\u{301}a".utf8), "\\u{301}a"),
      (Array("\u{2028}\u{A0}\u{3000}".utf8), "\\u{2028}\\u{a0}\\u{3000}"), (Array("\u{E000}".utf8), "\\u{e000}"),
      ([], ""),
    ] as [([UInt8], String)])
  func escapes(bytes: [UInt8], text: String) {
    #expect(Escaping.text(bytes) == text)
  }

  @Test("a blank after another one is escaped, so that no name imitates the cells of a row")
  func blanksInRuns() {
    #expect(Escaping.text("/tmp/a  -   sshd[1] fd 3") == "/tmp/a \\x20- \\x20\\x20sshd[1] fd 3")
    #expect(Escaping.text(Array("a  b".utf8), keepsBlanks: true) == "a  b")
    var cell: [UInt8] = []
    Escaping.appendCell(Array("  a  b  ".utf8)[...], to: &cell)
    #expect(String(decoding: cell, as: UTF8.self) == "\\x20 a \\x20b \\x20")
  }

  @Test(
    "a line of a message is as safe as a cell, and keeps backslashes and blanks",
    arguments: [
      ("a\\x20b  c", "a\\x20b  c"), ("x\u{61C}y\u{AD}\u{E0041}\u{2800}", "x\\u{61c}y\\u{ad}\\u{e0041}\\u{2800}"),
      ("two\nlines\u{1B}[31m\u{9B}m", "two\\nlines\\e[31m\\u{9b}m"), ("é漢", "é漢"), ("\u{301}a", "\\u{301}a"),
    ])
  func lines(text: String, shown: String) {
    #expect(Escaping.line(text) == shown)
  }

  @Test("Escaped text can be turned back into exactly the bytes it stands for")
  func isReversible() {
    var generator = SeededGenerator()
    for _ in 0..<2000 {
      let bytes = generator.hostileBytes(upTo: 40)
      #expect(unescape(Escaping.text(bytes)) == bytes, "seed \(generator.seed)")
    }
  }

  private func unescape(_ text: String) -> [UInt8]? {
    var output: [UInt8] = []
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      guard scalar == "\\" else {
        output += String(scalar).utf8
        continue
      }
      switch rest.popFirst() {
      case "n": output.append(0x0A)
      case "t": output.append(0x09)
      case "r": output.append(0x0D)
      case "e": output.append(0x1B)
      case "\\": output.append(0x5C)
      case "x":
        let digits = String(String.UnicodeScalarView(rest.prefix(2)))
        guard let byte = UInt8(digits, radix: 16) else { return nil }
        output.append(byte)
        rest = rest.dropFirst(2)
      case "u":
        let digits = String(String.UnicodeScalarView(rest.dropFirst().prefix { $0 != "}" }))
        guard let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) else { return nil }
        output += String(scalar).utf8
        rest = rest.dropFirst(digits.count + 2)
      default: return nil
      }
    }
    return output
  }

  @Test(
    "Wide characters take two columns, combining ones none, joined pictures two",
    arguments: [
      ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("ｆｕｌｌ", 8), ("한국", 4),
      ("\u{1112}\u{1161}\u{11AB}", 2),
      ("👩", 2), ("👩‍💻", 2), ("👍🏽", 2), ("❤", 1), ("❤️", 2), ("🇩🇪", 2), ("…", 1), ("ﾊ", 1), ("→", 1), ("a\u{200B}b", 2),
      ("नमस्ते", 4), ("👨‍👩‍👧‍👦x", 3),
    ])
  func width(text: String, columns: Int) {
    #expect(TextWidth.columns(text) == columns)
  }
}
