public import Inspection
public import Query
public import SocketModel

extension InspectionRequest {
  /// Makes a request for what is needed to answer a query, and for the owners of the sockets.
  ///
  /// Nothing is read that cannot matter: transports and states that no matching socket has are left
  /// out, the kernel tests what it can, and only processes that can be owners are walked. Sockets
  /// that do not match may be among those that are read, so apply the query again:
  /// `snapshot.sockets(matching: query)`.
  ///
  /// - Parameters:
  ///   - query: the condition on the sockets.
  ///   - transports: the transports to list; `nil` for TCP and UDP and those that the query names.
  public init(for query: Query, transports: Set<Transport>? = nil) {
    self.init()
    let wanted = transports ?? self.transports.union(query.mentionedTransports ?? [])
    let possible = wanted.intersection(query.possibleTransports)
    self.transports = possible.isEmpty ? wanted : possible
    states = query.states
    filter = query.kernelFilter(for: self.transports)
    requiredDetails.formUnion(query.requiredDetails)
    // A part of the end of a socket that is bound to an interface.
    requiredDetails.formUnion(.interfaceNames)
    processes.pids = query.ownerPIDs
    processes.users = query.ownerUsers
    if let users = query.socketOrOwnerUsers {
      processes.users = users
      processes.findsSocketsOfUsersElsewhere = true
    }
    if let process = query.ownerProcess {
      processes.admits = { process.matches(name: $0, executable: $1) }
    }
  }
}
