import SocketModel

/// Applies scans to the tracked sockets.
extension SocketTracker {
  /// A whole scan, as the tracker takes it.
  struct Scan: Sendable {
    /// What was read.
    let snapshot: Snapshot
    /// When it began, in nanoseconds of the monotonic clock; `.max` when there is no other source
    /// about the sockets.
    let begun: UInt64
    /// When it ended, on the same clock; it matters only where bytes are counted.
    let ended: UInt64
    /// Whether it has only those TCP sockets that may have changed: the others are as they were.
    let isPartial: Bool

    init(_ snapshot: Snapshot, begun: UInt64 = .max, ended: UInt64 = 0, isPartial: Bool = false) {
      self.snapshot = snapshot
      self.begun = begun
      self.ended = ended
      self.isPartial = isPartial
    }

    /// Whether another source may know better than the scan what happened since a moment.
    func isOlder(than moment: UInt64) -> Bool { moment >= begun }
    /// Whether there is no other source.
    var isAlone: Bool { begun == .max }
  }

  /// Applies a whole scan; a socket that is not in it has ended, unless the scan's problems show
  /// that some sockets are missing.
  mutating func ingest(_ scan: Scan, at moment: Moment) {
    let records = scan.snapshot.records
    var seen = Set<UInt64>(minimumCapacity: records.count)
    ownerNeed = .none
    meter.begin(scan.snapshot, ended: scan.ended)
    activity.begin(isPartial: scan.isPartial)
    var strangers: [Int] = []
    for row in records.indices {
      if let id = tracked.id(identifiedBy: records[row]), seen.insert(id).inserted {
        see(id, scan, row, at: moment.time)
      } else {
        strangers.append(row)
      }
    }
    let left = match(strangers, of: scan, &seen, at: moment.time, trustingGuesses: true)
    // A process may have used a socket of a namespace other than its own.
    if !left.isEmpty { _ = match(left, of: scan, &seen, at: moment.time, trustingGuesses: false) }
    notePeers(scan.snapshot)
    let gaps = ScanGaps(scan.snapshot.problems)
    if !scan.isPartial {
      coverage.note(isComplete: gaps.isEmpty, begun: scan.isAlone ? nil : self.moment(scan.begun).time)
    }
    // Sockets that ended stay for a while, so the number of sockets alone does not show whether any
    // is missing.
    if seen.count < tracked.count { sweep(gaps, scan, seen, at: moment) }
    finishCounting(scan, gaps)
    activity.end()
    coverage.endScan()
    // What ended before the scan began is no longer of interest.
    recentEnds.forget(before: scan.begun)
  }

  /// Adds what the first scan shows about their sockets to the events before it.
  mutating func completeEarlyEvents() {
    let tracked = tracked
    queue.updateAll { event in
      guard let socket = tracked[event.socketID] else { return }
      event.scope = socket.scope
      if event.owners.isEmpty {
        event.owners = socket.owners
        event.attribution = socket.attribution
      }
      if let namespace = socket.record.networkNamespace { event.record.networkNamespace = namespace }
    }
  }

  /// Handles the rows that neither cookie nor inode identifies: those of sockets that other sources
  /// have reported, and those of new sockets.
  ///
  /// - Parameter trustingGuesses: whether a namespace that was taken from a process counts; then,
  ///   where all namespaces are scanned, the rows that fit nothing are left.
  /// - Returns: the rows that are left.
  private mutating func match(
    _ rows: [Int], of scan: Scan, _ seen: inout Set<UInt64>, at time: Timestamp, trustingGuesses: Bool
  ) -> [Int] {
    let snapshot = scan.snapshot
    var unclear: Set<UInt64> = []
    var left: [Int] = []
    let hasBound = rows.contains { snapshot.records[$0].state == .boundInactive }
    let recent = hasBound ? socketsInUse(since: scan) : [:]
    let twins = setup.coversAllNamespaces ? endsOfSeveral(rows, of: snapshot) : []
    for row in rows {
      let record = snapshot.records[row]
      let candidates = candidates(
        for: record, snapshot.owners(at: row), recent, seen, trustingGuesses: trustingGuesses)
      let isTwin = twins.contains(record.ends.key) || candidates.count > 1 && setup.coversAllNamespaces
      if setup.coversAllNamespaces, candidates.contains(where: { isUnsure($0, of: record, scan) }) {
        // Nothing shows yet that it is not about another one; the next scan does.
        if !isOutdated(record, scan) { unclear.formUnion(candidates) }
      } else if isTwin, record.hasPeer, let id = candidates.first, tracked[id]?.isPlaced == false,
        tracked.record(id)?.networkNamespace != record.networkNamespace
      {
        forgetHalf(id)
        seen.insert(id)
        see(id, scan, row, at: time)
      } else if candidates.count > 1 {
        // It is one of these; it will turn out later which one.
        unclear.formUnion(candidates)
      } else if let id = candidates.first {
        seen.insert(id)
        see(id, scan, row, at: time)
      } else if setup.coversAllNamespaces, trustingGuesses {
        left.append(row)
      } else if !isOutdated(record, scan) {
        seen.insert(begin(scan, row, at: time))
      }
    }
    if !unclear.isEmpty { activity.noteDoubt() }
    for id in unclear { forgetRates(of: id) }
    seen.formUnion(unclear)
    return left
  }

  /// Whether a socket of which the namespace is not known to be that of a row, may be another one
  /// with the same ends: that of the row ended during the scan, or this one began during it.
  private func isUnsure(_ id: UInt64, of record: SocketRecord, _ scan: Scan) -> Bool {
    guard let socket = tracked[id], socket.record.networkNamespace != record.networkNamespace, !scan.isAlone else {
      return false
    }
    return isOutdated(record, scan)
      || socket.firstSeen.nanosecondsSince1970 >= moment(scan.begun).time.nanosecondsSince1970
  }

  /// The ends that several of some rows have, in different namespaces.
  private func endsOfSeveral(_ rows: [Int], of snapshot: Snapshot) -> Set<UInt64> {
    var once: Set<UInt64> = []
    return Set(
      rows.lazy.map { snapshot.records[$0] }.filter(\.hasPeer).map(\.ends.key).filter { !once.insert($0).inserted })
  }

  /// Forgets of a socket what only the tracepoint has shown, because it may be about an equal one in
  /// another namespace: its address, and who has it. Its number and its times stay: they differ
  /// little between the two.
  private mutating func forgetHalf(_ id: UInt64) {
    tracked.detach(id)
    tracked.update(id) { socket in
      socket.lastTransition = 0
      guard socket.attribution != .descriptor else { return }
      socket.owners = []
      socket.attribution = nil
    }
  }

  /// Handles a row about a socket that was not known.
  private mutating func begin(_ scan: Scan, _ row: Int, at time: Timestamp) -> UInt64 {
    let record = scan.snapshot.records[row]
    let id = tracked.begin(record, at: time, wasThere: !hasBegun)
    let scope = scope(ofScanned: record)
    tracked.update(id) { socket in
      socket.take(scan.snapshot, row, keepingState: false)
      socket.scope = scope
    }
    countBytes(id, record)
    noteListener(id)
    noteLack(id)
    if hasBegun, let socket = tracked[id] {
      queue.append(socket.event(.opened, at: time, .difference, from: nil, to: record.state))
    }
    return id
  }

  /// Handles a row about a socket that exists unchanged, as nearly all do: this must be cheap.
  ///
  /// - Returns: whether it is such a row.
  private mutating func seeUnchanged(_ id: UInt64, _ snapshot: Snapshot, _ row: Int) -> Bool {
    guard !snapshot.hasOwners, let socket = tracked[id], socket.scope == .watched || setup.coversAllNamespaces else {
      return false
    }
    var record = snapshot.records[row]
    let hasDetail = record.detailIndex != SocketRecord.noIndex
    record.dropIndexes()
    guard socket.record == record else { return false }
    if record.canHaveOwner, !socket.isOwnerSought { noteLack(id) }
    if hasDetail { tracked.update(id) { $0.detail = snapshot.detail(at: row) } }
    return true
  }

  /// Handles a row about a known socket.
  private mutating func see(_ id: UInt64, _ scan: Scan, _ row: Int, at time: Timestamp) {
    let snapshot = scan.snapshot
    countBytes(id, snapshot.records[row])
    if seeUnchanged(id, snapshot, row) { return }
    defer { noteLack(id) }
    guard let known = tracked[id].map({ (record: $0.record, lastTransition: $0.lastTransition) }) else { return }
    let old = known.record
    var record = snapshot.records[row]
    let after = record.state
    let scope = scope(ofScanned: record)
    // The state stays until its change is reported.
    record.state = old.state
    if old.knownCookie != record.knownCookie || old.inode != record.inode || old.known != record.known
      || !old.hasEnds(of: record) || old.networkNamespace != record.networkNamespace
    {
      tracked.identify(id, record)
      tracked.update(id) { $0.scope = scope }
      completeOpening(id)
    }
    tracked.update(id) { socket in
      socket.scope = scope
      socket.take(snapshot, row, keepingState: true)
    }
    if old.state == .listen { noteListener(id) }
    if !scan.isOlder(than: known.lastTransition), after != old.state { change(id, to: after, at: time, .difference) }
  }

  /// The sockets that the tracepoint has reported on since a scan began, by their local ports.
  private func socketsInUse(since scan: Scan) -> [UInt16: [UInt64]] {
    var recent: [UInt16: [UInt64]] = [:]
    for (id, socket) in tracked.all where socket.pointer != 0 && !socket.isClosed {
      if scan.isOlder(than: socket.lastTransition) { recent[socket.record.localPort, default: []].append(id) }
    }
    return recent
  }

  /// The sockets that a row without a matching cookie or inode can be about.
  private func candidates(
    for record: SocketRecord, _ owners: ArraySlice<Owner>, _ recent: [UInt16: [UInt64]], _ seen: Set<UInt64>,
    trustingGuesses: Bool
  ) -> [UInt64] {
    /// The record of a socket that the row may continue.
    func free(_ id: UInt64) -> SocketRecord? {
      guard let socket = tracked[id], !seen.contains(id), !socket.isClosed, mayBeScanned(socket) else { return nil }
      var known = socket.record
      if !trustingGuesses, !known.isPlaced { known.networkNamespace = nil }
      return known.canContinue(as: record) ? known : nil
    }
    /// Those in the namespace of the row, where there are any.
    func nearest(_ ids: [UInt64]) -> [UInt64] {
      guard ids.count > 1, setup.coversAllNamespaces else { return ids }
      let near = ids.filter { tracked.record($0)?.networkNamespace == record.networkNamespace }
      return near.isEmpty ? ids : near
    }
    if setup.coversAllNamespaces {
      let ids = nearest(tracked.ids(withEndsOf: record).filter { free($0) != nil })
      if !ids.isEmpty { return ids.sorted() }
    } else if let id = tracked.id(withEndsOf: record), free(id) != nil {
      return [id]
    }
    guard record.transport.hasTCPStates, setup.isTracing else { return [] }
    var open: [UInt64]
    if record.state == .listen {
      // When listen(2) was reported, a port of 0 had not been chosen yet.
      open = [record.localPort, 0].flatMap { tracked.listeners(at: $0) }.filter { id in
        guard let known = free(id), known.knownCookie == 0 else { return false }
        return known.family == record.family && known.transport == record.transport
          && (known.localPort == 0 || known.localBits == record.localBits)
      }
    } else if record.state == .boundInactive {
      // The scan met the socket before its connect(2) or listen(2), which the tracepoint has
      // reported since.
      open = (recent[record.localPort] ?? []).filter { id in
        guard let known = free(id), known.knownCookie == 0 else { return false }
        return known.family == record.family && known.transport == record.transport
          && (record.localBits == 0 || known.localBits == record.localBits)
      }
    } else {
      open = openings.sockets.filter { id in
        guard let known = free(id) else { return false }
        return known.hasPeer(of: record) && known.localBits == record.localBits
      }
      // A socket with a port may have kept it from before it connected again, or may be another
      // one.
      let withoutPort = open.filter { tracked.record($0)?.localPort == 0 }
      open = withoutPort.isEmpty && open.count == 1 ? open : withoutPort
    }
    open = nearest(open)
    guard open.count > 1 else { return open }
    // If there are several, the right one is of the same process.
    let own = open.filter { id in
      tracked[id]?.owners.contains { owner in owners.contains { $0.pid == owner.pid } } == true
    }
    return own.count == 1 ? own : open
  }

  /// Whether a row is about a socket that ended during the scan.
  private func isOutdated(_ record: SocketRecord, _ scan: Scan) -> Bool {
    guard !scan.isAlone else { return false }
    return record.transport.hasTCPStates && recentEnds.hasEnded(record, since: scan.begun)
      || notices.hasEnded(record.knownCookie, since: scan.begun)
  }

  /// Ends the sockets that a scan does not show.
  private mutating func sweep(_ gaps: ScanGaps, _ scan: Scan, _ seen: Set<UInt64>, at moment: Moment) {
    var gone: [UInt64] = []
    var others: [UInt64] = []
    var hidden: Set<UInt64> = []
    var unseen: [UInt64] = []
    let isFirst = !hasBegun && coverage.hasNoLoss && !scan.isAlone
    let reach = scan.snapshot.namespaceReach
    for (id, socket) in tracked.all where !socket.isClosed && !seen.contains(id) {
      if scan.isPartial, socket.record.transport == .tcp, !SocketStateSet.withoutSegments.contains(socket.record.state)
      {
        continue
      }
      // A socket from before watching began that exists but is not in the first scan is in another
      // namespace.
      if isFirst, gaps.isEmpty, socket.scope == .unknown, socket.wasThere, socket.pointer != 0 {
        others.append(id)
        continue
      }
      if socket.traffic != nil { unseen.append(id) }
      if !mayBeScanned(socket) || scan.isOlder(than: socket.lastTransition) { continue }
      if let namespace = socket.record.networkNamespace, reach.failed.contains(namespace) {
        hidden.insert(id)
        continue
      }
      if !gaps.isEmpty, gaps.mayHide(socket.record, wasMissing: coverage.hidden.contains(id)) {
        hidden.insert(id)
        continue
      }
      // The tracepoint shows that it exists: so it is where scans do not look.
      if socket.pointer != 0, !wasLookedFor(socket, reach) { others.append(id) } else { gone.append(id) }
    }
    coverage.note(hidden: hidden)
    for id in unseen { forgetRates(of: id, isFinal: tracked[id]?.bytesSent != nil) }
    for id in others { placeElsewhere(id, reach) }
    for id in gone.sorted() {
      guard let socket = tracked[id] else { continue }
      // Its notice may not have arrived yet.
      let record = socket.record
      let awaits = awaitsNotice(socket) && !record.isRemainder
      let deadline = awaits ? moment.monotonic &+ setup.patience : 0
      let number = end(id, at: moment, .difference, deadline: deadline)
      if awaits, let number { expectNotice(of: record, id, event: number, now: moment.monotonic) }
    }
  }

  /// Whether a scan that does not show a socket shows by that that it has ended: it read the
  /// namespace of which the kernel's tables have shown it to be.
  private func wasLookedFor(_ socket: TrackedSocket, _ reach: NamespaceReach) -> Bool {
    guard setup.coversAllNamespaces else { return socket.scope == .watched }
    guard socket.isPlaced else { return false }
    return socket.scope == .watched || socket.record.networkNamespace.map { reach.read.contains($0) } ?? true
  }

  /// Notes that a socket is in another namespace, an unknown one unless no scan has looked there.
  private mutating func placeElsewhere(_ id: UInt64, _ reach: NamespaceReach) {
    let own = setup.ownNamespace
    tracked.update(id) { socket in
      socket.scope = .other
      guard !socket.isPlaced, let namespace = socket.record.networkNamespace else { return }
      if namespace == own || reach.read.contains(namespace) { socket.record.networkNamespace = nil }
    }
    release(id)
  }
}

extension SocketRecord {
  /// Whether a record that is seen now can be about the socket that was last known as this one.
  fileprivate func canContinue(as new: SocketRecord) -> Bool {
    // The ports of a TIME_WAIT are used again.
    !isDistinct(from: new) && (state != .timeWait || new.state == .timeWait)
  }
}

extension TrackedSocket {
  /// Takes what a scan shows about the socket. Known owners stay when the scan found none: a
  /// TIME_WAIT has no owner, but its connection had one.
  mutating func take(_ snapshot: Snapshot, _ row: Int, keepingState: Bool) {
    let state = record.state
    record = snapshot.records[row]
    if keepingState { record.state = state }
    record.detailIndex = SocketRecord.noIndex
    if record.nameIndex != SocketRecord.noIndex {
      record.nameIndex = SocketRecord.noIndex
      if name == nil || name != snapshot.name(at: row) { name = snapshot.name(at: row) }
    }
    if snapshot.records[row].detailIndex != SocketRecord.noIndex { detail = snapshot.detail(at: row) }
    guard snapshot.hasOwners else { return }
    isOwnerSought = true
    let found = snapshot.owners(at: row)
    guard !found.isEmpty else { return }
    attribution = .descriptor
    guard !hasOwners(found, of: snapshot) else { return }
    owners = found.compactMap { owner in
      snapshot.process(of: owner).map { EventOwner($0, descriptor: owner.descriptor) }
    }
  }

  /// Whether the owners are known to be exactly these.
  private func hasOwners(_ found: ArraySlice<Owner>, of snapshot: Snapshot) -> Bool {
    found.count == owners.count
      && zip(found, owners).allSatisfy {
        $0.pid == $1.pid && $0.descriptor == $1.descriptor && snapshot.process(of: $0)?.name == $1.name
      }
  }
}
