extension Explanation {
  static func english(_ call: ExplainedCall) -> Explanation {
    switch call {
    case .socket:
      Explanation(
        "makes a socket",
        what: """
          Makes a socket of a family (AF_INET, AF_INET6, AF_UNIX) and a type (SOCK_STREAM for TCP, SOCK_DGRAM for UDP) \
          and returns its descriptor. It has no address and no peer.
          """,
        next: "The program: a server with bind(), a client with connect().",
        duration: "It returns at once.",
        check: """
          It fails when the process has too many descriptors open (ulimit -n) or the kernel lacks the family. No \
          listing shows a new TCP socket yet; its link is below /proc/PID/fd.
          """)
    case .setsockopt:
      Explanation(
        "sets an option of a socket",
        what: """
          Changes how a socket behaves: SO_REUSEADDR lets bind() take a port in TIME_WAIT, SO_KEEPALIVE notices a peer \
          that vanished, SO_LINGER with time 0 makes close() send RST, TCP_NODELAY sends small pieces at once.
          """,
        next: "The program. Some options count only before the next call: SO_REUSEADDR before bind().",
        duration: "It returns at once.",
        check: "A connection with SO_KEEPALIVE shows the timer keepalive when it is idle.")
    case .bind:
      Explanation(
        "gives a socket its own address and port",
        what: """
          Sets the local end. With port 0 the kernel picks one of ip_local_port_range. The address must be this \
          machine's: 127.0.0.1 is reached from this machine only, 0.0.0.0 stands for all its addresses.
          """,
        next: "The program: with listen() it becomes a server, with recvfrom() it takes datagrams.",
        duration: "It returns at once. The port stays taken until the last owner closes it.",
        check: """
          "Address already in use": another socket has the port, or connections of it are in TIME_WAIT and \
          SO_REUSEADDR is not set. "Permission denied": ports below ip_unprivileged_port_start (1024) need a \
          privilege.
          """)
    case .listen:
      Explanation(
        "makes a socket a server",
        what: """
          From now on the kernel itself completes handshakes on this port and puts the connections into the accept \
          queue. Its argument, the backlog, says how many may wait there; net.core.somaxconn (4096) limits it. UDP has \
          no listen().
          """,
        next: "A client, with connect(); then this program, with accept().",
        duration: "It returns at once.",
        check: "SEND-Q of a listener is the limit in force, RECV-Q how many connections wait.")
    case .accept:
      Explanation(
        "takes the next connection out of a listener's queue",
        what: """
          Returns a new socket, connected to one client. The listener stays in LISTEN, and the port of the new socket \
          is the same. The handshake was done by the kernel before: accept() sends nothing.
          """,
        next: "The program: it reads and writes on the new socket and calls accept() again.",
        duration: "It waits until a client connects; with one in the queue it returns at once.",
        check: """
          Connections that wait belong to no process: ESTABLISHED without an owner. "Too many open files": the program \
          does not close what it accepted, or ulimit -n is low.
          """)
    case .connect:
      Explanation(
        "connects a socket to a peer",
        what: """
          TCP: sends SYN and waits for the answer; without bind() the kernel picks the local port. UDP: sends nothing, \
          only sets the peer.
          """,
        next: "The server's kernel, which answers even before its program calls accept().",
        duration: """
          TCP: one round trip; without any answer it fails after about 131 s (127 s before Linux 6.5) by \
          tcp_syn_retries. UDP: it returns at once.
          """,
        check: """
          "Connection refused": nobody listens there. A timeout: packets are dropped, or the server's accept queue is \
          full. "Cannot assign requested address": no local port is left.
          """)
    case .send:
      Explanation(
        "hands bytes to the kernel, for the peer",
        what: """
          Copies bytes into the send buffer and returns how many: with TCP perhaps fewer than asked. That it returned \
          does not mean that the peer has them. Python's sendall() repeats it until all are handed over.
          """,
        next: "The other machine's kernel, with ACK; then the program there, with recv().",
        duration: "It returns at once while there is room in the buffer; else it waits until the peer reads.",
        check: """
          SEND-Q is what the peer has not acknowledged. If it stays above 0, the program there does not read, or the \
          machine is gone. SIGPIPE or EPIPE: the connection is closed already.
          """)
    case .sendto:
      Explanation(
        "sends one datagram to an address",
        what: """
          One call is one datagram: it arrives whole or not at all, perhaps twice, perhaps after a later one. Without \
          bind() the kernel picks the local port.
          """,
        next: "The program at the other end, with recvfrom(). Nobody acknowledges anything.",
        duration: "It returns at once; that says nothing about arrival.",
        check: """
          "Message too long": UDP over IPv4 carries at most 65507 bytes. Where nobody listens an ICMP message comes \
          back; only a socket after connect() reports it.
          """)
    case .recv:
      Explanation(
        "takes bytes that have come",
        what: """
          Returns what is in the receive queue, at most as much as asked: with TCP any piece of the stream, not what \
          one send() sent. 0 bytes mean that the other end has closed.
          """,
        next: "After 0 bytes, this program, with close(). Else the end that has something to send.",
        duration: "It waits until at least one byte is there, the other end closes, or SO_RCVTIMEO ends.",
        check: """
          RECV-Q is what nobody has read yet. "Connection reset": the other end ended the connection with RST.
          """)
    case .recvfrom:
      Explanation(
        "takes one datagram and its sender's address",
        what: """
          Returns one datagram and its sender's address, to which sendto() can answer. What does not fit into the \
          buffer given is lost.
          """,
        next: "The program, with sendto() if the sender wants an answer.",
        duration: "It waits until a datagram comes: perhaps for ever, for a lost one is not sent again.",
        check: """
          RECV-Q that stays above 0: the program does not keep up, and what finds the buffer (SO_RCVBUF) full is \
          dropped.
          """)
    case .shutdown:
      Explanation(
        "ends one direction of a connection, keeps the descriptor",
        what: """
          SHUT_WR sends FIN behind the last byte: the peer's recv() will return 0, and this end can go on reading. \
          SHUT_RD ends reading here and sends nothing. It holds for all processes that share the socket.
          """,
        next: "The other end: it sends what it has left, then closes. The program must still call close().",
        duration: "It returns at once. The socket may then stay in FIN_WAIT2 without limit.",
        check: "FIN_WAIT2 with an owner: the half that is left waits for the other end, which is in CLOSE_WAIT.")
    case .close:
      Explanation(
        "gives a descriptor back; the last one closes the connection",
        what: """
          When no other descriptor leads to the socket (fork() and dup() make more), TCP sends FIN behind the last \
          byte; if bytes that came were not read, RST.
          """,
        next: """
          The kernel, which finishes alone. Who closes first goes through FIN_WAIT1 and FIN_WAIT2 to TIME_WAIT; who \
          closes second, through LAST_ACK.
          """,
        duration: "It returns at once, unless SO_LINGER makes it wait for the ACK.",
        check: "A program that forgets it leaves CLOSE_WAIT here and FIN_WAIT2 at the other end.")
    }
  }
}
