public import Inspection
import KernelFormats
import LinuxSystem
public import SocketModel

/// Watches sockets: scans them repeatedly, takes what the kernel reports in between, and makes one
/// stream of events from both.
///
/// Nothing here waits: scans run on separate threads, and each call takes only so much of what has
/// arrived that it returns soon.
public final class Watcher {
  var tracker: SocketTracker
  /// The scan that is kept for checks, where that is asked for.
  var kept = KeptScan()
  /// Which scans read only the TCP connections that may have changed; where that is allowed.
  var partialScans = PartialScans()
  package var allowsPartialScans = false
  /// The newest scan without its rows, which are in ``sockets``, and what is known of processes.
  public private(set) var snapshot: Snapshot
  /// The sources, best first.
  package private(set) var sources: [EventSourceStatus] = []
  let reader: WatchReader
  private let options: Options
  let tracepoint: TracepointSource?
  var notices: DestroyNotices?
  /// The notices of UDP, where it is watched.
  private var datagramNotices: DestroyNotices?
  private var lookUps: SocketLookUps?
  /// The scan in progress.
  private(set) var work: Work?
  /// Notices that wait for that scan too, and when they arrived.
  var arrivals: [(notice: DestroyNotice, time: UInt64)] = []
  /// When the next scan is due and when the last poll was, in nanoseconds of the monotonic clock.
  private(set) var nextScan: UInt64 = 0
  private var lastPoll: UInt64 = 0
  /// The time up to which the tracepoint was read: the tracker's present, which may lag behind.
  private(set) var drained: UInt64 = 0
  /// Whether more of it can be read at once.
  private(set) var isBehind = false
  /// When the memory of a burst was last freed.
  private var lastShrinking: UInt64 = 0
  /// When transitions were last lost.
  private var lastLoss: UInt64?
  /// Whether records about processes were lost, and when all processes were last looked at.
  private var lacksProcesses = false
  private var lastProcessScan: UInt64 = 0
  /// The time up to which events are wanted, once watching is to end.
  var end: UInt64?

  /// The stages of a scan in progress.
  enum Work {
    /// The initial state is read.
    case beginning(BackgroundWork<Result<WatchReader.Beginning, InspectionError>>)
    /// The sockets are read.
    case sockets(BackgroundWork<Result<WatchReader.Scan, InspectionError>>)
    /// Their owners are looked for.
    case owners(BackgroundWork<WatchReader.Scan>)
    /// The result waits until the tracepoint has been read up to the end of the scan.
    case waiting(WatchReader.Scan)
  }

  /// How long a record of the tracepoint may be on its way while younger ones are read: it gets its
  /// time first, and a virtual machine's processor can be taken away before the record is written.
  private static let margin: UInt64 = 20_000_000
  /// How many records are read at a time.
  private static let batch = 4096
  /// How often the rings are read when they are not filling up, in nanoseconds.
  private static let tick: UInt64 = 50_000_000
  /// When more sockets than this have ended, only those that ended within this many nanoseconds are
  /// kept: nobody looks at so many, and what is still to be found out about them comes sooner.
  private static let mostEnded = 2048
  private static let shortestLinger: Int64 = 1_000_000_000
  /// How often memory that is no longer needed is freed, in nanoseconds.
  private static let shrinkingPause: UInt64 = 10_000_000_000
  /// The shortest time between two scans of all processes, in nanoseconds.
  private static let scanPause: UInt64 = 1_000_000_000
  /// How many notices wait for the tracepoint to catch up.
  private static let mostArrivals = 16_384
  /// How many early events wait for the first scan.
  private static let mostEarly = 32_768
  /// How long sockets of another namespace whose end may have been lost are kept, in nanoseconds.
  private static let patienceElsewhere: UInt64 = 60_000_000_000

  /// Opens the sources and starts to read all sockets once. What happens from now on is kept until
  /// that is done; see ``hasBegun``.
  public init(root: ProcRoot, request: InspectionRequest, options: Options) {
    self.options = options
    reader = WatchReader(root: root, request: request)
    let own = reader.ownNamespace
    snapshot = Snapshot(meta: SnapshotMeta(source: "none"))
    snapshot.meta.netns = own
    // The sources come before the first scan, so that nothing is missed in between.
    let plan = SourcePlan(root: root, request: request, options: options)
    tracepoint = plan.tracepoint
    do throws(SystemError) {
      if plan.noticesObstacle == nil {
        let transports = request.transports
        if !transports.isDisjoint(with: [.tcp, .mptcp]) {
          notices = try DestroyNotices(of: .tcp, netns: own)
        }
        if transports.contains(.udp) { datagramNotices = try DestroyNotices(of: .udp, netns: own) }
      }
      lookUps = plan.noticesObstacle == nil || tracepoint != nil ? try SocketLookUps(netns: own) : nil
      sources.append(EventSourceStatus(.destroyNotice, obstacle: plan.noticesObstacle))
    } catch {
      notices = nil
      datagramNotices = nil
      sources.append(EventSourceStatus(.destroyNotice, obstacle: "no notices from the kernel (\(error.description))"))
    }
    let obstacle = plan.tracepointObstacle
    sources.insert(
      EventSourceStatus(.tracepoint, obstacle: obstacle?.text, needsRoot: obstacle?.isPrivilege ?? false), at: 0)
    sources.append(EventSourceStatus(.difference))
    let isTracing = tracepoint != nil
    tracker = SocketTracker(
      SocketTracker.Setup(
        ownNamespace: own, coversAllNamespaces: reader.coversAllNamespaces, ownUser: Users.effectiveUID,
        isTracing: isTracing, hasNotices: notices != nil,
        countsBytes: request.requiredDetails.contains(.byteCounters)))
    tracker.clock = Clock.timeOfDayOffset()
    partialScans.arePossible =
      root.isOwnKernel && !reader.coversAllNamespaces && request.transports.contains(.tcp)
      && request.requiredDetails.isSubset(of: .ofPartialScans) && request.requiredDetails.contains(.byteCounters)
    work = .beginning(
      BackgroundWork { [reader] in
        Result { () throws(InspectionError) in try reader.begin(isTracing: isTracing) }
      })
  }

  /// The sockets so far, by number. Those that have ended stay for ``Options/linger`` milliseconds.
  public var sockets: [UInt64: TrackedSocket] { tracker.sockets }

  /// The sockets at the other ends of sockets, by their numbers, as the newest scan shows them where
  /// they were asked for.
  package var peers: [UInt64: [UInt64]] { tracker.peers }

  /// The sockets that may be at the other end of one, as far as that is known without a scan.
  package func likelyPeers(of socket: TrackedSocket) -> [TrackedSocket] { tracker.likelyPeers(of: socket) }

  /// Whether all sockets have been read once. Until then there are few events.
  public var hasBegun: Bool { tracker.hasBegun }

  /// Whether the tracepoint reports everything that happens to TCP sockets, independently of scans.
  public var isTracing: Bool { tracepoint != nil }

  /// The descriptors that are readable when ``poll()`` has something to do. The tracepoint has
  /// none: it is read every ``millisecondsLeft``.
  public var descriptors: [Int32] {
    [notices?.descriptor, datagramNotices?.descriptor].compactMap(\.self)
  }

  /// Whether a scan waits for earlier events, which takes some hundredths of a second.
  public var isScanPending: Bool { if case .waiting = work { hasBegun } else { false } }

  /// Milliseconds until ``poll()`` is due; 0 when it is.
  public var millisecondsLeft: Int {
    if isBehind { return 0 }
    let now = Clock.monotonicNanoseconds()
    var due = work == nil ? nextScan : now &+ 1_000_000
    if tracepoint != nil { due = min(due, lastPoll &+ Self.tick) }
    if let arrival = arrivals.first { due = min(due, arrival.time &+ Self.margin) }
    if let deadline = tracker.queue.deadline, deadline < .max - Self.margin { due = min(due, deadline + Self.margin) }
    return due <= now ? 0 : Int((due - now + 999_999) / 1_000_000)
  }

  /// Takes what has arrived from all sources, scans the sockets when that is due, and returns the
  /// events in order.
  ///
  /// - Throws: `InspectionError` when a scan could read no sockets at all.
  public func poll() throws(InspectionError) -> [SocketEvent] {
    let now = Clock.monotonicNanoseconds()
    lastPoll = now
    tracker.setClock()
    try advance()
    // Until the initial state is known, what has arrived is left in the sources.
    if case .beginning = work { return [] }
    collect(now)
    if work == nil, now >= nextScan, end == nil { beginScan(now) }
    settle()
    forget()
    guard hasBegun || tracker.queue.count > Self.mostEarly else { return [] }
    var events = tracker.takeEvents(at: drained)
    ListenerDetails.complete(&events, netns: reader.ownNamespace)
    snapshot.nameInterfaces(of: events)
    return events
  }

  // MARK: Scans

  func beginScan(_ now: UInt64) {
    nextScan = max(nextScan &+ UInt64(options.interval) &* 1_000_000, now)
    if end == nil { tracepoint?.beginCount() }
    let keepsRows = options.keepsScans && end == nil && kept.isDue(now)
    let allowsPart = allowsPartialScans && partialScans.arePossible && end == nil
    let active = allowsPart && !keepsRows ? partialScans.connections(tracker, now: now) : nil
    work = .sockets(
      BackgroundWork { [reader] in
        Result { () throws(InspectionError) in
          try reader.readSockets(keepsRows: keepsRows, active: active, countsSegments: allowsPart)
        }
      })
  }

  /// Advances the scan in progress as far as possible.
  private func advance() throws(InspectionError) {
    if case .beginning(let task) = work, let outcome = task.take() {
      work = nil
      let beginning = try outcome.get()
      tracker.processes = beginning.processes
      tracker.processes.details = reader.processDetails
      tracker.processes.threadNamespace = reader.threadNamespace
      if let elsewhere = beginning.elsewhere { tracker.ingest(listenersElsewhere: elsewhere) }
      nextScan = beginning.scan.begun &+ UInt64(options.interval) &* 1_000_000
      work = .waiting(beginning.scan)
    }
    if case .sockets(let task) = work, let outcome = task.take() {
      work = nil
      var scan = try outcome.get()
      if !scan.isPartial, reader.isWalkDue(tracker.ownerNeed(of: scan.snapshot), now: scan.ended) {
        work = .owners(
          BackgroundWork { [reader, scan] in
            var scan = scan
            reader.walk(&scan)
            return scan
          })
      } else {
        reader.keepObstacles(&scan)
        work = .waiting(scan)
      }
    }
    if case .owners(let task) = work, let scan = task.take() { work = .waiting(scan) }
  }

  /// Applies a scan when everything that happened before its end has been taken.
  private func settle() {
    guard case .waiting(var scan) = work, drained >= min(scan.ended, end ?? .max) else { return }
    work = nil
    let isFirst = !hasBegun
    apply(&scan)
    if isFirst { tracker.completeEarlyEvents() }
  }

  // MARK: Input

  /// Takes what the tracepoint reported, then the notices: a notice comes after the last transition
  /// of its socket.
  private func collect(_ now: UInt64) {
    drain(upTo: tracepoint == nil ? Clock.monotonicNanoseconds() : min(now &- Self.margin, end ?? .max))
    // The first scan precedes the notices, which report an end together with the state that the
    // scan showed.
    if tracepoint == nil, !hasBegun { settle() }
    ask()
    takeNotices()
  }

  /// Takes the notices that have arrived, those of UDP first, which no other source reports.
  private func takeNotices() {
    let arrival = Clock.monotonicNanoseconds()
    var losses: [DestroyNotices.Loss] = []
    if let (fresh, loss) = datagramNotices?.receive() {
      for notice in fresh where reader.admits(notice.record) { arrivals.append((notice, arrival)) }
      losses.append(loss)
    }
    // Notices that wait here for the tracepoint to catch up only add figures: the kernel drops what
    // there is no room for.
    if arrivals.count < Self.mostArrivals, let (fresh, loss) = notices?.receive() {
      for notice in fresh { arrivals.append((notice, arrival)) }
      // With the tracepoint only figures are missed.
      if tracepoint == nil { losses.append(loss) }
    }
    let ready = tracepoint == nil ? arrivals.count : arrivals.prefix { $0.time <= drained }.count
    for (notice, _) in arrivals.prefix(ready) { tracker.ingest(notice, now: drained) }
    arrivals.removeFirst(ready)
    ask()
    for loss in losses where loss != .none {
      tracker.noteLoss(loss.count, of: .destroyNotice, at: tracker.moment(drained))
    }
  }

  /// - Parameter moment: the time to drain to; without the tracepoint that is the present.
  private func drain(upTo moment: UInt64) {
    guard let tracepoint else {
      drained = max(drained, moment)
      return
    }
    var last = drained
    isBehind = !tracepoint.take(upTo: moment, atMost: Self.batch) { item in
      switch item {
      case .process(let record):
        last = record.time
        tracker.ingest(record)
      case .transition(let transition):
        last = transition.time
        if reader.admits(transition.record) { tracker.ingest(transition) }
      }
    }
    drained = max(drained, isBehind ? last : moment)
    noteLosses(of: tracepoint)
  }

  func noteLosses(of tracepoint: TracepointSource) {
    let losses = tracepoint.takeLosses()
    if losses.transitions > 0 {
      lastLoss = drained
      tracker.noteLoss(losses.transitions, of: .tracepoint, at: tracker.moment(drained))
    }
    if losses.processes > 0 { lacksProcesses = true }
    guard lacksProcesses, end == nil, drained &- lastProcessScan > Self.scanPause else { return }
    lacksProcesses = false
    lastProcessScan = drained
    reader.addProcesses(to: &tracker.processes)
  }

  private func apply(_ scan: inout WatchReader.Scan) {
    let present = tracker.moment(drained)
    kept.take(&scan)
    let isLive = tracepoint != nil || notices != nil || datagramNotices != nil
    let time = isLive ? present.time : scan.snapshot.meta.time ?? present.time
    tracker.ingest(
      SocketTracker.Scan(
        scan.snapshot, begun: isLive ? scan.begun : .max, ended: scan.ended, isPartial: scan.isPartial),
      at: SocketTracker.Moment(monotonic: drained, time: time))
    if scan.isWalked { tracker.noteWalk(begun: scan.ended, isComplete: scan.isWalkComplete) }
    if let error = tracepoint?.malformed {
      scan.snapshot.problems.append(
        Problem(
          subject: .tracepoint, cause: .malformed(.undecodable(error.description), evidence: error.evidence)))
    }
    partialScans.note(scan)
    if scan.isPartial { scan.snapshot.takeOver(snapshot) }
    // A socket that has ended since is in no scan, but its events are still to be reported.
    scan.snapshot.keepNames(of: snapshot, for: tracker.sockets)
    scan.snapshot.dropRows()
    scan.snapshot.processes = reader.processes
    snapshot = scan.snapshot
  }

  /// Asks the kernel what remains of the connections that ended.
  func ask() {
    let questions = tracker.takeQuestions()
    guard !questions.isEmpty else { return }
    let asked = Clock.monotonicNanoseconds()
    // A lookup that fails shows nothing.
    guard let found = try? lookUps?.find(questions.map(\.record)), found.count == questions.count else {
      for question in questions { tracker.ingest(KernelAnswer(unanswered: question), now: drained) }
      return
    }
    for (question, found) in zip(questions, found) {
      tracker.ingest(KernelAnswer(question, found: found, asked: asked), now: drained)
    }
  }

  private func forget() {
    tracker.expire(at: drained)
    let now = Int64(bitPattern: drained) &+ tracker.clock
    tracker.forget(
      closedBefore: Timestamp(nanosecondsSince1970: now &- Int64(options.linger) &* 1_000_000),
      keeping: Self.mostEnded, closedSince: Timestamp(nanosecondsSince1970: now &- Self.shortestLinger))
    if drained &- lastShrinking > Self.shrinkingPause {
      lastShrinking = drained
      tracker.shrink()
      tracepoint?.shrink()
      options.freedMemory()
    }
    if let loss = lastLoss, drained &- loss > Self.patienceElsewhere {
      lastLoss = nil
      tracker.forgetElsewhere(silentSince: loss)
    }
  }
}
