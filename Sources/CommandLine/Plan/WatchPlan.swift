package import Inspection
package import Options
package import Query
package import Rendering
package import SocketModel
import Text
package import Tracking

/// Sockets to watch: `watch`.
package struct WatchPlan: Sendable {
  /// How they are shown.
  package enum Shape: Sendable, Equatable {
    /// The live view on a terminal.
    case view
    /// One line per event.
    case text
    /// One JSON object per event.
    case ndjson
  }

  /// The kind of goal that a watch waits for.
  package enum Goal: Sendable {
    /// That a socket matches.
    case matching(Query)
    /// That no socket matches any more.
    case gone(Query)

    /// The condition on a socket.
    package var query: Query {
      switch self {
      case .matching(let query), .gone(let query): query
      }
    }
  }

  /// What listeners are compared with when only those are reported that were not there.
  package enum Baseline: Sendable, Hashable {
    /// Those of the first scan.
    case firstScan
    /// Those of a capture: the path of a folder, an archive or a table.
    case capture(String)
  }

  /// Which sockets, from where, and how many messages, as for a listing. Its output also decides on
  /// colour and width.
  package var list = ListPlan()
  package var shape = Shape.text
  /// Milliseconds between scans.
  package var interval = 1000
  /// The number of milliseconds after which it ends by itself; `nil` for never.
  package var lifetime: Int?
  /// The number of events after which it ends; `nil` for never.
  package var count: Int?
  /// The goal of the watch; `nil` for none.
  package var goal: Goal?
  /// What is new is found by comparison with this; `nil` when all events are reported.
  package var baseline: Baseline?
  /// The words of the goal's query that stood alone.
  package var goalWords: [QueryReading.Word] = []
  /// Messages about options that change nothing here.
  package var asides: [String] = []
  package var timestamps = TimestampStyle.local
  /// The options that select sockets, safe to show; empty for everything.
  package var selectionText = ""
  /// The colours of the view; `nil` for those that its background asks for.
  package var palette: Palette?
  /// How wide some columns of the view may be.
  package var columnWidths: [Field: Int] = [:]
  /// Whether the view takes the mouse.
  package var usesMouse = true
  /// How fast a series of captures is replayed; `nil` for as fast as it can be read or, in the view,
  /// as can be followed.
  package var speed: ReplaySpeed?
  /// The sources of events to use when they are available.
  package var sources = Set(EventSource.allCases)
  /// Whether lines are of what sockets send and receive rather than of events.
  package var showsRates = false
  /// What the live view groups its rows by at first, ordered by bytes: the view of `top`; `nil` for no
  /// groups.
  package var grouping: TrafficGroups.Grouping?
}

extension WatchPlan {
  /// Whether the sockets of all network namespaces are watched, and events of the own one alone are
  /// not all that is shown.
  package var includesElsewhere: Bool { list.namespaces == .all }

  /// The request for each scan.
  ///
  /// No state is left out, nor is a query left to the kernel: a socket that is missing from a scan
  /// counts as ended, and a socket goes through several states and may have no ports at first.
  package func request() -> InspectionRequest {
    var request = list.request()
    request.states = .all
    request.filter = .any
    if let goal { request.requiredDetails.formUnion(goal.query.requiredDetails) }
    // Whether a port is another program's than before, only the owners of all show.
    if baseline != nil { request.processes = ProcessLimits() }
    if metersBytes { request.requiredDetails.insert(.byteCounters) }
    // What the counters of bytes have of `tcp_info` needs no more of it for each socket.
    if shape == .view, !asksForAllOfTCPInfo { request.requiredDetails.remove(.tcpInfo) }
    // A key of the view groups by workload.
    if grouping == .workload || shape == .view { request.requiredDetails.insert(.workloads) }
    if list.owners {
      // The start time distinguishes a process from a later one with the same number.
      request.requiredDetails.formUnion([.owners, .startTimes])
    }
    return request
  }

  /// Whether scans count the bytes of TCP sockets, besides where a column or query asks for that.
  private var metersBytes: Bool {
    showsRates || grouping != nil || shape == .view && list.root == nil && list.transports.contains(.tcp)
  }

  /// Whether anything that is shown or selected needs more of `tcp_info` than the counters of bytes
  /// have.
  private var asksForAllOfTCPInfo: Bool {
    let fields = (list.columns ?? []) + list.output.order.keys.map(\.field)
    return list.selection.requiredDetails.contains(.tcpInfo)
      || fields.contains { $0.description.requiredDetails.contains(.tcpInfo) && !$0.isOfTraffic }
  }

  /// The columns of an event's line behind its mark.
  package var eventColumns: [Field] {
    list.output.choice.columns(default: EventLines.defaultColumns, owners: true)
  }

  /// Whether an event's line ends with its namespace, age and bytes: unless all columns were named.
  package var eventsHaveFigures: Bool { list.output.choice.plain.isEmpty }

  /// The settings of the watcher.
  package var options: Watcher.Options {
    var options = Watcher.Options()
    // A watch that ends before the second scan would see no changes.
    options.interval = min(interval, lifetime ?? interval)
    options.sources = sources
    return options
  }
}

/// How fast a series of captures is replayed.
package enum ReplaySpeed: Sendable, Hashable {
  /// So many times as fast as it was captured: 0.1...1000.
  case times(Double)
  /// Without pauses.
  case fastest

  /// How many milliseconds of the replay a time between two captures takes.
  ///
  /// - Parameter milliseconds: the time between the captures; less than nothing counts as nothing.
  package func pause(_ milliseconds: Int) -> Int {
    switch self {
    case .times(let factor): Int((Double(max(0, milliseconds)) / factor).rounded())
    case .fastest: 0
    }
  }
}

/// Collects the plan of a watch from the options, one by one. The listing interprets what selects
/// sockets.
package struct WatchPlanBuilder {
  let environment: Environment
  var plan = WatchPlan()
  /// The listing of the sockets to watch.
  var list: ListPlanBuilder
  /// How events are shown, where an option decides that.
  var shape: WatchPlan.Shape?
  /// Whether the settings of the live view are left out.
  var ignoresSettings = false
  /// The checks to make when it is known how they are shown: options of the listing that have no
  /// meaning for all shapes.
  var checks: [(check: ListOption.WatchCheck, typed: TypedArguments.Occurrence)] = []

  package init(_ typed: TypedArguments, in environment: Environment) {
    self.environment = environment
    list = ListPlanBuilder(typed, in: environment)
    list.hasRates = true
  }

  /// The watch that the arguments ask for.
  package mutating func build(_ typed: TypedArguments) throws(UsageError) -> WatchPlan {
    try WatchOptions.options.apply(typed.options, to: &self)
    if chosenShape() == .view, !ignoresSettings, let file = try environment.settings() {
      self = WatchPlanBuilder(typed, in: environment)
      // What is typed comes later, and so it counts.
      try apply(file)
      try WatchOptions.options.apply(typed.options, to: &self)
    }
    if plan.baseline != nil { list.listening = true }
    plan.list = try list.build(operands: typed.operands + typed.literalOperands)
    plan.selectionText = Self.selection(typed)
    if let goal = plan.goal, plan.list.transportsAreDefault {
      plan.list.transports.formUnion(goal.query.mentionedTransports ?? [])
    }
    if let remark = Habits.remarkOnInterval(typed.line) { plan.asides.append(remark) }
    plan.shape = chosenShape()
    if plan.showsRates, plan.shape == .view { plan.shape = .text }
    for (check, typed) in checks { try check(&plan, typed) }
    if plan.speed != nil, plan.list.root == nil {
      throw UsageError("--speed goes with --root only", ["it is for a series of captures: add --root DIR"])
    }
    // The line of an event names owners; JSON has full sockets, as in a listing.
    plan.list.output.format = plan.shape == .ndjson ? .ndjson : .table
    if plan.shape == .text, plan.eventColumns.isEmpty { throw UsageError("--columns: no column is left") }
    if plan.shape != .view, plan.list.output.choice.asked.contains(.ownerReason) {
      throw UsageError(
        "events do not say why a socket has no owner", ["a listing does: sockinspect --columns +owner_reason"])
    }
    // Events come from one end, and each at its time; the view shows what the newest scan has joined.
    if plan.shape != .view, plan.request().requiredDetails.contains(.peers) {
      throw UsageError(
        "events do not have the other end's owners",
        [
          "a listing has them: sockinspect --columns +peer_process",
          "so has the live view, on a terminal: sockinspect watch --columns +peer_process",
        ])
    }
    if plan.request().requiredDetails.contains(.byteCounters), let root = plan.list.root { throw .noCounters(in: root) }
    return plan
  }

  /// Applies the settings of the live view.
  mutating func apply(_ file: LiveSettingsFile) throws(UsageError) {
    try WatchOptions.options.apply(file.options(of: WatchOptions.options.table), to: &self)
  }

  /// The options that select sockets, as they were typed.
  static func selection(_ typed: TypedArguments) -> String {
    let options = typed.options.filter { option in
      SelectingOptions.all.contains { $0.option.id == option.id }
    }
    let words = options.flatMap { [$0.spelling] + ($0.value.map { [$0] } ?? []) }
    return Escaping.text(words.joined(separator: " "))
  }

  /// Waiting for something, what is new and counting print lines, and so does an output that is not a terminal.
  private func chosenShape() -> WatchPlan.Shape {
    if let shape { return shape }
    return environment.isTerminal && plan.count == nil && plan.goal == nil && plan.baseline == nil ? .view : .text
  }

  /// The goal of the watch: the query after an option.
  mutating func goal(_ typed: TypedArguments.Occurrence) throws(UsageError) -> Query {
    let text = typed.text
    guard text.contains(where: { !$0.isWhitespace }) else { throw UsageError("\(typed.spelling): the query is empty") }
    if QueryReading.isPortList(text) {
      var ports = typed
      ports.value = String(text.drop { $0 == ":" })
      return try .ports(ports, names: environment.names())
    }
    do throws(QueryError) {
      let reading = try Query.reading(text, names: environment.names())
      plan.goalWords = reading.words
      return reading.query
    } catch {
      throw UsageError(error, in: typed.spelling)
    }
  }
}

extension UsageError {
  /// Something needs counters of bytes, which only the running kernel has.
  static func noCounters(in root: String) -> UsageError {
    UsageError(
      "bytes a second cannot be seen in \(quoted(root)): captures have no counters of bytes, which the kernel reports by sock_diag alone",
      ["of this machine: sockinspect top"])
  }
}

extension EventSource {
  /// The words of `--source`.
  package static let words = ["auto"] + allCases.map(\.rawValue)

  /// The sources of a list that was typed; scans are always made.
  static func chosen(by typed: TypedArguments.Occurrence) throws(UsageError) -> Set<EventSource> {
    var chosen: Set<EventSource> = [.difference]
    for item in typed.text.split(separator: ",", omittingEmptySubsequences: false) {
      if item == "auto" {
        chosen.formUnion(allCases)
      } else if let source = EventSource(rawValue: String(item)) {
        chosen.insert(source)
      } else {
        throw .unknownWord(String(item), for: typed.spelling, "source", among: words)
      }
    }
    return chosen
  }
}
