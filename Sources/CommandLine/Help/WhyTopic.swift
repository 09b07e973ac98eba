import Options

extension Topic {
  /// The chapter of `why`.
  package static let why = Topic(
    .why, "why", "who or what has a port, and what to do about it",
    examples: [
      Example("why 8080", "who has the port, and how to get it back"),
      Example("why 127.0.0.1:8080", "what keeps a server from this address"),
      Example("why nginx", "the ports of a process, and what is the matter with each"),
      Example("why 8080 --json", "the verdict as a word"),
      Example("why 5432 --root ./db1", "the same of a captured machine"),
    ],
    paragraphs: [
      """
      Says in the first line whether a port is free or taken, and by what; below it the sockets, the processes with \
      their command line, age, user, parents and workload, the facts that the verdict rests on, what could not be \
      seen, what can be done, and what was looked at. With an address only what is in the way there counts. Clients \
      that are connected to the port from here do not have it.
      """,
      """
      A number up to 65535 is a port; a larger one, or any after `--process`, is the id of a process. A name is that \
      of a process, or else of a service in `/etc/services`. Of a process the ports that it has are shown with the \
      verdict of each, or else its connections.
      """,
      """
      Nothing is bound and no packet is sent. What other users' processes do not show is said, and the answer is \
      `unknown` only where it would be another one. Other network namespaces and the rules of the packet filter are \
      looked at when nothing here has the port.
      """,
      """
      With `--unreachable` the verdict is one of: `not-listening`, `loopback-only`, `other-address`, `ipv6-only`, \
      `ipv4-only`, `other-namespace`, `published-by-docker`, `translated` and `firewall` (a rule of nf_tables), \
      `accept-queue-full`, `process-stopped`, `inherited-listener`, `not-accepting` (connections wait for longer than a \
      second), `syn-unanswered`, `reachable` and `unknown`. Without rights the rules may not be read: where nothing else \
      is found, the answer is then `unknown`. Its exit status is 0 when nothing keeps clients out, 1 when something \
      does, and 3.
      """,
      """
      Exit status 0 when the port could be bound or the process has none, 1 when it is taken, not permitted or the \
      address is not one of the machine's, or the process has ports; 3 when it could not tell; 2 for a wrong \
      command line.
      """,
    ],
    terms: [
      Term("free", "nothing has it"),
      Term("free-but-ephemeral", "nothing has it, but an outgoing connection may get it at any time"),
      Term("listener", "a server has it"),
      Term("listener-other-family", "a server of the other family is in the way of this address"),
      Term("shared-reuseport", "several servers share it by `SO_REUSEPORT`"),
      Term("bound-idle", "a socket is bound to it and neither listens nor is connected"),
      Term("inherited-listener", "a child of a server that ended still has its listener open"),
      Term("leftover-connections", "the server is gone, and connections that it accepted are left"),
      Term("time-wait", "only what is left of finished connections has it"),
      Term("outgoing-connection", "a connection to elsewhere has it as its own port"),
      Term("other-namespace", "free here; a server has it in another network namespace"),
      Term("published-by-docker", "docker-proxy has it for a container"),
      Term("socket-unit", "systemd has it for a service that it starts on demand"),
      Term("dnat-only", "no socket has it, and a rule of nf_tables sends its connections elsewhere"),
      Term("kernel-socket", "the kernel has it for itself, for example for VXLAN"),
      Term("hidden-owner", "no descriptor refers to its socket: an io_uring has it, or it is on the way"),
      Term("not-permitted", "nothing has it, but this user may not bind to it"),
      Term("no-such-address", "the address is not one of the machine's"),
      Term("unknown", "what could not be seen decides"),
    ])
}
