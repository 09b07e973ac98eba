internal import Text

// The keys in a line that is being typed, and in a panel.
extension LiveModel {
  // MARK: Prompts

  mutating func takeInPrompt(_ key: TerminalKey) -> [LiveEffect] {
    switch prompt {
    case .filter(let typed): takeInFilter(key, typed)
    case .file(var editor):
      switch key {
      case .escape: prompt = nil
      case .enter:
        guard !editor.text.isEmpty else { break }
        prompt = nil
        return [.write(path: editor.text, export(for: editor.text), replacing: false)]
      default:
        if editor.take(key) { prompt = .file(editor) }
      }
    case .overwrite(let path):
      prompt = nil
      guard key == .character("y") else {
        say("nothing was written")
        break
      }
      return [.write(path: path, export(for: path), replacing: true)]
    case nil: break
    }
    return []
  }

  // MARK: Panels

  /// Handles a key in a panel; `nil` for a key that means the same as in the table.
  mutating func takeInPanel(_ key: TerminalKey) -> [LiveEffect]? {
    if case .findings(let chosen) = panel, let effects = takeInFindings(key, chosen) { return effects }
    if case .columns(let choice) = panel, let effects = takeInColumns(key, choice) { return effects }
    switch key {
    case .escape, .enter, .character("?"), .character("q"), .backspace, .left: panel = nil
    case .up, .character("k"): scrollPanel(by: -1)
    case .down, .character("j"): scrollPanel(by: 1)
    case .pageUp, .control("b"): scrollPanel(by: -max(1, panelRows - 1))
    case .pageDown, .control("f"), .character(" "): scrollPanel(by: max(1, panelRows - 1))
    case .home: scrollPanel(by: -1_000_000)
    case .end, .character("G"): scrollPanel(by: 1_000_000)
    case .character("r"): showsRaw.toggle()
    case .character("d"):
      if lacksNames { return toggleHosts() }
    case .character("K"), .character("p"), .character("["), .character("]"), .character("{"), .character("}"):
      return nil
    default: break
    }
    return []
  }

  private mutating func scrollPanel(by count: Int) {
    let content = panelColumns()
    let last = max(0, rowCount(content.left, content.right) - panelRows)
    switch panel {
    case .help(let top): panel = .help(top: max(0, min(last, top + count)))
    case .detail(var detail):
      detail.top = max(0, min(last, firstLine(of: detail, in: content.left, last: last) + count))
      detail.aimsAtFindings = false
      panel = .detail(detail)
    case .findings, .columns, nil: break
    }
  }
}
