internal import Rendering
internal import SocketModel
internal import Text

// What the details of a socket say, in the order in which they are of use.
extension LiveModel {
  /// Whether there is room for two columns: what people look for first, and all fields.
  var hasTwoHalves: Bool { canvas.columns >= 120 }

  /// The lines of the details: in one column, or what people look for first and all fields beside it.
  func detailColumns(_ detail: LiveDetail) -> (left: [LiveLine], right: [LiveLine]) {
    let snapshot = shownSnapshot(of: detail)
    guard hasTwoHalves else {
      let lines =
        summaryLines(detail, snapshot, columns: canvas.columns)
        + fieldLines(snapshot, detail, columns: canvas.columns)
        + explanationLines(detail.seen, columns: canvas.columns)
      return (lines, [])
    }
    let columns = canvas.columns / 2 - 2
    return (
      summaryLines(detail, snapshot, columns: columns) + explanationLines(detail.seen, columns: columns),
      fieldLines(snapshot, detail, columns: canvas.columns - canvas.columns / 2)
    )
  }

  /// The first visible line of the details, of which `last` is the last that can be first.
  func firstLine(of detail: LiveDetail, in lines: [LiveLine], last: Int) -> Int {
    guard detail.aimsAtFindings else { return min(detail.top, last) }
    let title = sectionLine(settings.findingWords.section, canvas.columns).bytes
    guard let place = lines.firstIndex(where: { $0.bytes == title }) else { return 0 }
    // As far from the beginning as the first half of the findings needs.
    return max(0, min(place - panelRows / 2, last))
  }

  /// How many rows both columns take beside each other.
  func rowCount(_ left: [LiveLine], _ right: [LiveLine]) -> Int {
    right.isEmpty ? left.count : max(left.count, right.count + left.count(where: takesWholeRow))
  }

  /// Whether a line of the left column leaves nothing beside it: a command, which is not broken.
  private func takesWholeRow(_ line: LiveLine) -> Bool { line.columns >= canvas.columns / 2 }

  /// The visible lines of both columns. Each is scrolled as far as it needs.
  func joined(_ left: [LiveLine], _ right: [LiveLine], first: Int) -> [LiveLine] {
    func visible(_ lines: [LiveLine], _ rows: Int) -> ArraySlice<LiveLine> {
      lines.dropFirst(min(first, max(0, lines.count - rows))).prefix(rows)
    }
    let left = Array(visible(left, panelRows))
    var beside = visible(right, max(0, panelRows - left.count(where: takesWholeRow)))
    return (0..<panelRows).map { row in
      guard row >= left.count || !takesWholeRow(left[row]), let next = beside.popFirst() else {
        return row < left.count ? left[row] : LiveLine(canvas)
      }
      var line = row < left.count ? left[row].widened(canvas) : LiveLine(canvas)
      line.fill(to: canvas.columns / 2)
      line.add(drawn: next.bytes[...], columns: next.columns)
      return line
    }
  }

  private func shownSnapshot(of detail: LiveDetail) -> Snapshot {
    detail.snapshot ?? Snapshot(sockets: [detail.seen], of: context, peers: trackedPeers)
  }

  // MARK: What people look for first

  private func summaryLines(_ detail: LiveDetail, _ snapshot: Snapshot, columns: Int) -> [LiveLine] {
    let socket = detail.seen
    return ownerLines(snapshot, columns) + endLines(snapshot, columns) + stateLines(socket, columns)
      + trafficLines(detail, snapshot, columns) + diagnosisLines(detail, columns: columns)
  }

  /// One line of a section: a name and a value, which continues in the next line where it is long.
  private func valueLines(
    _ name: String, _ value: some Sequence<UInt8>, _ columns: Int, _ style: LiveStyle = .plain
  ) -> [LiveLine] {
    let indent = 14
    let limit = max(12, columns - indent - 1)
    let lines = TextWrap.lines(String(decoding: Array(value), as: UTF8.self), columns: limit)
    // An address or a path may be wider than a line.
    return lines.flatMap { TextWrap.pieces(Array($0.utf8)[...], columns: limit) }.enumerated().map { index, text in
      var line = LiveLine(canvas, columns: columns)
      if index == 0 { line.add("  \(name)", .colour(.faint)) }
      line.fill(to: indent)
      line.add(text, style)
      return line
    }
  }

  /// The cells of some fields that have a value.
  private func cellLines(_ fields: [(String, Field)], _ snapshot: Snapshot, _ columns: Int) -> [LiveLine] {
    let cells = CellWriter(snapshot: snapshot, names: names)
    return fields.enumerated().flatMap { index, field -> [LiveLine] in
      var value: [UInt8] = []
      _ = cells.append(field.1, snapshot.records[0], row: 0, to: &value)
      if value == [ASCII.hyphen] { return [] }
      let lines = valueLines(field.0, value, columns, index == 0 ? .strong : .plain)
      guard lines.count > Self.longestValue, var last = lines.prefix(Self.longestValue).last else { return lines }
      // All of it is among the fields.
      last = last.ending(canvas, columns: columns)
      return lines.prefix(Self.longestValue - 1) + [last]
    }
  }

  /// The most lines that one value takes, such as a long command.
  private static let longestValue = 2

  private func ownerLines(_ snapshot: Snapshot, _ columns: Int) -> [LiveLine] {
    let fields: [(String, Field)] = [
      ("owner", .owners), ("command", .command), ("running for", .age), ("as user", .processUser),
      ("workload", .workload),
    ]
    var lines = cellLines(fields, snapshot, columns)
    if snapshot.ownerRange(at: 0).isEmpty {
      // What could not be read may have it.
      let obstacle = problems.first(where: \.costsOnlyOwners).map { ProblemText.sentence(of: $0) }
      let unknown = obstacle.map { "not known: \(Escaping.text($0))" } ?? "no process is known to have it"
      let reason = snapshot.records[0].canHaveOwner ? unknown : "no process can have it"
      lines = valueLines("owner", reason.utf8, columns, .colour(.faint)) + lines
    }
    return [sectionLine("Owner", columns)] + lines
  }

  private func endLines(_ snapshot: Snapshot, _ columns: Int) -> [LiveLine] {
    let record = snapshot.records[0]
    return [sectionLine("Ends", columns)]
      + endLines("local", .local, record.local, snapshot, columns, .strong)
      + endLines("peer", .peer, record.remote, snapshot, columns, .plain)
      + cellLines([("its owner", .peerOwners), ("interface", .interface)], snapshot, columns)
  }

  /// One end: its numbers, and in parentheses the names of address and port, as far as they are known.
  private func endLines(
    _ name: String, _ field: Field, _ end: Endpoint?, _ snapshot: Snapshot, _ columns: Int, _ style: LiveStyle
  ) -> [LiveLine] {
    var text: [UInt8] = []
    _ = CellWriter(snapshot: snapshot, names: ShownNames()).append(field, snapshot.records[0], row: 0, to: &text)
    if text == [ASCII.hyphen] { return [] }
    let found = end.map {
      [knownNames.hosts[$0.address], knownNames.service($0.port, of: snapshot.records[0].transport)]
    }
    let names = (found ?? []).compactMap { $0.map { Escaping.text($0) } }
    if !names.isEmpty { text += " (\(names.joined(separator: ", ")))".utf8 }
    return valueLines(name, text, columns, style)
  }

  private func stateLines(_ socket: TrackedSocket, _ columns: Int) -> [LiveLine] {
    var lines = historyLines(socket, columns: columns)
    let limit = max(20, min(columns, 100) - 3)
    let meaning = settings.meanings[socket.record.state]
    let texts = [meaning.map { "\($0.title): \($0.summary)" }, settings.actors[socket.record.state]]
    for text in texts.compactMap({ $0 }) {
      for text in TextWrap.lines(text, columns: limit, hanging: 2) {
        var line = LiveLine(canvas, columns: columns)
        line.add("  \(text)")
        lines.append(line)
      }
    }
    return lines
  }

  private func historyLines(_ socket: TrackedSocket, columns: Int) -> [LiveLine] {
    var lines = [sectionLine("State", columns)]
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

  /// Rates with their course, the round trip, what was repeated, and the windows.
  private func trafficLines(_ detail: LiveDetail, _ snapshot: Snapshot, _ columns: Int) -> [LiveLine] {
    guard let metrics = snapshot.detail(at: 0)?.tcp else { return [] }
    var lines: [LiveLine] = []
    let plotColumns = max(0, min(60, columns - 40))
    for (name, metric, course) in [
      ("receives", TCPMetric.bytesReceived, detail.received), ("sends", .bytesAcked, detail.sent),
    ] {
      // The kernel's own counters have SYN and FIN among the bytes.
      let counted = metric == .bytesReceived ? detail.seen.traffic?.bytesReceived : detail.seen.traffic?.bytesSent
      guard let total = counted ?? metrics[metric] else { continue }
      var line = LiveLine(canvas, columns: columns)
      line.add("  \(name)", .colour(.faint))
      line.fill(to: 14)
      let rate = detail.figuresOf == nil ? detail.rate(of: metric) : nil
      line.add(rate.map { "\(quantity(UInt64(min($0, 1e18)), "bytes"))/s" } ?? "-", .strong)
      line.fill(to: 26)
      line.add("\(quantity(total, "bytes")) in all")
      let plot = LivePlot.text(course.suffix(plotColumns).map { Int(min($0, 1e15)) }, isASCII: canvas.isASCII)
      if !course.isEmpty, TextWidth.columns(plot) + 2 <= line.room {
        line.add("  ")
        line.add(plot, .colour(.good))
      }
      lines.append(line)
    }
    let groups: [(String, [(String, TCPMetric)])] = [
      ("round trip", [("", .rtt), ("least", .minRTT), ("varies by", .rttVariance)]),
      ("repeated", [("in all", .totalRetransmits), ("unanswered", .retransmitting), ("lost", .lost)]),
      ("windows", [("segments at once", .congestionWindow), ("to send", .sendWindow), ("to receive", .receiveWindow)]),
    ]
    for (name, figures) in groups {
      let texts = figures.compactMap { label, metric -> String? in
        guard let number = metrics[metric] else { return nil }
        let text = quantity(number, metric.description.unit ?? "")
        if metric.description.unit == "segments" { return "\(LiveText.number(number)) \(label)" }
        return label.isEmpty ? text : "\(label) \(text)"
      }
      if !texts.isEmpty { lines += valueLines(name, texts.joined(separator: ", ").utf8, columns) }
    }
    return lines.isEmpty ? [] : [sectionLine("Traffic", columns)] + lines
  }

  /// A number with its unit: as people say it, or as it is with `r`.
  private func quantity(_ number: UInt64, _ unit: String) -> String {
    showsRaw ? "\(number) \(unit)" : LiveText.quantity(number, unit)
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

  // MARK: All fields

  /// Numbers below this are shown as they are.
  private static let leastScaled: UInt64 = 10_000

  private func fieldLines(_ snapshot: Snapshot, _ detail: LiveDetail, columns: Int) -> [LiveLine] {
    let report = FieldReport(CellWriter(snapshot: snapshot, names: ShownNames()), row: 0)
    var lines: [LiveLine] = []
    for group in report.groups {
      lines.append(sectionLine(group.title, columns))
      for entry in group.entries { lines += entryLines(entry, snapshot, detail, columns: columns) }
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

  private func entryLines(
    _ entry: FieldReport.Entry, _ snapshot: Snapshot, _ detail: LiveDetail, columns: Int
  ) -> [LiveLine] {
    let indent = 23
    var texts = entry.lines(columns: max(12, columns - indent))
    if let unit = entry.field.description.unit, !snapshot.records[0].countsConnections || !entry.field.isQueue,
      case .number(let number) = snapshot.value(of: entry.field, at: 0)
    {
      if showsRaw {
        texts = [Array("\(number) \(unit)".utf8)]
      } else if number >= Self.leastScaled, !entry.field.showsWords, entry.field != .tcp(.maxPacingRate) {
        texts = [Array(LiveText.quantity(number, unit).utf8)]
      }
    }
    var lines = texts.enumerated().map { index, text in
      var line = LiveLine(canvas, columns: columns)
      if index == 0 { line.add("  \(entry.name)", .colour(.faint)) }
      line.fill(to: indent)
      line.add(text[...])
      return line
    }
    guard var last = lines.popLast() else { return [] }
    if let metric = entry.field.metric, let rate = detail.rate(of: metric) {
      let unit = entry.field.description.unit.map { " \($0)/s" } ?? "/s"
      let text = showsRaw || rate < Double(Self.leastScaled) ? "\(rateText(rate))\(unit)" : rateText(rate, unit)
      last.add("  \(text)", rate > 0 ? .colour(.changed) : .colour(.faint))
    }
    // All of it or nothing: half a sentence explains nothing.
    let summary = entry.field.description.summary
    if max(52, last.columns) + 2 + TextWidth.columns(summary) <= columns {
      last.fill(to: 52)
      last.add("  \(summary)", .colour(.faint))
    }
    return lines + [last]
  }

  private func rateText(_ rate: Double, _ unit: String) -> String {
    let whole = UInt64(min(rate, 1e18))
    return unit == " bytes/s" ? "\(LiveText.quantity(whole, "bytes"))/s" : "\(LiveText.number(whole))\(unit)"
  }

  private func rateText(_ rate: Double) -> String {
    rate < 10 && rate > 0 ? "\(Double(Int(rate * 10)) / 10)" : LiveText.number(UInt64(min(rate, 1e18)))
  }
}

extension Field {
  fileprivate var isQueue: Bool { self == .receiveQueue || self == .sendQueue }
  /// Whether cells show words for its number.
  fileprivate var showsWords: Bool { description.numberWords != nil }
}

extension LiveLine {
  /// The same line with room for all of the terminal's columns.
  func widened(_ canvas: LiveCanvas) -> LiveLine {
    var line = LiveLine(canvas)
    line.add(drawn: bytes[...], columns: columns)
    return line
  }

  /// The same line with a sign that its text goes on.
  func ending(_ canvas: LiveCanvas, columns limit: Int) -> LiveLine {
    var line = LiveLine(canvas, columns: limit)
    line.add(drawn: bytes[...], columns: columns)
    line.add(" …", .colour(.faint))
    return line
  }
}
