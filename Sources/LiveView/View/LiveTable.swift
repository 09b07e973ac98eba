internal import Query
import Rendering
import SocketModel
internal import Text

// The table and the lane of events.
extension LiveModel {
  /// The columns before the table, for the marks of what is selected and what has just happened.
  package static let margin = 3

  /// The heading and as many rows as there are lines, rendered only for the visible sockets.
  mutating func tableLines() -> [LiveLine] {
    let visible = entries.dropFirst(top).prefix(tableRows)
    let seen = visible.compactMap { entry in
      if case .socket(let id) = entry { sockets[id] } else { nil }
    }
    let snapshot = Snapshot(sockets: seen, of: context, peers: trackedPeers)
    self.visible = seen.map(\.id)
    var style = TableStyle(
      columns: columns, asked: settings.asked, width: canvas.columns - Self.margin - courseColumns,
      usesColour: canvas.usesColour)
    style.palette = canvas.palette
    // A watch is about states; and what rows are sorted by should be visible.
    style.core = Set([.state, sortField].compactMap { $0 })
    style.keepNamespaces(of: context)
    style.named = settings.named
    style.names = names
    // Every row is one line of the screen.
    style.rowsRunOver = false
    style.isASCII = canvas.isASCII
    let draft = TableDraft(snapshot, style: style)
    var measured = draft.measure(snapshot.listedRows.map { UInt32($0) }[...])
    for (field, limit) in columnLimits { measured.limit(field, to: limit, among: columns) }
    // Columns do not appear and disappear with the rows that are scrolled into view.
    measured.transports = shownTransports
    // Columns never get narrower again: a table whose columns jump cannot be read.
    if let widths { measured.merge(widths) }
    widths = measured
    let coloured = draft.table(measured)
    style.usesColour = false
    let plain = TableDraft(snapshot, style: style).table(measured)

    let places = filterMarks.isEmpty ? [:] : cellPlaces(plain)
    headings = cellPlaces(plain).map { field, range in
      (field, range.lowerBound + Self.margin..<min(range.upperBound, canvas.columns) + Self.margin)
    }
    var heading = headingLine(plain)
    if courseColumns > 0 { heading.add(atEdge: "BYTES/s", .colour(.heading)) }
    var lines = [heading]
    var row = 0
    for entry in visible {
      switch entry {
      case .group(let index): lines.append(groupLine(groups[index]))
      case .socket(let id):
        guard let socket = sockets[id] else { continue }
        let marks = filterMarks.isEmpty ? [] : filterMarks.marks(of: snapshot, row: row)
        var line = rowLine(socket, UInt32(row), coloured, plain, marks, places)
        addCourse(of: socket, to: &line)
        lines.append(line)
        row += 1
      }
    }
    if entries.isEmpty, tableRows > 0 {
      var line = LiveLine(canvas)
      line.add("   \(emptyReason)", .colour(.faint))
      lines.append(line)
    }
    while lines.count < tableRows + 1 { lines.append(LiveLine(canvas)) }
    return lines
  }

  /// The columns at the right edge in which the bytes of each row are plotted; 0 where there is no
  /// room for them.
  private var courseColumns: Int { hasTraffic && canvas.columns >= 140 ? 12 : 0 }

  private func addCourse(of socket: TrackedSocket, to line: inout LiveLine) {
    guard courseColumns > 0, socket.id != selected, let course = traffic.courses[socket.id],
      course.contains(where: { $0 > 0 })
    else { return }
    line.add(atEdge: LivePlot.text(Array(course.suffix(courseColumns - 2)), isASCII: canvas.isASCII), .colour(.good))
  }

  /// Why there is no row, in terms of what would bring some back.
  private var emptyReason: String {
    let isUnknown = filter.asksForOwners && problems.contains(where: \.costsOnlyOwners)
    var parts = [isUnknown ? "no socket is known to match: owners may not be read" : "no sockets to show"]
    if !filterText.isEmpty { parts.append("/ changes the filter") }
    if !families.isEmpty { parts.append("t u x show other families") }
    if settings.canCoverNamespaces, !showsElsewhere {
      parts.append("\(elsewhereKey) looks in other network namespaces")
    }
    if listensOnly { parts.append("l shows more than listeners") }
    if changed != .all { parts.append("a shows those that did not change") }
    return parts.joined(separator: "; ")
  }

  private func headingLine(_ table: Table) -> LiveLine {
    var line = LiveLine(canvas)
    line.fill(to: Self.margin)
    var hasArrow = false
    for (index, column) in table.columns.enumerated() {
      if index > 0 { line.fill(to: line.columns + TableColumn.gap - (hasArrow ? 1 : 0)) }
      hasArrow = false
      var title = column.field.description.heading
      if title.utf8.count > column.width { title = String(title.prefix(max(0, column.width))) }
      var padding = column.width - title.utf8.count
      if column.isRightAligned { line.fill(to: line.columns + padding) }
      line.add(title, column.field == sortField ? .selected : .colour(.heading))
      if column.field == sortField {
        // In the gap after the title, or in the free part of the column.
        line.add(sortArrow)
        padding -= 1
        hasArrow = true
      }
      if !column.isRightAligned, index < table.columns.count - 1 { line.fill(to: line.columns + padding) }
    }
    return line
  }

  /// The arrow in the heading: up where the smallest value comes first, down where the largest
  /// does.
  private var sortArrow: String {
    let (down, up) = canvas.isASCII ? ("v", "^") : ("▼", "▲")
    return isReversed ? down : up
  }

  private func groupLine(_ group: LiveGroup) -> LiveLine {
    var line = LiveLine(canvas)
    let isSelected = selected == nil && group.name == selectedGroup
    let isTagged = !tagged.isEmpty && !group.ids.isEmpty && group.ids.allSatisfy(tagged.contains)
    let folds = canvas.isASCII ? ("+", "-") : ("▸", "▾")
    line.add(
      "\(isSelected ? ">" : isTagged ? "*" : " ")\(group.isFolded ? folds.0 : folds.1) ",
      isSelected ? .selected : .plain)
    line.add(group.name[...], isSelected ? .selected : .strong)
    line.add("  \(LiveText.number(group.count))")
    if let received = group.traffic.receiveRate, let sent = group.traffic.sendRate {
      line.add(
        "  rx \(scaledBytes(received))/s tx \(scaledBytes(sent))/s", received + sent > 0 ? .strong : .colour(.faint))
    }
    for state in SocketState.allCases where grouping != .state {
      guard let count = group.states[state] else { continue }
      let text = "\(state.name) \(LiveText.number(count))"
      guard text.utf8.count + 2 <= line.room else { continue }
      line.add("  ")
      line.add(text, .colour(Colour(state)))
    }
    let gone = group.ids.count - group.count
    if gone > 0 { line.add("  gone \(LiveText.number(gone))", .colour(.faint)) }
    return line
  }

  private func rowLine(
    _ socket: TrackedSocket, _ row: UInt32, _ coloured: Table, _ plain: Table, _ marks: [QueryMarks.Mark],
    _ places: [Field: Range<Int>]
  ) -> LiveLine {
    var line = LiveLine(canvas)
    let (mark, style) = mark(of: socket)
    let text = plain.render(rows: [row]).dropLast()
    let found = (marks.isEmpty ? [] : LiveMarks.ranges(marks, in: text, places)).map {
      $0.lowerBound + Self.margin..<$0.upperBound + Self.margin
    }
    let columns = TextWidth.columns(text)
    let tag = tagged.contains(socket.id) ? "*" : " "
    if socket.id == selected {
      line.add(
        drawn: Array("\(tag == "*" ? tag : ">")\(mark) ".utf8) + text, columns: columns + Self.margin, .selected,
        marking: found)
      line.fill(to: canvas.columns, .selected)
    } else if style == .plain {
      line.add(tag, tag == " " ? .plain : .strong)
      line.add(mark, isFound(socket.id) ? .colour(.attention) : .plain)
      line.add(" ")
      line.add(
        drawn: coloured.render(rows: [row]).dropLast(), columns: columns,
        marking: found.map { $0.lowerBound - Self.margin..<$0.upperBound - Self.margin })
    } else {
      line.add(drawn: Array("\(tag)\(mark) ".utf8) + text, columns: columns + Self.margin, style, marking: found)
    }
    return line
  }

  /// The columns of the screen that each cell of a row takes, counted from the first cell.
  private func cellPlaces(_ table: Table) -> [Field: Range<Int>] {
    var places: [Field: Range<Int>] = [:]
    var start = 0
    for (index, column) in table.columns.enumerated() {
      // The last cell ends where its text does.
      let end = index + 1 == table.columns.count ? Int.max : start + column.width
      places[column.field] = start..<end
      start += column.width + TableColumn.gap
    }
    return places
  }

  /// The mark and style of a row: that a finding is about it, or what happened to the socket within
  /// the last seconds, which the style shows in any case.
  func mark(of socket: TrackedSocket) -> (String, LiveStyle) {
    let (mark, style) = recentMark(of: socket)
    return socket.closed == nil && isFound(socket.id) ? ("!", style) : (mark, style)
  }

  private func recentMark(of socket: TrackedSocket) -> (String, LiveStyle) {
    if let closed = socket.closed {
      return ("-", closed.milliseconds(until: clock) < Self.goneTime ? .gone : .colour(.faint))
    }
    func isRecent(_ time: Timestamp) -> Bool { time.milliseconds(until: clock) < Self.markTime }
    if !socket.wasThere, isRecent(socket.firstSeen) { return ("+", .fresh) }
    if socket.history.count > 1, let last = socket.history.last, isRecent(last.since) { return ("~", .changed) }
    return (" ", .plain)
  }

  // MARK: The lane

  /// The newest events, the latest at the bottom; where there are more than a person can follow, how
  /// many there are at the top.
  func laneLines(_ count: Int) -> [LiveLine] {
    if count > 1, let summary = rates.summary(at: clock) {
      var line = LiveLine(canvas)
      line.add(summary, .strong)
      return [line] + eventLines(count - 1)
    }
    return eventLines(count)
  }

  private func eventLines(_ count: Int) -> [LiveLine] {
    let events = Array(recent.suffix(count))
    let cells = CellWriter(snapshot: Snapshot(events: events, of: context), names: ShownNames())
    var lines = events.indices.map { eventLine(events[$0], row: $0, cells) }
    while lines.count < count { lines.append(LiveLine(canvas)) }
    return lines
  }

  private func eventLine(_ event: SocketEvent, row: Int, _ cells: CellWriter) -> LiveLine {
    var line = LiveLine(canvas)
    // In a narrow terminal the process is worth more than the milliseconds.
    line.add(
      LiveText.clock(event.time, secondsFromUTC: settings.secondsFromUTC, milliseconds: canvas.columns >= 100),
      .colour(.faint))
    guard event.kind != .missed else {
      var one = LiveMissed()
      one.add(event)
      line.add(" ! \(one.text ?? "")", .colour(.attention))
      return line
    }
    let style: LiveStyle =
      switch event.kind {
      case .opened: .fresh
      case .closed: .gone
      default: .changed
      }
    line.add(" \(event.kind.mark) ", style)
    if canvas.columns >= 70 { line.add("\(event.record.transport.name) ", style) }
    func cell(_ field: Field) -> ArraySlice<UInt8> {
      var bytes: [UInt8] = []
      _ = cells.append(field, cells.snapshot.records[row], row: row, to: &bytes)
      return bytes[...]
    }
    line.add(cell(.local))
    if event.record.hasPeer {
      line.add(" > ")
      line.add(cell(.peer))
    }
    let owner = event.owners.first.map { owner in
      "  \(Escaping.text(owner.shownName))[\(owner.pid)]"
        + (event.owners.count > 1 ? " +\(event.owners.count - 1)" : "")
    }
    let arrow = canvas.isASCII ? "-> " : "→ "
    let to = event.to?.name ?? (event.kind == .closed ? "gone" : "")
    var states = to
    if let from = event.from?.name {
      let whole = "\(from) \(arrow)\(to)"
      // Usually an earlier line shows the previous state already.
      states = TextWidth.columns(whole + (owner ?? "")) + 2 <= line.room ? whole : arrow + to
    }
    line.add("  \(states)", style)
    // The tracepoint reports events of the whole machine; sockets of other network namespaces are
    // in no row.
    if let text = event.namespaceText(row, cells) { line.add("  \(text)", .colour(.faint)) }
    if let owner { line.add(owner) }
    var extras: [String] = []
    if let age = event.age, event.kind != .opened { extras.append("  after \(EventLines.duration(age))") }
    if let sent = event.bytesSent, let received = event.bytesReceived {
      extras.append("  \(LiveText.number(sent)) B sent, \(LiveText.number(received)) B received")
    }
    // All of it or nothing: half a figure is a different one.
    for extra in extras where TextWidth.columns(extra) <= line.room { line.add(extra, .colour(.faint)) }
    return line
  }
}
