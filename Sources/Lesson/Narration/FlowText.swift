import LinuxSystem
import Rendering
package import SocketModel
import Text

/// The words of a flow's picture.
package struct FlowText: Sendable, Equatable {
  /// The language of the words.
  package var language: Language

  package init(language: Language = .english) { self.language = language }

  /// A call and its result, in parts after which a line may end.
  package func parts(of act: FlowAct) -> [String] {
    let call: [String] =
      switch act.call {
      case .socket: ["socket()"]
      case .setOption(_, let name, let value): ["setsockopt(\(name), \(value))"]
      case .bind(_, let address), .connect(_, let address): ["\(act.call.name)(\(address.shown))"]
      case .listen(_, let backlog): ["listen(\(backlog))"]
      case .accept, .close: ["\(act.call.name)()"]
      case .receive(_, let capacity), .receiveFrom(_, let capacity): ["\(act.call.name)(\(capacity))"]
      case .send(_, let bytes): ["send(\(text(bytes)))"]
      case .sendTo(_, let bytes, let address): ["sendto(\(text(bytes)),", "\(address.shown))"]
      case .shutdownSending: ["shutdown(SHUT_WR)"]
      }
    return switch act.result {
    case .made(let number), .accepted(let number, _): call + ["= fd \(number)"]
    case .received(let bytes, _, _): call + ["= \(text(bytes))"]
    case .done:
      if case .connect = act.call { call + ["= 0"] } else { call }
    case nil, .underWay, .failed: call
    }
  }

  /// A socket's state and the content of its queues, in parts after which a line may end.
  package func state(_ sighting: FlowSighting) -> [String] {
    guard let state = sighting.state else { return [language("closed", "cerrado")] }
    var parts = [state.name.uppercased()]
    guard let record = sighting.record else { return parts }
    if record.timer == .timeWait, record.known.contains(.timer) {
      let left = Self.seconds(record.timerMilliseconds)
      parts.append(language(" \(left) left", " quedan \(left)"))
    }
    if record.known.contains(.receiveQueue), record.receiveQueue > 0 { parts.append(" recv-q \(record.receiveQueue)") }
    // The send queue of a listener is its limit.
    if record.known.contains(.sendQueue), record.sendQueue > 0, state != .listen {
      parts.append(" send-q \(record.sendQueue)")
    }
    return parts
  }

  /// When the kernel will send what was not answered again; `nil` when there is nothing.
  package func timer(_ sighting: FlowSighting) -> String? {
    guard let record = sighting.record, record.timer == .retransmit, record.known.contains(.timer) else { return nil }
    let what =
      switch record.state {
      case .synSent: "SYN"
      case .synRecv: "SYN-ACK"
      case .finWait1, .lastAck, .closing: "FIN"
      default: language("data", "envío")
      }
    let time = Self.seconds(record.timerMilliseconds)
    return language("\(what) again in \(time)", "otro \(what) en \(time)")
  }

  /// What a segment carries.
  package func segment(_ segment: FlowSegment) -> String {
    let content =
      switch segment.content {
      case .syn: "SYN"
      case .synAck: "SYN-ACK"
      case .ack: "ACK"
      case .data(let count), .datagram(let count): count == 1 ? "1 byte" : "\(count) bytes"
      case .fin: "FIN"
      }
    guard segment.isRepeated else { return content }
    return language("\(content) again", "otro \(content)")
  }

  /// `12.3 s`.
  package static func seconds(_ milliseconds: some BinaryInteger) -> String {
    "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
  }

  /// Only what the flow itself has sent is shown here: printable ASCII.
  private func text(_ bytes: [UInt8]) -> String { "b'\(Escaping.text(bytes))'" }

  // MARK: - Around the picture

  /// The text above the picture.
  package func preface(isDatagram: Bool, isUnicode: Bool) -> String {
    let change = isUnicode ? "●" : "*"
    if isDatagram {
      return language(
        "Datagrams between a server and a client on this machine. \(change) marks a state that has changed.",
        "Datagramas entre un servidor y un cliente en esta máquina. \(change) marca un estado que ha cambiado.")
    }
    let cross = isUnicode ? "×" : "x"
    return language(
      """
      A connection between a server and a client on this machine. \(change) marks a state that has changed, \
      \(cross) a segment that is held back where it arrives, so that the states before it can be seen; \
      the kernel itself sends it again.
      """,
      """
      Una conexión entre un servidor y un cliente en esta máquina. \(change) marca un estado que ha cambiado, \
      \(cross) un segmento que se retiene donde llega, para que se vean los estados anteriores; \
      el propio kernel lo repite.
      """)
  }

  /// How to look from another terminal, while every step waits.
  package func advice(isDatagram: Bool, port: String) -> String {
    let ss = isDatagram ? "ss -uan" : "ss -tan"
    return language(
      "At each step look from another terminal: sockinspect --port \(port), or \(ss), or netstat -an.",
      "En cada paso, mira desde otra terminal: sockinspect --port \(port), o \(ss), o netstat -an.")
  }

  /// What a connection leaves behind.
  package func closing(ofConnection step: FlowStep) -> [String] {
    var lines: [String] = []
    if let client = step.sighting(.client), client.state == .timeWait, let record = client.record,
      let end = step.client
    {
      let holder = language("No process holds it, only the kernel. ", "No es de ningún proceso, solo del kernel. ")
      let time = Self.seconds(record.timerMilliseconds)
      let sentences = language(
        """
        The client closed first: for \(time) more its end \(end) stays in TIME_WAIT, so that late \
        segments of this connection are not taken for another's.
        """,
        """
        El cliente cerró primero: durante \(time) más su extremo \(end) sigue en TIME_WAIT, para que los segmentos \
        rezagados de esta conexión no se tomen por los de otra.
        """)
      lines.append(sentences + " " + (record.canHaveOwner ? "" : holder))
      let port = step.server?.port ?? end.port
      lines.append(language("To see it: sockinspect --port \(port)", "Para verlo: sockinspect --port \(port)"))
    } else {
      lines.append(language("Nothing of the connection is left.", "De la conexión no queda nada."))
    }
    lines.append(
      language(
        "In recv-q and send-q a SYN and a FIN count as one byte each.",
        "En recv-q y send-q, un SYN y un FIN cuentan un byte cada uno."))
    return lines
  }

  /// What it means that these were datagrams.
  package var closingOfDatagrams: [String] {
    language(
      [
        """
        No handshake, no acknowledgement, no FIN: nothing is left, and neither side learned of the other's end. Had a \
        datagram been lost, nobody would have sent it again.
        """,
        "In UDP's recv-q the kernel counts the memory that datagrams take, not their bytes.",
      ],
      [
        """
        Ni saludo, ni confirmación, ni FIN: no queda nada, y ningún lado se enteró del final del otro. Si se hubiera \
        perdido un datagrama, nadie lo habría repetido.
        """,
        "En el recv-q de UDP, el kernel cuenta la memoria que ocupan los datagramas, no sus bytes.",
      ])
  }

  // MARK: - While it runs

  /// The heading of a lane.
  package func heading(_ side: FlowSide) -> String {
    switch side {
    case .server: language("SERVER", "SERVIDOR")
    case .client: language("CLIENT", "CLIENTE")
    }
  }

  /// The remark about a step, apart from its calls and states.
  package func remark(_ remark: FlowRemark) -> String {
    switch remark {
    case .unlisted:
      language("it has no address: it is in no table yet", "no tiene dirección: aún no está en ninguna tabla")
    case .portTaken:
      language(
        "the port is taken; ss and netstat do not list it yet", "el puerto está ocupado; ss y netstat aún no lo listan")
    case .portTakenUnlisted:
      language("the port is taken, and in no table yet", "el puerto está ocupado, y aún en ninguna tabla")
    case .ownPort(let port): language("its port is \(port)", "su puerto es \(port)")
    case .kernelAnswers: language("the kernel answers, without a call", "responde el kernel, sin ninguna llamada")
    case .notAccepted:
      language("ready, but not accepted: no process holds it", "lista, pero sin aceptar: no es de ningún proceso")
    case .secondSocket:
      language("a second socket; the first listens on", "un segundo socket; el primero sigue escuchando")
    case .unread(let count): language("\(count) bytes wait to be read", "\(count) bytes esperan a que los lean")
    case .sendsFIN: language("it sends a FIN, as close() does", "envía un FIN, igual que close()")
    case .countedFIN: language("the FIN counts as a byte to read", "el FIN cuenta como un byte por leer")
    case .endOfStream:
      language("nothing: the client has ended its direction", "nada: el cliente terminó su sentido")
    case .gone: language("it is in no table any more", "ya no está en ninguna tabla")
    case .unheld: language("no process holds it any more", "ya no es de ningún proceso")
    case .readyForDatagrams:
      language("ready: there is no listen(), no accept()", "listo: aquí no hay listen() ni accept()")
    case .notNotified: language("the server is not notified", "al servidor nadie le avisa")
    case .memory(let bytes, let taken):
      language("\(bytes) bytes, which take \(taken) of memory", "\(bytes) bytes, que ocupan \(taken) de memoria")
    }
  }

  /// What Enter does next, while each step waits for it.
  package func prompt(letting held: FlowSegment?) -> String {
    let next =
      held.map { language("let the \(segment($0)) through", "dejar pasar el \(segment($0))") }
      ?? language("the next step", "el paso siguiente")
    return language("Enter: \(next)   Ctrl-C: the end", "Intro: \(next)   Ctrl-C: terminar")
  }

  /// How long it is until the kernel sends a segment again.
  package func waiting(for segment: FlowSegment, seconds: Int) -> String {
    var first = segment
    first.isRepeated = false
    let name = self.segment(first)
    let reason = language(
      ": the longer nobody answers, the longer it waits", ": cuanto más tarda la respuesta, más espera")
    return language(
      "the kernel sends the \(name) again in \(seconds) s", "el kernel repite el \(name) en \(seconds) s")
      + (seconds > 2 ? reason : "")
  }

  /// Why a flow ended early.
  package func lost(_ role: FlowRole, wanted: SocketState?, seen: SocketState?) -> String {
    let whose =
      switch role {
      case .listener: language("the server's socket", "el socket del servidor")
      case .connection: language("the server's end of the connection", "el extremo del servidor")
      case .client: language("the client's socket", "el socket del cliente")
      }
    func name(_ state: SocketState?) -> String { state.map { $0.name.uppercased() } ?? language("gone", "(nada)") }
    return language(
      "\(whose) should be \(name(wanted)) now and is \(name(seen)); the flow ends here",
      "\(whose) debería estar en \(name(wanted)) y está en \(name(seen)); el flujo acaba aquí")
  }
}
