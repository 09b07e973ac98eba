import Options

extension Topic {
  /// The chapter of `graph`.
  package static let graph = Topic(
    .graph, "graph", "who is connected with whom, for Graphviz and Mermaid",
    examples: [
      Example("graph | dot -Tsvg > connections.svg", "a picture, drawn by Graphviz"),
      Example("graph -a --outside none", "unix sockets too, within this machine"),
      Example("graph --port 5432 --format mermaid", "who uses the database"),
      Example("graph --root ./web1 --format json", "the connections of a captured machine"),
    ],
    paragraphs: [
      """
      Prints the connections of the selected sockets as a graph: processes or workloads are nodes, and an edge leads \
      from the client to the server. It names transport and port, or the path of a unix socket, and how many \
      connections there are. Who is the server shows a listener at the port, or the name of a unix socket; where \
      neither is known, the edge has no direction. Connections that two processes have within this machine are one \
      edge, found as for the columns `peer_process` and `peer_pid`.
      """,
      """
      Other machines are nodes by address. A process that may not be read is the node `?`, and a line on standard \
      error says how many connections have one; the end of a connection that no process has any more is the node \
      `no process`. Connections in TIME_WAIT are left out. A connection that several processes have is one of each.
      """,
      "Names are escaped as everywhere. Exit status 0 when there is a connection, 1 when there is none.",
    ])
}
