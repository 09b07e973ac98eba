import CommandLine
import Diagnosis
import Inspection
import Options
import Query
import Rendering
import SocketModel

extension Command {
  /// `sockinspect graph`.
  static let graph = Command(
    "graph", "graph [QUERY] [OPTIONS]", "who is connected with whom, for Graphviz and Mermaid",
    options: .own { GraphOptions.options.table }, operands: .query, chapter: { .graph },
    GraphPlanBuilder.meaning)
}

extension GraphPlan: CommandPlan {
  func run() -> ExitStatus { GraphCommand(plan: self).run() }
}

/// `sockinspect graph`: the connections of the selected sockets as a graph.
struct GraphCommand {
  let plan: GraphPlan

  /// Reads the sockets, prints the graph, and returns the exit status.
  func run() -> ExitStatus {
    plan.list.withRoot { (root) throws(InspectionError) in
      show(try Inspector(root: root).snapshot(plan.request()))
    }
  }

  private func show(_ snapshot: Snapshot) -> ExitStatus {
    let graph = ConnectionGraph(
      of: plan.list.selection.rows(of: snapshot), in: snapshot, by: plan.grouping, outside: plan.outside)
    let text = GraphText(graph, grouping: plan.grouping, snapshot: snapshot, command: plan.list.typedLine.text)
    let printed = Messages.print(bytes: text.render(as: plan.format))
    guard printed == .matched else { return printed }
    let problems = snapshot.problems.filter { !$0.costsOnlyOwners || graph.unknownEnds > 0 }
    if !plan.list.quiet {
      for line in notes(graph, isSure: !snapshot.problems.contains(where: \.costsNamespaces)) { Messages.note(line) }
      Messages.say(ProblemText.warnings(problems, command: plan.list.typedLine.text))
    }
    if plan.list.strict, !problems.isEmpty { return .incomplete }
    return graph.connections == 0 ? .nothing : .matched
  }

  private func notes(_ graph: ConnectionGraph, isSure: Bool) -> [String] {
    var lines: [String] = []
    let total = graph.connections == 1 ? "1 connection" : "\(graph.connections) connections"
    if graph.connections == 0 { lines.append("no connection \(isSure ? "matches" : "is known to match")") }
    if graph.unknownEnds > 0 {
      let verb = graph.unknownEnds == 1 ? "has" : "have"
      lines.append("\(graph.unknownEnds) of \(total) \(verb) an end whose process is not known, shown as \"?\"")
    }
    if graph.shared > 0 {
      let verb = graph.shared == 1 ? "is" : "are"
      lines.append("\(graph.shared) of \(total) \(verb) shared by many processes: the first of each side is shown")
    }
    return lines
  }
}
