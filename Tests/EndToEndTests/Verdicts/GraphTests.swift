import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// `sockinspect graph` of a few processes that are connected with each other.
@Suite("The graph of connections", .timeLimited, .needsRoot)
struct GraphTests {
  /// A server of TCP and of a unix socket, and a client with two connections to the first and one to
  /// the other, each with a name of its own.
  private func withConnections(
    name: String, user: UInt32? = nil, _ body: @escaping @Sendable (_ server: Int32, _ client: Int32) throws -> Void
  ) throws {
    try withFolder { folder in
      chmod(folder, 0o777)
      try isolated {
        let rename = "open('/proc/self/comm', 'wb').write(bytes.fromhex('\(Self.hexadecimal(name))'))\n"
        let server = try PythonPeer(
          rename + """
            u = socket.socket(socket.AF_UNIX)
            u.bind(sys.argv[1] + '/x')
            os.chmod(sys.argv[1] + '/x', 0o777)
            u.listen(5)
            s = listener()
            kept = [s.accept() for _ in range(2)] + [u.accept()]
            print('accepted', flush=True)
            stay()
            """, arguments: [folder])
        let client = try PythonPeer(
          """
          kept = [socket.create_connection(HERE) for _ in range(2)] + [socket.socket(socket.AF_UNIX)]
          kept[2].connect(sys.argv[1] + '/x')
          print('ready', flush=True)
          stay()
          """, arguments: [folder], user: user)
        defer {
          server.end()
          client.end()
        }
        #expect(try server.line() == "accepted")
        try body(server.pid, client.pid)
      }
    }
  }

  private static func hexadecimal(_ text: String) -> String {
    text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private struct Graph: Decodable {
    struct Node: Decodable {
      let id: Int
      let kind: String
      let pid: Int32?
      let name: String?
    }
    struct Edge: Decodable {
      let from: Int
      let to: Int
      let directed: Bool
      let transport: String
      let port: UInt16?
      let path: String?
      let connections: Int
    }
    let nodes: [Node]
    let edges: [Edge]
    let connections: Int
    let unknownEnds: Int
  }

  private static func graph(_ finished: Finished) throws -> Graph {
    try Listing.decoder.decode(Graph.self, from: Data(finished.output))
  }

  @Test("Two processes with connections over TCP and a unix socket, from the client to the server")
  func connections() throws {
    try withConnections(name: "a\"]\n") { server, client in
      let finished = Program.run("graph", "-a", "--format", "json")
      #expect(finished.exitStatus == 0 && finished.errors.isEmpty, "\(finished.errorText)")
      let graph = try Self.graph(finished)
      #expect(graph.nodes.map(\.pid) == [server, client] && graph.nodes.map(\.name) == ["a\"]\n", "python3"])
      #expect(graph.edges.count == 2 && graph.edges.allSatisfy { $0.from == 1 && $0.to == 0 && $0.directed })
      #expect(graph.edges.map(\.transport) == ["tcp", "unix"] && graph.edges.map(\.connections) == [2, 1])
      #expect(graph.edges[0].port == 1234 && graph.edges[1].path?.hasSuffix("/x") == true && graph.connections == 3)
      let dot = Program.run("graph", "--port", "1234")
      let lines = dot.text.split(separator: "\n")
      #expect(lines.contains { $0 == #"  n0 [label="a\"]\\n[\#(server)]"];"# }, "\(dot.text)")
      #expect(lines.contains(#"  n1 -> n0 [label="2 tcp 1234", weight=2];"#), "\(dot.text)")
      let mermaid = Program.run("graph", "--port", "1234", "--format", "mermaid").text.split(separator: "\n")
      #expect(mermaid.contains(#"  n1 -->|"2 tcp 1234"| n0"#) && mermaid.count == 4)
      let nothing = Program.run("graph", "--port", "7")
      #expect(nothing.exitStatus == 1 && nothing.errorText == "sockinspect: no connection matches\n")
    }
  }

  @Test("A process that may not be read is `?`, which is counted and said", .needs("setpriv"))
  func unprivileged() throws {
    try withProgramForAnybody { program in
      try withConnections(name: "server", user: nobody) { _, client in
        let finished = try Finished(as: nobody, program, ["graph", "--format", "json"])
        let graph = try Self.graph(finished)
        #expect(graph.nodes.map(\.pid) == [client, nil] && graph.unknownEnds == 2 && graph.connections == 2)
        #expect(graph.edges.map(\.connections) == [2] && graph.edges.first?.to == 1)
        #expect(finished.errorText.contains("2 of 2 connections have an end whose process is not known"))
        #expect(finished.errorText.contains("may not be read"), "\(finished.errorText)")
      }
    }
  }

  @Test("What it is not told is wrong usage")
  func usage() {
    for arguments in [["--format", "svg"], ["--by", "user"], ["--outside", "2"], ["--json"]] {
      let finished = Finished(running: Program.path, ["graph"] + arguments)
      #expect(finished.exitStatus == 2 && finished.output.isEmpty, "\(arguments): \(finished.errorText)")
    }
    let watch = Program.run("watch", "peer_process = x")
    #expect(watch.exitStatus == 2 && watch.errorText.contains("other end"), "\(watch.errorText)")
    let unique = Program.run("--unique", "--columns", "peer_process")
    #expect(unique.exitStatus == 2 && unique.errorText.contains("--count-by peer_process"), "\(unique.errorText)")
  }
}
