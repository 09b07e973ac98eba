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
  /// `sockinspect watch`.
  static let watch = Command(
    "watch", "watch [QUERY] [OPTIONS]", "sockets as they appear, change and go",
    options: .own { WatchOptions.options.table }, operands: .query, chapter: { .watch }
  ) { (typed, environment) throws(UsageError) in
    var builder = WatchPlanBuilder(typed, in: environment)
    return .command(try builder.build(typed))
  }
}

extension WatchPlan: CommandPlan {
  func run() -> ExitStatus { Watch(self).run() }
}

/// `sockinspect watch`: sockets of the running kernel, or of a series of captures, as they appear,
/// change and end, in a live view or as a stream of events.
struct Watch {
  let plan: WatchPlan

  init(_ plan: WatchPlan) { self.plan = plan }

  /// Watches until the end, and returns the exit status.
  func run() -> ExitStatus {
    OpenFileLimit.raiseForWalk()
    var baseline: Baseline?
    if case .capture(let path) = plan.baseline {
      do throws(Baseline.Failure) { baseline = try Baseline(plan, path) } catch {
        switch error {
        case .unreadable(let error):
          Messages.complain("--baseline: \(error)")
          return ExitStatus(error)
        case .unusable(let error):
          Messages.complain(error)
          return .usage
        }
      }
    }
    return run(baseline)
  }

  private func run(_ baseline: Baseline?) -> ExitStatus {
    do throws(InspectionError) {
      guard let path = plan.list.root else { return try watch(plan.list.openRoot(), baseline) }
      if path != "-", var series = try CaptureSeries.open(path) {
        series.namespaces = plan.list.namespaces
        sayRoot(path, captured: series.frames.first?.time)
        return plan.shape == .view
          ? LiveView(plan: plan, source: .captures(series)).run() : try replay(series, baseline)
      }
      let root = try plan.list.openRoot()
      sayRoot(path, captured: root.captureTime)
      guard root.isLive else {
        Messages.complain(
          UsageError(
            "\(plan.list.isRootByVariable ? RootVariable.name : "--root"): \(quoted(path)) does not change, so there is nothing to watch",
            ["a series of captures can be watched: sockinspect capture --every 1s DIR"]))
        return .usage
      }
      return try watch(root, baseline)
    } catch {
      Messages.complain("\(error)")
      return ExitStatus(error)
    }
  }

  private func watch(_ root: ProcRoot, _ baseline: Baseline?) throws(InspectionError) -> ExitStatus {
    if plan.speed != nil {
      Messages.complain(
        UsageError(
          "--speed is for a series of captures, and \(quoted(plan.list.root ?? "")) is none",
          ["one is made by: sockinspect capture --every 1s DIR"]))
      return .usage
    }
    if let mistake = plan.list.missingProcess(in: root) {
      Messages.complain(mistake)
      return .usage
    }
    if asksForCertainProcesses, let lack = root.lackOfOwners {
      Messages.complain(lack)
      return .unreadable
    }
    // The view handles signals in its own way.
    if plan.shape == .view { return LiveView(plan: plan, source: .kernel(root)).run() }
    let signals: SignalWatch
    do throws(SystemError) { signals = try SignalWatch() } catch { return failed(error) }
    reportWordMeanings()
    // A watch may run for days, so it must not keep more memory than it needs.
    returnLargeBlocks()
    var span = WatchSpan(lifetime: plan.lifetime)
    let watcher = Watcher(plan, root: root)
    warn(baseline?.problems ?? [])
    var stream = EventStream(plan, of: root, since: .now, until: signals, baseline: baseline?.snapshot)
    var rates = plan.showsRates ? RateStream(plan, since: .now, until: signals) : nil
    warn(plan.list.unknownFields(ofTablesBelow: root))
    do throws(WatchTrouble) {
      try follow(watcher, &stream, &rates, signals, &span)
    } catch {
      switch error {
      case .reading(let error): throw error
      case .system(let error):
        guard error.isClosedPipe else { return failed(error) }
      }
    }
    if let rates { return conclude(rates, watcher, after: span.milliseconds) }
    return conclude(&stream, after: span.milliseconds, isUnread: !watcher.hasBegun)
  }

  /// What can end the watching early.
  private enum WatchTrouble: Error {
    case reading(InspectionError)
    case system(SystemError)
  }

  /// What the queue reports as ready: signals, the end of standard output's reader, and the sources
  /// of events.
  private enum Tag {
    static let signal: UInt64 = 0
    static let output: UInt64 = 1
    static let source: UInt64 = 2
  }

  private func follow(
    _ watcher: Watcher, _ stream: inout EventStream, _ rates: inout RateStream?, _ signals: SignalWatch,
    _ span: inout WatchSpan
  ) throws(WatchTrouble) {
    do {
      let queue = try ReadinessQueue()
      try queue.add(signals.descriptor.number, for: .reading, tag: Tag.signal)
      // A file is always ready, and cannot be waited for.
      try? queue.add(StandardStream.output.rawValue, for: [], tag: Tag.output)
      for descriptor in watcher.descriptors { try queue.add(descriptor, for: .reading, tag: Tag.source) }
      var ready: [ReadinessQueue.Event] = []
      var problems = ReportedProblems()
      var hasBegun = false
      var isOver = false
      while !isOver {
        if !span.hasBegun, span.mayBegin(watcher) { begin(watcher, &span) }
        let wasEarly = span.hasBegun && !watcher.hasBegun
        if hasBegun { warn(problems.news(in: watcher.snapshot)) }
        let left = span.millisecondsLeft
        try queue.wait(milliseconds: min(left, watcher.millisecondsLeft), into: &ready)
        isOver = left == 0 && span.hasBegun
        isOver = isOver || signals.arrived() != nil || ready.contains { $0.tag == Tag.output && $0.isOver }
        let events = try watcher.poll()
        if wasEarly, watcher.hasBegun { say([WatchText.hasRead]) }
        // Before anything is printed, because a reader may wait for this first.
        if !span.hasBegun, span.mayBegin(watcher) || !events.isEmpty { begin(watcher, &span) }
        if !hasBegun, watcher.hasBegun {
          hasBegun = true
          let isOver = try stream.begin(watcher.sockets, watcher.snapshot)
          sayComparison(of: stream, watcher.snapshot)
          if isOver { return warnAtEnd(problems.news(in: watcher.snapshot)) }
        }
        if try rates?.take(watcher) ?? stream.take(events, watcher.sockets, watcher.snapshot) {
          guard stream.isGivenUp else { return warnAtEnd(problems.news(in: watcher.snapshot)) }
          isOver = true
        }
      }
      // What has happened before the end is printed too, unless a second signal shows that it is
      // not wanted.
      let time = stream.isGivenUp ? Self.shortFinish : Self.longFinish
      let pause = { (milliseconds: Int) in Clock.sleep(milliseconds: milliseconds) }
      try watcher.finish(within: time, pausing: pause) { (events) throws(SystemError) in
        guard !signals.arrivedAgain() else { return false }
        if !hasBegun, watcher.hasBegun {
          hasBegun = true
          if try stream.begin(watcher.sockets, watcher.snapshot) { return false }
        }
        if let isOver = try rates?.take(watcher) { return !isOver }
        let isOver = try stream.take(events, watcher.sockets, watcher.snapshot)
        return !isOver || stream.isGivenUp
      }
      if hasBegun { warn(problems.news(in: watcher.snapshot)) }
    } catch let error as InspectionError {
      throw .reading(error)
    } catch let error as SystemError {
      throw .system(error)
    } catch {
      return
    }
  }

  /// How many milliseconds the events before the end may take, and how many when they are only
  /// counted.
  private static let longFinish = 500
  private static let shortFinish = 100

  private func begin(_ watcher: Watcher, _ span: inout WatchSpan) {
    say(WatchText.beginning(plan, watcher.sources, scan: watcher.hasBegun ? watcher.snapshot : nil))
    span.begin()
  }

  private func replay(_ series: CaptureSeries, _ baseline: Baseline?) throws(InspectionError) -> ExitStatus {
    let signals: SignalWatch
    do throws(SystemError) { signals = try SignalWatch() } catch { return failed(error) }
    reportWordMeanings()
    say(WatchText.beginning(series))
    warn(series.problems + (baseline?.problems ?? []))
    let request = plan.request()
    let root = try series.root(at: 0)
    var tracker = SocketTracker(ownNamespace: root.ownNamespace, coversAllNamespaces: plan.includesElsewhere)
    var problems = ReportedProblems()
    var stream = EventStream(
      plan, of: root, since: series.frames[0].time, until: signals,
      baseline: baseline?.snapshot)
    let first = series.frames[0].time
    var last = first
    let start = Clock.monotonicMilliseconds()
    for (index, frame) in series.frames.enumerated() where signals.arrived() == nil {
      if let lifetime = plan.lifetime, first.milliseconds(until: frame.time) > lifetime { break }
      if let speed = plan.speed {
        let due = start + speed.pause(first.milliseconds(until: frame.time))
        if signals.arrived(within: due - Clock.monotonicMilliseconds()) != nil { break }
      }
      last = frame.time
      let scan = try series.snapshot(at: index, request)
      warn(problems.news(in: scan))
      let events = tracker.ingest(scan, at: frame.time)
      stream.look(at: try series.root(at: index))
      do throws(SystemError) {
        let isOver =
          index == 0 ? try stream.begin(tracker.sockets, scan) : try stream.take(events, tracker.sockets, scan)
        if index == 0 { sayComparison(of: stream, scan) }
        if isOver { break }
      } catch {
        guard error.isClosedPipe else { return failed(error) }
        break
      }
      tracker.forget(closedBefore: frame.time)
    }
    return conclude(&stream, after: first.milliseconds(until: last))
  }

  /// - Parameter isUnread: whether the watch ended before the existing sockets were read.
  private func conclude(_ stream: inout EventStream, after milliseconds: Int, isUnread: Bool = false) -> ExitStatus {
    stream.conclude()
    say([WatchText.account(stream.account, plan, after: milliseconds)])
    let status = stream.account.exitStatus(of: plan)
    guard isUnread, status == .nothing else { return status }
    Messages.complain(
      "it ended before the sockets that were there had been read, so this is no \"no\": let it watch for longer")
    return .unreadable
  }

  /// Ends a watch of rates.
  private func conclude(_ rates: RateStream, _ watcher: Watcher, after milliseconds: Int) -> ExitStatus {
    guard watcher.snapshot.countsBytes else {
      Messages.complain("no socket has counters of bytes: \(RateText.noCounters)")
      return .unreadable
    }
    say([RateText.account(rates, after: milliseconds)])
    return rates.lines > 0 ? .matched : .nothing
  }

  private func failed(_ error: SystemError) -> ExitStatus {
    Messages.complain("\(error)")
    return .unreadable
  }

  private func warn(_ problems: [Problem]) {
    guard !plan.list.quiet else { return }
    let reported = problems.filter { plan.list.owners || asksForOwners || $0.kind != .forbidden }
    Messages.say(ProblemText.warnings(reported, command: plan.list.typedLine.text))
  }

  /// Reports what was not read when a goal is reached before anything is said of it. Owners that
  /// were not seen made no difference then.
  private func warnAtEnd(_ problems: [Problem]) { warn(problems.filter { !$0.costsOnlyOwners }) }

  private var queries: [Query] { [plan.list.selection] + [plan.goal?.query].compactMap { $0 } }

  /// Whether what is watched, or waited for, depends on who has sockets open.
  private var asksForOwners: Bool { queries.contains(where: \.asksForOwners) }

  /// Whether it is about certain processes.
  private var asksForCertainProcesses: Bool { queries.contains(where: \.asksForCertainProcesses) }

  /// Reports how words with several possible meanings were understood.
  private func reportWordMeanings() {
    guard !plan.list.quiet else { return }
    for line in plan.list.remarks + plan.goalWords.compactMap(\.ambiguity) + plan.asides {
      Messages.remark(line, usesColour: plan.list.output.color)
    }
  }

  /// Says what new listeners are compared with, and what the comparison does not show.
  private func sayComparison(of stream: EventStream, _ scan: Snapshot) {
    if let comparison = stream.comparison { say(WatchText.comparison(comparison, plan, scan)) }
  }

  private func sayRoot(_ path: String, captured time: Timestamp?) {
    if plan.list.isRootByVariable { say([RootVariable.note(path, captured: time)]) }
  }

  private func say(_ lines: [String]) {
    guard !plan.list.quiet else { return }
    for line in lines { Messages.note(line) }
  }
}

extension Watcher {
  /// Makes the watcher of a process that only watches.
  convenience init(_ plan: WatchPlan, root: ProcRoot, keepsScans: Bool = false) {
    var options = plan.options
    options.keepsScans = keepsScans
    // The thread only works briefly at a time.
    options.startReading = { raiseThreadPriority() }
    options.freedMemory = { returnFreePages() }
    self.init(root: root, request: plan.request(), options: options)
  }
}

/// The time that is watched: from the moment when events are taken and the initial state is known.
struct WatchSpan {
  private let start = Clock.monotonicMilliseconds()
  private var began: Int?
  private let lifetime: Int?

  /// How long to wait for the first scan, in milliseconds. On a machine that is too busy for it, a
  /// watch with the tracepoint begins without it, since every beginning of a connection is reported
  /// from then on. Events that arrived before that are kept.
  private static let patience = 700

  init(lifetime: Int?) { self.lifetime = lifetime }

  var hasBegun: Bool { began != nil }

  /// Whether the watch may report that it has begun.
  func mayBegin(_ watcher: Watcher) -> Bool {
    watcher.hasBegun || watcher.isTracing && Clock.monotonicMilliseconds() - start >= Self.patience
  }

  /// Begins now.
  mutating func begin() { began = Clock.monotonicMilliseconds() }

  /// How long it continues; `.max` for no end. Before it begins, the time until it may.
  var millisecondsLeft: Int {
    let now = Clock.monotonicMilliseconds()
    guard let began else { return max(1, start + Self.patience - now) }
    return lifetime.map { max(0, began + $0 - now) } ?? .max
  }

  /// How long it has lasted.
  var milliseconds: Int { began.map { Clock.monotonicMilliseconds() - $0 } ?? 0 }
}

/// The problems of scans that were reported: each is reported once, however often it comes back.
struct ReportedProblems {
  private struct Key: Hashable {
    let kind: Problem.Kind
    let subject: Problem.Subject
  }

  private var reported: Set<Key> = []

  /// Returns the problems of a scan that no scan before it had.
  mutating func news(in scan: Snapshot) -> [Problem] {
    let news = scan.problems.filter { !reported.contains(Key(kind: $0.kind, subject: $0.subject)) }
    for problem in news { reported.insert(Key(kind: problem.kind, subject: problem.subject)) }
    return news
  }
}
