import CommandLine
import Inspection
import Lesson
import LinuxSystem
import Options
import Query
import Rendering
import SocketModel
import Text
import Tracking

extension Command {
  /// `sockinspect top`.
  static let top = Command(
    "top", "top [QUERY] [OPTIONS]", "who sends and receives how much",
    options: .own { TopOptions.options.table }, operands: .query, chapter: { .top },
    TopPlanBuilder.meaning)
}

extension TopPlan: CommandPlan {
  func run() -> ExitStatus { TopCommand(plan: self).run() }
}

/// `sockinspect top`: what sockets send and receive, by what they have in common.
struct TopCommand {
  let plan: TopPlan
  private var list: ListPlan { plan.watch.list }

  /// Measures, prints the sums, and returns the exit status.
  func run() -> ExitStatus {
    list.withRoot { (root) throws(InspectionError) in
      if let mistake = list.missingProcess(in: root) {
        Messages.complain(mistake)
        return .usage
      }
      if plan.shape == .view { return LiveView(plan: plan.watch, source: .kernel(root)).run() }
      let signals: SignalWatch
      do throws(SystemError) { signals = try SignalWatch() } catch {
        Messages.complain("\(error)")
        return .unreadable
      }
      if !list.quiet {
        for line in list.remarks { Messages.remark(line, usesColour: list.output.color) }
      }
      returnLargeBlocks()
      var measuring = Measuring(plan, Watcher(plan.watch, root: root))
      try measuring.run(until: signals)
      return show(measuring)
    }
  }

  private func show(_ measured: Measuring) -> ExitStatus {
    let snapshot = measured.watcher.snapshot
    guard snapshot.countsBytes, measured.totals.duration > 0 else {
      Messages.complain(
        snapshot.countsBytes
          ? "it ended before there were two scans: let it measure for longer"
          : "no socket has counters of bytes: \(RateText.noCounters)")
      return .unreadable
    }
    let table = TrafficTable(measured.totals, by: plan.grouping, namespaces: snapshot.namespaceNames)
    let problems = snapshot.problems.filter { !$0.costsOnlyOwners || asksForOwners }
    let bytes: [UInt8]
    if plan.shape == .json {
      bytes = table.json(
        snapshot.meta, measured.notCounted, limit: list.output.limit, problems: problems,
        command: list.typedLine.text)
    } else {
      var style = TableStyle(width: list.output.width, usesColour: list.output.color)
      style.isASCII = !Language.usesUTF8(environment: { environmentVariable($0) })
      bytes = table.table(style, limit: list.output.limit)
    }
    let printed = Messages.print(bytes: bytes)
    guard printed == .matched else { return printed }
    if !list.quiet {
      for line in notes(measured) { Messages.note(line) }
      let reported = problems.filter { $0.kind != .forbidden || measured.hasUnknownOwners }
      Messages.say(ProblemText.warnings(reported, command: list.typedLine.text))
    }
    return measured.totals.total.bytes > 0 ? .matched : .nothing
  }

  /// Whether the sums or the selection depend on who has sockets open.
  private var asksForOwners: Bool { [.process, .workload].contains(plan.grouping) || list.selection.asksForOwners }

  /// What was measured, and what was not.
  private func notes(_ measured: Measuring) -> [String] {
    let milliseconds = Int(truncatingIfNeeded: measured.totals.duration / 1_000_000)
    let scans = counted(measured.intervals + 1, "scan", "scans")
    var lines = ["\(seconds((milliseconds + 5) / 10 * 10)) measured by \(scans) and the notices of ends"]
    let not = measured.notCounted
    if not.udp > 0 {
      let sockets = not.udp == 1 ? "1 UDP socket is" : "\(not.udp) UDP sockets are"
      lines.append("\(sockets) not counted: the kernel has no counters of their bytes")
    }
    if not.others > 0 {
      let verb = not.others == 1 ? "1 socket of another transport is" : "\(not.others) of other transports are"
      lines.append("\(verb) not counted: the kernel counts the bytes of TCP alone")
    }
    if not.missedEnds {
      lines.append("the kernel dropped notices of ends: what those connections sent and received last is missing")
    }
    return lines
  }
}

/// A measurement while it goes on.
struct Measuring {
  let watcher: Watcher
  private(set) var totals: TrafficTotals
  private(set) var notCounted = TrafficTable.NotCounted()
  /// How many intervals between two scans there were.
  private(set) var intervals = 0
  private let plan: TopPlan
  private let selection: EventSelection
  private var last = 0

  /// How long the last scan and what happened before it may take, in milliseconds.
  private static let longFinish = 5000

  init(_ plan: TopPlan, _ watcher: Watcher) {
    self.plan = plan
    self.watcher = watcher
    totals = TrafficTotals(by: plan.grouping)
    selection = EventSelection(plan.watch.list)
  }

  /// Whether bytes were counted of sockets of which no owner is known.
  var hasUnknownOwners: Bool { totals.ordered.contains { $0.key == .unknown } }

  /// Measures from the first scan on for the time of the plan, or until a signal.
  mutating func run(until signals: SignalWatch) throws(InspectionError) {
    do {
      try follow(until: signals)
    } catch let error as InspectionError {
      throw error
    } catch {
      throw .nothingRead("\(error)")
    }
    guard watcher.hasBegun else { return }
    watcher.finish(within: Self.longFinish, pausing: { Clock.sleep(milliseconds: $0) }) { events in
      take(events)
      return !signals.arrivedAgain()
    }
  }

  private mutating func follow(until signals: SignalWatch) throws {
    let queue = try ReadinessQueue()
    try queue.add(signals.descriptor.number, for: .reading, tag: 0)
    for descriptor in watcher.descriptors { try queue.add(descriptor, for: .reading, tag: 1) }
    var ready: [ReadinessQueue.Event] = []
    var end = Int.max
    while signals.arrived() == nil, Clock.monotonicMilliseconds() < end {
      let left = end == .max ? Int.max : max(0, end - Clock.monotonicMilliseconds())
      try queue.wait(milliseconds: min(left, watcher.millisecondsLeft), into: &ready)
      take(try watcher.poll())
      if end == .max, watcher.hasBegun {
        end = Clock.monotonicMilliseconds() + plan.duration
        if !plan.watch.list.quiet { Messages.note("measuring for \(seconds(plan.duration)); Ctrl-C ends it earlier") }
      }
    }
  }

  /// Adds the newest interval, once.
  private mutating func take(_ events: [SocketEvent]) {
    if events.contains(where: { $0.kind == .missed && $0.source == .destroyNotice }) { notCounted.missedEnds = true }
    let interval = watcher.trafficInterval
    guard interval.number != last else { return }
    last = interval.number
    guard let duration = interval.duration else { return }
    intervals += 1
    let found = IntervalSockets(of: watcher, selection, coversElsewhere: plan.watch.includesElsewhere) { socket in
      !socket.isClosed || socket.traffic?.hasRates ?? false
    }
    let listeningPorts = watcher.sockets.values.lazy.filter { $0.record.isInternetListener && !$0.isClosed }
    totals.add(
      found.rows.lazy.filter { found.snapshot.records[Int($0)].isConnectionOfTCP }, of: found.snapshot,
      ids: found.sockets.map(\.id), duration: duration, listeningPorts: Set(listeningPorts.map(\.record.localPort)))
    let others = found.rows.lazy.map { found.snapshot.records[Int($0)].transport }.filter { $0 != .tcp }
    notCounted.udp = max(notCounted.udp, others.count { $0 == .udp })
    notCounted.others = max(notCounted.others, others.count { $0 != .udp })
  }
}

extension SocketRecord {
  /// Whether it is a connection whose bytes the kernel counts, or what remains of one.
  fileprivate var isConnectionOfTCP: Bool {
    transport == .tcp && hasPeer && state != .listen
  }
}
