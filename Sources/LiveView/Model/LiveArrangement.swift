internal import Query
import Rendering
package import SocketModel
internal import Text

// Decides which sockets are shown, and in which order.
extension LiveModel {
  /// Selects and sorts the rows again if anything that they depend on has changed.
  mutating func arrangeIfNeeded() {
    if needsArranging { arrange() }
  }

  private mutating func arrange() {
    needsArranging = false
    arrangedCount = sockets.count
    let place = selectedPlace
    let isHeld = orderHolds.map { wall.milliseconds(until: $0) > 0 } ?? false
    let former = isHeld ? entries : []

    // A socket is large: each is looked at only once, on its way into the snapshot.
    var isGone: [Bool] = []
    var isElsewhere: [Bool] = []
    isGone.reserveCapacity(sockets.count)
    isElsewhere.reserveCapacity(sockets.count)
    var hasUnplaced = false
    let noted = sockets.values.lazy.map { socket in
      isGone.append(socket.closed != nil)
      isElsewhere.append(socket.scope == .other)
      if socket.scope == .unknown { hasUnplaced = true }
      return socket
    }
    let snapshot = Snapshot(sockets: noted, of: context, peers: trackedPeers)
    awaitsPlaces = hasUnplaced
    let ids = Array(sockets.keys)
    var rows = filter.rows(of: snapshot)
    // A listing does not show sockets of other network namespaces either; their events are shown
    // below.
    if !settings.coversAllNamespaces || !showsElsewhere { rows.removeAll { isElsewhere[Int($0)] } }
    if !families.isEmpty || listensOnly || changedOnly {
      rows.removeAll { !isWanted(snapshot.records[Int($0)], ids[Int($0)]) }
    }
    order.sort(&rows, of: snapshot)
    count(rows, isGone, snapshot)
    shownTransports = rows.reduce(0) { $0 | 1 << UInt32(snapshot.records[Int($1)].transport.rawValue) }
    lacksOwner = rows.contains { row in
      let row = Int(row)
      return !isGone[row] && snapshot.records[row].canHaveOwner && snapshot.ownerRange(at: row).isEmpty
    }
    if isHeld { keepPlaces(&rows, ids, former) }
    entries.removeAll(keepingCapacity: true)
    groups = []
    if grouping == .none {
      for row in rows { entries.append(.socket(ids[Int(row)])) }
    } else {
      group(rows, ids, snapshot)
    }
    restore(place)
  }

  /// The sockets at the other ends.
  var trackedPeers: TrackedPeers { TrackedPeers(peers, among: sockets) }

  /// The order of rows: that of the settings, or the column that a key chose.
  private var order: SortOrder {
    guard let sortField else {
      return SortOrder(keys: settings.order.keys, isReversed: isReversed != settings.order.isReversed)
    }
    return SortOrder(keys: [.init(field: sortField, isDescending: false)], isReversed: isReversed)
  }

  private func isWanted(_ record: SocketRecord, _ id: UInt64) -> Bool {
    if !families.isEmpty, !families.contains(where: { $0.contains(record.transport) }) { return false }
    if listensOnly, record.state != .listen && record.state != .unconnected { return false }
    return !changedOnly || sockets[id].map { !$0.wasThere || $0.history.count > 1 || $0.closed != nil } ?? false
  }

  private mutating func count(_ rows: [UInt32], _ isGone: [Bool], _ snapshot: Snapshot) {
    var numbers = [Int](repeating: 0, count: 256)
    for row in rows where !isGone[Int(row)] { numbers[Int(snapshot.records[Int(row)].state.rawValue)] += 1 }
    counts = [:]
    for state in SocketState.allCases { counts[state] = numbers[Int(state.rawValue)] }
    counts = counts.filter { $0.value > 0 }
    livingCount = numbers.reduce(0, +)
  }

  /// Leaves rows where they were, and puts new ones after them.
  private func keepPlaces(_ rows: inout [UInt32], _ ids: [UInt64], _ former: [LiveEntry]) {
    var places: [UInt64: Int] = [:]
    places.reserveCapacity(former.count)
    for (place, entry) in former.enumerated() {
      if case .socket(let id) = entry { places[id] = place }
    }
    let keyed = rows.enumerated().map { (key: places[ids[Int($1)]] ?? former.count + $0, row: $1) }
    rows = keyed.sorted { $0.key < $1.key }.map(\.row)
  }

  private mutating func group(_ rows: [UInt32], _ ids: [UInt64], _ snapshot: Snapshot) {
    var members: [[UInt8]: (group: LiveGroup, rows: [UInt32])] = [:]
    for row in rows {
      let name = groupName(Int(row), snapshot)
      var member = members[name] ?? (LiveGroup(name: name), [])
      member.rows.append(row)
      member.group.count += 1
      member.group.states[snapshot.records[Int(row)].state, default: 0] += 1
      members[name] = member
    }
    // Sockets without an owner come last.
    let nobody: [UInt8] = [ASCII.hyphen]
    let names = members.keys.sorted {
      $0 == nobody || $1 == nobody ? $1 == nobody && $0 != nobody : $0.lexicographicallyPrecedes($1)
    }
    for name in names {
      guard let member = members[name] else { continue }
      entries.append(.group(groups.count))
      groups.append(member.group)
      for row in member.rows { entries.append(.socket(ids[Int(row)])) }
    }
  }

  private func groupName(_ row: Int, _ snapshot: Snapshot) -> [UInt8] {
    var name: [UInt8] = []
    switch grouping {
    case .process:
      guard let owner = snapshot.owners(at: row).first else { return [ASCII.hyphen] }
      Escaping.append(snapshot.name(of: owner)[...], to: &name, also: UInt8(ascii: "["))
      if let pid = owner.pid { name.append(ascii: "[\(pid)]") }
    default:
      let record = snapshot.records[row]
      guard record.hasPeer, let remote = record.remote else { return [ASCII.hyphen] }
      name.appendAddress(remote.address.bits, isIPv4: remote.address.isIPv4)
    }
    return name
  }

  // MARK: The selection

  /// The position of the selection: its index among the entries, and how far it is below the first
  /// visible line.
  private var selectedPlace: (index: Int, offset: Int)? {
    guard let index = selectedIndex else { return nil }
    return (index, index - top)
  }

  /// The index of the selected socket among the entries.
  var selectedIndex: Int? { selected.flatMap { id in entries.firstIndex(of: .socket(id)) } }

  /// Keeps the selected socket in its line of the screen, unless the first visible line is the
  /// first of all; when it no longer exists, its neighbour is selected.
  private mutating func restore(_ place: (index: Int, offset: Int)?) {
    guard let place else {
      if selected != nil, selectedIndex == nil { selected = nil }
      return
    }
    if selectedIndex == nil {
      selected = nil
      select(near: min(place.index, entries.count - 1), towards: 1)
    }
    if top > 0, let index = selectedIndex { top = max(0, index - place.offset) }
  }

  /// Selects the socket at an index, or the next one after a heading.
  package mutating func select(near index: Int, towards step: Int) {
    guard !entries.isEmpty else { return }
    var index = max(0, min(index, entries.count - 1))
    for direction in [step, -step] {
      while entries.indices.contains(index) {
        if case .socket(let id) = entries[index] {
          selected = id
          return
        }
        index += direction
      }
      index = max(0, min(index, entries.count - 1))
    }
  }

  /// Moves the selection by some rows; without one, it begins at the first visible line.
  mutating func moveSelection(by count: Int) {
    arrangeIfNeeded()
    orderHolds = wall.adding(milliseconds: Self.holdTime)
    guard let index = selectedIndex else {
      return select(near: count < 0 ? top + tableRows - 1 : top, towards: 1)
    }
    select(near: index + count, towards: count < 0 ? -1 : 1)
  }

  /// Selects the first or the last socket.
  mutating func moveSelection(toEnd: Bool) {
    arrangeIfNeeded()
    orderHolds = wall.adding(milliseconds: Self.holdTime)
    select(near: toEnd ? entries.count - 1 : 0, towards: toEnd ? -1 : 1)
    if !toEnd { top = 0 }
  }

  /// Whether the rows can change without an event: when they depend on more than the kind and state
  /// of a socket.
  var dependsOnScans: Bool {
    if !filter.isEverything || grouping == .process { return true }
    return sortField?.description.changesUnseen ?? false
  }
}

extension Timestamp {
  package func adding(milliseconds: Int) -> Timestamp {
    let nanoseconds = Int64(self.nanoseconds) + Int64(milliseconds % 1000) * 1_000_000
    return Timestamp(
      seconds: seconds &+ Int64(milliseconds / 1000) &+ nanoseconds / 1_000_000_000,
      nanoseconds: Int32(truncatingIfNeeded: nanoseconds % 1_000_000_000))
  }
}
