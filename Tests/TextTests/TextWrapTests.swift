import TestSupport
import Testing
import Text

@Suite("Breaking text into lines", .timeLimited)
struct TextWrapTests {
  @Test(
    "Text is broken at blanks; a word that is too wide has a line of its own",
    arguments: [
      ("", [String]()), ("   ", []), ("one", ["one"]), ("one two three", ["one two", "three"]),
      ("  one   two ", ["one two"]), ("a longestword b", ["a", "longestword", "b"]), ("漢字 漢字 a", ["漢字", "漢字 a"]),
    ] as [(String, [String])])
  func breaks(text: String, lines: [String]) {
    #expect(TextWrap.lines(text, columns: 7) == lines)
  }

  @Test("Margins count as columns, and that of the first line may differ from the others")
  func margins() {
    #expect(TextWrap.lines("one two three", columns: 9, indent: 2) == ["  one two", "  three"])
    #expect(
      TextWrap.lines("one two three four", columns: 9, indent: 1, hanging: 2) == [" one two", "   three", "   four"])
    #expect(TextWrap.lines("one two", columns: .max, indent: 4) == ["    one two"])
  }

  @Test(
    "The command at the end of a message that does not fit has a line of its own, and is never broken",
    arguments: [
      (
        "sockinspect: run it as root to see them: sudo sockinspect --state established", 30, 0,
        ["sockinspect: run it as root to", "  see them:", "    sudo sockinspect --state established"]
      ),
      ("type: sockinspect listen-demo --port 1", 30, 2, ["  type:", "    sockinspect listen-demo --port 1"]),
      ("type: sockinspect -t", 30, 2, ["  type: sockinspect -t"]),
      ("to see: 'a: sudo' has no end here", 20, 0, ["to see: 'a: sudo'", "  has no end here"]),
      (
        "usage: sockinspect capture DIR [OPTIONS]", 30, 2,
        ["  usage: sockinspect capture", "    DIR [OPTIONS]"]
      ),
      ("known: one, two, three, four", 20, 2, ["  known: one, two,", "    three, four"]),
    ] as [(String, Int, Int, [String])])
  func commands(line: String, width: Int, indent: Int, lines: [String]) {
    #expect(TextWrap.message(line, width: width, indent: indent) == lines)
    #expect(TextWrap.message(line, width: .max, indent: indent) == [String(repeating: " ", count: indent) + line])
  }

  @Test("No line is too wide except one of a single word, and no word is lost")
  func anyText() {
    var generator = SeededGenerator()
    for _ in 0..<500 {
      let words = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
        String(
          repeating: ["x", "é", "漢"].randomElement(using: &generator) ?? "x",
          count: .random(in: 1...9, using: &generator))
      }
      let limit = Int.random(in: 1...30, using: &generator)
      let lines = TextWrap.lines(words.joined(separator: " "), columns: limit)
      #expect(lines.flatMap { $0.split(separator: " ").map(String.init) } == words, "seed \(generator.seed)")
      for line in lines where TextWidth.columns(line) > limit {
        #expect(!line.contains(" "), "seed \(generator.seed)")
      }
    }
  }

  @Test("pieces of a value are all of it, and end where they can be read")
  func pieces() {
    func pieces(_ text: String, _ limit: Int) -> [String] {
      TextWrap.pieces(Array(text.utf8)[...], columns: limit).map { String(decoding: $0, as: UTF8.self) }
    }
    let end = "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:6101"
    #expect(pieces(end, 45) == [end])
    #expect(pieces(end, 43) == ["[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]", ":6101"])
    #expect(pieces("/root/.versions/3.11/bin/python3", 21) == ["/root/.versions/3.11", "/bin/python3"])
    #expect(pieces("a[1] fd 3, b[2] fd 4", 12) == ["a[1] fd 3, ", "b[2] fd 4"])
    #expect(pieces("", 5) == [""])
    var generator = SeededGenerator()
    for _ in 0..<500 {
      let text = String(
        (0..<Int.random(in: 0...60, using: &generator)).map { _ in
          "ab/: \u{4e2d}".randomElement(using: &generator) ?? "a"
        })
      let limit = Int.random(in: 2...20, using: &generator)
      let found = pieces(text, limit)
      #expect(found.joined() == text && found.allSatisfy { TextWidth.columns($0) <= limit }, "\(text) \(limit)")
    }
  }
}
