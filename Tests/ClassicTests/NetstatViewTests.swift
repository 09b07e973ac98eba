import SocketModel
import TestSupport
import Testing

@testable import Classic
@testable import SocketModel

/// What the comparison with the original cannot reach: rows that no current kernel makes on demand,
/// and text that is masked on purpose.
@Suite("The view of netstat", .timeLimited)
struct NetstatViewTests {
  private func record(
    _ transport: Transport = .tcp, _ state: SocketState = .established, local: (UInt128, UInt16) = (0x7F00_0001, 80),
    remote: (UInt128, UInt16) = (0x7F00_0002, 9), family: AddressFamily = .ipv4
  ) -> SocketRecord {
    var record = SocketRecord(transport: transport, family: family, state: state)
    (record.localBits, record.localPort) = local
    (record.remoteBits, record.remotePort) = remote
    return record
  }

  private func lines(
    _ records: [SocketRecord], _ options: NetstatOptions = numbers(), names: NetstatNames = NetstatNames(),
    _ change: (inout Snapshot) -> Void = { _ in }
  ) -> [String] {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    snapshot.records = records
    change(&snapshot)
    let view = NetstatView(snapshot, options: options, names: names)
    let bytes = view.render(rows: 0..<records.count)
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map(String.init)
  }

  private static func numbers(_ change: (inout NetstatOptions) -> Void = { _ in }) -> NetstatOptions {
    var options = NetstatOptions()
    options.servers = .all
    (options.numericHosts, options.numericPorts, options.numericUsers) = (true, true, true)
    change(&options)
    return options
  }

  private static func numbers() -> NetstatOptions { numbers { _ in } }

  @Test("addresses and ports are cut to 22 bytes, of which the port keeps 18 at most; -W shows them whole")
  func truncation() {
    let long: UInt128 = 0x2001_0DB8_1234_5678_9ABC_DEF0_1234_5678
    let row = record(.tcp, local: (long, 65535), remote: (long, 8), family: .ipv6)
    let wide = Self.numbers { $0.isWide = true }
    #expect(lines([row])[0] == "tcp6       0      0 2001:db8:1234:567:65535 2001:db8:1234:5678:9a:8 ESTABLISHED")
    #expect(
      lines([row], wide)[0]
        == "tcp6       0      0 2001:db8:1234:5678:9abc:def0:1234:5678:65535 2001:db8:1234:5678:9abc:def0:1234:5678:8 ESTABLISHED"
    )
    var names = NetstatNames()
    names.tcpServices = [80: Array("a-service-with-a-long-name".utf8)]
    names.hosts = [IPAddress(ipv4: 0x7F00_0002): Array("host.example.org".utf8)]
    let named = Self.numbers { ($0.numericHosts, $0.numericPorts) = (false, false) }
    #expect(
      lines([record()], named, names: names)[0]
        == "tcp        0      0 127.:a-service-with-a-l host.example.org:9      ESTABLISHED")
    // The host may be shorter than the space that the port leaves.
    let short = record(.tcp, local: (1, 80), remote: (0, 0), family: .ipv6)
    #expect(
      lines([short], named, names: names)[0]
        == "tcp6       0      0 ::1:a-service-with-a-l  [::]:*                  ESTABLISHED")
  }

  @Test(
    "IPv6 as inet_ntop writes it, mapped addresses as IPv4",
    arguments: [
      (0, "::"), (1, "::1"), (0x0102_0304, "::1.2.3.4"), (0x0001_0000, "::0.1.0.0"), (0xFFFF, "::ffff"),
      (0xFFFF_0102_0304, "1.2.3.4"), (0x1_0000_0000, "::1:0:0"), (0x2001_0DB8 << 96 | 1, "2001:db8::1"),
      (0xFE80 << 112 | 0x1_0000_0000_0001, "fe80::1:0:0:1"),
    ] as [(UInt128, String)])
  func addresses(bits: UInt128, text: String) {
    let line = lines([record(.udp, .connected, local: (bits, 7), family: .ipv6)])[0]
    #expect(line.hasPrefix("udp6       0      0 \(text):7 "), "\(line)")
  }

  @Test("queues that do not fit, users that are negative to the original, inodes beyond 32 bits")
  func numbers() {
    var row = record(.raw, .unconnected, local: (0, 255), remote: (0, 0))
    (row.receiveQueue, row.sendQueue, row.uid, row.inode) = (
      4_294_967_295, 1_234_567, 4_294_967_294, 18_446_744_073_709_551_615
    )
    #expect(
      lines([row], Self.numbers { $0.showsUsers = true })[0]
        == "raw   4294967295 1234567 0.0.0.0:255             0.0.0.0:*               7           -2         18446744073709551615"
    )
  }

  @Test("timers, each with seconds, retransmissions and probes")
  func timers() {
    let words: [(SocketTimer, String)] = [
      (.off, "off (0.00/3/4)"), (.retransmit, "on (1.05/3/4)"), (.keepalive, "keepalive (1.05/3/4)"),
      (.timeWait, "timewait (1.05/3/4)"),
      (.probe, "probe (1.05/3/4)"),
    ]
    for (timer, text) in words {
      var row = record()
      (row.timer, row.timerMilliseconds, row.retransmits, row.probes) = (timer, 1050, 3, 4)
      #expect(lines([row], Self.numbers { $0.showsTimers = true })[0].hasSuffix(" ESTABLISHED " + text))
      row.transport = .udp
      #expect(lines([row], Self.numbers { $0.showsTimers = true })[0].hasSuffix(" off (0.00/3/4)"))
    }
    var long = record()
    (long.timer, long.timerMilliseconds) = (.keepalive, 7_200_000)
    #expect(lines([long], Self.numbers { $0.showsTimers = true })[0].hasSuffix(" keepalive (7200.00/0/0)"))
  }

  @Test("every state of TCP and of unix sockets has its word")
  func states() {
    for state in SocketState.allCases where state.rawValue <= 11 {
      #expect(lines([record(.tcp, state)])[0].dropFirst(68) == state.name.uppercased().padded(to: 11))
    }
    let unix: [(SocketState, String)] = [
      (.unconnected, ""), (.listen, "LISTENING"), (.connecting, "CONNECTING"), (.connected, "CONNECTED"),
      (.disconnecting, "DISCONNECTING"),
    ]
    for (state, word) in unix {
      var row = SocketRecord(transport: .unix, family: .unix, state: state)
      row.setUnixObject(kernelAddress: 0, references: 2)
      row.socketType = .stream
      row.known.insert(.socketType)
      let flags = state == .listen ? "[ ACC ]" : "[ ]"
      #expect(lines([row])[0] == "unix  2      \(flags.padded(to: 11)) STREAM     \(word.padded(to: 13)) 0        ")
    }
  }

  @Test(
    "the name of a program is the last part of its first argument, masked and cut",
    arguments: [
      ("/usr/sbin/sshd\0-D", "7/sshd"), ("sshd: /usr/sbin/sshd -D", "7/sshd: /usr/sbin/s"), ("bin/name", "7/bin/name"),
      ("/ends/", "7/"), ("", "7/"), ("/a/b c/d e\0/x/y", "7/d e"), ("\u{1B}[31m/x", "7/.[31m/x"),
      ("/x/a\u{7}\tb", "7/a..b"),
      ("caf\u{E9}", "7/caf.."), ("0123456789012345678901234", "7/01234567890123456"),
      ("/" + String(repeating: "d/", count: 255) + "name", "7/"),
    ])
  func programs(arguments: String, cell: String) {
    var process = ProcessInfo(pid: 7, name: Array("comm".utf8))
    process.arguments = Array(arguments.utf8)
    let line = lines([record()], Self.numbers { $0.showsPrograms = true }) { snapshot in
      snapshot.processes = [process]
      snapshot.owners = [Owner(pid: 7, descriptor: 3, processIndex: 0)]
      snapshot.ownerStarts = [0, 1]
    }[0]
    #expect(line.dropFirst(80) == cell.padded(to: 20))
  }

  @Test("the kernel and its interfaces are not programs")
  func otherOwners() {
    let line = lines([record()], Self.numbers { $0.showsPrograms = true }) { snapshot in
      snapshot.owners = [.kernel(nil), .kernel(nil, for: KernelSocketUser(.vxlan, interface: 7))]
      snapshot.ownerStarts = [0, 2]
    }[0]
    #expect(line.dropFirst(80) == "-".padded(to: 20))
  }

  @Test("an owner whose arguments could not be read is skipped; no owner is a dash")
  func owners() {
    var second = ProcessInfo(pid: 8, name: [])
    second.arguments = Array("second".utf8)
    let options = Self.numbers { $0.showsPrograms = true }
    for (processes, cell) in [
      ([ProcessInfo(pid: 7, name: []), second], "8/second"), ([ProcessInfo(pid: 7, name: [])], "-"), ([], "-"),
    ] {
      let line = lines([record()], options) { snapshot in
        snapshot.processes = processes
        snapshot.owners = processes.enumerated().map { Owner(pid: $1.pid, descriptor: 3, processIndex: Int32($0)) }
        snapshot.ownerStarts = [0, UInt32(processes.count)]
      }[0]
      #expect(line.dropFirst(80) == cell.padded(to: 20))
    }
  }

  @Test(
    "a unix path is shown up to its first blank; what a terminal would obey is masked",
    arguments: [
      ("/run/x.sock", "/run/x.sock"), ("/two words", "/two"), (" leading", "leading"), ("/tab\there", "/tab"),
      ("\u{0}abstract\u{0}b", "@abstract@b"),
      ("/\u{E9}t\u{E9}", "/\u{E9}t\u{E9}"), ("/\u{1B}[2J", "/.[2J"), ("/\u{202E}gpj", "/.gpj"), ("/\u{7F}", "/."),
      ("\n/x", "/x"), ("/a\rb", "/a"),
    ])
  func paths(path: String, shown: String) {
    var row = SocketRecord(transport: .unix, family: .unix, state: .unconnected)
    let line = lines([row]) { snapshot in
      row.nameIndex = snapshot.names.append(Array(path.utf8).span)
      snapshot.records = [row]
    }[0]
    #expect(line.hasSuffix(" 0        \(shown)"), "\(line)")
  }

  @Test("servers are recognised by the remote end, those of unix sockets by the state")
  func servers() {
    let rows = [
      record(.tcp, .listen, remote: (0, 0)), record(.tcp, .close, remote: (0, 0)), record(.tcp, .established),
      record(.udp, .unconnected, remote: (0, 5)),
      record(.udp, .connected, remote: (1, 0)), SocketRecord(transport: .unix, family: .unix, state: .listen),
      SocketRecord(transport: .unix, family: .unix, state: .unconnected),
      SocketRecord(transport: .packet, family: .packet, state: .unconnected),
    ]
    func shown(_ servers: NetstatOptions.Servers) -> [Int] {
      var options = NetstatOptions()
      options.servers = servers
      let view = NetstatView(Snapshot(meta: SnapshotMeta(source: "proc")), options: options)
      return rows.indices.filter { view.shows(rows[$0]) }
    }
    #expect(shown(.only) == [0, 1, 3, 5] && shown(.none) == [2, 4, 6] && shown(.all) == [0, 1, 2, 3, 4, 5, 6])
  }

  @Test("rows of a transport are adjacent")
  func ranges() {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    snapshot.records = [
      record(), record(), record(.udp), SocketRecord(transport: .unix, family: .unix, state: .listen),
    ]
    let view = NetstatView(snapshot, options: NetstatOptions())
    #expect(
      view.rows(of: .tcp) == 0..<2 && view.rows(of: .udp) == 2..<3 && view.rows(of: .raw).isEmpty
        && view.rows(of: .unix) == 3..<4)
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - utf8.count)) }
}
