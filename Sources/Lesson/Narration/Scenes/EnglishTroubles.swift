extension TroubleLesson {
  /// How a trouble is made, what harm it does, what ends it, and from when on it is found, in English.
  static func english(_ scene: TroubleScene, _ facts: Facts) -> Words {
    let (port, pid) = (facts.port, facts.pid)
    switch scene {
    case .acceptQueue:
      let (queued, refused) = (SceneBuilder.queued, SceneBuilder.refused)
      return (
        """
        server: listen() with a backlog of \(queued - 1), which takes \(queued), and no accept(). Clients: connect(), \
        \(queued + refused) of them.
        """,
        """
        \(queued) clients are connected and get no answer. The SYNs of the other \(refused) are dropped and sent \
        again: their connect() hangs, as a rule for two minutes.
        """,
        "the server's accept(), which makes room for the next SYN.", nil
      )
    case .closeWait:
      return (
        """
        server: accept(), recv() to the end, and no close(). Clients: connect(), send(), close(); one each second, up \
        to \(MadeScene.mostConnections).
        """,
        "each costs the server a descriptor, until accept() fails with EMFILE: too many open files.",
        "the server's close(). No timer does.",
        """
        doctor calls it a leak once the oldest is a minute older than the youngest, 61 s from now; with the threshold \
        below, 3 s from now.
        """
      )
    case .resetSockets:
      return (
        """
        server: accept(), \(facts.count) times, and neither recv() nor close(). Clients: connect(), \
        setsockopt(SO_LINGER, 0), close(), which sends a RST.
        """,
        """
        the connections are gone and no table lists them, but each keeps a descriptor of the server: a leak that \
        netstat does not show.
        """,
        "the server's close(). Its next recv() fails with ECONNRESET, which says that it is time.", nil
      )
    case .ephemeralPorts:
      let (first, last) = (SceneBuilder.range.lowerBound, SceneBuilder.range.upperBound)
      return (
        """
        in a network namespace of its own: net.ipv4.ip_local_port_range \(first) \(last), a server, and clients that \
        connect() until it fails, after \(facts.count).
        """,
        """
        the next connect() to this server fails with EADDRNOTAVAIL, and bind() to port 0 with EADDRINUSE. A connect() \
        to another address or port works.
        """,
        "a close(), a wider range, or another address to connect from or to.", nil
      )
    case .zeroWindow:
      return (
        "server: accept(), and no recv(). Client: connect(), send() until there is no room: \(facts.count) bytes.",
        """
        the server's buffer is full and its window 0: the rest waits at the client, whose send() blocks. The kernel \
        only probes, for as long as the server answers.
        """,
        "the server's recv().", "doctor finds it when nothing was taken for 5 s."
      )
    case .udpDrops:
      return (
        """
        server: setsockopt(SO_RCVBUF, 4096), bind(), and no recv(). Client: send(), \(facts.count) datagrams of \
        \(SceneBuilder.datagramSize) bytes.
        """,
        "what the buffer has no room for is dropped, and every send() succeeds: neither end learns of it.",
        "the server's recv() and a larger buffer. The count of drops stays with the socket.", nil
      )
    case .inherited:
      return (
        """
        server (a shell): it has a listener that is not close-on-exec, starts cat, and ends. cat keeps the listener, \
        of which it knows nothing.
        """,
        "a new server gets EADDRINUSE, although the old one is gone. Clients connect and get no answer.",
        "kill \(pid)", nil
      )
    case .timeWait:
      return (
        "server, without SO_REUSEADDR: bind(), listen(), accept(), and close() before the client; then it ends.",
        """
        a restart gets EADDRINUSE for 60 s, with SO_REUSEADDR too: the server that ended needed it as well.
        """,
        "the kernel, after 60 s; it is made again then.", nil
      )
    case .outgoingConnection:
      let made =
        facts.isPortTyped
        ? "client: bind() to port \(port), connect() to a server at another port."
        : "client: connect() to a server at another port. The kernel gave it port \(port)."
      return (
        made,
        "a server that wants the port gets EADDRINUSE, whatever its options, although nothing listens there.",
        "close() of the connection, and 60 s of TIME_WAIT where the client closes first.", nil
      )
    case .reusePort:
      return (
        "\(facts.count) servers: setsockopt(SO_REUSEPORT), bind() to the same port, listen().",
        """
        none where it is intended. But each has a queue of its own: clients that the kernel deals to a server that hangs \
        wait, and one without the option gets EADDRINUSE.
        """,
        "close() of all of them.", nil
      )
    case .ipv6Only:
      return (
        """
        one server: setsockopt(IPV6_V6ONLY), bind() to [::]:\(port) on the loopback interface. Another: bind() to \
        127.0.0.1:\(port).
        """,
        "neither gets EADDRINUSE, and `localhost` is one server over IPv6 and the other over IPv4.",
        "close() of one of them.", nil
      )
    case .stopped:
      return (
        "server, process \(pid): bind(), listen(), accept(); then kill -STOP \(pid). Client: connect(), send().",
        "connect() succeeds, since the kernel completes it, and no answer comes: it looks like a slow server.",
        "kill -CONT \(pid), after which it answers.", nil
      )
    }
  }
}
