import Classic
import SocketModel
import TestSupport
import Testing

@Suite("The view of lsof", .timeLimited)
struct LsofViewTests {
  /// One process whose name has odd bytes and one of another user, with sockets of every kind.
  private static func snapshot(name: [UInt8] = Array("Web Content".utf8)) -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    var first = ProcessInfo(pid: 4, name: name)
    (first.uid, first.parent, first.group) = (0, 1, 4)
    var second = ProcessInfo(pid: 123_456, name: Array("dns".utf8))
    (second.uid, second.parent, second.group) = (8777, 4, 123_456)
    snapshot.processes = [first, second]
    snapshot.userNames = [0: "root"]
    func add(
      _ transport: Transport, _ family: AddressFamily, _ state: SocketState, _ local: String = "",
      _ localPort: UInt16 = 0,
      _ remote: String = "", _ remotePort: UInt16 = 0, owners: [(Int32, Int32)],
      change: (inout SocketRecord) -> Void = { _ in }
    ) {
      var record = SocketRecord(transport: transport, family: family, state: state)
      record.localBits = IPAddress(local)?.bits ?? 0
      record.remoteBits = IPAddress(remote)?.bits ?? 0
      (record.localPort, record.remotePort) = (localPort, remotePort)
      record.inode = UInt64(1000 + snapshot.records.count)
      record.known = [.inode, .socketType, .receiveQueue, .sendQueue]
      (record.receiveQueue, record.sendQueue) = (5, 128)
      change(&record)
      snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
      for (process, descriptor) in owners {
        let pid = snapshot.processes[Int(process)].pid
        snapshot.owners.append(Owner(pid: pid, descriptor: descriptor, processIndex: process))
        snapshot.descriptorFlags.append(descriptor == 3 ? 0o2 : 0o2_004_002)
      }
      snapshot.records.append(record)
    }
    add(.tcp, .ipv4, .listen, "0.0.0.0", 80, "", 0, owners: [(0, 3)])
    add(.tcp, .ipv6, .established, "::ffff:192.0.2.1", 80, "::ffff:192.0.2.2", 5000, owners: [(0, 12)])
    add(.udp, .ipv6, .unconnected, "2001:db8::1", 53, "", 0, owners: [(1, 12345)])
    add(.udp, .ipv6, .connected, "::1.2.3.4", 53, "::1", 99, owners: [(1, 12346)])
    add(.unix, .unix, .listen, owners: [(0, 13)]) { record in
      record.nameIndex = snapshot.names.append(Array("/run/a socket:1".utf8).span)
      record.setUnixObject(kernelAddress: 0xABC, references: 2)
    }
    add(.raw, .ipv4, .unconnected, "127.0.0.1", 1, owners: [(0, 14)])
    add(.netlink, .netlink, .unconnected, "", 16, owners: [(0, 15)])
    add(.packet, .packet, .unconnected, "", 3, owners: [(0, 16)]) { $0.socketType = .raw }
    snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
    return snapshot
  }

  private static func files(_ snapshot: Snapshot, _ transports: Set<Transport>) -> [OwnedSocket] {
    var files: [(Int32, OwnedSocket)] = []
    for row in snapshot.records.indices where transports.contains(snapshot.records[row].transport) {
      for owner in snapshot.ownerRange(at: row) {
        files.append((snapshot.owners[owner].pid ?? -1, OwnedSocket(row: UInt32(row), owner: UInt32(owner))))
      }
    }
    return files.sorted { $0.0 < $1.0 }.map(\.1)
  }

  private static func table(
    _ transports: Set<Transport>, _ snapshot: Snapshot = snapshot(), change: (inout LsofView) -> Void = { _ in }
  ) -> String {
    var view = LsofView()
    change(&view)
    let table = LsofTable(view, snapshot, files: files(snapshot, transports))
    return Samples.text(table.header + table.render(0..<table.count))
  }

  @Test("Internet sockets: widths, mapped and long addresses, numbers of descriptors, the blank behind UDP")
  func internet() {
    #expect(
      Self.table([.tcp, .udp]) == """
        COMMAND      PID     USER   FD   TYPE DEVICE SIZE/OFF NODE NAME
        Web\\x20Co      4     root    3u  IPv4   1000      0t0  TCP *:80 (LISTEN)
        Web\\x20Co      4     root   12u  IPv6   1001      0t0  TCP 192.0.2.1:80->192.0.2.2:5000 (ESTABLISHED)
        dns       123456     8777 *345u  IPv6   1002      0t0  UDP [2001:db8::1]:53\u{20}
        dns       123456     8777 *346u  IPv6   1003      0t0  UDP [::1.2.3.4]:53->[::1]:99\u{20}

        """)
  }

  @Test("every other kind: a unix path ends at the first blank or colon, raw addresses are the kernel's words")
  func others() {
    let loopback = UInt32(0x7F00_0001).bigEndian == 0x7F00_0001 ? "7F000001" : "0100007F"
    #expect(
      Self.table([.unix, .raw, .netlink, .packet]) == """
        COMMAND   PID USER   FD      TYPE             DEVICE SIZE/OFF NODE NAME
        Web\\x20Co   4 root   13u     unix 0x0000000000000abc      0t0 1004 /run/a type=STREAM (LISTEN)
        Web\\x20Co   4 root   14u      raw                         0t0 1005 \(loopback):0001->00000000:0000 st=07
        Web\\x20Co   4 root   15u  netlink                         0t0 1006 GENERIC
        Web\\x20Co   4 root   16u     pack               1007      0t0  ALL type=SOCK_RAW

        """)
  }

  @Test("columns that were asked for, names and queues")
  func options() {
    let text = Self.table([.tcp]) { view in
      (view.parents, view.groups, view.links, view.sizes) = (true, true, true, .offset)
      view.commandLimit = 0
      view.flags = .names
      view.information = [.state, .queues]
      view.userNames = false
      view.names.tcpServices = [80: "http"]
      view.names.hosts = [IPAddress("::ffff:192.0.2.2") ?? IPAddress(ipv4: 0): "two.example"]
    }
    #expect(
      text == """
        COMMAND        PID PPID PGID     USER   FD   TYPE FILE-FLAG DEVICE OFFSET NLINK NODE NAME
        Web\\x20Content   4    1    4        0    3u  IPv4        RW   1000    0t0        TCP *:http (LISTEN QR=5 QS=0)
        Web\\x20Content   4    1    4        0   12u  IPv6  RW,ND,CX   1001    0t0        TCP \
        192.0.2.1:http->two.example:5000 (ESTABLISHED QR=5 QS=128)

        """)
    #expect(Self.table([.tcp]) { $0.flags = .hexadecimal }.contains(" IPv4     0x2;0x0   1000 "))
    #expect(Self.table([.tcp]) { $0.sizes = .size }.hasPrefix("COMMAND   PID USER   FD   TYPE DEVICE SIZE NODE NAME\n"))
    #expect(Self.table([.tcp]) { $0.information = [] }.contains("TCP *:80\n"))
    #expect(Self.table([.tcp]) { $0.information = .flags }.contains("TCP *:80 \n"))
    #expect(Self.table([.udp]) { $0.information = .queues }.contains("[2001:db8::1]:53 (QR=5 QS=128)\n"))
  }

  @Test(
    "names of processes are cut before a character that does not fit whole, and their width is reckoned as lsof does",
    arguments: [
      ("x", 9, "x      "), ("123456789abcdef", 9, "123456789"), ("12345678 x", 9, "12345678 "),
      ("a\\b\n", 9, "a\\\\b\\n  "),
      ("\u{1}\u{7F}", 9, "^A\\x7f "), ("é", 9, "\\xc3   "), ("ab c", 3, "ab "),
      ("name of 15 chars", 0, "name\\x20of\\x2015\\x20chars"),
    ] as [(String, Int, String)])
  func commands(name: String, limit: Int, cell: String) {
    let text = Self.table([.raw], Self.snapshot(name: Array(name.utf8))) { $0.commandLimit = limit }
    let line = text.split(separator: "\n")[1]
    let wanted = limit == 3 ? "ab\\x20c" : cell
    #expect(line.hasPrefix(wanted + " "), "\(line)")
  }

  @Test("fields: all of them, some of them, with NUL")
  func fields() {
    let snapshot = Self.snapshot()
    func fields(_ letters: String, _ transports: Set<Transport>, _ terminator: UInt8 = 0x0A) -> String {
      var view = LsofView()
      view.flags = .hexadecimal
      view.information = .all
      let files = Self.files(snapshot, transports)
      let fields = LsofFields(view, snapshot, files: files, letters: Set(letters), terminator: terminator)
      return Samples.text(fields.render()).replacing("\0", with: "|")
    }
    #expect(
      fields("pgRcuLfaltGdDsoikPSnT", [.udp]) == """
        p123456\ng123456\nR4\ncdns\nu8777
        f*345\nau\nl \ntIPv6\nG0x80802;0x0\nd1002\no0t0\nPUDP\nn[2001:db8::1]:53\nTQR=5\nTQS=128
        f*346\nau\nl \ntIPv6\nG0x80802;0x0\nd1003\no0t0\nPUDP\nn[::1.2.3.4]:53->[::1]:99\nTQR=5\nTQS=128

        """)
    #expect(fields("cLfn", [.unix]) == "p4\ncWeb Content\nLroot\nf13\nn/run/a type=STREAM\n")
    #expect(fields("fiT", [.unix], 0) == "p4|\nf13|i1004|TST=LISTEN|\n")
    #expect(fields("", [.unix, .raw], 0) == "p4|\n")
    #expect(fields("P", [.tcp, .raw]) == "p4\nPTCP\nPTCP\n")
  }

  @Test("text that others chose is made safe: characters that print in the locale, and no others")
  func text() {
    let name = Array("é\u{1B}[2J\u{9B}\u{FF}\\ \u{7F}".utf8) + [0xC3]
    #expect(Samples.text(LsofText.safe(name, isPrintable: nil)) == "\\xc3\\xa9^[[2J\\xc2\\x9b\\xc3\\xbf\\\\ \\x7f\\xc3")
    let printable = LsofText.safe(name) { $0.value >= 0xA0 }
    #expect(Samples.text(printable) == "é^[[2J\\xc2\\x9bÿ\\\\ \\x7f\\xc3")
  }

  @Test("random names never break a line or reach the terminal as they are")
  func hostile() {
    var generator = SeededGenerator()
    for _ in 0..<300 {
      let name = generator.hostileBytes(upTo: 15).filter { $0 != 0 }
      let snapshot = Self.snapshot(name: name)
      for limit in [0, 9] {
        let text = Self.table([.tcp, .unix, .raw], snapshot) { $0.commandLimit = limit }
        #expect(text.split(separator: "\n").count == 5, "seed \(generator.seed)")
        #expect(text.utf8.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0x0A }, "seed \(generator.seed)")
      }
    }
  }
}
