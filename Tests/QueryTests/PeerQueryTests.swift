import SocketModel
import TestSupport
import Testing

@testable import Query

@Suite("Queries about the other end", .timeLimited)
struct PeerQueryTests {
  /// A client of `curl[5]` and the server's socket, which `nginx[7]` and `nginx[8]` have, one
  /// connection within `curl`, and a listener that two clients of `curl` wait for; the last row is
  /// only a peer.
  private static let world: Snapshot = {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.processes = [
      ProcessInfo(pid: 5, name: Array("curl".utf8)), ProcessInfo(pid: 7, name: Array("nginx".utf8)),
      ProcessInfo(pid: 8, name: Array("nginx".utf8)),
    ]
    snapshot.processes[0].executable = Array("/usr/bin/fetch".utf8)
    let owners: [[Int32]] = [[0], [1, 2], [0], [0], [1], [0], []]
    for (index, list) in owners.enumerated() {
      var record = SocketRecord(transport: .tcp, family: .ipv4, state: .established)
      record.localPort = UInt16(index + 1)
      record.inode = UInt64(index + 1)
      record.known = .inode
      snapshot.records.append(record)
      snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
      for process in list {
        snapshot.owners.append(
          Owner(pid: snapshot.processes[Int(process)].pid, descriptor: Int32(index), processIndex: process))
      }
    }
    snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
    var peers = PeerRows([1, 0, 3, 2, SocketRecord.noIndex, 6, 5])
    peers.set([2, 3], at: 4)
    snapshot.peers = peers
    snapshot.collectPeerOwners()
    snapshot.peerOnlyRows = 1
    return snapshot
  }()

  @Test(
    "Owners of the other end are compared like the socket's own",
    arguments: [
      ("peer_process = nginx", [0]), ("peer_process = ngi*", [0]), ("peer_process = fetch", [1, 2, 3, 4]),
      ("peer_pid = 8", [0]),
      ("peer_pid = 5", [1, 2, 3, 4]), ("peer_owners = curl", [1, 2, 3, 4]), ("peer_process != nginx", [1, 2, 3, 4, 5]),
      ("peer_pid = *", [0, 1, 2, 3, 4]), ("pid = peer_pid", [2, 3]), ("peer_pid > pid", [0]),
      ("pid > peer_pid", [1, 4]),
      ("process = nginx and peer_process = curl", [1, 4]), ("inode < peer_pid", [0, 1, 2, 3]),
      ("process = curl", [0, 2, 3, 5]),
    ])
  func query(text: String, rows: [UInt32]) throws {
    let query = try Query.parse(text)
    #expect(query.rows(of: Self.world) == rows)
    #expect(query.requiredDetails.contains(.peers) == text.contains("peer"))
    #expect(!text.contains("peer_") || query.ownerPIDs == nil && query.ownerProcess == nil)
  }

  @Test("Rows that are only the other ends of others are not listed")
  func listed() { #expect(Query.everything.rows(of: Self.world) == [0, 1, 2, 3, 4, 5]) }

  @Test("Sockets are counted by the processes at both ends")
  func counts() throws {
    let counts = try CountBy.parse("process,peer_process")
    let groups = counts.groups(of: Query.everything.rows(of: Self.world), in: Self.world).map { group in
      "\(group.count) "
        + group.values.map { if case .bytes(let name) = $0 { String(decoding: name, as: UTF8.self) } else { "-" } }
        .joined(separator: " ")
    }
    #expect(groups == ["2 curl curl", "2 nginx curl", "1 curl -", "1 curl nginx"])
  }

  @Test("They are sorted by the first owner of the other end, and the unknown come last")
  func order() throws {
    var rows = Query.everything.rows(of: Self.world)
    try SortOrder.parse("-peer_pid").sort(&rows, of: Self.world)
    #expect(rows == [0, 1, 2, 3, 4, 5])
    try SortOrder.parse("peer_process").sort(&rows, of: Self.world)
    #expect(rows == [1, 2, 3, 4, 0, 5])
  }

  @Test("That a peer's owner was not seen makes the answer uncertain")
  func certainty() throws {
    let query = try Query.parse("peer_process != nginx")
    #expect(!query.isCertain(of: 5, in: Self.world) && query.isCertain(of: 2, in: Self.world))
  }
}
