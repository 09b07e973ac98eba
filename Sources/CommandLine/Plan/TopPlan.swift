import Inspection
package import Options
import Query
package import SocketModel

/// The traffic of sockets by what they have in common: `top`.
package struct TopPlan: Sendable {
  /// How the sums are shown.
  package enum Shape: Sendable, Equatable {
    /// The live view on a terminal.
    case view
    /// A table, after a while.
    case text
    /// One JSON document, after a while.
    case json
  }

  /// How sockets are watched: which ones, and how often.
  package var watch = WatchPlan()
  /// What sockets are put together by.
  package var grouping = TrafficGroups.Grouping.process
  package var shape = Shape.text
  /// How many milliseconds are measured.
  package var duration = 10_000
}

/// Collects the plan of `top` from the options, one by one.
package struct TopPlanBuilder: CommandPlanBuilder {
  let environment: Environment
  var plan = TopPlan()
  /// The listing of the sockets to measure.
  package var list: ListPlanBuilder
  /// Whether a time or JSON was asked for.
  var endsByItself = false

  package init(_ typed: TypedArguments, in environment: Environment) {
    self.environment = environment
    list = ListPlanBuilder(typed, in: environment)
    list.hasRates = true
  }

  /// The plan that the arguments ask for.
  package mutating func build(_ typed: TypedArguments) throws(UsageError) -> TopPlan {
    try TopOptions.options.apply(typed.options, to: &self)
    let isView = plan.shape != .json && environment.isTerminal && !endsByItself
    if isView, let file = try environment.settings() {
      // Its columns and looks; the order is that of the sums.
      var kept = WatchPlanBuilder(typed, in: environment)
      try kept.apply(file)
      list.columns = kept.list.columns
      plan.watch.palette = kept.plan.palette
      plan.watch.usesMouse = kept.plan.usesMouse
      plan.watch.columnWidths = kept.plan.columnWidths
    }
    plan.watch.list = try list.build(operands: typed.operands + typed.literalOperands)
    if let root = plan.watch.list.root { throw .noCounters(in: root) }
    if plan.watch.list.selection.requiredDetails.contains(.peers) {
      throw UsageError(
        "top does not know the other end's owners", ["a listing does: sockinspect --columns +peer_process"])
    }
    if plan.shape != .json { plan.shape = isView ? .view : .text }
    plan.watch.shape = plan.shape == .view ? .view : .text
    plan.watch.grouping = plan.grouping
    plan.watch.interval = min(plan.watch.interval, plan.duration)
    plan.watch.selectionText = WatchPlanBuilder.selection(typed)
    return plan
  }
}
