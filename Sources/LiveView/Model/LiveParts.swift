import Rendering
package import SocketModel
internal import Text

/// The families that keys choose.
package enum LiveFamily: Sendable, Hashable, CaseIterable {
  case tcp, udp, unix

  package var name: String {
    switch self {
    case .tcp: "tcp"
    case .udp: "udp"
    case .unix: "unix"
    }
  }

  /// The key that chooses the family, which is also the letter of its option.
  package var key: Character {
    switch self {
    case .tcp: "t"
    case .udp: "u"
    case .unix: "x"
    }
  }

  package func contains(_ transport: Transport) -> Bool {
    switch self {
    case .tcp: transport.hasTCPStates
    case .udp: transport == .udp || transport == .udplite
    case .unix: transport == .unix
    }
  }
}

/// Which sockets are shown by what happened to them.
enum LiveChanged: Sendable, Hashable {
  /// All of them.
  case all
  /// Those that appeared, changed or went since the view began, or in the last minute.
  case sinceBeginning, lastMinute

  var next: LiveChanged {
    switch self {
    case .all: .sinceBeginning
    case .sinceBeginning: .lastMinute
    case .lastMinute: .all
    }
  }

  /// What is left out, in words; `nil` for nothing.
  var words: String? {
    switch self {
    case .all: nil
    case .sinceBeginning: "only changed"
    case .lastMinute: "only changed in the last minute"
    }
  }
}

/// A line of the table.
package enum LiveEntry: Sendable, Hashable {
  /// The heading of a group.
  case group(Int)
  /// A socket.
  case socket(UInt64)
}

/// A line that is being typed.
package enum LivePrompt: Sendable {
  /// A query.
  case filter(LiveFilterPrompt)
  /// The name of a file.
  case file(LineEditor)
  /// Whether to overwrite a file.
  case overwrite(String)
}

/// What is shown instead of the table.
enum LivePanel: Sendable {
  case help(top: Int)
  case detail(LiveDetail)
  /// The findings, of which one is chosen.
  case findings(chosen: Int)
  case columns(LiveColumnChoice)
}

/// A message that is shown in one line for some seconds.
package struct LiveMessage: Sendable {
  package let text: String
  package let isTrouble: Bool
  package let since: Timestamp

  package static let time = 6000
}

/// How many records were lost.
struct LiveMissed: Sendable {
  private(set) var count: UInt64 = 0
  private(set) var hasUnknown = false

  mutating func add(_ event: SocketEvent) {
    if let missed = event.missed { count &+= missed } else { hasUnknown = true }
  }

  /// The number in words; `nil` when nothing was missed.
  var text: String? {
    if count == 0 { return hasUnknown ? "some events were missed" : nil }
    return
      "\(hasUnknown ? "at least " : "")\(LiveText.number(count)) \(count == 1 ? "event was" : "events were") missed"
  }
}

/// How much happened in other network namespaces.
struct LiveElsewhere: Sendable {
  private var second: Int64 = 0
  private var current = (events: 0, namespaces: Set<UInt32>())
  private var last = (events: 0, namespaces: Set<UInt32>())

  mutating func add(_ event: SocketEvent) {
    if event.time.seconds > second {
      last = event.time.seconds == second + 1 ? current : (0, [])
      current = (0, [])
      second = event.time.seconds
    }
    current.events += 1
    if event.record.known.contains(.netns) { current.namespaces.insert(event.record.netns) }
  }

  /// What happened in the last full second, in words; `nil` when nothing did.
  func text(at time: Timestamp) -> String? {
    var found = (events: 0, namespaces: Set<UInt32>())
    if time.seconds == second { found = last } else if time.seconds == second + 1 { found = current }
    guard found.events > 0 else { return nil }
    let count = found.namespaces.count
    let there = count == 0 ? "elsewhere" : "in \(count) other \(count == 1 ? "namespace" : "namespaces")"
    return "+\(LiveText.number(found.events))/s \(there)"
  }
}

/// How many events come in a second.
struct LiveChanges: Sendable {
  private var second: Int64 = 0
  private var count = 0
  private var before = 0

  mutating func add(_ events: Int, at time: Timestamp) {
    if time.seconds != second {
      before = time.seconds == second + 1 ? count : 0
      count = 0
      second = time.seconds
    }
    count += events
  }

  /// The more of those in the present second and in the one before.
  func most(at time: Timestamp) -> Int {
    time.seconds == second ? max(count, before) : time.seconds == second + 1 ? count : 0
  }
}

/// How much happened in each second.
struct LiveRates: Sendable {
  /// One second.
  struct Second: Sendable, Hashable {
    var opened = 0
    var transitions = 0
    /// The events by what happened.
    var appeared = 0, changed = 0, gone = 0
  }

  private var seconds: [Int64: Second] = [:]
  /// How many seconds are kept: as many as any terminal shows.
  static let kept: Int64 = 300

  mutating func add(_ event: SocketEvent) {
    guard event.kind != .missed else { return }
    var second = seconds[event.time.seconds] ?? Second()
    second.transitions += 1
    switch event.kind {
    case .opened: second.appeared += 1
    case .changed: second.changed += 1
    case .closed: second.gone += 1
    case .missed: break
    }
    // A socket that is first seen when it ends has also appeared, unseen.
    if event.kind == .opened || event.from == nil { second.opened += 1 }
    seconds[event.time.seconds] = second
  }

  /// What happened in the present second or the one before, in words, where it is more than a person
  /// can follow; `nil` for less.
  func summary(at time: Timestamp) -> String? {
    let found = [seconds[time.seconds], seconds[time.seconds &- 1]].compactMap { $0 }
    guard let most = found.max(by: { $0.transitions < $1.transitions }), most.transitions >= Self.many else {
      return nil
    }
    let parts = [(most.appeared, "appeared"), (most.changed, "changed"), (most.gone, "went")].filter { $0.0 > 0 }
    return parts.map { "\(LiveText.number($0.0)) \($0.1)" }.joined(separator: ", ") + " within a second; the newest:"
  }

  /// How many events a second are summarised.
  private static let many = 200

  mutating func forget(before time: Timestamp) {
    guard seconds.count > Int(Self.kept) else { return }
    seconds = seconds.filter { $0.key > time.seconds &- Self.kept }
  }

  /// The seconds before the current one, the oldest first.
  func last(_ count: Int, before time: Timestamp) -> [Second] {
    (0..<max(0, count)).reversed().map { seconds[time.seconds &- 1 &- Int64($0)] ?? Second() }
  }
}

/// Small pieces of text.
enum LiveText {
  /// A number with its unit as people say it: `1.5 MB`, `250 us`, `1.2 s`, `3 min`.
  static func quantity(_ number: UInt64, _ unit: String) -> String {
    if number >= 1000, unit == "bytes" { return scaledBytes(number, gap: " ") }
    if number >= 1000, unit == "bytes/s" { return scaledBytes(number, gap: " ") + "/s" }
    let scales: [(UInt64, String)]? =
      switch unit {
      case "us": [(60_000_000, "min"), (1_000_000, "s"), (1000, "ms")]
      case "ms": [(3_600_000, "h"), (60_000, "min"), (1000, "s")]
      case "s": [(86_400, "d"), (3600, "h"), (60, "min")]
      default: nil
      }
    guard let scale = scales?.first(where: { number >= $0.0 }) else {
      let isOne = number == 1 && unit.count > 2 && unit.hasSuffix("s")
      let text = LiveText.number(number)
      return unit.isEmpty ? text : "\(text) \(isOne ? String(unit.dropLast()) : unit)"
    }
    let (whole, rest) = number.quotientAndRemainder(dividingBy: scale.0)
    let tenth = rest / (scale.0 / 10)
    return whole >= 100 || tenth == 0 ? "\(LiveText.number(whole)) \(scale.1)" : "\(whole).\(tenth) \(scale.1)"
  }

  /// A number with commas between its thousands.
  static func number(_ number: UInt64) -> String {
    let digits = Array(String(number))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return text
  }

  static func number(_ number: Int) -> String { LiveText.number(UInt64(max(0, number))) }

  /// The time of day: `12:34:56`, or `12:34:56.789`.
  static func clock(_ time: Timestamp, secondsFromUTC: Int, milliseconds: Bool = false) -> String {
    let local = time.seconds &+ Int64(secondsFromUTC)
    let second = ((local % 86400) + 86400) % 86400
    var text: [UInt8] = []
    for (index, part) in [second / 3600, second / 60 % 60, second % 60].enumerated() {
      if index > 0 { text.append(ASCII.colon) }
      text.appendDecimal(UInt64(part), digits: 2)
    }
    if milliseconds {
      text.append(ASCII.period)
      text.appendDecimal(UInt64(min(max(0, time.nanoseconds), 999_999_999)) / 1_000_000, digits: 3)
    }
    return String(decoding: text, as: UTF8.self)
  }
}
