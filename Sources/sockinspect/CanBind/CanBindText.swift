import CommandLine
import Diagnosis
import Lesson
import LinuxSystem
import Rendering
import SocketModel
import Text

/// The answer of `can-bind` in words: the verdict, what it rests on, what would help, what was
/// looked at.
struct CanBindText {
  private let report: CanBindReport
  private let user: UInt32
  private var request: BindRequest { report.request }
  private var answer: BindAnswer { report.answer }
  private var snapshot: Snapshot { report.snapshot }
  private var language: Language { report.plan.language }

  /// Prepares the words.
  ///
  /// - Parameter user: who would end processes; 0 for root.
  init(_ report: CanBindReport, user: UInt32 = Users.effectiveUID) {
    self.report = report
    self.user = user
  }

  /// The whole text, with the newline at its end.
  func render() -> String {
    let width = report.plan.list.output.width ?? .max
    let fitting = lines().flatMap { line in
      let indent = line.prefix { $0 == " " }.count
      return TextWrap.message(String(line.dropFirst(indent)), width: width, indent: indent)
    }
    return fitting.joined(separator: "\n") + "\n"
  }

  /// The lines of the answer.
  func lines() -> [String] {
    var lines = [headline]
    lines += HolderText.rows(report.holders, at: request.local.port, in: snapshot, in: language, note: optionsNote)
    lines += combinations
    lines += doubts.map { "  " + $0 }
    lines += disagreements.map { "  " + $0 }
    lines += actions.map { "  " + $0 }
    return lines + [lookedAt]
  }

  // MARK: Verdict

  private var subject: String {
    (request.transport == .tcp ? "" : request.transport.name + " ") + Escaping.text(Array(report.plan.subject.utf8))
  }

  private var with: String {
    request.reuse.isEmpty ? "" : language(" with ", " con ") + request.reuse.names(in: language)
  }

  private var headline: String {
    switch report.canBind {
    case true: language("\(subject) can be bound\(with).", "\(subject) se puede enlazar\(with).")
    case false:
      language("\(subject) cannot be bound\(with): ", "\(subject) no se puede enlazar\(with): ") + reason + "."
    case nil:
      language(
        "could not tell whether \(subject) can be bound\(with).",
        "no se pudo saber si \(subject) se puede enlazar\(with).")
    }
  }

  /// Why it cannot be bound.
  private var reason: String {
    if case .cannot(let reason) = answer.verdict, reason != .taken { return sentence(reason) }
    if case .refused(let name)? = report.trials?[request.reuse], name != "EADDRINUSE" {
      return language("bind() fails with \(name)", "bind() falla con \(name)")
    }
    guard let row = report.obstacle else {
      return language("bind() fails with EADDRINUSE", "bind() falla con EADDRINUSE")
    }
    let record = snapshot.records[row]
    switch record.state {
    case .listen: return language("a server listens on it", "un servidor escucha en él")
    case .boundInactive, .unconnected:
      return language("another socket is bound to it", "otro socket está enlazado a él")
    case _ where record.isRemainder:
      let until = answer.freeAfterMilliseconds.map(untilText) ?? ""
      return language("only ended connections still hold it", "solo lo retienen conexiones terminadas") + until
    default: return language("a connection has it", "lo tiene una conexión")
    }
  }

  private func sentence(_ reason: BindAnswer.Reason) -> String {
    switch reason {
    case .noSuchAddress: DemoTrouble.noSuchAddress("\(request.local.address)", in: language)
    case .notPermitted(let first): DemoTrouble.notPermitted(request.local.port, first: Int64(first), in: language)
    case .noInterface: DemoTrouble.linkLocalNeedsInterface(in: language)
    case .multicast:
      language(
        "a TCP socket cannot have the address of a group", "un socket TCP no puede tener la dirección de un grupo")
    case .mappedOnIPv6Only:
      language(
        "a socket for IPv6 only cannot have an IPv4 address",
        "un socket solo para IPv6 no puede tener una dirección IPv4")
    case .taken: language("it is taken", "está en uso")
    }
  }

  /// When the port is free by itself: the time of day for the running kernel.
  private func untilText(_ milliseconds: UInt32) -> String {
    let seconds = wholeSeconds(milliseconds)
    if snapshot.meta.root == nil, let time = Clock.localTime(format: "%H:%M:%S", limit: 32, later: seconds) {
      return language(", until \(time) (\(seconds) s)", ", hasta las \(time) (\(seconds) s)")
    }
    return language(", for \(seconds) s more", ", \(seconds) s más")
  }

  // MARK: Evidence

  /// The options of a holder, where they were read.
  private func optionsNote(_ row: Int) -> String? {
    report.options[row].map { list($0.reuse) }
  }

  /// A set of options in a list.
  private func list(_ reuse: ReuseOptions) -> String {
    reuse.isEmpty ? language("no option", "sin opciones") : reuse.names.joined(separator: " ")
  }

  /// What each combination of options does, when there is anything in the way of any.
  private var combinations: [String] {
    if case .cannot(let reason) = answer.verdict, reason != .taken, report.disagreements.isEmpty { return [] }
    if report.holders.isEmpty, report.disagreements.isEmpty { return [] }
    let rows = ReuseOptions.combinations.map { (name: list($0), outcome: outcome($0)) }
    let width = rows.map { TextWidth.columns($0.name) }.max() ?? 0
    return rows.map {
      "  bind()  \($0.name)\(String(repeating: " ", count: width - TextWidth.columns($0.name)))  \($0.outcome)"
    }
  }

  private func outcome(_ reuse: ReuseOptions) -> String {
    switch report.trials?[reuse] {
    case .bound: return language("works", "funciona")
    case .refused(let name): return name
    case nil: break
    }
    switch answer.outcome(reuse) {
    case .possible: return language("works", "funciona")
    case .impossible: return refusalName
    case .unknown: return language("not known", "no se sabe")
    }
  }

  private var refusalName: String {
    if case .cannot(let reason) = answer.verdict { return reason.errorName }
    return BindAnswer.Reason.taken.errorName
  }

  /// Why it could not tell.
  private var doubts: [String] {
    var lines: [String] = []
    if let failure = report.failure { lines.append(Escaping.text(Array(failure.utf8))) }
    if let trouble = report.trialTrouble {
      lines.append(
        language("bind() was not tried: ", "no se probó bind(): ") + Escaping.text(Array(trouble.utf8)))
    }
    guard case .unknown(let doubts) = answer.verdict, report.canBind == nil else { return lines }
    for doubt in doubts where report.failure == nil || doubt != .tables { lines += words(doubt) }
    return lines
  }

  private func words(_ doubt: BindAnswer.Doubt) -> [String] {
    switch doubt {
    case .options(let rows):
      let count = rows.count
      let areRemainders = rows.allSatisfy { snapshot.records[$0].isRemainder || snapshot.records[$0].inode == 0 }
      if areRemainders {
        return [
          language(
            "it depends on the options of the program that left the connections, which nothing shows any more",
            "depende de las opciones del programa que dejó las conexiones, que ya nada muestra")
        ]
      }
      let whose = user == 0 ? "" : language("; root may read them", "; root puede leerlas")
      return [
        count == 1
          ? language(
            "it depends on the options of that socket, which may not be read" + whose,
            "depende de las opciones de ese socket, que no se pueden leer" + whose)
          : language(
            "it depends on the options of \(count) sockets, which may not be read" + whose,
            "depende de las opciones de \(count) sockets, que no se pueden leer" + whose)
      ]
    case .order:
      return [
        language(
          "it depends on which of the sockets was bound last, which nothing shows",
          "depende de cuál de los sockets se enlazó el último, que nada muestra")
      ]
    case .tables:
      return [language("not all tables could be read", "no se pudieron leer todas las tablas")]
        + snapshot.problems.filter { !$0.costsOnlyOwners }.prefix(3).map { ProblemText.sentence(of: $0) }
    case .idleSockets:
      return [
        language(
          "TCP sockets that are bound and idle are not in what was read",
          "en lo que se leyó no están los sockets TCP que solo tienen puerto")
      ]
    case .addresses:
      return [
        language(
          "whether \(request.local.address) is an address of that machine is not known",
          "no se sabe si \(request.local.address) es una dirección de esa máquina")
      ]
    case .firstPort:
      return [
        language(
          "net.ipv4.ip_unprivileged_port_start could not be read", "no se pudo leer net.ipv4.ip_unprivileged_port_start"
        )
      ]
    }
  }

  private var disagreements: [String] {
    report.disagreements.map { reuse in
      let names = list(reuse)
      let tables =
        answer.outcome(reuse) == .possible ? language("it works", "que funciona") : language("it fails", "que falla")
      let trial = report.trials?[reuse] == .bound ? language("worked", "funcionó") : language("failed", "falló")
      return language(
        "disagreement, \(names): the tables say \(tables), and bind() \(trial); a rule of a cgroup or of a security module, or something changed in between",
        "desacuerdo, \(names): las tablas dicen \(tables), y bind() \(trial); una regla de un cgroup o de un módulo de seguridad, o algo cambió entretanto"
      )
    }
  }

  // MARK: What would help

  /// What can be done, one line each.
  var actions: [String] {
    var lines: [String] = []
    if report.canBind != true {
      if case .cannot(let reason) = answer.verdict, reason != .taken {
        return advice(reason)
      }
      for set in report.helpful {
        lines.append(language("would help: ", "ayudaría: ") + set.names(in: language))
      }
      if report.trials == nil, report.trialTrouble == nil, report.plan.list.root == nil { lines += probeAdvice }
      if report.isFreeForIPv4 {
        lines.append(
          language(
            "for IPv4 alone it can be bound: 0.0.0.0:\(request.local.port)",
            "solo para IPv4 sí se puede enlazar: 0.0.0.0:\(request.local.port)"))
      }
      if let milliseconds = answer.freeAfterMilliseconds {
        let seconds = wholeSeconds(milliseconds)
        lines.append(language("or wait \(seconds) s", "o espera \(seconds) s"))
      }
      let rows = answer.table.inTheWay(request.reuse).map(\.row)
      lines += HolderText.lines(snapshot.processes(holding: multipath(rows), endedBy: user), in: language)
        .map { String($0.drop { $0 == " " }) }
      if let unseen = snapshot.unseenHolder(of: rows, isRoot: user == 0) {
        lines.append(
          String(
            HolderText.line(unseen, listing: "--local-port \(request.local.port)", in: language).drop { $0 == " " }))
      }
    }
    if case .inside(let range, let list) = answer.ephemeral, report.canBind != false {
      lines.append(
        language(
          "it may be lost to an outgoing connection: the kernel takes ports from \(range.lowerBound) to \(range.upperBound)",
          "una conexión saliente puede llevárselo: el kernel toma puertos del \(range.lowerBound) al \(range.upperBound)"
        ))
      if let list {
        lines.append(
          language("to reserve it: ", "para reservarlo: ") + "sudo sysctl -w net.ipv4.ip_local_reserved_ports=\(list)")
      }
    }
    return lines
  }

  /// The rows with those of the MPTCP sockets above them, which have the owners.
  private func multipath(_ rows: [Int]) -> [Int] {
    rows
      + report.holders.filter { row in
        snapshot.records[row].transport == .mptcp
          && rows.contains { snapshot.records[$0].local == snapshot.records[row].local }
      }
  }

  /// What may help, and the line that finds out; nothing where the tables say all of it.
  private var probeAdvice: [String] {
    if report.canBind == nil { return [language("to find out: ", "para saberlo: ") + probeLine] }
    let sets = answer.perhapsHelpful.map { $0.names(in: language) }
    guard !sets.isEmpty else { return [] }
    return [
      language("may help: ", "puede ayudar: ") + sets.joined(separator: language(" or ", " o "))
        + language("; to find out: ", "; para saberlo: ") + probeLine
    ]
  }

  private var probeLine: String {
    let line = report.plan.list.typedLine
    return line.arguments.contains("--probe") ? line.text : line.adding("--probe")
  }

  private func advice(_ reason: BindAnswer.Reason) -> [String] {
    switch reason {
    case .noSuchAddress: [language("`ip address` lists those it has", "`ip address` lista las que tiene")]
    case .notPermitted(let first):
      [
        language(
          "root, or a program with CAP_NET_BIND_SERVICE, may bind it, and everybody port \(first) and above",
          "root, o un programa con CAP_NET_BIND_SERVICE, puede enlazarlo, y cualquiera del \(first) en adelante"),
        language("or let everybody bind it: ", "o permíteselo a todos: ")
          + "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=\(request.local.port)",
      ]
    case .noInterface, .multicast, .mappedOnIPv6Only, .taken: []
    }
  }

  // MARK: What was looked at

  private var lookedAt: String {
    var items = snapshot.lookedAtNames + report.lookedAt
    if !report.options.isEmpty || report.refusedHolders > 0 {
      let count = report.options.count
      let all = count + report.refusedHolders
      items.append(language("options of \(count) of \(all) sockets", "opciones de \(count) de \(all) sockets"))
    }
    if let trials = report.trials, !trials.isEmpty { items.append(language("bind() itself", "el propio bind()")) }
    let nothing = language("nothing could be read", "no se pudo leer nada")
    return language("looked at: ", "se miró: ") + (items.isEmpty ? nothing : items.joined(separator: ", "))
  }
}
