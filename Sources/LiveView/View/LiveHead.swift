internal import Query
import Rendering
internal import SocketModel
internal import Text

// The lines above the table: the counts, what happened, and the sources.
extension LiveModel {
  func headLine() -> LiveLine {
    var line = LiveLine(canvas)
    var edge = canvas.columns < 50 ? "" : LiveText.clock(clock, secondsFromUTC: settings.secondsFromUTC)
    if let place { edge = "\(place.isPlaying ? "playing" : "stopped") \(place.index + 1)/\(place.count) \(edge)" }
    if isPaused { edge = "paused \(edge)" }
    let found = canvas.columns < 40 ? "" : findings?.heading ?? ""
    let edges = [(found, LiveStyle.colour(.attention)), (edge, isPaused ? .selected : .colour(.faint))].filter {
      !$0.0.isEmpty
    }
    let limit = canvas.columns - edges.reduce(0) { $0 + $1.0.utf8.count + 2 }
    line.add("\(LiveText.number(livingCount)) \(livingCount == 1 ? "socket" : "sockets")", .strong)
    // What may need attention is never left out in favour of what is common.
    let importance = counts.keys.sorted { left, right in
      if (left == .closeWait) != (right == .closeWait) { return left == .closeWait }
      let counts = (counts[left] ?? 0, counts[right] ?? 0)
      return counts.0 != counts.1 ? counts.0 > counts.1 : left.rawValue < right.rawValue
    }
    func text(_ state: SocketState) -> String { "\(state.name) \(LiveText.number(counts[state] ?? 0))" }
    var shown: Set<SocketState> = []
    var width = line.columns
    var rest = livingCount
    for state in importance {
      let count = counts[state] ?? 0
      let reserve = rest > count ? 8 + LiveText.number(rest - count).utf8.count : 0
      guard width + 2 + text(state).utf8.count + reserve <= limit else { break }
      width += 2 + text(state).utf8.count
      rest -= count
      shown.insert(state)
    }
    for state in SocketState.allCases where shown.contains(state) {
      line.add("  ")
      line.add(text(state), .colour(Colour(state)))
    }
    if rest > 0, !shown.isEmpty, line.columns + 8 + LiveText.number(rest).utf8.count <= limit {
      line.add("  other \(LiveText.number(rest))", .colour(.faint))
    }
    for (index, (text, style)) in edges.enumerated() {
      let rest = edges.dropFirst(index + 1).reduce(0) { $0 + $1.0.utf8.count + 2 }
      guard line.columns + text.utf8.count + rest + 1 <= canvas.columns else { continue }
      line.fill(to: canvas.columns - rest - text.utf8.count)
      line.add(text, style)
    }
    return line
  }

  /// What happened in the last seconds: how many sockets appeared, how many events there were, and
  /// the bytes of all.
  func ratesLine() -> LiveLine {
    if let place, place.activity.count > 1 { return timeLine(place) }
    var line = LiveLine(canvas)
    let received = traffic.total.receiveRate.map { "\(scaledBytes($0))/s" }
    let sent = traffic.total.sendRate.map { "\(scaledBytes($0))/s" }
    let bytes = hasTraffic ? [("rx ", received ?? "-", traffic.received), ("tx ", sent ?? "-", traffic.sent)] : []
    // Beside the labels, "12,345/s", "63.0kB/s" and the gaps between the parts.
    let plots = canvas.columns >= 120 ? 2 + bytes.count : 2
    let room = max(0, canvas.columns - 19 - 2 * 9 - 3 - bytes.count * 15) / plots
    let seconds = rates.last(min(60, room), before: clock)
    let events: [(String, String, [Int])] = [
      ("opened ", "\(LiveText.number(seconds.last?.opened ?? 0))/s", seconds.map(\.opened)),
      ("transitions ", "\(LiveText.number(seconds.last?.transitions ?? 0))/s", seconds.map(\.transitions)),
    ]
    for (index, (label, value, course)) in (events + bytes).enumerated() {
      let values = index < 2 || plots > 2 ? Array(course.suffix(min(60, room))) : []
      let plot = LivePlot.text(values, isASCII: canvas.isASCII)
      guard line.columns + 3 + label.utf8.count + TextWidth.columns(plot) + 1 + value.utf8.count <= canvas.columns
      else {
        continue
      }
      if index > 0 { line.add("   ") }
      line.add(label, .colour(.faint))
      line.add(plot, .colour(index.isMultiple(of: 2) ? .good : .passing))
      line.add(values.isEmpty && index > 1 ? value : " \(value)", .strong)
    }
    return line
  }

  /// How much happened before each capture of a series, with the present one marked.
  private func timeLine(_ place: LivePlace) -> LiveLine {
    var line = LiveLine(canvas)
    line.add("happened ", .colour(.faint))
    let marks = timeMarks(place)
    let plot = Array(LivePlot.text(marks.values, isASCII: canvas.isASCII))
    for (index, mark) in plot.enumerated() {
      line.add(String(mark), index == marks.present ? .selected : .colour(.passing))
    }
    let events = place.activity.indices.contains(place.index) ? place.activity[place.index] : 0
    line.add(" \(counted(events, "event", "events"))", .strong)
    return line
  }

  /// The column of the first capture in the time line.
  static let timeLineStart = 9

  /// The captures in as many columns as there is room for: the most that happened before one of each
  /// column, and the column of the present one.
  func timeMarks(_ place: LivePlace) -> (values: [Int], present: Int) {
    let room = max(1, min(place.activity.count, canvas.columns - Self.timeLineStart - 16))
    var values = Array(repeating: 0, count: room)
    for (index, count) in place.activity.enumerated() {
      let column = index * room / place.activity.count
      values[column] = max(values[column], count)
    }
    return (values, min(room - 1, place.index * room / place.activity.count))
  }

  func sourcesLine() -> LiveLine {
    var line = LiveLine(canvas)
    line.add(settings.isReplay ? "captures: " : "events from: ", .colour(.faint))
    if settings.isReplay {
      line.add("[ and ] step, p plays and stops")
    } else {
      line.add(sources.filter { $0.obstacle == nil }.map(\.source.words).joined(separator: ", "))
    }
    if let text = missed.text { line.add("  \(text)", .colour(.attention)) }
    if !showsElsewhere, let text = elsewhere.text(at: clock), text.utf8.count + 6 <= line.room {
      line.add("  \(text) (\(elsewhereKey))", .colour(.faint))
    }
    guard let text = missingText(columns: line.room - 2) else { return line }
    line.add("  ")
    line.add(text, .colour(.passing))
    return line
  }

  /// What cannot be seen, as far as there is room. What would show it precedes the reasons; the
  /// help lists all of it.
  func missingText(columns room: Int) -> String? {
    let missing =
      sources.compactMap { source in source.obstacle.map { "no \(source.source.words): \($0)" } }
      + (awaitsFirstScan ? [Self.firstScan] : []) + shownProblems.map { ProblemText.sentence(of: $0) }
    guard !missing.isEmpty else { return nil }
    let text = Escaping.text(missing.joined(separator: "; "))
    guard !rootShows.isEmpty else { return text }
    let things = rootShows.joined(separator: ", ")
    let texts = [
      "\(text); \(settings.rootLine) shows more", "\(settings.rootLine) adds \(things)", "sudo adds \(things)",
    ]
    return texts.first { TextWidth.columns($0) <= room } ?? "sudo adds \(things)"
  }

  /// The key that shows other network namespaces: with a filter, N goes to the match before.
  var elsewhereKey: String { filterText.isEmpty ? "N" : "O" }

  static let firstScan = "the sockets are being read for the first time"

  /// The problems that matter for what is shown: as long as no owner is missing or asked about,
  /// those that affect only owners do not.
  var shownProblems: [Problem] { problems.filter { lacksOwner || filter.asksForOwners || !$0.costsOnlyOwners } }

  /// What root would see in addition.
  var rootShows: [String] {
    sources.filter(\.needsRoot).map(\.source.words)
      + (shownProblems.contains { $0.remedy == .runAsRoot(.owners) } ? ["owners"] : [])
  }
}

extension EventSource {
  /// What the source reports.
  package var meaning: String {
    switch self {
    case .tracepoint: "every change of every TCP socket, as it happens"
    case .destroyNotice: "the end of TCP and UDP sockets of this network namespace, except from TIME_WAIT"
    case .difference:
      "all sockets again and again; what does not last from one to the next is not seen by this one"
    }
  }

  /// The name of the source in the view.
  package var words: String {
    switch self {
    case .tracepoint: "tracepoint"
    case .destroyNotice: "destroy notices"
    case .difference: "scans"
    }
  }
}

/// Numbers as a row of bars.
enum LivePlot {
  /// One character per number, as high as its share of the largest.
  static func text(_ values: some Collection<Int>, isASCII: Bool) -> String {
    let bars: [Character] = isASCII ? Array(" .:-=+*#") : Array(" ▁▂▃▄▅▆▇█")
    let most = values.max() ?? 0
    guard most > 0 else { return String(repeating: isASCII ? "." : "▁", count: values.count) }
    return String(
      values.map { value in
        // Something is never drawn as nothing.
        value <= 0
          ? bars[isASCII ? 0 : 1]
          : bars[max(1, Int((Double(value) / Double(most) * Double(bars.count - 1)).rounded(.up)))]
      })
  }
}
