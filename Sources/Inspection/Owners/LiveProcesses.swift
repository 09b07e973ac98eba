import LinuxSystem
import SocketModel

/// The processes of a mounted /proc as a source of owners.
struct LiveProcesses: OwnerSource {
  let walk: OwnerWalk

  private var root: ProcRoot { walk.root }
  private var limits: ProcessLimits { walk.limits }

  func find(_ records: [SocketRecord]) -> OwnerFindings {
    guard walk.hasWork else { return OwnerFindings() }
    let pids: [Int32]
    do throws(SystemError) {
      pids = try walk.processIDs()
    } catch {
      return .unknown([Problem(subject: .descriptors, cause: .unreadable(.processList(CallFailure(error))))])
    }
    let round = walk.walk(pids, for: records)
    let isHiding = limits.pids == nil && root.hidesProcesses(pids)
    let seen = walk.limitsOfSearch(round, hidesProcesses: isHiding)
    var hidden = HiddenOwners(walk: walk, pids: pids, records: records, visits: round.all)
    if limits.findsHiddenOwners { hidden.search(seen, among: round.widest) }
    let visits = round.all + hidden.visits
    var findings = OwnerFindings(round.widest, besides: visits)
    findings.others = hidden.others
    findings.interfaceNames = hidden.interfaceNames
    findings.limits = seen
    findings.limits.ended = hidden.ended
    findings.foundNoProcess =
      limits.reportsNamespaces && round.widest.isEmpty && !isHiding && !root.isOfNestedProcesses
    findings.problems += walk.failures(in: round.widest, of: pids)
    if let refusal = walk.refusal(in: round.widest, of: pids, hidesOthers: isHiding, root.remedy(for: .owners)) {
      findings.problems.append(refusal)
    } else if root.isOfNestedProcesses, walk.isAnyMissed(by: visits, records) {
      findings.problems.append(
        Problem(subject: .descriptors, cause: .forbidden(.nestedPIDNamespace), remedy: .leaveContainer))
    }
    return findings
  }
}
