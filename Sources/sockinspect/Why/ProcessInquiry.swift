import CommandLine
import Diagnosis
import Inspection
import SocketModel

/// What a process has open, for `why PID`.
struct ProcessAnswer: Sendable {
  let process: ProcessDetail
  let snapshot: Snapshot
  /// The ports that it serves or is bound to, with the verdict of each.
  let ports: [(row: Int, answer: PortAnswer?)]
  /// Its connections.
  let connections: [Int]
  /// Whether it is in another network namespace than the one that was read.
  let isElsewhere: Bool
  /// Whether its descriptors may not be read.
  let isHidden: Bool

  var hasPorts: Bool { !ports.isEmpty }
}

/// Finds out what a process has open: its ports, or else its connections.
struct ProcessInquiry {
  let root: ProcRoot
  let plan: WhyPlan
  let pid: Int32

  /// The most ports of which the verdict is found.
  private static let mostPorts = 6

  /// The answer; `nil` when the process has ended.
  func answer() throws(InspectionError) -> ProcessAnswer? {
    var request = InspectionRequest()
    request.transports = Set(Transport.allCases.filter { $0.hasPorts || $0 == .unix })
    request.byteOrder = plan.list.byteOrder
    request.processes.pids = [pid]
    request.processes.reportsNamespaces = true
    request.requiredDetails = [.owners, .processUsers, .userNames, .interfaceNames]
    let snapshot = try Inspector(root: root).snapshot(request)
    var reader = ProcessDetails(root, snapshot.meta)
    guard let process = reader.read(pid) else { return nil }
    let own = snapshot.records.indices.filter { row in snapshot.owners(at: row).contains { $0.pid == pid } }
    let holding = own.filter { row in
      let record = snapshot.records[row]
      return record.isServer && record.localPort != 0 || record.state == .boundInactive
    }
    var ports: [(row: Int, answer: PortAnswer?)] = []
    for row in holding {
      let record = snapshot.records[row]
      var answer: PortAnswer?
      if ports.count < Self.mostPorts, let local = record.local {
        let question = PortQuestion(
          port: record.localPort, address: local.address.isUnspecified ? nil : local.address,
          transports: record.transport == .tcp || record.transport == .mptcp ? [.tcp, .mptcp] : [record.transport])
        answer = try? PortInquiry(root: root, plan: plan, question: question).answer()
      }
      ports.append((row, answer))
    }
    let connections = own.filter { snapshot.records[$0].transport.hasPorts && snapshot.records[$0].hasPeer }
    return ProcessAnswer(
      process: process, snapshot: snapshot, ports: ports, connections: connections,
      isElsewhere: snapshot.problems.contains { $0.kind == .otherNamespace },
      isHidden: own.isEmpty && snapshot.problems.contains { $0.costsOnlyOwners && $0.kind == .forbidden })
  }
}
