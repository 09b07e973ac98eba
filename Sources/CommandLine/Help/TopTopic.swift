import Options

extension Topic {
  /// The chapter of `top`.
  package static let top = Topic(
    .top, "top", "who sends and receives how much",
    examples: [
      Example("top", "the live view, the processes with the most bytes first"),
      Example("top --for 10 | cat", "ten seconds, as a table"),
      Example("top --by port --for 1m", "which services, in a minute"),
      Example("top --by workload --netns all --json", "which containers and units, for a script"),
      Example("top --for 5 --process 'backup*'", "how fast a backup runs"),
    ],
    paragraphs: [
      """
      Measures what TCP sockets send and receive, and prints the sums by process, or by what `--by` says, the largest \
      first: bytes a second in both directions, bytes in all, and how many sockets there were. It needs no root: the \
      kernel counts the bytes of each connection, and notices of destroyed sockets have the final figures of those that \
      end, so that connections shorter than a scan count too. On a terminal it is the live view of `watch`, grouped.
      """,
      """
      Bytes are those of data: neither headers nor what was sent again, and sent ones count when they are acknowledged. \
      The kernel counts a FIN that was received as one byte; it is taken off where it is known to have come. Both ends \
      of a connection within the machine are sockets of their own: what one sends the other receives, and the total has \
      both.
      """,
      """
      What the kernel does not count is not in the sums, and a line says so: UDP and all but TCP. Connections of other \
      network namespaces are counted with `--netns all` as long as scans meet them: their ends send no notice. Who had a \
      connection that no scan met is known for those that a listener accepted and, as root, for the others; else it is \
      in the line `-`. A kernel before Linux 4.1 has no counters.
      """,
      """
      Exit status 0 when there was a byte, 1 when there was none, and 4 when nothing could be measured. As events of \
      single sockets: `watch --rates`.
      """,
    ])
}
