import Rendering
package import SocketModel
internal import Text

/// What the rows are grouped by.
package enum LiveGrouping: Sendable, Hashable, CaseIterable {
  case none, process, workload, peer, port, state, namespace

  /// The grouping that the key comes to next.
  var next: LiveGrouping {
    let all = Self.allCases
    return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
  }

  /// The grouping of `top` that it is; `nil` for one that `top` does not have.
  fileprivate var ofTraffic: TrafficGroups.Grouping? {
    switch self {
    case .process: .process
    case .workload: .workload
    case .peer: .peer
    case .port: .port
    case .namespace: .netns
    case .none, .state: nil
    }
  }

  /// The same as one of `top`.
  package init(_ grouping: TrafficGroups.Grouping) {
    self = Self.allCases.first { $0.ofTraffic == grouping } ?? .none
  }
}

/// The order of groups.
enum LiveGroupOrder: Sendable, Hashable, CaseIterable {
  /// The largest number of sockets first; the most bytes a second first; by name.
  case count, bytes, name

  var next: LiveGroupOrder {
    switch self {
    case .count: .bytes
    case .bytes: .name
    case .name: .count
    }
  }
}

/// Some rows with a heading.
package struct LiveGroup: Sendable {
  /// What they have in common, safe to show.
  package let name: [UInt8]
  /// How many of its sockets are in each state, without those that have ended.
  package var states: [SocketState: Int] = [:]
  package var count = 0
  /// The numbers of its sockets.
  var ids: [UInt64] = []
  /// What they send and receive, with those that ended in the interval.
  var traffic = TrafficSum()
  /// Whether only its heading is shown.
  package var isFolded = false
}

/// Which groups show only their headings.
struct LiveFolds: Sendable {
  /// Whether groups are folded unless a key says otherwise; `nil` until that is decided.
  var areFolded: Bool?
  /// The groups of which a key said otherwise.
  private var exceptions: Set<[UInt8]> = []

  init(areFolded: Bool? = nil) { self.areFolded = areFolded }

  func isFolded(_ name: [UInt8]) -> Bool { (areFolded ?? false) != exceptions.contains(name) }

  mutating func set(_ name: [UInt8], folded: Bool) {
    if folded == (areFolded ?? false) { exceptions.remove(name) } else { exceptions.insert(name) }
  }

  mutating func setAll(folded: Bool) {
    areFolded = folded
    exceptions = []
  }
}

extension LiveModel {
  /// Puts rows into groups, and makes the lines of the table of them.
  mutating func group(_ shown: [UInt32], _ all: LiveRows) {
    var buckets = Buckets(all.snapshot, grouping, shown)
    for row in shown { buckets.add(row, isGone: all.isGone[Int(row)]) }
    var folds = folds[grouping] ?? LiveFolds()
    if folds.areFolded == nil, !shown.isEmpty {
      // What fills more than two screens is easier to overlook when it is folded.
      folds.areFolded = shown.count + buckets.names.count > 2 * tableRows
    }
    self.folds[grouping] = folds
    if hasTraffic {
      buckets.addTraffic(all)
      buckets.addTraffic(ofEnded: endedSockets, context)
    }
    for index in buckets.sorted(by: groupOrder) {
      var group = LiveGroup(name: buckets.names[index])
      group.traffic = buckets.traffic[index]
      var numbers = [Int](repeating: 0, count: 256)
      group.ids.reserveCapacity(buckets.rows[index].count)
      for row in buckets.rows[index] {
        group.ids.append(all.ids[Int(row)])
        guard !all.isGone[Int(row)] else { continue }
        group.count += 1
        numbers[Int(all.snapshot.records[Int(row)].state.rawValue)] += 1
      }
      for state in SocketState.allCases where numbers[Int(state.rawValue)] > 0 {
        group.states[state] = numbers[Int(state.rawValue)]
      }
      group.isFolded = folds.isFolded(group.name)
      entries.append(.group(groups.count))
      groups.append(group)
      guard !group.isFolded else { continue }
      for row in buckets.rows[index] { entries.append(.socket(all.ids[Int(row)])) }
    }
  }

  /// The sockets of a group.
  func members(of name: [UInt8]) -> [UInt64] { groups.first { $0.name == name }?.ids ?? [] }

  /// All sockets that are shown, also those of folded groups.
  var shownIDs: [UInt64] {
    if grouping != .none { return groups.flatMap(\.ids) }
    return entries.compactMap { entry in
      if case .socket(let id) = entry { id } else { nil }
    }
  }

  /// The group that a line belongs to; `nil` for none.
  func groupIndex(at index: Int) -> Int? {
    guard grouping != .none, entries.indices.contains(index) else { return nil }
    for entry in entries[...index].reversed() {
      if case .group(let group) = entry { return group }
    }
    return nil
  }

  /// Folds or unfolds the selected group; without an argument it changes between the two.
  mutating func fold(_ folded: Bool? = nil) {
    arrangeIfNeeded()
    guard let index = selectedIndex, let group = groupIndex(at: index) else {
      return say("select a group first: Up and Down")
    }
    let name = groups[group].name
    folds[grouping]?.set(name, folded: folded ?? !groups[group].isFolded)
    selected = nil
    selectedGroup = name
    reorder()
  }

  /// Folds all groups, or unfolds all when all are folded.
  mutating func foldAll() {
    arrangeIfNeeded()
    let areFolded = groups.allSatisfy(\.isFolded)
    if let index = selectedIndex, let group = groupIndex(at: index) {
      selected = nil
      selectedGroup = groups[group].name
    }
    folds[grouping]?.setAll(folded: !areFolded)
    reorder()
  }
}

/// Rows by what they have in common.
private struct Buckets {
  private var snapshot: Snapshot
  private let grouping: LiveGrouping
  private(set) var names: [[UInt8]] = []
  private(set) var rows: [[UInt32]] = []
  private(set) var traffic: [TrafficSum] = []
  /// How many rows of each have not ended.
  private var living: [Int] = []
  /// The buckets by their keys: most rows need no name to find theirs.
  private var places: [Key: Int] = [:]
  /// The key that was looked up last, and its bucket: neighbours are often of the same.
  private var last: (key: Key, place: Int)?
  private var placesOfNames: [[UInt8]: Int] = [:]
  /// What sockets have in common, for the groupings of `top`.
  private let groups: TrafficGroups?
  private let namespaces: [UInt32: [UInt8]]

  private enum Key: Hashable {
    case none
    case number(UInt64)
    case address(UInt128, isIPv4: Bool)
    case workload(Workload)
  }

  /// - Parameter shown: all rows, whose listeners decide which port of a connection is the server's.
  init(_ snapshot: Snapshot, _ grouping: LiveGrouping, _ shown: [UInt32]) {
    self.snapshot = snapshot
    self.grouping = grouping
    let listeners =
      grouping == .port ? shown.lazy.map { snapshot.records[Int($0)] }.filter { $0.state == .listen } : nil
    let ports = Set(listeners?.map(\.localPort) ?? [])
    groups = grouping.ofTraffic.map { TrafficGroups(by: $0, listeningPorts: ports) }
    namespaces = grouping == .namespace ? snapshot.namespaceNames : [:]
  }

  mutating func add(_ row: UInt32, isGone: Bool) {
    let place = place(of: Int(row))
    rows[place].append(row)
    if !isGone { living[place] += 1 }
  }

  /// The bucket that a row belongs to.
  private mutating func place(of row: Int) -> Int {
    let key = key(row)
    if let last, last.key == key { return last.place }
    let place = places[key] ?? newPlace(of: row, key)
    last = (key, place)
    return place
  }

  private mutating func newPlace(of row: Int, _ key: Key) -> Int {
    let name = key == .none ? [ASCII.hyphen] : name(row)
    let place = placesOfNames[name] ?? names.count
    if place == names.count {
      names.append(name)
      rows.append([])
      living.append(0)
      traffic.append(TrafficSum())
      placesOfNames[name] = place
    }
    places[key] = place
    return place
  }

  /// Adds up the bytes of the rows that still exist.
  mutating func addTraffic(_ all: LiveRows) {
    for place in rows.indices {
      for row in rows[place] where !all.isGone[Int(row)] { traffic[place].add(snapshot.traffic(at: Int(row))) }
    }
  }

  /// Adds the bytes of sockets that ended, to a bucket of their own where there is none. It comes
  /// last: their rows are of another snapshot.
  mutating func addTraffic(ofEnded sockets: [TrackedSocket], _ context: Snapshot) {
    guard !sockets.isEmpty else { return }
    snapshot = Snapshot(sockets: sockets, of: context)
    places = [:]
    last = nil
    for row in sockets.indices {
      let place = place(of: row)
      traffic[place].add(snapshot.traffic(at: row))
    }
  }

  /// The buckets in order. What has nothing in common comes last.
  func sorted(by order: LiveGroupOrder) -> [Int] {
    let nothing: [UInt8] = [ASCII.hyphen]
    return names.indices.sorted { left, right in
      if names[left] == nothing || names[right] == nothing { return names[left] != nothing && names[right] == nothing }
      if order == .bytes, traffic[left].bytes != traffic[right].bytes {
        return traffic[left].bytes > traffic[right].bytes
      }
      if order != .name, living[left] != living[right] { return living[left] > living[right] }
      return names[left].lexicographicallyPrecedes(names[right])
    }
  }

  private func key(_ row: Int) -> Key {
    switch grouping {
    case .none: return .none
    case .process:
      let owners = snapshot.ownerRange(at: row)
      guard !owners.isEmpty, let process = snapshot.owners[owners.lowerBound].processIndex else { return .none }
      return .number(UInt64(process))
    case .workload: return snapshot.workload(at: row).map { .workload($0) } ?? .none
    case .peer:
      guard snapshot.records[row].hasPeer, let remote = snapshot.records[row].remote else { return .none }
      return .address(remote.address.bits, isIPv4: remote.address.isIPv4)
    case .port:
      guard snapshot.records[row].transport.hasPorts, case .port(let port) = groups?.key(of: snapshot, row: row) else {
        return .none
      }
      return .number(UInt64(port))
    case .state: return .number(UInt64(snapshot.records[row].state.rawValue))
    case .namespace:
      return snapshot.records[row].known.contains(.netns) ? .number(UInt64(snapshot.records[row].netns)) : .none
    }
  }

  private func name(_ row: Int) -> [UInt8] {
    groups?.key(of: snapshot, row: row).label(namespaces) ?? Array(snapshot.records[row].state.name.utf8)
  }
}
