internal import Query
import Rendering
package import SocketModel
internal import Text

extension LiveModel {
  /// Handles an event, and returns the requests that follow from it, in order.
  package mutating func update(_ event: LiveEvent) -> [LiveEffect] {
    switch event {
    case .key(let key): return take(key)
    case .resized(let columns, let rows):
      canvas.columns = columns
      canvas.rows = rows
      widths = nil
    case .tick(let time):
      tick(time)
      return nameEffects()
    case .data(let data): return take(data)
    case .detail(let socket, let snapshot, let time): takeDetail(socket, snapshot, at: time)
    case .findings(let found): take(found)
    case .verdict(let socket, let text): take(verdict: text, of: socket)
    case .identified(let socket, let starts): openDialog(socket, starts)
    case .identifiedTagged(let sockets, let starts): openBatch(sockets, starts)
    case .names(let found): take(found)
    case .outcome(let text, let isTrouble): say(text, isTrouble: isTrouble)
    case .fileExists(let path): prompt = .overwrite(path)
    case .disturbed: screen.forget()
    }
    return []
  }

  /// Shows a text in the line between table and events, for some seconds.
  package mutating func say(_ text: String, isTrouble: Bool = false) {
    message = LiveMessage(text: text, isTrouble: isTrouble, since: wall)
  }

  private mutating func tick(_ time: Timestamp) {
    wall = time
    dropRowsIfUnneeded()
    if awaitsRows && !isAnswering || haveRowsAged { needsArranging = true }
    rates.forget(before: clock)
    if let said = message, said.since.milliseconds(until: time) > LiveMessage.time { message = nil }
    if let end = orderHolds, wall.milliseconds(until: end) == 0 {
      orderHolds = nil
      needsArranging = true
    }
  }

  private mutating func take(_ data: LiveData) -> [LiveEffect] {
    sources = data.sources
    problems = data.problems
    // What was there when watching began comes without events.
    if awaitsFirstScan, !data.awaitsFirstScan { needsArranging = true }
    awaitsFirstScan = data.awaitsFirstScan
    let isOld = isOld(data)
    place = data.place
    for event in data.events where event.kind == .missed { missed.add(event) }
    for event in data.events where event.scope == .other { elsewhere.add(event) }
    let events = showsElsewhere ? data.events : data.events.filter { $0.scope != .other }
    if isPaused {
      eventsSincePause += events.count
      takeEvents(events)
      return []
    }
    sockets = data.sockets
    peers = data.peers
    // Sources are polled far more often than they have something new.
    guard !isOld else { return [] }
    rowsAreStale = true
    dataTime = data.time
    changes.add(events.count, at: clock)
    if var snapshot = data.snapshot {
      snapshot.dropRows()
      context = snapshot
    }
    if data.isJump {
      recent = []
      newest = []
      rates = LiveRates()
      // They are of another capture.
      findings = nil
      rows = nil
    }
    takeEvents(events)
    if data.isJump || dependsOnScans || awaitsPlaces || concernsRows(data.events) { needsArranging = true }
    take(data.traffic)
    dropTags()
    if sockets.count != arrangedCount {
      arrangedCount = sockets.count
      if !needsArranging, hasForgotten { needsArranging = true }
    }
    if case .detail(var detail) = panel, let socket = sockets[detail.socket] {
      detail.seen = socket
      panel = .detail(detail)
      return [.look(socket: detail.socket)]
    }
    return []
  }

  /// Whether data contains nothing that could change what is shown.
  package func isOld(_ data: LiveData) -> Bool {
    if isPaused { return data.events.isEmpty }
    if data.place?.activity.count != place?.activity.count { return false }
    return data.events.isEmpty && !data.isJump && data.sockets.count == arrangedCount
      && data.snapshot?.meta.time == context.meta.time && context.meta.time != nil
  }

  /// Whether one of the events is about a socket that can be a row: those of other network
  /// namespaces cannot, and may be many.
  private func concernsRows(_ events: [SocketEvent]) -> Bool {
    events.contains { event in
      event.kind != .missed && (settings.coversAllNamespaces || sockets[event.socketID]?.scope != .other)
    }
  }

  /// Whether a shown socket has been forgotten: one that had ended, or that no scan looks for.
  private var hasForgotten: Bool { passingIDs.contains { sockets[$0] == nil } }

  /// Counts events and keeps the newest that the filter accepts for the lane.
  private mutating func takeEvents(_ events: [SocketEvent]) {
    guard !events.isEmpty else { return }
    let matching = matching(events)
    for event in matching { rates.add(event) }
    Self.keep(events, in: &newest)
    Self.keep(matching, in: &recent)
  }

  private static func keep(_ events: [SocketEvent], in kept: inout [SocketEvent]) {
    kept += events.suffix(recentLimit)
    if kept.count > recentLimit { kept.removeFirst(kept.count - recentLimit) }
  }

  /// Those of some events that the filter and the families accept.
  func matching(_ events: [SocketEvent]) -> [SocketEvent] {
    var matching = events
    if !filter.isEverything {
      let sockets = Snapshot(events: events, of: context, peers: trackedPeers)
      matching = filter.rows(of: events, in: sockets).map { events[Int($0)] }
    }
    if !families.isEmpty {
      matching.removeAll { event in
        event.kind != .missed && !families.contains { $0.contains(event.record.transport) }
      }
    }
    return matching
  }

  // MARK: Keys

  private mutating func take(_ key: TerminalKey) -> [LiveEffect] {
    if case .background = key { return [] }
    if case .mouse(let mouse) = key, !isTooSmall { return take(mouse) }
    message = nil
    lastKey = wall
    switch key {
    case .control("c"): return [.quit]
    case .control("z"): return [.suspend]
    case .control("l"):
      screen.forget()
      return []
    default: break
    }
    // What cannot be seen cannot be answered.
    if isTooSmall { return key == .character("q") ? [.quit] : [] }
    if prompt != nil { return takeInPrompt(key) }
    if dialog != nil { return takeInDialog(key) }
    if let batch { return takeInBatch(key, batch) }
    if panel != nil, let effects = takeInPanel(key) { return effects }
    return takeInTable(key)
  }

  private mutating func takeInTable(_ key: TerminalKey) -> [LiveEffect] {
    switch key {
    case .up, .character("k"): moveSelection(by: -1)
    case .down, .character("j"): moveSelection(by: 1)
    case .pageUp, .control("b"): moveSelection(by: -max(1, tableRows - 1))
    case .pageDown, .control("f"): moveSelection(by: max(1, tableRows - 1))
    case .home: moveSelection(toEnd: false)
    case .end, .character("G"): moveSelection(toEnd: true)
    case .escape: giveUp()
    case .enter where selectedGroup != nil: fold()
    case .enter: return openDetail()
    case .left where grouping != .none: fold(true)
    case .right where grouping != .none: fold(false)
    case .character(let letter): return takeLetter(letter)
    case .function(1): panel = .help(top: 0)
    // Pasted text is not meant as keys.
    case .paste: break
    default: say("that key does nothing here: ? for help")
    }
    return []
  }

  /// Drops the selection or, without one, the last condition of the filter.
  private mutating func giveUp() {
    if selected != nil || selectedGroup != nil { return forgetSelection() }
    if !shortenFilter() { say("q ends the view") }
  }

  private mutating func takeLetter(_ letter: Unicode.Scalar) -> [LiveEffect] {
    switch letter {
    case "q": return [.quit]
    case "?": panel = .help(top: 0)
    case "D": panel = .findings(chosen: 0)
    case "/": openFilterPrompt()
    case "n": moveToMatch(1)
    case "N" where !filterText.isEmpty: moveToMatch(-1)
    case "N", "O": return toggleElsewhere()
    case "s": sortByNextColumn()
    case "S":
      isReversed.toggle()
      reorder()
    case "t": toggle(.tcp)
    case "u": toggle(.udp)
    case "x": toggle(.unix)
    case "l":
      listensOnly.toggle()
      reorder()
    case "g":
      grouping = grouping.next
      selectedGroup = nil
      reorder()
    case "o": orderGroups()
    case "*" where grouping != .none: foldAll()
    case " " where grouping != .none: fold()
    case "a":
      changed = changed.next
      reorder()
    case "p", " ": return togglePause()
    case "[": return step(-1)
    case "]": return step(1)
    case "{": return seek(-1)
    case "}": return seek(1)
    case "K": return tagged.isEmpty ? askForTarget() : askForTagged()
    case "T": toggleTag()
    case "A": tagAll()
    case "y": return copyRow()
    case "Y": return copyCell()
    case "c": panel = .columns(LiveColumnChoice(columns))
    case "d": return toggleHosts()
    case "P": return toggleServices()
    case "w":
      let time = LiveText.clock(clock, secondsFromUTC: settings.secondsFromUTC).filter { $0 != ":" }
      prompt = .file(LineEditor("sockets-\(time).txt", isProposal: true))
    default: say("\(Escaping.text(String(letter))) does nothing here: ? for help")
    }
    return []
  }

  /// Sorts the rows again at once, even if the selection has just been moved.
  package mutating func reorder() {
    orderHolds = nil
    widths = nil
    needsArranging = true
  }

  private mutating func orderGroups() {
    guard grouping != .none else { return say("there are no groups: g makes them") }
    groupOrder = groupOrder.next
    reorder()
    say("groups by \(groupOrder)")
  }

  private mutating func toggle(_ family: LiveFamily) {
    guard settings.transports.contains(where: { family.contains($0) }) else {
      let watched = LiveFamily.allCases.filter { candidate in
        candidate == family || settings.transports.contains { candidate.contains($0) }
      }
      let letters = watched.map { String($0.key) }.joined()
      return say(
        "\(family.name) sockets are not watched; to watch them too: sockinspect watch -\(letters)", isTrouble: true)
    }
    if families.remove(family) == nil { families.insert(family) }
    recent = matching(newest)
    reorder()
  }

  /// Shows the sockets and events of other network namespaces too, or no longer.
  private mutating func toggleElsewhere() -> [LiveEffect] {
    guard !settings.isReplay || settings.coversAllNamespaces else {
      say(
        "a capture is of one network namespace, unless it was made and is shown with --netns all", isTrouble: true)
      return []
    }
    showsElsewhere.toggle()
    if !showsElsewhere {
      recent.removeAll { $0.scope == .other }
      newest.removeAll { $0.scope == .other }
    }
    reorder()
    say(
      showsElsewhere
        ? "sockets and events of other network namespaces are shown"
        : "only sockets and events of this network namespace are shown")
    guard settings.canCoverNamespaces, showsElsewhere != settings.coversAllNamespaces else { return [] }
    return [.cover(allNamespaces: showsElsewhere)]
  }

  /// Notes that the namespaces stay those that were watched, and why.
  package mutating func refuseCovering(_ reason: String) {
    showsElsewhere = settings.coversAllNamespaces
    reorder()
    say(reason, isTrouble: true)
  }

  /// Notes which namespaces the data is of from now on.
  package mutating func cover(allNamespaces: Bool) {
    settings.coversAllNamespaces = allNamespaces
    forgetSelection()
    tagged = []
    rows = nil
    if allNamespaces, !columns.contains(.netns) {
      columns.insert(.netns, at: columns.last == .owners ? columns.count - 1 : columns.count)
    } else if !allNamespaces, !settings.columns.contains(.netns) {
      columns.removeAll { $0 == .netns }
    }
    reorder()
  }

  private mutating func sortByNextColumn() {
    let fields: [Field?] = [nil] + columns
    let index = fields.firstIndex(of: sortField) ?? 0
    sort(by: fields[(index + 1) % fields.count])
  }

  /// Sorts by a column; by the one that rows are sorted by already, the other way round.
  mutating func sort(by field: Field?) {
    if let field, field == sortField {
      isReversed.toggle()
    } else {
      sortField = field
      // For numbers people look for the largest; ports and text are looked up.
      isReversed = field.map { $0.isRightAligned && $0.description.type == .number } ?? false
    }
    reorder()
  }

  private mutating func togglePause() -> [LiveEffect] {
    if settings.isReplay { return [.play(!(place?.isPlaying ?? false))] }
    isPaused.toggle()
    eventsSincePause = 0
    guard !isPaused else { return [] }
    needsArranging = true
    rows = nil
    return [.refresh]
  }

  private mutating func step(_ count: Int) -> [LiveEffect] {
    guard settings.isReplay else {
      say("[ and ] step through a series of captures: sockinspect watch --root DIR")
      return []
    }
    return [.step(count)]
  }

  private mutating func seek(_ step: Int) -> [LiveEffect] {
    guard settings.isReplay else {
      say("{ and } go to captures in which something happened: sockinspect watch --root DIR")
      return []
    }
    return [.seek(step)]
  }

  /// Whether one of some events is about a socket that the filter and the families select.
  package func selectsAny(of events: [SocketEvent]) -> Bool { !matching(events).isEmpty }
}

extension LiveModel {
  /// A socket that the view knows.
  package func socket(_ id: UInt64) -> TrackedSocket? { sockets[id] }
}
