internal import Query
import Rendering
internal import SocketModel
internal import Text

/// A filter that is being typed.
package struct LiveFilterPrompt: Sendable {
  var editor: LineEditor
  /// The filter before, which Escape brings back.
  let before: String
  /// What is wrong with the text.
  var mistake: LiveMistake?
  /// The position in the history, where its end is the typed text; and that text.
  var recalled: Int
  var draft: String

  init(_ text: String, historyEnd: Int) {
    editor = LineEditor(text)
    before = text
    recalled = historyEnd
    draft = text
  }
}

/// What is wrong with a filter.
struct LiveMistake: Sendable, Hashable {
  let text: String
  /// Whether it is at the end, where the rest of the text may come yet.
  var isUnfinished: Bool
}

// The filter: it is typed, taken back step by step, and recalled.
extension LiveModel {
  /// The most filters that are remembered.
  private static let historyLimit = 50

  mutating func openFilterPrompt() {
    prompt = .filter(LiveFilterPrompt(filterText, historyEnd: filterHistory.count))
  }

  mutating func takeInFilter(_ key: TerminalKey, _ typed: LiveFilterPrompt) {
    var typed = typed
    switch key {
    case .escape:
      setFilter(typed.before)
      prompt = nil
      return
    case .enter:
      // What is unfinished is wrong once it is to be kept.
      typed.mistake?.isUnfinished = false
      prompt = typed.mistake == nil ? nil : .filter(typed)
      if typed.mistake == nil {
        let words = filterText.split(separator: " ", omittingEmptySubsequences: false)
        filterText = words.drop { $0.isEmpty }.reversed().drop { $0.isEmpty }.reversed().joined(separator: " ")
        remember(filterText)
      }
      return
    case .up, .control("p"): recall(&typed, -1)
    case .down, .control("n"): recall(&typed, 1)
    default: guard typed.editor.take(key) else { return }
    }
    typed.mistake = setFilter(typed.editor.text)
    if typed.mistake?.isUnfinished ?? false { setFilter(finishedPart(of: typed.editor.text)) }
    prompt = .filter(typed)
  }

  /// As much of an unfinished query as is one by itself; empty for none.
  private func finishedPart(of text: String) -> String {
    var words = text.split(separator: " ")
    while words.popLast() != nil {
      let text = words.joined(separator: " ")
      if (try? Query.reading(text, names: settings.names)) != nil { return text }
    }
    return ""
  }

  private mutating func recall(_ typed: inout LiveFilterPrompt, _ step: Int) {
    if typed.recalled == filterHistory.count { typed.draft = typed.editor.text }
    typed.recalled = max(0, min(filterHistory.count, typed.recalled + step))
    let isDraft = typed.recalled == filterHistory.count
    typed.editor = LineEditor(isDraft ? typed.draft : filterHistory[typed.recalled])
  }

  private mutating func remember(_ text: String) {
    guard text.contains(where: { !$0.isWhitespace }) else { return }
    filterHistory.removeAll { $0 == text }
    filterHistory.append(text)
    if filterHistory.count > Self.historyLimit { filterHistory.removeFirst() }
  }

  /// Makes a query the filter; a query that is wrong leaves the filter as it is, and the reason is
  /// returned.
  @discardableResult
  mutating func setFilter(_ text: String) -> LiveMistake? {
    let narrowed: EventSelection
    do throws(QueryError) {
      let reading = try Query.reading(text, names: settings.names, shown: TextFields.of(columns))
      if let field = reading.query.field(needing: settings.uncollected), !field.isOfTraffic {
        let name = field.description.name
        let line = Escaping.text(settings.commandLine)
        return LiveMistake(text: "\(name) is not read here: begin with \(line) --columns +\(name)", isUnfinished: false)
      }
      narrowed = settings.scope.narrowed(by: reading.query)
      filterMarks = QueryMarks(reading.query)
      filterAsksForTraffic = reading.query.tests { $0.isOfTraffic }
    } catch {
      return LiveMistake(text: error.description, isUnfinished: error.range.upperBound >= text.utf8.count)
    }
    filter = narrowed
    filterText = text
    recent = matching(newest)
    reorder()
    top = 0
    return nil
  }

  /// Takes off the last condition of the filter; returns whether there was one.
  mutating func shortenFilter() -> Bool {
    guard !filterText.isEmpty else { return false }
    remember(filterText)
    let rest = Query.withoutLastCondition(filterText, names: settings.names)
    if setFilter(rest) != nil { setFilter("") }
    return true
  }

  /// Selects the next socket that the filter found, also in a folded group, which is unfolded; after
  /// the last one the first.
  mutating func moveToMatch(_ step: Int) {
    arrangeIfNeeded()
    guard !filterText.isEmpty else {
      return say("there is no filter: / begins one")
    }
    guard !entries.isEmpty else { return say("no socket matches the filter") }
    if grouping != .none, groups.contains(where: \.isFolded) {
      folds[grouping]?.setAll(folded: false)
      reorder()
      arrangeIfNeeded()
    }
    holdOrder()
    var index = selectedIndex ?? (step > 0 ? -1 : entries.count)
    for _ in entries.indices {
      index = (index + step + entries.count) % entries.count
      if case .socket = entries[index] { return select(near: index) }
    }
  }
}
