extension Explanation {
  static func spanish(_ error: SocketError) -> Explanation {
    switch error {
    case .accessDenied:
      Explanation(
        "\"Permission denied\": este usuario no puede",
        what: """
          En bind(): el puerto exige un privilegio, o no se puede escribir en la carpeta del socket unix. connect(): \
          lo prohíbe un cortafuegos, la dirección es de difusión, o no se puede escribir en el archivo del socket \
          unix.
          """,
        cause: """
          Un puerto por debajo de ip_unprivileged_port_start (1024) sin CAP_NET_BIND_SERVICE; en un archivo, sus \
          permisos.
          """,
        remedy: """
          Usar un puerto a partir de 1024, o dar la capacidad al programa: setcap cap_net_bind_service+ep ARCHIVO. \
          systemd puede abrirle el puerto (unidades socket). Si es un socket unix, mirar ls -l.
          """,
        check: "Qué servidores tienen ya puertos así, y de qué usuario son.")
    case .addressInUse:
      Explanation(
        "\"Address already in use\": la tiene otro socket",
        what: """
          En bind(), listen() o, si se eligió el puerto local, connect(): la dirección y el puerto son de otro \
          socket. Una ruta unix está ocupada en cuanto existe su archivo.
          """,
        cause: """
          Un socket que escucha, o que tiene asignado el mismo puerto en una dirección que coincide (0.0.0.0 \
          coincide con todas), o conexiones suyas en TIME_WAIT si falta SO_REUSEADDR.
          """,
        remedy: """
          Terminar el otro programa o usar otro puerto. Si es TIME_WAIT, poner SO_REUSEADDR antes de bind(): todo \
          servidor debería hacerlo. Si es una ruta unix que dejó un servidor, borrar el archivo.
          """,
        check: """
          Quién la tiene. También ocupa un puerto un socket en BOUND_INACTIVE, y pocas herramientas lo muestran.
          """)
    case .addressNotAvailable:
      Explanation(
        "\"Cannot assign requested address\": no queda, o no es nuestra",
        what: """
          En bind(): la dirección no es de esta máquina. connect(): no queda ningún puerto local para ese destino.
          """,
        cause: """
          En bind(), ninguna interfaz tiene esa dirección (ip address las muestra). En connect(), todos los puertos \
          de ip_local_port_range están en una conexión con la misma dirección y puerto, casi todos en TIME_WAIT.
          """,
        remedy: """
          Usar una dirección que exista, o 0.0.0.0. Si se agotan los puertos: mantener abiertas las conexiones en \
          vez de abrir una por petición, ampliar ip_local_port_range o activar tcp_tw_reuse.
          """,
        check: "En qué estado están los puertos que van a un mismo servidor, y de qué proceso son.")
    case .familyNotSupported:
      Explanation(
        "\"Address family not supported\": el kernel no la tiene",
        what: """
          En socket(): el kernel no tiene esa familia. connect(), bind() o sendto(): la dirección es de otra familia \
          que el socket.
          """,
        cause: """
          Falta el módulo de la familia, como IPv6 con ipv6.disable=1; o sin_family no es la que se dio a socket().
          """,
        remedy: """
          Crear el socket con la familia de la dirección: getaddrinfo() da las dos. Sin IPv6, usar 127.0.0.1 y no \
          ::1.
          """,
        check: "Si esta máquina tiene algún socket IPv6.")
    case .wouldBlock:
      Explanation(
        "ahora no: la llamada tendría que esperar (o EWOULDBLOCK)",
        what: """
          En un socket no bloqueante, accept() o recv() no encontró nada y send() no encontró sitio. Con SO_RCVTIMEO \
          o SO_SNDTIMEO, se acabó el tiempo. connect() a un socket unix: su cola de aceptación está llena.
          """,
        cause: "Una cola de recepción vacía, un búfer de envío lleno o una cola de aceptación llena. No es un fallo.",
        remedy: "Esperar con poll() o epoll a que el socket esté listo y repetir; nunca en un bucle sin espera.",
        check: "Una cola de envío que sigue llena: el otro extremo no lee.")
    case .badDescriptor:
      Explanation(
        "\"Bad file descriptor\": el número no es de nada abierto",
        what: "Cualquier llamada: el descriptor ya se cerró, o nunca lo fue.",
        cause: "En el proceso no hay nada abierto con ese número.",
        remedy: """
          Buscar un close() repetido o hecho en otro hilo: para entonces el número puede ser de otro socket, y el \
          segundo close() cierra ese.
          """,
        check: "Qué descriptores están abiertos: ls -l /proc/PID/fd.")
    case .connectionAborted:
      Explanation(
        "la conexión acabó antes de que accept() la tomara",
        what: "En accept(): el cliente se había conectado y ya se ha ido.",
        cause: "Un RST para una conexión que esperaba en la cola de aceptación.",
        remedy: """
          Volver a llamar a accept(): espera el siguiente cliente. En sistemas que no son Linux se ve más a menudo.
          """,
        check: "Cuántas conexiones esperan a que las acepten.")
    case .connectionRefused:
      Explanation(
        "\"Connection refused\": allí nadie escucha",
        what: """
          En connect(): la máquina está, pero ningún socket escucha en esa dirección y puerto. UDP: el datagrama \
          anterior no encontró socket; solo se entera un socket UDP conectado. Unix: está el archivo, pero no su \
          servidor.
          """,
        cause: "TCP: un RST como respuesta al SYN. UDP: un mensaje ICMP, puerto inalcanzable.",
        remedy: """
          Arrancar el servidor, o corregir dirección y puerto. Un servidor en 127.0.0.1 no recibe clientes de otras \
          máquinas: que escuche en 0.0.0.0. En un contenedor, 127.0.0.1 es el propio contenedor.
          """,
        check: "En la máquina del servidor: quién escucha en el puerto, y en qué dirección.")
    case .connectionReset:
      Explanation(
        "\"Connection reset by peer\": el otro la cortó",
        what: "En recv() o send(): el otro extremo terminó la conexión de golpe. Lo que aún iba de camino se pierde.",
        cause: """
          Un RST: el otro programa cerró con bytes sin leer, o con SO_LINGER y tiempo 0, o se cayó; o su kernel ya \
          no conoce la conexión, como tras un reinicio; o lo envió un cortafuegos intermedio.
          """,
        remedy: """
          Cerrar como es debido: shutdown(SHUT_WR), leer hasta el final, close(). Un cliente puede volver a \
          intentarlo, salvo que no pueda saber si su petición se cumplió.
          """,
        check: "Colas de recepción mayores que 0 en el extremo que cierra: cerrar entonces envía RST.")
    case .hostUnreachable:
      Explanation(
        "\"No route to host\": nadie responde en esa dirección",
        what: """
          En connect(), send() o sendto(): el último encaminador, o esta máquina, no encontró a nadie con esa \
          dirección.
          """,
        cause: """
          Sin respuesta a ARP o al descubrimiento de vecinos, o un mensaje ICMP; también lo envía un cortafuegos que \
          rechaza.
          """,
        remedy: """
          Revisar la dirección, el cable, la máscara. ip route get DIRECCIÓN muestra el camino; ip neighbour, quién \
          respondió.
          """,
        check: "Conexiones que no pasan de SYN_SENT.")
    case .inProgress:
      Explanation(
        "connect() ha empezado y no esperó a que terminara",
        what: "En connect() en un socket no bloqueante: el SYN salió, la respuesta está por llegar. No es un fallo.",
        cause: "Un saludo en curso: el socket está en SYN_SENT.",
        remedy: """
          Esperar con poll() a que se pueda escribir y consultar SO_ERROR: 0 es conectado; otra cosa es el error.
          """,
        check: "Sockets que se quedan en SYN_SENT.")
    case .interrupted:
      Explanation(
        "\"Interrupted system call\": llegó una señal mientras esperaba",
        what: "Cualquier llamada que espera: se ejecutó el manejador de una señal. No se leyó, envió ni aceptó nada.",
        cause: "Una señal cuyo manejador se puso sin SA_RESTART.",
        remedy: """
          Repetir la llamada. No tras close(), que devolvió el descriptor de todos modos; tras connect(), esperar \
          con poll(), como con EINPROGRESS.
          """,
        check: "Nada en la tabla de sockets: es asunto del programa.")
    case .invalidArgument:
      Explanation(
        "\"Invalid argument\": la llamada no encaja con el socket",
        what: """
          En bind(): el socket ya tiene dirección, o a una dirección de enlace local (fe80::) le falta la interfaz. \
          accept(): no se llamó a listen(). listen(): el socket está conectado.
          """,
        cause: "Un estado del socket, o un argumento, con el que la llamada no tiene sentido.",
        remedy: """
          Respetar el orden socket(), bind(), listen(), accept(). Revisar la longitud que se da con la dirección.
          """,
        check: "En qué estado está el socket: BOUND_INACTIVE antes de listen().")
    case .isConnected:
      Explanation(
        "el socket ya tiene interlocutor",
        what: "Un segundo connect(), o sendto() con dirección en un socket TCP conectado.",
        cause: "El socket está en ESTABLISHED, o lo conectó una llamada anterior.",
        remedy: """
          Crear un socket para cada conexión. Tras EINPROGRESS significa que salió bien: la conexión está hecha.
          """,
        check: "Los sockets UDP que tienen interlocutor; con ellos sí se puede repetir connect().")
    case .descriptorLimit:
      Explanation(
        "\"Too many open files\": el proceso llegó a su límite",
        what: "En socket() o accept(): el proceso tiene abiertos todos los descriptores que puede.",
        cause: "El límite RLIMIT_NOFILE, a menudo 1024; archivos, tuberías y sockets cuentan igual.",
        remedy: """
          Primero, buscar una fuga: sockets en CLOSE_WAIT que el programa olvida cerrar. Solo después, subir ulimit \
          -n, o LimitNOFILE en la unidad de systemd.
          """,
        check: "Quién tiene cuántos sockets, y en qué estados.")
    case .messageTooLong:
      Explanation(
        "\"Message too long\": no cabe en un datagrama",
        what: "En send() o sendto() de un datagrama: es mayor de lo que admite el protocolo.",
        cause: """
          Más de 65507 bytes sobre IPv4; con descubrimiento de la MTU del camino, más de lo que cabe en un paquete; \
          en un socket unix, más que su búfer de envío.
          """,
        remedy: """
          Enviar menos cada vez, unos 1200 bytes por Internet; o usar TCP, que corta él mismo el flujo en segmentos.
          """,
        check: "La MTU de la interfaz: ip link.")
    case .networkDown:
      Explanation(
        "\"Network is down\": la interfaz está apagada",
        what: "En send(), sendto() o bind() en una interfaz que no está activa.",
        cause: "Está apagada la interfaz a la que se ató el socket, o la del camino.",
        remedy: "La orden ip link muestra el estado; ip link set NOMBRE up la enciende, como root.",
        check: "Nada en la tabla de sockets.")
    case .networkUnreachable:
      Explanation(
        "\"Network is unreachable\": no hay ruta",
        what: "En connect(), send() o sendto(): esta máquina no sabe por dónde enviar paquetes a esa dirección.",
        cause: """
          Ninguna ruta que sirva ni ruta por omisión, a menudo en IPv6 donde solo hay IPv4; en un espacio de red \
          nuevo, lo sin activar. O un mensaje ICMP, red inalcanzable.
          """,
        remedy: """
          Mirar con ip route get DIRECCIÓN por dónde se va. Añadir una ruta, activar la interfaz o usar una \
          dirección IPv4.
          """,
        check: "Si otras conexiones salen de la máquina.")
    case .fileTableFull:
      Explanation(
        "\"Too many open files in system\": límite de la máquina",
        what: "En socket() o accept(): entre todos los procesos hay tantos archivos abiertos como permite el kernel.",
        cause: "El límite fs.file-max; /proc/sys/fs/file-nr dice cuántos hay.",
        remedy: "Encontrar el proceso que los pierde y terminarlo; después, si hace falta, subir fs.file-max.",
        check: "Quién tiene más sockets.")
    case .noBuffers:
      Explanation(
        "\"No buffer space available\": falta memoria o cola llena",
        what: """
          En send(), sendto() o socket(): el kernel no tiene ahora memoria para ello, o la cola de la interfaz está \
          llena.
          """,
        cause: """
          El límite de memoria del kernel para sockets (tcp_mem, optmem_max), o más datagramas de los que salen por \
          la interfaz.
          """,
        remedy: """
          Enviar más despacio y repetir. ip -s link muestra lo descartado; net.core.wmem_max limita los búferes.
          """,
        check: "Qué sockets ocupan más memoria.")
    case .notConnected:
      Explanation(
        "el socket no tiene conexión",
        what: """
          En send(), recv(), shutdown() o getpeername() en un socket que no está conectado: todavía no, o ya no.
          """,
        cause: "Un socket en CLOSE, BOUND_INACTIVE o LISTEN. Tras un RST tampoco queda conexión.",
        remedy: """
          Esperar primero a que termine connect(). El servidor lee en el socket que devolvió accept(), no en el que \
          escucha.
          """,
        check: "En qué estado está el socket.")
    case .notPermitted:
      Explanation(
        "\"Operation not permitted\": falta un privilegio",
        what: """
          En socket() de tipo SOCK_RAW o AF_PACKET, algunos setsockopt(); send() o sendto(): lo descartó un filtro \
          de paquetes.
          """,
        cause: "Falta CAP_NET_RAW o CAP_NET_ADMIN, o hay una regla del cortafuegos de esta máquina.",
        remedy: "Ejecutarlo como root o con la capacidad. nft list ruleset e iptables -L muestran las reglas.",
        check: "Nada en la tabla de sockets.")
    case .brokenPipe:
      Explanation(
        "\"Broken pipe\": se envía por una conexión que ya acabó",
        what: """
          En send(): este extremo terminó de enviar con shutdown(), o el otro cortó la conexión y una llamada \
          anterior ya lo dijo. Con él llega la señal SIGPIPE, que termina el proceso si no se ignora ni se usa \
          MSG_NOSIGNAL.
          """,
        cause: "Un RST anterior: normalmente el otro extremo cerró, y el primer send() tras eso trajo el RST.",
        remedy: """
          Ignorar SIGPIPE y tomar el error como el final. Que recv() devuelva 0 es la señal para dejar de enviar.
          """,
        check: "Extremos en CLOSE_WAIT: el otro ya cerró.")
    case .timedOut:
      Explanation(
        "\"Connection timed out\": nadie respondió",
        what: """
          En connect(): el SYN se repitió y no hubo respuesta. recv() o send(): lo enviado, o una sonda keepalive, \
          nunca se confirmó.
          """,
        cause: """
          Silencio: en connect(), unos 131 s según tcp_syn_retries; con datos, 15 minutos o más según tcp_retries2. \
          Los paquetes se descartan, la máquina ya no está o la cola de aceptación del servidor está llena.
          """,
        remedy: """
          Revisar la dirección y los cortafuegos. Poner un plazo propio: poll() con tiempo, o TCP_USER_TIMEOUT.
          """,
        check: "Quién espera en SYN_SENT, qué sockets retransmiten y si hay una cola llena.")
    }
  }
}
