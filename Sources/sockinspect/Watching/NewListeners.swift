import CommandLine
import SocketModel

/// Finds listeners that were not there: compared with a first scan, or with a capture.
///
/// A listener was there when the place where it listens was in use by a program of the same name,
/// or by one that is not known. So a restart is no news, and another program at the same port is.
/// Each is reported once.
struct NewListeners: Sendable {
  /// Where a listener is: what another program can take over.
  private struct Place: Hashable {
    let transport: Transport
    let family: AddressFamily
    let address: UInt128
    let port: UInt16
    let name: UnixName?
    let namespace: [UInt8]?
  }

  /// The names of processes, as in `comm`; empty when none is known.
  private typealias Programs = Set<[UInt8]>

  /// What was there, with the programs that have had it so far.
  private var known: [Place: Programs] = [:]
  /// The sockets whose programs were compared. A program that changes its name keeps its sockets.
  private var compared: Set<UInt64> = []
  /// The sockets that were reported. Of one that is bound to a broadcast address the tracepoint
  /// reports another address than a scan.
  private var reported: Set<UInt64> = []
  /// The transports whose listeners the baseline has.
  private let covered: [Transport: Set<AddressFamily>]
  private let coversAllNamespaces: Bool
  /// Events from before the first scan; `nil` once it has been made.
  private var early: [SocketEvent]? = []

  /// How many listeners the baseline has.
  private(set) var baselineCount = 0
  /// How many of them have an owner that is not known.
  private(set) var unownedCount = 0

  /// Compares with a capture, or without one with the first scan.
  ///
  /// - Parameters:
  ///   - capture: what the capture shows.
  ///   - coversAllNamespaces: whether listeners of other network namespaces are listeners too.
  init(since capture: Snapshot?, coversAllNamespaces: Bool) {
    covered = capture?.lookedAt ?? [:]
    self.coversAllNamespaces = coversAllNamespaces
    guard let capture else { return }
    let names = capture.namespaceNames
    for row in capture.listedRows {
      guard let place = place(of: capture.records[row], capture.name(at: row), capture.meta.netns, names) else {
        continue
      }
      learn(place, Set(capture.owners(at: row).compactMap { capture.process(of: $0)?.name }))
    }
  }

  /// Takes the first scan, with the sockets that were there when the watch began.
  mutating func begin(_ tracked: [UInt64: TrackedSocket], _ scan: Snapshot) {
    let names = scan.namespaceNames
    for socket in tracked.values where socket.wasThere && !isCovered(socket.record) {
      guard let place = place(of: socket.record, socket.name, scan.meta.netns, names) else { continue }
      let programs = Set(socket.owners.map(\.name))
      learn(place, programs)
      if !programs.isEmpty { compared.insert(socket.id) }
    }
  }

  /// The transports that are watched and of which the capture has no table.
  func uncovered(among transports: Set<Transport>) -> [Transport] {
    transports.filter { covered[$0] == nil }.sorted { $0.rawValue < $1.rawValue }
  }

  /// Returns which of some events are about new listeners, each as one that was opened, and those
  /// that report missed events.
  ///
  /// - Parameters:
  ///   - tracked: the sockets by their numbers; those that no event is about are looked at when the
  ///     scan is a new one, because their owners may have been found only now.
  ///   - scan: the newest scan; `nil` before the first.
  mutating func news(
    in events: [SocketEvent], _ tracked: [UInt64: TrackedSocket], _ scan: Snapshot?, isNewScan: Bool
  ) -> [SocketEvent] {
    guard let scan else {
      early?.append(contentsOf: events.filter { $0.kind != .closed })
      return []
    }
    let all = (early ?? []) + events
    early = nil
    let names = scan.namespaceNames
    var news: [SocketEvent] = []
    for event in all {
      if event.kind == .missed { news.append(event) }
      guard event.kind == .opened || event.kind == .changed, event.scope != .other || coversAllNamespaces,
        let place = place(of: event, scan.meta.netns, names)
      else { continue }
      guard isNew(place, Set(event.owners.map(\.name)), socket: event.socketID) else { continue }
      var opened = event
      opened.kind = .opened
      news.append(opened)
    }
    guard isNewScan else { return news }
    compared = compared.filter { tracked[$0] != nil }
    reported = reported.filter { tracked[$0] != nil }
    let listeners = tracked.values.filter { !$0.isClosed && $0.record.isListener(named: $0.name) }
    for socket in listeners.sorted(by: { $0.id < $1.id }) {
      let event = SocketEvent(seen: socket, at: scan.meta.time ?? socket.firstSeen)
      guard let place = place(of: event, scan.meta.netns, names) else { continue }
      if isNew(place, Set(event.owners.map(\.name)), socket: event.socketID) { news.append(event) }
    }
    return news
  }

  private func isCovered(_ record: SocketRecord) -> Bool {
    covered[record.transport].map { !record.transport.isInternet || $0.contains(record.family) } ?? false
  }

  private mutating func learn(_ place: Place, _ programs: Programs) {
    if known[place] == nil { baselineCount += 1 }
    known[place, default: []].formUnion(programs)
    if programs.isEmpty { unownedCount += 1 }
  }

  /// Whether nothing was there, or another program; either way it is known from now on.
  private mutating func isNew(_ place: Place, _ programs: Programs, socket: UInt64) -> Bool {
    let before = known[place]
    known[place] = (before ?? []).union(programs)
    let wasCompared = compared.contains(socket)
    if !programs.isEmpty { compared.insert(socket) }
    guard let before else { return reported.insert(socket).inserted }
    return !wasCompared && !before.isEmpty && !programs.isEmpty && before.isDisjoint(with: programs)
  }

  /// Where the listener of an event is; `nil` when it is none, or its namespace is not known yet.
  private func place(of event: SocketEvent, _ own: NetworkNamespaceID?, _ names: [UInt32: [UInt8]]) -> Place? {
    let isPlaced = event.record.networkNamespace != nil || event.scope == .watched || event.scope == .likelyWatched
    if coversAllNamespaces, own != nil, !isPlaced { return nil }
    return place(of: event.record, event.name, own, names)
  }

  /// Where a listener is; `nil` for a socket that is none.
  private func place(
    of record: SocketRecord, _ name: UnixName?, _ own: NetworkNamespaceID?, _ names: [UInt32: [UInt8]]
  ) -> Place? {
    guard record.isListener(named: name) else { return nil }
    var namespace: [UInt8]?
    if let its = record.networkNamespace, let own, its != own {
      guard coversAllNamespaces else { return nil }
      namespace = names[its.inode] ?? Array("\(its)".utf8)
    }
    // The number of a netlink socket is its process's or any other, and a unix socket has the
    // kernel's address there.
    let hasAddress = record.transport != .netlink && record.transport != .unix
    return Place(
      transport: record.transport, family: record.family, address: hasAddress ? record.localBits : 0,
      port: record.localPort, name: name, namespace: namespace)
  }
}

extension SocketRecord {
  /// Whether others can reach the socket at its local end without being its peer: what `--listening`
  /// selects, except sockets without an address.
  fileprivate func isListener(named name: UnixName?) -> Bool {
    guard state == .listen || state == .unconnected else { return false }
    if transport == .unix { return name != nil }
    return !transport.hasPorts || localPort != 0
  }
}

extension SocketEvent {
  /// A socket that a scan shows, as an event.
  fileprivate init(seen socket: TrackedSocket, at time: Timestamp) {
    self.init(.opened, at: time, source: .difference, record: socket.record)
    socketID = socket.id
    to = socket.record.state
    scope = socket.scope
    name = socket.name
    owners = socket.owners
    attribution = socket.attribution
  }
}
