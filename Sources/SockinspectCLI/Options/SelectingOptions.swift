import SocketModel

/// The options that choose which sockets are shown.
enum SelectingOptions {
  static let all: [Option] =
    [
      Option(
        .port, "port", value: OptionValue("PORTS", .ports), topic: .selecting, common: true,
        "local or remote port: 1234, 80,443, 8000-8100, https",
        examples: [Example("--port 1234", "who uses port 1234, at either end")],
        """
        Sockets with one of the ports at either end. PORTS is a list of numbers, ranges and names of `/etc/services`, with commas \
        between them; with `!` before it, those with none of them. All transports that have ports are looked at, unless some are named.
        """),
      Option(
        .localPort, "local-port", aliases: ["sport", "lport"], value: OptionValue("PORTS", .ports), topic: .selecting,
        "local port", examples: [Example("--local-port 8000-8100", "what is served or sent from these ports")],
        "Sockets whose local port is one of the list; see `--port`."),
      Option(
        .remotePort, "remote-port", aliases: ["peer-port", "dport", "rport"], value: OptionValue("PORTS", .ports),
        topic: .selecting, "remote port", examples: [Example("--remote-port https", "connections to web servers")],
        "Sockets whose remote port is one of the list; see `--port`."),
      Option(
        .address, "address", value: OptionValue("ADDRESSES", .addresses), topic: .selecting,
        "local or remote address: 10.0.0.0/8, ::1",
        examples: [Example("--address 10.0.0.0/8", "all that has an end in a network")],
        """
        Sockets with one of the addresses at either end. ADDRESSES is a list of IPv4 and IPv6 addresses and of blocks in CIDR form, \
        with commas between them; with `!` before it, those with none of them. IPv4 addresses and blocks also find IPv4-mapped IPv6 \
        sockets.
        """),
      Option(
        .local, "local", aliases: ["src"], value: OptionValue("ADDRESSES", .addresses), topic: .selecting,
        "local address", examples: [Example("-l --local 0.0.0.0,::", "what listens on every interface")],
        "Sockets whose local address is one of the list; see `--address`."),
      Option(
        .remote, "remote", aliases: ["peer", "dst"], value: OptionValue("ADDRESSES", .addresses), topic: .selecting,
        "remote address", examples: [Example("--remote '!127.0.0.0/8'", "all but what goes to this machine itself")],
        "Sockets whose remote address is one of the list; see `--address`."),
      Option(
        .state, "state", value: OptionValue("STATES", .list(Words.states)), topic: .selecting, common: true,
        "state: TIME_WAIT, close-wait, !listen ...",
        examples: [Example("--state close-wait", "connections that the program forgot to close")],
        """
        Sockets in one of the states. STATES is a list with commas between the names; case, `-` and `_` do not matter, and the names of \
        `ss` and `netstat` are understood: `TIME_WAIT`, `time-wait` and `timewait` are one, `ESTAB` is `established`, `UNCONN` `unconnected`. \
        A `!` before the list means all other states, before a later name all but that one: `connected,!time_wait`. Besides single states \
        there are the groups of `ss`: `all`, `connected` (all that have or had a peer), `synchronized` (those without syn_sent), `bucket` \
        (time_wait and syn_recv) and `big` (all but bucket).
        """),
      Option(
        .listening, "listening", "l", topic: .selecting, common: true, "servers: what waits for connections or packets",
        examples: [Example("-tulpn", "every TCP and UDP server and its process")],
        """
        Listening TCP and unix sockets, and sockets without a peer of transports that know no connection, such as UDP and unix datagrams. From \
        /proc a unix datagram server counts as connected once a client has connected to it.
        """
      ),
      Option(
        .all, "all", "a", topic: .selecting, "every state, and every transport unless one is named",
        examples: [Example("-tan", "TCP in every state"), Example("-a", "every socket of every kind")],
        "Sockets in every state, which is the default, and of every transport unless some are named. It takes back `--listening`."
      ),
      Option(
        .boundInactive, "bound-inactive", "B", topic: .selecting, "TCP sockets that are bound and do nothing else",
        examples: [Example("-B", "ports that are taken and serve nobody")],
        "TCP sockets that are bound to a port and neither listen nor connect. Short for `--state bound-inactive`."),
      Option(
        .pid, "pid", value: OptionValue("PIDS", .processIDs), topic: .selecting, common: true,
        "sockets of these processes, by number", examples: [Example("--pid $$", "sockets that this shell has open")],
        """
        Sockets that one of the processes has open. PIDS is a list of numbers and ranges with commas between them; a number that no \
        process has is an error. Other owners of the same sockets are not looked for. With `!` before it, the sockets that none of \
        them has open.
        """),
      Option(
        .process, "process", aliases: ["command", "proc"], value: OptionValue("NAMES", .processNames),
        topic: .selecting,
        common: true, "sockets of these processes, by name: nginx*,sshd",
        examples: [Example("--process 'nginx*'", "sockets of nginx and its helpers")],
        """
        Sockets that a process with one of the names has open. NAMES is a list of names and globs (`*`, `?`, `[a-z]`), held against the \
        process name, which the kernel cuts at 15 bytes, and the name of the program file. Other owners of the same sockets are not looked for. With `!` before it, the sockets of \
        all other processes.
        """),
      Option(
        .user, "user", value: OptionValue("USERS", .users), topic: .selecting,
        "sockets of these users: names or numbers",
        examples: [Example("--user www-data,1000", "sockets that belong to two users")],
        """
        Sockets that belong to one of the users, or that one of their processes has open. USERS is a list of names and numbers with commas between \
        them. Processes of other users are looked at only for sockets that belong to one of the users and that none of their own has open.
        """
      ),
      Option(
        .ipv4, "ipv4", "4", topic: .selecting, "IPv4 only", examples: [Example("-4tl", "TCP servers on IPv4")],
        """
        IPv4 sockets only, as in `ss`. With `--ipv6` too, both. A server that takes both (LOCAL is `*:8080`) is an IPv6 socket, and so are its \
        connections from IPv4 clients, whose addresses are IPv4-mapped.
        """),
      Option(
        .ipv6, "ipv6", "6", topic: .selecting, "IPv6 only", "IPv6 sockets only. With `--ipv4` too, both."),
    ] + transports

  private static let transports: [Option] = [
    Option(
      .transport, "transport", "A", aliases: ["query", "socket"], value: OptionValue("LIST", .list(Words.transports)),
      topic: .transports, common: true, "transports: tcp,unix,all ..., or -t -u -x -w",
      examples: [Example("-A tcp,unix", "TCP and unix sockets"), Example("-A all", "every transport")],
      """
      The transports to list: names with commas between them. Besides the single ones there are `inet` (all of IPv4 and IPv6) and \
      `all`, and the words of `ss` for some sockets of a transport: `unix_stream`, `u_dgr`, `packet_raw` and the like; `tcp6` is TCP over IPv6. \
      A `!` before a name takes it away: `all,!tcp`. Adds to what the single options name.
      """),
    Option(
      .family, "family", "f", value: OptionValue("FAMILY", .choice(["inet", "inet6", "unix", "link", "netlink"])),
      topic: .transports, "sockets of one family, as in ss: inet, unix ...",
      examples: [Example("-f inet6", "TCP and UDP over IPv6")],
      """
      The sockets of a family by its name in `ss`: `inet` is `-4`, `inet6` is `-6`, `unix` is `-x`, `link` is `-0`, and `netlink`. To follow \
      what happens there is `watch`.
      """),
    Option(
      .tcp, "tcp", "t", topic: .transports, "TCP", examples: [Example("-tanp", "all of TCP")],
      "TCP sockets. A connection of MPTCP also shows its subflows here."),
    Option(.udp, "udp", "u", topic: .transports, "UDP", "UDP sockets."),
    Option(
      .unix, "unix", "x", topic: .transports, "unix domain sockets", examples: [Example("-xl", "unix servers")],
      "Unix domain sockets: stream, dgram and seqpacket."),
    Option(
      .raw, "raw", "w", topic: .transports, "raw IP", "Raw IP sockets. Their local port is an IP protocol number."),
    Option(
      .packet, "packet", "0", topic: .transports, "packet sockets (sniffers, DHCP clients)",
      "Packet sockets, which see whole frames of an interface."),
    Option(
      .mptcp, "mptcp", "M", topic: .transports, "Multipath TCP", "Multipath TCP sockets. Only sock_diag lists them."),
    Option(.udplite, "udplite", "U", topic: .transports, "UDP-Lite", "UDP-Lite sockets. Newer kernels have none."),
    Option(
      .icmp, "icmp", topic: .transports, "ICMP echo sockets (ping)",
      "ICMP echo sockets, as `ping` opens them without privilege. Their local port is the echo identifier."),
    Option(
      .netlink, "netlink", topic: .transports, "netlink sockets",
      "Netlink sockets, over which processes talk with the kernel."),
  ]
}
