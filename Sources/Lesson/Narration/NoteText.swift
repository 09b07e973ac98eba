import Rendering
import LinuxSystem
import SocketModel
import Text

extension DemoNote {
  /// Whether it is reported even where the narration is not wanted.
  package var isTrouble: Bool {
    switch self {
    case .reachable, .outOfDescriptors, .reset, .silent: true
    case .serving, .dropped, .heldBack, .unanswered, .gaveUp, .staysOpen, .remark: false
    }
  }

  /// Whether a client caused it, and can cause it any number of times.
  var isOfClient: Bool {
    switch self {
    case .reset, .silent: true
    default: false
    }
  }

  /// The note as a sentence, in the language of the calls.
  package func text(_ calls: CallText) -> String {
    let language = calls.language
    func shown(_ address: SocketAddress) -> String { address.shown(in: language) }
    let otherEnd = language("the other end", "el otro extremo")
    switch self {
    case .serving(let address):
      let arguments =
        address.port.map { "--port \($0)" } ?? UnixName(bytes: address.unixName ?? []).listingArguments
      return language(
        "serving \(shown(address)); to look at it: sockinspect \(arguments)",
        "sirviendo en \(shown(address)); para verlo: sockinspect \(arguments)")
    case .reachable(let address):
      return language(
        "warning: other machines can reach \(shown(address))", "aviso: otras máquinas pueden llegar a \(shown(address))"
      )
    case .outOfDescriptors(let limit):
      return language(
        "no descriptor is left (the limit is \(limit)): the next client waits until another goes; more with: ulimit -n",
        "no queda ningún descriptor (el límite es \(limit)): el próximo cliente espera a que otro se vaya; más con: ulimit -n"
      )
    case .reset(let peer):
      let who = peer.map(shown) ?? otherEnd
      return language("\(who) reset the connection", "\(who) cortó la conexión (RST)")
    case .silent(let peer, let milliseconds):
      let who = peer.map(shown) ?? otherEnd
      return language(
        "\(who) said nothing for \(seconds(milliseconds))", "\(who) no dijo nada en \(seconds(milliseconds))")
    case .dropped(let bytes, let sender):
      return language(
        "dropped \(calls.data(bytes)) from \(shown(sender)), as a network may",
        "se perdió \(calls.data(bytes)) de \(shown(sender)), como puede pasar en una red")
    case .heldBack(let bytes, let peer):
      return language(
        "held back \(calls.data(bytes)) for \(shown(peer)): others go first",
        "retenido \(calls.data(bytes)) para \(shown(peer)): otros van antes")
    case .unanswered(let number, let milliseconds):
      let which = number.map { language(" to #\($0)", " a #\($0)") } ?? ""
      return language(
        "no answer\(which) for \(seconds(milliseconds)): it is taken for lost",
        "ninguna respuesta\(which) en \(seconds(milliseconds)): se da por perdida")
    case .gaveUp(let milliseconds):
      return language(
        "has waited \(seconds(milliseconds)), and waits no longer", "ya esperó \(seconds(milliseconds)) y no espera más"
      )
    case .staysOpen(let count, let milliseconds):
      let what =
        switch count {
        case nil: language("the socket stays", "el socket sigue")
        case 1: language("the connection stays", "la conexión sigue")
        case let count?: language("\(count) connections stay", "\(count) conexiones siguen")
        }
      let open = (count ?? 1) == 1 ? (count == nil ? "abierto" : "abierta") : "abiertas"
      let until =
        milliseconds.map { language("for \(seconds($0))", "durante \(seconds($0))") }
        ?? language("until Ctrl-C", "hasta Ctrl-C")
      return language("\(what) open \(until)", "\(what) \(open) \(until)")
    case .remark(let remark): return Escaping.text(remark.text(in: language))
    }
  }
}

extension DemoRemark {
  /// The remark as a sentence without a full stop.
  func text(in language: Language) -> String {
    switch self {
    case .datagramCut(let length, let taken):
      language(
        "the datagram had \(length) bytes and the buffer took \(taken): the rest is lost",
        "el datagrama tenía \(length) bytes y en el búfer cupieron \(taken): el resto se perdió")
    case .unnamedSender:
      language(
        "the sender is bound to no name, so it cannot be answered",
        "quien lo envió no tiene nombre, así que no se le puede responder")
    case .receivingFailed(let reason): language("receiving failed: \(reason)", "falló la recepción: \(reason)")
    case .answerFailed(let reason):
      language("the answer could not be sent: \(reason)", "no se pudo enviar la respuesta: \(reason)")
    case .acceptingFailed(let reason):
      language("accepting failed and is tried again: \(reason)", "accept() falló y se repite: \(reason)")
    case .askedInHTTP:
      language(
        "the client asks in HTTP: the reply gets HTTP's header",
        "el cliente pregunta por HTTP: la respuesta lleva la cabecera de HTTP")
    case .closingUnread(let descriptor):
      language(
        "closing descriptor \(descriptor) with bytes unread: the kernel resets the connection",
        "se cierra el descriptor \(descriptor) con bytes sin leer: el kernel corta la conexión (RST)")
    case .connectionLost(let reason): language("a connection is lost: \(reason)", "se perdió una conexión: \(reason)")
    case .otherAddress:
      language(
        "the name has another address, which is tried now", "el nombre tiene otra dirección, que se prueba ahora")
    case .answerCut(let length, let room):
      language(
        "the datagram had \(length) bytes and the buffer room for \(room): the other \(length - room) are gone for good",
        "el datagrama tenía \(length) bytes y en el búfer cabían \(room): los otros \(length - room) se perdieron para siempre"
      )
    case .answerOvertaken(let number, let other):
      language(
        "the answer to #\(number) came after that to #\(other)",
        "la respuesta a #\(number) llegó después de la de #\(other)")
    }
  }
}
