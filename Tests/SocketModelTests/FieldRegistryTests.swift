import SocketModel
import TestSupport
import Testing

@Suite("The registry of fields", .timeLimited)
struct FieldRegistryTests {
  @Test("no two fields share a name or an alias")
  func namesAreUnique() {
    var seen: [String: Field] = [:]
    for field in Field.all {
      for name in [field.description.name] + field.description.aliases {
        #expect(seen[name] == nil, "\(name)")
        seen[name] = field
      }
    }
  }

  @Test("every field is found by its name, its aliases, in capitals and with dashes", arguments: Field.all)
  func lookup(field: Field) {
    for name in [field.description.name] + field.description.aliases {
      #expect(Field(name: name) == field)
      #expect(Field(name: name.uppercased()) == field)
      #expect(Field(name: String(name.map { $0 == "_" ? "-" : $0 })) == field)
    }
  }

  @Test("every field has a number of its own, under which its declaration is found")
  func numbers() {
    #expect(Set(Field.all).count == Field.all.count)
    for declaration in FieldRegistry.standard.groups.flatMap(\.declarations) {
      #expect(declaration.field.description === declaration, "\(declaration.name)")
    }
    for metric in TCPMetric.allCases { #expect(Field.tcp(metric).metric == metric) }
    #expect(Field.state.metric == nil)
  }

  @Test("names are lower case, titles upper case, summaries one line", arguments: Field.all)
  func spelling(field: Field) {
    let description = field.description
    #expect(description.name.allSatisfy { $0.isLowercase || $0 == "_" || $0.isNumber })
    let title = description.title.hasSuffix("/s") ? description.title.dropLast(2) : description.title[...]
    #expect(title.allSatisfy { $0.isUppercase || $0.isNumber || " -".contains($0) })
    #expect(!description.summary.isEmpty && description.summary.count <= 90 && !description.summary.contains("\n"))
    if description.name.hasSuffix("_us") || description.name.hasSuffix("_ms") {
      #expect(description.unit == String(description.name.suffix(2)))
    }
  }

  @Test("what does not exist is not found", arguments: ["", "ports", "local port", "_", "statex"])
  func unknown(name: String) {
    #expect(Field(name: name) == nil)
  }

  @Test("a record about which nothing is known has no value but its kind and ends", arguments: Field.all)
  func nothingIsInvented(field: Field) {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.records = [SocketRecord(transport: .tcp, family: .ipv4, state: .established)]
    let reported: Set<Field> = [.transport, .family, .state, .local, .localAddress, .localPort]
    #expect((snapshot.value(of: field, at: 0) == .absent) == !reported.contains(field))
  }

  @Test("a record about which everything is known has a value in every field of its kind")
  func everythingIsShown() {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    var record = SocketRecord(transport: .tcp, family: .ipv6, state: .listen)
    record.known = SocketRecord.Known(rawValue: .max)
    record.localBits = 1
    record.localPort = 80
    record.remoteBits = 2
    record.remotePort = 90
    record.interface = 3
    record.cgroup = 2
    record.timer = .keepalive
    record.flags = [.ipv6Only, .sendShutdown, .fallbackIsKnown]
    var detail = SocketDetail()
    var multipath = MPTCPDetail()
    (multipath.token, multipath.subflows, multipath.subflowFlags) = (0xABCD, 2, 0b1_0100_0011)
    detail.mptcp = multipath
    detail.mark = 1
    detail.memory = SocketMemory()
    detail.memory?.backlog = 0
    detail.congestion = "cubic"
    detail.typeOfService = 8
    detail.trafficClass = 9
    var metrics = TCPMetrics()
    for metric in TCPMetric.allCases { metrics[metric] = UInt64(metric.rawValue) + 1000 }
    detail.tcp = metrics
    snapshot.details = [detail]
    record.detailIndex = 0
    var process = ProcessInfo(pid: 7, name: Array("server".utf8))
    process.executable = Array("/bin/server".utf8)
    process.uid = 5
    process.startTime = 1000
    process.parent = 1
    process.workingDirectory = Array("/srv".utf8)
    process.arguments = Array("/bin/server\0-v\0".utf8)
    snapshot.workloads = [2: Workload(.pod, name: [1], unit: [2], container: [3], pod: [4])]
    snapshot.hasAllWorkloads = true
    snapshot.meta.bootTime = 1_700_000_000
    snapshot.meta.time = Timestamp(seconds: 1_700_000_020, nanoseconds: 5)
    snapshot.meta.hostName = "web1"
    snapshot.processes = [process]
    snapshot.owners = [Owner(pid: 7, descriptor: 3, processIndex: 0)]
    snapshot.ownerStarts = [0, 1]
    snapshot.records = [record]
    snapshot.traffic = [SocketTraffic(ByteCounters(sent: 1, received: 1), since: (0, 0), interval: 1000)]
    // A socket that is connected to itself.
    snapshot.peers = PeerRows([0])
    let ofOthers: Set<Field> = [
      .path, .peerInode, .ipProtocol, .portID, .peerPortID, .echoID, .groups, .contextID, .peerContextID,
      .interfaceQueue, .kernelProtocol, .ownerReason,
    ]
    for field in Field.all {
      #expect((snapshot.value(of: field, at: 0) == .absent) == ofOthers.contains(field), "\(field.description.name)")
    }
    #expect(snapshot.value(of: .mptcpToken, at: 0) == .hexadecimal(0xABCD))
    #expect(snapshot.value(of: .mptcpFlags, at: 0) == .word("Mmev"))
    #expect(snapshot.value(of: .tcp(.totalRTOTime), at: 0) == .number(1000 + UInt64(TCPMetric.totalRTOTime.rawValue)))
    #expect(snapshot.value(of: .processStart, at: 0) == .number(1_700_000_010))
    #expect(snapshot.value(of: .age, at: 0) == .number(10))
    #expect(snapshot.value(of: .command, at: 0) == .bytes(Array("/bin/server -v".utf8)))
    #expect(snapshot.value(of: .time, at: 0) == .word("2023-11-14T22:13:40.000000005Z"))
    #expect(snapshot.value(of: .hostName, at: 0) == .bytes(Array("web1".utf8)))
  }

  @Test("vsock, TIPC and XDP sockets have ends of their own, and any of them is no number")
  func numberedEnds() {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    var vsock = SocketRecord(transport: .vsock, family: .vsock, state: .established)
    vsock.localBits = NumberedEnd(host: NumberedEnd.any, port: 1024).bits
    vsock.remoteBits = NumberedEnd(host: 3, port: 70000).bits
    var tipc = SocketRecord(transport: .tipc, family: .tipc, state: .listen)
    tipc.localBits = NumberedEnd(host: 0, port: 0).bits
    var xdp = SocketRecord(transport: .xdp, family: .xdp, state: .unconnected)
    (xdp.localBits, xdp.interface, xdp.known) = (3, 2, .interface)
    snapshot.records = [vsock, tipc, xdp]
    snapshot.interfaceNames = [2: Array("eth0".utf8)]
    #expect(
      snapshot.value(of: .local, at: 0) == .word("*:1024") && snapshot.value(of: .peer, at: 0) == .word("3:70000"))
    #expect(snapshot.value(of: .contextID, at: 0) == .absent && snapshot.value(of: .peerContextID, at: 0) == .number(3))
    #expect(
      snapshot.value(of: .localPort, at: 0) == .number(1024) && snapshot.value(of: .peerPort, at: 0) == .number(70000))
    #expect(snapshot.value(of: .local, at: 1) == .word("0:0") && snapshot.value(of: .peer, at: 1) == .absent)
    #expect(snapshot.value(of: .contextID, at: 1) == .absent && !tipc.hasPeer && tipc.numberedPeer == nil)
    #expect(snapshot.value(of: .local, at: 2) == .bytes(Array("eth0:q3".utf8)))
    #expect(snapshot.value(of: .interfaceQueue, at: 2) == .number(3) && snapshot.value(of: .peer, at: 2) == .absent)
  }

  @Test("netlink and ICMP sockets have numbers instead of ports, and groups where these were asked for")
  func numbersForPorts() {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    var netlink = SocketRecord(transport: .netlink, family: .netlink, state: .connected)
    netlink.localBits = 4_294_963_199
    netlink.remoteBits = 7
    var icmp = SocketRecord(transport: .icmp, family: .ipv4, state: .unconnected)
    icmp.localPort = 9999
    for groups in [nil, [], [1, 5, 6, 7, 64]] as [[UInt32]?] {
      var detail = SocketDetail()
      detail.netlinkGroups = groups
      netlink.detailIndex = UInt32(snapshot.details.count)
      snapshot.details.append(detail)
      snapshot.records.append(netlink)
    }
    snapshot.records.append(icmp)
    #expect(snapshot.value(of: .portID, at: 0) == .number(4_294_963_199))
    #expect(snapshot.value(of: .peerPortID, at: 0) == .number(7))
    #expect((0...2).map { snapshot.value(of: .groups, at: $0) } == [.absent, .absent, .word("1,5-7,64")])
    #expect(snapshot.value(of: .echoID, at: 3) == .number(9999))
    #expect(snapshot.value(of: .portID, at: 3) == .absent && snapshot.value(of: .echoID, at: 0) == .absent)
  }
}
