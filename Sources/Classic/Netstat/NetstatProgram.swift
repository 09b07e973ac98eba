import Inspection
import LinuxSystem
import Options
import Rendering
import SocketModel
import Text

/// `sockinspect netstat`: reads the command line of netstat, takes the snapshot that it needs, and
/// prints its view.
///
/// It behaves like `netstat.c` of net-tools 2.10, and is silent where the original is. Only
/// `--root`, and refusing what is not about sockets, are its own.
struct NetstatProgram: Sendable {
  let arguments: NetstatArguments

  /// Does what the arguments ask for, and returns the exit status.
  static func run(_ words: [String], help: () -> String) -> Int32 {
    do throws(NetstatArguments.End) {
      return NetstatProgram(arguments: try NetstatArguments(words)).run()
    } catch {
      return end(error, help)
    }
  }

  /// The exit status of the original when its command line is wrong (`E_OPTERR`).
  private static let wrongUsage: Int32 = 3

  private static func end(_ end: NetstatArguments.End, _ help: () -> String) -> Int32 {
    switch end {
    case .help: return write(Array(help().utf8)) ? 0 : ExitStatus.unreadable.rawValue
    case .version: return write(Array(NetstatUsage.version.utf8)) ? 0 : ExitStatus.unreadable.rawValue
    case .wrong(let message):
      if let message { complain(message) }
      try? StandardStream.error.write(help())
      return wrongUsage
    case .refused(let option, let shows, let use):
      complain("\(option) is about \(shows) and not about sockets: use `\(use)`")
      return wrongUsage
    case .unknownFamily(let name):
      try? StandardStream.error.write("Unknown address family `\(escaped(name))'.\n")
      return 1
    case .contexts:
      let isEnabled = (try? Descriptor.open("/sys/fs/selinux/enforce")) != nil
      complain(isEnabled ? "-Z is not supported: use ss -Z" : "-Z: SELinux is not enabled on this machine")
      return 1
    }
  }

  /// Writes a message to standard error, after the program's name.
  static func complain(_ message: String) { try? StandardStream.error.write("netstat: \(escaped(message))\n") }

  /// Writes to standard output; returns false when that failed, after an error message. A reader
  /// that closed the pipe is not a failure.
  static func write(_ bytes: [UInt8]) -> Bool {
    do throws(SystemError) {
      try StandardStream.output.write(bytes.span)
      return true
    } catch {
      if !error.isClosedPipe { complain("\(error)") }
      return error.isClosedPipe
    }
  }

  func run() -> Int32 {
    if arguments.view.showsPrograms { OpenFileLimit.raiseForWalk() }
    let root: ProcRoot
    do throws(InspectionError) {
      if let path = arguments.root, !path.isEmpty {
        root = try .open(path, in: arguments.namespaces)
      } else if let path = RootVariable.value({ environmentVariable($0) }), arguments.root == nil {
        root = try .open(path, in: arguments.namespaces)
        Self.complain(RootVariable.note(path, captured: root.captureTime))
      } else {
        root = try .running(in: arguments.namespaces, needsProc: arguments.wantsStatistics)
      }
      if arguments.wantsStatistics { return try showStatistics(of: root) }
      while true {
        let status = try NetstatSockets(arguments: arguments, root: root).show()
        if !arguments.isContinuous || status != 0 { return status }
        Clock.sleep(milliseconds: 1000)
      }
    } catch {
      Self.complain("\(error)")
      return 1
    }
  }

  /// `-s`: the counters of IPv4, or of IPv6 when that family was named.
  private func showStatistics(of root: ProcRoot) throws(InspectionError) -> Int32 {
    let family = arguments.families.joined(separator: ",")
    guard ["", "inet", "inet6"].contains(family) else {
      // The original prints this on standard output.
      _ = Self.write(Array("netstat: No statistics support for specified address family: \(family)\n".utf8))
      return 1
    }
    var request = InspectionRequest()
    request.transports = []
    request.requiredDetails = .counters
    let snapshot = try Inspector(root: root).snapshot(request)
    // The first table exists on every kernel; for IPv6 the only error reported is a table that
    // cannot be read.
    if unreadable(family == "inet6" ? .snmp6 : .snmp, in: snapshot) { return 0 }
    if family != "inet6" {
      for problem in snapshot.problems where problem.kind == .malformed {
        try? StandardStream.error.write("Problem while parsing /proc/\(ProblemText.subject(of: problem))\n")
      }
    }
    var protocols: NetstatStatistics.Protocols = []
    if arguments.sockets.contains(.raw) { protocols.insert(.ip) }
    if arguments.sockets.contains(.tcp) { protocols.insert(.tcp) }
    if arguments.sockets.contains(.udp) { protocols.insert(.udp) }
    if arguments.sockets.contains(.sctp) { protocols.insert(.sctp) }
    let counters = snapshot.counters
    let text =
      family == "inet6"
      ? NetstatStatistics.ipv6(counters, protocols) : NetstatStatistics.ipv4(counters, protocols)
    guard Self.write(text) else { return ExitStatus.unreadable.rawValue }
    if family == "inet6" { _ = unreadable(.snmp, in: snapshot) }
    return 0
  }

  /// Reports a table of counters that cannot be read; returns whether it did.
  private func unreadable(_ table: CounterGroup.Table, in snapshot: Snapshot) -> Bool {
    let problem = snapshot.problems.first {
      $0.subject == .counters(table) && ($0.kind == .missing || $0.kind == .unreadable)
    }
    guard let problem else { return false }
    try? StandardStream.error.write(
      "cannot open /proc/net/\(table.rawValue): \(escaped(ProblemText.message(of: problem)))\n")
    return true
  }
}
