// Sockets, protocols and a server: the beginning of the lesson.

extension Lesson {
  /// What the lesson is about, and how to read it.
  static func introduction(in language: Language) -> [Block] {
    [
      .text(
        language(
          """
          Programs talk over a network with a handful of calls: `socket`, `bind`, `listen`, `accept`, `connect`, \
          `send`, `recv`, `close`. Each of them changes the kernel's table of sockets. The demos make the calls for \
          real, on the loopback address and without root, and show that table before and after.
          """,
          """
          Los programas hablan por la red con unas pocas llamadas: `socket`, `bind`, `listen`, `accept`, `connect`, \
          `send`, `recv`, `close`. Cada una cambia la tabla de sockets del kernel. Las demostraciones hacen las \
          llamadas de verdad, en la dirección de loopback y sin ser root, y enseñan esa tabla antes y después.
          """)),
      .text(
        language(
          """
          It takes two terminals and a third to look from; a block says at its top which one it is, unless it is the \
          third. `^C` is Ctrl-C, `...` stands for lines left out.
          """,
          """
          Hacen falta dos terminales y una tercera para mirar; cada bloque indica arriba cuál es, salvo que sea la \
          tercera. `^C` es Ctrl-C y `...` son líneas omitidas. Todo habla español con `--lang es`, o por sí solo si \
          ese es el idioma del sistema.
          """)),
    ]
  }

  /// What a socket is.
  static func socket(in language: Language) -> Section {
    Section(
      language("What a socket is", "Qué es un socket"),
      .text(
        language(
          """
          One end of a conversation between two processes, on one machine or on two. The kernel keeps its addresses, \
          ports, state and queues; the program has only a number for it, the descriptor. A connection is known by \
          its two ends, each an address and a port.
          """,
          """
          Un extremo de una conversación entre dos procesos, en la misma máquina o en dos. El kernel guarda sus \
          direcciones, puertos, estado y colas; el programa solo tiene un número, el descriptor. Una conexión se \
          reconoce por sus dos extremos, cada uno con su dirección y su puerto.
          """)),
      .session(
        language(
          #"""
          $ sockinspect explain socket
          socket(): makes a socket
            What it is     Makes a socket of a family (AF_INET, AF_INET6, AF_UNIX) and a
                           type (SOCK_STREAM for TCP, SOCK_DGRAM for UDP) and returns its
                           descriptor. It has no address and no peer.
            States         CLOSE
                           UNCONNECTED
            Who acts next  The program: a server with bind(), a client with connect().
            How long       It returns at once.
            What to check  It fails when the process has too many descriptors open
                           (ulimit -n) or the kernel lacks the family. No listing shows a
                           new TCP socket yet; its link is below /proc/PID/fd.
          """#,
          #"""
          $ sockinspect explain socket --lang es
          socket(): crea un socket
            Qué es           Crea un socket de una familia (AF_INET, AF_INET6, AF_UNIX) y
                             un tipo (SOCK_STREAM para TCP, SOCK_DGRAM para UDP) y
                             devuelve su descriptor. Todavía no tiene dirección ni
                             interlocutor.
            Estados          CLOSE
                             UNCONNECTED
            A quién le toca  Al programa: si es servidor, con bind(); si es cliente, con
                             connect().
            Cuánto dura      Vuelve enseguida.
            Qué revisar      Falla si el proceso tiene demasiados descriptores abiertos
                             (ulimit -n) o si el kernel no tiene esa familia. Ningún
                             listado muestra aún un socket TCP nuevo; su enlace está en
                             /proc/PID/fd.
          """#)))
  }

  /// TCP, UDP and their calls.
  static func protocols(in language: Language) -> Section {
    Section(
      language("TCP, UDP and their calls", "TCP, UDP y sus llamadas"),
      .text(
        language(
          """
          TCP connects first; then every byte arrives, once and in order, or the program learns that it did not. UDP \
          sends single datagrams and promises nothing. In both a server waits at a port that is known and a client \
          begins. Which call does what, and in which state it leaves each end:
          """,
          """
          TCP conecta primero; después cada byte llega una sola vez y en orden o, si no, el programa se entera. UDP \
          envía datagramas sueltos y no promete nada. En ambos, el servidor espera en un puerto conocido y el \
          cliente empieza. Qué hace cada llamada y en qué estado deja cada extremo:
          """)),
      picture("calls", .calls(in: language, isASCII: false), language),
      .text(
        language(
          """
          `explain` knows every call and state: `sockinspect explain bind accept time_wait`; everything speaks \
          Spanish with `--lang es`.
          """,
          """
          `explain` conoce todas las llamadas y todos los estados: `sockinspect explain bind accept time_wait --lang \
          es`.
          """)))
  }

  /// A server: socket, bind, listen.
  static func server(in language: Language) -> Section {
    Section(
      language("A server: socket, bind, listen", "Un servidor: socket, bind, listen"),
      .text(
        language(
          """
          A port makes a socket a place that others can name, `listen` opens it to clients, `accept` waits for one. \
          Below each call is the kernel's row for the socket, `*` marking what the call changed. (`--never-close` \
          keeps connections open, to leave time to look; without it this server closes after its answer.)
          """,
          """
          El puerto es el nombre por el que los demás encuentran el socket; `listen` lo abre a los clientes y \
          `accept` espera al primero. Debajo de cada llamada está la fila del kernel, antes y después; `*` marca lo \
          que la llamada cambió. (`--never-close` deja abiertas las conexiones, para que dé tiempo a mirar; sin esa \
          opción, este servidor cierra después de responder.)
          """)),
      .session(
        terminal: 1,
        language(
          #"""
          $ sockinspect listen-demo --never-close
          sockinspect: process 4113; below each call is the kernel's row for its socket
          socket(AF_INET, SOCK_STREAM, 0) = 5
            before  no row: there is no socket yet
            after   no row: a TCP socket without a port is in no table
          bind(5, 127.0.0.1:1234) = 0
                    STATE        RECV-Q  SEND-Q  LOCAL           PEER             OWNER
            before  no row: it has no port yet
            after   bound_inactive    0       0  127.0.0.1:1234  -                fd 5
          listen(5, 128) = 0
            before  bound_inactive    0       0  127.0.0.1:1234  -                fd 5
            after  *listen            0    *128  127.0.0.1:1234  -                fd 5
                    a listener's RECV-Q: who waits for accept(); SEND-Q: how many may
          sockinspect: serving 127.0.0.1:1234; to look at it: sockinspect --port 1234
          listening
          accept(5) waits for a client
          """#,
          #"""
          $ sockinspect listen-demo --never-close --lang es
          sockinspect: proceso 4113; debajo de cada llamada está la fila del kernel para su socket
          socket(AF_INET, SOCK_STREAM, 0) = 5
            antes    sin fila: todavía no hay socket
            después  sin fila: un socket TCP sin puerto no está en ninguna tabla
          bind(5, 127.0.0.1:1234) = 0
                     STATE        RECV-Q  SEND-Q  LOCAL           PEER             OWNER
            antes    sin fila: todavía no tiene puerto
            después  bound_inactive    0       0  127.0.0.1:1234  -                fd 5
          listen(5, 128) = 0
            antes    bound_inactive    0       0  127.0.0.1:1234  -                fd 5
            después *listen            0    *128  127.0.0.1:1234  -                fd 5
                     en LISTEN, RECV-Q: quiénes esperan a accept(); SEND-Q: cuántos caben
          sockinspect: sirviendo en 127.0.0.1:1234; para verlo: sockinspect --port 1234
          listening
          accept(5) espera a un cliente
          """#)))
  }

  /// Look at it.
  static func look(in language: Language) -> Section {
    Section(
      language("Look at it", "Mirarlo"),
      .text(
        language(
          """
          This is what `netstat -an | grep 1234` and `lsof -i -n | grep 1234` are asked for. The server is in \
          LISTEN; it has no peer, and of its queue for 128 clients no place is taken.
          """,
          """
          Es lo que se busca con `netstat -an | grep 1234` y `lsof -i -n | grep 1234`. El servidor está en LISTEN: \
          no tiene otro extremo, y en su cola caben 128 clientes y no hay ninguno.
          """)),
      .session(
        #"""
        $ sockinspect --port 1234
        PROTO  STATE   RECV-Q  SEND-Q  LOCAL           PEER  OWNERS
        tcp    listen       0     128  127.0.0.1:1234  -     sockinspect[4113] fd 5
        """#))
  }
}
