package import Diagnosis
package import Inspection
package import Options
import SocketModel

/// A graph of connections to draw: `graph`.
package struct GraphPlan: Sendable {
  /// The notations of graphs.
  package enum Format: String, CaseIterable, Sendable {
    case dot, mermaid, json
  }

  /// Which sockets, from where, and how many messages, as for a listing.
  package var list = ListPlan()
  package var grouping = ConnectionGraph.Grouping.process
  package var outside = ConnectionGraph.Outside.auto
  package var format = Format.dot

  /// The request to the sources. All sockets of the transports are read, since who listens shows who
  /// is the client.
  package func request() -> InspectionRequest {
    var request = list.request()
    request.states = .all
    request.filter = .any
    request.requiredDetails.formUnion([.owners, .peers])
    if grouping == .workload { request.requiredDetails.insert(.workloads) }
    request.processes = ProcessLimits()
    request.processes.findsHiddenOwners = true
    return request
  }
}

/// Collects the plan of a graph from the options, one by one.
package struct GraphPlanBuilder: CommandPlanBuilder {
  var plan = GraphPlan()
  /// The listing of the sockets whose connections are shown.
  package var list: ListPlanBuilder

  package init(_ typed: TypedArguments, in environment: Environment) {
    list = ListPlanBuilder(typed, in: environment)
  }

  /// The graph that the arguments ask for.
  package mutating func build(_ typed: TypedArguments) throws(UsageError) -> GraphPlan {
    try GraphOptions.options.apply(typed.options, to: &self)
    plan.list = try list.build(operands: typed.operands + typed.literalOperands)
    return plan
  }
}
