import CommandLine
import Diagnosis
import Lesson
import LinuxSystem
import Rendering
import SocketModel
import Text

/// The answer of `why --unreachable` in words, and as JSON.
struct ReachText {
  private let answer: ReachAnswer
  private let plan: WhyPlan
  private let user: UInt32
  private var facts: ReachFacts { answer.facts }
  private var snapshot: Snapshot { answer.facts.port.snapshot }
  private var language: Language { plan.language }
  private var port: UInt16 { facts.port.question.port }

  init(_ answer: ReachAnswer, _ plan: WhyPlan, user: UInt32 = Users.effectiveUID) {
    self.answer = answer
    self.plan = plan
    self.user = user
  }

  /// The whole text, with the newline at its end.
  func render() -> String {
    let columns = plan.width ?? Int(Int32.max)
    var parts = LabelledText.Part.list(language("because", "porque"), answer.reasons.flatMap(reasons))
    for pid in processes {
      if let process = facts.port.processes?[pid] { parts += WhyText.process(process, in: snapshot, language) }
    }
    parts += LabelledText.Part.list(
      language("to do", "qué hacer"), actions.map { $0.text + ($0.command.map { ": " + $0 } ?? "") })
    return
      (LabelledText(title: subject, summary: headline, parts: parts).lines(columns: columns)
      + TextWrap.lines(lookedAt, columns: columns, hanging: 2)).joined(separator: "\n") + "\n"
  }

  private var subject: String { facts.address.map { "\(Endpoint(address: $0, port: port))" } ?? "\(port)" }

  /// The processes of the servers that count, at most two.
  private var processes: [Int32] {
    var pids: [Int32] = []
    for row in answer.servers {
      for owner in snapshot.owners(at: row) { if let pid = owner.pid, !pids.contains(pid) { pids.append(pid) } }
    }
    return Array(pids.prefix(2))
  }

  private var server: String {
    answer.servers.first.map { HolderText.holder(at: $0, in: snapshot, in: language) } ?? ""
  }

  private var headline: String {
    switch answer.verdict {
    case .notListening: language("no server listens there", "ahí no escucha ningún servidor")
    case .loopbackOnly:
      language(
        "the server takes connections of this machine only", "el servidor solo admite conexiones de esta máquina")
    case .otherAddress:
      language("the server has another address of this machine", "el servidor tiene otra dirección de esta máquina")
    case .ipv6Only: language("the server takes IPv6 only", "el servidor solo admite IPv6")
    case .ipv4Only: language("the server takes IPv4 only", "el servidor solo admite IPv4")
    case .otherNamespace:
      language("the server is in another network namespace", "el servidor está en otro espacio de red")
    case .publishedByDocker:
      language(
        "docker-proxy takes its connections: look for the server in the container",
        "docker-proxy recibe sus conexiones: busca el servidor en el contenedor")
    case .translated:
      language("a rule sends its connections elsewhere", "una regla manda sus conexiones a otra parte")
    case .firewall: language("a rule keeps its packets out", "una regla no deja pasar sus paquetes")
    case .acceptQueueFull:
      language(
        "the accept queue of \(server) is full: it accepts too slowly, and new clients wait",
        "la cola de aceptación de \(server) está llena: acepta despacio y los clientes nuevos esperan")
    case .processStopped:
      language("its server, \(server), is stopped (state T)", "su servidor, \(server), está parado (estado T)")
    case .inheritedListener:
      language(
        "\(server) has the listener of a server that has ended, and accepts nothing",
        "\(server) tiene el socket de un servidor que ya acabó, y no acepta nada")
    case .notAccepting:
      language("\(server) does not accept connections", "\(server) no acepta conexiones")
    case .synUnanswered:
      language("a client here asks, and nobody answers", "un cliente de aquí pregunta y nadie contesta")
    case .reachable: language("nothing here keeps clients from it", "aquí nada estorba a los clientes")
    case .unknown: language("could not tell", "no se pudo saber")
    }
  }

  // MARK: Reasons

  private func reasons(_ reason: ReachAnswer.Reason) -> [String] {
    switch reason {
    case .server(let row), .boundIdle(let row): return [WhyText.socket(row, in: snapshot, language)]
    case .queue(let waiting, let limit, let oldest):
      let age = oldest.map {
        language(", the oldest for \(seconds(Int($0)))", ", la más antigua hace \(seconds(Int($0)))")
      }
      return [
        language(
          "connections that wait for accept(): \(waiting) (limit \(limit))",
          "conexiones que esperan a accept(): \(waiting) (límite \(limit))") + (age ?? "")
      ]
    case .drops(let count):
      return [language("connections that it dropped: \(count)", "conexiones que descartó: \(count)")]
    case .overflows(let overflows, let drops):
      return [
        language(
          "in this network namespace so far: ListenOverflows \(overflows), ListenDrops \(drops)",
          "en este espacio de red hasta ahora: ListenOverflows \(overflows), ListenDrops \(drops)")
      ]
    case .process(let pid, let state): return [processState(pid, state)].compactMap { $0 }
    case .inherited(let pid):
      return [
        language(
          "the process that started \(pid) has ended, and it does not wait for clients",
          "el proceso que lanzó \(pid) ya acabó, y no espera a clientes")
      ]
    case .forwards(let forwarding):
      return forwarding.container.map {
        [language("docker-proxy sends it to \($0)", "docker-proxy lo manda a \($0)")]
      } ?? []
    case .elsewhere(let server): return [WhyText.elsewhere(server, language)]
    case .rule(let rule): return [FilterText.rule(rule, language)]
    case .unanswered(let row, let retransmits):
      let socket = WhyText.socket(row, in: facts.clients, language)
      return [
        socket
          + language(", SYN repeated \(retransmits) times", ", SYN repetido \(retransmits) veces"),
        language(
          "a firewall on the way or there drops it, or the machine is off or not on the network: a closed port would answer at once",
          "un cortafuegos en el camino o allí lo descarta, o la máquina está apagada o sin red: un puerto cerrado contestaría al instante"
        ),
      ]
    case .answered(let row): return [WhyText.socket(row, in: facts.clients, language)]
    case .otherMachine:
      return [
        language(
          "it is another machine's, and no client here is connected to it or tries to: ask while one tries, or ask there",
          "es de otra máquina, y ningún cliente de aquí está conectado ni lo intenta: pregunta mientras uno lo intenta, o pregunta allí"
        )
      ]
    }
  }

  private func processState(_ pid: Int32, _ state: UInt8) -> String? {
    switch state {
    case UInt8(ascii: "T"): language("process \(pid) was stopped by a signal", "una señal paró el proceso \(pid)")
    case UInt8(ascii: "t"):
      language("a debugger has stopped process \(pid)", "un depurador tiene parado el proceso \(pid)")
    case UInt8(ascii: "R"): language("process \(pid) is busy (state R)", "el proceso \(pid) está ocupado (estado R)")
    case UInt8(ascii: "D"):
      language("process \(pid) waits for a device (state D)", "el proceso \(pid) espera a un dispositivo (estado D)")
    default: nil
    }
  }

  // MARK: Actions

  private var actions: [WhyActionText] {
    var actions: [WhyAction] = []
    switch answer.verdict {
    case .loopbackOnly, .otherAddress: actions.append(.listenElsewhere)
    case .ipv6Only, .ipv4Only: actions.append(.listenOnBoth)
    case .processStopped:
      let processes = snapshot.processes(holding: answer.servers, endedBy: user)
      if !processes.own.isEmpty { actions.append(.resume(processes.own)) }
      if !processes.others.isEmpty { actions.append(.resumeAsRoot(processes.others)) }
    case .inheritedListener: actions += PortAnswer(facts.port).actions(user: user)
    case .firewall, .translated: actions.append(.showRules)
    default: break
    }
    for case .elsewhere(let server) in answer.reasons {
      actions.append(.showNamespace(place: server.place, port: server.local.port))
    }
    if user != 0, snapshot.meta.root == nil, !answer.doubts.isDisjoint(with: [.forwarding, .namespaces, .owners]) {
      actions.append(.askAsRoot)
    }
    return actions.map { WhyActionText($0, user: user, typed: plan.list.typedLine.text, subject: subject, language) }
  }

  // MARK: What was looked at

  private var looked: [String] {
    var items = snapshot.lookedAt.keys.filter(\.hasPorts).sorted { $0.rawValue < $1.rawValue }.map(\.name)
    if !(facts.port.processes ?? [:]).isEmpty { items.append("processes") }
    if facts.port.namespaces?.wereLookedAt ?? false { items.append("namespaces") }
    if case .read = facts.port.forwarding { items.append("nf_tables") }
    return items
  }

  private var lookedAt: String {
    WhyText.lookedAt(looked, not: answer.doubts, facts.port, language)
  }

  // MARK: JSON

  /// The answer as a JSON object. Its texts are English.
  func json() -> [UInt8] {
    var english = plan
    english.language = .english
    return ReachText(answer, english, user: user).object()
  }

  private func object() -> [UInt8] {
    var output: [UInt8] = []
    output.append(ascii: "{\"schema\":\"sockinspect.why/1\"")
    output.appendNextJSONMember("verdict", answer.verdict.rawValue)
    output.appendNextJSONName("reachable")
    output.append(flag: answer.verdict.isReachable)
    output.appendNextJSONMember("subject", subject)
    output.appendNextJSONMember("summary", subject + ": " + headline)
    output.appendNextJSONName("evidence")
    output.append(UInt8(ascii: "["))
    var isFirst = true
    func begin() {
      output.append(ascii: isFirst ? "\n{\"kind\":" : ",\n{\"kind\":")
      isFirst = false
    }
    for reason in answer.reasons {
      begin()
      append(reason, to: &output)
      output.append(UInt8(ascii: "}"))
    }
    for pid in processes {
      guard let process = facts.port.processes?[pid] else { continue }
      begin()
      output.appendJSON("process")
      output.append(process, snapshot)
      output.append(UInt8(ascii: "}"))
    }
    output.append(UInt8(ascii: "]"))
    output.append(actions)
    output.appendNextJSONName("looked_at")
    output.append(words: looked)
    output.appendNextJSONName("not_seen")
    output.append(words: answer.doubts.map { "\($0)" }.sorted())
    output.append(ascii: "}\n")
    return output
  }

  private func append(_ reason: ReachAnswer.Reason, to output: inout [UInt8]) {
    func socket(_ kind: String, _ row: Int, _ snapshot: Snapshot) {
      output.appendJSON(kind)
      output.appendNextJSONName("socket")
      output.append(socket: row, as: JSONOutput(snapshot, command: plan.list.typedLine.text))
    }
    switch reason {
    case .server(let row): socket("server", row, snapshot)
    case .boundIdle(let row): socket("bound_idle", row, snapshot)
    case .answered(let row): socket("answered", row, facts.clients)
    case .unanswered(let row, let retransmits):
      socket("unanswered", row, facts.clients)
      output.appendNextJSONMember("retransmits", UInt64(retransmits))
    case .queue(let waiting, let limit, let oldest):
      output.appendJSON("accept_queue")
      output.appendNextJSONMember("waiting", UInt64(waiting))
      output.appendNextJSONMember("limit", UInt64(limit))
      output.appendNextJSONMember("oldest_ms", oldest)
    case .drops(let count):
      output.appendJSON("drops")
      output.appendNextJSONMember("count", UInt64(count))
    case .overflows(let overflows, let drops):
      output.appendJSON("counters")
      output.appendNextJSONMember("listen_overflows", overflows)
      output.appendNextJSONMember("listen_drops", drops)
    case .process(let pid, let state):
      output.appendJSON("state")
      output.appendNextJSONMember("pid", UInt64(pid))
      output.appendNextJSONMember("state", String(Unicode.Scalar(state)))
    case .inherited(let pid):
      output.appendJSON("inherited")
      output.appendNextJSONMember("pid", UInt64(pid))
    case .forwards(let forwarding):
      output.appendJSON("forwards")
      output.appendNextJSONMember("container", forwarding.container.map { "\($0)" })
    case .elsewhere(let server):
      output.appendJSON("elsewhere")
      output.append(ASCII.comma)
      output.appendJSONMember("netns", bytes: server.label)
      output.appendNextJSONMember("local", "\(server.local)")
      output.appendNextJSONMember("pid", server.process.map { UInt64($0.pid) })
    case .rule(let rule):
      output.appendJSON("rule")
      output.append(rule)
    case .otherMachine: output.appendJSON("other_machine")
    }
  }
}
