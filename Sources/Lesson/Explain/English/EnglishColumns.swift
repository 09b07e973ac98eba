internal import SocketModel

extension Explanation {
  /// What the numbers of a column mean, where its summary does not say enough; `nil` where it does.
  static func englishColumn(_ field: Field) -> String? {
    switch field {
    case .state:
      """
      Where the socket is in its life. explain states draws the ways between the states of TCP; each has an \
      explanation of its own.
      """
    case .receiveQueue:
      """
      Bytes that have come and that the program has not read. Above 0 for long: the program does not keep up, or is \
      stuck. A FIN that was not read counts as 1. For a listener it is how many connections wait for accept(); for \
      UDP, memory, more than the bytes sent.
      """
    case .sendQueue:
      """
      Bytes that were sent, or are still to be, and that the other end has not acknowledged. Above 0 for long: the \
      program there does not read, or the machine is gone. For a listener it is the limit of the accept queue.
      """
    case .acceptQueue:
      """
      Connections that are open and that no accept() has fetched. At the limit the kernel drops new ones, and \
      clients wait.
      """
    case .acceptLimit:
      "The backlog of listen(), but no more than net.core.somaxconn. Only sock_diag reports it."
    case .drops:
      """
      Datagrams that came while the receive buffer was full, since the socket was made; of a listener, connections \
      that found the accept queue full. A number that grows: the program is too slow or SO_RCVBUF too small.
      """
    case .timer:
      """
      What the kernel waits for: retransmit, an ACK for what was sent; keepalive, the next probe of an idle \
      connection; timewait, the end of TIME_WAIT; probe, a window that opens; delack, data for an ACK to travel \
      with.
      """
    case .timerExpires:
      "When that comes, unless something else happens before. In TIME_WAIT it is counted down from a minute."
    case .retransmits:
      """
      How often in a row the same bytes, or the same SYN or FIN, were sent again. Anything but 0 for long: nobody \
      answers.
      """
    case .probes:
      "Keepalive probes, or questions whether a window of 0 has opened, that nobody has answered."
    case .owners:
      """
      Every process that has the socket open, with its descriptor: several after fork(). A socket without one was \
      closed and is ended by the kernel, waits for accept(), or belongs to a process that may not be read; a note \
      says which.
      """
    case .local:
      """
      The socket's own end. * stands for every address of the machine, of both families; 0.0.0.0 and [::] for \
      those of one.
      """
    case .peer:
      "The other end; - for a socket that has none, such as a listener."
    case .inode:
      """
      The number in the links of /proc/PID/fd, socket:[N], by which owners are found. 0: no process can have the \
      socket open.
      """
    case .cookie:
      "A number that no other socket has until the next boot; an inode can be used again."
    case .mark:
      "A number that the program gave to its packets, for routing and firewall rules."
    case .shutdown:
      "The direction that is over: r, nothing more is read; w, a FIN was sent; rw, both."
    case .receiveAllocated:
      """
      Memory that waits to be read, with what the kernel adds to each packet: more than RECV-Q. When it reaches \
      RCVBUF, what comes is dropped.
      """
    case .sendAllocated:
      "Memory of packets that are on their way through the network card; TCP's waiting data is WQUEUED."
    case .attribution:
      """
      By fd or thread: a link in /proc leads to the socket, which is certain. By io_uring: a ring of the process holds \
      it. In_flight: it may wait in a unix socket of the process.
      """
    case .ownerReason:
      """
      What keeps the process from being seen, or why there is none. Empty where a process has the socket, and where \
      nothing proves why no one has.
      """
    case .receiveRate, .sendRate:
      """
      Of TCP alone: the kernel counts the bytes of no other transport. It takes two looks at a socket, so only watch and \
      top have it; what an idle connection shows is 0, and - is not known.
      """
    case .tcp(.rtt):
      """
      The time from sending a segment to its ACK, averaged by the kernel. It has the other end's delay in it: a \
      delayed ACK makes it longer.
      """
    case .tcp(.congestionWindow):
      """
      How many segments may be under way. Times the segment size, divided by RTT, it is about the rate that TCP \
      allows itself.
      """
    case .tcp(.totalRetransmits):
      "All retransmissions since the connection began. A few are normal; many beside SEGSOUT mean a lossy path."
    case .tcp(.unacked):
      """
      Segments sent and not acknowledged. For a listener tcp_info uses the member for connections that wait to be \
      accepted.
      """
    case .tcp(.notSentBytes):
      "Bytes of SEND-Q that have not gone out even once: held back by a window, by Nagle's algorithm or by the pace."
    case .tcp(.rto):
      """
      How long the kernel waits for an ACK before it sends again: the round trip and some more, at least 200 ms, \
      doubled each time in vain.
      """
    case .tcp(.receiveWindowLimited):
      "Time in which the sender had data and the other end no room: its program reads too slowly."
    default: nil
    }
  }
}
