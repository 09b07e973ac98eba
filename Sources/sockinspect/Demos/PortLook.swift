import CommandLine
import Diagnosis
import Inspection
import LinuxSystem
import Options
import Query
import Rendering
import SocketModel

/// What the running kernel has at a port, at either end: read once, for `explain :PORT`.
struct PortLook: Sendable {
  let port: UInt16
  /// The sockets, with their owners.
  var snapshot = Snapshot(meta: SnapshotMeta(source: "none"))
  /// Servers at the port in other network namespaces, looked for when there is nothing here.
  var elsewhere: ServersElsewhere.Result?
  /// Who or what has the port.
  var answer: PortAnswer
  /// What the checks found about its sockets, the worst first.
  var findings: [Finding] = []
  /// What could not be read, one line each.
  var failures: [String] = []
  /// Whether the user is root, to whom no privilege would show more.
  var isRoot = false

  /// The sockets with the port at one end: servers first, then connections, finished ones last,
  /// each of these in the order of a listing.
  var rows: [Int] {
    var rows = snapshot.records.indices.map { UInt32($0) }
    SortOrder().sort(&rows, of: snapshot)
    let ranked = rows.enumerated().map { (rank: rank(Int($1)), place: $0, row: Int($1)) }
    return ranked.sorted { ($0.rank, $0.place) < ($1.rank, $1.place) }.map(\.row)
  }

  /// Whether any socket has the port.
  var isInUse: Bool { !snapshot.records.isEmpty }

  /// Whether everything that could contain a socket with the port was read.
  var isKnown: Bool { !snapshot.lookedAt.isEmpty && gaps.isEmpty }

  /// The problems that may hide a socket. Without sock_diag the tables of /proc were read.
  private var gaps: [Problem] {
    snapshot.problems.filter { !$0.costsOnlyOwners && $0.kind != .otherNamespace && $0.subject != .sockDiag }
  }

  /// What was seen, for a report.
  init(_ port: UInt16, _ snapshot: Snapshot) {
    self.port = port
    self.snapshot = snapshot
    answer = PortAnswer(PortFacts(PortQuestion(port: port), snapshot))
    findings = Self.findings(SystemScan(snapshot))
  }

  private static func findings(_ scan: SystemScan) -> [Finding] {
    Examination(scan, checks: Check.ofSockets).run().findings
  }

  /// Looks at the running kernel.
  init(_ port: UInt16) {
    self.port = port
    let question = PortQuestion(port: port)
    answer = PortAnswer(PortFacts(question, snapshot))
    isRoot = Users.effectiveUID == 0
    var plan = DoctorPlan()
    plan.checks = Check.ofSockets
    var request = plan.request(isOwnKernel: true)
    request.transports = Transport.withPorts
    request.filter = .either([.localPort(port...port), .remotePort(port...port)])
    request.requiredDetails.formUnion([.processUsers, .userNames, .interfaceNames])
    request.processes.findsHiddenOwners = true
    OpenFileLimit.raiseForWalk()
    do throws(InspectionError) {
      let root = try ProcRoot.running()
      let scan = try DoctorReader(plan, root).read(request)
      snapshot = scan.snapshot
      findings = Self.findings(scan)
      let inquiry = PortInquiry(
        root: root, plan: WhyPlan(subject: .port(port, host: nil), transports: question.transports),
        question: question)
      if snapshot.records.isEmpty {
        let found = ServersElsewhere(
          root: root, request: request, ports: [port], keeping: { _, _ in true }
        ).find(describing: PortReport.mostNamespaces)
        elsewhere = found
        var namespaces = PortFacts.Namespaces()
        namespaces.areIncomplete = found.isIncomplete
        answer = try inquiry.answer(namespaces: namespaces)
      } else if snapshot.records.contains(where: { $0.localPort == port }) {
        answer = try inquiry.answer()
      }
    } catch {
      failures.append("\(error)")
    }
    failures += gaps.map { ProblemText.sentence(of: $0) }
  }

  /// Whether a socket serves the port: it listens there, or takes datagrams from anybody.
  func isServer(_ row: Int) -> Bool {
    let record = snapshot.records[row]
    return record.localPort == port && (record.state == .listen || record.state == .unconnected)
  }

  private func rank(_ row: Int) -> Int {
    if isServer(row) { return 0 }
    switch snapshot.records[row].state {
    case .boundInactive: return 1
    case .timeWait: return 4
    default: return snapshot.records[row].localPort == port ? 2 : 3
    }
  }
}
