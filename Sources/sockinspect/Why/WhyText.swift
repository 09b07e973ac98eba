import CommandLine
import Diagnosis
import Lesson
import LinuxSystem
import Rendering
import SocketModel
import Text

/// The answer of `why PORT` in words: the verdict, what it rests on, what can be done, what was
/// looked at.
struct WhyText {
  let answer: PortAnswer
  let plan: WhyPlan
  private let user: UInt32
  var facts: PortFacts { answer.facts }
  var snapshot: Snapshot { answer.facts.snapshot }
  var language: Language { plan.language }
  var port: UInt16 { facts.question.port }

  /// Prepares the words.
  ///
  /// - Parameter user: who would end processes; 0 for root.
  init(_ answer: PortAnswer, _ plan: WhyPlan, user: UInt32 = Users.effectiveUID) {
    self.answer = answer
    self.plan = plan
    self.user = user
  }

  /// The whole text, with the newline at its end.
  func render() -> String {
    var parts = sockets
    parts += answer.holders.prefix(3).flatMap(process)
    parts += LabelledText.Part.list(language("because", "porque"), answer.reasons.compactMap(reason))
    if let bind { parts.append(.init("bind()", bind)) }
    parts += LabelledText.Part.list(
      language("to do", "qué hacer"), actions.map { $0.text + ($0.command.map { ": " + $0 } ?? "") })
    let columns = plan.width ?? Int(Int32.max)
    let lines = LabelledText(title: title, summary: headline, parts: parts).lines(columns: columns)
    let lookedAt = Self.lookedAt(looked, not: answer.doubts, facts, language)
    return (lines + TextWrap.lines(lookedAt, columns: columns, hanging: 2)).joined(separator: "\n") + "\n"
  }

  /// The port with its address.
  var subject: String { facts.question.address.map { "\(Endpoint(address: $0, port: port))" } ?? "\(port)" }

  // MARK: Verdict

  func holder(_ row: Int) -> String { Self.holder(row, in: snapshot, language) }

  /// Who has a socket. A single table says nothing about that.
  static func holder(_ row: Int, in snapshot: Snapshot, _ language: Language) -> String {
    guard snapshot.hasOwners || !snapshot.records[row].canHaveOwner else {
      return language("process not known", "no se sabe de qué proceso")
    }
    return HolderText.holder(at: row, in: snapshot, in: language)
  }

  /// Why it is taken where the rows alone do not say that, and how to stop what has it, for a command
  /// that wanted it; `nil` when it is free by now.
  var obstacle: (sentence: String?, stops: [String])? {
    guard answer.verdict.isFree == false else { return nil }
    let stops = answer.actions(user: user).filter { action in
      switch action {
      case .stopUnits, .stopUserUnit, .stopContainer: true
      default: false
      }
    }
    let texts = stops.map { WhyActionText($0, user: user, typed: "", subject: subject, language) }
    let isPlain = [.listener, .boundIdle, .timeWait, .sharedReusePort, .listenerOtherFamily].contains(answer.verdict)
    return (isPlain ? nil : headline, texts.map { "\($0.text): \($0.command ?? "")" })
  }

  /// The verdict in one line.
  var summary: String { "\(title): \(headline)" }

  /// The port, and whether it is free.
  private var title: String {
    switch answer.verdict {
    case .unknown, .noSuchAddress, .dnatOnly: subject
    default:
      answer.verdict.isFree == false && answer.verdict != .notPermitted
        ? language("\(subject) is taken", "\(subject) está ocupado")
        : language("\(subject) is free", "\(subject) está libre")
    }
  }

  /// Who serves the port, in front of a verb.
  private var server: String {
    guard let row = answer.primary, !snapshot.owners(at: row).isEmpty else {
      return language("a server whose process is not visible", "un servidor cuyo proceso no se ve")
    }
    return holder(row)
  }

  /// The transports with which the process of the first server serves the port.
  private var transports: String {
    guard let primary = answer.primary else { return "" }
    let servers = answer.rows.filter { snapshot.records[$0].isServer && holder($0) == holder(primary) }
    return Set(servers.map { snapshot.records[$0].transport.name.uppercased() }).sorted().joined(separator: ", ")
  }

  /// Why it is taken or free, in one sentence.
  var headline: String {
    switch answer.verdict {
    case .free: return language("nothing has it here", "aquí nada lo tiene")
    case .freeButEphemeral:
      return language(
        "the kernel may give it to an outgoing connection at any time",
        "el kernel puede dárselo a una conexión saliente en cualquier momento")
    case .listener:
      return language("\(server) serves it (\(transports))", "lo atiende \(server) (\(transports))")
    case .listenerOtherFamily:
      return answer.reasons.contains(.takesBothFamilies)
        ? language(
          "\(server) has it with an IPv6 socket that takes IPv4 too",
          "lo tiene \(server) con un socket IPv6 que también admite IPv4")
        : language(
          "\(server) has it with an IPv4 socket, so an IPv6 one cannot take IPv4 too",
          "lo tiene \(server) con un socket IPv4, así que uno IPv6 no puede admitir también IPv4")
    case .sharedReusePort:
      let count = answer.rows.filter { snapshot.records[$0].isServer }.count
      return language("\(count) servers share it (SO_REUSEPORT)", "\(count) servidores lo comparten (SO_REUSEPORT)")
    case .boundIdle:
      let who = answer.primary.map { holder($0) } ?? ""
      return language(
        "a socket is bound to it and does nothing else (\(who))",
        "un socket está enlazado a él y no hace nada más (\(who))")
    case .inheritedListener:
      return language(
        "\(server) has the listener of a server that has ended, and serves nobody",
        "\(server) tiene el socket de un servidor que ya acabó, y no atiende a nadie")
    case .leftoverConnections:
      return language(
        "its server is gone, and connections that it accepted are left",
        "su servidor ya no está, y quedan conexiones que aceptó")
    case .timeWait:
      return language(
        "only what is left of finished connections has it (TIME_WAIT)",
        "solo lo tienen restos de conexiones terminadas (TIME_WAIT)") + untilText
    case .outgoingConnection:
      return language("an outgoing connection has it, not a server", "lo tiene una conexión saliente, no un servidor")
    case .otherNamespace:
      let label = firstElsewhere.map { Escaping.text($0.label) } ?? ""
      return language(
        "nothing has it here; a server has it in the network namespace \(label)",
        "aquí nada lo tiene; lo tiene un servidor en el espacio de red \(label)")
    case .publishedByDocker:
      return language("Docker publishes it for a container", "Docker lo publica para un contenedor")
    case .socketUnit:
      return language(
        "systemd has it, for a service that it starts on demand",
        "lo tiene systemd, para un servicio que arranca cuando haga falta")
    case .dnatOnly:
      return language(
        "no socket has it, but a rule sends its connections elsewhere",
        "ningún socket lo tiene, pero una regla manda sus conexiones a otra parte")
    case .kernelSocket:
      let who = answer.primary.map { HolderText.kernel(at: $0, in: snapshot) } ?? ""
      return language("the kernel has it for itself (\(who))", "lo tiene el propio kernel (\(who))")
    case .hiddenOwner: return hiddenHeadline
    case .notPermitted: return language("this user may not bind to it", "este usuario no puede enlazarlo")
    case .noSuchAddress: return language("no address of this machine", "no es una dirección de esta máquina")
    case .unknown:
      return language("could not tell whether anything has it", "no se pudo saber si algo lo tiene")
    }
  }

  private var hiddenHeadline: String {
    guard let row = answer.primary else { return "" }
    switch answer.reasons.first {
    case .hidden(.ioUring):
      return language(
        "\(holder(row)) has it in an io_uring, without a descriptor",
        "\(holder(row)) lo tiene en un io_uring, sin descriptor")
    case .hidden(.inFlight):
      return language(
        "its socket is on the way to a process (SCM_RIGHTS)",
        "su socket va de camino a un proceso (SCM_RIGHTS)")
    default:
      return language(
        "its socket is open in no process", "su socket no está abierto en ningún proceso")
    }
  }

  private var firstElsewhere: PortFacts.Elsewhere? {
    for case .elsewhere(let server) in answer.reasons { return server }
    return nil
  }

  private var untilText: String {
    for case .until(let milliseconds) in answer.reasons {
      let seconds = wholeSeconds(milliseconds)
      return language(", for \(seconds) s more", ", \(seconds) s más")
    }
    return ""
  }

  // MARK: Sockets and processes

  private var sockets: [LabelledText.Part] {
    let rows = answer.rows
    var texts = rows.prefix(HolderText.shown).map { Self.socket($0, in: snapshot, language) }
    let rest = rows.count - texts.count
    if rest > 0 {
      texts.append(language("and \(rest) more: ", "y \(rest) más: ") + "sockinspect --local-port \(port)")
    }
    return LabelledText.Part.list(language("holder", "quién"), texts)
  }

  /// A socket in one line: what it is, where, who has it, and what waits.
  static func socket(_ row: Int, in snapshot: Snapshot, _ language: Language) -> String {
    let record = snapshot.records[row]
    let ends = EndText(snapshot)
    var text = "\(record.transport.name) \(record.state.name) \(ends.local(record))"
    if record.hasPeer { text += " -> \(ends.peer(record))" }
    text += ", " + holder(row, in: snapshot, language)
    let descriptors = snapshot.owners(at: row).compactMap(\.descriptor)
    if descriptors.count == 1, let descriptor = descriptors.first { text += " fd \(descriptor)" }
    if record.timer == .timeWait, record.known.contains(.timer) {
      let seconds = wholeSeconds(record.timerMilliseconds)
      text += language(", free in \(seconds) s", ", libre en \(seconds) s")
    }
    if record.countsConnections, record.known.isSuperset(of: [.receiveQueue, .sendQueue]), record.receiveQueue > 0 {
      text += language(
        ", \(record.receiveQueue) wait to be accepted (limit \(record.sendQueue))",
        ", \(record.receiveQueue) esperan a accept() (límite \(record.sendQueue))")
    }
    return text
  }

  private func process(_ pid: Int32) -> [LabelledText.Part] {
    guard let process = facts.processes?[pid] else { return [] }
    return Self.process(process, in: snapshot, language)
  }

  /// A process: how it was called, since when, by whom, below what.
  static func process(_ process: ProcessDetail, in snapshot: Snapshot, _ language: Language) -> [LabelledText.Part] {
    var text = "\(process.pid)"
    if let arguments = process.arguments { text += " " + Self.commandLine(arguments) }
    if let age = process.age { text += language(", for ", ", desde hace ") + WordsForNumbers.duration(age) }
    if let uid = process.uid {
      let name = snapshot.userNames[uid].map { Escaping.text($0) } ?? "\(uid)"
      text += language(", of user \(name)", ", del usuario \(name)")
    }
    if process.isStopped { text += language(", stopped (T)", ", parado (T)") }
    var parts = [LabelledText.Part(language("process", "proceso"), text)]
    let parents = Self.parents(process).map { "\(Escaping.text($0.name))[\($0.pid)]" }
    if !parents.isEmpty {
      parts.append(.init(language("parents", "padres"), parents.joined(separator: " < ")))
    }
    if let workload = process.workload {
      parts.append(.init(language("workload", "carga"), Escaping.text(workload.text)))
    }
    return parts
  }

  private static let shells: Set<String> = ["bash", "sh", "zsh", "fish", "dash", "ksh", "tcsh", "csh", "ash", "nu"]

  /// The processes above one, up to the shell or to the first process.
  static func parents(_ process: ProcessDetail) -> [ProcessDetail.Ancestor] {
    var shown: [ProcessDetail.Ancestor] = []
    for ancestor in process.ancestors.prefix(8) {
      shown.append(ancestor)
      if shells.contains(String(decoding: ancestor.name, as: UTF8.self)) { break }
    }
    return shown
  }

  /// A command line as a shell takes it, cut after so many characters.
  static func commandLine(_ arguments: [[UInt8]], most: Int = 160) -> String {
    let line = ShellWords.line(arguments)
    return line.count > most ? line.prefix(most) + "..." : line
  }

  // MARK: Actions

  /// What can be done, each with the command where there is one.
  var actions: [WhyActionText] {
    answer.actions(user: user).map {
      WhyActionText($0, user: user, typed: plan.list.typedLine.text, subject: subject, language)
    }
  }

  // MARK: What was looked at

  /// What was looked at, by names that do not depend on the language.
  var looked: [String] {
    var items = snapshot.lookedAt.keys.filter(\.hasPorts).sorted { $0.rawValue < $1.rawValue }.map(\.name)
    if !(facts.processes ?? [:]).isEmpty { items.append("processes") }
    if let settings = facts.settings, settings.ephemeralPorts != nil { items.append("sysctl") }
    if facts.namespaces?.wereLookedAt ?? false { items.append("namespaces") }
    if case .read = facts.forwarding, answer.primary == nil { items.append("nf_tables") }
    if facts.socketUnits != nil { items.append("socket units") }
    return items
  }

  private static func lookedName(_ item: String, _ language: Language) -> String {
    switch item {
    case "processes": language(item, "procesos")
    case "namespaces": language("other network namespaces", "otros espacios de red")
    case "socket units": language(item, "unidades de sockets")
    default: item
    }
  }

  /// What was looked at and what was not, in words.
  static func lookedAt(
    _ looked: [String], not doubts: Set<PortAnswer.Doubt>, _ facts: PortFacts, _ language: Language
  ) -> String {
    let items = looked.map { lookedName($0, language) }
    let gaps = doubts.sorted { "\($0)" < "\($1)" }.map { doubt($0, facts, language) }
    return language("looked at: ", "se miró: ")
      + (items.isEmpty ? language("nothing could be read", "no se pudo leer nada") : items.joined(separator: ", "))
      + (gaps.isEmpty ? "" : language("; not: ", "; no: ") + gaps.joined(separator: "; "))
  }
}
