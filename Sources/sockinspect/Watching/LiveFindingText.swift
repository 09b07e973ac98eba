import CommandLine
import Diagnosis
import Lesson
import LiveView
import Rendering
import SocketModel
import Text

/// The outcome of an examination in words, with the numbers that the view has for the sockets.
struct LiveFindingText {
  let report: DoctorReport
  /// The scan that was examined.
  let snapshot: Snapshot
  /// Milliseconds since the scan that counters are compared with; `nil` for none.
  let interval: Int?
  let plan: DoctorPlan
  /// Looks up the socket that a row is about.
  let socket: (SocketRecord) -> TrackedSocket?
  /// The snapshot that sockets belong to, for the names of their owners; `nil` where the rows have all
  /// that is known of these.
  let context: Snapshot?

  /// The most findings that are listed; the rows of the others are marked.
  private static let most = 100
  /// The most rows that are looked up.
  private static let mostRows = 20_000

  /// What the view shows.
  func findings() -> LiveFindings {
    var found = LiveFindings()
    let text = DoctorText(DoctorResult(report, snapshot, plan, interval: interval))
    var rowsLeft = Self.mostRows
    for (index, finding) in report.findings.enumerated() {
      let sockets = finding.rows.prefix(max(1, rowsLeft)).compactMap { socket(snapshot.records[Int($0)]) }
      rowsLeft -= finding.rows.count
      let isListed = index < Self.most
      for socket in sockets { found.bySocket[socket.id, default: []] += isListed ? [index] : [] }
      guard isListed else { continue }
      found.items.append(
        LiveFindings.Item(
          text.block(finding, holder: holder(sockets.first, of: finding)),
          isUrgent: finding.severity > .note, socket: sockets.first?.id))
    }
    let count = report.findings.count
    let language = plan.language
    if count > 0 {
      let number = language(counted(count, "finding", "findings"), counted(count, "hallazgo", "hallazgos"))
      found.heading = number + ": D"
    }
    found.summary = text.summary
    if count > Self.most {
      found.summary += language("; the first \(Self.most) are listed", "; se muestran los primeros \(Self.most)")
    }
    return found
  }

  /// Who has the first socket of a finding, as the view knows it; `nil` where a finding has no holder,
  /// or the rows have it.
  private func holder(_ socket: TrackedSocket?, of finding: Finding) -> String? {
    guard let context, finding.holder != nil else { return nil }
    if let socket, !socket.owners.isEmpty {
      return HolderText.holder(at: 0, in: Snapshot(sockets: [socket], of: context), in: plan.language)
    }
    // Without owners it is not known that there is none.
    return finding.holder == .noProcess ? plan.language("process not known", "no se sabe de qué proceso") : nil
  }
}
