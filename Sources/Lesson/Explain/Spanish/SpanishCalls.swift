extension Explanation {
  static func spanish(_ call: ExplainedCall) -> Explanation {
    switch call {
    case .socket:
      Explanation(
        "crea un socket",
        what: """
          Crea un socket de una familia (AF_INET, AF_INET6, AF_UNIX) y un tipo (SOCK_STREAM para TCP, SOCK_DGRAM para \
          UDP) y devuelve su descriptor. Todavía no tiene dirección ni interlocutor.
          """,
        next: "Al programa: si es servidor, con bind(); si es cliente, con connect().",
        duration: "Vuelve enseguida.",
        check: """
          Falla si el proceso tiene demasiados descriptores abiertos (ulimit -n) o si el kernel no tiene esa familia. \
          Ningún listado muestra aún un socket TCP nuevo; su enlace está en /proc/PID/fd.
          """)
    case .setsockopt:
      Explanation(
        "cambia una opción de un socket",
        what: """
          Cambia cómo se comporta: con SO_REUSEADDR, bind() acepta un puerto que está en TIME_WAIT; SO_KEEPALIVE \
          detecta que el otro desapareció; SO_LINGER con tiempo 0 hace que close() envíe RST; TCP_NODELAY envía los \
          trozos pequeños sin esperar.
          """,
        next: "Al programa. Algunas opciones solo valen antes de la llamada siguiente: SO_REUSEADDR, antes de bind().",
        duration: "Vuelve enseguida.",
        check: "Una conexión inactiva con SO_KEEPALIVE muestra el temporizador keepalive.")
    case .bind:
      Explanation(
        "da a un socket su propia dirección y puerto",
        what: """
          Fija el extremo local. Con el puerto 0, el kernel elige uno de ip_local_port_range. La dirección tiene que \
          ser de esta máquina: a 127.0.0.1 solo se llega desde ella misma; 0.0.0.0 vale por todas las suyas.
          """,
        next: "Al programa: con listen() se convierte en servidor, con recvfrom() recibe datagramas.",
        duration: "Vuelve enseguida. El puerto queda ocupado hasta que lo cierra su último dueño.",
        check: """
          "Address already in use": otro socket tiene el puerto, o hay conexiones suyas en TIME_WAIT y falta \
          SO_REUSEADDR. "Permission denied": los puertos por debajo de ip_unprivileged_port_start (1024) exigen un \
          privilegio.
          """)
    case .listen:
      Explanation(
        "convierte un socket en servidor",
        what: """
          Desde ahora el propio kernel completa los saludos en este puerto y pone las conexiones en la cola de \
          aceptación. Su argumento, el backlog, dice cuántas pueden esperar allí; net.core.somaxconn (4096) lo limita. \
          En UDP no hay listen().
          """,
        next: "A un cliente, con connect(); después a este programa, con accept().",
        duration: "Vuelve enseguida.",
        check: "De un socket en LISTEN, SEND-Q es el límite vigente y RECV-Q cuántas conexiones esperan.")
    case .accept:
      Explanation(
        "saca la siguiente conexión de la cola de un servidor",
        what: """
          Devuelve un socket nuevo, conectado a un cliente. El que escucha sigue en LISTEN, y el nuevo usa el mismo \
          puerto. El saludo ya lo hizo el kernel: accept() no envía nada.
          """,
        next: "Al programa: lee y escribe en el socket nuevo y vuelve a llamar a accept().",
        duration: "Espera hasta que se conecta un cliente; si ya hay uno en la cola, vuelve enseguida.",
        check: """
          Las conexiones que esperan no son de ningún proceso: ESTABLISHED sin dueño. "Too many open files": el \
          programa no cierra lo que aceptó, o ulimit -n es bajo.
          """)
    case .connect:
      Explanation(
        "conecta un socket con otro",
        what: """
          TCP: envía SYN y espera la respuesta; sin bind(), el kernel elige el puerto local. UDP: no envía nada, solo \
          fija el interlocutor.
          """,
        next: "Al kernel del servidor, que responde incluso antes de que su programa llame a accept().",
        duration: """
          TCP: una ida y vuelta; si nadie responde, falla a los 131 s más o menos (antes de Linux 6.5, a los 127) \
          según tcp_syn_retries. UDP: vuelve enseguida.
          """,
        check: """
          "Connection refused": allí nadie escucha. Tiempo agotado: los paquetes se descartan, o el servidor tiene \
          llena la cola de aceptación. "Cannot assign requested address": no quedan puertos locales.
          """)
    case .send:
      Explanation(
        "entrega bytes al kernel, para el otro extremo",
        what: """
          Copia bytes en el búfer de envío y devuelve cuántos: con TCP pueden ser menos de los pedidos. Que haya \
          vuelto no significa que el otro los tenga. sendall() de Python lo repite hasta entregarlos todos.
          """,
        next: "Al kernel de la otra máquina, con ACK; después al programa de allí, con recv().",
        duration: "Vuelve enseguida mientras quede sitio en el búfer; si no, espera a que el otro lea.",
        check: """
          SEND-Q es lo que el otro no ha confirmado. Si no baja a 0, el programa de allí no lee o la máquina ya no \
          está. SIGPIPE o EPIPE: la conexión ya está cerrada.
          """)
    case .sendto:
      Explanation(
        "envía un datagrama a una dirección",
        what: """
          Una llamada es un datagrama: llega entero o no llega, quizá dos veces, quizá detrás de uno posterior. Sin \
          bind(), el kernel elige el puerto local.
          """,
        next: "Al programa del otro extremo, con recvfrom(). Nadie confirma nada.",
        duration: "Vuelve enseguida, lo que no dice nada de si llega.",
        check: """
          "Message too long": UDP sobre IPv4 lleva como mucho 65507 bytes. Donde nadie escucha vuelve un mensaje ICMP; \
          solo se entera un socket que hizo connect().
          """)
    case .recv:
      Explanation(
        "toma los bytes que han llegado",
        what: """
          Devuelve lo que hay en la cola de recepción, como mucho lo pedido: con TCP, un trozo cualquiera del flujo, \
          no lo que envió un send(). 0 bytes significan que el otro extremo cerró.
          """,
        next: "Tras 0 bytes, a este programa, con close(). Si no, a quien tenga algo que enviar.",
        duration: "Espera hasta que haya al menos un byte, el otro extremo cierre o se agote SO_RCVTIMEO.",
        check: """
          RECV-Q es lo que nadie ha leído todavía. "Connection reset": el otro extremo cortó la conexión con RST.
          """)
    case .recvfrom:
      Explanation(
        "toma un datagrama y dice quién lo envió",
        what: """
          Devuelve un datagrama y la dirección de quien lo envió, a la que sendto() puede responder. Lo que no cabe en \
          el búfer dado se pierde.
          """,
        next: "Al programa, con sendto(), si el otro espera respuesta.",
        duration: "Espera hasta que llega un datagrama: quizá para siempre, porque el que se pierde no se repite.",
        check: """
          RECV-Q que no baja a 0: el programa no da abasto, y lo que encuentra lleno el búfer (SO_RCVBUF) se descarta.
          """)
    case .shutdown:
      Explanation(
        "termina un sentido de la conexión y conserva el descriptor",
        what: """
          SHUT_WR envía FIN detrás del último byte: el recv() del otro devolverá 0, y este extremo puede seguir \
          leyendo. SHUT_RD termina aquí la lectura y no envía nada. Vale para todos los procesos que comparten el \
          socket.
          """,
        next: "Al otro extremo: envía lo que le queda y cierra. El programa aún tiene que llamar a close().",
        duration: "Vuelve enseguida. Después el socket puede quedarse en FIN_WAIT2 sin límite.",
        check: "FIN_WAIT2 con dueño: la mitad que queda espera al otro extremo, que está en CLOSE_WAIT.")
    case .close:
      Explanation(
        "devuelve un descriptor; el último cierra la conexión",
        what: """
          Cuando ya no queda otro descriptor del socket (fork() y dup() crean más), TCP envía FIN detrás del último \
          byte; si quedan bytes recibidos sin leer, RST.
          """,
        next: """
          Al kernel, que termina solo. Quien cierra primero pasa por FIN_WAIT1 y FIN_WAIT2 hasta TIME_WAIT; quien \
          cierra después, por LAST_ACK.
          """,
        duration: "Vuelve enseguida, salvo que SO_LINGER lo haga esperar al ACK.",
        check: "Un programa que lo olvida deja CLOSE_WAIT aquí y FIN_WAIT2 en el otro extremo.")
    }
  }
}
