import SocketModel
import TestSupport
import Testing

@testable import Diagnosis

/// What could not be seen is skipped with its reason: it is neither a finding nor nothing.
@Suite("What doctor could not check", .timeLimited)
struct SkippedCheckTests {
  private func reasons(_ scene: DoctorScene, of check: Check) -> [SkippedCheck.Reason] {
    scene.report().skipped.filter { $0.check == check }.map(\.reason)
  }

  @Test("Tables of /proc have no ages: checks that need them are left out, the others are made")
  func tables() {
    let scene = DoctorScene.made {
      $0.snapshot.fromTables = [.tcp, .udp]
      $0.add(.closeWait, to: (DoctorScene.far, 1))
      $0.add(.listen, queues: (3, 2))
    }
    let report = scene.report()
    #expect(report.findings == [])
    for check in [Check.acceptQueue, .listenDrops, .closeWait, .zeroWindow, .unread, .keepalive] {
      #expect(report.skipped.contains(SkippedCheck(check, .details)), "\(check)")
      #expect(!report.made.contains(check), "\(check)")
    }
    #expect(report.made.contains(.ephemeralPorts) && report.made.contains(.orphans))
  }

  @Test("Missing settings are named, and never taken for 0")
  func settings() {
    let scene = DoctorScene.made {
      $0.settings = SystemSettings()
      $0.conntrack = nil
      $0.descriptors = DescriptorUses()
      $0.add(.established, at: 40000, to: (DoctorScene.far, 1))
    }
    let report = scene.report()
    #expect(report.findings == [])
    #expect(report.skipped.contains(SkippedCheck(.ephemeralPorts, .settings([.ephemeralPorts, .reservedPorts]))))
    #expect(reasons(scene, of: .memory) == [.socketCounts, .settings([.tcpMemory, .udpMemory])])
    #expect(reasons(scene, of: .descriptors) == [.notReported, .settings([.openFiles])])
    // Where other settings are known, nothing tracks connections.
    #expect(reasons(scene, of: .conntrack) == [.settings([.trackedConnections, .trackedConnectionLimit])])
    var untracked = DoctorScene()
    untracked.settings.numbers[.trackedConnections] = nil
    #expect(reasons(untracked, of: .conntrack) == [.absent])
    #expect(!SkippedCheck(.conntrack, .absent).isGap && SkippedCheck(.conntrack, .needsRoot).isGap)
  }

  @Test("Missing counters are named; of two scans both must have them")
  func counters() {
    var scene = DoctorScene()
    scene.snapshot.counters = []
    #expect(reasons(scene, of: .synQueue) == [.counters(["TCPReqQFullDoCookies", "TCPReqQFullDrop"])])
    #expect(reasons(scene, of: .retransmits) == [.counters(["RetransSegs", "OutSegs"])])
    let report = DoctorScene().report(after: scene)
    #expect(report.skipped.contains { $0.check == .udpDrops && $0.reason == .counters(["RcvbufErrors"]) })
  }

  @Test("Processes that may not be read are no owners, and not the lack of one")
  func processes() {
    let scene = DoctorScene.made {
      $0.add(.unconnected, .udp, at: 4789, of: nil) { $0.inode = 77 }
      let refusal = Problem.Refusal.processes(count: 1, of: 2, hidesOthers: false)
      $0.snapshot.problems = [Problem(subject: .descriptors, cause: .forbidden(refusal))]
    }
    let report = scene.report()
    #expect(report.findings == [])
    #expect(report.skipped.contains(SkippedCheck(.noOwner, .needsRoot)))
    #expect(report.skipped.contains(SkippedCheck(.resetSockets, .needsRoot, isPartial: true)))
  }

  @Test("A capture cannot be asked for descriptors that were copied, and a transport that was not read is none")
  func offline() {
    var scene = DoctorScene()
    scene.isLive = false
    #expect(reasons(scene, of: .resetSockets) == [.needsLiveKernel])
    #expect(reasons(scene, of: .inherited) == [.needsLiveKernel])
    for _ in 0..<2 { scene.add(.unconnected, .udp, at: 53) }
    #expect(reasons(scene, of: .sharedUDP) == [.needsLiveKernel])
    scene.snapshot.lookedAt[.udp] = nil
    #expect(reasons(scene, of: .udpDrops) == [.sockets([.udp])])
  }

  @Test("What a repeated scan leaves out is not checked, and is not taken for healthy")
  func leftOut() {
    let scene = DoctorScene.made { $0.add(.listen, queues: (3, 2)) }
    var scan = scene.scan
    scan.leftOut = [.acceptQueue, .noOwner]
    let report = Examination(scan).run()
    #expect(report.findings == [] && scene.report().findings.map(\.kind) == [.acceptQueueFull])
    #expect(report.skipped.filter { $0.reason == .leftOut }.map(\.check) == [.acceptQueue, .noOwner])
    #expect(!report.made.contains(.acceptQueue) && report.made.contains(.listenDrops))
  }

  @Test("A finding has all of its rows, however many they are")
  func rows() throws {
    let scene = DoctorScene.made { scene in
      for port in UInt16(1)...200 {
        scene.add(.closeWait, to: (DoctorScene.far, port), figures: [.lastAckReceived: 90_000])
      }
    }
    #expect(try #require(scene.report().findings.first).rows == Array(0..<200))
  }

  @Test("Counters and drops of two scans are what came in between")
  func differences() throws {
    func scene(_ drops: UInt32, _ overflows: UInt64) -> DoctorScene {
      .made {
        $0.add(.listen, queues: (0, 128), drops: drops)
        $0.count("ListenOverflows", overflows)
      }
    }
    let report = scene(12, 20).report(after: scene(9, 15))
    let finding = try #require(report.findings.first)
    #expect(finding[.drops] == 3 && finding[.listenOverflows] == 5 && finding.since == .interval)
    #expect(finding.severity == .warning)
    #expect(scene(9, 20).report(after: scene(9, 15)).findings == [])
  }

  @Test("Another threshold decides, and the finding states it")
  func thresholds() throws {
    let scene = DoctorScene.made {
      $0.add(.closeWait, to: (DoctorScene.far, 1), figures: [.lastAckReceived: 20_000])
    }
    #expect(scene.report().findings == [])
    let finding = try #require(scene.report([.closeWaitAge: 10_000]).findings.first)
    #expect(finding[.thresholdTime] == 10_000 && finding[.oldest] == 20_000)
  }

  @Test("A SYN to a server of this machine with a full queue is a finding about the server alone")
  func fullQueue() {
    let scene = DoctorScene.made {
      $0.add(.listen, queues: (3, 2))
      $0.add(.synSent, at: 40000, to: (DoctorScene.loopback, 8080)) { $0.retransmits = 3 }
    }
    #expect(scene.report().findings.map(\.kind) == [.acceptQueueFull])
    // Where the limit of the queue is not known, nobody says that nothing answers.
    let unknown = DoctorScene.made {
      $0.snapshot.fromTables = [.tcp]
      $0.add(.listen, queues: (3, 0)) { $0.known.remove(.sendQueue) }
      $0.add(.synSent, at: 40000, to: (DoctorScene.loopback, 8080)) { $0.retransmits = 3 }
    }
    #expect(unknown.report().findings == [])
  }

  @Test("Settings of one namespace are not compared with sockets of another")
  func namespaces() {
    let scene = DoctorScene.made { scene in
      scene.snapshot.meta.netns = 1
      scene.settings.numbers[.ephemeralPorts] = [40000, 40009]
      for port in 40000...40009 as ClosedRange<UInt16> {
        scene.add(.established, at: port, to: (DoctorScene.far, 1)) { $0.networkNamespace = 2 }
      }
      scene.add(.listen, at: 40001, queues: (0, 128)) { $0.networkNamespace = 2 }
    }
    #expect(scene.report().findings == [])
  }

  @Test("The worst comes first, then the order of the checks")
  func order() {
    let scene = DoctorScene.made {
      $0.add(.listen, at: 50051, queues: (0, 128))
      $0.settings.numbers[.openFiles] = [9000, 0, 10_000]
      $0.add(.listen, queues: (3, 2))
      $0.settings.socketCounts?.timeWait = 900
    }
    #expect(scene.report().findings.map(\.kind) == [.acceptQueueFull, .files, .timeWait, .serverPort])
    #expect(scene.report().worst == .error)
  }
}
