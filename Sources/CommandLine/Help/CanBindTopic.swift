import Options

extension Topic {
  /// The chapter of `can-bind`.
  package static let canBind = Topic(
    .canBind, "can-bind", "whether a program can have a port, with which options, and when",
    examples: [
      Example("can-bind 8080", "whether a server that sets no options can start"),
      Example("can-bind 127.0.0.1:8080 --reuse-address", "one that sets SO_REUSEADDR"),
      Example("can-bind 80 --user www-data", "as another user"),
      Example("can-bind 8080 --probe > /dev/null || exit 1", "before a server starts"),
      Example("can-bind 5432 --netns web --json", "in another network namespace, for a script"),
    ],
    paragraphs: [
      """
      Says whether `bind()` would succeed, by the kernel's rules and what its tables show, without binding anything; \
      with `--probe` also by trying. `PORT` alone stands for every address: `::` with IPv4 or, with `--v6only`, \
      without. An address is `127.0.0.1:8080`, `[::1]:8080`, `[fe80::1%eth0]:8080`; a service name stands for its port.
      """,
      """
      Below the verdict are the sockets that have the port, what each combination of `SO_REUSEADDR` and `SO_REUSEPORT` \
      does, and what would help. `SO_REUSEADDR` needs both sides: it does not help where a server listens, nor where \
      the other socket, or the server that left a connection in TIME_WAIT, had not set it; a client's connection \
      hardly ever has. The options of other sockets are read from copies of their owners' descriptors, which one's own \
      processes and root allow; of a connection in TIME_WAIT nobody can read them. Where they decide, the answer is \
      that it could not tell, and `--probe` can.
      """,
      """
      A free port within net.ipv4.ip_local_port_range may be given to an outgoing connection at any time, and then no \
      option helps; the line with `sysctl` keeps the kernel from doing so.
      """,
      """
      In a unit of systemd `ExecStartPre=/usr/local/bin/sockinspect can-bind 8080 --reuse-address --probe` keeps a \
      server from starting in vain, and its journal says who has the port. Without `--probe` connections in TIME_WAIT \
      may leave it at "could not tell", which ends the start too.
      """,
      "Exit status 0 when it can be bound, 1 when it cannot, 3 when it could not tell, 2 for wrong usage.",
    ])
}
