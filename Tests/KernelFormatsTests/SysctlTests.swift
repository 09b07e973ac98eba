import SocketModel
import TestSupport
import Testing

@testable import KernelFormats

@Suite("Files below /proc/sys, and sockstat", .timeLimited)
struct SysctlTests {
  @Test(
    "numbers stand between tabs and blanks; anything else is no value",
    arguments: [
      ("4096\n", [4096]), ("32768\t60999\n", [32768, 60999]), ("1952\t0\t9223372036854775807\n", [1952, 0, .max]),
      ("-1", [-1]), (" 7 ", [7]), ("", nil), ("\n", nil), ("x\n", nil), ("1 x\n", nil), ("9223372036854775808\n", nil),
      ("1,2\n", nil), ("--1\n", nil),
    ] as [(String, [Int64]?)])
  func numbers(text: String, values: [Int64]?) {
    #expect(SysctlValue.numbers(Array(text.utf8).span) == values)
  }

  @Test(
    "a list of ports has numbers and ranges, or nothing",
    arguments: [
      ("\n", []), ("", []), ("8080\n", [8080...8080]), ("8080,9148-9150\n", [8080...8080, 9148...9150]),
      ("65535", [65535...65535]), ("65536\n", nil), ("9-8\n", nil), ("8,\n", nil), (",8\n", nil), ("8 9\n", nil),
      ("8\n9\n", nil), ("x\n", nil),
    ] as [(String, [ClosedRange<UInt16>]?)])
  func ports(text: String, ranges: [ClosedRange<UInt16>]?) {
    #expect(SysctlValue.ports(Array(text.utf8).span) == ranges)
  }

  @Test("sockstat and sockstat6 are read by name and word, whatever else is there")
  func sockets() {
    var counts = SocketCounts()
    counts.read(
      Array(
        """
        sockets: used 295
        TCP: inuse 8 orphan 1 tw 12 alloc 9 mem 3
        UDP: inuse 2 mem 4
        UDPLITE: inuse 7
        RAW: inuse x
        FRAG: inuse 0 memory

        """.utf8
      ).span)
    var expected = SocketCounts()
    (expected.sockets, expected.tcp, expected.orphans, expected.timeWait, expected.tcpPages) = (295, 8, 1, 12, 3)
    (expected.udp, expected.udpPages, expected.udpLite) = (2, 4, 7)
    #expect(counts == expected)
    counts.read(Array("TCP6: inuse 5\nUDP6: inuse -1\nTCP: tw nine\nFRAG6: inuse 0 memory 0".utf8).span)
    expected.tcp6 = 5
    #expect(counts == expected)
  }

  @Test("any bytes are read to the end")
  func anything() {
    var generator = SeededGenerator()
    let pieces = ["TCP:", "inuse", " ", "\n", "\t", "12", "-", ",", "9999999999999999999999", "\u{0}", ":"]
    for _ in 0..<2000 {
      let text = (0..<Int.random(in: 0..<20, using: &generator)).map { _ in
        pieces.randomElement(using: &generator) ?? ""
      }.joined()
      let bytes = Array(text.utf8)
      var counts = SocketCounts()
      counts.read(bytes.span)
      var settings = SystemSettings()
      let isRead = settings.read(.reservedPorts, bytes.span)
      #expect(isRead == (settings.reservedPorts != nil), "seed \(generator.seed)")
      #expect(SysctlValue.numbers(bytes.span)?.isEmpty != true, "seed \(generator.seed)")
    }
  }

  @Test("a setting's name is the one of sysctl(8)")
  func names() {
    #expect(Sysctl.acceptQueueLimit.name == "net.core.somaxconn" && Sysctl.openFiles.name == "fs.file-nr")
    #expect(Sysctl.finTimeout.isOfNamespace && !Sysctl.openFiles.isOfNamespace)
  }
}
