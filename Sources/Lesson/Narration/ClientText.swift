package import Diagnosis
import LinuxSystem
import Rendering
import SocketModel
import Text

/// The messages at the end of `connect-demo`: what went wrong and what to do about it, and an
/// account of everything.
package struct ClientText {
  package let plan: ClientPlan
  package let account: ClientAccount
  /// What uses the local ports, when none was left; `nil` when that is not known.
  package var ports: PortsInUse?

  package init(plan: ClientPlan, account: ClientAccount, ports: PortsInUse? = nil) {
    self.plan = plan
    self.account = account
    self.ports = ports
  }

  /// Whether there is more to report than the lesson's client prints.
  package var hasAccount: Bool {
    plan.settings.count > 1 || account.hasFailures || account.isInterrupted || !plan.settings.closes
      || !plan.settings.reads
  }

  private var language: Language { plan.narration.language }

  /// What happened, and to what.
  package func message(_ trouble: ClientTrouble) -> String {
    let count = trouble.count
    let times = count > 1 ? language(" (\(count) times)", " (\(count) veces)") : ""
    return "\(trouble.call) \(trouble.address.shown(in: language)): \(what(trouble))\(times)"
  }

  private func what(_ trouble: ClientTrouble) -> String {
    let isUnix = trouble.address.unixName != nil
    if isLoopbackDown(trouble) { return DemoTrouble.loopbackDown(in: language) }
    switch trouble.cause {
    case .waited: return silence(trouble)
    case .refused: return refusal(trouble)
    case .reset:
      return isUnix
        ? language(
          "the server closed the connection without reading all that was sent",
          "el servidor cerró la conexión sin leer todo lo enviado")
        : language(
          "the server reset the connection (RST): it ended, or closed without reading all that was sent",
          "el servidor cortó la conexión (RST): terminó, o cerró sin leer todo lo enviado")
    case .kernelGaveUp:
      return language(
        "the kernel gave up: nothing came back, though it sent again and again",
        "el kernel se rindió: no volvió nada, aunque lo repitió una y otra vez")
    case .noSuchPath:
      return language("no server is there: the path does not exist", "allí no hay servidor: la ruta no existe")
    case .wrongKind:
      return plan.isDatagram
        ? language("the socket there is for connections", "el socket de allí es para conexiones")
        : language("the socket there is for datagrams", "el socket de allí es para datagramas")
    case .noLocalPort where !plan.isDatagram && !isUnix:
      let none = language("no local port is left for this address", "no queda ningún puerto local para esta dirección")
      guard let ports, ports.count > 0 else { return none }
      return none
        + language(
          ": \(ports.count) have a connection to it (\(ports.text))",
          ": \(ports.count) tienen una conexión con ella (\(ports.text))")
    case .noRoute: return language("no route leads there", "ninguna ruta lleva allí")
    case .noHost: return language("nobody answers at this address", "nadie responde en esa dirección")
    case .noDescriptor:
      return language("no descriptor is left to open a socket with", "no queda descriptor con que abrir un socket")
    case .tooLong:
      return language(
        "the message is longer than a datagram may be", "el mensaje es más largo de lo que admite un datagrama")
    case .forbidden, .noLocalPort, .other: return trouble.error?.reason ?? language("failed", "falló")
    }
  }

  private func refusal(_ trouble: ClientTrouble) -> String {
    if let name = trouble.address.unixName {
      if name.first != 0 {
        return language(
          "refused: the file is there, but the server that made it has ended, or does not listen",
          "rechazada: el archivo está, pero el servidor que lo creó terminó o no escucha")
      }
      return plan.isDatagram
        ? language(
          "refused: no datagram socket has this name", "rechazado: ningún socket de datagramas tiene ese nombre")
        : language(
          "refused: no listening socket has this name", "rechazada: ningún socket que escuche tiene ese nombre")
    }
    return plan.isDatagram
      ? language(
        "refused: send() had succeeded, but no socket has this port, and the kernel there said so by ICMP (port unreachable)",
        "rechazado: send() había salido bien, pero ningún socket tiene ese puerto, y el kernel de allí lo dijo por ICMP (port unreachable)"
      )
      : language(
        "refused: nothing listens there, so the SYN was answered with a reset (RST)",
        "rechazada: allí nadie escucha, y al SYN se respondió con un reset (RST)")
  }

  private func silence(_ trouble: ClientTrouble) -> String {
    let time = seconds(trouble.waited ?? 0)
    if plan.isDatagram {
      return language(
        "no answer within \(time): the datagram or its answer is lost, or nobody answers",
        "ninguna respuesta en \(time): se perdió el datagrama o su respuesta, o nadie responde")
    }
    switch trouble.call {
    case "connect": return language("no answer to the SYN within \(time)", "ninguna respuesta al SYN en \(time)")
    case "send":
      return language(
        "no room to send for \(time): the server does not read", "sin sitio para enviar en \(time): el servidor no lee")
    default:
      return language(
        "no reply within \(time); the connection stood", "ninguna respuesta en \(time); la conexión estaba hecha")
    }
  }

  /// What can be done.
  package func advice(_ trouble: ClientTrouble) -> [String] {
    if isLoopbackDown(trouble) { return [DemoTrouble.loopbackUp(in: language)] }
    let port = trouble.address.port
    switch trouble.cause {
    case .waited:
      guard !plan.isDatagram, let port else { return [] }
      return trouble.call == "connect"
        ? [
          language(
            "a full accept queue drops SYNs, as a firewall does: `sockinspect --port \(port)` shows the queue",
            "una cola de aceptación llena descarta los SYN, como un cortafuegos: `sockinspect --port \(port)` muestra la cola"
          )
        ]
        : [
          language(
            "`sockinspect --port \(port)` shows whether it was accepted, and what lies in the queues",
            "`sockinspect --port \(port)` muestra si fue aceptada y qué hay en las colas")
        ]
    case .refused, .noSuchPath:
      guard trouble.address.endpoint.map(\.address.isLoopback) ?? true else {
        return [
          language(
            "a server on that machine may listen on another port, or on its loopback address only",
            "un servidor de esa máquina puede escuchar en otro puerto, o solo en su dirección de loopback")
        ]
      }
      let line = "`sockinspect listen-demo\(place(trouble.address))`"
      return [
        language("start a server in another terminal: \(line)", "arranca un servidor en otra terminal: \(line)")
      ]
        + (port.map {
          [
            language(
              "`sockinspect --port \($0)` shows what is there", "`sockinspect --port \($0)` muestra qué hay allí")
          ]
        } ?? [])
    case .wrongKind:
      return [plan.isDatagram ? language("leave --udp out", "quita --udp") : language("add --udp", "añade --udp")]
    case .noLocalPort where !plan.isDatagram && port != nil:
      let same =
        trouble.address.endpoint.map(\.address.isIPv4) ?? true
        ? "" : language("; a machine without IPv6 says the same", "; una máquina sin IPv6 dice lo mismo")
      return [
        portAdvice(port ?? 0),
        language(
          "net.ipv4.ip_local_port_range says which ports there are",
          "net.ipv4.ip_local_port_range dice qué puertos hay") + same,
      ]
    case .noRoute, .noHost:
      let host = host(trouble.address)
      return [
        language("`ip route get \(host)` shows which way is taken", "`ip route get \(host)` muestra por dónde se va")
      ]
    case .noDescriptor:
      return [
        language(
          "`ulimit -n` shows how many there may be; --parallel opens fewer",
          "`ulimit -n` muestra cuántos puede haber; --parallel abre menos")
      ]
    case .forbidden where port == nil:
      return [
        language(
          "the socket's file must be writable: `ls -l` shows whose it is",
          "el archivo del socket tiene que admitir escritura: `ls -l` muestra de quién es")
      ]
    default: return []
    }
  }

  /// How ports become free again, by the state that most of them are in.
  private func portAdvice(_ port: UInt16) -> String {
    switch ports?.mostCommon {
    case .timeWait:
      language(
        "wait a minute, until TIME_WAIT is over: `sockinspect --state time-wait --remote-port \(port)` lists them",
        "espera un minuto, hasta que acabe TIME_WAIT: `sockinspect --state time-wait --remote-port \(port)` los lista")
    case .closeWait:
      language(
        "the server closed them and the program that has them open did not: `sockinspect --state close-wait --remote-port \(port)` names it",
        "el servidor las cerró y el programa que las tiene abiertas no: `sockinspect --state close-wait --remote-port \(port)` lo nombra"
      )
    case nil:
      language(
        "`sockinspect --remote-port \(port)` lists what has them",
        "`sockinspect --remote-port \(port)` lista quién los tiene")
    default:
      language(
        "they are free when their connections are closed: `sockinspect --remote-port \(port)` names the programs that have them",
        "quedan libres al cerrar sus conexiones: `sockinspect --remote-port \(port)` nombra los programas que los tienen"
      )
    }
  }

  private func isLoopbackDown(_ trouble: ClientTrouble) -> Bool {
    trouble.address.endpoint?.address.isLoopback == true && trouble.error.flatMap { DemoTrouble(ofLoopback: $0) } != nil
  }

  /// The options that bring a server to this place.
  private func place(_ address: SocketAddress) -> String {
    let kind = plan.isDatagram ? " --udp" : ""
    if address.unixName != nil { return "\(kind) --unix \(address.shown)" }
    // The usual place of a server, unless an option says otherwise.
    let isUsual = address.ipBits == 0x7F00_0001 || address.ipBits == 1
    var words = isUsual ? kind : "\(kind) --host \(host(address))"
    if isUsual, let endpoint = address.endpoint, !endpoint.address.isIPv4 { words += " -6" }
    if let port = address.port, port != DemoPlace.lessonPort { words += " --port \(port)" }
    return words
  }

  private func host(_ address: SocketAddress) -> String {
    address.endpoint.map { "\($0.address)" } ?? address.shown
  }
}
