import Foundation
import SocketModel
import TestSupport
import Testing

@testable import Lesson
@testable import LinuxSystem
@testable import Text

/// Runs a Python program and returns its lines.
private func python(_ program: String, input: [String]) throws -> [String] {
  let text = input.map { $0 + "\n" }.joined()
  let finished = Finished(running: try peer("python3"), ["-X", "utf8", "-c", program], input: Array(text.utf8))
  #expect(finished.exitStatus == 0, "\(finished.errorText)")
  return finished.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
}

private func hexadecimal(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

@Suite("What Python prints", .timeLimited, .needs("python3"))
struct PythonTextTests {
  private static let echo = "import sys\nfor line in sys.stdin: print('Received', repr(bytes.fromhex(line)))"

  @Test("bytes are shown as repr shows them: each byte alone, beside either quote, and in random company")
  func bytes() throws {
    var samples: [[UInt8]] = [[], Array(0...255)]
    for byte in UInt8.min...UInt8.max {
      samples += [[byte], [byte, 0x27], [byte, 0x22], [0x27, byte, 0x22], [0x5C, byte], [byte, 0x30]]
    }
    let seed = SeededGenerator.newSeed
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let isText = Bool.random(using: &generator)
      let range: ClosedRange<UInt8> = isText ? 0x20...0x7E : 0...255
      samples.append(
        (0..<Int.random(in: 0...60, using: &generator)).map { _ in UInt8.random(in: range, using: &generator) })
    }
    let expected = try python(Self.echo, input: samples.map(hexadecimal))
    #expect(expected.count == samples.count)
    for (sample, line) in zip(samples, expected) {
      #expect(LessonLine.received(sample).text == line, "seed \(seed)")
    }
  }

  @Test("addresses of the internet are shown as the tuples that accept returns")
  func addresses() throws {
    let seed = SeededGenerator.newSeed
    var generator = SeededGenerator(seed: seed)
    var inputs: [String] = []
    var shown: [String] = []
    for index in 0..<2000 {
      let port = UInt16.random(in: 0 ... .max, using: &generator)
      if index.isMultiple(of: 4) {
        let bits = UInt32.random(in: 0 ... .max, using: &generator)
        inputs.append(String(format: "%08x %d 0", bits, port))
        shown.append(LessonLine.connected(by: .ipv4(bits, port: port)).text)
        continue
      }
      // Runs of zeros are where spellings differ.
      let groups = (0..<8).map { _ in
        Bool.random(using: &generator) ? 0 : UInt16.random(in: 0 ... .max, using: &generator)
      }
      var bits = groups.reduce(UInt128(0)) { $0 << 16 | UInt128($1) }
      if index.isMultiple(of: 3) { bits &= 0xFFFF_FFFF_FFFF }
      if index.isMultiple(of: 5) { bits &= 0xFFFF_FFFF }
      let scope = UInt32.random(in: 0...5, using: &generator)
      let hex = String(bits, radix: 16)
      inputs.append(String(repeating: "0", count: 32 - hex.count) + hex + " \(port) \(scope)")
      shown.append(LessonLine.connected(by: .ipv6(bits, port: port, scope: scope)).text)
    }
    let program = """
      import sys, socket
      for line in sys.stdin:
        bits, port, scope = line.split()
        if len(bits) == 8: addr = (socket.inet_ntop(socket.AF_INET, bytes.fromhex(bits)), int(port))
        else: addr = (socket.inet_ntop(socket.AF_INET6, bytes.fromhex(bits)), int(port), 0, int(scope))
        print('Connected by', addr)
      """
    let expected = try python(program, input: inputs)
    #expect(expected.count == shown.count)
    for (line, own) in zip(expected, shown) { #expect(own == line, "seed \(seed)") }
  }

  @Test(
    "real clients are shown as Python's own server shows them: IPv4, IPv6, unix with and without a name",
    arguments: ["127.0.0.1", "::1", "path", "@name", "none"])
  func accepted(kind: String) throws {
    try withFolder { folder in
      let program = """
        import socket, sys
        kind = sys.stdin.readline().strip()
        host = {'127.0.0.1': socket.AF_INET, '::1': socket.AF_INET6}
        family = host.get(kind, socket.AF_UNIX)
        s = socket.socket(family)
        s.bind((kind, 0) if family != socket.AF_UNIX else '\(folder)/s')
        s.listen()
        c = socket.socket(family)
        name = {'path': '\(folder)/é c', '@name': b'\\0na\\0me', 'none': None}.get(kind)
        if name: c.bind(name)
        c.connect(s.getsockname())
        conn, addr = s.accept()
        print('Connected by', addr)
        """
      let line = try python(program, input: [kind])[0]
      let own: SocketAddress
      switch kind {
      case "127.0.0.1", "::1":
        // The kernel chooses the port.
        let port = line.split { !$0.isNumber }.compactMap { UInt16($0) }.first { $0 > 1023 } ?? 0
        own = kind == "::1" ? .ipv6(1, port: port) : .ipv4(0x7F00_0001, port: port)
      case "path": own = .unix(path: Array("\(folder)/é c".utf8))
      case "@name": own = .unix(abstract: Array("na\0me".utf8))
      default: own = .unixAutobind
      }
      #expect(LessonLine.connected(by: own).text == line)
    }
  }

  @Test("a path that would play with the terminal is escaped; other lines are the lesson's")
  func harmless() {
    #expect(LessonLine.connected(by: .unix(path: [0x2F, 0x1B, 0x5B, 0x41])).text == "Connected by /\\e[A")
    #expect(LessonLine.listening.text == "listening")
    #expect(LessonLine.datagram(from: .ipv4(0x7F00_0001, port: 9)).text == "Datagram from ('127.0.0.1', 9)")
  }
}
