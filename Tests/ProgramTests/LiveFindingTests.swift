import Diagnosis
import Lesson
import Rendering
import SocketModel
import TestSupport
import Testing

@testable import CommandLine
@testable import LiveView
@testable import sockinspect

/// The words of findings in the live view.
@Suite("What the live view says of findings", .timeLimited)
struct LiveFindingTests {
  private func socket(_ id: UInt64, owner: EventOwner?) -> TrackedSocket {
    var record = SocketRecord(transport: .tcp, family: .ipv4, state: .listen)
    record.localPort = UInt16(id)
    record.inode = id
    record.known = [.inode]
    var socket = TrackedSocket(id: id, record: record, at: Timestamp(seconds: 1, nanoseconds: 0), wasThere: true)
    if let owner { socket.owners = [owner] }
    return socket
  }

  private func found(
    _ findings: [Finding], _ sockets: [TrackedSocket], in language: Language = .english, isReplay: Bool = false
  ) -> LiveFindings {
    var report = DoctorReport()
    report.findings = findings
    report.skipped = [SkippedCheck(.noOwner, .leftOut)]
    report.checks = Check.allCases
    report.sockets = sockets.count
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.records = sockets.map(\.record)
    snapshot.ownerStarts = Array(repeating: 0, count: sockets.count + 1)
    var plan = DoctorPlan()
    plan.language = language
    let text = LiveFindingText(
      report: report, snapshot: snapshot, interval: 2000, plan: plan,
      socket: { record in sockets.first { $0.record.localPort == record.localPort && record.localPort != 99 } },
      context: isReplay ? nil : snapshot)
    return text.findings()
  }

  private func finding(_ severity: Severity, rows: [UInt32], _ kind: Finding.Kind = .acceptQueueFull) -> Finding {
    Finding(
      kind, severity, rows.isEmpty ? .machine : .socket(row: Int(rows[0])), holder: .noProcess, rows: rows,
      listing: "--tcp", [Evidence(.waiting, 3)])
  }

  @Test("The number of findings is above the table, and each knows its sockets", arguments: Language.allCases)
  func numbers(language: Language) {
    let sockets = [80, 81, 99].map { socket($0, owner: EventOwner(pid: 7, name: Array("server".utf8))) }
    let one = found([finding(.error, rows: [1])], sockets, in: language)
    #expect(one.heading == language("1 finding: D", "1 hallazgo: D"))
    let three = found(
      [finding(.error, rows: [2, 0]), finding(.note, rows: [0, 1]), finding(.warning, rows: [], .files)], sockets,
      in: language)
    #expect(three.heading == language("3 findings: D", "3 hallazgos: D"))
    // One that is gone by now is not the first.
    #expect(three.items.map(\.socket) == [80, 80, nil] && three.items.map(\.isUrgent) == [true, false, true])
    #expect(three.bySocket == [80: [0, 1], 81: [1]])
    #expect(three.summary.contains(language("not repeated: sockinspect doctor", "no se repite: sockinspect doctor")))
    let none = found([], sockets, in: language)
    #expect(none.heading.isEmpty && none.items.isEmpty && none.summary.contains(language("nothing", "nada")))
  }

  @Test("Who has a socket is what the view knows; that nobody has it is not said where nobody looked")
  func holders() {
    let owned = found([finding(.error, rows: [0])], [socket(80, owner: EventOwner(pid: 7, name: Array("server".utf8)))])
    #expect(owned.items[0].text.summary.contains("0.0.0.0:80, server[7]: "))
    let unknown = found([finding(.error, rows: [0])], [socket(80, owner: nil)])
    #expect(unknown.items[0].text.summary.contains("0.0.0.0:80, process not known: "))
    let gone = found([finding(.error, rows: [0])], [socket(99, owner: nil)])
    #expect(gone.items[0].text.summary.contains("0.0.0.0:99, process not known: "))
    let captured = found([finding(.error, rows: [0])], [socket(80, owner: nil)], isReplay: true)
    #expect(captured.items[0].text.summary.contains("0.0.0.0:80, open in no process: "))
  }

  @Test("Very many findings are not all listed, but their rows are all marked")
  func many() {
    let sockets = (100...350).map { socket($0, owner: nil) }
    let all = found(sockets.indices.map { finding(.warning, rows: [UInt32($0)]) }, sockets)
    #expect(all.items.count == 100 && all.bySocket.count == 251 && all.bySocket[350] == [])
    #expect(all.heading == "251 findings: D" && all.summary.hasSuffix("; the first 100 are listed"))
  }
}
