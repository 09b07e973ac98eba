// The flow, datagrams, states to hold, the map and the exercise: the end of the lesson.

extension Lesson {
  /// The whole flow in one run.
  static func flow(in language: Language) -> Section {
    Section(
      language("The whole flow in one run", "Todo el flujo de una vez"),
      .text(
        language(
          """
          `flow-demo` plays both sides in two lanes, with the segments between them. It holds some of them back, so \
          that even the states that last microseconds can be seen.
          """,
          """
          `flow-demo` hace de servidor y de cliente en dos columnas, con los segmentos que van de uno a otro. \
          Retiene algunos, para que se vean hasta los estados que solo duran microsegundos. (Este es el comienzo del \
          saludo inicial, el handshake.)
          """)),
      .session(
        language(
          #"""
          $ sockinspect flow-demo
          ...
           5                                │×◄──── SYN ─────│ connect(127.0.0.1:1234)
               LISTEN                       │                │ ● SYN_SENT  send-q 1
                                            │                │   SYN again in 1.0 s
                                            │                │   its port is 58944
                                            │                │
           6                                │◄── SYN again ──│ connect(127.0.0.1:1234) = 0
                                            │─── SYN-ACK ───►│
                                            │×◄──── ACK ─────│
             ● SYN_RECV                     │                │ ● ESTABLISHED
               SYN-ACK again in 0.9 s       │                │
               the kernel answers, without  │                │
               a call                       │                │
          ...
          """#,
          #"""
          $ sockinspect flow-demo --lang es
          ...
           5                                │×◄──── SYN ─────│ connect(127.0.0.1:1234)
               LISTEN                       │                │ ● SYN_SENT  send-q 1
                                            │                │   otro SYN en 1.0 s
                                            │                │   su puerto es 58944
                                            │                │
           6                                │◄── otro SYN ───│ connect(127.0.0.1:1234) = 0
                                            │─── SYN-ACK ───►│
                                            │×◄──── ACK ─────│
             ● SYN_RECV                     │                │ ● ESTABLISHED
               otro SYN-ACK en 0.9 s        │                │
               responde el kernel, sin      │                │
               ninguna llamada              │                │
          ...
          """#)))
  }

  /// UDP, and what "no guarantee" means.
  static func datagrams(in language: Language) -> Section {
    Section(
      language("UDP, and what \"no guarantee\" means", "UDP y lo que significa \"sin garantía\""),
      .text(
        language(
          """
          No connection, no order, no second try. Five ways for a datagram to fail, with real packets; `flow-demo \
          --udp` shows one that arrives, and `listen-demo --udp --drop 30` is a server that loses a share of them.
          """,
          """
          Ni conexión, ni orden, ni segundo intento. Son cinco maneras de fallar de un datagrama, con paquetes \
          reales; `flow-demo --udp` muestra uno que llega, y `listen-demo --udp --drop 30` es un servidor que pierde \
          una parte.
          """)),
      .session(
        language(
          #"""
          $ sockinspect connect-demo --udp --no-guarantee
          1. Refused: nobody has the port
             client 127.0.0.1:54102, nobody at 127.0.0.1:48284
             client  send b'Hello, world' = 12
             client  recv fails: Connection refused
          ...
          2. Lost: the second of three does not get through
          ...
             client  send b'Hello, world #2' = 15
             server  recv b'Hello, world #2'
             server  throws it away, as a full router does
             client  recv nothing, for 0.3 s
          ...
             Neither end learns of it. UDP does not number, acknowledge or send again, as
             TCP does: a program that must know has to ask again after a while.
          ...
          4. Truncated: the answer is longer than the buffer of 8 bytes
          ...
             client  recv b'Welcome ': 8 of 21 bytes
             client  recv nothing: the rest is not kept
             One recv() takes one datagram, whole or cut to the buffer. TCP would have
             given the other bytes to the next recv().
          ...
          """#,
          #"""
          $ sockinspect connect-demo --udp --no-guarantee --lang es
          1. Rechazado: nadie tiene el puerto
             cliente 127.0.0.1:54102, nadie en 127.0.0.1:48284
             cliente   send b'Hello, world' = 12
             cliente   recv falla: Connection refused
          ...
          2. Perdido: el segundo de tres no llega
          ...
             cliente   send b'Hello, world #2' = 15
             servidor  recv b'Hello, world #2'
             servidor  lo tira, como hace un encaminador lleno
             cliente   recv nada, en 0.3 s
          ...
             Ningún extremo se entera. UDP no numera, no confirma ni repite, como hace
             TCP: un programa que tenga que saberlo debe preguntar otra vez al rato.
          ...
          4. Cortado: la respuesta es más larga que el búfer de 8 bytes
          ...
             cliente   recv b'Welcome ': 8 de 21 bytes
             cliente   recv nada: el resto no se guarda
             Un recv() toma un datagrama, entero o cortado al búfer. TCP habría dado los
             demás bytes al siguiente recv().
          ...
          """#)))
  }

  /// Any state, for as long as you like.
  static func hold(in language: Language) -> Section {
    Section(
      language("Any state, for as long as you like", "Cualquier estado, el tiempo que haga falta"),
      .text(
        language(
          """
          `--hold` makes each of the eleven states with real sockets and keeps them until Ctrl-C, to look at with \
          any tool.
          """,
          """
          `--hold` crea cada uno de los once estados con sockets reales y los mantiene hasta que se pulsa Ctrl-C, \
          para mirarlos con cualquier herramienta.
          """)),
      .session(
        terminal: 1,
        language(
          #"""
          $ sockinspect listen-demo --hold all
          held by process 4138
          STATE        ENDS                                 FD  MADE BY
          LISTEN       127.0.0.1:1234                       4   bind(), listen()
          SYN_SENT     127.0.0.2:40117 -> 127.0.0.2:1234    7   connect(), queue full
          SYN_RECV     127.0.0.3:1234 <- 127.0.0.3:38263    -   connect(), no data yet
          ESTABLISHED  127.0.0.4:1234 <- 127.0.0.4:49901    13  connect(), accept()
          FIN_WAIT1    127.0.0.5:44093 -> 127.0.0.5:1234    14  FIN waits, data unread
          FIN_WAIT2    127.0.0.6:45403 -> 127.0.0.6:1234    16  shutdown()
          CLOSE_WAIT   127.0.0.7:1234 <- 127.0.0.7:56467    19  the peer's shutdown()
          CLOSING      127.0.0.8:58587 -> 127.0.0.8:1234    20  both FINs, own waits
          LAST_ACK     127.0.0.9:43897 -> 127.0.0.9:1234    22  peer's FIN, own waits
          TIME_WAIT    127.0.0.10:1234 <- 127.0.0.10:35867  -   closed first
          CLOSE        127.0.0.11:1234                      11  bind() and no more
          ...
          held until Ctrl-C
          """#,
          #"""
          $ sockinspect listen-demo --hold all --lang es
          los tiene el proceso 4138
          ESTADO       EXTREMOS                             FD  HECHO CON
          LISTEN       127.0.0.1:1234                       4   bind(), listen()
          SYN_SENT     127.0.0.2:40117 -> 127.0.0.2:1234    7   connect(), cola llena
          SYN_RECV     127.0.0.3:1234 <- 127.0.0.3:38263    -   connect(), sin datos
          ESTABLISHED  127.0.0.4:1234 <- 127.0.0.4:49901    13  connect(), accept()
          FIN_WAIT1    127.0.0.5:44093 -> 127.0.0.5:1234    14  el FIN espera, sin leer
          FIN_WAIT2    127.0.0.6:45403 -> 127.0.0.6:1234    16  shutdown()
          CLOSE_WAIT   127.0.0.7:1234 <- 127.0.0.7:56467    19  el shutdown() del otro
          CLOSING      127.0.0.8:58587 -> 127.0.0.8:1234    20  dos FIN, uno espera
          LAST_ACK     127.0.0.9:43897 -> 127.0.0.9:1234    22  FIN ajeno, el suyo no
          TIME_WAIT    127.0.0.10:1234 <- 127.0.0.10:35867  -   cerró primero
          CLOSE        127.0.0.11:1234                      11  bind() y nada más
          ...
          se mantienen hasta Ctrl-C
          """#)),
      .session(
        #"""
        $ sockinspect --port 1234 --state close-wait
        PROTO  STATE       RECV-Q  SEND-Q  LOCAL           PEER             OWNERS
        tcp    close_wait       1       0  127.0.0.6:1234  127.0.0.6:45403  sockinspect[4138] fd 17
        tcp    close_wait       1       0  127.0.0.7:1234  127.0.0.7:56467  sockinspect[4138] fd 19
        """#))
  }

  /// All of it as a map.
  static func map(in language: Language) -> Section {
    Section(
      language("All of it as a map", "El mapa completo"),
      .text(
        language(
          "The states of TCP and the ways between them:",
          "Los estados de TCP y los caminos entre ellos:")),
      picture("states", .states(in: language, isASCII: false), language))
  }

  /// Exercise.
  static func exercise(in language: Language) -> Section {
    Section(
      language("Exercise", "Ejercicio"),
      .text(
        language(
          """
          Write a server of your own that shows on the console what its clients send and answers with the same, as \
          this one does; then let `sockinspect connect-demo` and `nc` talk to it, and look at it with `sockinspect \
          --port 1234`. Does it leave anything in CLOSE_WAIT?
          """,
          """
          Escribe un servidor que muestre por la consola lo que le envían sus clientes y se lo devuelva, como hace \
          este. Después haz que hablen con él `sockinspect connect-demo` y `nc`, y míralo con `sockinspect --port \
          1234`. ¿Deja algo en CLOSE_WAIT?
          """)),
      .session(
        terminal: 1,
        language(
          #"""
          $ sockinspect listen-demo --echo --quiet
          listening
          """#,
          #"""
          $ sockinspect listen-demo --echo --quiet --lang es
          listening
          """#)),
      .session(
        terminal: 2,
        language(
          #"""
          $ printf 'Hello\n' | nc -N 127.0.0.1 1234
          Hello
          """#,
          #"""
          $ printf 'Hola\n' | nc -N 127.0.0.1 1234
          Hola
          """#)),
      .session(
        terminal: 1,
        language(
          #"""
          Connected by ('127.0.0.1', 58950)
          Received b'Hello\n'
          """#,
          #"""
          Connected by ('127.0.0.1', 58950)
          Received b'Hola\n'
          """#)))
  }
}
