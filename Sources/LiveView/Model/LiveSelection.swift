internal import Query
import Rendering
internal import SocketModel

// The selected line, which is a socket or the heading of a group.
extension LiveModel {
  /// The position of the selection: its index among the entries, and how far it is below the first
  /// visible line.
  var selectedPlace: (index: Int, offset: Int)? {
    guard let index = selectedIndex else { return nil }
    return (index, index - top)
  }

  /// The index of the selected line among the entries.
  var selectedIndex: Int? {
    if let selected { return entries.firstIndex(of: .socket(selected)) }
    guard let name = selectedGroup, let group = groups.firstIndex(where: { $0.name == name }) else { return nil }
    return entries.firstIndex(of: .group(group))
  }

  /// Keeps the selected line in its place of the screen, unless the first visible line is the first
  /// of all; when it no longer exists, its neighbour is selected.
  mutating func restore(_ place: (index: Int, offset: Int)?) {
    guard let place else {
      if selectedIndex == nil { forgetSelection() }
      return
    }
    if selectedIndex == nil {
      forgetSelection()
      select(near: min(place.index, entries.count - 1))
    }
    if top > 0, let index = selectedIndex { top = max(0, index - place.offset) }
  }

  mutating func forgetSelection() {
    selected = nil
    selectedGroup = nil
  }

  /// Selects the line at an index, or the nearest one.
  package mutating func select(near index: Int) {
    guard !entries.isEmpty else { return }
    forgetSelection()
    switch entries[max(0, min(index, entries.count - 1))] {
    case .socket(let id): selected = id
    case .group(let group): selectedGroup = groups[group].name
    }
  }

  /// Moves the selection by some lines; without one, it begins at the first visible line.
  mutating func moveSelection(by count: Int) {
    arrangeIfNeeded()
    holdOrder()
    guard let index = selectedIndex else { return select(near: count < 0 ? top + tableRows - 1 : top) }
    select(near: index + count)
  }

  /// Selects the first or the last line.
  mutating func moveSelection(toEnd: Bool) {
    arrangeIfNeeded()
    holdOrder()
    select(near: toEnd ? entries.count - 1 : 0)
    if !toEnd { top = 0 }
  }

  /// Keeps rows in their places for a while, so that the next key meets the line that was seen.
  mutating func holdOrder() { orderHolds = wall.adding(milliseconds: Self.holdTime) }
}
