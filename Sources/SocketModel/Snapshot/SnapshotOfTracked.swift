extension Snapshot {
  /// Makes a snapshot whose rows are tracked sockets, in their order, so that queries, tables and
  /// JSON work on them.
  ///
  /// - Parameters:
  ///   - sockets: the sockets, each as it was last seen.
  ///   - scan: the newest scan of the same machine, from which its circumstances, names of users
  ///     and interfaces and processes are taken over. What a ``TrackedSocket`` keeps about its
  ///     owners takes precedence.
  ///   - peers: the sockets at the other ends, where they are known. Those that are not among the
  ///     sockets come after them, see `peerOnlyRows`.
  ///   - hasTraffic: whether the rows have their ``SocketTraffic``, which is a lot for very many.
  package init(
    sockets: some Collection<TrackedSocket>, of scan: Snapshot? = nil, peers: TrackedPeers = TrackedPeers(),
    hasTraffic: Bool = true
  ) {
    var rows = TrackedRows(scan, count: sockets.count)
    rows.hasTraffic = hasTraffic
    for socket in sockets { rows.append(socket) }
    if !peers.isEmpty { rows.join(sockets.map(\.id), peers) }
    self = rows.snapshot
  }

  /// Makes a snapshot with one row per event, in their order; see ``init(sockets:of:)``. The row of
  /// an event that is ``SocketEvent/Kind/missed`` means nothing.
  ///
  /// - Parameter tracked: the sockets by their numbers, from which come the figures that no event
  ///   reports: those of the newest scan that had the socket.
  package init(
    events: some Collection<SocketEvent>, of scan: Snapshot? = nil, tracked: [UInt64: TrackedSocket] = [:],
    peers: TrackedPeers = TrackedPeers()
  ) {
    var rows = TrackedRows(scan, count: events.count)
    for event in events {
      let detail = event.detail(over: tracked[event.socketID]?.detail)
      rows.append(event.record, name: event.name, detail: detail, owners: event.owners, found: event.attribution)
      rows.append(tracked[event.socketID]?.traffic)
    }
    if !peers.isEmpty { rows.join(events.map(\.socketID), peers) }
    self = rows.snapshot
  }
}

/// Which tracked sockets are at the other ends of which.
package struct TrackedPeers: Sendable {
  private let ids: [UInt64: [UInt64]]
  private let sockets: [UInt64: TrackedSocket]

  /// Makes it from the numbers of the peers of sockets, and the sockets by their numbers.
  package init(_ ids: [UInt64: [UInt64]] = [:], among sockets: [UInt64: TrackedSocket] = [:]) {
    self.ids = ids
    self.sockets = sockets
  }

  /// Whether no peer is known.
  package var isEmpty: Bool { ids.isEmpty }

  /// The sockets at the other end of one.
  func peers(of id: UInt64) -> [TrackedSocket] { ids[id]?.compactMap { sockets[$0] } ?? [] }
}

extension SocketEvent {
  /// The figures of the event, under the fields that a scan uses for them, and those of a scan that
  /// it does not have.
  fileprivate func detail(over scanned: SocketDetail?) -> SocketDetail? {
    guard bytesSent != nil || bytesReceived != nil else { return scanned }
    var detail = scanned ?? SocketDetail()
    var metrics = detail.tcp ?? TCPMetrics()
    if let bytesSent { metrics[.bytesAcked] = bytesSent }
    if let bytesReceived { metrics[.bytesReceived] = bytesReceived }
    detail.tcp = metrics
    return detail
  }
}

/// A snapshot that is built row by row.
private struct TrackedRows {
  var snapshot: Snapshot
  /// Whether the rows get their traffic.
  var hasTraffic = true
  /// The processes that the scan found.
  private let known: [ProcessInfo]
  /// The indexes of processes that are in the snapshot already.
  private var places: [Key: Int32] = [:]

  private struct Key: Hashable {
    let pid: Int32
    let startTime: UInt64?
    let name: [UInt8]
  }

  init(_ scan: Snapshot?, count: Int) {
    snapshot = Snapshot(meta: scan?.meta ?? SnapshotMeta(source: "events"))
    snapshot.records.reserveCapacity(count)
    snapshot.ownerStarts.reserveCapacity(count + 1)
    snapshot.ownerStarts.append(0)
    known = scan?.processes ?? []
    guard let scan else { return }
    snapshot.userNames = scan.userNames
    snapshot.interfaceNames = scan.interfaceNames
    snapshot.interfaceNamesElsewhere = scan.interfaceNamesElsewhere
    snapshot.namespaces = scan.namespaces
    snapshot.cgroupPaths = scan.cgroupPaths
    snapshot.workloads = scan.workloads
    snapshot.hasAllWorkloads = scan.hasAllWorkloads
    snapshot.hidesOwners = scan.hidesOwners
  }

  mutating func append(_ socket: TrackedSocket) {
    append(socket.record, name: socket.name, detail: socket.detail, owners: socket.owners, found: socket.attribution)
    append(socket.traffic)
  }

  /// Adds the traffic of the last row, and that of those before, which have none.
  mutating func append(_ traffic: SocketTraffic?) {
    guard hasTraffic, let traffic else { return }
    while snapshot.traffic.count + 1 < snapshot.records.count { snapshot.traffic.append(nil) }
    snapshot.traffic.append(traffic)
  }

  /// Joins the rows so far, which are of the sockets with these numbers, with their peers.
  mutating func join(_ ids: [UInt64], _ peers: TrackedPeers) {
    var rows: [UInt64: UInt32] = [:]
    for (row, id) in ids.enumerated() { rows[id] = UInt32(truncatingIfNeeded: row) }
    let found = ids.map { id in
      peers.peers(of: id).map { peer in
        if let row = rows[peer.id] { return row }
        let row = UInt32(truncatingIfNeeded: snapshot.records.count)
        append(peer)
        rows[peer.id] = row
        return row
      }
    }
    snapshot.peers = PeerRows(Array(repeating: SocketRecord.noIndex, count: snapshot.records.count))
    snapshot.peerOnlyRows = snapshot.records.count - ids.count
    for (row, others) in found.enumerated() { snapshot.peers.set(others, at: row) }
    snapshot.collectPeerOwners()
  }

  mutating func append(
    _ record: SocketRecord, name: UnixName?, detail: SocketDetail?, owners: [EventOwner], found: Attribution?
  ) {
    var record = record
    record.nameIndex = SocketRecord.noIndex
    record.detailIndex = SocketRecord.noIndex
    if let name { record.nameIndex = snapshot.names.append(name.bytes.span) }
    if let detail {
      record.detailIndex = UInt32(truncatingIfNeeded: snapshot.details.count)
      snapshot.details.append(detail)
    }
    snapshot.records.append(record)
    for owner in owners {
      snapshot.owners.append(
        Owner(
          pid: owner.pid, descriptor: owner.descriptor, processIndex: place(of: owner), attribution: found))
    }
    snapshot.ownerStarts.append(UInt32(truncatingIfNeeded: snapshot.owners.count))
  }

  private mutating func place(of owner: EventOwner) -> Int32 {
    let key = Key(pid: owner.pid, startTime: owner.startTime, name: owner.name)
    if let place = places[key] { return place }
    var process = owner.process
    // By now the pid may belong to another process.
    if let other = knownProcess(owner.pid), other.startTime == owner.startTime, other.name == owner.name {
      process = other
    }
    let place = Int32(truncatingIfNeeded: snapshot.processes.count)
    snapshot.processes.append(process)
    places[key] = place
    return place
  }

  /// Finds a process among those of a scan, which are sorted by pid. For a few events a hash table
  /// would cost more.
  private func knownProcess(_ pid: Int32) -> ProcessInfo? {
    var low = 0
    var high = known.count
    while low < high {
      let middle = (low + high) / 2
      if known[middle].pid < pid { low = middle + 1 } else { high = middle }
    }
    return low < known.count && known[low].pid == pid ? known[low] : nil
  }
}
