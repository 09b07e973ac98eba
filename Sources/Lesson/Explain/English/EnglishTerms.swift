// Times are the kernel's defaults; where a sysctl below /proc/sys/net decides, it is named.
extension Explanation {
  static func english(_ term: NetworkTerm) -> Explanation {
    switch term {
    case .port:
      Explanation(
        "a number from 1 to 65535 that names a program's end",
        what: """
          An address leads to a machine, the port to a socket on it. TCP and UDP count separately: port 53 of one is \
          not port 53 of the other. Those below 1024 need a privilege (ip_unprivileged_port_start).
          """,
        check: "Both ends of a connection have one; the option --port looks at both.")
    case .ephemeralPort:
      Explanation(
        "a local port that the kernel picks for a client",
        what: """
          A client that does not bind() gets one of ip_local_port_range, 32768 to 60999 by default. One port can \
          serve connections to different servers at the same time, but only one to the same address and port.
          """,
        check: """
          When a client runs out of them connect() fails with EADDRNOTAVAIL: most are then in TIME_WAIT, or open and \
          forgotten.
          """)
    case .loopback:
      Explanation(
        "the machine's way to itself: 127.0.0.1 and ::1",
        what: """
          What is sent there never leaves the machine. A server that listens there cannot be reached by other \
          machines, and in a container it is the container's own.
          """,
        check: "Servers that listen there, and so serve this machine only.")
    case .anyAddress:
      Explanation(
        "every address of this machine, to a server that binds to it",
        what: """
          A server bound to 0.0.0.0, or :: for IPv6, takes clients at any address of the machine, from the outside \
          too. It is no address to connect to: Linux takes it for loopback then.
          """,
        check: "What is open to other machines, unless a firewall stands before it.")
    case .dualStack:
      Explanation(
        "one IPv6 socket that takes IPv4 clients too",
        what: """
          A socket bound to :: takes IPv4 as well unless IPV6_V6ONLY is set; IPv4 addresses then look like \
          ::ffff:192.0.2.1. It is why a listener at :: can take a port for IPv4.
          """,
        check: "In the column V6ONLY, false: *:8080 is such a socket, [::]:8080 takes IPv6 alone.")
    case .descriptor:
      Explanation(
        "the number by which a program has a socket open",
        what: """
          Both socket() and accept() return one. Several can lead to one socket, after dup() or fork(), and the \
          socket is closed when the last is. A process has a limit of them (ulimit -n).
          """,
        check: "In OWNERS, after fd. Links below /proc/PID/fd lead from each to its socket.")
    case .datagram:
      Explanation(
        "one message that is sent and comes as a whole, or not at all",
        what: """
          UDP sends datagrams: each sendto() is one, each recvfrom() takes one. They may be lost, doubled or come in \
          another order, and nobody says so.
          """,
        check: "UDP sockets and what waits in their receive queues.")
    case .handshake:
      Explanation(
        "the three segments that open a connection: SYN, SYN+ACK, ACK",
        what: """
          The client's kernel sends SYN, the server's answers SYN+ACK, the client's ACK completes it. The kernels do \
          it by themselves: accept() only fetches the result, and connect() waits for the second segment.
          """,
        check: "Connections that are in the middle of it; those that stay there do not get an answer.")
    case .syn:
      Explanation(
        "the segment that asks for a connection",
        what: """
          The call connect() sends it. It carries the number that the first byte will follow, and options such as \
          the largest segment. A lost one is sent again after 1 s, then at longer intervals.
          """,
        check: "Ends in SYN_SENT wait for the answer, ends in SYN_RECV have given it.")
    case .ack:
      Explanation(
        "the acknowledgement: up to here everything has come",
        what: """
          Every segment but the first carries it. It says that the kernel at the other end has the bytes, not that \
          its program has read them. What is not acknowledged is kept, and sent again.
          """,
        check: "SEND-Q counts what was sent and is not acknowledged.")
    case .backlog:
      Explanation(
        "how many connections may wait for accept(), by listen()",
        what: """
          The limit of the accept queue, no more than net.core.somaxconn (4096). The kernel lets in one more than it \
          says. Beyond that it drops new connections, and the clients' connect() hangs.
          """,
        check: "SEND-Q of a listener is the limit, RECV-Q how many wait.")
    case .acceptQueue:
      Explanation(
        "connections that are open and that accept() has not fetched",
        what: """
          The kernel completes handshakes without the program and keeps the connections here. They are ESTABLISHED, \
          their clients may send, and no process has them yet.
          """,
        check: "A queue that is full: the program is too slow, or stuck. Its limit is the backlog.")
    case .synCookies:
      Explanation(
        "a way to let clients in while too many are in SYN_RECV",
        what: """
          When half-open connections fill the queue, the kernel keeps nothing of new ones and puts what it needs \
          into the number of its SYN+ACK. It is on by default (tcp_syncookies). Some TCP options are lost by it.
          """,
        check: "Many in SYN_RECV at one port: a flood, or answers that do not reach the clients.")
    case .buffer:
      Explanation(
        "the kernel's memory for what is not sent or not read yet",
        what: """
          Each socket has one to send and one to receive, with limits (SO_SNDBUF, SO_RCVBUF; of TCP the kernel \
          adapts them, tcp_rmem and tcp_wmem). A full send buffer makes send() wait; a full receive buffer makes \
          TCP's sender wait, and drops datagrams.
          """,
        check: "RECV-Q and SEND-Q say what lies in them, the columns of --memory how large they may be.")
    case .window:
      Explanation(
        "how many bytes the other end may still send",
        what: """
          Each ACK says how much room the receive buffer has. At 0 the sender stops and asks from time to time (the \
          timer probe) until the program there reads.
          """,
        check: "A peer that does not read: SEND-Q grows here, RECV-Q there.")
    case .retransmission:
      Explanation(
        "sending again what was not acknowledged in time",
        what: """
          The kernel waits for the ACK for RTO, somewhat more than the round trip; each time in vain it waits twice \
          as long. After tcp_retries2 (15) the connection is given up, with ETIMEDOUT.
          """,
        check: "Which sockets do it now, and when they will next.")
    case .nagle:
      Explanation(
        "small pieces wait until earlier bytes are acknowledged",
        what: """
          Nagle's algorithm keeps a small segment back while data is unacknowledged, so that many small writes \
          become few packets. Together with the other end's delayed ACK it can cost 40 ms. TCP_NODELAY turns it off.
          """,
        check: "Bytes that are queued and never sent, beside segments in flight.")
    case .delayedACK:
      Explanation(
        "an acknowledgement that waits for data to travel with",
        what: """
          The receiver does not acknowledge each segment at once: it waits some 40 ms for an answer of its program \
          that can carry the ACK. Every second full segment is acknowledged at once.
          """,
        check: "Sockets with the timer delack.")
    case .keepalive:
      Explanation(
        "probes on an idle connection: is the peer still there?",
        what: """
          Off unless the program sets SO_KEEPALIVE. After tcp_keepalive_time (7200 s) of silence the kernel sends a \
          probe each tcp_keepalive_intvl (75 s); when tcp_keepalive_probes (9) stay unanswered, the connection ends \
          with ETIMEDOUT.
          """,
        check: """
          Connections that have it, and when the next probe is due. Without it a peer that vanished is never \
          noticed.
          """)
    case .halfClose:
      Explanation(
        "one direction is ended, the other still carries data",
        what: """
          The call shutdown(SHUT_WR) sends FIN and keeps the receiving side open: "I have no more to say, I am \
          listening". This end is then in FIN_WAIT2, the other in CLOSE_WAIT, for as long as both like.
          """,
        check: """
          Pairs in FIN_WAIT2 and CLOSE_WAIT. After close() instead of shutdown() the kernel ends FIN_WAIT2 after 60 \
          s.
          """)
    case .fin:
      Explanation(
        "the segment that says: I send no more",
        what: """
          Both close() and shutdown(SHUT_WR) send it, behind the last byte. The other program learns of it when \
          recv() returns 0. Each direction has its own, so an orderly end takes two.
          """,
        check: "It counts as one byte in the queues until it is read or acknowledged.")
    case .rst:
      Explanation(
        "the segment that ends a connection at once: a reset",
        what: """
          It answers what fits no socket (connection refused), and it ends a connection whose data nobody will read: \
          closed with bytes unread, or with SO_LINGER and time 0. The other program sees ECONNRESET, and nothing \
          stays in TIME_WAIT.
          """,
        check: "Ends that have bytes unread now: closing them sends RST.")
    case .linger:
      Explanation(
        "what close() does with bytes that are not sent yet",
        what: """
          Without it close() returns at once and the kernel goes on sending. With a time above 0 close() waits so \
          long for the acknowledgement; with 0 it throws the bytes away and sends RST.
          """,
        check: "Connections that were closed while their bytes were still to be sent are in FIN_WAIT1.")
    case .orphan:
      Explanation(
        "a connection that no process has open any more",
        what: """
          After close() the kernel ends the connection alone: FIN_WAIT1, FIN_WAIT2, CLOSING, LAST_ACK. \
          tcp_max_orphans limits their number, tcp_orphan_retries how often the kernel tries, tcp_fin_timeout (60 s) \
          how long FIN_WAIT2 lasts.
          """,
        check: "How many there are. Those in TIME_WAIT are counted separately.")
    case .timeWaitReuse:
      Explanation(
        "using a client's port again although it is in TIME_WAIT",
        what: """
          The setting tcp_tw_reuse lets connect() take a port whose last connection to the same server is in \
          TIME_WAIT for a second or more; timestamps keep old segments out. 2, the default, means on loopback only, \
          1 everywhere. It helps clients, not servers.
          """,
        check: "How many ports to one server are in TIME_WAIT.")
    case .reuseAddress:
      Explanation(
        "lets bind() take a port although TIME_WAIT holds it",
        what: """
          Set before bind(), it lets a server start again at once. It does not let two servers listen at one port. \
          For UDP it does: both get multicasts, and unicasts go to the last.
          """,
        check: "What holds a port after its server has ended.")
    case .reusePort:
      Explanation(
        "several sockets share one port, and the kernel deals out",
        what: """
          All of them must set it before bind(), and must belong to one user. Each listener has an accept queue of \
          its own; the kernel chooses by a hash of the ends.
          """,
        check: "Listeners with the same address: one of them may be full while others are idle.")
    case .congestionWindow:
      Explanation(
        "how many segments may be on the way without an ACK",
        what: """
          TCP's own limit, besides the peer's window: it grows while ACKs come and shrinks at losses. The algorithm \
          (cubic, bbr) decides how. The rate is about window divided by round trip.
          """,
        check: "CWND beside RTT, and SSTHRESH: below it the window doubles each round trip.")
    case .icmp:
      Explanation(
        "messages of the network itself: unreachable, too big, ping",
        what: """
          A machine that has no socket for a datagram answers with port unreachable; routers answer with host or \
          network unreachable, or that a packet is too large. Connected sockets get them as errors of the next call.
          """,
        check: "UDP sockets that have a peer: only they learn of it.")
    case .namespace:
      Explanation(
        "a network of its own: interfaces, addresses, ports, sockets",
        what: """
          Each container usually has one. Ports of two namespaces have nothing to do with each other, and a listing \
          shows those of one: that of the program, or that of a process with --root /proc/PID.
          """,
        check: "The column NETNS, and what a process in another one has.")
    case .abstractName:
      Explanation(
        "a unix socket's name that is no file",
        what: """
          A name that begins with a NUL byte, written @name. It belongs to the network namespace and vanishes with \
          the last socket; file permissions do not protect it.
          """,
        check: "Which there are.")
    case .sockDiag:
      Explanation(
        "the kernel's interface that lists sockets, over netlink",
        what: """
          What ss uses. It reports more than the tables of /proc/net: limits of accept queues, cookies, tcp_info, \
          bound sockets that do not listen. Some sandboxes refuse it; /proc is read then.
          """,
        check: "The same sockets by either way.")
    }
  }
}
