import SocketModel
import TestSupport
import Testing

@testable import Inspection

@Suite("The sockets at the other ends", .timeLimited)
struct PeerJoinTests {
  /// A socket by its ends: `127.0.0.1:80>127.0.0.1:4000`, or `:::53` without a peer.
  private static func record(_ transport: Transport, _ text: String, netns: UInt32? = nil) -> SocketRecord {
    let ends = text.split(separator: ">").map { end -> (IPAddress, UInt16) in
      let colon = end.lastIndex(of: ":") ?? end.startIndex
      return (
        IPAddress(String(end[..<colon])) ?? IPAddress(bits: 0, isIPv4: true),
        UInt16(end[end.index(after: colon)...]) ?? 0
      )
    }
    let isIPv4 = ends[0].0.isIPv4
    var record = SocketRecord(
      transport: transport, family: isIPv4 ? .ipv4 : .ipv6,
      state: transport == .tcp ? (ends.count > 1 ? .established : .listen) : ends.count > 1 ? .connected : .unconnected)
    (record.localBits, record.localPort) = (ends[0].0.bits, ends[0].1)
    if ends.count > 1 { (record.remoteBits, record.remotePort) = (ends[1].0.bits, ends[1].1) }
    if let netns { record.networkNamespace = NetworkNamespaceID(inode: netns) }
    if !isIPv4 { record.known.insert(.ipv6Only) }
    return record
  }

  /// The peer of each row, `nil` for none.
  private func peers(_ records: [SocketRecord], waiting: [WaitingClient] = []) -> [[Int]] {
    var join = PeerJoin(records)
    let rows = join.run(waiting: waiting)
    return records.indices.map { rows.rows(at: $0).map { Int($0) } }
  }

  struct Scene: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let transport: Transport
    let ends: [String]
    let expected: [[Int]]

    init(_ name: String, _ transport: Transport, _ ends: [String], _ expected: [[Int]]) {
      testDescription = name
      self.transport = transport
      self.ends = ends
      self.expected = expected
    }

    /// `NETNS|ENDS`.
    var records: [SocketRecord] {
      ends.map { text in
        let parts = text.split(separator: "|")
        return PeerJoinTests.record(
          transport, String(parts[parts.count - 1]), netns: parts.count > 1 ? UInt32(parts[0]) : nil)
      }
    }
  }

  static let scenes = [
    Scene(
      "a connection, its listener, another connection", .tcp,
      ["10.0.0.1:80", "10.0.0.1:80>10.0.0.2:4000", "10.0.0.1:80>10.0.0.2:4001", "10.0.0.2:4000>10.0.0.1:80"],
      [[], [3], [], [1]]),
    Scene("IPv6", .tcp, ["::1:80>::1:4000", "::1:4000>::1:80"], [[1], [0]]),
    Scene(
      "an address mapped into IPv6", .tcp,
      ["::ffff:127.0.0.1:80>::ffff:127.0.0.1:4000", "127.0.0.1:4000>127.0.0.1:80"], [[1], [0]]),
    Scene(
      "an IPv6 address with the bits of an IPv4 one", .tcp,
      ["::7f00:1:80>::7f00:1:4000", "127.0.0.1:4000>127.0.0.1:80"], [[], []]),
    Scene("connected to itself", .tcp, ["127.0.0.1:80>127.0.0.1:80"], [[0]]),
    Scene("equal ports", .tcp, ["10.0.0.1:80>10.0.0.2:80", "10.0.0.2:80>10.0.0.1:80"], [[1], [0]]),
    Scene(
      "two sockets with the same ends", .udp,
      ["127.0.0.1:53>127.0.0.1:4000", "127.0.0.1:53>127.0.0.1:4000", "127.0.0.1:4000>127.0.0.1:53"], [[], [], []]),
    Scene(
      "the same namespace first", .tcp,
      ["1|10.0.0.1:80>10.0.0.2:40", "2|10.0.0.2:40>10.0.0.1:80", "1|10.0.0.2:40>10.0.0.1:80"], [[2], [], [0]]),
    Scene(
      "the only one in another namespace", .tcp, ["1|10.0.0.1:80>10.0.0.2:40", "2|10.0.0.2:40>10.0.0.1:80"], [[1], [0]]),
    Scene(
      "one of two other namespaces", .tcp,
      ["1|10.0.0.1:80>10.0.0.2:40", "2|10.0.0.2:40>10.0.0.1:80", "3|10.0.0.2:40>10.0.0.1:80"], [[], [], []]),
    Scene(
      "loopback of another namespace", .tcp,
      ["1|127.0.0.1:80>127.0.0.1:40", "2|127.0.0.1:40>127.0.0.1:80", "1|::1:80>::1:40", "2|::1:40>::1:80"],
      [[], [], [], []]),
    Scene("a server that is not connected", .udp, ["127.0.0.1:53", "127.0.0.1:4000>127.0.0.1:53"], [[], [0]]),
    Scene("a server at any address", .udp, ["0.0.0.0:53", "127.0.0.1:4000>127.0.0.1:53"], [[], [0]]),
    Scene(
      "a server at any address of both families", .udp, [":::53", "127.0.0.1:4000>127.0.0.1:53", "::1:4>::1:53"],
      [[], [0], [0]]),
    Scene(
      "a server at the address itself first", .udp, ["0.0.0.0:53", "127.0.0.1:53", "127.0.0.1:4>127.0.0.1:53"],
      [[], [], [1]]),
    Scene("two servers at one address", .udp, ["0.0.0.0:53", "0.0.0.0:53", "127.0.0.1:4>127.0.0.1:53"], [[], [], []]),
    Scene("an address that may be another machine's", .udp, ["0.0.0.0:53", "10.0.0.2:4>10.0.0.1:53"], [[], []]),
    Scene("the machine's own address", .udp, ["0.0.0.0:53", "10.0.0.1:4>10.0.0.1:53"], [[], [0]]),
    Scene("a server of another namespace", .udp, ["1|127.0.0.1:53", "2|127.0.0.1:4>127.0.0.1:53"], [[], []]),
    Scene("a listener is no peer of a connection", .tcp, ["127.0.0.1:80", "127.0.0.1:4000>127.0.0.1:80"], [[], []]),
  ]

  @Test("Ends that mirror each other, and nothing that is a guess", arguments: scenes)
  func ends(scene: Scene) {
    #expect(peers(scene.records) == scene.expected)
  }

  @Test("TCP and UDP sockets with the same ends are not each other's peers")
  func transports() {
    #expect(
      peers([Self.record(.tcp, "127.0.0.1:1>127.0.0.1:2"), Self.record(.udp, "127.0.0.1:2>127.0.0.1:1")]) == [[], []])
  }

  @Test("A server of an interface, or that may refuse IPv4, is no certain receiver")
  func receivers() {
    var bound = Self.record(.udp, "0.0.0.0:53")
    bound.interface = 2
    bound.known.insert(.interface)
    let client = Self.record(.udp, "127.0.0.1:4>127.0.0.1:53")
    #expect(peers([bound, client]) == [[], []])
    var local = Self.record(.udp, "127.0.0.1:53")
    local.interface = 1
    local.known.insert(.interface)
    #expect(peers([local, client]) == [[], [0]])
    var only = Self.record(.udp, ":::53")
    only.flags.insert(.ipv6Only)
    #expect(peers([only, client]) == [[], []])
    only.known.remove(.ipv6Only)
    only.flags = []
    #expect(peers([only, client]) == [[], []])
  }

  @Test("A connection that nobody accepted is the only listener's, whose clients are all that wait")
  func acceptQueue() {
    var waiting = Self.record(.tcp, "10.0.0.1:80>10.0.0.2:4000")
    waiting.known.insert(.inode)
    var other = Self.record(.tcp, "10.0.0.1:80>10.0.0.2:4001")
    other.known.insert(.inode)
    let clients = [Self.record(.tcp, "10.0.0.2:4000>10.0.0.1:80"), Self.record(.tcp, "10.0.0.2:4001>10.0.0.1:80")]
    let listener = Self.record(.tcp, "0.0.0.0:80")
    #expect(peers([listener, waiting, other] + clients) == [[3, 4], [3], [4], [0], [0]])
    #expect(peers([listener, listener, waiting, clients[0]]) == [[], [], [3], [2]])
    let exact = Self.record(.tcp, "10.0.0.1:80")
    #expect(peers([listener, exact, waiting, clients[0]]) == [[], [3], [3], [1]])
    waiting.inode = 7
    #expect(peers([listener, waiting, clients[0]]) == [[], [2], [1]])
    waiting.inode = 0
    waiting.state = .finWait2
    #expect(peers([listener, waiting, clients[0]]) == [[], [2], [1]])
  }

  private func unix(_ inode: UInt64, peer: UInt64? = nil, _ state: SocketState = .connected) -> SocketRecord {
    var record = SocketRecord(transport: .unix, family: .unix, state: state)
    record.inode = inode
    record.known = [.inode]
    if let peer {
      record.known.insert(.peer)
      record.remoteBits = UInt128(peer)
    }
    return record
  }

  @Test("Unix sockets name their peers; a listener has the clients that wait for it")
  func unixSockets() {
    let records = [
      unix(1, peer: 2), unix(2, peer: 1), unix(3, peer: 0, .listen), unix(4, peer: 0), unix(5, peer: 0),
      unix(6, peer: 99),
      unix(7), unix(8, peer: 9), unix(9, peer: 0, .unconnected), unix(10, peer: 0, .listen), unix(11, peer: 0),
    ]
    let waiting = [(3, 5), (3, 4), (3, 4), (10, 11), (10, 77), (88, 4)].map {
      WaitingClient(listener: UInt64($0.0), client: UInt64($0.1))
    }
    let expected = [[1], [0], [3, 4], [2], [2], [], [], [8], [], [10], [9]]
    #expect(peers(records, waiting: waiting) == expected)
  }

  @Test("An inode of an internet socket is not taken for a unix peer")
  func inodes() {
    var other = Self.record(.tcp, "127.0.0.1:1")
    other.inode = 2
    other.known.insert(.inode)
    #expect(peers([unix(1, peer: 2), other]) == [[], []])
  }

  @Test("Consecutive ports are spread over the table, whatever the random numbers are", arguments: 0..<60)
  func spread(round: Int) {
    var table = EndsTable(count: 10_000)
    var record = Self.record(.tcp, "127.0.0.1:1")
    (record.remoteBits, record.remotePort) = (0x7F00_0002, 7)
    for row in 0..<UInt32(10_000) {
      record.localPort = UInt16(1024 + row)
      let ends = Ends(record, hasNamespace: true)
      _ = table.insert(ends.hash(table.seeds), row: row, isHigh: ends.isHigh)
    }
    // Of a perfect hash 1.2 for each.
    #expect(table.probes < 15_000, "\(table.probes)")
  }

  @Test("The time is linear: a few places of the table per socket, whatever the ends")
  func linear() {
    for kind in 0..<3 {
      var records: [SocketRecord] = []
      for index in 0..<50_000 {
        let port = UInt16(1 + index % 60_000)
        for side in 0..<2 {
          var record = SocketRecord(transport: kind == 2 ? .udp : .tcp, family: .ipv4, state: .established)
          let (low, high) = (UInt128(0x7F00_0001), UInt128(0x7F00_0002))
          (record.localBits, record.remoteBits) = side == 0 ? (low, high) : (high, low)
          // All different; all the same ends; connected to one server that is not.
          (record.localPort, record.remotePort) = kind == 1 ? (7, 7) : side == 0 ? (port, 7) : (7, port)
          if kind == 2, side == 1 { (record.remoteBits, record.remotePort) = (0, 0) }
          records.append(record)
        }
      }
      var join = PeerJoin(records)
      let rows = join.run()
      #expect(join.probes < records.count * 6, "\(kind): \(join.probes)")
      let found = records.indices.count { !rows.rows(at: $0).isEmpty }
      #expect(found == (kind == 0 ? records.count : 0))
    }
  }
}

@Suite("Choosing rows with their other ends", .timeLimited)
struct PeerSelectionTests {
  private func snapshot() -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    for (index, (local, remote)) in [(1, 2), (3, 4), (2, 1), (4, 3), (5, 6)].enumerated() {
      var record = SocketRecord(transport: .tcp, family: .ipv4, state: .established)
      (record.localBits, record.remoteBits) = (0x7F00_0001, 0x7F00_0001)
      (record.localPort, record.remotePort) = (UInt16(local), UInt16(remote))
      record.inode = UInt64(index + 100)
      record.known = .inode
      if index % 2 == 0 {
        var detail = SocketDetail()
        detail.mark = UInt32(index)
        record.detailIndex = UInt32(snapshot.details.count)
        snapshot.details.append(detail)
      }
      snapshot.records.append(record)
    }
    return snapshot
  }

  @Test("Rows that were asked for come first, then their other ends; the rest goes")
  func order() {
    var snapshot = snapshot()
    var request = InspectionRequest()
    request.requiredDetails = .peers
    let filter = RowFilter(
      request,
      keeping: { snapshot, row in
        [1, 2].contains(snapshot.records[row].localPort % 3) && snapshot.records[row].localPort < 3
      })
    PeerSelection(rowFilter: filter).run(into: &snapshot)
    #expect(snapshot.records.map(\.localPort) == [1, 2] && snapshot.peerOnlyRows == 0)
    var other = self.snapshot()
    PeerSelection(rowFilter: RowFilter(request, keeping: { $0.records[$1].localPort > 3 })).run(into: &other)
    #expect(other.records.map(\.localPort) == [4, 5, 3] && other.peerOnlyRows == 1)
    #expect(other.listedRows == 0..<2)
    #expect((0..<3).map { other.peers.rows(at: $0).map { Int($0) } } == [[2], [], [0]])
    #expect((0..<3).map { other.detail(at: $0)?.mark } == [nil, 4, nil])
  }

  @Test("The sources are asked for every state, family and port, unless nothing can match")
  func request() {
    var request = InspectionRequest()
    request.families = [.ipv4]
    request.states = SocketStateSet(.listen)
    request.filter = .localPort(1...1)
    #expect(request.includingPeers.filter == request.filter)
    request.requiredDetails = [.owners, .peers]
    #expect(request.includingPeers.states == .all && request.includingPeers.filter == .any)
    #expect(request.includingPeers.families == [.ipv4, .ipv6])
    request.filter = .none
    #expect(request.includingPeers.filter == .none && request.includingPeers.states == request.states)
  }
}
