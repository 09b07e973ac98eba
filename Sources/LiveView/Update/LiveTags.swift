import Rendering
internal import SocketModel
internal import Text

/// A dialog about several sockets: what to do to all of them, and then, with each named, whether to.
struct LiveBatch: Sendable {
  /// What can be done.
  enum Action: Sendable, Hashable {
    case close
    case signal(Int32)
  }

  /// A socket that can be closed.
  struct Connection: Sendable {
    let id: UInt64
    let record: SocketRecord
    let subject: LiveSubject
  }

  let connections: [Connection]
  let processes: [LiveProcess]
  /// How many tagged sockets are gone, or can be neither closed nor given a signal.
  let leftOut: Int
  var chosen = 0
  var isConfirming = false
  /// The first target that is shown.
  var top = 0

  static let shownTargets = 8

  var actions: [Action] {
    (connections.isEmpty ? [] : [.close]) + (processes.isEmpty ? [] : [.signal(15), .signal(9)])
  }

  var count: Int { actions[chosen] == .close ? connections.count : processes.count }

  var rows: Int { isConfirming ? min(Self.shownTargets, count) + 1 : actions.count + 1 }

  var hints: [(String, String)] {
    isConfirming
      ? [("y", "yes, do it to all"), ("Up Down", "see all"), ("any other key", "do nothing")]
      : [("Enter", "go on"), ("Esc", "do nothing"), ("Up Down", "choose")]
  }

  func text(_ action: Action) -> String {
    switch action {
    case .close: "close \(counted(connections.count, "connection", "connections"))"
    case .signal(let number):
      "send \(number == 9 ? "SIGKILL" : "SIGTERM") to \(counted(processes.count, "process", "processes"))"
    }
  }
}

/// A process that is identified by its id and start.
package struct LiveProcess: Sendable, Hashable {
  package let pid: Int32
  /// In clock ticks since boot.
  package let startTime: UInt64
  package let name: [UInt8]

  package init(pid: Int32, startTime: UInt64, name: [UInt8]) {
    self.pid = pid
    self.startTime = startTime
    self.name = name
  }
}

// Tags: several sockets to which one thing is done.
extension LiveModel {
  /// Tags the selected socket or takes its tag away, of a group all of its sockets, and goes to the
  /// next line.
  mutating func toggleTag() {
    arrangeIfNeeded()
    guard let index = selectedIndex else {
      return say("select a socket first: Up and Down", isTrouble: true)
    }
    if let selected {
      if tagged.remove(selected) == nil { tagged.insert(selected) }
    } else if let name = selectedGroup {
      toggleTags(of: members(of: name))
    }
    holdOrder()
    select(near: index + 1)
    sayTags()
  }

  /// Tags all sockets that are shown, also those of folded groups, or none when all are tagged.
  mutating func tagAll() {
    arrangeIfNeeded()
    toggleTags(of: shownIDs)
    sayTags()
  }

  private mutating func toggleTags(of ids: [UInt64]) {
    if ids.allSatisfy(tagged.contains) { tagged.subtract(ids) } else { tagged.formUnion(ids) }
  }

  private mutating func sayTags() {
    say(
      tagged.isEmpty
        ? "no socket is tagged" : "\(counted(tagged.count, "socket is", "sockets are")) tagged: K acts on all")
  }

  /// Forgets the tags of sockets that are gone.
  mutating func dropTags() {
    guard !tagged.isEmpty else { return }
    tagged = tagged.filter { sockets[$0].map { !$0.isClosed } ?? false }
  }

  /// Asks when the owners of the tagged sockets started.
  mutating func askForTagged() -> [LiveEffect] {
    let ids = tagged.sorted()
    let pids = Set(ids.flatMap { sockets[$0]?.owners.map(\.pid) ?? [] })
    return [.identifyTagged(ids, pids: pids.sorted())]
  }

  /// Opens the dialog. What is gone by now is left out, and so is an owner that is not the process
  /// that the view knows.
  mutating func openBatch(_ ids: [UInt64], _ starts: [Int32: UInt64]) {
    var connections: [LiveBatch.Connection] = []
    var processes: [LiveProcess] = []
    var seen: Set<Int32> = []
    var leftOut = 0
    for id in ids {
      guard let socket = sockets[id], !socket.isClosed else {
        leftOut += 1
        continue
      }
      let canBeClosed = settings.mayCloseSockets && socket.record.canBeDestroyed
      if canBeClosed {
        connections.append(.init(id: id, record: socket.record, subject: LiveSubject(socket, of: context)))
      }
      let owners = socket.owners.filter { owner in starts[owner.pid].map { $0 == owner.startTime } ?? false }
      for owner in owners where seen.insert(owner.pid).inserted {
        guard let start = owner.startTime else { continue }
        processes.append(LiveProcess(pid: owner.pid, startTime: start, name: owner.name))
      }
      if !canBeClosed, owners.isEmpty { leftOut += 1 }
    }
    let found = LiveBatch(connections: connections, processes: processes, leftOut: leftOut)
    guard !found.actions.isEmpty else {
      return say(
        "nothing can be done to them: they are gone, or no owner is known and closing another's socket takes root",
        isTrouble: true)
    }
    batch = found
  }

  mutating func takeInBatch(_ key: TerminalKey, _ asked: LiveBatch) -> [LiveEffect] {
    var asked = asked
    let last = max(0, asked.count - LiveBatch.shownTargets)
    switch key {
    case .up, .character("k"):
      if asked.isConfirming { asked.top = max(0, asked.top - 1) } else { asked.chosen = max(0, asked.chosen - 1) }
    case .down, .character("j"):
      if asked.isConfirming {
        asked.top = min(last, asked.top + 1)
      } else {
        asked.chosen = min(asked.actions.count - 1, asked.chosen + 1)
      }
    case .pageDown where asked.isConfirming: asked.top = min(last, asked.top + LiveBatch.shownTargets)
    case .pageUp where asked.isConfirming: asked.top = max(0, asked.top - LiveBatch.shownTargets)
    case .enter where !asked.isConfirming: asked.isConfirming = true
    case .character("y") where asked.isConfirming:
      batch = nil
      tagged = []
      switch asked.actions[asked.chosen] {
      case .close: return [.closeAll(asked.connections.map(\.record))]
      case .signal(let number): return [.signalAll(number: number, asked.processes)]
      }
    default:
      guard asked.isConfirming || key == .escape || key == .character("q") else { return [] }
      batch = nil
      say("nothing was done")
      return []
    }
    batch = asked
    return []
  }

  func batchLines(_ batch: LiveBatch) -> [LiveLine] {
    guard batch.isConfirming else {
      var heading = LiveLine(canvas)
      heading.add("What to do about \(counted(tagged.count, "tagged socket", "tagged sockets"))?", .strong)
      if batch.leftOut > 0 { heading.add("  \(batch.leftOut) cannot be acted on", .colour(.faint)) }
      return [heading]
        + batch.actions.enumerated().map { index, action in
          var line = LiveLine(canvas)
          line.add(index == batch.chosen ? "> " : "  ")
          line.add(batch.text(action), index == batch.chosen ? .selected : .plain)
          return line
        }
    }
    let action = batch.actions[batch.chosen]
    let targets: [String] =
      action == .close
      ? batch.connections.map { "close \($0.subject.text(columns: canvas.columns - 10, isASCII: canvas.isASCII))" }
      : batch.processes.map { "\(Escaping.text($0.name))[\($0.pid)]" }
    let shown = targets.dropFirst(batch.top).prefix(LiveBatch.shownTargets)
    var question = LiveLine(canvas)
    let range = targets.count > shown.count ? " (\(batch.top + 1)-\(batch.top + shown.count) of \(targets.count))" : ""
    question.add("\(batch.text(action))\(range): do it? y/N", .colour(.attention))
    return shown.map { text in
      var line = LiveLine(canvas)
      line.add("  \(text)")
      return line
    } + [question]
  }
}
