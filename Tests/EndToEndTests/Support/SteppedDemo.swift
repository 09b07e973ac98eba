import Foundation
import Glibc
import LinuxSystem
import Query
import Synchronization
import TestSupport

/// `listen-demo --step` or `connect-demo --step`, with a pipe for the person who presses Enter.
final class SteppedDemo {
  let running: Running
  private var errors: [UInt8] = []
  private var reported = 0

  /// Starts it in the calling thread's network namespace.
  init(_ arguments: String...) throws {
    running = try Running(Program.path, (arguments + ["--step"]).map { Array($0.utf8) }, wantsInput: true)
  }

  deinit { running.child.signal(SIGKILL) }

  var pid: Int32 { running.child.pid }

  func press() throws { try running.enter() }

  /// Waits until a line with this beginning has been written, and returns everything that was
  /// written since the last wait.
  func reports(_ start: String) throws -> String {
    let end = Date().addingTimeInterval(30)
    var buffer: [UInt8] = Array(repeating: 0, count: 65536)
    while true {
      let text = String(decoding: errors[reported...], as: UTF8.self)
      if text.hasPrefix(start) && text.hasSuffix("\n") || text.contains("\n\(start)") && text.hasSuffix("\n") {
        reported = errors.count
        return text
      }
      var wait = pollfd(fd: running.errors.descriptor.number, events: Int16(POLLIN), revents: 0)
      let count = poll(&wait, 1, 100) > 0 ? try running.errors.descriptor.read(into: &buffer) : -1
      if count > 0 { errors += buffer.prefix(count) }
      if count == 0 || Date() > end {
        var finished = Finished()
        finished.errors = Array("waited for '\(start)':\n\(text)".utf8)
        throw ProgramFailure(arguments: ["--step"], finished: finished)
      }
    }
  }

  /// Makes the call in the prompt, and waits for a line with this beginning: the next prompt, or
  /// what it then waits for.
  func steps(to start: String) throws -> NarratedRows {
    try press()
    return NarratedRows(try reports(start), pid: pid)
  }
}

/// The rows that a narration showed below its last call.
struct NarratedRows {
  /// A socket before and after the call; `nil` where there was no row.
  struct Pair {
    var before: PeerRow?
    var after: PeerRow?
  }

  var call = ""
  var pairs: [Pair] = []

  init(_ text: String, pid: Int32) {
    for line in text.split(separator: "\n").map(String.init) {
      if line.first != " ", line.contains(" = ") {
        call = line
        pairs = []
      } else if line.hasPrefix("  before") {
        pairs.append(Pair(before: NarratedRows.row(line, pid)))
      } else if line.hasPrefix("  after"), !pairs.isEmpty {
        pairs[pairs.count - 1].after = NarratedRows.row(line, pid)
      }
    }
  }

  private static func row(_ line: String, _ pid: Int32) -> PeerRow? {
    var words = line.replacing("*", with: " ").split(separator: " ")
    guard words.count > 6, words[1] != "no" else { return nil }
    if words[2].last == "s" { words.remove(at: 2) }
    var row = PeerRow(
      transport: "tcp", state: String(words[1]), local: PeerRow.end(text: words[4]),
      peer: words[5] == "-" ? "-" : PeerRow.end(text: words[5]))
    row.queues = [String(words[2]), String(words[3])]
    if words[6] == "fd", words.count > 7 { row.owners = ["\(pid)/\(words[7])"] }
    return row
  }

  /// Where the listing, ss, netstat and lsof see something else now. An acknowledgement that is
  /// delayed by 40 ms may come meanwhile: looks are repeated until all agree.
  ///
  /// - Parameter pids: the processes that lsof lists.
  func mistakes(_ pids: [Int32], within seconds: Double = 30) throws -> [String] {
    try eventually(within: seconds, { try ProgramStarts.undisturbed { try look(pids) } }, until: \.isEmpty).map {
      "\(call): \($0)"
    }
  }

  private func look(_ pids: [Int32]) throws -> [String] {
    let programs = [
      ("the listing", try Program.list("--port", "1234").sockets.map { PeerRow($0, queues: true) }),
      ("ss", try Peers.ss()), ("netstat", try Peers.netstat()), ("lsof", try pids.flatMap(Peers.lsof)),
    ]
    var mistakes: [String] = []
    for (name, rows) in programs {
      for pair in pairs {
        guard let ends = pair.after ?? pair.before else { continue }
        let seen = rows.first { $0.local == ends.local && $0.peer == ends.peer }
        let wanted = pair.after.flatMap { NarratedRows.canSee($0, name) ? $0 : nil }
        if let wanted, let seen {
          mistakes += NarratedRows.differences(wanted, seen, name)
        } else if wanted != nil || seen != nil {
          mistakes.append(
            "\(name) sees \(seen.map { "\($0)" } ?? "nothing"), not \(wanted.map { "\($0)" } ?? "nothing")")
        }
      }
    }
    return mistakes
  }

  /// lsof lists what a process has open; a socket that is only bound is only in the listing.
  private static func canSee(_ row: PeerRow, _ name: String) -> Bool {
    if row.state == "bound_inactive" { return name == "the listing" }
    return name != "lsof" || !row.owners.isEmpty
  }

  private static func differences(_ wanted: PeerRow, _ seen: PeerRow, _ name: String) -> [String] {
    var mistakes: [String] = []
    // The FIN was sent when this was printed, and has been acknowledged since.
    let states = wanted.state == "fin_wait1" ? ["fin_wait1", "fin_wait2"] : [wanted.state]
    if !states.contains(seen.state) { mistakes.append("\(name) sees \(seen.state), not \(wanted.state)") }
    let owners =
      name == "netstat" ? wanted.owners.compactMap { $0.split(separator: "/").first.map(String.init) } : wanted.owners
    if seen.owners != owners { mistakes.append("\(name) sees the owners \(seen.owners), not \(owners)") }
    if let queues = seen.queues, var reported = wanted.queues, seen.state == wanted.state {
      // Only sock_diag has a listener's limit.
      if name == "netstat", wanted.state == "listen" { reported[1] = "0" }
      if queues != reported { mistakes.append("\(name) sees the queues \(queues), not \(reported)") }
    }
    return mistakes
  }
}
