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

  init(_ socket: TrackedSocket, title: LiveSubject) {
    self.socket = socket.id
    self.title = title
    seen = socket
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
    return [.look(socket: socket.id)] + (socket.hasPortOfItsOwn ? [.inquire(socket: socket.id)] : [])
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
      if detail.latest == nil || detail.before?.time == detail.latest?.time { detail.latest = (time, metrics) }
    }
    panel = .detail(detail)
  }

  /// The title of the panel and as many of its lines as fit.
  mutating func panelFrame() -> [LiveLine] {
    let content = panelLines()
    let last = max(0, content.count - panelRows)
    var first = 0
    var title = ""
    var note = ""
    switch panel {
    case .help(let top):
      first = min(top, last)
      title = "keys"
    case .detail(let detail):
      first = min(detail.top, last)
      note = remark(on: detail)
      // Beside the ends: what is known of the socket, and which lines of how many are shown.
      let room = canvas.columns - TextWidth.columns(note) - (content.count > panelRows ? 18 : 0)
      title = detail.title.text(columns: max(40, room), isASCII: canvas.isASCII)
    case .findings(let chosen):
      first = firstFindingLine(chosen, of: content.count)
      title = settings.findingWords.title
    case nil: break
    }
    var heading = LiveLine(canvas)
    heading.add(title, .selected)
    heading.add(note, .colour(.faint))
    if content.count > panelRows {
      heading.add(atEdge: "\(first + 1)-\(min(first + panelRows, content.count)) of \(content.count)", .colour(.faint))
    }
    var lines = [heading] + content.dropFirst(first).prefix(panelRows)
    while lines.count < panelRows + 1 { lines.append(LiveLine(canvas)) }
    if case .detail(let detail) = panel, hasTwoHalves { addStory(detail, to: &lines, first: first) }
    return lines
  }

  /// What is worth knowing about the socket apart from its ends.
  private func remark(on detail: LiveDetail) -> String {
    func clock(_ time: Timestamp) -> String { LiveText.clock(time, secondsFromUTC: settings.secondsFromUTC) }
    var note = detail.seen.closed.map { "  gone since \(clock($0))" } ?? ""
    if let time = detail.figuresOf { note += "\(note.isEmpty ? "  " : ", ")figures of \(clock(time))" }
    if note.isEmpty, !entries.contains(.socket(detail.socket)) { note = "  its row is hidden" }
    return note
  }

  /// All lines of the panel, which can be scrolled.
  func panelLines() -> [LiveLine] {
    switch panel {
    case .help: return helpLines()
    case .detail(let detail): return detailLines(detail)
    case .findings(let chosen): return findingLines(chosen).lines
    case nil: return []
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

  // MARK: Details

  private func detailLines(_ detail: LiveDetail) -> [LiveLine] {
    let socket = detail.seen
    let snapshot = detail.snapshot ?? Snapshot(sockets: [socket], of: context, peers: trackedPeers)
    if hasTwoHalves {
      let lines = fieldLines(snapshot, detail, columns: canvas.columns / 2 - 2)
      // Blank lines, so that the left half can be scrolled as far as the right half needs.
      return lines + Array(repeating: LiveLine(canvas), count: max(0, storyLines(detail).count - lines.count))
    }
    let explanation = explanationLines(socket, columns: canvas.columns)
    return diagnosisLines(detail, columns: canvas.columns) + historyLines(socket, columns: canvas.columns)
      + explanation.dropFirst().prefix(1)
      + fieldLines(snapshot, detail, columns: canvas.columns) + explanation
  }

  /// Whether there is room for the fields of a socket on the left and its history on the right.
  private var hasTwoHalves: Bool { canvas.columns >= 120 }

  private func storyLines(_ detail: LiveDetail) -> [LiveLine] {
    let columns = canvas.columns - canvas.columns / 2
    return diagnosisLines(detail, columns: columns) + historyLines(detail.seen, columns: columns)
      + explanationLines(detail.seen, columns: columns)
  }

  /// Adds the right half, which stays in place while the left is scrolled, unless it has more lines
  /// than are visible.
  private func addStory(_ detail: LiveDetail, to lines: inout [LiveLine], first: Int) {
    let story = storyLines(detail)
    let hidden = min(first, max(0, story.count - panelRows))
    for (index, part) in story.dropFirst(hidden).prefix(panelRows).enumerated() {
      var line = lines[index + 1].widened(canvas)
      line.fill(to: canvas.columns / 2)
      line.add(drawn: part.bytes[...], columns: part.columns)
      lines[index + 1] = line
    }
  }

  private func historyLines(_ socket: TrackedSocket, columns: Int) -> [LiveLine] {
    var lines = [sectionLine("States so far", columns)]
    let end = socket.closed ?? clock
    for (index, change) in socket.history.enumerated() {
      var line = LiveLine(canvas, columns: columns)
      let until = index + 1 < socket.history.count ? socket.history[index + 1].since : end
      let span = EventLines.duration(change.since.microseconds(until: until))
      let isOpenBegin = index == 0 && socket.wasThere
      let isPresent = index == socket.history.count - 1 && socket.closed == nil
      line.add("  \(historyClock(change.since, columns))  ")
      line.add(change.state.name, .colour(Colour(change.state)))
      line.fill(to: columns < 60 ? 24 : 30)
      line.add(
        isOpenBegin ? "at least \(span)" : isPresent ? "for \(span)" : span)
      lines.append(line)
    }
    if let closed = socket.closed {
      var line = LiveLine(canvas, columns: columns)
      line.add("  \(historyClock(closed, columns))  ")
      line.add("gone", .gone)
      lines.append(line)
    }
    return lines
  }

  private func historyClock(_ time: Timestamp, _ columns: Int) -> String {
    LiveText.clock(time, secondsFromUTC: settings.secondsFromUTC, milliseconds: columns >= 60)
  }

  func sectionLine(_ title: String, _ columns: Int) -> LiveLine {
    var line = LiveLine(canvas, columns: columns)
    line.add(title, .colour(.heading))
    return line
  }

  private func explanationLines(_ socket: TrackedSocket, columns: Int) -> [LiveLine] {
    // The last column stays empty, and lines longer than 100 columns are hard to read.
    let limit = max(20, min(columns, 100) - 1)
    let meaning = settings.meanings[socket.record.state]?.lines(columns: limit) ?? []
    return [sectionLine("What the state means", columns)]
      + meaning.map { text in
        var line = LiveLine(canvas, columns: columns)
        line.add(text)
        return line
      }
  }

  private func fieldLines(_ snapshot: Snapshot, _ detail: LiveDetail, columns: Int) -> [LiveLine] {
    let report = FieldReport(CellWriter(snapshot: snapshot, names: ShownNames()), row: 0)
    var lines: [LiveLine] = []
    for group in report.groups {
      lines.append(sectionLine(group.title, columns))
      for entry in group.entries { lines += entryLines(entry, detail, columns: columns) }
    }
    if !report.unknown.isEmpty {
      lines.append(sectionLine(FieldReport.unknownTitle, columns))
      lines += TextWrap.lines(report.unknown.joined(separator: ", "), columns: columns - 3).map { text in
        var line = LiveLine(canvas, columns: columns)
        line.add("  \(text)", .colour(.faint))
        return line
      }
    }
    return lines
  }

  private func entryLines(_ entry: FieldReport.Entry, _ detail: LiveDetail, columns: Int) -> [LiveLine] {
    let indent = 23
    var lines = entry.lines(columns: max(12, columns - indent)).enumerated().map { index, text in
      var line = LiveLine(canvas, columns: columns)
      if index == 0 { line.add("  \(entry.name)", .colour(.faint)) }
      line.fill(to: indent)
      line.add(text[...])
      return line
    }
    guard var last = lines.popLast() else { return [] }
    if let metric = entry.field.metric, let rate = detail.rate(of: metric) {
      let unit = entry.field.description.unit.map { " \($0)/s" } ?? "/s"
      last.add("  \(rateText(rate))\(unit)", rate > 0 ? .colour(.changed) : .colour(.faint))
    }
    // All of it or nothing: half a sentence explains nothing.
    let summary = entry.field.description.summary
    if max(52, last.columns) + 2 + TextWidth.columns(summary) <= columns {
      last.fill(to: 52)
      last.add("  \(summary)", .colour(.faint))
    }
    return lines + [last]
  }

  private func rateText(_ rate: Double) -> String {
    rate < 10 && rate > 0 ? "\(Double(Int(rate * 10)) / 10)" : LiveText.number(UInt64(min(rate, 1e18)))
  }
}

extension LiveLine {
  /// The same line with room for all of the terminal's columns.
  func widened(_ canvas: LiveCanvas) -> LiveLine {
    var line = LiveLine(canvas)
    line.add(drawn: bytes[...], columns: columns)
    return line
  }
}
