internal import Query
import Rendering
internal import SocketModel
internal import Text

// The content of the terminal, from the top: the counts, the rates, on a high terminal the sources,
// the table, a rule with what was requested, the newest events, and the keys. When there is not
// enough room for all of them, the least important are left out first.
extension LiveModel {
  /// The smallest terminal in which the view makes sense.
  static let leastColumns = 32
  static let leastRows = 7

  var isTooSmall: Bool { canvas.columns < Self.leastColumns || canvas.rows < Self.leastRows }

  private var hasRates: Bool { canvas.rows >= 12 }
  /// On a low terminal rows are worth more than the names of sources; the rule then shows what
  /// cannot be seen.
  private var hasSources: Bool { canvas.rows >= 30 }
  var headRows: Int { 1 + (hasRates ? 1 : 0) + (hasSources ? 1 : 0) }

  /// How many lines there are between the rule and the keys.
  private var laneRows: Int {
    let free = canvas.rows - headRows - 3
    if let rows = dialog?.rows ?? batch?.rows { return max(1, min(rows, free - 1)) }
    // There is no line for it until something has happened.
    var events = canvas.rows < 14 ? 0 : min(10, canvas.rows / 5, recent.count)
    // When nothing happens any more, sockets that have no line are worth more.
    if let last = recent.last, last.time.milliseconds(until: clock) > Self.laneTime {
      events = min(events, max(0, free - max(1, entries.count)))
    }
    return min(max(events, noticeRest.count), max(0, free - 1))
  }

  /// For how many milliseconds after the newest event the lane keeps its lines.
  static let laneTime = 10_000

  /// How many lines of the table are visible.
  var tableRows: Int { max(1, canvas.rows - headRows - 3 - laneRows) }

  /// How many lines of a panel are visible below its title.
  var panelRows: Int { max(1, canvas.rows - headRows - 2) }

  /// The bytes that bring the terminal up to date; empty when it shows everything already.
  package mutating func frame() -> [UInt8] {
    guard !isTooSmall else { return screen.show(tooSmall(), on: canvas, cursor: nil) }
    arrangeIfNeeded()
    var lines = [headLine()]
    if hasRates { lines.append(ratesLine()) }
    if hasSources { lines.append(sourcesLine()) }
    if panel != nil, dialog == nil, batch == nil {
      lines += panelFrame()
    } else {
      settleTop()
      lines += tableLines()
      lines.append(ruleLine())
      if let dialog {
        lines += dialogLines(dialog).suffix(laneRows)
      } else if let batch {
        lines += batchLines(batch).suffix(laneRows)
      } else {
        let rest = noticeRest.prefix(laneRows)
        lines += rest.map { text in
          var line = LiveLine(canvas)
          line.add("  \(text)", notice?.isTrouble == true ? .colour(.attention) : .strong)
          return line
        }
        lines += laneLines(laneRows - rest.count)
      }
    }
    let (bottom, cursor) = bottomLine()
    lines.append(bottom)
    return screen.show(lines, on: canvas, cursor: cursor)
  }

  private func tooSmall() -> [LiveLine] {
    let text = [
      "too small:", "\(canvas.columns)x\(canvas.rows)", "needs \(Self.leastColumns)x\(Self.leastRows)", "q ends",
    ]
    return text.prefix(max(0, canvas.rows)).map { text in
      var line = LiveLine(canvas)
      line.add(text)
      return line
    }
  }

  /// Keeps the selected socket visible, and leaves no line empty after the last row.
  private mutating func settleTop() {
    let rows = tableRows
    if let index = selectedIndex {
      if index < top { top = index }
      if index >= top + rows { top = index - rows + 1 }
      // The heading of the very first socket is worth a line.
      if index > 0, index == top, case .group = entries[index - 1], rows > 1 { top = index - 1 }
    }
    top = max(0, min(top, entries.count - rows))
  }

  // MARK: The lines below

  /// The message that is shown for some seconds.
  private var notice: (text: String, isTrouble: Bool)? {
    if case .filter(let typed) = prompt, let mistake = typed.mistake, !mistake.isUnfinished, canvas.columns < 80 {
      return (mistake.text, true)
    }
    return message.map { ($0.text, $0.isTrouble) }
  }

  private var noticeLines: [String] {
    notice.map { TextWrap.lines($0.text, columns: canvas.columns - 4) } ?? []
  }

  /// What does not fit into the rule.
  private var noticeRest: [String] { Array(noticeLines.dropFirst()) }

  private func ruleLine() -> LiveLine {
    var line = LiveLine(canvas)
    let stroke = canvas.isASCII ? "-" : "─"
    if let notice, let first = noticeLines.first {
      line.add("\(stroke) ", .colour(.faint))
      line.add(first, notice.isTrouble ? .colour(.attention) : .strong)
      line.add(" ")
      line.fill(to: canvas.columns, with: stroke, .colour(.faint))
      return line
    }
    var parts: [(String, LiveStyle)] = []
    let total = entries.count - groups.count
    let isWhole = total == sockets.count
    let shown = entries.dropFirst(top).prefix(tableRows)
    if entries.count > shown.count || !isWhole {
      let range = shown.isEmpty ? "none" : "\(LiveText.number(top + 1))-\(LiveText.number(top + shown.count))"
      parts.append(("\(range) of \(LiveText.number(entries.count))", .plain))
    }
    if !settings.selection.isEmpty { parts.append((short(settings.selection), .plain)) }
    if !filterText.isEmpty {
      let text = Array("filter \(Escaping.text(filterText))".utf8)
      parts.append((short(String(decoding: text, as: UTF8.self)), .colour(.changed)))
    }
    if !families.isEmpty {
      let names = LiveFamily.allCases.filter(families.contains).map(\.name).joined(separator: ",")
      parts.append(("only \(names)", .plain))
    }
    if listensOnly { parts.append(("only listening", .plain)) }
    if let text = changed.words { parts.append((text, .plain)) }
    if sortField != nil || isReversed {
      let direction = isReversed ? ", descending" : ""
      parts.append((sortField.map { "sort \($0.description.name)\(direction)" } ?? "order turned round", .plain))
    }
    if !tagged.isEmpty { parts.append(("\(LiveText.number(tagged.count)) tagged", .strong)) }
    if orderHolds != nil { parts.append(("order held", .colour(.faint))) }
    if isPaused { parts.append(("paused, \(LiveText.number(eventsSincePause)) events since", .strong)) }
    if !hasSources {
      if let text = missed.text { parts.append((text, .colour(.attention))) }
      if !showsElsewhere, let text = elsewhere.text(at: clock) {
        parts.append(("\(text) (\(elsewhereKey))", .colour(.faint)))
      }
      let room = canvas.columns - parts.reduce(2) { $0 + TextWidth.columns($1.0) + 3 } - 3
      if var text = missingText(columns: room) {
        if TextWidth.columns(text) > room { text = "? lists what is not seen" }
        parts.append((text, .colour(.passing)))
      }
    }
    if let selected, let socket = sockets[selected], let rate = socket.traffic, rate.hasRates {
      let plot = LivePlot.text(traffic.courses[selected]?.suffix(20) ?? [], isASCII: canvas.isASCII)
      let figures = "rx \(scaledBytes(rate.receiveRate ?? 0))/s tx \(scaledBytes(rate.sendRate ?? 0))/s"
      parts.append((plot.isEmpty ? figures : "\(figures) \(plot)", .colour(.good)))
    }
    line.add(stroke, .colour(.faint))
    for (text, style) in parts where TextWidth.columns(text) + 3 <= line.room {
      line.add(" ")
      line.add(text, style)
      line.add(" ")
      line.add(stroke, .colour(.faint))
    }
    line.fill(to: canvas.columns, with: stroke, .colour(.faint))
    return line
  }

  /// The text, cut to half a line.
  private func short(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let limit = max(20, canvas.columns / 2)
    guard TextWidth.columns(bytes[...]) > limit else { return text }
    return String(decoding: TextCut(isASCII: canvas.isASCII).end(bytes[...], to: limit), as: UTF8.self)
  }

  /// The line with the keys, or with the text being typed and the column of the cursor in it.
  private func bottomLine() -> (LiveLine, cursor: Int?) {
    var line = LiveLine(canvas)
    switch prompt {
    case .filter(let typed):
      line.add("filter: ", .strong)
      let editor = typed.editor
      let mistake = typed.mistake.flatMap { $0.isUnfinished ? nil : $0.text }
      // On a wide terminal the mistake follows what was typed, on others it is in the line above.
      let note =
        mistake.map { canvas.columns < 80 ? "" : "  ! \($0)" }
        ?? (typed.mistake == nil ? "  Enter keeps it, Esc takes it back, Up recalls" : "  ... unfinished")
      let isWrong = mistake != nil && !note.isEmpty
      let (text, cursor) = editor.shown(columns: max(8, isWrong ? line.room * 2 / 3 : line.room))
      let column = line.columns + cursor
      line.add(text[...])
      line.fill(to: column + 1)
      if isWrong || TextWidth.columns(note) <= line.room {
        line.add(note, .colour(mistake == nil ? .faint : .attention))
      }
      return (line, column)
    case .file(let editor):
      line.add("write to: ", .strong)
      let (text, cursor) = editor.shown(columns: max(8, line.room))
      let column = line.columns + cursor
      line.add(text[...], editor.isProposal ? .selected : .plain)
      line.fill(to: column + 1)
      let note = "  Enter writes, Esc does not; .csv .json .ndjson"
      if TextWidth.columns(note) <= line.room { line.add(note, .colour(.faint)) }
      return (line, column)
    case .overwrite(let path):
      line.add("\(Escaping.text(path)) exists: overwrite it? ", .strong)
      line.add("y/N ")
      return (line, min(line.columns, canvas.columns - 1))
    case nil: break
    }
    for (key, meaning) in hints {
      guard line.columns + (line.columns > 0 ? 2 : 0) + key.utf8.count + 1 + meaning.utf8.count <= canvas.columns else {
        continue
      }
      if line.columns > 0 { line.add("  ") }
      line.add(key, .strong)
      line.add(" \(meaning)", .colour(.faint))
    }
    return (line, nil)
  }

  private var playHint: (String, String) {
    guard let place else { return ("p", "play") }
    return ("p", place.isPlaying ? "stop" : place.index + 1 < place.count ? "play" : "play again")
  }

  /// The keys that do something now, the most useful first.
  private var hints: [(String, String)] {
    if let hints = dialog?.hints ?? batch?.hints { return hints }
    switch panel {
    case .help: return [("Esc", "back"), ("Up Down", "scroll")]
    case .findings(let chosen): return findingHints(chosen)
    case .columns:
      return [("Space", "on, off"), ("< >", "order"), ("Left Right", "width"), ("S", "save"), ("Esc", "back")]
    case .detail:
      var hints = [("Esc", "back"), ("Up Down", "scroll")]
      if canBeAimedAt { hints.append(("K", "close, signal")) }
      hints += settings.isReplay ? [("[ ]", "step"), playHint] : [("p", isPaused ? "go on" : "pause")]
      hints.append(("r", showsRaw ? "scaled" : "raw"))
      if lacksNames { hints.append(("d", "names")) }
      return hints
    case nil: break
    }
    var hints = [("q", "quit"), ("?", "help"), ("/", "filter")]
    if entries.isEmpty {
      if settings.isReplay { hints.append(("[ ]", "step")) }
      return hints
    }
    if selectedSocket != nil {
      hints.append(("Enter", "details"))
      if canBeAimedAt { hints.append(("K", "close, signal")) }
    } else {
      hints.append(("Down", "select"))
    }
    if findings?.items.isEmpty == false { hints.append(("D", "findings")) }
    hints += settings.isReplay ? [("[ ]", "step"), playHint] : [("p", isPaused ? "go on" : "pause")]
    hints += [("s", "sort"), ("g", "group"), ("a", changed.next == .all ? "all" : "changed")]
    for (key, family) in [("t", LiveFamily.tcp), ("u", .udp), ("x", .unix)]
    where settings.transports.contains(where: { family.contains($0) }) {
      hints.append((key, family.name))
    }
    hints += [("l", "listening"), ("w", "write")]
    return hints
  }
}
