import KernelFormats
import LinuxSystem
public import SocketModel

/// Watches sockets: reads them again and again, listens to what the kernel tells meanwhile, and makes one stream of events of it.
public final class Watcher {
  /// A source of events, and whether it is in use.
  public struct SourceStatus: Sendable, Hashable {
    /// The source.
    public let source: EventSource
    /// Why it is not in use, in words; `nil` when it is.
    public let obstacle: String?
    /// Whether root could use it.
    public var needsRoot: Bool { obstacle?.hasPrefix(TracepointObstacle.privilege) ?? false }
  }

  /// How to watch.
  public struct Options: Sendable {
    /// Milliseconds between readings.
    public var interval = 1000
    /// How long lives that have ended are kept in ``Watcher/book``, in milliseconds.
    public var linger = 5000
    /// The sources to use where they can be. Readings always take place.
    public var sources = Set(EventSource.allCases)

    /// Reads once a second, keeps what has ended for five, and uses all sources.
    public init() {}
  }

  /// The lives so far.
  public private(set) var book = LifeBook()
  /// The circumstances of the newest reading, and what is known of processes. Its rows are in the ``book``, and are not kept twice.
  public private(set) var snapshot: Snapshot
  /// The sources, the best first.
  public private(set) var sources: [SourceStatus] = []
  private let reader: WatchReader
  private let options: Options
  private let tracepoint: TracepointSource?
  private var notices: DestroyNotices?
  private var lookUps: SocketLookUps?
  /// A reading that waits until the tracepoint has been read up to its end.
  private var pending: WatchReader.Reading?
  /// Notices that came, and when, which wait for that too.
  private var arrivals: [(notice: DestroyNotice, time: UInt64)] = []
  /// When the next reading is due and when the last poll was, by the monotonic clock.
  private var nextReading: UInt64
  private var lastPoll: UInt64 = 0
  /// Up to when the tracepoint was read: the present of the book, which may lag behind when much happens.
  private var drained: UInt64 = 0
  /// Whether there is more to be read of it at once.
  private var isBehind = false
  /// When what a burst took was given back last.
  private var lastTidying: UInt64 = 0
  /// When transitions were lost last.
  private var lastLoss: UInt64?

  /// How long a record of the tracepoint may be under way while others that are younger are read: it gets its time first, and a virtual
  /// machine's processor can be taken away before it is written.
  private static let margin: UInt64 = 20_000_000
  /// How many records are read in one go.
  private static let batch = 4096
  /// How often the rings are read that are not filling.
  private static let tick: UInt64 = 50_000_000
  /// Of more than so many lives that have ended, those are kept only that ended within so many nanoseconds: nobody looks at so many, and what
  /// is still to be learned of them comes sooner.
  private static let mostEnded = 2048
  private static let shortestLinger: Int64 = 1_000_000_000
  /// How often room that is not needed any more is given back, in nanoseconds.
  private static let tidyingPause: UInt64 = 10_000_000_000
  /// After how long what may have ended in another namespace, when its end may have been lost, is given up.
  private static let patienceElsewhere: UInt64 = 60_000_000_000

  /// Begins: opens the sources and reads all sockets once.
  public init(root: ProcRoot, request: InspectionRequest, options: Options) throws(InspectionError) {
    self.options = options
    returnLargeBlocks()
    reader = WatchReader(root: root, request: request)
    book.ownNamespace = reader.ownNamespace
    book.ownUser = Users.effectiveUID
    nextReading = 0
    // The sources before the first reading, so that nothing comes between.
    let plan = SourcePlan(root: root, request: request, wanted: options.sources)
    tracepoint = plan.tracepoint
    do throws(SystemError) {
      if plan.noticesObstacle == nil { notices = try DestroyNotices(netns: book.ownNamespace) }
      lookUps = plan.noticesObstacle == nil || tracepoint != nil ? try SocketLookUps(netns: book.ownNamespace) : nil
      sources.append(SourceStatus(source: .destroyNotice, obstacle: plan.noticesObstacle))
    } catch {
      notices = nil
      sources.append(
        SourceStatus(source: .destroyNotice, obstacle: "no notices from the kernel (\(error.description))"))
    }
    sources.insert(SourceStatus(source: .tracepoint, obstacle: plan.tracepointObstacle), at: 0)
    sources.append(SourceStatus(source: .difference, obstacle: nil))
    book.isTracing = tracepoint != nil
    book.hasNotices = notices != nil
    if tracepoint != nil {
      reader.addProcesses(to: &book.processes)
      book.processes.details = reader.processDetails
      book.processes.threadNamespace = reader.threadNamespace
      book.addElsewhere(reader.listenersElsewhere(book.processes.namespaces))
    }
    book.clock = Self.clockOffset
    var first = try reader.read(book)
    snapshot = first.snapshot
    // What happened up to the end of the reading belongs to the beginning.
    while tracepoint != nil, drained < first.ended {
      Clock.sleep(milliseconds: 1)
      drain(upTo: Clock.monotonicNanoseconds() &- Self.margin)
    }
    _ = notices?.receive()
    apply(&first)
    _ = book.queue.take(at: .max)
    book.questions = []
    nextReading = Clock.monotonicNanoseconds() &+ UInt64(options.interval) &* 1_000_000
  }

  /// The descriptors that are readable when there is something to ``poll()``. The tracepoint has none: it is read every
  /// ``millisecondsLeft``.
  public var descriptors: [Int32] {
    if let number = notices?.descriptor { return [number] }
    return []
  }

  /// Whether a reading waits for what happened up to its end; that takes some hundredths of a second.
  public var awaitsReading: Bool { pending != nil }

  /// Milliseconds until ``poll()`` is due; 0 when it is.
  public var millisecondsLeft: Int {
    if isBehind { return 0 }
    let now = Clock.monotonicNanoseconds()
    var due = pending == nil ? nextReading : now &+ 1_000_000
    if tracepoint != nil { due = min(due, lastPoll &+ Self.tick) }
    if let arrival = arrivals.first { due = min(due, arrival.time &+ Self.margin) }
    if let deadline = book.queue.deadline, deadline < .max - Self.margin { due = min(due, deadline + Self.margin) }
    return due <= now ? 0 : Int((due - now + 999_999) / 1_000_000)
  }

  /// Takes what has come from all sources, reads the sockets when that is due, and returns the events in order.
  public func poll() throws(InspectionError) -> [SocketEvent] {
    let now = Clock.monotonicNanoseconds()
    lastPoll = now
    setClock()
    collect(now)
    if pending == nil, now >= nextReading {
      nextReading = max(nextReading &+ UInt64(options.interval) &* 1_000_000, now)
      tracepoint?.beginCount()
      pending = try reader.read(book)
      if tracepoint == nil { collect(Clock.monotonicNanoseconds()) }
    }
    if var reading = pending, drained >= reading.ended {
      pending = nil
      apply(&reading)
    }
    forget()
    return book.queue.take(at: drained)
  }

  /// The last events, when the watching ends: all that has come, without waiting for what might be learned of it.
  public func finish() -> [SocketEvent] {
    setClock()
    tracepoint?.beginCount()
    // What is under way now is read once its time is over.
    let end = Clock.monotonicNanoseconds() &+ Self.margin
    repeat {
      if tracepoint != nil { Clock.sleep(milliseconds: 1) }
      collect(Clock.monotonicNanoseconds())
    } while isBehind || tracepoint != nil && drained &+ Self.margin < end
    return book.queue.take(at: .max)
  }

  // MARK: What comes

  /// Takes what came from the tracepoint, then the notices: a notice comes after the last transition of its socket.
  private func collect(_ now: UInt64) {
    drain(upTo: now &- Self.margin)
    ask()
    guard let (fresh, loss) = notices?.receive() else { return }
    let arrival = Clock.monotonicNanoseconds()
    for notice in fresh { arrivals.append((notice, arrival)) }
    let ready = tracepoint == nil ? arrivals.count : arrivals.prefix { $0.time <= drained }.count
    let time = book.wall(drained)
    for (notice, _) in arrivals.prefix(ready) { book.take(notice, at: time, now: drained) }
    arrivals.removeFirst(ready)
    ask()
    guard tracepoint == nil, loss != .none else { return }
    // With the tracepoint nothing but figures is missed.
    if case .some(let count) = loss {
      book.miss(count, .destroyNotice, at: time)
    } else {
      book.miss(nil, .destroyNotice, at: time)
    }
  }

  private func drain(upTo moment: UInt64, atMost limit: Int = Watcher.batch) {
    guard let tracepoint else {
      drained = max(drained, moment &+ Self.margin)
      return
    }
    var last = drained
    isBehind = !tracepoint.take(upTo: moment, atMost: limit) { item in
      switch item {
      case .process(let record):
        last = record.time
        book.take(record)
      case .transition(let transition):
        last = transition.time
        if reader.admits(transition.record) { book.take(transition, now: transition.time) }
      }
    }
    drained = max(drained, isBehind ? last : moment)
    let losses = tracepoint.takeLosses()
    if losses.processes > 0 { reader.addProcesses(to: &book.processes) }
    if losses.transitions > 0 {
      lastLoss = drained
      book.miss(losses.transitions, .tracepoint, at: book.wall(drained))
    }
  }

  private func apply(_ reading: inout WatchReader.Reading) {
    let time = book.wall(drained)
    let isLive = tracepoint != nil || notices != nil
    book.read(
      reading.snapshot, begun: isLive ? reading.begun : .max,
      at: isLive ? time : reading.snapshot.meta.time ?? time, now: drained)
    if reading.isWalked { book.noteWalk(begun: reading.ended, isComplete: reading.isWalkComplete) }
    reading.snapshot.dropRows()
    reading.snapshot.processes = reader.processes
    snapshot = reading.snapshot
  }

  /// Asks the kernel what is left of the connections that ended.
  private func ask() {
    let questions = book.questions
    guard !questions.isEmpty else { return }
    book.questions = []
    // A look-up that fails tells nothing.
    guard let found = try? lookUps?.find(questions.map(\.record)), found.count == questions.count else {
      for question in questions { book.postpone(question, now: drained) }
      return
    }
    for (question, found) in zip(questions, found) { book.answer(question, found, now: drained) }
  }

  private func forget() {
    book.notices.forget(at: drained)
    book.processes.forget(at: drained)
    let now = Int64(bitPattern: drained) &+ book.clock
    book.forget(
      closedBefore: Timestamp(nanosecondsSince1970: now &- Int64(options.linger) &* 1_000_000),
      keeping: Self.mostEnded, closedSince: Timestamp(nanosecondsSince1970: now &- Self.shortestLinger))
    if drained &- lastTidying > Self.tidyingPause {
      lastTidying = drained
      book.tidy()
      returnFreePages()
    }
    if let loss = lastLoss, drained &- loss > Self.patienceElsewhere {
      lastLoss = nil
      book.forgetElsewhere(silentSince: loss)
    }
  }

  /// The time of day may be set; what the clocks' readings scatter by is not followed.
  private func setClock() {
    let offset = Self.clockOffset
    if abs(offset &- book.clock) > 1_000_000 { book.clock = offset }
  }

  /// Nanoseconds from the monotonic clock to the time of day.
  private static var clockOffset: Int64 {
    let wall = Clock.now()
    return wall.seconds &* 1_000_000_000 &+ Int64(wall.nanoseconds)
      &- Int64(bitPattern: Clock.monotonicNanoseconds())
  }
}
