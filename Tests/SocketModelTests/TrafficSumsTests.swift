import SocketModel
import TestSupport
import Testing

@Suite("Sums of traffic", .timeLimited)
struct TrafficGroupsTests {
  private let second: UInt64 = 1_000_000_000

  /// A connection between two ports of 10.0.0.1 and an address, with what it received and sent in a
  /// second.
  private func socket(
    _ id: UInt64, _ local: UInt16, _ remote: UInt16, peer: String = "10.0.0.2", received: UInt64? = nil,
    sent: UInt64 = 0, owner: Int32? = nil
  ) -> TrackedSocket {
    var record = SocketRecord(transport: .tcp, family: .ipv4, state: .established)
    record.localBits = IPAddress("10.0.0.1")?.bits ?? 0
    record.localPort = local
    record.remoteBits = IPAddress(peer)?.bits ?? 0
    record.remotePort = remote
    record.networkNamespace = NetworkNamespaceID(inode: UInt32(local) % 2)
    var socket = TrackedSocket(id: id, record: record, at: Timestamp(seconds: 1, nanoseconds: 0), wasThere: true)
    socket.traffic = received.map {
      SocketTraffic(ByteCounters(sent: sent, received: $0), since: (0, 0), interval: second)
    }
    if let owner { socket.owners = [EventOwner(pid: owner, name: Array("p\(owner)".utf8))] }
    return socket
  }

  /// The sums of groups, those with the most bytes first, and of all.
  private struct Sums {
    var ordered: [(key: TrafficGroups.Key, sum: TrafficSum)] = []
    var total = TrafficSum()
  }

  private func sums(_ sockets: [TrackedSocket], by grouping: TrafficGroups.Grouping) -> Sums {
    let snapshot = Snapshot(sockets: sockets)
    let groups = TrafficGroups(by: grouping, listeningPorts: [8080])
    var found: [TrafficGroups.Key: TrafficSum] = [:]
    var sums = Sums()
    for row in snapshot.records.indices {
      found[groups.key(of: snapshot, row: row), default: TrafficSum()].add(snapshot.traffic(at: row))
      sums.total.add(snapshot.traffic(at: row))
    }
    sums.ordered = found.map { (key: $0.key, sum: $0.value) }.sorted { left, right in
      (left.sum.bytes, left.sum.sockets) > (right.sum.bytes, right.sum.sockets)
    }
    return sums
  }

  @Test("sockets of one process are one sum, and those whose rate is not known count as sockets alone")
  func processes() {
    let sums = sums(
      [
        socket(1, 1, 2, received: 10, sent: 5, owner: 7), socket(2, 1, 3, received: 1, sent: 1, owner: 7),
        socket(3, 1, 4, owner: 7), socket(4, 1, 5, received: 1000, owner: 8), socket(5, 1, 6, received: 3),
        socket(6, 1, 7, owner: 9),
      ], by: .process)
    #expect(sums.ordered.map(\.key).count == 4)
    #expect(sums.ordered[0].key == .process(pid: 8, name: Array("p8".utf8)))
    #expect(sums.ordered[1].key == .process(pid: 7, name: Array("p7".utf8)))
    #expect(sums.ordered[1].sum.sockets == 3 && sums.ordered[1].sum.counted == 2)
    #expect(sums.ordered[1].sum.receiveRate == 11 && sums.ordered[1].sum.sendRate == 6)
    #expect(sums.ordered[2].key == .unknown)
    #expect(sums.ordered[3].sum.receiveRate == nil, "not 0")
    #expect(sums.total.bytesReceived == 1014 && sums.total.sockets == 6)
  }

  @Test(
    "the port is that of the server, from whichever end it is seen",
    arguments: [(8080, 55555, 8080), (55555, 8080, 8080), (40000, 443, 443), (22, 50000, 22), (40000, 40001, 40001)]
      as [(UInt16, UInt16, UInt16)])
  func ports(local: UInt16, remote: UInt16, expected: UInt16) {
    #expect(sums([socket(1, local, remote, received: 1)], by: .port).ordered.map(\.key) == [.port(expected)])
  }

  @Test("sums by the address of the peer and by network namespace")
  func others() throws {
    let sockets = [
      socket(1, 1, 2, peer: "10.0.0.9", received: 5), socket(2, 2, 2, peer: "10.0.0.9", received: 6),
      socket(3, 3, 2, received: 1),
    ]
    let peers = sums(sockets, by: .peer).ordered
    let addresses = try ["10.0.0.9", "10.0.0.2"].map { try #require(IPAddress($0)) }
    #expect(peers.map(\.key) == addresses.map { .peer($0) })
    #expect(peers.map(\.sum.bytesReceived) == [11, 1])
    let namespaces = sums(sockets, by: .netns).ordered
    #expect(namespaces.map(\.key) == [.netns(1), .netns(0)] && namespaces.map(\.sum.bytesReceived) == [6, 6])
  }

  @Test("totals count a socket once, and give its bytes to the owner that was found later")
  func totals() {
    var totals = TrafficTotals(by: .process)
    func add(_ sockets: [TrackedSocket]) {
      let snapshot = Snapshot(sockets: sockets)
      totals.add(
        snapshot.records.indices.map { UInt32($0) }, of: snapshot, ids: sockets.map(\.id), duration: second / 2,
        listeningPorts: [])
    }
    add([socket(1, 1, 2, received: 10), socket(2, 1, 3, received: 20, sent: 1, owner: 7), socket(3, 1, 4, received: 0)])
    #expect(totals.ordered.map(\.key) == [.process(pid: 7, name: Array("p7".utf8)), .unknown])
    add([socket(1, 1, 2, received: 5, owner: 7), socket(2, 1, 3, received: 20, owner: 7), socket(4, 1, 5)])
    #expect(totals.duration == second && totals.total.sockets == 4)
    #expect(totals.ordered.map(\.key) == [.process(pid: 7, name: Array("p7".utf8))], "no bytes are left without owner")
    #expect(totals.ordered.first?.total.bytesReceived == 55 && totals.ordered.first?.total.bytesSent == 1)
    #expect(totals.ordered.first?.total.sockets == 2)
  }
}
