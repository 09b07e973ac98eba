import Diagnosis

extension FindingWords {
  /// The words in Spanish.
  static func spanish(_ kind: Finding.Kind) -> FindingWords {
    switch kind {
    case .acceptQueueFull, .acceptWait, .listenDrops, .backlog, .synQueue, .synDrops: spanishListening(kind)
    case .closeWaitLeak, .closeWaitAtOnce, .resetSockets, .orphans, .finWaitHeld, .abortedOnMemory, .timeWait,
      .timeWaitOverflow, .unanswered:
      spanishEnding(kind)
    case .connectPorts, .bindPorts, .udpPorts, .serverPort, .serverPortUnknown, .exposedControl, .exposedDatabase:
      spanishPorts(kind)
    case .udpDrops, .udpQueue, .zeroWindow, .sendBuffer, .retransmits, .segmentsRetransmitted, .peerSilent, .unread,
      .keepalive:
      spanishData(kind)
    case .descriptors, .files, .tcpMemory, .udpMemory, .memoryPressure, .conntrackFull, .conntrackDrops, .inherited,
      .noOwner, .sharedUDP:
      spanishResources(kind)
    }
  }

  private static func spanishListening(_ kind: Finding.Kind) -> FindingWords {
    switch kind {
    case .acceptQueueFull:
      FindingWords(
        "la cola de aceptación está llena",
        "El proceso acepta más despacio de lo que llegan los clientes, o no acepta. Los demás esperan, repiten su SYN y se rinden.",
        "Averiguar por qué no llama a accept(): está colgado, detenido o tiene pocos hilos. Solo después, subir el backlog de listen() y con él net.core.somaxconn."
      )
    case .acceptWait:
      FindingWords(
        "hay clientes que llevan mucho esperando a ser aceptados",
        "Para el cliente la conexión está abierta, pero no la tiene ningún proceso: el servidor no llama a accept().",
        "Ver qué hace el proceso: gdb -p, /proc/PID/stack, o si está detenido (estado T).")
    case .listenDrops:
      FindingWords(
        "el servidor ha descartado conexiones",
        "Si ListenOverflows es igual a ListenDrops, la cola de aceptación estaba llena; si no, el resto son saludos que fallaron por otra causa.",
        "Mirar con --for 10s si continúa. Aceptar más deprisa, o subir el backlog y net.core.somaxconn.")
    case .backlog:
      FindingWords(
        "la cola de aceptación se llena",
        "Otra ráfaga igual la desborda. El límite es el backlog de listen(), que net.core.somaxconn recorta; 128, 511, 100 y 50 son los valores por omisión de distintos lenguajes.",
        "Subir el backlog en el programa y, si el límite es somaxconn, también sysctl net.core.somaxconn. El programa tiene que volver a llamar a listen()."
      )
    case .synQueue:
      FindingWords(
        "hay muchos saludos sin terminar",
        "Hay clientes que enviaron un SYN y no han contestado: una inundación de SYN, respuestas perdidas o una cola de aceptación llena.",
        "Ver de dónde vienen. Con net.ipv4.tcp_syncookies = 1 los clientes de verdad entran aunque la cola esté llena.")
    default:
      FindingWords(
        "la cola de saludos estuvo llena",
        "El kernel envió SYN cookies o, si no las envía, descartó peticiones.",
        "Mirar con --for 10s si continúa, y si la cola de aceptación también está llena.")
    }
  }

  private static func spanishEnding(_ kind: Finding.Kind) -> FindingWords {
    switch kind {
    case .closeWaitLeak:
      FindingWords(
        "el proceso no cierra lo que sus clientes o servidores cerraron",
        "Si fuera carga, todas serían jóvenes. Estas se quedan hasta que el proceso las cierre o termine, cada una con un descriptor: algún camino del programa olvida close(), a menudo tras un error.",
        "Buscar ese camino: quién es el otro extremo, y si hay bytes sin leer que nadie pidió. Reiniciar el proceso solo gana tiempo."
      )
    case .closeWaitAtOnce:
      FindingWords(
        "el proceso no ha notado que el otro extremo terminó, en todas casi a la vez",
        "Las cerró un mismo suceso: se reinició el otro extremo, o el proceso está colgado desde entonces. En un pool, una conexión cerrada no se nota hasta que se usa.",
        "Si el proceso funciona, que el pool compruebe sus conexiones o cierre antes las inactivas; si está colgado, averiguar por qué."
      )
    case .resetSockets:
      FindingWords(
        "el proceso conserva sockets cuya conexión se cortó",
        "Ya no están en ninguna tabla, así que ninguna otra herramienta los muestra, pero cada uno ocupa un descriptor.",
        "El programa debe cerrar el socket también después de un error (ECONNRESET, EPIPE).")
    case .orphans:
      FindingWords(
        "muchas conexiones terminan sin proceso",
        "Los procesos las cerraron y el otro extremo no contesta. Al llegar al límite, el kernel las corta en el acto.",
        "Buscar a quienes desaparecen. net.ipv4.tcp_orphan_retries y tcp_fin_timeout acortan la espera.")
    case .finWaitHeld:
      FindingWords(
        "el proceso dejó de enviar y espera a que el otro extremo termine",
        "Tras shutdown() sin close(), ningún temporizador termina FIN_WAIT2: dura hasta que el otro extremo o el proceso cierren.",
        "Cerrar el socket pasado un tiempo, o poner un límite de tiempo a read().")
    case .abortedOnMemory:
      FindingWords(
        "el kernel cortó conexiones por falta de memoria o por demasiadas huérfanas",
        "El otro extremo vio un corte, y se perdió lo que no se había enviado.",
        "Buscar quién tiene más en sus colas, y comparar con net.ipv4.tcp_mem y tcp_max_orphans.")
    case .timeWait:
      FindingWords(
        "TIME_WAIT está cerca de su límite",
        "Aquí terminan muchas conexiones cortas. Por encima del límite el kernel omite TIME_WAIT, que no suele hacer daño, pero cada una ocupa un puerto durante un minuto.",
        "Mantener abiertas las conexiones (keep-alive, un pool) o subir net.ipv4.tcp_max_tw_buckets.")
    case .timeWaitOverflow:
      FindingWords(
        "se omitió TIME_WAIT porque había demasiadas",
        "A un segmento tardío de esas conexiones se le puede contestar con un corte.",
        "Mantener abiertas las conexiones o subir net.ipv4.tcp_max_tw_buckets.")
    default:
      FindingWords(
        "nadie contesta",
        "Los SYN se repitieron sin respuesta alguna: la máquina no está, o los descarta un cortafuegos. Un puerto cerrado habría rechazado en el acto.",
        "Probar el camino, desde aquí y desde otro sitio; mirar el cortafuegos de los dos lados.")
    }
  }

  private static func spanishPorts(_ kind: Finding.Kind) -> FindingWords {
    switch kind {
    case .connectPorts:
      FindingWords(
        "se agotan los puertos locales para conectar con este extremo",
        "Cada conexión de una dirección a otra dirección y puerto necesita su propio puerto local. Cuando no queda ninguno, connect() falla con EADDRNOTAVAIL; a otros extremos no les afecta.",
        "Mantener abiertas las conexiones en vez de abrir una por petición. O bien: más direcciones en cualquiera de los lados, net.ipv4.tcp_tw_reuse = 1, un net.ipv4.ip_local_port_range más ancho."
      )
    case .bindPorts:
      FindingWords(
        "se agotan los puertos locales de esta dirección",
        "bind() al puerto 0 falla con EADDRINUSE cuando no queda ninguno; en otra dirección funciona.",
        "Poner IP_BIND_ADDRESS_NO_PORT si un programa se asigna una dirección antes de conectar, o ensanchar net.ipv4.ip_local_port_range."
      )
    case .udpPorts:
      FindingWords(
        "se agotan los puertos para UDP",
        "Un socket UDP que envía primero necesita un puerto propio. Cuando no queda ninguno, falla con EAGAIN.",
        "Ver qué proceso los tiene: a menudo un socket por pregunta, que nunca se cierra.")
    case .serverPort:
      FindingWords(
        "el puerto del servidor es de los que el kernel da a las conexiones",
        "Mientras el servidor no funciona, una conexión saliente puede quedarse con su puerto, y entonces no puede arrancar hasta que termine.",
        "Reservarlo: sysctl net.ipv4.ip_local_reserved_ports=PUERTO (la lista que haya y este puerto).")
    case .serverPortUnknown:
      FindingWords(
        "el puerto es de los que el kernel da a las conexiones",
        "Si no lo eligió el kernel también para este servidor, una conexión saliente puede quedarse con él mientras no funciona.",
        "Si el servidor necesita justo este puerto, reservarlo: sysctl net.ipv4.ip_local_reserved_ports=PUERTO.")
    case .exposedControl:
      FindingWords(
        "llega a él cualquiera que llegue a esta máquina, y un servicio así no pide contraseña si no se le dice",
        "Quien conecte tiene sus datos, o ejecuta órdenes. Puede haber un cortafuegos delante, que aquí no se mira.",
        "Asignarle 127.0.0.1 o una dirección privada, o hacer que pida contraseña.")
    default:
      FindingWords(
        "una base de datos está abierta a cualquiera que llegue a esta máquina",
        "Entre sus datos y la red solo está la contraseña. Puede haber un cortafuegos delante, que aquí no se mira.",
        "Asignarle 127.0.0.1 o una dirección privada si no la necesitan otras máquinas.")
    }
  }

  private static func spanishData(_ kind: Finding.Kind) -> FindingWords {
    switch kind {
    case .udpDrops:
      FindingWords(
        "se descartaron datagramas",
        "Lo más frecuente es que el búfer de recepción estuviera lleno: el proceso lee más despacio de lo que llegan.",
        "Leer más deprisa, o pedir un SO_RCVBUF mayor; por encima de net.core.rmem_max se recorta.")
    case .udpQueue:
      FindingWords(
        "el búfer de recepción se llena",
        "El proceso lee más despacio de lo que llegan los datagramas, o no lee. Cuando está lleno, se descartan.",
        "Ver si el proceso sigue leyendo.")
    case .zeroWindow:
      FindingWords(
        "el otro extremo no admite más datos",
        "Su búfer de recepción está lleno y anuncia una ventana de 0: el programa del otro extremo no lee.",
        "Mirar el otro extremo: está colgado, o espera a este. Si cada uno espera a que el otro lea, es un interbloqueo."
      )
    case .sendBuffer:
      FindingWords(
        "el búfer de envío limita la conexión",
        "La mayor parte del tiempo la red habría admitido más de lo que tenía el búfer de envío.",
        "No fijar SO_SNDBUF, para que el kernel lo ajuste, o subir el último número de net.ipv4.tcp_wmem.")
    case .retransmits:
      FindingWords(
        "se vuelve a enviar mucho",
        "Se pierden segmentos en el camino a esta dirección. Las conexiones sin pérdidas no se cuentan aquí.",
        "Probar el camino (mtr, ping -s 1472 -M do). Si solo se pierde con una dirección, es cosa de ese lado.")
    case .segmentsRetransmitted:
      FindingWords(
        "se vuelven a enviar muchos segmentos", "Se pierden segmentos, en un camino o en todos.",
        "Ver con qué extremos, y mirar la interfaz: ip -s link.")
    case .peerSilent:
      FindingWords(
        "el otro extremo no contesta",
        "El mismo segmento se envió varias veces. La máquina ya no está, o algo en el camino descarta los paquetes. El kernel se rinde tras net.ipv4.tcp_retries2, un cuarto de hora.",
        "Probar el camino. Con TCP_USER_TIMEOUT un programa lo nota antes.")
    case .unread:
      FindingWords(
        "llegaron datos y el proceso no los lee",
        "Está colgado, o ha olvidado la conexión. Cuando el búfer se llena, el otro extremo también se para.",
        "Ver qué hace el proceso. Una conexión que ya no se usa debería cerrarse.")
    default:
      FindingWords(
        "hay conexiones calladas desde hace mucho y nada las comprueba",
        "Si el otro extremo desapareció sin avisar (sin corriente, un cortafuegos que olvidó la conexión), nadie lo nota: la conexión se queda para siempre.",
        "Poner SO_KEEPALIVE, o que el protocolo envíe algo de vez en cuando.")
    }
  }

  private static func spanishResources(_ kind: Finding.Kind) -> FindingWords {
    switch kind {
    case .descriptors:
      FindingWords(
        "el proceso ha gastado casi todos sus descriptores",
        "Al llegar al límite, accept(), socket() y open() fallan con EMFILE; un servidor ya no acepta a nadie.",
        "Ver qué son. Una fuga crece con cualquier límite; si no lo es, subir LimitNOFILE o ulimit -n.")
    case .files:
      FindingWords(
        "la máquina tiene abiertos casi todos los archivos que puede",
        "Al llegar al límite, open() y socket() fallan con ENFILE en todos los procesos.",
        "Buscar el proceso, o subir fs.file-max.")
    case .tcpMemory:
      FindingWords(
        "TCP usa más memoria de la debida",
        "Por encima del segundo número de net.ipv4.tcp_mem se achican los búferes; por encima del tercero se descartan datos y se cortan conexiones.",
        "Buscar quién tiene más en sus colas: un proceso que no lee, o extremos que no leen.")
    case .udpMemory:
      FindingWords(
        "UDP usa más memoria de la debida",
        "Por encima del tercer número de net.ipv4.udp_mem se descartan datagramas.", "Buscar el proceso que no lee.")
    case .memoryPressure:
      FindingWords(
        "a TCP le faltó memoria", "Se achicaron los búferes y se descartaron datos que habían llegado.",
        "Mirar con --for 10s si continúa, y quién tiene más en sus colas.")
    case .conntrackFull:
      FindingWords(
        "la tabla de conexiones seguidas está casi llena",
        "Cuando se llena, se descartan las conexiones nuevas, sean para el puerto que sean.",
        "Subir net.netfilter.nf_conntrack_max, acortar sus plazos, o no seguir lo que no hace falta.")
    case .conntrackDrops:
      FindingWords(
        "se descartaron paquetes por no poder seguirlos",
        "drop: la tabla estaba llena; insert_failed: dos paquetes querían la misma entrada, cosa habitual con DNS y NAT; early_drop: se olvidaron conexiones para hacer sitio.",
        "Mirar con --for 10s si continúa, y comparar con net.netfilter.nf_conntrack_max.")
    case .inherited:
      FindingWords(
        "tiene el socket que escucha un programa que nunca atiende",
        "Lo inició un servidor sin cerrar el socket, que no tiene close-on-exec. Mientras funcione, el puerto está ocupado, y los clientes que le toquen esperan en vano.",
        "Terminarlo, y que el servidor abra sus sockets con SOCK_CLOEXEC.")
    case .noOwner:
      FindingWords(
        "no lo tiene ningún proceso",
        "Se leyeron todos los procesos. Es del propio kernel (NFS, un túnel), está de camino entre procesos (SCM_RIGHTS), o se acaba de cerrar.",
        "Volver a mirar; si sigue, ver qué túneles, servicios NFS o programas de control hay.")
    default:
      FindingWords(
        "varios sockets UDP comparten el puerto con SO_REUSEADDR",
        "El último que lo tomó recibe todos los datagramas para esta máquina, y los demás ninguno: a menudo es un segundo ejemplar del programa.",
        "Terminar uno de ellos. Para repartir la carga, todos necesitan SO_REUSEPORT.")
    }
  }
}
