import Inspection
import Query
import SocketModel

/// The request to the sources: for no more than a command line of `lsof` can show.
struct LsofRequest {
  private let plan: LsofPlan
  private let isLive: Bool

  init(_ plan: LsofPlan, isLive: Bool) {
    self.plan = plan
    self.isLive = isLive
  }

  var request: InspectionRequest {
    let criteria = plan.criteria
    var request = InspectionRequest()
    request.transports = transports
    // A connection in TIME_WAIT belongs to no file, and a socket that is only bound is in no table
    // of /proc.
    request.states = .all.subtracting([SocketStateSet(.timeWait), SocketStateSet(.boundInactive)])
    request.filter = filter
    request.source = needsTables ? .proc : .auto
    request.requiredDetails = requiredDetails
    request.processes.reportsAll = criteria.looksAtProcesses
    request.processes.listsTasks = criteria.tasks
    // With -a no other process can be selected, nor count as found.
    let included = criteria.processes.filter { !$0.isExcluded }
    if criteria.isAnded, !included.isEmpty, !criteria.looksAtExcluded {
      request.processes.pids = Set(included.map { Int32(bitPattern: $0.number) })
    }
    return request
  }

  private var transports: Set<Transport> {
    let criteria = plan.criteria
    let internet: Set<Transport> = [.tcp, .udp, .udplite]
    // A thread with a socket of any kind counts as found.
    if criteria.takesEveryProtocol || criteria.tasks { return internet.union([.unix, .raw, .icmp, .packet, .netlink]) }
    var transports: Set<Transport> = []
    if !criteria.selectors.isDisjoint(with: [.internet, .address]) { transports.formUnion(internet) }
    if criteria.mayShowUnix { transports.insert(.unix) }
    return transports
  }

  /// Whether something is shown that only the tables of /proc provide, or provide with other
  /// values: the addresses of unix sockets, the queues.
  private var needsTables: Bool {
    if transports.contains(.unix) { return true }
    guard plan.view.information.contains(.queues), !plan.isTerse else { return false }
    return plan.fields.map { $0.contains("T") } ?? true
  }

  /// The ports, when addresses with ports are the only selection and nothing else counts as found.
  private var filter: KernelFilter {
    let criteria = plan.criteria
    guard criteria.selectors == .address, criteria.states.isEmpty else { return .any }
    var conditions: [KernelFilter] = []
    for address in criteria.addresses {
      guard let ports = address.ports, ports.lowerBound <= Int(UInt16.max) else { return .any }
      let range = UInt16(clamping: ports.lowerBound)...UInt16(clamping: ports.upperBound)
      conditions += [.localPort(range), .remotePort(range)]
    }
    return .either(conditions)
  }

  private var requiredDetails: RequiredDetails {
    var requiredDetails: RequiredDetails = [.owners, .processUsers]
    let view = plan.view
    if view.parents || view.groups || !plan.criteria.groups.isEmpty { requiredDetails.insert(.families) }
    if view.flags != .none, !plan.isTerse { requiredDetails.insert(.descriptorFlags) }
    if view.userNames, !plan.isTerse { requiredDetails.insert(.userNames) }
    return requiredDetails
  }
}
