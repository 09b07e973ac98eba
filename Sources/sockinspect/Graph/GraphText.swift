import CommandLine
import Diagnosis
import Rendering
import SocketModel
import Text

/// A graph of connections in the notations of Graphviz and Mermaid, and as JSON.
///
/// Names are escaped as in a table, and what is left is written so that the notation cannot take it
/// for anything but text.
struct GraphText {
  private let graph: ConnectionGraph
  private let grouping: ConnectionGraph.Grouping
  private let snapshot: Snapshot
  private let command: String

  init(_ graph: ConnectionGraph, grouping: ConnectionGraph.Grouping, snapshot: Snapshot, command: String) {
    self.graph = graph
    self.grouping = grouping
    self.snapshot = snapshot
    self.command = command
  }

  /// The whole text.
  func render(as format: GraphPlan.Format) -> [UInt8] {
    switch format {
    case .dot: dot
    case .mermaid: mermaid
    case .json: json
    }
  }

  // MARK: Labels

  /// What a node is called.
  private func label(_ node: ConnectionGraph.Node) -> String {
    switch node {
    case .process(let pid, let name): "\(Escaping.text(name))[\(pid)]"
    case .workload(let name): Escaping.text(name)
    case .address(let address): address.description
    case .outside: "other machines"
    case .unknown: "?"
    case .noProcess: "no process"
    }
  }

  /// What is written on an edge: `tcp 5432`, `3 tcp 5432`, `unix /run/x.sock`.
  private func label(_ edge: ConnectionGraph.Edge) -> String {
    var words = edge.count == 1 ? [] : ["\(edge.count)"]
    words.append(edge.transport.name)
    switch edge.service {
    case .port(let port): words.append("\(port)")
    case .path(let path): words.append(Escaping.text(path))
    case .none: break
    }
    return words.joined(separator: " ")
  }

  // MARK: Notations

  private var dot: [UInt8] {
    var output = Array("digraph connections {\n  rankdir=LR;\n  node [shape=box];\n".utf8)
    for (index, node) in graph.nodes.enumerated() {
      output.append(ascii: "  n\(index) [label=")
      output.appendDot(label(node))
      if let shape = Self.shape(node) { output.append(ascii: ", \(shape)") }
      output.append(ascii: "];\n")
    }
    for edge in graph.edges {
      output.append(ascii: "  n\(edge.from) -> n\(edge.to) [label=")
      output.appendDot(label(edge))
      output.append(ascii: ", weight=\(edge.count)")
      if !edge.isDirected { output.append(ascii: ", dir=none") }
      output.append(ascii: "];\n")
    }
    output.append(ascii: "}\n")
    return output
  }

  private static func shape(_ node: ConnectionGraph.Node) -> String? {
    switch node {
    case .process, .workload: nil
    case .address, .outside: "shape=ellipse"
    case .unknown, .noProcess: "style=dashed"
    }
  }

  private var mermaid: [UInt8] {
    var output = Array("flowchart LR\n".utf8)
    for (index, node) in graph.nodes.enumerated() {
      let isOutside = Self.shape(node) == "shape=ellipse"
      output.append(ascii: "  n\(index)\(isOutside ? "(" : "[")")
      output.appendMermaid(label(node))
      output.append(ascii: isOutside ? ")\n" : "]\n")
    }
    for edge in graph.edges {
      output.append(ascii: "  n\(edge.from) \(edge.isDirected ? "-->" : "---")|")
      output.appendMermaid(label(edge))
      output.append(ascii: "| n\(edge.to)\n")
    }
    return output
  }

  // MARK: JSON

  private var json: [UInt8] {
    var output: [UInt8] = []
    output.append(ascii: "{\"schema\":\"sockinspect.graph/1\"")
    output.appendNextJSONMember("by", grouping.rawValue)
    output.appendNextJSONMember("connections", UInt64(graph.connections))
    output.appendNextJSONMember("unknown_ends", UInt64(graph.unknownEnds))
    output.appendNextJSONName("nodes")
    output.append(UInt8(ascii: "["))
    for (index, node) in graph.nodes.enumerated() {
      output.append(ascii: index == 0 ? "\n" : ",\n")
      append(node, index, to: &output)
    }
    output.append(ascii: "\n]")
    output.appendNextJSONName("edges")
    output.append(UInt8(ascii: "["))
    for (index, edge) in graph.edges.enumerated() {
      output.append(ascii: index == 0 ? "\n" : ",\n")
      append(edge, to: &output)
    }
    output.append(ascii: "\n]")
    output.appendNextJSONMember("problems", snapshot.problems, command: command)
    output.append(ascii: "}\n")
    return output
  }

  private func append(_ node: ConnectionGraph.Node, _ index: Int, to output: inout [UInt8]) {
    output.append(ascii: "{\"id\":\(index)")
    switch node {
    case .process(let pid, let name):
      output.appendNextJSONMember("kind", "process")
      output.appendNextJSONMember("pid", UInt64(max(0, pid)))
      output.append(ASCII.comma)
      output.appendJSONMember("name", bytes: name)
    case .workload(let name):
      output.appendNextJSONMember("kind", "workload")
      output.append(ASCII.comma)
      output.appendJSONMember("name", bytes: name)
    case .address(let address):
      output.appendNextJSONMember("kind", "address")
      output.appendNextJSONMember("address", address.description)
    case .outside: output.appendNextJSONMember("kind", "outside")
    case .unknown: output.appendNextJSONMember("kind", "unknown")
    case .noProcess: output.appendNextJSONMember("kind", "no_process")
    }
    output.append(UInt8(ascii: "}"))
  }

  private func append(_ edge: ConnectionGraph.Edge, to output: inout [UInt8]) {
    output.append(ascii: "{\"from\":\(edge.from),\"to\":\(edge.to),\"directed\":\(edge.isDirected)")
    output.appendNextJSONMember("transport", edge.transport.name)
    switch edge.service {
    case .port(let port):
      output.appendNextJSONMember("port", UInt64(port))
      output.append(ascii: ",\"path\":null")
    case .path(let path):
      output.append(ascii: ",\"port\":null,")
      output.appendJSONMember("path", bytes: path)
    case .none: output.append(ascii: ",\"port\":null,\"path\":null")
    }
    output.appendNextJSONMember("connections", UInt64(edge.count))
    output.append(UInt8(ascii: "}"))
  }
}
