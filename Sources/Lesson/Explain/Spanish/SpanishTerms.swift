extension Explanation {
  static func spanish(_ term: NetworkTerm) -> Explanation {
    switch term {
    case .port:
      Explanation(
        "un número de 1 a 65535 que designa el extremo de un programa",
        what: """
          La dirección lleva a una máquina; el puerto, a un socket en ella. TCP y UDP cuentan por separado: el \
          puerto 53 de uno no es el puerto 53 del otro. Los menores de 1024 exigen un privilegio \
          (ip_unprivileged_port_start).
          """,
        check: "Los dos extremos de una conexión tienen uno; la opción --port mira los dos.")
    case .ephemeralPort:
      Explanation(
        "un puerto local que el kernel elige para un cliente",
        what: """
          Un cliente que no llama a bind() recibe uno de ip_local_port_range, de 32768 a 60999 por omisión. Un mismo \
          puerto sirve para conexiones con servidores distintos a la vez, pero solo para una con la misma dirección \
          y puerto.
          """,
        check: """
          Cuando se agotan, connect() falla con EADDRNOTAVAIL: casi todos están en TIME_WAIT, o abiertos y \
          olvidados.
          """)
    case .loopback:
      Explanation(
        "el camino de la máquina hacia sí misma: 127.0.0.1 y ::1",
        what: """
          Lo que se envía ahí nunca sale de la máquina. A un servidor que escucha ahí no llegan otras máquinas; en \
          un contenedor, es el del propio contenedor.
          """,
        check: "Los servidores que escuchan ahí y que, por tanto, solo sirven a esta máquina.")
    case .anyAddress:
      Explanation(
        "en bind(), todas las direcciones de esta máquina",
        what: """
          Un servidor en 0.0.0.0, o :: en IPv6, recibe clientes por cualquier dirección de la máquina, también desde \
          fuera. No es una dirección a la que conectarse: Linux la toma entonces por loopback.
          """,
        check: "Qué está abierto a otras máquinas, si no hay delante un cortafuegos.")
    case .dualStack:
      Explanation(
        "un socket IPv6 que recibe también clientes IPv4",
        what: """
          Un socket en :: recibe también IPv4, salvo con IPV6_V6ONLY; las direcciones IPv4 se ven entonces como \
          ::ffff:192.0.2.1. Por eso un servidor en :: puede ocupar un puerto de IPv4.
          """,
        check: "En la columna V6ONLY, false: *:8080 es un socket así; [::]:8080 recibe solo IPv6.")
    case .descriptor:
      Explanation(
        "el número con que un programa tiene abierto un socket",
        what: """
          Lo devuelven socket() y accept(). Varios pueden llevar al mismo socket, tras dup() o fork(); este se \
          cierra cuando se cierra el último. Cada proceso tiene un límite (ulimit -n).
          """,
        check: "En OWNERS, detrás de fd. Los enlaces de /proc/PID/fd llevan de cada uno a su socket.")
    case .datagram:
      Explanation(
        "un mensaje que se envía y llega entero, o no llega",
        what: """
          UDP envía datagramas: cada sendto() es uno y cada recvfrom() toma uno. Pueden perderse, duplicarse o \
          llegar en otro orden, y nadie avisa.
          """,
        check: "Los sockets UDP y lo que espera en sus colas de recepción.")
    case .handshake:
      Explanation(
        "los tres segmentos que abren una conexión: SYN, SYN+ACK, ACK",
        what: """
          El kernel del cliente envía SYN, el del servidor responde SYN+ACK y el ACK del cliente lo completa. Lo \
          hacen los kernels solos: accept() recoge el resultado y connect() espera el segundo segmento.
          """,
        check: "Conexiones a medio camino; las que se quedan ahí no reciben respuesta.")
    case .syn:
      Explanation(
        "el segmento que pide una conexión",
        what: """
          Lo envía connect(). Lleva el número al que seguirá el primer byte, y opciones como el segmento máximo. Si \
          se pierde, se repite a 1 s y después a intervalos más largos.
          """,
        check: "Los extremos en SYN_SENT esperan la respuesta; los que están en SYN_RECV ya la dieron.")
    case .ack:
      Explanation(
        "la confirmación: hasta aquí ha llegado todo",
        what: """
          La llevan todos los segmentos menos el primero. Dice que el kernel del otro extremo tiene los bytes, no \
          que su programa los haya leído. Lo no confirmado se guarda y se repite.
          """,
        check: "SEND-Q cuenta lo enviado que no está confirmado.")
    case .backlog:
      Explanation(
        "cuántas conexiones pueden esperar a accept(): lo dice listen()",
        what: """
          El límite de la cola de aceptación, sin pasar de net.core.somaxconn (4096). El kernel deja entrar una más \
          de las que dice. A partir de ahí descarta las nuevas, y el connect() de los clientes no vuelve.
          """,
        check: "De un socket en LISTEN, SEND-Q es el límite y RECV-Q cuántas esperan.")
    case .acceptQueue:
      Explanation(
        "conexiones abiertas que accept() aún no ha recogido",
        what: """
          El kernel completa los saludos sin el programa y guarda aquí las conexiones. Están en ESTABLISHED, sus \
          clientes pueden enviar, y aún no son de ningún proceso.
          """,
        check: "Una cola llena: el programa es lento o se ha atascado. Su límite es el backlog.")
    case .synCookies:
      Explanation(
        "cómo dejar entrar clientes cuando sobran en SYN_RECV",
        what: """
          Cuando las conexiones a medio abrir llenan la cola, el kernel no guarda nada de las nuevas y pone lo que \
          necesita en el número de su SYN+ACK. Está activo por omisión (tcp_syncookies). Se pierden algunas opciones \
          de TCP.
          """,
        check: "Muchos en SYN_RECV en un puerto: una inundación, o respuestas que no llegan a los clientes.")
    case .buffer:
      Explanation(
        "la memoria del kernel para lo no enviado o no leído aún",
        what: """
          Cada socket tiene uno para enviar y otro para recibir, con límites (SO_SNDBUF, SO_RCVBUF; en TCP los \
          adapta el kernel, tcp_rmem y tcp_wmem). Con el de envío lleno, send() espera; con el de recepción lleno, \
          espera quien envía por TCP y se descartan los datagramas.
          """,
        check: "RECV-Q y SEND-Q dicen qué hay en ellos; las columnas de --memory, cuánto pueden crecer.")
    case .window:
      Explanation(
        "cuántos bytes puede enviar todavía el otro extremo",
        what: """
          Cada ACK dice cuánto sitio hay en el búfer de recepción. Con 0, quien envía se detiene y pregunta de vez \
          en cuando (el temporizador probe) hasta que lea el programa de allí.
          """,
        check: "Un interlocutor que no lee: crece SEND-Q aquí y RECV-Q allí.")
    case .retransmission:
      Explanation(
        "enviar otra vez lo que no se confirmó a tiempo",
        what: """
          El kernel espera el ACK durante RTO, algo más que la ida y vuelta; cada vez que espera en vano, el doble. \
          Tras tcp_retries2 (15) se abandona la conexión, con ETIMEDOUT.
          """,
        check: "Qué sockets lo hacen ahora, y cuándo será la próxima vez.")
    case .nagle:
      Explanation(
        "los trozos pequeños esperan a que se confirme lo anterior",
        what: """
          El algoritmo de Nagle retiene un segmento pequeño mientras haya datos sin confirmar, para que muchas \
          escrituras pequeñas sean pocos paquetes. Junto con el ACK retardado del otro extremo puede costar 40 ms. \
          TCP_NODELAY lo desactiva.
          """,
        check: "Bytes en cola y nunca enviados, al lado de segmentos en camino.")
    case .delayedACK:
      Explanation(
        "una confirmación que espera datos con los que viajar",
        what: """
          Quien recibe no confirma cada segmento enseguida: espera unos 40 ms una respuesta de su programa que pueda \
          llevar el ACK. Cada segundo segmento completo se confirma al momento.
          """,
        check: "Los sockets con el temporizador delack.")
    case .keepalive:
      Explanation(
        "sondas en una conexión inactiva: ¿sigue ahí el otro?",
        what: """
          Desactivado salvo que el programa use SO_KEEPALIVE. Tras tcp_keepalive_time (7200 s) de silencio, el \
          kernel envía una sonda cada tcp_keepalive_intvl (75 s); si tcp_keepalive_probes (9) quedan sin respuesta, \
          la conexión termina con ETIMEDOUT.
          """,
        check: """
          Las conexiones que lo tienen y cuándo toca la siguiente sonda. Sin él nunca se nota que el otro \
          desapareció.
          """)
    case .halfClose:
      Explanation(
        "un sentido terminó; el otro todavía lleva datos",
        what: """
          La llamada shutdown(SHUT_WR) envía FIN y sigue recibiendo: "no tengo más que decir, te escucho". Este \
          extremo queda en FIN_WAIT2 y el otro en CLOSE_WAIT, todo el tiempo que quieran.
          """,
        check: """
          Parejas en FIN_WAIT2 y CLOSE_WAIT. Tras close(), en vez de shutdown(), el kernel acaba con FIN_WAIT2 a los \
          60 s.
          """)
    case .fin:
      Explanation(
        "el segmento que dice: no envío más",
        what: """
          Lo envían close() y shutdown(SHUT_WR), detrás del último byte. El otro programa se entera cuando recv() \
          devuelve 0. Cada sentido tiene el suyo: un final en orden lleva dos.
          """,
        check: "Cuenta como un byte en las colas hasta que se lee o se confirma.")
    case .rst:
      Explanation(
        "el segmento que corta una conexión de golpe: un reset",
        what: """
          Responde a lo que no encaja con ningún socket (connection refused) y corta una conexión cuyos datos nadie \
          leerá: se cerró con bytes sin leer, o con SO_LINGER y tiempo 0. El otro programa ve ECONNRESET, y nada \
          queda en TIME_WAIT.
          """,
        check: "Los extremos que ahora tienen bytes sin leer: cerrarlos envía RST.")
    case .linger:
      Explanation(
        "qué hace close() con los bytes que faltan por enviar",
        what: """
          Sin esta opción, close() vuelve enseguida y el kernel sigue enviando. Con un tiempo mayor que 0, close() \
          espera ese tiempo la confirmación; con 0, tira los bytes y envía RST.
          """,
        check: "Las conexiones que se cerraron con bytes por enviar están en FIN_WAIT1.")
    case .orphan:
      Explanation(
        "una conexión que ya no tiene abierta ningún proceso",
        what: """
          Tras close(), el kernel termina solo la conexión: FIN_WAIT1, FIN_WAIT2, CLOSING, LAST_ACK. tcp_max_orphans \
          limita cuántas; tcp_orphan_retries, los intentos; tcp_fin_timeout (60 s), cuánto dura FIN_WAIT2.
          """,
        check: "Cuántas hay. Las que están en TIME_WAIT se cuentan aparte.")
    case .timeWaitReuse:
      Explanation(
        "volver a usar el puerto de un cliente que está en TIME_WAIT",
        what: """
          Con tcp_tw_reuse, connect() puede tomar un puerto cuya última conexión con el mismo servidor lleva un \
          segundo o más en TIME_WAIT; las marcas de tiempo dejan fuera los segmentos viejos. 2, lo normal, es solo \
          en loopback; 1, siempre. Sirve a clientes, no a servidores.
          """,
        check: "Cuántos puertos hacia un mismo servidor están en TIME_WAIT.")
    case .reuseAddress:
      Explanation(
        "deja que bind() tome un puerto aunque lo retenga TIME_WAIT",
        what: """
          Puesta antes de bind(), permite que un servidor vuelva a arrancar enseguida. No deja que dos servidores \
          escuchen en un puerto. En UDP sí: a los dos les llega lo enviado a grupos, y lo demás al último.
          """,
        check: "Qué retiene un puerto cuando su servidor ya terminó.")
    case .reusePort:
      Explanation(
        "varios sockets comparten un puerto y el kernel reparte",
        what: """
          Todos tienen que ponerla antes de bind() y ser del mismo usuario. Cada socket que escucha tiene su propia \
          cola de aceptación; el kernel elige según un resumen de los dos extremos.
          """,
        check: "Sockets que escuchan en la misma dirección: uno puede estar lleno y otros ociosos.")
    case .congestionWindow:
      Explanation(
        "cuántos segmentos pueden ir de camino sin ACK",
        what: """
          El límite que TCP se pone a sí mismo, además de la ventana del otro: crece mientras llegan ACK y mengua \
          con las pérdidas. Cómo, lo decide el algoritmo (cubic, bbr). La velocidad es, más o menos, ventana entre \
          ida y vuelta.
          """,
        check: "CWND al lado de RTT, y SSTHRESH: por debajo de ese valor la ventana se dobla en cada ida y vuelta.")
    case .icmp:
      Explanation(
        "mensajes de la propia red: inalcanzable, muy grande, ping",
        what: """
          Una máquina que no tiene socket para un datagrama responde puerto inalcanzable; los encaminadores \
          responden máquina o red inalcanzable, o que el paquete es demasiado grande. Los sockets conectados los \
          reciben como error de la llamada siguiente.
          """,
        check: "Los sockets UDP que tienen interlocutor: solo ellos se enteran.")
    case .namespace:
      Explanation(
        "una red propia: interfaces, direcciones, puertos, sockets",
        what: """
          Cada contenedor suele tener el suyo. Los puertos de dos espacios no tienen nada que ver, y un listado \
          muestra los de uno: el del programa, o el de un proceso con --root /proc/PID.
          """,
        check: "La columna NETNS, y qué tiene un proceso que está en otro.")
    case .abstractName:
      Explanation(
        "el nombre de un socket unix que no es un archivo",
        what: """
          Un nombre que empieza por un byte NUL y se escribe @nombre. Es del espacio de red y desaparece con el \
          último socket; no lo protegen los permisos de archivo.
          """,
        check: "Cuáles hay.")
    case .sockDiag:
      Explanation(
        "la interfaz del kernel que lista sockets, por netlink",
        what: """
          La que usa ss. Da más que las tablas de /proc/net: límites de las colas de aceptación, cookies, tcp_info, \
          sockets con puerto que no escuchan. Algunos entornos la prohíben; entonces se lee /proc.
          """,
        check: "Los mismos sockets por los dos caminos.")
    }
  }
}
