import Rendering
internal import SocketModel
internal import Text

// The list of findings, and those about one socket.
extension LiveModel {
  /// The list, with the chosen finding in full, and the lines that this one takes.
  func findingLines(_ chosen: Int) -> (lines: [LiveLine], chosen: Range<Int>) {
    guard let findings else { return (textLines(settings.findingWords.nothingYet), 0..<1) }
    var lines: [LiveLine] = []
    var range = 0..<0
    for (index, item) in findings.items.enumerated() {
      let start = lines.count
      lines += itemLines(item, isChosen: index == chosen)
      if index == chosen { range = start..<lines.count }
    }
    if !lines.isEmpty { lines.append(LiveLine(canvas)) }
    lines += textLines(findings.summary)
    // With the last finding the end of the list is shown.
    if chosen + 1 >= findings.items.count { range = range.lowerBound..<lines.count }
    return (lines, range)
  }

  /// The first visible line of the list: the chosen finding is visible from its beginning.
  func firstFindingLine(_ chosen: Int, of count: Int) -> Int {
    let range = findingLines(chosen).chosen
    return max(0, min(range.lowerBound, range.upperBound - panelRows, count - 1))
  }

  private func itemLines(_ item: LiveFindings.Item, isChosen: Bool) -> [LiveLine] {
    let limit = min(canvas.columns, 100) - 3
    let texts =
      isChosen
      ? item.text.lines(columns: limit)
      : TextWrap.lines("\(item.text.title): \(item.text.summary)", columns: limit, hanging: 2)
    return texts.enumerated().map { index, text in
      var line = LiveLine(canvas)
      let isStart = isChosen && index == 0
      line.add(isStart ? "> " : "  ", isStart ? .strong : .plain)
      line.add(text, index == 0 ? style(of: item, isChosen: isChosen) : .plain)
      return line
    }
  }

  private func style(of item: LiveFindings.Item, isChosen: Bool) -> LiveStyle {
    if isChosen { return .selected }
    return item.isUrgent ? .colour(.attention) : .plain
  }

  private func textLines(_ text: String) -> [LiveLine] {
    TextWrap.lines(text, columns: min(canvas.columns, 100) - 1).map { text in
      var line = LiveLine(canvas)
      line.add(text, .colour(.faint))
      return line
    }
  }

  /// The keys that do something in the list.
  func findingHints(_ chosen: Int) -> [(String, String)] {
    guard let items = findings?.items, items.indices.contains(chosen) else { return [("Esc", "back")] }
    var hints = [("Esc", "back")]
    if items.count > 1 { hints.append(("Up Down", "choose")) }
    if items[chosen].socket != nil { hints.append(("Enter", "go to its row")) }
    return hints
  }

  /// The findings about a socket, and the verdict on its port.
  func diagnosisLines(_ detail: LiveDetail, columns: Int) -> [LiveLine] {
    // Lines longer than 100 columns are hard to read.
    let limit = max(20, min(columns, 100) - 3)
    var lines: [LiveLine] = []
    func add(_ text: LabelledText, _ style: LiveStyle) {
      for (index, text) in text.lines(columns: limit).enumerated() {
        // A command, which is not broken, may take the other half of the row too.
        var line = LiveLine(canvas)
        line.add("  ")
        line.add(text, index == 0 ? style : .plain)
        lines.append(line)
      }
    }
    let items = (findings?.bySocket[detail.socket] ?? []).compactMap { index in findings?.items[index] }
    if !items.isEmpty { lines.append(sectionLine(settings.findingWords.section, columns)) }
    for item in items { add(item.text, item.isUrgent ? .colour(.attention) : .plain) }
    if let verdict = detail.verdict {
      lines.append(sectionLine(settings.findingWords.port, columns))
      add(verdict, .plain)
    }
    return lines
  }
}
