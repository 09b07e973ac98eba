import CommandLine
import Diagnosis
import Lesson
import Rendering
import Text

/// The checks in words: what each looks for, what it needs, and its limits with their reasons.
struct CheckList {
  private let plan: DoctorPlan
  private let language: Language

  init(_ plan: DoctorPlan) {
    self.plan = plan
    language = plan.language
  }

  /// The whole list.
  var text: String {
    var lines: [String] = []
    for check in Check.allCases where plan.checks.contains(check) {
      var parts = [LabelledText.Part(language("Needs", "Requiere"), need(check))]
      for threshold in Threshold.allCases where threshold.check == check {
        let value = plan.thresholds[threshold]
        let shown = threshold.text(value)
        let standard =
          value == threshold.standard ? "" : language(" (usually ", " (normalmente ") + threshold.example + ")"
        parts.append(.init("\(threshold.rawValue)=\(shown)", reason(threshold) + standard))
      }
      lines += LabelledText(title: check.rawValue, summary: purpose(check), parts: parts, labelColumns: 12)
        .lines(columns: plan.width ?? .max, usesColour: plan.usesColour)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What a check looks for.
  private func purpose(_ check: Check) -> String {
    switch check {
    case .acceptQueue:
      language(
        "accept queues that are full, clients that wait long", "colas de aceptación llenas, clientes que esperan mucho")
    case .listenDrops: language("connections that servers dropped", "conexiones que los servidores descartaron")
    case .backlog:
      language(
        "accept queues that fill, and why their limit is what it is",
        "colas de aceptación que se llenan, y de dónde sale su límite")
    case .synQueue: language("handshakes that are not complete, SYN cookies", "saludos sin terminar, SYN cookies")
    case .closeWait:
      language(
        "connections that peers closed and the process did not", "conexiones que cerró el otro extremo y el proceso no")
    case .resetSockets: language("sockets that were reset and not closed", "sockets cortados y no cerrados")
    case .orphans:
      language(
        "connections without a process, FIN_WAIT2 of a process", "conexiones sin proceso, FIN_WAIT2 de un proceso")
    case .timeWait: language("TIME_WAIT beside its limit", "TIME_WAIT frente a su límite")
    case .ephemeralPorts:
      language(
        "local ports: for each destination, for bind(0), for UDP",
        "puertos locales: por destino, para bind(0), para UDP")
    case .serverPorts:
      language(
        "servers at a port that a connection may get", "servidores en un puerto que puede tocarle a una conexión")
    case .descriptors:
      language("descriptors of processes, files of the machine", "descriptores de los procesos, archivos de la máquina")
    case .udpDrops: language("datagrams that were dropped", "datagramas descartados")
    case .zeroWindow: language("peers that take no more data", "extremos que no admiten más datos")
    case .sendBuffer: language("connections limited by their send buffer", "conexiones limitadas por su búfer de envío")
    case .retransmits:
      language("loss, and peers that stopped answering", "pérdidas, y extremos que dejaron de contestar")
    case .unanswered: language("connections that nobody answers", "conexiones a las que nadie contesta")
    case .unread: language("data that a process does not read", "datos que un proceso no lee")
    case .memory: language("memory of TCP and UDP beside its limits", "memoria de TCP y UDP frente a sus límites")
    case .conntrack: language("the table of tracked connections", "la tabla de conexiones seguidas")
    case .exposure:
      language(
        "databases, debuggers and control ports open to everybody",
        "bases de datos, depuradores y puertos de control abiertos a todos")
    case .inherited:
      language("listeners that a program got by accident", "sockets que escuchan y un programa heredó sin querer")
    case .noOwner: language("sockets that no process has", "sockets que no tiene ningún proceso")
    case .sharedUDP:
      language(
        "UDP ports where one of several sockets gets everything",
        "puertos UDP donde uno de varios sockets lo recibe todo")
    case .keepalive: language("old idle connections that nothing tests", "conexiones inactivas que nada comprueba")
    }
  }

  /// What a check needs.
  private func need(_ check: Check) -> String {
    let ages = language("sock_diag", "sock_diag")
    return switch check {
    case .acceptQueue, .closeWait, .zeroWindow, .sendBuffer, .unread, .keepalive: ages
    case .listenDrops, .synQueue: ages + ", net/netstat"
    case .backlog: ages + ", net.core.somaxconn"
    case .resetSockets:
      language(
        "the running kernel; root for other users' processes", "el kernel en marcha; root para los procesos de otros")
    case .orphans, .timeWait: "net/sockstat, net/netstat, " + language("their sysctls", "sus sysctl")
    case .ephemeralPorts, .serverPorts: "net.ipv4.ip_local_port_range, ip_local_reserved_ports"
    case .descriptors: language("Linux 6.2 or a capture of it", "Linux 6.2 o una captura suya")
    case .udpDrops: ages + ", net/snmp"
    case .retransmits: ages + ", net/snmp"
    case .unanswered, .exposure: language("nothing", "nada")
    case .memory: "net/sockstat, net/netstat, tcp_mem, udp_mem"
    case .conntrack: "nf_conntrack_count, nf_conntrack_max, net/stat/nf_conntrack"
    case .inherited, .noOwner: language("root", "root")
    case .sharedUDP:
      language(
        "root for other users' sockets, pidfd_getfd (Linux 5.6)",
        "root para los sockets de otros, pidfd_getfd (Linux 5.6)")
    }
  }

  /// Why a limit is what it is.
  private func reason(_ threshold: Threshold) -> String {
    switch threshold {
    case .acceptWait:
      language(
        "clients of the web give up after some ten seconds",
        "los clientes de la web se rinden a los diez segundos, más o menos")
    case .backlog:
      language("half full: a burst as large as this one overflows it", "a la mitad: otra ráfaga igual la desborda")
    case .synQueue:
      language(
        "a quarter of the queue is left, a few milliseconds of a flood",
        "queda un cuarto de la cola, unos milisegundos de inundación")
    case .closeWaitAge:
      language(
        "no program needs a minute to notice the end of a connection that it watches",
        "ningún programa tarda un minuto en notar el fin de una conexión que atiende")
    case .resetSockets:
      language("one can be on its way to being closed, ten are not", "uno puede estar a punto de cerrarse; diez, no")
    case .orphans:
      language(
        "the kernel counts an orphan up to four times when memory is short",
        "el kernel cuenta una huérfana hasta cuatro veces si falta memoria")
    case .finWaitAge:
      language(
        "as long as net.ipv4.tcp_fin_timeout gives one without a process",
        "lo que net.ipv4.tcp_fin_timeout da a una sin proceso")
    case .timeWait, .conntrack, .descriptors:
      language("time to act before it is full", "hay tiempo de actuar antes de que se llene")
    case .ephemeralPorts:
      language(
        "from there on the kernel searches long for a free one",
        "a partir de ahí el kernel tarda en encontrar uno libre")
    case .udpQueue: language("half full: the process is behind", "a la mitad: el proceso va atrasado")
    case .zeroWindowAge:
      language("a busy reader takes data again within seconds", "un lector ocupado vuelve a admitir datos en segundos")
    case .sendBuffer: language("most of the time, not now and then", "la mayor parte del tiempo, no de vez en cuando")
    case .retransmits:
      language(
        "from some percent on loss decides how fast TCP is",
        "a partir de unos pocos por ciento, las pérdidas deciden la velocidad de TCP")
    case .retransmitsInRow:
      language(
        "loss by chance rarely hits one segment three times", "el azar rara vez pierde tres veces el mismo segmento")
    case .unansweredAge:
      language("a SYN is repeated after a second at the earliest", "un SYN se repite, como pronto, al segundo")
    case .unreadAge:
      language("longer than a request usually takes", "más de lo que suele durar una petición")
    case .idleAge:
      language(
        "net.ipv4.tcp_keepalive_time: when keepalive would have asked",
        "net.ipv4.tcp_keepalive_time: cuando keepalive habría preguntado")
    }
  }
}

extension Threshold {
  /// A value of it as it would be typed.
  func text(_ value: UInt64) -> String {
    switch unit {
    case .time: value % 1000 == 0 ? "\(value / 1000)s" : "\(value)ms"
    case .percent: "\(value)%"
    case .count: "\(value)"
    }
  }
}
