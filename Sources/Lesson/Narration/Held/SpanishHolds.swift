import SocketModel

extension HoldLesson {
  /// How a state is made, in a few words and in sentences, and what ends it, in Spanish.
  static func spanish(_ state: SocketState) -> Words {
    switch state {
    case .listen:
      ("bind(), listen()", "socket(), bind(), listen(). Espera clientes.", "close(). Ningún temporizador.")
    case .synSent:
      (
        "connect(), cola llena",
        """
        servidor: listen() con un backlog de 0 y ningún accept(), de modo que una conexión llena su cola. Otro \
        cliente: connect(). Su SYN se descarta y se repite una y otra vez.
        """,
        """
        el accept() del servidor, que hace sitio: ESTABLISHED. O el tiempo: connect() falla con ETIMEDOUT tras uno o \
        dos minutos; aquí, con TCP_SYNCNT 127, tras unas cuatro horas.
        """
      )
    case .synRecv:
      (
        "connect(), sin datos",
        """
        servidor: setsockopt(TCP_DEFER_ACCEPT), listen(). Cliente: connect(), y ningún send(). El servidor respondió \
        al SYN y no crea un socket hasta que lleguen datos; el cliente se cree conectado.
        """,
        """
        el send() del cliente: ESTABLISHED. O el tiempo, aquí unas ocho horas; a un cliente que no responde se le \
        abandona al minuto.
        """
      )
    case .established:
      (
        "connect(), accept()", "servidor: socket(), bind(), listen(), accept(). Cliente: socket(), connect().",
        """
        close() o shutdown() en cualquier extremo. Mientras nadie envía no corre ningún temporizador, así que \
        sobrevive a un cable cortado.
        """
      )
    case .finWait1:
      (
        "el FIN espera, sin leer",
        """
        cliente: connect(), send() de 32768 bytes que el servidor no lee, shutdown(SHUT_WR). El FIN tiene que esperar \
        detrás de bytes para los que el servidor no tiene sitio.
        """,
        "el recv() del servidor: el FIN pasa y se confirma, FIN_WAIT2. Lo normal es una ida y vuelta."
      )
    case .finWait2:
      (
        "shutdown()",
        "cliente: connect(), shutdown(SHUT_WR). El servidor ha confirmado el FIN y no ha cerrado su propio sentido.",
        """
        el close() del servidor: TIME_WAIT. Un cliente que llamó a close() en vez de shutdown() no espera más de \
        net.ipv4.tcp_fin_timeout, 60 s.
        """
      )
    case .closeWait:
      (
        "el shutdown() del otro",
        "cliente: connect(), shutdown(SHUT_WR). El recv() del servidor da 0, el final, y este no cierra.",
        """
        el close() o shutdown() del servidor: LAST_ACK. Ningún temporizador: muchos delatan un programa que olvida \
        close().
        """
      )
    case .closing:
      (
        "dos FIN, uno espera",
        """
        los dos: send() de 32768 bytes, shutdown(SHUT_WR). Después, el cliente llama a recv() hasta el final: tiene el \
        FIN del servidor, mientras el suyo espera detrás de bytes que el servidor no lee.
        """,
        "el recv() del servidor: el FIN del cliente pasa y se confirma, TIME_WAIT."
      )
    case .lastAck:
      (
        "FIN ajeno, el suyo no",
        """
        cliente: send() de 32768 bytes que el servidor no lee. Servidor: shutdown(SHUT_WR). Después el cliente: \
        shutdown(SHUT_WR). Su FIN, el último, espera detrás de los bytes.
        """,
        "el recv() del servidor: el FIN pasa y se confirma, y la conexión desaparece."
      )
    case .timeWait:
      (
        "cerró primero",
        """
        servidor: accept(), shutdown(SHUT_WR), el primero. Cliente: shutdown(SHUT_WR), el segundo. Los dos: close(). \
        Se lo queda quien cierra primero, para que los segmentos rezagados no den con una conexión nueva.
        """,
        "el kernel, a los 60 s; antes se vuelve a crear. No es de ningún proceso, así que ningún close() lo termina."
      )
    default:
      (
        "bind() y nada más", "socket(), bind(), y ni listen() ni connect(). Aun así, el puerto está ocupado.",
        "listen(): LISTEN. connect(): SYN_SENT. close()."
      )
    }
  }
}
