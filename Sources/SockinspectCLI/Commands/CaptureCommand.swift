import Inspection

/// `sockinspect capture DIR`: copies what a listing reads into a folder.
struct CaptureCommand {
  let plan: CapturePlan

  init(_ plan: CapturePlan) { self.plan = plan }

  /// Does it, and tells how it ended.
  func run() -> ExitStatus {
    let report: Capture.Report
    do throws(InspectionError) {
      let root: ProcRoot
      if let path = plan.root { root = try .open(path) } else { root = try .live() }
      report = try Capture(of: root, isRedacting: plan.redact).write(to: plan.directory)
    } catch {
      Messages.complain("\(error)")
      return .unreadable
    }
    if !plan.quiet {
      Messages.note(
        "captured \(report.tables) tables and \(report.processes) processes in \(quoted(plan.directory))")
      let unread = report.unreadable.count
      if unread > 0 {
        let files =
          unread == 1
          ? "1 file could not be read; the file manifest names it"
          : "\(unread) files could not be read; the file manifest names them"
        Messages.note("\(files), and root may read more")
      }
    }
    return plan.strict && !report.unreadable.isEmpty ? .incomplete : .matched
  }
}
