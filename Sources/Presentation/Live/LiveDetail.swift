internal import SocketModel

/// Everything about one socket.
struct LiveDetail: Sendable {
  /// Which.
  let life: UInt64
  /// Its ends, safe to show.
  let title: String
  /// The first line shown.
  var top = 0
  /// The socket as it was seen last, with all that a reading can tell: one row.
  var snapshot: Snapshot?
  /// The figures of the last two readings that differ in time, by which rates are told.
  var before: (time: Timestamp, metrics: TCPMetrics)?
  var latest: (time: Timestamp, metrics: TCPMetrics)?

  init(life: UInt64, title: String) {
    self.life = life
    self.title = title
  }

  /// How much a figure grew in a second; `nil` for one that is no counter, or was read once only.
  func rate(of metric: TCPMetric) -> Double? {
    guard metric.isCounter, let before, let latest, let old = before.metrics[metric], let new = latest.metrics[metric],
      new >= old
    else { return nil }
    let micro = before.time.microsecondsUntil(latest.time)
    return micro == 0 ? nil : Double(new - old) * 1_000_000 / Double(micro)
  }
}

extension TCPMetric {
  /// Whether the figure only ever grows.
  fileprivate var isCounter: Bool {
    switch self {
    case .totalRetransmits, .bytesAcked, .bytesReceived, .segmentsOut, .segmentsIn, .dataSegmentsIn, .dataSegmentsOut,
      .delivered, .deliveredCE, .bytesSent, .bytesRetransmitted, .dsackDuplicates, .reorderingSeen, .receiveOutOfOrder,
      .rehash, .totalRTO, .totalRTORecoveries:
      true
    default: false
    }
  }
}

extension LiveModel {
  mutating func openDetail() -> [LiveEffect] {
    arrangeIfNeeded()
    if selectedLife == nil { moveSelection(by: 1) }
    guard let life = selectedLife else { return [] }
    panel = .detail(LiveDetail(life: life.id, title: subject(of: life)))
    return [.look(life: life.id)]
  }

  /// The transport and ends of a socket, safe to show.
  func subject(of life: SocketLife) -> String {
    let snapshot = Snapshot(lives: [life], of: context)
    let cells = CellWriter(snapshot: snapshot, names: ShownNames())
    var subject = Array("\(life.record.transport.name) ".utf8)
    _ = cells.append(.local, snapshot.records[0], row: 0, to: &subject)
    if life.record.hasPeer {
      subject.append(ascii: " > ")
      _ = cells.append(.peer, snapshot.records[0], row: 0, to: &subject)
    }
    return String(decoding: subject, as: UTF8.self)
  }

  mutating func takeDetail(_ life: UInt64, _ snapshot: Snapshot, at time: Timestamp) {
    guard case .detail(var detail) = panel, detail.life == life, !snapshot.records.isEmpty else { return }
    detail.snapshot = snapshot
    if let metrics = snapshot.detail(at: 0)?.tcp {
      // Of two readings in one moment no rate can be told.
      if let latest = detail.latest, latest.time.milliseconds(until: time) >= 200 { detail.before = latest }
      if detail.latest == nil || detail.before?.time == detail.latest?.time { detail.latest = (time, metrics) }
    }
    panel = .detail(detail)
  }

  /// The title of the panel and as many of its lines as there is room for.
  mutating func panelFrame() -> [LiveLine] {
    let content = panelLines()
    let last = max(0, content.count - panelRows)
    var first = 0
    var title = ""
    switch panel {
    case .help(let top):
      first = min(top, last)
      title = "keys"
    case .detail(let detail):
      first = min(detail.top, last)
      title = (lives[detail.life] == nil ? "forgotten: " : "") + detail.title
    case nil: break
    }
    var heading = LiveLine(canvas)
    heading.add(title, .selected)
    if content.count > panelRows {
      heading.add(atEdge: "\(first + 1)-\(min(first + panelRows, content.count)) of \(content.count)", .colour(.faint))
    }
    var lines = [heading] + content.dropFirst(first).prefix(panelRows)
    while lines.count < panelRows + 1 { lines.append(LiveLine(canvas)) }
    return lines
  }

  /// All lines of the panel.
  func panelLines() -> [LiveLine] {
    switch panel {
    case .help: return helpLines()
    case .detail(let detail): return detailLines(detail)
    case nil: return []
    }
  }

  private func helpLines() -> [LiveLine] {
    let indent = 14
    return LiveKeys.all.flatMap { entry in
      let meaning = LiveText.wrap(
        entry.meaning.filter { $0 != "`" }, columns: max(16, min(canvas.columns, 100) - indent - 1))
      return meaning.enumerated().map { index, text in
        var line = LiveLine(canvas)
        if index == 0 { line.add(entry.keys, .strong) }
        line.fill(to: indent)
        line.add(text)
        return line
      }
    }
  }

  // MARK: Details

  private func detailLines(_ detail: LiveDetail) -> [LiveLine] {
    guard let life = lives[detail.life] else {
      return detail.snapshot.map { fieldLines($0, detail, columns: canvas.columns) } ?? []
    }
    let snapshot = detail.snapshot ?? Snapshot(lives: [life], of: context)
    guard canvas.columns >= 120 else {
      let explanation = explanationLines(life, columns: canvas.columns)
      return historyLines(life, columns: canvas.columns) + explanation.dropFirst().prefix(1)
        + fieldLines(snapshot, detail, columns: canvas.columns) + explanation
    }
    let half = canvas.columns / 2
    let left = fieldLines(snapshot, detail, columns: half - 2)
    let right =
      historyLines(life, columns: canvas.columns - half) + explanationLines(life, columns: canvas.columns - half)
    return (0..<max(left.count, right.count)).map { index in
      var line = index < left.count ? left[index] : LiveLine(canvas)
      line = line.widened(canvas)
      if index < right.count {
        line.fill(to: half)
        line.add(drawn: right[index].bytes[...], columns: right[index].columns)
      }
      return line
    }
  }

  private func historyLines(_ life: SocketLife, columns: Int) -> [LiveLine] {
    var lines = [sectionLine("States so far", columns)]
    let end = life.closed ?? clock
    for (index, passage) in life.history.enumerated() {
      var line = LiveLine(canvas, columns: columns)
      let until = index + 1 < life.history.count ? life.history[index + 1].since : end
      let span = EventLines.duration(passage.since.microsecondsUntil(until))
      let isOpenBegin = index == 0 && life.wasThere
      line.add("  \(historyClock(passage.since, columns))  ")
      line.add(passage.state.name, .colour(Colour(passage.state)))
      line.fill(to: columns < 60 ? 24 : 30)
      line.add(
        isOpenBegin ? "at least \(span)" : index == life.history.count - 1 && life.closed == nil ? "for \(span)" : span)
      lines.append(line)
    }
    if let closed = life.closed {
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

  private func sectionLine(_ title: String, _ columns: Int) -> LiveLine {
    var line = LiveLine(canvas, columns: columns)
    line.add(title, .colour(.heading))
    return line
  }

  private func explanationLines(_ life: SocketLife, columns: Int) -> [LiveLine] {
    [sectionLine("What the state means", columns)]
      + rules.explain(life.record.state, min(columns, 100)).map { text in
        var line = LiveLine(canvas, columns: columns)
        line.add(text)
        return line
      }
  }

  private func fieldLines(_ snapshot: Snapshot, _ detail: LiveDetail, columns: Int) -> [LiveLine] {
    let cells = CellWriter(snapshot: snapshot, names: ShownNames())
    var lines: [LiveLine] = []
    var unknown: [String] = []
    for group in ColumnList.Group.allCases {
      var known: [LiveLine] = []
      for field in group.fields {
        let description = field.description
        var value: [UInt8] = []
        _ = cells.append(field, snapshot.records[0], row: 0, to: &value)
        guard value != [0x2D] else {
          unknown.append(description.name)
          continue
        }
        var line = LiveLine(canvas, columns: columns)
        line.add("  \(description.name)", .colour(.faint))
        line.fill(to: 20)
        line.add(" ")
        line.add(value[...])
        if let unit = description.unit, !isPlain(field, snapshot) { line.add(" \(unit)", .colour(.faint)) }
        if case .tcp(let metric) = field, let rate = detail.rate(of: metric) {
          line.add("  \(rateText(rate)) \(description.unit ?? "")/s", .colour(.changed))
        }
        if field == .tcp(.congestionState) || columns >= 90 {
          line.fill(to: 50)
          line.add("  \(description.summary)", .colour(.faint))
        }
        known.append(line)
      }
      if !known.isEmpty { lines += [sectionLine(group.rawValue, columns)] + known }
    }
    if !unknown.isEmpty {
      lines.append(sectionLine("Not known, or without meaning here", columns))
      lines += LiveText.wrap(unknown.joined(separator: ", "), columns: columns - 3).map { text in
        var line = LiveLine(canvas, columns: columns)
        line.add("  \(text)", .colour(.faint))
        return line
      }
    }
    return lines
  }

  /// Whether a number has no unit with this socket: the queues of a listener count connections.
  private func isPlain(_ field: Field, _ snapshot: Snapshot) -> Bool {
    (field == .receiveQueue || field == .sendQueue) && snapshot.records[0].isInternetListener
  }

  private func rateText(_ rate: Double) -> String {
    rate < 10 && rate > 0 ? "\(Double(Int(rate * 10)) / 10)" : LiveText.number(UInt64(min(rate, 1e18)))
  }
}

extension LiveLine {
  /// The same line with all of the terminal's columns to go on.
  func widened(_ canvas: LiveCanvas) -> LiveLine {
    var line = LiveLine(canvas)
    line.add(drawn: bytes[...], columns: columns)
    return line
  }
}
