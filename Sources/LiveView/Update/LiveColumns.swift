import Rendering
internal import SocketModel
internal import Text

/// A choice of columns.
struct LiveColumnChoice: Sendable {
  /// All fields: those of the table first, in its order.
  var fields: [Field]
  var shown: Set<Field>
  var chosen = 0

  init(_ columns: [Field]) {
    fields = columns + Field.all.filter { !columns.contains($0) }
    shown = Set(columns)
  }

  /// The columns of the table, in order.
  var columns: [Field] { fields.filter(shown.contains) }
}

// The panel that chooses columns, their order and widths.
extension LiveModel {
  /// Handles a key in the choice of columns; `nil` for one that means what it means in other panels.
  mutating func takeInColumns(_ key: TerminalKey, _ choice: LiveColumnChoice) -> [LiveEffect]? {
    var choice = choice
    let last = choice.fields.count - 1
    let field = choice.fields[choice.chosen]
    switch key {
    case .up, .character("k"): choice.chosen = max(0, choice.chosen - 1)
    case .down, .character("j"): choice.chosen = min(last, choice.chosen + 1)
    case .pageUp: choice.chosen = max(0, choice.chosen - max(1, panelRows - 1))
    case .pageDown: choice.chosen = min(last, choice.chosen + max(1, panelRows - 1))
    case .home: choice.chosen = 0
    case .end: choice.chosen = last
    case .character(" "): toggle(field, in: &choice)
    case .character("<"), .character(","): move(&choice, by: -1)
    case .character(">"), .character("."): move(&choice, by: 1)
    case .left: setWidth(of: field, by: -1)
    case .right: setWidth(of: field, by: 1)
    case .character("S"):
      return [
        .save(
          columns: columns, widths: columnLimits, sort: sortField.map { (isReversed ? "-" : "") + $0.description.name })
      ]
    case .enter, .escape, .character("q"), .character("c"):
      panel = nil
      return []
    default: return []
    }
    panel = .columns(choice)
    if choice.columns != columns {
      columns = choice.columns
      reorder()
    }
    return []
  }

  private mutating func toggle(_ field: Field, in choice: inout LiveColumnChoice) {
    if choice.shown.contains(field) {
      if choice.shown.count > 1 { choice.shown.remove(field) } else { say("the last column stays", isTrouble: true) }
      return
    }
    guard field.description.requiredDetails.isDisjoint(with: unread) || field.isOfTraffic else {
      let name = field.description.name
      return say(
        "\(name) is not read here: begin with \(Escaping.text(settings.commandLine)) --columns +\(name)",
        isTrouble: true)
    }
    choice.shown.insert(field)
    // A column that is shown stands with the others.
    let place = choice.fields.prefix { choice.shown.contains($0) }.count
    if let index = choice.fields.firstIndex(of: field), index > place {
      choice.fields.remove(at: index)
      choice.fields.insert(field, at: place)
      choice.chosen = place
    }
  }

  private var unread: RequiredDetails { settings.uncollected }

  private func move(_ choice: inout LiveColumnChoice, by step: Int) {
    let target = choice.chosen + step
    guard choice.fields.indices.contains(target) else { return }
    choice.fields.swapAt(choice.chosen, target)
    choice.chosen = target
  }

  /// Makes a column narrower or wider. At its own width it has no limit.
  private mutating func setWidth(of field: Field, by step: Int) {
    guard let shown = headings.first(where: { $0.field == field })?.range.count else {
      return say("the column is not visible", isTrouble: true)
    }
    let width = max(4, (columnLimits[field] ?? shown) + step)
    columnLimits[field] = width > 200 ? nil : width
    widths = nil
    say("\(field.description.name): \(width) columns wide at most")
  }

  func columnLines(_ choice: LiveColumnChoice) -> [LiveLine] {
    choice.fields.enumerated().map { index, field in
      var line = LiveLine(canvas)
      let isShown = choice.shown.contains(field)
      let style: LiveStyle = index == choice.chosen ? .selected : isShown ? .strong : .plain
      line.add(isShown ? "[x] " : "[ ] ", style)
      line.add(field.description.name, style)
      line.fill(to: 24)
      if let limit = columnLimits[field] { line.add("at most \(limit) wide  ", .colour(.passing)) }
      line.add(field.description.summary, .colour(.faint))
      return line
    }
  }
}
