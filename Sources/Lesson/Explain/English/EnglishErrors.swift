// Sources: the manual pages of the calls, net/ipv4/tcp.c, inet_connection_sock.c, tcp_timer.c,
// icmp.c, net/core/sock.c.
extension Explanation {
  static func english(_ error: SocketError) -> Explanation {
    switch error {
    case .accessDenied:
      Explanation(
        "\"Permission denied\": this user may not",
        what: """
          On bind(): the port needs a privilege, or the folder of a unix socket may not be written to. connect(): a \
          firewall forbids it, the address is a broadcast address, or the file of a unix socket may not be written \
          to.
          """,
        cause: """
          A port below ip_unprivileged_port_start (1024) without CAP_NET_BIND_SERVICE; for a file, its permissions.
          """,
        remedy: """
          Take a port from 1024 on, or give the program the capability: setcap cap_net_bind_service+ep FILE. systemd \
          can open the port for it (socket units). For a unix socket look at ls -l.
          """,
        check: "Which servers have such ports already, and which user runs them.")
    case .addressInUse:
      Explanation(
        "\"Address already in use\": another socket has it",
        what: """
          On bind(), listen() or, with a local port that was chosen, connect(): the address and port belong to \
          another socket. A unix path is in use as soon as its file exists.
          """,
        cause: """
          A listener or a bound socket with the same port at an overlapping address (0.0.0.0 overlaps all), or \
          connections of it in TIME_WAIT while SO_REUSEADDR is not set.
          """,
        remedy: """
          End the other program, or take another port. For TIME_WAIT, set SO_REUSEADDR before bind(): every server \
          should. For a unix path that a server left behind, remove the file.
          """,
        check: "Who has it. A socket in BOUND_INACTIVE holds a port too, and few tools show it.")
    case .addressNotAvailable:
      Explanation(
        "\"Cannot assign requested address\": none is left, or not ours",
        what: """
          On bind(): the address is not one of this machine's. connect(): no local port is left for this \
          destination.
          """,
        cause: """
          For bind(), no interface with that address (ip address shows them). For connect(), every port of \
          ip_local_port_range is in a connection to the same address and port, most of them in TIME_WAIT.
          """,
        remedy: """
          Bind to an address that is there, or to 0.0.0.0. If ports run out: keep connections open instead of one \
          for each request, widen ip_local_port_range, or set tcp_tw_reuse.
          """,
        check: "In which state the ports are that go to one server, and which process has them.")
    case .familyNotSupported:
      Explanation(
        "\"Address family not supported\": the kernel lacks it",
        what: """
          On socket(): the kernel has no such family. connect(), bind() or sendto(): the address is of another \
          family than the socket.
          """,
        cause: """
          No module for the family, such as IPv6 with ipv6.disable=1; or sin_family is not the one that socket() was \
          given.
          """,
        remedy: """
          Make the socket with the family of the address: getaddrinfo() gives both. Without IPv6, use 127.0.0.1, not \
          ::1.
          """,
        check: "Whether this machine has any IPv6 socket.")
    case .wouldBlock:
      Explanation(
        "not now: the call would have to wait (also EWOULDBLOCK)",
        what: """
          On a non-blocking socket, accept() or recv() found nothing and send() found no room. With SO_RCVTIMEO or \
          SO_SNDTIMEO, the time is over. connect() to a unix socket: its accept queue is full.
          """,
        cause: "An empty receive queue, a full send buffer or a full accept queue. It is no failure.",
        remedy: """
          Wait with poll() or epoll until the socket is ready, then call again; do not call in a loop without \
          waiting.
          """,
        check: "A send queue that stays full: the other end does not read.")
    case .badDescriptor:
      Explanation(
        "\"Bad file descriptor\": the number is no open descriptor",
        what: "Any call: the descriptor was closed already, or was never one.",
        cause: "Nothing is open under this number in the process.",
        remedy: """
          Look for a close() that comes twice or in another thread: by then the number may belong to another socket, \
          and the second close() hits that one.
          """,
        check: "Which descriptors are open: ls -l /proc/PID/fd.")
    case .connectionAborted:
      Explanation(
        "the connection ended before accept() took it",
        what: "On accept(): the client had connected and is gone again.",
        cause: "An RST for a connection that waited in the accept queue.",
        remedy: "Call accept() again: the next client waits. Under systems other than Linux it is seen more often.",
        check: "How many connections wait to be accepted.")
    case .connectionRefused:
      Explanation(
        "\"Connection refused\": nobody listens there",
        what: """
          On connect(): the machine is there and no socket listens at this address and port. UDP: the datagram \
          before met no socket; only a connected UDP socket learns of it. Unix: the file is there, its server is \
          not.
          """,
        cause: "TCP: an RST in answer to the SYN. UDP: an ICMP message, port unreachable.",
        remedy: """
          Start the server, or correct address and port. A server at 127.0.0.1 takes no clients of other machines: \
          let it listen at 0.0.0.0. In a container 127.0.0.1 is the container's own.
          """,
        check: "On the server's machine: who listens at the port, and at which address.")
    case .connectionReset:
      Explanation(
        "\"Connection reset by peer\": it was cut off",
        what: "On recv() or send(): the other end ended the connection at once. What was still under way is lost.",
        cause: """
          An RST: the other program closed with bytes unread, with SO_LINGER and time 0, or crashed; or its kernel \
          knows the connection no more, as after a restart; or a firewall in between sent it.
          """,
        remedy: """
          Close properly: shutdown(SHUT_WR), read to the end, close(). A client may try again, unless it cannot know \
          whether its request was carried out.
          """,
        check: "Receive queues above 0 at the end that closes: closing then sends RST.")
    case .hostUnreachable:
      Explanation(
        "\"No route to host\": nobody answers at that address",
        what: """
          On connect(), send() or sendto(): the last router, or this machine, found no machine with the address.
          """,
        cause: """
          No answer to ARP or neighbour discovery, or an ICMP message, host unreachable; a firewall that rejects \
          sends that too.
          """,
        remedy: """
          Check the address, the cable, the network mask. ip route get ADDRESS shows the way, ip neighbour who \
          answered.
          """,
        check: "Connections that never come beyond SYN_SENT.")
    case .inProgress:
      Explanation(
        "connect() has begun and did not wait for the end",
        what: "On connect() on a non-blocking socket: the SYN is sent, the answer is to come. It is no failure.",
        cause: "A handshake that is under way: the socket is in SYN_SENT.",
        remedy: """
          Wait with poll() until the socket is writable, then ask SO_ERROR: 0 means connected, anything else is the \
          error.
          """,
        check: "Sockets that stay in SYN_SENT.")
    case .interrupted:
      Explanation(
        "\"Interrupted system call\": a signal came while it waited",
        what: "Any call that waits: a signal handler ran. Nothing was read, sent or accepted.",
        cause: "A signal with a handler that was set without SA_RESTART.",
        remedy: """
          Call again. Not after close(), which has given the descriptor back all the same; after connect(), wait \
          with poll() as for EINPROGRESS.
          """,
        check: "Nothing in the table of sockets: it is the program's own matter.")
    case .invalidArgument:
      Explanation(
        "\"Invalid argument\": the call does not fit the socket",
        what: """
          On bind(): the socket has an address already, or a link-local address (fe80::) lacks its interface. \
          accept(): listen() was not called. listen(): the socket is connected.
          """,
        cause: "A state of the socket, or an argument, with which the call has no meaning.",
        remedy: """
          Keep the order socket(), bind(), listen(), accept(). Check the length that is given with the address.
          """,
        check: "In which state the socket is: BOUND_INACTIVE before listen().")
    case .isConnected:
      Explanation(
        "the socket has a peer already",
        what: "On connect() a second time, or sendto() with an address on a connected TCP socket.",
        cause: "The socket is in ESTABLISHED, or was connected by an earlier call.",
        remedy: "Make a new socket for each connection. After EINPROGRESS it means success: the connection stands.",
        check: "UDP sockets that have a peer; connect() there may be called again.")
    case .descriptorLimit:
      Explanation(
        "\"Too many open files\": the process is at its limit",
        what: "On socket() or accept(): the process has as many descriptors open as it may.",
        cause: "The limit RLIMIT_NOFILE, often 1024; files, pipes and sockets count alike.",
        remedy: """
          First look for a leak: sockets in CLOSE_WAIT that the program forgets to close. Only then raise ulimit -n, \
          or LimitNOFILE in a systemd unit.
          """,
        check: "Who has how many sockets, and in which states.")
    case .messageTooLong:
      Explanation(
        "\"Message too long\": it does not fit into one datagram",
        what: "On send() or sendto() of a datagram: it is larger than the protocol allows.",
        cause: """
          More than 65507 bytes over IPv4; with path MTU discovery, more than fits into one packet on the way; for a \
          unix socket, more than its send buffer.
          """,
        remedy: """
          Send less at a time, some 1200 bytes over the Internet; or use TCP, which cuts its stream into segments by \
          itself.
          """,
        check: "The MTU of the interface: ip link.")
    case .networkDown:
      Explanation(
        "\"Network is down\": the interface is off",
        what: "On send(), sendto() or bind() on an interface that is not up.",
        cause: "The interface that the socket is bound to, or the way leads through, is down.",
        remedy: "The command ip link shows the state; ip link set NAME up turns it on, as root.",
        check: "Nothing in the table of sockets.")
    case .networkUnreachable:
      Explanation(
        "\"Network is unreachable\": there is no route",
        what: "On connect(), send() or sendto(): this machine does not know where to send packets for the address.",
        cause: """
          No route that fits and no default route, often for IPv6 where only IPv4 is set up; in a new network \
          namespace, lo that is down. Or an ICMP message, network unreachable.
          """,
        remedy: """
          Look with ip route get ADDRESS which way is taken. Add a route, bring the interface up, or use an IPv4 \
          address.
          """,
        check: "Whether other connections leave the machine.")
    case .fileTableFull:
      Explanation(
        "\"Too many open files in system\": the machine is at its limit",
        what: "On socket() or accept(): all processes together have as many files open as the kernel allows.",
        cause: "The limit fs.file-max; /proc/sys/fs/file-nr says how many there are.",
        remedy: "Find the process that leaks them and end it; then, if need be, raise fs.file-max.",
        check: "Who has the most sockets.")
    case .noBuffers:
      Explanation(
        "\"No buffer space available\": memory or a queue is full",
        what: """
          On send(), sendto() or socket(): the kernel has no memory for it now, or the queue of the interface is \
          full.
          """,
        cause: """
          The limit of kernel memory for sockets (tcp_mem, optmem_max), or more datagrams than the interface can \
          send.
          """,
        remedy: """
          Send more slowly and try again. ip -s link shows what an interface dropped; net.core.wmem_max limits the \
          buffers.
          """,
        check: "Which sockets hold the most memory.")
    case .notConnected:
      Explanation(
        "the socket has no connection",
        what: "On send(), recv(), shutdown() or getpeername() on a socket that is not connected, not yet or no more.",
        cause: "A socket in CLOSE, BOUND_INACTIVE or LISTEN. After an RST the connection is gone too.",
        remedy: """
          Wait for connect() to end first. A server reads on the socket that accept() returned, not on the one that \
          listens.
          """,
        check: "In which state the socket is.")
    case .notPermitted:
      Explanation(
        "\"Operation not permitted\": a privilege is missing",
        what: """
          On socket() of type SOCK_RAW or AF_PACKET, some setsockopt(); send() or sendto(): a packet filter dropped \
          it.
          """,
        cause: "CAP_NET_RAW or CAP_NET_ADMIN is missing, or a rule of this machine's firewall.",
        remedy: "Run it as root or with the capability. nft list ruleset and iptables -L show the rules.",
        check: "Nothing in the table of sockets.")
    case .brokenPipe:
      Explanation(
        "\"Broken pipe\": sending on a connection that is over",
        what: """
          On send(): this end has shut its sending down, or the other end has reset the connection and an earlier \
          call said so. The signal SIGPIPE comes with it and ends the process unless it is ignored or MSG_NOSIGNAL \
          is set.
          """,
        cause: """
          An RST that came before: usually the other end closed, and the first send() after that brought the RST.
          """,
        remedy: """
          Ignore SIGPIPE and take the error as the end of the connection. recv() that returns 0 is the sign to stop \
          sending.
          """,
        check: "Ends in CLOSE_WAIT: the other end closed already.")
    case .timedOut:
      Explanation(
        "\"Connection timed out\": nobody answered",
        what: """
          On connect(): no answer to the SYN, again and again. recv() or send(): what was sent, or a keepalive \
          probe, was never acknowledged.
          """,
        cause: """
          Silence: for connect() some 131 s by tcp_syn_retries, for data 15 minutes or more by tcp_retries2. Packets \
          are dropped, the machine is gone, or the server's accept queue is full.
          """,
        remedy: "Check address and firewalls. Set a time limit of your own: poll() with a time, or TCP_USER_TIMEOUT.",
        check: "Who waits in SYN_SENT, which sockets retransmit, and whether a queue is full.")
    }
  }
}
