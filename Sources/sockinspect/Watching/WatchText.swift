import Tracking
import CommandLine
import Inspection
import SocketModel
import Text

/// The messages of a watch about itself, on standard error.
enum WatchText {
  /// What is watched and by which sources, then a line for each source that is not in use.
  ///
  /// - Parameter scan: the first scan, which shows what the kernel has; `nil` when the initial sockets
  ///   have not been read yet.
  static func beginning(_ plan: WatchPlan, _ sources: [EventSourceStatus], scan: Snapshot?) -> [String] {
    let watched = plan.list.transports.filter { transport in
      scan.map { $0.lookedAt[transport] != nil } ?? true || plan.list.namedTransports.contains(transport)
    }
    let transports = watched.sorted { $0.rawValue < $1.rawValue }.map(\.name).joined(separator: ", ")
    let used = sources.filter { $0.obstacle == nil }.map { $0.source.words(every: plan.options.interval) }
    let missing = sources.compactMap { status in
      status.obstacle.map { "without \(status.source.words(every: plan.options.interval)): \($0)" }
    }
    let beginning = "watching \(transports) by \(used.joined(separator: ", "))"
    return [scan != nil ? beginning : beginning + "; the sockets that were there are still being read"] + missing
  }

  /// Follows the message about a watch that began before the sockets were read.
  static let hasRead = "the sockets that were there have been read"

  /// What is replayed.
  static func beginning(_ series: CaptureSeries) -> [String] {
    let times = [series.frames.first, series.frames.last].compactMap { $0?.time.rfc3339 }.joined(separator: " to ")
    return ["replaying \(counted(series.frames.count, "capture", "captures")) of \(quoted(series.path)), \(times)"]
  }

  /// What new listeners are compared with, and of what the comparison is not known.
  static func comparison(_ listeners: NewListeners, _ plan: WatchPlan, _ scan: Snapshot) -> [String] {
    let count = counted(listeners.baselineCount, "listener", "listeners")
    var lines: [String] = []
    switch plan.baseline {
    case nil: return []
    case .firstScan: lines.append("new is what listens and is not among the \(count) of the first scan")
    case .capture(let path):
      lines.append("new is what listens and is not among the \(count) of \(quoted(path))")
      let transports = listeners.uncovered(among: plan.list.transports.intersection(scan.lookedAt.keys)).map(\.name)
      if !transports.isEmpty {
        lines.append(
          "\(quoted(path)) has no table of \(transports.joined(separator: ", ")): compared with the first scan")
      }
    }
    if plan.list.owners, listeners.unownedCount > 0 {
      let whose = counted(listeners.unownedCount, "has an owner", "have owners")
      lines.append("of these \(whose) not known: another program at the same place is no news then")
    }
    return lines
  }

  /// How many events there were.
  static func account(_ account: EventAccount, _ plan: WatchPlan, after milliseconds: Int) -> String {
    let time = seconds((milliseconds + 50) / 100 * 100)
    let kinds: [SocketEvent.Kind] = [.opened, .changed, .closed]
    let parts = kinds.compactMap { kind in account.counts[kind].map { "\($0) \(kind.rawValue)" } }
    let nouns = plan.baseline == nil ? ("event", "events") : ("new listener", "new listeners")
    var text = (account.printed == 0 ? "no \(nouns.0)" : counted(account.printed, nouns.0, nouns.1)) + " in \(time)"
    if !parts.isEmpty, plan.baseline == nil { text += ": " + parts.joined(separator: ", ") }
    if account.counts[.missed] != nil {
      text += account.missed > 0 ? "; \(account.missed) missed" : "; some were missed, nobody knows how many"
    }
    switch plan.goal {
    case nil: return text
    case .matching:
      let no = account.isUnknown ? "no socket is known to have matched" : "no socket matched"
      return (account.isReached ? "a socket matches" : no) + "; " + text
    case .gone:
      let no = account.isUnknown ? "whether a socket still matches is not known" : "sockets still match"
      return (account.isReached ? "no socket matches any more" : no) + "; " + text
    }
  }
}

extension EventSource {
  /// The source in words.
  func words(every milliseconds: Int) -> String {
    switch self {
    case .tracepoint: "the tracepoint sock:inet_sock_set_state"
    case .destroyNotice: "destroy notices"
    case .difference: "a scan every \(seconds(milliseconds))"
    }
  }
}
