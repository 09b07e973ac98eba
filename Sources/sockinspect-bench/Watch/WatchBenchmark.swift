import Glibc
import LinuxSystem

/// Watches a burst, or idle sockets, and compares what was seen with what happened.
struct WatchBenchmark {
  let plan: WatchPlan

  /// The result of a measurement.
  struct Report {
    var lines: [String] = []
    /// Whether something is worse than it must be.
    var isMissed = false

    mutating func note(_ name: String, _ value: some CustomStringConvertible) { lines.append("\(name): \(value)") }

    /// Adds a figure with a condition that must hold.
    mutating func requiredDetails(_ name: String, _ value: String, _ holds: Bool) {
      lines.append("\(name): \(value)\(holds ? "" : "  MISSED")")
      if !holds { isMissed = true }
    }
  }

  func run() throws -> Report {
    let load = plan.idleSockets > 1 ? try Load.make(sockets: plan.idleSockets, processes: 5) : nil
    let report = plan.idleSeconds > 0 ? try idle() : try burst()
    if let load { try load.end() }
    return report
  }

  // MARK: A watching process

  /// Runs a watching process while `body` runs; returns its output and its cost.
  private func watching(
    _ words: [String], _ body: () throws -> Void
  ) throws -> (lines: [String], outcome: ChildProcess.Outcome, seconds: Double) {
    let life = try Pipe()
    let answers = try Pipe()
    let process = try ChildProcess.start(
      try ChildProcess.ownProgram(), arguments: (["sockinspect-bench", "--watch"] + words).map { Array($0.utf8) },
      descriptors: [(life.reading.number, 0), (answers.writing.number, 1), (2, 2)])
    let lifeline = life.intoWriting()
    let output = answers.intoReading()
    var lines: [String] = []
    while lines.last != "ready" {
      let line = try readLine(output)
      if line.isEmpty { throw BenchError("the watching process did not start") }
      lines.append(line)
    }
    let clock = ContinuousClock()
    let start = clock.now
    try body()
    let (seconds, attoseconds) = (clock.now - start).components
    do { _ = consume lifeline }
    while true {
      let line = try readLine(output)
      if line.isEmpty { break }
      lines.append(line)
    }
    return (lines, try process.wait(), Double(seconds) + Double(attoseconds) / 1e18)
  }

  // MARK: A burst

  private func burst() throws -> Report {
    var report = Report()
    let burst = try Burst.make(
      servers: plan.servers, clients: plan.clients, connections: plan.connections, perSecond: plan.perSecond)
    let (servers, clients) = (burst.servers, burst.clients)
    let words = (plan.isUnprivileged ? ["nobody"] : []) + burst.ports.map { "\($0)" }
    let megabytes = 16 + plan.connections / 500
    var trace =
      plan.isUnprivileged
      ? nil : try? TraceInstance(ports: burst.ports, servers: plan.servers, megabytes: min(megabytes, 64))
    var made: Burst? = consume burst
    var burstSeconds = 0.0
    let clock = ContinuousClock()
    let (lines, outcome, seconds) = try watching(words) {
      let start = clock.now
      try made.take()?.run()
      burstSeconds =
        Double((clock.now - start).components.attoseconds) / 1e18 + Double((clock.now - start).components.seconds)
      // Time for the last notices, and for a scan that begins after them.
      usleep(2_500_000)
    }
    let seen = Seen(lines)
    for line in lines where line.hasPrefix("source ") || line.hasPrefix("event ") { report.lines.append(line) }
    report.note("burst", "\(plan.connections) connections in \(rounded(burstSeconds)) s")
    report.note("disorder", seen.number("disorder"))
    let missed = seen.number("missed")
    report.note("missed", "\(missed), and \(seen.number("uncounted")) times an unknown number")
    if plan.isUnprivileged {
      // Two sockets are destroyed for each connection: one ends, the other leaves a TIME_WAIT.
      let closes = seen.events.filter {
        $0.key.hasPrefix("closed") || $0.key.hasPrefix("changed") && $0.key.hasSuffix("time_wait")
      }
      .values.reduce(0, +)
      let wanted = plan.connections * 2
      report.requiredDetails(
        "closes seen", "\(closes) of \(wanted)",
        closes == wanted || closes + missed == wanted || seen.number("uncounted") > 0)
    } else {
      compare(seen, try trace.take()?.end(), into: &report)
      owners(seen, servers, clients, into: &report)
    }
    report.note("bytes reported", "\(seen.number("bytes")), wrong \(seen.number("wrongbytes"))")
    if seen.number("wrongbytes") > 0 { report.isMissed = true }
    report.note("sockets at most", seen.number("sockets"))
    cost(outcome, seconds, into: &report)
    return report
  }

  /// Each connection makes ten transitions: five at each end.
  private func compare(_ seen: Seen, _ other: (transitions: [String: Int], overruns: Int)?, into report: inout Report) {
    var transitions: [String: Int] = [:]
    for (event, count) in seen.events {
      let words = event.split(separator: " ").map(String.init)
      guard words.count == 3 else { continue }
      switch (words[0], words[1], words[2]) {
      case ("opened", _, let to): transitions["\(to == "syn_sent" ? "close" : "listen") \(to)", default: 0] += count
      case ("changed", let from, let to):
        transitions["\(from) \(to == "time_wait" ? "close" : to)", default: 0] += count
      case ("closed", let from, _): if from != "time_wait" { transitions["\(from) close", default: 0] += count }
      default: break
      }
    }
    let missed = seen.number("missed")
    // The missed events may include sockets outside the burst. After a loss, some of the events,
    // such as an end from a state that is unknown, are not transitions that took place.
    let kinds = [
      "close syn_sent", "syn_sent established", "established fin_wait1", "fin_wait1 fin_wait2", "fin_wait2 close",
      "listen syn_recv", "syn_recv established", "established close_wait", "close_wait last_ack", "last_ack close",
    ]
    let total = kinds.reduce(0) { $0 + (transitions[$1] ?? 0) }
    let most = kinds.map { transitions[$0] ?? 0 }.max() ?? 0
    let wanted = plan.connections * kinds.count
    let others = transitions.filter { !kinds.contains($0.key) }
    report.requiredDetails(
      "transitions against the known count", "\(total) of \(wanted), \(missed) missed",
      total <= wanted && wanted - total <= missed && most <= plan.connections)
    if !others.isEmpty { report.note("inferred where some were missed", others.map { "\($0) \($1)" }.sorted()) }
    guard let other else {
      report.note("second reader", "not possible here")
      return
    }
    let theirs = kinds.map { other.transitions[$0] ?? 0 }
    let theirTotal = theirs.reduce(0, +)
    let differ = kinds.indices.filter { theirs[$0] != transitions[kinds[$0]] ?? 0 }
      .map { "\(kinds[$0]) \(transitions[kinds[$0]] ?? 0)/\(theirs[$0])" }
    report.requiredDetails(
      "transitions against a second reader",
      "\(total) of \(theirTotal) (\(other.overruns) overrun)\(differ.isEmpty ? "" : "; differ: \(differ)")",
      other.overruns > 0 || total <= theirTotal && theirTotal - total <= missed)
  }

  private func owners(_ seen: Seen, _ servers: [Int32], _ clients: [Int32], into report: inout Report) {
    var right = 0
    var wrong: [String] = []
    for (owner, count) in seen.owners {
      let words = owner.split(separator: " ")
      guard words.count == 3, let index = Int(words[1]), let pid = Int32(words[2]) else { continue }
      let all = words[0] == "client" ? clients : servers
      if all.indices.contains(index - 1), all[index - 1] == pid { right += count } else { wrong.append(owner) }
    }
    let unnamed = seen.number("unnamed")
    let named = right + wrong.count
    report.requiredDetails("owners right, of those named", "\(right), wrong \(wrong)", wrong.isEmpty && right > 0)
    report.requiredDetails(
      "named", "\(right) of \(named + unnamed)", Double(right) >= 0.95 * Double(named + unnamed))
  }

  private func cost(_ outcome: ChildProcess.Outcome, _ seconds: Double, into report: inout Report) {
    report.note("memory at most", "\(outcome.peakKilobytes / 1024) MiB")
    let share = Double(outcome.processorMicroseconds) / 1e4 / max(seconds, 0.001)
    report.note("processor", "\(outcome.processorMicroseconds / 1000) ms in \(rounded(seconds)) s: \(rounded(share)) %")
  }

  // MARK: Idle sockets

  private func idle() throws -> Report {
    var report = Report()
    let (lines, outcome, seconds) = try watching(plan.isUnprivileged ? ["nobody"] : []) {
      usleep(UInt32(plan.idleSeconds) * 1_000_000)
    }
    for line in lines where line.hasPrefix("source ") { report.lines.append(line) }
    report.note("sockets at most", Seen(lines).number("sockets"))
    cost(outcome, seconds, into: &report)
    if let ss = findProgram("ss") {
      var microseconds = 0
      let nowhere = try Nowhere()
      let runs = 5
      for _ in 0..<runs {
        let child = try ChildProcess.start(
          ss, arguments: ["ss", "-tanp"].map { Array($0.utf8) }, descriptors: nowhere.streams)
        microseconds += try child.wait().processorMicroseconds
      }
      let each = Double(microseconds) / Double(runs)
      let ours = Double(outcome.processorMicroseconds) / max(seconds, 0.001)
      report.note("ss -tanp once a second", "\(rounded(each / 1e4)) %; ours is \(rounded(ours / each)) of it")
    }
    return report
  }

  /// Rounds to two decimals.
  private func rounded(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}

/// The output of a watching process.
private struct Seen {
  var events: [String: Int] = [:]
  var owners: [String: Int] = [:]
  private var numbers: [String: Int] = [:]

  init(_ lines: [String]) {
    for line in lines {
      let words = line.split(separator: " ").map(String.init)
      guard let first = words.first, let count = words.last.flatMap({ Int($0) }) else { continue }
      let key = words.dropFirst().dropLast().joined(separator: " ")
      switch first {
      case "event": events[key] = count
      case "owner": owners[key] = count
      default: numbers[first] = count
      }
    }
  }

  func number(_ name: String) -> Int { numbers[name] ?? 0 }
}
