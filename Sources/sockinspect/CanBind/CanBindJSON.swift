import CommandLine
import Diagnosis
import Lesson
import Rendering
import SocketModel
import Text

/// The answer of `can-bind` as a JSON object. Its words are English whatever the language.
struct CanBindJSON {
  private let report: CanBindReport
  private var request: BindRequest { report.request }

  init(_ report: CanBindReport) {
    var english = report
    english.plan.language = .english
    self.report = english
  }

  /// The object, with the newline at its end.
  func render() -> [UInt8] {
    var output: [UInt8] = []
    output.append(ascii: "{\"schema\":\"sockinspect.can-bind/1\"")
    output.appendNextJSONMember("verdict", report.verdictWord)
    output.appendNextJSONName("can_bind")
    output.append(flag: report.canBind)
    output.appendNextJSONMember("transport", request.transport.name)
    output.appendNextJSONMember("address", "\(request.local.address)")
    output.appendNextJSONMember("port", UInt64(request.local.port))
    output.appendNextJSONName("ipv6_only")
    output.append(flag: request.local.address.isIPv4 ? nil : request.isIPv6Only)
    output.appendNextJSONMember("uid", UInt64(request.uid))
    output.appendNextJSONName("options")
    output.append(words: request.reuse.names)
    output.appendNextJSONName("combinations")
    output.append(UInt8(ascii: "["))
    for (index, reuse) in ReuseOptions.combinations.enumerated() {
      if index > 0 { output.append(ASCII.comma) }
      appendCombination(reuse, to: &output)
    }
    output.append(UInt8(ascii: "]"))
    output.appendNextJSONName("disagreement")
    output.append(flag: report.trials == nil ? nil : !report.disagreements.isEmpty)
    output.appendNextJSONMember("free_in_ms", report.answer.freeAfterMilliseconds.map { UInt64($0) })
    output.appendNextJSONMember("ephemeral", ephemeral)
    output.appendNextJSONName("evidence")
    appendEvidence(to: &output)
    output.appendNextJSONName("actions")
    output.append(words: CanBindText(report).actions)
    output.appendNextJSONName("looked_at")
    let tried = report.trials?.isEmpty == false ? ["bind"] : []
    output.append(words: report.snapshot.lookedAtNames + report.lookedAt + tried)
    output.appendNextJSONMember("problems", report.snapshot.problems, command: report.plan.list.typedLine.text)
    output.append(ascii: "}\n")
    return output
  }

  private var ephemeral: String {
    switch report.answer.ephemeral {
    case .inside: "inside"
    case .outside: "outside"
    case .reserved: "reserved"
    case .unknown: "unknown"
    }
  }

  private func appendCombination(_ reuse: ReuseOptions, to output: inout [UInt8]) {
    output.append(ascii: "{\"options\":")
    output.append(words: reuse.names)
    let tables: Bool? =
      switch report.answer.outcome(reuse) {
      case .possible: true
      case .impossible: false
      case .unknown: nil
      }
    output.appendNextJSONName("tables")
    output.append(flag: tables)
    output.appendNextJSONName("probe")
    output.append(flag: report.trials?[reuse].map { $0 == .bound })
    var error: String?
    if case .refused(let name)? = report.trials?[reuse] { error = name }
    output.appendNextJSONMember("error", error)
    output.append(UInt8(ascii: "}"))
  }

  /// The sockets as a listing has them, each with its options.
  private func appendEvidence(to output: inout [UInt8]) {
    let sockets = JSONOutput(report.snapshot, command: report.plan.list.typedLine.text)
    output.append(UInt8(ascii: "["))
    for (index, row) in report.holders.enumerated() {
      output.append(ascii: index == 0 ? "\n{\"options\":" : ",\n{\"options\":")
      if let options = report.options[row] { output.append(words: options.reuse.names) } else { output.appendNull() }
      output.appendNextJSONName("socket")
      output.append(socket: row, as: sockets)
      output.append(UInt8(ascii: "}"))
    }
    output.append(UInt8(ascii: "]"))
  }
}
