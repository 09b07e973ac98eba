import Text

extension ServerAccount {
  /// The account as one sentence without a full stop:
  /// `3 clients, 36 bytes received, 63 bytes sent`.
  package func text(in language: Language) -> String {
    let units =
      isDatagram
      ? language(("datagram", "datagrams"), ("datagrama", "datagramas"))
      : language(("client", "clients"), ("cliente", "clientes"))
    let sent = language(
      counted(bytesSent, "byte", "bytes") + " sent", counted(bytesSent, "byte enviado", "bytes enviados"))
    let received = language(
      counted(bytesReceived, "byte", "bytes") + " received", counted(bytesReceived, "byte recibido", "bytes recibidos"))
    var parts = [counted(clients, units.0, units.1), received, sent]
    func add(_ count: Int, _ english: String, _ one: String, _ many: String) {
      if count > 0 { parts.append(language("\(count) \(english)", counted(count, one, many))) }
    }
    add(resets, "reset by the other end", "cortado por el otro extremo", "cortados por el otro extremo")
    add(
      closedUnread, "closed with bytes unread, which resets", "cerrado con bytes sin leer, lo que lo corta",
      "cerrados con bytes sin leer, lo que los corta")
    add(timeouts, "closed for silence", "cerrado por su silencio", "cerrados por su silencio")
    if isDatagram {
      add(failures, "not answered for an error", "sin respuesta por un error", "sin respuesta por un error")
    } else {
      add(failures, "lost by other errors", "perdido por otro error", "perdidos por otros errores")
    }
    add(dropped, "dropped as asked", "descartado a propósito", "descartados a propósito")
    add(truncated, "cut to the buffer's size", "cortado al tamaño del búfer", "cortados al tamaño del búfer")
    add(unsent, "not answered yet", "aún sin respuesta", "aún sin respuesta")
    add(stillOpen, "still open at the end", "todavía abierto al final", "todavía abiertos al final")
    return parts.joined(separator: ", ")
  }
}
