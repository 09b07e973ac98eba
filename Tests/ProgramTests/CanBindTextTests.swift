import CommandLine
import Foundation
import Diagnosis
import Query
import SocketModel
import TestSupport
import Testing

@testable import Lesson
@testable import sockinspect

/// The words of `can-bind`, from facts that are made here.
@Suite("The words of can-bind", .timeLimited)
struct CanBindTextTests {
  private static func record(_ state: SocketState, timer: UInt32? = nil) -> SocketRecord {
    var record = SocketRecord(transport: .tcp, family: .ipv4, state: state)
    record.localBits = 0x7F00_0001
    record.localPort = 8080
    record.known = [.inode, .uid, .timer]
    record.uid = 33
    if let timer {
      record.timer = .timeWait
      record.timerMilliseconds = timer
    } else {
      record.inode = 4711
    }
    return record
  }

  private static func report(
    _ records: [SocketRecord], reuse: ReuseOptions = [], uid: UInt32 = 33, mayBindAnyPort: Bool = true,
    port: UInt16 = 8080, language: Language = .english, options: [Int: BindOptions] = [:],
    trials: [ReuseOptions: CanBindReport.Trial]? = nil, _ change: (inout Snapshot) -> Void = { _ in }
  ) -> CanBindReport {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    snapshot.meta.root = "./capture"
    snapshot.records = records
    snapshot.lookedAt = [.tcp: [.ipv4, .ipv6]]
    change(&snapshot)
    var plan = CanBindPlan(port: port)
    plan.host = "127.0.0.1"
    plan.reuse = reuse
    plan.language = language
    var request = BindRequest(
      .tcp, Endpoint(address: IPAddress(ipv4: 0x7F00_0001), port: port), uid: uid, mayBindAnyPort: mayBindAnyPort)
    request.reuse = reuse
    var settings = SystemSettings()
    settings.numbers = [.ephemeralPorts: [32768, 60999], .firstUnprivilegedPort: [1024]]
    settings.reservedPorts = []
    let answer = BindAnswer(
      request, in: snapshot, settings: settings, addresses: LocalAddresses(), options: options)
    var report = CanBindReport(plan: plan, answer: answer, snapshot: snapshot)
    report.options = options
    report.trials = trials
    report.lookedAt = ["net.ipv4.ip_local_port_range"]
    return report
  }

  private static func text(_ report: CanBindReport) -> String { CanBindText(report, user: 0).render() }

  @Test("a taken port has its holder, what each option does, and what would help")
  func taken() {
    let report = Self.report([Self.record(.boundInactive)], options: [0: BindOptions(reuse: .address)])
    #expect(
      Self.text(report) == """
        127.0.0.1:8080 cannot be bound: another socket is bound to it.
          bound_inactive  127.0.0.1:8080  -  open in no process, SO_REUSEADDR
          bind()  no option                  EADDRINUSE
          bind()  SO_REUSEADDR               works
          bind()  SO_REUSEPORT               EADDRINUSE
          bind()  SO_REUSEADDR SO_REUSEPORT  works
          would help: SO_REUSEADDR
          it may be the kernel's own (VXLAN, WireGuard, NFS), on the way to one (SCM_RIGHTS), held by an io_uring, or hidden
        looked at: tcp, net.ipv4.ip_local_port_range, options of 1 of 1 sockets

        """)
  }

  @Test("where options may help one line says which, and how to find out; a capture cannot be tried")
  func mayHelp() {
    var report = Self.report([Self.record(.timeWait, timer: 41_200)])
    #expect(
      Self.text(report).hasPrefix(
        "127.0.0.1:8080 cannot be bound: only ended connections still hold it, for 42 s more.\n"))
    let question = "may help: SO_REUSEADDR or SO_REUSEPORT; to find out: sockinspect --probe"
    #expect(CanBindText(report, user: 0).actions == [question, "or wait 42 s"])
    report.plan.list.root = "./capture"
    #expect(CanBindText(report, user: 0).actions == ["or wait 42 s"])
  }

  @Test("a free port that connections may get has the line that reserves it")
  func ephemeral() {
    #expect(
      Self.text(Self.report([], port: 40000, language: .spanish)) == """
        127.0.0.1:40000 se puede enlazar.
          una conexión saliente puede llevárselo: el kernel toma puertos del 32768 al 60999
          para reservarlo: sudo sysctl -w net.ipv4.ip_local_reserved_ports=40000
        se miró: tcp, net.ipv4.ip_local_port_range

        """)
  }

  /// Reports with every verdict and doubt.
  private static func reports(_ language: Language) -> [(word: String, report: CanBindReport)] {
    let left = [record(.timeWait, timer: 41_200)]
    return [
      ("free", report([], language: language)),
      ("listener", report([record(.listen)], language: language)),
      ("connection", report([record(.established)], language: language)),
      ("time-wait", report(left, language: language)),
      ("unknown", report(left, reuse: .address, language: language)),
      ("unknown", report([record(.boundInactive)], reuse: .port, language: language)),
      ("unknown", report([], language: language) { $0.fromTables = [.tcp] }),
      ("unknown", report([], language: language) { $0.lookedAt = [:] }),
      ("not-permitted", report([], mayBindAnyPort: false, port: 80, language: language)),
      ("shared", report(left, reuse: .address, language: language, trials: [.address: .bound])),
      ("refused", report([], language: language, trials: [[]: .refused("EPERM")])),
    ]
  }

  @Test("each verdict has its word and its status, in both languages alike")
  func verdicts() {
    for (english, spanish) in zip(Self.reports(.english), Self.reports(.spanish)) {
      #expect(english.report.verdictWord == english.word)
      let (one, other) = (Self.text(english.report), Self.text(spanish.report))
      #expect(one.split(separator: "\n").count == other.split(separator: "\n").count, "\(one)\(other)")
      #expect(EnglishWords.found(in: other).isEmpty, "\(other)")
      #expect(one != other)
      #expect(
        String(decoding: CanBindJSON(english.report).render(), as: UTF8.self)
          == String(decoding: CanBindJSON(spanish.report).render(), as: UTF8.self))
    }
  }

  @Test("what bind() did decides, and where the tables said something else a line says so")
  func disagreement() throws {
    let report = Self.report([], trials: [[]: .refused("EPERM"), .address: .bound])
    #expect(report.canBind == false && report.disagreements == [[]])
    let text = Self.text(report)
    #expect(text.hasPrefix("127.0.0.1:8080 cannot be bound: bind() fails with EPERM.\n"))
    #expect(text.contains("  disagreement, no option: the tables say it works, and bind() failed; "))
    let json = try JSONSerialization.jsonObject(with: Data(CanBindJSON(report).render())) as? [String: Any]
    #expect(json?["disagreement"] as? Bool == true && json?["can_bind"] as? Bool == false)
    #expect(json?["verdict"] as? String == "refused" && json?["free_in_ms"] is NSNull)
    let combinations = try #require(json?["combinations"] as? [[String: Any]])
    #expect(combinations.count == 4 && combinations[0]["error"] as? String == "EPERM")
    #expect(combinations[1]["probe"] as? Bool == true && combinations[2]["probe"] is NSNull)
  }
}
