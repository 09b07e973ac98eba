import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("Redaction", .timeLimited)
struct RedactionTests {
  private func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

  private func redact(_ table: ProcNetTable, _ text: String) -> String {
    var redaction = Redaction(byteOrder: .little)
    return String(decoding: redaction.table(table, Array(text.utf8).span).bytes, as: UTF8.self)
  }

  @Test("only what a listing reads is kept of a process's stat", arguments: [("2129984", "2097152"), ("4194560", "0")])
  func stat(flags: String, kept: String) {
    let line =
      "812 (we) ird) S 1 810 810 34816 812 \(flags) 11 12 13 14 15 16 17 18 20 0 7 0 4711 94819 23 18446744073709551615"
      + " 94819473608704 94819473626633 140729370776544 0 0 0 4096 17 0 0 0 0 0 0 0 0 94819473634544 94819473636360"
      + " 94819491446784 140729370783298 140729370783307 140729370783307 140729370787817 0\n"
    var redaction = Redaction(byteOrder: .little)
    let zeros = Array(repeating: "0", count: 12).joined(separator: " ")
    let rest = Array(repeating: "0", count: 30).joined(separator: " ")
    #expect(
      text(redaction.stat(Array(line.utf8).span))
        == "812 (process1) S 1 810 0 0 0 \(kept) \(zeros) 4711 \(rest)\n")
  }

  @Test("names of cgroup hierarchies get substitutes, the kernel's controllers stay")
  func hierarchies() {
    var redaction = Redaction(byteOrder: .little)
    let lines = "12:cpu,cpuacct:/a\n9:name=secret:/\n8:secret2,memory:/a\n1:name=systemd:/b\n0::/b\nsecret:x:/\n"
    #expect(
      text(redaction.cgroup(Array(lines.utf8)))
        == "12:cpu,cpuacct:/cgroup1\n9:name=hierarchy1:/\n8:name=hierarchy2,memory:/cgroup1\n1:name=systemd:/cgroup2\n"
        + "0::/cgroup2\n")
  }

  private static let tcpHeader =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"

  private static let tables: [(table: ProcNetTable, header: String, row: String)] = [
    (
      .tcp, tcpHeader,
      "   0: 0A02A8C0:1F90 637100CB:01BB 01 00000000:00000000 02:000A7D8C 00000000  4711        0 77 2 ffff888102dbd340 20 4 30 10 -1"
    ),
    (
      .udp, " " + tcpHeader + " ref pointer drops             ",
      "  423: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 21 2 ffff888102dbd340 3"
    ),
    (
      .packet, "sk               RefCnt Type Proto  Iface R Rmem   User   Inode",
      "ffff888102dbd340 3      3    0003   2     1 0      4711   555"
    ),
    (
      .netlink, "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode",
      "ffff888102dbd340 0   812        00000001 0        0        0     2        0        66"
    ),
    (
      .unix, "Num       RefCount Protocol Flags    Type St Inode Path",
      "ffff888102dbd340: 00000002 00000000 00010000 0001 01 90 /run/secret"
    ),
  ]

  @Test("the kernel's pointers become zeros, and rows keep their columns", arguments: tables)
  func pointers(_ table: ProcNetTable, _ header: String, _ row: String) {
    let redacted = redact(table, header + "\n" + row + "\n")
    #expect(redacted.hasPrefix(header + "\n"))
    #expect(!redacted.contains("888102") && redacted.contains("0000000000000000"))
    #expect(redacted.split(separator: " ").count == (header + "\n" + row).split(separator: " ").count)
  }

  @Test("a dump's pointer in the netlink table of old kernels becomes zeros")
  func oldNetlink() {
    let header = "sk       Eth Pid    Groups   Rmem     Wmem     Dump     Locks     Drops\n"
    let row = "ffff8800 0   812    00000001 0        0        ffff8801 2         0\n"
    #expect(redact(.netlink, header + row) == header + row.replacing(/ffff880./, with: "00000000"))
    let older = "c0ffee00 0   -4    00000001 0        0        (null) 2\n"
    #expect(redact(.netlink, header + older) == header + older.replacing("c0ffee00", with: "00000000"))
  }

  @Test("text after a heading and numbers after the last column are left out", arguments: tables)
  func surplus(_ table: ProcNetTable, _ header: String, _ row: String) {
    let surplus = table == .tcp ? " 31337" : table == .udp ? " 0 0 0 0 31337" : table == .unix ? "" : " 31337"
    let redacted = redact(table, header + " Secret\n" + row + surplus + "\n")
    #expect(!redacted.contains("Secret") && !redacted.contains("31337"))
    #expect(ProcNetTable.recognise(header: Array(redacted.split(separator: "\n")[0].utf8).span) != nil)
  }

  @Test("a table that ends in the middle of a row still does, and no other does", arguments: tables)
  func cut(_ table: ProcNetTable, _ header: String, _ row: String) {
    func reading(_ text: String) -> (rows: Int, kinds: [Problem.Kind]) {
      var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
      var decoder = ProcNetDecoder(table: table, path: "net/table")
      decoder.decode(Array(text.utf8).span, into: &snapshot)
      decoder.finish(into: &snapshot)
      return (snapshot.records.count, snapshot.problems.map(\.kind))
    }
    let whole = header + "\n" + row + "\n" + row.replacing("7", with: "8") + "\n"
    for count in header.utf8.count...whole.utf8.count {
      let original = String(whole.prefix(count))
      let (before, after) = (reading(original), reading(redact(table, original)))
      #expect(before == after, "cut after \(count) bytes")
    }
    #expect(reading(String(whole.dropLast(9))).kinds.contains(.truncated))
  }

  @Test("lines that are not rows are counted")
  func omitted() {
    var redaction = Redaction(byteOrder: .little)
    for (table, header, row) in Self.tables {
      let text = header + "\n" + "secret\n" + row + "\n\n" + (table == .unix ? "\(row)\n" : "another\n")
      #expect(redaction.table(table, Array(text.utf8).span).omittedLines == (table == .unix ? 1 : 2), "\(table)")
    }
  }

  @Test("a row whose name is longer than a name can be is left out", arguments: [false, true])
  func longNames(isEscaped: Bool) {
    var redaction = Redaction(byteOrder: .little)
    let header = "Num       RefCount Protocol Flags    Type St Inode Path\n"
    let longest = isEscaped ? 432 : 108
    for length in [longest - 1, longest, longest + 1] {
      let row = "0000000000000000: 00000002 00000000 00010000 0001 01 7 /" + String(repeating: "a", count: length - 1)
      let table = redaction.table(.unix, Array((header + row + "\n").utf8).span, hasCheckedNames: isEscaped)
      var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
      var decoder = ProcNetDecoder(table: .unix, path: "net/unix", hasCheckedNames: isEscaped)
      decoder.decode(Array((header + row + "\n").utf8).span, into: &snapshot)
      decoder.finish(into: &snapshot)
      #expect(snapshot.records.count == (length <= longest ? 1 : 0))
      #expect(table.omittedLines == (length <= longest ? 0 : 1), "\(length) bytes")
    }
  }

  @Test("a line that was meant to be a row ends the name before it, as for a reader")
  func endOfName() {
    let header = "Num       RefCount Protocol Flags    Type St Inode Path\n"
    let row = "0000000000000000: 00000002 00000000 00010000 0001 01 7 /a"
    let same = redact(.unix, header + row + "\n" + row + "\n0000000000000000: broken\nrest\n")
    let names = same.split(separator: "\n").dropFirst().compactMap { $0.split(separator: " ").last }
    #expect(names.count == 2 && names[0] == names[1], "\(same)")
  }

  @Test("what follows the heading of another table is not a row of this one, however much is left of that heading")
  func otherHeading() {
    let heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
    let row = "   1: 0100007F:1B59 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 7 1 0"
    #expect(redact(.tcp, heading + "\n" + row + "\n").split(separator: "\n").count == 2)
    #expect(redact(.tcp, heading + " x drops\n" + row + "\n").isEmpty)
  }

  @Test("a manifest keeps no text that was chosen on the machine")
  func manifest() {
    var manifest = CaptureManifest()
    manifest.kernelRelease = "6.1.0-18-secret"
    manifest.architecture = "secret"
    manifest.hostName = "secret"
    manifest.bootID = "secret"
    manifest.pointerBits = 64
    manifest.others = [.init(key: "secret", value: "secret")]
    manifest.unreadable = [
      "net/udp Input/output error", "net/tcp beyond 4096 bytes", "31/fd Permission denied",
      "31 Permission denied secret", "secret/fd Permission denied", "net/secret",
      "the list of processes secret", "32/fd",
    ].map(CaptureGap.init(parsing:))
    manifest.redact()
    #expect(!String(decoding: manifest.encoded(), as: UTF8.self).contains("secret"))
    #expect(manifest.kernelRelease == "6.1.0" && manifest.pointerBits == 64 && manifest.isRedacted)
    #expect(
      manifest.unreadable.map(\.text) == [
        "net/udp Input/output error", "net/tcp beyond 4096 bytes", "31/fd Permission denied", "31", "a file",
        "a file", "the list of processes", "32/fd",
      ])
    manifest.architecture = "s390x"
    manifest.kernelRelease = "secret"
    manifest.redact()
    #expect(manifest.architecture == "s390x" && manifest.kernelRelease == nil)
  }
}
