import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite("Reading ahead", .timeLimited)
struct ReadAheadTests {
  /// A pipe that a thread of the C library's shell fills: `body` is a shell command.
  private func output(of command: String) throws -> Descriptor {
    let stream = try #require(popen(command, "r"))
    let copy = fcntl(fileno(stream), F_DUPFD_CLOEXEC, 0)
    // The process continues to write into the copy; it ends by itself or by SIGPIPE, and is not
    // waited for here.
    return Descriptor(owning: copy)
  }

  @Test(
    "all bytes come in order, whatever the pieces' size",
    arguments: [0, 1, 4095, 4096, 65536, 1_000_003], [1 << 12, 1 << 16, 1 << 20])
  func wholeFile(size: Int, pieceSize: Int) throws {
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 37 ^ $0 >> 8) }
    var template = Array("/tmp/sockinspect-test-XXXXXX".utf8CString)
    let number = mkstemp(&template)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    do {
      let file = Descriptor(owning: number)
      try file.writeAll(bytes.span)
    }
    var seen: [UInt8] = []
    try Descriptor.open(path).readAhead(pieceSize: pieceSize) { piece in
      for index in piece.indices { seen.append(piece[index]) }
      return true
    }
    #expect(seen == bytes)
  }

  @Test("a table of the kernel, which comes a page at a time, is read whole")
  func kernelFile() throws {
    var expected: [UInt8] = []
    try Descriptor.open("/proc/kallsyms").readAll(into: &expected)
    var seen: [UInt8] = []
    try Descriptor.open("/proc/kallsyms").readAhead(pieceSize: 1 << 16) { piece in
      for index in piece.indices { seen.append(piece[index]) }
      return true
    }
    #expect(expected.count > 1 << 20)
    #expect(seen == expected)
  }

  @Test("a short read ends a file that is known to end so, and no other", arguments: [0, 2048])
  func shortRead(end: Int) throws {
    // A read gives one packet.
    var ends: [Int32] = [-1, -1]
    try #require(socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
    let packets = Descriptor(owning: ends[0])
    do {
      let writer = Descriptor(owning: ends[1])
      for packet in ["1234", "5678"] { try writer.writeAll(Array(packet.utf8).span) }
    }
    var seen: [UInt8] = []
    try packets.readAhead(pieceSize: 4096, endingBelow: end) { piece in
      for index in piece.indices { seen.append(piece[index]) }
      return true
    }
    #expect(String(decoding: seen, as: UTF8.self) == (end == 0 ? "12345678" : "1234"))
  }

  @Test("a file that a short read ends is complete: a table of the kernel of several pages")
  func shortReadOfTable() throws {
    var expected: [UInt8] = []
    try Descriptor.open("/proc/kallsyms").readAll(into: &expected)
    var seen = 0
    try Descriptor.open("/proc/kallsyms").readAhead(pieceSize: 1 << 16, endingBelow: 2048) { piece in
      seen += piece.count
      return true
    }
    #expect(seen == expected.count)
  }

  @Test("reading ends when no more is wanted, though the file never ends")
  func abandoned() throws {
    for wanted in [1, 2, 20] {
      var pieces = 0
      try Descriptor.open("/dev/zero").readAhead(pieceSize: 1 << 14) { piece in
        pieces += 1
        return pieces < wanted
      }
      #expect(pieces == wanted)
    }
  }

  @Test("a writer that takes its time is waited for")
  func slowPipe() throws {
    let pipe = try output(of: "for i in 1 2 3 4 5; do head -c 3000 /dev/zero; done")
    var total = 0
    try pipe.readAhead(pieceSize: 4096) { piece in
      total += piece.count
      return true
    }
    #expect(total == 15000)
  }

  @Test("a read that fails is an error")
  func failure() throws {
    #expect(throws: SystemError.self) {
      try Descriptor.open("/tmp", for: .directory).readAhead { _ in true }
    }
  }
}
