import Diagnosis
import Options

/// The options of `graph`: those of the listing that select sockets and sources, and its own.
package enum GraphOptions {
  package static let options = CommandOptions(
    "graph", own + selecting + shared + [Option.help(.graph).effect { _ in }])

  private static let selecting: [OptionDeclaration<GraphPlanBuilder>] = SelectingOptions.all.map { $0.inCommand() }

  private static let shared: [OptionDeclaration<GraphPlanBuilder>] =
    ListingOptions.shared(["source", "root", "netns", "byte-order", "strict", "quiet"])

  private static let own: [OptionDeclaration<GraphPlanBuilder>] = [
    Option(
      "by", value: OptionValue("WHAT", .choice(ConnectionGraph.Grouping.allCases.map(\.rawValue))), topic: .graph,
      "nodes are: process, workload",
      examples: [Example("graph --by workload --netns all", "which containers and units talk with each other")],
      """
      What a node is: a `process`, the default, or a `workload`: the unit, container or pod of a socket. A process \
      that is in none stands for itself.
      """
    )
    .effect { (graph, typed) throws(UsageError) in
      graph.plan.grouping = ConnectionGraph.Grouping(rawValue: try typed.choice()) ?? .process
    },
    Option(
      "format", value: OptionValue("FORMAT", .choice(GraphPlan.Format.allCases.map(\.rawValue))), topic: .graph,
      "notation: dot, mermaid, json",
      examples: [Example("graph --format mermaid", "a diagram for a page in Markdown")],
      "The notation: `dot` of Graphviz, which is the default, `mermaid`, or `json` with nodes and edges."
    )
    .effect { (graph, typed) throws(UsageError) in
      graph.plan.format = GraphPlan.Format(rawValue: try typed.choice()) ?? .dot
    },
    Option(
      "outside", value: OptionValue("HOW", .choice(ConnectionGraph.Outside.allCases.map(\.rawValue))), topic: .graph,
      "other machines: auto, each, one, none",
      examples: [Example("graph --outside none", "connections within this machine")],
      """
      How other machines are shown: `each` address as a node, all as `one` node, or `none`. `auto`, the default, is \
      `each` while there are at most 20 addresses, then `one`.
      """
    )
    .effect { (graph, typed) throws(UsageError) in
      graph.plan.outside = ConnectionGraph.Outside(rawValue: try typed.choice()) ?? .auto
    },
  ]
}
