import Foundation
import Glibc
import LinuxSystem
import Query
import Synchronization

/// `flow-demo --step`, with a pipe for the person who presses Enter.
final class SteppedFlow {
  let running: Running
  private var errors: [UInt8] = []
  private var prompts = 0

  /// Starts it in the calling thread's network namespace.
  init(_ options: [String]) throws {
    let arguments = ["flow-demo", "--step", "--width", "80"] + options
    running = try Running(
      Program.path, arguments.map { Array($0.utf8) }, environment: ["LC_ALL": "C"], wantsInput: true)
  }

  deinit { running.child.signal(SIGKILL) }

  /// Presses Enter, except for the first time, and waits for the next step.
  ///
  /// - Returns: what was printed since the step before.
  func next() throws -> String {
    if prompts > 0 { try press() }
    prompts += 1
    var output: [UInt8] = []
    let end = Date().addingTimeInterval(30)
    while true {
      let isOver = try SteppedFlow.read(running.errors.descriptor, into: &errors, milliseconds: 20) == false
      // The output precedes the prompt.
      let text = String(decoding: errors, as: UTF8.self)
      let isPrompted = text.components(separatedBy: "Enter: ").count - 1 >= prompts
      if isPrompted || isOver {
        while try SteppedFlow.read(running.output.descriptor, into: &output, milliseconds: isOver ? 1000 : 0) == true {}
        return String(decoding: output, as: UTF8.self)
      }
      if Date() > end { throw ProgramFailure(arguments: ["flow-demo", "--step"], finished: Finished()) }
    }
  }

  /// Waits for the end.
  func end() throws -> Finished {
    var finished = running.finish()
    finished.errors = errors + finished.errors
    return finished
  }

  private func press() throws { try running.enter() }

  /// Reads what is there; `true` when something was, `false` at the end, `nil` when nothing came in
  /// time.
  private static func read(
    _ descriptor: borrowing Descriptor, into bytes: inout [UInt8], milliseconds: Int32
  ) throws -> Bool? {
    var wait = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
    guard poll(&wait, 1, milliseconds) > 0 else { return nil }
    var buffer: [UInt8] = Array(repeating: 0, count: 65536)
    let count = try descriptor.read(into: &buffer)
    bytes += buffer.prefix(count)
    return count > 0
  }
}

/// What a step of the picture shows of the two sockets.
struct FlowClaim: CustomStringConvertible {
  struct Side {
    var state: String
    var receiveQueue = "0"
    var sendQueue = "0"
  }

  /// The connection at the server, or its listener while there is none.
  var server: Side?
  var client: Side?

  var description: String { "\(server?.state ?? "-") | \(client?.state ?? "-")" }

  /// Reads the lanes of the last step in the text, drawn in ASCII at 80 columns.
  init(_ text: String) {
    for line in text.split(separator: "\n") where !line.contains("SERVER") {
      let characters = Array(line)
      guard characters.count > 34, characters[34] == "|" || characters[34] == ":" else { continue }
      if let side = FlowClaim.side(String(characters[3..<34])), server == nil { server = side }
      if characters.count > 53, let side = FlowClaim.side(String(characters[53...])), client == nil { client = side }
    }
  }

  private static func side(_ lane: String) -> Side? {
    guard let match = lane.wholeMatch(of: #/[* ] ([A-Z][A-Z_0-9]+|closed)(?:  .*)?\s*/#) else { return nil }
    var side = Side(state: match.1.lowercased())
    if let queue = lane.firstMatch(of: #/recv-q (\d+)/#) { side.receiveQueue = String(queue.1) }
    if let queue = lane.firstMatch(of: #/send-q (\d+)/#) { side.sendQueue = String(queue.1) }
    return side
  }

  /// Where `ss`, `netstat` and `sockinspect --port 1234` see something else.
  func mistakes() throws -> [String] {
    var mistakes: [String] = []
    let ss = try Peers.ss()
    let netstat = try Peers.netstat()
    let listing = try Program.list("--port", "1234").sockets.map { PeerRow($0, queues: true) }
    for (name, rows) in [("ss", ss), ("netstat", netstat), ("the listing", listing)] {
      let atServer = rows.filter { $0.local.hasSuffix(" 1234") }
      let isListener = server?.state == "listen" || server?.state == "bound_inactive"
      let hasConnection = !isListener && server?.state != "close" && server?.state != "closed"
      let seenServer = atServer.first { isListener ? $0.peer == "-" : $0.peer != "-" }
      // Only the listing knows a socket that is only bound.
      if isListener || hasConnection, server?.state != "bound_inactive" || name == "the listing" {
        mistakes += FlowClaim.compare(server, seenServer, name, "server")
      } else if let seenServer, !isListener {
        mistakes.append("\(name) sees \(seenServer) at the server")
      }
      let seenClient = rows.first { $0.peer.hasSuffix(" 1234") }
      if client?.state == "close" || client == nil {
        if let seenClient { mistakes.append("\(name) sees \(seenClient) at the client") }
      } else {
        mistakes += FlowClaim.compare(client, seenClient, name, "client")
      }
    }
    return mistakes
  }

  private static func compare(_ claimed: Side?, _ seen: PeerRow?, _ program: String, _ side: String) -> [String] {
    guard let claimed else { return [] }
    guard let seen else { return ["\(program) does not see \(claimed.state) at the \(side)"] }
    var mistakes: [String] = []
    if seen.state != claimed.state {
      mistakes.append("\(program) sees \(seen.state), not \(claimed.state), at the \(side)")
    }
    // The second queue of a listener is its limit, which netstat does not show.
    let queues = [claimed.receiveQueue, claimed.sendQueue]
    if claimed.state != "listen", claimed.state != "bound_inactive", let other = seen.queues, other != queues {
      mistakes.append("\(program) sees the queues \(other), not \(queues), at the \(side)")
    }
    return mistakes
  }
}
