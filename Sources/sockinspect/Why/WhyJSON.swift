import CommandLine
import Diagnosis
import Lesson
import LinuxSystem
import Rendering
import SocketModel
import Text

/// The answer of `why PORT` as a JSON object. Its texts are English whatever the language.
struct WhyJSON {
  private let answer: PortAnswer
  private let plan: WhyPlan
  private var snapshot: Snapshot { answer.facts.snapshot }

  /// The most sockets among the evidence.
  private static let mostSockets = 64

  init(_ answer: PortAnswer, _ plan: WhyPlan) {
    self.answer = answer
    var english = plan
    english.language = .english
    self.plan = english
  }

  /// The object, with the newline at its end.
  func render() -> [UInt8] {
    let text = WhyText(answer, plan)
    var output: [UInt8] = []
    output.append(ascii: "{\"schema\":\"sockinspect.why/1\"")
    output.appendNextJSONMember("verdict", answer.verdict.rawValue)
    output.appendNextJSONName("free")
    output.append(flag: answer.verdict.isFree)
    output.appendNextJSONMember("subject", text.subject)
    output.appendNextJSONMember("summary", text.summary)
    output.appendNextJSONName("evidence")
    output.append(UInt8(ascii: "["))
    var isFirst = true
    func begin(_ kind: String) {
      output.append(ascii: isFirst ? "\n{\"kind\":" : ",\n{\"kind\":")
      isFirst = false
      output.appendJSON(kind)
    }
    let sockets = JSONOutput(snapshot, command: plan.list.typedLine.text)
    for row in answer.rows.prefix(Self.mostSockets) {
      begin("socket")
      output.appendNextJSONName("socket")
      output.append(socket: row, as: sockets)
      output.append(UInt8(ascii: "}"))
    }
    for pid in answer.holders {
      guard let process = answer.facts.processes?[pid] else { continue }
      begin("process")
      output.append(process, snapshot)
      output.append(UInt8(ascii: "}"))
    }
    for reason in answer.reasons {
      begin(Self.kind(of: reason))
      append(reason, to: &output)
      output.append(UInt8(ascii: "}"))
    }
    for reuse in ReuseOptions.combinations {
      guard let outcome = answer.facts.bind?[reuse] else { continue }
      begin("bind")
      output.appendNextJSONName("options")
      output.append(words: reuse.names)
      output.appendNextJSONName("works")
      output.append(flag: outcome == .unknown ? nil : outcome == .possible)
      output.append(UInt8(ascii: "}"))
    }
    output.append(UInt8(ascii: "]"))
    output.append(text.actions)
    output.appendNextJSONName("looked_at")
    output.append(words: text.looked)
    output.appendNextJSONName("not_seen")
    output.append(words: answer.doubts.map { "\($0)" }.sorted())
    output.append(ascii: "}\n")
    return output
  }

  private static func kind(of reason: PortAnswer.Reason) -> String {
    switch reason {
    case .ephemeral, .notEphemeral: "ephemeral_ports"
    case .peerListens: "peer_listens"
    case .severalPeers: "several_peers"
    case .boundByProgram: "bound_by_program"
    case .takesBothFamilies: "takes_both_families"
    case .isIPv4: "is_ipv4"
    case .serverTakesIPv6Only: "server_takes_ipv6_only"
    case .otherAddress: "other_address"
    case .inherited, .alsoInherited: "inherited"
    case .until: "until"
    case .privileged: "privileged"
    case .hidden: "hidden"
    case .sharedDatagrams: "shared_datagrams"
    case .forwards: "forwards"
    case .socketUnit: "socket_unit"
    case .elsewhere: "elsewhere"
    case .rule: "rule"
    }
  }

  private func append(_ reason: PortAnswer.Reason, to output: inout [UInt8]) {
    switch reason {
    case .ephemeral(let range), .notEphemeral(let range):
      output.appendNextJSONMember("first", UInt64(range.lowerBound))
      output.appendNextJSONMember("last", UInt64(range.upperBound))
      output.appendNextJSONName("inside")
      output.append(flag: range.contains(answer.facts.question.port))
    case .peerListens(let end): output.appendNextJSONMember("end", "\(end)")
    case .severalPeers(let count), .sharedDatagrams(let count): output.appendNextJSONMember("count", UInt64(count))
    case .boundByProgram, .takesBothFamilies, .isIPv4: break
    case .serverTakesIPv6Only(let row), .otherAddress(let row):
      output.appendNextJSONMember("local", snapshot.records[row].local.map { "\($0)" })
    case .inherited(let pid), .alsoInherited(let pid): output.appendNextJSONMember("pid", UInt64(pid))
    case .until(let milliseconds): output.appendNextJSONMember("milliseconds", UInt64(milliseconds))
    case .privileged(let first): output.appendNextJSONMember("first", UInt64(first))
    case .hidden(let reason): output.appendNextJSONMember("reason", reason?.name)
    case .forwards(let forwarding):
      output.appendNextJSONMember("host", "\(forwarding.host)")
      output.appendNextJSONMember("container", forwarding.container.map { "\($0)" })
    case .socketUnit(let unit):
      output.append(ASCII.comma)
      output.appendJSONMember("unit", bytes: unit)
    case .elsewhere(let server):
      output.append(ASCII.comma)
      output.appendJSONMember("netns", bytes: server.label)
      output.appendNextJSONMember("transport", server.transport.name)
      output.appendNextJSONMember("local", "\(server.local)")
      output.appendNextJSONName("process")
      if let process = server.process {
        output.append(ascii: "{\"kind\":\"process\"")
        output.append(process, snapshot)
        output.append(UInt8(ascii: "}"))
      } else {
        output.appendNull()
      }
    case .rule(let rule): output.append(rule)
    }
  }
}

extension [UInt8] {
  /// Appends the members of a process, behind another member.
  mutating func append(_ process: ProcessDetail, _ snapshot: Snapshot) {
    appendNextJSONMember("pid", UInt64(process.pid))
    append(ASCII.comma)
    appendJSONMember("name", bytes: process.name)
    appendNextJSONName("arguments")
    if let arguments = process.arguments {
      append(UInt8(ascii: "["))
      for (index, argument) in arguments.enumerated() {
        if index > 0 { append(ASCII.comma) }
        appendJSON(argument[...])
      }
      append(UInt8(ascii: "]"))
    } else {
      appendNull()
    }
    appendNextJSONMember("age_s", process.age)
    appendNextJSONMember("uid", process.uid.map { UInt64($0) })
    appendNextJSONMember("user", process.uid.flatMap { snapshot.userNames[$0] })
    appendNextJSONMember("state", process.state.map { String(Unicode.Scalar($0)) })
    append(ASCII.comma)
    appendJSONMember("workload", bytes: process.workload?.text)
    appendNextJSONName("parents")
    append(UInt8(ascii: "["))
    for (index, parent) in process.ancestors.enumerated() {
      append(ascii: index == 0 ? "{\"pid\":" : ",{\"pid\":")
      appendDecimal(Int(parent.pid))
      append(ASCII.comma)
      appendJSONMember("name", bytes: parent.name)
      append(UInt8(ascii: "}"))
    }
    append(UInt8(ascii: "]"))
  }

  /// Appends the members of a rule, behind another member.
  mutating func append(_ rule: FilterRule) {
    let (word, target): (String, String?) =
      switch rule.action {
      case .drop: ("drop", nil)
      case .reject: ("reject", nil)
      case .translate(let end): ("dnat", end.map { "\($0)" })
      case .redirect(let port): ("redirect", port.map { "\($0)" })
      }
    appendNextJSONMember("action", word)
    appendNextJSONMember("target", target)
    appendNextJSONMember("family", rule.family)
    append(ASCII.comma)
    appendJSONMember("table", bytes: rule.table)
    append(ASCII.comma)
    appendJSONMember("chain", bytes: rule.chain)
    appendNextJSONMember("packets", rule.packets)
    appendNextJSONName("is_policy")
    append(flag: rule.isPolicy)
    appendNextJSONName("has_other_conditions")
    append(flag: rule.hasOtherConditions)
  }

  /// Appends the member `actions`.
  mutating func append(_ actions: [WhyActionText]) {
    appendNextJSONName("actions")
    append(UInt8(ascii: "["))
    for (index, action) in actions.enumerated() {
      append(ascii: index == 0 ? "{\"text\":" : ",{\"text\":")
      appendJSON(action.text)
      appendNextJSONMember("command", action.command)
      append(UInt8(ascii: "}"))
    }
    append(UInt8(ascii: "]"))
  }
}
