import Diagnosis

extension FindingWords {
  /// The words in English.
  static func english(_ kind: Finding.Kind) -> FindingWords {
    switch kind {
    case .acceptQueueFull, .acceptWait, .listenDrops, .backlog, .synQueue, .synDrops: listening(kind)
    case .closeWaitLeak, .closeWaitAtOnce, .resetSockets, .orphans, .finWaitHeld, .abortedOnMemory, .timeWait,
      .timeWaitOverflow, .unanswered:
      ending(kind)
    case .connectPorts, .bindPorts, .udpPorts, .serverPort, .serverPortUnknown, .exposedControl, .exposedDatabase:
      ports(kind)
    case .udpDrops, .udpQueue, .zeroWindow, .sendBuffer, .retransmits, .segmentsRetransmitted, .peerSilent, .unread,
      .keepalive:
      data(kind)
    case .descriptors, .files, .tcpMemory, .udpMemory, .memoryPressure, .conntrackFull, .conntrackDrops, .inherited,
      .noOwner, .sharedUDP:
      resources(kind)
    }
  }

  private static func listening(_ kind: Finding.Kind) -> FindingWords {
    switch kind {
    case .acceptQueueFull:
      FindingWords(
        "the accept queue is full",
        "The process accepts more slowly than clients come, or not at all. Further clients wait, repeat their SYN, and give up.",
        "Find out why it does not call accept(): it hangs, is stopped, or has too few threads. Only then raise the backlog of listen(), and net.core.somaxconn with it."
      )
    case .acceptWait:
      FindingWords(
        "clients have been waiting to be accepted for long",
        "For the client the connection is open, but no process has it: the server does not call accept().",
        "See what the process does: gdb -p, /proc/PID/stack, or whether it is stopped (state T).")
    case .listenDrops:
      FindingWords(
        "the listener has dropped connections",
        "Where ListenOverflows is as high as ListenDrops, the accept queue was full; otherwise the rest are handshakes that failed in another way.",
        "Look with --for 10s whether it goes on. Accept faster, or raise the backlog and net.core.somaxconn.")
    case .backlog:
      FindingWords(
        "the accept queue fills",
        "A burst of as many clients again overflows it. The limit is the backlog of listen(), which net.core.somaxconn cuts; 128, 511, 100 and 50 are what runtimes ask for by default.",
        "Raise the backlog in the program; where the limit is somaxconn, sysctl net.core.somaxconn too. The program must call listen() again."
      )
    case .synQueue:
      FindingWords(
        "many handshakes are not complete",
        "Clients sent a SYN and have not answered: a SYN flood, lost answers, or an accept queue that is full.",
        "See from where they come. net.ipv4.tcp_syncookies = 1 lets real clients through when the queue is full.")
    default:
      FindingWords(
        "the queue of handshakes was full",
        "The kernel sent SYN cookies, or dropped requests where it sends none.",
        "Look with --for 10s whether it goes on, and whether the accept queue is full too.")
    }
  }

  private static func ending(_ kind: Finding.Kind) -> FindingWords {
    switch kind {
    case .closeWaitLeak:
      FindingWords(
        "the process does not close what its peers have closed",
        "Of load all would be young. These stay until the process closes them or ends, each with a descriptor: a path in the program that forgets close(), often after an error.",
        "Find the path: who is the peer, and are there unread bytes, which nobody asked for? Restarting the process only wins time."
      )
    case .closeWaitAtOnce:
      FindingWords(
        "the process has not noticed that peers ended, all at about the same time",
        "One event closed them: a peer was restarted, or the process hangs since. A connection in a pool is usually found closed only when it is used.",
        "If the process works, have the pool test its connections or end idle ones sooner; if it hangs, find out why.")
    case .resetSockets:
      FindingWords(
        "the process keeps sockets whose connection was reset",
        "No table lists them any more, so no other tool shows them, but each has a descriptor.",
        "The program must close a socket after an error (ECONNRESET, EPIPE), too.")
    case .orphans:
      FindingWords(
        "many connections end without a process",
        "The processes closed them, and the peers do not answer. At the limit the kernel drops such connections at once.",
        "Find the peers that vanish. net.ipv4.tcp_orphan_retries and tcp_fin_timeout shorten the wait.")
    case .finWaitHeld:
      FindingWords(
        "the process has shut down sending and waits for the peer to end",
        "After shutdown() without close() no timer ends FIN_WAIT2: it stays until the peer closes or the process does.",
        "Close the socket after a while, or let read() have a time limit.")
    case .abortedOnMemory:
      FindingWords(
        "the kernel ended connections for lack of memory or because of too many orphans",
        "Peers saw a reset, and data that had not been sent is lost.",
        "Find who has most in its queues, and compare with net.ipv4.tcp_mem and tcp_max_orphans.")
    case .timeWait:
      FindingWords(
        "TIME_WAIT is close to its limit",
        "Many short connections end here. Above the limit the kernel leaves TIME_WAIT out, which does no harm as a rule, but each one holds a port for a minute.",
        "Keep connections open (keep-alive, a pool), or raise net.ipv4.tcp_max_tw_buckets.")
    case .timeWaitOverflow:
      FindingWords(
        "TIME_WAIT was left out because there were too many",
        "A late segment of such a connection can be answered with a reset.",
        "Keep connections open, or raise net.ipv4.tcp_max_tw_buckets.")
    default:
      FindingWords(
        "nobody answers",
        "SYNs were repeated without any answer: the host is down, or a firewall drops them. A closed port would have refused at once.",
        "Test the way there, from here and from elsewhere; look at the firewall of both sides.")
    }
  }

  private static func ports(_ kind: Finding.Kind) -> FindingWords {
    switch kind {
    case .connectPorts:
      FindingWords(
        "the local ports for connections to this end run out",
        "Each connection from one address to one address and port needs a local port of its own. When none is left, connect() fails with EADDRNOTAVAIL; connections to another end are not affected.",
        "Keep connections open instead of making one for each request. Or: more addresses on either side, net.ipv4.tcp_tw_reuse = 1, a wider net.ipv4.ip_local_port_range."
      )
    case .bindPorts:
      FindingWords(
        "the local ports of this address run out",
        "bind() to port 0 fails with EADDRINUSE when none is left; bind() at another address works.",
        "Set IP_BIND_ADDRESS_NO_PORT where a program binds to an address before it connects, or widen net.ipv4.ip_local_port_range."
      )
    case .udpPorts:
      FindingWords(
        "the ports for UDP run out",
        "A UDP socket that sends first needs a port of its own. When none is left, that fails with EAGAIN.",
        "See which process has them: often one socket for each question, never closed.")
    case .serverPort:
      FindingWords(
        "the server's port is one that the kernel gives to connections",
        "While the server is not running an outgoing connection can get its port, and then it cannot start until that ends.",
        "Reserve it: sysctl net.ipv4.ip_local_reserved_ports=PORT (the list that is there, and this port).")
    case .serverPortUnknown:
      FindingWords(
        "the port is one that the kernel gives to connections",
        "Unless the kernel chose it for this server too, an outgoing connection can get it while the server is not running.",
        "Where the server needs this very port, reserve it: sysctl net.ipv4.ip_local_reserved_ports=PORT.")
    case .exposedControl:
      FindingWords(
        "everybody who reaches this machine reaches it, and such a service asks for no password by default",
        "Everybody who connects has its data, or runs commands. A firewall may be before it, which is not looked at here.",
        "Bind it to 127.0.0.1 or to a private address, or have it ask for a password.")
    default:
      FindingWords(
        "a database is open to everybody who reaches this machine",
        "Its password is the only thing between its data and the network. A firewall may be before it, which is not looked at here.",
        "Bind it to 127.0.0.1 or to a private address unless other machines need it.")
    }
  }

  private static func data(_ kind: Finding.Kind) -> FindingWords {
    switch kind {
    case .udpDrops:
      FindingWords(
        "datagrams were dropped",
        "Most often the receive buffer was full: the process reads more slowly than they come.",
        "Read faster, or ask for a larger SO_RCVBUF; above net.core.rmem_max it is cut.")
    case .udpQueue:
      FindingWords(
        "the receive buffer fills",
        "The process reads more slowly than datagrams come, or not at all. When it is full they are dropped.",
        "See whether the process still reads.")
    case .zeroWindow:
      FindingWords(
        "the peer takes no more data",
        "Its receive buffer is full and it advertises a window of 0: the program at the other end does not read.",
        "Look at the other end: it hangs, or waits for this one. Where each waits for the other's reading, it is a deadlock."
      )
    case .sendBuffer:
      FindingWords(
        "the send buffer limits the connection",
        "For most of the time the network could have taken more than the send buffer had.",
        "Do not set SO_SNDBUF, so that the kernel adjusts it, or raise the last number of net.ipv4.tcp_wmem.")
    case .retransmits:
      FindingWords(
        "much is sent again",
        "Segments are lost on the way to this address. Of connections without any loss nothing is counted here.",
        "Test the way there (mtr, ping -s 1472 -M do). Loss at one address only is at its end.")
    case .segmentsRetransmitted:
      FindingWords(
        "many segments are sent again",
        "Segments are lost, on one way or on all.",
        "See which peers it is, and look at the interface: ip -s link.")
    case .peerSilent:
      FindingWords(
        "the peer does not answer",
        "The same segment has been sent several times. The host is gone, or something on the way drops the packets. The kernel gives up after net.ipv4.tcp_retries2, a quarter of an hour.",
        "Test the way there. TCP_USER_TIMEOUT lets a program notice sooner.")
    case .unread:
      FindingWords(
        "data came and the process does not read it",
        "It hangs, or has forgotten the connection. When the buffer is full, the peer stops too.",
        "See what the process does. A connection that is not used any more should be closed.")
    default:
      FindingWords(
        "connections have been silent for long and nothing tests them",
        "Where the peer vanished without a word (no power, a firewall that forgot the connection), nobody notices: such a connection stays for ever.",
        "Set SO_KEEPALIVE, or have the protocol send something now and then.")
    }
  }

  private static func resources(_ kind: Finding.Kind) -> FindingWords {
    switch kind {
    case .descriptors:
      FindingWords(
        "the process has used most of its descriptors",
        "At the limit accept(), socket() and open() fail with EMFILE; a server then accepts nobody.",
        "See what they are. A leak grows on under any limit; otherwise raise LimitNOFILE, or ulimit -n.")
    case .files:
      FindingWords(
        "the machine has most of the files open that it may have",
        "At the limit open() and socket() of every process fail with ENFILE.", "Find the process, or raise fs.file-max."
      )
    case .tcpMemory:
      FindingWords(
        "TCP uses more memory than it should",
        "Above the second number of net.ipv4.tcp_mem buffers are made small, above the third data is dropped and connections are reset.",
        "Find who has most in its queues: a process that does not read, or peers that do not.")
    case .udpMemory:
      FindingWords(
        "UDP uses more memory than it should", "Above the third number of net.ipv4.udp_mem datagrams are dropped.",
        "Find the process that does not read.")
    case .memoryPressure:
      FindingWords(
        "TCP was short of memory", "Buffers were made small, and data that had come was dropped.",
        "Look with --for 10s whether it goes on, and who has most in its queues.")
    case .conntrackFull:
      FindingWords(
        "the table of tracked connections is nearly full",
        "When it is full, new connections are dropped, whichever port they are for.",
        "Raise net.netfilter.nf_conntrack_max, shorten its timeouts, or do not track what needs no tracking.")
    case .conntrackDrops:
      FindingWords(
        "packets were dropped for lack of tracking",
        "drop: the table was full; insert_failed: two packets wanted one entry, usual with DNS and NAT; early_drop: connections were forgotten to make room.",
        "Look with --for 10s whether it goes on, and compare with net.netfilter.nf_conntrack_max.")
    case .inherited:
      FindingWords(
        "a program that never serves has the listener",
        "A server started it without closing the listener, which lacks close-on-exec. As long as it runs the port is taken, and clients that it gets wait in vain.",
        "End it, and have the server open its sockets with SOCK_CLOEXEC.")
    case .noOwner:
      FindingWords(
        "no process has it",
        "All processes were read. It is the kernel's own (NFS, a tunnel), on its way between processes (SCM_RIGHTS), or it was closed just now.",
        "Look again; if it stays, see which tunnels, NFS services or control programs there are.")
    default:
      FindingWords(
        "several UDP sockets share the port by SO_REUSEADDR",
        "The socket that was bound last gets every datagram for this machine alone, and the others none: often a second copy of a program.",
        "End one of them. To share the load, all need SO_REUSEPORT.")
    }
  }
}
