package import LinuxSystem
package import SocketModel
import Text

/// The words of `connect-demo --udp --no-guarantee`: no line is longer than 80 columns.
package struct NoGuaranteeText: Sendable {
  /// The language of the words.
  package let language: Language

  package init(language: Language) { self.language = language }

  /// What happened.
  package func lines(_ event: NoGuarantee.Event, look: (SocketAddress) -> SocketRecord?) -> [String] {
    switch event {
    case .begins(let scene, let client, let server):
      let ends =
        scene == .refused
        ? language(
          "client \(client.shown), nobody at \(server.shown)", "cliente \(client.shown), nadie en \(server.shown)")
        : language(
          "client \(client.shown), server \(server.shown)", "cliente \(client.shown), servidor \(server.shown)")
      return ["\(scene.rawValue). \(title(scene))", "   \(ends)"]
    case .sent(let party, let bytes):
      return [line(party, "send", "\(PythonText.bytes(bytes)) = \(bytes.count)")]
    case .received(let party, let bytes, let length):
      let cut = language(": \(bytes.count) of \(length) bytes", ": \(bytes.count) de \(length) bytes")
      return [line(party, "recv", PythonText.bytes(bytes) + (length > bytes.count ? cut : ""))]
    case .threwAway:
      return [
        line(.server, "", language("throws it away, as a full router does", "lo tira, como hace un encaminador lleno"))
      ]
    case .failed(let error):
      return [line(.client, "recv", language("fails: \(error.reason)", "falla: \(error.reason)"))]
    case .silent(let milliseconds):
      let time = seconds(milliseconds)
      return [line(.client, "recv", language("nothing, for \(time)", "nada, en \(time)"))]
    case .nothingLeft:
      return [line(.client, "recv", language("nothing: the rest is not kept", "nada: el resto no se guarda"))]
    case .sentMany(let count, let size):
      return [
        line(
          .client, "send",
          language(
            "\(count) times \(size) bytes: each send() = \(size)", "\(count) veces \(size) bytes: cada send() = \(size)"
          ))
      ]
    case .lookAt(let address):
      guard let record = look(address) else {
        let none = language("(its table does not show the drops here)", "(aquí su tabla no muestra lo descartado)")
        return [line(nil, "", none)]
      }
      return [line(nil, "", "UDP \(address.shown)  RECV-Q \(record.receiveQueue)  DROPS \(record.drops)")]
    case .readMany(let count):
      return [
        line(.server, "recv", language("\(count) datagrams, and then nothing", "\(count) datagramas, y después nada"))
      ]
    }
  }

  /// The lesson of a scene.
  package func moral(_ scene: NoGuarantee.Scene) -> [String] {
    switch scene {
    case .refused:
      return language(
        [
          "   The send succeeds: it only hands the datagram to the network. The kernel at",
          "   the other end answers with ICMP \"port unreachable\", and the next call on the",
          "   connected socket reports it. Through a firewall there is only silence.", "",
        ],
        [
          "   El envío sale bien: solo entrega el datagrama a la red. El kernel del otro",
          "   extremo responde con ICMP \"port unreachable\", y de eso informa la llamada",
          "   siguiente del socket conectado. Con un cortafuegos solo hay silencio.", "",
        ])
    case .lost:
      return language(
        [
          "   Neither end learns of it. UDP does not number, acknowledge or send again, as",
          "   TCP does: a program that must know has to ask again after a while.", "",
        ],
        [
          "   Ningún extremo se entera. UDP no numera, no confirma ni repite, como hace",
          "   TCP: un programa que tenga que saberlo debe preguntar otra vez al rato.", "",
        ])
    case .reordered:
      return language(
        [
          "   Each datagram goes its own way, and none waits for another. Only a number in",
          "   the message shows which answer belongs to what; TCP numbers every byte.", "",
        ],
        [
          "   Cada datagrama va por su lado, y ninguno espera a otro. Solo un número en el",
          "   mensaje dice a qué responde cada cual; TCP numera todos los bytes.", "",
        ])
    case .truncated:
      return language(
        [
          "   One recv() takes one datagram, whole or cut to the buffer. TCP would have",
          "   given the other bytes to the next recv().", "",
        ],
        [
          "   Un recv() toma un datagrama, entero o cortado al búfer. TCP habría dado los",
          "   demás bytes al siguiente recv().", "",
        ])
    case .overflown:
      return language(
        [
          "   The server's receive buffer was full, and its kernel dropped the rest and",
          "   counted it: `sockinspect -u --memory` shows the column DROPS. The client",
          "   does not learn of it; TCP would have made it wait.",
        ],
        [
          "   El búfer de recepción del servidor se llenó, y su kernel descartó el resto y",
          "   lo contó: `sockinspect -u --memory` muestra la columna DROPS. El cliente no",
          "   se entera; TCP lo habría hecho esperar.",
        ])
    }
  }

  private func title(_ scene: NoGuarantee.Scene) -> String {
    switch scene {
    case .refused: language("Refused: nobody has the port", "Rechazado: nadie tiene el puerto")
    case .lost:
      language("Lost: the second of three does not get through", "Perdido: el segundo de tres no llega")
    case .reordered:
      language(
        "Out of order: three are answered last to first", "Desordenados: a tres se responde del último al primero")
    case .truncated:
      language(
        "Truncated: the answer is longer than the buffer of 8 bytes",
        "Cortado: la respuesta es más larga que el búfer de 8 bytes")
    case .overflown:
      language(
        "Dropped: the server does not read, and its buffer is full",
        "Descartados: el servidor no lee y su búfer está lleno")
    }
  }

  private func line(_ party: NoGuarantee.Party?, _ call: String, _ text: String) -> String {
    let who =
      switch party {
      case .client: language("client", "cliente ")
      case .server: language("server", "servidor")
      case nil: language("kernel", "kernel  ")
      }
    return call.isEmpty ? "   \(who)  \(text)" : "   \(who)  \(call) \(text)"
  }
}
