import Foundation
import Glibc
import Lesson
import LinuxSystem
import Query
import SocketModel
import TestSupport
import Testing
import Text

@Suite("flow-demo", .timeLimited, .needsRoot)
struct FlowDemoTests {
  /// What the lesson's calls do to the server's end of the connection and the client's socket, step
  /// by step.
  static let lesson: [(server: String?, client: String?)] = [
    ("close", nil), ("bound_inactive", nil), ("listen", nil), ("listen", "close"), ("listen", "syn_sent"),
    ("syn_recv", "established"), ("established", "established"), ("established", "established"),
    ("established", "established"), ("established", "established"), ("established", "established"),
    ("established", "established"), ("established", "fin_wait1"), ("close_wait", "fin_wait2"),
    ("close_wait", "fin_wait2"), ("last_ack", "time_wait"), ("close", "time_wait"), ("closed", "time_wait"),
  ]

  @Test(
    "At each step ss, netstat and the listing show the states and queues that it claims", .needs("ss"),
    .needs("netstat"), arguments: Loopback.allCases.filter { $0 != .mapped })
  func steps(loopback: Loopback) throws {
    let mistakes = try isolated { () -> [String] in
      let flow = try SteppedFlow(loopback == .ipv6 ? ["-6"] : [])
      var mistakes: [String] = []
      for (index, wanted) in FlowDemoTests.lesson.enumerated() {
        let step = try flow.next()
        let claim = FlowClaim(step)
        if claim.server?.state != wanted.server || claim.client?.state != wanted.client {
          mistakes.append("step \(index + 1) claims \(claim), not \(wanted):\n\(step)")
        }
        // The last step is shown when the flow has ended.
        if index < FlowDemoTests.lesson.count - 1 {
          mistakes += try claim.mistakes().map { "step \(index + 1): \($0)" }
        }
      }
      let finished = try flow.end()
      if finished.exitStatus != 0 { mistakes.append("exit status \(finished.exitStatus ?? -1): \(finished.errorText)") }
      let left = try Peers.ss()
      if left.map(\.state) != ["time_wait"] { mistakes.append("left behind: \(left)") }
      return mistakes
    }
    #expect(mistakes.isEmpty, "\(mistakes.joined(separator: "\n"))")
  }

  @Test("Datagrams: the listing shows both sockets at each step, and nothing is left", .needs("ss"))
  func datagrams() throws {
    let (mistakes, left) = try isolated { () -> ([String], [PeerRow]) in
      let flow = try SteppedFlow(["--udp"])
      var mistakes: [String] = []
      // The sockets of server and client that ss lists.
      for (index, wanted) in [0, 1, 1, 2, 2, 2, 2, 1].enumerated() {
        let step = try flow.next()
        let seen = try Peers.ss()
        if seen.count != wanted { mistakes.append("step \(index + 1): \(seen)\n\(step)") }
        let claim = FlowClaim(step)
        let waiting = [claim.server?.receiveQueue, claim.client?.receiveQueue].compactMap { $0 }.filter { $0 != "0" }
        let queued = seen.compactMap { $0.queues?.first }.filter { $0 != "0" }
        if waiting != queued { mistakes.append("step \(index + 1): \(waiting) claimed, \(queued) seen") }
      }
      let finished = try flow.end()
      if finished.exitStatus != 0 { mistakes.append(finished.errorText) }
      return (mistakes, try Peers.ss())
    }
    #expect(mistakes.isEmpty, "\(mistakes.joined(separator: "\n"))")
    #expect(left.isEmpty)
  }

  @Test("A whole run prints what was recorded, but for ports, descriptors and times", arguments: ["tcp", "udp"])
  func golden(transport: String) throws {
    let finished = try isolated {
      Program.run("flow-demo", "--width", "80", transport == "udp" ? "--udp" : "--port=1234")
    }
    #expect(finished.exitStatus == 0)
    #expect(finished.errorText == "")
    let text = finished.text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      // A longer number leaves fewer blanks before the lane's edge.
      line.replacing(#/\b[3-6]\d{4}\b/#, with: "PPPPP")
        .replacing(#/fd (\d+)(  +)/#) { "fd N" + String(repeating: " ", count: $0.1.count + $0.2.count - 1) }
        .replacing(#/fd \d+/#, with: "fd N")
        .replacing(#/\d+\.\d s\b/#, with: "N.N s").replacing(#/(recv-q|take) \d{3}\b/#) { "\($0.1) NNN" }
    }.joined(separator: "\n")
    let file = Repository.root
      .appendingPathComponent("Tests/EndToEndTests/Golden/flow-demo-\(transport).txt")
    if CommandEnvironment.current["SOCKINSPECT_UPDATE_GOLDEN"] == "1" {
      try text.write(to: file, atomically: true, encoding: .utf8)
      Issue.record("wrote \(file.lastPathComponent)")
      return
    }
    let recorded = try String(contentsOf: file, encoding: .utf8)
    #expect(text == recorded)
  }

  @Test(
    "No line is wider than 80 columns on a pipe, whatever the family, transport and locale",
    arguments: [[], ["-6"], ["--udp"], ["--udp", "-6"]], ["C", "C.UTF-8"])
  func width(options: [String], locale: String) throws {
    let finished = try isolated {
      Finished(running: Program.path, ["flow-demo", "--port", "0"] + options, environment: ["LC_ALL": locale])
    }
    #expect(finished.exitStatus == 0, "\(finished.errorText)")
    let lines = finished.text.split(separator: "\n").map(String.init)
    #expect(lines.count > 30)
    #expect(lines.filter { TextWidth.columns($0) > 80 } == [])
    #expect(UnixTests.controls(in: finished.output).isEmpty)
    #expect(locale != "C" || finished.output.allSatisfy { $0 < 0x80 })
    #expect(locale == "C" || finished.text.contains("│"))
  }

  @Test("No privilege is needed", .needs("setpriv"))
  func unprivileged() throws {
    let finished = try withProgramForAnybody { program in
      try isolated { try Finished(as: nobody, program, ["flow-demo"]) }
    }
    #expect(finished.exitStatus == 0, "\(finished.errorText)")
    for state in ["SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT"] {
      #expect(finished.text.contains("● \(state)"), "\(finished.text)")
    }
  }

  @Test("A port that is taken: says by whom, and ends with status 1")
  func taken() throws {
    let finished = try isolatedUndisturbed {
      let holder = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
      try holder.bind(.ipv4(0x7F00_0001, port: 1234))
      try holder.listen(backlog: 1)
      return Program.run("flow-demo")
    }
    #expect(finished.exitStatus == 1)
    #expect(finished.errorText.hasPrefix("sockinspect: tcp 127.0.0.1:1234 is taken"))
    #expect(finished.errorText.contains("[\(getpid())]"))
  }

  @Test(
    "A signal at any step ends it quietly, and leaves at most a connection in TIME_WAIT", .needs("ss"),
    arguments: [1, 3, 5, 6, 7, 9, 13, 14, 16, 17])
  func interrupted(step: Int) throws {
    let (finished, left) = try isolated { () -> (Finished, [PeerRow]) in
      let flow = try SteppedFlow([])
      for _ in 0..<step { _ = try flow.next() }
      flow.running.child.signal(step.isMultiple(of: 2) ? SIGINT : SIGTERM)
      return (try flow.end(), try Peers.ss())
    }
    #expect(finished.signal == nil)
    #expect(finished.exitStatus == 0)
    #expect(finished.errorText.hasSuffix("Ctrl-C: the end\n"))
    #expect(left.map(\.state) == (step >= 16 ? ["time_wait"] : []))
  }

  @Test(
    "Who reads nothing any more ends it quietly; nobody to press Enter lets it run on", .needs("bash"),
    arguments: [true, false])
  func ends(isPipeClosed: Bool) throws {
    let finished = try isolated { () -> Finished in
      if !isPipeClosed { return Program.run("flow-demo", "--step", "--port", "0") }
      return Finished(
        running: try peer("bash"),
        ["-c", "'\(Program.path)' flow-demo --port 0 | head -n 1; exit ${PIPESTATUS[0]}"])
    }
    #expect(finished.exitStatus == 0, "\(finished.errorText)")
    #expect(finished.text.contains("TIME_WAIT") == !isPipeClosed)
  }
}
