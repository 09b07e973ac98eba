import SocketModel
import TestSupport
import Testing

@testable import Diagnosis

/// Each check alone finds its trouble, and not what merely looks like it.
@Suite("The checks of doctor", .timeLimited)
struct CheckTests {
  /// A scene of a check, the same short of being one, and what it is.
  struct Case: CustomTestStringConvertible, Sendable {
    let kind: Finding.Kind
    let severity: Severity
    let ill: DoctorScene
    let healthy: DoctorScene
    var earlier: DoctorScene?
    let evidence: [Evidence.Name: UInt64]

    init(
      _ kind: Finding.Kind, _ severity: Severity, _ evidence: [Evidence.Name: UInt64] = [:],
      after earlier: DoctorScene? = nil, ill: (inout DoctorScene) -> Void, healthy: (inout DoctorScene) -> Void
    ) {
      (self.kind, self.severity, self.evidence, self.earlier) = (kind, severity, evidence, earlier)
      self.ill = .made(ill)
      self.healthy = .made(healthy)
    }

    var testDescription: String { kind.rawValue }
  }

  static let far = (DoctorScene.far, UInt16(5432))

  static let listening: [Case] = [
    Case(
      .acceptQueueFull, .error, [.waiting: 3, .limit: 2, .oldest: 3516],
      ill: {
        $0.add(.listen, queues: (3, 2))
        for age in [1200, 3516, 40] as [UInt64] {
          $0.add(.established, of: nil, to: (DoctorScene.loopback, 40000), figures: [.lastAckReceived: age])
        }
      },
      // As many as fit, all of them young, and a process that has accepted others.
      healthy: {
        $0.add(.listen, queues: (2, 128))
        for age in [1200, 9999] as [UInt64] {
          $0.add(.established, of: nil, to: (DoctorScene.loopback, 40000), figures: [.lastAckReceived: age])
        }
        $0.add(.established, to: (DoctorScene.loopback, 40000), figures: [.lastAckReceived: 3_000_000])
      }),
    Case(
      .acceptWait, .warning, [.waiting: 1, .oldest: 10_000],
      ill: {
        $0.add(.listen, queues: (1, 128), local: 0)
        $0.add(.closeWait, of: nil, to: (DoctorScene.loopback, 40000), figures: [.lastAckReceived: 10_000])
      },
      // The old one waits for another listener.
      healthy: {
        $0.add(.listen, queues: (1, 128))
        $0.add(.established, of: nil, to: (DoctorScene.loopback, 40000), figures: [.lastAckReceived: 5])
        $0.add(.listen, at: 8081)
        $0.add(.established, at: 8081, of: nil, to: far, local: 3, figures: [.lastAckReceived: 99_999])
      }),
    Case(
      .listenDrops, .note, [.drops: 12, .listenOverflows: 12, .listenDrops: 12],
      ill: {
        $0.add(.listen, queues: (0, 128), drops: 12)
        $0.count("ListenOverflows", 12)
        $0.count("ListenDrops", 12)
      },
      healthy: {
        $0.add(.listen, queues: (0, 128))
        $0.count("ListenOverflows", 12)
      }),
    Case(
      .backlog, .warning, [.waiting: 64, .limit: 128, .share: 50],
      ill: { $0.add(.listen, queues: (64, 128)) }, healthy: { $0.add(.listen, queues: (63, 128)) }),
    Case(
      .backlog, .warning, [.somaxconn: 4096],
      ill: { $0.add(.listen, queues: (4000, 4096)) },
      // What every server in Go has.
      healthy: { $0.add(.listen, queues: (0, 4096)) }),
    Case(
      .synQueue, .warning, [.synReceived: 3, .limit: 4],
      ill: { scene in
        scene.add(.listen, queues: (0, 4))
        for port in 1...3 as ClosedRange<UInt16> { scene.add(.synRecv, of: nil, to: (DoctorScene.far, port)) }
      },
      healthy: { scene in
        scene.add(.listen, queues: (0, 5))
        for port in 1...3 as ClosedRange<UInt16> { scene.add(.synRecv, of: nil, to: (DoctorScene.far, port)) }
      }),
    Case(
      .synDrops, .note, [.fullQueueCookies: 7, .fullQueueDrops: 0],
      ill: { $0.count("TCPReqQFullDoCookies", 7) }, healthy: { $0.count("SyncookiesSent", 7) }),
  ]

  static let ending: [Case] = [
    Case(
      .closeWaitLeak, .warning,
      [.sockets: 4, .older: 3, .oldest: 3_600_000, .median: 90_000, .youngest: 5, .unreadSockets: 1, .unreadBytes: 10],
      ill: { scene in
        for age in [5, 70_000, 90_000] as [UInt64] {
          scene.add(.closeWait, to: far, figures: [.lastAckReceived: age])
        }
        scene.add(.closeWait, queues: (11, 0), to: far, figures: [.lastAckReceived: 3_600_000])
      },
      // Many, but all of them young: load.
      healthy: { scene in
        for age in 0..<1000 as Range<UInt64> {
          scene.add(.closeWait, queues: (1, 0), to: far, figures: [.lastAckReceived: age])
        }
      }),
    Case(
      .closeWaitAtOnce, .error, [.sockets: 100, .youngest: 70_000],
      ill: { scene in
        for age in 0..<100 as Range<UInt64> {
          scene.add(.closeWait, to: far, figures: [.lastAckReceived: 70_000 + age])
        }
      },
      healthy: { $0.add(.closeWait, to: far, figures: [.lastAckReceived: 59_999]) }),
    Case(
      .resetSockets, .warning, [.sockets: 10],
      ill: { scene in for _ in 0..<10 { scene.add(.unhashed) } },
      // One short of them, those of another process, and sockets that were never bound.
      healthy: { scene in
        for _ in 0..<9 { scene.add(.unhashed) }
        for _ in 0..<9 { scene.add(.unhashed, of: 8) }
        for _ in 0..<9 { scene.add(.unhashed, at: 0) }
      }),
    Case(
      .orphans, .warning, [.sockets: 500, .limit: 1000, .share: 50],
      ill: { $0.settings.socketCounts?.orphans = 500 }, healthy: { $0.settings.socketCounts?.orphans = 499 }),
    Case(
      .abortedOnMemory, .error, [.abortsOnMemory: 2], after: .made { $0.count("TCPAbortOnMemory", 5) },
      ill: { $0.count("TCPAbortOnMemory", 7) }, healthy: { $0.count("TCPAbortOnMemory", 5) }),
    Case(
      .finWaitHeld, .note, [.sockets: 1, .oldest: 60_000],
      ill: { $0.add(.finWait2, to: far, figures: [.lastAckReceived: 60_000]) },
      // The kernel ends it by itself.
      healthy: {
        $0.add(.finWait2, to: far, figures: [.lastAckReceived: 59_999])
        $0.add(.finWait2, of: nil, to: far, figures: [.lastAckReceived: 90_000])
      }),
    Case(
      .timeWait, .warning, [.sockets: 800, .limit: 1000, .ofPeer: 2],
      ill: {
        $0.settings.socketCounts?.timeWait = 800
        for port in [40000, 40001] as [UInt16] { $0.add(.timeWait, at: port, of: nil, to: far) }
      },
      healthy: { $0.settings.socketCounts?.timeWait = 799 }),
    Case(
      .timeWaitOverflow, .warning, [.overflows: 3], after: .made { _ in },
      ill: { $0.count("TCPTimeWaitOverflow", 3) }, healthy: { _ in }),
    Case(
      .unanswered, .warning, [.sockets: 2, .inRow: 2, .age: 2000],
      ill: { scene in
        for count in [1, 2] as [UInt8] { scene.add(.synSent, at: 40000, to: far) { $0.retransmits = count } }
      },
      // The first SYN is on its way, and a full queue of this machine is a finding of its own.
      healthy: { $0.add(.synSent, at: 40000, to: far) }),
  ]

  /// A small range of ports: ten, of which one is reserved.
  private static func tenPorts(_ scene: inout DoctorScene) {
    scene.settings.numbers[.ephemeralPorts] = [40000, 40009]
    scene.settings.reservedPorts = [40003...40003]
  }

  static let ports: [Case] = [
    Case(
      .connectPorts, .error, [.used: 8, .usable: 8, .reserved: 1, .bound: 1],
      ill: { scene in
        tenPorts(&scene)
        // A port that is bound, at whatever address, is of no use; it is an autobound listener here.
        scene.add(.listen, at: 40000, local: DoctorScene.own) { $0.flags.insert(.isAutobound) }
        for port in 40001...40009 as ClosedRange<UInt16> where port != 40003 {
          scene.add(.established, at: port, to: (DoctorScene.far, 5432), local: 9)
        }
        scene.settings.numbers[.ephemeralPorts] = [40000, 40009]
      },
      // As many, but to two ends: each has its own budget. TIME_WAIT over loopback is usable again.
      healthy: { scene in
        tenPorts(&scene)
        for port in 40001...40007 as ClosedRange<UInt16> where port != 40003 {
          scene.add(.established, at: port, to: (DoctorScene.far, 5432), local: DoctorScene.own)
        }
        for port in 40001...40007 as ClosedRange<UInt16> where port != 40003 {
          scene.add(.established, at: port, to: (DoctorScene.far, 5433), local: DoctorScene.own)
        }
      }),
    Case(
      .bindPorts, .error, [.used: 9, .usable: 9],
      ill: { scene in
        tenPorts(&scene)
        for port in 40000...40009 as ClosedRange<UInt16> where port != 40003 {
          scene.add(.established, at: port, to: (DoctorScene.far, port), local: DoctorScene.own)
        }
      },
      healthy: { scene in
        tenPorts(&scene)
        for port in 40000...40009 as ClosedRange<UInt16> where port != 40003 {
          scene.add(.established, at: port, to: (DoctorScene.far, port), local: 50 + UInt32(port) % 2)
        }
      }),
    Case(
      .udpPorts, .error, [.used: 9, .usable: 9],
      ill: { scene in
        tenPorts(&scene)
        for port in 40000...40009 as ClosedRange<UInt16> where port != 40003 {
          scene.add(.unconnected, .udp, at: port, local: 0)
        }
      },
      healthy: { scene in
        tenPorts(&scene)
        for port in 40000...40007 as ClosedRange<UInt16> where port != 40003 {
          scene.add(.unconnected, .udp, at: port, local: 0)
        }
      }),
    Case(
      .serverPort, .note, [.firstPort: 32768, .lastPort: 60999],
      ill: { $0.add(.listen, at: 50051, queues: (0, 128)) },
      // Below the range, reserved, or chosen by the kernel.
      healthy: {
        $0.settings.reservedPorts = [50051...50052]
        $0.add(.listen, at: 32767, queues: (0, 128))
        $0.add(.listen, at: 50051, queues: (0, 128))
        $0.add(.listen, at: 40000, queues: (0, 128)) { $0.flags.insert(.isAutobound) }
      }),
    Case(
      .serverPortUnknown, .note,
      ill: {
        $0.isLive = false
        $0.add(.listen, at: 50051, queues: (0, 128))
      },
      healthy: {
        $0.isLive = false
        $0.add(.listen, at: 8080, queues: (0, 128))
      }),
    Case(
      .exposedControl, .warning, ill: { $0.add(.listen, at: 6379, queues: (0, 128), local: 0) },
      healthy: { $0.add(.listen, at: 6379, queues: (0, 128)) }),
    Case(
      .exposedDatabase, .note, ill: { $0.add(.listen, at: 5432, queues: (0, 128), local: 0) },
      healthy: { $0.add(.listen, at: 5433, queues: (0, 128), local: 0) }),
  ]

  private static func memory(_ used: UInt32, of limit: UInt32) -> SocketMemory {
    var memory = SocketMemory()
    (memory.receiveAllocated, memory.receiveLimit) = (used, limit)
    return memory
  }

  static let data: [Case] = [
    Case(
      .udpDrops, .warning, [.drops: 5, .bufferErrors: 5, .bufferLimit: 212_992],
      after: .made { $0.add(.unconnected, .udp, drops: 2, memory: memory(0, of: 1000)) },
      ill: {
        $0.add(.unconnected, .udp, drops: 7, memory: memory(0, of: 1000))
        $0.count("RcvbufErrors", 5)
      },
      healthy: { $0.add(.unconnected, .udp, drops: 2, memory: memory(0, of: 1000)) }),
    Case(
      .udpQueue, .warning, [.queueBytes: 500, .bufferBytes: 1000],
      ill: { $0.add(.unconnected, .udp, queues: (500, 0), memory: memory(500, of: 1000)) },
      healthy: { $0.add(.unconnected, .udp, queues: (499, 0), memory: memory(499, of: 1000)) }),
    Case(
      .zeroWindow, .error, [.sendQueueBytes: 4096, .age: 5000, .window: 0, .probes: 2],
      ill: {
        $0.add(
          .established, queues: (0, 4096), to: far, figures: [.lastDataSent: 5000, .sendWindow: 0]
        ) {
          $0.timer = .probe
          $0.probes = 2
        }
      },
      healthy: {
        $0.add(.established, queues: (0, 4096), to: far, figures: [.lastDataSent: 4999, .sendWindow: 0]) {
          $0.timer = .probe
        }
      }),
    Case(
      .sendBuffer, .note, [.share: 50, .limited: 1000, .busy: 2000],
      ill: {
        $0.add(
          .established, queues: (0, 1), to: far, figures: [.sendBufferLimited: 1_000_000, .busyTime: 2_000_000])
      },
      healthy: {
        $0.add(.established, queues: (0, 1), to: far, figures: [.sendBufferLimited: 999_999, .busyTime: 2_000_000])
        $0.add(.established, queues: (0, 1), to: far, figures: [.sendBufferLimited: 9, .busyTime: 9])
      }),
    Case(
      .retransmits, .warning, [.retransmittedBytes: 5000, .sentBytes: 100_000, .share: 5],
      ill: {
        $0.add(.established, to: far, figures: [.bytesRetransmitted: 5000, .bytesSent: 100_000])
      },
      // Little loss, few bytes, and what a full receiver dropped.
      healthy: {
        $0.add(.established, to: far, figures: [.bytesRetransmitted: 4999, .bytesSent: 100_000])
        $0.add(.established, to: (3, 1), figures: [.bytesRetransmitted: 50_000, .bytesSent: 99_999])
        $0.add(.established, to: (4, 1), figures: [.bytesRetransmitted: 50_000, .bytesSent: 100_000]) {
          $0.timer = .probe
        }
      }),
    Case(
      .segmentsRetransmitted, .warning, [.retransmitted: 100, .sent: 1900], after: .made { $0.count("OutSegs", 50) },
      ill: {
        $0.count("RetransSegs", 100)
        $0.count("OutSegs", 1950)
      },
      healthy: {
        $0.count("RetransSegs", 99)
        $0.count("OutSegs", 150)
      }),
    Case(
      .peerSilent, .warning, [.sockets: 1, .inRow: 3, .age: 9000, .sendQueueBytes: 7],
      ill: { scene in
        scene.add(.established, queues: (0, 7), to: far, figures: [.lastAckReceived: 9000]) { $0.retransmits = 3 }
      },
      healthy: { scene in
        scene.add(.established, queues: (0, 7), to: far, figures: [.lastAckReceived: 9000]) { $0.retransmits = 2 }
      }),
    Case(
      .unread, .warning, [.unreadSockets: 1, .unreadBytes: 12, .oldest: 30_000],
      ill: { $0.add(.established, queues: (12, 0), to: far, figures: [.lastDataReceived: 30_000]) },
      healthy: {
        $0.add(.established, queues: (12, 0), to: far, figures: [.lastDataReceived: 29_999])
        $0.add(.established, to: far, figures: [.lastDataReceived: 99_999])
      }),
    Case(
      .keepalive, .note, [.sockets: 1, .idle: 7_200_000],
      ill: {
        $0.add(
          .established, to: far, local: DoctorScene.own, figures: [.lastAckReceived: 7_200_000])
      },
      // Tested, within the machine, or lately used.
      healthy: { scene in
        let old: [TCPMetric: UInt64] = [.lastAckReceived: 7_200_000]
        scene.add(.established, to: far, local: DoctorScene.own, figures: old) { $0.timer = .keepalive }
        scene.add(.established, to: (DoctorScene.loopback, 1), figures: old)
        scene.add(.established, to: (DoctorScene.own, 1), local: DoctorScene.own, figures: old)
        scene.add(.established, to: far, local: DoctorScene.own, figures: [.lastAckReceived: 7_199_999])
      }),
  ]

  static let resources: [Case] = [
    Case(
      .descriptors, .warning, [.used: 820, .limit: 1024, .share: 80],
      ill: { $0.descriptors.processes.append(DescriptorUse(pid: 9, used: 820, limit: 1024)) },
      healthy: {
        $0.descriptors.processes.append(DescriptorUse(pid: 9, used: 819, limit: 1024))
        $0.descriptors.processes.append(DescriptorUse(pid: 10, used: 5000, limit: .max))
      }),
    Case(
      .files, .error, [.files: 8000, .limit: 10_000],
      ill: { $0.settings.numbers[.openFiles] = [8000, 0, 10_000] },
      healthy: { $0.settings.numbers[.openFiles] = [7999, 0, 10_000] }),
    Case(
      .tcpMemory, .warning, [.pages: 200, .pressurePages: 200, .limitPages: 300, .otherBytes: 12],
      ill: {
        $0.settings.socketCounts?.tcpPages = 200
        $0.add(.established, queues: (5, 7), to: far, figures: [.lastDataReceived: 1])
      },
      healthy: { $0.settings.socketCounts?.tcpPages = 199 }),
    Case(
      .udpMemory, .error, [.pages: 300], ill: { $0.settings.socketCounts?.udpPages = 300 },
      healthy: { $0.settings.socketCounts?.udpPages = 199 }),
    Case(
      .memoryPressure, .note, [.pressures: 1, .pruned: 4],
      ill: {
        $0.count("TCPMemoryPressures", 1)
        $0.count("PruneCalled", 4)
      },
      healthy: { $0.count("PruneCalled", 4) }),
    Case(
      .conntrackFull, .warning, [.used: 800, .limit: 1000],
      ill: { $0.settings.numbers[.trackedConnections] = [800] },
      healthy: { $0.settings.numbers[.trackedConnections] = [799] }),
    Case(
      .conntrackDrops, .warning, [.drops: 1, .insertFailed: 0, .earlyDrops: 0],
      after: .made { $0.conntrack?.drops = 4 },
      ill: { $0.conntrack?.drops = 5 }, healthy: { $0.conntrack?.drops = 4 }),
    Case(
      .inherited, .warning, [.flags: 2], ill: { inherit(&$0, by: "/usr/bin/sleep", flags: 0o2) },
      // Close-on-exec, or a program that serves.
      healthy: { inherit(&$0, by: "/usr/sbin/nginx", flags: 0o2) }),
    Case(
      .noOwner, .note, ill: { disown(&$0) },
      healthy: { scene in
        disown(&scene)
        scene.snapshot.ownerSearchLimits.ended = Set(scene.snapshot.records.map(\.inode))
      }),
    Case(
      .sharedUDP, .warning, [.sockets: 2],
      ill: { scene in
        for isShared in [true, false] { scene.reusesPort[scene.add(.unconnected, .udp, at: 53)] = isShared }
      },
      // A group with SO_REUSEPORT, different addresses, and multicast DNS.
      healthy: { scene in
        for _ in 0..<4 { scene.reusesPort[scene.add(.unconnected, .udp, at: 53)] = true }
        scene.add(.unconnected, .udp, at: 53, local: DoctorScene.own)
        for _ in 0..<2 { scene.add(.unconnected, .udp, at: 5353, local: 0) }
      }),
  ]

  private static func inherit(_ scene: inout DoctorScene, by executable: String, flags: UInt32) {
    scene.add(.listen, queues: (0, 128))
    scene.snapshot.processes[0].executable = Array(executable.utf8)
    scene.snapshot.descriptorFlags = [flags]
  }

  private static func disown(_ scene: inout DoctorScene) {
    scene.add(.unconnected, .udp, at: 4789, of: nil) {
      $0.inode = 77
      $0.localBits = 0
    }
  }

  static let all = listening + ending + ports + data + resources

  @Test("Each trouble is found alone, with its numbers, and nothing that only looks like it", arguments: all)
  func check(one: Case) throws {
    let report = one.ill.report(after: one.earlier)
    #expect(report.findings.map(\.kind) == [one.kind])
    let finding = try #require(report.findings.first)
    #expect(finding.severity == one.severity)
    for (name, value) in one.evidence { #expect(finding[name] == value, "\(name)") }
    let healthy = one.healthy.report(after: one.earlier)
    #expect(healthy.findings == [])
  }

  @Test("Every kind of finding has a scene")
  func whole() {
    #expect(Set(Self.all.map(\.kind)) == Set(Finding.Kind.allCases))
    #expect(Set(Self.all.map(\.kind)).count <= Self.all.count)
  }

  @Test("Nothing is found on a healthy machine, and no check is left out")
  func healthy() {
    let report = DoctorScene().report()
    #expect(report.findings == [])
    #expect(report.skipped == [])
    #expect(report.made == Check.allCases)
    #expect(report.worst == nil)
  }
}
