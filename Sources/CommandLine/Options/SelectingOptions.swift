import Options
import Query
import SocketModel

/// The options that choose which sockets are shown, in a listing and in `watch`.
enum SelectingOptions {
  static let all = (selecting + transports).map { $0.inWatch() }

  private static let selecting: [ListOption] =
    [
      Option(
        "port", value: OptionValue("PORTS", .ports), topic: .selecting, common: true,
        "local or remote port: 1234, 80,443, 8000-8100, https",
        examples: [Example("--port 1234", "who uses port 1234, at either end")],
        """
        Sockets with one of the ports at either end. PORTS is a list of numbers, ranges and names of `/etc/services`, \
        with commas between them; with `!` before it, those with none of them. All transports that have ports are \
        looked at, unless some are named.
        """
      )
      .inListing { (list, typed) throws(UsageError) in try list.selectPorts(typed, at: .either) },
      Option(
        "local-port", aliases: ["sport", "lport"], value: OptionValue("PORTS", .ports), topic: .selecting,
        "local port", examples: [Example("--local-port 8000-8100", "what is served or sent from these ports")],
        "Sockets whose local port is one of the list; see `--port`."
      )
      .inListing { (list, typed) throws(UsageError) in try list.selectPorts(typed, at: .local) },
      Option(
        "remote-port", aliases: ["peer-port", "dport", "rport"], value: OptionValue("PORTS", .ports),
        topic: .selecting, "remote port", examples: [Example("--remote-port https", "connections to web servers")],
        "Sockets whose remote port is one of the list; see `--port`."
      )
      .inListing { (list, typed) throws(UsageError) in try list.selectPorts(typed, at: .remote) },
      Option(
        "address", value: OptionValue("ADDRESSES", .addresses), topic: .selecting,
        "local or remote address: 10.0.0.0/8, ::1",
        examples: [Example("--address 10.0.0.0/8", "all that has an end in a network")],
        """
        Sockets with one of the addresses at either end. ADDRESSES is a list of IPv4 and IPv6 addresses and of blocks \
        in CIDR form, with commas between them; with `!` before it, those with none of them. IPv4 addresses and blocks \
        also find IPv4-mapped IPv6 sockets.
        """
      )
      .inListing { (list, typed) throws(UsageError) in try list.selectAddresses(typed, at: .either) },
      Option(
        "local", aliases: ["src"], value: OptionValue("ADDRESSES", .addresses), topic: .selecting,
        "local address", examples: [Example("-l --local 0.0.0.0,::", "what listens on every interface")],
        "Sockets whose local address is one of the list; see `--address`."
      )
      .inListing { (list, typed) throws(UsageError) in try list.selectAddresses(typed, at: .local) },
      Option(
        "remote", aliases: ["peer", "dst"], value: OptionValue("ADDRESSES", .addresses), topic: .selecting,
        "remote address", examples: [Example("--remote '!127.0.0.0/8'", "all but what goes to this machine itself")],
        "Sockets whose remote address is one of the list; see `--address`."
      )
      .inListing { (list, typed) throws(UsageError) in try list.selectAddresses(typed, at: .remote) },
      Option(
        "state", value: OptionValue("STATES", .list(Words.states)), topic: .selecting, common: true,
        "state: TIME_WAIT, close-wait, !listen ...",
        examples: [Example("--state close-wait", "connections that the program forgot to close")],
        """
        Sockets in one of the states. STATES is a list with commas between the names; case, `-` and `_` do not matter, \
        and the names of `ss` and `netstat` are understood: `TIME_WAIT`, `time-wait` and `timewait` are one, `ESTAB` \
        is `established`, `UNCONN` `unconnected`. A `!` before the list means all other states, before a later name \
        all but that one: `connected,!time_wait`. Besides single states there are the groups of `ss`: `all`, \
        `connected` (all that have or had a peer), `synchronized` (those without syn_sent), `bucket` (time_wait and \
        syn_recv) and `big` (all but bucket).
        """
      )
      .inListing { (list, typed) throws(UsageError) in list.selections.append(try .states(typed)) },
      Option(
        "listening", "l", topic: .selecting, common: true, "servers: what waits for connections or packets",
        examples: [Example("-tulpn", "every TCP and UDP server and its process")],
        """
        Listening TCP and unix sockets, and sockets without a peer of transports that know no connection, such as UDP \
        and unix datagrams. From /proc a unix datagram server counts as connected once a client has connected to it.
        """
      )
      .inListing { $0.listening = true },
      Option(
        "all", "a", topic: .selecting, "every state, and every transport unless one is named",
        examples: [Example("-tan", "TCP in every state"), Example("-a", "every socket of every kind")],
        "Sockets in every state, which is the default, and of every transport unless some are named. It takes back `--listening`."
      )
      .inListing { $0.everything = true },
      Option(
        "bound-inactive", "B", topic: .selecting, "TCP sockets that are bound and do nothing else",
        examples: [Example("-B", "ports that are taken and serve nobody")],
        "TCP sockets that are bound to a port and neither listen nor connect. Short for `--state bound-inactive`."
      )
      .inListing { $0.selections.append(.state(SocketStateSet(.boundInactive))) },
      Option(
        "pid", value: OptionValue("PIDS", .processIDs), topic: .selecting,
        "sockets of these processes, by number", examples: [Example("--pid $$", "sockets that this shell has open")],
        """
        Sockets that one of the processes has open. PIDS is a list of numbers and ranges with commas between them; a \
        number that no process has is an error. Other owners of the same sockets are not looked for. With `!` before \
        it, the sockets that none of them has open.
        """
      )
      .inListing { (list, typed) throws(UsageError) in
        try list.select(typed, Query.pid)
        list.plan.askedProcesses += Query.processIDs(listedIn: typed.text)
      },
      Option(
        "process", aliases: ["command", "proc"], value: OptionValue("NAMES", .processNames),
        topic: .selecting,
        common: true, "sockets of these processes, by name: nginx*,sshd",
        examples: [Example("--process 'nginx*'", "sockets of nginx and its helpers")],
        """
        Sockets that a process with one of the names has open. NAMES is a list of names and globs (`*`, `?`, `[a-z]`), \
        held against the process name and the name of the program file. The kernel cuts process names at 15 bytes; \
        both the short name and the whole one match. Other owners of the same sockets are not looked for. With `!` before it, the sockets of all other processes.
        """
      )
      .inListing { (list, typed) throws(UsageError) in try list.select(typed, Query.process) },
      Option(
        "user", value: OptionValue("USERS", .users), topic: .selecting,
        "sockets of these users: names or numbers",
        examples: [Example("--user www-data,1000", "sockets that belong to two users")],
        """
        Sockets that belong to one of the users, or that one of their processes has open. USERS is a list of names and \
        numbers with commas between them. Processes of other users are looked at only for sockets that belong to one \
        of the users and that none of their own has open.
        """
      )
      .inListing { (list, typed) throws(UsageError) in
        let names = list.environment.names()
        try list.select(typed) { (users) throws(QueryError) in try .user(users, names: names) }
      },
      Option(
        "ipv4", "4", topic: .selecting, "IPv4 only", examples: [Example("-4tl", "TCP servers on IPv4")],
        """
        IPv4 sockets only, as in `ss`. With `--ipv6` too, both. A server that takes both (LOCAL is `*:8080`) is an \
        IPv6 socket, and so are its connections from IPv4 clients, whose addresses are IPv4-mapped.
        """
      )
      .inListing { $0.families.insert(.ipv4) },
      Option(
        "ipv6", "6", topic: .selecting, "IPv6 only", "IPv6 sockets only. With `--ipv4` too, both."
      )
      .inListing { $0.families.insert(.ipv6) },
    ]

  private static let transports: [ListOption] = [
    Option(
      "transport", "A", aliases: ["query", "socket"], value: OptionValue("LIST", .list(Words.transports)),
      topic: .transports, common: true, "transports: tcp,unix,all ..., or -t -u -x -w",
      examples: [Example("-A tcp,unix", "TCP and unix sockets"), Example("-A all", "every transport")],
      """
      The transports to list: names with commas between them. Besides the single ones there are `inet` (all of IPv4 \
      and IPv6) and `all`, and the words of `ss` for some sockets of a transport: `unix_stream`, `u_dgr`, `packet_raw` \
      and the like; `tcp6` is TCP over IPv6. A `!` before a name takes it away: `all,!tcp`. Adds to what the single \
      options name.
      """
    )
    .inListing { (list, typed) throws(UsageError) in try list.takeTransports(typed) },
    Option(
      "family", "f", value: OptionValue("FAMILY", .choice(SocketFamily.allCases.map(\.rawValue))),
      topic: .transports, "sockets of one family, as in ss: inet, unix ...",
      examples: [Example("-f inet6", "TCP and UDP over IPv6")],
      """
      The sockets of a family by its name in `ss`: `inet` is `-4`, `inet6` is `-6`, `unix` is `-x`, `link` is `-0`, \
      `netlink`, `vsock`, `xdp` and `tipc`. To follow what happens there is `watch`.
      """
    )
    .inListing { (list, typed) throws(UsageError) in try list.takeFamily(typed) },
    Option(
      "tcp", "t", topic: .transports, "TCP", examples: [Example("-tanp", "all of TCP")],
      "TCP sockets. A connection of MPTCP also shows its subflows here."
    )
    .inListing { $0.named.insert(.tcp) },
    Option("udp", "u", topic: .transports, "UDP", "UDP sockets.")
      .inListing { $0.named.insert(.udp) },
    Option(
      "unix", "x", topic: .transports, "unix domain sockets", examples: [Example("-xl", "unix servers")],
      "Unix domain sockets: stream, dgram and seqpacket."
    )
    .inListing { $0.named.insert(.unix) },
    Option(
      "raw", "w", topic: .transports, "raw IP", "Raw IP sockets. Their local port is an IP protocol number."
    )
    .inListing { $0.named.insert(.raw) },
    Option(
      "packet", "0", topic: .transports, "packet sockets (sniffers, DHCP clients)",
      "Packet sockets, which see whole frames of an interface."
    )
    .inListing { $0.named.insert(.packet) },
    Option(
      "mptcp", "M", topic: .transports, "Multipath TCP",
      examples: [
        Example("-Mt --columns +mptcp_token,fallback", "connections beside the TCP sockets that carry them")
      ],
      """
      Multipath TCP sockets. Only sock_diag lists them. The TCP sockets that carry a connection, its subflows, have \
      the same `mptcp_token`.
      """
    )
    .inListing { $0.named.insert(.mptcp) },
    Option("udplite", "U", topic: .transports, "UDP-Lite", "UDP-Lite sockets. Newer kernels have none.")
      .inListing { $0.named.insert(.udplite) },
    Option(
      "icmp", topic: .transports, "ICMP echo sockets (ping)",
      "ICMP echo sockets, as `ping` opens them without privilege. Their local port is the echo identifier."
    )
    .inListing { $0.named.insert(.icmp) },
    Option(
      "netlink", topic: .transports, "netlink sockets",
      "Netlink sockets, over which processes talk with the kernel."
    )
    .inListing { $0.named.insert(.netlink) },
    Option(
      "sctp", "S", topic: .transports, "SCTP endpoints and associations",
      """
      SCTP sockets: each endpoint, and each of its associations in a row of its own, with the address of the primary \
      path. From sock_diag or, where the kernel lacks sctp_diag, from /proc/net/sctp. Tested on recorded messages and \
      tables only.
      """
    )
    .inListing { $0.named.insert(.sctp) },
    Option(
      "smc", topic: .transports, "SMC sockets (TCP over RDMA)",
      """
      Sockets of Shared Memory Communications. The states in which SMC closes are shown as those of TCP that mean the \
      same. Only sock_diag lists them. Tested on recorded messages only.
      """
    )
    .inListing { $0.named.insert(.smc) },
    Option(
      "vsock", topic: .transports, "vsock: virtual machines and their host",
      """
      Sockets between virtual machines and their host, whose ends are a context identifier (CID) and a port: `2:1024` \
      is port 1024 of the host. Only sock_diag lists them, where the kernel has vsock_diag. Tested on recorded \
      messages only.
      """
    )
    .inListing { $0.named.insert(.vsock) },
    Option(
      "xdp", topic: .transports, "XDP sockets: frames of one queue",
      """
      AF_XDP sockets that are bound to a queue of an interface. Only sock_diag lists them, where the kernel has \
      xdp_diag. Tested on recorded messages only.
      """
    )
    .inListing { $0.named.insert(.xdp) },
    Option(
      "tipc", topic: .transports, "TIPC: messages within a cluster",
      """
      TIPC sockets, whose ends are a node and a port. Only sock_diag lists them. Tested on recorded messages only.
      """
    )
    .inListing { $0.named.insert(.tipc) },
    Option(
      "other", topic: .transports, "sockets of protocols that no table lists",
      "Sockets of other protocols: found by the processes that have them, and shown with the kernel's name, as `ALG`."
    )
    .inListing { $0.named.insert(.other) },
  ]
}
