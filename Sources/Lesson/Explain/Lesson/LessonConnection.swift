// A connection from its beginning to TIME_WAIT: the middle of the lesson.

extension Lesson {
  /// A client: socket, connect, send, recv.
  static func client(in language: Language) -> Section {
    Section(
      language("A client: socket, connect, send, recv", "Un cliente: socket, connect, send, recv"),
      .text(
        language(
          """
          It needs no `bind`: `connect` gives it any free port. The 21 bytes in RECV-Q are the answer, until `recv` \
          takes it.
          """,
          """
          No necesita `bind`: `connect` le da un puerto libre cualquiera. Los 21 bytes de RECV-Q son la respuesta, \
          hasta que `recv` la recoge.
          """)),
      .session(
        terminal: 2,
        language(
          #"""
          $ sockinspect connect-demo --never-close
          ...
          connect(6, 127.0.0.1:1234) = 0
                    STATE        RECV-Q  SEND-Q  LOCAL            PEER             OWNER
            before  no row: it has no port yet
            after   established       0       0  127.0.0.1:41724  127.0.0.1:1234   fd 6
          ...
          recv(6, 1024) = 21, b'Welcome to the server'
            before  established      21       0  127.0.0.1:41724  127.0.0.1:1234   fd 6
            after   established      *0       0  127.0.0.1:41724  127.0.0.1:1234   fd 6
          Received b'Welcome to the server'
          sockinspect: the connection stays open until Ctrl-C
          """#,
          #"""
          $ sockinspect connect-demo --never-close --lang es
          ...
          connect(6, 127.0.0.1:1234) = 0
                     STATE        RECV-Q  SEND-Q  LOCAL            PEER             OWNER
            antes    sin fila: todavía no tiene puerto
            después  established       0       0  127.0.0.1:41724  127.0.0.1:1234   fd 6
          ...
          recv(6, 1024) = 21, b'Welcome to the server'
            antes    established      21       0  127.0.0.1:41724  127.0.0.1:1234   fd 6
            después  established      *0       0  127.0.0.1:41724  127.0.0.1:1234   fd 6
          Received b'Welcome to the server'
          sockinspect: la conexión sigue abierta hasta Ctrl-C
          """#)),
      .text(
        language(
          """
          Meanwhile the server had its client in the accept queue (the 1 in RECV-Q). `accept` took it out and \
          returned a second socket, fd 8, for this client alone; the first listens on.
          """,
          """
          Mientras tanto, el servidor tenía al cliente en la cola de espera (el 1 de RECV-Q). `accept` lo sacó de \
          ella y devolvió un segundo socket, fd 8, solo para este cliente; el primero sigue escuchando.
          """)),
      .session(
        terminal: 1,
        language(
          #"""
          accept(5) = 8, from 127.0.0.1:41724
            before  listen            1     128  127.0.0.1:1234  -                fd 5
            after   listen           *0     128  127.0.0.1:1234  -                fd 5
          ...
          Connected by ('127.0.0.1', 41724)
          ...
          recv(8, 1024) = 12, b'Hello, world'
            before  established      12       0  127.0.0.1:1234  127.0.0.1:41724  fd 8
            after   established      *0       0  127.0.0.1:1234  127.0.0.1:41724  fd 8
          Received b'Hello, world'
          send(8, b'Welcome to the server') = 21
          ...
          """#,
          #"""
          accept(5) = 8, de 127.0.0.1:41724
            antes    listen            1     128  127.0.0.1:1234  -                fd 5
            después  listen           *0     128  127.0.0.1:1234  -                fd 5
          ...
          Connected by ('127.0.0.1', 41724)
          ...
          recv(8, 1024) = 12, b'Hello, world'
            antes    established      12       0  127.0.0.1:1234  127.0.0.1:41724  fd 8
            después  established      *0       0  127.0.0.1:1234  127.0.0.1:41724  fd 8
          Received b'Hello, world'
          send(8, b'Welcome to the server') = 21
          ...
          """#)))
  }

  /// Both ends.
  static func bothEnds(in language: Language) -> Section {
    Section(
      language("Both ends", "Los dos extremos"),
      .text(
        language(
          "On one machine both ends of the connection are in the table, each the mirror image of the other.",
          "En una misma máquina, los dos extremos de la conexión están en la tabla, cada uno como reflejo del otro.")),
      .session(
        #"""
        $ sockinspect --port 1234
        PROTO  STATE        RECV-Q  SEND-Q  LOCAL            PEER             OWNERS
        tcp    listen            0     128  127.0.0.1:1234   -                sockinspect[4113] fd 5
        tcp    established       0       0  127.0.0.1:1234   127.0.0.1:41724  sockinspect[4113] fd 8
        tcp    established       0       0  127.0.0.1:41724  127.0.0.1:1234   sockinspect[4117] fd 6
        """#),
      .text(
        language(
          "The lesson's two commands, where neither program is installed:",
          "Las dos órdenes de la lección, aunque ninguno de los dos programas esté instalado:")),
      .session(
        #"""
        $ sockinspect netstat -an | grep 1234
        tcp        0      0 127.0.0.1:1234          0.0.0.0:*               LISTEN
        tcp        0      0 127.0.0.1:1234          127.0.0.1:41724         ESTABLISHED
        tcp        0      0 127.0.0.1:41724         127.0.0.1:1234          ESTABLISHED
        $ sockinspect lsof -i -n | grep 1234
        sockinspe 4113 root    5u  IPv4 323642      0t0  TCP 127.0.0.1:1234 (LISTEN)
        sockinspe 4113 root    8u  IPv4 323651      0t0  TCP 127.0.0.1:1234->127.0.0.1:41724 (ESTABLISHED)
        sockinspe 4117 root    6u  IPv4 323650      0t0  TCP 127.0.0.1:41724->127.0.0.1:1234 (ESTABLISHED)
        """#))
  }

  /// One end closes: CLOSE_WAIT.
  static func closeWait(in language: Language) -> Section {
    Section(
      language("One end closes: CLOSE_WAIT", "Cierra un extremo: CLOSE_WAIT"),
      .text(
        language(
          """
          Stop the client. Its kernel sends a FIN, which counts as one byte to read; the server's end goes to \
          CLOSE_WAIT and stays there for as long as the server does not `close` it: the usual cause of a leak. The \
          client's end is no process's any more.
          """,
          """
          Al parar el cliente, su kernel envía un FIN, que cuenta como un byte por leer. El extremo del servidor \
          pasa a CLOSE_WAIT y ahí se queda mientras el servidor no llame a `close`: es la causa habitual de las \
          fugas de conexiones. El extremo del cliente ya no es de ningún proceso.
          """)),
      .session(
        terminal: 2,
        language(
          #"""
          ^C
          close(6) = 0
            before  established       0       0  127.0.0.1:41724  127.0.0.1:1234   fd 6
          ...
          sockinspect: 1 connection: 1 answered; 12 bytes sent, 21 received
          """#,
          #"""
          ^C
          close(6) = 0
            antes    established       0       0  127.0.0.1:41724  127.0.0.1:1234   fd 6
          ...
          sockinspect: 1 conexión: 1 con respuesta; 12 bytes enviados, 21 recibidos
          """#)),
      .session(
        #"""
        $ sockinspect --port 1234
        PROTO  STATE       RECV-Q  SEND-Q  LOCAL            PEER             OWNERS
        tcp    listen           0     128  127.0.0.1:1234   -                sockinspect[4113] fd 5
        tcp    close_wait       1       0  127.0.0.1:1234   127.0.0.1:41724  sockinspect[4113] fd 8
        tcp    fin_wait2        0       0  127.0.0.1:41724  127.0.0.1:1234   -
        $ sockinspect --state close-wait --count-by process
        COUNT  PROCESS
            1  sockinspect

        """#
          + language(
            #"""
            $ sockinspect explain close-wait
            CLOSE_WAIT: the other end closed; the program here has not
            ...
              Who acts next  The program that owns it, with close().
              How long       A moment. There is no limit: the kernel waits for the program.
                             One that stays is a bug of that program, which loses a
                             descriptor each time.
            ...
            """#,
            #"""
            $ sockinspect explain close-wait --lang es
            CLOSE_WAIT: el otro extremo cerró; el programa de aquí no
            ...
              A quién le toca  Al programa que lo tiene, con close().
              Cuánto dura      Un momento. No hay límite: el kernel espera al programa. Si
                               se queda, es un error de ese programa, que cada vez pierde
                               un descriptor.
            ...
            """#)))
  }

  /// The other end closes too: TIME_WAIT.
  static func timeWait(in language: Language) -> Section {
    Section(
      language("The other end closes too: TIME_WAIT", "Cierra también el otro: TIME_WAIT"),
      .text(
        language(
          """
          Stop the server. Nobody owns what is left: the kernel remembers the end that closed first for 60 s \
          (EXPIRES is in milliseconds), so that no late segment gets into a new connection.
          """,
          """
          Al parar el servidor, lo que queda ya no es de ningún proceso: el kernel recuerda durante 60 s el extremo \
          que cerró primero (EXPIRES va en milisegundos), para que ningún segmento rezagado entre en una conexión \
          nueva.
          """)),
      .session(
        terminal: 1,
        language(
          #"""
          ^C
          close(8) = 0
            before  close_wait        1       0  127.0.0.1:1234  127.0.0.1:41724  fd 8
            after   no row: closed; the end that closed first keeps TIME_WAIT
                    the other end's FIN, not read yet, counts as 1 in RECV-Q
          close(5) = 0
          ...
          sockinspect: 1 client, 12 bytes received, 21 bytes sent, 1 still open at the end
          sockinspect: the kernel still holds 1 time_wait at clients of 127.0.0.1:1234; to see: sockinspect --port 1234
          """#,
          #"""
          ^C
          close(8) = 0
            antes    close_wait        1       0  127.0.0.1:1234  127.0.0.1:41724  fd 8
            después  sin fila: cerrado; TIME_WAIT queda en el extremo que cerró primero
                     el FIN del otro extremo, aún sin leer, cuenta 1 en RECV-Q
          close(5) = 0
          ...
          sockinspect: 1 cliente, 12 bytes recibidos, 21 bytes enviados, 1 todavía abierto al final
          sockinspect: el kernel aún guarda 1 time_wait en los clientes de 127.0.0.1:1234; para verlo: sockinspect --port 1234
          """#)),
      .session(
        #"""
        $ sockinspect --port 1234 --columns state,local,peer,timer,timer_expires_ms
        STATE      LOCAL            PEER            TIMER     EXPIRES ms
        time_wait  127.0.0.1:41724  127.0.0.1:1234  timewait       59948
        """#))
  }
}
