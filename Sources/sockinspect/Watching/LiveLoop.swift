import CommandLine
import Inspection
import KernelFormats
import LinuxSystem
import LiveView
import Rendering
import SocketModel
import Text

/// Waits for keys, signals, sources and time, passes them to the view's model, carries out the
/// effects it returns, and updates the terminal.
struct LiveLoop {
  private var model: LiveModel
  private var feed: any LiveFeed
  /// Makes a feed of all network namespaces or only of this one; `nil` where that cannot change.
  private let makeFeed: ((_ coversAllNamespaces: Bool) throws -> any LiveFeed)?
  /// Whether the descriptors of the feed are not waited for yet.
  private var isFeedNew = true
  private let names = LiveNameLookUp()
  private let terminal: ScreenTerminal
  private let signals: TerminalSignals
  private var decoder = KeyDecoder()
  private var isOver = false
  private var pacing = FramePacing()
  private var lastByte = 0
  /// When it ends by itself, in milliseconds of the monotonic clock; `nil` for never.
  private let end: Int?
  /// The processes that the dialog about a signal offers, held from the question to its answer.
  private var asked: [Int32: ProcessSignal.Target] = [:]

  private enum Tag {
    static let keys: UInt64 = 0
    static let signals: UInt64 = 1
    static let source: UInt64 = 2
  }

  /// Makes a loop that ends by itself after `lifetime` milliseconds, if that is not `nil`.
  init(
    _ model: LiveModel, feed: any LiveFeed, terminal: ScreenTerminal, signals: TerminalSignals, lifetime: Int?,
    makeFeed: ((_ coversAllNamespaces: Bool) throws -> any LiveFeed)? = nil
  ) throws {
    self.model = model
    self.feed = feed
    self.makeFeed = makeFeed
    self.terminal = terminal
    self.signals = signals
    end = lifetime.map { Clock.monotonicMilliseconds() + $0 }
  }

  /// Runs until the user ends it.
  mutating func run() throws {
    let queue = try ReadinessQueue()
    try queue.add(terminal.descriptor.number, for: .reading, tag: Tag.keys)
    try queue.add(signals.descriptor.number, for: .reading, tag: Tag.signals)
    var ready: [ReadinessQueue.Event] = []
    try send(.data(feed.current()))
    try draw()
    while !isOver {
      // The deadline is the one from before the wait: a source that always asks for another poll
      // never returns 0 here.
      if isFeedNew {
        for descriptor in feed.descriptors { try queue.add(descriptor, for: .reading, tag: Tag.source) }
        isFeedNew = false
      }
      let due = feed.millisecondsLeft.map { Clock.monotonicMilliseconds() + $0 } ?? .max
      try queue.wait(milliseconds: timeLeft(until: due), into: &ready)
      try send(.tick(.now))
      if ready.contains(where: { $0.tag == Tag.signals }) { try takeSignals() }
      let hadKeys = ready.contains { $0.tag == Tag.keys } ? try takeKeys() : false
      if let patience = decoder.patience, Clock.monotonicMilliseconds() - lastByte >= patience {
        for key in decoder.timeOut() { try send(.key(key)) }
        pacing.isStale = true
        try draw()
      }
      // Keys are answered before sources, which may take their time.
      if hadKeys, !isOver {
        try draw()
        // The next letter of a filter should find its rows made.
        if case .filter = model.prompt { model.prepareRows() }
      }
      if let found = names.take() {
        try send(.names(found))
        pacing.isStale = true
      }
      if Clock.monotonicMilliseconds() >= due || ready.contains(where: { $0.tag == Tag.source }) {
        feed.needsWholeScans = model.showsTimers
        model.releaseSockets()
        let data = try feed.poll()
        if !model.isOld(data) { pacing.isStale = true }
        try send(.data(data))
        for answer in feed.takeAnswers() {
          try send(answer)
          pacing.isStale = true
        }
      }
      let now = Clock.monotonicMilliseconds()
      if let end, now >= end { isOver = true }
      if !isOver, now >= pacing.deadline(isBusy: feed.isBusy) { try draw() }
    }
  }

  private func timeLeft(until due: Int) -> Int {
    let now = Clock.monotonicMilliseconds()
    var left = min(pacing.deadline(isBusy: feed.isBusy), due) - now
    if names.isBusy { left = min(left, LiveNameLookUp.pause) }
    if let patience = decoder.patience { left = min(left, lastByte + patience - now) }
    if let end { left = min(left, end - now) }
    return max(0, left)
  }

  private mutating func draw() throws {
    let start = Clock.monotonicMilliseconds()
    let bytes = model.frame()
    // After a partial write it is unknown what the terminal shows.
    if !bytes.isEmpty, try !terminal.write(bytes) { try send(.disturbed) }
    pacing.drew(from: start, to: Clock.monotonicMilliseconds())
  }

  // MARK: Input

  private mutating func send(_ event: LiveEvent) throws {
    for effect in model.update(event) { try perform(effect) }
  }

  /// Takes what was typed.
  ///
  /// - Returns: whether there is a key in it: an Escape may begin one that is not complete yet.
  private mutating func takeKeys() throws -> Bool {
    lastByte = Clock.monotonicMilliseconds()
    guard let bytes = try terminal.read() else {
      isOver = true
      return false
    }
    let keys = decoder.decode(bytes)
    for key in keys where !isOver {
      if case .background(let red, let green, let blue) = key {
        takeBackground(red, green, blue)
      } else {
        try send(.key(key))
      }
    }
    return !keys.isEmpty
  }

  /// Uses the colours for the background that the terminal has.
  private mutating func takeBackground(_ red: UInt16, _ green: UInt16, _ blue: UInt16) {
    terminal.takeAnswer()
    guard model.canvas.usesColour else { return }
    let full = Double(UInt16.max)
    model.canvas.palette = Palette(forBackground: Double(red) / full, Double(green) / full, Double(blue) / full)
  }

  private mutating func takeSignals() throws {
    while let event = signals.next() {
      switch event {
      case .end: isOver = true
      case .suspend: try suspend(asGroup: false)
      case .resume:
        // The program that resumed this one may have used the terminal meanwhile.
        try terminal.enter()
        try begin()
      case .resize: try begin()
      }
    }
  }

  private mutating func suspend(asGroup: Bool) throws {
    try terminal.suspend(asGroup: asGroup)
    try begin()
  }

  /// Draws everything from scratch, at the current size of the terminal.
  private mutating func begin() throws {
    let size = terminal.size
    try send(.disturbed)
    try send(.resized(columns: size.columns, rows: size.rows))
    try draw()
  }

  // MARK: Effects

  private mutating func perform(_ effect: LiveEffect) throws {
    switch effect {
    case .quit: isOver = true
    case .suspend: try suspend(asGroup: true)
    case .refresh: try send(.data(feed.current()))
    case .play(let isPlaying):
      model.releaseSockets()
      try send(.data(try feed.play(isPlaying)))
    case .step(let count):
      model.releaseSockets()
      if let data = try feed.step(count) {
        try send(.data(data))
      } else {
        try send(.data(feed.current()))
        try send(.outcome(count < 0 ? "this is the first capture" : "this is the last capture", isTrouble: false))
      }
    case .seek(let step):
      model.releaseSockets()
      let isFound = model.selectsAny
      let data = try feed.seek(step) { isFound($0) }
      try send(.data(data ?? feed.current()))
      if data == nil {
        let place = step < 0 ? "before this capture" : "after this capture"
        try send(.outcome("nothing that is selected happened \(place)", isTrouble: false))
      }
    case .look(let id):
      guard let socket = model.socket(id) else { break }
      let (snapshot, time) = feed.look(at: socket)
      try send(.detail(socket: id, snapshot, at: time))
    case .inquire(let id):
      if let socket = model.socket(id) { feed.inquire(about: socket) }
    case .identify(let id, let pids): try send(.identified(socket: id, starts: hold(pids)))
    case .identifyTagged(let ids, let pids): try send(.identifiedTagged(ids, starts: hold(pids)))
    case .closeAll(let records): try closeAll(records)
    case .signalAll(let number, let processes): try signalAll(number, processes)
    case .lookUpHosts(let records): names.begin(records)
    case .lookUpLocalNames(let records): try send(.names(.local(for: records)))
    case .copy(let text):
      if let bytes = TerminalClipboard.copying(text.utf8) { _ = try terminal.write(bytes) }
    case .save(let columns, let widths, let sort): try save(columns, widths, sort)
    case .cover(let all): try cover(all)
    case .close(let record):
      var failure: SocketClosing.Failure?
      do throws(SocketClosing.Failure) { try SocketClosing.close(record) } catch { failure = error }
      try send(.outcome(failure.map { "\($0)" } ?? "the socket was closed", isTrouble: failure != nil))
    case .signal(let number, let pid, let startTime, let name):
      var failure: String? = ProcessSignal.hasEnded
      if let target = asked[pid] { failure = target.send(number, startedAt: startTime) }
      asked = [:]
      let target = "\(Escaping.text(name))[\(pid)]"
      try send(.outcome(failure.map { "\(target): \($0)" } ?? "\(target) got the signal", isTrouble: failure != nil))
    case .write(let path, let bytes, let replacing): try write(path, bytes, replacing: replacing)
    }
    pacing.isStale = true
  }

  private mutating func save(_ columns: [Field], _ widths: [Field: Int], _ sort: String?) throws {
    guard let path = LiveSettingsFile.path(in: { environmentVariable($0) }) else {
      return try send(
        .outcome("there is no place for the settings file: set HOME or XDG_CONFIG_HOME", isTrouble: true))
    }
    do throws(SystemError) {
      try LiveSettingsFile.change(path) { file in
        file.set("columns", to: columns.map(\.description.name).joined(separator: ","))
        let limits = widths.map { "\($0.description.name)=\($1)" }.sorted().joined(separator: ",")
        if widths.isEmpty { file.remove("widths") } else { file.set("widths", to: limits) }
        if let sort { file.set("sort", to: sort) } else { file.remove("sort") }
      }
    } catch {
      return try send(.outcome(escaped("cannot write \(path): \(error.reason)"), isTrouble: true))
    }
    try send(.outcome(escaped("saved in \(path)"), isTrouble: false))
  }

  /// Watches the sockets of all network namespaces, or only those of this one, from now on.
  private mutating func cover(_ all: Bool) throws {
    guard let makeFeed else { return }
    do {
      let new = try makeFeed(all)
      model.releaseSockets()
      feed = new
      isFeedNew = true
      model.cover(allNamespaces: all)
      var data = feed.current()
      data.isJump = true
      try send(.data(data))
    } catch let error as InspectionError {
      model.refuseCovering("\(error)")
    }
  }

  /// Holds processes from a question about them to its answer, and returns when each started.
  private mutating func hold(_ pids: [Int32]) -> [Int32: UInt64] {
    asked = [:]
    var starts: [Int32: UInt64] = [:]
    for pid in pids {
      guard let target = try? ProcessSignal.Target(pid) else { continue }
      asked[pid] = target
      starts[pid] = target.startTime
    }
    return starts
  }

  private mutating func closeAll(_ records: [SocketRecord]) throws {
    var failures: [String] = []
    for record in records {
      do throws(SocketClosing.Failure) { try SocketClosing.close(record) } catch { failures.append("\(error)") }
    }
    try sendOutcome("closed", records.count, failures)
  }

  private mutating func signalAll(_ number: Int32, _ processes: [LiveProcess]) throws {
    var failures: [String] = []
    for process in processes {
      var failure: String? = ProcessSignal.hasEnded
      if let target = asked[process.pid] { failure = target.send(number, startedAt: process.startTime) }
      if let failure { failures.append("\(Escaping.text(process.name))[\(process.pid)]: \(failure)") }
    }
    asked = [:]
    try sendOutcome("sent to", processes.count, failures)
  }

  /// Reports what was done to several targets, with the first reason why something was not.
  private mutating func sendOutcome(_ done: String, _ count: Int, _ failures: [String]) throws {
    let number = failures.isEmpty ? (count == 1 ? "it" : "all \(count)") : "\(count - failures.count) of \(count)"
    let reason = failures.first.map { "; \($0)" } ?? ""
    try send(.outcome("\(done) \(number)\(reason)", isTrouble: !failures.isEmpty))
  }

  private mutating func write(_ path: String, _ bytes: [UInt8], replacing: Bool) throws {
    // The path does not pass through a shell, so `~` is expanded here.
    var name = path
    if path.hasPrefix("~/"), let home = environmentVariable("HOME"), !home.isEmpty {
      name = home + path.dropFirst()
    }
    if !replacing, (try? Descriptor.open(name, for: .directory)) != nil {
      return try send(.outcome(escaped("\(path) is a folder: name a file in it"), isTrouble: true))
    }
    do throws(SystemError) {
      let file = try Descriptor.open(name, for: replacing ? .replacing : .creating)
      try file.writeAll(bytes.span)
    } catch {
      if let target = Descriptor.linkTarget(of: name) {
        let text = escaped("\(path) is a link to \(String(decoding: target, as: UTF8.self)): name the file itself")
        return try send(.outcome(text, isTrouble: true))
      }
      if error.isPresent, !replacing { return try send(.fileExists(path)) }
      return try send(.outcome(escaped("cannot write \(path): \(error.reason)"), isTrouble: true))
    }
    try send(.outcome("wrote \(escaped(path))", isTrouble: false))
  }
}

/// Signals for processes that are identified by id and start time.
enum ProcessSignal {
  /// The message about a process that has ended.
  static let hasEnded = "it has ended already"

  /// A process that is held open, so that no process that gets its id later is mistaken for it.
  final class Target {
    private let process: ProcessHandle
    /// When it started, in clock ticks since boot.
    let startTime: UInt64

    /// Opens the process that has the id now, and then reads its start time: if the process ends in
    /// between, a signal reaches nobody.
    ///
    /// - Throws: `SystemError` when there is no such process, or when /proc does not provide it.
    init(_ pid: Int32) throws(SystemError) {
      process = try ProcessHandle(pid)
      var bytes: [UInt8] = []
      try Descriptor.open("/proc/\(pid)/stat").readAll(into: &bytes, limit: 4096)
      guard let stat = try? ProcessStat(parsing: bytes.span) else {
        throw SystemError("read", "/proc/\(pid)/stat", code: 3)
      }
      startTime = stat.startTime
    }

    /// Sends it a signal if it is the process that started at that time.
    ///
    /// - Returns: why it was not sent; `nil` when it was.
    func send(_ number: Int32, startedAt start: UInt64) -> String? {
      guard startTime == start else { return "it has ended, and the number is another process's now" }
      do throws(SystemError) {
        try process.send(signal: number)
        return nil
      } catch {
        if error.isGone { return ProcessSignal.hasEnded }
        return error.isForbidden ? "it is another user's: run sockinspect as root" : error.description
      }
    }
  }
}
