import TestSupport
import Testing
import Text

@testable import Rendering
@testable import SocketModel

@Suite("How a table fits", .timeLimited)
struct TableFittingTests {
  private static let long = "2001:db8:85a3:1234:5678:8a2e:370:7334"

  private static func record(
    _ transport: Transport, _ state: SocketState, _ local: String, _ port: UInt16, _ peer: String? = nil,
    _ peerPort: UInt16 = 0
  ) -> SocketRecord {
    let address = IPAddress(local)
    var record = SocketRecord(transport: transport, family: address?.isIPv4 == true ? .ipv4 : .ipv6, state: state)
    record.localBits = address?.bits ?? 0
    record.localPort = port
    record.remoteBits = peer.flatMap { IPAddress($0) }?.bits ?? 0
    record.remotePort = peerPort
    record.known = [.receiveQueue, .sendQueue]
    return record
  }

  private static func snapshot(_ rows: [(SocketRecord, owners: [(process: Int32, fd: Int32)])]) -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    snapshot.processes = [
      ProcessInfo(pid: 2011, name: Array("systemd-resolve".utf8)), ProcessInfo(pid: 812, name: Array("sshd".utf8)),
      ProcessInfo(pid: 8208, name: Array("python3".utf8)),
      ProcessInfo(pid: 1_234_567, name: Array("systemd-network".utf8)),
    ]
    for (record, owners) in rows {
      snapshot.records.append(record)
      snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
      for owner in owners {
        let pid = snapshot.processes[Int(owner.process)].pid
        snapshot.owners.append(Owner(pid: pid, descriptor: owner.fd, processIndex: owner.process))
      }
    }
    snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
    return snapshot
  }

  /// A listener, connections over IPv4 and long IPv6, and datagram sockets.
  private static var mixed: Snapshot {
    snapshot([
      (record(.tcp, .listen, "127.0.0.53", 53), [(0, 17)]),
      (record(.tcp, .established, "10.0.0.7", 22, "192.0.2.25", 51_234), [(1, 4)]),
      (record(.tcp, .established, long, 9443, "2001:db8:85a3::8a2e:370:1", 40_000), [(2, 5)]),
      (record(.tcp, .closeWait, long, 9443, long, 40_001), [(2, 6), (2, 150), (2, 152), (2, 153)]),
      (record(.udp, .unconnected, "127.0.0.53", 53), [(0, 16)]),
    ])
  }

  private static func lines(_ snapshot: Snapshot, _ style: TableStyle) -> [String] {
    let table = Table(snapshot, rows: Samples.rows(snapshot), style: style)
    let text = Samples.text(table.header + table.render(rows: Samples.rows(snapshot)))
    return text.split(separator: "\n").map(String.init)
  }

  private static func titles(_ snapshot: Snapshot, _ style: TableStyle) -> String {
    lines(snapshot, style)[0].split(separator: " ").joined(separator: " ")
  }

  @Test(
    "A long IPv6 address hides neither state nor peer nor protocol, and keeps its port, at every width",
    arguments: [
      (
        80, "PROTO STATE LOCAL PEER OWNERS",
        "tcp    close_wait   [2001:…:7334]:9443  [2001:…:7334]:40001  python3[8208]"
      ),
      (
        120, "PROTO STATE RECV-Q SEND-Q LOCAL PEER OWNERS",
        "tcp    close_wait        0       0  [2001:db8:85a3:…:370:7334]:9443      [2001:db8:…:7334]:40001   python3[8208]"
      ),
      (
        200, "PROTO STATE RECV-Q SEND-Q LOCAL PEER OWNERS",
        "tcp    close_wait        0       0  [2001:db8:85a3:1234:5678:8a2e:370:7334]:9443  "
          + "[2001:db8:85a3:1234:5678:8a2e:370:7334]:40001  python3[8208] fd 6,150,152,153"
      ),
    ])
  func longAddresses(width: Int, titles: String, line: String) {
    #expect(Self.titles(Self.mixed, TableStyle(width: width)) == titles)
    let lines = Self.lines(Self.mixed, TableStyle(width: width))
    #expect(lines[4] == line)
    #expect(lines.allSatisfy { TextWidth.columns($0) <= width })
  }

  @Test("At 40 columns state, protocol and both ends stay, each with its port")
  func narrowest() {
    let lines = Self.lines(Self.mixed, TableStyle(width: 40))
    #expect(Self.titles(Self.mixed, TableStyle(width: 40)) == "PROTO STATE LOCAL PEER")
    #expect(lines.allSatisfy { TextWidth.columns($0) <= 40 })
    #expect(lines[4].contains(":9443") && lines[4].contains(":40001"), "\(lines[4])")
  }

  @Test("A column without a value is hidden first, unless it was asked for by name")
  func withoutValue() {
    let snapshot = Self.snapshot([
      (Self.record(.tcp, .listen, "127.0.0.53", 53), [(0, 17)]),
      (Self.record(.udp, .unconnected, "127.0.0.53", 53), [(0, 16)]),
    ])
    #expect(Self.titles(snapshot, TableStyle(width: 120)).contains("PEER"))
    var style = TableStyle(width: 80)
    #expect(Self.titles(snapshot, style) == "PROTO STATE RECV-Q SEND-Q LOCAL OWNERS")
    #expect(Table(snapshot, rows: Samples.rows(snapshot), style: style).hidden == [.peer])
    style.columns.insert(.interface, at: 6)
    style.asked = [.interface, .peer]
    #expect(!Self.titles(snapshot, style).contains("IFACE"))
    style.named = [.interface]
    #expect(Self.titles(snapshot, style).contains("IFACE"))
    #expect(!Self.titles(snapshot, style).contains("PEER"))
  }

  @Test("Descriptors give way before queues that have something, and no list of them is ever cut")
  func descriptors() {
    var snapshot = Self.mixed
    snapshot.records[1].sendQueue = 4096
    for width in 30...220 {
      for line in Self.lines(snapshot, TableStyle(width: width)) {
        guard let list = line.firstRange(of: " fd ") else { continue }
        #expect(["17", "4", "5", "6,150,152,153", "16"].contains(String(line[list.upperBound...])), "width \(width)")
      }
    }
    let style = TableStyle(width: 100)
    let table = Table(snapshot, rows: Samples.rows(snapshot), style: style)
    #expect(table.hidesDescriptors)
    #expect(!table.hidden.contains(.sendQueue))
    #expect(!Table(snapshot, rows: Samples.rows(snapshot), style: TableStyle(width: 200)).hidesDescriptors)
  }

  @Test("Of many owners the first is named with how many there are besides, and nothing else gives way for them")
  func manyOwners() {
    var rows = [(Self.record(.tcp, .listen, "0.0.0.0", 80), owners: (0..<3).map { (process: Int32($0), fd: Int32(6)) })]
    rows.append((Self.record(.tcp, .established, "10.0.0.7", 22, "192.0.2.25", 51_234), [(1, 4)]))
    let lines = Self.lines(Self.snapshot(rows), TableStyle(width: 100))
    #expect(lines[0].split(separator: " ").count == 7)
    #expect(lines[1].hasSuffix("  systemd-resolve[2011] fd 6 +2"), "\(lines[1])")
    #expect(lines[2].hasSuffix("  sshd[812] fd 4"))
  }

  @Test("Of a dozen rows one may run over; its other cells go on where there is room, and the rest stays aligned")
  func outlier() {
    var rows = (0..<30).map { index in
      let port = 50_000 + UInt16(index)
      return (Self.record(.tcp, .established, "10.0.0.7", 22, "192.0.2.25", port), owners: [(Int32(1), Int32(4))])
    }
    rows[7].0 = Self.record(.tcp, .established, Self.long, 22, Self.long, 50_007)
    let snapshot = Self.snapshot(rows)
    let lines = Self.lines(snapshot, TableStyle(width: 82))
    #expect(lines[0] == "PROTO  STATE        RECV-Q  SEND-Q  LOCAL        PEER              OWNERS")
    #expect(lines[1] == "tcp    established       0       0  10.0.0.7:22  192.0.2.25:50000  sshd[812] fd 4")
    #expect(lines[8].hasSuffix("  [2001:db8:…:370:7334]:22  [2001:db8:…:7334]:50007  sshd[812] fd 4"), "\(lines[8])")
    #expect(lines.filter { TextWidth.columns($0) > 82 }.count == 1)
    var style = TableStyle(width: 80)
    style.rowsRunOver = false
    #expect(Self.lines(snapshot, style).allSatisfy { TextWidth.columns($0) <= 80 })
  }

  @Test("The owners of a row that runs over give way if it fits so, and those of the other rows stay whole")
  func outlierOwners() {
    var rows = (0..<30).map { index in
      (Self.record(.tcp, .listen, "10.0.0.7", 8000 + UInt16(index)), owners: [(Int32(1), Int32(4))])
    }
    rows[0].owners = [(Int32(3), Int32(4))]
    rows[7] = (Self.record(.tcp, .listen, Self.long, 8007), owners: [(Int32(0), Int32(17))])
    let snapshot = Self.snapshot(rows)
    let lines = Self.lines(snapshot, TableStyle(width: 80))
    #expect(lines[1].hasSuffix("  systemd-network[1234567] fd 4"), "\(lines[1])")
    #expect(lines[2].hasSuffix("  sshd[812] fd 4"), "\(lines[2])")
    #expect(lines[8].hasSuffix("  [2001:db8:…:7334]:8007  systemd-resolve[2011]"), "\(lines[8])")
    #expect(lines.allSatisfy { TextWidth.columns($0) <= 80 }, "\(lines)")
  }

  @Test("Queues that are all 0 give way before columns with information", arguments: [false, true])
  func zeroQueues(isFull: Bool) {
    var snapshot = Self.mixed
    for index in snapshot.records.indices {
      snapshot.records[index].inode = 323_642
      snapshot.records[index].known.insert(.inode)
    }
    snapshot.records[2].receiveQueue = isFull ? 12 : 0
    for width in 40...140 {
      var style = TableStyle(width: width)
      style.columns = [.transport, .state, .receiveQueue, .sendQueue, .local, .peer, .inode, .owners]
      let hidden = Table(snapshot, rows: Samples.rows(snapshot), style: style).hidden
      if hidden.contains(.inode) { #expect(hidden.contains(.sendQueue), "width \(width)") }
      if hidden.contains(isFull ? .receiveQueue : .inode) {
        #expect(hidden.contains(isFull ? .inode : .receiveQueue), "width \(width)")
      }
    }
  }

  @Test("A protocol that all rows share gives way before queues, and the state never does")
  func oneTransport() {
    var snapshot = Self.mixed
    snapshot.records[4] = Self.record(.tcp, .listen, "127.0.0.1", 631)
    snapshot.records[1].receiveQueue = 1
    for width in 20...200 {
      #expect(Self.titles(snapshot, TableStyle(width: width)).contains("STATE"), "width \(width)")
      let table = Table(snapshot, rows: Samples.rows(snapshot), style: TableStyle(width: width))
      #expect(!table.hidden.contains(.peer) || width < 35, "width \(width)")
    }
    #expect(Self.titles(snapshot, TableStyle(width: 85)) == "STATE RECV-Q LOCAL PEER OWNERS")
  }

  @Test("A long path loses its middle, and keeps the file name at its end")
  func paths() {
    let path = "/run/user/1000/some-application/with/a/long/way/down/socket-of-it.sock"
    var snapshot = Samples.unix([Array(path.utf8), Array("/run/dbus".utf8)], process: Array("dbus".utf8))
    let columns = TableStyle.defaultColumns(for: [.unix])
    for width in [60, 80, 100] {
      let lines = Self.lines(snapshot, TableStyle(columns: columns, width: width))
      #expect(lines[0].contains("STATE") && lines[0].contains("OWNERS"))
      #expect(lines[1].contains("…") && lines[1].contains(#/\/run/u\S*…\S*-of-it\.sock/#), "\(lines[1])")
      #expect(lines.allSatisfy { TextWidth.columns($0) <= width })
    }
    var style = TableStyle(columns: columns, width: 80)
    style.isASCII = true
    #expect(Self.lines(snapshot, style)[1].contains(#/\/run\S*\.\.\.\S*-of-it\.sock/#))
    snapshot.records.removeFirst()
    snapshot.ownerStarts.removeFirst()
    #expect(!Self.lines(snapshot, style)[1].contains("..."))
  }

  @Test(
    "An address loses its middle groups and keeps its port as long as there is any room",
    arguments: [
      ("[2001:db8:85a3:1234:5678:8a2e:370:7334]:9443", 44, "[2001:db8:85a3:1234:5678:8a2e:370:7334]:9443"),
      ("[2001:db8:85a3:1234:5678:8a2e:370:7334]:9443", 40, "[2001:db8:85a3:…:8a2e:370:7334]:9443"),
      ("[2001:db8:85a3:1234:5678:8a2e:370:7334]:9443", 24, "[2001:db8:…:7334]:9443"),
      ("[2001:db8:85a3:1234:5678:8a2e:370:7334]:9443", 19, "[2001:…:7334]:9443"),
      ("[2001:db8:85a3:1234:5678:8a2e:370:7334]:9443", 15, "[…:7334]:9443"),
      ("[2001:db8:85a3:1234:5678:8a2e:370:7334]:9443", 9, "…34]:9443"),
      ("[2001:db8:85a3::7334]:9443", 24, "[2001:db8:…:7334]:9443"),
      ("[fe80::8a2e:370:7334]%wlan0:22", 24, "[fe80:…:7334]%wlan0:22"),
      ("[::ffff:192.0.2.250]:65535", 25, "[…:192.0.2.250]:65535"),
      ("192.0.2.250:65535", 12, "…2.250:65535"),
      ("a-host.with.a.long.name.example:https", 20, "a-host…example:https"),
      ("[", 0, ""), ("", 5, ""), ("[]:1", 2, "…1"), ("[::]:1", 3, "…:1"),
    ])
  func elision(text: String, limit: Int, short: String) {
    let bytes = Array(text.utf8)
    let cut = TextWidth.columns(text) <= limit ? bytes : TextCut.unicode.address(bytes[...], to: limit)
    #expect(TextWidth.columns(cut[...]) <= limit)
    #expect(Samples.text(cut) == short)
    let ascii = TextCut.ascii.address(bytes[...], to: limit)
    #expect(ascii.allSatisfy { $0 < 0x80 } && ascii.count <= max(limit, 0))
  }

  @Test("No cut is wider than asked for, whatever the bytes and wherever it is made")
  func cuts() {
    var generator = SeededGenerator()
    for _ in 0..<500 {
      var text: [UInt8] = []
      Escaping.append(generator.hostileBytes(upTo: 60)[...], to: &text)
      for cut in [TextCut.unicode, .ascii] {
        let limit = Int.random(in: 0...30, using: &generator)
        for short in [
          cut.end(text[...], to: limit), cut.beginning(text[...], to: limit), cut.middle(text[...], to: limit),
          cut.address(text[...], to: limit),
        ] {
          #expect(TextWidth.columns(short[...]) <= limit, "seed \(generator.seed)")
          #expect(String(validating: short, as: UTF8.self) != nil, "seed \(generator.seed)")
        }
      }
    }
  }
}
