import SocketModel

extension HoldLesson {
  /// How a state is made, in a few words and in sentences, and what ends it.
  static func english(_ state: SocketState) -> Words {
    let summary, making, ending: String
    switch state {
    case .listen:
      summary = "bind(), listen()"
      making = "socket(), bind(), listen(). It waits for clients."
      ending = "close(). No timer does."
    case .synSent:
      summary = "connect(), queue full"
      making = """
        server: listen() with a backlog of 0 and no accept(), so that one connection fills its queue. Another client: \
        connect(). Its SYN is dropped and sent again and again.
        """
      ending = """
        the server's accept(), which makes room: ESTABLISHED. Or time: connect() fails with ETIMEDOUT after a minute \
        or two; here, with TCP_SYNCNT 127, after some four hours.
        """
    case .synRecv:
      summary = "connect(), no data yet"
      making = """
        server: setsockopt(TCP_DEFER_ACCEPT), listen(). Client: connect(), and no send(). The server has answered the \
        SYN and makes no socket before data comes; the client believes to be connected.
        """
      ending =
        "the client's send(): ESTABLISHED. Or time, here some eight hours; a client that does not answer is given up after a minute."
    case .established:
      summary = "connect(), accept()"
      making = "server: socket(), bind(), listen(), accept(). Client: socket(), connect()."
      ending = "close() or shutdown() at either end. While nobody sends no timer runs, so it outlives a cut cable."
    case .finWait1:
      summary = "FIN waits, data unread"
      making = """
        client: connect(), send() of 32768 bytes that the server does not read, shutdown(SHUT_WR). The FIN has to wait \
        behind bytes for which the server has no room.
        """
      ending =
        "the server's recv(): the FIN gets through and is acknowledged, FIN_WAIT2. Usually that takes one round trip."
    case .finWait2:
      summary = "shutdown()"
      making =
        "client: connect(), shutdown(SHUT_WR). The server has acknowledged the FIN and not closed its own direction."
      ending = """
        the server's close(): TIME_WAIT. A client that called close() instead of shutdown() waits no longer than \
        net.ipv4.tcp_fin_timeout, 60 s.
        """
    case .closeWait:
      summary = "the peer's shutdown()"
      making = "client: connect(), shutdown(SHUT_WR). The server's recv() gives 0, the end, and it does not close."
      ending =
        "the server's close() or shutdown(): LAST_ACK. No timer does: many of them mean a program that forgets close()."
    case .closing:
      summary = "both FINs, own waits"
      making = """
        both: send() of 32768 bytes, shutdown(SHUT_WR). Then the client calls recv() to the end: it has the server's \
        FIN, while its own waits behind bytes that the server does not read.
        """
      ending = "the server's recv(): the client's FIN gets through and is acknowledged, TIME_WAIT."
    case .lastAck:
      summary = "peer's FIN, own waits"
      making = """
        client: send() of 32768 bytes that the server does not read. Server: shutdown(SHUT_WR). Then the client: \
        shutdown(SHUT_WR). Its FIN, the last, waits behind the bytes.
        """
      ending = "the server's recv(): the FIN gets through and is acknowledged, and the connection is gone."
    case .timeWait:
      summary = "closed first"
      making = """
        server: accept(), shutdown(SHUT_WR), first. Client: shutdown(SHUT_WR), second. Both: close(). Who closes first \
        keeps it, so that late segments find no new connection.
        """
      ending = "the kernel, after 60 s; it is made again before that. No process has it, so no close() ends it."
    default:
      summary = "bind() and no more"
      making = "socket(), bind(), and neither listen() nor connect(). The port is taken all the same."
      ending = "listen(): LISTEN. connect(): SYN_SENT. close()."
    }
    return (summary, making, ending)
  }
}
