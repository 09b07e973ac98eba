import CommandLine
import Diagnosis
import Inspection
import LinuxSystem
import SocketModel

/// Makes the checks of `doctor` for a live view, on a thread of its own, one examination at a time.
final class LiveExaminer {
  /// An examination, and what its words need.
  struct Outcome: Sendable {
    let report: DoctorReport
    let snapshot: Snapshot
    /// Milliseconds since the scan that counters are compared with; `nil` for none.
    let interval: Int?
    /// The scan as one to compare later ones with.
    fileprivate let counters: SystemScan
  }

  let plan: DoctorPlan
  private var work: BackgroundWork<Outcome?>?
  /// Earlier scans, the oldest first, reduced to their counters.
  private var earlier: [SystemScan] = []

  /// The time between scans to compare with, in milliseconds: counters are about one to two of it.
  private static let span = 30_000

  init(_ plan: DoctorPlan) { self.plan = plan }

  /// Whether an examination is in progress.
  var isBusy: Bool { work != nil }

  /// Forgets the earlier scans: the next one is of another time.
  func forgetEarlierScans() { earlier = [] }

  /// Examines a scan that a watcher kept.
  func examine(_ snapshot: Snapshot, of root: ProcRoot) {
    examine { [plan] in DoctorReader(plan, root).complete(snapshot) }
  }

  /// Reads a capture and examines it.
  ///
  /// - Parameter isAlone: whether there are no others, so that its counters are since boot.
  func examine(_ capture: ProcRoot, isAlone: Bool) {
    examine(isAlone: isAlone) { [plan] in try? DoctorReader(plan, capture).read() }
  }

  private func examine(isAlone: Bool = false, _ read: @escaping @Sendable () -> SystemScan?) {
    guard work == nil else { return }
    work = BackgroundWork { [plan, oldest = earlier.first] in
      guard let scan = read() else { return nil }
      let counters = scan.reducedToCounters
      // Nothing has happened yet since the first scan.
      let former = isAlone ? nil : oldest ?? counters
      let report = Examination(scan, earlier: former, checks: plan.checks, thresholds: plan.thresholds).run()
      let interval = oldest.flatMap { old in
        old.snapshot.meta.time.flatMap { start in scan.snapshot.meta.time.map { start.milliseconds(until: $0) } }
      }
      return Outcome(report: report, snapshot: scan.snapshot, interval: interval, counters: counters)
    }
  }

  /// The result, once; `nil` while the work goes on, or when nothing could be read.
  func take() -> Outcome? {
    guard let outcome = work?.take() else { return nil }
    work = nil
    guard let outcome else { return nil }
    let age = earlier.last?.snapshot.meta.time.flatMap { last in
      outcome.snapshot.meta.time.map { last.milliseconds(until: $0) }
    }
    if age.map({ $0 >= Self.span }) ?? true {
      earlier.append(outcome.counters)
      if earlier.count > 2 { earlier.removeFirst() }
    }
    return outcome
  }
}

extension DoctorReader {
  /// The checks that look into processes, or ask for sockets one by one: too much to repeat.
  private static let costly: Set<Check> = [.descriptors, .resetSockets, .inherited, .noOwner, .sharedUDP]

  /// Adds to sockets that were read otherwise what can be read quickly.
  fileprivate func complete(_ snapshot: Snapshot) -> SystemScan {
    var scan = SystemScan(snapshot, settings: root.settings(Self.sysctls, countsSockets: true))
    scan.snapshot.problems.removeAll { if case .counters = $0.subject { true } else { false } }
    scan.isLive = root.isOwnKernel && root.hasProcesses
    scan.conntrack = root.conntrackCounts
    scan.leftOut = Self.costly
    if scan.isLive { markChosenPorts(in: &scan) }
    return scan
  }
}
