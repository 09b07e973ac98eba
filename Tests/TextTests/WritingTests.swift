import Foundation
import TestSupport
import Testing
import Text

@Suite("Writing numbers, JSON and CSV", .timeLimited)
struct WritingTests {
  private func written(_ write: (inout [UInt8]) -> Void) -> String {
    var bytes: [UInt8] = []
    write(&bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(
    "Bytes are scaled to a unit of powers of 1000, and rounded",
    arguments: [
      (0, "0B"), (999, "999B"), (1000, "1.0kB"), (1049, "1.0kB"), (1050, "1.1kB"), (99_949, "99.9kB"),
      (99_950, "100kB"), (999_499, "999kB"), (999_500, "1.0MB"), (58_500_000_000, "58.5GB"), (1 << 50, "1.1PB"),
      (.max, "18447PB"),
    ] as [(UInt64, String)])
  func scaled(count: UInt64, text: String) {
    #expect(scaledBytes(count) == text)
    #expect(scaledBytes(count, gap: " ").filter { $0 != " " } == text && scaledBytes(count, gap: " ").contains(" "))
  }

  @Test("Numbers are written as Swift writes them, and their widths are those of what is written")
  func numbers() {
    var generator = SeededGenerator()
    var numbers: [UInt64] = [0, 9, 10, 99, 100, 999, 1000, 9999, 10_000, 99_999, 100_000, .max]
    for shift in 0..<64 { numbers.append(UInt64.random(in: 0...UInt64.max, using: &generator) >> UInt64(shift)) }
    for number in numbers {
      #expect(written { $0.appendDecimal(number) } == "\(number)")
      #expect(ByteText.digits(number) == "\(number)".utf8.count)
      #expect(written { $0.appendHexadecimal(number) } == String(number, radix: 16))
      let signed = Int32(truncatingIfNeeded: number)
      #expect(written { $0.appendDecimal(Int(signed)) } == "\(signed)")
      #expect(ByteText.columns(signed) == "\(signed)".utf8.count)
      let dotted = [24, 16, 8, 0].map { "\(number >> UInt64($0) & 255)" }.joined(separator: ".")
      #expect(written { $0.appendDotted(UInt32(truncatingIfNeeded: number)) } == dotted)
      #expect(ByteText.dottedLength(UInt32(truncatingIfNeeded: number)) == dotted.utf8.count)
    }
    #expect(written { $0.appendDecimal(7, digits: 3) } == "007")
    #expect(written { $0.appendHexadecimalByte(0x0F) } + written { $0.appendUpperHexadecimalByte(0xA0) } == "0fA0")
  }

  @Test("A JSON string reads back as what was written, and bytes that are not UTF-8 follow in hexadecimal")
  func json() throws {
    var generator = SeededGenerator()
    for _ in 0..<500 {
      let bytes = generator.hostileBytes(upTo: 30)
      let text = "{" + written { $0.appendJSONMember("name", bytes: bytes) } + "}"
      #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "seed \(generator.seed)")
      let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: String]
      if let hexadecimal = object?["name_hex"] {
        #expect(hexadecimal == bytes.map { String(format: "%02x", $0) }.joined(), "seed \(generator.seed)")
      } else {
        #expect(object?["name"].map { Array($0.utf8) } == bytes, "seed \(generator.seed)")
      }
    }
    #expect(written { $0.appendJSONMember("name", bytes: nil) } == "\"name\":null")
    #expect(written { $0.appendJSON(identifier: UInt64.max) } == "\"18446744073709551615\"")
  }

  @Test(
    "A CSV cell is quoted for a comma or a quotation mark, and never begins a formula",
    arguments: [
      ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("=1+1", "\\x3d1+1"),
      ("-5", "\\x2d5"), ("@name", "@name"), ("@f(1)", "\\x40f(1)"), ("a;b", "a\\x3bb"), ("line\n", "line\\n"), ("", ""),
    ])
  func csv(text: String, cell: String) {
    #expect(written { $0.appendCSVCell { $0.appendCSVText(Array(text.utf8), separator: UInt8(ascii: ";")) } } == cell)
  }

  @Test("The names of ASCII bytes match the bytes")
  func names() {
    let bytes = [
      ASCII.tab, ASCII.newline, ASCII.carriageReturn, ASCII.blank, ASCII.quote, ASCII.apostrophe, ASCII.comma,
      ASCII.hyphen, ASCII.period, ASCII.slash, ASCII.zero, ASCII.colon, ASCII.backslash,
    ]
    #expect(String(decoding: bytes, as: UTF8.self) == "\t\n\r \"',-./0:\\")
    #expect(String(decoding: ASCII.digits, as: UTF8.self) == "0123456789")
    #expect(String(decoding: ASCII.capitals, as: UTF8.self) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    #expect(String(decoding: ASCII.smallLetters, as: UTF8.self) == "abcdefghijklmnopqrstuvwxyz")
  }
}
