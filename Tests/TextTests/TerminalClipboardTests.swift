import Foundation
import TestSupport
import Testing
import Text

@Suite("Copying by way of the terminal", .timeLimited)
struct TerminalClipboardTests {
  @Test("Base64 is that of Foundation, for every length")
  func base64() {
    var generator = SeededGenerator()
    for count in 0...100 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      var written = Array("before".utf8)
      written.appendBase64(bytes)
      let expected = "before" + Data(bytes).base64EncodedString()
      #expect(String(decoding: written, as: UTF8.self) == expected, "seed \(generator.seed)")
    }
  }

  @Test("a text becomes one command to the terminal, with nothing of its own in it")
  func command() throws {
    let hostile = Array("127.0.0.1:80\u{7}\u{1B}\\\u{1B}[2J é".utf8)
    let bytes = try #require(TerminalClipboard.copying(hostile))
    let text = String(decoding: bytes, as: UTF8.self)
    let form = try #require(try #/\x1B\]52;c;([A-Za-z0-9+\/=]*)\x07/#.wholeMatch(in: text))
    #expect(Data(base64Encoded: String(form.1)) == Data(hostile))
    #expect(TerminalClipboard.copying([UInt8]()) == Array("\u{1B}]52;c;\u{7}".utf8))
  }

  @Test("a text that no terminal takes is refused whole")
  func long() {
    let most = Array(repeating: UInt8(ascii: "a"), count: TerminalClipboard.longest)
    #expect(TerminalClipboard.copying(most)?.count == 99_992 + 8)
    #expect(TerminalClipboard.copying(most + [0x61]) == nil)
  }
}
