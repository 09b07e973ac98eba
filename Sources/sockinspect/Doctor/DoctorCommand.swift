import CommandLine
import Diagnosis
import Inspection
import LinuxSystem
import Options
import Rendering
import SocketModel

extension Command {
  /// `sockinspect doctor`.
  static let doctor = Command(
    "doctor", "doctor [OPTIONS]", "what is wrong with the sockets of the machine",
    options: .own { DoctorOptions.options.table }, chapter: { .doctor },
    DoctorPlanBuilder.meaning)
}

extension DoctorPlan: CommandPlan {
  func run() -> ExitStatus { DoctorCommand(plan: self).run() }
}

/// `sockinspect doctor`: makes the checks and prints what they find.
struct DoctorCommand {
  let plan: DoctorPlan

  /// Reads, checks, prints, and returns the exit status.
  func run() -> ExitStatus {
    if plan.listsChecks { return Messages.print(CheckList(plan).text) }
    return plan.list.withRoot { (root) throws(InspectionError) in try examine(root) }
  }

  private func examine(_ root: ProcRoot) throws(InspectionError) -> ExitStatus {
    let reader = DoctorReader(plan, root)
    var earlier: SystemScan?
    if let interval = plan.interval {
      guard root.isLive || root.isOwnKernel else {
        Messages.complain(UsageError("--for reads twice, and a capture stays what it is", ["leave out --for"]))
        return .usage
      }
      earlier = try reader.read().reducedToCounters
      if !wait(milliseconds: interval) { return .unreadable }
    }
    let now = try reader.read()
    let report = Examination(now, earlier: earlier, checks: plan.checks, thresholds: plan.thresholds).run()
    let snapshot = now.snapshot
    let interval = earlier.flatMap { before in
      before.snapshot.meta.time.flatMap { start in snapshot.meta.time.map { start.milliseconds(until: $0) } }
    }
    let result = DoctorResult(report, snapshot, plan, interval: interval)
    let printed = Messages.print(bytes: plan.isJSON ? DoctorJSON(result).bytes : Array(DoctorText(result).text.utf8))
    guard printed == .matched else { return printed }
    // That processes were not read is among what was not checked; it matters once more for a finding
    // whose process is not seen.
    let hidesOwner = report.findings.contains { if case .hidden = $0.holder { true } else { false } }
    let problems = snapshot.problems.filter { !$0.costsOnlyOwners || hidesOwner }
    if !plan.list.quiet { Messages.say(ProblemText.warnings(problems, command: plan.list.typedLine.text)) }
    if plan.list.strict, !snapshot.problems.isEmpty || report.skipped.contains(where: \.isGap) { return .incomplete }
    // Findings are what `matched` is not: the status of a check that fails.
    return report.worst.map { $0 >= plan.failOn } ?? false ? .failed : .matched
  }

  /// Waits between two scans; returns false when a signal ended that.
  private func wait(milliseconds: Int) -> Bool {
    guard let signals = try? SignalWatch() else { return false }
    return signals.arrived(within: milliseconds) == nil
  }
}

extension SystemScan {
  /// The scan without the rows that a later one is not compared with.
  var reducedToCounters: SystemScan {
    var reduced = self
    reduced.snapshot.dropRows()
    reduced.snapshot.records = snapshot.records.filter {
      $0.state == .unhashed || $0.known.contains(.drops) && ($0.state == .listen || !$0.transport.hasTCPStates)
    }
    return reduced
  }
}
