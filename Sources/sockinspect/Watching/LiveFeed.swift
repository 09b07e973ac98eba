import CommandLine
import Inspection
import LinuxSystem
import LiveView
import Rendering
import SocketModel
import Tracking

/// The source of a live view's data: the running kernel, or a series of captures.
protocol LiveFeed: AnyObject {
  /// The descriptors that are readable when ``poll()`` has something to return.
  var descriptors: [Int32] { get }
  /// Milliseconds until ``poll()`` has something to return; `nil` when that is not known.
  var millisecondsLeft: Int? { get }
  /// Whether each scan must read all sockets, even those that can have sent nothing since the last.
  var needsWholeScans: Bool { get set }
  /// Whether much more is about to arrive, which ``poll()`` will return within a moment.
  var isBusy: Bool { get }
  /// Returns what has arrived. The sockets of the previous data must have been released.
  func poll() throws(InspectionError) -> LiveData
  /// The current state, without events.
  func current() -> LiveData
  /// Moves back or forward in a series; `nil` when there is no such capture.
  func step(_ count: Int) throws(InspectionError) -> LiveData?
  /// Moves in a series to the next capture, or back to the one before, that events led to of which
  /// the test is true; `nil` when there is none.
  func seek(_ step: Int, _ isFound: ([SocketEvent]) -> Bool) throws(InspectionError) -> LiveData?
  /// Starts or stops playing a series; the returned data shows which of the two happened.
  func play(_ isPlaying: Bool) throws(InspectionError) -> LiveData
  /// Everything that can be known about a socket: a snapshot of one row, and when it was read.
  func look(at socket: TrackedSocket) -> (Snapshot, Timestamp)
  /// Begins to find out who has the port of a socket.
  func inquire(about socket: TrackedSocket)
  /// Returns findings and verdicts that have arrived.
  func takeAnswers() -> [LiveEvent]
}

/// How often answers that are awaited are asked for, in milliseconds.
private let answerPause = 20

/// The sockets of the running kernel.
final class WatcherFeed: LiveFeed {
  private let watcher: Watcher
  private let request: InspectionRequest
  private let inspector: Inspector
  /// Whether problems that affect only owners are worth a note.
  private let showsOwners: Bool
  private let root: ProcRoot
  private let examiner: LiveExaminer
  private let inquiry: LiveInquiry
  /// The events that arrived before the first scan.
  private var early: [SocketEvent] = []

  /// Makes a feed of what a watcher sees; single sockets are read according to the watcher's
  /// request.
  init(
    _ watcher: Watcher, _ request: InspectionRequest, root: ProcRoot, showsOwners: Bool, examiner: LiveExaminer,
    inquiry: LiveInquiry
  ) {
    self.root = root
    self.examiner = examiner
    self.inquiry = inquiry
    self.watcher = watcher
    self.request = request
    self.showsOwners = showsOwners
    inspector = Inspector(root: root)
  }

  /// Waits for the first scan, for at most this many milliseconds.
  func awaitFirstScan(atMost milliseconds: Int) throws(InspectionError) {
    let end = Clock.monotonicMilliseconds() + milliseconds
    while !watcher.hasBegun, Clock.monotonicMilliseconds() < end {
      early += try watcher.poll()
      Clock.sleep(milliseconds: 1)
    }
  }

  var descriptors: [Int32] { watcher.descriptors }
  var millisecondsLeft: Int? {
    let isWaiting = examiner.isBusy || inquiry.isBusy
    return isWaiting ? min(answerPause, watcher.millisecondsLeft) : watcher.millisecondsLeft
  }
  var isBusy: Bool { watcher.isScanPending }
  var needsWholeScans: Bool {
    get { !watcher.allowsPartialScans }
    set { watcher.allowsPartialScans = !newValue }
  }

  func poll() throws(InspectionError) -> LiveData {
    let events = try early + watcher.poll()
    early = []
    return data(events)
  }

  func current() -> LiveData { data([]) }

  func step(_ count: Int) -> LiveData? { nil }

  func seek(_ step: Int, _ isFound: ([SocketEvent]) -> Bool) -> LiveData? { nil }

  func play(_ isPlaying: Bool) -> LiveData { current() }

  private func data(_ events: [SocketEvent]) -> LiveData {
    var data = LiveData(sockets: watcher.sockets, events: events, at: .now)
    data.snapshot = watcher.snapshot
    data.sources = watcher.sources
    data.peers = watcher.peers
    data.awaitsFirstScan = !watcher.hasBegun
    data.traffic = watcher.trafficInterval
    data.problems = watcher.snapshot.problems.filter { showsOwners || !$0.costsOnlyOwners }
    return data
  }

  /// Reads this one socket with everything that is available about it, and its other end; that is
  /// cheap for one socket, but not for all.
  func look(at socket: TrackedSocket) -> (Snapshot, Timestamp) {
    let known = Snapshot(
      sockets: [socket], of: watcher.snapshot, peers: TrackedPeers(watcher.peers, among: watcher.sockets))
    guard socket.closed == nil else { return (known, .now) }
    let record = socket.record
    let peers = watcher.likelyPeers(of: socket)
    var request = request
    request.transports = [record.transport]
    request.requiredTransports = []
    request.requiredDetails = .all.subtracting(.marks)
    if record.transport.hasPorts { request.peersFilter = .connection(of: record) }
    // The processes are known; a search for others would walk through all of them.
    request.processes.pids = Set((peers + [socket]).flatMap { $0.owners.map(\.pid) })
    if request.processes.pids?.isEmpty ?? true { request.requiredDetails.subtract([.owners, .workloads]) }
    request.namespaces = Set((peers + [socket]).compactMap(\.record.networkNamespace))
    let snapshot = try? inspector.snapshot(request) { (snapshot, row) in
      record.isSameSocket(as: snapshot.records[row])
    }
    guard let snapshot, snapshot.listedRows.count == 1 else { return (known, .now) }
    return (snapshot, snapshot.meta.time ?? .now)
  }

  func inquire(about socket: TrackedSocket) { inquiry.begin(socket, in: root) }

  func takeAnswers() -> [LiveEvent] {
    if !examiner.isBusy, let scan = watcher.takeKeptScan() { examiner.examine(scan, of: root) }
    var answers: [LiveEvent] = []
    if let outcome = examiner.take() {
      let text = LiveFindingText(
        report: outcome.report, snapshot: outcome.snapshot, interval: outcome.interval, plan: examiner.plan,
        socket: { [watcher] in watcher.number(of: $0).flatMap { watcher.sockets[$0] } }, context: watcher.snapshot)
      answers.append(.findings(text.findings()))
    }
    if let (socket, text) = inquiry.take() { answers.append(.verdict(socket: socket, text)) }
    return answers
  }
}

extension KernelFilter {
  /// Accepts a socket, the one at its other end, and those that may get what it sends without being
  /// connected with it.
  fileprivate static func connection(of record: SocketRecord) -> KernelFilter {
    func ends(_ local: UInt16, _ remote: UInt16) -> KernelFilter {
      .all([.localPort(local...local), .remotePort(remote...remote)])
    }
    return .either([
      ends(record.localPort, record.remotePort), ends(record.remotePort, record.localPort), ends(record.remotePort, 0),
    ])
  }
}

/// A series of captures, shown one at a time.
final class SeriesFeed: LiveFeed {
  private let series: CaptureSeries
  private let request: InspectionRequest
  private var index = 0
  private var tracker: SocketTracker
  private var snapshot: Snapshot
  private var isPlaying: Bool
  private var nextStep = 0
  /// How fast it plays; `nil` for what can be followed.
  private let speed: ReplaySpeed?
  /// A frame, and when it was shown, from which the others follow in their time.
  private var anchor: (frame: Int, moment: Int) = (0, 0)
  /// Whether problems that cost owners only are worth a note.
  private let showsOwners: Bool
  private let examiner: LiveExaminer
  private let inquiry: LiveInquiry
  /// How many events lead to each frame, once they were counted.
  private var activity: [Int] = []
  private var counting: BackgroundWork<[Int]>?
  /// The frame that was examined last, or is being examined.
  private var examinedIndex: Int?
  /// The trackers after some of the frames, so that moving back need not start at the first frame.
  private var savedTrackers: [Int: SocketTracker] = [:]

  /// The number of frames between saved trackers.
  private static let chapter = 8
  /// The least and the most milliseconds between two frames while it plays, unless it has a speed.
  private static let pause = 100...2000
  /// How long a socket that has ended stays, in milliseconds of the series.
  private static let linger = 5000

  /// Begins at the first frame.
  init(
    _ series: CaptureSeries, _ request: InspectionRequest, showsOwners: Bool, examiner: LiveExaminer,
    inquiry: LiveInquiry, speed: ReplaySpeed? = nil
  ) throws(InspectionError) {
    self.speed = speed
    self.examiner = examiner
    self.inquiry = inquiry
    self.showsOwners = showsOwners
    self.series = series
    self.request = request
    isPlaying = series.frames.count > 1
    tracker = SocketTracker(
      ownNamespace: try series.root(at: 0).ownNamespace, coversAllNamespaces: series.namespaces == .all)
    snapshot = try series.snapshot(at: 0, request)
    _ = tracker.ingest(snapshot, at: series.frames[0].time)
    savedTrackers[0] = tracker
    start()
    countEvents()
  }

  private var count: Int { series.frames.count }

  private func time(_ index: Int) -> Timestamp { series.frames[index].time }

  var descriptors: [Int32] { [] }

  var isBusy: Bool { false }
  var needsWholeScans = true

  /// Milliseconds until the next frame; `nil` while it does not play.
  private var stepLeft: Int? { isPlaying ? max(0, nextStep - Clock.monotonicMilliseconds()) : nil }

  var millisecondsLeft: Int? {
    let isWaiting = examiner.isBusy || inquiry.isBusy || counting != nil || examinedIndex != index
    return isWaiting ? min(answerPause, stepLeft ?? answerPause) : stepLeft
  }

  func poll() throws(InspectionError) -> LiveData {
    if let found = counting?.take() {
      activity = found
      counting = nil
    }
    guard stepLeft == 0 else { return current() }
    return try advance() ?? current()
  }

  func current() -> LiveData { data([], isJump: false) }

  func play(_ isPlaying: Bool) throws(InspectionError) -> LiveData {
    // At the end, playing starts again from the first frame.
    let isOver = isPlaying && count > 1 && index + 1 == count
    let data = isOver ? try jump(to: 0) : nil
    self.isPlaying = isPlaying && index + 1 < count
    start()
    guard var data else { return current() }
    data.place?.isPlaying = self.isPlaying
    return data
  }

  func step(_ count: Int) throws(InspectionError) -> LiveData? {
    isPlaying = false
    if count == 1 { return try advance() }
    let target = max(0, min(self.count - 1, index + count))
    return target == index ? nil : try jump(to: target)
  }

  func seek(_ step: Int, _ isFound: ([SocketEvent]) -> Bool) throws(InspectionError) -> LiveData? {
    isPlaying = false
    let start = index
    var target = index + step
    while (1..<count).contains(target) {
      let data = step > 0 ? try advance() : try jump(to: target)
      if let data, isFound(data.events) { return data }
      target += step
    }
    _ = try jump(to: start)
    return nil
  }

  func look(at socket: TrackedSocket) -> (Snapshot, Timestamp) {
    let peers = TrackedPeers(tracker.peers, among: tracker.sockets)
    return (Snapshot(sockets: [socket], of: snapshot, peers: peers), time(index))
  }

  func inquire(about socket: TrackedSocket) {
    if let root = try? series.root(at: index) { inquiry.begin(socket, in: root) }
  }

  func takeAnswers() -> [LiveEvent] {
    var answers: [LiveEvent] = []
    if let outcome = examiner.take(), examinedIndex == index {
      var plan = examiner.plan
      plan.list.root = "\(series.path)/\(series.frames[index].name)"
      let text = LiveFindingText(
        report: outcome.report, snapshot: outcome.snapshot, interval: outcome.interval, plan: plan,
        socket: { [tracker] in tracker.number(of: $0).flatMap { tracker.sockets[$0] } }, context: nil)
      answers.append(.findings(text.findings()))
    }
    if !examiner.isBusy, examinedIndex != index {
      if let last = examinedIndex, index < last { examiner.forgetEarlierScans() }
      examinedIndex = index
      if let root = try? series.root(at: index) { examiner.examine(root, isAlone: count == 1) }
    }
    if let (socket, text) = inquiry.take() { answers.append(.verdict(socket: socket, text)) }
    return answers
  }

  /// Plays on from the frame that is shown now.
  private func start() {
    anchor = (index, Clock.monotonicMilliseconds())
    schedule()
  }

  /// Counts the events of the whole series on a thread of its own, for the time line.
  private func countEvents() {
    guard count > 1 else { return }
    var request = request
    request.requiredDetails = []
    counting = BackgroundWork { [series, request] in
      var tracker = SocketTracker(
        ownNamespace: try? series.root(at: 0).ownNamespace, coversAllNamespaces: series.namespaces == .all)
      return series.frames.indices.map { index in
        guard let snapshot = try? series.snapshot(at: index, request) else { return 0 }
        let events = tracker.ingest(snapshot, at: series.frames[index].time)
        tracker.forget(closedBefore: series.frames[index].time)
        return events.count
      }
    }
  }

  private func schedule() {
    guard index + 1 < count else { return }
    if let speed {
      nextStep = anchor.moment + speed.pause(time(anchor.frame).milliseconds(until: time(index + 1)))
    } else {
      let gap = time(index).milliseconds(until: time(index + 1))
      nextStep = Clock.monotonicMilliseconds() + min(max(gap, Self.pause.lowerBound), Self.pause.upperBound)
    }
  }

  /// Moves to the next frame; at the last one it stops.
  private func advance() throws(InspectionError) -> LiveData? {
    guard index + 1 < count else {
      isPlaying = false
      return nil
    }
    snapshot = try series.snapshot(at: index + 1, request)
    index += 1
    let events = observe()
    if index + 1 == count { isPlaying = false }
    schedule()
    return data(events, isJump: false)
  }

  private func jump(to target: Int) throws(InspectionError) -> LiveData {
    let start = target - target % Self.chapter
    // The tracker of the frame itself no longer knows what led to it.
    let mark = savedTrackers.keys.filter { $0 < max(1, target) && $0 <= start }.max() ?? 0
    index = mark
    tracker = savedTrackers[mark] ?? tracker
    snapshot = try series.snapshot(at: mark, request)
    var events: [SocketEvent] = []
    while index < target {
      snapshot = try series.snapshot(at: index + 1, request)
      index += 1
      events = observe()
    }
    return data(events, isJump: true)
  }

  private func observe() -> [SocketEvent] {
    let time = self.time(index)
    let events = tracker.ingest(snapshot, at: time)
    tracker.forget(
      closedBefore: Timestamp(seconds: time.seconds &- Int64(Self.linger / 1000), nanoseconds: time.nanoseconds))
    if index.isMultiple(of: Self.chapter) { savedTrackers[index] = tracker }
    return events
  }

  private func data(_ events: [SocketEvent], isJump: Bool) -> LiveData {
    var data = LiveData(sockets: tracker.sockets, events: events, at: time(index))
    data.snapshot = snapshot
    data.peers = tracker.peers
    data.problems = series.problems + snapshot.problems.filter { showsOwners || !$0.costsOnlyOwners }
    data.place = LivePlace(index: index, count: count, isPlaying: isPlaying)
    data.place?.activity = activity
    data.isJump = isJump
    return data
  }
}
