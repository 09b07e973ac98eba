extension Snapshot {
  /// Tracked sockets as the rows of a snapshot, in their order, so that queries, tables and JSON
  /// work on them.
  ///
  /// - Parameters:
  ///   - sockets: the sockets, each as it was seen last.
  ///   - reading: the newest scan of the same machine: its circumstances, its names of users and
  ///     interfaces and what it knows of processes are taken over. What a ``TrackedSocket`` keeps
  ///     of its owners wins.
  package init(sockets: some Collection<TrackedSocket>, of reading: Snapshot? = nil) {
    var rows = TrackedRows(reading, count: sockets.count)
    for socket in sockets {
      rows.append(
        socket.record, name: socket.name, detail: socket.detail, owners: socket.owners, found: socket.attribution)
    }
    self = rows.snapshot
  }

  /// The sockets of events as the rows of a snapshot, one an event in their order; see
  /// ``init(sockets:of:)``. A row of an event that is ``SocketEvent/Kind/missed`` means nothing.
  package init(events: some Collection<SocketEvent>, of reading: Snapshot? = nil) {
    var rows = TrackedRows(reading, count: events.count)
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

/// A snapshot that is put together row by row.
private struct TrackedRows {
  var snapshot: Snapshot
  /// What the scan knows of processes.
  private let known: [ProcessInfo]
  /// Where processes stand in the snapshot already.
  private var places: [Key: Int32] = [:]

  private struct Key: Hashable {
    let pid: Int32
    let startTime: UInt64?
    let name: [UInt8]
  }

  init(_ reading: Snapshot?, count: Int) {
    snapshot = Snapshot(meta: reading?.meta ?? SnapshotMeta(source: "events"))
    snapshot.records.reserveCapacity(count)
    snapshot.ownerStarts.reserveCapacity(count + 1)
    snapshot.ownerStarts.append(0)
    known = reading?.processes ?? []
    guard let reading else { return }
    snapshot.userNames = reading.userNames
    snapshot.interfaceNames = reading.interfaceNames
    snapshot.cgroupPaths = reading.cgroupPaths
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
    // The number may by now be that of another process.
    if let other = knownProcess(owner.pid), other.startTime == owner.startTime, other.name == owner.name {
      process = other
    }
    let place = Int32(truncatingIfNeeded: snapshot.processes.count)
    snapshot.processes.append(process)
    places[key] = place
    return place
  }

  /// Finds a process among those of a scan, which are in the order of their numbers. A table for it
  /// would cost more for a few events.
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
