import Diagnosis
import Lesson
import LinuxSystem
import Rendering
import SocketModel
import Text

// What a verdict rests on, what bind() would do, and what was not seen.
extension WhyText {
  // MARK: Reasons

  private func name(_ pid: Int32) -> String {
    "\(facts.processes?[pid].map { Escaping.text($0.name) } ?? "")[\(pid)]"
  }

  func reason(_ reason: PortAnswer.Reason) -> String? {
    switch reason {
    case .ephemeral(let range):
      let list = "net.ipv4.ip_local_port_range (\(range.lowerBound)-\(range.upperBound))"
      return answer.verdict == .outgoingConnection
        ? language(
          "\(port) lies in \(list), from which the kernel gave it to connect()",
          "\(port) está en \(list), de donde el kernel se lo dio a connect()")
        : language(
          "\(port) lies in \(list), from which the kernel takes ports for connect()",
          "\(port) está en \(list), de donde el kernel toma puertos para connect()")
    case .notEphemeral(let range):
      return language(
        "\(port) is outside of net.ipv4.ip_local_port_range (\(range.lowerBound)-\(range.upperBound)): it is the server's end",
        "\(port) está fuera de net.ipv4.ip_local_port_range (\(range.lowerBound)-\(range.upperBound)): es el extremo del servidor"
      )
    case .peerListens(let end):
      return language("\(end) is a server of this machine", "\(end) es un servidor de esta máquina")
    case .severalPeers(let count):
      return language(
        "\(count) other ends are connected to it, as to a server",
        "\(count) extremos están conectados a él, como a un servidor")
    case .boundByProgram:
      return language(
        "the program asked for this port with bind() before connect()",
        "el programa pidió este puerto con bind() antes de connect()")
    case .takesBothFamilies:
      return language("its socket does not set IPV6_V6ONLY", "su socket no pone IPV6_V6ONLY")
    case .isIPv4: return nil
    case .serverTakesIPv6Only(let row):
      return language(
        "\(holder(row)) has the port for IPv6 only, which does not keep IPv4 from it",
        "\(holder(row)) tiene el puerto solo para IPv6, lo que no estorba a IPv4")
    case .otherAddress(let row):
      let end = EndText(snapshot).local(snapshot.records[row])
      return language(
        "\(holder(row)) has the port at \(end), which does not keep others from this address",
        "\(holder(row)) tiene el puerto en \(end), lo que no estorba en esta dirección")
    case .inherited(let pid):
      return language(
        "the process that started \(name(pid)) has ended, its descriptor stays open when a program is run (no O_CLOEXEC), and it does not wait for clients",
        "el proceso que lanzó \(name(pid)) ya acabó, su descriptor sigue abierto al ejecutar otro programa (sin O_CLOEXEC), y no espera a clientes"
      )
    case .alsoInherited(let pid):
      return language(
        "\(name(pid)) has inherited it and keeps the port when the server ends",
        "\(name(pid)) lo ha heredado y conserva el puerto cuando acabe el servidor")
    case .until(let milliseconds):
      guard snapshot.meta.root == nil else { return nil }
      let seconds = wholeSeconds(milliseconds)
      return language(
        "the kernel keeps them for 60 s; the last one ends in \(seconds) s",
        "el kernel los guarda 60 s; el último acaba en \(seconds) s")
    case .privileged(let first):
      return language(
        "a port below \(first) takes root or CAP_NET_BIND_SERVICE (net.ipv4.ip_unprivileged_port_start)",
        "por debajo de \(first) hace falta root o CAP_NET_BIND_SERVICE (net.ipv4.ip_unprivileged_port_start)")
    case .hidden(nil):
      return language("it may be \(HolderText.ownerless())", "puede ser \(HolderText.ownerless(in: .spanish))")
    case .hidden: return nil
    case .sharedDatagrams(let count):
      return language(
        "\(count) UDP sockets share it: without SO_REUSEPORT only the one that was bound last gets packets",
        "\(count) sockets UDP lo comparten: sin SO_REUSEPORT solo recibe el último que se enlazó")
    case .forwards(let forwarding):
      guard let container = forwarding.container else { return nil }
      return language("docker-proxy sends it to \(container)", "docker-proxy lo manda a \(container)")
    case .socketUnit(let unit):
      return language("the socket is of \(Escaping.text(unit))", "el socket es de \(Escaping.text(unit))")
    case .elsewhere(let server): return Self.elsewhere(server, language)
    case .rule(let rule): return FilterText.rule(rule, language)
    }
  }

  /// What `bind(2)` would do all the same.
  var bind: String? {
    guard let outcomes = facts.bind, !outcomes.isEmpty else { return nil }
    func list(_ sets: [ReuseOptions]) -> String {
      sets.map { $0.names(in: language) }.joined(separator: language(" or ", " o "))
    }
    let helpful = answer.helpful(.possible)
    if outcomes[[]] == .possible { return language("works by now", "ya funciona") }
    if !helpful.isEmpty {
      return language("works with \(list(helpful)), and fails without", "funciona con \(list(helpful)), y si no falla")
    }
    let perhaps = answer.helpful(.unknown)
    if perhaps.isEmpty {
      return language(
        "fails whatever options are set, SO_REUSEADDR too", "falla con cualquier opción, también con SO_REUSEADDR")
    }
    return language(
      "fails without options; whether \(list(perhaps)) helps depends on what the other program set, which is not seen",
      "falla sin opciones; si \(list(perhaps)) sirve depende de lo que puso el otro programa, que no se ve")
  }

  /// A server in another network namespace.
  static func elsewhere(_ server: PortFacts.Elsewhere, _ language: Language) -> String {
    let process = server.process.map { "\(Escaping.text($0.name))[\($0.pid)]" } ?? "?"
    return language(
      "network namespace \(Escaping.text(server.label)): \(process) at \(server.transport.name) \(server.local)",
      "espacio de red \(Escaping.text(server.label)): \(process) en \(server.transport.name) \(server.local)")
  }

  /// What was not seen.
  static func doubt(_ doubt: PortAnswer.Doubt, _ facts: PortFacts, _ language: Language) -> String {
    let snapshot = facts.snapshot
    switch doubt {
    case .tables:
      let first = snapshot.problems.first { !$0.costsOnlyOwners }.map { ": " + ProblemText.sentence(of: $0) } ?? ""
      return language("not all tables could be read", "no se pudieron leer todas las tablas") + first
    case .idleSockets:
      return language(
        "TCP sockets that are bound and idle are not in what was read",
        "en lo que se leyó no están los sockets TCP que solo tienen puerto")
    case .owners:
      if let lack = snapshot.lackOfProcesses { return HolderText.line(lack, in: language) }
      if !snapshot.hasOwners {
        return language("the processes, which are not in what was read", "los procesos, que no están en lo que se leyó")
      }
      if snapshot.problems.contains(where: { $0.remedy == .grantPtrace }) {
        return language(
          "the process, which not even root may look into here", "el proceso, que aquí ni siquiera root puede mirar")
      }
      return language(
        "the process, which is another user's; root sees it", "el proceso, que es de otro usuario; root lo ve")
    case .descriptors:
      return language("whether the listener was inherited", "si el socket fue heredado")
    case .addresses:
      return language("the addresses of the machine", "las direcciones de la máquina")
    case .settings:
      return language(
        "which ports the kernel chooses from: net.ipv4.ip_local_port_range could not be read",
        "de qué puertos elige el kernel: no se pudo leer net.ipv4.ip_local_port_range")
    case .namespaces:
      return language(
        "network namespaces whose processes are not visible here", "espacios de red cuyos procesos no se ven aquí")
    case .forwarding:
      return facts.forwarding == .older
        ? language(
          "rules of iptables-legacy, where one may apply: iptables-legacy-save shows them",
          "reglas de iptables-legacy, donde puede haber una que se aplique: iptables-legacy-save las muestra")
        : language(
          "nf_tables, where a rule may apply; root may read it",
          "nf_tables, donde puede haber una regla que se aplique; root puede leerlo")
    }
  }
}
