import CommandLine
import Diagnosis
import Foundation
import SocketModel
import TestSupport
import Testing

@testable import sockinspect

@Suite("Graphs in the notations of Graphviz and Mermaid, and as JSON", .timeLimited)
struct GraphTextTests {
  /// A connection between two processes, whose names try to get out of their labels.
  private static func text(_ names: [[UInt8]], as format: GraphPlan.Format) -> String {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    for (index, name) in names.enumerated() {
      var record = SocketRecord(transport: .unix, family: .unix, state: .connected)
      record.inode = UInt64(index + 1)
      record.known = .inode
      if index == 1 { record.nameIndex = snapshot.names.append(name.span) }
      snapshot.records.append(record)
      snapshot.ownerStarts.append(UInt32(index))
      snapshot.owners.append(Owner(pid: Int32(index + 1), descriptor: 3, processIndex: Int32(index)))
      snapshot.processes.append(ProcessInfo(pid: Int32(index + 1), name: name))
    }
    snapshot.ownerStarts.append(UInt32(names.count))
    snapshot.peers = PeerRows([1, 0])
    let graph = ConnectionGraph(of: [0, 1], in: snapshot, by: .process)
    let text = GraphText(graph, grouping: .process, snapshot: snapshot, command: "sockinspect graph")
    return String(decoding: text.render(as: format), as: UTF8.self)
  }

  @Test("The three notations of a plain graph")
  func plain() throws {
    let names = ["curl", "nginx"].map { Array($0.utf8) }
    #expect(
      Self.text(names, as: .dot) == """
        digraph connections {
          rankdir=LR;
          node [shape=box];
          n0 [label="curl[1]"];
          n1 [label="nginx[2]"];
          n0 -> n1 [label="unix nginx", weight=1];
        }

        """)
    #expect(
      Self.text(names, as: .mermaid) == """
        flowchart LR
          n0["curl[1]"]
          n1["nginx[2]"]
          n0 -->|"unix nginx"| n1

        """)
    #expect(
      Self.text(names, as: .json) == """
        {"schema":"sockinspect.graph/1","by":"process","connections":1,"unknown_ends":0,"nodes":[
        {"id":0,"kind":"process","pid":1,"name":"curl"},
        {"id":1,"kind":"process","pid":2,"name":"nginx"}
        ],"edges":[
        {"from":0,"to":1,"directed":true,"transport":"unix","port":null,"path":"nginx","connections":1}
        ],"problems":[]}

        """)
  }

  @Test(
    "No name ends its label, begins another line, or is markup",
    arguments: [
      #"a"];b[label="c"#, "a\nb", #"a\"#, #"\N\G"#, "a]b|c", "<b>x</b>", "%%{init:{}}%%", "a;b#c&d`e", "\u{1B}[31m",
      "a\u{202E}b",
      "\"|\"", "]:::x", "-->",
    ])
  func hostile(name: String) throws {
    let names = [Array(name.utf8), Array(name.utf8) + [0xFF]]
    let dot = Self.text(names, as: .dot)
    #expect(dot.split(separator: "\n").count == 7)
    // Outside of strings there is only what every graph has.
    var rest = ""
    var isInString = false
    var isEscaped = false
    for character in dot {
      if isInString, !isEscaped, character == "\\" {
        isEscaped = true
        continue
      }
      if character == "\"", !isEscaped { isInString.toggle() } else if !isInString { rest.append(character) }
      isEscaped = false
    }
    #expect(!isInString)
    #expect(
      rest.filter { $0 == "[" }.count == 4 && rest.filter { $0 == "]" }.count == 4 && rest.count { $0 == "\n" } == 7)
    let mermaid = Self.text(names, as: .mermaid).split(separator: "\n")
    #expect(mermaid.count == 4)
    for line in mermaid.dropFirst() {
      let label = line.split(separator: "\"", omittingEmptySubsequences: false)
      #expect(label.count == 3)
      #expect(!label[1].contains { "<>{}%&`|\\;".contains($0) && $0 != ";" || $0 == "\u{1B}" }, "\(line)")
      // A semicolon only ends a character code.
      #expect(label[1].count { $0 == ";" } == label[1].count { $0 == "#" })
    }
    let json = try JSONSerialization.jsonObject(with: Data(Self.text(names, as: .json).utf8)) as? [String: Any]
    let nodes = try #require(json?["nodes"] as? [[String: Any]])
    #expect(nodes.count == 2 && nodes.contains { $0["name"] as? String == name })
    #expect(nodes.contains { $0["name_hex"] != nil })
  }
}
