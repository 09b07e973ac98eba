extension Picture {
  /// Which call of server and client leads to which state, in the order of the lesson's two
  /// programs: the server closes first.
  package static func calls(in language: Language, isASCII: Bool) -> Picture {
    switch language {
    case .english: Picture(callDrawing, isASCII: isASCII, notes: englishCallNotes)
    case .spanish: Picture(callDrawing, words: spanishCallWords, isASCII: isASCII, notes: spanishCallNotes)
    }
  }

  private static let callDrawing = """
    SERVER                                                                 CLIENT
    state of its socket                                       state of its socket

    CLOSE          socket()
    BOUND_INACTIVE bind()
    LISTEN         listen()                                socket()         CLOSE
    LISTEN         accept() waits   ◄──────── SYN ──────── connect()     SYN_SENT
    SYN_RECV *                      ────── SYN+ACK ──────► returns    ESTABLISHED
    ESTABLISHED *  accept() returns ◄──────── ACK ────────
    ESTABLISHED *  recv()           ◄──────── data ─────── send()     ESTABLISHED
    ESTABLISHED *  send()           ──────── data ───────► recv()     ESTABLISHED
    FIN_WAIT1 *    close()          ──────── FIN ────────►             CLOSE_WAIT
    FIN_WAIT2 *                     ◄──────── ACK ────────             CLOSE_WAIT
    TIME_WAIT *                     ◄──────── FIN ──────── close()       LAST_ACK
    TIME_WAIT *                     ──────── ACK ────────►                  (end)
    (end) 60 s later

    UDP

    UNCONNECTED    socket()                                socket()   UNCONNECTED
    UNCONNECTED    bind()
    UNCONNECTED    recvfrom()       ◄────── datagram ───── sendto()   UNCONNECTED
    UNCONNECTED    sendto()         ────── datagram ─────► recvfrom() UNCONNECTED
    (end)          close()                                 close()          (end)
    """

  private static let spanishCallWords = [
    ("SERVER  ", "SERVIDOR"), ("  CLIENT", " CLIENTE"),
    ("state of its socket ", "estado de su socket "), (" state of its socket", " estado de su socket"),
    ("accept() waits", "accept() espera"), ("accept() returns", "accept() vuelve"), ("► returns", "► vuelve "),
    (" data ─", " datos "),
    (" datagram ─", " datagrama "), ("(end) 60 s later", "(fin) 60 s después"), ("(end)", "(fin)"), ("(end)", "(fin)"),
  ]

  private static let englishCallNotes = [
    """
    * The new socket, which accept() returns; the listener stays in LISTEN. The end that calls close() first, here the \
    server, keeps TIME_WAIT for 60 s.
    """
  ]

  private static let spanishCallNotes = [
    """
    * El socket nuevo, el que devuelve accept(); el que escucha sigue en LISTEN. Quien llama primero a close(), aquí \
    el servidor, se queda 60 s en TIME_WAIT.
    """
  ]
}
