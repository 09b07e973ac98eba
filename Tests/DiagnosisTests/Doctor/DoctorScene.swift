import SocketModel
import Testing

@testable import Diagnosis

/// A healthy machine that a test makes ill: all settings and counters are known, every process was
/// read, and nothing is wrong.
struct DoctorScene {
  var snapshot: Snapshot
  var settings = SystemSettings()
  var descriptors = DescriptorUses()
  var conntrack: ConntrackCounts? = ConntrackCounts()
  var reusesPort: [UInt64: Bool] = [:]
  var isLive = true
  private var nextInode: UInt64 = 1000

  static let loopback: UInt32 = 0x7F00_0001
  static let own: UInt32 = 0x0A00_0001
  static let far: UInt32 = 0x0A00_0002

  init() {
    var meta = SnapshotMeta(source: "sock_diag")
    meta.time = Timestamp(seconds: 1000, nanoseconds: 0)
    snapshot = Snapshot(meta: meta)
    for transport in [Transport.tcp, .udp] { snapshot.lookedAt[transport] = [.ipv4, .ipv6] }
    snapshot.ownerStarts = [0]
    snapshot.counters = [
      Self.group(
        .netstat, "TcpExt",
        [
          "ListenOverflows", "ListenDrops", "TCPReqQFullDoCookies", "TCPReqQFullDrop", "SyncookiesSent",
          "TCPAbortOnMemory", "TCPTimeWaitOverflow", "TCPMemoryPressures", "PruneCalled", "TCPRcvQDrop",
        ]),
      Self.group(.snmp, "Tcp", ["RetransSegs", "OutSegs"]), Self.group(.snmp, "Udp", ["RcvbufErrors"]),
    ]
    settings.numbers = [
      .acceptQueueLimit: [4096], .ephemeralPorts: [32768, 60999], .orphanLimit: [1000], .timeWaitLimit: [1000],
      .timeWaitReuse: [2], .tcpMemory: [100, 200, 300], .udpMemory: [100, 200, 300], .receiveBufferLimit: [212_992],
      .trackedConnections: [5], .trackedConnectionLimit: [1000], .openFiles: [100, 0, 10_000],
    ]
    settings.reservedPorts = []
    settings.socketCounts = SocketCounts()
    settings.socketCounts?.orphans = 1
    settings.socketCounts?.timeWait = 5
    settings.socketCounts?.tcpPages = 10
    settings.socketCounts?.udpPages = 10
    descriptors.isReported = true
    descriptors.processes = [DescriptorUse(pid: 1, used: 50, limit: 1024)]
  }

  private static func group(_ table: CounterGroup.Table, _ name: String, _ names: [String]) -> CounterGroup {
    CounterGroup(table: table, name: Array(name.utf8), counters: names.map { .init(name: Array($0.utf8), value: 0) })
  }

  /// Sets a counter.
  mutating func count(_ name: String, _ value: UInt64) {
    for group in snapshot.counters.indices {
      for index in snapshot.counters[group].counters.indices
      where snapshot.counters[group].counters[index].name == Array(name.utf8) {
        snapshot.counters[group].counters[index].value = value
      }
    }
  }

  /// Adds a socket of a process; `nil` for one without a file.
  @discardableResult
  mutating func add(
    _ state: SocketState, _ transport: Transport = .tcp, at port: UInt16 = 8080, of pid: Int32? = 7,
    queues: (receive: UInt32, send: UInt32) = (0, 0), to peer: (UInt32, UInt16)? = nil, local: UInt32 = loopback,
    drops: UInt32 = 0, figures: [TCPMetric: UInt64] = [:], memory: SocketMemory? = nil,
    _ change: (inout SocketRecord) -> Void = { _ in }
  ) -> UInt64 {
    var record = SocketRecord(transport: transport, family: .ipv4, state: state)
    record.localBits = UInt128(local)
    record.localPort = port
    record.remoteBits = UInt128(peer?.0 ?? 0)
    record.remotePort = peer?.1 ?? 0
    record.receiveQueue = queues.receive
    record.sendQueue = queues.send
    record.drops = drops
    record.known = [.inode, .receiveQueue, .sendQueue, .drops, .timer, .retransmits, .probes, .cookie]
    record.cookie = nextInode
    if pid != nil { record.inode = nextInode }
    nextInode += 1
    change(&record)
    if !figures.isEmpty || memory != nil {
      var detail = SocketDetail()
      detail.memory = memory
      if !figures.isEmpty {
        var metrics = TCPMetrics()
        for (metric, value) in figures { metrics[metric] = value }
        detail.tcp = metrics
      }
      record.detailIndex = UInt32(snapshot.details.count)
      snapshot.details.append(detail)
    }
    snapshot.records.append(record)
    if let pid {
      var place = snapshot.processes.firstIndex { $0.pid == pid }
      if place == nil {
        place = snapshot.processes.count
        snapshot.processes.append(ProcessInfo(pid: pid, name: Array("server".utf8)))
      }
      snapshot.owners.append(Owner(pid: pid, descriptor: 3, processIndex: Int32(place ?? 0)))
    }
    snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
    return record.inode
  }

  /// What was read.
  var scan: SystemScan {
    var scan = SystemScan(snapshot, settings: settings)
    scan.descriptors = descriptors
    scan.conntrack = conntrack
    scan.reusesPort = reusesPort
    scan.isLive = isLive
    if scan.snapshot.descriptorFlags.isEmpty {
      scan.snapshot.descriptorFlags = snapshot.owners.map { _ in 0o2000002 }
      for index in scan.snapshot.processes.indices where scan.snapshot.processes[index].executable == nil {
        scan.snapshot.processes[index].executable = Array("/usr/bin/server".utf8)
      }
    }
    return scan
  }

  /// What the checks find.
  func report(after earlier: DoctorScene? = nil, _ thresholds: [Threshold: UInt64] = [:]) -> DoctorReport {
    var values = Thresholds()
    for (threshold, value) in thresholds { values[threshold] = value }
    return Examination(scan, earlier: earlier?.scan, thresholds: values).run()
  }

  /// A scene that has been changed.
  static func made(_ change: (inout DoctorScene) -> Void) -> DoctorScene {
    var scene = DoctorScene()
    change(&scene)
    return scene
  }
}
