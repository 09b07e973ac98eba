import Rendering
internal import SocketModel
internal import Text

/// Everything about one socket.
struct LiveDetail: Sendable {
  /// The number of the socket.
  let socket: UInt64
  let title: LiveSubject
  /// The first visible line.
  var top = 0
  /// Whether its findings are to be visible, until a key scrolls.
  var aimsAtFindings = false
  /// The socket as it was last seen: the view forgets an ended socket before a person has finished
  /// reading about it.
  var seen: TrackedSocket
  /// The socket as it was last seen, as one row with everything that a scan can provide.
  var snapshot: Snapshot?
  /// The time of the figures, when the newest scan had none: a socket that has ended or is in
  /// TIME_WAIT has none.
  var figuresOf: Timestamp?
  /// The figures of the last two scans at different times, from which rates are computed.
  var before: (time: Timestamp, metrics: TCPMetrics)?
  var latest: (time: Timestamp, metrics: TCPMetrics)?
  /// Who has its port, and why, once that is known.
  var verdict: LabelledText?
  /// What it received and sent a second, from look to look, the oldest first.
  var received: [Double] = []
  var sent: [Double] = []
  private static let longestCourse = 120

  init(_ socket: TrackedSocket, title: LiveSubject) {
    self.socket = socket.id
    self.title = title
    seen = socket
  }

  /// Notes the rates between the last two looks.
  mutating func noteRates() {
    if let rate = rate(of: .bytesReceived) { received = (received + [rate]).suffix(Self.longestCourse) }
    if let rate = rate(of: .bytesAcked) { sent = (sent + [rate]).suffix(Self.longestCourse) }
  }

  /// How much a figure grew per second; `nil` if it is not a counter, or was read only once.
  func rate(of metric: TCPMetric) -> Double? {
    guard metric.description.isCounter, let before, let latest, let old = before.metrics[metric],
      let new = latest.metrics[metric],
      new >= old
    else { return nil }
    let micro = before.time.microseconds(until: latest.time)
    return micro == 0 ? nil : Double(new - old) * 1_000_000 / Double(micro)
  }
}

extension LiveModel {
  mutating func openDetail() -> [LiveEffect] {
    arrangeIfNeeded()
    if selectedSocket == nil { moveSelection(by: 1) }
    guard let socket = selectedSocket else { return [] }
    return openDetail(of: socket)
  }

  mutating func openDetail(of socket: TrackedSocket) -> [LiveEffect] {
    panel = .detail(LiveDetail(socket, title: LiveSubject(socket, of: context)))
    return [.look(socket: socket.id)] + localNameEffects(of: socket)
      + (socket.hasPortOfItsOwn ? [.inquire(socket: socket.id)] : [])
  }

  mutating func takeDetail(_ socket: UInt64, _ snapshot: Snapshot, at time: Timestamp) {
    guard case .detail(var detail) = panel, detail.socket == socket, !snapshot.records.isEmpty else { return }
    let former = detail.snapshot?.detail(at: 0)
    detail.snapshot = snapshot
    if snapshot.detail(at: 0) == nil, let former, snapshot.records[0].transport == detail.seen.record.transport {
      // The last figures of a connection show how it ended.
      detail.snapshot?.records[0].detailIndex = UInt32(truncatingIfNeeded: snapshot.details.count)
      detail.snapshot?.details.append(former)
      detail.figuresOf = detail.figuresOf ?? detail.latest?.time
      detail.before = nil
    } else {
      detail.figuresOf = nil
    }
    if let metrics = snapshot.detail(at: 0)?.tcp {
      // Two scans at the same moment give no rate.
      if let latest = detail.latest, latest.time.milliseconds(until: time) >= 200 { detail.before = latest }
      if detail.latest == nil || detail.before?.time == detail.latest?.time {
        detail.latest = (time, metrics)
        detail.noteRates()
      }
    }
    panel = .detail(detail)
  }

  /// The title of the panel and as many of its lines as fit.
  mutating func panelFrame() -> [LiveLine] {
    let content = panelColumns()
    let count = rowCount(content.left, content.right)
    let last = max(0, count - panelRows)
    var first = 0
    var title = ""
    var note = ""
    switch panel {
    case .help(let top):
      first = min(top, last)
      title = "keys"
    case .detail(let detail):
      first = firstLine(of: detail, in: content.left, last: last)
      note = remark(on: detail)
      // Beside the ends: what is known of the socket, and which lines of how many are shown.
      let room = canvas.columns - TextWidth.columns(note) - (count > panelRows ? 18 : 0)
      title = detail.title.text(columns: max(40, room), isASCII: canvas.isASCII)
    case .findings(let chosen):
      first = firstFindingLine(chosen, of: count)
      title = settings.findingWords.title
    case .columns(let choice):
      first = max(0, min(choice.chosen - panelRows / 2, last))
      title = "columns"
      note = message.map { "  \($0.text)" } ?? ""
    case nil: break
    }
    var heading = LiveLine(canvas)
    heading.add(title, .selected)
    heading.add(note, .colour(.faint))
    if count > panelRows {
      heading.add(atEdge: "\(first + 1)-\(min(first + panelRows, count)) of \(count)", .colour(.faint))
    }
    return [heading] + joined(content.left, content.right, first: first)
  }

  /// What is worth knowing about the socket apart from its ends.
  private func remark(on detail: LiveDetail) -> String {
    func clock(_ time: Timestamp) -> String { LiveText.clock(time, secondsFromUTC: settings.secondsFromUTC) }
    var note = detail.seen.closed.map { "  gone since \(clock($0))" } ?? ""
    if let time = detail.figuresOf { note += "\(note.isEmpty ? "  " : ", ")figures of \(clock(time))" }
    if note.isEmpty, !entries.contains(.socket(detail.socket)) { note = "  its row is hidden" }
    return note
  }

  /// All lines of the panel, which can be scrolled, in one or two columns.
  func panelColumns() -> (left: [LiveLine], right: [LiveLine]) {
    switch panel {
    case .help: return (helpLines(), [])
    case .detail(let detail): return detailColumns(detail)
    case .findings(let chosen): return (findingLines(chosen).lines, [])
    case .columns(let choice): return (columnLines(choice), [])
    case nil: return ([], [])
    }
  }

  private func helpLines() -> [LiveLine] {
    LiveKeys.all.flatMap { glossaryLines($0.keys, $0.meaning.filter { $0 != "`" }, indent: 14) } + markLines()
      + originLines()
  }

  /// What the marks of rows, the colours of states and the plots above the table mean.
  private func markLines() -> [LiveLine] {
    let marks = LiveKeys.marks.flatMap { glossaryLines($0.keys, $0.meaning, indent: 14) }
    let colours = LiveKeys.colours.map { colour, meaning in
      var line = LiveLine(canvas)
      line.fill(to: 14)
      line.add(meaning, .colour(colour))
      return line
    }
    return [LiveLine(canvas), sectionLine("Marks, plots and colours", canvas.columns)] + marks
      + (canvas.usesColour ? colours : [])
  }

  private func glossaryLines(_ term: String, _ meaning: String, indent: Int) -> [LiveLine] {
    TextWrap.lines(meaning, columns: max(16, min(canvas.columns, 100) - indent - 1)).enumerated().map { index, text in
      var line = LiveLine(canvas)
      if index == 0 { line.add(term, .strong) }
      line.fill(to: indent)
      line.add(text)
      return line
    }
  }

  /// The sources of events, what cannot be seen, and what would show it: everything for which the
  /// line above the table is too short.
  private func originLines() -> [LiveLine] {
    guard !settings.isReplay || !problems.isEmpty else { return [] }
    var lines = [LiveLine(canvas), sectionLine("What is seen", canvas.columns)]
    for source in sources {
      let state = source.obstacle.map { "not in use: \(Escaping.text($0))" } ?? "in use: \(source.source.meaning)"
      lines += glossaryLines(source.source.words, state, indent: 18)
    }
    if awaitsFirstScan { lines += glossaryLines("scan", Self.firstScan, indent: 18) }
    for problem in shownProblems {
      let advice = ProblemText.advice(for: problem, command: settings.commandLine).map { "; \($0)" } ?? ""
      let text = Escaping.text(ProblemText.sentence(of: problem) + (settings.isReplay ? "" : advice))
      lines += glossaryLines(problem.costsOnlyOwners ? "owners" : "scan", text, indent: 18)
    }
    if !sources.isEmpty, !rootShows.isEmpty {
      lines += glossaryLines("to see more", "run it as root: \(settings.rootLine)", indent: 18)
    }
    return lines
  }
}
