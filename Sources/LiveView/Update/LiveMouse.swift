internal import SocketModel

// What the mouse does: the wheel scrolls, a click selects a line, or sorts by a heading.
extension LiveModel {
  /// How many lines one step of the wheel moves.
  private static let wheelStep = 3

  mutating func take(_ mouse: MouseEvent) -> [LiveEffect] {
    switch mouse.kind {
    case .wheelUp: return turn(by: -Self.wheelStep)
    case .wheelDown: return turn(by: Self.wheelStep)
    case .press(.left): return click(column: mouse.column, row: mouse.row)
    case .press, .release: return []
    }
  }

  private mutating func turn(by count: Int) -> [LiveEffect] {
    guard prompt == nil, dialog == nil, batch == nil else { return [] }
    if panel != nil {
      let key: TerminalKey = count < 0 ? .up : .down
      for _ in 0..<abs(count) { _ = takeInPanel(key) }
    } else {
      moveSelection(by: count)
    }
    return []
  }

  private mutating func click(column: Int, row: Int) -> [LiveEffect] {
    guard prompt == nil, dialog == nil, batch == nil, panel == nil else { return [] }
    if row == 1, let place, place.activity.count > 1, column >= Self.timeLineStart {
      let room = timeMarks(place).values.count
      let target = (column - Self.timeLineStart) * place.activity.count / room
      guard target < place.count, target != place.index else { return [] }
      return [.step(target - place.index)]
    }
    let line = row - headRows
    if line == 0 {
      let field = headings.first { $0.range.contains(column) }?.field
      if let field { sort(by: field) }
      return []
    }
    arrangeIfNeeded()
    let index = top + line - 1
    guard line > 0, line <= tableRows, entries.indices.contains(index) else { return [] }
    holdOrder()
    if index == selectedIndex {
      // A second click opens what the first one selected.
      guard selectedGroup != nil else { return openDetail() }
      fold()
    } else {
      select(near: index)
    }
    return []
  }
}
