import Inspection

/// The live view on a terminal.
struct LiveView {
  private let plan: WatchPlan

  init(plan: WatchPlan, watcher: Watcher) { self.plan = plan }

  init(plan: WatchPlan, series: CaptureSeries) { self.plan = plan }

  /// Shows it until it is left.
  func run() -> ExitStatus {
    var plan = plan
    plan.shape = .text
    return Watch(plan).run()
  }
}
