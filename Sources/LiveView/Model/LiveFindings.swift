package import Rendering
internal import SocketModel
internal import Text

/// What checks of the sockets found, in words.
package struct LiveFindings: Sendable {
  /// One finding.
  package struct Item: Sendable {
    /// Severity and check, subject and summary, what was measured, what it means, and what to do.
    package let text: LabelledText
    /// Whether it is more than a note.
    package let isUrgent: Bool
    /// The number of the first socket that it is about; `nil` when it is about no single one, or that
    /// is gone.
    package let socket: UInt64?

    package init(_ text: LabelledText, isUrgent: Bool, socket: UInt64?) {
      self.text = text
      self.isUrgent = isUrgent
      self.socket = socket
    }
  }

  /// The findings, the worst first.
  package var items: [Item] = []
  /// Their number and the key that lists them; empty without any.
  package var heading = ""
  /// What was checked and what was not, in one sentence.
  package var summary = ""
  /// The findings about each socket, as indexes of ``items``.
  package var bySocket: [UInt64: [Int]] = [:]

  package init() {}
}

/// What the view says of findings.
package struct LiveFindingWords: Sendable {
  /// The title of their list.
  package var title = "findings"
  /// The heading of those about one socket.
  package var section = "What is wrong"
  /// The heading of the verdict on a port.
  package var port = "Its port"
  /// What is shown before the first check.
  package var nothingYet = "the sockets have not been checked yet: the first check comes within seconds"

  package init() {}
}

extension LiveModel {
  /// Takes what checks found. A paused view keeps what belongs to its sockets.
  mutating func take(_ found: LiveFindings) {
    guard !isPaused else { return }
    // The chosen finding stays the chosen one where it is found again.
    if case .findings(let chosen) = panel, let old = findings?.items, old.indices.contains(chosen) {
      let same = found.items.firstIndex { $0.socket == old[chosen].socket && $0.text.title == old[chosen].text.title }
      panel = .findings(chosen: same ?? min(chosen, max(0, found.items.count - 1)))
    }
    findings = found
  }

  mutating func take(verdict: LabelledText, of socket: UInt64) {
    guard case .detail(var detail) = panel, detail.socket == socket else { return }
    detail.verdict = verdict
    panel = .detail(detail)
  }

  /// Whether a finding is about a socket.
  func isFound(_ socket: UInt64) -> Bool { findings?.bySocket[socket] != nil }

  /// Handles a key in the list of findings; `nil` for one that means what it means in other panels.
  mutating func takeInFindings(_ key: TerminalKey, _ chosen: Int) -> [LiveEffect]? {
    let last = max(0, (findings?.items.count ?? 0) - 1)
    func chose(_ index: Int) -> LivePanel { .findings(chosen: max(0, min(last, index))) }
    switch key {
    case .up, .character("k"): panel = chose(chosen - 1)
    case .down, .character("j"): panel = chose(chosen + 1)
    case .pageUp, .control("b"): panel = chose(chosen - 5)
    case .pageDown, .control("f"), .character(" "): panel = chose(chosen + 5)
    case .home: panel = chose(0)
    case .end, .character("G"): panel = chose(last)
    case .character("D"): panel = nil
    case .enter: return goToFinding(chosen)
    default: return nil
    }
    return []
  }

  /// Selects the first socket of a finding and shows its details.
  private mutating func goToFinding(_ chosen: Int) -> [LiveEffect] {
    guard let items = findings?.items, items.indices.contains(chosen), let id = items[chosen].socket else { return [] }
    guard let socket = sockets[id] else {
      panel = nil
      say("the socket is gone already", isTrouble: true)
      return []
    }
    arrangeIfNeeded()
    // One that the filter or a key hides has details all the same.
    if entries.contains(.socket(id)) { selected = id }
    let effects = openDetail(of: socket)
    if case .detail(var detail) = panel {
      detail.aimsAtFindings = true
      panel = .detail(detail)
    }
    return effects
  }
}

extension TrackedSocket {
  /// Whether it has its port for itself, as a server, a bound or a UDP socket has.
  var hasPortOfItsOwn: Bool {
    guard closed == nil, record.transport.hasPorts, record.localPort != 0 else { return false }
    return record.state == .listen || record.state == .boundInactive || record.state == .unconnected
  }
}
