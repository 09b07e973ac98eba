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
    prepareRows()
    guard let all = rows else { return }
    awaitsPlaces = all.hasUnplaced
    var shown = all.sorted
    // A listing does not show sockets of other network namespaces either; their events are shown
    // below.
    if !settings.coversAllNamespaces || !showsElsewhere { shown.removeAll { all.isElsewhere[Int($0)] } }
    if !families.isEmpty || listensOnly || changed != .all {
      shown = wanted(shown, of: all)
    }
    filter.keep(&shown, of: all.snapshot)
    count(shown, all)
    if isHeld { keepPlaces(&shown, all.ids, former) }
    entries = []
    groups = []
    if grouping == .none {
      // No larger than it must be: there may be a hundred thousand.
      entries = shown.map { .socket(all.ids[Int($0)]) }
    } else {
      group(shown, all)
    }
    restore(place)
    dropRowsIfUnneeded()
  }

  /// Drops the rows between keys, when most would have to be made again for the next one.
  mutating func dropRowsIfUnneeded() {
    if !keepsRows && !areRowsSteady { rows = nil }
  }

  /// Whether rows are kept of which figures and owners may have changed for too long, without an event.
  var haveRowsAged: Bool {
    guard rows != nil, rowsAreStale, !isAnswering, let rowsMade else { return false }
    return rowsMade.milliseconds(until: wall) >= Self.rowsTime
  }

  /// Makes the rows of all sockets, where there are none or newer ones are due, and puts them in
  /// order.
  package mutating func prepareRows() {
    let needsTraffic = needsTraffic
    let isUsable = rows.map { !rowsAreStale || isAnswering && $0.ids.count >= Self.manyRows } ?? false
    if isUsable {
      awaitsRows = rowsAreStale
      let order = order
      if needsTraffic { rows?.addTraffic(of: sockets) }
      rows?.sort(by: order)
      return
    }
    awaitsRows = false
    rows = nil
    rows = LiveRows(
      sockets, of: context, peers: trackedPeers, order: order, hasTraffic: needsTraffic,
      interval: traffic.interval.number)
    rowsAreStale = false
    rowsMade = wall
  }

  /// Whether rows are selected, ordered or grouped by what they send and receive.
  private var needsTraffic: Bool {
    hasTraffic && (grouping != .none || filterAsksForTraffic || order.keys.contains { $0.field.isOfTraffic })
  }

  /// Whether a key was pressed some time ago, so that another may follow.
  var keepsRows: Bool { lastKey.map { $0.milliseconds(until: wall) < Self.rowsTime } ?? false }

  /// Whether there are many rows and at most one of a hundred changes in a second, so that the first key
  /// after a pause need not wait for new ones.
  private var areRowsSteady: Bool {
    rows.map { $0.ids.count >= Self.manyRows && changes.most(at: clock) <= $0.ids.count / 100 } ?? false
  }

  /// Whether a key was pressed a moment ago: its answer counts for more than the newest scan, which
  /// follows soon.
  var isAnswering: Bool { lastKey.map { $0.milliseconds(until: wall) < Self.answerTime } ?? false }

  /// The sockets at the other ends.
  var trackedPeers: TrackedPeers { TrackedPeers(peers, among: sockets) }

  /// The order of rows: that of the settings, or the column that a key chose.
  private var order: SortOrder {
    guard let sortField else {
      return SortOrder(keys: settings.order.keys, isReversed: isReversed != settings.order.isReversed)
    }
    return SortOrder(keys: [.init(field: sortField, isDescending: false)], isReversed: isReversed)
  }

  /// Those of some rows that the keys for families, listeners and changes leave.
  ///
  /// In a method that changes the model, the closure would copy all of the model for each row.
  private func wanted(_ rows: [UInt32], of all: LiveRows) -> [UInt32] {
    rows.filter { isWanted(all.snapshot.records[Int($0)], all.ids[Int($0)]) }
  }

  private func isWanted(_ record: SocketRecord, _ id: UInt64) -> Bool {
    if !families.isEmpty, !families.contains(where: { $0.contains(record.transport) }) { return false }
    if listensOnly, record.state != .listen && record.state != .unconnected { return false }
    guard changed != .all else { return true }
    guard let socket = sockets[id] else { return false }
    guard changed == .lastMinute else { return !socket.wasThere || socket.history.count > 1 || socket.isClosed }
    let last = socket.closed ?? (socket.history.count > 1 || !socket.wasThere ? socket.history.last?.since : nil)
    return last.map { $0.milliseconds(until: clock) < 60_000 } ?? false
  }

  private mutating func count(_ shown: [UInt32], _ all: LiveRows) {
    var numbers = [Int](repeating: 0, count: 256)
    var transports: UInt32 = 0
    lacksOwner = false
    passingIDs.removeAll(keepingCapacity: true)
    for row in shown {
      let row = Int(row)
      if all.isGone[row] || all.isElsewhere[row] { passingIDs.append(all.ids[row]) }
      transports |= 1 << UInt32(all.snapshot.records[row].transport.rawValue)
      guard !all.isGone[row] else { continue }
      numbers[Int(all.snapshot.records[row].state.rawValue)] += 1
      if !lacksOwner, all.snapshot.records[row].canHaveOwner, all.snapshot.ownerRange(at: row).isEmpty {
        lacksOwner = true
      }
    }
    shownTransports = transports
    counts = [:]
    for state in SocketState.allCases { counts[state] = numbers[Int(state.rawValue)] }
    counts = counts.filter { $0.value > 0 }
    livingCount = numbers.reduce(0, +)
    if hasTraffic { sumTraffic(shown, of: all) }
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

  /// Whether something is shown that changes though nothing is sent: then each scan must read it.
  package var showsTimers: Bool {
    func isTimer(_ field: Field) -> Bool { field == .timer || field == .timerExpires }
    return columns.contains(where: isTimer) || order.keys.contains { isTimer($0.field) } || filter.tests(isTimer)
  }

  /// Whether the rows can change without an event: when they depend on more than the kind and state
  /// of a socket.
  var dependsOnScans: Bool {
    if !filter.isEverything || [.process, .workload].contains(grouping) { return true }
    if grouping != .none && hasTraffic || changed == .lastMinute { return true }
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
