import Rendering
import SocketModel
import TestSupport
import Testing

@Suite("Ends as text", .timeLimited)
struct EndTextTests {
  /// A snapshot that knows the interfaces 1 and 2, and not 7.
  private static var snapshot: Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    snapshot.interfaceNames = [1: Array("lo".utf8), 2: Array("e\u{1B}0".utf8)]
    return snapshot
  }

  /// A listener at an address and port 80; `v6only` is what is known of the option.
  private static func listener(
    _ transport: Transport, _ address: String, interface: UInt32?, v6only: Bool?
  ) throws -> SocketRecord {
    let address = try #require(IPAddress(address))
    var record = SocketRecord(transport: transport, family: address.isIPv4 ? .ipv4 : .ipv6, state: .listen)
    record.localBits = address.bits
    record.localPort = 80
    if let interface {
      record.interface = interface
      record.known.insert(.interface)
    }
    if let v6only {
      record.known.insert(.ipv6Only)
      if v6only { record.flags.insert(.ipv6Only) }
    }
    return record
  }

  @Test(
    "the local end says which interface it is bound to, and whether IPv6 takes IPv4 too",
    arguments: [
      ("0.0.0.0", nil, nil, "0.0.0.0:80"), ("0.0.0.0", 0, nil, "0.0.0.0:80"), ("0.0.0.0", 1, nil, "0.0.0.0%lo:80"),
      ("127.0.0.53", 1, nil, "127.0.0.53%lo:80"), ("10.0.0.1", 7, nil, "10.0.0.1%7:80"),
      ("10.0.0.1", 2, nil, "10.0.0.1%e\\e0:80"), ("::", nil, nil, "[::]:80"), ("::", 0, false, "*:80"),
      ("::", 0, true, "[::]:80"), ("::", 1, false, "*%lo:80"), ("::", 1, true, "[::]%lo:80"),
      ("::1", 1, false, "[::1]%lo:80"), ("fe80::1", 1, false, "[fe80::1%lo]:80"), ("fe80::1", 0, nil, "[fe80::1]:80"),
      ("fe80::1", 7, nil, "[fe80::1%7]:80"), ("fec0::1", 1, nil, "[fec0::1]%lo:80"),
    ] as [(String, UInt32?, Bool?, String)])
  func local(address: String, interface: UInt32?, v6only: Bool?, expected: String) throws {
    let record = try Self.listener(.tcp, address, interface: interface, v6only: v6only)
    #expect(EndText(Self.snapshot).local(record) == expected)
    // The table writes it the same.
    var snapshot = Self.snapshot
    snapshot.records = [record]
    let table = TableDraft(snapshot, style: TableStyle(columns: [.local], hasHeader: false))
    let text = table.table(table.measure([0])).render(rows: [0])
    #expect(String(decoding: text, as: UTF8.self) == expected + "\n")
  }

  @Test("raw sockets of IPv6 never take IPv4; their protocol has a name when names are shown")
  func raw() throws {
    var record = try Self.listener(.raw, "::", interface: 0, v6only: false)
    record.localPort = 58
    #expect(EndText(Self.snapshot).local(record) == "[::]:58")
    #expect(EndText(Self.snapshot, names: ShownNames(protocols: [58: "ipv6-icmp"])).local(record) == "[::]:ipv6-icmp")
  }

  @Test("a peer has no interface but that of its link, and `*` for a port of 0")
  func peer() throws {
    var record = try Self.listener(.tcp, "fe80::1", interface: 1, v6only: nil)
    #expect(EndText(Self.snapshot).peer(record) == "-")
    record.remoteBits = try #require(IPAddress("fe80::2")).bits
    record.remotePort = 9
    #expect(EndText(Self.snapshot).peer(record) == "[fe80::2%lo]:9")
    record.remoteBits = 1
    record.remotePort = 0
    #expect(EndText(Self.snapshot).peer(record) == "[::1]:*")
  }

  @Test(
    "netlink sockets name their protocol, and the kernel's own the kernel",
    arguments: [
      (0, 0, "rtnl:kernel"), (0, 1234, "rtnl:1234"), (15, 0, "uevent:kernel"), (16, 7, "genl:7"), (99, 7, "99:7"),
    ] as [(UInt16, UInt128, String)])
  func netlink(number: UInt16, port: UInt128, expected: String) {
    var record = SocketRecord(transport: .netlink, family: .netlink, state: .unconnected)
    record.localPort = number
    record.localBits = port
    #expect(EndText(Self.snapshot).local(record) == expected)
  }

  @Test(
    "packet sockets name their protocol and interface",
    arguments: [
      (3, 1, "*:lo"), (3, 0, "*:*"), (0x0806, 1, "arp:lo"), (0x88B5, 7, "[34997]:7"), (0, 0, "[0]:*"),
    ] as [(UInt16, UInt32, String)])
  func packet(number: UInt16, interface: UInt32, expected: String) {
    var record = SocketRecord(transport: .packet, family: .packet, state: .unconnected)
    record.localPort = number
    record.interface = interface
    record.known.insert(.interface)
    #expect(EndText(Self.snapshot).local(record) == expected)
  }
}
