import Inspection
import KernelFormats
import LinuxSystem
import SocketModel

/// The TCP connections that a scan reads instead of all, because no others can have changed.
///
/// Reading all connections costs the kernel more than everything else here. But one that begins, ends
/// or transfers data makes its network namespace send a segment: data that arrives is acknowledged at
/// the latest after a fifth of a second (`TCP_DELACK_MAX`). So a scan asks only for the connections that
/// were busy lately. When these have sent all the segments that the namespace has sent since the scan
/// before (`OutSegs` of `/proc/net/snmp`), the others have sent none. A connection that the other end
/// resets ends without sending one, and is counted by itself (`EstabResets`). Listeners and sockets that are only
/// bound change without a segment: they are read each time.
struct ActiveConnections: Sendable {
  /// A connection, as it was last known, and the segments that it had sent, modulo 2^32.
  struct Connection: Sendable {
    let record: SocketRecord
    let segmentsOut: UInt32
  }

  let connections: [Connection]
  /// The segments that the namespace had sent.
  let segments: SegmentCounts

  /// Reads the connections, in a thread of their network namespace.
  ///
  /// - Parameters:
  ///   - netns: that namespace, for the records.
  ///   - count: counts the segments of the namespace; `nil` when that is not possible.
  ///   - others: reads the TCP sockets that change without a segment; `nil` when that is not possible.
  /// - Returns: their rows, and the segments by now; `nil` when other connections may have changed too:
  ///   then all sockets are to be read.
  func read(
    _ netns: NetworkNamespaceID?, counting count: () -> SegmentCounts?, others: () -> Snapshot?
  ) -> (tables: [SockDiagTable], others: Snapshot, segments: SegmentCounts)? {
    guard let before = count(), before.repeated == segments.repeated, before.resets == segments.resets else {
      return nil
    }
    var tables: [SockDiagTable] = []
    var sent: UInt64 = 0
    if !connections.isEmpty {
      guard var lookUps = try? SocketLookUps(netns: netns, requiredDetails: .byteCounters),
        let found = try? lookUps.read(connections.map(\.record)), found.count == connections.count
      else { return nil }
      for (connection, table) in zip(connections, found) {
        guard let table, let record = table.records.first, let counters = table.byteCounters.first?.counters,
          record.knownCookie == connection.record.knownCookie, record.state == connection.record.state
        else { return nil }
        sent += UInt64(counters.segmentsOut &- connection.segmentsOut)
        tables.append(table)
      }
    }
    // One that is sent meanwhile could be counted here and not there.
    guard before.sent &- segments.sent == sent, let others = others(), count() == before else { return nil }
    return (tables, others, before)
  }
}

/// The TCP segments that a network namespace has sent since it began, of both families together
/// (`Tcp:` in `/proc/net/snmp`).
struct SegmentCounts: Sendable, Hashable {
  /// All but the repeated ones (`OutSegs`).
  let sent: UInt64
  /// The repeated ones (`RetransSegs`).
  let repeated: UInt64
  /// The connections that ended without a handshake (`EstabResets`).
  let resets: UInt64

  init(sent: UInt64, repeated: UInt64 = 0, resets: UInt64 = 0) {
    self.sent = sent
    self.repeated = repeated
    self.resets = resets
  }

  /// Reads them in the network namespace of the calling thread; `nil` when that is not possible.
  init?(_ root: ProcRoot) {
    guard let bytes = try? root.readTable(CounterGroup.Table.snmp.rawValue, limit: 1 << 16) else { return nil }
    let group = CounterTables.decode(bytes.span, of: .snmp).groups.first { $0.name == Array("Tcp".utf8) }
    func value(_ name: String) -> UInt64? { group?.counters.first { $0.name == Array(name.utf8) }?.value }
    guard let sent = value("OutSegs"), let repeated = value("RetransSegs"), let resets = value("EstabResets") else {
      return nil
    }
    self.init(sent: sent, repeated: repeated, resets: resets)
  }
}

/// Decides which scans read only the active connections.
struct PartialScans: Sendable {
  /// Whether the request allows it at all.
  var arePossible = false
  /// Where there are fewer TCP sockets than this, all are read: that costs nothing then.
  var fewestSockets = 1000
  /// The segments that had been sent at the last scan; `nil` when some were sent while it ran.
  private var segments: SegmentCounts?
  /// When the last whole scan began, in nanoseconds of the monotonic clock.
  private var begun: UInt64 = 0
  /// How many whole scans with counters there were.
  private var wholeScans = 0
  private var hasProblems = true

  /// How long after a whole scan others may be partial, in nanoseconds: an option that a program sets
  /// on a connection shows in the next whole one.
  private static let longest: UInt64 = 4_500_000_000

  /// The connections that the next scan must read, if they are enough.
  func connections(_ tracker: SocketTracker, now: UInt64) -> ActiveConnections? {
    let activity = tracker.activity
    // Rates are known from the second scan on.
    guard arePossible, let segments, wholeScans > 1, now &- begun < Self.longest, !hasProblems, activity.isSteady,
      activity.count >= fewestSockets
    else { return nil }
    var connections: [ActiveConnections.Connection] = []
    for id in activity.ids {
      guard let socket = tracker.tracked[id], !socket.isClosed else { continue }
      guard let traffic = socket.traffic, traffic.hasRates, socket.record.knownCookie != 0 else { return nil }
      connections.append(.init(record: socket.record, segmentsOut: traffic.segmentsOut))
    }
    return ActiveConnections(connections: connections, segments: segments)
  }

  /// Notes a scan that was applied.
  mutating func note(_ scan: WatchReader.Scan) {
    segments = scan.segments
    guard !scan.isPartial else { return }
    begun = scan.begun
    wholeScans += 1
    hasProblems = scan.snapshot.problems.contains { !$0.costsOnlyOwners }
  }
}

extension RequiredDetails {
  /// What partial scans collect of TCP sockets.
  static let ofPartialScans: RequiredDetails = [
    .byteCounters, .owners, .executables, .startTimes, .userNames, .interfaceNames, .processUsers, .arguments,
    .families, .parentNames, .workingDirectories, .workloads, .namespaceNames, .refusals, .descriptorFlags,
  ]
}

extension Snapshot {
  /// Takes over what a partial scan does not know of the sockets that it left out.
  mutating func takeOver(_ former: Snapshot) {
    meta.source = former.meta.source
    lookedAt.merge(former.lookedAt) { new, _ in new }
    userNames.merge(former.userNames) { new, _ in new }
  }
}
