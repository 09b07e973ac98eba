internal import SocketModel

// Times are the kernel's defaults; where a sysctl below /proc/sys/net decides, it is named.
// Sources: net/ipv4/tcp_input.c, tcp_timer.c, tcp_minisocks.c, include/net/tcp.h and
// Documentation/networking/ip-sysctl.rst.
extension Explanation {
  static func english(_ state: SocketState) -> Explanation {
    switch state {
    case .listen:
      Explanation(
        "a server waits for connections here",
        what: """
          A server's door: no data passes through it. For each client that connects, the kernel makes a new socket and \
          puts it into the accept queue, where accept() fetches it. Unix sockets listen too.
          """,
        next: "A client, with connect(). Once connections are in the queue, this program, with accept().",
        duration: "Until the program closes the socket or ends.",
        check: """
          RECV-Q is how many connections wait for accept(), SEND-Q how many may: the backlog of listen(), but no more \
          than net.core.somaxconn. While the queue is full the kernel drops new connections, and clients see a \
          connect() that hangs.
          """)
    case .synSent:
      Explanation(
        "connect() has sent a SYN, and nobody has answered yet",
        what: "This end asks for a connection: its SYN is on the way, or nobody has answered it.",
        next: "The other machine: its SYN+ACK opens the connection, its RST refuses it (connection refused).",
        duration: """
          One round trip. Without any answer the SYN is sent again, tcp_syn_retries (6) times at growing intervals and \
          since Linux 6.5 tcp_syn_linear_timeouts (4) times more; then connect() fails with a timeout: after about 131 \
          s, before 6.5 about 127.
          """,
        check: """
          Sockets that stay here have met a firewall that drops packets, an address where nobody is, or a server whose \
          accept queue is full.
          """)
    case .synRecv:
      Explanation(
        "a SYN came and was answered; the client's ACK is awaited",
        what: """
          A client's SYN reached a listener, and the kernel answered with SYN+ACK. The connection is half open; no \
          process has it yet, so it has no owner.
          """,
        next: "The client's machine, with the ACK that completes the handshake.",
        duration: """
          One round trip. Without an ACK the SYN+ACK is sent again tcp_synack_retries (5) times, and after 63 s the \
          entry goes. With TCP_DEFER_ACCEPT it stays here until the client sends data.
          """,
        check: """
          Many at once: a SYN flood, or answers that do not reach the clients. tcp_max_syn_backlog limits them, and \
          tcp_syncookies lets clients in beyond that.
          """)
    case .established:
      Explanation(
        "the connection is open: both ends can send",
        what: "The handshake is done, and bytes go both ways until one end closes.",
        next: "Whichever program has something to send, or wants to close.",
        duration: """
          As long as both want: TCP by itself never ends an idle connection. With SO_KEEPALIVE a peer that vanished is \
          noticed after tcp_keepalive_time (7200 s) and tcp_keepalive_probes (9) probes 75 s apart; with bytes \
          unacknowledged after tcp_retries2 (15) retries, which is 15 minutes or more.
          """,
        check: """
          RECV-Q above 0: this program does not read. SEND-Q above 0: the other end has not acknowledged. Without an \
          owner, even for root: no accept() has fetched it yet.
          """)
    case .finWait1:
      Explanation(
        "this end closed first; its FIN is not acknowledged yet",
        what: """
          The program called close() or shutdown(). The FIN goes out behind the bytes that were still to be sent, and \
          the other kernel has not acknowledged it.
          """,
        next: "The other machine's kernel, with an ACK. If its buffer is full, first the program there, with recv().",
        duration: """
          One round trip. Without any answer the kernel gives up: after close() (then it has no owner) by \
          tcp_orphan_retries, whose 0 means 8 tries, in 100 s or more; after shutdown() alone by tcp_retries2.
          """,
        check: """
          One that stays: the other machine is gone, or its program does not read: then SEND-Q is above 1, for the FIN \
          counts 1.
          """)
    case .finWait2:
      Explanation(
        "this end closed; the other end has yet to close",
        what: "The other kernel has acknowledged our FIN. Nothing more goes out; bytes may still come in.",
        next: "The program at the other end, with close(). Its socket is in CLOSE_WAIT.",
        duration: """
          After close() (then it has no owner) tcp_fin_timeout, 60 s, and the kernel forgets it. After shutdown() \
          alone (then it has an owner) there is no limit.
          """,
        check: "Many to one address: the program there does not close its connections.")
    case .closeWait:
      Explanation(
        "the other end closed; the program here has not",
        what: """
          The other end's FIN has come and the kernel has acknowledged it. recv() gives what is left and then 0 bytes: \
          the sign that nothing more will come.
          """,
        next: "The program that owns it, with close().",
        duration: """
          A moment. There is no limit: the kernel waits for the program. One that stays is a bug of that program, \
          which loses a descriptor each time.
          """,
        check: """
          Which program has them. The FIN counts 1 in RECV-Q until it is read: 1 or more means that the program has \
          not read to the end, 0 that it has and still does not close.
          """)
    case .closing:
      Explanation(
        "both ends closed at the same time",
        what: "The two FINs crossed on the way: the other end's has come, the ACK of ours has not.",
        next: "The other machine's kernel, with the ACK of our FIN; then comes TIME_WAIT.",
        duration: """
          One round trip, so it is hardly ever seen. Without an answer as long as FIN_WAIT1: tcp_orphan_retries, 100 s \
          or more.
          """,
        check: "One that stays: the other machine is gone, or nobody reads there: then SEND-Q is above 1.")
    case .lastAck:
      Explanation(
        "both ends closed, the other first; the last ACK is missing",
        what: "The other end closed, then this program did too. Our FIN is on the way.",
        next: "The other machine's kernel, with the ACK of our FIN. Then the socket is gone.",
        duration: """
          One round trip. Without an answer the kernel gives up by tcp_orphan_retries, whose 0 means 8 tries: 100 s or \
          more.
          """,
        check: "Many that stay: the other machines vanished, or a firewall has forgotten their connections.")
    case .timeWait:
      Explanation(
        "this end closed first; the kernel remembers it a minute",
        what: """
          The connection is over. The kernel keeps its addresses and ports, so that no late segment gets into a new \
          connection and a FIN that is repeated gets its ACK again. No process has it any more.
          """,
        next: "Nobody.",
        duration: """
          60 s, always: TCP_TIMEWAIT_LEN is built into the kernel, and tcp_fin_timeout does not change it.
          """,
        check: """
          They are normal. They matter when a server cannot bind() its port again (it should set SO_REUSEADDR), or \
          when a client runs out of ports to one server (ip_local_port_range, tcp_tw_reuse; better, keep connections \
          open).
          """)
    case .close:
      Explanation(
        "a TCP socket without a connection: new, or at its end",
        what: """
          What socket() has just made, or what RST or a timeout has left of a connection while the program still has \
          its descriptor.
          """,
        next: "The program, with bind(), connect() or close().",
        duration: "Until the program acts.",
        check: """
          The kernel lists few of them, only the link below /proc/PID/fd is always there. One that holds a port is \
          BOUND_INACTIVE.
          """)
    case .boundInactive:
      Explanation(
        "has a port, but neither listens nor connects",
        what: "A TCP socket after bind(), before listen() or connect(). The port is taken all the same.",
        next: "The program, with listen() or connect().",
        duration: "Until the program acts. As long, bind() to that port fails elsewhere: address already in use.",
        check: """
          It is why a port can be taken though no listing shows who has it: such sockets are in no table of /proc, and \
          sock_diag reports them since Linux 6.8 to those who ask.
          """)
    case .unconnected:
      Explanation(
        "has no fixed peer: it takes what anybody sends",
        what: """
          A UDP or raw socket, or a unix socket, without connect(). A datagram socket takes datagrams from any sender \
          with recvfrom() and sends with sendto(). UDP knows no LISTEN: a UDP server is here.
          """,
        next: "Nobody must. Any peer may send, and so may this program.",
        duration: "Until the program calls connect() or close(), or ends.",
        check: """
          RECV-Q above 0: datagrams wait for the program. When the buffer (SO_RCVBUF) is full, the kernel drops what \
          comes. For UDP the number is memory, more than the bytes sent.
          """)
    case .connected:
      Explanation(
        "has a fixed peer: UDP after connect(), unix in a pair",
        what: """
          For UDP nothing was sent: connect() only noted the peer, so that send() needs no address and datagrams of \
          others are refused. For unix sockets it is a real connection.
          """,
        next: "Whichever program has something to send.",
        duration: "Until the program ends it. UDP does not even notice that the peer is gone.",
        check: """
          For UDP it does not mean that anybody is there: if not, an ICMP message comes back, and the next call fails \
          with connection refused. RECV-Q above 0: this program does not read.
          """)
    case .connecting:
      Explanation(
        "a unix connection that the server has not accepted",
        what: """
          The server's end of a unix connection, still in the accept queue: connect() has succeeded, accept() has not \
          fetched it. It belongs to no file yet, so it has no owner.
          """,
        next: "The server, with accept().",
        duration: "A moment; as long as the server does not accept.",
        check: "Many with one path: that server does not keep up. Only /proc shows them, sock_diag does not.")
    case .disconnecting:
      Explanation(
        "a unix socket that the kernel is taking apart",
        what: "A unix socket that belongs to no file and has no connection.",
        next: "The kernel.",
        duration: "An instant: hardly anybody ever sees one.",
        check: "Nothing. Only /proc can show it.")
    case .unhashed:
      Explanation(
        "open in a process, and in no table of the kernel",
        what: """
          A socket that was never bound, or whose connection was reset by the peer and that is still open. No table \
          lists it: only the descriptor of its process shows that it exists. Sockets of protocols without a table are \
          here too.
          """,
        next: "The program, with bind(), connect() or close().",
        duration: "Until the program acts. If it has forgotten the socket, until it ends.",
        check: """
          Many in one process, and more each time: the program does not close sockets after an error. They use up its \
          descriptors (EMFILE). lsof shows them as "protocol: TCP" or "can't identify protocol".
          """)
    default: associationState(state)
    }
  }
  /// The states that only associations of SCTP have (RFC 9260, section 4; `net/sctp/sm_statefuns.c`).
  private static func associationState(_ state: SocketState) -> Explanation {
    switch state {
    case .cookieWait:
      Explanation(
        "an INIT of SCTP was sent, and nobody has answered yet",
        what: "This end asks for an association: its INIT is on the way, or nobody has answered it with INIT ACK.",
        next: "The other machine, with INIT ACK and a cookie, or with ABORT.",
        duration: "One round trip. Without an answer INIT is sent again max_init_retransmits (8) times.",
        check: "As with SYN_SENT: a firewall that drops SCTP, or an address where nobody is.")
    case .cookieEchoed:
      Explanation(
        "the cookie of an SCTP server was returned to it",
        what: "INIT ACK came, and its cookie went back in COOKIE ECHO. Data may be on its way already.",
        next: "The other machine, with COOKIE ACK, which opens the association.",
        duration: "One round trip.",
        check: "Sockets that stay here: the cookie came too late (valid_cookie_life), or the answer is lost.")
    case .shutdownPending:
      Explanation(
        "closed here, with data that is not acknowledged yet",
        what: "The program has closed the SCTP association. SHUTDOWN waits until all data is acknowledged.",
        next: "The other machine, with acknowledgements.",
        duration: "As long as data is unanswered, within the limit of retransmissions.",
        check: "SEND-Q above 0 that does not fall: the peer does not read, or is gone.")
    case .shutdownSent:
      Explanation(
        "a SHUTDOWN of SCTP was sent",
        what: "All data of this end is acknowledged, and SHUTDOWN has told the peer that no more follows.",
        next: "The other machine, with SHUTDOWN ACK once its own data is acknowledged.",
        duration: "One round trip, and as long as the peer still sends.",
        check: "SCTP knows no half-closed association: the peer cannot go on sending for long.")
    case .shutdownReceived:
      Explanation(
        "the peer has sent SHUTDOWN, and data is left to send",
        what: "SHUTDOWN came. The program can send no more; what was sent before is still to be acknowledged.",
        next: "This machine: when all is acknowledged it answers with SHUTDOWN ACK by itself.",
        duration: "Until the data is acknowledged. Unlike CLOSE_WAIT it does not wait for the program.",
        check: "SEND-Q above 0 that does not fall: the acknowledgements are lost.")
    default:
      Explanation(
        "the peer's SHUTDOWN was answered",
        what: "Both ends have sent all they had, and SHUTDOWN ACK is on its way.",
        next: "The other machine, with SHUTDOWN COMPLETE, which ends the association.",
        duration: "One round trip. There is no TIME_WAIT.",
        check: "Nothing, unless it stays: then the last packet is lost, and SHUTDOWN ACK is sent again.")
    }
  }
}
