import CommandLine
import Diagnosis
import Inspection
import LinuxSystem
import SocketModel

/// Finds out why clients do not reach a server.
struct ReachInquiry {
  let root: ProcRoot
  let plan: WhyPlan
  let address: IPAddress?
  let port: UInt16

  /// The answer, as far as it can be found.
  func answer() throws(InspectionError) -> ReachAnswer {
    let question = PortQuestion(port: port, transports: plan.transports)
    let inquiry = PortInquiry(root: root, plan: plan, question: question)
    // All that has the port here, whatever the address, with its figures.
    var port = try inquiry.answer(details: [.tcpInfo, .counters]).facts
    port.isOwnAddress = .some(inquiry.isOwnAddress(address))
    if port.forwarding == nil { port.forwarding = inquiry.forwarding(to: address) }
    let hasServer = port.snapshot.records.contains { $0.isServer && takes($0) }
    if !hasServer, port.namespaces == nil { port.namespaces = inquiry.namespaces() }
    return ReachAnswer(ReachFacts(address: address, port: port, clients: try clients()))
  }

  private func takes(_ record: SocketRecord) -> Bool {
    guard let address else { return !(record.local?.address.isLoopback ?? false) }
    return record.local.map { $0.address.isUnspecified || $0.address == address } ?? false
  }

  /// The connections from here to the end; none without an address.
  private func clients() throws(InspectionError) -> Snapshot {
    guard let address else { return Snapshot(meta: SnapshotMeta(source: "none")) }
    var request = InspectionRequest()
    request.transports = plan.transports
    request.states = SocketStateSet([.synSent, .established])
    request.filter = .remotePort(port...port)
    request.byteOrder = plan.list.byteOrder
    request.requiredDetails = [.owners, .processUsers, .userNames, .interfaceNames]
    let port = port
    return try Inspector(root: root).snapshot(request) { snapshot, row in
      let record = snapshot.records[row]
      guard record.remotePort == port, let remote = record.remote?.address else { return false }
      if let inner = address.embeddedIPv4 { return remote.embeddedIPv4 == inner }
      return remote.bits == address.bits
    }
  }
}
