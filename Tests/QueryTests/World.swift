import Query
import SocketModel

/// A small snapshot in which every test finds its sockets, each identified by a word.
enum World {
  static let names: [String] = [
    "web", "web6", "client", "clientPeer", "mapped", "timewait", "dns", "udpConnected", "ping", "bound", "sock",
    "abstract", "unnamed", "route", "wire",
  ]

  /// The tables of names that the tests use.
  static let tables: NameTables = {
    var tables = NameTables()
    tables.servicePorts = { name in
      switch name {
      case "https": [.init(port: 443, transport: .tcp), .init(port: 443, transport: .udp)]
      case "domain": [.init(port: 53, transport: .udp)]
      case "mixed": [.init(port: 80, transport: .tcp), .init(port: 53, transport: .udp)]
      case "http-alt": [.init(port: 8080, transport: .tcp)]
      default: []
      }
    }
    tables.serviceNames = { ["https", "domain", "mixed", "http-alt"] }
    tables.userID = { ["root": 0, "www": 33, "dev": 1000][$0] }
    tables.userNames = { ["root", "www", "dev"] }
    tables.interfaceIndex = { ["lo": 1, "eth0": 2, "eth1": 3][$0] }
    tables.interfaceNames = { ["lo", "eth0", "eth1"] }
    return tables
  }()

  static func tcp(
    _ local: String, _ localPort: UInt16, _ remote: String, _ remotePort: UInt16, _ state: SocketState
  ) -> SocketRecord { internet(.tcp, local, localPort, remote, remotePort, state) }

  static func internet(
    _ transport: Transport, _ local: String, _ localPort: UInt16, _ remote: String, _ remotePort: UInt16,
    _ state: SocketState
  ) -> SocketRecord {
    let localAddress = IPAddress(local) ?? IPAddress(ipv4: 0)
    var record = SocketRecord(transport: transport, family: localAddress.isIPv4 ? .ipv4 : .ipv6, state: state)
    record.localBits = localAddress.bits
    record.remoteBits = IPAddress(remote)?.bits ?? 0
    record.localPort = localPort
    record.remotePort = remotePort
    record.socketType = transport == .tcp ? .stream : transport == .raw ? .raw : .datagram
    record.known = [.receiveQueue, .sendQueue, .inode, .uid, .socketType, .timer, .retransmits, .probes, .interface]
    return record
  }

  static let snapshot: Snapshot = {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    var owners: [[(Int32, Int32, Int)]] = []
    var nginx = ProcessInfo(pid: 100, name: Array("nginx".utf8))
    nginx.uid = 33
    nginx.executable = Array("/usr/sbin/nginx".utf8)
    var worker = ProcessInfo(pid: 101, name: Array("nginx: worker".utf8))
    worker.uid = 33
    var python = ProcessInfo(pid: 200, name: Array("MainThread".utf8))
    python.uid = 1000
    python.executable = Array("/usr/bin/python3".utf8)
    let resolved = ProcessInfo(pid: 300, name: Array("systemd-resolve".utf8))
    snapshot.processes = [nginx, worker, python, resolved]
    snapshot.meta.bootTime = 1_700_000_000

    func add(_ record: SocketRecord, _ owned: [(Int32, Int32, Int)] = []) {
      var record = record
      record.inode = owned.isEmpty ? 0 : UInt64(1000 + snapshot.records.count)
      snapshot.records.append(record)
      owners.append(owned)
    }

    var web = tcp("0.0.0.0", 443, "0.0.0.0", 0, .listen)
    (web.receiveQueue, web.sendQueue, web.uid) = (3, 511, 33)
    add(web, [(100, 6, 0), (101, 6, 1)])
    var web6 = tcp("::", 443, "::", 0, .listen)
    web6.known.insert(.ipv6Only)
    web6.flags = .ipv6Only
    web6.uid = 33
    web6.sendQueue = 128
    add(web6, [(100, 7, 0)])
    var client = tcp("127.0.0.1", 40000, "127.0.0.1", 443, .established)
    (client.receiveQueue, client.sendQueue, client.uid) = (2048, 0, 1000)
    client.timer = .keepalive
    client.timerMilliseconds = 7_200_000
    client.retransmits = 2
    client.interface = 1
    client.flags.insert(.isAutobound)
    client.detailIndex = 0
    var metrics = TCPMetrics()
    metrics[.rtt] = 1500
    metrics[.bytesSent] = 1 << 20
    metrics[.congestionState] = 1
    metrics[.options] = 0b111
    var detail = SocketDetail()
    detail.tcp = metrics
    detail.mark = 0x13
    client.cgroup = 77
    detail.congestion = "cubic"
    snapshot.details = [detail]
    snapshot.cgroupPaths = [77: Array("/user.slice/shell".utf8)]
    snapshot.interfaceNames = [1: Array("lo".utf8)]
    add(client, [(200, 3, 2)])
    var clientPeer = tcp("127.0.0.1", 443, "127.0.0.1", 40000, .established)
    clientPeer.uid = 33
    add(clientPeer, [(101, 8, 1)])
    var mapped = tcp("::ffff:10.1.2.3", 8080, "::ffff:10.9.9.9", 50000, .closeWait)
    mapped.uid = 1000
    mapped.known.insert(.shutdown)
    mapped.flags = .receiveShutdown
    add(mapped, [(200, 4, 2)])
    var timewait = tcp("192.0.2.1", 41000, "198.51.100.7", 80, .timeWait)
    timewait.known.remove(.uid)
    timewait.flags.insert(.isAutobound)
    timewait.timer = .timeWait
    timewait.timerMilliseconds = 30_000
    add(timewait)
    var dns = internet(.udp, "127.0.0.53", 53, "0.0.0.0", 0, .unconnected)
    dns.drops = 4
    dns.known.insert(.drops)
    dns.uid = 101
    add(dns, [(300, 12, 3)])
    var udpConnected = internet(.udp, "2001:db8::1", 50001, "2001:db8::53", 53, .connected)
    udpConnected.flags.insert(.isAutobound)
    add(udpConnected, [(200, 9, 2)])
    add(internet(.icmp, "0.0.0.0", 443, "0.0.0.0", 0, .unconnected))
    var bound = tcp("127.0.0.1", 40001, "0.0.0.0", 0, .boundInactive)
    bound.uid = 1000
    add(bound)
    func unix(_ name: [UInt8]?, _ state: SocketState, peer: UInt64) -> SocketRecord {
      var record = SocketRecord(transport: .unix, family: .unix, state: state)
      record.known = [.inode, .peer, .socketType]
      record.remoteBits = UInt128(peer)
      if let name { record.nameIndex = snapshot.names.append(name.span) }
      return record
    }
    add(unix(Array("/run/app one.sock".utf8), .listen, peer: 0), [(200, 10, 2)])
    add(unix([0] + Array("1a2b3".utf8), .connected, peer: 777), [(200, 11, 2)])
    add(unix(nil, .connected, peer: 778))
    var route = SocketRecord(transport: .netlink, family: .netlink, state: .unconnected)
    route.localBits = 300
    add(route, [(300, 3, 3)])
    var wire = SocketRecord(transport: .packet, family: .packet, state: .unconnected)
    wire.localPort = 3
    wire.known = [.interface]
    wire.interface = 2
    add(wire)

    snapshot.ownerStarts = [0]
    for list in owners {
      for (pid, descriptor, process) in list {
        snapshot.owners.append(Owner(pid: pid, descriptor: descriptor, processIndex: Int32(process)))
      }
      snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
    }
    return snapshot
  }()

  /// The names of the sockets that match, with blanks between.
  static func matches(_ query: Query) -> String {
    query.rows(of: snapshot).map { names[Int($0)] }.joined(separator: " ")
  }
}
