import Diagnosis
import Lesson
import Options
import SocketModel
import TestSupport
import Testing

@testable import CommandLine
@testable import sockinspect

/// The words of `doctor`.
@Suite("What doctor says", .timeLimited)
struct DoctorTextTests {
  private func report(_ findings: [Finding], skipped: [SkippedCheck] = []) -> DoctorReport {
    var report = DoctorReport()
    report.findings = findings
    report.skipped = skipped
    report.checks = Check.allCases
    report.sockets = 1
    return report
  }

  private func snapshot() -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    var record = SocketRecord(transport: .tcp, family: .ipv4, state: .listen)
    record.localPort = 6379
    snapshot.records = [record]
    return snapshot
  }

  private func plan(_ language: Language) -> DoctorPlan {
    var plan = DoctorPlan()
    plan.language = language
    return plan
  }

  @Test("Every finding, number, check and reason has words in both languages", arguments: Language.allCases)
  func words(language: Language) {
    for kind in Finding.Kind.allCases {
      let words = FindingWords.of(kind, in: language)
      for text in [words.summary, words.meaning, words.action] { #expect(text.count > 5, "\(kind)") }
      #expect(!words.summary.hasSuffix(".") && words.meaning.hasSuffix(".") && words.action.hasSuffix("."), "\(kind)")
      if language == .spanish { #expect(words.meaning != FindingWords.english(kind).meaning, "\(kind)") }
    }
    let labels = Evidence.Name.allCases.map { EvidenceWords.label($0, in: language) }
    #expect(labels.allSatisfy { !$0.isEmpty })
    let list = CheckList(plan(language)).text
    for check in Check.allCases { #expect(list.contains("\n\(check.rawValue): ") || list.hasPrefix(check.rawValue)) }
    for threshold in Threshold.allCases { #expect(list.contains("\(threshold.rawValue)=")) }
  }

  @Test("A finding states what, who, how much, what it means and what to do", arguments: Language.allCases)
  func block(language: Language) {
    let finding = Finding(
      .exposedControl, .warning, .socket(row: 0), holder: .noProcess, since: .boot, rows: [0],
      listing: "--tcp --local-port 6379",
      [Evidence(.waiting, 3), Evidence(.oldest, 3516), Evidence(.sendQueueBytes, 12), Evidence(.share, 80)])
    let text = DoctorText(DoctorResult(report([finding]), snapshot(), plan(language))).text
    let words = FindingWords.of(.exposedControl, in: language)
    #expect(text.contains("tcp 0.0.0.0:6379 (redis?)") && text.contains(words.summary) && text.contains(words.action))
    #expect(text.contains("3.5 s") && text.contains("12 B") && text.contains("80 %"), "\(text)")
    #expect(text.contains(language("since boot", "desde el arranque")))
    #expect(text.contains("$ sockinspect --tcp --local-port 6379\n"))
    #expect(text.hasSuffix(language("24 checks of 1 socket: 1 warning\n", "24 comprobaciones de 1 socket: 1 aviso\n")))
  }

  @Test("Without findings one line says what was not checked and why, and never that all is well")
  func nothing() {
    let skipped = [
      SkippedCheck(.inherited, .needsLiveKernel), SkippedCheck(.sharedUDP, .needsLiveKernel),
      SkippedCheck(.orphans, .settings([.orphanLimit]), isPartial: true),
    ]
    let text = DoctorText(DoctorResult(report([], skipped: skipped), snapshot(), plan(.english))).text
    #expect(
      text == """
        sockinspect: 22 checks of 1 socket: nothing found; not checked: inherited, shared-udp (only the running \
        kernel can be asked); in part only: orphans (not readable here: net.ipv4.tcp_max_orphans)

        """)
  }

  @Test("Of many findings of one kind the first are shown and the rest is counted")
  func many() {
    let finding = Finding(.serverPort, .note, .socket(row: 0), rows: [0], [])
    let text = DoctorText(DoctorResult(report(Array(repeating: finding, count: 9)), snapshot(), plan(.english))).text
    #expect(text.split(separator: "\n").count { $0.hasPrefix("note server-ports") } == 5)
    #expect(text.contains(": 4 more; --json shows them"))
  }

  @Test("A name that a process chose cannot imitate a line")
  func hostile() {
    let process = SocketHolder.Process(pid: 7, name: Array("a\nsockinspect: nothing found".utf8))
    let finding = Finding(.closeWaitLeak, .warning, .process(process), other: process, [])
    let result = DoctorResult(report([finding]), snapshot(), plan(.english))
    let text = DoctorText(result).text
    #expect(text.split(separator: "\n").count { $0.hasPrefix("sockinspect: ") } == 1, "\(text)")
    let json = String(decoding: DoctorJSON(result).bytes, as: UTF8.self)
    #expect(json.contains(#""name":"a\nsockinspect: nothing found""#), "\(json)")
  }
}
