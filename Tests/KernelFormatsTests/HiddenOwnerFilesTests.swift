import KernelFormats
import SocketModel
import TestSupport
import Testing

/// Files and messages that show who has a socket without a descriptor.
@Suite("Sockets without descriptors", .timeLimited)
struct HiddenOwnerFilesTests {
  /// The file of a ring with two fixed files and two free slots, recorded on Linux 6.18.
  private static let ring = """
    pos:\t0
    flags:\t02000002
    mnt_id:\t17
    ino:\t10720366
    SqMask:\t0x3
    SQEs:\t0
    SqThread:\t-1
    UserFiles:\t4
        0: socket:[10720367]
        2: /var/log/a\\040b
        3: socket:[10720368]
    UserBufs:\t0
    PollList:
        9: socket:[1]
    NAPI:\tdisabled

    """

  private func sockets(_ text: String) -> [[UInt64]] {
    RingFixedSocket.all(in: Array(text.utf8).span).map { [UInt64($0.slot), $0.inode] }
  }

  @Test("the sockets among a ring's fixed files have their slots, and no other list is read")
  func fixedFiles() {
    #expect(sockets(Self.ring) == [[0, 10_720_367], [3, 10_720_368]])
  }

  @Test(
    "a file without fixed sockets, cut or of another kind, has none",
    arguments: [
      "", "UserFiles:", "UserFiles:\t1\n", "UserFiles:\t1\n    0: <none>\n", "UserFiles:\t1\n    0: socket:[\n",
      "UserFiles:\t1\n    : socket:[5]\n", "UserFiles:\t1\n    99999999999: socket:[5]\n",
      "UserFiles:\t1\n    -1: socket:[5]\n", "UserFiles:\t1\nX   0: socket:[5]\n", "pos:\t0\nflags:\t02\n",
    ])
  func noFixedFiles(text: String) { #expect(sockets(text).isEmpty) }

  @Test("any prefix of the file is read without a trap")
  func prefixes() {
    let bytes = Array(Self.ring.utf8)
    for count in 0...bytes.count { _ = RingFixedSocket.all(in: Array(bytes[..<count]).span) }
  }

  @Test(
    "the descriptors in the queue of a unix socket are counted",
    arguments: [
      ("pos:\t0\nflags:\t02\nscm_fds: 1\n", 1), ("scm_fds: 253\n", 253), ("scm_fds: 0\n", 0), ("flags:\t02\n", nil),
      ("scm_fds: \n", nil), ("scm_fds:", nil), ("scm_fds: x\n", nil),
    ] as [(String, UInt64?)])
  func inFlight(text: String, count: UInt64?) {
    #expect(DescriptorInfo.descriptorsWaiting(Array(text.utf8).span) == count)
  }

  @Test(
    "the NFS server's ports are those of TCP and UDP in its list",
    arguments: [
      ("tcp 2049\nudp 2049\nrdma 20049\n", [2049], [2049]), ("tcp 2049\ntcp 20490", [2049, 20490], []), ("", [], []),
      ("tcp 0\ntcp 65536\ntcp x\ntcp\nudp", [], []), ("xtcp 5\nudp 6\n", [], [6]),
    ] as [(String, Set<UInt16>, Set<UInt16>)])
  func nfs(text: String, tcp: Set<UInt16>, udp: Set<UInt16>) {
    let list = NFSPortList(parsing: Array(text.utf8).span)
    #expect(list.tcp == tcp && list.udp == udp)
  }

  /// `struct ifinfomsg` of the interface 4: down or up.
  private func head(up: Bool) -> [UInt8] {
    [0, 0, 1, 0] + hostBytes(UInt32(4)) + hostBytes(UInt32(up ? 0x1043 : 0x1002)) + hostBytes(UInt32(0))
  }

  /// IFLA_LINKINFO of `ip link add vx0 type vxlan id 5 local 192.0.2.1 dstport 4789`, recorded on
  /// Linux 6.18, x86_64, without the attributes that follow the port.
  private static let vxlan: [UInt8] =
    [
      0x0A, 0, 1, 0, 0x76, 0x78, 0x6C, 0x61, 0x6E, 0, 0, 0, 0x80, 0, 2, 0, 8, 0, 1, 0, 5, 0, 0, 0, 8, 0, 4, 0, 192, 0,
      2,
    ]
    + [1, 5, 0, 5, 0, 0, 0, 0, 0, 5, 0, 0x1C, 0, 0, 0, 0, 0, 5, 0, 6, 0, 0, 0, 0, 0, 5, 0, 0x1D, 0, 0, 0, 0, 0]
    + [8, 0, 0x1A, 0, 0, 0, 0, 0, 8, 0, 0x20, 0, 0, 0, 0, 0, 5, 0, 7, 0, 1, 0, 0, 0, 5, 0, 11, 0, 0, 0, 0, 0]
    + [5, 0, 12, 0, 0, 0, 0, 0, 5, 0, 13, 0, 0, 0, 0, 0, 5, 0, 14, 0, 0, 0, 0, 0, 6, 0, 15, 0, 0x12, 0xB5, 0, 0]

  @Test("a VXLAN interface has its port and address, and is up or not", arguments: [false, true])
  func vxlan(isUp: Bool) throws {
    var information = Self.vxlan
    information[12] = UInt8(information.count - 12)
    let message = head(up: isUp) + netlinkAttribute(3, Array("vx0\0".utf8)) + netlinkAttribute(18, information)
    let link = try #require(try LinkMessage(parsing: message.span))
    #expect(link.service == .vxlan && link.interface == 4 && link.name == Array("vx0".utf8) && link.isUp == isUp)
    #expect(link.port == 4789 && link.local == IPAddress(bits: 0xC000_0201, isIPv4: true))
    for count in 0..<message.count { _ = try? LinkMessage(parsing: Array(message[..<count]).span) }
  }

  @Test(
    "other kinds of interfaces have the port of their attribute, or are none that have a socket",
    arguments: [
      ("geneve", 5, 6081), ("bareudp", 1, 6635), ("wireguard", 1, nil), ("veth", 15, nil), ("nfsd", 1, nil),
    ] as [(String, UInt16, UInt16?)])
  func kinds(kind: String, attribute: UInt16, port: UInt16?) throws {
    let bytes = [UInt8(6081 >> 8), UInt8(6081 & 255)]
    let other = [UInt8(6635 >> 8), UInt8(6635 & 255)]
    let data = netlinkAttribute(attribute, kind == "bareudp" ? other : bytes)
    let information = netlinkAttribute(1, Array("\(kind)\0".utf8)) + netlinkAttribute(2, data)
    let link = try LinkMessage(parsing: (head(up: true) + netlinkAttribute(18, information)).span)
    #expect(link?.port == port && (link == nil) == ["veth", "nfsd"].contains(kind))
    #expect(try LinkMessage(parsing: head(up: true).span) == nil)
  }

  @Test("the request for interfaces is a dump without statistics")
  func request() {
    let bytes = LinkMessage.request(sequence: 9)
    let head = hostBytes(UInt32(40)) + hostBytes(UInt16(18)) + hostBytes(UInt16(0x301)) + hostBytes(UInt32(9))
    #expect(Array(bytes[..<12]) == head)
    #expect(Array(bytes[32...]) == netlinkAttribute(29, hostBytes(UInt32(8))))
  }

  /// The payloads of the messages in a file of `Fixtures/sock_diag`, with their types.
  private func messages(_ name: String) throws -> [(type: UInt16, payload: [UInt8])] {
    let bytes = try diagFixture(name)
    var messages = NetlinkMessages()
    var all: [(type: UInt16, payload: [UInt8])] = []
    while let message = try messages.next(in: bytes.span) { all.append((message.type, Array(bytes[message.payload]))) }
    return all
  }

  private func family(_ bytes: [UInt8]) throws -> GenericNetlinkFamily? {
    try GenericNetlinkFamily(parsing: bytes.span)
  }

  private func port(_ bytes: [UInt8]) throws -> UInt16? { try WireGuardDevice(parsing: bytes.span)?.port }

  @Test("a family of generic netlink is found by its name, and has the type of its messages")
  func family() throws {
    let answer = try messages("generic-family")
    #expect(answer.map(\.type) == [GenericNetlinkFamily.controlType])
    #expect(try family(answer[0].payload)?.type == 16)
    for count in 0..<answer[0].payload.count {
      _ = try? family(Array(answer[0].payload[..<count]))
    }
    let head = hostBytes(UInt32(36)) + hostBytes(UInt16(16)) + hostBytes(UInt16(1)) + hostBytes(UInt32(3))
    let bytes = GenericNetlinkFamily.request(name: "wireguard", sequence: 3)
    #expect(Array(bytes[..<12]) == head && Array(bytes[16..<20]) == [3, 1, 0, 0])
    #expect(Array(bytes[20...]) == netlinkAttribute(2, Array("wireguard\0".utf8)))
  }

  @Test("the first message about a WireGuard interface has its port; one that goes on with peers has none")
  func wireGuard() throws {
    let answer = try messages("wireguard")
    #expect(answer.map(\.type) == [29, 29, NetlinkMessage.done])
    #expect(try answer.prefix(2).map { try port($0.payload) } == [51820, nil])
    for count in 0..<answer[0].payload.count {
      _ = try? port(Array(answer[0].payload[..<count]))
    }
    #expect(try port([0, 1, 0, 0] + netlinkAttribute(6, hostBytes(UInt16(0)))) == nil)
    let family = try #require(try family([1, 2, 0, 0] + netlinkAttribute(1, [29, 0])))
    let bytes = WireGuardDevice.request(family, interface: 7, sequence: 2)
    #expect(Array(bytes[4..<8]) == hostBytes(UInt16(29)) + hostBytes(UInt16(0x301)))
    #expect(Array(bytes[16...]) == [0, 1, 0, 0] + netlinkAttribute(1, hostBytes(UInt32(7))))
  }
}
