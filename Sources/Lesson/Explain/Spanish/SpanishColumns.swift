internal import SocketModel

extension Explanation {
  /// What the numbers of a column mean, where its summary does not say enough; `nil` where it does.
  static func spanishColumn(_ field: Field) -> String? {
    switch field {
    case .state:
      """
      En qué momento de su vida está el socket. Con explain states se ve el dibujo de los estados de TCP; cada uno \
      tiene su explicación.
      """
    case .receiveQueue:
      """
      Bytes que han llegado y el programa no ha leído. Si sigue por encima de 0: el programa no da abasto, o se ha \
      atascado. Un FIN no leído cuenta 1. De un socket en LISTEN, cuántas conexiones esperan a accept(); en UDP, \
      memoria, más que los bytes enviados.
      """
    case .sendQueue:
      """
      Bytes enviados, o por enviar, que el otro extremo no ha confirmado. Si sigue por encima de 0: el programa de \
      allí no lee, o la máquina ya no está. De un socket en LISTEN, el límite de la cola de aceptación.
      """
    case .acceptQueue:
      """
      Conexiones abiertas que ningún accept() ha recogido. En el límite, el kernel descarta las nuevas y los \
      clientes esperan.
      """
    case .acceptLimit:
      "El backlog de listen(), sin pasar de net.core.somaxconn. Solo lo da sock_diag."
    case .drops:
      """
      Datagramas que llegaron con el búfer de recepción lleno, desde que existe el socket; de un socket en LISTEN, \
      conexiones que encontraron llena la cola de aceptación. Si el número crece: el programa es lento o SO_RCVBUF \
      pequeño.
      """
    case .timer:
      """
      Qué espera el kernel: retransmit, un ACK de lo enviado; keepalive, la próxima sonda de una conexión inactiva; \
      timewait, el final de TIME_WAIT; probe, que se abra una ventana; delack, datos con los que pueda viajar un \
      ACK.
      """
    case .timerExpires:
      "Cuánto falta para eso, si no pasa antes otra cosa. En TIME_WAIT va bajando desde un minuto."
    case .retransmits:
      """
      Cuántas veces seguidas se repitieron los mismos bytes, el mismo SYN o el mismo FIN. Si no vuelve a 0: nadie \
      responde.
      """
    case .probes:
      "Sondas keepalive, o preguntas por una ventana de 0, que nadie ha respondido."
    case .owners:
      """
      Todos los procesos que tienen abierto el socket, con su descriptor: varios tras fork(). Uno sin dueño se cerró \
      y lo termina el kernel, espera a accept(), o es de un proceso que no se puede leer; una nota lo dice.
      """
    case .local:
      """
      El extremo propio del socket. * es cualquier dirección de la máquina, de las dos familias; 0.0.0.0 y [::], \
      las de una.
      """
    case .peer:
      "El otro extremo; - si no lo hay, como en un socket en LISTEN."
    case .inode:
      """
      El número de los enlaces de /proc/PID/fd, socket:[N], con el que se buscan los dueños. Con 0, ningún proceso \
      puede tenerlo abierto.
      """
    case .cookie:
      "Un número que ningún otro socket tendrá hasta el próximo arranque; un inodo sí se vuelve a usar."
    case .mark:
      "Un número que el programa pone a sus paquetes, para reglas de encaminamiento y de cortafuegos."
    case .shutdown:
      "El sentido que terminó: r, ya no se lee nada; w, se envió un FIN; rw, los dos."
    case .receiveAllocated:
      """
      Memoria que espera a que la lean, con lo que el kernel añade a cada paquete: más que RECV-Q. Cuando llega a \
      RCVBUF, lo nuevo se descarta.
      """
    case .sendAllocated:
      "Memoria de los paquetes que van de camino por la tarjeta de red; los datos de TCP que esperan son WQUEUED."
    case .attribution:
      """
      Por fd o thread: un enlace de /proc lleva al socket, y eso es seguro. Por io_uring: lo guarda un anillo del \
      proceso. In_flight: puede que espere en un socket unix del proceso.
      """
    case .ownerReason:
      """
      Qué impide ver el proceso, o por qué no hay ninguno. Vacía si un proceso tiene el socket, y si nada prueba por \
      qué no lo tiene nadie.
      """
    case .receiveRate, .sendRate:
      """
      Solo de TCP: el núcleo no cuenta los bytes de ningún otro transporte. Hacen falta dos lecturas del socket, así que \
      solo watch y top la tienen; una conexión inactiva muestra 0, y - es que no se sabe.
      """
    case .tcp(.rtt):
      """
      El tiempo desde que sale un segmento hasta su ACK, promediado por el kernel. Incluye la demora del otro: un \
      ACK retardado lo alarga.
      """
    case .tcp(.congestionWindow):
      """
      Cuántos segmentos pueden ir de camino. Por el tamaño de segmento y entre RTT es, más o menos, la velocidad \
      que TCP se permite.
      """
    case .tcp(.totalRetransmits):
      """
      Todas las retransmisiones desde que empezó la conexión. Algunas son normales; muchas, comparadas con \
      SEGSOUT, indican un camino con pérdidas.
      """
    case .tcp(.unacked):
      """
      Segmentos enviados y sin confirmar. De un socket en LISTEN, tcp_info usa ese campo para las conexiones por \
      aceptar.
      """
    case .tcp(.notSentBytes):
      """
      Bytes de SEND-Q que no han salido ni una vez: los retiene una ventana, el algoritmo de Nagle o el ritmo de \
      envío.
      """
    case .tcp(.rto):
      """
      Cuánto espera el kernel un ACK antes de repetir: la ida y vuelta y algo más, al menos 200 ms, y el doble \
      cada vez que espera en vano.
      """
    case .tcp(.receiveWindowLimited):
      "Tiempo en que había datos que enviar y el otro extremo no tenía sitio: su programa lee despacio."
    default: nil
    }
  }
}
