import Rendering
internal import SocketModel
internal import Text

/// A dialog that asks what to do to a socket or to a process that has it, and then for
/// confirmation.
struct LiveDialog: Sendable {
  /// Something that can be done.
  enum Action: Sendable, Hashable {
    /// To close the connection, as `ss -K` does.
    case close
    /// To send a signal to a process that started at a moment.
    case signal(number: Int32, pid: Int32, startTime: UInt64, name: [UInt8])
  }

  let socket: UInt64
  /// The socket as it was when the dialog was opened.
  let record: SocketRecord
  let subject: LiveSubject
  let actions: [Action]
  var chosen = 0
  /// Whether the chosen action waits for confirmation.
  var isConfirming = false

  /// How many lines the dialog takes.
  var rows: Int { isConfirming ? 2 : min(actions.count, Self.shownActions) + 1 }

  static let shownActions = 8

  var hints: [(String, String)] {
    isConfirming
      ? [("y", "yes, do it"), ("any other key", "do nothing")]
      : [("Enter", "go on"), ("Esc", "do nothing"), ("Up Down", "choose")]
  }

  /// What an action does, in so many columns if its ends can be recognised in them; a consequence
  /// for which there is no room is left out.
  func text(_ action: Action, columns: Int, isASCII: Bool) -> String {
    switch action {
    case .close:
      let notice = ": \(record.hasPeer ? "both ends are" : "its program is") notified"
      let tails = [notice + " (SOCK_DESTROY)", notice]
      let tail = tails.first { subject.fits(columns: columns - 6 - $0.utf8.count) } ?? ""
      return "close \(subject.text(columns: columns - 6 - tail.utf8.count, isASCII: isASCII))\(tail)"
    case .signal(let number, let pid, _, let name):
      return "send \(number == 9 ? "SIGKILL" : "SIGTERM") to \(Escaping.text(name))[\(pid)]"
    }
  }
}

extension LiveModel {
  /// The selected socket, or the one whose details are shown.
  private var target: TrackedSocket? {
    if case .detail(let detail) = panel { return sockets[detail.socket] }
    return selectedSocket
  }

  /// Whether anything can be done to the selected socket.
  var canBeAimedAt: Bool {
    guard !settings.isReplay, let socket = target, socket.closed == nil else { return false }
    return settings.mayCloseSockets && socket.record.canBeDestroyed || !socket.owners.isEmpty
  }

  mutating func askForTarget() -> [LiveEffect] {
    guard !settings.isReplay else {
      say("captures cannot be changed", isTrouble: true)
      return []
    }
    guard let socket = target else {
      say("select a socket first: Up and Down", isTrouble: true)
      return []
    }
    guard socket.closed == nil else {
      say("the socket is gone already", isTrouble: true)
      return []
    }
    return [.identify(socket: socket.id, pids: socket.owners.map(\.pid))]
  }

  /// Opens the dialog. An owner is left out if it has ended or its process id belongs to another
  /// process by now, and also if its start time is unknown: then the id may belong to another
  /// process.
  mutating func openDialog(_ id: UInt64, _ starts: [Int32: UInt64]) {
    guard let socket = sockets[id], socket.closed == nil else {
      return say("the socket is gone already", isTrouble: true)
    }
    var actions: [LiveDialog.Action] = settings.mayCloseSockets && socket.record.canBeDestroyed ? [.close] : []
    var seen: Set<Int32> = []
    var isUnsure = false
    for owner in socket.owners where seen.insert(owner.pid).inserted {
      guard let start = starts[owner.pid] else { continue }
      guard let known = owner.startTime else {
        isUnsure = true
        continue
      }
      guard known == start else { continue }
      for number in [Int32(15), 9] {
        actions.append(.signal(number: number, pid: owner.pid, startTime: start, name: owner.name))
      }
    }
    guard !actions.isEmpty else {
      return say(impossibility(of: socket, isUnsure: isUnsure), isTrouble: true)
    }
    dialog = LiveDialog(
      socket: id, record: socket.record, subject: LiveSubject(socket, of: context), actions: actions)
  }

  /// Why nothing can be done about a socket.
  private func impossibility(of socket: TrackedSocket, isUnsure: Bool) -> String {
    if isUnsure {
      let owner = socket.owners.first { $0.startTime == nil }
      let name = owner.map { "\(Escaping.text($0.shownName))[\($0.pid)]" } ?? "its owner"
      return "nothing can be done: when \(name) started is not known, and the number may be another process's by now"
    }
    if !socket.owners.isEmpty { return "nothing can be done: its owner has ended, or has the number no more" }
    return settings.mayCloseSockets || !socket.record.canBeDestroyed
      ? "nothing can be done: the socket has no cookie and no known owner"
      : "nothing can be done: no owner is known, and closing another's socket takes root"
  }

  mutating func takeInDialog(_ key: TerminalKey) -> [LiveEffect] {
    guard var asked = dialog else { return [] }
    if asked.isConfirming {
      dialog = nil
      guard key == .character("y") else {
        say("nothing was done")
        return []
      }
      switch asked.actions[asked.chosen] {
      case .close: return [.close(asked.record)]
      case .signal(let number, let pid, let startTime, let name):
        return [.signal(number: number, pid: pid, startTime: startTime, name: name)]
      }
    }
    switch key {
    case .up, .character("k"): asked.chosen = max(0, asked.chosen - 1)
    case .down, .character("j"): asked.chosen = min(asked.actions.count - 1, asked.chosen + 1)
    case .enter: asked.isConfirming = true
    case .escape, .character("q"):
      dialog = nil
      return []
    default: break
    }
    dialog = asked
    return []
  }

  func dialogLines(_ dialog: LiveDialog) -> [LiveLine] {
    func text(_ action: LiveDialog.Action, _ columns: Int) -> String {
      dialog.text(action, columns: columns, isASCII: canvas.isASCII)
    }
    var heading = LiveLine(canvas)
    if dialog.isConfirming {
      heading.add(text(dialog.actions[dialog.chosen], canvas.columns), .strong)
      var question = LiveLine(canvas)
      question.add("Do it? y/N", .colour(.attention))
      return [heading, question]
    }
    let subject = dialog.subject.text(columns: canvas.columns - 18, isASCII: canvas.isASCII)
    heading.add("What to do about \(subject)?", .strong)
    let first = max(0, min(dialog.chosen - LiveDialog.shownActions + 1, dialog.actions.count))
    return [heading]
      + dialog.actions.indices.dropFirst(first).prefix(LiveDialog.shownActions).map { index in
        var line = LiveLine(canvas)
        let isChosen = index == dialog.chosen
        line.add(isChosen ? "> " : "  ")
        line.add(text(dialog.actions[index], line.room), isChosen ? .selected : .plain)
        return line
      }
  }
}
