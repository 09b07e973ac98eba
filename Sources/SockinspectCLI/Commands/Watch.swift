import Inspection
import LinuxSystem
import Presentation
import SocketModel

/// `sockinspect watch`: sockets as they appear, change and go, of the running kernel or of a series of captures; a live view or a stream of
/// events.
struct Watch {
  let plan: WatchPlan

  init(_ plan: WatchPlan) { self.plan = plan }

  /// Watches until it is to end, and tells how it ended.
  func run() -> ExitStatus {
    OpenFileLimit.raiseForWalk()
    do throws(InspectionError) {
      guard let path = plan.list.root else { return try watch(.running()) }
      if path != "-", let series = try CaptureSeries.open(path) {
        return plan.shape == .view ? LiveView(plan: plan, series: series).run() : try replay(series)
      }
      let root = try ProcRoot.open(path)
      guard root.isLive else {
        Messages.complain(
          UsageError(
            "--root: \(quoted(path)) does not change, so there is nothing to watch",
            ["a series of captures can be watched: sockinspect capture --every 1s DIR"]))
        return .usage
      }
      return try watch(root)
    } catch {
      Messages.complain("\(error)")
      return .unreadable
    }
  }

  private func watch(_ root: ProcRoot) throws(InspectionError) -> ExitStatus {
    if let missing = plan.list.askedProcesses.first(where: { !root.mayHold(process: $0) }) {
      Messages.complain(UsageError("--pid: there is no process \(missing)"))
      return .usage
    }
    // The view has its own way with signals.
    if plan.shape == .view { return LiveView(plan: plan, root: root).run() }
    let signals: SignalWatch
    do throws(SystemError) { signals = try SignalWatch() } catch { return failed(error) }
    let watcher = try Watcher(root: root, request: plan.request(), options: plan.options)
    say(WatchText.beginning(plan, watcher.sources.map { ($0.source, $0.obstacle) }))
    let began = Clock.monotonicMilliseconds()
    var stream = EventStream(plan, since: watcher.snapshot.meta.time ?? .now, until: signals)
    do throws(WatchTrouble) {
      try follow(watcher, &stream, signals, since: began)
    } catch {
      switch error {
      case .reading(let error): throw error
      case .system(let error):
        guard error.isClosedPipe else { return failed(error) }
      }
    }
    return conclude(stream, after: Clock.monotonicMilliseconds() - began)
  }

  /// What can end the watching early.
  private enum WatchTrouble: Error {
    case reading(InspectionError)
    case system(SystemError)
  }

  /// What readiness is told of: signals, the end of who reads standard output, and the sources of events.
  private enum Tag {
    static let signal: UInt64 = 0
    static let output: UInt64 = 1
    static let source: UInt64 = 2
  }

  private func follow(
    _ watcher: Watcher, _ stream: inout EventStream, _ signals: SignalWatch, since began: Int
  ) throws(WatchTrouble) {
    let end = plan.lifetime.map { began + $0 }
    do {
      let queue = try ReadinessQueue()
      try queue.add(signals.descriptor.number, for: .reading, tag: Tag.signal)
      // A file is always ready, and cannot be waited for.
      try? queue.add(StandardStream.output.rawValue, for: [], tag: Tag.output)
      for descriptor in watcher.descriptors { try queue.add(descriptor, for: .reading, tag: Tag.source) }
      var ready: [ReadinessQueue.Event] = []
      var problems = ToldProblems()
      var isOver = try stream.begin(watcher.book.lives, watcher.snapshot)
      while !isOver {
        warn(problems.news(in: watcher.snapshot))
        let left = end.map { max(0, $0 - Clock.monotonicMilliseconds()) } ?? .max
        try queue.wait(milliseconds: min(left, watcher.millisecondsLeft), into: &ready)
        isOver = left == 0 || signals.arrived() != nil || ready.contains { $0.tag == Tag.output && $0.isOver }
        // At the end what has happened by then is told too.
        let events = try watcher.poll() + (isOver ? watcher.finish() : [])
        if try stream.take(events, watcher.book.lives, watcher.snapshot) { isOver = true }
      }
    } catch let error as InspectionError {
      throw .reading(error)
    } catch let error as SystemError {
      throw .system(error)
    } catch {
      return
    }
  }

  private func replay(_ series: CaptureSeries) throws(InspectionError) -> ExitStatus {
    let signals: SignalWatch
    do throws(SystemError) { signals = try SignalWatch() } catch { return failed(error) }
    say(WatchText.beginning(series))
    warn(series.problems)
    let request = plan.request()
    var book = LifeBook()
    var problems = ToldProblems()
    var stream = EventStream(plan, since: series.frames[0].time, until: signals)
    let first = series.frames[0].time
    var last = first
    for (index, frame) in series.frames.enumerated() where signals.arrived() == nil {
      if let lifetime = plan.lifetime, first.milliseconds(until: frame.time) > lifetime { break }
      last = frame.time
      let reading = try series.snapshot(at: index, request)
      warn(problems.news(in: reading))
      let events = book.observe(reading, at: frame.time)
      do throws(SystemError) {
        let isOver =
          index == 0 ? try stream.begin(book.lives, reading) : try stream.take(events, book.lives, reading)
        if isOver { break }
      } catch {
        guard error.isClosedPipe else { return failed(error) }
        break
      }
      book.forget(closedBefore: frame.time)
    }
    return conclude(stream, after: first.milliseconds(until: last))
  }

  private func conclude(_ stream: EventStream, after milliseconds: Int) -> ExitStatus {
    say([WatchText.account(stream.account, plan, after: milliseconds)])
    return stream.account.exitStatus(of: plan)
  }

  private func failed(_ error: SystemError) -> ExitStatus {
    Messages.complain("\(error)")
    return .unreadable
  }

  private func warn(_ problems: [Problem]) {
    guard !plan.list.quiet else { return }
    Messages.say(ProblemText.warnings(problems.filter { plan.list.owners || $0.kind != .forbidden }))
  }

  private func say(_ lines: [String]) {
    guard !plan.list.quiet else { return }
    for line in lines { Messages.note(line) }
  }
}

/// Which problems of readings were told: each once, however often it comes back.
struct ToldProblems {
  private struct Key: Hashable {
    let kind: Problem.Kind
    let subject: String
  }

  private var told: Set<Key> = []

  /// Those of a reading's problems that none before it had.
  mutating func news(in reading: Snapshot) -> [Problem] {
    let news = reading.problems.filter { !told.contains(Key(kind: $0.kind, subject: $0.subject)) }
    for problem in news { told.insert(Key(kind: problem.kind, subject: problem.subject)) }
    return news
  }
}

extension Timestamp {
  /// The time of day.
  static var now: Timestamp {
    let now = Clock.now()
    return Timestamp(seconds: now.seconds, nanoseconds: now.nanoseconds)
  }
}
