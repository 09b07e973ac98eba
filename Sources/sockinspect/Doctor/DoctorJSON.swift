import CommandLine
import Diagnosis
import Lesson
import Rendering
import SocketModel
import Text

/// The report of `doctor` as one JSON object with the schema `sockinspect.doctor/1`: `meta`,
/// `findings`, `skipped`. Numbers have their unit in their names, and what is not known is `null` or
/// left out of the evidence.
struct DoctorJSON {
  private let result: DoctorResult
  private var report: DoctorReport { result.report }
  private var snapshot: Snapshot { result.snapshot }

  init(_ result: DoctorResult) { self.result = result }

  /// The whole object.
  var bytes: [UInt8] {
    var output: [UInt8] = []
    output.append(ascii: "{\"meta\":")
    appendMeta(to: &output)
    output.append(ascii: ",\"findings\":[")
    for (index, finding) in report.findings.enumerated() {
      output.append(ascii: index == 0 ? "\n" : ",\n")
      append(finding, to: &output)
    }
    output.append(ascii: report.findings.isEmpty ? "],\"skipped\":[" : "\n],\"skipped\":[")
    for (index, skip) in report.skipped.enumerated() {
      output.append(ascii: index == 0 ? "\n" : ",\n")
      output.append(ascii: "{\"check\":")
      output.appendJSON(skip.check.rawValue)
      output.append(ascii: ",\"partly\":\(skip.isPartial)")
      output.appendNextJSONMember("reason", skip.reason.name)
      output.appendNextJSONMember("words", skip.reason.words(in: .english))
      output.append(UInt8(ascii: "}"))
    }
    output.append(ascii: report.skipped.isEmpty ? "]}\n" : "\n]}\n")
    return output
  }

  private func appendMeta(to output: inout [UInt8]) {
    output.appendJSON(startOf: snapshot.meta, schema: "sockinspect.doctor/1")
    output.appendNextJSONMember("interval_ms", result.interval.flatMap { UInt64(exactly: $0) })
    output.appendNextJSONMember("sockets", UInt64(report.sockets))
    output.appendNextJSONName("checks")
    output.append(words: report.made.map(\.rawValue))
    output.appendNextJSONMember("problems", snapshot.problems, command: result.plan.list.typedLine.text)
    output.append(UInt8(ascii: "}"))
  }

  // MARK: A finding

  private func append(_ finding: Finding, to output: inout [UInt8]) {
    let words = FindingWords.english(finding.kind)
    output.append(ascii: "{\"check\":")
    output.appendJSON(finding.check.rawValue)
    output.appendNextJSONMember("kind", finding.kind.rawValue)
    output.appendNextJSONMember("severity", finding.severity.rawValue)
    output.appendNextJSONName("subject")
    append(finding.subject, to: &output)
    output.appendNextJSONName("owner")
    append(finding.holder, to: &output)
    if finding.peer != nil || finding.other != nil { appendOther(finding, to: &output) }
    output.appendNextJSONName("evidence")
    output.append(UInt8(ascii: "{"))
    for (index, evidence) in finding.evidence.enumerated() {
      if index > 0 { output.append(ASCII.comma) }
      output.append(ascii: "\"\(evidence.name.rawValue)\":")
      output.appendJSON(evidence.value)
    }
    output.append(UInt8(ascii: "}"))
    output.appendNextJSONMember("since", finding.since?.rawValue)
    output.appendNextJSONMember("summary", words.summary)
    output.appendNextJSONMember("meaning", words.meaning)
    output.appendNextJSONMember("action", words.action)
    output.appendNextJSONMember("show", finding.listing.map(result.command))
    output.append(UInt8(ascii: "}"))
  }

  private func append(_ subject: Finding.Subject, to output: inout [UInt8]) {
    func begin(_ kind: String) { output.append(ascii: "{\"kind\":\"\(kind)\"") }
    switch subject {
    case .socket(let row):
      let record = snapshot.records[row]
      begin("socket")
      output.appendNextJSONMember("transport", record.transport.name)
      output.appendNextJSONMember("state", record.state.name)
      appendEnd("local", record.local, to: &output)
      appendEnd("peer", record.hasPeer ? record.remote : nil, to: &output)
      output.appendNextJSONMember("inode", record.canHaveOwner ? record.inode : nil)
      output.appendNextJSONMember("netns", record.networkNamespace.map { UInt64($0.inode) })
    case .process(let process):
      begin("process")
      output.append(ASCII.comma)
      appendMembers(process, to: &output)
    case .unseenProcess: begin("unseen_process")
    case .peer(let address, let port):
      begin("peer")
      output.appendNextJSONMember("address", address.description)
      output.appendNextJSONMember("port", port.map { UInt64($0) })
    case .ports(let transport, let local, let remote):
      begin("ports")
      output.appendNextJSONMember("transport", transport.name)
      output.appendNextJSONMember("address", local.description)
      appendEnd("to", remote, to: &output)
    case .port(let transport, let port):
      begin("port")
      output.appendNextJSONMember("transport", transport.name)
      output.appendNextJSONMember("port", UInt64(port))
    case .namespace: begin("namespace")
    case .machine: begin("machine")
    }
    output.append(UInt8(ascii: "}"))
  }

  private func appendEnd(_ name: String, _ end: Endpoint?, to output: inout [UInt8]) {
    output.appendNextJSONName(name)
    guard let end else { return output.appendNull() }
    output.append(ascii: "{\"address\":")
    output.appendJSON(end.address.description)
    output.appendNextJSONMember("port", UInt64(end.port))
    output.append(UInt8(ascii: "}"))
  }

  private func append(_ holder: SocketHolder?, to output: inout [UInt8]) {
    guard let holder else { return output.appendNull() }
    output.append(UInt8(ascii: "{"))
    switch holder {
    case .processes(let processes):
      output.append(ascii: "\"known\":true,\"processes\":[")
      for (index, process) in processes.enumerated() {
        output.append(ascii: index == 0 ? "{" : ",{")
        appendMembers(process, to: &output)
        output.append(UInt8(ascii: "}"))
      }
      output.append(ascii: "],\"uid\":null")
    case .nobody, .noProcess: output.append(ascii: "\"known\":true,\"processes\":[],\"uid\":null")
    case .hidden(let user):
      output.append(ascii: "\"known\":false,\"processes\":null")
      output.appendNextJSONMember("uid", user.map { UInt64($0) })
    }
    output.append(UInt8(ascii: "}"))
  }

  private func appendMembers(_ process: SocketHolder.Process, to output: inout [UInt8]) {
    output.append(ascii: "\"pid\":")
    output.appendJSON(UInt64(max(0, process.pid)))
    output.append(ASCII.comma)
    output.appendJSONMember("name", bytes: process.name)
  }

  private func appendOther(_ finding: Finding, to output: inout [UInt8]) {
    appendEnd("with", finding.peer, to: &output)
    output.appendNextJSONName("other_process")
    guard let other = finding.other else { return output.appendNull() }
    output.append(UInt8(ascii: "{"))
    appendMembers(other, to: &output)
    output.append(UInt8(ascii: "}"))
  }
}
