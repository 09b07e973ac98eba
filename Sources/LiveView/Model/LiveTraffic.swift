internal import Query
internal import SocketModel

/// What the view knows of bytes: the newest interval between two scans, and what came before.
struct LiveTraffic: Sendable {
  var interval = TrafficInterval()
  /// The sum of the sockets that are shown, and of those that ended in the interval.
  var total = TrafficSum()
  /// Whether the rates of the interval are not among the plotted ones yet.
  var isUnnoted = false
  /// Bytes received and sent a second by all of these, from scan to scan, the oldest first.
  private(set) var received: [Int] = []
  private(set) var sent: [Int] = []
  /// Bytes in both directions of the sockets that were visible, from scan to scan.
  private(set) var courses: [UInt64: [Int]] = [:]

  /// The most scans that are remembered: as many as any plot shows.
  private static let longest = 60

  /// Notes the rates of the interval, for plots.
  mutating func note(_ visible: [(id: UInt64, traffic: SocketTraffic?)]) {
    func add(_ rate: UInt64?, to course: inout [Int]) {
      course = (course + [Int(clamping: rate ?? 0)]).suffix(Self.longest)
    }
    add(total.receiveRate, to: &received)
    add(total.sendRate, to: &sent)
    var kept: [UInt64: [Int]] = [:]
    for (id, traffic) in visible {
      var course = courses[id] ?? []
      if let traffic, traffic.hasRates {
        add((traffic.receiveRate ?? 0) &+ (traffic.sendRate ?? 0), to: &course)
      }
      if !course.isEmpty { kept[id] = course }
    }
    courses = kept
  }
}

extension LiveModel {
  /// Whether bytes are counted.
  var hasTraffic: Bool { traffic.interval.duration != nil }

  /// Takes the interval of a new scan.
  mutating func take(_ interval: TrafficInterval) {
    guard interval.number != traffic.interval.number else { return }
    traffic.interval = interval
    traffic.isUnnoted = true
    // Where rows are arranged anyway, that adds them up.
    guard grouping == .none, !needsArranging else { return }
    sumTraffic(
      entries.lazy.compactMap { entry in
        if case .socket(let id) = entry { id } else { nil }
      })
  }

  /// Adds up what the shown sockets, with these numbers, send and receive, and those that ended.
  mutating func sumTraffic(_ shown: some Sequence<UInt64>) {
    var sum = TrafficSum()
    if filter.isEverything, families.isEmpty, !listensOnly, changed == .all {
      // Nothing is left out: none needs to be looked up.
      let showsOthers = settings.coversAllNamespaces && showsElsewhere
      for socket in sockets.values where !socket.isClosed && (showsOthers || socket.scope != .other) {
        sum.add(socket.traffic)
      }
    } else {
      for id in shown {
        if let socket = sockets[id], !socket.isClosed { sum.add(socket.traffic) }
      }
    }
    takeTotal(sum)
    noteTraffic()
  }

  /// The same of shown rows. Those that are kept may be older than the newest interval, which is noted once
  /// there are newer rows; sums that are older than the last one stay until then.
  mutating func sumTraffic(_ shown: [UInt32], of rows: LiveRows) {
    if traffic.interval.number - rows.interval <= 1 { takeTotal(rows.traffic(of: shown)) }
    if rows.interval == traffic.interval.number { noteTraffic() }
  }

  /// Takes the sum of the sockets that exist, and adds those that ended.
  private mutating func takeTotal(_ sum: TrafficSum) {
    var sum = sum
    for socket in endedSockets { sum.add(socket.traffic) }
    traffic.total = sum
  }

  /// Notes the sums of the newest interval for plots, once they are made.
  mutating func noteTraffic() {
    guard traffic.isUnnoted else { return }
    traffic.isUnnoted = false
    traffic.note((visible + [selected].compactMap { $0 }).map { ($0, sockets[$0]?.traffic) })
  }

  /// The sockets that ended in the interval and that are shown: those that no scan met too.
  var endedSockets: [TrackedSocket] {
    let all = traffic.interval.ended.filter { showsElsewhere || $0.scope != .other }
    guard !all.isEmpty, !filter.isEverything else { return all }
    var rows = all.indices.map { UInt32($0) }
    filter.keep(&rows, of: Snapshot(sockets: all, of: context))
    return rows.map { all[Int($0)] }
  }
}
