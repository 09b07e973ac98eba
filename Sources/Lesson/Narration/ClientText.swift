package import Diagnosis
import LinuxSystem
import Rendering
import SocketModel
import Text

/// What `connect-demo` says at its end: what went wrong and what to do about it, and an account of all.
package struct ClientText {
  package let plan: ClientPlan
  package let account: ClientAccount
  /// What has the local ports, when none was left; `nil` when that is not known.
  package var ports: PortsInUse?

  package init(plan: ClientPlan, account: ClientAccount, ports: PortsInUse? = nil) {
    self.plan = plan
    self.account = account
    self.ports = ports
  }

  /// Whether there is more to report than the lesson's client prints.
  package var hasAccount: Bool {
    plan.settings.count > 1 || account.hasFailures || account.isInterrupted || !plan.settings.closes
      || !plan.settings.reads
  }

  /// What happened, and to what.
  package func message(_ trouble: ClientTrouble) -> String {
    let times = trouble.count > 1 ? " (\(trouble.count) times)" : ""
    return "\(trouble.call) \(trouble.address.shown): \(what(trouble))\(times)"
  }

  private func what(_ trouble: ClientTrouble) -> String {
    let name = trouble.address.unixName
    if isLoopbackDown(trouble) { return DemoTrouble.loopbackDown }
    switch trouble.cause {
    case .waited: return silence(trouble)
    case .refused:
      if let name {
        return name.first == 0
          ? "refused: no \(plan.isDatagram ? "datagram" : "listening") socket has this name"
          : "refused: the file is there, but the server that made it has ended, or does not listen"
      }
      return plan.isDatagram
        ? "refused: send() had succeeded, but no socket has this port, and the kernel there said so by ICMP (port unreachable)"
        : "refused: nothing listens there, so the SYN was answered with a reset (RST)"
    case .reset:
      return name != nil
        ? "the server closed the connection without reading all that was sent"
        : "the server reset the connection (RST): it ended, or closed without reading all that was sent"
    case .kernelGaveUp: return "the kernel gave up: nothing came back, though it sent again and again"
    case .noSuchPath: return "no server is there: the path does not exist"
    case .wrongKind: return "the socket there is for \(plan.isDatagram ? "connections" : "datagrams")"
    case .noLocalPort where !plan.isDatagram && name == nil:
      guard let ports, ports.count > 0 else { return "no local port is left for this address" }
      return "no local port is left for this address: \(ports.count) have a connection to it (\(ports.text))"
    case .noRoute: return "no route leads there"
    case .noHost: return "nobody answers at this address"
    case .noDescriptor: return "no descriptor is left to open a socket with"
    case .tooLong: return "the message is longer than a datagram may be"
    case .forbidden, .noLocalPort, .other: return trouble.error?.reason ?? "failed"
    }
  }

  private func silence(_ trouble: ClientTrouble) -> String {
    let time = seconds(trouble.waited ?? 0)
    if plan.isDatagram { return "no answer within \(time): the datagram or its answer is lost, or nobody answers" }
    switch trouble.call {
    case "connect": return "no answer to the SYN within \(time)"
    case "send": return "no room to send for \(time): the server does not read"
    default: return "no reply within \(time); the connection stood"
    }
  }

  /// What can be done.
  package func advice(_ trouble: ClientTrouble) -> [String] {
    if isLoopbackDown(trouble) { return [DemoTrouble.loopbackUp] }
    let port = trouble.address.port
    switch trouble.cause {
    case .waited:
      guard !plan.isDatagram, let port else { return [] }
      return trouble.call == "connect"
        ? ["a full accept queue drops SYNs, as a firewall does: `sockinspect --port \(port)` shows the queue"]
        : ["`sockinspect --port \(port)` shows whether it was accepted, and what lies in the queues"]
    case .refused, .noSuchPath:
      guard trouble.address.endpoint.map(\.address.isLoopback) ?? true else {
        return ["a server on that machine may listen on another port, or on its loopback address only"]
      }
      return ["start a server in another terminal: `sockinspect listen-demo\(place(trouble.address))`"]
        + (port.map { ["`sockinspect --port \($0)` shows what is there"] } ?? [])
    case .wrongKind: return [plan.isDatagram ? "leave --udp out" : "add --udp"]
    case .noLocalPort where !plan.isDatagram && port != nil:
      return [
        portAdvice(port ?? 0),
        "net.ipv4.ip_local_port_range says which ports there are"
          + (trouble.address.endpoint.map(\.address.isIPv4) ?? true ? "" : "; a machine without IPv6 says the same"),
      ]
    case .noRoute, .noHost: return ["`ip route get \(host(trouble.address))` shows which way is taken"]
    case .noDescriptor: return ["`ulimit -n` shows how many there may be; --parallel opens fewer"]
    case .forbidden where port == nil: return ["the socket's file must be writable: `ls -l` shows whose it is"]
    default: return []
    }
  }

  /// How ports become free again, by the state that most of them are in.
  private func portAdvice(_ port: UInt16) -> String {
    switch ports?.mostCommon {
    case .timeWait:
      "wait a minute, until TIME_WAIT is over: `sockinspect --state time-wait --remote-port \(port)` lists them"
    case .closeWait:
      "the server closed them and the program that has them open did not: `sockinspect --state close-wait --remote-port \(port)` names it"
    case nil: "`sockinspect --remote-port \(port)` lists what has them"
    default:
      "they are free when their connections are closed: `sockinspect --remote-port \(port)` names the programs that have them"
    }
  }

  private func isLoopbackDown(_ trouble: ClientTrouble) -> Bool {
    trouble.address.endpoint?.address.isLoopback == true && trouble.error.flatMap(DemoTrouble.init(ofLoopback:)) != nil
  }

  /// The options that bring a server to this place.
  private func place(_ address: SocketAddress) -> String {
    let kind = plan.isDatagram ? " --udp" : ""
    if address.unixName != nil { return "\(kind) --unix \(address.shown)" }
    // Where a server is unless an option says otherwise.
    let isUsual = address.ipBits == 0x7F00_0001 || address.ipBits == 1
    var words = isUsual ? kind : "\(kind) --host \(host(address))"
    if isUsual, let endpoint = address.endpoint, !endpoint.address.isIPv4 { words += " -6" }
    if let port = address.port, port != DemoPlace.lessonPort { words += " --port \(port)" }
    return words
  }

  private func host(_ address: SocketAddress) -> String {
    address.endpoint.map { "\($0.address)" } ?? address.shown
  }

  /// One line on all connections or datagrams.
  package func accountLine() -> String {
    let units = plan.isDatagram ? ("datagram", "datagrams") : ("connection", "connections")
    var parts: [String] = []
    func add(_ number: Int, _ words: String) { if number > 0 { parts.append("\(number) \(words)") } }
    if plan.isDatagram {
      add(account.done, plan.settings.reads ? "answered" : "sent")
      add(account.refused, "refused")
      add(account.timedOut, "lost")
    } else {
      add(account.done - account.unanswered, plan.settings.reads ? "answered" : "sent")
      add(account.unanswered, "closed by the server without an answer")
      add(account.refused, "refused")
      add(account.reset, "reset")
      add(account.timedOut, "timed out")
    }
    add(account.failed + (plan.isDatagram ? account.reset : 0), "failed")
    let open = account.begun - account.done - account.refused - account.reset - account.timedOut - account.failed
    add(open, "not through")
    add(plan.settings.count - account.begun, "not begun")
    return
      "\(counted(account.begun, units.0, units.1)): \(parts.joined(separator: ", ")); \(counted(account.bytesSent, "byte", "bytes")) sent, \(account.bytesReceived) received"
  }

  /// What became of each datagram, when there are several.
  package func fates() -> [String] {
    guard let report = account.datagrams, report.fates.count > 1, plan.settings.reads else { return [] }
    if report.isGuessed {
      // A line that says which datagram they answer would be a guess that reads like knowledge.
      return [
        "  The answers carry no number, so which datagrams they answer is not known;",
        "  `sockinspect listen-demo --udp --echo` sends the numbers back.",
      ]
    }
    var lines: [String] = []
    func add(_ name: String, _ text: String) { if !text.isEmpty { lines.append("  \(name): \(text)") } }
    func addNumbers(_ name: String, of fate: DatagramReport.Fate) {
      let numbers = report.fates.indices.filter { report.fates[$0] == fate }.map { $0 + 1 }
      // What is left of 80 columns beside the name, and what says how many more there are.
      add(name, NumberRanges.text(numbers, limit: 60 - name.count))
    }
    addNumbers("answered", of: .answered)
    let overtaken = report.fates.indices.compactMap { (index) -> String? in
      guard case .overtaken(let other) = report.fates[index] else { return nil }
      return "#\(index + 1) after #\(other)"
    }
    add("answered out of order", NumberRanges.list(overtaken, limit: 40))
    addNumbers("answered too late", of: .late)
    addNumbers("lost", of: .lost)
    addNumbers("refused", of: .refused)
    addNumbers("not sent", of: .unsent)
    if report.truncated > 0, let first = report.truncations.first {
      add("cut to the buffer", "\(report.truncated), the first from \(first.length) bytes to \(first.taken)")
    }
    if report.unexpected > 0 { add("answers to nothing that was sent", "\(report.unexpected)") }
    return lines
  }
}

/// Many numbers in few words.
enum NumberRanges {
  /// `#1, #3-#5`, up to about `limit` characters; then how many more numbers there are.
  static func text(_ numbers: [Int], limit: Int) -> String {
    var ranges: [(text: String, count: Int)] = []
    var index = 0
    while index < numbers.count {
      var last = index
      while last + 1 < numbers.count, numbers[last + 1] == numbers[last] + 1 { last += 1 }
      ranges.append((last == index ? "#\(numbers[index])" : "#\(numbers[index])-#\(numbers[last])", last - index + 1))
      index = last + 1
    }
    return list(ranges, limit: limit)
  }

  /// The texts with commas, up to about `limit` characters; then how many more there are.
  static func list(_ texts: [String], limit: Int) -> String { list(texts.map { ($0, 1) }, limit: limit) }

  private static func list(_ parts: [(text: String, count: Int)], limit: Int) -> String {
    var text = ""
    for (index, part) in parts.enumerated() {
      if !text.isEmpty, text.count + part.text.count > limit {
        return "\(text) and \(parts[index...].reduce(0) { $0 + $1.count }) more"
      }
      text += (text.isEmpty ? "" : ", ") + part.text
    }
    return text
  }
}
