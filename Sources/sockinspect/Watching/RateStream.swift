import CommandLine
import Inspection
import LinuxSystem
import Options
import Query
import Rendering
import SocketModel
import Tracking

/// What sockets send and receive on its way to standard output: after each scan one line for each
/// selected socket that sent or received anything since the scan before.
struct RateStream {
  /// How many lines were printed, of how many intervals.
  private(set) var lines = 0
  private(set) var intervals = 0
  private let plan: WatchPlan
  private let selection: EventSelection
  private let signals: SignalWatch
  private var text: RateLines
  private var names: EventNames?
  private var last = 0

  /// Makes a stream that has printed nothing.
  init(_ plan: WatchPlan, since beginning: Timestamp, until signals: SignalWatch) {
    self.plan = plan
    self.signals = signals
    selection = EventSelection(plan.list)
    names = plan.list.output.resolve && plan.shape == .text ? EventNames() : nil
    text = RateLines(
      TimestampWriter(plan.timestamps, since: beginning, utcOffset: { Clock.utcOffset(at: $0) }),
      columns: plan.list.output.choice.columns(default: RateLines.defaultColumns, owners: plan.list.owners))
  }

  /// Prints the newest interval, once; returns whether the reader takes nothing more.
  mutating func take(_ watcher: Watcher) throws(SystemError) -> Bool {
    let interval = watcher.trafficInterval
    guard interval.number != last else { return false }
    last = interval.number
    guard interval.duration != nil else { return false }
    intervals += 1
    let found = IntervalSockets(of: watcher, selection, coversElsewhere: plan.includesElsewhere) { socket in
      guard let traffic = socket.traffic, traffic.hasRates else { return false }
      return traffic.bytesSentInInterval != 0 || traffic.bytesReceivedInInterval != 0
    }
    var rows = found.rows
    if plan.list.output.order.keys.isEmpty {
      rows.sort { total(found.sockets[Int($0)]) > total(found.sockets[Int($1)]) }
    } else {
      plan.list.output.order.sort(&rows, of: found.snapshot)
    }
    guard !rows.isEmpty else { return false }
    if names != nil {
      names?.learn(of: rows, in: found.snapshot)
      text.names = names?.shown ?? text.names
    }
    let time = watcher.snapshot.meta.time ?? .now
    let bytes =
      plan.shape == .ndjson
      ? JSONRates.render(
        rows, of: found.snapshot, sockets: found.sockets, at: time, columns: plan.list.columns,
        added: plan.list.output.choice.added)
      : text.render(rows, of: found.snapshot, at: time)
    lines += rows.count
    return try StandardStream.output.write(bytes.span, until: signals) < bytes.count
  }

  private func total(_ socket: TrackedSocket) -> UInt64 {
    (socket.traffic?.bytesSentInInterval ?? 0) &+ (socket.traffic?.bytesReceivedInInterval ?? 0)
  }
}
