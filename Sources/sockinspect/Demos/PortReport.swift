import CommandLine
import Diagnosis
import Inspection
import LinuxSystem
import Lesson
import Rendering
import SocketModel
import Text

/// What uses a port and what its states mean, in words: the answer of `explain :PORT`.
struct PortReport {
  private let look: PortLook
  private let text: ExplanationText
  private let language: Language
  private var snapshot: Snapshot { look.snapshot }

  /// How many sockets, and how many namespaces, are listed individually.
  static let shown = 8
  static let mostNamespaces = 3

  init(_ look: PortLook, _ text: ExplanationText) {
    self.look = look
    self.text = text
    language = text.language
  }

  /// The whole report.
  func lines() -> [String] {
    let rows = look.rows
    let listing = "sockinspect --port \(look.port)"
    guard !rows.isEmpty else {
      let server = "sockinspect listen-demo --port \(look.port)"
      return lines(
        look.isKnown ? nothing : unknown, [], because + elsewhere, [server, listing, "sockinspect why \(look.port)"])
    }
    var parts: [LabelledText.Part] = look.answer.primary == nil ? [] : because
    parts += reaches(rows) + states(rows)
    parts += LabelledText.Part.list(language("Notable", "Atención"), findings(rows))
    var commands = [listing, "sockinspect why \(look.port)", "sockinspect watch --port \(look.port)"]
    if hidesProcesses(rows) { commands.append("sudo sockinspect explain :\(look.port)") }
    return lines(headline(rows), table(rows), parts, commands)
  }

  /// The headline, a table below it, the parts, and commands to continue with.
  private func lines(
    _ headline: String, _ table: [String], _ parts: [LabelledText.Part], _ commands: [String]
  ) -> [String] {
    func lines(_ parts: [LabelledText.Part], _ commands: [String]) -> [String] {
      LabelledText(title: ":\(look.port)", summary: headline, parts: parts, commands: commands)
        .lines(columns: text.width, usesColour: text.usesColour)
    }
    let height = lines([], []).count
    let whole = lines(parts, commands)
    return whole.prefix(height) + table + whole.dropFirst(height)
  }

  // MARK: Nothing there

  private var nothing: String {
    let read = snapshot.lookedAt.keys.sorted { $0.rawValue < $1.rawValue }.map(\.name).joined(separator: ", ")
    let isFromTables = snapshot.fromTables.contains(.tcp)
    let caution =
      isFromTables
      ? language(
        "; TCP sockets that are bound and idle are not in /proc",
        "; en /proc no están los sockets TCP que solo tienen puerto")
      : ""
    return language("nothing uses this port here (looked at ", "aquí nadie usa este puerto (se miró ")
      + read + caution + ")"
  }

  private var unknown: String {
    language(
      "whether anything uses this port is not known: not all tables could be read",
      "no se sabe si alguien usa este puerto: no se pudieron leer todas las tablas")
  }

  private var elsewhere: [LabelledText.Part] {
    guard let result = look.elsewhere else { return [] }
    var texts = result.finds.map { find in
      let process = find.pid.map { "\(Escaping.text(find.name))[\($0)]" }
      let label = Escaping.text(find.label)
      let command = "sockinspect --netns \(ShellWords.quoted(find.place.rawBytes)) --port \(look.port)"
      return language(
        "The network namespace \(label)\(process.map { ", of \($0)," } ?? "") has a server at it: \(command)",
        "En el espacio de red \(label)\(process.map { ", el de \($0)," } ?? "") hay un servidor en él: \(command)")
    }
    let rest = result.moreFinds
    if rest > 0 { texts.append(language("And in \(rest) more.", "Y en \(rest) más.")) }
    if result.notLookedInto > 0 {
      let count = result.notLookedInto
      texts.append(
        language(
          "Network namespaces that were not looked into: \(count).",
          "Espacios de red en los que no se pudo mirar: \(count)."))
    }
    if result.processesNotAsked > 0 {
      let count = result.processesNotAsked
      texts.append(
        language(
          "Processes whose network namespace may not be read: \(count).",
          "Procesos cuyo espacio de red no se puede leer: \(count)."))
    }
    if result.hidesProcesses {
      texts.append(
        language(
          "Processes of other users are hidden (hidepid), and with them their network namespaces.",
          "Los procesos de otros usuarios están ocultos (hidepid), y con ellos sus espacios de red."))
    }
    return texts.enumerated().map { .init($0 == 0 ? language("Elsewhere", "En otra parte") : "", $1) }
  }

  // MARK: What is there

  /// The verdict, as `why` has it.
  private var verdict: WhyText {
    WhyText(look.answer, WhyPlan(subject: .port(look.port, host: nil), transports: [], language: language))
  }

  /// What the verdict rests on. Servers elsewhere are a part of their own.
  private var because: [LabelledText.Part] {
    let reasons = look.answer.reasons.filter { if case .elsewhere = $0 { false } else { true } }
    return LabelledText.Part.list(language("Because", "Porque"), reasons.compactMap(verdict.reason))
  }

  private func headline(_ rows: [Int]) -> String {
    guard look.answer.primary != nil else {
      return language(
        "no server here; \(counted(rows.count, "socket has", "sockets have")) it at one end",
        "aquí no hay servidor; \(counted(rows.count, "socket lo tiene", "sockets lo tienen")) en un extremo")
    }
    let others = rows.count - max(1, rows.count(where: look.isServer))
    guard others > 0 else { return verdict.headline }
    return verdict.headline
      + language(
        "; \(counted(others, "more socket", "more sockets"))", "; \(counted(others, "socket más", "sockets más"))")
  }

  private func table(_ rows: [Int]) -> [String] {
    let ends = EndText(snapshot)
    let cells = rows.prefix(Self.shown).map { row -> [String] in
      let record = snapshot.records[row]
      return [
        record.transport.name, record.state.name, ends.local(record), ends.peer(record),
        HolderText.holder(at: row, in: snapshot, in: language),
      ]
    }
    var lines = HolderText.aligned(cells, columns: text.width)
    if rows.count > Self.shown {
      let rest = rows.count - Self.shown
      lines.append("  " + language("and \(rest) more", "y \(rest) más"))
    }
    return lines
  }

  /// Who can reach each server.
  private func reaches(_ rows: [Int]) -> [LabelledText.Part] {
    var ends: [Endpoint] = []
    for row in rows where look.isServer(row) {
      if let local = snapshot.records[row].local, !ends.contains(local) { ends.append(local) }
    }
    return ends.prefix(Self.shown).enumerated().map { index, end in
      let reach =
        if end.address.isLoopback {
          language("only this machine reaches it.", "solo se llega desde esta máquina.")
        } else if end.address.isUnspecified {
          language(
            "every machine reaches it that reaches this one, unless a firewall forbids it.",
            "se llega desde cualquier máquina que llegue a esta, si no lo impide un cortafuegos.")
        } else {
          language("it is reached at this address only.", "solo se llega por esta dirección.")
        }
      return .init(index == 0 ? language("Reach", "Alcance") : "", "\(end): \(reach)")
    }
  }

  /// What each state that occurs means, and who must act.
  private func states(_ rows: [Int]) -> [LabelledText.Part] {
    let counts = Dictionary(rows.map { (snapshot.records[$0].state, 1) }, uniquingKeysWith: +)
    var states: [SocketState] = []
    for row in rows where !states.contains(snapshot.records[row].state) { states.append(snapshot.records[row].state) }
    let phrases = Phrases(language)
    return states.map { state in
      let explanation = Explanation.of(.state(state), in: language)
      let next = explanation.parts.first { $0.heading == .next }?.text ?? ""
      let count = counts[state] ?? 0
      return .init(
        count > 1 ? "\(count) \(state.title)" : state.title, "\(explanation.summary). \(phrases.next): \(next)"
      )
    }
  }

  // MARK: Remarkable facts

  private func findings(_ rows: [Int]) -> [String] {
    var texts: [String] = []
    for finding in look.findings {
      let words = FindingWords.of(finding.kind, in: language)
      let evidence = EvidenceWords.line(finding.evidence, in: language)
      texts.append("\(words.summary) (\(evidence)). \(words.action)".capitalizedSentence)
    }
    for row in rows {
      let record = snapshot.records[row]
      guard record.state == .listen, record.known.isSuperset(of: [.receiveQueue, .sendQueue]),
        record.receiveQueue > 0, record.receiveQueue <= record.sendQueue
      else { continue }
      let (waiting, limit) = (record.receiveQueue, record.sendQueue)
      texts.append(
        language(
          "Connections that wait for accept(): \(waiting) of \(limit).",
          "Conexiones que esperan a accept(): \(waiting) de \(limit)."))
    }
    let unread = rows.filter {
      let record = snapshot.records[$0]
      return record.state == .established && record.known.contains(.receiveQueue) && record.receiveQueue > 0
    }
    if !unread.isEmpty {
      texts.append(
        language(
          "Connections whose program has bytes to read: \(unread.count).",
          "Conexiones cuyo programa tiene bytes por leer: \(unread.count)."))
    }
    texts += visibility(rows)
    return texts
  }

  /// Why owners are missing.
  private func visibility(_ rows: [Int]) -> [String] {
    guard rows.contains(where: { snapshot.lacksOwner(at: $0) }) else { return [] }
    if let lack = snapshot.lackOfProcesses {
      let text = HolderText.line(lack, in: language)
      return [text.capitalizedSentence]
    }
    if hidesProcesses(rows) {
      return [
        language(
          "The processes of other users are not visible; root sees them.",
          "Los procesos de otros usuarios no se ven; root los ve.")
      ]
    }
    let maybe = HolderText.ownerless(in: language)
    return [language("A socket without a process may be \(maybe).", "Un socket sin proceso puede ser \(maybe).")]
  }

  /// Whether a socket lacks owners that root would see.
  private func hidesProcesses(_ rows: [Int]) -> Bool {
    (!look.isRoot || snapshot.isOfUserNamespace) && !snapshot.sawAllProcesses && snapshot.lackOfProcesses == nil
      && rows.contains { snapshot.lacksOwner(at: $0) }
  }
}
