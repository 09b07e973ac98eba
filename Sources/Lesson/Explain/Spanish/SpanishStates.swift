internal import SocketModel

extension Explanation {
  static func spanish(_ state: SocketState) -> Explanation {
    switch state {
    case .listen:
      Explanation(
        "aquí un servidor espera conexiones",
        what: """
          Es la puerta del servidor: por ella no pasan datos. Por cada cliente que se conecta, el kernel crea un \
          socket nuevo y lo pone en la cola de aceptación, de donde lo saca accept(). Los sockets unix también \
          escuchan.
          """,
        next: "A un cliente, con connect(). En cuanto hay conexiones en la cola, a este programa, con accept().",
        duration: "Hasta que el programa cierra el socket o termina.",
        check: """
          RECV-Q es cuántas conexiones esperan a accept(); SEND-Q, cuántas caben: el backlog de listen(), sin pasar de \
          net.core.somaxconn. Con la cola llena el kernel descarta las conexiones nuevas, y los clientes ven un \
          connect() que no vuelve.
          """)
    case .synSent:
      Explanation(
        "connect() ha enviado un SYN y nadie ha respondido todavía",
        what: "Este extremo pide una conexión: su SYN está en camino, o nadie lo ha respondido.",
        next: "A la otra máquina: con SYN+ACK abre la conexión, con RST la rechaza (connection refused).",
        duration: """
          Una ida y vuelta. Si nadie responde, el SYN se repite: tcp_syn_retries (6) veces a intervalos crecientes y, \
          desde Linux 6.5, otras tcp_syn_linear_timeouts (4); luego connect() falla por tiempo agotado: a los 131 s \
          más o menos, antes de 6.5 a los 127.
          """,
        check: """
          Los que se quedan aquí han dado con un cortafuegos que descarta paquetes, con una dirección donde no hay \
          nadie o con un servidor que tiene llena la cola de aceptación.
          """)
    case .synRecv:
      Explanation(
        "llegó un SYN y se respondió; falta el ACK del cliente",
        what: """
          El SYN de un cliente llegó a un socket en LISTEN y el kernel respondió con SYN+ACK. La conexión está a medio \
          abrir; ningún proceso la tiene todavía, por eso no tiene dueño.
          """,
        next: "A la máquina del cliente, con el ACK que completa el saludo.",
        duration: """
          Una ida y vuelta. Sin ACK, el SYN+ACK se repite tcp_synack_retries (5) veces y a los 63 s la entrada \
          desaparece. Con TCP_DEFER_ACCEPT se queda aquí hasta que el cliente envía datos.
          """,
        check: """
          Muchos a la vez: una inundación de SYN, o respuestas que no llegan a los clientes. tcp_max_syn_backlog los \
          limita, y tcp_syncookies deja entrar a los clientes más allá de ese límite.
          """)
    case .established:
      Explanation(
        "la conexión está abierta: los dos extremos pueden enviar",
        what: "El saludo terminó, y los bytes van en ambos sentidos hasta que un extremo cierra.",
        next: "Al programa que tenga algo que enviar o quiera cerrar.",
        duration: """
          Cuanto quieran los dos: TCP por sí solo nunca termina una conexión inactiva. Con SO_KEEPALIVE se nota que el \
          otro desapareció tras tcp_keepalive_time (7200 s) y tcp_keepalive_probes (9) sondas, una cada 75 s; con \
          bytes sin confirmar, tras tcp_retries2 (15) reintentos, que son 15 minutos o más.
          """,
        check: """
          RECV-Q mayor que 0: este programa no lee. SEND-Q mayor que 0: el otro extremo no ha confirmado. Sin dueño, \
          incluso para root: ningún accept() la ha sacado aún de la cola.
          """)
    case .finWait1:
      Explanation(
        "este extremo cerró primero; su FIN aún no está confirmado",
        what: """
          El programa llamó a close() o a shutdown(). El FIN sale detrás de los bytes que faltaban por enviar, y el \
          kernel de la otra máquina no lo ha confirmado.
          """,
        next:
          "Al kernel de la otra máquina, con un ACK. Si su búfer está lleno, antes al programa de allí, con recv().",
        duration: """
          Una ida y vuelta. Si nadie responde, el kernel se rinde: tras close() (entonces no tiene dueño) según \
          tcp_orphan_retries, cuyo 0 significa 8 intentos, en 100 s o más; tras un shutdown() solo, según \
          tcp_retries2.
          """,
        check: """
          Si alguno se queda: la otra máquina ya no está, o el programa de allí no lee: entonces SEND-Q es mayor que \
          1, porque el FIN cuenta 1.
          """)
    case .finWait2:
      Explanation(
        "este extremo cerró; falta que cierre el otro",
        what: "El otro kernel ha confirmado nuestro FIN. Ya no sale nada; todavía puede llegar algo.",
        next: "Al programa del otro extremo, con close(). Su socket está en CLOSE_WAIT.",
        duration: """
          Tras close() (entonces no tiene dueño), tcp_fin_timeout, 60 s, y el kernel lo olvida. Tras un shutdown() \
          solo (entonces tiene dueño), sin límite.
          """,
        check: "Muchos hacia una misma dirección: el programa de allí no cierra sus conexiones.")
    case .closeWait:
      Explanation(
        "el otro extremo cerró; el programa de aquí no",
        what: """
          Llegó el FIN del otro extremo y el kernel lo confirmó. recv() entrega lo que queda y después 0 bytes: la \
          señal de que no vendrá nada más.
          """,
        next: "Al programa que lo tiene, con close().",
        duration: """
          Un momento. No hay límite: el kernel espera al programa. Si se queda, es un error de ese programa, que cada \
          vez pierde un descriptor.
          """,
        check: """
          Qué programa los tiene. El FIN cuenta 1 en RECV-Q hasta que se lee: 1 o más significa que el programa no ha \
          leído hasta el final; 0, que sí, y aun así no cierra.
          """)
    case .closing:
      Explanation(
        "los dos extremos cerraron a la vez",
        what: "Los dos FIN se cruzaron en el camino: llegó el del otro, pero no el ACK del nuestro.",
        next: "Al kernel de la otra máquina, con el ACK de nuestro FIN; después viene TIME_WAIT.",
        duration: """
          Una ida y vuelta, así que casi nunca se ve. Sin respuesta, tanto como FIN_WAIT1: según tcp_orphan_retries, \
          100 s o más.
          """,
        check: "Si alguno se queda: la otra máquina ya no está, o allí nadie lee: entonces SEND-Q es mayor que 1.")
    case .lastAck:
      Explanation(
        "cerraron los dos, el otro primero; falta el último ACK",
        what: "Cerró el otro extremo y después este programa. Nuestro FIN está en camino.",
        next: "Al kernel de la otra máquina, con el ACK de nuestro FIN. Con él, el socket deja de existir.",
        duration: """
          Una ida y vuelta. Sin respuesta, el kernel se rinde según tcp_orphan_retries, cuyo 0 significa 8 intentos: \
          100 s o más.
          """,
        check: """
          Muchos que se quedan: las otras máquinas desaparecieron, o un cortafuegos ya olvidó sus conexiones.
          """)
    case .timeWait:
      Explanation(
        "este extremo cerró primero; el kernel lo recuerda un minuto",
        what: """
          La conexión terminó. El kernel guarda sus direcciones y puertos para que ningún segmento rezagado entre en \
          una conexión nueva y para que un FIN repetido vuelva a recibir su ACK. Ya no es de ningún proceso.
          """,
        next: "A nadie.",
        duration: """
          60 s, siempre: TCP_TIMEWAIT_LEN está fijo en el kernel, y tcp_fin_timeout no lo cambia.
          """,
        check: """
          Son normales. Importan cuando un servidor no puede volver a hacer bind() de su puerto (debería poner \
          SO_REUSEADDR) o cuando un cliente se queda sin puertos hacia un servidor (ip_local_port_range, tcp_tw_reuse; \
          mejor aún, mantener abiertas las conexiones).
          """)
    case .close:
      Explanation(
        "un socket TCP sin conexión: recién creado o ya acabado",
        what: """
          Lo que acaba de crear socket(), o lo que queda de una conexión tras un RST o un tiempo agotado mientras el \
          programa conserva el descriptor.
          """,
        next: "Al programa, con bind(), connect() o close().",
        duration: "Hasta que el programa haga algo.",
        check: """
          El kernel casi nunca los lista; lo que siempre está es el enlace en /proc/PID/fd. El que ocupa un puerto \
          está en BOUND_INACTIVE.
          """)
    case .boundInactive:
      Explanation(
        "tiene puerto, pero ni escucha ni está conectado",
        what: "Un socket TCP después de bind() y antes de listen() o connect(). Aun así, el puerto está ocupado.",
        next: "Al programa, con listen() o connect().",
        duration:
          "Hasta que el programa haga algo. Mientras tanto, otro bind() a ese puerto falla: address already in use.",
        check: """
          Por él un puerto puede estar ocupado sin que ningún listado diga por quién: no aparece en las tablas de \
          /proc, y sock_diag solo lo muestra desde Linux 6.8 y a quien lo pide.
          """)
    case .unconnected:
      Explanation(
        "sin interlocutor fijo: recibe lo que envíe cualquiera",
        what: """
          Un socket UDP o raw, o uno unix, sin connect(). Si es de datagramas, los recibe de cualquiera con recvfrom() \
          y los envía con sendto(). En UDP no hay LISTEN: un servidor UDP está aquí.
          """,
        next: "A nadie en particular. Cualquiera puede enviar, y este programa también.",
        duration: "Hasta que el programa llama a connect() o a close(), o termina.",
        check: """
          RECV-Q mayor que 0: hay datagramas que esperan al programa. Con el búfer (SO_RCVBUF) lleno, el kernel \
          descarta lo que llega. En UDP la cifra es memoria, más que los bytes enviados.
          """)
    case .connected:
      Explanation(
        "con interlocutor fijo: UDP tras connect(), unix con pareja",
        what: """
          En UDP no se ha enviado nada: connect() solo anotó al otro, de modo que send() no necesita dirección y los \
          datagramas de terceros no entran. En los sockets unix es una conexión de verdad.
          """,
        next: "Al programa que tenga algo que enviar.",
        duration: "Hasta que el programa lo termina. UDP ni siquiera se entera de que el otro ya no está.",
        check: """
          En UDP no significa que haya alguien: si no lo hay, vuelve un mensaje ICMP y la llamada siguiente falla con \
          connection refused. RECV-Q mayor que 0: este programa no lee.
          """)
    case .connecting:
      Explanation(
        "una conexión unix que el servidor no ha aceptado",
        what: """
          El extremo del servidor de una conexión unix, todavía en la cola de aceptación: connect() ya terminó bien, \
          accept() aún no lo ha sacado. No pertenece a ningún archivo, por eso no tiene dueño.
          """,
        next: "Al servidor, con accept().",
        duration: "Un momento; tanto como el servidor tarde en aceptar.",
        check: "Muchos con la misma ruta: ese servidor no da abasto. Solo los muestra /proc, no sock_diag.")
    case .disconnecting:
      Explanation(
        "un socket unix que el kernel está desmontando",
        what: "Un socket unix que no pertenece a ningún archivo ni tiene conexión.",
        next: "Al kernel.",
        duration: "Un instante: casi nadie llega a verlo.",
        check: "Nada. Solo /proc puede mostrarlo.")
    case .unhashed:
      Explanation(
        "abierto en un proceso, y en ninguna tabla del kernel",
        what: """
          Un socket que nunca se enlazó, o cuya conexión el otro extremo cortó con un RST y que sigue abierto. Ninguna \
          tabla lo lista: solo el descriptor de su proceso muestra que existe. También están aquí los sockets de \
          protocolos sin tabla.
          """,
        next: "Al programa, con bind(), connect() o close().",
        duration: "Hasta que el programa haga algo. Si se olvidó del socket, hasta que termine.",
        check: """
          Muchos en un proceso, y cada vez más: el programa no cierra los sockets tras un error. Agotan sus \
          descriptores (EMFILE). lsof los muestra como "protocol: TCP" o "can't identify protocol".
          """)
    default: associationState(state)
    }
  }
  /// The states that only associations of SCTP have.
  private static func associationState(_ state: SocketState) -> Explanation {
    switch state {
    case .cookieWait:
      Explanation(
        "se envió un INIT de SCTP y nadie ha contestado",
        what: "Este extremo pide una asociación: su INIT va de camino, o nadie le ha contestado con INIT ACK.",
        next: "A la otra máquina, con INIT ACK y una cookie, o con ABORT.",
        duration: "Una ida y vuelta. Sin respuesta, INIT se repite max_init_retransmits (8) veces.",
        check: "Como en SYN_SENT: un cortafuegos que descarta SCTP, o una dirección sin nadie.")
    case .cookieEchoed:
      Explanation(
        "la cookie del servidor SCTP ya se devolvió",
        what: "Llegó INIT ACK y su cookie volvió en COOKIE ECHO. Puede que ya vayan datos de camino.",
        next: "A la otra máquina, con COOKIE ACK, que abre la asociación.",
        duration: "Una ida y vuelta.",
        check: "Si alguno se queda aquí, la cookie llegó tarde (valid_cookie_life) o se pierde la respuesta.")
    case .shutdownPending:
      Explanation(
        "cerrada aquí, con datos sin confirmar",
        what: "El programa ha cerrado la asociación SCTP. SHUTDOWN espera a que se confirmen todos los datos.",
        next: "A la otra máquina, con confirmaciones.",
        duration: "Mientras haya datos sin confirmar, dentro del límite de retransmisiones.",
        check: "SEND-Q mayor que 0 que no baja: el otro no lee, o ya no está.")
    case .shutdownSent:
      Explanation(
        "se envió un SHUTDOWN de SCTP",
        what: "Los datos de este extremo están confirmados, y SHUTDOWN avisó al otro de que no hay más.",
        next: "A la otra máquina, con SHUTDOWN ACK cuando los suyos estén confirmados.",
        duration: "Una ida y vuelta, y lo que el otro tarde en enviar lo que le queda.",
        check: "En SCTP no hay asociaciones cerradas a medias: el otro no puede seguir enviando mucho tiempo.")
    case .shutdownReceived:
      Explanation(
        "el otro ha enviado SHUTDOWN y quedan datos por confirmar",
        what: "Llegó SHUTDOWN. El programa ya no puede enviar; lo enviado antes aún debe confirmarse.",
        next: "A esta máquina: cuando todo esté confirmado, contesta sola con SHUTDOWN ACK.",
        duration: "Hasta que se confirmen los datos. A diferencia de CLOSE_WAIT, no espera al programa.",
        check: "SEND-Q mayor que 0 que no baja: se pierden las confirmaciones.")
    default:
      Explanation(
        "ya se contestó al SHUTDOWN del otro",
        what: "Los dos extremos han enviado todo lo que tenían, y SHUTDOWN ACK va de camino.",
        next: "A la otra máquina, con SHUTDOWN COMPLETE, que termina la asociación.",
        duration: "Una ida y vuelta. No hay TIME_WAIT.",
        check: "Nada, salvo que se quede: se perdió el último paquete, y SHUTDOWN ACK se repite.")
    }
  }
}
