import Capture
import CommandLine
import Inspection
import KernelFormats
import LinuxSystem
import Options
import Text

extension Command {
  /// `sockinspect capture DIR`.
  static let capture = Command(
    "capture", "capture DIR [--archive | --every SECONDS [--for SECONDS]] [OPTIONS]",
    "copy what a listing reads, to look at elsewhere", options: .ofListing { ListingOptions.capture.table },
    operands: .folder, chapter: { .capture }
  ) { (typed, environment) throws(UsageError) in
    var plan = CapturePlan(directory: typed.allOperands[0])
    try ListingOptions.capture.apply(typed.options, to: &plan)
    if plan.lifetime != nil, plan.interval == nil {
      throw UsageError("--for goes with --every only", ["one capture takes as long as it takes: add --every"])
    }
    if plan.archive, plan.interval != nil {
      throw UsageError(
        "--archive holds one capture, and --every takes several",
        ["capture the series into a folder and make an archive of that: tar -cf series.tar -C DIR ."])
    }
    if !plan.archive, plan.directory == "-" {
      throw UsageError(
        "only an archive can be written to standard output", ["sockinspect capture --archive - > capture.tar"])
    }
    if plan.root == nil, let root = RootVariable.value(environment.variable) {
      plan.root = root
      plan.isRootByVariable = true
    }
    return .command(plan)
  }
}

extension CapturePlan: CommandPlan {
  func run() -> ExitStatus { CaptureCommand(self).run() }
}

/// `sockinspect capture DIR`: copies what a listing reads into a folder, once or as a series, or into
/// an archive.
struct CaptureCommand {
  let plan: CapturePlan

  init(_ plan: CapturePlan) { self.plan = plan }

  /// Takes the captures, and returns the exit status.
  func run() -> ExitStatus {
    OpenFileLimit.raiseForWalk()
    do throws(InspectionError) {
      let root: ProcRoot
      if let path = plan.root {
        root = try .open(path, in: plan.namespaces)
      } else {
        root = try .running(in: plan.namespaces, needsProc: true)
      }
      if plan.isRootByVariable { say(RootVariable.note(root.path, captured: root.captureTime)) }
      let capture = Capture(of: root, isRedacting: plan.redact, byteOrder: plan.byteOrder)
      if let interval = plan.interval { return try run(capture, every: interval) }
      let report: Capture.Report
      if plan.archive {
        // A signal must not leave a part of an archive behind.
        let signals = try? SignalWatch()
        guard let whole = try capture.writeArchive(to: plan.directory, unless: { signals?.arrived() != nil }) else {
          say("interrupted: nothing was written")
          return .nothing
        }
        report = whole
      } else {
        report = try capture.write(to: plan.directory)
      }
      let place = plan.directory == "-" ? "an archive on standard output" : quoted(plan.directory)
      say("captured \(report.tables) tables and \(report.processes) processes in \(place)")
      if root.isLive { say(lack: report.lack) }
      return conclude(report.unreadable.count)
    } catch {
      Messages.complain("\(error)")
      return ExitStatus(error)
    }
  }

  /// Captures at fixed times from the beginning on; a time that falls into a capture is skipped.
  private func run(_ capture: Capture, every interval: Int) throws(InspectionError) -> ExitStatus {
    // A signal ends the program at once; nothing remains of the unfinished capture.
    let signals: SignalWatch
    do throws(SystemError) {
      signals = try SignalWatch()
    } catch {
      Messages.complain("\(error)")
      return .unreadable
    }
    var series = try Capture.Series(capture, in: plan.directory)
    let began = Clock.monotonicMilliseconds()
    var unreadable = 0
    var left = 0
    var turn = 0
    while true {
      guard let report = try series.next(unless: { signals.arrived() != nil }) else { break }
      unreadable = max(unreadable, report.unreadable.count)
      let passed = Clock.monotonicMilliseconds() - began
      let next = max(turn + 1, (passed + interval - 1) / interval)
      if let lifetime = plan.lifetime, next * interval >= lifetime { break }
      left += next - turn - 1
      turn = next
      if signals.arrived(within: turn * interval - passed) != nil { break }
    }
    say("\(counted(series.count, "capture", "captures")) in \(quoted(plan.directory))")
    if left > 0 {
      say("\(counted(left, "capture was", "captures were")) left out: another took longer than \(seconds(interval))")
    }
    return conclude(unreadable)
  }

  private func conclude(_ unreadable: Int) -> ExitStatus {
    if unreadable > 0 {
      let manifest = plan.interval == nil ? "the file manifest" : "each file manifest"
      let shows = plan.archive && plan.directory != "-"
      let line = shows ? ": tar -xOf \(ShellWords.quoted(plan.directory.rawBytes)) manifest" : ""
      let files = counted(unreadable, "file could not be read", "files could not be read")
      let hint = Users.effectiveUID == 0 ? "" : ", and root may read more"
      say("\(files); \(manifest) names \(unreadable == 1 ? "it" : "them")\(hint)\(line)")
    }
    return plan.strict && unreadable > 0 ? .incomplete : .matched
  }

  private func say(lack: CaptureManifest.Lack?) {
    switch lack {
    case .hidden:
      let hint = Users.effectiveUID == 0 ? "" : "; as root: sudo sockinspect capture DIR"
      say("processes of other users are hidden (hidepid) and not in it\(hint)")
    case .outside:
      say(
        "processes outside of this pid namespace (container) are not in it; with docker run --pid=host they are visible"
      )
    case nil: break
    }
  }

  private func say(_ text: String) {
    if !plan.quiet { Messages.note(text) }
  }
}
