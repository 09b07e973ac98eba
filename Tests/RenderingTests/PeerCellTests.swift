import Rendering
import SocketModel
import TestSupport
import Testing

@Suite("The other end in table, JSON and CSV", .timeLimited)
struct PeerCellTests {
  private static let columns: [Field] = [.localPort, .peerPID, .peerProcess, .peerOwners]

  /// A pair of sockets, the first of `a[1` and `x,y`, the second of no process that was seen, and a
  /// socket without a peer.
  private static let snapshot: Snapshot = {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.processes = [ProcessInfo(pid: 5, name: Array("a[1".utf8)), ProcessInfo(pid: 7, name: Array("x,y".utf8))]
    for port in 1...3 {
      var record = SocketRecord(transport: .tcp, family: .ipv4, state: .established)
      record.localPort = UInt16(port)
      snapshot.records.append(record)
    }
    snapshot.owners = [
      Owner(pid: 5, descriptor: 3, processIndex: 0), Owner(pid: 5, descriptor: 4, processIndex: 0),
      Owner(pid: 7, descriptor: 9, processIndex: 1),
    ]
    snapshot.ownerStarts = [0, 3, 3, 3]
    snapshot.peers = PeerRows([1, 0, SocketRecord.noIndex])
    return snapshot
  }()

  private func text(_ bytes: [UInt8]) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
  }

  @Test("A table has `-` for an unknown owner, and the names of all others, escaped")
  func table() {
    let table = Table(Self.snapshot, rows: [0, 1, 2], style: TableStyle(columns: Self.columns))
    #expect(
      text(table.render(rows: [0, 1, 2])) == [
        #"    1  -         -             -"#,
        #"    2  5,7       a[1,x\x2cy    a\x5b1[5] fd 3,4, x,y[7] fd 9"#,
        #"    3  -         -             -"#,
      ])
  }

  @Test("CSV has the lists of the owners' fields")
  func csv() {
    let csv = CSVOutput(Self.snapshot, columns: Self.columns)
    #expect(
      text(csv.render(rows: [1, 2])) == [#"2,5;7,"a[1;x,y","a[1[5] fd 3;a[1[5] fd 4;x,y[7] fd 9""#, "3,,,"])
  }

  @Test("JSON has arrays: empty when no owner of the peer was found, null without a peer")
  func json() {
    let lines = text(JSONOutput(Self.snapshot, columns: Self.columns).render(rows: [0, 1, 2]))
    #expect(lines[0] == #"{"local_port":1,"peer_pid":[],"peer_process":[],"peer_owners":[]}"#)
    #expect(
      lines[1].hasPrefix(
        #"{"local_port":2,"peer_pid":[5,7],"peer_process":["a[1","x,y"],"peer_owners":[{"pid":5,"fd":3,"name":"a[1""#
      ))
    #expect(lines[2] == #"{"local_port":3,"peer_pid":null,"peer_process":null,"peer_owners":null}"#)
    let full = text(JSONOutput(Self.snapshot, added: [.peerProcess]).render(rows: [1]))
    #expect(full[0].hasSuffix(#","peer_process":["a[1","x,y"]}"#))
  }
}
