import SocketModel
import TestSupport
import Testing

@testable import Diagnosis

@Suite("The graph of connections", .timeLimited)
struct ConnectionGraphTests {
  /// Builds snapshots of a few sockets with their owners and peers.
  private struct World {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    var peers: [UInt32] = []

    /// Adds a socket of some processes; `remote` is an address with a port.
    mutating func add(
      _ transport: Transport, _ state: SocketState, _ local: (String, UInt16), _ remote: (String, UInt16)? = nil,
      of pids: [Int32], peer: Int? = nil, inode: UInt64? = nil, path: String? = nil
    ) {
      let address = IPAddress(local.0)
      var record = SocketRecord(
        transport: transport, family: transport == .unix ? .unix : address?.isIPv4 == true ? .ipv4 : .ipv6, state: state
      )
      if transport != .unix { (record.localBits, record.localPort) = (address?.bits ?? 0, local.1) }
      if let remote { (record.remoteBits, record.remotePort) = (IPAddress(remote.0)?.bits ?? 0, remote.1) }
      record.inode = inode ?? UInt64(snapshot.records.count + 1)
      record.known = .inode
      if let path { record.nameIndex = snapshot.names.append(Array(path.utf8).span) }
      snapshot.records.append(record)
      snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
      for pid in pids {
        let index = snapshot.processes.firstIndex { $0.pid == pid } ?? snapshot.processes.count
        if index == snapshot.processes.count {
          snapshot.processes.append(ProcessInfo(pid: pid, name: Array("p\(pid)".utf8)))
        }
        snapshot.owners.append(Owner(pid: pid, descriptor: 3, processIndex: Int32(index)))
      }
      peers.append(peer.map { UInt32($0) } ?? SocketRecord.noIndex)
    }

    var finished: Snapshot {
      var snapshot = snapshot
      snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
      snapshot.peers = PeerRows(peers)
      return snapshot
    }
  }

  /// The edges as `p1 -> p2 tcp 80 x2`, without a direction `p1 -- p2`.
  private func edges(
    _ snapshot: Snapshot, rows: [UInt32]? = nil, outside: ConnectionGraph.Outside = .auto
  ) -> [String] {
    let graph = ConnectionGraph(
      of: rows ?? snapshot.records.indices.map { UInt32($0) }, in: snapshot, by: .process, outside: outside)
    func name(_ index: Int) -> String {
      switch graph.nodes[index] {
      case .process(_, let name), .workload(let name): String(decoding: name, as: UTF8.self)
      case .address(let address): address.description
      case .outside: "outside"
      case .unknown: "?"
      case .noProcess: "none"
      }
    }
    return graph.edges.map { edge in
      let service =
        switch edge.service {
        case .port(let port): " \(port)"
        case .path(let path): " " + String(decoding: path, as: UTF8.self)
        case .none: ""
        }
      return "\(name(edge.from)) \(edge.isDirected ? "->" : "--") \(name(edge.to)) \(edge.transport.name)\(service)"
        + (edge.count == 1 ? "" : " x\(edge.count)")
    }
  }

  private let here = ("127.0.0.1", UInt16(80))

  @Test("Both ends of a connection are one edge, from the client to the side that listens")
  func connection() {
    var world = World()
    world.add(.tcp, .listen, ("0.0.0.0", 80), of: [1])
    for port in UInt16(1000)...1001 {
      let row = world.snapshot.records.count
      world.add(.tcp, .established, here, ("127.0.0.1", port), of: [1], peer: row + 1)
      world.add(.tcp, .established, ("127.0.0.1", port), here, of: [2], peer: row)
    }
    #expect(edges(world.finished) == ["p2 -> p1 tcp 80 x2"])
    // One end is enough.
    #expect(edges(world.finished, rows: [1]) == ["p2 -> p1 tcp 80"])
    #expect(edges(world.finished, rows: [2]) == ["p2 -> p1 tcp 80"])
  }

  @Test("A listener of another address, port, family or namespace makes nobody the server")
  func direction() {
    for listener in [("10.0.0.1", UInt16(80)), ("0.0.0.0", 81), ("::1", 80)] {
      var world = World()
      world.add(.tcp, .established, here, ("127.0.0.1", 1000), of: [1], peer: 1)
      world.add(.tcp, .established, ("127.0.0.1", 1000), here, of: [2], peer: 0)
      world.add(.tcp, .listen, listener, of: [1])
      #expect(edges(world.finished) == ["p1 -- p2 tcp"])
    }
    var mapped = World()
    mapped.add(.tcp, .established, ("::ffff:127.0.0.1", 80), ("::ffff:127.0.0.1", 1000), of: [1], peer: 1)
    mapped.add(.tcp, .established, ("127.0.0.1", 1000), here, of: [2], peer: 0)
    mapped.add(.tcp, .listen, ("::", 80), of: [1])
    #expect(edges(mapped.finished) == ["p2 -> p1 tcp 80"])
  }

  @Test("Unix sockets lead to the one with the name, and a pair has no direction")
  func unix() {
    var world = World()
    world.add(.unix, .connected, ("", 0), of: [1], peer: 1, path: "/run/x")
    world.add(.unix, .connected, ("", 0), of: [2], peer: 0)
    world.add(.unix, .connected, ("", 0), of: [3], peer: 3)
    world.add(.unix, .connected, ("", 0), of: [2], peer: 2)
    world.add(.unix, .unconnected, ("", 0), of: [4], path: "/run/log")
    world.add(.unix, .connected, ("", 0), of: [3], peer: 4)
    #expect(edges(world.finished) == ["p2 -> p1 unix /run/x", "p2 -- p3 unix", "p3 -> p4 unix /run/log"])
  }

  @Test("A client that waits to be accepted leads to the listener, once")
  func waiting() {
    var world = World()
    world.add(.tcp, .listen, ("127.0.0.1", 80), of: [1], peer: 1)
    world.add(.tcp, .established, ("127.0.0.1", 1000), here, of: [2], peer: 0)
    world.add(.tcp, .established, here, ("127.0.0.1", 1000), of: [], peer: 1, inode: 0)
    #expect(edges(world.finished) == ["p2 -> p1 tcp 80"])
    #expect(edges(world.finished, rows: [0]) == ["p2 -> p1 tcp 80"])
  }

  @Test("Other machines are nodes by address, or one, or none")
  func outside() {
    var world = World()
    world.add(.tcp, .listen, ("0.0.0.0", 80), of: [1])
    world.add(.tcp, .established, ("10.0.0.1", 80), ("10.0.0.2", 1000), of: [1])
    world.add(.tcp, .established, ("10.0.0.1", 2000), ("10.0.0.3", 443), of: [2])
    world.add(.udp, .connected, ("::ffff:10.0.0.1", 2000), ("::ffff:10.0.0.3", 53), of: [2])
    world.add(.tcp, .timeWait, ("10.0.0.1", 80), ("10.0.0.9", 1000), of: [], inode: 0)
    let each = ["p2 -> 10.0.0.3 tcp 443", "p2 -> 10.0.0.3 udp 53", "10.0.0.2 -> p1 tcp 80"]
    #expect(edges(world.finished) == each && edges(world.finished, outside: .each) == each)
    let one = ["p2 -> outside tcp 443", "p2 -> outside udp 53", "outside -> p1 tcp 80"]
    #expect(edges(world.finished, outside: .one) == one)
    #expect(edges(world.finished, outside: .none) == [])
    for last in 10...40 { world.add(.tcp, .established, ("10.0.0.1", 80), ("10.0.0.\(last)", 1000), of: [1]) }
    #expect(edges(world.finished) == ["p2 -> outside tcp 443", "p2 -> outside udp 53", "outside -> p1 tcp 80 x32"])
    #expect(edges(world.finished, outside: .each).count == 34)
  }

  @Test("A process that is not known is `?`, and is counted; an end without a process is not it")
  func unknown() {
    var world = World()
    world.add(.tcp, .listen, ("127.0.0.1", 80), of: [])
    world.add(.tcp, .established, here, ("127.0.0.1", 1000), of: [], peer: 2)
    world.add(.tcp, .established, ("127.0.0.1", 1000), here, of: [2], peer: 1)
    world.add(.tcp, .closeWait, ("127.0.0.1", 90), ("127.0.0.1", 1001), of: [3], peer: 4)
    world.add(.tcp, .finWait2, ("127.0.0.1", 1001), ("127.0.0.1", 90), of: [], peer: 3, inode: 0)
    // The other end is in a namespace that was not read.
    world.add(.tcp, .established, ("127.0.0.1", 95), ("127.0.0.1", 1002), of: [3])
    let snapshot = world.finished
    #expect(edges(snapshot) == ["p2 -> ? tcp 80", "p3 -> ? tcp 1002", "p3 -- none tcp"])
    let graph = ConnectionGraph(of: (0..<6).map { UInt32($0) }, in: snapshot, by: .process)
    #expect(graph.connections == 3 && graph.unknownEnds == 2)
  }

  @Test("Each pair of processes that share a connection has an edge, unless there are too many")
  func shared() {
    var world = World()
    world.add(.udp, .connected, here, ("127.0.0.1", 1000), of: [1, 2], peer: 1)
    world.add(.udp, .connected, ("127.0.0.1", 1000), here, of: [2, 3], peer: 0)
    #expect(edges(world.finished) == ["p1 -- p2 udp", "p1 -- p3 udp", "p2 -- p2 udp", "p2 -- p3 udp"])
    var crowd = World()
    crowd.add(.udp, .connected, here, ("127.0.0.1", 1000), of: Array(1...200), peer: 1)
    crowd.add(.udp, .connected, ("127.0.0.1", 1000), here, of: Array(300...500), peer: 0)
    #expect(edges(crowd.finished) == ["p1 -- p300 udp"])
    #expect(ConnectionGraph(of: [0, 1], in: crowd.finished, by: .process).shared == 1)
  }
}
