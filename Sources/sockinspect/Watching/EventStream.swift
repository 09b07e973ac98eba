import CommandLine
import Inspection
import LinuxSystem
import Options
import Query
import Rendering
import SocketModel

/// Events on their way to standard output: the selected ones, as lines or JSON, until the requested
/// number was printed or the goal has been reached.
struct EventStream {
  /// The events counted so far.
  private(set) var account = EventAccount()
  /// Whether the reader took nothing more when the watch was to end. Later events are counted as
  /// missed.
  private(set) var isGivenUp = false
  private let plan: WatchPlan
  private let selection: EventSelection
  private let signals: SignalWatch
  private var lines: EventLines
  /// The names of addresses, when they are to be shown.
  private var names: EventNames?
  private var goal: WatchGoal?
  private let goalCheck: GoalCheck?
  /// Finds what is new, when nothing else is to be reported.
  private var newListeners: NewListeners?
  private var hasBegun = false
  private var lastScan: Timestamp?

  /// Makes a stream that has printed nothing.
  ///
  /// - Parameters:
  ///   - root: where a goal is looked for.
  ///   - baseline: the capture that new listeners are compared with; `nil` for none.
  init(
    _ plan: WatchPlan, of root: ProcRoot, since beginning: Timestamp, until signals: SignalWatch,
    baseline: Snapshot? = nil
  ) {
    self.plan = plan
    self.signals = signals
    selection = EventSelection(plan.list)
    goal = plan.goal.map { WatchGoal($0, of: EventSelection(plan.list), coversAllNamespaces: plan.includesElsewhere) }
    goalCheck = GoalCheck(plan, isOfTables: !root.isOwnKernel)
    newListeners = plan.baseline.map { _ in
      NewListeners(since: baseline, coversAllNamespaces: plan.includesElsewhere)
    }
    names = plan.list.output.resolve && plan.shape == .text ? EventNames() : nil
    lines = EventLines(
      TimestampWriter(plan.timestamps, since: beginning, utcOffset: { Clock.utcOffset(at: $0) }),
      usesColour: plan.list.output.color, columns: plan.eventColumns,
      hasFigures: plan.eventsHaveFigures)
    look(at: root)
  }

  /// Takes what a goal is about from here on: of a series, the next capture.
  mutating func look(at root: ProcRoot) {
    guard let goalCheck, goalCheck.isNeeded else { return }
    goal?.check = { goalCheck.answer(from: root) }
  }

  /// Notes at the end of the watch whether it is known that the goal was not reached.
  mutating func conclude() {
    if !account.isReached, let goal { account.isUnknown = goal.isUnknown }
  }

  /// What new listeners are compared with, once that is known; `nil` when all events are shown.
  var comparison: NewListeners? { hasBegun ? newListeners : nil }

  /// Checks the sockets that existed when the watch began; returns whether it is over already.
  mutating func begin(_ tracked: [UInt64: TrackedSocket], _ scan: Snapshot) throws(SystemError) -> Bool {
    hasBegun = true
    if newListeners != nil {
      newListeners?.begin(tracked, scan)
      return try take([], tracked, scan)
    }
    lastScan = scan.meta.time
    account.isReached = goal?.isReached(by: tracked, scan) ?? false
    return account.isReached
  }

  /// Prints the selected events; returns whether it is over.
  mutating func take(
    _ events: [SocketEvent], _ tracked: [UInt64: TrackedSocket], _ scan: Snapshot
  ) throws(SystemError) -> Bool {
    // There may be very many events of other network namespaces: they cost no more than this.
    var events = plan.includesElsewhere ? events : events.filter { $0.scope != .other }
    let isNews = lastScan != scan.meta.time
    lastScan = scan.meta.time
    if newListeners != nil {
      events = newListeners?.news(in: events, tracked, hasBegun ? scan : nil, isNewScan: isNews) ?? []
    }
    guard !events.isEmpty || (isNews && goal != nil) else { return false }
    let sockets = Snapshot(events: events, of: scan, tracked: tracked)
    var rows = selection.rows(of: events, in: sockets)
    var isOver = false
    var last: UInt32?
    if let reached = goal?.reached(by: events, rows, in: sockets) {
      last = reached
      rows = rows.filter { $0 <= reached }
      account.isReached = true
    } else if isNews, goal?.isReached(by: tracked, scan) == true {
      // A goal may depend on what no event reports, such as a queue.
      account.isReached = true
    }
    // With --quiet, a user who waits wants to see the event that ended it, and nothing else.
    if goal != nil, plan.list.quiet, plan.count == nil { rows = rows.filter { $0 == last } }
    if let count = plan.count, let end = account.end(of: rows, events, upTo: count) {
      rows.removeLast(rows.count - end)
      isOver = true
    }
    isOver = isOver || account.isReached
    guard !rows.isEmpty else { return isOver }
    if isGivenUp {
      for row in rows { account.countUnread(events[Int(row)]) }
      return isOver
    }
    // In pieces, so that a burst takes no more memory than its events do.
    for start in stride(from: 0, to: rows.count, by: Self.piece) {
      let some = Array(rows[start..<min(rows.count, start + Self.piece)])
      if names != nil {
        names?.learn(of: some, in: sockets)
        lines.names = names?.shown ?? lines.names
      }
      let bytes =
        plan.shape == .ndjson
        ? JSONEvents.render(
          events, rows: some, of: sockets, columns: plan.list.columns, added: plan.list.output.choice.added)
        : lines.render(events, rows: some, of: sockets)
      // Counted before they are written: a reader that closes the pipe during the write has
      // received some of them.
      let before = account
      for row in some { account.count(events[Int(row)]) }
      let written = try StandardStream.output.write(bytes.span, until: signals)
      guard written < bytes.count else { continue }
      isGivenUp = true
      // One line is one event.
      let printed = start + bytes.prefix(written).count { $0 == UInt8(ascii: "\n") }
      account = before
      for row in rows[start..<printed] { account.count(events[Int(row)]) }
      for row in rows[printed...] { account.countUnread(events[Int(row)]) }
      return true
    }
    return isOver
  }

  /// How many events are written at a time: some hundred kilobytes of text, a few megabytes of
  /// JSON.
  private static let piece = 4096
}

/// How many events of each kind were printed.
struct EventAccount: Sendable, Equatable {
  var counts: [SocketEvent.Kind: Int] = [:]
  /// How many events were missed, where that is known.
  var missed: UInt64 = 0
  /// Whether the goal has been reached.
  var isReached = false
  /// Whether it may have been reached, by sockets of which not enough is known.
  var isUnknown = false

  /// How many events were printed, without those of the kind `missed`.
  var printed: Int { counts.reduce(0) { $1.key == .missed ? $0 : $0 + $1.value } }

  mutating func count(_ event: SocketEvent) {
    counts[event.kind, default: 0] += 1
    missed &+= event.missed ?? 0
  }

  /// Counts an event that nobody reads any more as missed.
  mutating func countUnread(_ event: SocketEvent) {
    guard event.kind != .missed else { return count(event) }
    counts[.missed, default: 0] += 1
    missed &+= 1
  }

  /// How many of the rows may be printed until `limit` events have been; `nil` when all of them
  /// may, and more after them.
  func end(of rows: [UInt32], _ events: [SocketEvent], upTo limit: Int) -> Int? {
    var left = limit - printed
    for (index, row) in rows.enumerated() where events[Int(row)].kind != .missed {
      left -= 1
      if left <= 0 { return index + 1 }
    }
    return nil
  }

  /// The exit status: success when the goal has been reached or, without a goal, when an event was
  /// printed, as in grep.
  func exitStatus(of plan: WatchPlan) -> ExitStatus {
    (plan.goal == nil ? printed > 0 : isReached) ? .matched : .nothing
  }
}

extension EventSelection {
  /// Selects what a listing selects.
  init(_ plan: ListPlan) {
    self.init(transports: plan.transports, families: plan.families, query: plan.selection)
  }
}
