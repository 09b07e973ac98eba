extension TroubleLesson {
  /// How a trouble is made, what harm it does, what ends it, and from when on it is found, in Spanish.
  static func spanish(_ scene: TroubleScene, _ facts: Facts) -> Words {
    let (port, pid) = (facts.port, facts.pid)
    switch scene {
    case .acceptQueue:
      let (queued, refused) = (SceneBuilder.queued, SceneBuilder.refused)
      return (
        """
        servidor: listen() con un backlog de \(queued - 1), en el que caben \(queued), y ningún accept(). Clientes: \
        connect(), \(queued + refused) de ellos.
        """,
        """
        \(queued) clientes están conectados y no reciben respuesta. Los SYN de los otros \(refused) se descartan y se \
        repiten: su connect() se queda colgado, por lo general dos minutos.
        """,
        "el accept() del servidor, que hace sitio para el siguiente SYN.", nil
      )
    case .closeWait:
      return (
        """
        servidor: accept(), recv() hasta el final, y ningún close(). Clientes: connect(), send(), close(); uno por \
        segundo, hasta \(MadeScene.mostConnections).
        """,
        """
        cada uno le cuesta al servidor un descriptor, hasta que accept() falla con EMFILE: demasiados archivos \
        abiertos.
        """,
        "el close() del servidor. Ningún temporizador.",
        """
        doctor lo llama fuga cuando el más antiguo le lleva un minuto al más reciente, dentro de 61 s; con el umbral \
        de abajo, dentro de 3 s.
        """
      )
    case .resetSockets:
      return (
        """
        servidor: accept(), \(facts.count) veces, y ni recv() ni close(). Clientes: connect(), setsockopt(SO_LINGER, \
        0), close(), que envía un RST.
        """,
        """
        las conexiones ya no existen y ninguna tabla las lista, pero cada una retiene un descriptor del servidor: una \
        fuga que netstat no muestra.
        """,
        "el close() del servidor. Su próximo recv() falla con ECONNRESET, señal de que toca cerrar.", nil
      )
    case .ephemeralPorts:
      let (first, last) = (SceneBuilder.range.lowerBound, SceneBuilder.range.upperBound)
      return (
        """
        en un espacio de red propio: net.ipv4.ip_local_port_range \(first) \(last), un servidor, y clientes que hacen \
        connect() hasta que falla, tras \(facts.count).
        """,
        """
        el próximo connect() a este servidor falla con EADDRNOTAVAIL, y bind() al puerto 0 con EADDRINUSE. Un \
        connect() a otra dirección u otro puerto funciona.
        """,
        "un close(), un rango más amplio, u otra dirección de origen o de destino.", nil
      )
    case .zeroWindow:
      return (
        "servidor: accept(), y ningún recv(). Cliente: connect(), send() hasta que no cabe más: \(facts.count) bytes.",
        """
        el búfer del servidor está lleno y su ventana es 0: el resto espera en el cliente, cuyo send() se bloquea. El \
        kernel solo sondea, mientras el servidor responda.
        """,
        "el recv() del servidor.", "doctor lo encuentra cuando nada se ha recogido en 5 s."
      )
    case .udpDrops:
      return (
        """
        servidor: setsockopt(SO_RCVBUF, 4096), bind(), y ningún recv(). Cliente: send(), \(facts.count) datagramas de \
        \(SceneBuilder.datagramSize) bytes.
        """,
        "lo que no cabe en el búfer se descarta, y todos los send() tienen éxito: ningún extremo se entera.",
        "el recv() del servidor y un búfer mayor. La cuenta de descartes se queda en el socket.", nil
      )
    case .inherited:
      return (
        """
        servidor (un shell): tiene un socket a la escucha sin close-on-exec, arranca cat, y termina. cat lo conserva \
        sin saberlo.
        """,
        """
        un servidor nuevo recibe EADDRINUSE, aunque el anterior ya no existe. Los clientes conectan y no reciben \
        respuesta.
        """,
        "kill \(pid)", nil
      )
    case .timeWait:
      return (
        """
        servidor, sin SO_REUSEADDR: bind(), listen(), accept(), y close() antes que el cliente; después termina.
        """,
        """
        al arrancar de nuevo recibe EADDRINUSE durante 60 s, también con SO_REUSEADDR: le hacía falta asimismo al \
        servidor que terminó.
        """,
        "el kernel, a los 60 s; entonces se vuelve a crear.", nil
      )
    case .outgoingConnection:
      let made =
        facts.isPortTyped
        ? "cliente: bind() al puerto \(port), connect() a un servidor en otro puerto."
        : "cliente: connect() a un servidor en otro puerto. El kernel le dio el puerto \(port)."
      return (
        made,
        """
        un servidor que quiere el puerto recibe EADDRINUSE, con cualquier opción, aunque nadie escuche ahí.
        """,
        "el close() de la conexión, y 60 s de TIME_WAIT si cierra primero el cliente.", nil
      )
    case .reusePort:
      return (
        "\(facts.count) servidores: setsockopt(SO_REUSEPORT), bind() al mismo puerto, listen().",
        """
        ninguno si es a propósito. Pero cada uno tiene su propia cola: los clientes que el kernel reparte a un \
        servidor colgado esperan, y uno sin la opción recibe EADDRINUSE.
        """,
        "el close() de todos.", nil
      )
    case .ipv6Only:
      return (
        """
        un servidor: setsockopt(IPV6_V6ONLY), bind() a [::]:\(port) en la interfaz de loopback. Otro: bind() a \
        127.0.0.1:\(port).
        """,
        "ninguno recibe EADDRINUSE, y `localhost` es un servidor por IPv6 y el otro por IPv4.",
        "el close() de uno de los dos.", nil
      )
    case .stopped:
      return (
        """
        servidor, proceso \(pid): bind(), listen(), accept(); después kill -STOP \(pid). Cliente: connect(), send().
        """,
        "connect() tiene éxito, pues lo completa el kernel, y no llega respuesta: parece un servidor lento.",
        "kill -CONT \(pid), tras lo cual responde.", nil
      )
    }
  }
}
