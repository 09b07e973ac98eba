import Glibc
import TestSupport
import Testing

@testable import LinuxSystem

@Suite("Bytes as strings", .timeLimited)
struct RawTextTests {
  @Test(
    "whatever the bytes are, they come back, and what is text is that text",
    arguments: [
      ("", []), ("caf\u{E9}", Array("caf\u{E9}".utf8)), ("a\u{10FFE9}b", [UInt8(ascii: "a"), 0xE9, UInt8(ascii: "b")]),
      ("\u{10FFF4}\u{10FF8F}\u{10FFBF}\u{10FFA9}", [0xF4, 0x8F, 0xBF, 0xA9]), ("\u{10FFC3}", [0xC3]),
      ("\u{1F600}", [0xF0, 0x9F, 0x98, 0x80]), ("\u{10FFED}\u{10FFA0}\u{10FF80}", [0xED, 0xA0, 0x80]),
      ("\u{10FE00}", [0xF4, 0x8F, 0xB8, 0x80]),
    ] as [(String, [UInt8])])
  func table(text: String, bytes: [UInt8]) {
    #expect(String(raw: bytes) == text)
    #expect(String(raw: bytes).rawBytes == bytes)
  }

  @Test("random bytes are kept")
  func random() {
    var generator = SeededGenerator()
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
        UInt8.random(in: Bool.random(using: &generator) ? 0xC0...0xFF : 0...0xFF, using: &generator)
      }
      #expect(String(raw: bytes).rawBytes == bytes, "seed \(generator.seed)")
    }
  }

  @Test("a file whose name is not text is opened by its bytes")
  func paths() throws {
    let folder = try TemporaryFolder(prefix: "raw")
    let name: [UInt8] = [UInt8(ascii: "c"), 0xE9, 0xFF]
    let path = Array((folder.path + "/").utf8) + name
    let made = open(path.map { CChar(bitPattern: $0) } + [0], O_CREAT | O_WRONLY, 0o600)
    try #require(made >= 0)
    close(made)
    #expect(throws: Never.self) { try Descriptor.open(String(raw: path)).status() }
    let directory = try Descriptor.open(folder.path, for: .directory)
    #expect(throws: Never.self) { try Descriptor.openBeneath(String(raw: name), in: directory).status() }
    #expect(throws: Never.self) {
      try Descriptor.openStepwise(String(raw: name), in: directory, flags: O_RDONLY).status()
    }
    unlink(path.map { CChar(bitPattern: $0) } + [0])
  }
}
