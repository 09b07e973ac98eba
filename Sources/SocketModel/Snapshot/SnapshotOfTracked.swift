extension Snapshot {
  /// Makes a snapshot whose rows are tracked sockets, in their order, so that queries, tables and
  /// JSON work on them.
  ///
  /// - Parameters:
  ///   - sockets: the sockets, each as it was last seen.
  ///   - scan: the newest scan of the same machine, from which its circumstances, names of users
  ///     and interfaces and processes are taken over. What a ``TrackedSocket`` keeps about its
  ///     owners takes precedence.
  package init(sockets: some Collection<TrackedSocket>, of scan: Snapshot? = nil) {
    var rows = TrackedRows(scan, count: sockets.count)
    for socket in sockets {
      rows.append(
        socket.record, name: socket.name, detail: socket.detail, owners: socket.owners, found: socket.attribution)
    }
    self = rows.snapshot
  }

  /// Makes a snapshot with one row per event, in their order; see ``init(sockets:of:)``. The row of
  /// an event that is ``SocketEvent/Kind/missed`` means nothing.
  package init(events: some Collection<SocketEvent>, of scan: Snapshot? = nil) {
    var rows = TrackedRows(scan, count: events.count)
    for event in events {
      rows.append(
        event.record, name: event.name, detail: event.detail, owners: event.owners, found: event.attribution)
    }
    self = rows.snapshot
  }
}

extension SocketEvent {
  /// The figures of the event, under the fields that a scan uses for them.
  fileprivate var detail: SocketDetail? {
    guard bytesSent != nil || bytesReceived != nil else { return nil }
    var metrics = TCPMetrics()
    metrics[.bytesAcked] = bytesSent
    metrics[.bytesReceived] = bytesReceived
    var detail = SocketDetail()
    detail.tcp = metrics
    return detail
  }
}

/// A snapshot that is built row by row.
private struct TrackedRows {
  var snapshot: Snapshot
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
    snapshot.cgroupPaths = scan.cgroupPaths
    snapshot.workloads = scan.workloads
    snapshot.hasAllWorkloads = scan.hasAllWorkloads
    snapshot.hidesOwners = scan.hidesOwners
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
