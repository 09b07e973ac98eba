import CommandLine
import Diagnosis
import Inspection
import Lesson
import LinuxSystem
import Rendering
import SocketModel
import Text

/// The report of `doctor` for people: the findings, and one line on what was checked.
struct DoctorText {
  private let result: DoctorResult
  private let ends: EndText
  private var report: DoctorReport { result.report }
  private var snapshot: Snapshot { result.snapshot }
  private var plan: DoctorPlan { result.plan }
  private var language: Language { result.plan.language }

  init(_ result: DoctorResult) {
    self.result = result
    ends = EndText(result.snapshot)
  }

  /// How many findings of one kind are printed in full.
  private static let shownEach = 5

  /// The whole text.
  var text: String {
    var lines: [String] = []
    var counts: [Finding.Kind: Int] = [:]
    for finding in report.findings {
      counts[finding.kind, default: 0] += 1
      guard counts[finding.kind] ?? 0 <= Self.shownEach else { continue }
      lines += block(finding).lines(columns: plan.width ?? .max, usesColour: plan.usesColour)
    }
    for kind in Finding.Kind.allCases {
      guard let count = counts[kind], count > Self.shownEach else { continue }
      let rest = count - Self.shownEach
      lines += TextWrap.lines(
        FindingWords.of(kind, in: language).summary + ": "
          + language("\(rest) more; --json shows them", "\(rest) más; --json los muestra"),
        columns: plan.width ?? .max)
    }
    lines += TextWrap.message("sockinspect: " + summary, width: plan.width ?? .max)
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: A finding

  /// A finding with its evidence, what it means and what to do.
  ///
  /// - Parameter holder: who has its sockets, where the snapshot lacks that.
  func block(_ finding: Finding, holder: String? = nil) -> LabelledText {
    let words = FindingWords.of(finding.kind, in: language)
    var evidence = EvidenceWords.line(finding.evidence, in: language)
    if let since = finding.since { evidence += " (\(self.since(since)))" }
    var parts = [LabelledText.Part(language("Measured", "Medido"), evidence)].filter { !$0.body.isEmpty }
    if let with = with(finding) { parts.append(.init(language("With", "Con"), with)) }
    parts.append(.init(language("Meaning", "Significa"), words.meaning))
    parts.append(.init(language("To do", "Qué hacer"), words.action))
    return LabelledText(
      title: "\(severity(finding.severity)) \(finding.check.rawValue)",
      summary: "\(subject(finding, holder)): \(words.summary)",
      parts: parts, commands: finding.listing.map { [result.command($0)] } ?? [], labelColumns: 9)
  }

  private func severity(_ severity: Severity) -> String {
    switch severity {
    case .note: language("note", "nota")
    case .warning: language("warning", "aviso")
    case .error: language("error", "error")
    }
  }

  /// What it is about and who has it.
  private func subject(_ finding: Finding, _ known: String?) -> String {
    let who = (known ?? holder(finding)).map { ", \($0)" } ?? ""
    switch finding.subject {
    case .socket(let row):
      let record = snapshot.records[row]
      let peer = record.hasPeer ? " -> \(ends.peer(record))" : ""
      var name = ""
      if let service = ExposedService.at(record.localPort), finding.check == .exposure { name = " (\(service.name)?)" }
      return "\(record.transport.name) \(ends.local(record))\(peer)\(name)\(namespace(of: record))\(who)"
    case .process(let process): return name(process)
    case .unseenProcess:
      return language("processes that may not be seen", "procesos que no se pueden ver")
    case .peer(let address, let port):
      return (port.map { "\(Endpoint(address: address, port: $0))" } ?? "\(address)") + who
    case .ports(let transport, let local, let remote):
      let kind = "\(transport.name) "
      let from = language("ports of \(local)", "puertos de \(local)")
      return kind + from + (remote.map { language(" to ", " hacia ") + "\($0)" } ?? "") + who
    case .port(let transport, let port): return "\(transport.name) \(port)" + who
    case .namespace: return language("this network namespace", "este espacio de red")
    case .machine: return language("this machine", "esta máquina")
    }
  }

  /// The network namespace of a socket, where several were read.
  private func namespace(of record: SocketRecord) -> String {
    guard !snapshot.namespaces.isEmpty, let id = record.networkNamespace else { return "" }
    let name = snapshot.namespaces.first { $0.id == id }?.label ?? Array("\(id)".utf8)
    return language(" in namespace ", " en el espacio ") + Escaping.text(name)
  }

  private func holder(_ finding: Finding) -> String? {
    guard finding.holder != nil, let row = finding.rows.first else { return nil }
    return HolderText.holder(at: Int(row), in: snapshot, in: language)
  }

  private func name(_ process: SocketHolder.Process) -> String {
    process.name.isEmpty ? "[\(process.pid)]" : "\(Escaping.text(process.name))[\(process.pid)]"
  }

  /// The other end, or the process that is meant besides.
  private func with(_ finding: Finding) -> String? {
    let parts = [finding.peer.map { "\($0)" }, finding.other.map(name)].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private func since(_ since: Finding.Since) -> String {
    switch since {
    case .boot: language("counters since boot", "contadores desde el arranque")
    case .socket: language("counted since the socket was made", "contado desde que se creó el socket")
    case .interval:
      language("within ", "en ") + EvidenceWords.time(UInt64(max(0, result.interval ?? plan.interval ?? 0)))
    }
  }

  // MARK: What was checked

  /// How many checks of how many sockets found what, and what was not checked.
  var summary: String {
    let made = report.made.count
    let checks = language(
      counted(made, "check", "checks"), counted(made, "comprobación", "comprobaciones"))
    let sockets = language(
      counted(report.sockets, "socket", "sockets"), counted(report.sockets, "socket", "sockets"))
    var line = checks + language(" of ", " de ") + sockets
    if let interval = result.interval {
      line += language(" within ", " en ") + EvidenceWords.time(UInt64(max(0, interval)))
    }
    let found = Severity.allCases.reversed().compactMap { severity -> String? in
      let count = report.findings.count { $0.severity == severity }
      guard count > 0 else { return nil }
      switch severity {
      case .error: return language(counted(count, "error", "errors"), counted(count, "error", "errores"))
      case .warning: return language(counted(count, "warning", "warnings"), counted(count, "aviso", "avisos"))
      case .note: return language(counted(count, "note", "notes"), counted(count, "nota", "notas"))
      }
    }
    line += ": "
    line += found.isEmpty ? language("nothing found", "nada que señalar") : found.joined(separator: ", ")
    let whole = skipped(partial: false)
    if !whole.isEmpty { line += language("; not checked: ", "; sin comprobar: ") + whole }
    let partial = skipped(partial: true)
    if !partial.isEmpty { line += language("; in part only: ", "; solo en parte: ") + partial }
    return line
  }

  /// The checks that were skipped, those with one reason together.
  private func skipped(partial: Bool) -> String {
    var order: [SkippedCheck.Reason] = []
    var names: [SkippedCheck.Reason: [String]] = [:]
    for skip in report.skipped where skip.isPartial == partial {
      if names[skip.reason] == nil { order.append(skip.reason) }
      if names[skip.reason]?.last != skip.check.rawValue { names[skip.reason, default: []].append(skip.check.rawValue) }
    }
    return order.map { "\((names[$0] ?? []).joined(separator: ", ")) (\($0.words(in: language)))" }
      .joined(separator: ", ")
  }
}
