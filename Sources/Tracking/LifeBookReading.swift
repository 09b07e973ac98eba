package import SocketModel

/// What scans do to the lives.
extension LifeBook {
  /// Takes in a whole scan; a socket that is not in it is gone, unless the scan's problems show
  /// that it lacks some.
  ///
  /// - Parameters:
  ///   - begun: when it began, by the monotonic clock; `.max` when there is no other source about
  ///     the sockets.
  ///   - time: when its events happen.
  ///   - now: the present, by the monotonic clock.
  package mutating func read(_ snapshot: Snapshot, begun: UInt64, at time: Timestamp, now: UInt64) {
    seen = Set(minimumCapacity: snapshot.records.count)
    ownerNeed = .none
    var strangers: [Int] = []
    for row in snapshot.records.indices {
      if let id = life(identifiedBy: snapshot.records[row]), !seen.contains(id) {
        see(id, snapshot, row, begun: begun, at: time)
      } else {
        strangers.append(row)
      }
    }
    var unclear: Set<UInt64> = []
    let hasBound = strangers.contains { snapshot.records[$0].state == .boundInactive }
    let recent = hasBound ? livesInUse(since: begun) : [:]
    for row in strangers {
      let record = snapshot.records[row]
      let candidates = candidates(for: record, snapshot.owners(at: row), recent)
      if candidates.count > 1 {
        // It is one of these; which one will show later.
        unclear.formUnion(candidates)
      } else if let id = candidates.first {
        see(id, snapshot, row, begun: begun, at: time)
      } else if !isOutdated(record, begun: begun) {
        let id = begin(record, at: time, wasThere: !hasBegun)
        seen.insert(id)
        lives[id]?.take(snapshot, row, keepingState: false)
        lives[id]?.place = .here
        noteListener(id)
        noteLack(id)
        if hasBegun, let life = lives[id] {
          queue.append(life.event(.opened, at: time, .difference, from: nil, to: record.state))
        }
      }
    }
    seen.formUnion(unclear)
    let gaps = ReadingGaps(snapshot.problems)
    isWhole = gaps.isEmpty
    if let loss = lastLoss, isWhole, begun != .max, wall(begun).nanosecondsSince1970 > loss.nanosecondsSince1970 {
      lastLoss = nil
    }
    // Those that ended stay for a while, so the number of lives alone does not show whether any is
    // missing.
    if seen.count < lives.count { sweep(gaps, begun: begun, at: time, now: now) }
    endReading(begun: begun)
  }

  /// Adds to the events from before the first scan what that scan showed about their sockets.
  mutating func completeEarlyEvents() {
    let lives = lives
    queue.updateAll { event in
      guard let life = lives[event.life] else { return }
      event.place = life.place
      if event.owners.isEmpty {
        event.owners = life.owners
        event.attribution = life.attribution
      }
      if life.record.known.contains(.netns) {
        event.record.netns = life.record.netns
        event.record.known.insert(.netns)
      }
    }
  }

  /// A row about a life that goes on unchanged, as nearly all do: this must be cheap.
  ///
  /// - Returns: whether it is such a row.
  private mutating func seeUnchanged(_ id: UInt64, _ snapshot: Snapshot, _ row: Int) -> Bool {
    guard !snapshot.hasOwners, let life = lives[id], life.place == .here else { return false }
    var record = snapshot.records[row]
    let hasDetail = record.detailIndex != SocketRecord.noIndex
    record.detailIndex = SocketRecord.noIndex
    record.nameIndex = SocketRecord.noIndex
    guard life.record == record else { return false }
    seen.insert(id)
    if hasDetail { lives[id]?.detail = snapshot.detail(at: row) }
    if record.canHaveOwner, !life.isOwnerSought { noteLack(id) }
    return true
  }

  /// A row about a life that goes on.
  private mutating func see(
    _ id: UInt64, _ snapshot: Snapshot, _ row: Int, begun: UInt64, at time: Timestamp
  ) {
    if seeUnchanged(id, snapshot, row) { return }
    defer { noteLack(id) }
    guard let old = lives[id]?.record, let last = lives[id]?.lastTransition else { return }
    var record = snapshot.records[row]
    // The scan may be older than what is known.
    let isLate = last >= begun
    let before = old.state
    let after = record.state
    // The state stays until its change is reported.
    record.state = before
    if old.knownCookie != record.knownCookie || old.inode != record.inode || old.known != record.known
      || !old.hasEnds(of: record)
    {
      identify(id, record)
      if let number = incomplete.removeValue(forKey: id) { complete(id, number) }
    }
    seen.insert(id)
    lives[id]?.place = .here
    lives[id]?.take(snapshot, row, keepingState: true)
    if before == .listen { noteListener(id) }
    if !isLate, after != before { change(id, to: after, at: time, .difference) }
  }

  /// The lives that the tracepoint has reported on since a scan began, by their local ports.
  private func livesInUse(since begun: UInt64) -> [UInt16: [UInt64]] {
    var recent: [UInt16: [UInt64]] = [:]
    for (id, life) in lives where life.pointer != 0 && !life.isClosed && life.lastTransition >= begun {
      recent[life.record.localPort, default: []].append(id)
    }
    return recent
  }

  /// The lives that a row can be of, which neither cookie nor inode decides.
  private func candidates(
    for record: SocketRecord, _ owners: ArraySlice<Owner>, _ recent: [UInt16: [UInt64]]
  ) -> [UInt64] {
    func isFree(_ id: UInt64) -> Bool {
      guard let life = lives[id], !seen.contains(id), !life.isClosed else { return false }
      return life.place != .elsewhere && canContinue(life.record, as: record)
    }
    if let id = life(withEndsOf: record), isFree(id) { return [id] }
    guard record.transport.hasTCPStates, isTracing else { return [] }
    var open: [UInt64]
    if record.state == .listen {
      // When listen(2) was reported, a port of 0 had not been chosen yet.
      open = [record.localPort, 0].flatMap { listeners[$0] ?? [] }.filter { id in
        guard isFree(id), let life = lives[id]?.record, life.knownCookie == 0 else { return false }
        return life.family == record.family && life.transport == record.transport
          && (life.localPort == 0 || life.localBits == record.localBits)
      }
    } else if record.state == .boundInactive {
      // The scan met the socket before its connect(2) or listen(2), which the tracepoint has reported since.
      open = (recent[record.localPort] ?? []).filter { id in
        guard isFree(id), let life = lives[id]?.record, life.knownCookie == 0 else { return false }
        return life.family == record.family && life.transport == record.transport
          && (record.localBits == 0 || life.localBits == record.localBits)
      }
    } else {
      open = incomplete.keys.filter { id in
        guard isFree(id), let life = lives[id]?.record else { return false }
        return life.remotePort == record.remotePort && life.remoteBits == record.remoteBits
          && life.localBits == record.localBits && life.transport == record.transport && life.family == record.family
      }
      // One with a port may have kept it from before it connected again, or may be another socket.
      let withoutPort = open.filter { lives[$0]?.record.localPort == 0 }
      open = withoutPort.isEmpty && open.count == 1 ? open : withoutPort
    }
    guard open.count > 1 else { return open }
    // If there are several, the right one is of the same process.
    let own = open.filter { id in
      lives[id]?.owners.contains { owner in owners.contains { $0.pid == owner.pid } } == true
    }
    return own.count == 1 ? own : open
  }

  /// Whether a row is of a socket that ended during the scan.
  private func isOutdated(_ record: SocketRecord, begun: UInt64) -> Bool {
    guard begun != .max else { return false }
    return record.transport.hasTCPStates && hasEnded(record, since: begun)
      || notices.hasEnded(record.knownCookie, since: begun)
  }

  /// Ends the lives that a scan does not show.
  private mutating func sweep(_ gaps: ReadingGaps, begun: UInt64, at time: Timestamp, now: UInt64) {
    var gone: [UInt64] = []
    var others: [UInt64] = []
    let wasHidden = hidden
    let isFirst = !hasBegun && lastLoss == nil && begun != .max
    hidden = []
    for (id, life) in lives where !life.isClosed && !seen.contains(id) {
      // A socket from before watching began that is not in the first scan, though it lives, is
      // elsewhere.
      if isFirst, gaps.isEmpty, life.place == .unknown, life.wasThere, life.pointer != 0 {
        others.append(id)
        continue
      }
      if life.place == .elsewhere || life.lastTransition >= begun { continue }
      if !gaps.isEmpty, gaps.mayHide(life.record, wasMissing: wasHidden.contains(id)) {
        hidden.insert(id)
        continue
      }
      // The tracepoint shows that it lives: so it lives where scans do not look.
      if life.pointer != 0, life.place != .here { others.append(id) } else { gone.append(id) }
    }
    for id in others {
      lives[id]?.place = .elsewhere
      if lives[id]?.record.netns == ownNamespace { lives[id]?.record.known.remove(.netns) }
      if let number = incomplete.removeValue(forKey: id) { queue.hold(number, until: 0) }
    }
    for id in gone.sorted() {
      // Its notice may still be on its way.
      let awaits = hasNotices && lives[id]?.record.transport == .tcp && lives[id]?.record.isRemainder == false
      guard let record = lives[id]?.record else { continue }
      let number = end(id, at: time, .difference, now: now, deadline: awaits ? now &+ patience : 0)
      if awaits, let number { expectNotice(of: record, id, number, now: now) }
    }
  }
}

extension SocketLife {
  /// Takes what a scan shows of the socket. Owners that were known stay when the scan found none: a
  /// TIME_WAIT has no owner, but its connection had one.
  package mutating func take(_ snapshot: Snapshot, _ row: Int, keepingState: Bool) {
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

  /// Whether the owners are known to be just these.
  private func hasOwners(_ found: ArraySlice<Owner>, of snapshot: Snapshot) -> Bool {
    found.count == owners.count
      && zip(found, owners).allSatisfy {
        $0.pid == $1.pid && $0.descriptor == $1.descriptor && snapshot.name(of: $0) == $1.name
      }
  }
}
