extension Field {
  /// The processes at the other end of a socket, when that is on the same machine: all of these
  /// fields but the workload have one value per owner of the other end.
  static let peerFields: [FieldDeclaration] = [
    FieldDeclaration(
      .peerOwners, "peer_owners", "PEER OWNERS", .text, requiredDetails: [.owners, .peers],
      transports: .withPeers, notInTables: .unix, cut: .tail(least: 32), textForm: .process,
      .ofPeer(.ownerName),
      "every owner of the other end on this machine: process, pid and descriptor"),
    FieldDeclaration(
      .peerPID, "peer_pid", "PEER PID", .number, requiredDetails: [.owners, .peers],
      transports: .withPeers, notInTables: .unix, cut: .tail(least: 32), includedIn: .peerOwners,
      .ofPeer(.ownerNumber { $0.pid.map { UInt64(max(0, $0)) } }),
      "process id of an owner of the other end"),
    FieldDeclaration(
      .peerProcess, "peer_process", "PEER PROCESS", .text, requiredDetails: [.owners, .peers],
      transports: .withPeers, notInTables: .unix, cut: .tail(least: 32), includedIn: .peerOwners, textForm: .process,
      .ofPeer(.ownerName),
      "name of the process at the other end"),
    FieldDeclaration(
      .peerWorkload, "peer_workload", "PEER WORKLOAD", .text, requiredDetails: [.owners, .peers, .workloads],
      transports: .withPeers, notInTables: .unix, cut: .tail(least: 24),
      .ofPeer(.workload(.text)),
      "unit, container, pod ... of the other end on this machine"),
  ]

  /// The fields of the other end.
  package static var ofPeers: [Field] { peerFields.map(\.field) }
}
