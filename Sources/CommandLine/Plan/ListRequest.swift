package import Inspection
import Query
import SocketModel

extension ListPlan {
  /// The request to the sources: for no more than can be shown.
  package func request() -> InspectionRequest {
    var request = InspectionRequest()
    let query = selection
    let possible = transports.intersection(query.possibleTransports)
    request.transports = possible.isEmpty ? transports : possible
    request.requiredTransports = namedTransports.intersection(request.transports)
    request.families = families
    request.states = query.states
    request.filter = query.kernelFilter(for: request.transports)
    request.source = source
    request.byteOrder = byteOrder
    request.requiredDetails = query.requiredDetails.union(detailsForOutput)
    request.replacesOwners = owners && output.content == .sockets && output.format != .csv
    request.processes.pids = query.ownerPIDs
    request.processes.users = query.ownerUsers
    if let users = query.socketOrOwnerUsers {
      request.processes.users = users
      request.processes.findsSocketsOfUsersElsewhere = true
    }
    if let process = query.ownerProcess {
      request.processes.admits = { process.matches(name: $0, executable: $1) }
    }
    return request
  }

  private var detailsForOutput: RequiredDetails {
    var requiredDetails: RequiredDetails = []
    func add(_ fields: [Field]) { for field in fields { requiredDetails.formUnion(field.description.requiredDetails) } }
    let output = self.output
    switch output.content {
    case .counts(let counts): requiredDetails = counts.requiredDetails
    case .summary: break
    case .sockets:
      requiredDetails = output.order.requiredDetails
      add(columns ?? output.choice.added)
      // The interface that a socket is bound to is a part of its local end, and of a link-local
      // peer.
      if output.format == .table || transports.contains(.packet) { requiredDetails.formUnion(.interfaceNames) }
      if columns == nil {
        // Full objects contain what the machine's tables provide, including drops, but nothing that
        // costs more for each socket unless it was requested.
        requiredDetails.formUnion([.userNames, .interfaceNames, .drops])
        if owners {
          requiredDetails.formUnion([.owners, .executables, .startTimes, .processUsers])
          // Full objects have the reasons, and are not for looking at while sockets come and go.
          if output.format != .table { requiredDetails.insert(.ownerReasons) }
        }
      }
      // The others keep the number.
      if output.format != .table { requiredDetails.remove(.namespaceNames) }
    }
    return requiredDetails
  }
}
